"""What is left when the program itself is ended by a fault of a library: where it stood.

Python's own errors are caught and logged (``failures``). A fault in Qt, TensorFlow or a driver ends
the process at once; all that can still be done is to write where each thread was. That file has a
lock that the process holds, so that the next start knows of whom nobody will hear any more.
"""

from __future__ import annotations

import faulthandler
import logging
import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from io import FileIO
from pathlib import Path

from PySide6.QtCore import QLockFile

from netbuilder.core import folders
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.atomic import discard

_PROCESS = uuid.uuid4().hex[:16]


def new_process_name() -> str:
    """A name for a file or folder of this process that no other one has."""
    return f"{_PROCESS}-{uuid.uuid4().hex[:12]}"


def of_one_process(one: Path, other: Path) -> bool:
    """Whether the same process named both by ``new_process_name``."""
    return one.name.partition("-")[0] == other.name.partition("-")[0]


def acquire_lock(path: Path) -> QLockFile | None:
    """Take hold of a lock file; None: a living process has it, or it cannot be written.

    It is held until ``unlock`` or the end of the process, however that comes.
    """
    lock = QLockFile(str(path))
    # Age says nothing: a lock is stale only when its process is gone.
    lock.setStaleLockTime(0)
    return lock if lock.tryLock(0) else None


def state_folder(name: str) -> Path:
    """A part of the state folder for such files; made where it is not there yet."""
    place = folders.state() / name
    place.mkdir(parents=True, exist_ok=True)
    return place


def lock_path(file: Path) -> Path:
    """The lock beside a file."""
    return file.with_suffix(".lock")


def left_behind(
    entries: Iterable[Path], lock_of: Callable[[Path], Path] = lock_path
) -> Iterator[tuple[Path, QLockFile]]:
    """Those of ``entries`` whose owners are gone, each with its lock, which is ours now."""
    for entry in entries:
        lock = acquire_lock(lock_of(entry))
        if lock is not None:
            yield entry, lock


log = logging.getLogger(__name__)
_FOLDER = "faults"


class CrashDetector:
    """Has a fault of this process written down, from ``watch`` to ``close``."""

    def __init__(self) -> None:
        self._file: FileIO | None = None
        self._path = Path()
        self._lock: QLockFile | None = None

    def watch(self) -> None:
        """Begin. Where the disk does not let us, a fault leaves nothing."""
        try:
            self._path = state_folder(_FOLDER) / f"{new_process_name()}.txt"
            self._lock = acquire_lock(lock_path(self._path))
            # Open all the while: a process that has a fault opens nothing any more.
            self._file = FileIO(self._path, "w")
        except OSError as error:
            log.warning("a fault would leave no trace: %s", error)
            return
        faulthandler.enable(self._file)

    def close(self) -> None:
        """The program ends by itself."""
        if self._file is None:
            return
        faulthandler.disable()
        self._file.close()
        self._file = None
        _remove(self._path, self._lock)


def take_crashes() -> list[datetime]:
    """When earlier processes were ended by a fault, the latest last.

    Where they stood is written into the log, and is found only once.
    """
    try:
        files = sorted(state_folder(_FOLDER).glob("*.txt"))
    except OSError as error:
        log.warning("it is not known whether a fault was written down: %s", error)
        return []
    found = []
    for file, lock in left_behind(files):
        try:
            text = file.read_text("utf-8", "replace").strip()
            when = datetime.fromtimestamp(file.stat().st_mtime)
        except OSError as error:
            # The others are told all the same.
            log.warning("what a fault left in %s cannot be read: %s", file, error)
            lock.unlock()
            continue
        if text:
            log.error("NetBuilder was ended by a fault at %s\n%s", f"{when:%c}", text)
            found.append(when)
        _remove(file, lock)
    return sorted(found)


def crash_message(when: datetime) -> UserError:
    """What to say of it: what happened, and what to do."""
    return UserError(
        _("NetBuilder crashed on {date}.", date=f"{when:%d %B at %H:%M}"),
        _(
            "Your work was saved: NetBuilder has just offered to restore it, or it "
            "is in your project file. The log says where in the program the crash "
            "happened; send the log with a bug report."
        ),
        code="crashed_last_time",
    )


def _remove(file: Path, lock: QLockFile | None) -> None:
    discard(file)
    if lock is not None:
        lock.unlock()
