"""Files that belong to a running process: whoever finds one knows whether its owner still lives.

A ``QLockFile`` names process, machine and program, so that a process number given anew, or a
folder that two machines share, misleads nobody. The names of all that a process leaves behind
begin alike.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from PySide6.QtCore import QLockFile

from netbuilder.core import folders

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
