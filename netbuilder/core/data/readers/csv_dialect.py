"""How a CSV file is written: encoding, separator, decimal comma, line ends, header."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netbuilder.core.errors import DataError
from netbuilder.core.regular_file import need_regular
from netbuilder.core.wording import listed, quoted

_SEPARATORS = ",;\t|"
_WORDS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|", "pipe": "|", "space": " "}
_SAMPLE_BYTES = 262_144


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written.

    ``names`` are the column names, from the file's first line or made up ("column 1", ...);
    ``skip`` is the number of lines before the first row: empty ones and that of the names.
    ``line_end`` is the carriage return of old Macintoshes, or None for what all others write.
    """

    encoding: str
    separator: str
    decimal: str
    skip: int
    names: tuple[str, ...]
    line_end: str | None = None


def check_file(path: Path) -> None:
    """Raise ``DataError`` unless ``path`` is a file that can be read."""
    need_regular(path, DataError)
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
            (
                "Leave the encoding empty to have it found out, or s"
                if options.get("encoding")
                else "S"
            )
            + "ave the file as UTF-8.",
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
    line_end = "\r" if text.count("\r") > 2 * text.count("\n") else None
    return Dialect(encoding, separator, decimal, skip, names, line_end)


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
        return _windows(head)
    return "utf-8" if _all_utf8(path) else _windows(head)


def _windows(head: bytes) -> str:
    """What Windows programs write in western Europe, or its cousin that knows every byte."""
    try:
        head.decode("cp1252")
    except UnicodeDecodeError:
        return "latin-1"
    return "cp1252"


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
