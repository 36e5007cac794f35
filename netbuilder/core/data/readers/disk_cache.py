"""Prepared data on the disk: in the user's cache, by content and recipe, bounded in size.

What was not used for longest goes first. A folder is complete or not there: it is written under
another name and renamed at the end.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.core import folders
from netbuilder.core.data.readers.cache import RecentValues
from netbuilder.core.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

LIMIT_BYTES = 10 * 2**30
_LEFT_OVER_SECONDS = 24 * 3600
_DONE = "meta.json"
_CONTENTS: RecentValues[str] = RecentValues(32)


def cache_folder() -> Path:
    """The folder of all prepared data."""
    folder = folders.cache() / "prepared"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def content_key(path: Path) -> str:
    """A name for what a file holds; read once while neither its time nor its size change."""
    about = path.stat()

    def digest() -> str:
        with path.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()

    return _CONTENTS.get((str(path.resolve()), about.st_mtime_ns, about.st_size), digest)


def cache_key(*parts: Any) -> str:
    """The name of a folder for everything that its content follows from."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def prepared_folder(key: str, make: Callable[[Path], None]) -> Path:
    """The folder of ``key``, filled by ``make`` where it is not there yet.

    ``make`` writes into the folder that it is given and, last of all, ``meta.json``.

    Raises:
        DataError: the disk is full, or the cache cannot be written.
    """
    folder = cache_folder() / key
    if (folder / _DONE).is_file():
        os.utime(folder / _DONE)
        return folder
    try:
        draft = Path(tempfile.mkdtemp(prefix="draft-", dir=cache_folder()))
    except OSError as error:
        raise _unwritable(error) from error
    try:
        make(draft)
        prune_cache(keep=key)
        try:
            draft.rename(folder)
        except OSError:
            if not (folder / _DONE).is_file():  # nobody else was faster
                raise
    except OSError as error:
        raise _unwritable(error) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


def map_array(file: Path, kind: Any, shape: tuple[int, ...]) -> NDArray[Any]:
    """A prepared array, read from the disk as it is used; also one without a row, which is no file
    that a system can map."""
    import numpy as np

    if 0 in shape:
        return np.empty(shape, kind)
    return np.memmap(file, np.dtype(kind), "r", shape=shape)


def _unwritable(error: OSError) -> DataError:
    return DataError(
        f"The data does not fit in memory, and cannot be prepared in {cache_folder()} "
        f"({error.strerror or error}).",
        "Make room on the disk, or use fewer rows.",
    )


def prune_cache(keep: str = "", limit: int = LIMIT_BYTES) -> None:
    """Delete what was not used for longest, until the rest fits ``limit`` bytes; and left-overs."""
    sizes: list[tuple[float, Path, int]] = []
    for folder in cache_folder().iterdir():
        done = folder / _DONE
        try:
            if done.is_file():
                size = sum(file.stat().st_size for file in folder.iterdir())
                sizes.append((done.stat().st_mtime, folder, size))
            elif time.time() - folder.stat().st_mtime > _LEFT_OVER_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:  # another process cleans too
            continue
    total = sum(size for _, _, size in sizes)
    for _, folder, size in sorted(sizes):
        if total <= limit:
            return
        if folder.name != keep:
            shutil.rmtree(folder, ignore_errors=True)
            total -= size
