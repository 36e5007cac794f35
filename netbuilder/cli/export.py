"""``netbuilder export SOURCE -o PATH``: by ending."""

from __future__ import annotations

import argparse
from pathlib import Path

from netbuilder.cli.terminal.output import note, print_json
from netbuilder.core.errors import UserError
from netbuilder.core.formats import registry


def run(arguments: argparse.Namespace) -> int:
    """Write a project or a trained model in another format."""
    source, path = Path(arguments.source), Path(arguments.output)
    if source.exists() and path.exists() and source.samefile(path):
        raise UserError(f"'{path}' would be written over itself.", "Give another name after -o.")
    if path.suffix.lower() == ".png":
        _png(source, path)
        notes: tuple[str, ...] = ()
    else:
        notes = _write(source, path)
    note(f"Wrote {path}.")
    for text in notes:
        note(text)
    if arguments.json:
        print_json({"output": str(path), "notes": list(notes)})
    return 0


def _write(source: Path, path: Path) -> tuple[str, ...]:
    row = registry.format_for(path)
    if row.trained:
        from netbuilder.cli.evaluate import load_model

        return registry.save(load_model(source), path, source.parent)
    return registry.save(registry.read_project(source), path, source.parent)


def _png(source: Path, path: Path) -> None:
    """The picture as dots, at twice its size; needs no screen."""
    import os

    from netbuilder.cli.app import qt_libraries
    from netbuilder.core.formats.writers.svg import svg
    from netbuilder.core.project.atomic import replacing

    text = svg(registry.read_project(source))
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with qt_libraries():
        from PySide6.QtGui import QImage, QPainter
        from PySide6.QtSvg import QSvgRenderer
        from PySide6.QtWidgets import QApplication
    # Text needs an application; one that stands already is used. It is of the kind that windows
    # need too, since a process can have only one.
    application = QApplication.instance() or QApplication([])
    renderer = QSvgRenderer(text.encode())
    size = renderer.defaultSize()
    scale = min(2.0, 16_000 / max(size.width(), size.height(), 1))
    image = QImage(size * scale, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    with replacing(path) as temporary:
        if not image.save(str(temporary), "PNG"):  # type: ignore[call-overload]
            raise OSError(5, "the picture could not be written")
    del application
