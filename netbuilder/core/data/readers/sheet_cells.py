"""The cells of a spreadsheet, without stray cells far away from its table.

Reading takes memory for the rectangle around all cells, so a stray cell in the last row costs
gigabytes. ``table_worker`` runs ``read_sheets`` in a process that can be killed.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any
from xml.sax.saxutils import unescape

from netbuilder.core.data.readers.encodings import open_bytes
from netbuilder.core.data.readers.stray_cells import (
    MOST_BYTES,
    NAME,
    column_number,
    cut_stray_cells,
    cut_xlsx,
    with_parts,
)
from netbuilder.core.files.safe_archives import open_zip, open_zip_member


@dataclass(frozen=True)
class SheetCells:
    """What a sheet holds; rows and columns are counted from 0.

    ``rows``: values of the used range, whose first cell is (``top``, ``left``); ``hidden``: hidden
    rows, counted from 1; ``merged``: first row, first column, last row and last column of merged
    cells; ``formulas``: cells ("B7") with formulas that were never computed; ``stray``: excluded
    cells far away from the table.
    """

    rows: list[list[Any]]
    top: int = 0
    left: int = 0
    hidden: tuple[int, ...] = ()
    merged: tuple[tuple[int, int, int, int], ...] = ()
    formulas: tuple[str, ...] = ()
    stray: tuple[str, ...] = ()


def read_sheets(path: Path) -> dict[str, SheetCells]:
    """Return the sheets of a spreadsheet (Excel, OpenDocument) by name, in the file's order.

    Raise ValueError if it is no spreadsheet, or it is damaged, or OSError if it cannot be read.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    with open_bytes(path) as file:
        content: bytes = file.read()
    about: dict[str, SheetCells] = {}
    content, strays = cut_stray_cells(path.suffix.lower(), content)
    if path.suffix.lower() in {".xlsx", ".xlsm"}:
        content, about = _read_xml(content)
    sheets = {}
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        for name, stray in zip_longest(book.sheet_names, strays[: len(book.sheet_names)]):
            sheet = book.get_sheet_by_name(name)
            top, left = sheet.start or (0, 0)
            rows = [
                # Dates as ISO writes them.
                [cell if type(cell) in _PLAIN else str(cell) for cell in row]
                for row in sheet.to_python(skip_empty_area=True)
            ]
            known = about.get(name, SheetCells([], stray=stray or ()))
            sheets[name] = replace(known, rows=rows, top=top, left=left)
    except CalamineError as error:
        raise ValueError(str(error)) from error
    return sheets


_PLAIN = frozenset({int, float, str, bool, type(None)})
_HIDDEN = re.compile(r"<row\b[^>]*\bhidden=\"(?:1|true)\"[^>]*>")
_MERGED = re.compile(r"<mergeCell\b[^>]*\bref=\"([A-Z]+)(\d+):([A-Z]+)(\d+)\"")
_CELL = re.compile(r"<c\b([^>]*[^>/])>(.*?)</c>", re.DOTALL)
_FORMULA = re.compile(r"<f[\s/>]")


def _read_xml(content: bytes) -> tuple[bytes, dict[str, SheetCells]]:
    """Return an Excel file without stray cells, and what its XML says beside the values."""
    about: dict[str, SheetCells] = {}
    changed: dict[str, bytes] = {}
    try:
        with open_zip(io.BytesIO(content)) as archive:

            def part(inside: str) -> str:
                with open_zip_member(archive, archive.getinfo(inside)) as file:
                    return str(file.read(MOST_BYTES).decode("utf-8", "replace"))

            book, links = part("xl/workbook.xml"), part("xl/_rels/workbook.xml.rels")
            targets = {
                _attribute(tag, "Id"): _attribute(tag, "Target")
                for tag in re.findall(rf"<{NAME}Relationship\b[^>]*>", links)
            }
            for tag in re.findall(rf"<{NAME}sheet\b[^>]*>", book):
                name = unescape(_attribute(tag, "name"), {"&quot;": '"', "&apos;": "'"})
                target = targets.get(_attribute(tag, "r:id"), "")
                inside = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
                if inside not in archive.NameToInfo:
                    continue
                xml = part(inside)
                shorter, stray = cut_xlsx(xml)
                about[name] = _about_sheet(shorter, stray)
                if stray:
                    changed[inside] = shorter.encode()
            if changed:
                content = with_parts(content, changed)
    except (KeyError, OSError, zipfile.BadZipFile):
        pass  # who reads the cells says what is wrong
    return content, about


def _about_sheet(xml: str, stray: Iterable[str]) -> SheetCells:
    hidden = [int(_attribute(tag, "r") or 0) for tag in _HIDDEN.findall(xml)]
    merged = [
        (int(top) - 1, column_number(left), int(bottom) - 1, column_number(right))
        for left, top, right, bottom in _MERGED.findall(xml)
    ]
    formulas = [
        _attribute(start, "r")
        for start, inside in (_CELL.findall(xml) if _FORMULA.search(xml) else ())
        if "<f" in inside and not re.search(r"<v>[^<]|<is>", inside)
    ]
    return SheetCells(
        [], 0, 0, tuple(row for row in hidden if row), tuple(merged), tuple(formulas), tuple(stray)
    )


def _attribute(tag: str, name: str) -> str:
    match = re.search(rf'\s{name}="([^"]*)"', tag)
    return match[1] if match else ""
