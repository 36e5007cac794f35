"""Paint wires and their labels."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from netbuilder.ui.canvas.paint.paint_resources import (
    NEAR,
    Letters,
    PaintResources,
    PaintState,
    static_text,
)
from netbuilder.ui.canvas.scene.cards import Wire
from netbuilder.ui.canvas.scene.scene import Scene

if TYPE_CHECKING:
    from netbuilder.core.results.live.connection_weights import ConnectionWeight

_SLIGHT = 70.0  # wires that bend less are labelled like straight ones


def far_lines(picture: Scene, wires: Iterable[Wire] | None = None) -> list[QLineF]:
    """Return wires as lines; those of the whole scene are cached."""
    if wires is None:
        cached = picture.cache.get("lines")
        if cached is None:
            cached = picture.cache["lines"] = far_lines(picture, picture.wires.values())
        return cached
    lines: list[QLineF] = []
    for wire in wires:
        cached = wire.cache.get("lines")
        if cached is None:
            r = wire.route
            spots = [(r.x1, r.y1), (r.x2, r.y2)]
            if r.lane is not None and r.horizontal:
                spots[1:1] = [(r.x1 + 36, r.lane), (r.x2 - 36, r.lane)]
            elif r.lane is not None:
                spots[1:1] = [(r.lane, r.y1 + 36), (r.lane, r.y2 - 36)]
            cached = [QLineF(*a, *b) for a, b in pairwise(spots)]
            wire.cache["lines"] = cached
        lines += cached
    return lines


def wire_path(wire: Wire) -> QPainterPath:
    """Return the wire as a path, cached."""
    path = wire.cache.get("path")
    if path is None:
        path = QPainterPath(QPointF(wire.route.x1, wire.route.y1))
        if wire.route.straight:
            path.lineTo(wire.route.x2, wire.route.y2)
        else:
            for _, b, c, d in wire.route.curves():
                path.cubicTo(QPointF(*b), QPointF(*c), QPointF(*d))
        wire.cache["path"] = path
    return path


def paint_wires(
    p: QPainter,
    picture: Scene,
    box: tuple[float, float, float, float],
    look: PaintResources,
    scale: float,
    state: PaintState,
) -> None:
    """Paint the wires that touch ``box``, with labels if near enough."""
    wires = picture.grid.wires_in(box)
    width = max(2.0, 1.2 / scale)
    pen = QPen(look.wire, width)
    p.setPen(pen)
    p.setBrush(Qt.BrushStyle.NoBrush)
    straight: list[QLineF] = []
    special: list[Wire] = []
    p.setRenderHint(QPainter.RenderHint.Antialiasing)
    highlighted = (state.lit_wire, state.selected_wire, state.hidden_wire)
    weights = state.wire_weights
    for wire in wires:
        key = (wire.source, wire.target)
        if key in highlighted:
            special.append(wire)
            continue
        if key in weights:
            _paint_weighted(p, wire, weights[key], width, look.wire)
            p.setPen(pen)
            continue
        if wire.route.straight:
            line = wire.cache.get("line")
            if line is None:
                r = wire.route
                line = wire.cache["line"] = QLineF(r.x1, r.y1, r.x2, r.y2)
            straight.append(line)
        else:
            p.drawPath(wire_path(wire))
    if straight:
        p.drawLines(straight)
    _paint_special(p, special, look, width, state)
    if scale >= NEAR:
        p.setPen(look.secondary)
        letters = look.letters("fixed", scale)
        p.setFont(letters.font)
        for wire in wires:
            if wire.label:
                _paint_label(p, wire, look, letters)


def _paint_weighted(
    p: QPainter, wire: Wire, weight: ConnectionWeight, width: float, color: QColor
) -> None:
    """Paint a connection as thick as its weights' mean size, since their signs cancel out."""
    pen = QPen(color, (0.6 + 2.4 * weight.part) * width)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    p.setPen(pen)
    p.drawPath(wire_path(wire))


def _paint_special(
    p: QPainter, wires: list[Wire], look: PaintResources, width: float, state: PaintState
) -> None:
    for wire in wires:
        key = (wire.source, wire.target)
        if key == state.hidden_wire:
            continue
        p.setPen(QPen(look.accent, (2.0 if key == state.lit_wire else 1.5) * width))
        p.drawPath(wire_path(wire))


def label_spot(wire: Wire, width: float, height: float) -> tuple[float, float]:
    """Return the upper left corner of a wire's label, on the free side of the wire."""
    route = wire.route
    x, y = route.middle()
    if route.horizontal:
        top = (route.lane if route.lane is not None else y) - height - 5
        return (x - width / 2, top)
    if route.lane is not None:
        return (route.lane - width - 8, y - height / 2)
    bend = route.x2 - route.x1
    if abs(bend) < _SLIGHT:
        level = route.y2 - 9 if wire.splits and route.straight else y
        return (max(route.x1, route.x2) + 15, level - height / 2)
    # At the end where the wires of a fork or junction are apart.
    port, level = (route.x2, route.y2 - 12) if wire.splits else (route.x1, route.y1 + 12)
    right = bend < 0 if not wire.splits else bend > 0
    return (port + 15 if right else port - 12 - width, level - height / 2)


def _paint_label(p: QPainter, wire: Wire, look: PaintResources, letters: Letters) -> None:
    cached = wire.cache.get("label")
    if cached is None or cached[0] != letters.key:
        text = static_text(wire.label, letters.font)
        spot = QPointF(*label_spot(wire, text.size().width(), text.size().height()))
        cached = wire.cache["label"] = (letters.key, text, spot)
    if wire.route.lane is not None:  # it may cover outer lanes
        size = cached[1].size()
        p.fillRect(
            QRectF(cached[2].x() - 2, cached[2].y(), size.width() + 4, size.height()), look.canvas
        )
    p.drawStaticText(cached[2], cached[1])
