"""Export a project as a Jupyter notebook (nbformat 4.5) with the script's sections as cells."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

from netbuilder.core.error_texts import format_error
from netbuilder.core.escaping.plain_text import markdown_text
from netbuilder.core.formats.script import literals as sidecar
from netbuilder.core.formats.script.python import (
    ERRORS_HEADING,
    Source,
    Style,
    parts_of,
    script_cells,
    typed_code,
)
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.atomic import replace_atomically


def save(source: Source, path: Path, style: Style = Style.SHORT) -> tuple[str, ...]:
    """Write the notebook of a project or trained network; return notes on files beside it."""
    text = json.dumps(notebook(source, style), indent=1, ensure_ascii=False) + "\n"
    with replace_atomically(Path(path)) as temporary:
        temporary.write_bytes(text.encode())
        verify(source, temporary)
    return sidecar.write_sidecars(parts_of(source)[0], Path(path).parent)


def verify(source: Source, path: Path) -> None:
    """Check that all code cells of a notebook are valid Python."""
    try:
        for cell in json.loads(Path(path).read_text("utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                ast.parse("".join(cell["source"]))
    except (SyntaxError, ValueError, LookupError, TypeError) as error:
        raise format_error("notebook_invalid", reason=error) from error


def notebook(source: Source, style: Style = Style.SHORT) -> dict[str, Any]:
    """Return the notebook as JSON, with a cell for each section of the script."""
    project, facts, errors = parts_of(source)
    head = [f"# {markdown_text(project.name)}", "", _("A network made with NetBuilder.")]
    if errors:
        head += ["", _(ERRORS_HEADING), "", *(f"- {markdown_text(error)}" for error in errors)]
    cells = [_cell("markdown", 0, head)]
    sections = [(cell.title, cell.lines) for cell in script_cells(project, facts, style)]
    if code := typed_code(source):
        sections = _sections(code, [title for title, _lines in sections])
    for title, lines in sections:
        cells.append(_cell("markdown", len(cells), [f"## {title}"]))
        cells.append(_cell("code", len(cells), lines))
    return {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _sections(code: str, titles: list[str]) -> list[tuple[str, list[str]]]:
    """Split an edited script at the titles of the sections, of which the first has none."""
    headings = {_("# {title}.", title=title): title for title in titles}
    sections: list[tuple[str, list[str]]] = [(titles[0], [])]
    for line in code.strip().split("\n"):
        if line in headings:
            sections.append((headings[line], []))
        else:
            sections[-1][1].append(line)
    return [(title, "\n".join(lines).strip("\n").split("\n")) for title, lines in sections]


def _cell(kind: str, number: int, lines: list[str]) -> dict[str, Any]:
    text = [f"{line}\n" for line in lines[:-1]] + lines[-1:]
    cell: dict[str, Any] = {
        "cell_type": kind,
        "id": f"cell-{number}",
        "metadata": {},
        "source": text,
    }
    if kind == "code":
        cell |= {"execution_count": None, "outputs": []}
    return cell
