"""Tables in files that are no text: spreadsheets, Parquet, JSON lines, ARFF."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.core.data.findings import INFO, Finding, data_fix
from netbuilder.core.data.readers.csv_header import has_header, title_lines
from netbuilder.core.data.readers.encodings import inner_ending, open_bytes, read_text_file
from netbuilder.core.errors import DataError
from netbuilder.core.wording import LINE, did_you_mean, format_quoted_list

if TYPE_CHECKING:
    import pandas as pd

SHEETS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
ENDINGS = (*SHEETS, ".parquet", ".jsonl", ".ndjson", ".json", ".arff")
_WEB_PAGE = re.compile(rb"^\s*<(!doctype|html|\?xml|table|body)", re.I)

Found = tuple["pd.DataFrame", tuple[Finding, ...]]
Reader = Callable[[Path, Mapping[str, Any], int | None], Found]


def reader_of(path: Path) -> Reader | None:
    """What reads a file by its ending; None for text."""
    ending = inner_ending(path)
    if ending in SHEETS:
        return read_sheet
    return {
        ".parquet": read_parquet, ".jsonl": read_json_lines, ".ndjson": read_json_lines,
        ".json": read_json, ".arff": read_arff,
    }.get(ending)  # fmt: skip


def _broken(path: Path, what: str, error: BaseException) -> DataError:
    return DataError(
        f"'{path.name}' is no {what}, or it is damaged ({str(error).splitlines()[0]:.100}).",
        "Open it in the program that wrote it, and save it again.",
        path=str(path),
    )


def sheet_names(path: Path) -> tuple[str, ...]:
    """The sheets of a spreadsheet file that hold anything, in order.

    Raises:
        DataError: it is none.
    """
    return tuple(name for name, rows in _sheets(path).items() if rows)


def _sheets(path: Path) -> dict[str, list[list[Any]]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        with open_bytes(path) as file:
            book = CalamineWorkbook.from_filelike(io.BytesIO(file.read()))
        return {
            name: book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            for name in book.sheet_names
        }
    except (CalamineError, ValueError, OSError) as error:
        raise _text_named_a_sheet(path) or _broken(path, "spreadsheet", error) from error


def _text_named_a_sheet(path: Path) -> DataError | None:
    """What to say of a text or a web page that a server calls a spreadsheet; None of others."""
    try:
        with open_bytes(path) as file:
            head: bytes = file.read(4096)
    except OSError:
        return None
    if _WEB_PAGE.match(head):
        return DataError(
            f"'{path.name}' is a web page and no spreadsheet, whatever its name says.",
            "Open it in a spreadsheet program, and save it as .xlsx or .csv.",
            path=str(path),
        )
    if head and b"\0" not in head and b"\n" in head:
        return DataError(
            f"'{path.name}' is a plain text and no spreadsheet, whatever its name says.",
            f"Rename it to '{path.stem}.csv', and choose it again.",
            path=str(path),
        )
    return None


def read_sheet(path: Path, options: Mapping[str, Any], nrows: int | None) -> Found:
    """A sheet of a spreadsheet (Excel, OpenDocument): option "sheet", else the first with rows.

    The index is the sheet's row.

    Raises:
        DataError: no spreadsheet, no such sheet, or an empty one.
    """
    import pandas as pd

    sheets = _sheets(path)
    filled = [name for name, rows in sheets.items() if rows]
    wanted = str(options.get("sheet") or "")
    if wanted and wanted not in sheets:
        raise DataError(
            f"'{path.name}' has no sheet '{wanted}'.",
            f"{did_you_mean(wanted, list(sheets))}"
            f" It has {format_quoted_list(sheets, 12)}.".strip(),
        )
    if not filled or (wanted and not sheets[wanted]):
        raise DataError(
            f"{f'Sheet {wanted!r} of ' if wanted else ''}'{path.name}' is empty.",
            "Choose a sheet with one row of column names and one row for each sample.",
            path=str(path),
        )
    name = wanted or filled[0]
    findings: list[Finding] = []
    if not wanted and len(filled) > 1:
        findings.append(Finding(
            "sheet", INFO,
            f"The sheet '{name}' is read; there are {format_quoted_list(filled, 12)}.",
            fixes=tuple(data_fix(f"Read '{one}'", sheet=one) for one in filled if one != name),
        ))  # fmt: skip
    cells = [[_plain(cell) for cell in row] for row in sheets[name]]
    first = next((i for i, row in enumerate(cells) if any(c not in {"", None} for c in row)), 0)
    texts = [[str(cell) for cell in row] for row in cells[first : first + 300]]
    first += title_lines(texts)
    texts = texts[title_lines(texts) :]
    width = max(len(row) for row in cells)
    used = [
        place for place in range(width)
        if any(place < len(row) and row[place] not in {"", None} for row in cells[first:])
    ]  # fmt: skip
    given = options.get("header")
    header = has_header(texts) if given in {None, "auto"} else bool(given)
    names = [
        (texts[0][place].strip() if header and place < len(texts[0]) else "")
        or f"column {number + 1}"
        for number, place in enumerate(used)
    ]
    _check_names(path, names)
    start = first + header
    rows = cells[start : None if nrows is None else start + nrows]
    columns = {
        label: _column([row[place] if place < len(row) else None for row in rows])
        for label, place in zip(names, used, strict=True)
    }
    table = pd.DataFrame(columns, index=pd.RangeIndex(start + 1, start + 1 + len(rows), name=LINE))
    return table.dropna(how="all"), tuple(findings)


def _check_names(path: Path, names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(
            f"'{path.name}' has several columns named '{twice[0]}'.",
            "Give each column its own name in the first row.",
            path=str(path),
        )


def _plain(cell: Any) -> Any:
    """A cell as a number, a truth value or a text; dates as ISO writes them."""
    if cell is None or isinstance(cell, bool | int | float | str):
        return cell
    return str(cell)


def _column(values: list[Any]) -> Any:
    """Numbers as numbers where all cells are; whole ones without a point."""
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


def read_parquet(path: Path, options: Mapping[str, Any], nrows: int | None) -> Found:
    """A Parquet file, by polars."""
    import polars

    try:
        with open_bytes(path) as file:
            frame = polars.read_parquet(io.BytesIO(file.read()), n_rows=nrows)
    except (polars.exceptions.PolarsError, OSError) as error:
        raise _broken(path, "Parquet file", error) from error
    return _of_polars(frame, path, 1)


def read_json_lines(path: Path, options: Mapping[str, Any], nrows: int | None) -> Found:
    """JSON lines: an object a line."""
    import polars

    text, _ = read_text_file(path)
    try:
        frame = polars.read_ndjson(
            io.BytesIO(text.encode()), n_rows=nrows, infer_schema_length=None, ignore_errors=False
        )
    except (polars.exceptions.PolarsError, OSError) as error:
        raise _broken(path, "file of JSON lines", error) from error
    return _of_polars(frame, path, 1)


def read_json(path: Path, options: Mapping[str, Any], nrows: int | None) -> Found:
    """JSON: a list of objects, each a row."""
    import polars

    text, _ = read_text_file(path)
    if not text.lstrip().startswith("["):
        raise DataError(
            f"'{path.name}' is no list of rows: it does not begin with a [.",
            'Write it as [{"size": 3, "price": 20}, …], or save the table as CSV.',
            path=str(path),
        )
    try:
        frame = polars.read_json(io.BytesIO(text.encode()), infer_schema_length=None)
    except (polars.exceptions.PolarsError, OSError) as error:
        raise _broken(path, "list of rows in JSON", error) from error
    return _of_polars(frame if nrows is None else frame.head(nrows), path, 1)


def _of_polars(frame: Any, path: Path, first: int) -> Found:
    import pandas as pd
    import polars

    nested = [name for name, kind in frame.schema.items() if kind.is_nested()]
    frame = frame.drop(nested)
    columns: dict[str, Any] = {}
    for name in frame.columns:
        series = frame[name]
        if series.dtype.is_temporal() or series.dtype in {polars.Categorical, polars.Enum}:
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
        raise DataError(f"'{path.name}' has no columns that a table can hold.", "Choose another.")
    findings = tuple(
        Finding(
            "nested", INFO,
            f"Column '{name}' holds lists or objects and is not read: a cell of a table holds one "
            "value.",
        )
        for name in nested
    )  # fmt: skip
    index = pd.RangeIndex(first, first + len(frame), name=LINE)
    return pd.DataFrame(columns, index=index), findings


def read_arff(path: Path, options: Mapping[str, Any], nrows: int | None) -> Found:
    """Weka's ARFF, by SciPy."""
    import pandas as pd
    from scipy.io import arff

    text, _ = read_text_file(path)
    try:
        values, meta = arff.loadarff(io.StringIO(text))
    except (arff.ArffError, NotImplementedError, ValueError, StopIteration, IndexError) as error:
        raise _broken(path, "ARFF file that is understood here", error) from error
    columns: dict[str, Any] = {}
    for name in meta.names():
        column = values[name][:nrows]
        if column.dtype.kind == "S":
            words = [cell.decode() for cell in column]
            columns[name] = [None if word == "?" else word for word in words]
        else:
            columns[name] = column
    begin = next(
        (i for i, line in enumerate(text.splitlines(), 2) if line.strip().lower() == "@data"), 1
    )
    index = pd.RangeIndex(begin, begin + len(values[:nrows]), name=LINE)
    return pd.DataFrame(columns, index=index), ()
