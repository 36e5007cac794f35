"""Packed files from elsewhere: opened with one exception for all that is wrong with them, and how
large files of arrays become when they are unpacked, known before they are."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from netbuilder.core.errors import FormatError
from netbuilder.core.hdf5.sandboxed_open import open_hdf5
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_number

# An honest file of numbers is hardly ever packed more tightly.
_RATIO = 20


# What the zipfile module raises for a way of packing that it lacks, a password, a damaged head.
_ZIP_TROUBLE = (RuntimeError, ValueError, LookupError, OverflowError, struct.error)


@contextmanager
def open_zip(path: Path | IO[bytes]) -> Iterator[zipfile.ZipFile]:
    """A zip, open for reading.

    Raises:
        zipfile.BadZipFile: it is none, is damaged, or is packed in a way that is not known.
        OSError: it cannot be read.
    """
    try:
        archive = zipfile.ZipFile(path)
    except _ZIP_TROUBLE as error:
        raise zipfile.BadZipFile(str(error)) from error
    with archive:
        yield archive


@contextmanager
def open_zip_member(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[IO[bytes]]:
    """A file in a zip, open for reading; errors as for ``open_zip``."""
    try:
        file = archive.open(part)
    except _ZIP_TROUBLE as error:
        raise zipfile.BadZipFile(str(error)) from error
    with file:
        yield file


def check_unpacked_size(path: Path, limit_mb: float) -> None:
    """Refuse a ``.npz`` or ``.h5`` of zeros that would fill the memory ("a bomb").

    A file that is large on the disk too is what it seems to be, and passes.

    Args:
        path: the file, a zip or HDF5; any other passes.
        limit_mb: what may be unpacked in any case, in MiB (a recipe's "memory_limit_mb").

    Raises:
        FormatError: it holds more than the limit, and more than 20 times its size on the disk.
    """
    try:
        packed = path.stat().st_size
        size = _unpacked(path)
    except (OSError, RuntimeError, KeyError, ValueError, zipfile.BadZipFile):
        return  # who reads it says what is wrong with it
    if size > limit_mb * 2**20 and size > packed * _RATIO:
        raise FormatError(
            _(
                "'{name}' has {packed} MiB on the disk and {size} MiB unpacked, more than the "
                "limit of {limit} MiB.",
                name=path.name,
                packed=format_number(packed / 2**20, ",.1f"),
                size=format_number(size / 2**20, ",.0f"),
                limit=format_number(limit_mb, ",.0f"),
            ),
            _(
                'If the file is meant to be that large, increase "memory_limit_mb" '
                'under "data" in the project file.'
            ),
            code="archive_too_large",
            path=str(path),
        )


def _unpacked(path: Path) -> int:
    """Bytes of all arrays; of datasets only those in the file itself, no link is followed."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return sum(info.file_size for info in archive.infolist())
    import h5py

    sizes: list[int] = []

    def count(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            # Not by NumPy's type: of a dataset that nobody asks for there may be none.
            sizes.append(int(item.size or 0) * item.id.get_type().get_size())

    with open_hdf5(path) as file:
        file.visititems(count)  # by hard links only, and into each group once
    return sum(sizes)
