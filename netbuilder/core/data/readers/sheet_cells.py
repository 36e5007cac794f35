"""The cells of a spreadsheet, without stray cells far away from its table.

Reading takes memory for the rectangle around all cells, so a stray cell in the last row costs
gigabytes. ``table_worker`` runs ``read_sheets`` in a process that can be killed.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.sax.saxutils import unescape

from netbuilder.core.data.readers.encodings import open_bytes
from netbuilder.core.safe_archives import open_zip, open_zip_member


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
    if path.suffix.lower() in {".xlsx", ".xlsm"}:
        content, about = _read_xml(content)
    sheets = {}
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            top, left = sheet.start or (0, 0)
            rows = [
                # Dates as ISO writes them.
                [cell if type(cell) in _PLAIN else str(cell) for cell in row]
                for row in sheet.to_python(skip_empty_area=True)
            ]
            cells = replace(about.get(name, SheetCells([])), rows=rows, top=top, left=left)
            sheets[name] = cells if name in about else _without_stray(cells)
    except CalamineError as error:
        raise ValueError(str(error)) from error
    return sheets


_PLAIN = frozenset({int, float, str, bool, type(None)})
# A sheet is searched for stray cells where it would be as large as this and nearly empty.
_LARGE_AREA, _FILLED = 100_000, 0.05
_ROW_GAP, _COLUMN_GAP = 1000, 100
_FEW_CELLS, _FEW_SHARE = 5, 0.01


def _table_end(rows: Counter[int], columns: Counter[int]) -> tuple[int, int] | None:
    """Return the last row and column before stray cells; None without any."""
    cells = sum(rows.values())
    area = (max(rows, default=0) + 1) * (max(columns, default=0) + 1)
    if len(rows) < 2 or area < _LARGE_AREA or cells > area * _FILLED:
        return None
    end = _before_gap(rows, _ROW_GAP), _before_gap(columns, _COLUMN_GAP)
    return None if end == (max(rows), max(columns)) else end


def _before_gap(counts: Mapping[int, int], gap: int) -> int:
    places, after = sorted(counts), sum(counts.values())
    few = max(_FEW_CELLS, after * _FEW_SHARE)
    for place, following in pairwise(places):
        after -= counts[place]
        if following - place > gap and after <= few:
            return place
    return places[-1]


def _without_stray(sheet: SheetCells) -> SheetCells:
    """Drop stray cells of formats other than Excel's XML, which is cut before reading."""
    if len(sheet.rows) * max(map(len, sheet.rows), default=0) < _LARGE_AREA:
        return sheet
    rows: Counter[int] = Counter()
    columns: Counter[int] = Counter()
    for row, cells in enumerate(sheet.rows):
        filled = [column for column, cell in enumerate(cells) if cell not in {"", None}]
        columns.update(filled)
        if filled:
            rows[row] = len(filled)
    end = _table_end(rows, columns)
    if end is None:
        return sheet
    stray = tuple(
        f"{_letters(sheet.left + column)}{sheet.top + row + 1}"
        for row in rows
        for column, cell in enumerate(sheet.rows[row])
        if (row > end[0] or column > end[1]) and cell not in {"", None}
    )
    return replace(sheet, rows=[row[: end[1] + 1] for row in sheet.rows[: end[0] + 1]], stray=stray)


_MOST_XML = 256 << 20
_NAME = r"(?:\w+:)?"  # a tag may have a prefix
_PLACE = re.compile(r" r=\"([A-Z]+)(\d+)")
_REFERENCED = re.compile(
    rf"<({_NAME}c)\b[^>]*?\br=\"([A-Z]+)(\d+)\"[^>]*?(?:/>|(?<!/)>.*?</\1>)", re.DOTALL
)
_HIDDEN = re.compile(r"<row\b[^>]*\bhidden=\"(?:1|true)\"[^>]*>")
_MERGED = re.compile(r"<mergeCell\b[^>]*\bref=\"([A-Z]+)(\d+):([A-Z]+)(\d+)\"")
_CELL = re.compile(r"<c\b([^>]*[^>/])>(.*?)</c>", re.DOTALL)
_FORMULA = re.compile(r"<f[\s/>]")


def _read_xml(content: bytes) -> tuple[bytes, dict[str, SheetCells]]:
    """Return an Excel file without stray cells, and what its XML says beside the values."""
    about: dict[str, SheetCells] = {}
    changed: dict[str, str] = {}
    try:
        with open_zip(io.BytesIO(content)) as archive:

            def part(inside: str) -> str:
                with open_zip_member(archive, archive.getinfo(inside)) as file:
                    return str(file.read(_MOST_XML).decode("utf-8", "replace"))

            book, links = part("xl/workbook.xml"), part("xl/_rels/workbook.xml.rels")
            targets = {
                _attribute(tag, "Id"): _attribute(tag, "Target")
                for tag in re.findall(rf"<{_NAME}Relationship\b[^>]*>", links)
            }
            for tag in re.findall(rf"<{_NAME}sheet\b[^>]*>", book):
                name = unescape(_attribute(tag, "name"), {"&quot;": '"', "&apos;": "'"})
                target = targets.get(_attribute(tag, "r:id"), "")
                inside = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
                if inside not in archive.NameToInfo:
                    continue
                xml = part(inside)
                shorter, stray = _cut_xml(xml)
                about[name] = _about_sheet(shorter, stray)
                if stray:
                    changed[inside] = shorter
            if changed:
                content = _with_parts(archive, changed)
    except (KeyError, OSError, zipfile.BadZipFile):
        pass  # who reads the cells says what is wrong
    return content, about


def _with_parts(archive: zipfile.ZipFile, changed: Mapping[str, str]) -> bytes:
    copy = io.BytesIO()
    with zipfile.ZipFile(copy, "w") as written:
        for entry in archive.infolist():
            text = changed.get(entry.filename)
            written.writestr(entry.filename, archive.read(entry) if text is None else text)
    return copy.getvalue()


def _cut_xml(xml: str) -> tuple[str, tuple[str, ...]]:
    height = width = 0
    for row in xml.split("row>"):
        last = _PLACE.match(row, max(row.rfind(" r="), 0))
        if last is not None:
            height = max(height, int(last[2]))
            width = max(width, column_number(last[1]) + 1)
    # Each value stands in a "<v>" or an "<is>".
    if height * width < _LARGE_AREA or xml.count("<v") > height * width * _FILLED:
        return xml, ()
    places = [
        (int(match[3]) - 1, column_number(match[2]))
        for match in _REFERENCED.finditer(xml)
        if not match[0].endswith("/>")
    ]
    end = _table_end(Counter(row for row, _ in places), Counter(column for _, column in places))
    if end is None:
        return xml, ()
    stray: list[str] = []

    def kept(match: re.Match[str]) -> str:
        if int(match[3]) - 1 <= end[0] and column_number(match[2]) <= end[1]:
            return match[0]
        if not match[0].endswith("/>"):
            stray.append(match[2] + match[3])
        return ""

    return _REFERENCED.sub(kept, xml), tuple(stray)


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


def column_number(letters: str) -> int:
    """Return the number, from 0, of spreadsheet column "AB"."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _letters(column: int) -> str:
    column, letters = column + 1, ""
    while column:
        column, digit = divmod(column - 1, 26)
        letters = chr(65 + digit) + letters
    return letters
