"""The process that reads tables first: ``{"sheets": file}`` tells rows and gives all else of each
sheet, ``{"table": file, "rows": limit}`` reads a Parquet or JSON file and gives nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from netbuilder.core.data.readers.sheet_cells import read_sheets
from netbuilder.core.data.readers.table_files import reader_of
from netbuilder.core.errors import DataError
from netbuilder.core.process.worker_process import serve_requests

_BLOCK = 2000


def main() -> None:
    """Answer requests until stdin ends."""
    serve_requests(lambda: None, _answer)


def _answer(request: dict[str, Any], tell: Callable[[Any], None]) -> dict[str, Any]:
    try:
        if "sheets" in request:
            return {"sheets": _read_sheets(Path(request["sheets"]), tell)}
        path = Path(request["table"])
        reader = reader_of(path)
        if reader is not None:
            reader(path, {}, request["rows"])
    except (DataError, ValueError, OSError) as error:
        return {"wrong": str(error)}
    return {}


def _read_sheets(path: Path, tell: Callable[[Any], None]) -> dict[str, Any]:
    about = {}
    for name, sheet in read_sheets(path).items():
        for start in range(0, len(sheet.rows), _BLOCK):
            tell([name, sheet.rows[start : start + _BLOCK]])
        sheet.rows.clear()
        about[name] = asdict(sheet)
    return about
