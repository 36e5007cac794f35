"""Explanations of tables: permutation importance, partial dependence, nearest row."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.data_facts import MULTI_LABEL, REGRESSION
from netbuilder.core.data.preprocessing.fitted_preprocessing import FittedColumn
from netbuilder.core.data.registry import modality_of
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import DataError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.results.explain.explanation import Nearest, Response
from netbuilder.core.results.explain.explanation_target import ExplanationTarget, score_of
from netbuilder.core.results.own_units import parse_cell, predict_values, preprocessing_of
from netbuilder.core.results.predict import predict_raw
from netbuilder.core.wording import did_you_mean, format_list

Array = NDArray[Any]
Raw = Mapping[str, Array]
REPEATS = 5
MOST_ROWS = 2_000
GRID = 40
#: Correlation of replaceable columns; columns that are compared.
REPLACEABLE, _MOST_COLUMNS = 0.9, 100


def columns_of(trained: TrainedModel) -> dict[str, list[tuple[str, FittedColumn, slice]]]:
    """Return (Input id, column, features) of each column of a table by name."""
    columns: dict[str, list[tuple[str, FittedColumn, slice]]] = {}
    for key, entry in preprocessing_of(trained).inputs.items():
        start = 0
        for column in modality_of(entry).row_columns(entry):
            end = start + len(column.features)
            columns.setdefault(column.name, []).append((key, column, slice(start, end)))
            start = end
    if not columns:
        raise data_error("method_needs_table")
    return columns


def _flat(raw: Raw) -> dict[str, Array]:
    return {key: np.asarray(value).reshape(len(value), -1) for key, value in raw.items()}


def _shaped(flat: Raw, like: Raw) -> dict[str, Array]:
    return {key: value.reshape(-1, *like[key].shape[1:]) for key, value in flat.items()}


def permutation_importance(
    trained: TrainedModel,
    raw: Raw,
    truth: Array | None = None,
    seed: int = 0,
    *,
    together: Sequence[Sequence[str]] = (),
) -> dict[str, float]:
    """Return how much worse predictions are if a column is shuffled (Breiman, 2001).

    The mean of 5 shuffles by scikit-learn; the features of a column are shuffled together. Loss of
    accuracy for classes, growth of the mean absolute error for numbers; without ``truth`` against
    the predictions.

    Args:
        raw: raw values by Input id, (n, ...), at least two rows.
        truth: of the first output: class numbers (n,), or numbers (n, columns).
        together: columns shuffled as one, named by the first; else each column alone.
    """
    from sklearn.inspection import permutation_importance as shuffle

    places = columns_of(trained)
    if together:
        places = {
            names[0]: [place for name in names for place in places[name]] for names in together
        }
    count = len(next(iter(raw.values())))
    if count < 2:
        raise data_error("one_row_only")
    if count > MOST_ROWS:
        chosen = np.sort(np.random.default_rng(seed).choice(count, MOST_ROWS, replace=False))
        raw = {key: value[chosen] for key, value in raw.items()}
        truth = None if truth is None else truth[chosen]
        count = MOST_ROWS
    flat = _flat(raw)
    names = list(places)
    preprocessing = preprocessing_of(trained)
    output = next(iter(preprocessing.outputs))
    target = preprocessing.outputs[output]

    def answers(rows: Array) -> Array:
        """Predict with column j of sample i taken from sample ``rows[i, j]``."""
        moved = {key: value.copy() for key, value in flat.items()}
        for j, name in enumerate(names):
            for key, _unused, part in places[name]:
                moved[key][:, part] = flat[key][rows[:, j], part]
        values = predict_values(trained, preprocessing.apply_inputs(_shaped(moved, raw)))[output]
        if target.task == REGRESSION:
            return values.reshape(len(values), -1)
        return target.class_numbers(values)

    class Asked:
        """An estimator for scikit-learn."""

        def fit(self, *_: object) -> None:
            """Do nothing: the network is trained."""

    start = np.repeat(np.arange(count)[:, None], len(names), axis=1)
    right = answers(start) if truth is None else np.asarray(truth)
    if target.task == REGRESSION:
        right = right.reshape(count, -1)

    def goodness(_: object, rows: Array, right: Array) -> float:
        predictions = answers(np.asarray(rows, np.int64))
        if target.task in {REGRESSION, MULTI_LABEL}:
            return -float(np.abs(predictions - right).mean())
        return float((predictions == right).mean())

    shuffled = shuffle(
        Asked(), start, right, scoring=goodness, n_repeats=REPEATS, random_state=seed
    )
    return {n: float(v) for n, v in zip(names, shuffled.importances_mean, strict=True)}


def replaceable_pairs(trained: TrainedModel, raw: Raw) -> tuple[tuple[str, str, float], ...]:
    """Return pairs of columns that predict each other: (first, second, correlation), strongest
    first.

    The correlation (0.9 or more) is with the best linear prediction, or Spearman's if stronger; the
    weaker direction counts. Shuffled alone, both columns seem less important than they are.
    """
    flat = _flat(raw)
    features: dict[str, Array] = {}
    ranks: dict[str, Array] = {}
    for name, places in columns_of(trained).items():
        key, column, part = places[0]
        values = flat[key][:MOST_ROWS, part].astype(np.float64)
        values = np.where(np.isfinite(values), values, column.mean or 0.0)
        if np.ptp(values, axis=0).any():
            features[name] = values - values.mean(axis=0)
            order = values.argsort(axis=0).argsort(axis=0).astype(np.float64)
            ranks[name] = order - order.mean(axis=0)
    pairs = []
    for first, second in itertools.combinations(list(features)[:_MOST_COLUMNS], 2):
        left, other = features[first], features[second]
        both = min(_explained(left, other), _explained(other, left))
        if left.shape[1] == other.shape[1] == 1:
            both = max(both, _explained(ranks[first], ranks[second]))
        if both >= REPLACEABLE**2:
            pairs.append((first, second, float(both**0.5)))
    return tuple(sorted(pairs, key=lambda pair: -pair[2]))


def _explained(by: Array, values: Array) -> float:
    """Return the share of the variance of centred values explained linearly, 0 to 1."""
    left = values - by @ np.linalg.lstsq(by, values, rcond=None)[0]
    return float(1 - (left**2).sum() / (values**2).sum())


def against_typical(question: ExplanationTarget) -> dict[str, float]:
    """Return how far the prediction falls with each column's typical value, for one row."""
    falls: dict[str, float] = {}
    for name, places in columns_of(question.trained).items():
        sample = {k: np.array(v, np.float64).reshape(-1) for k, v in question.sample.items()}
        for key, column, part in places:
            sample[key][part] = _features(column, column.typical)
        pair = {
            key: np.stack([np.asarray(value).reshape(-1), sample[key]])
            for key, value in question.sample.items()
        }
        raw = {k: v.reshape(2, *np.shape(question.sample[k])) for k, v in pair.items()}
        preprocessing = preprocessing_of(question.trained)
        values = predict_values(question.trained, preprocessing.apply_inputs(raw))[question.output]
        here, typical = score_of(values, question)
        falls[name] = float(here - typical)
    return falls


def typical_cells(question: ExplanationTarget) -> dict[str, tuple[str, str]]:
    """Return by column the values that ``against_typical`` compares, in words."""
    cells: dict[str, tuple[str, str]] = {}
    for name, places in columns_of(question.trained).items():
        key, column, part = places[0]
        here = np.asarray(question.sample[key], np.float64).reshape(-1)[part]
        typical = _features(column, column.typical)
        cells[name] = parse_cell(column, here), parse_cell(column, typical)
    return cells


def _features(column: FittedColumn, value: object) -> Array:
    if column.kind == "category":
        return np.array([float(str(value) == category) for category in column.categories])
    if isinstance(value, (int, float)):
        return np.array([float(value)])
    if column.kind == "boolean" and str(value) in column.categories:
        return np.array([float(column.categories.index(str(value)))])
    return np.array([column.mean if column.mean is not None else 0.0])


def partial_dependence(question: ExplanationTarget, raw: Raw, column: str) -> Response:
    """Return the mean prediction over rows with ``column`` set to one value after another.

    Friedman, 2001. Numbers take 40 steps over the range of the training rows and of these; columns
    of 0 and 1 both values; categories all.
    """
    places = columns_of(question.trained)
    if column not in places:
        raise DataError(
            _("The network has no column '{name}'.", name=column),
            did_you_mean(
                column, list(places), _("Known names: {names}.", names=format_list(places, 12))
            ),
        )
    flat = _flat(raw)
    count = len(next(iter(flat.values())))
    if count > 200:
        chosen = np.linspace(0, count - 1, 200).astype(np.int64)
        flat = {key: value[chosen] for key, value in flat.items()}
        raw = {key: value[chosen] for key, value in raw.items()}
    key, first, part = places[column][0]
    grid: Sequence[float | str]
    if first.kind in {"category", "boolean"} and first.categories:
        grid = first.categories
    elif first.whole and (first.low, first.high) == (0, 1):
        grid = [0.0, 1.0]
    else:
        known = flat[key][:, part]
        known = np.append(
            known[np.isfinite(known)], [v for v in (first.low, first.high) if v is not None]
        )
        low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
        grid = [float(v) for v in np.linspace(low, high, GRID)]
    preprocessing = preprocessing_of(question.trained)
    rows = []
    for value in grid:
        moved = _with_value(flat, places[column], value)
        ready = preprocessing.apply_inputs(_shaped(moved, raw))
        rows.append(score_of(predict_values(question.trained, ready)[question.output], question))
    each = np.array(rows, np.float64)
    first_word, last_word = (
        value if isinstance(value, str) else parse_cell(first, np.array([value]))
        for value in (grid[0], grid[-1])
    )
    ends = (first_word, last_word)
    return Response(
        column, question.about, tuple(grid), each.mean(axis=1), ends, question.unit_beside,
        float(np.ptp(each, axis=0).mean()),
    )  # fmt: skip


def vary_column(
    trained: TrainedModel, sample: Mapping[str, Array], column: str, values: Sequence[float | str]
) -> dict[str, Array]:
    """Return a sample with ``column`` set to each value: raw values by Input id, (n, ...)."""
    raw = {key: np.asarray(value)[None] for key, value in sample.items()}
    flat, places = _flat(raw), columns_of(trained)[column]
    each = [_with_value(flat, places, value) for value in values]
    joined = {key: np.concatenate([features[key] for features in each]) for key in flat}
    return _shaped(joined, raw)


def _with_value(
    flat: Raw, places: Sequence[tuple[str, FittedColumn, slice]], value: float | str
) -> dict[str, Array]:
    moved = {name: values.copy() for name, values in flat.items()}
    for name, spec, where in places:
        moved[name][:, where] = _features(spec, value)
    return moved


def nearest_counterexample(question: ExplanationTarget, raw: Raw) -> Nearest | None:
    """Return the most similar row with another prediction, or None.

    Nearest by Euclidean distance of standardised model-ready features. Numbers must differ by more
    than the standard deviation of all predictions.
    """
    preprocessing = preprocessing_of(question.trained)
    predictions = predict_raw(question.trained, raw).outputs[question.output]
    alone = {k: np.asarray(v)[None] for k, v in question.sample.items()}
    own = predict_raw(question.trained, alone)
    mine = own.outputs[question.output]
    apart: float | None = None
    if predictions.task == REGRESSION:
        values = predictions.values.reshape(len(predictions.values), -1)[:, question.unit]
        here = float(mine.values.reshape(-1)[question.unit])
        apart = float(values.std())
        other = np.abs(values - here) > apart if len(values) > 1 else np.zeros(1, bool)
    else:
        other = np.array([label != mine.labels[0] for label in predictions.labels])
    if not other.any():
        return None
    ready = preprocessing.apply_inputs(raw)
    sample = preprocessing.apply_inputs(alone)
    distance = np.zeros(len(other))
    for key, rows in ready.items():
        flat = rows.reshape(len(rows), -1).astype(np.float64)
        wide = flat.std(axis=0)
        wide[wide == 0] = 1.0
        distance += (((flat - sample[key].reshape(1, -1)) / wide) ** 2).sum(axis=1)
    distance[~other] = np.inf
    row = int(distance.argmin())
    changes = {}
    for name, places in columns_of(question.trained).items():
        key, column, part = places[0]
        cell = parse_cell(column, np.asarray(question.sample[key]).reshape(-1)[part])
        there = parse_cell(column, np.asarray(raw[key])[row].reshape(-1)[part])
        if cell != there:
            changes[name] = (cell, there)
    units = question.target.column_units
    unit = units[question.unit] if apart is not None and units else ""
    return Nearest(row, predictions.text(row), changes, apart, unit)
