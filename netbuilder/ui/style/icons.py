"""The few icons of the top bar, drawn as paths: crisp at every zoom and there at once."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

SIDE = 64.0


def _play(painter: QPainter) -> None:
    painter.drawPolygon(QPolygonF([QPointF(16, 8), QPointF(16, 56), QPointF(56, 32)]))


def _pause(painter: QPainter) -> None:
    painter.drawRoundedRect(QRectF(12, 9, 14, 46), 3, 3)
    painter.drawRoundedRect(QRectF(38, 9, 14, 46), 3, 3)


def _stop(painter: QPainter) -> None:
    painter.drawRoundedRect(QRectF(11, 11, 42, 42), 4, 4)


def _undo(painter: QPainter) -> None:
    pen = QPen(painter.brush().color(), 6.0)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    line = QPainterPath(QPointF(16, 24))
    line.lineTo(38, 24)
    line.cubicTo(60, 24, 60, 52, 38, 52)
    line.lineTo(26, 52)
    brush = painter.brush()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(pen)
    painter.drawPath(line)
    painter.drawPolyline(QPolygonF([QPointF(27, 12), QPointF(15, 24), QPointF(27, 36)]))
    painter.setBrush(brush)


def _redo(painter: QPainter) -> None:
    painter.translate(SIDE, 0)
    painter.scale(-1, 1)
    _undo(painter)


def _step(painter: QPainter) -> None:
    painter.drawPolygon(QPolygonF([QPointF(10, 10), QPointF(10, 54), QPointF(42, 32)]))
    painter.drawRoundedRect(QRectF(44, 10, 11, 44), 3, 3)


def _rewind(painter: QPainter) -> None:
    painter.translate(SIDE, 0)
    painter.scale(-1, 1)
    _step(painter)


DRAWINGS: dict[str, Callable[[QPainter], None]] = {
    "play": _play,
    "pause": _pause,
    "stop": _stop,
    "step": _step,
    "rewind": _rewind,
    "undo": _undo,
    "redo": _redo,
}


def icon(name: str, color: str, faded: str) -> QIcon:
    """Return the icon ``name`` in a colour, and in ``faded`` where it is disabled."""
    result = QIcon()
    for mode, value in ((QIcon.Mode.Normal, color), (QIcon.Mode.Disabled, faded)):
        for side in (16, 32, 48):
            result.addPixmap(_drawn(name, value, side), mode)
    return result


def _drawn(name: str, color: str, side: int) -> QPixmap:
    picture = QPixmap(side, side)
    picture.fill(Qt.GlobalColor.transparent)
    with QPainter(picture) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(side / SIDE, side / SIDE)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(color))
        DRAWINGS[name](painter)
    return picture
