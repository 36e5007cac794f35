"""Folders of samples packed as a ``.zip``: recognised, checked, and unpacked once.

A kind that reads a folder reads a zip of it with ``unpacked`` and ``zip_contains``, and its script
with ``folder_script.zip_lines``.
"""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

from netbuilder.core import folders
from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.readers import class_folders
from netbuilder.core.files.safe_archives import open_zip
from netbuilder.core.project.atomic import discard
from netbuilder.core.wording import format_number, format_quoted_list

ZIP = ".zip"
_MOST_BYTES = 20 * 2**30
_RATIO = 200
_KEPT = 4


def is_zip(path: Path) -> bool:
    """Return whether a path is a file that ends in ``.zip``."""
    return path.suffix.lower() == ZIP and path.is_file()


def zip_contains(path: Path, endings: Sequence[str], *, in_folders: bool = False) -> bool:
    """Return whether a path is a readable zip with a file with one of these endings.

    ``in_folders``: only files in folders count; a table or a long text is packed alone.
    """
    if not is_zip(path):
        return False
    try:
        with open_zip(path) as archive:
            names = archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False
    paths = [Path(name) for name in names if not _junk(name)]
    return any(
        path.suffix.lower() in endings and not (in_folders and len(path.parts) == 1)
        for path in paths
    )


def unpacked(path: Path, endings: Sequence[str]) -> Path:
    """Return a zip's unpacked folder; other paths unchanged. Errors as ``unpack_zip``."""
    return unpack_zip(path, endings) if is_zip(path) else path


def has_test_part(path: Path, endings: Sequence[str]) -> bool:
    """Return whether a folder or zip of samples has a test part; errors as ``unpack_zip``."""
    root = unpacked(path, endings)
    if not root.is_dir() or not class_folders.may_have_test(root):
        return False
    samples = class_folders.find_samples(root, endings)
    return bool(class_folders.select_files(samples, part=True).files)


def unpack_zip(path: Path, endings: Sequence[str]) -> Path:
    """Unpack a zip to the cache once; return its folder. DataError if damaged or hostile."""
    try:
        here = path.stat()
        key = hashlib.sha256(f"{path.absolute()}|{here.st_mtime_ns}|{here.st_size}".encode())
        target = folders.cache() / "unpacked" / key.hexdigest()[:24]
        if (target / ".whole").exists():
            return target
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            _check(path, entries, here.st_size)
            discard(target)
            for entry in entries:
                ending = Path(entry.filename).suffix.lower()
                if ending in (*endings, ".csv") and not _junk(entry.filename):
                    archive.extract(entry, target)
        target.mkdir(parents=True, exist_ok=True)
        (target / ".whole").touch()
        _clean(target.parent)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise data_error("zip_unreadable:2", path) from error
    except OSError as error:
        raise data_error("zip_not_unpacked", path, reason=error.strerror or error) from error
    return target


def _junk(name: str) -> bool:
    return any(class_folders.is_junk(part) for part in Path(name).parts)


def _check(path: Path, entries: list[zipfile.ZipInfo], packed: int) -> None:
    outside = [e.filename for e in entries if ".." in Path(e.filename).parts
               or Path(e.filename).is_absolute() or "\\" in e.filename]  # fmt: skip
    if outside:
        raise data_error("zip_unsafe", path, files=format_quoted_list(outside, 2))
    size = sum(entry.file_size for entry in entries)
    room = shutil.disk_usage(folders.cache()).free
    if size > min(_MOST_BYTES, 0.9 * room) or (size > 2**28 and size > packed * _RATIO):
        raise data_error("zip_too_large", path, size=format_number(size / 2**20))


def _clean(home: Path) -> None:
    newest = sorted(home.iterdir(), key=lambda folder: folder.stat().st_mtime, reverse=True)
    for old in newest[_KEPT:]:
        discard(old)
