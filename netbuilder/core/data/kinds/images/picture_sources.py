"""Pictures that a table names by their paths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.readers.table_samples import free_columns
from netbuilder.core.errors import DataFix
from netbuilder.core.files.file_names import form_on_disk
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project.model import Data
from netbuilder.core.project.network_data import check_trusted_paths
from netbuilder.core.wording import format_list, format_number

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class ListedPictures:
    """The rows of a table whose picture exists, and the folder that paths start from."""

    root: Path
    table: pd.DataFrame
    column: str
    notes: tuple[str, ...]


def picture_column(table: pd.DataFrame, endings: Sequence[str]) -> str:
    """Return the column that holds paths of pictures, or ""."""
    for name in table.columns:
        if table[name].dtype.kind in "iufb":
            continue
        cells = table[name].dropna().astype(str).str.lower().head(50)
        if len(cells) and cells.str.endswith(tuple(endings)).mean() > 0.9:
            return str(name)
    return ""


def listed_pictures(
    table: pd.DataFrame, path: Path, data: Data, endings: Sequence[str]
) -> ListedPictures:
    """Find the pictures that a table names, nearby; raise DataError if there are none."""
    column = str(data.options.get("image") or "")
    column = column or picture_column(table[free_columns(data, table)], endings)
    if not column or column not in table.columns:
        raise data_error("table_names_no_pictures", path, columns=format_list(table.columns, 12))
    rows = table.dropna(subset=[column])
    names = [portable_path(name) for name in rows[column]]
    check_trusted_paths(names, path)
    root = _root(path.parent, names)
    on_disk = [form_on_disk(root, name) for name in names]
    if on_disk != names:
        rows, names = rows.assign(**{column: on_disk}), on_disk
    files = [root / name for name in names]
    lost = [name for name, file in zip(names, files, strict=True) if not file.is_file()]
    if len(lost) == len(names):
        raise data_error(
            "pictures_missing",
            path,
            example=names[0],
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
    """Return a file name of a table with forward slashes."""
    return str(name).replace("\\", "/")


def _root(folder: Path, names: Sequence[str]) -> Path:
    inner = sorted(child for child in folder.iterdir() if child.is_dir())

    def found(root: Path) -> int:
        return sum((root / form_on_disk(root, name)).is_file() for name in names[:20])

    return max([folder, *inner], key=found)
