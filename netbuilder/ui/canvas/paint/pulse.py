"""Dots that run along the wires while the network trains: the data on its way.

The pulse has no clock of its own. It moves on when the run tells of new steps, so it stands
still when the run does, and it never asks for more than a few paintings a second.
"""

from __future__ import annotations

import time

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter

from netbuilder.ui.canvas.host import CanvasHost
from netbuilder.ui.canvas.paint.paint_state import NAMES
from netbuilder.ui.canvas.paint.paint_wires import wire_path
from netbuilder.ui.style.motion import reduced_motion

_LEAST_SECONDS = 0.2
_STEP = 0.17
_MOST_CARDS = 300  # above, painting would take time that the training needs
_RADIUS = 3.5


class WirePulse:
    """The place of the dots: a part of each wire's length, None while nothing trains."""

    def __init__(self, view: CanvasHost) -> None:
        self._view = view
        self._last = 0.0
        self.at: float | None = None

    def beat(self) -> None:
        """The run has gone on."""
        now = time.monotonic()
        if reduced_motion():
            return
        if now - self._last < _LEAST_SECONDS or len(self._view.picture.cards) > _MOST_CARDS:
            return
        self._last = now
        self.at = ((self.at or 0.0) + _STEP) % 1.0
        self._view.viewport().update(self._where())

    def rest(self) -> None:
        """The run is over."""
        if self.at is not None:
            self.at = None
            self._view.viewport().update()

    def _where(self) -> QRect:
        """The part of the viewport that the dots run through: painting all costs more."""
        view = self._view
        box = QRectF()
        for wire in view.picture.grid.wires_in(view.sight.seen_box()):
            box |= wire_path(wire).boundingRect().adjusted(-1, -1, 1, 1)
        left, top = view.camera.to_screen(box.left(), box.top())
        right, bottom = view.camera.to_screen(box.right(), box.bottom())
        room = _RADIUS * view.camera.scale + 2
        return (
            QRectF(left, top, right - left, bottom - top)
            .adjusted(-room, -room, room, room)
            .toAlignedRect()
        )

    def paint(self, p: QPainter) -> None:
        """Paint the dots on the wires in view, in the canvas's own units."""
        view = self._view
        if self.at is None or view.camera.scale < NAMES:
            return
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(view.look.accent)
        for wire in view.picture.grid.wires_in(view.sight.seen_box()):
            p.drawEllipse(wire_path(wire).pointAtPercent(self.at), _RADIUS, _RADIUS)
