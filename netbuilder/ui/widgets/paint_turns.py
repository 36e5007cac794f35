"""Windows beside each other are painted one after the other, and events in between are heard."""

from __future__ import annotations

from collections import deque

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid


class PaintTurns(QObject):
    """Lets one window paint itself in a turn of the event loop, the others in the next ones.

    When a run begins or ends everything that is seen changes. Qt would paint the window and all
    docks that float beside it in one go, and nothing else would be heard meanwhile.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._painted: QObject | None = None  # in this turn
        self._waiting: deque[QWidget] = deque()
        self._timer = QTimer(self, interval=1)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._next)

    def add(self, window: QWidget) -> None:
        """Have a window, or a dock that may become one, take turns with the others."""
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is not QEvent.Type.UpdateRequest or not isinstance(watched, QWidget):
            return False
        if self._painted is None or self._painted is watched:
            self._painted = watched
            self._timer.start()
            return False
        if watched not in self._waiting:
            self._waiting.append(watched)
        return True

    def _next(self) -> None:
        self._painted = None
        if not self._waiting:
            self._timer.stop()
            return
        window = self._waiting.popleft()
        if isValid(window):
            QCoreApplication.postEvent(window, QEvent(QEvent.Type.UpdateRequest))
