"""Cut stray cells out of a spreadsheet's bytes before its cells are read."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import pairwise
from typing import AnyStr, NamedTuple

from netbuilder.core.files.safe_archives import open_zip, open_zip_member

Strays = list[tuple[str, ...]]  # by sheet
MOST_BYTES = 256 << 20  # of a part of a file
NAME = r"(?:\w+:)?"  # a tag may have a prefix
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


# Excel's XML
_PLACE = re.compile(r" r=\"([A-Z]+)(\d+)")
_REFERENCED = re.compile(
    rf"<({NAME}c)\b[^>]*?\br=\"([A-Z]+)(\d+)\"[^>]*?(?:/>|(?<!/)>.*?</\1>)", re.DOTALL
)


class _Cells(NamedTuple):
    """Cells with values beside each other, at ``start`` to ``end`` of their part."""

    row: int
    column: int
    width: int
    start: int
    end: int


def _stray_cells(cells: Callable[[], Iterator[_Cells]]) -> tuple[list[_Cells], Strays]:
    rows: Counter[int] = Counter()
    columns: Counter[int] = Counter()
    for row, column, width, _start, _end in cells():
        rows[row] += width
        for place in range(column, column + width):
            columns[place] += 1
    end = _table_end(rows, columns)
    stray = [c for c in cells() if c.row > end[0] or c.column > end[1]] if end else []
    names = (f"{_letters(c.column + n)}{c.row + 1}" for c in stray for n in range(c.width))
    return stray, [tuple(names)]


def _cut(part: AnyStr, cells: Callable[[AnyStr], Iterator[_Cells]]) -> tuple[AnyStr, Strays]:
    stray, names = _stray_cells(partial(cells, part))
    pieces: list[AnyStr] = []
    place = 0
    for start, end in sorted({(cell.start, cell.end) for cell in stray}):
        pieces.append(part[place:start])
        place = end
    pieces.append(part[place:])
    return part[:0].join(pieces), names


def cut_xlsx(xml: str) -> tuple[str, tuple[str, ...]]:
    """Return the XML of an Excel sheet without stray cells, and these."""
    height = width = 0
    for row in xml.split("row>"):
        last = _PLACE.match(row, max(row.rfind(" r="), 0))
        if last is not None:
            height = max(height, int(last[2]))
            width = max(width, column_number(last[1]) + 1)
    # Each value stands in a "<v>" or an "<is>".
    if height * width < _LARGE_AREA or xml.count("<v") > height * width * _FILLED:
        return xml, ()
    xml, (stray,) = _cut(xml, _xlsx_cells)
    return xml, stray


def _xlsx_cells(xml: str) -> Iterator[_Cells]:
    for match in _REFERENCED.finditer(xml):
        if not match[0].endswith("/>"):
            yield _Cells(int(match[3]) - 1, column_number(match[2]), 1, *match.span())


_MAGIC = (b"PK\3\4", b"\xd0\xcf\x11\xe0")


def cut_stray_cells(ending: str, content: bytes) -> tuple[bytes, Strays]:
    """Return an ``.xls``, ``.xlsb`` or ``.ods`` file without stray cells, and these by sheet.

    A file that is damaged is returned as it is. Raise MemoryError if its cells are too many.
    """
    cut = {".xls": _cut_xls, ".xlsb": _cut_xlsb, ".ods": _cut_ods}.get(ending)
    try:
        return cut(content) if cut and content[:4] in _MAGIC else (content, [])
    except (struct.error, IndexError, KeyError, OSError, zipfile.BadZipFile):
        return content, []


def with_parts(content: bytes, changed: Mapping[str, bytes]) -> bytes:
    """Return a zip with other bytes in some of its parts."""
    copy = io.BytesIO()
    with open_zip(io.BytesIO(content)) as archive, zipfile.ZipFile(copy, "w") as written:
        for entry in archive.infolist():
            part = changed.get(entry.filename)
            written.writestr(entry.filename, archive.read(entry) if part is None else part)
    return copy.getvalue()


# [MS-XLS]: the records of an .xls lie in a stream of a compound file, [MS-CFB].
_FREE = 0xFFFFFFFA  # no sector
_BOF, _EOF, _DIMENSIONS, _BLANK, _MULRK, _STRING = 0x809, 0xA, 0x200, 0x201, 0xBD, 0x207
_VALUES = frozenset({0x6, _MULRK, 0x203, 0x204, 0x205, 0x27E, 0xFD, 0xD6})


def _workbook_sectors(content: bytes) -> tuple[int, list[int]]:
    """Return the size of a sector, and where those of the workbook begin."""
    size = 1 << (struct.unpack_from("<H", content, 30)[0] & 15)

    def numbers(place: int, count: int) -> tuple[int, ...]:
        return struct.unpack_from(f"<{count}I", content, place)

    tables = [*numbers(76, 109)]
    following, count = numbers(68, 2)
    for _ in range(min(count, len(content) // size)):
        *more, following = numbers((following + 1) * size, size // 4)
        tables += more
    next_of = [
        n for table in tables if table < _FREE for n in numbers((table + 1) * size, size // 4)
    ]

    def chain(sector: int) -> Iterator[int]:
        for _ in next_of:
            if sector >= _FREE:
                return
            yield (sector + 1) * size
            sector = next_of[sector]

    folder = b"".join(content[place : place + size] for place in chain(*numbers(48, 1)))
    for entry in range(0, len(folder), 128):
        name = folder[entry : entry + 64].decode("utf-16le", "replace").rstrip("\0")
        first, length = struct.unpack_from("<II", folder, entry + 116)
        if name in {"Workbook", "Book"} and length >= 4096:  # a smaller one has no sectors
            return size, [*chain(first)]
    return size, []


def _cut_xls(content: bytes) -> tuple[bytes, Strays]:
    size, sectors = _workbook_sectors(content)
    stream = bytearray(b"".join(content[place : place + size] for place in sectors))
    if len(stream) < size * len(sectors):
        return content, []
    sheets = [
        place
        for kind, place, _end in _records(stream, 0)
        if kind == _BOF and struct.unpack_from("<H", stream, place + 6) == (0x10,)
    ]
    strays: Strays = []
    for sheet in sheets:
        cells = partial(_xls_cells, stream, sheet)
        stray, names = _stray_cells(cells)
        strays += names
        for cell in stray:
            struct.pack_into("<H", stream, cell.start, _BLANK)
            if stream[cell.end : cell.end + 2] == struct.pack("<H", _STRING):  # a formula's text
                struct.pack_into("<H", stream, cell.end, _BLANK)
        rows = columns = 0
        for cell in cells():
            rows, columns = max(rows, cell.row + 1), max(columns, cell.column + cell.width)
        for kind, start, end in _records(stream, sheet):
            if kind == _DIMENSIONS and end - start in {14, 18}:  # a claim that takes memory
                form = "<IIHH" if end - start == 18 else "<4H"
                struct.pack_into(form, stream, start + 4, 0, rows, 0, columns)
            elif kind == _EOF:
                break
    changed = bytearray(content)
    for number, place in enumerate(sectors):
        changed[place : place + size] = stream[number * size : (number + 1) * size]
    return bytes(changed), strays


def _records(stream: bytearray, place: int) -> Iterator[tuple[int, int, int]]:
    while place + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, place)
        yield kind, place, place + 4 + length
        place += 4 + length


def _xls_cells(stream: bytearray, sheet: int) -> Iterator[_Cells]:
    for kind, start, end in _records(stream, sheet):
        if kind in _VALUES:
            row, column = struct.unpack_from("<HH", stream, start + 4)
            width = (end - start - 10) // 6 if kind == _MULRK else 1
            yield _Cells(row, column, width, start, end)
        elif kind == _EOF:
            return


def _cut_xlsb(content: bytes) -> tuple[bytes, Strays]:
    """[MS-XLSB]: a sheet is a part of records, a row's record before those of its cells."""
    changed: dict[str, bytes] = {}
    strays: Strays = []
    with open_zip(io.BytesIO(content)) as archive:
        sheets = [
            name for name in archive.namelist() if re.match(r"xl/worksheets/sheet\d+\.bin$", name)
        ]
        for name in sorted(sheets, key=lambda name: (len(name), name)):
            with open_zip_member(archive, archive.getinfo(name)) as file:
                changed[name], names = _cut(file.read(MOST_BYTES), _xlsb_cells)
            strays += names
    return (with_parts(content, changed) if any(strays) else content), strays


def _xlsb_cells(part: bytes) -> Iterator[_Cells]:
    place = row = 0
    while place < len(part):
        start, kind, length = place, part[place], 0
        place += 1
        if kind > 127:
            kind += (part[place] - 1) << 7
            place += 1
        for shift in range(0, 28, 7):
            byte = part[place]
            length |= (byte & 127) << shift
            place += 1
            if byte < 128:
                break
        if kind == 0:
            (row,) = struct.unpack_from("<I", part, place)
        elif 2 <= kind <= 11:
            (column,) = struct.unpack_from("<I", part, place)
            yield _Cells(row, column, 1, start, place + length)
        place += length


# OpenDocument: rows and cells may be repeated.
_ATTRIBUTES = r"(?P<about>(?:[^<>\"]|\"[^\"]*\")*?)"
_ODS_ROW = re.compile(
    rf"<table:table-row\b{_ATTRIBUTES}(?:/>|>(?P<body>.*?)</table:table-row>)", re.DOTALL
)
_ODS_CELL = re.compile(
    rf"<table:(?P<tag>(?:covered-)?table-cell)\b{_ATTRIBUTES}(?:/>|>.*?</table:(?P=tag)>)",
    re.DOTALL,
)
_ODS, _MOST_CELLS = "content.xml", 50_000_000


def _cut_ods(content: bytes) -> tuple[bytes, Strays]:
    with (
        open_zip(io.BytesIO(content)) as archive,
        open_zip_member(archive, archive.getinfo(_ODS)) as file,
    ):
        xml = file.read(MOST_BYTES).decode("utf-8", "replace")
    strays: Strays = []
    sheets = re.split(r"(?=<table:table\s)", xml)
    for place, sheet in enumerate(sheets[1:], 1):
        sheets[place], names = _cut(sheet, _ods_cells)
        strays += names
    xml = "".join(sheets)
    return (with_parts(content, {_ODS: xml.encode()}) if any(strays) else content), strays


def _ods_cells(xml: str) -> Iterator[_Cells]:
    row = filled = 0
    for match in _ODS_ROW.finditer(xml):
        repeated, column = _repeats("rows", match["about"]), 0
        for cell in _ODS_CELL.finditer(xml, *match.span("body")) if match["body"] else ():
            width = _repeats("columns", cell["about"])
            if "office:value-type" in cell["about"]:
                filled += repeated * width
                if filled > _MOST_CELLS:
                    raise MemoryError
                for place in range(row, row + repeated):
                    yield _Cells(place, column, width, *cell.span())
            column += width
        row += repeated


def _repeats(axis: str, about: str) -> int:
    match = re.search(rf'table:number-{axis}-repeated="(\d{{1,12}})"', about)
    return int(match[1]) if match else 1


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
