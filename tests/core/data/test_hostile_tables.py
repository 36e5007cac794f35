"""Tables that ask for gigabytes: bounded in a process of its own, with the used range read."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from pathlib import Path

import openpyxl
import polars
import pytest
from openpyxl.styles import Font

from netbuilder.core.data.readers import table_files
from netbuilder.core.data.readers.csv_reader import read_table
from netbuilder.core.data.readers.table_cells import table_reading
from netbuilder.core.errors import DataError
from netbuilder.core.worker_process import SharedWorker

Cells = dict[str, object]


def xlsx(path: Path, rows: int, more: Cells, styled: str = "", first: int = 1) -> None:
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


def xls(path: Path, cells: list[tuple[int, int]], rows: int = 100, columns: int = 3) -> None:
    """An Excel 97 file ([MS-XLS], in a compound file of [MS-CFB]); DIMENSIONS as said."""

    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    def start(kind: int) -> bytes:
        return record(0x809, struct.pack("<HHHHII", 0x600, kind, 0, 0, 0, 0))

    def entry(name: str, kind: int, child: int, sector: int, size: int) -> bytes:
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


def stray(path: Path) -> str:
    return " ".join(
        one.message for one in table_reading(read_table(path, {})).findings
        if one.code == "stray-cells"
    )  # fmt: skip


def test_stray_cells_are_left_out_and_told(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    xlsx(path, 100, {"IV1048576": "x", "B900000": 3})
    table = read_table(path, {})
    assert table.shape == (99, 3)
    assert list(table.columns) == ["a", "b", "y"]
    assert table["y"].tolist() == list(range(1, 100))
    assert "IV1048576" in stray(path)
    assert "B900000" in stray(path)


@pytest.mark.parametrize(
    ("more", "styled", "first", "rows"),
    [
        ({}, "IV1048576", 1, 99),  # a style and no value: no cell
        ({"B2000": 3}, "", 1, 100),  # a note not far away: a row as before
        ({f"B{row}": row for row in range(5000, 5200)}, "", 1, 299),  # a second block, no stray
        ({}, "", 900_000, 99),  # a table that begins far down
    ],
)
def test_what_is_no_stray_cell(
    tmp_path: Path, more: Cells, styled: str, first: int, rows: int
) -> None:
    path = tmp_path / "t.xlsx"
    xlsx(path, 100, more, styled, first)
    table = read_table(path, {})
    assert table.shape == (rows, 3)
    assert table.index[0] == first + 1
    assert not stray(path)


def test_a_merged_cell_of_a_table_that_begins_further_down_is_filled(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    xlsx(path, 10, {"C7": None}, first=4)
    book = openpyxl.load_workbook(path)
    assert book.active is not None
    book.active.merge_cells("B6:B8")
    book.save(path)
    table = read_table(path, {"merged": "fill"})
    assert table["b"].loc[6:8].tolist() == [4.0, 4.0, 4.0]


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
def test_hostile_files_cost_bounded_memory(tmp_path: Path) -> None:
    xlsx(tmp_path / "corner.xlsx", 0, {"XFD1048576": 1})
    xlsx(tmp_path / "stray.xlsx", 100, {"IV1048576": 1})
    places = (f"{openpyxl.utils.get_column_letter(5 * n)}{n * 90}" for n in range(1, 3000))
    xlsx(tmp_path / "diagonal.xlsx", 0, dict.fromkeys(places, 1))
    block = [(row, column) for row in range(100) for column in range(3)]
    xls(tmp_path / "dimensions.xls", block[:30], 2**32 - 1, 2**16 - 1)
    xls(tmp_path / "column.xls", [*block, (65535, 4000)])
    xls(tmp_path / "stray.xls", [*block, (65535, 255)])
    polars.DataFrame({"a": polars.repeat("x" * 3000, 1_000_000, eager=True)}).write_parquet(
        tmp_path / "bomb.parquet"
    )
    assert all(file.stat().st_size < 600_000 for file in tmp_path.iterdir())
    names = sorted(file.name for file in tmp_path.iterdir())
    run = subprocess.run(
        [sys.executable, "-c", _MEASURE, *names],
        cwd=tmp_path, capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip
    codes, (own, worker) = json.loads(run.stdout.splitlines()[-1])
    assert codes == {
        "bomb.parquet": "table_too_large",
        "column.xls": "table_too_large",
        "corner.xlsx": "1",
        "diagonal.xlsx": "table_too_large",
        "dimensions.xls": "table_too_large",
        "stray.xls": "100",
        "stray.xlsx": "99",
    }
    assert own < 300
    assert worker < 2 * table_files._MEMORY_MB


def test_where_no_second_process_may_be_started_a_table_is_read_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.xlsx"
    xlsx(path, 20, {"IV1048576": 1})
    polars.DataFrame({"a": [1, 2]}).write_parquet(tmp_path / "t.parquet")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "forbidden"))
    monkeypatch.setattr(table_files, "_WORKER", SharedWorker(table_files._MODULE))
    assert len(read_table(path, {})) == 19
    assert len(read_table(tmp_path / "t.parquet", {})) == 2


def test_a_damaged_parquet_is_named(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    polars.DataFrame({"a": list(range(1000))}).write_parquet(path)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError) as told:
        read_table(path, {})
    assert told.value.code == "table_file_unreadable"


def test_a_table_that_would_never_end_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A column more in each line: as many cells as the square of the lines."""
    path = tmp_path / "wide.jsonl"
    path.write_text("\n".join(json.dumps({f"k{n}": n}) for n in range(20_000)))
    monkeypatch.setattr(table_files, "_SECONDS", 1.0)
    with pytest.raises(DataError) as told:
        read_table(path, {})
    assert told.value.code == "table_too_large"
