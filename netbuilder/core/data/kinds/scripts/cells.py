"""Cells of a table in pandas alone: exported scripts contain these functions.

They are self-contained and import pandas and NumPy only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netbuilder.core.data.preprocessing import number_text
from netbuilder.core.data.preprocessing.cells import (
    CLOCK,
    DAYS,
    SHORT_YEAR,
    TRUE,
    YEAR_FIRST,
    ZONE,
    day_comes_first,
    days_of,
)
from netbuilder.core.data.preprocessing.missing import MISSING_LABEL

if TYPE_CHECKING:
    import pandas as pd

YES = sorted(TRUE)
_OF_NUMBERS = (
    "BRACKETED", "CELL", "DIRECTIONS", "FOOT", "FRACTION", "GROUPED", "HALF_DAY", "LASTS", "POWER",
    "RAISED", "SIGNS", "TEXT_MARK", "TIME", "WIDE",
)  # fmt: skip
CONSTANTS = {
    "CLOCK": CLOCK, "DAYS": DAYS, "YEAR_FIRST": YEAR_FIRST, "ZONE": ZONE, "YES": YES,
    "MISSING_LABEL": MISSING_LABEL, "SHORT_YEAR": SHORT_YEAR,
    **{name: getattr(number_text, name) for name in _OF_NUMBERS},
}  # fmt: skip


# Scripts carry this function.
def days(dates: pd.Series, like: pd.Series) -> pd.Series:
    """Days since 1970-01-01; the column ``like`` tells whether the day comes first."""
    import pandas as pd

    if dates.dtype.kind in "iuf":
        if not like.dropna().between(*DAYS).all():
            return dates
        dates = dates.dropna().astype(int).astype(str)
        dates = pd.to_datetime(dates, format="%Y%m%d", errors="coerce")
        return (dates - pd.Timestamp(0)) / pd.Timedelta(days=1)
    numbers = days_of(dates.dropna(), day_first=day_comes_first(like))
    if numbers.isna().any():
        raise ValueError("Not all cells are dates.")
    return numbers


# Scripts carry this function.
def in_time(cells: pd.Series) -> pd.Series:
    """Numbers that put rows in order: dates as days; other texts by the alphabet."""
    try:
        return days(cells, cells)
    except ValueError:
        return cells.astype(str)


# Scripts carry this function.
def moments(cells: pd.Series) -> pd.Series:
    """Times as numbers: dates as days since 1970-01-01, also those written 20241231."""
    import pandas as pd

    if cells.dtype.kind in "iuf" and cells.dropna().between(*DAYS).all():
        dates = pd.to_datetime(cells.astype(int).astype(str), format="%Y%m%d", errors="coerce")
        return days(dates.astype(str), dates) if dates.notna().all() else cells
    return days(cells, cells)


# Scripts carry this function.
def is_true(words: pd.Series, like: pd.Series) -> pd.Series:
    """1 for yes and 0 for no, in the words of the column ``like``; missing values stay missing."""
    known = sorted(set(like.dropna().convert_dtypes().astype("string").str.strip()))
    true = [word for word in known if word.lower() in YES] or known[-1:]
    is_yes = words.convert_dtypes().astype("string").str.strip().isin(true)
    return is_yes.astype(float).where(words.notna())


# Scripts carry this function.
def stand_in(values: pd.Series, rule: str) -> Any:
    """Return the value that replaces the missing values of a column."""
    if rule == "category":
        return MISSING_LABEL
    if rule == "most_frequent" or values.dtype.kind not in "iuf":
        return values.mode()[0]
    return values.mean() if rule == "mean" else values.median()
