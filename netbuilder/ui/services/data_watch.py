"""Notices when the file or folder of the data changes, comes or goes."""

from __future__ import annotations

import os
from collections.abc import Hashable
from itertools import islice
from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication

from netbuilder.core.data.readers.cache import data_stamp
from netbuilder.core.project.model import Data
from netbuilder.ui.services import jobs

# Programs write a file in several steps; it is read again when they have ended.
_SETTLED_MS = 500
# Class folders; systems watch only so many.
_MOST_FOLDERS = 200

_Question = tuple[Data, Path]
_Found = tuple[Hashable, tuple[str, ...]]


def _look(question: _Question) -> _Found:
    """What tells one state of the files from another, and the places to watch."""
    data, base = question
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
        self._question: _Question | None = None
        self._seen: Hashable = None
        self._watcher = QFileSystemWatcher(self)
        self._watcher.fileChanged.connect(self._touched)
        self._watcher.directoryChanged.connect(self._touched)
        self._settled = QTimer(self, singleShot=True, interval=_SETTLED_MS)
        self._settled.timeout.connect(self._ask)
        # Systems do not tell of a file that is overwritten in its place: looked for when the
        # person comes back from the program that did it.
        if isinstance(app := QGuiApplication.instance(), QGuiApplication):
            app.applicationStateChanged.connect(self._come_back)
        self._looker = jobs.LatestJob(_look, "watch", self)
        self._looker.answered.connect(self._found)

    def follow(self, data: Data, base: Path) -> None:
        """Watch the files of this recipe instead of those of before."""
        if self._question == (data, base):
            return
        self._question, self._seen = (data, base), None
        self._ask()

    def close(self) -> None:
        """End the thread."""
        self._looker.stop()

    def _touched(self, _path: str) -> None:
        self._settled.start()

    def _come_back(self, state: Qt.ApplicationState) -> None:
        if state == Qt.ApplicationState.ApplicationActive:
            self._settled.start()

    def _ask(self) -> None:
        if self._question is not None:
            self._looker.ask(self._question)

    def _found(self, question: _Question, found: _Found) -> None:
        if question != self._question:
            return
        state, places = found
        held = {*self._watcher.files(), *self._watcher.directories()}
        if gone := [place for place in held if place not in places]:
            self._watcher.removePaths(gone)
        # A file that was replaced by another of its name is no longer held.
        if more := [place for place in places if place not in held]:
            self._watcher.addPaths(more)
            # What changed since it was looked at, and before it was watched, nobody tells.
            self._ask()
        before, self._seen = self._seen, state
        if before is not None and before != state:
            self.changed.emit()
