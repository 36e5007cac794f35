"""Open archives from untrusted sources, and check their unpacked size in advance."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from netbuilder.core.error_texts import format_error
from netbuilder.core.hdf5.sandboxed_open import open_hdf5
from netbuilder.core.wording import format_number

# Real data hardly compresses better.
_RATIO = 20

# Raised by zipfile for unknown compression, a password, or a damaged header.
_ZIP_ERRORS = (RuntimeError, ValueError, LookupError, OverflowError, struct.error)


@contextmanager
def open_zip(path: Path | IO[bytes]) -> Iterator[zipfile.ZipFile]:
    """Open a zip for reading.

    Raises:
        zipfile.BadZipFile: it is not a zip, is damaged, or has an unknown compression.
        OSError: it cannot be read.
    """
    try:
        archive = zipfile.ZipFile(path)
    except _ZIP_ERRORS as error:
        raise zipfile.BadZipFile(str(error)) from error
    with archive:
        yield archive


@contextmanager
def open_zip_member(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[IO[bytes]]:
    """Open a file in a zip for reading; errors as in ``open_zip``."""
    try:
        file = archive.open(part)
    except _ZIP_ERRORS as error:
        raise zipfile.BadZipFile(str(error)) from error
    with file:
        yield file


def check_unpacked_size(path: Path, limit_mb: float) -> None:
    """Refuse a ``.npz`` or ``.h5`` that would fill the memory (a "zip bomb").

    Args:
        path: the file, a zip or HDF5; others pass.
        limit_mb: what may always be unpacked, in MiB (a recipe's "memory_limit_mb").

    Raises:
        FormatError: it exceeds the limit, and 20 times its size on the disk.
    """
    try:
        packed = path.stat().st_size
        size = _unpacked(path)
    except (OSError, RuntimeError, KeyError, ValueError, zipfile.BadZipFile):
        return  # reported by the reader
    if size > limit_mb * 2**20 and size > packed * _RATIO:
        raise format_error(
            "archive_too_large",
            path,
            name=path.name,
            packed=format_number(packed / 2**20, ",.1f"),
            size=format_number(size / 2**20, ",.0f"),
            limit=format_number(limit_mb, ",.0f"),
        )


def _unpacked(path: Path) -> int:
    """Return the bytes of all arrays in the file; external links are not followed."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return sum(info.file_size for info in archive.infolist())
    import h5py

    sizes: list[int] = []

    def count(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            # Not by NumPy's dtype, which some datasets lack.
            sizes.append(int(item.size or 0) * item.id.get_type().get_size())

    with open_hdf5(path) as file:
        file.visititems(count)  # follows hard links only, each group once
    return sum(sizes)
