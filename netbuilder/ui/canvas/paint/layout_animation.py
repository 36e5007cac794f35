"""Cards that glide to their new places, so that the eye can follow a new layout."""

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
_MOST_CARDS = 300  # above, painting would take time that the training needs
_RADIUS = 3.5


class WirePulse:
    """The place of the dots: a part of each wire's length, None while nothing trains."""

    def __init__(self, view: CanvasHost) -> None:
        self._view = view
        self._last = 0.0
        self.at: float | None = None

    def beat(self) -> None:
        now = time.monotonic()
        if reduced_motion():
            return
        if now - self._last < _LEAST_SECONDS or len(self._view.picture.cards) > _MOST_CARDS:
            return
        self._last = now
        self.at = ((self.at or 0.0) + _STEP) % 1.0
        self._view.viewport().update(self._where())

    def rest(self) -> None:
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


_MILLISECONDS = 220
_MOST = 400  # cards: above, the glide would stutter on a slow machine


class LayoutAnimation(QObject):
    """From where cards were to where they are. What is under the pointer follows the glide."""

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
        return {one: (card.x, card.y) for one, card in self._view.picture.cards.items()}

    def run(self, before: dict[str, Point]) -> None:
        """Glide from the places ``before`` to those of the picture."""
        self.finish()
        now = self.places()
        self._to = {one: place for one, place in now.items() if before.get(one, place) != place}
        self._from = {one: before[one] for one in self._to}
        unseen = not self._view.widget().isVisible()
        if not self._to or len(now) > _MOST or unseen or reduced_motion():
            self._from, self._to = {}, {}
            return
        self._view.set_at(dict(self._from))
        self._animation.start()

    def _step(self, part: float) -> None:
        self._view.set_at(
            {
                one: (
                    self._from[one][0] + (x - self._from[one][0]) * part,
                    self._from[one][1] + (y - self._from[one][1]) * part,
                )
                for one, (x, y) in self._to.items()
            }
        )

    def stop(self) -> None:
        """End at once, if it runs."""
        if self._animation.state() == QVariantAnimation.State.Running:
            self._animation.stop()
            self.finish()

    def finish(self) -> None:
        if self._to:
            self._animation.stop()
            self._from, self._to = {}, {}
            self._view.set_at({})
