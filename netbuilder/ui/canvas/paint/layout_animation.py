"""Cards that glide to their new places, so that the eye can follow a new layout."""

from __future__ import annotations

from PySide6.QtCore import QEasingCurve, QObject, QVariantAnimation

from netbuilder.core.project.model import Point
from netbuilder.ui.canvas.host import CanvasHost
from netbuilder.ui.style.motion import reduced_motion

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
        """Whether cards are on their way."""
        return bool(self._to)

    def places(self) -> dict[str, Point]:
        """Where all cards are now."""
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
        """Everything is in its place."""
        if self._to:
            self._animation.stop()
            self._from, self._to = {}, {}
            self._view.set_at({})
