"""Read tables in other files than text: spreadsheets, Parquet, JSON, ARFF."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.findings import (
    Finding,
    column_finding,
    data_fix,
    exclude_columns_fix,
    option_fix,
)
from netbuilder.core.data.readers.csv_dialect import has_header, title_lines
from netbuilder.core.data.readers.encodings import inner_ending, open_bytes, read_text_file
from netbuilder.core.data.readers.sheet_cells import SheetCells, read_sheets
from netbuilder.core.errors import DataError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.process.worker_process import Answer, SharedWorker, is_worker
from netbuilder.core.wording import (
    LINE,
    did_you_mean,
    format_list,
    format_number,
    format_quoted_list,
    shorten,
)

if TYPE_CHECKING:
    import pandas as pd


SHEETS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
ENDINGS = (*SHEETS, ".parquet", ".jsonl", ".ndjson", ".json", ".arff")
_WEB_PAGE = re.compile(rb"^\s*<(!doctype|html|\?xml|table|body)", re.I)

Found = tuple["pd.DataFrame", tuple[Finding, ...]]
Reader = Callable[[Path, Mapping[str, Any], int | None], Found]


def reader_of(path: Path) -> Reader | None:
    """Return the reader by file ending; None for text."""
    ending = inner_ending(path)
    if ending in SHEETS:
        return read_sheet
    return {
        ".parquet": read_parquet, ".jsonl": read_json_lines, ".ndjson": read_json_lines,
        ".json": read_json, ".arff": read_arff,
    }.get(ending)  # fmt: skip


def _broken(path: Path, key: str, error: BaseException) -> DataError:
    reason = shorten(str(error).splitlines()[0], 100)
    return data_error(key, path, reason=reason)


def sheet_names(path: Path) -> tuple[str, ...]:
    """Return the non-empty sheets in order; raise DataError if it is no spreadsheet."""
    return tuple(name for name, sheet in _sheets(path).items() if sheet.rows)


def _sheets(path: Path) -> dict[str, SheetCells]:
    try:
        return sandboxed_sheets(path)
    except MemoryError as error:
        raise data_error("table_too_large", path, size=format_number(_MEMORY_MB, ",")) from error
    except (ValueError, OSError) as error:
        raise _text_named_a_sheet(path) or _broken(
            path, "table_file_unreadable:sheet", error
        ) from error


def _text_named_a_sheet(path: Path) -> DataError | None:
    """Return the error about a text or web page named as a spreadsheet; else None."""
    try:
        with open_bytes(path) as file:
            head: bytes = file.read(4096)
    except OSError:
        return None
    if _WEB_PAGE.match(head):
        return data_error("sheet_is_web_page", path)
    if head and b"\0" not in head and b"\n" in head:
        return data_error("sheet_is_text", path, renamed=f"{path.stem}.csv")
    return None


def read_sheet(path: Path, options: Mapping[str, Any], nrows: int | None) -> Found:
    """Read a sheet of a spreadsheet: option "sheet", else the first with rows; indexed by sheet
    row.

    Raise DataError if no spreadsheet, no such sheet, or an empty one.
    """
    import pandas as pd

    sheets = _sheets(path)
    filled = [name for name, sheet in sheets.items() if sheet.rows]
    chosen = str(options.get("sheet") or "")
    if chosen and chosen not in sheets:
        raise DataError(
            _("'{name}' has no sheet '{sheet}'.", name=path.name, sheet=chosen),
            did_you_mean(
                chosen,
                list(sheets),
                _("Its sheets are {names}.", names=format_quoted_list(sheets, 12)),
            ),
            code="sheet_missing",
        )
    if not filled or (chosen and not sheets[chosen].rows):
        raise data_error("sheet_empty" if chosen else "sheet_empty:2", path, sheet=chosen)
    name = chosen or next((sheet for sheet in filled if _is_table(sheets[sheet].rows)), filled[0])
    findings: list[Finding] = []
    if not chosen and len(filled) > 1:
        findings.append(
            column_finding(
                "sheet",
                "",
                *(
                    data_fix(_("Read '{name}'", name=sheet), sheet=sheet)
                    for sheet in filled
                    if sheet != name
                ),
                name=name,
                names=format_quoted_list(filled, 12),
            )
        )
    sheet = sheets[name]
    cells, top, left = sheet.rows, sheet.top, sheet.left
    merged = tuple((a - top, b - left, c - top, d - left) for a, b, c, d in sheet.merged)
    if options.get("merged") == "fill":
        _fill_merged(cells, merged)
    first = next((i for i, row in enumerate(cells) if any(c not in {"", None} for c in row)), 0)
    texts = [[str(cell) for cell in row] for row in cells[first : first + 300]]
    first += title_lines(texts)
    texts = texts[title_lines(texts) :]
    width = max(len(row) for row in cells)
    used = [
        place for place in range(width)
        if any(place < len(row) and row[place] not in {"", None} for row in cells[first:])
    ]  # fmt: skip
    header_option = options.get("header")
    header = has_header(texts) if header_option in {None, "auto"} else bool(header_option)
    names = [
        (texts[0][place].strip() if header and place < len(texts[0]) else "")
        or f"column {number + 1}"
        for number, place in enumerate(used)
    ]
    _check_names(path, names)
    start = first + header
    # A title across the columns is no value of theirs.
    below = tuple(area for area in merged if area[2] >= start)
    findings += _sheet_findings(replace(sheet, merged=below), options)
    rows = cells[start : None if nrows is None else start + nrows]
    columns = {
        label: _column([row[place] if place < len(row) else None for row in rows])
        for label, place in zip(names, used, strict=True)
    }
    table = pd.DataFrame(
        columns, index=pd.RangeIndex(top + start + 1, top + start + 1 + len(rows), name=LINE)
    )
    return table.dropna(how="all"), tuple(findings)


def _is_table(rows: list[list[Any]]) -> bool:
    """Return whether most of the first rows fill the same two or more columns."""
    widths = [sum(cell not in {"", None} for cell in row) for row in rows[:60]]
    widths = [width for width in widths if width]
    usual = max(set(widths), key=widths.count, default=0)
    near = sum(width >= max(2, usual - 1) for width in widths)
    return usual > 1 and near >= 5 and near > 0.6 * len(widths)


def _sheet_findings(about: SheetCells, options: Mapping[str, Any]) -> list[Finding]:
    skipped = options.get("skip_lines") or ()
    left = [row for row in about.hidden if row not in skipped]
    findings = []
    if left and options.get("hidden") != "use":
        findings.append(
            column_finding(
                "hidden-rows",
                "",
                option_fix(_("Leave hidden rows out"), "skip_lines", list(left)),
                data_fix(_("Use hidden rows"), hidden="use"),
                count=len(left),
            )
        )
    if about.merged and not options.get("merged"):
        findings.append(
            column_finding(
                "merged-cells",
                "",
                data_fix(_("Fill merged cells with their value"), merged="fill"),
                data_fix(_("Leave the other cells empty"), merged="keep"),
                count=len(about.merged),
            )
        )
    if about.formulas:
        findings.append(
            column_finding("formulas-without-value", cells=format_list(about.formulas, 5))
        )
    if about.stray:
        findings.append(
            column_finding("stray-cells", count=len(about.stray), cells=format_list(about.stray, 5))
        )
    return findings


def _fill_merged(cells: list[list[Any]], merged: tuple[tuple[int, int, int, int], ...]) -> None:
    for top, left, bottom, right in merged:
        if min(top, left) < 0 or top >= len(cells) or left >= len(cells[top]):
            continue
        value = cells[top][left]
        for row in cells[top : bottom + 1]:
            for place in range(left, min(right + 1, len(row))):
                row[place] = value


def _check_names(path: Path, names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise data_error("columns_same_name", path, file=path.name, name=twice[0])


def _column(values: list[Any]) -> Any:
    """Convert a column to numbers where all cells are; whole ones to integers."""
    import pandas as pd

    present = [value for value in values if value is not None and value != ""]
    empty = len(present) < len(values)
    if present and all(isinstance(value, bool) for value in present) and not empty:
        return values
    if present and all(
        isinstance(value, int | float) and not isinstance(value, bool) for value in present
    ):
        whole = not empty and all(float(value).is_integer() for value in present)
        cells = [None if value == "" else value for value in values]
        return pd.array(cells, dtype="int64") if whole else pd.array(cells, dtype="float64")
    return [None if value is None or value == "" else _shown(value) for value in values]


def _shown(value: Any) -> str:
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if whole else str(value)


def _read_by_polars(path: Path, nrows: int | None, key: str, read: Callable[[], Any]) -> Found:
    """Read a file after the other process did; ``key``: of the error if it is damaged."""
    import polars

    try:
        prove_table(path, nrows)
        frame = read()
    except (polars.exceptions.PolarsError, ValueError, OSError) as error:
        raise _broken(path, key, error) from error
    return _of_polars(frame if nrows is None else frame.head(nrows), path)


def read_parquet(path: Path, options: Mapping[str, Any], nrows: int | None) -> Found:
    """A Parquet file, by polars."""
    import polars

    def read() -> Any:
        with open_bytes(path) as file:
            return polars.read_parquet(io.BytesIO(file.read()), n_rows=nrows)

    return _read_by_polars(path, nrows, "table_file_unreadable:parquet", read)


def read_json_lines(path: Path, options: Mapping[str, Any], nrows: int | None) -> Found:
    """JSON lines: an object a line."""
    import polars

    content = read_text_file(path)[0].encode()
    read = partial(polars.read_ndjson, n_rows=nrows, infer_schema_length=None, ignore_errors=False)
    return _read_by_polars(
        path, nrows, "table_file_unreadable:json_lines", lambda: read(io.BytesIO(content))
    )


def read_json(path: Path, options: Mapping[str, Any], nrows: int | None) -> Found:
    """JSON: a list of objects, each a row."""
    import polars

    text, _encoding = read_text_file(path)
    if not text.lstrip().startswith("["):
        raise data_error("json_not_rows", path, example='[{"size": 3, "price": 20}, …]')
    read = partial(polars.read_json, infer_schema_length=None)
    return _read_by_polars(
        path, nrows, "table_file_unreadable:json", lambda: read(io.BytesIO(text.encode()))
    )


def _of_polars(frame: Any, path: Path) -> Found:
    import pandas as pd
    import polars

    nested = [name for name, kind in frame.schema.items() if kind.is_nested()]
    frame = frame.drop(nested)
    columns: dict[str, Any] = {}
    findings: list[Finding] = []
    for name in frame.columns:
        series = frame[name]
        if series.dtype == polars.Duration:
            series = series.dt.total_microseconds() / 1e6
            findings.append(column_finding("times", name, exclude_columns_fix(name)))
        elif series.dtype.is_temporal() or series.dtype in {polars.Categorical, polars.Enum}:
            series = series.cast(polars.String)
        if series.dtype.is_decimal():
            series = series.cast(polars.Float64)
        if series.dtype.is_numeric() or (
            series.dtype == polars.Boolean and not series.null_count()
        ):
            columns[name] = series.to_numpy()
        else:
            columns[name] = series.cast(polars.String).to_list()
    if not columns:
        raise data_error("table_no_columns", name=path.name)
    findings += [column_finding("nested", name=name) for name in nested]
    index = pd.RangeIndex(1, 1 + len(frame), name=LINE)
    return pd.DataFrame(columns, index=index), tuple(findings)


def read_arff(path: Path, options: Mapping[str, Any], nrows: int | None) -> Found:
    """Weka's ARFF."""
    text, _encoding = read_text_file(path)
    try:
        table = arff_table(text)
    except (ValueError, IndexError) as error:
        raise _broken(path, "table_file_unreadable:arff", error) from error
    table.index.name = LINE
    return table.iloc[:nrows], ()


# Scripts carry this function.
def arff_table(text: str) -> pd.DataFrame:
    """The table of an ARFF file; its index is the lines of the file.

    Names and values may stand between quotation marks of either sort; rows may be sparse.
    """
    import pandas as pd

    quoted = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""

    def bare(word: str) -> str | None:
        word = word.strip()
        inside = re.fullmatch(quoted, word) is not None
        return re.sub(r"\\(.)", r"\1", word[1:-1]) if inside else None if word == "?" else word

    def parts(line: str) -> list[str | None]:
        return [bare(cell) for cell in re.findall(rf"(?:^|,)(\s*(?:{quoted})\s*|[^,]*)", line)]

    columns: list[str | None] = []
    kinds: list[list[str | None] | None] = []
    rows: list[list[str | None]] = []
    lines: list[int] = []
    body = False
    for number, line in enumerate(text.splitlines(), 1):
        content = line.strip()
        if not content or content.startswith("%"):
            continue
        if body:
            if content.startswith("{"):
                known = dict(re.findall(rf"(\d+)\s+((?:{quoted})|[^,}}]+)", content))
                row = ["0" if kind is None else kind[0] for kind in kinds]
                for place, word in known.items():
                    row[int(place)] = bare(word)
            else:
                row = parts(content)
            if len(row) != len(columns):
                raise ValueError(f"line {number} has {len(row)} of {len(columns)} values")
            rows.append(row)
            lines.append(number)
            continue
        attribute = re.match(rf"(?i)@attribute\s+((?:{quoted})|\S+)\s+(.+)", content)
        if attribute:
            columns.append(bare(attribute[1]))
            plain = re.match(r"(?i)(numeric|real|integer)\b", attribute[2].strip())
            nominal = re.fullmatch(r"\{(.*)\}.*", attribute[2].strip())
            kinds.append(None if plain else parts(nominal[1]) if nominal else [""])
        body = content.lower() == "@data"
    if not columns or (not body and not rows):
        raise ValueError("no @attribute or no @data")
    table = pd.DataFrame(rows, columns=columns, index=lines, dtype=object)
    for name, kind in zip(columns, kinds, strict=True):
        table[name] = pd.to_numeric(table[name]) if kind is None else table[name]
    return table


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
    """Read a file in the other process first; DataError over its limits, ValueError if damaged."""
    if not is_worker():
        _ask(path, {"table": str(path.resolve()), "rows": nrows})


def _ask(path: Path, request: dict[str, Any], on_progress: Any = None) -> Answer:
    size = path.stat().st_size / 2**20
    memory = _MEMORY_MB * (1 + int(size * _RATIO / _MEMORY_MB))
    answer = _WORKER.ask(request, on_progress, _SECONDS + _SECONDS_PER_MB * size, memory)
    if answer.get("wrong"):
        raise ValueError(answer["wrong"])
    if answer.get("reason") in {"died", "time", "memory"}:
        raise data_error("table_too_large", path, size=format_number(memory, ","))
    return answer
