"""A stage of a training step on the connections: how much flows, and which way."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF, QTransform

from netbuilder.ui.canvas.host import CanvasHost
from netbuilder.ui.canvas.paint.paint_resources import NAMES, NEAR
from netbuilder.ui.canvas.paint.paint_wires import wire_path
from netbuilder.ui.canvas.scene.cards import Wire
from netbuilder.ui.style import theme

_ARROW = QPolygonF([QPointF(7, 0), QPointF(-5, -6), QPointF(-5, 6)])
_THIN, _THICK = 1.5, 6.0
_AWAY = 12.0


class StepFlow(QObject):
    """Paints ``flows``: by (source, target), "" for the Target card, a text and a part of 1."""

    def __init__(self, view: CanvasHost) -> None:
        super().__init__(view.widget())
        self._view = view
        self.flows: Mapping[tuple[str, str], tuple[str, float]] = {}
        self.back, self.reached = False, 1.0

    def show(self, flows: Mapping[tuple[str, str], tuple[str, float]], back: bool) -> None:
        """Show flows in their order; ``back``: against the connections, the last first."""
        self.flows, self.back = flows, back
        self._view.viewport().update()

    def reach(self, part: float) -> None:
        """Show how far the stage has come, from 0 to 1."""
        self.reached = part
        if self.flows:
            self._view.viewport().update()

    def paint(self, p: QPainter) -> None:
        """Paint the flows on the visible wires, in canvas coordinates."""
        view = self._view
        if not self.flows or view.camera.scale < NAMES:
            return
        wires = {
            edge: wire
            for wire in view.picture.grid.wires_in(view.scene_viewport.seen_box())
            for edge in wire.edges or ((wire.source, ""),)
        }
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        order = list(self.flows)[:: -1 if self.back else 1]
        for place, edge in enumerate(order):
            done = min(max(self.reached * len(order) - place, 0.0), 1.0)
            if edge in wires and done:
                self._paint_flow(p, wires[edge], *self.flows[edge], done)

    def _paint_flow(self, p: QPainter, wire: Wire, text: str, size: float, done: float) -> None:
        color, path, look = theme.step_color(), wire_path(wire), self._view.paint_resources
        faded = QColor(color)
        faded.setAlphaF(0.35)
        p.setBrush(Qt.BrushStyle.NoBrush)
        p.setPen(QPen(faded, _THIN + (_THICK - _THIN) * size))
        p.drawPath(path)
        at = 1 - done if self.back else done
        if done == 1:
            at = 0.5
        arrow = QTransform.fromTranslate(*path.pointAtPercent(at).toTuple())
        arrow.rotate((180 if self.back else 0) - path.angleAtPercent(at))
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(color)
        p.drawPolygon(arrow.map(_ARROW))
        if done < 1 or self._view.camera.scale < NEAR:
            return
        middle, width = path.pointAtPercent(0.5), look.fixed_metrics.horizontalAdvance(text) + 8
        high = look.fixed_metrics.height() + 2
        box = QRectF(middle.x() - _AWAY - width, middle.y() - high / 2, width, high)
        if wire.route.horizontal:
            box.moveTo(middle.x() - width / 2, middle.y() + _AWAY)
        p.setBrush(look.canvas)
        p.drawRoundedRect(box, 4, 4)
        p.setFont(look.fixed_font)
        p.setPen(color)
        p.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
