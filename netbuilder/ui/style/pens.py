"""Pens and brushes that are the same object wherever they look the same.

pyqtgraph paints the sign of a point once for each pen and brush, told apart as objects: with one
of each a point, hundreds of points take hundreds of paintings.
"""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QPen

NO_PEN = QPen(Qt.PenStyle.NoPen)


def shared_brush(color: QColor, strength: float = 1.0) -> QBrush:
    """The brush of a colour; ``strength`` 0 lets all through."""
    return _brush(_faded(color, strength))


def shared_pen(
    color: QColor,
    width: float,
    strength: float = 1.0,
    style: Qt.PenStyle = Qt.PenStyle.SolidLine,
) -> QPen:
    """The pen of a colour, as wide in pixels whatever the scale."""
    return _pen(_faded(color, strength), width, style)


def _faded(color: QColor, strength: float) -> int:
    faded = QColor(color)
    faded.setAlphaF(color.alphaF() * strength)
    return faded.rgba()


@cache
def _brush(rgba: int) -> QBrush:
    return QBrush(QColor.fromRgba(rgba))


@cache
def _pen(rgba: int, width: float, style: Qt.PenStyle) -> QPen:
    pen = QPen(QColor.fromRgba(rgba), width, style)
    pen.setCosmetic(True)
    return pen
