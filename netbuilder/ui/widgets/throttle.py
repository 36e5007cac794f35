"""Limit how often widgets are laid out, painted and updated."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget
from shiboken6 import isValid


class SteadyFrame(QWidget):
    """A container of ``inner`` that only updates its layout when the height changes.

    With ``grows`` its height follows ``inner``; otherwise the outer layout decides.
    """

    def __init__(self, inner: QWidget, parent: QWidget | None = None, *, grows: bool) -> None:
        super().__init__(parent)
        self._inner, self._grows = inner, grows
        inner.setParent(self)
        if grows:
            self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
            self._follow()

    def sizeHint(self) -> QSize:
        return self._inner.sizeHint()

    def minimumSizeHint(self) -> QSize:
        return self._inner.minimumSizeHint()

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.LayoutRequest and self._grows:
            self._follow()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._grows:
            self._follow()
        # Last, since a hidden widget gets no event for its new height.
        self._inner.setGeometry(self.rect())

    def _follow(self) -> None:
        inner = self._inner
        height = inner.heightForWidth(self.width()) if inner.hasHeightForWidth() else -1
        if height < 0:
            height = inner.sizeHint().height()
        if height != self.maximumHeight():
            self.setFixedHeight(height)


class PaintTurns(QObject):
    """Paints each window in its own turn of the event loop, after the layout.

    When a run starts or ends, painting the window and all floating docks at once would block input.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._laid_out = False  # in this turn
        self._painted: QObject | None = None  # in this turn
        self._waiting: deque[QObject] = deque()
        self._timer = QTimer(self, interval=1)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._next)

    def add(self, window: QWidget) -> None:
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        paints = kind is QEvent.Type.UpdateRequest and isinstance(watched, QWidget)
        if not paints and kind is not QEvent.Type.LayoutRequest:
            return False
        if not self._timer.isActive():
            self._timer.start()
        if not paints:
            self._laid_out = True
            return False
        if not self._laid_out and self._painted in (None, watched):
            self._painted = watched
            return False
        if watched not in self._waiting:
            self._waiting.append(watched)
        return True

    def _next(self) -> None:
        self._laid_out, self._painted = False, None
        if not self._waiting:
            self._timer.stop()
            return
        window = self._waiting.popleft()
        if isValid(window):
            QCoreApplication.sendEvent(window, QEvent(QEvent.Type.UpdateRequest))


#: Least seconds between changes of a text, so that it can be read.
WORDS_SECONDS = 0.25


class Throttle(QObject):
    """Calls ``work`` at most once in ``seconds``; requests in between share one call."""

    def __init__(self, work: Callable[[], object], parent: QObject, seconds: float) -> None:
        super().__init__(parent)
        self._work, self._seconds = work, seconds
        self._free = -math.inf
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.now)

    def soon(self) -> None:
        if self._timer.isActive():
            return
        left = self._free - time.monotonic()
        if left <= 0:
            self.now()
        else:
            self._timer.start(math.ceil(1000 * left))

    def now(self) -> None:
        self._timer.stop()
        self._free = time.monotonic() + self._seconds
        self._work()
