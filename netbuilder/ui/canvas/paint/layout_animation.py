"""Animations: dots on the wires during training, and cards that move to a new layout."""

from __future__ import annotations

import time

from PySide6.QtCore import QEasingCurve, QObject, QRect, QRectF, Qt, QVariantAnimation
from PySide6.QtGui import QPainter

from netbuilder.core.project.model import Point
from netbuilder.ui.canvas.host import CanvasHost
from netbuilder.ui.canvas.paint.paint_resources import NAMES
from netbuilder.ui.canvas.paint.paint_wires import wire_path
from netbuilder.ui.style.motion import reduced_motion

_LEAST_SECONDS = 0.2
_STEP = 0.17
_MOST_CARDS = 300  # with more, painting would slow the training down
_RADIUS = 3.5


class WirePulse(QObject):
    """Dots at the part ``at`` of each wire's length, or None without training."""

    def __init__(self, view: CanvasHost) -> None:
        super().__init__(view.widget())
        self._view = view
        self._last = 0.0
        self.at: float | None = None

    def beat(self) -> None:
        time_now = time.monotonic()
        if reduced_motion():
            return
        if time_now - self._last < _LEAST_SECONDS or len(self._view.picture.cards) > _MOST_CARDS:
            return
        self._last = time_now
        self.at = ((self.at or 0.0) + _STEP) % 1.0
        self._view.viewport().update(self._dots_area())

    def rest(self) -> None:
        if self.at is not None:
            self.at = None
            self._view.viewport().update()

    def _dots_area(self) -> QRect:
        """Return the area of the dots, which is cheaper to paint than all of the viewport."""
        view = self._view
        box = QRectF()
        for wire in view.picture.grid.wires_in(view.scene_viewport.seen_box()):
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
        """Paint the dots on the visible wires, in canvas coordinates."""
        view = self._view
        if self.at is None or view.camera.scale < NAMES:
            return
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(view.paint_resources.accent)
        for wire in view.picture.grid.wires_in(view.scene_viewport.seen_box()):
            p.drawEllipse(wire_path(wire).pointAtPercent(self.at), _RADIUS, _RADIUS)


_MILLISECONDS = 220
_MOST = 400  # cards; more would stutter on a slow machine


class LayoutAnimation(QObject):
    """Moves cards from their old positions to the new ones."""

    def __init__(self, view: CanvasHost) -> None:
        super().__init__(view.widget())
        self._view = view
        self._from: dict[str, Point] = {}
        self._to: dict[str, Point] = {}
        self._animation = QVariantAnimation(self)
        self._animation.setStartValue(0.0)
        self._animation.setEndValue(1.0)
        self._animation.setDuration(_MILLISECONDS)
        self._animation.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._animation.valueChanged.connect(self._step)
        self._animation.finished.connect(self.finish)

    @property
    def running(self) -> bool:
        return bool(self._to)

    def places(self) -> dict[str, Point]:
        return {id_: (card.x, card.y) for id_, card in self._view.picture.cards.items()}

    def run(self, before: dict[str, Point]) -> None:
        """Animate from the positions ``before`` to the current ones."""
        self.finish()
        after = self.places()
        self._to = {id_: place for id_, place in after.items() if before.get(id_, place) != place}
        self._from = {id_: before[id_] for id_ in self._to}
        hidden = not self._view.widget().isVisible()
        if not self._to or len(after) > _MOST or hidden or reduced_motion():
            self._from, self._to = {}, {}
            return
        self._view.set_at(dict(self._from))
        self._animation.start()

    def _step(self, part: float) -> None:
        self._view.set_at(
            {
                id_: (
                    self._from[id_][0] + (x - self._from[id_][0]) * part,
                    self._from[id_][1] + (y - self._from[id_][1]) * part,
                )
                for id_, (x, y) in self._to.items()
            }
        )

    def stop(self) -> None:
        """Finish at once if running."""
        if self._animation.state() == QVariantAnimation.State.Running:
            self._animation.stop()
            self.finish()

    def finish(self) -> None:
        if self._to:
            self._animation.stop()
            self._from, self._to = {}, {}
            self._view.set_at({})
