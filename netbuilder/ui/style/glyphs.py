"""White drawings that tell layers apart, from ``resources/style/glyphs.json``."""

from __future__ import annotations

import json
import re
from functools import cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap, QPixmapCache, QPolygonF

from netbuilder.core.folders import resource

_SIDE, _WIDTH, _CIRCLE = 20.0, 1.5, 3
_Strokes = dict[str, list[list[float]]]


@cache
def _drawings() -> tuple[_Strokes, _Strokes]:
    content = json.loads(resource("style", "glyphs.json").read_text(encoding="utf-8"))
    return content["layers"], content["categories"]


@cache
def glyph_name(layer: str, category: str) -> str:
    """Return the name of the drawing of a layer: a pattern, or its category."""
    return next((name for name in _drawings()[0] if re.fullmatch(name, layer)), category)


def paint_glyph(painter: QPainter, box: QRectF, name: str) -> None:
    """Paint a drawing into ``box``; an unknown name paints nothing."""
    layers, categories = _drawings()
    painter.save()
    painter.setPen(QPen(QColor("white"), _WIDTH, c=Qt.PenCapStyle.RoundCap))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.translate(box.topLeft())
    painter.scale(box.width() / _SIDE, box.height() / _SIDE)
    for stroke in layers.get(name) or categories.get(name, []):
        if len(stroke) == _CIRCLE:
            painter.drawEllipse(QPointF(*stroke[:2]), stroke[2], stroke[2])
        else:
            points = zip(stroke[::2], stroke[1::2], strict=True)
            painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in points]))
    painter.restore()


def paint_tile(painter: QPainter, box: QRectF, color: QColor, name: str) -> None:
    """Paint a drawing on a square of a colour."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawRoundedRect(box, 4, 4)
    edge = box.width() / 10
    paint_glyph(painter, box.adjusted(edge, edge, -edge, -edge), name)


def tile(color: QColor, name: str, side: int) -> QPixmap:
    """Return a drawing on a square of a colour, ``side`` pixels wide and sharp at scale 2."""
    key = f"tile {color.name()} {name} {side}"  # a search shows a hundred of them at each letter
    picture = QPixmap()
    if QPixmapCache.find(key, picture):
        return picture
    picture = QPixmap(2 * side, 2 * side)
    picture.setDevicePixelRatio(2)
    picture.fill(Qt.GlobalColor.transparent)
    with QPainter(picture) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_tile(painter, QRectF(0, 0, side, side), color, name)
    QPixmapCache.insert(key, picture)
    return picture


def tile_icon(color: QColor, name: str, side: int) -> QIcon:
    """Return the icon of a tile; Qt would tint a selected one."""
    icon = QIcon()
    for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):
        icon.addPixmap(tile(color, name, side), mode)
    return icon
