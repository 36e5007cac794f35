"""Where pictures come from: folders, a zip of them, a table of their paths."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.core import folders
from netbuilder.core.data.readers import class_folders
from netbuilder.core.data.readers.table_samples import free_columns
from netbuilder.core.errors import DataError, DataFix
from netbuilder.core.file_names import form_on_disk
from netbuilder.core.project.atomic import discard
from netbuilder.core.project.model import Data
from netbuilder.core.wording import format_list, format_number, format_quoted_list

if TYPE_CHECKING:
    import pandas as pd

ZIP = ".zip"
_MOST_BYTES = 20 * 2**30
_RATIO = 200
_KEPT = 4


@dataclass(frozen=True)
class ListedPictures:
    """Pictures that a table names: its rows whose picture is there, and where names start from."""

    root: Path
    table: pd.DataFrame
    column: str
    notes: tuple[str, ...]


def unpack_zip(path: Path, endings: Sequence[str]) -> Path:
    """The folder that a zip was unpacked to, in the cache; unpacked once.

    Raises:
        DataError: it is damaged, would climb out of its folder, or unpacks to far too much.
    """
    try:
        here = path.stat()
        key = hashlib.sha256(f"{path.absolute()}|{here.st_mtime_ns}|{here.st_size}".encode())
        target = folders.cache() / "unpacked" / key.hexdigest()[:24]
        if (target / ".whole").exists():
            return target
        with zipfile.ZipFile(path) as archive:
            entries = [one for one in archive.infolist() if not one.is_dir()]
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
        raise DataError(
            f"'{path.name}' is damaged, locked with a password, or no zip.",
            "Unpack it yourself and choose the folder.",
            path=str(path),
        ) from error
    except OSError as error:
        raise DataError(
            f"'{path.name}' cannot be unpacked ({error.strerror or error}).",
            "Check that it is there, that you may read it, and that the disk has room.",
            path=str(path),
        ) from error
    return target


def _junk(name: str) -> bool:
    return any(class_folders.is_junk(part) for part in Path(name).parts)


def _check(path: Path, entries: list[zipfile.ZipInfo], packed: int) -> None:
    outside = [e.filename for e in entries if ".." in Path(e.filename).parts
               or Path(e.filename).is_absolute() or "\\" in e.filename]  # fmt: skip
    if outside:
        raise DataError(
            f"'{path.name}' would write outside its folder: {format_quoted_list(outside, 2)}.",
            "It is not safe to unpack. Get it from somebody you trust.",
            path=str(path),
        )
    size = sum(entry.file_size for entry in entries)
    room = shutil.disk_usage(folders.cache()).free
    if size > min(_MOST_BYTES, 0.9 * room) or (size > 2**28 and size > packed * _RATIO):
        raise DataError(
            f"'{path.name}' would unpack to {format_number(size / 2**20)} MiB.",
            "That is too much: unpack what you need yourself and choose the folder.",
            path=str(path),
        )


def _clean(home: Path) -> None:
    """Keep the few that were used last."""
    newest = sorted(home.iterdir(), key=lambda one: one.stat().st_mtime, reverse=True)
    for old in newest[_KEPT:]:
        discard(old)


def picture_column(table: pd.DataFrame, endings: Sequence[str]) -> str:
    """The column that holds paths of pictures, or ""."""
    for name in table.columns:
        if table[name].dtype.kind in "iufb":
            continue
        seen = table[name].dropna().astype(str).str.lower().head(50)
        if len(seen) and seen.str.endswith(tuple(endings)).mean() > 0.9:
            return str(name)
    return ""


def listed_pictures(
    table: pd.DataFrame, path: Path, data: Data, endings: Sequence[str]
) -> ListedPictures:
    """The pictures that a table names, found beside it or in folders beside it.

    Raises:
        DataError: no column names pictures, or the pictures are not there.
    """
    column = str(data.options.get("image") or "")
    column = column or picture_column(table[free_columns(data, table)], endings)
    if not column or column not in table.columns:
        raise DataError(
            f"No column of {path.name} names pictures.",
            f"It has {format_list(table.columns, 12)}. One of them must hold file names such as "
            "cat1.png.",
            path=str(path),
        )
    rows = table.dropna(subset=[column])
    names = [portable_path(name) for name in rows[column]]
    root = _root(path.parent, names)
    on_disk = [form_on_disk(root, name) for name in names]
    if on_disk != names:
        rows, names = rows.assign(**{column: on_disk}), on_disk
    files = [root / name for name in names]
    lost = [name for name, file in zip(names, files, strict=True) if not file.is_file()]
    if len(lost) == len(names):
        raise DataError(
            f"None of the pictures that {path.name} names is beside it, such as '{names[0]}'.",
            "Put the folder of the pictures next to the table.",
            path=str(path),
            fixes=(DataFix("Learn from the other columns", {"kind": "csv"}),),
        )
    notes: tuple[str, ...] = ()
    if lost:
        notes = (f"{format_number(len(lost))} of {format_number(len(names))} pictures are not"
                 f" there and were left out: {format_list(lost, 3)}.",)  # fmt: skip
        there = [file.is_file() for file in files]
        rows = rows[there]
    rows.attrs = table.attrs
    return ListedPictures(root, rows, column, notes)


def portable_path(name: Any) -> str:
    """A file's name in a table as all systems write it."""
    return str(name).replace("\\", "/")


def _root(folder: Path, names: Sequence[str]) -> Path:
    """The folder that the names start from: the table's own, or one in it."""
    inner = sorted(one for one in folder.iterdir() if one.is_dir())

    def found(one: Path) -> int:
        return sum((one / form_on_disk(one, name)).is_file() for name in names[:20])

    return max([folder, *inner], key=found)
