"""Write a stack trace when a library crashes the process, and report it at the next start.

Python's own errors are logged by ``unexpected_errors``. Each process locks its trace file, so
that the next start can tell the files of dead processes from those of living ones.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import tempfile
import uuid
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from io import FileIO
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, QSysInfo, QTimer

from netbuilder.core import folders
from netbuilder.core.error_texts import user_error
from netbuilder.core.errors import UserError
from netbuilder.core.project.atomic import discard

_PROCESS = uuid.uuid4().hex[:16]
#: Seconds between two touches of a lock, and after which another computer's lock is abandoned.
TOUCH_SECONDS, SILENT_SECONDS = 60, 600
_held_locks: weakref.WeakSet[QLockFile] = weakref.WeakSet()


def new_process_name() -> str:
    """Return a unique name for a file or folder of this process."""
    return f"{_PROCESS}-{uuid.uuid4().hex[:12]}"


def of_one_process(path: Path, other: Path) -> bool:
    """Return whether both paths were named by the same process with ``new_process_name``."""
    return path.name.partition("-")[0] == other.name.partition("-")[0]


def acquire_lock(path: Path) -> QLockFile | None:
    """Lock a file until ``unlock`` or the end of the process; None if that is not possible."""
    lock = QLockFile(str(path))
    # On this computer age says nothing: a lock is stale only when its process is gone.
    lock.setStaleLockTime(0)
    if not lock.tryLock(0) and not (
        _abandoned_elsewhere(lock) and lock.removeStaleLockFile() and lock.tryLock(0)
    ):
        return None
    _held_locks.add(lock)
    return lock


def _abandoned_elsewhere(lock: QLockFile) -> bool:
    """Return whether another computer holds a lock on a shared folder and is silent.

    Nobody can ask whether a process of another computer lives; a living one touches its locks
    (``LockHeartbeat``). Both times are the file server's, so that clocks may differ.
    """
    _process, host, _program = lock.getLockInfo()
    if not host or host == QSysInfo.machineHostName():
        return False
    path = Path(lock.fileName())
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent) as probe:
            time_now = os.fstat(probe.fileno()).st_mtime
        return time_now - path.stat().st_mtime > SILENT_SECONDS
    except OSError:
        return False


class LockHeartbeat(QTimer):
    """Touches this process's locks, so that other computers see that it lives."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent, interval=1000 * TOUCH_SECONDS)
        self.timeout.connect(touch_locks)
        self.start()


def touch_locks() -> None:
    """Give the locks that this process holds the present time."""
    for lock in [lock for lock in _held_locks if lock.isLocked()]:
        with suppress(OSError):  # a share that is away for a moment
            os.utime(lock.fileName())


def state_folder(name: str) -> Path:
    """Return a folder inside the state folder; create it if necessary."""
    place = folders.state() / name
    place.mkdir(parents=True, exist_ok=True)
    return place


def lock_path(file: Path) -> Path:
    """Return the path of a file's lock."""
    return file.with_suffix(".lock")


def left_behind(
    entries: Iterable[Path], lock_of: Callable[[Path], Path] = lock_path
) -> Iterator[tuple[Path, QLockFile]]:
    """Yield the ``entries`` whose processes are gone, each with its acquired lock."""
    for entry in entries:
        lock = acquire_lock(lock_of(entry))
        if lock is not None:
            yield entry, lock


log = logging.getLogger(__name__)
_FOLDER = "faults"


class CrashDetector:
    """Writes a stack trace if this process crashes between ``watch`` and ``close``."""

    def __init__(self) -> None:
        self._file: FileIO | None = None
        self._path = Path()
        self._lock: QLockFile | None = None

    def watch(self) -> None:
        try:
            self._path = state_folder(_FOLDER) / f"{new_process_name()}.txt"
            self._lock = acquire_lock(lock_path(self._path))
            # Opened in advance: a crashing process cannot open files.
            self._file = FileIO(self._path, "w")
        except OSError as error:
            log.warning("a fault would leave no trace: %s", error)
            return
        faulthandler.enable(self._file)

    def close(self) -> None:
        if self._file is None:
            return
        faulthandler.disable()
        self._file.close()
        self._file = None
        _remove(self._path, self._lock)


def take_crashes() -> list[datetime]:
    """Log and remove the traces of crashed processes; return the crash times in order."""
    try:
        files = sorted(state_folder(_FOLDER).glob("*.txt"))
    except OSError as error:
        log.warning("it is not known whether a fault was written down: %s", error)
        return []
    times = []
    for file, lock in left_behind(files):
        try:
            text = file.read_text("utf-8", "replace").strip()
            when = datetime.fromtimestamp(file.stat().st_mtime)
        except OSError as error:
            log.warning("what a fault left in %s cannot be read: %s", file, error)
            lock.unlock()
            continue
        if text:
            log.error("NetBuilder was ended by a fault at %s\n%s", f"{when:%c}", text)
            times.append(when)
        _remove(file, lock)
    return sorted(times)


def crash_message(when: datetime) -> UserError:
    """Return the message about a crash of an earlier process."""
    return user_error("crashed_last_time", date=f"{when:%d %B at %H:%M}")


def _remove(file: Path, lock: QLockFile | None) -> None:
    discard(file)
    if lock is not None:
        lock.unlock()
