"""Store a table from the clipboard as a file."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from netbuilder.core import folders
from netbuilder.core.data.data_errors import data_error
from netbuilder.core.errors import DataError
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project.atomic import write_bytes
from netbuilder.core.wording import format_number

NAME = N_("Pasted table")
_MOST = 50_000_000
_SEPARATORS = ("\t", ";", ",", "|")


def store_table(text: str, project_folder: Path | None) -> Path:
    """Write a table copied from a spreadsheet to a new file.

    Tabs become semicolons, so that a comma in a number may still be a decimal comma. Text with
    separators is stored unchanged.

    Args:
        project_folder: folder of the project's file; None: the user's folder is used.

    Raises:
        DataError: there is no table in the text.
        UserError: the file cannot be written.
    """
    text = text.lstrip("\ufeff").strip("\r\n")
    lines = text.splitlines()
    separator = next((mark for mark in _SEPARATORS if lines and mark in lines[0]), "")
    if len(lines) < 2 or not (separator or _numbers(lines)):
        raise DataError(
            _("There is no table on the clipboard."),
            _(
                "Select cells in a spreadsheet, with the column names in the first "
                "row, and copy them."
            ),
        )
    if len(text) > _MOST:
        raise data_error("pasted_table_too_large", count=format_number(len(text), ","))
    if separator in {"\t", ""}:
        written = io.StringIO(newline="")
        rows = csv.reader(io.StringIO(text, newline=""), delimiter="\t")
        # In a column alone a comma must not look like what parts columns.
        writer = csv.writer(written, "excel" if separator else "unix", delimiter=";")
        writer.writerows(rows)
        text = written.getvalue()
    path = _free(project_folder if project_folder is not None else _own_folder())
    write_bytes(path, f"{text.rstrip()}\n".encode())
    return path


def _numbers(lines: list[str]) -> bool:
    body = [line.strip().replace(",", ".", 1) for line in lines[1:] if line.strip()]
    try:
        [float(line) for line in body]
    except ValueError:
        return False
    return bool(body)


def _own_folder() -> Path:
    folder = folders.data() / "pasted"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _free(folder: Path) -> Path:
    path, number = folder / f"{_(NAME)}.csv", 1
    while path.exists():
        number += 1
        path = folder / f"{_(NAME)} {number}.csv"
    return path
