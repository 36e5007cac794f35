"""Find where a CSV file's rows begin, and its column names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from netbuilder.core.data.preprocessing.number_text import EMPTY_CELLS, style_evidence
from netbuilder.core.errors import DataError, DataFix
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_list, format_quoted_list, join_sentences

Rows = Sequence[Sequence[str]]


def is_number(cell: str) -> bool:
    """Return whether a cell is a number in any style."""
    evidence = style_evidence([cell])
    return evidence.numbers == 1


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
