"""Rows that are none like the others: of totals, of units, of the names once more."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from netbuilder.core.data.findings import WARNING, Finding, option_fix
from netbuilder.core.wording import LINE, format_count, format_quoted_list, shorten

if TYPE_CHECKING:
    import pandas as pd

_MOST = 20
TOTAL_ROW = "total-row"
_TOTAL = frozenset({"total", "sum", "totals", "grand total", "summe", "gesamt", "insgesamt",
                    "suma", "somme", "totale", "итого", "合计", "合計"})  # fmt: skip


def total_row(table: pd.DataFrame) -> list[Finding]:
    """The last row, where its first text is a word for the sum."""
    if len(table) < 3:
        return []
    last = table.iloc[-1]
    words = [str(cell).strip().casefold().rstrip(":") for cell in last if isinstance(cell, str)]
    if not words or words[0] not in _TOTAL:
        return []
    line = int(table.index[-1])
    return [Finding(
        TOTAL_ROW, WARNING,
        f"Line {line} seems to hold totals ('{shorten(str(last.dropna().iloc[0]))}'): it is no row "
        "like the others.",
        fixes=(option_fix(f"Leave line {line} out", "skip_lines", [line]),),
    )]  # fmt: skip


def rows_with_words(
    table: pd.DataFrame, odd: Mapping[str, pd.Series], left_out: Collection[object]
) -> list[Finding]:
    """Rows that have a word in every column of numbers in which words are found.

    Args:
        table: as read.
        odd: of each column that holds numbers and some words, where the words are.
        left_out: lines that are not used.
    """
    if not odd:
        return []
    lines = {line for one in odd.values() for line in one.index[one]} - {*left_out}
    alike = all({*one.index[one]} >= lines for one in odd.values())
    named = all(str(table.at[line, name]).strip() == name for line in lines for name in odd)
    if not lines or len(lines) > _MOST or not alike or (len(odd) < 2 and not named):
        return []
    places = sorted(lines)
    cells = format_quoted_list([table.at[places[0], name] for name in odd], 3)
    what = (
        "repeats the names of the columns"
        if named
        else f"has words ({cells}) where all other lines have numbers, such as a line of units"
    )
    more = f", and so do {len(places) - 1} more" if len(places) > 1 else ""
    return [Finding(
        "strange-row", WARNING, f"{LINE.capitalize()} {places[0]} {what}{more}.",
        fixes=(option_fix(
            f"Leave line {places[0]} out" if len(places) == 1
            else f"Leave these {format_count(len(places), 'line')} out",
            "skip_lines", [int(line) for line in places],
        ),),
    )]  # fmt: skip
