"""Collect Python's garbage on the GUI thread only; see ``core.garbage_collection``."""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QCursor, QGuiApplication

from netbuilder.core.process import garbage_collection
from netbuilder.ui.services import jobs

#: Interval for young objects, which takes a few milliseconds.
EVERY_MS = 200
#: Older objects every tenth time: freeing a network takes tens of milliseconds.
_OLDER_EVERY = 10
_MANY = 50_000


class GarbageCollector(QObject):
    """Collects young objects often, older ones rarely and only while the mouse rests."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._times = 0
        self._mouse = QPoint()
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()
        garbage_collection.collect_on_this_thread(jobs.relay_to_gui(self, lambda work: work()))

    def look(self) -> None:
        if garbage_collection.is_paused():
            return
        young, middle, old = gc.get_count()
        most_young, _, most_old = gc.get_threshold()
        if young > most_young:
            # A new network leaves hundreds of thousands of objects: promote them at once.
            gc.collect(1 if young > _MANY else 0)
        self._times += 1
        if self._times < _OLDER_EVERY or not self._mouse_rests():
            return
        self._times = 0
        if old > most_old:
            gc.collect()
        elif middle:
            gc.collect(1)

    def _mouse_rests(self) -> bool:
        previous, self._mouse = self._mouse, QCursor.pos()
        pressed = QGuiApplication.mouseButtons() != Qt.MouseButton.NoButton
        return not pressed and previous == self._mouse
