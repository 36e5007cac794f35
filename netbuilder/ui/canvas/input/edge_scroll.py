"""Scrolls while something is dragged near the edge of the view, to reach what is beyond it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, QTimer

from netbuilder.core.project.model import Point
from netbuilder.ui.canvas.host import CanvasHost

_MILLISECONDS = 30
_EDGE = 30.0  # pixels from the edge where scrolling begins
_FASTEST = 16.0  # pixels a step, at the very edge
_WAIT = 10  # steps at the edge before it scrolls: what comes in from the palette only passes it


class EdgeScroller(QObject):
    """Runs only while a gesture that reaches further holds the pointer near an edge."""

    def __init__(self, view: CanvasHost) -> None:
        super().__init__(view.widget())
        self._view = view
        self._screen: Point = (0.0, 0.0)
        self._modifiers = Qt.KeyboardModifier.NoModifier
        self._waited = 0
        self._timer = QTimer(self)
        self._timer.setInterval(_MILLISECONDS)
        self._timer.timeout.connect(self._step)

    def follow(self, screen: Point, modifiers: Qt.KeyboardModifier) -> None:
        """Tell where the pointer is; scrolling begins or ends with it."""
        self._screen, self._modifiers = screen, modifiers
        gesture = self._view.gesture
        if gesture is not None and gesture.reaches and self._speed() != (0.0, 0.0):
            if not self._timer.isActive():
                self._waited = 0
                self._timer.start()
        else:
            self._timer.stop()

    def stop(self) -> None:
        """Scroll no more."""
        self._timer.stop()

    def _speed(self) -> Point:
        size = self._view.viewport().size()
        return (_push(self._screen[0], size.width()), _push(self._screen[1], size.height()))

    def _step(self) -> None:
        view, (dx, dy) = self._view, self._speed()
        if view.gesture is None or (dx, dy) == (0.0, 0.0):
            self._timer.stop()
            return
        self._waited += 1
        if self._waited < _WAIT:
            return
        view.sight.set_camera(view.camera.moved(dx, dy))
        view.gesture.move(view.camera.to_world(*self._screen), self._screen, self._modifiers)
        view.repaint_all()


def _push(at: float, length: float) -> float:
    """How far to move what is seen, for a pointer at ``at`` of ``length`` pixels."""
    if at < _EDGE:
        return _FASTEST * min(1.0, (_EDGE - at) / _EDGE)
    if at > length - _EDGE:
        return -_FASTEST * min(1.0, (at - length + _EDGE) / _EDGE)
    return 0.0
