"""Read spreadsheets, Parquet and JSON in a process with limited memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from netbuilder.core.data.readers.sheet_cells import SheetCells, read_sheets
from netbuilder.core.errors import DataError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_number
from netbuilder.core.worker_process import Answer, SharedWorker, is_worker

_MODULE = "netbuilder.core.data.readers.table_worker"
# A full .xls sheet, 65,536 × 256 cells, takes 1.3 GB.
_MEMORY_MB = 1500
# A file that is large on the disk may be as large as it says.
_RATIO = 20
_SECONDS, _SECONDS_PER_MB = 30.0, 10.0
_WORKER = SharedWorker(_MODULE)


def sandboxed_sheets(path: Path) -> dict[str, SheetCells]:
    """``read_sheets`` in the other process.

    Raise DataError if it takes more memory or time than it may, or ValueError if it is no
    spreadsheet, or it is damaged, or OSError if it cannot be read.
    """
    if is_worker():
        return read_sheets(path)
    rows: dict[str, list[list[Any]]] = {}
    answer = _ask(
        path,
        {"sheets": str(path.resolve())},
        lambda block: rows.setdefault(block[0], []).extend(block[1]),
    )
    if answer.get("reason") == "start":  # no second process may be started here
        return read_sheets(path)
    return {
        name: SheetCells(**{**about, "rows": rows.get(name, [])})
        for name, about in answer["sheets"].items()
    }


def prove_table(path: Path, nrows: int | None) -> None:
    """Read a file in the other process first.

    Raise DataError if it takes too much memory or time, or ValueError if it is damaged.
    """
    if not is_worker():
        _ask(path, {"table": str(path.resolve()), "rows": nrows})


def _ask(path: Path, request: dict[str, Any], on_progress: Any = None) -> Answer:
    size = path.stat().st_size / 2**20
    memory = _MEMORY_MB * (1 + int(size * _RATIO / _MEMORY_MB))
    answer = _WORKER.ask(request, on_progress, _SECONDS + _SECONDS_PER_MB * size, memory)
    if answer.get("wrong"):
        raise ValueError(answer["wrong"])
    if answer.get("reason") in {"died", "time", "memory"}:
        raise DataError(
            _(
                "Reading '{name}' takes more than {size} MB of memory, or too long.",
                name=path.name,
                size=format_number(memory, ","),
            ),
            _(
                "A value far away from the table can cause this: open the file in the program "
                "that wrote it, copy the table to a new file, and save that as .csv."
            ),
            code="table_too_large",
            path=str(path),
        )
    return answer
