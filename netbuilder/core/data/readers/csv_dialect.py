"""Detect how a CSV file is written: encoding, separator, decimal comma, line ends, header."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.findings import (
    Finding,
    column_finding,
    column_fix,
    data_fix,
    exclude_columns_fix,
)
from netbuilder.core.data.preprocessing.number_text import (
    EMPTY_CELLS,
    StyleEvidence,
    is_number,
    style_evidence,
)
from netbuilder.core.data.readers.encodings import (
    SAMPLE_BYTES,
    encoding_of,
    encoding_title,
    open_bytes,
)
from netbuilder.core.errors import DataError, DataFix
from netbuilder.core.files.regular_file import require_regular_file
from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import (
    format_list,
    format_number,
    format_quoted_list,
    join_sentences,
    shorten,
)

CODES = "codes"
_FEW_CODES = 5  # a picture's pixels in many columns are written so too
_SEPARATORS = ",;\t|"
BLANKS = r"\s+"
_WORDS = {
    "comma": ",", "semicolon": ";", "tab": "\t", "bar": "|", "pipe": "|", "space": " ",
    "blanks": BLANKS,
}  # fmt: skip
_LOOKED_AT = 300
#: Of a wider table each look would take minutes.
MOST_COLUMNS = 50_000
_LONGEST_LINE = 32 << 20
_ERRORS = re.compile(r"#(N/?A|DIV/0!|VALUE!|REF!|NUM!|NAME\?|NULL!)")
# How files of other kinds begin that are given a table's ending by mistake.
_OTHERS: list[dict[str, list[str]]] = resource_json("tables.json")["not_csv"]


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written.

    ``names`` are the column names, from the file's first line or made up ("column 1", ...);
    ``skip`` is the number of lines before the first row: empty ones, comments, a title, and
    that of the names. ``line_end`` is the carriage return of old Macintoshes, or None for what
    all others write. ``separator`` is a character, or ``BLANKS`` for any number of blanks.
    ``point`` is the decimal point that the file as a whole proves, or "". ``words`` are columns
    of text: "NA" and "None" are words there. ``comment`` begins lines that are passed over.
    ``named_above``: the names stand in a comment above the rows. ``as_text`` are columns of
    another decimal point than the file's: they are made numbers by themselves. ``likely`` is the
    decimal point where no cell says another, or "".
    """

    encoding: str
    separator: str
    decimal: str
    skip: int
    names: tuple[str, ...]
    line_end: str | None = None
    header: bool = True
    point: str = ""
    words: frozenset[str] = frozenset()
    comment: str | None = None
    findings: tuple[Finding, ...] = ()
    named_above: bool = False
    as_text: tuple[str, ...] = ()
    likely: str = ""
    missing_cells: tuple[str, ...] = ()

    @property
    def read_as(self) -> dict[str, Any]:
        """Arguments of ``pandas.read_csv``, beyond its defaults, that read the file."""
        arguments: dict[str, Any] = {
            "sep": self.separator, "decimal": self.decimal, "encoding": self.encoding,
            "comment": self.comment, "lineterminator": self.line_end,
            "na_values": list(self.missing_cells),
        }  # fmt: skip
        if self.header and not self.named_above:
            arguments["skiprows"] = self.skip - 1
        else:
            arguments |= {"skiprows": self.skip, "header": None, "names": self.names}
        if self.as_text:
            arguments["dtype"] = self.types
        return {key: value for key, value in arguments.items() if value not in _USUAL.get(key, ())}

    @property
    def types(self) -> dict[str, str]:
        """Argument "dtype" of ``pandas.read_csv``."""
        return dict.fromkeys(self.as_text, "str")


_KNOWN_TO_PANDAS = frozenset({
    "", "#N/A", "-nan", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
})  # fmt: skip
_USUAL: Mapping[str, tuple[Any, ...]] = {
    "sep": (",",), "decimal": (".",), "encoding": ("utf-8", "utf-8-sig"), "comment": (None,),
    "lineterminator": (None,), "skiprows": (0,), "na_values": ([],),
}  # fmt: skip


def check_file(path: Path) -> None:
    """Raise ``DataError`` unless ``path`` is a file that can be read."""
    require_regular_file(path, DataError)
    if path.is_dir():
        raise data_error("folder_instead_of_table:2", path, name=path.name or path)
    if not path.exists():
        raise data_error("data_file_missing", path, parent=path.parent)


def sniff(path: Path, options: Mapping[str, Any]) -> Dialect:
    """Detect the dialect. ``options`` "separator", "decimal", "encoding", "header" have priority.

    Options "like_encoding" and "like_decimal" are those of the training file, for ambiguous cases.
    Raise DataError if not readable, no text, empty, or two columns with the same name.
    """
    check_file(path)
    with open_bytes(path) as file:
        head = file.read(SAMPLE_BYTES)
        while len(head) < _LONGEST_LINE and len(head.splitlines()) < 2:
            more = file.read(SAMPLE_BYTES * 8)
            if not more:
                break
            head += more
    _check_no_other(path, head)
    encoding = str(options.get("encoding") or "")
    detected = encoding or encoding_of(path, head, str(options.get("like_encoding") or ""))
    text = _text(path, head, detected, decided=bool(encoding))
    first_lines, named_separator = _before_rows(text)
    lines = text.splitlines(keepends=True)
    body = "".join(lines[first_lines:])
    named_separator = str(options.get("separator") or named_separator)
    separator = _WORDS.get(named_separator.lower(), named_separator) or _separator(body)
    if len(separator) != 1 and separator != BLANKS:
        raise data_error("separator_invalid", separator=named_separator, names=format_list(_WORDS))
    rows = _rows(body, separator, _LOOKED_AT)
    title = title_lines(rows)
    evidence = _columns(rows[title:][1:])
    point = _point(evidence)
    commas = any(column.decimal == "," and column.numbers > column.others for column in evidence)
    decimal = str(options.get("decimal") or ("." if separator == "," else point) or ".")
    names, skip, header = _header(path, body, separator, title, options)
    if len(names) > MOST_COLUMNS:
        raise data_error(
            "too_many_columns",
            path,
            count=format_number(len(names), ","),
            most=format_number(MOST_COLUMNS, ","),
        )
    comment_names = names_in_comment(lines[:first_lines], rows[title:], header)
    names = comment_names or names
    among = _comments_among(lines[first_lines + skip :], separator)
    above = [line for line in lines[:first_lines] if _is_comment(line)]
    comments = [*(above[:-1] if comment_names else above), *among]
    decided = options.get("decimals") or {}
    ambiguous = _points_asked(names, evidence, separator, point, commas) - set(decided)
    findings = (
        *_findings(detected, encoding, title, rows, header, comment_names, options),
        *_passed_over(comments),
        *_codes(names, rows[title:][int(header) :]),
    )
    words = frozenset(
        name
        for name, column in zip(names, evidence, strict=False)
        if column.others > column.numbers and column.others
    )
    return Dialect(
        detected,
        separator,
        decimal,
        first_lines + skip,
        names,
        "\r" if text.count("\r") > 2 * text.count("\n") else None,
        header,
        str(options.get("decimal") or point or options.get("like_decimal") or ""),
        words,
        "#" if among else None,
        findings,
        bool(comment_names),
        tuple(
            name
            for name in names
            if name in ambiguous or (name in decided and decided[name] != decimal)
        ),
        "." if separator == "," and not commas else "",
        _missing_cells(body, separator, [
            cell for row in rows for name, cell in zip(names, row, strict=False) if name in words
        ]),
    )  # fmt: skip


def _missing_cells(text: str, separator: str, words: Collection[str]) -> tuple[str, ...]:
    """Return the markers for missing numbers: ``?``, ``n.a.``."""
    if separator == BLANKS:
        return ()
    ends = ("\r", "\n", separator)
    cells = {
        word: [f"{before}{word}{after}" for before in ("\n", separator) for after in ends]
        for word in sorted(EMPTY_CELLS - _KNOWN_TO_PANDAS - {*words})
    }
    return tuple(word for word, spots in cells.items() if any(spot in text for spot in spots))


def _points_asked(
    names: tuple[str, ...], evidence: list[StyleEvidence], separator: str, point: str, commas: bool
) -> set[str]:
    """Return the columns whose points or commas may group thousands: 1.204 beside 995."""
    doubt = commas or (separator != "," and not point)
    return {
        name
        for name, column in zip(names, evidence, strict=False)
        if (column.only_points and (doubt or column.whole)) or (commas and column.few_commas)
    }


def _check_no_other(path: Path, head: bytes) -> None:
    begin = head[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for row in _OTHERS:
        if begin.startswith(tuple(mark.encode("latin-1") for mark in row["begins"])):
            message, fix = row["help"]
            raise DataError(
                _(message, name=path.name), _(fix), code="not_a_csv_file", path=str(path)
            )
    if not head.strip():
        raise _empty(path)


def _empty(path: Path) -> DataError:
    return data_error("file_empty", path)


def _text(path: Path, head: bytes, encoding: str, *, decided: bool) -> str:
    try:
        text = head.decode(encoding, errors="ignore" if len(head) >= SAMPLE_BYTES else "strict")
    except (LookupError, UnicodeError) as error:
        raise data_error(
            "encoding_wrong:3" if decided else "encoding_wrong:4", path, encoding=encoding
        ) from error
    if not text.strip("\ufeff \t\r\n"):
        raise _empty(path)
    return text


def _before_rows(text: str) -> tuple[int, str]:
    """Return the number of lines before the rows, and the separator of Excel's "sep=;"."""
    separator = ""
    for count, line in enumerate(text.splitlines()):
        line_text = line.lstrip("\ufeff").strip()
        match = re.fullmatch(r'"?sep=(.|\\t)"?', line_text, re.IGNORECASE)
        if match and not count:
            separator = "\t" if match[1] == "\\t" else match[1]
        elif not _is_comment(line_text) and not (line_text.startswith("%") and count):
            return count, separator
    return 0, separator  # where all begin so, these are the rows


def _is_comment(line: str) -> bool:
    """Return whether a line begins with "#" but not with a spreadsheet error (#N/A)."""
    text = line.lstrip(' \t"')
    return text.startswith("#") and not _ERRORS.match(text)


def _comments_among(lines: list[str], separator: str) -> list[str]:
    """Return the comments among the rows: lines with "#" at their beginning and nowhere else.

    A line as wide as the rows is a row, unless its column holds numbers: a commented-out row.
    """
    begin = [line for line in lines if _is_comment(line)]
    if not begin or sum(line.count("#") for line in lines) != len(begin):
        return []
    rows = [row for line in lines if line not in begin for row in _rows(line, separator, 1)]
    if not rows:
        return []
    widths = [len(row) for row in rows]
    usual = max(set(widths), key=widths.count)
    alike = any(len(row) == usual for line in begin for row in _rows(line, separator, 1))
    first = style_evidence([row[0] for row in rows])
    return [] if usual > 1 and alike and first.others >= first.numbers else begin


def _findings(
    encoding: str,
    decided_encoding: str,
    title: int,
    rows: list[list[str]],
    header: bool,
    comment_names: tuple[str, ...],
    options: Mapping[str, Any],
) -> tuple[Finding, ...]:
    findings: list[Finding] = []
    if encoding not in {"utf-8", "utf-8-sig", "ascii"} and not decided_encoding:
        findings.append(
            column_finding(
                "encoding",
                "",
                *(
                    data_fix(
                        _("Read as {encoding}", encoding=encoding_title(other)), encoding=other
                    )
                    for other in (
                        "utf-8",
                        "cp1252",
                        "cp437",
                        "mac_roman",
                        "gb18030",
                        "shift_jis",
                        "cp1251",
                    )
                    if other != encoding
                ),
                encoding=encoding_title(encoding),
            )
        )
    if title:
        findings.append(
            column_finding("title-lines", count=title, text=shorten(" ".join(rows[0]).strip()))
        )
    header_option = options.get("header")
    if (
        (header_option is None or header_option == "auto")
        and not comment_names
        and len(rows) > title
    ):
        first = shorten(", ".join(rows[title]))
        if not header:
            findings.append(
                column_finding(
                    "no-header",
                    "",
                    data_fix(_("Use this line as the column names"), header=True),
                    text=first,
                )
            )
    return tuple(findings)


def _passed_over(comments: list[str]) -> tuple[Finding, ...]:
    if not comments:
        return ()
    return (column_finding("comments", text=shorten(comments[0].strip())),)


def _codes(names: tuple[str, ...], rows: list[list[str]]) -> tuple[Finding, ...]:
    """Find columns of codes: whole numbers with leading zeros, or a plus before many digits.

    All have as many digits, as postcodes, or most are written so, as telephone numbers.
    """
    findings = []
    for place, name in enumerate(names):
        cells = [row[place].strip() for row in rows if place < len(row) and row[place].strip()]
        odd = [cell for cell in cells if re.fullmatch(r"0\d+|(\+|00)\d{7,}", cell)]
        if not odd or not all(cell.lstrip("+").isdigit() for cell in cells):
            continue
        if len({len(cell) for cell in cells}) > 1 and len(odd) * 2 <= len(cells):
            continue
        findings.append(
            column_finding(
                "codes:2",
                name,
                column_fix(_("Use '{name}' as a category", name=name), [name], type="category"),
                column_fix(_("Use as a number"), [name], type="number"),
                exclude_columns_fix(name),
                example=odd[0],
            )
        )
    return tuple(findings) if len(findings) <= _FEW_CODES else ()


def _reader(text: str, separator: str) -> Any:
    # newline=None reads the line ends of every system, old Macintoshes' among them.
    return cells_of(io.StringIO(text.removeprefix("\ufeff"), newline=None), separator)


def cells_of(lines: Iterable[str], separator: str) -> Any:
    """Return a ``csv.reader`` for lines with a separator, blanks included."""
    if separator == BLANKS:
        lines = (re.sub(r"[ \t]+", " ", line.strip()) for line in lines)
        separator = " "
    return csv.reader(lines, delimiter=separator, skipinitialspace=True)


def _rows(text: str, separator: str, limit: int) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for row in _reader(text, separator):
            if any(row):
                rows.append(row)
            if len(rows) == limit:
                break
    except csv.Error:
        # A quotation mark that is never closed, say: what came before it tells enough.
        return rows
    return rows


def _separator(text: str) -> str:
    """Return the character that most often gives the same number (> 1) of cells."""
    best, best_score = "", (0.0, 0)
    for separator in _SEPARATORS:
        widths = [len(row) for row in _rows(text, separator, 30)]
        if not widths:
            continue
        # A title or a comment may stand above the rows.
        usual = max(set(widths), key=lambda width: (widths.count(width), width))
        if usual < 2:
            continue
        score = (widths.count(usual) / len(widths), usual)
        if score > best_score:
            best, best_score = separator, score
    if best == "," and best_score[0] >= 0.5:
        best = _where_commas_are_decimal(text, best_score[0]) or best
    if best and best_score[0] >= 0.5 and not (best == "," and _blanks(text, least=1.0)):
        return best
    return BLANKS if _blanks(text) else best or ","


def _where_commas_are_decimal(text: str, share: float) -> str:
    for separator in _SEPARATORS[1:]:
        rows = _rows(text, separator, 30)
        widths = [len(row) for row in rows]
        usual = max(set(widths), key=widths.count, default=0)
        cells = [cell for row in rows[1:] or rows for cell in row if "," in cell]
        alike = usual > 1 and widths.count(usual) >= share * len(widths)
        if alike and cells and not any(style_evidence([cell]).others for cell in cells):
            return separator
    return ""


def _blanks(text: str, least: float = 0.9) -> bool:
    """Return whether blanks separate cells: equally many in each line, mostly numbers."""
    rows = _rows(text, BLANKS, 30)
    if len(rows) < 2:
        return False
    widths = [len(row) for row in rows]
    usual = max(set(widths), key=widths.count)
    body = [row for row in rows[1:] if len(row) == usual]
    if usual < 2 or widths.count(usual) < least * len(widths) or not body:
        return False
    cells = [cell for row in body for cell in row]
    plain = sum(is_number(cell) and cell[-1].isdigit() for cell in cells)
    return plain > 0.5 * len(cells)


def _columns(rows: list[list[str]]) -> list[StyleEvidence]:
    width = max((len(row) for row in rows), default=0)
    rows = rows[: max(20, 50_000 // max(1, width))]
    return [
        style_evidence([row[place] for row in rows if place < len(row)]) for place in range(width)
    ]


def _point(evidence: list[StyleEvidence]) -> str:
    """Return the decimal point that some column proves and none contradicts."""
    proved = {
        column.decimal for column in evidence if column.decimal and column.numbers > column.others
    }
    return proved.pop() if len(proved) == 1 else ""


def _header(
    path: Path, text: str, separator: str, title: int, options: Mapping[str, Any]
) -> tuple[tuple[str, ...], int, bool]:
    rows: list[list[str]] = []
    skip = 0
    try:
        for row in _reader(text, separator):
            if any(cell.strip() for cell in row):
                if title:
                    title -= 1
                    skip += 1
                    continue
                rows.append(row)
                if len(rows) == _LOOKED_AT:
                    break
            elif not rows:
                skip += 1
    except csv.Error as error:
        if not rows:
            raise data_error("header_unreadable", path, reason=error) from error
    first, header = rows[0] if rows else [""], options.get("header")
    if header is None or header == "auto":
        header = has_header(rows) if rows else True
    if not header:
        return tuple(f"column {index + 1}" for index in range(len(first))), skip, False
    return unique_names(path, first, options), skip + 1, True


Rows = Sequence[Sequence[str]]


def has_header(rows: Rows) -> bool:
    """Return whether the first row holds the column names.

    It does if a column of numbers begins with a word. Otherwise a first row like those below is
    data,
    unless its numbers count (years, or 0, 1, 2, …) and those of the second row do not.
    """
    first, below = [cell.strip() for cell in rows[0]], rows[1:]
    if not below:
        return not all(is_number(cell) for cell in first)
    numeric, recurs = [], False
    for place, cell in enumerate(first):
        column = [row[place].strip() for row in below if place < len(row)]
        known = [cell for cell in column if cell not in EMPTY_CELLS]
        if known and sum(map(is_number, known)) > 0.8 * len(known):
            if cell and not is_number(cell) and cell not in EMPTY_CELLS:
                return True
            numeric.append(place)
        elif cell and cell in column:
            recurs = True
    if not numeric:
        return not recurs
    cells = [first[place] for place in numeric]
    if _count(cells) and not _count([below[0][p] for p in numeric if p < len(below[0])]):
        return not recurs
    # Names that are all missing (",,") name nothing.
    return False if any(cells) else any(first) and not recurs


def _count(cells: Sequence[str]) -> bool:
    """Return whether whole numbers increase by the same step."""
    if len(cells) < 2 or not all(cell.isdigit() for cell in cells):
        return False
    numbers = [int(cell) for cell in cells]
    step = numbers[1] - numbers[0]
    like_years = all(1000 <= number <= 2999 for number in numbers)
    from_start = numbers[0] in {0, 1} and step == 1 and len(numbers) > 2
    return step > 0 and numbers == list(
        range(numbers[0], numbers[0] + step * len(numbers), step)
    ) and (like_years or from_start)  # fmt: skip


def title_lines(rows: Rows) -> int:
    """Return the number of title rows, which have fewer cells than all rows below."""
    widths = [sum(1 for cell in row if cell.strip()) for row in rows]
    if len(widths) < 4:
        return 0
    body = widths[len(widths) // 2 :]
    usual = max(set(body), key=body.count)
    if usual < 2:
        return 0
    for index, width in enumerate(widths[: len(widths) // 2]):
        # Names but for that of the first column, which counts the rows.
        unnamed = width == usual - 1 and not rows[index][0].strip()
        if width > max(1, usual // 2) or unnamed:
            return index
    return 0


def numbered_names(names: list[str]) -> list[str]:
    """Make names unique as ``pandas.read_csv`` does: "score", "score.1"."""
    taken, counts = set(names), Counter[str]()
    unique: list[str] = []
    for name in names:
        own = name
        while counts[name] and own in taken:
            own = f"{name}.{counts[name]}"
            counts[name] += 1
        counts[name] = counts[name] or 1
        taken.add(own)
        unique.append(own)
    return unique


def names_in_comment(comments: list[str], rows: list[list[str]], header: bool) -> tuple[str, ...]:
    """Return the column names in the last comment, as ``numpy.savetxt`` writes them."""
    if header or not rows or not comments:
        return ()
    comment = comments[-1].strip().lstrip("#").strip()
    for cells in (re.split(r"[,;\t]", comment), comment.split()):
        # "#,name,price" is the row of names itself: its first column counts.
        first, *others = (cell.strip() for cell in cells)
        names = (first or "#", *others)
        names = names if len(names) == len(rows[0]) else tuple(filter(None, names))
        if len(names) == len(rows[0]) and len(set(names)) == len(names) > 1:
            return names
    return ()


def unique_names(path: Path, first: Sequence[str], options: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of a first row; a nameless column gets its number.

    Raise DataError if two columns have the same name, and option "same_names" does not number them.
    """
    names = [cell.strip() or f"column {index + 1}" for index, cell in enumerate(first)]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice and options.get("same_names") == "number":
        names, twice = numbered_names(names), []
    if twice:
        places = [index + 1 for index, name in enumerate(names) if name == twice[0]]
        message = _(
            "'{file}' has {count} columns named '{name}' (columns {places}).",
            file=path.name, count=len(places), name=twice[0], places=format_list(places),
        )  # fmt: skip
        if len(twice) > 1:
            others = format_quoted_list(twice[1:])
            more = _("These names also occur more than once: {names}.", names=others)
            message = join_sentences((message, more))
        raise DataError(
            message,
            _("Give each column its own name in the first line of the file."),
            code="columns_same_name",
            path=str(path),
            fixes=(
                DataFix(
                    _("Rename to '{first}', '{second}', …", first=twice[0], second=f"{twice[0]}.1"),
                    {"same_names": "number"},
                ),
            ),
        )
    return tuple(names)
