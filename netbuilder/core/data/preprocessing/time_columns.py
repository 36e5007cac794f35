"""Find the time columns of a series: dates, dates and a clock, or numbers that count time."""

from __future__ import annotations

import re
import statistics
from collections.abc import Collection, Sequence
from datetime import date, datetime
from itertools import pairwise
from math import floor
from typing import TYPE_CHECKING

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.findings import (
    DataEdit,
    Finding,
    column_finding,
    exclude_columns_fix,
    option_fix,
)
from netbuilder.core.data.preprocessing.cells import (
    CLOCK,
    DAYS,
    MONTHS,
    NAMED_MONTH,
    dates_as_days,
    day_comes_first,
    is_numeric,
)
from netbuilder.core.data.preprocessing.column_parser import date_parser
from netbuilder.core.errors import DataError
from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_quoted_list

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


_LOOKED_AT = 200
_MAY_BE_A_DATE = rf"\d.*[-/.: ].*\d|{NAMED_MONTH}"
_COUNTS_TIME = re.compile(
    r"(?i)^(year|years|jahr|année|annee|año|anno|date|datum|day|time|timestamp|unix.?time|epoch|ts)$"
)
_TIMES = frozenset(resource_json("tables.json")["time_words"])
_STAMP = re.compile(
    r"\s*(\d{1,4})([-/.])(\d{1,2})(?:\2(\d{1,4}))?"
    r"(?:[T ]\s*(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d+)?)?)?\s*(?:Z|[+-]\d\d:?\d\d)?\s*"
)
# Of weekdays four steps in five are one day; months have 28 to 31.
_EVEN_SHARE, _EVEN_WITHIN = 0.75, 0.5
# Years, days written as 20241231, and seconds or milliseconds since 1970.
_YEARS, _SECONDS, _MILLISECONDS = (1000, 2999), (1e8, 1e11), (1e11, 1e14)


def is_time_name(name: str) -> bool:
    """Return whether a column's name is one for times: "time", "t (s)", "Date"."""
    return any(word in _TIMES for word in re.split(r"[^\w]+|_|\d+", name.lower()))


def date_column(table: pd.DataFrame, passed_over: Collection[str]) -> str:
    """Return the first column of dates, or ""."""

    for name in map(str, table.columns):
        series = table[name]
        if is_numeric(series) or name in passed_over:
            continue
        cells = series.dropna().astype(str).head(_LOOKED_AT)
        # "12" or "mon" are dates to pandas, but hardly to people; 12:30 is on no day.
        if len(cells) < 3 or not cells.str.contains(_MAY_BE_A_DATE).all():
            continue
        if cells.str.fullmatch(CLOCK).all():
            continue
        try:
            dates_as_days(cells, "", "")
        except DataError:
            continue
        return name
    return ""


def clock_column(table: pd.DataFrame, passed_over: Collection[str]) -> str:
    """Return the first column of times of the day, or ""."""
    for name in map(str, table.columns):
        if is_numeric(table[name]) or name in passed_over:
            continue
        cells = table[name].dropna().astype(str).head(_LOOKED_AT)
        if len(cells) >= 3 and cells.str.fullmatch(CLOCK).all():
            return name
    return ""


def counting_column(table: pd.DataFrame, passed_over: Collection[str]) -> str:
    """Return the first column of whole numbers whose name and values are times, or ""."""
    for name in map(str, table.columns):
        if name in passed_over or not _COUNTS_TIME.match(name) or not is_numeric(table[name]):
            continue
        values = table[name].dropna()
        if len(values) < 3 or not (values == values.round()).all():
            continue
        low, high = values.min(), values.max()
        if any(a <= low and high <= b for a, b in (_YEARS, DAYS, _SECONDS, _MILLISECONDS)):
            return name
    return ""


def rise_evenly(cells: Sequence[str]) -> bool:
    """Return whether texts are dates that rise, mostly by about the same step.

    Runs without pandas, which the window may not have loaded yet. Dates with an ambiguous order of
    day and month do not count.
    """
    read = [_STAMP.fullmatch(_with_month_number(cell)) for cell in cells]
    parts = [match.groups() for match in read if match is not None]
    if len(parts) < max(3, len(cells)):
        return False
    year_first = all(len(part[0]) == 4 and (part[3] or part[1] != ".") for part in parts)
    if not year_first and not all(part[3] and len(part[0]) <= 2 for part in parts):
        return False
    day_first = any(part[1] == "." or int(part[0]) > 12 for part in parts)
    if not year_first and not day_first and all(int(part[2]) <= 12 for part in parts):
        return False
    order = (0, 2, 3) if year_first else (3, 2, 0) if day_first else (3, 0, 2)
    try:
        times = [
            datetime(
                *(int(part[place] or 1) for place in order),  # type: ignore[arg-type]
                *(int(number or 0) for number in part[4:]),
            )
            for part in parts
        ]
    except ValueError:
        return False
    steps = [(after - before).total_seconds() for before, after in pairwise(times)]
    usual = statistics.median(steps)
    even = sum(abs(step - usual) <= _EVEN_WITHIN * usual for step in steps)
    back = [
        (after - datetime(1970, 1, 1)).total_seconds() / 86_400
        for before, after in pairwise(times)
        if after <= before
    ]
    few = odd_times(back, len(steps)) <= few_repeats(len(steps))
    return usual > 0 and few and even >= _EVEN_SHARE * len(steps)


def few_repeats(steps: int) -> int:
    """Return how many steps of a series may repeat or go back (end of summer time)."""
    return max(1, steps // 200)


def odd_times(days: Collection[float], steps: int) -> int:
    """Count times of a series of ``steps`` that repeat; few within an hour, as in autumn, are 1."""
    hours = {floor(day * 24 + 1e-4) for day in days}
    return len(hours) if len(days) * 12 <= steps else len(days)


def _with_month_number(cell: str) -> str:
    """Rewrite "Jan 2000" or "2000Q1" as "2000-1"; leave others unchanged."""
    words = cell.strip().lower()
    if not re.fullmatch(NAMED_MONTH, words):
        return cell
    year, quarter = re.findall(r"\d{4}", words)[0], re.search(r"q([1-4])", words)
    if quarter is not None:
        return f"{year}-{3 * int(quarter[1]) - 2}"
    return f"{year}-{1 + next(at for at, name in enumerate(MONTHS) if name in words)}"


def times_of(series: pd.Series, source: str) -> NDArray[np.float64]:
    """Return times as numbers (dates as days); raise DataError if a cell is empty or no date."""
    import numpy as np

    if series.isna().any():
        raise data_error(
            "order_column_empty", name=series.name, file=source, line=series.index[series.isna()][0]
        )
    return np.asarray(date_parser(series)(series, source).to_numpy(), np.float64)


def days_after(days: NDArray[np.float64], steps: int) -> NDArray[np.float64]:
    """Continue ``days`` by ``steps`` in their rhythm, float (steps,).

    Dates on one day of the month, or at months' ends, continue by months; others by their usual
    distance.

    ``days``: since 1970-01-01, rising, float (n,).
    """
    import numpy as np

    apart = np.diff(days)
    usual = float(np.median(apart)) if len(apart) else 1.0
    ahead = np.arange(1, steps + 1)
    dates = np.floor(days).astype("datetime64[D]")
    months = dates.astype("datetime64[M]").astype(int)
    of_month = dates.astype(int) - _first_days(months)
    left = _first_days(months + 1) - dates.astype(int)
    by_months = usual >= 28 and bool((days == np.floor(days)).all())
    if not by_months or not ((of_month == of_month[0]).all() or (left == left[0]).all()):
        return np.asarray(days[-1] + usual * ahead)
    later = months[-1] + ahead * round(usual / 30.44)
    if (of_month == of_month[0]).all():
        return np.asarray(_first_days(later) + of_month[0], np.float64)
    return np.asarray(_first_days(later + 1) - left[0], np.float64)


def _first_days(months: NDArray[np.int64]) -> NDArray[np.int64]:
    first: NDArray[np.int64] = months.astype("datetime64[M]").astype("datetime64[D]").astype(int)
    return first


def dates_of(days: NDArray[np.float64]) -> NDArray[np.datetime64]:
    """Convert days since 1970-01-01 to datetime64, in minutes unless all are at midnight."""
    import numpy as np

    if (days == np.floor(days)).all():
        return days.astype("datetime64[D]")
    return (days * 1440).round().astype("datetime64[m]")


#: How files write a date or a moment; what none of them gives is written as ISO says.
_WRITTEN = (
    "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%Y-%m", "%m/%Y", "%Y%m%d", "%Y",
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M",
)  # fmt: skip


def written_after(times: NDArray[np.float64], cells: Sequence[object], steps: int) -> list[str]:
    """Return the times that follow those of a column, formatted like its cells.

    ``times``: as ``times_of`` reads them, rising; ``cells``: their texts in the file.
    """
    import numpy as np

    texts = [str(cell) for cell in cells]
    if times.astype(str).tolist() == [str(float(t)) for t in texts if t.isdecimal()]:
        usual = round(float(np.median(np.diff(times)))) if len(times) > 1 else 1
        return [str(int(times[-1]) + usual * step) for step in range(1, steps + 1)]
    dates = dates_of(np.concatenate([times, days_after(times, steps)])).tolist()
    known, new = dates[: len(times)], dates[len(times) :]
    for form in _WRITTEN:
        if [date.strftime(form) for date in known] == texts:
            return [date.strftime(form) for date in new]
    return [date.isoformat() for date in new]


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
        findings.append(
            column_finding(
                IMPOSSIBLE,
                name,
                _missing_fix(name, bad),
                exclude_columns_fix(name),
                count=len(bad),
                cells=format_quoted_list(bad, 3),
            )
        )
    this_year = date.today().year
    future = years[years.between(this_year + 1, _LAST) & ~known.str.match(_SHORT)]
    past = years[years <= this_year]
    few = len(future) <= max(1, 0.05 * len(years))
    if len(future) and few and future.min() > past.max() + _LATEST:
        cells = [*known[future.index]]
        findings.append(
            column_finding(
                "impossible-dates:2",
                name,
                _missing_fix(name, cells),
                count=len(cells),
                cells=format_quoted_list(cells, 3),
                year=int(past.max()),
            )
        )
    late = known[known.str.match(_SHORT) & (years > this_year) & (years <= _LAST)]
    if len(late) and not decided:
        cell = str(late.iloc[0])
        findings.append(
            column_finding(
                TWO_DIGITS,
                name,
                option_fix(
                    _("Read two-digit years as {year} or earlier", year=this_year),
                    "centuries",
                    {name: this_year - 99},
                ),
                option_fix(_("Allow dates in the future"), "centuries", {name: this_year - 50}),
                cell=cell,
                year=int(years[late.index[0]]),
            )
        )
    return findings
