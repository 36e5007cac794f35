"""Read CSV files with any separator, decimal mark, encoding, with or without a header."""

from __future__ import annotations

import csv
import io
import itertools
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.preprocessing.cleaning import with_split_labels
from netbuilder.core.data.preprocessing.number_text import EMPTY_CELLS
from netbuilder.core.data.readers import table_files
from netbuilder.core.data.readers.cache import RecentValues
from netbuilder.core.data.readers.csv_dialect import BLANKS, Dialect, cells_of, check_file, sniff
from netbuilder.core.data.readers.encodings import check_packed, open_bytes
from netbuilder.core.data.readers.table_cells import convert_cells, counting_column
from netbuilder.core.data.recipe_options import DEFAULT_LIMIT_MB, positive_option
from netbuilder.core.errors import DataError
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.wording import LINE, shorten

if TYPE_CHECKING:
    import pandas as pd

_NAMES = {
    ",": N_("comma"), ";": N_("semicolon"), "\t": N_("tab"), "|": N_("vertical bar"),
    " ": N_("space"), BLANKS: N_("spaces"),
}  # fmt: skip


def read_csv(path: Path, options: Mapping[str, Any], nrows: int | None = None) -> pd.DataFrame:
    """Like ``read_table``, without an index column."""
    return drop_index_column(read_table(path, options, nrows))


def read_table(path: Path, options: Mapping[str, Any], nrows: int | None = None) -> pd.DataFrame:
    """Return the table in a file; its index is the line on which a row begins.

    Empty lines are skipped. Numbers in any style become numbers, all else is text; missing values
    are NaN. See ``table_reading`` for what was detected. Raise DataError if the file cannot be read
    as a table, has no rows, or unpacks to more than option "memory_limit_mb".
    """
    check_file(path)
    about = path.stat()
    if about.st_size > _HELD_BYTES:
        return _read(path, options, nrows)
    key = str(path.resolve()), about.st_mtime_ns, about.st_size, repr(options), nrows
    return _TABLES.get(key, lambda: _read(path, options, nrows)).copy(deep=False)


# Of small files the table is held, so that who looks at one and then uses it reads it once.
_HELD_BYTES = 32 << 20
_TABLES: RecentValues[pd.DataFrame] = RecentValues(3)


def _read(path: Path, options: Mapping[str, Any], nrows: int | None) -> pd.DataFrame:
    limit = positive_option(options, "memory_limit_mb", DEFAULT_LIMIT_MB)
    check_packed(path, limit, whole=nrows is None)
    reader = table_files.reader_of(path)
    if reader is not None:
        table, findings = reader(path, options, nrows)
        if table.empty:
            raise _no_rows(path)
        sheet = reader is table_files.read_sheet
        table = with_split_labels(table, options)
        return convert_cells(table, options, findings=findings, totals=sheet)
    return read_with(path, sniff(path, options), nrows=nrows, options=options)


def read_with(
    path: Path,
    dialect: Dialect,
    nrows: int | None = None,
    options: Mapping[str, Any] = MappingProxyType({}),
) -> pd.DataFrame:
    """Like ``read_table`` where the dialect is known."""
    import pandas as pd

    check_widths(path, dialect)
    with parser_errors(path, dialect), open_bytes(path) as file:
        table: pd.DataFrame = pd.read_csv(file, nrows=nrows, **pandas_arguments(dialect))
    _number_lines(table, dialect)
    if table.empty:
        raise _no_rows(path)
    if len(dialect.names) > 1:
        table = table.dropna(how="all")
    if table.empty:
        raise data_error("table_all_empty", path)
    read_as = dialect.read_as
    columns = _without_trailing(table)
    if len(columns) < len(table.columns):
        table, read_as = table[columns], {**read_as, "usecols": tuple(columns)}
    return convert_cells(
        with_split_labels(table, options), options, point=dialect.point, likely=dialect.likely,
        encoding=dialect.encoding, findings=dialect.findings, read_as=read_as, totals=nrows is None,
    )  # fmt: skip


def _without_trailing(table: pd.DataFrame) -> list[str]:
    names = [str(name) for name in table.columns]
    while len(names) > 1 and names[-1] == f"column {len(names)}" and table[names[-1]].isna().all():
        names.pop()
    return names


def read_cells(path: Path, dialect: Dialect) -> pd.DataFrame:
    """Like ``read_with``, but with cells as unchanged text and with empty lines."""
    import pandas as pd

    arguments = {**pandas_arguments(dialect), "dtype": str, "na_filter": False}
    arguments.pop("na_values")
    with parser_errors(path, dialect), open_bytes(path) as file:
        cells: pd.DataFrame = pd.read_csv(file, **arguments)
    _number_lines(cells, dialect)
    return cells


def _number_lines(table: pd.DataFrame, dialect: Dialect) -> None:
    import pandas as pd

    table.index = pd.RangeIndex(1 + dialect.skip, 1 + dialect.skip + len(table), name=LINE)


@contextmanager
def parser_errors(path: Path, dialect: Dialect) -> Iterator[None]:
    """Convert pandas's errors to a ``DataError`` that names the line."""
    import pandas as pd

    try:
        with warnings.catch_warnings():
            # Rows longer than the header: pandas would drop their last cells with a warning.
            warnings.simplefilter("ignore", pd.errors.ParserWarning)
            yield
    except pd.errors.EmptyDataError as error:
        raise _no_rows(path) from error
    except pd.errors.ParserError as error:
        raise (
            _ragged(path, dialect)
            or _unclosed(path, dialect, str(error))
            or data_error("table_unreadable", path, reason=error)
        ) from error
    except UnicodeDecodeError as error:
        raise data_error("encoding_wrong", path, encoding=dialect.encoding) from error


def _unclosed(path: Path, dialect: Dialect, reason: str) -> DataError | None:
    match = re.search(r"EOF inside string starting at row (\d+)", reason)
    if match is None:
        return None
    return data_error("quotation_not_closed", path, line=int(match[1]) + 1)


def _no_rows(path: Path) -> DataError:
    return data_error("table_no_rows", path)


def pandas_arguments(dialect: Dialect) -> dict[str, Any]:
    """Arguments of ``pandas.read_csv`` for a dialect."""
    nothing = sorted(EMPTY_CELLS)
    return {
        "sep": dialect.separator,
        "decimal": dialect.decimal,
        "encoding": dialect.encoding,
        "header": None,
        "names": list(dialect.names),
        "skiprows": dialect.skip,
        "skip_blank_lines": False,
        "skipinitialspace": True,
        "index_col": False,
        "comment": dialect.comment,
        # pandas finds the line's end by itself, but miscounts skipped lines that end in "\r".
        "lineterminator": dialect.line_end,
        "dtype": dialect.types,
        "low_memory": False,
        "keep_default_na": False,
        # Among words "None" is a word; among numbers it is none.
        "na_values": {
            name: [""] if name in dialect.words else nothing for name in dialect.names
        } if dialect.words else nothing,
    }  # fmt: skip


def drop_index_column(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table without a column that only counts the rows."""
    counting = counting_column(table)
    return table.drop(columns=counting) if counting else table


@contextmanager
def open_text(path: Path, dialect: Dialect) -> Iterator[Any]:
    """Yield the rows of a file as cells, including the ``dialect.skip`` lines."""
    with open_bytes(path) as file:
        lines = io.TextIOWrapper(file, dialect.encoding, errors="replace", newline=None)
        yield cells_of(lines, dialect.separator)


def _ragged(path: Path, dialect: Dialect) -> DataError | None:
    """Return an error about the first row with more cells than columns."""
    try:
        between = " " if dialect.separator == BLANKS else dialect.separator
        with open_text(path, dialect) as reader:
            for row in reader:
                if reader.line_num <= dialect.skip and not dialect.header:
                    continue
                if len(row) > len(dialect.names):
                    return data_error(
                        "row_too_long",
                        path,
                        count=len(dialect.names),
                        line=reader.line_num,
                        cells=len(row),
                        text=shorten(between.join(row)),
                        separator=_(_NAMES.get(dialect.separator, N_("another character"))),
                    )
    except (OSError, UnicodeError, csv.Error):
        return None
    return None


def check_widths(path: Path, dialect: Dialect) -> None:
    """Raise ``DataError`` where the first row has cells beyond the last column.

    pandas would drop these cells; longer rows further down it reports itself. A trailing separator
    on
    every line is fine.
    """
    with open_text(path, dialect) as reader:
        try:
            row: list[str] = next(itertools.islice(reader, dialect.skip, None), [])
        except csv.Error:
            return
    if any(cell.strip() for cell in row[len(dialect.names) :]):
        error = _ragged(path, dialect)
        if error is not None:
            raise error
