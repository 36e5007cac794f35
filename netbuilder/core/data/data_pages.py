"""Makes ``docs/data.md`` from the registry of data kinds.

python -m netbuilder.core.data.data_pages docs/data.md
"""

from __future__ import annotations

import sys
from pathlib import Path

from netbuilder.core.catalog.spec import Param
from netbuilder.core.data.kinds.builtin import BUILTINS
from netbuilder.core.data.kinds.kind import DataKind, DataLocation
from netbuilder.core.data.registry import KINDS
from netbuilder.core.project.atomic import write_bytes
from netbuilder.core.project.model import Data

_INTRO = """\
# Data: supported files, and what NetBuilder detects in them

Drop a file or a folder on the window, or choose one on the Data page: its kind is detected.
The Data page shows everything that was detected, with controls to change it. Where two readings
are possible and the numbers would differ, NetBuilder asks. `netbuilder data SOURCE` prints the
same report, and exits with 1 if something prevents training.

This page is made from the code: `python -m netbuilder.core.data.data_pages docs/data.md`.
"""
#: With these choices a kind has all options that it can have.
_EVERY_OPTION = {"task": "next_token", "level": "byte_pair"}
_PLACES = {
    DataLocation.NOWHERE: "no file",
    DataLocation.FILE: "a file",
    DataLocation.FOLDER: "a folder",
    DataLocation.EITHER: "a file or a folder",
}


def data_page() -> str:
    """The whole page, in Markdown."""
    parts = [
        _INTRO,
        *(_kind(kind) for kind in KINDS.values() if kind.place is not DataLocation.NOWHERE),
    ]
    return "\n".join([*parts, _sets()])


def _kind(kind: DataKind) -> str:
    opens = _PLACES[kind.place]
    if kind.endings:
        opens += f" ({', '.join(f'`{end}`' for end in kind.endings)})"
    lines = [f"## {kind.title}", "", f'`"kind": "{kind.name}"`, from {opens}: {kind.help}.', ""]
    lines += ["| contents | what NetBuilder detects or asks |", "|---|---|"]
    lines += [f"| {what} | {concluded} |" for what, concluded in kind.readings]
    every = Data(kind=kind.name, options=_EVERY_OPTION)
    return "\n".join([*lines, "", *_options(kind.params(every))])


def _options(params: tuple[Param, ...]) -> list[str]:
    if not params:
        return []
    rows = [f"| `{one.name}` | {_default(one)} | {one.explanation} |" for one in params]
    return ["| option | default | meaning |", "|---|---|---|", *rows, ""]


def _default(param: Param) -> str:
    shown = "" if param.default in {None, ""} else f"`{param.default}`"
    others = [f"`{one}`" for one in param.choices if one != param.default]
    return f"{shown} ({', '.join(others)})" if others else shown


def _sets() -> str:
    lines = [
        "## Built-in data",
        "",
        '`"kind": "builtin"` with `name`. All need no network unless their description says '
        "otherwise.",
        "",
        "| name | contents | options |",
        "|---|---|---|",
    ]
    for row in BUILTINS.values():
        options = ", ".join(f"`{param.name}`" for param in row.options)
        lines.append(f"| `{row.name}` | {row.title}: {row.description} | {options} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    write_bytes(Path(sys.argv[1]), data_page().encode())
