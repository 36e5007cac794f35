"""CSV files as they come: any separator, decimal comma, byte-order mark, encoding, no header."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping
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

    ``names`` are the column names; ``header`` says whether they stand in the file's first line
    or were made up ("column 1", ...).
    """

    encoding: str
    separator: str
    decimal: str
    header: bool
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
    names, header = _header(path, text, separator, decimal, options.get("header"))
    return Dialect(encoding, separator, decimal, header, names)


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

    try:
        table: pd.DataFrame = pd.read_csv(path, nrows=nrows, **pandas_arguments(dialect))
    except pd.errors.ParserError as error:
        raise _ragged(path, dialect, str(error)) from error
    except UnicodeDecodeError as error:
        raise DataError(
            f"'{path.name}' has characters that are not {dialect.encoding}.",
            "Save the file as UTF-8, or set its encoding.",
            path=str(path),
        ) from error
    table.index = pd.RangeIndex(1 + dialect.header, 1 + dialect.header + len(table))
    if len(dialect.names) > 1:
        table = table.dropna(how="all")
    if table.empty:
        raise DataError(
            f"'{path.name}' has column names but no rows.",
            "Choose a file with one line for each row below the names.",
            path=str(path),
        )
    return table


def pandas_arguments(dialect: Dialect) -> dict[str, Any]:
    """Arguments of ``pandas.read_csv`` for a dialect."""
    return {
        "sep": dialect.separator,
        "decimal": dialect.decimal,
        "encoding": dialect.encoding,
        "header": None,
        "names": list(dialect.names),
        "skiprows": 1 if dialect.header else 0,
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


def _rows(text: str, separator: str, limit: int) -> list[list[str]]:
    found: list[list[str]] = []
    for row in csv.reader(io.StringIO(text), delimiter=separator, skipinitialspace=True):
        if row:
            found.append(row)
        if len(found) == limit:
            break
    return found


def _separator(text: str) -> str:
    """The character that cuts the first lines into the same number (> 1) of cells most often."""
    best, best_score = ",", (0.0, 0)
    for separator in _SEPARATORS:
        widths = [len(row) for row in _rows(text, separator, 30)]
        if widths[0] < 2:
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
    path: Path, text: str, separator: str, decimal: str, option: Any
) -> tuple[tuple[str, ...], bool]:
    first = next(csv.reader(io.StringIO(text), delimiter=separator, skipinitialspace=True))
    if option is None or option == "auto":
        header = not all(_is_number(cell, decimal) for cell in first)
    else:
        header = bool(option)
    if not header:
        return tuple(f"column {index + 1}" for index in range(len(first))), False
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
    return tuple(names), True


def _ragged(path: Path, dialect: Dialect, reason: str) -> DataError:
    try:
        with path.open(encoding=dialect.encoding, newline="") as file:
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
        pass
    return DataError(
        f"'{path.name}' is not a table ({reason}).",
        "Open it in a spreadsheet program, look at its rows, and save it as CSV again.",
        path=str(path),
    )
