"""How the columns of a table become features."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.findings import empty_column_note, many_values_note, text_column_note
from netbuilder.core.data.kinds.scripts.cells import stand_in
from netbuilder.core.data.preprocessing.cells import (
    are_dates,
    cell_error,
    labels_of,
    number_summary,
    sort_labels,
)
from netbuilder.core.data.preprocessing.cleaning import normalize_word
from netbuilder.core.data.preprocessing.column_parser import ColumnParser, fit_parser
from netbuilder.core.data.preprocessing.fitted_preprocessing import FittedColumn
from netbuilder.core.data.preprocessing.missing import fill_missing, missing_rules
from netbuilder.core.data.recipe_options import (
    DEFAULT_LIMIT_MB,
    MAX_CATEGORIES,
    name_list_option,
    positive_option,
)
from netbuilder.core.project.model import ColumnChoice, Data
from netbuilder.core.wording import format_bytes, format_number, format_quoted_list, shorten

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

_CELL_BYTES = 8
_NO_CHOICES: Mapping[str, ColumnChoice] = {}


def make_columns(
    table: pd.DataFrame,
    options: Mapping[str, Any],
    source: str,
    choices: Mapping[str, ColumnChoice] = _NO_CHOICES,
) -> tuple[tuple[FittedColumn, ...], tuple[str, ...]]:
    """Fit each column; also return notes about excluded columns.

    ``choices`` are decisions about columns. A text column of at most ``MAX_CATEGORIES`` distinct
    values becomes a category; one with more is excluded with a note, unless it was decided or
    option "categories" names it. The rule for missing values gives each column's fill value; a
    category can be filled with its most frequent value or a category of its own only.
    """
    decided = set(name_list_option(options, "categories"))
    rules = missing_rules(Data(options=options, columns=choices), [str(n) for n in table.columns])
    columns: list[FittedColumn] = []
    notes: list[str] = []
    for name in table.columns:
        series = table[name]
        kind = choices.get(str(name), ColumnChoice()).type
        if series.isna().all():
            notes.append(empty_column_note(str(name)))
            continue
        if kind == "text":
            notes.append(text_column_note(str(name)))
            continue
        category = kind == "category" or (name in decided and kind not in {"date", "boolean"})
        parser = fit_parser(series, source, "category" if category else kind)
        if parser is not None:
            column = fitted_column(parser, series, source)
            columns.append(fill_missing(column, rules[str(name)]))
            continue
        texts = labels_of(series.dropna())
        values = sort_labels(texts.unique())
        if not category and len(values) > min(MAX_CATEGORIES, max(10, len(texts) // 2)):
            notes.append(many_values_note(str(name), shorten(texts.iloc[0]), are_dates(series)))
            continue
        common = str(stand_in(texts, "most_frequent"))
        column = FittedColumn(str(name), "category", values, typical=common, common=common)
        columns.append(fill_missing(column, rules[str(name)]))
    return tuple(columns), tuple(notes)


def check_room(
    columns: Sequence[FittedColumn], rows: int, options: Mapping[str, Any], source: str
) -> None:
    """Refuse categories whose one-hot features would exceed "memory_limit_mb" (1,024 MiB).

    Raise DataError if they would; the column with the most values is named.
    """
    limit = positive_option(options, "memory_limit_mb", DEFAULT_LIMIT_MB)
    widest = max(columns, key=lambda column: len(column.categories), default=None)
    features = sum(len(column.features) for column in columns if column.kind == "category")
    needed = rows * features * _CELL_BYTES
    if widest is None or needed <= limit * 2**20:
        return
    raise data_error(
        "category_too_large",
        name=widest.name,
        file=source,
        values=format_number(len(widest.categories), ","),
        rows=format_number(rows, ","),
        memory=format_bytes(needed),
        limit=format_number(limit, ",.0f"),
    )


def label_numbers(known: Mapping[str, int]) -> Callable[[str], float]:
    """Return a lookup of label numbers that ignores case, spaces and leading zeros."""
    by_fold: dict[str, list[int]] = {}
    for label, place in known.items():
        by_fold.setdefault(_alike(label), []).append(place)

    def code(label: object) -> float:
        exact = known.get(label) if isinstance(label, str) else None
        if exact is not None or not isinstance(label, str):
            return float("nan") if exact is None else exact
        like = by_fold.get(_alike(label), [])
        return like[0] if len(like) == 1 else float("nan")

    return code


def _alike(label: str) -> str:
    folded = normalize_word(label)
    return folded.lstrip("0") or "0" if folded.isdecimal() else folded


def with_range(column: FittedColumn, numbers: pd.Series) -> FittedColumn:
    """Return ``column`` with the range and typical values of ``numbers``."""
    known = number_summary(numbers)
    if known is None:
        return column
    return replace(
        column, low=known.low, high=known.high, typical=known.median, mean=known.mean,
        common=known.common, whole=known.whole,
    )  # fmt: skip


def fitted_column(parser: ColumnParser, series: pd.Series, source: str) -> FittedColumn:
    """Return the column with the range of its cells; raise DataError if one cannot be read."""
    column = FittedColumn(str(series.name), parser.kind, parser.words, style=parser.style)
    return with_range(column, parser(series, source))


def encode(
    table: pd.DataFrame, columns: Sequence[FittedColumn], source: str, *, strict: bool = False
) -> NDArray[np.float64]:
    """Return the features of a table, float64 (rows, features); categories are one-hot.

    A missing value takes the column's ``fill``; without one it stays NaN (a number) or all zeros (a
    category). A category unknown to the training rows is all zeros too. Raise DataError if there is
    text in a column of numbers, or, where ``strict``, an unknown category.
    """
    import numpy as np

    parts: list[NDArray[np.float64]] = []
    for column in columns:
        series = table[column.name]
        if column.kind != "category":
            parts.append(_numbers(series, column, source)[:, None])
            continue
        codes, unknown = _codes(series, column)
        if strict and len(unknown):
            categories = format_quoted_list(column.categories, 10)
            raise cell_error("category_unknown", unknown, source, values=categories)
        parts.append((codes[:, None] == np.arange(len(column.categories))).astype(np.float64))
    if not parts:
        return np.empty((len(table), 0))
    return np.concatenate(parts, axis=1)


def unknown_words(table: pd.DataFrame, columns: Sequence[FittedColumn]) -> dict[str, pd.Series]:
    """Return by column the cells whose categories the training rows did not contain."""
    unknown = {
        column.name: _codes(table[column.name], column)[1]
        for column in columns
        if column.kind == "category" and column.name in table
    }
    return {name: cells for name, cells in unknown.items() if len(cells)}


def _codes(series: pd.Series, column: FittedColumn) -> tuple[NDArray[np.float64], pd.Series]:
    """Return the number of each category, NaN where there is none, and the unknown cells."""
    import numpy as np
    import pandas as pd

    if column.fill is not None:
        series = series.astype(object).fillna(column.fill)
    texts = labels_of(series)
    known = {value: index for index, value in enumerate(column.categories)}
    # Of a million rows few words differ.
    places, words = pd.factorize(texts)
    codes = np.array([*map(label_numbers(known), words), np.nan], np.float64)[places]
    return codes, texts[np.isnan(codes) & texts.notna().to_numpy()]


def _numbers(series: pd.Series, column: FittedColumn, source: str) -> NDArray[np.float64]:
    import numpy as np

    numbers = column.parser(series, source)
    if isinstance(column.fill, float):
        numbers = numbers.fillna(column.fill)
    return np.asarray(numbers.to_numpy(), np.float64)
