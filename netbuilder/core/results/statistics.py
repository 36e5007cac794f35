"""What an evaluation is worth: intervals, a baseline, calibration, groups, comparisons.

Shares of counted rows get Wilson's interval (JASA 1927), their means the one that follows from it
(Zou and Donner, 2008), errors the studentised bootstrap, differences of pairs the percentile
bootstrap over the rows (Efron, 1979), all at ``LEVEL``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.data_facts import MULTI_LABEL, REGRESSION
from netbuilder.core.data.dataset import Split
from netbuilder.core.data.registry import modality_of
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.error_texts import sentences_of
from netbuilder.core.results.evaluate import Evaluation, class_evaluation, number_evaluation
from netbuilder.core.results.forecast import series_ends
from netbuilder.core.results.own_units import parse_cell, preprocessing_of
from netbuilder.core.results.unusual_values import farthest_cells, number_cells, window_cells
from netbuilder.core.wording import did_you_mean, format_number, join_values

if TYPE_CHECKING:
    import pandas as pd

_sentence = sentences_of("results")

Array = NDArray[Any]
Interval = tuple[float, float]

LEVEL = 0.95
#: Smallest group that is evaluated.
FEWEST_ROWS = 5
_MOST_VALUES = 10
_TRIES, _CELLS = 1000, 20_000_000
#: Cells at a time: what fits into the processor's cache.
_BLOCK = 50_000
_MOST_PERMUTED = 20_000
#: Rows that an interval of errors needs for its coverage.
FEWEST_ERRORS = 10
_SMALL_SAMPLE = 6
#: An interval ends at these powers of e around the value: beyond them it says nothing.
_MOST_POWER = 50.0
_TINY = 1e-300


@dataclass(frozen=True)
class GroupScore:
    """The evaluation of the rows that share one value of a column.

    ``apart``: whether the difference to all other rows is significant at ``LEVEL``, corrected for
    the number of groups.
    """

    value: str
    samples: int
    metrics: Mapping[str, float]
    intervals: Mapping[str, Interval]
    apart: bool = False


@dataclass(frozen=True)
class Calibration:
    """How often predictions of a confidence are correct, in bins of equal width.

    ``confidence``: mean probability of the predicted class, by bin that has rows; ``accuracy``:
    share of these rows that is correct; ``samples``: rows of the bin; ``expected_error``: mean
    distance of the two, weighted by rows (Guo et al., ICML 2017).
    """

    confidence: tuple[float, ...]
    accuracy: tuple[float, ...]
    samples: tuple[int, ...]
    expected_error: float


def wilson(hits: int, rows: int) -> Interval:
    """Return Wilson's interval of a share."""
    _share, low, high = _wilson(np.array(hits), np.array(rows))
    return float(low), float(high)


def _wilson(hits: Array, rows: Array) -> tuple[Array, Array, Array]:
    """Return shares (0 of no rows) and the ends of their intervals, all shaped as ``hits``."""
    z2 = NormalDist().inv_cdf((1 + LEVEL) / 2) ** 2
    some, count = rows > 0, np.maximum(rows, 1)
    share = np.where(some, hits / count, 0.0)
    middle = (share + z2 / 2 / count) / (1 + z2 / count)
    half = np.sqrt(z2 * (share * (1 - share) / count + z2 / 4 / count**2)) / (1 + z2 / count)
    low = np.where(some & (hits > 0), middle - half, 0.0)
    high = np.where(some & (hits < rows), middle + half, 1.0)
    return share, low, high


def bootstrap(statistic: Callable[[Array], Array], rows: int, seed: int = 0) -> Interval:
    """Return the percentile interval of ``statistic``: row numbers (tries, rows) to (tries,)."""
    return _percentile_interval(_resampled(statistic, rows, np.random.default_rng(seed)))


def _resampled(
    statistic: Callable[[Array], Array], rows: int, random: np.random.Generator
) -> Array:
    """Return the statistic of many draws of ``rows`` rows with replacement."""
    tries = int(np.clip(_CELLS // max(rows, 1), 100, _TRIES))
    block = max(1, min(tries, _BLOCK // max(rows, 1)))
    draws = [
        statistic(random.integers(0, rows, (min(block, tries - first), rows)))
        for first in range(0, tries, block)
    ]
    return np.concatenate(draws)


def _percentile_interval(values: Array) -> Interval:
    low, high = np.quantile(values, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return float(low), float(high)


def intervals(evaluation: Evaluation) -> dict[str, Interval]:
    """Return the interval of each metric except the loss."""
    if evaluation.task == REGRESSION:
        return _of_numbers(evaluation)
    if evaluation.task == MULTI_LABEL:
        correct = np.asarray(evaluation.predictions == evaluation.truth).mean(axis=1)
        if correct.min() == correct.max() and correct[0] in (0, 1):
            return {"accuracy": wilson(int(correct.sum()), evaluation.samples)}
        return {"accuracy": bootstrap(lambda rows: correct[rows].mean(axis=1), evaluation.samples)}
    correct = np.asarray(evaluation.predictions == evaluation.truth)
    return {"accuracy": wilson(int(correct.sum()), evaluation.samples)} | _macro(evaluation)


def _of_numbers(evaluation: Evaluation) -> dict[str, Interval]:
    """Return the intervals of errors; {} of too few rows.

    Means of skewed errors make percentiles of resampled means too low: the bootstrap is studentised
    on a logarithmic scale (Hall, 1988), and widened by Weerahandi's interval of a lognormal mean
    where the errors may be lognormal. ``benchmarks/coverage.py`` measures the coverage.
    """
    off = np.abs(np.asarray(evaluation.predictions, float) - evaluation.truth).reshape(
        evaluation.samples, -1
    )
    mean, squared = off.mean(axis=1), off**2
    truth = np.asarray(evaluation.truth, float).reshape(evaluation.samples, -1)
    if evaluation.samples < FEWEST_ERRORS:
        return {}

    # Each returns the statistic of some draws, and the influence of each row.
    def absolute(rows: Array) -> tuple[Array, Array]:
        return mean[rows].mean(axis=1), mean[rows]

    def root(rows: Array) -> tuple[Array, Array]:
        # Of several columns the mean of their roots, as scikit-learn has it.
        drawn = squared[rows]
        roots = np.sqrt(drawn.mean(axis=1, keepdims=True))
        return roots.mean(axis=(1, 2)), (drawn / np.maximum(2 * roots, _TINY)).mean(axis=2)

    def unexplained(rows: Array) -> tuple[Array, Array]:
        drawn, wide = squared[rows], (truth[rows] - truth[rows].mean(axis=1, keepdims=True)) ** 2
        whole = np.maximum(wide.mean(axis=1, keepdims=True), _TINY)
        share = drawn.mean(axis=1, keepdims=True) / whole
        return share.mean(axis=(1, 2)), ((drawn - share * wide) / whole).mean(axis=2)

    result: dict[str, Interval] = {}
    if "mean_absolute_error" in evaluation.metrics:
        result["mean_absolute_error"] = _ratio_interval(absolute, mean)
    if "root_mean_squared_error" in evaluation.metrics:
        result["root_mean_squared_error"] = _ratio_interval(root, np.sqrt(squared.mean(axis=1)), 2)
    if "median_absolute_error" in evaluation.metrics:
        low, high = np.sort(off, axis=0)[list(_median_places(evaluation.samples))].mean(axis=1)
        result["median_absolute_error"] = float(low), float(high)
    if "r2_score" in evaluation.metrics and (truth.var(axis=0) > 0).all():
        low, high = _ratio_interval(unexplained, np.sqrt(squared.mean(axis=1)), 2, rooted=False)
        result["r2_score"] = 1 - high, 1 - low
    return result


def _ratio_interval(
    statistic: Callable[[Array], tuple[Array, Array]],
    errors: Array,
    power: int = 1,
    *,
    rooted: bool = True,
) -> Interval:
    """Return the interval of a positive statistic.

    ``statistic``: maps row numbers (tries, rows) to values (tries,) and to the influence of each
    row (tries, rows); ``errors``: of the rows; the statistic follows the mean of their ``power``;
    ``rooted``: whether it is the root of that mean.
    """
    count, random = len(errors), np.random.default_rng(0)

    def with_error(rows: Array) -> Array:
        values, moves = statistic(rows)
        return np.stack([values, moves.std(axis=1) / np.sqrt(count)], axis=1)

    ((value, error),) = with_error(np.arange(count)[None])
    if value == 0 or error == 0:
        return float(value), float(value)
    draws = _resampled(with_error, count, random)
    draws = draws[(draws > 0).all(axis=1)]
    scores = np.log(draws[:, 0] / value) * draws[:, 0] / draws[:, 1]
    # The correction is measured: ``benchmarks/coverage.py``.
    tail = (1 - LEVEL) / 2 * (1 - _SMALL_SAMPLE / count)
    powers = -np.quantile(scores, (1 - tail, tail)) * error / value
    low, high = np.exp(np.clip(powers, -_MOST_POWER, _MOST_POWER))
    below, above = _lognormal_mean(errors, power, tail, random)
    degree = power if rooted else 1
    return (
        float(value * min(low, below ** (1 / degree))),
        float(value * max(high, above ** (1 / degree))),
    )


@cache
def _median_places(count: int) -> tuple[int, int]:
    """Return the places of the sorted values that bound the median, as scipy's quantile test."""
    from scipy import stats

    low, high = stats.binom.ppf(((1 - LEVEL) / 2, (1 + LEVEL) / 2), count, 0.5)
    return max(0, int(low) - 1), min(count - 1, int(high))


def _lognormal_mean(
    errors: Array, power: int, tail: float, random: np.random.Generator
) -> Interval:
    """Return the interval of the mean of lognormal ``errors`` to a power, relative to that mean;
    (1, 1) if the errors are not lognormal (logarithms of normal errors are skewed to the left)."""
    if (errors <= 0).any():
        return 1.0, 1.0
    logs, count = power * np.log(errors), len(errors)
    off = logs - logs.mean()
    if (off**3).mean() < logs.var() ** 1.5 * -min(0.8, 3 * np.sqrt(6 / count)):
        return 1.0, 1.0
    spread = (count - 1) * logs.var(ddof=1) / random.chisquare(count - 1, _TRIES)
    means = logs.mean() + random.normal(size=_TRIES) * np.sqrt(spread / count) + spread / 2
    low, high = np.quantile(means - np.log(np.mean(errors**power)), (tail, 1 - tail))
    return float(np.exp(low)), float(np.exp(high))


def _macro(evaluation: Evaluation) -> dict[str, Interval]:
    """Return the intervals of the macro-averaged precision, recall and F1."""
    truth, predictions = np.asarray(evaluation.truth), np.asarray(evaluation.predictions)
    many = len(evaluation.labels)
    support, predicted = (
        np.bincount(truth, minlength=many),
        np.bincount(predictions, minlength=many),
    )
    hits = np.bincount(truth[truth == predictions], minlength=many)
    present = support > 0
    # F1 is 2j / (1 + j), j being the share of the correct ones of all rows that are of the class
    # or predicted as it. An error counts in two classes, so that their variances add up twice.
    j = np.array(_wilson(hits[present], (support + predicted - hits)[present]))
    f1 = 2 * j / (1 + j)
    return {
        "precision": _mean_interval(*_wilson(hits[present], predicted[present])),
        "recall": _mean_interval(*_wilson(hits[present], support[present])),
        "f1_score": _mean_interval(f1[0], f1[1], f1[2], counted=2),
    }


def _mean_interval(share: Array, low: Array, high: Array, counted: int = 1) -> Interval:
    """Return the interval of the mean of shares; each row is part of ``counted`` of them."""

    def spread(off: Array) -> float:
        return min(float(np.sqrt(counted * (off**2).sum())) / len(off), float(off.mean()))

    middle = float(share.mean())
    return max(middle - spread(share - low), 0.0), min(middle + spread(high - share), 1.0)


def per_class(evaluation: Evaluation) -> dict[str, dict[str, Any]]:
    """Return precision, recall, F1 and support of each class, rarest first, with intervals."""
    matrix = (
        None if evaluation.confusion_matrix is None else np.asarray(evaluation.confusion_matrix)
    )
    rows: dict[str, dict[str, Any]] = {}
    for index in sorted(
        range(len(evaluation.classes)), key=lambda at: evaluation.classes[at].support
    ):
        score = evaluation.classes[index]
        rows[score.label] = {
            "precision": score.precision,
            "recall": score.recall,
            "f1_score": score.f1,
            "support": score.support,
        }
        if matrix is not None:
            hits = int(matrix[index, index])
            rows[score.label]["intervals"] = {
                "precision": wilson(hits, int(matrix[:, index].sum())),
                "recall": wilson(hits, int(matrix[index].sum())),
            }
    return rows


def baseline(trained: TrainedModel, evaluation: Evaluation, output: str = "") -> dict[str, float]:
    """Return the metrics of predicting the training mean or the most frequent class; {} if the
    model does not hold these."""
    preprocessing = preprocessing_of(trained)
    target = preprocessing.outputs.get(output) or next(iter(preprocessing.outputs.values()))
    truth = np.asarray(evaluation.truth)
    if evaluation.task == REGRESSION:
        if len(target.mean) != truth.reshape(len(truth), -1).shape[1]:
            return {}
        guess = np.tile(np.asarray(target.mean, float), (len(truth), 1))
        known = number_evaluation(guess, truth.reshape(len(truth), -1))["metrics"]
        return dict(known)
    if len(target.mean) != len(evaluation.labels):
        return {}
    share = np.asarray(target.mean)
    if evaluation.task == MULTI_LABEL:
        return {"accuracy": float((truth == (share >= 0.5)).mean())}
    predictions = np.full(len(truth), int(share.argmax()))
    return dict(class_evaluation(predictions, truth, evaluation.labels, evaluation.task)["metrics"])


def calibration(evaluation: Evaluation, bins: int = 10) -> Calibration | None:
    """Return the calibration of the predicted classes; None without probabilities."""
    if evaluation.probabilities is None or evaluation.task == MULTI_LABEL:
        return None
    sure = np.asarray(evaluation.probabilities).max(axis=1)
    correct = np.asarray(evaluation.predictions == evaluation.truth)
    mean, share, counts = reliability(sure, correct, bins)
    error = float((np.abs(mean - share) * counts).sum() / len(sure))
    return Calibration(
        tuple(map(float, mean)), tuple(map(float, share)), tuple(map(int, counts)), error
    )


def reliability(sure: Array, correct: Array, bins: int) -> tuple[Array, Array, Array]:
    """Return the mean probability, the accuracy and the number of rows of each non-empty bin."""
    place = np.minimum((sure * bins).astype(np.int64), bins - 1)
    counts = np.bincount(place, minlength=bins)
    filled = counts > 0
    mean = np.bincount(place, sure, bins)[filled] / counts[filled]
    share = np.bincount(place, correct, bins)[filled] / counts[filled]
    return mean, share, counts[filled]


def out_of_range(
    trained: TrainedModel, raw: Mapping[str, Array], targets: Mapping[str, Array]
) -> list[dict[str, Any]]:
    """Return the columns with values far outside the training range, with counts and ranges.

    ``raw``: raw values by Input id, (n, ...); ``targets``: of the same rows by output id, (n,
    columns).
    """
    preprocessing = preprocessing_of(trained)
    entries = [("", cells) for cells in number_cells(preprocessing, raw)]
    entries += [("inputs", cells) for cells in window_cells(preprocessing, raw)]
    ends = series_ends(trained)
    if ends is not None and ends.output in targets:
        known = {column.name: column for column in preprocessing.inputs[ends.key].columns}
        ahead = np.split(np.asarray(targets[ends.output]), len(ends.targets), axis=1)
        for name, steps in zip(ends.targets, ahead, strict=True):
            if name in known:
                entries += [("targets", cells) for cells in farthest_cells(known[name], steps)]
    rows = []
    for which, cells in entries:
        if cells.far.any():
            values = cells.values[cells.far]
            row = {
                "column": cells.column.name,
                "samples": int(cells.far.sum()),
                "training": [cells.column.low, cells.column.high],
                "found": [float(values.min()), float(values.max())],
            }
            rows.append(row | {"values": which} if which else row)
    return rows


def far_words(group: Mapping[str, Any]) -> str:
    """Return a sentence about an entry of ``out_of_range``."""
    low, high = map(format_number, group["training"])
    values = {"column": group["column"], "low": low, "high": high}
    return {
        "": _sentence("column_outside", count=group["samples"], **values),
        "inputs": _sentence("inputs_outside", count=group["samples"], **values),
        "targets": _sentence("target_outside", count=group["samples"], **values),
    }[group.get("values", "")]  # fmt: skip


def part_of(evaluation: Evaluation, rows: NDArray[np.bool_]) -> Evaluation:
    """Return the evaluation of some of the rows, with the metrics computed again."""
    truth, predictions = (
        np.asarray(evaluation.truth)[rows],
        np.asarray(evaluation.predictions)[rows],
    )
    if evaluation.task == REGRESSION:
        scores = number_evaluation(predictions, truth)
    else:
        scores = class_evaluation(predictions, truth, evaluation.labels, evaluation.task)
    sure = None if evaluation.probabilities is None else evaluation.probabilities[rows]
    return replace(evaluation, **scores, samples=int(rows.sum()), predictions=predictions,
                   truth=truth, probabilities=sure, others={})  # fmt: skip


def by_group(evaluation: Evaluation, values: Array, seed: int = 0) -> tuple[GroupScore, ...]:
    """Return the evaluation of each group of rows, the largest group first.

    ``values``: (n,) the group of each row, as text; "" if it is unknown. Raise DataError if there
    are too many groups.
    """
    values = np.asarray(values, str)
    if len(values) != evaluation.samples:
        raise data_error("groups_do_not_fit", groups=len(values), rows=evaluation.samples)
    names, numbers, counts = np.unique(values, return_inverse=True, return_counts=True)
    if len(names) > max(50, evaluation.samples // FEWEST_ROWS):
        raise data_error("too_many_groups", count=len(names))
    differing = differing_groups(evaluation, numbers, seed)
    groups = []
    for place in np.argsort(-counts, kind="stable"):
        part = part_of(evaluation, values == names[place])
        metrics = {name: value for name, value in part.metrics.items() if name != "loss"}
        groups.append(
            GroupScore(
                str(names[place]),
                int(counts[place]),
                metrics,
                intervals(part),
                bool(differing[place]),
            )
        )
    return tuple(groups)


def group_values(
    trained: TrainedModel,
    split: Split,
    column: str,
    file: Path | None = None,
    *,
    like: Split | None = None,
    like_file: Path | None = None,
) -> Array:
    """Return the group of each evaluated row, (n,) texts: its value in ``column``.

    Numbers with more than ten different values are cut at the quartiles of ``like``.

    ``column``: a feature, the target, or any other column of the file; ``file``: the table that the
    rows come from, if it is available; ``like``: rows that give the quartiles; ``like_file``: the
    table that these come from, if it is another one.
    """
    cells = _column_cells(trained, split, column, file)
    other = cells if like is None else _column_cells(trained, like, column, like_file or file)
    return _as_groups(cells, other)


def _column_cells(trained: TrainedModel, split: Split, column: str, file: Path | None) -> pd.Series:
    import pandas as pd

    from netbuilder.core.data.prepare.inference_data import reading_of_model
    from netbuilder.core.data.readers.csv_reader import read_table

    preprocessing = preprocessing_of(trained)
    names = [entry.name for entry in preprocessing.columns]
    if file is not None and file.is_file() and split.index is not None:
        table = read_table(file, reading_of_model(trained.project.data, preprocessing))
        if column in table.columns:
            return table[column].reindex(split.index)
        names = [str(name) for name in table.columns]
    for key, target in preprocessing.outputs.items():
        if column in target.columns and target.classes and key in split.raw_y:
            return pd.Series([target.classes[int(number)] for number in split.raw_y[key]])
    for key, entry in preprocessing.inputs.items():
        flat, start = np.asarray(split.raw_x[key]).reshape(len(split), -1), 0
        for feature in modality_of(entry).row_columns(entry):
            if feature.name == column:
                cells = flat[:, start : start + len(feature.features)]
                if feature.kind == "category":
                    return pd.Series([parse_cell(feature, cell) for cell in cells])
                return pd.Series(cells[:, 0])
            start += len(feature.features)
    raise data_error(
        "group_column_unknown",
        column=column,
        hint=did_you_mean(column, names),
        columns=join_values(names[:12]) or "-",
    )


def _as_groups(cells: pd.Series, other: pd.Series) -> Array:
    """Return cells as groups: texts as they are, many numbers by the quartiles of ``other``."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(cells) and other.nunique() > _MOST_VALUES:
        ends = np.unique(other.quantile([0, 0.25, 0.5, 0.75, 1.0]).to_numpy())
        place = np.clip(np.searchsorted(ends, cells.to_numpy(), "right") - 1, 0, len(ends) - 2)
        names = [f"{low:g} – {high:g}" for low, high in pairwise(ends)]
        return np.where(cells.isna(), "", np.array(names)[place])
    if pd.api.types.is_numeric_dtype(cells):
        return np.array(["" if pd.isna(cell) else f"{cell:g}" for cell in cells])
    return np.array(["" if pd.isna(cell) else str(cell).strip() for cell in cells])


def _row_scores(evaluation: Evaluation) -> NDArray[np.float64]:
    """Return the score of each row: correct or not, or its absolute error."""
    truth = np.asarray(evaluation.truth).reshape(evaluation.samples, -1)
    predictions = np.asarray(evaluation.predictions).reshape(evaluation.samples, -1)
    if evaluation.task == REGRESSION:
        return np.asarray(np.abs(predictions - truth).mean(axis=1), float)
    return np.asarray((predictions == truth).mean(axis=1), float)


def differing_groups(evaluation: Evaluation, groups: Array, seed: int = 0) -> NDArray[np.bool_]:
    """Return which groups have another mean than all other rows, at ``LEVEL`` for all together.

    The largest difference is compared with the largest of each permutation (Westfall and Young,
    1993); with very many rows, a normal distribution with Bonferroni's correction is used.

    ``groups``: (n,) numbers of the rows' groups, from 0.
    """
    scores = _row_scores(evaluation)
    rows, counts = len(scores), np.bincount(groups)
    tested = (counts >= FEWEST_ROWS) & (counts <= rows - FEWEST_ROWS)
    spread = float(scores.std())
    if not tested.any() or spread == 0:
        return np.zeros(len(counts), bool)
    standard = (scores - scores.mean()) / spread
    error = np.sqrt(counts * (1 - counts / rows))

    def distances(values: Array) -> Array:
        places = np.arange(len(values))[:, None] * len(counts) + groups
        sums = np.bincount(places.ravel(), values.ravel(), len(values) * len(counts))
        far = np.abs(sums.reshape(len(values), -1)) / np.maximum(error, _TINY)
        return np.where(tested, far, 0.0)

    if rows > _MOST_PERMUTED:
        bound = NormalDist().inv_cdf(1 - (1 - LEVEL) / 2 / int(tested.sum()))
    else:
        random, block = np.random.default_rng(seed), max(1, _BLOCK // rows)
        largest = [
            distances(random.permuted(np.tile(standard, (size, 1)), axis=1)).max(axis=1)
            for size in (min(block, _TRIES - first) for first in range(0, _TRIES, block))
        ]
        bound = float(np.quantile(np.concatenate(largest), LEVEL, method="higher"))
    return np.asarray(distances(standard[None])[0] > bound * (1 + 1e-9))


def _of_same_rows(evaluation: Evaluation, other: Evaluation) -> bool:
    if np.shape(evaluation.truth) != np.shape(other.truth):
        return False
    if evaluation.task != REGRESSION:
        return np.array_equal(evaluation.truth, other.truth)
    # A network's truth was scaled in single precision, and back to the target's units.
    truth = np.asarray(evaluation.truth, float)
    return np.allclose(truth, other.truth, rtol=0, atol=1e-5 * max(float(truth.std()), 1e-30))


def paired_difference(first: Evaluation, other: Evaluation) -> Interval:
    """Return the interval of the gain of ``first`` over ``other``, in accuracy or mean absolute
    error.

    Raise DataError if they were not evaluated on the same rows.
    """
    if not _of_same_rows(first, other):
        raise data_error("other_rows")
    gain = _row_scores(first) - _row_scores(other)
    if first.task == REGRESSION:
        gain = -gain
    return bootstrap(lambda rows: gain[rows].mean(axis=1), first.samples)
