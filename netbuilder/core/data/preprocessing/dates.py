"""Find implausible dates: two-digit years in the future, days that no calendar has."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from netbuilder.core.data.findings import (
    WARNING,
    DataEdit,
    Finding,
    exclude_columns_fix,
    option_fix,
)
from netbuilder.core.data.preprocessing.cells import day_comes_first
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.wording import format_quoted_list

if TYPE_CHECKING:
    import pandas as pd

IMPOSSIBLE = "impossible-dates"
TWO_DIGITS = "years-of-two-digits"
# Of 1.10.0, a version, no part has the two digits of a year.
_DATE = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{2,4}[-/.]\d{1,2}[-/.]\d{1,2}")
_SHORT = r"\d{1,2}[./-]\d{1,2}[./-]\d{2}(?!\d)"
# Before and after these years stand what programs write for "never" and "unknown".
_FIRST, _LAST = 1000, 2200
_LOOKED_AT, _FEWEST = 5000, 3
# A contract ends years after all others have begun; so much later ends none.
_LATEST = 20


def _missing_fix(name: str, cells: list[str]) -> DataEdit:
    label = _("Treat {words} as missing", words=format_quoted_list(cells, 3))
    return option_fix(label, "missing_values", {name: [str(cell) for cell in cells[:100]]})


def odd_dates(name: str, series: pd.Series, *, decided: bool) -> list[Finding]:
    """Return questions about a column of dates; ``decided``: the century is known."""
    import pandas as pd

    texts = series.dropna().astype(str).str.strip()
    texts = texts[texts != ""]
    first = [bool(_DATE.match(cell)) for cell in texts.head(50)]
    if len(first) < _FEWEST or sum(first) * 2 < len(first):
        return []
    texts = pd.Series(texts.unique()[:_LOOKED_AT])
    looks = texts.str.match(_DATE.pattern)
    known = texts[looks]
    if looks.mean() < 0.5:
        return []
    read = pd.to_datetime(
        known, errors="coerce", format="mixed", utc=True, dayfirst=day_comes_first(known)
    )
    if read.notna().mean() < 0.5:
        return []
    findings = []
    years = read.dt.year
    bad = [*known[read.isna() | (years < _FIRST) | (years > _LAST)], *texts[~looks]]
    if bad:
        findings.append(Finding(
            IMPOSSIBLE, WARNING,
            ngettext(
                "Column '{name}' contains dates, but {cells} is not a date.",
                "Column '{name}' contains dates, but {count} of its values are not dates: {cells}.",
                len(bad), name=name, cells=format_quoted_list(bad, 3),
            ),
            name,
            (
                _missing_fix(name, bad),
                exclude_columns_fix(name),
            ),
        ))  # fmt: skip
    this_year = date.today().year
    future = years[years.between(this_year + 1, _LAST) & ~known.str.match(_SHORT)]
    past = years[years <= this_year]
    few = len(future) <= max(1, 0.05 * len(years))
    if len(future) and few and future.min() > past.max() + _LATEST:
        cells = [*known[future.index]]
        findings.append(Finding(
            IMPOSSIBLE, WARNING,
            ngettext(
                "Column '{name}' has a date in the future, {cells}, while all others are in "
                "{year} or before: it may be a typing error.",
                "Column '{name}' has dates in the future, {cells}, while all others are in "
                "{year} or before: they may be typing errors.",
                len(cells), name=name, cells=format_quoted_list(cells, 3), year=int(past.max()),
            ),
            name,
            (_missing_fix(name, cells),),
        ))  # fmt: skip
    late = known[known.str.match(_SHORT) & (years > this_year) & (years <= _LAST)]
    if len(late) and not decided:
        cell = str(late.iloc[0])
        findings.append(Finding(
            TWO_DIGITS, WARNING,
            _(
                "Column '{name}' has years with two digits: '{cell}' is read as a day in {year}, "
                "which is in the future.",
                name=name, cell=cell, year=int(years[late.index[0]]),
            ),
            name,
            (
                option_fix(
                    _("Read two-digit years as {year} or earlier", year=this_year), "centuries",
                    {name: this_year - 99},
                ),
                option_fix(
                    _("Allow dates in the future"), "centuries", {name: this_year - 50}
                ),
            ),
        ))  # fmt: skip
    return findings
