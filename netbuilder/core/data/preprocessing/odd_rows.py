"""Find rows that are no samples: totals, units, repeated headers."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from netbuilder.core.data.findings import (
    WARNING,
    DataEdit,
    Finding,
    column_finding,
    data_fix,
    option_fix,
)
from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.wording import format_list, format_quoted_list, join_sentences, shorten

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

_MOST = 20
TOTAL_ROW, NOTE_ROW = "total-row", "note-row"
# By language: English, German, Spanish, French, Italian, Portuguese, Dutch, the Nordic ones, the
# Slavic ones, Hungarian, Turkish, Greek, Arabic, Chinese, Japanese, Korean.
_TOTAL = frozenset(resource_json("tables.json")["total_words"])
_WITHIN = re.compile(r"(sub|sous|zwischen)[- ]?(total|summe)|partial sum|teilsumme", re.IGNORECASE)
_STATISTIC = frozenset(resource_json("tables.json")["statistic_words"])
# These are names of people and things too: the numbers must be what the word says.
_CHECKED = {"min": "min", "max": "max", "n": "count", "count": "count", "media": "mean"}


def odd_rows(
    table: pd.DataFrame,
    odd: Mapping[str, pd.Series],
    left_out: Collection[object],
    *,
    labelled_rows: str = "tell",
) -> tuple[list[Finding], list[int]]:
    """Return findings about rows that are no samples, and the rows to drop.

    ``odd``: by number column the cells with words; ``left_out``: lines that are not used;
    ``labelled_rows``: labelled totals are dropped ("drop"), reported ("tell") or used ("use").
    """
    notes = _note_lines(table, left_out)
    out = [*left_out, *notes]
    findings = []
    if notes:
        findings.append(_note_finding(notes, str(table.loc[notes[0]].dropna().iloc[0])))
    totals, labelled = _summary_rows(table, out)
    dropped = sorted(labelled) if labelled_rows == "drop" else []
    quiet = labelled if labelled_rows != "tell" else ()
    reported = [line for line in totals if line not in quiet]
    findings += [_summary_finding(table, dropped, dropped=True)] if dropped else []
    findings += [_summary_finding(table, reported, dropped=False)] if reported else []
    findings += _rows_with_words(table, odd, [*out, *dropped])
    return findings, dropped


def _summary_rows(table: pd.DataFrame, left_out: Collection[object]) -> tuple[list[int], set[int]]:
    """Return the lines that sum up others, and those with a label that no other line has."""
    if len(table) < 4:
        return [], set()
    gone = [line for line in left_out if line in table.index]
    remaining = table.drop(index=gone) if gone else table
    lines: dict[int, str] = {}
    sums: set[int] = set()
    for place in range(len(remaining) - 1, max(1, len(remaining) - 1 - _MOST), -1):
        word = _first_word(remaining.iloc[place])
        known = word in _TOTAL | _STATISTIC or (
            word.split(" ")[0] in (_TOTAL | _STATISTIC) - {"sum", *_CHECKED}
            and _may_sum_up(remaining, place)
        )
        # A category may be called so, too.
        if known and word and max(_often(remaining, remaining.iloc[place])) > 2:
            known = False
        if known and word in _CHECKED and not _agrees(remaining, place, _CHECKED[word]):
            known = False
        if not known and not (place == len(remaining) - 1 and _sums_up(remaining, place)):
            break
        lines[int(remaining.index[place])] = word
    for name in table.columns:
        if remaining[name].dtype.kind in "iufb":
            continue
        distinct = [cell for cell in remaining[name].unique() if isinstance(cell, str)]
        within = [cell for cell in distinct if _WITHIN.match(cell.strip())]
        if within:
            hit = remaining.index[remaining[name].isin(within)]
            lines |= {int(line): str(within[0]) for line in hit}
        if ends := [cell for cell in distinct if len(cell) < 60 and _TOTAL & _ends_of(cell)]:
            sums |= _block_sums(remaining, remaining[name].isin(ends).to_numpy())
    lines |= dict.fromkeys(sums, "")
    if not lines or len(lines) * 2 > len(remaining):
        return [], set()
    rest = remaining.drop(index=list(lines))
    labelled = {
        line for line, word in lines.items()
        if line in sums or ((word in _TOTAL | _STATISTIC or _WITHIN.match(word.strip()))
        and not any(rest[name].isin([cell]).any() for name, cell in remaining.loc[line].items()
                    if isinstance(cell, str)))
    }  # fmt: skip
    return sorted(lines), labelled


def _summary_finding(table: pd.DataFrame, lines: list[int], *, dropped: bool) -> Finding:
    cells = table.loc[lines[-1]].dropna()
    cell = shorten(str(next((c for c in cells if isinstance(c, str)), cells.iloc[0])))
    lines_text = format_list(lines)
    if dropped:
        label = ngettext("Use line {lines}", "Use lines {lines}", len(lines), lines=lines_text)
        fix, key = data_fix(label, total_rows="use"), TOTAL_ROW
    else:
        fix, key = _leave_out_fix(lines), "total-row:2"
    return column_finding(key, "", fix, count=len(lines), lines=lines_text, cell=cell)


def _note_lines(table: pd.DataFrame, left_out: Collection[object]) -> list[int]:
    """Return rows at the end with a single text where others are filled: source notes."""
    if len(table) < 4 or len(table.columns) < 3:
        return []
    end = table.tail(_MOST)
    lines: list[int] = []
    for place in range(len(end) - 1, -1, -1):
        line, cells = end.index[place], end.iloc[place].dropna()
        if line in left_out:
            continue
        if len(cells) != 1 or not isinstance(cells.iloc[0], str):
            break
        known = _first_word(cells).split(" ")[0] in _TOTAL | _STATISTIC
        if known or (table[cells.index[0]] == cells.iloc[0]).sum() > 1:
            break
        lines.insert(0, int(line))
    above = table.iloc[: len(table) - len(end)] if len(lines) == len(end) else end
    if not lines or above.drop(index=lines, errors="ignore").count(axis=1).median() < 3:
        return []
    return lines


def _note_finding(lines: list[int], cell: str) -> Finding:
    return column_finding(
        NOTE_ROW,
        "",
        _leave_out_fix(lines),
        count=len(lines),
        lines=format_list(lines),
        cell=shorten(cell),
    )


def _leave_out_fix(lines: list[int]) -> DataEdit:
    label = ngettext(
        "Leave line {lines} out", "Leave lines {lines} out", len(lines), lines=format_list(lines)
    )
    return option_fix(label, "skip_lines", list(lines))


def _first_word(row: pd.Series) -> str:
    """Return the first text of a row, folded; "" where it has none."""
    words = (str(cell) for cell in row if isinstance(cell, str))
    word = next(words, "").strip().casefold().rstrip(":.")
    return word.removeprefix("ø ") if word != "ø" else word


def _ends_of(cell: str) -> set[str]:
    """Return a label, folded, and its first and last word."""
    label = cell.strip().casefold().rstrip(":.")
    words = label.split()
    return {label, *words[:1], *words[-1:]}


def _block_sums(table: pd.DataFrame, labelled: NDArray[np.bool_]) -> set[int]:
    """Return the labelled lines whose numbers sum up rows: those since the previous such line, all
    above, or all below the first line."""
    import numpy as np

    numbers = table.select_dtypes("number").to_numpy(float)
    sums = np.cumsum(np.nan_to_num(numbers * ~labelled[:, None]), axis=0)
    lines, start = set(), np.zeros(numbers.shape[1])
    for place in np.flatnonzero(labelled).tolist():
        here = numbers[place]
        known = ~np.isnan(here) & (here != 0)
        blocks = [sums[-1]] if not place else [sums[place], sums[place] - start]
        close = max(int((np.abs(here - block) <= 1e-6 * np.abs(block) + 1e-9)[known].sum())
                    for block in blocks)  # fmt: skip
        if close and (close == known.sum() or close >= max(2, known.sum() / 2)):
            lines.add(int(table.index[place]))
        start = sums[place]
    return lines


def _often(table: pd.DataFrame, row: pd.Series) -> list[int]:
    """Return in how many rows each text of a row occurs."""
    return [int((table[name] == cell).sum()) for name, cell in row.items() if isinstance(cell, str)]


def _agrees(table: pd.DataFrame, place: int, statistic: str) -> bool:
    """Return whether each number of a row is the named statistic of the rows above."""
    numbers = table.select_dtypes("number")
    above, here = numbers.iloc[:place], numbers.iloc[place].dropna()
    if not len(here):
        return False
    expected = above[list(here.index)].agg(statistic)
    return bool(((here - expected).abs() <= 0.01 * expected.abs() + 1e-9).all())


def _may_sum_up(table: pd.DataFrame, place: int) -> bool:
    """Return whether a row can be a sum or a mean: "Total Wine" is a shop."""
    import numpy as np

    numbers = table.select_dtypes("number")
    above, here = numbers.iloc[:place].to_numpy(float), numbers.iloc[place].to_numpy(float)
    there = ~np.isnan(here)
    if not there.any():
        return True
    means = np.abs(here - np.nanmean(above, axis=0)) <= 0.02 * np.nanstd(above, axis=0)
    return bool((np.abs(here) > np.nanmax(np.abs(above), axis=0))[there].any() or means.any())


def _sums_up(table: pd.DataFrame, place: int) -> bool:
    """Return whether the last row's numbers, or most, are sums or means of those above."""
    import numpy as np

    numbers = table.select_dtypes("number")
    here = numbers.iloc[place].to_numpy(float)
    places = np.flatnonzero(~np.isnan(here) & (here != 0))
    if place < 4 or not len(places):
        return False
    sums = means = 0
    for number, at in enumerate(places):
        above = numbers.iloc[:place, int(at)].astype("float64")
        # A mean is rounded as it is shown; of amounts that hardly differ each is near the mean.
        with np.errstate(all="ignore"):
            spread = 0.02 * float(above.std())
        total, mean = float(above.sum()), float(above.mean())
        sums += abs(here[at] - total) <= min(spread, 1e-3 * abs(total))
        means += abs(here[at] - mean) <= min(spread, 0.0051 * abs(mean))
        if number >= 10 > 4 * max(sums, means):
            return False
    several = max(sums, means) * 2 >= max(len(places), 4)
    return several or sums == len(places) or 1 < means == len(places)


def _rows_with_words(
    table: pd.DataFrame, odd: Mapping[str, pd.Series], left_out: Collection[object]
) -> list[Finding]:
    if not odd:
        return []
    lines = {line for places in odd.values() for line in places.index[places]} - {*left_out}
    alike = all({*places.index[places]} >= lines for places in odd.values())
    named = all(str(table.at[line, name]).strip() == name for line in lines for name in odd)
    if not lines or len(lines) > _MOST or not alike or (len(odd) < 2 and not named):
        return []
    places = sorted(lines)
    cells = format_quoted_list([table.at[places[0], name] for name in odd], 3)
    message = (
        _("Line {line} repeats the names of the columns.", line=places[0])
        if named
        else _(
            "Line {line} has words ({cells}) where all other lines have numbers: it may be a line "
            "of units.", line=places[0], cells=cells,
        )
    )  # fmt: skip
    if len(places) > 1:
        more = ngettext(
            "{count} more line is similar.", "{count} more lines are similar.", len(places) - 1
        )
        message = join_sentences((message, more))
    return [
        Finding(
            "strange-row",
            WARNING,
            message,
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
