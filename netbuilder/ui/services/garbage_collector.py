"""Python's garbage is collected on the GUI thread, and nowhere else; see
``core.garbage_collection``."""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QCursor, QGuiApplication

from netbuilder.core import garbage_collection
from netbuilder.ui.services import jobs

#: So often what is new is looked through, which takes a few thousandths of a second.
EVERY_MS = 200
#: Every so many times what is older: a network that has gone takes some hundredths.
_OLDER_EVERY = 10
_MANY = 50_000


class GarbageCollector(QObject):
    """Collects as Python would by itself: what is new often, all seldom.

    What takes longer is done while the mouse rests: who drags something would see it.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._times = 0
        self._mouse = QPoint()
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()
        garbage_collection.collect_on_this_thread(jobs.relay_to_gui(self, lambda work: work()))

    def look(self) -> None:
        """Collect, if enough objects have come for it."""
        if garbage_collection.is_paused():
            return
        young, middle, old = gc.get_count()
        most_young, _, most_old = gc.get_threshold()
        if young > most_young:
            # A network that was built leaves hundreds of thousands that stay: each goes through
            # once, and not again with the older ones.
            gc.collect(1 if young > _MANY else 0)
        self._times += 1
        if self._times < _OLDER_EVERY or not self._hand_rests():
            return
        self._times = 0
        if old > most_old:
            gc.collect()
        elif middle:
            gc.collect(1)

    def _hand_rests(self) -> bool:
        before, self._mouse = self._mouse, QCursor.pos()
        held = QGuiApplication.mouseButtons() != Qt.MouseButton.NoButton
        return not held and before == self._mouse
