"""The project as a Jupyter notebook: the sections of the script as cells.

The file is the notebook format 4.5 (nbformat): JSON with Markdown and code cells.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.formats.script.python import cells, parts
from netbuilder.core.project.atomic import write_bytes
from netbuilder.core.project.model import Project


def save(source: TrainedModel | Project, path: Path) -> None:
    """Write the notebook of a project, or of a trained network's project.

    Raises:
        UserError: the place cannot be written.
    """
    text = json.dumps(notebook(source), indent=1, ensure_ascii=False) + "\n"
    write_bytes(Path(path), text.encode())


def notebook(source: TrainedModel | Project) -> dict[str, Any]:
    """The notebook as JSON."""
    project, facts = parts(source)
    listed = [_cell("markdown", 0, [f"# {project.name}", "", "A network made with NetBuilder."])]
    for cell in cells(project, facts):
        listed.append(_cell("markdown", len(listed), [f"## {cell.title}"]))
        listed.append(_cell("code", len(listed), cell.lines))
    return {
        "cells": listed,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _cell(kind: str, number: int, lines: list[str]) -> dict[str, Any]:
    text = [f"{line}\n" for line in lines[:-1]] + lines[-1:]
    found: dict[str, Any] = {
        "cell_type": kind,
        "id": f"cell-{number}",
        "metadata": {},
        "source": text,
    }
    if kind == "code":
        found |= {"execution_count": None, "outputs": []}
    return found
