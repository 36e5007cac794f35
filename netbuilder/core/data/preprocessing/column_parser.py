"""How the cells of one column become numbers, in a file of any size, a series or a prediction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netbuilder.core.data.preprocessing.cells import (
    CLOCK,
    as_numbers,
    boolean_words,
    dates_as_days,
    day_comes_first,
    is_numeric,
    not_numbers_error,
    parse_booleans,
)

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class ColumnParser:
    """Reads cells of one column as numbers: fitted to some rows, used for any others.

    Attributes:
        kind: "number", "date" (days since 1970-01-01; a time of the day is a fraction) or
            "boolean" (0 or 1).
        words: of a boolean column, for (false, true).
        style: of dates: "dayfirst" or "".
    """

    kind: str = "number"
    words: tuple[str, ...] = ()
    style: str = ""

    def __call__(self, series: pd.Series, source: str) -> pd.Series:
        """Return float64, NaN where a cell is empty; raise DataError if one cannot be read.

        ``source``: the file's name, for the error.
        """
        if self.kind == "date":
            return dates_as_days(series, source, self.style)
        if self.kind == "boolean":
            return parse_booleans(series, self.words, source)
        numbers = as_numbers(series, source)
        if numbers is None:
            raise not_numbers_error(series, source)
        return numbers


def date_parser(series: pd.Series) -> ColumnParser:
    """Return the parser of a column of dates; its cells tell whether the day comes first."""
    day_first = not is_numeric(series) and day_comes_first(series)
    return ColumnParser("date", style="dayfirst" if day_first else "")


def boolean_parser(series: pd.Series, source: str) -> ColumnParser:
    """Return the parser of yes and no; raise DataError if the column has other words."""
    return ColumnParser("boolean", boolean_words(series, source))


def fit_parser(series: pd.Series, source: str, decided_type: str = "") -> ColumnParser | None:
    """Return the parser of a column; None where it has words: categories or texts.

    ``decided_type``: "" or the user's choice. Raise DataError if cells contradict it, or if most of
    them are numbers, but not all.
    """
    if decided_type in {"category", "text"}:
        return None
    if decided_type == "date":
        return date_parser(series)
    if decided_type == "boolean":
        return boolean_parser(series, source)
    if is_numeric(series) or as_numbers(series, source) is not None:
        return ColumnParser()
    if decided_type == "number":
        raise not_numbers_error(series, source)
    clock = series.dropna().astype(str).str.fullmatch(CLOCK).all()
    return date_parser(series) if clock else None
