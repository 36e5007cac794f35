"""Values outside the training range, and inputs that were scaled beforehand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.preprocessing.fitted_preprocessing import FittedColumn, Preprocessing
from netbuilder.core.data.preprocessing.missing import fill_missing
from netbuilder.core.data.registry import modality_of
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.error_texts import sentences_of
from netbuilder.core.i18n import noop as N_
from netbuilder.core.results.own_units import usual_range
from netbuilder.core.wording import format_number, format_quoted_list

if TYPE_CHECKING:
    import pandas as pd

_sentence = sentences_of("results")

RULES = ("error", "drop", "mean", "median", "most_frequent")


def with_missing_rule(trained: TrainedModel, rule: str) -> TrainedModel:
    """Return the network with ``rule`` for missing values of new rows."""
    if rule not in RULES:
        raise data_error("missing_rule_unknown", rule=rule, rules=format_quoted_list(RULES, 9))
    data = trained.project.data
    columns = {name: replace(choice, missing="") for name, choice in data.columns.items()}
    options = {**data.options, "missing": rule}
    inputs = {
        key: replace(entry, columns=tuple(fill_missing(column, rule) for column in entry.columns))
        for key, entry in trained.preprocessing.inputs.items()
    }
    return replace(
        trained,
        project=replace(
            trained.project, data=replace(data, columns=columns, options=options)
        ),
        preprocessing=replace(trained.preprocessing, inputs=inputs),
    )  # fmt: skip


Array = NDArray[Any]
_LITTLE_ROOM = 0.05  # the part of a column's range that lies between 0 and 1
_NEAR_SCALED = 0.05  # what a scaled file may go beyond 0 and 1: its rows are not the training's


@dataclass(frozen=True, eq=False)
class NumberCells:
    """A numeric column, float (n,), NaN if empty; which values are far from the training's."""

    column: FittedColumn
    values: NDArray[np.float64]
    far: NDArray[np.bool_]


def number_cells(preprocessing: Preprocessing, raw: Mapping[str, Array]) -> Iterator[NumberCells]:
    """Yield numeric columns with a known training range; ``raw`` by Input id, (n, ...)."""
    for key, entry in preprocessing.inputs.items():
        flat, start = np.asarray(raw[key]).reshape(len(raw[key]), -1), 0
        for column in modality_of(entry).row_columns(entry):
            if column.kind == "number" and column.low is not None and column.high is not None:
                low, high = usual_range(column.low, column.high)
                values = flat[:, start].astype(np.float64)
                yield NumberCells(column, values, (values < low) | (values > high))
            start += len(column.features)


def window_cells(preprocessing: Preprocessing, raw: Mapping[str, Array]) -> Iterator[NumberCells]:
    """Yield columns of a series with each window's most extreme value."""
    for key, entry in preprocessing.inputs.items():
        windows = np.asarray(raw[key])
        series = entry.source == "series" and windows.ndim == 3
        for place, column in enumerate(entry.columns if series else ()):
            yield from farthest_cells(column, windows[:, :, place])


def farthest_cells(column: FittedColumn, several: Array) -> Iterator[NumberCells]:
    """Yield the most extreme of several values (n, values) of a column."""
    if column.kind == "number" and column.low is not None and column.high is not None:
        low, high = usual_range(column.low, column.high)
        values = several.astype(np.float64)
        off = np.maximum(low - values, values - high)
        worst = np.argmax(np.nan_to_num(off, nan=-np.inf), axis=1)
        at = np.arange(len(values)), worst
        yield NumberCells(column, values[at], off[at] > 0)


def _all_cells(preprocessing: Preprocessing, raw: Mapping[str, Array]) -> Iterator[NumberCells]:
    yield from number_cells(preprocessing, raw)
    yield from window_cells(preprocessing, raw)


def is_out_of_range(preprocessing: Preprocessing, raw: Mapping[str, Array]) -> NDArray[np.bool_]:
    """Return which rows (n,) have a number far from the training range."""
    far = np.zeros(len(next(iter(raw.values()))), bool)
    for cells in _all_cells(preprocessing, raw):
        far |= cells.far
    return far


def unusual_sentences(
    preprocessing: Preprocessing, raw: Mapping[str, Array], sources: Sequence[str] = ()
) -> tuple[str, ...]:
    """Return sentences about numbers far outside the training range. ``sources``: names of the
    rows, such as "line 7", or empty."""
    notes = []
    for cells in _all_cells(preprocessing, raw):
        if not cells.far.any():
            continue
        column, first = cells.column, int(np.flatnonzero(cells.far)[0])
        value = format_number(float(cells.values[first]))
        low, high = format_number(column.low or 0.0), format_number(column.high or 0.0)
        if len(cells.far) == 1 or not sources:
            notes.append(
                _sentence("column_guess", column=column.name, value=value, low=low, high=high)
            )
            continue
        many = int(cells.far.sum())
        notes.append(
            _sentence(
                "column_far",
                count=many,
                column=column.name,
                total=format_number(len(cells.far), ","),
                value=value,
                place=sources[first],
                low=low,
                high=high,
            )
        )
    return tuple(notes)


def looks_scaled(preprocessing: Preprocessing, raw: Mapping[str, Array]) -> bool:
    """Return whether rows seem to have been scaled to 0 to 1 beforehand.

    All columns with a wider training range stay in 0 to 1, and in one of them that is unusual: no
    training row was there, or its numbers have decimals there. Zeros alone are no sign.
    """
    wide = [
        cells
        for cells in number_cells(preprocessing, raw)
        if cells.column.low is not None
        and cells.column.high is not None
        and (cells.column.low < -_NEAR_SCALED or cells.column.high > 1 + _NEAR_SCALED)
    ]
    within = (
        bool(((cells.values >= -_NEAR_SCALED) & (cells.values <= 1 + _NEAR_SCALED)).all())
        for cells in wide
    )
    return any(_oddly_small(cells) for cells in wide) and all(within)


def _oddly_small(cells: NumberCells) -> bool:
    low, high = cells.column.low or 0.0, cells.column.high or 0.0
    share = (1 - max(low, 0.0)) / (high - low)
    between = bool((cells.values != np.round(cells.values)).any())
    return bool(cells.far.all()) or (between and share < _LITTLE_ROOM)


def undo_scaling(table: pd.DataFrame, preprocessing: Preprocessing) -> pd.DataFrame:
    """Undo a ``MinMaxScaler`` fitted on the training rows."""
    restored = table.copy()
    for entry in preprocessing.inputs.values():
        for column in modality_of(entry).row_columns(entry):
            known = column.low is not None and column.high is not None
            if column.kind == "number" and known and column.name in restored:
                low, high = float(column.low or 0.0), float(column.high or 0.0)
                restored[column.name] = low + restored[column.name].astype("float64") * (high - low)
    return restored


#: Of a text that is all unknown words.
KNOWS_NOTHING = N_(
    "The network knows none of these words: it would predict the same for any other unknown words."
)


def has_no_known_words(numbers: Array) -> bool:
    """Return whether a text's ids are all unknown or padding."""
    return bool(np.any(numbers)) and bool(np.all(np.asarray(numbers) <= 1))
