"""Watch the files of the data for changes, damage and reading progress."""

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
    """Emits ``found(data, error)`` for damaged files that the first reading did not open.

    ``busy``: whether a run is active, which reads all files itself; stops the check; ``parent``:
    owner.
    """

    found = Signal(object, object)

    def __init__(self, busy: Callable[[], bool], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._busy = busy
        self._known: tuple[Data, UserError] | None = None
        self._worker = Derived(self, self._verify, failed=self._failed, rank=Rank.BACKGROUND)

    def look(self, data: Data, base: Path) -> UserError | None:
        """Start checking a recipe's files; return the error if it is already known."""
        if self._known is not None and self._known[0] == data:
            return self._known[1]
        self._worker.ask(data, base)
        return None

    def forget(self) -> None:
        self._known = None

    def _verify(self, data: Data, base: Path) -> None:
        from netbuilder.core.data.load import verify_files
        from netbuilder.core.data.progress import progress_listener

        with progress_listener(lambda _done, _of: wanted() and not self._busy()):
            verify_files(data, base)

    def _failed(self, error: UserError) -> None:
        from netbuilder.core.data.progress import ReadingCancelledError

        # The run reports all other errors.
        if not isinstance(error, ReadingCancelledError) and error.code != UNEXPECTED:
            self._known = (self._worker.inputs[0], error)
            self.found.emit(*self._known)


_EVERY_SECONDS = 0.05
# Without progress for this long, reading counts as ended.
_SILENT_MS = 5000


class ReadingProgress(QObject):
    """Emits ``progressed(done, of)`` during reading and ``ended()`` afterwards (GUI thread)."""

    progressed = Signal(object, object)
    ended = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._stopping = threading.Event()
        self._last = 0.0
        self._unwatch: Callable[[], None] | None = None
        self._relay = jobs.relay_to_gui(self, self._update)
        self._timeout = QTimer(self, singleShot=True, interval=_SILENT_MS)
        self._timeout.timeout.connect(self.ended)

    def begin(self) -> None:
        from netbuilder.core.data import progress

        if self._unwatch is None:
            self._unwatch = progress.watch_progress(self._on_progress)
            self.destroyed.connect(self._unwatch)

    def close(self) -> None:
        if self._unwatch is not None:
            self._unwatch()
            self._unwatch = None

    def stop(self) -> None:
        """Cancel current and later readings until ``resume``."""
        self._stopping.set()

    def resume(self) -> None:
        self._stopping.clear()

    def _on_progress(self, done: int, of: int) -> bool:
        if self._stopping.is_set():
            self._relay(of, of)
            return False
        time_now = time.monotonic()
        if done >= of or time_now - self._last > _EVERY_SECONDS:
            self._last = time_now
            self._relay(done, of)
        return True

    def _update(self, done: int, of: int) -> None:
        if done >= of:
            self._timeout.stop()
            self.ended.emit()
        else:
            self._timeout.start()
            self.progressed.emit(done, of)


# Programs write a file in several steps: wait for the last one.
_SETTLED_MS = 500
# Limit of watched class folders: operating systems allow only so many.
_MOST_FOLDERS = 200

_FileState = tuple[Hashable, tuple[str, ...]]


def _file_state(data: Data, base: Path) -> _FileState:
    paths = [base / name for name in (data.path, data.test_path) if name]
    # Watch the folder too: a deleted file may come back.
    places = [place for path in paths for place in (path, path.parent)]
    for path in paths:
        if path.is_dir():
            with os.scandir(path) as entries:
                inner = (Path(entry.path) for entry in entries if entry.is_dir())
                places += islice(inner, _MOST_FOLDERS)
    return data_stamp(data, base), tuple(
        dict.fromkeys(str(place) for place in places if place.exists())
    )


class DataWatch(QObject):
    """Watches the files of one recipe; emits ``changed`` once per burst of changes."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._request: tuple[Data, Path] = Data(), Path()
        self.state: Hashable = None
        self._watcher = QFileSystemWatcher(self)
        self._watcher.fileChanged.connect(self._restart_timer)
        self._watcher.directoryChanged.connect(self._restart_timer)
        self._settled = QTimer(self, singleShot=True, interval=_SETTLED_MS)
        self._settled.timeout.connect(self._check)
        # Files overwritten in place are not reported: check when the application is reactivated.
        if isinstance(app := QGuiApplication.instance(), QGuiApplication):
            app.applicationStateChanged.connect(self._activated)
        self._worker = Derived(self, _file_state, self._found, of=lambda: self._request[0])

    def follow(self, data: Data, base: Path) -> None:
        if self._request == (data, base):
            return
        self._request, self.state = (data, base), None
        self._check()

    def _restart_timer(self, _path: str) -> None:
        self._settled.start()

    def _activated(self, state: Qt.ApplicationState) -> None:
        if state == Qt.ApplicationState.ApplicationActive:
            self._settled.start()

    def _check(self) -> None:
        self._worker.ask(*self._request)

    def _found(self, file_state: _FileState) -> None:
        state, places = file_state
        watched = {*self._watcher.files(), *self._watcher.directories()}
        if removed := [place for place in watched if place not in places]:
            self._watcher.removePaths(removed)
        # A file replaced by another of the same name is no longer watched.
        if added := [place for place in places if place not in watched]:
            self._watcher.addPaths(added)
            # Catch changes between reading the stamp and starting to watch.
            self._check()
        previous, self.state = self.state, state
        if previous is not None and previous != state:
            self.changed.emit()
