"""Notices when the file or folder of the data changes, comes or goes."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Hashable
from itertools import islice
from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication

from netbuilder.core.data.readers.cache import data_stamp
from netbuilder.core.errors import UserError
from netbuilder.core.project.model import Data
from netbuilder.ui.services import jobs
from netbuilder.ui.services.derived import UNEXPECTED, Derived, Rank, wanted


class DamagedFiles(QObject):
    """``found(data, error)`` where files of a recipe are damaged that the first look passed over.

    Args:
        busy: whether a run goes on, which reads all files by itself: the look ends then.
        parent: owner.
    """

    found = Signal(object, object)

    def __init__(self, busy: Callable[[], bool], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._busy = busy
        self._known: tuple[Data, UserError] | None = None
        self._worker = Derived(self, self._look, failed=self._failed, rank=Rank.BACKGROUND)

    def look(self, data: Data, base: Path) -> UserError | None:
        """Begin to look at the files of a recipe; what is known to be damaged already."""
        if self._known is not None and self._known[0] == data:
            return self._known[1]
        self._worker.ask(data, base)
        return None

    def forget(self) -> None:
        self._known = None

    def _look(self, data: Data, base: Path) -> None:
        from netbuilder.core.data.load import verify_files
        from netbuilder.core.data.progress import progress_listener

        with progress_listener(lambda _done, _of: wanted() and not self._busy()):
            verify_files(data, base)

    def _failed(self, error: UserError) -> None:
        from netbuilder.core.data.progress import ReadingCancelledError

        # Whatever else goes wrong here, the run will say.
        if not isinstance(error, ReadingCancelledError) and error.code != UNEXPECTED:
            self._known = (self._worker.inputs[0], error)
            self.found.emit(*self._known)


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
        self._stopping.clear()

    def _listen(self, done: int, of: int) -> bool:
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


# Programs write a file in several steps; it is read again when they have ended.
_SETTLED_MS = 500
# Class folders; systems watch only so many.
_MOST_FOLDERS = 200

_Found = tuple[Hashable, tuple[str, ...]]


def _look(data: Data, base: Path) -> _Found:
    """What tells one state of the files from another, and the places to watch."""
    paths = [base / name for name in (data.path, data.test_path) if name]
    # The folder of a file too, where it may come again.
    places = [one for path in paths for one in (path, path.parent)]
    for path in paths:
        if path.is_dir():
            with os.scandir(path) as entries:
                inner = (Path(entry.path) for entry in entries if entry.is_dir())
                places += islice(inner, _MOST_FOLDERS)
    return data_stamp(data, base), tuple(dict.fromkeys(str(one) for one in places if one.exists()))


class DataWatch(QObject):
    """Watches the files of one recipe. ``changed`` comes once for a burst of changes."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._question: tuple[Data, Path] = Data(), Path()
        self.seen: Hashable = None
        self._watcher = QFileSystemWatcher(self)
        self._watcher.fileChanged.connect(self._touched)
        self._watcher.directoryChanged.connect(self._touched)
        self._settled = QTimer(self, singleShot=True, interval=_SETTLED_MS)
        self._settled.timeout.connect(self._ask)
        # Systems do not tell of a file that is overwritten in its place: looked for when the
        # person comes back from the program that did it.
        if isinstance(app := QGuiApplication.instance(), QGuiApplication):
            app.applicationStateChanged.connect(self._come_back)
        self._looker = Derived(self, _look, self._found, of=lambda: self._question[0])

    def follow(self, data: Data, base: Path) -> None:
        """Watch the files of this recipe instead of those of before."""
        if self._question == (data, base):
            return
        self._question, self.seen = (data, base), None
        self._ask()

    def _touched(self, _path: str) -> None:
        self._settled.start()

    def _come_back(self, state: Qt.ApplicationState) -> None:
        if state == Qt.ApplicationState.ApplicationActive:
            self._settled.start()

    def _ask(self) -> None:
        self._looker.ask(*self._question)

    def _found(self, found: _Found) -> None:
        state, places = found
        held = {*self._watcher.files(), *self._watcher.directories()}
        if gone := [place for place in held if place not in places]:
            self._watcher.removePaths(gone)
        # A file that was replaced by another of its name is no longer held.
        if more := [place for place in places if place not in held]:
            self._watcher.addPaths(more)
            # What changed since it was looked at, and before it was watched, nobody tells.
            self._ask()
        before, self.seen = self.seen, state
        if before is not None and before != state:
            self.changed.emit()
