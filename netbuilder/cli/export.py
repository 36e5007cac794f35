"""``netbuilder export SOURCE -o PATH``: by ending."""

from __future__ import annotations

import argparse
from pathlib import Path

from netbuilder.cli.output import note, print_json
from netbuilder.core.errors import UserError
from netbuilder.core.formats import registry


def run(arguments: argparse.Namespace) -> int:
    """Write a project or a trained model in another format."""
    source, path = Path(arguments.source), Path(arguments.output)
    if source.exists() and path.exists() and source.samefile(path):
        raise UserError(f"'{path}' would be written over itself.", "Give another name after -o.")
    if path.suffix.lower() == ".png":
        _png(source, path)
    else:
        _write(source, path)
    note(f"Wrote {path}.")
    if arguments.json:
        print_json({"output": str(path)})
    return 0


def _write(source: Path, path: Path) -> None:
    row = registry.format_for(path)
    if row.trained:
        from netbuilder.cli.evaluate import load_model

        registry.save(load_model(source), path, source.parent)
    else:
        registry.save(registry.read_project(source), path, source.parent)


def _png(source: Path, path: Path) -> None:
    """The window draws pictures of dots; without a screen."""
    from netbuilder.cli.app import qt_libraries

    project = registry.read_project(source)
    with qt_libraries():
        from netbuilder.ui.canvas.export import render_png
    render_png(project, path)
