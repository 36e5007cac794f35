"""The curves as a file: a picture, a drawing, or a table."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QPoint, QRect
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtSvg import QSvgGenerator

from netbuilder.core.errors import UserError
from netbuilder.core.project.atomic import write_bytes
from netbuilder.ui.plots.curves import CurvePlot
from netbuilder.ui.plots.run_curves import RunCurves
from netbuilder.ui.style import theme

PICTURE_WIDTH = 1600


def export_curves(plot: CurvePlot, path: Path) -> None:
    """Write the plot as ``.png`` or ``.svg``, or its numbers as ``.csv``.

    Raises:
        UserError: another ending, or the file cannot be written.
    """
    match path.suffix.lower():
        case ".png":
            write_bytes(path, _png(plot))
        case ".svg":
            write_bytes(path, _svg(plot))
        case ".csv":
            write_bytes(path, table(plot.run).encode("utf-8"))
        case ending:
            raise UserError(
                f"Curves cannot be written as “{ending or path.name}”.",
                "Choose a name that ends in .png, .svg or .csv.",
            )


def _png(plot: CurvePlot) -> bytes:
    scale = PICTURE_WIDTH / max(plot.width(), 1)
    image = QImage(plot.size() * scale, QImage.Format.Format_RGB32)
    image.fill(QColor(theme.colors().panel))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    plot.render(painter)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # the stubs want bytes, Qt a str
    return bytes(buffer.data().data())


def _svg(plot: CurvePlot) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(plot.size())
    generator.setViewBox(QRect(QPoint(0, 0), plot.size()))
    generator.setTitle("Curves of the training")
    painter = QPainter(generator)
    plot.render(painter)
    painter.end()
    return bytes(buffer.data().data())


def table(run: RunCurves) -> str:
    """One row an epoch, one column a quantity; where there are no epochs yet, one row a step."""
    series = run.epochs or run.steps
    names = list(series)
    rows: dict[float, dict[str, float]] = {}
    for name in names:
        for x, y in zip(series[name].x, series[name].y, strict=True):
            rows.setdefault(float(x), {})[name] = float(y)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["epoch", *names])
    for x in sorted(rows):
        writer.writerow([f"{x:g}", *(repr(rows[x][n]) if n in rows[x] else "" for n in names)])
    return text.getvalue()
