"""Columns of a table: which are numbers, which are categories, what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.prepare.preprocess import Column
from netbuilder.core.data.recipe_options import names
from netbuilder.core.errors import DataError, DataFix
from netbuilder.core.wording import listed, quoted, shown

if TYPE_CHECKING:
    import pandas as pd

MAX_CATEGORIES = 50
# Squares of larger numbers do not fit the network's 32-bit floats.
LARGEST = 1e18
MISSING_CHOICES = ("error", "drop", "mean")


def is_numeric(series: pd.Series) -> bool:
    """Whether pandas already read the column as numbers (true and false count as 0 and 1)."""
    return series.dtype.kind in "iufb"


def as_numbers(series: pd.Series, source: str) -> pd.Series | None:
    """The column as numbers, or None where it is text.

    Raises:
        DataError: at least half of the cells are numbers, but not all of them; or a number is
            infinite or too large.
    """
    import pandas as pd

    if is_numeric(series):
        return _finite(series.astype("float64"), source)
    present = series.dropna().astype(str).str.strip()
    if present.empty:
        return series.astype("float64")
    numbers = pd.to_numeric(present, errors="coerce")
    bad = present[numbers.isna()]
    if len(bad) * 2 > len(present):
        return None
    if len(bad):
        more = f" So it is in {len(bad) - 1} more rows." if len(bad) > 1 else ""
        raise DataError(
            f"Column '{series.name}' of {source} holds numbers, but line {bad.index[0]} "
            f"has the text '{shown(bad.iloc[0])}'.{more}",
            "Write a number there, or leave the cell empty and choose what is done with "
            "missing values.",
        )
    return _finite(numbers.reindex(series.index).astype("float64"), source)


def _finite(numbers: pd.Series, source: str) -> pd.Series:
    huge = numbers[numbers.abs() > LARGEST]
    if len(huge):
        raise DataError(
            f"Column '{numbers.name}' of {source} has a number in line {huge.index[0]} that is "
            f"too large to compute with ({huge.iloc[0]:g}).",
            "Correct it, or take the row out.",
        )
    return numbers


_MISSING_MENDS = (
    DataFix("Leave those rows out", {"missing": "drop"}),
    DataFix("Fill with the mean", {"missing": "mean"}),
)


def missing_cells(table: pd.DataFrame, source: str, rule: str) -> None:
    """Raise the one error that names every missing value, unless ``rule`` says what to do.

    Raises:
        DataError: values are missing and ``rule`` is "error"; or ``rule`` is none of
            "error", "drop" and "mean".
    """
    if rule not in MISSING_CHOICES:
        raise DataError(
            f"What is done with missing values is '{rule}', which does not exist.",
            f"Choose one of {quoted(MISSING_CHOICES)}.",
        )
    empty = table.isna()
    counts = empty.sum()
    counts = counts[counts > 0]
    if rule != "error" or counts.empty:
        return
    places = [
        f"column '{name}' in line{'s' if count > 1 else ''} {listed(table.index[empty[name]])}"
        for name, count in counts.items()
    ]
    if len(places) > 3:
        # "and 2 more" right after line numbers would seem to count lines.
        rest = quoted(list(counts.index)[3:])
        several = "s" if len(places) > 4 else ""
        places = [*places[:3], f"also in column{several} {rest}"]
    total = int(counts.sum())
    raise DataError(
        f"{total} value{'s are' if total > 1 else ' is'} missing in {source}: {'; '.join(places)}.",
        'Fill them in, or set "Missing values" to "drop" (leaves those rows out) or "mean" '
        "(puts the column's mean there).",
        mends=_MISSING_MENDS,
    )


def make_columns(
    table: pd.DataFrame, options: Mapping[str, Any], source: str
) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    """What each column is, and notes about columns that were left out.

    A text column of at most ``MAX_CATEGORIES`` distinct values becomes a category; one with
    more is left out with a note, unless option "categories" names it. Option "missing" =
    "mean" gives each column what fills its gaps: the mean, or a category's most frequent value.
    """
    wanted = set(names(options, "categories"))
    columns: list[Column] = []
    notes: list[str] = []
    for name in table.columns:
        series = table[name]
        if series.isna().all():
            notes.append(f"Column '{name}' is empty and was left out.")
            continue
        numbers = None if name in wanted else as_numbers(series, source)
        if numbers is not None:
            columns.append(
                Column(
                    str(name),
                    fill=float(numbers.mean()),
                    low=float(numbers.min()),
                    high=float(numbers.max()),
                    typical=float(numbers.median()),
                )
            )
            continue
        texts = series.dropna().map(as_label)
        values = in_order(texts.unique())
        if name not in wanted and len(values) > min(MAX_CATEGORIES, max(10, len(texts) // 2)):
            notes.append(
                f"Column '{name}' holds {len(values)} different texts "
                f"('{shown(texts.iloc[0])}', ...) and was left out."
            )
            continue
        fill = str(texts.mode().iloc[0])
        columns.append(Column(str(name), "category", values, fill, typical=fill))
    if options.get("missing", "error") != "mean":
        columns = [replace(column, fill=None) for column in columns]
    return tuple(columns), tuple(notes)


def as_label(value: object) -> str:
    """A class or category as text: whole numbers without a decimal point, text stripped."""
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def in_order(labels: Iterable[str]) -> tuple[str, ...]:
    """Distinct labels: numbers by size, text by the alphabet."""
    distinct = set(labels)
    try:
        return tuple(sorted(distinct, key=float))
    except ValueError:
        return tuple(sorted(distinct))


def encode(
    table: pd.DataFrame, columns: Sequence[Column], source: str, *, strict: bool = False
) -> NDArray[np.float64]:
    """The features of a table: numbers as they are, categories as one 0/1 feature a value.

    A missing value takes the column's ``fill``; one that has none stays NaN (a number) or all
    zeros (a category). A category that the training rows did not know is all zeros too, or,
    where ``strict``, an error.

    Returns:
        float64, (rows, features).

    Raises:
        DataError: text in a column of numbers, or (``strict``) an unknown category.
    """
    parts: list[NDArray[np.float64]] = []
    for column in columns:
        series = table[column.name]
        if column.kind == "number":
            parts.append(_numbers(series, column, source)[:, None])
            continue
        if column.fill is not None:
            series = series.astype(object).fillna(column.fill)
        texts = series.map(as_label, na_action="ignore")
        known = {value: index for index, value in enumerate(column.categories)}
        codes = texts.map(known).to_numpy(np.float64, na_value=np.nan)
        unknown = texts[np.isnan(codes) & texts.notna().to_numpy()]
        if strict and len(unknown):
            raise DataError(
                f"Column '{column.name}' of {source} has '{shown(unknown.iloc[0])}' in line "
                f"{unknown.index[0]}, which the training data did not hold.",
                f"It knows {quoted(column.categories, 10)}.",
            )
        parts.append((codes[:, None] == np.arange(len(known))).astype(np.float64))
    if not parts:
        return np.empty((len(table), 0))
    return np.concatenate(parts, axis=1)


def _numbers(series: pd.Series, column: Column, source: str) -> NDArray[np.float64]:
    numbers = as_numbers(series, source)
    if numbers is None:
        import pandas as pd

        present = series.dropna().astype(str)
        bad = present[pd.to_numeric(present, errors="coerce").isna()]
        raise DataError(
            f"Column '{column.name}' of {source} must hold numbers, but line {bad.index[0]} "
            f"has the text '{shown(bad.iloc[0])}'.",
            "Write numbers there.",
        )
    if isinstance(column.fill, float):
        numbers = numbers.fillna(column.fill)
    return np.asarray(numbers.to_numpy(), np.float64)
