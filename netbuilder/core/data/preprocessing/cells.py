"""Cells of a table: numbers, labels, dates, yes and no."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.errors import DataError, DataFix
from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.wording import (
    LINE,
    format_list,
    format_number,
    format_quoted_list,
    join_sentences,
    shorten,
)

if TYPE_CHECKING:
    import pandas as pd

# Squares of larger numbers do not fit the network's 32-bit floats.
LARGEST = 1e18
_FEW_WORDS = 3
# A form's time stamp ends with it; what counts is the time that people saw on their clocks.
ZONE = r"\s{0,9}(GMT|UTC)\s{0,9}[+-]\d{1,2}(:?\d{2})?\s{0,9}$"
# Days that are written as one number: 20241231.
DAYS = (19_000_101, 21_001_231)
#: A date of which the cell alone may not tell whether the day or the month comes first.
SLASHED = re.compile(r"^(\d{1,2})[/-](\d{1,2})[/-](\d{4}|\d{2})(?!\d)")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"(?:{'|'.join(MONTHS)})[a-z]{{0,6}}"
#: A month or a quarter of a year: "Jan 2000", "2000 Jan", "2000Q1".
NAMED_MONTH = rf"(?i:\b{_MONTH}\.?[- ]\d{{4}}\b|\b\d{{4}}[- ]{_MONTH}\b|\b\d{{4}}[- ]?Q[1-4]\b)"
# "48.5, 9.25" and "18-24" are dates to pandas, but hardly to people.
_LIKE_A_DATE = rf"\d[-/.]\d{{1,2}}[-/.]\d|\d{{4}}[-/.]\d|\d[-/.]\d{{4}}|\d:\d|{NAMED_MONTH}"
#: A quarter of a year, 2024Q3 or 2024-Q3: its first month counts.
QUARTER = r"^\s*(\d{4})[- ]?Q([1-4])\s*$"
#: What begins with its year, such as 2024-01-06: month and day follow, wherever it was written.
YEAR_FIRST = r"\s*\d{4}\D"
#: A time of the day, on no day.
CLOCK = r"\s*\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?(\s*[AaPp]\.?[Mm]\.?)?\s*"
#: A character of Chinese or Japanese, which is about a word.
IDEOGRAPH = r"[\u3040-\u30ff\u3400-\u9fff]"
#: Names of columns of texts.
TEXT_NAMES = frozenset(resource_json("tables.json")["text_names"])
TRUE = frozenset(resource_json("tables.json")["true_words"])
_FALSE = frozenset(resource_json("tables.json")["false_words"])
#: What several spellings of yes and no in one column are read as.
YES, NO = "yes", "no"
#: A date with two digits for the year.
SHORT_YEAR = r"^(\d{1,2}[./-]\d{1,2}[./-])(\d{2})(?!\d)"


def is_numeric(series: pd.Series) -> bool:
    """Return whether pandas read the column as numbers (true and false count as 1 and 0)."""
    return series.dtype.kind in "iufb"


class NumberSummary(NamedTuple):
    """Statistics of a column; ``common`` is the smallest of the most frequent numbers."""

    low: float
    high: float
    mean: float
    median: float
    common: float
    whole: bool
    distinct: int


def number_summary(column: pd.Series) -> NumberSummary | None:
    """Summarise a column in NumPy, faster than pandas; None where it has no number."""
    import numpy as np

    values = column.to_numpy()
    if values.dtype.kind not in "iuf":
        values = column.to_numpy(np.float64, na_value=np.nan)
    known = values[~np.isnan(values)] if values.dtype.kind == "f" else values
    if not len(known):
        return None
    ranked = np.sort(known)
    begins = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]))
    often = begins[np.diff(begins, append=len(ranked)).argmax()]
    middle = float(ranked[(len(ranked) - 1) // 2]), float(ranked[len(ranked) // 2])
    with np.errstate(invalid="ignore", over="ignore"):
        return NumberSummary(
            float(ranked[0]), float(ranked[-1]), float(known.mean(dtype=np.float64)),
            sum(middle) / 2, float(ranked[often]), bool((ranked == np.floor(ranked)).all()),
            len(begins),
        )  # fmt: skip


def as_numbers(series: pd.Series, source: str) -> pd.Series | None:
    """Return the column as numbers, or None where it is text.

    Raises:
        DataError: at least half of the cells are numbers, but not all of them; or a number is
            infinite or too large.
    """
    import numpy as np
    import pandas as pd

    if is_numeric(series):
        return _finite(series.astype("float64"), source)
    # Of a million words few differ.
    places, distinct = pd.factorize(series)
    if not len(distinct):
        return series.astype("float64")
    words = pd.Series(distinct).astype(str).str.strip()
    read = pd.to_numeric(words, errors="coerce").to_numpy(np.float64)
    present, odd = places >= 0, np.append(np.isnan(read), False)[places]
    if odd.sum() * 2 > present.sum():
        return None
    if odd.any():
        bad = pd.Series(words.to_numpy()[places[odd]], series.index[odd], name=series.name)
        message = _(
            "Column '{name}' of {file} contains numbers, but line {line} has the text '{value}'.",
            name=series.name, file=source, line=bad.index[0], value=shorten(bad.iloc[0]),
        )  # fmt: skip
        if len(bad) > 1:
            more = ngettext(
                "{count} more row has a text.", "{count} more rows have texts.", len(bad) - 1
            )
            message = join_sentences((message, more))
        raise DataError(
            message,
            _(
                "Write a number in this cell, or leave the cell empty and choose how "
                "to handle missing values."
            ),
            fixes=_of_words(str(series.name), bad, int(present.sum())),
            code="text_among_numbers",
            short=ngettext(
                "{count} cell of '{name}' is not a number",
                "{count} cells of '{name}' are not numbers",
                len(bad),
                name=series.name,
            ),
        )
    numbers = np.append(read, np.nan)[places]
    return _finite(pd.Series(numbers, series.index, name=series.name), source)


def _of_words(name: str, bad: pd.Series, rows: int) -> tuple[DataFix, ...]:
    words = [str(word) for word in bad.unique()]
    lines = _skip_lines_fixes(bad)
    category = DataFix(
        _("Use '{name}' as a category", name=name), columns={name: {"type": "category"}}
    )
    if len(words) > _FEW_WORDS:
        return (category,)
    missing = DataFix(
        _("Treat {words} as missing", words=format_quoted_list(words)),
        {"missing_values": {name: words}},
    )
    # The ends of a scale, "1 - never" to "5 - always", stand in many rows.
    return (category, missing) if len(bad) * 5 >= rows else (missing, *lines, category)


def _skip_lines_fixes(bad: pd.Series) -> tuple[DataFix, ...]:
    """Return the fix that excludes the lines of these cells, where they are few."""
    if len(bad) > _FEW_WORDS or bad.index.name != LINE:
        return ()
    label = ngettext(
        "Leave line {lines} out", "Leave lines {lines} out", len(bad), lines=format_list(bad.index)
    )
    return (DataFix(label, {"skip_lines": [int(line) for line in bad.index]}),)


def _finite(numbers: pd.Series, source: str) -> pd.Series:
    import numpy as np

    if not (np.abs(numbers.to_numpy()) > LARGEST).any():
        return numbers
    huge = numbers[numbers.abs() > LARGEST]
    if len(huge):
        raise data_error(
            "number_too_large",
            name=numbers.name,
            file=source,
            line=huge.index[0],
            value=format_number(huge.iloc[0], "g"),
            fixes=_skip_lines_fixes(huge),
        )
    return numbers


def are_dated(cells: pd.Series) -> bool:
    """Return whether the first texts may be dates."""
    few = cells.head(50)
    return bool(len(few) and few.str.contains(_LIKE_A_DATE).all())


def are_dates(series: pd.Series) -> bool:
    """Return whether the first texts of a column all are dates or times."""
    few = series.dropna().head(50).astype(str)
    if not are_dated(few):
        return False
    try:
        dates_as_days(few, "", "dayfirst" if day_comes_first(few) else "")
    except DataError:
        return False
    return True


def are_sentences(series: pd.Series) -> bool:
    """Return whether the first texts of a column are long enough to be read as texts."""
    few = series.dropna().head(50).astype(str)
    if not len(few):
        return False
    letters = few.str.len() + 2 * few.str.count(IDEOGRAPH)
    named = str(series.name).strip().casefold() in TEXT_NAMES
    return bool(few.str.count(r"\s").mean() >= (0.7 if named else 2) or letters.mean() >= 20)


def texts_fix(name: str, **more: object) -> DataFix:
    """Return the fix that learns from the texts of a column."""
    return DataFix(
        _("Train on the texts in '{name}'", name=name), {"kind": "text", "text": name, **more}
    )


# Scripts carry this function.
def day_comes_first(series: pd.Series) -> bool:
    """Return whether a date such as 25/12/2024 or 25.12.2024 occurs."""
    texts = series.dropna().astype(str).str.strip()
    parts = texts.str.extract(r"^(\d{1,2})([./-])(\d{1,2})[./-]\d{2,4}")
    if parts[0].isna().all():
        return False
    if (parts[1] == ".").any():
        return True
    return bool((parts[0].astype("float64") > 12).any())


def day_first(series: pd.Series) -> pd.Series:
    """Rewrite dates such as 01/02/2024 with the day first: 01.02.2024."""
    texts = series.astype(str).str.strip().str.replace(SLASHED, r"\1.\2.\3", regex=True)
    return series.astype(object).where(series.isna(), texts)


# Scripts carry this function.
def in_one_century(series: pd.Series, first: int) -> pd.Series:
    """Read two-digit years as years in the century that starts at ``first``: 3/4/75 in 1975."""

    def whole(match: re.Match[str]) -> str:
        return f"{match[1]}{first + (int(match[2]) - first) % 100}"

    texts = series.astype(str).str.strip()
    texts = texts.str.replace(SHORT_YEAR, whole, regex=True)
    return series.astype(object).where(series.isna(), texts)


# Scripts carry this function.
def days_of(texts: pd.Series, *, day_first: bool) -> pd.Series:
    """Days since 1970-01-01, or the fraction of a day where all are times; NaN for no date."""
    import pandas as pd

    texts = texts.astype(str).str.replace(ZONE, "", regex=True)
    if texts.str.fullmatch(CLOCK).all():
        texts = "1970-01-01 " + texts.str.strip()
    dates = pd.to_datetime(texts, errors="coerce", dayfirst=day_first, format="mixed", utc=True)
    if day_first:
        # pandas would read 2024-01-06 as the first of June too.
        plain = pd.to_datetime(texts, errors="coerce", format="mixed", utc=True)
        dates = plain.where(texts.str.match(YEAR_FIRST), dates)
    return (dates - pd.Timestamp("1970-01-01", tz="UTC")) / pd.Timedelta(days=1)


def dates_as_days(series: pd.Series, source: str, style: str) -> pd.Series:
    """Return dates as days since 1970-01-01, fractions for the time of day; NaN where missing.

    A time without a day is a fraction. Numbers are days already, or years, or days such as
    20241231. Raise DataError if a cell is no date.
    """
    if is_numeric(series):
        return _days_of_numbers(series)
    present = series.dropna()
    texts = present.astype(str).str.replace(
        QUARTER, lambda match: f"{match[1]}-{3 * int(match[2]) - 2:02}", regex=True
    )
    days = days_of(texts, day_first=style == "dayfirst")
    bad = present[days.isna()]
    if len(bad):
        raise cell_error("date_invalid", bad, source)
    return days.reindex(series.index).astype("float64")


def has_times_only(low: float | None, high: float | None) -> bool:
    """Return whether dates from ``low`` to ``high`` are times of the day without a day."""
    return low is not None and high is not None and 0 <= low < high < 1


def format_clock(days: float) -> str:
    """Format a fraction of a day as "07:30", with seconds where there are any."""
    seconds = min(max(round(days * 86_400), 0), 86_399)
    hour, minute, second = seconds // 3600, seconds // 60 % 60, seconds % 60
    return f"{hour:02}:{minute:02}" + (f":{second:02}" if second else "")


def are_compact_dates(numbers: pd.Series) -> bool:
    """Return whether a column holds only days such as 20241231."""
    import pandas as pd

    known = numbers.dropna()
    if not len(known) or known.min() < DAYS[0] or known.max() > DAYS[1]:
        return False
    if (known != known.round()).any():
        return False
    texts = known.astype("int64").astype(str)
    return bool(pd.to_datetime(texts, format="%Y%m%d", errors="coerce").notna().all())


def _days_of_numbers(numbers: pd.Series) -> pd.Series:
    import pandas as pd

    if not are_compact_dates(numbers):
        return numbers.astype("float64")
    known = numbers.dropna().astype("int64").astype(str)
    days = (pd.to_datetime(known, format="%Y%m%d") - pd.Timestamp(0)) / pd.Timedelta(days=1)
    return days.reindex(numbers.index).astype("float64")


def as_label(value: object) -> str:
    """Return a class or category as text: whole numbers without a decimal point, text stripped."""
    import numpy as np

    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def labels_of(series: pd.Series) -> pd.Series:
    """Apply ``as_label`` to each cell, NaN where it is missing."""
    import numpy as np
    import pandas as pd

    if series.dtype == object and pd.api.types.infer_dtype(series, skipna=True) != "string":
        return series.map(as_label, na_action="ignore").astype(object)  # True is no 1
    places, distinct = pd.factorize(series)
    words = np.array([*map(as_label, distinct), np.nan], object)
    return pd.Series(words[places], series.index, object, str(series.name))


def sort_labels(labels: Iterable[str]) -> tuple[str, ...]:
    """Return distinct labels: numbers by size, text by the alphabet."""
    distinct = set(labels)
    try:
        return tuple(sorted(distinct, key=float))
    except ValueError:
        return tuple(sorted(distinct))


def boolean_words(series: pd.Series, source: str) -> tuple[str, str]:
    """Return the words of a column for (false, true); raise DataError if there are others."""
    texts = labels_of(series.dropna())
    words = sort_labels(texts.unique())
    false = [word for word in words if word.lower() in _FALSE]
    true = [word for word in words if word.lower() in TRUE]
    if len(words) == 2 and not (false and true):
        false, true = [words[0]], [words[1]]
    other = [word for word in words if word not in false and word not in true]
    if other:
        bad = texts[texts == other[0]]
        raise data_error(
            "boolean_invalid",
            name=series.name,
            file=source,
            line=bad.index[0],
            value=shorten(other[0]),
        )
    return ((false or ["false"])[0], (true or ["true"])[0])


def truth_spelling(cells: Iterable[str], *, learned: bool = False) -> dict[str, str]:
    """Return ``YES`` or ``NO`` for each word of a column with more than two spellings of them.

    Empty for other columns. ``learned``: the training column was read so; any number is accepted.
    """
    words = {cell.strip() for cell in cells}
    spellings = {
        word: YES if word.lower() in TRUE else NO for word in words if word.lower() in TRUE | _FALSE
    }
    if len(spellings) < len(words) or not spellings:
        return {}
    several = len({word.lower() for word in spellings}) > 2 and len(set(spellings.values())) == 2
    return spellings if learned or several else {}


def boolean_spellings(words: tuple[str, str]) -> dict[str, float]:
    """Return 0.0 or 1.0 for each spelling of a column with these words."""
    false, true = words
    spellings: dict[str, float] = {}
    for known, value in ((_FALSE, 0.0), (TRUE, 1.0)):
        for word in sorted(known):
            spellings |= dict.fromkeys((word, word.title(), word.upper()), value)
    return {**spellings, false: 0.0, true: 1.0}


def parse_booleans(series: pd.Series, words: tuple[str, ...], source: str) -> pd.Series:
    """Return 1.0 for true and 0.0 for false, NaN where missing; ``words`` are for (false, true).

    Raise DataError if a cell is neither.
    """
    texts = labels_of(series)
    false, true = words
    numbers = texts.map(
        lambda word: (
            1.0 if word == true or word.lower() in TRUE
            else 0.0 if word == false or word.lower() in _FALSE else float("nan")
        ),
        na_action="ignore",
    ).astype("float64")  # fmt: skip
    unknown = texts[numbers.isna() & texts.notna()]
    if len(unknown):
        raise cell_error("boolean_unknown", unknown, source, false=false, true=true)
    return numbers


def not_numbers_error(series: pd.Series, source: str) -> DataError:
    """Return the error about text in a column of numbers."""
    import pandas as pd

    present = series.dropna().astype(str)
    bad = present[pd.to_numeric(present, errors="coerce").isna()]
    return cell_error("column_not_numbers", bad, source)


def cell_error(code: str, wrong: pd.Series, source: str, **values: Any) -> DataError:
    """Return the error of ``code`` about the first of the ``wrong`` cells of a column.

    ``wrong``: the cells by their line in the file ``source``; ``values``: of the error's sentence.
    """
    cell = shorten(wrong.iloc[0])
    return data_error(code, name=wrong.name, file=source, line=wrong.index[0], value=cell, **values)
