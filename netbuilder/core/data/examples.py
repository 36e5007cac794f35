"""The bundled example projects."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from netbuilder.core.errors import UserError
from netbuilder.core.folders import resource, resource_json
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.wording import did_you_mean, format_list

#: Title and examples of each topic of the start page, in the order in which they are offered; the
#: first example stands on the canvas at the first start.
TOPICS: dict[str, tuple[str, tuple[str, ...]]] = {
    name: (row["title"], tuple(row["examples"]))
    for name, row in resource_json("tables.json")["example_topics"].items()
}

#: What is written in the examples' pictures: each has places for some of these words.
PICTURE_WORDS = (
    N_("input"), N_("reconstruction"), N_("true"), N_("predicted"), N_("predicted by week"),
    N_("head {number}"), N_("training loss"), N_("validation loss"),
)  # fmt: skip


@dataclass(frozen=True)
class ExpectedResult:
    """Expected ``metric`` on the test rows: ``at_least`` or ``at_most`` (the other is None)."""

    metric: str
    at_least: float | None = None
    at_most: float | None = None

    def kept(self, value: float) -> bool:
        """Return whether a result is as good as expected."""
        return (self.at_least is None or value >= self.at_least) and (
            self.at_most is None or value <= self.at_most
        )


@dataclass(frozen=True)
class ExampleProject:
    """One example project: ``name`` is its name on the command line.

    ``learn`` says what it teaches, ``minutes`` how long that takes, ``result`` the expected result
    in words; ``picture`` shows the trained result, or None.
    """

    name: str
    title: str
    description: str
    path: Path
    learn: str = ""
    minutes: int = 0
    result: str = ""
    promise: ExpectedResult | None = None
    picture: Path | None = None


def list_examples() -> list[ExampleProject]:
    """Return all examples, in the order of the gallery."""
    paths = {path.stem: path for path in resource("examples").glob("*.netbuilder")}
    names = [name for _title, names in TOPICS.values() for name in names if name in paths]
    names += sorted(set(paths) - set(names))
    return [_read(name, paths[name]) for name in names]


def find_example(name: str) -> ExampleProject:
    """Return an example by name; raise UserError if there is none of that name."""
    offered = {entry.name: entry for entry in list_examples()}
    if name not in offered:
        raise UserError(
            _("There is no example '{name}'.", name=name),
            did_you_mean(
                name,
                list(offered),
                _("Available examples: {names}.", names=format_list(offered, 20)),
            ),
            code="example_unknown",
        )
    return offered[name]


def _read(name: str, path: Path) -> ExampleProject:
    content = json.loads(path.read_text(encoding="utf-8"))
    about = content.get("about", {})
    promise = about.get("promise")
    picture = path.parent / "pictures" / f"{name}.png"
    return ExampleProject(
        name,
        _(str(about.get("title", content.get("name", name)))),
        _said(about, "description"),
        path,
        _said(about, "learn"),
        int(about.get("minutes", 0)),
        _said(about, "result"),
        ExpectedResult(**promise) if promise else None,
        picture if picture.is_file() else None,
    )


def _said(about: dict[str, object], key: str) -> str:
    """Return a text of an example in the chosen language ("" has none: it is the header)."""
    text = str(about.get(key, ""))
    return _(text) if text else ""
