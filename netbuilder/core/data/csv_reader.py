"""CSV files as they come: any separator, decimal comma, byte-order mark, encoding, no header."""

from __future__ import annotations

import csv
import io
import itertools
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.core.data.words import listed, quoted, shown
from netbuilder.core.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

_SEPARATORS = ",;\t|"
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "space"}
_WORDS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|", "pipe": "|", "space": " "}
_SAMPLE_BYTES = 262_144


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written.

    ``names`` are the column names, from the file's first line or made up ("column 1", ...);
    ``skip`` is the number of lines before the first row: empty ones and that of the names.
    """

    encoding: str
    separator: str
    decimal: str
    skip: int
    names: tuple[str, ...]


def check_file(path: Path) -> None:
    """Raise ``DataError`` unless ``path`` is a file that can be read."""
    if path.is_dir():
        raise DataError(
            f"'{path.name}' is a folder, not a file.",
            "Choose the CSV file inside it, or the kind of data 'images' for a folder.",
            path=str(path),
        )
    if not path.exists():
        raise DataError(
            f"The file '{path.name}' is not in {path.parent}.",
            "Was it moved or renamed? Choose it again.",
            path=str(path),
        )


def sniff(path: Path, options: Mapping[str, Any]) -> Dialect:
    """How the file is written. ``options`` "separator", "decimal", "encoding", "header" win.

    Raises:
        DataError: not readable, no text, empty, or two columns with the same name.
    """
    check_file(path)
    try:
        with path.open("rb") as file:
            head = file.read(_SAMPLE_BYTES)
    except OSError as error:
        raise DataError(
            f"'{path.name}' cannot be read ({error.strerror}).",
            "Close other programs that use it, or check that you may read it.",
            path=str(path),
        ) from error
    encoding = str(options.get("encoding") or _encoding(path, head))
    try:
        text = head.decode(encoding, errors="ignore" if len(head) == _SAMPLE_BYTES else "strict")
    except (LookupError, UnicodeError) as error:
        raise DataError(
            f"'{path.name}' is not written in the encoding '{encoding}'.",
            "Leave the encoding empty to have it found out, or save the file as UTF-8.",
            path=str(path),
        ) from error
    if not text.strip():
        raise DataError(
            f"'{path.name}' is empty.",
            "Choose a file with one line of column names and one line for each row.",
            path=str(path),
        )
    given = str(options.get("separator") or "")
    separator = _WORDS.get(given.lower(), given) or _separator(text)
    if len(separator) != 1:
        raise DataError(
            f"The separator '{given}' is not one character.",
            f"Write {listed(_WORDS)}, or leave it empty to have it found out.",
        )
    decimal = str(options.get("decimal") or _decimal(text, separator))
    names, skip = _header(path, text, separator, decimal, header=options.get("header"))
    return Dialect(encoding, separator, decimal, skip, names)


def read_csv(path: Path, options: Mapping[str, Any], nrows: int | None = None) -> pd.DataFrame:
    """The table in a file. Its index is the line in the file on which a row begins.

    Lines that are wholly empty are passed over. Numbers are numbers, all else is text; what is
    missing is NaN.

    Raises:
        DataError: the file cannot be read as a table, or has no rows.
    """
    dialect = sniff(path, options)
    return drop_index_column(read_with(path, dialect, nrows=nrows))


def read_with(path: Path, dialect: Dialect, nrows: int | None = None) -> pd.DataFrame:
    """Like ``read_csv`` where the dialect is known; every column is kept."""
    import pandas as pd

    check_widths(path, dialect)
    with parser_errors(path, dialect):
        table: pd.DataFrame = pd.read_csv(path, nrows=nrows, **pandas_arguments(dialect))
    table.index = pd.RangeIndex(1 + dialect.skip, 1 + dialect.skip + len(table))
    if len(dialect.names) > 1:
        table = table.dropna(how="all")
    if table.empty:
        raise _no_rows(path)
    return table


@contextmanager
def parser_errors(path: Path, dialect: Dialect) -> Iterator[None]:
    """Say what pandas finds wrong with a file as a ``DataError`` that names the line."""
    import pandas as pd

    try:
        with warnings.catch_warnings():
            # Rows longer than the header: pandas would drop their last cells with a warning.
            warnings.simplefilter("ignore", pd.errors.ParserWarning)
            yield
    except pd.errors.EmptyDataError as error:
        raise _no_rows(path) from error
    except pd.errors.ParserError as error:
        raise _ragged(path, dialect) or DataError(
            f"'{path.name}' is not a table ({error}).",
            "Open it in a spreadsheet program, look at its rows, and save it as CSV again.",
            path=str(path),
        ) from error
    except UnicodeDecodeError as error:
        raise DataError(
            f"'{path.name}' has characters that are not {dialect.encoding}.",
            "Save the file as UTF-8, or set its encoding.",
            path=str(path),
        ) from error


def _no_rows(path: Path) -> DataError:
    return DataError(
        f"'{path.name}' has column names but no rows.",
        "Choose a file with one line for each row below the names.",
        path=str(path),
    )


def pandas_arguments(dialect: Dialect) -> dict[str, Any]:
    """Arguments of ``pandas.read_csv`` for a dialect."""
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
        "low_memory": False,
    }


def drop_index_column(table: pd.DataFrame) -> pd.DataFrame:
    """Without the nameless first column that spreadsheets and pandas write to count rows."""
    first = table.columns[0]
    if first != "column 1" or len(table.columns) < 3 or table[first].dtype.kind != "i":
        return table
    steps = table[first].diff().dropna()
    if len(steps) and (steps == 1).all() and table[first].iloc[0] in {0, 1}:
        return table.drop(columns=first)
    return table


def _encoding(path: Path, head: bytes) -> str:
    if head.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if head[:4] in {b"PK\x03\x04", b"\xd0\xcf\x11\xe0"}:
        raise DataError(
            f"'{path.name}' is a spreadsheet of Excel or another program, not a CSV file.",
            "Open it there and save it as CSV.",
            path=str(path),
        )
    if b"\x00" in head:
        raise DataError(f"'{path.name}' is not a text file.", "Choose a CSV file.", path=str(path))
    try:
        head[: head.rfind(b"\n") + 1 or None].decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8" if _all_utf8(path) else "cp1252"


def _all_utf8(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            while file.read(1 << 20):
                pass
    except UnicodeDecodeError:
        return False
    return True


def _reader(text: str, separator: str) -> Any:
    # newline=None reads the line ends of every system, old Macintoshes' among them.
    lines = io.StringIO(text, newline=None)
    return csv.reader(lines, delimiter=separator, skipinitialspace=True)


def _rows(text: str, separator: str, limit: int) -> list[list[str]]:
    found: list[list[str]] = []
    try:
        for row in _reader(text, separator):
            if any(row):
                found.append(row)
            if len(found) == limit:
                break
    except csv.Error:
        # A quotation mark that is never closed, say: what came before it tells enough.
        return found
    return found


def _separator(text: str) -> str:
    """The character that cuts the first lines into the same number (> 1) of cells most often."""
    best, best_score = ",", (0.0, 0)
    for separator in _SEPARATORS:
        widths = [len(row) for row in _rows(text, separator, 30)]
        if not widths or widths[0] < 2:
            continue
        score = (sum(width == widths[0] for width in widths) / len(widths), widths[0])
        if score > best_score:
            best, best_score = separator, score
    return best


def _is_number(cell: str, decimal: str) -> bool:
    cell = cell.strip()
    if decimal != ".":
        cell = cell.replace(".", "\0").replace(decimal, ".")
    try:
        float(cell)
    except ValueError:
        return False
    return cell.lower() not in {"nan", "inf", "-inf", "infinity"}


def _decimal(text: str, separator: str) -> str:
    """A comma where cells are numbers only if a comma is read as the point."""
    if separator == ",":
        return "."
    cells = [cell for row in _rows(text, separator, 200)[1:] for cell in row]
    commas = sum(_is_number(cell, ",") and "," in cell for cell in cells)
    points = sum(_is_number(cell, ".") and "." in cell for cell in cells)
    return "," if commas > points else "."


def _header(
    path: Path, text: str, separator: str, decimal: str, *, header: Any
) -> tuple[tuple[str, ...], int]:
    first: list[str] = []
    skip = 0
    try:
        for row in _reader(text, separator):
            if any(cell.strip() for cell in row):
                first = row
                break
            skip += 1
    except csv.Error as error:
        raise DataError(
            f"The first line of '{path.name}' cannot be read as column names ({error}).",
            "Open the file in a spreadsheet program and save it as CSV again.",
            path=str(path),
        ) from error
    if header is None or header == "auto":
        header = not all(_is_number(cell, decimal) for cell in first)
    if not header:
        return tuple(f"column {index + 1}" for index in range(len(first))), skip
    names = [cell.strip() or f"column {index + 1}" for index, cell in enumerate(first)]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        places = [index + 1 for index, name in enumerate(names) if name == twice[0]]
        raise DataError(
            f"'{path.name}' has {len(places)} columns named '{twice[0]}' "
            f"(columns {listed(places)})."
            + (f" So it is with {quoted(twice[1:])}." if len(twice) > 1 else ""),
            "Give each column its own name in the first line of the file.",
            path=str(path),
        )
    return tuple(names), skip + 1


def _ragged(path: Path, dialect: Dialect) -> DataError | None:
    """The first row with more cells than there are columns, in words."""
    try:
        with path.open(encoding=dialect.encoding, newline=None) as file:
            reader = csv.reader(file, delimiter=dialect.separator, skipinitialspace=True)
            for row in reader:
                if len(row) > len(dialect.names):
                    return DataError(
                        f"Line {reader.line_num} of '{path.name}' has {len(row)} cells, but "
                        f"there are {len(dialect.names)} columns: "
                        f"'{shown(dialect.separator.join(row))}'.",
                        f"Is the separator really a {_NAMES.get(dialect.separator, 'character')}?"
                        " If so, put text that contains it between quotation marks.",
                        path=str(path),
                    )
    except (OSError, UnicodeError, csv.Error):
        return None
    return None


def check_widths(path: Path, dialect: Dialect) -> None:
    """Raise ``DataError`` where the first row has cells beyond the last column.

    pandas takes the first row's width for that of all, and drops what lies beyond the names;
    longer rows further down it reports by itself. A separator at the end of each line is fine.
    """
    with path.open(encoding=dialect.encoding, errors="replace", newline=None) as file:
        reader = csv.reader(file, delimiter=dialect.separator, skipinitialspace=True)
        try:
            row = next(itertools.islice(reader, dialect.skip, None), [])
        except csv.Error:
            return
    if any(cell.strip() for cell in row[len(dialect.names) :]):
        error = _ragged(path, dialect)
        if error is not None:
            raise error
