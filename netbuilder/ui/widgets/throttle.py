"""What is done again and again, no more often than it can be read."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

#: Words that change more often cannot be read; each change has a page laid out anew.
WORDS_SECONDS = 0.25


class Throttle(QObject):
    """Calls ``work`` at once, or, where it was called less than ``seconds`` ago, when these have
    passed: once for all that asked meanwhile.
    """

    def __init__(self, work: Callable[[], object], parent: QObject, seconds: float) -> None:
        super().__init__(parent)
        self._work, self._seconds = work, seconds
        self._free = -math.inf
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.now)

    def soon(self) -> None:
        """Have it done when it may be."""
        if self._timer.isActive():
            return
        left = self._free - time.monotonic()
        if left <= 0:
            self.now()
        else:
            self._timer.start(math.ceil(1000 * left))

    def now(self) -> None:
        """Have it done in this moment."""
        self._timer.stop()
        self._free = time.monotonic() + self._seconds
        self._work()
