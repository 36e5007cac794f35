"""Cache recently read and fitted data in memory, so that edits need not read files again."""

from __future__ import annotations

import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Generic, TypeVar

from netbuilder.core.data.readers.class_folders import part_of
from netbuilder.core.project.model import Data
from netbuilder.core.project.network_data import check_trusted

Value = TypeVar("Value")
# It is asked after each edit, and folders may lie on a server.
_MOST_FILES = 2000
_ALL: weakref.WeakSet[RecentValues[Any]] = weakref.WeakSet()


def forget_all() -> None:
    """Clear all caches: findings hold sentences in the language used before."""
    for cache in list(_ALL):
        cache.clear()


class RecentValues(Generic[Value]):
    """The last few values by key; thread-safe. Two requests for one key compute it once."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        self._lock = threading.Lock()
        self._making: dict[Hashable, threading.Lock] = {}
        _ALL.add(self)

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Return the value of ``key``, computed by ``make`` unless cached."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
            turn = self._making.setdefault(key, threading.Lock())
        with turn:
            with self._lock:
                if key in self._values:
                    return self._values[key]
            try:
                value = make()
            finally:
                with self._lock:
                    self._making.pop(key, None)
            with self._lock:
                self._values[key] = value
                while len(self._values) > self._size:
                    self._values.popitem(last=False)
        return value

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._values.clear()


def data_stamp(data: Data, base: Path) -> tuple[Hashable, ...]:
    """Return a key that changes with the recipe or one of its files.

    For a folder it includes the times of folder, subfolders and the first 2,000 files. Raises
    ``DataError`` if the files are on a computer that is not trusted.
    """
    check_trusted(data, base)
    stamp: list[Hashable] = [repr(data), str(base)]
    for name in (data.path, data.test_path):
        if not name:
            continue
        path = base / name
        try:
            here = path.stat()
            stamp.append((here.st_mtime_ns, here.st_size))
            if path.is_dir():
                stamp += _folder_times(path)
                stamp += islice(_file_times(path), _MOST_FILES)
        except OSError:
            stamp.append(None)
    return tuple(stamp)


def _folder_times(path: Path) -> list[Hashable]:
    times: list[Hashable] = []
    for folder in sorted(entry for entry in path.iterdir() if entry.is_dir()):
        times.append((folder.name, folder.stat().st_mtime_ns))
        if part_of(folder.name) is not None:
            times += _folder_times(folder)
    return times


def _file_times(path: Path) -> Iterator[Hashable]:
    with os.scandir(path) as scanned:
        entries = sorted(scanned, key=lambda entry: entry.name)
    for entry in entries:
        if entry.is_dir():
            yield from _file_times(Path(entry.path))
        else:
            about = entry.stat()
            yield (entry.name, about.st_mtime_ns, about.st_size)
