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
from netbuilder.core.i18n import gettext as _, ngettext
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
            _("'{name}' is damaged, protected by a password, or not a zip file.", name=path.name),
            _("Unpack the file yourself and choose the folder."),
            code="zip_unreadable",
            path=str(path),
        ) from error
    except OSError as error:
        raise DataError(
            _(
                "'{name}' cannot be unpacked ({reason}).",
                name=path.name,
                reason=error.strerror or error,
            ),
            _(
                "Check that the file exists, that you have permission to read it, and that the "
                "disk has free space."
            ),
            code="zip_not_unpacked",
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
            _(
                "'{name}' would write outside its folder: {files}.",
                name=path.name,
                files=format_quoted_list(outside, 2),
            ),
            _("The file is not safe to unpack. Get it from a source that you trust."),
            code="zip_unsafe",
            path=str(path),
        )
    size = sum(entry.file_size for entry in entries)
    room = shutil.disk_usage(folders.cache()).free
    if size > min(_MOST_BYTES, 0.9 * room) or (size > 2**28 and size > packed * _RATIO):
        raise DataError(
            _(
                "'{name}' would unpack to {size} MiB.",
                name=path.name,
                size=format_number(size / 2**20),
            ),
            _(
                "This is too large: unpack the files that you need yourself, and "
                "choose their folder."
            ),
            code="zip_too_large",
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
            _("No column of {name} contains file names of pictures.", name=path.name),
            _(
                "Its columns are {columns}. One of them must contain file names such as cat1.png.",
                columns=format_list(table.columns, 12),
            ),
            code="table_names_no_pictures",
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
            _(
                "None of the pictures listed in {name} (such as '{example}') was found next to it.",
                name=path.name,
                example=names[0],
            ),
            _("Put the folder with the pictures next to the table."),
            code="pictures_missing",
            path=str(path),
            fixes=(DataFix(_("Train on the other columns"), {"kind": "csv"}),),
        )
    notes: tuple[str, ...] = ()
    if lost:
        notes = (
            ngettext(
                "{count} of {total} pictures was not found and is left out: {names}.",
                "{count} of {total} pictures were not found and are left out: {names}.",
                len(lost),
                total=format_number(len(names)),
                names=format_list(lost, 3),
            ),
        )
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
