"""Tables that ask for gigabytes: bounded in a process of its own, with the used range read."""

import json
import struct
import sys
import zipfile
from itertools import groupby

import openpyxl
import polars
import pytest
from openpyxl.styles import Font

from netbuilder.core.data.readers import table_files
from netbuilder.core.data.readers.csv_reader import read_table
from netbuilder.core.data.readers.table_cells import table_reading
from netbuilder.core.errors import DataError
from netbuilder.core.process.worker_process import SharedWorker
from tests.processes import run_python

Cells = dict[str, object]


def xlsx(path, rows, more, styled="", first=1):
    """A sheet of ``rows`` rows of three numbers, and ``more`` cells by their reference."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in range(rows):
        for column, value in enumerate(("a", "b", "y") if row == 0 else (row, row * 7 % 5, row)):
            sheet.cell(first + row, column + 1, value)
    for place, value in more.items():
        sheet[place] = value
    if styled:
        sheet[styled].font = Font(bold=True)
    book.save(path)


def xls(path, cells, rows=100, columns=3):
    """An Excel 97 file ([MS-XLS], in a compound file of [MS-CFB]); DIMENSIONS as said."""

    def record(kind, body):
        return struct.pack("<HH", kind, len(body)) + body

    def start(kind):
        return record(0x809, struct.pack("<HHHHII", 0x600, kind, 0, 0, 0, 0))

    def entry(name, kind, child, sector, size):
        text = (name + "\0").encode("utf-16le")
        head = struct.pack("<HBBIII", len(text), kind, 1, 2**32 - 1, 2**32 - 1, child)
        return text.ljust(64, b"\0") + head + bytes(36) + struct.pack("<IQ", sector, size)

    sheet = start(0x10) + record(0x200, struct.pack("<IIHHH", 0, rows, 0, columns, 0))
    for row, column in cells:
        sheet += record(0x203, struct.pack("<HHHd", row, column, 0, row + column / 7))
    place = len(start(5)) + 13 + 4
    book = (
        start(5) + record(0x85, struct.pack("<IBBBBc", place, 0, 0, 1, 0, b"S")) + record(10, b"")
    )
    stream = book + sheet + record(10, b"")
    sectors = max(-(-len(stream) // 512), 8)
    end, free = 0xFFFFFFFE, 0xFFFFFFFF
    table = [*range(1, sectors), end, end, 0xFFFFFFFD]
    table += [free] * (128 - len(table))
    header = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(16)
    header += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<10I", 0, 1, sectors, 0, 4096, end, 0, end, 0, sectors + 1)
    folder = entry("Root Entry", 5, 1, end, 0) + entry("Workbook", 2, free, 0, sectors * 512)
    path.write_bytes(
        header.ljust(512, b"\xff")
        + stream.ljust(sectors * 512, b"\0")
        + folder.ljust(512, b"\0")
        + struct.pack("<128I", *table)
    )


def xlsb(path, cells):
    """An Excel binary file ([MS-XLSB]) whose claimed size is everything."""

    def record(kind, body):
        number = bytes([kind]) if kind < 128 else bytes([kind & 127 | 128, kind >> 7])
        return number + bytes([len(body)]) + body

    def text(value):
        return struct.pack("<I", len(value)) + value.encode("utf-16le")

    sheet = record(129, b"") + record(148, struct.pack("<4I", 0, 2**32 - 2, 0, 2**32 - 2))
    sheet += record(145, b"")
    last = -1
    for row, column in cells:
        if row != last:
            sheet += record(0, struct.pack("<IIHBBBI", row, 0, 300, 0, 0, 0, 0))
        sheet += record(5, struct.pack("<IId", column, 0, row + column / 7))
        last = row
    named = record(156, struct.pack("<II", 0, 1) + text("rId1") + text("S"))
    links = '<Relationships><Relationship Id="rId1" Target="{}" Type="{}"/></Relationships>'
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": "<Types/>",
        "xl/workbook.bin": record(131, b"")
        + record(143, b"")
        + named
        + record(144, b"")
        + record(132, b""),
        "xl/_rels/workbook.bin.rels": links.format("worksheets/sheet1.bin", kind),
        "xl/worksheets/sheet1.bin": sheet + record(146, b"") + record(130, b""),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def ods_cell(value, repeats=1):
    return (
        f'<table:table-cell table:number-columns-repeated="{repeats}" office:value-type="float" '
        f'office:value="{value}"><text:p>{value}</text:p></table:table-cell>'
    )


def ods(path, cells, end=""):
    """An OpenDocument sheet; gaps are repeated empty cells, as LibreOffice writes them."""
    rows, next_row = [], 0
    for row, places in groupby(cells, key=lambda cell: cell[0]):
        body, next_column = "", 0
        for _row, column in places:
            if column > next_column:
                gap = column - next_column
                body += f'<table:table-cell table:number-columns-repeated="{gap}"/>'
            body += ods_cell(row + column / 7)
            next_column = column + 1
        if row > next_row:
            gap = row - next_row
            rows.append(f'<table:table-row table:number-rows-repeated="{gap}"/>')
        rows.append(f"<table:table-row>{body}</table:table-row>")
        next_row = row + 1
    namespace = "urn:oasis:names:tc:opendocument:xmlns"
    spaces = " ".join(
        f'xmlns:{name}="{namespace}:{name}:1.0"' for name in ("office", "table", "text")
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr(
            "content.xml",
            f"<office:document-content {spaces}><office:body><office:spreadsheet>"
            f'<table:table table:name="S">{"".join(rows)}{end}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )


BLOCK = [(row, column) for row in range(100) for column in range(3)]


def stray(path):
    return " ".join(
        one.message for one in table_reading(read_table(path, {})).findings
        if one.code == "stray-cells"
    )  # fmt: skip


def test_stray_cells_are_left_out_and_told(tmp_path):
    path = tmp_path / "t.xlsx"
    xlsx(path, 100, {"IV1048576": "x", "B900000": 3})
    table = read_table(path, {})
    assert table.shape == (99, 3)
    assert list(table.columns) == ["a", "b", "y"]
    assert table["y"].tolist() == list(range(1, 100))
    assert "IV1048576" in stray(path)
    assert "B900000" in stray(path)


@pytest.mark.parametrize(("write", "last_row"), [(xls, 65535), (xlsb, 1048575), (ods, 1048575)])
def test_stray_cells_of_every_spreadsheet_are_left_out(write, last_row, tmp_path):
    path = tmp_path / f"t.{write.__name__}"
    write(path, [*BLOCK[:15], (5, 0), (5, 254), *BLOCK[18:], (last_row, 255)])
    assert read_table(path, {}).shape == (100, 3)
    assert "IU6" in stray(path)
    assert f"IV{last_row + 1}" in stray(path)
    block = [(row, 0) for row in range(5000, 5200)]  # a second block, no stray
    write(path, [*BLOCK, *block])
    assert read_table(path, {}).shape == (300, 3)
    assert not stray(path)


@pytest.mark.parametrize(
    ("more", "styled", "first", "rows"),
    [
        ({}, "IV1048576", 1, 99),  # a style and no value: no cell
        ({"B2000": 3}, "", 1, 100),  # a note not far away: a row as before
        ({f"B{row}": row for row in range(5000, 5200)}, "", 1, 299),  # a second block, no stray
        ({}, "", 900_000, 99),  # a table that begins far down
    ],
)
def test_what_is_no_stray_cell(tmp_path, more, styled, first, rows):
    path = tmp_path / "t.xlsx"
    xlsx(path, 100, more, styled, first)
    table = read_table(path, {})
    assert table.shape == (rows, 3)
    assert table.index[0] == first + 1
    assert not stray(path)


def test_a_merged_cell_of_a_table_that_begins_further_down_is_filled(tmp_path):
    path = tmp_path / "t.xlsx"
    xlsx(path, 10, {"C7": None}, first=4)
    book = openpyxl.load_workbook(path)
    book.active.merge_cells("B6:B8")
    book.save(path)
    table = read_table(path, {"merged": "fill"})
    assert table["b"].loc[6:8].tolist() == [4.0, 4.0, 4.0]


def write_hostile_files(folder):
    """Small files that ask for gigabytes."""
    xlsx(folder / "corner.xlsx", 0, {"XFD1048576": 1})
    xlsx(folder / "stray.xlsx", 100, {"IV1048576": 1})
    places = (f"{openpyxl.utils.get_column_letter(5 * n)}{n * 90}" for n in range(1, 3000))
    xlsx(folder / "diagonal.xlsx", 0, dict.fromkeys(places, 1))
    xls(folder / "dimensions.xls", BLOCK[:30], 2**32 - 1, 2**16 - 1)
    xls(folder / "column.xls", [*BLOCK, (65535, 4000)])
    xls(folder / "diagonal.xls", [(n * 26, n * 26) for n in range(2500)])
    xlsb(folder / "stray.xlsb", [*BLOCK, (1048575, 16383)])
    xlsb(folder / "diagonal.xlsb", [(n * 200, n * 3) for n in range(5000)])
    ods(folder / "stray.ods", [*BLOCK, (1048575, 16383)])
    full = (
        f'<table:table-row table:number-rows-repeated="{{}}">{ods_cell(1, 1024)}</table:table-row>'
    )
    ods(folder / "full.ods", BLOCK, full.format(1_048_476))
    ods(folder / "endless.ods", BLOCK, full.format(4_000_000_000))
    polars.DataFrame({"a": polars.repeat("x" * 3000, 1_000_000, eager=True)}).write_parquet(
        folder / "bomb.parquet"
    )
    numbers = polars.repeat(1.5, 100_000_000, eager=True)
    polars.DataFrame({"a": numbers}).write_parquet(folder / "numbers.parquet")


_MEASURE = """
import json, re, resource, sys
from pathlib import Path
from netbuilder.core.data.readers.csv_reader import read_table
from netbuilder.core.errors import DataError
codes = {}
for name in sys.argv[1:]:
    try:
        codes[name] = str(len(read_table(Path(name), {})))
    except DataError as error:
        codes[name] = error.code
# Not "ru_maxrss", which a process takes over from the one that starts it.
own = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]
worker = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps([codes, [int(own) // 1024, worker // 1024]]))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured as Linux gives it")
def test_hostile_files_cost_bounded_memory(tmp_path):
    write_hostile_files(tmp_path)
    assert all(file.stat().st_size < 600_000 for file in tmp_path.iterdir())
    names = sorted(file.name for file in tmp_path.iterdir())
    run = run_python(_MEASURE, *names, cwd=tmp_path, check=True, timeout=300)
    codes, (own, worker) = json.loads(run.stdout.splitlines()[-1])
    assert codes == {
        "bomb.parquet": "table_too_large",
        "column.xls": "100",
        "corner.xlsx": "1",
        "diagonal.xls": "table_too_large",
        "diagonal.xlsb": "table_too_large",
        "diagonal.xlsx": "table_too_large",
        "dimensions.xls": "10",
        "endless.ods": "table_too_large",
        "full.ods": "table_too_large",
        "numbers.parquet": "table_too_large",
        "stray.ods": "100",
        "stray.xlsb": "100",
        "stray.xlsx": "99",
    }
    assert own < 300
    assert worker < 2 * table_files._MEMORY_MB


def test_where_no_second_process_may_be_started_a_table_is_read_as_it_is(tmp_path, monkeypatch):
    path = tmp_path / "t.xlsx"
    xlsx(path, 20, {"IV1048576": 1})
    polars.DataFrame({"a": [1, 2]}).write_parquet(tmp_path / "t.parquet")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "forbidden"))
    monkeypatch.setattr(table_files, "_WORKER", SharedWorker(table_files._MODULE))
    assert len(read_table(path, {})) == 19
    assert len(read_table(tmp_path / "t.parquet", {})) == 2


def test_a_damaged_parquet_is_named(tmp_path):
    path = tmp_path / "t.parquet"
    polars.DataFrame({"a": list(range(1000))}).write_parquet(path)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError) as told:
        read_table(path, {})
    assert told.value.code == "table_file_unreadable"


def test_a_table_that_would_never_end_is_given_up(tmp_path, monkeypatch):
    """A column more in each line: as many cells as the square of the lines."""
    path = tmp_path / "wide.jsonl"
    path.write_text("\n".join(json.dumps({f"k{n}": n}) for n in range(6_000)))
    monkeypatch.setattr(table_files, "_SECONDS", 0.1)
    with pytest.raises(DataError) as told:
        read_table(path, {})
    assert told.value.code == "table_too_large"
