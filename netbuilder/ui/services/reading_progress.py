"""How far large data is read and prepared, whichever thread does it, and a word that stops it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from netbuilder.ui.services import jobs

if TYPE_CHECKING:
    from collections.abc import Callable

_EVERY_SECONDS = 0.05
# After so long without a word the reading has ended, or nobody would believe in it any more.
_SILENT_MS = 5000


class ReadingProgress(QObject):
    """``told(done, of)`` while something is read, ``ended()`` afterwards (GUI thread)."""

    told = Signal(object, object)
    ended = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._stopping = threading.Event()
        self._last = 0.0
        self._unwatch: Callable[[], None] | None = None
        self._heard = jobs.relay_to_gui(self, self._tell)
        self._silence = QTimer(self, singleShot=True, interval=_SILENT_MS)
        self._silence.timeout.connect(self.ended)

    def begin(self) -> None:
        """Hear of all that is read from now on."""
        from netbuilder.core.data import progress

        if self._unwatch is None:
            self._unwatch = progress.watch_progress(self._listen)
            # Whoever reads next must not tell one that has gone.
            self.destroyed.connect(self._unwatch)

    def close(self) -> None:
        """Hear of nothing any more."""
        if self._unwatch is not None:
            self._unwatch()
            self._unwatch = None

    def stop(self) -> None:
        """Stop all that is being read, and what would be, until ``resume``; nothing is kept."""
        self._stopping.set()

    def resume(self) -> None:
        """What is read from now on may be read."""
        self._stopping.clear()

    def _listen(self, done: int, of: int) -> bool:
        """On the thread that reads."""
        if self._stopping.is_set():
            self._heard(of, of)
            return False
        now = time.monotonic()
        if done >= of or now - self._last > _EVERY_SECONDS:
            self._last = now
            self._heard(done, of)
        return True

    def _tell(self, done: int, of: int) -> None:
        if done >= of:
            self._silence.stop()
            self.ended.emit()
        else:
            self._silence.start()
            self.told.emit(done, of)
