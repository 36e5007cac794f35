"""The ready-made projects that come along."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from netbuilder.core.errors import UserError
from netbuilder.core.resources import resource
from netbuilder.core.wording import did_you_mean, listed

# The order in which they are offered; the first one stands on the canvas at the first start.
ORDER = (
    "digits",
    "iris",
    "diabetes",
    "spiral",
    "moons",
    "waves",
    "reviews",
    "stories",
    "temperatures",
    "two_inputs",
    "residual",
)


@dataclass(frozen=True)
class Example:
    """One ready-made project: ``name`` is what the command line says, ``path`` its file."""

    name: str
    title: str
    description: str
    path: Path


def examples() -> list[Example]:
    """All examples, in the order in which they are offered."""
    found = {path.stem: path for path in resource("examples").glob("*.netbuilder")}
    names = [name for name in ORDER if name in found]
    names += sorted(set(found) - set(names))
    return [_read(name, found[name]) for name in names]


def example(name: str) -> Example:
    """One example by its name.

    Raises:
        UserError: there is none of that name.
    """
    offered = {entry.name: entry for entry in examples()}
    if name not in offered:
        raise UserError(
            f"There is no example '{name}'.",
            f"{did_you_mean(name, list(offered))} There are {listed(offered, 20)}.".strip(),
        )
    return offered[name]


def _read(name: str, path: Path) -> Example:
    content = json.loads(path.read_text(encoding="utf-8"))
    about = content.get("about", {})
    return Example(
        name,
        str(about.get("title", content.get("name", name))),
        str(about.get("description", "")),
        path,
    )
