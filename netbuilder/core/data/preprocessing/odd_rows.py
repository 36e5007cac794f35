"""Rows that are none like the others: of totals, of units, of the names once more."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from netbuilder.core.data.findings import WARNING, Finding, option_fix
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.wording import format_list, format_quoted_list, shorten

if TYPE_CHECKING:
    import pandas as pd

_MOST = 20
TOTAL_ROW = "total-row"
_TOTAL = frozenset({"total", "sum", "totals", "grand total", "summe", "gesamt", "insgesamt",
                    "suma", "somme", "totale", "итого", "合计", "合計"})  # fmt: skip
_WITHIN = re.compile(r"(sub|sous|zwischen)[- ]?(total|summe)|partial sum|teilsumme", re.IGNORECASE)
_STATISTIC = frozenset({
    "average", "avg", "mean", "median", "std", "stdev", "std dev", "sd", "standard deviation",
    "variance", "mittelwert", "durchschnitt", "mittel", "standardabweichung", "moyenne", "médiane",
    "promedio", "media", "mediana", "média", "среднее", "平均", "count", "anzahl", "minimum",
    "maximum", "min", "max", "n",
})  # fmt: skip
# These are names of people and things too: the numbers must be what the word says.
_CHECKED = {"min": "min", "max": "max", "n": "count", "count": "count", "media": "mean"}


def summary_rows(table: pd.DataFrame, left_out: Collection[object]) -> list[Finding]:
    """Rows that sum the others up: at the end, and subtotals anywhere.

    Args:
        table: as read.
        left_out: lines that are not used.
    """
    if len(table) < 4:
        return []
    gone = [line for line in left_out if line in table.index]
    kept = table.drop(index=gone) if gone else table
    lines: dict[int, str] = {}
    for place in range(len(kept) - 1, max(1, len(kept) - 1 - _MOST), -1):
        word = _first_word(kept.iloc[place])
        known = word in _TOTAL or word.split(" ")[0] in _TOTAL - {"sum"} or word in _STATISTIC
        if known and word in _CHECKED and not _agrees(kept, place, _CHECKED[word]):
            known = False
        if not known and not (place == len(kept) - 1 and _sums_up(kept, place)):
            break
        lines[int(kept.index[place])] = word
    for name in table.columns:
        if kept[name].dtype.kind in "iufb":
            continue
        distinct = [one for one in kept[name].unique() if isinstance(one, str)]
        within = [one for one in distinct if _WITHIN.match(one.strip())]
        if within:
            hit = kept.index[kept[name].isin(within)]
            lines |= {int(line): str(within[0]) for line in hit}
    if not lines or len(lines) * 2 > len(kept):
        return []
    places = sorted(lines)
    cells = kept.loc[places[-1]].dropna()
    return [
        Finding(
            TOTAL_ROW,
            WARNING,
            ngettext(
                "Line {lines} seems to contain totals ('{cell}') or averages of other lines: it is "
                "not a sample.",
                "Lines {lines} seem to contain totals ('{cell}') or averages of other lines: they "
                "are not samples.",
                len(places),
                lines=format_list(places),
                cell=shorten(str(next((c for c in cells if isinstance(c, str)), cells.iloc[0]))),
            ),
            fixes=(
                option_fix(
                    ngettext(
                        "Leave line {lines} out",
                        "Leave lines {lines} out",
                        len(places),
                        lines=format_list(places),
                    ),
                    "skip_lines",
                    list(places),
                ),
            ),
        )
    ]


def _first_word(row: pd.Series) -> str:
    """The first text of a row, folded; "" where it has none."""
    words = (str(cell) for cell in row if isinstance(cell, str))
    return next(words, "").strip().casefold().rstrip(":.").removeprefix("ø ")


def _agrees(table: pd.DataFrame, place: int, statistic: str) -> bool:
    """Whether each number of a row is what a word says about the rows above."""
    numbers = table.select_dtypes("number")
    above, here = numbers.iloc[:place], numbers.iloc[place].dropna()
    if not len(here):
        return False
    told = above[list(here.index)].agg(statistic)
    return bool(((here - told).abs() <= 0.01 * told.abs() + 1e-9).all())


def _sums_up(table: pd.DataFrame, place: int) -> bool:
    """Whether each number of the last row is the sum, or each the mean, of those above."""
    kinds = zip(table.columns, table.dtypes, strict=True)
    names = (n for n, kind in kinds if kind.kind in "iuf" and table[n].iloc[place] != 0)
    sums = means = place >= 4
    seen = 0
    for name in names:
        here, above = float(table[name].iloc[place]), table[name].iloc[:place].astype("float64")
        if math.isnan(here):
            continue
        seen += 1
        # A mean is rounded as it is shown; of amounts that hardly differ each is near the mean.
        import numpy as np

        with np.errstate(all="ignore"):
            spread = 0.02 * float(above.std())
        total, mean = float(above.sum()), float(above.mean())
        sums = sums and abs(here - total) <= min(spread, 1e-3 * abs(total))
        means = means and abs(here - mean) <= min(spread, 0.0051 * abs(mean))
        if not (sums or means):
            return False
    return (sums and seen > 0) or (means and seen > 1)


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
    said = (
        _("Line {line} repeats the names of the columns.", line=places[0])
        if named
        else _(
            "Line {line} has words ({cells}) where all other lines have numbers: it may be a line "
            "of units.", line=places[0], cells=cells,
        )
    )  # fmt: skip
    if len(places) > 1:
        said += " " + ngettext(
            "{count} more line is similar.", "{count} more lines are similar.", len(places) - 1
        )
    return [
        Finding(
            "strange-row",
            WARNING,
            said,
            fixes=(
                option_fix(
                    _("Leave line {line} out", line=places[0])
                    if len(places) == 1
                    else ngettext(
                        "Leave this {count} line out", "Leave these {count} lines out", len(places)
                    ),
                    "skip_lines",
                    [int(line) for line in places],
                ),
            ),
        )
    ]
