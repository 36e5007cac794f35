"""Parse ``.py`` and ``.ipynb`` files, keeping their line numbers."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netbuilder.core.error_texts import format_error
from netbuilder.core.files.regular_file import read_json, require_regular_file
from netbuilder.core.i18n import gettext as _

MAX_BYTES = 16 * 2**20
# IPython lines: %magic, !command, help?, ?help.
_MAGIC = re.compile(r"^\s*(%|!|\?|[\w.]+\?\??\s*$)")
# Cells in another language, or that only time or capture their code.
_CELL_MAGIC = re.compile(r"^\s*%%(\w+)")
_PYTHON_CELLS = frozenset({"time", "timeit", "capture", "prun"})


@dataclass(frozen=True)
class Source:
    """A parsed file; ``cells`` holds the first line and the number of each notebook cell."""

    name: str
    tree: ast.Module
    cells: tuple[tuple[int, int], ...] = ()

    def where(self, line: int) -> str:
        """Return a line for messages: "line 12", or "cell 3, line 2" in a notebook."""
        return _where(line, self.cells)


def read_source(path: Path) -> Source:
    """Parse a ``.py`` or ``.ipynb``; raise FormatError if too large or not Python."""
    require_regular_file(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise format_error("code_not_readable", path, reason=error.strerror or error) from error
    if len(data) > MAX_BYTES:
        raise format_error("code_too_large", path, count=MAX_BYTES // 2**20)
    cells: tuple[tuple[int, int], ...] = ()
    text: str | bytes = data
    if path.suffix.lower() == ".ipynb":
        text, cells = _cells(read_json(data, f"'{path.name}'"), path)
    return Source(path.name, _parsed(text, path, cells), cells)


def parse_text(text: str, path: Path) -> Source:
    """Parse the text of a script that would lie at ``path``; raise FormatError if no Python."""
    return Source(path.name, _parsed(text, path, ()))


def _parsed(text: str | bytes, path: Path, cells: tuple[tuple[int, int], ...]) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError as error:
        line = _where(error.lineno or 1, cells)
        raise format_error("code_syntax_error", path, line=line, reason=error.msg) from error
    except (ValueError, RecursionError, MemoryError, UnicodeError) as error:
        raise format_error("code_not_python", path, reason=error) from error


def _where(line: int, cells: tuple[tuple[int, int], ...]) -> str:
    for first, number in reversed(cells):
        if line >= first:
            return _("cell {cell}, line {line}", cell=number, line=line - first + 1)
    return _("line {line}", line=line)


def _cells(notebook: Any, path: Path) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Join the text of the code cells, with IPython lines blanked."""
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise format_error("notebook_without_cells", path)
    lines: list[str] = []
    starts = []
    for number, cell in enumerate(cells, 1):
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        source = cell.get("source", "")
        text = "".join(map(str, source)) if isinstance(source, list) else str(source)
        starts.append((len(lines) + 1, number))
        own = text.splitlines() or [""]
        magic = _CELL_MAGIC.match(own[0])
        if magic is not None and magic[1] not in _PYTHON_CELLS:
            own = [""] * len(own)
        lines += _without_magics(own)
    return "\n".join(lines) + "\n", tuple(starts)


def _without_magics(cell: list[str]) -> list[str]:
    lines: list[str] = []
    continued = False
    for line in cell:
        if continued or _MAGIC.match(line):
            # An indented magic may be the only line of its block.
            indent = "" if continued else line[: len(line) - len(line.lstrip())]
            lines.append(f"{indent}pass" if indent else "")
            continued = line.rstrip().endswith("\\")
        else:
            lines.append(line)
    return lines
