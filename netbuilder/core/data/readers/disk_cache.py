"""Cache of prepared data on disk, by content and recipe, limited in size.

The least recently used data is deleted first. Folders are written under another name and then
renamed, so that they are always complete.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from netbuilder.core import folders
from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.readers.cache import RecentValues
from netbuilder.core.errors import DataError
from netbuilder.core.i18n import language
from netbuilder.core.project.atomic import discard, explain_os_error, replace

if TYPE_CHECKING:
    from numpy.typing import NDArray

Value = TypeVar("Value")
#: What took less is not written down.
_PAYS_SECONDS = 1.0
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
    """Return a hash of a file's content, cached while its time and size are unchanged."""
    about = path.stat()

    def digest() -> str:
        with path.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()

    return _CONTENTS.get((str(path.resolve()), about.st_mtime_ns, about.st_size), digest)


def cache_key(*parts: Any) -> str:
    """Return the folder name for everything that its content depends on."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def prepared_folder(key: str, make: Callable[[Path], None]) -> Path:
    """Return the folder of ``key``, filled by ``make`` unless it exists.

    ``make`` writes into the given folder and, last of all, ``meta.json``. Raise DataError if the
    disk is full, or the cache cannot be written.
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
            replace(draft, folder)
        except OSError:
            if not (folder / _DONE).is_file():  # nobody else was faster
                raise
    except OSError as error:
        raise _unwritable(error) from error
    finally:
        discard(draft)
    return folder


def remembered(key: str, compute: Callable[[], Value]) -> Value:
    """Return the result of ``compute``, from the disk if computed before, in the chosen language.

    ``compute``: returns a value of the types in ``_ALLOWED`` only.
    """
    key = cache_key(key, language())
    file = cache_folder() / key / "value.pickle"
    try:
        with file.open("rb") as stream:
            value: Value = _Known(stream).load()
        os.utime(file.parent / _DONE)
    except FileNotFoundError:
        pass
    except (OSError, pickle.UnpicklingError, EOFError, AttributeError, TypeError, ValueError):
        shutil.rmtree(file.parent, ignore_errors=True)
    else:
        return value
    began = time.perf_counter()
    value = compute()
    if time.perf_counter() - began > _PAYS_SECONDS:
        with contextlib.suppress(DataError, OSError, pickle.PicklingError, AttributeError):
            prepared_folder(key, partial(_write_value, value))
    return value


def _write_value(value: object, draft: Path) -> None:
    (draft / "value.pickle").write_bytes(pickle.dumps(value))
    (draft / _DONE).write_text("{}", encoding="utf-8")


class _Known(pickle.Unpickler):
    """Unpickle only the allowed types."""

    def find_class(self, module: str, name: str) -> Any:
        if name not in _ALLOWED.get(module, ()):
            raise pickle.UnpicklingError(f"{module}.{name} is no part of what was found")
        return super().find_class(module, name)


_ALLOWED: Mapping[str, tuple[str, ...]] = {
    "functools": ("partial",),
    "builtins": ("frozenset", "set"),
    "collections": ("Counter",),
    "netbuilder.core.errors": ("DataFix",),
    "netbuilder.core.project.edits": ("set_data",),
    "netbuilder.core.project.edits_data": ("set_columns", "apply_data_fix"),
    "netbuilder.core.data.findings": ("Finding", "DataEdit", "_with_option"),
    "netbuilder.core.data.data_report": ("DataReport", "ColumnFacts", "Histogram"),
    "netbuilder.core.data.data_facts": ("DataFacts",),
}


def map_array(file: Path, kind: Any, shape: tuple[int, ...]) -> NDArray[Any]:
    """Map a prepared array from the disk; an empty array, which cannot be mapped, is created."""
    import numpy as np

    if 0 in shape:
        return np.empty(shape, kind)
    return np.memmap(file, np.dtype(kind), "r", shape=shape)


def _unwritable(error: OSError) -> DataError:
    reason, _fix = explain_os_error(error, cache_folder())
    return data_error("prepared_data_not_written", folder=cache_folder(), reason=reason)


def prune_cache(keep: str = "", limit: int = LIMIT_BYTES) -> None:
    """Delete the least recently used data above ``limit`` bytes, and left-overs."""
    sizes: list[tuple[float, Path, int]] = []
    for folder in cache_folder().iterdir():
        done = folder / _DONE
        try:
            if done.is_file():
                size = sum(file.stat().st_size for file in folder.iterdir())
                sizes.append((done.stat().st_mtime, folder, size))
            elif time.time() - folder.stat().st_mtime > _LEFT_OVER_SECONDS:
                discard(folder)
        except OSError:  # another process cleans too
            continue
    total = sum(size for _, _, size in sizes)
    for _used, folder, size in sorted(sizes):
        if total <= limit:
            return
        if folder.name != keep:
            discard(folder)
            total -= size
