"""Several trained networks side by side: the same numbers of each, and which is best."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_facts import REGRESSION
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import DataError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.results.evaluate import PENALISED, Evaluation, evaluate
from netbuilder.core.results.headline import metric_text
from netbuilder.core.wording import join_sentences, labelled

#: So much larger must the errors of large answers be to be told.
_GROWS = 1.8
_FEWEST = 20
#: A mean error of up to this part of the mean absolute error is none.
_LITTLE = 0.25


@dataclass(frozen=True, eq=False)
class Residuals:
    """One target column: ``truth``, ``answers`` and ``values`` (truth less answer, as in
    scikit-learn's ``PredictionErrorDisplay``), (n,) each, in own units; ``sentence`` in words;
    ``unit`` of the numbers, or ""."""

    column: str
    truth: NDArray[np.float64]
    answers: NDArray[np.float64]
    values: NDArray[np.float64]
    sentence: str
    unit: str = ""


def residuals(found: Evaluation, index: int = 0) -> Residuals:
    """The residuals of target column number ``index``.

    Raises:
        DataError: the network gives no numbers.
    """
    if found.task != REGRESSION:
        raise DataError(_("Residuals need numeric predictions; this network predicts classes."), "")
    truth = np.asarray(found.truth, float).reshape(found.samples, -1)[:, index]
    answers = np.asarray(found.predictions, float).reshape(found.samples, -1)[:, index]
    values = truth - answers
    column = (
        found.columns[index]
        if index < len(found.columns)
        else _("value {number}", number=index + 1)
    )
    told = partial(found.told, column=index)
    unit = found.units[index] if index < len(found.units) else ""
    sentence = _sentence(answers, values, told)
    if len(found.columns) > 1:
        sentence = labelled(column, sentence)  # the figures above it are of all columns
    return Residuals(column, truth, answers, values, sentence, unit)


def _sentence(
    answers: NDArray[np.float64], values: NDArray[np.float64], told: Callable[[float], str]
) -> str:
    whole = np.isfinite(values) & np.isfinite(answers)
    answers, values = answers[whole], values[whole]
    if not len(values):
        return _("No prediction is a number.")
    if len(values) < 2:
        return _("Too few samples to say whether predictions are too high or too low on average.")
    mean, wide = float(values.mean()), float(values.std())
    high_or_low = float(np.sign(values).sum()) * np.sign(mean)  # a sign test: one outlier is no tie
    error, size = told(abs(mean)), np.sqrt(len(values))
    if abs(mean) > 2 * wide / size or high_or_low > 2 * size:
        said = (
            _("Predictions are too low by {error} on average.", error=error)
            if mean > 0
            else _("Predictions are too high by {error} on average.", error=error)
        )
    elif not values.any() or (
        len(values) >= _FEWEST and abs(mean) <= _LITTLE * np.abs(values).mean()
    ):
        said = _("Predictions are neither too high nor too low on average.")
    else:
        said = _("Too few samples to say whether predictions are too high or too low on average.")
    spread = _("Standard deviation of the residuals: {deviation}.", deviation=told(wide))
    growth = ""
    if len(values) >= _FEWEST:
        order = np.argsort(answers, kind="stable")
        low, high = (np.abs(values[part]).mean() for part in np.array_split(order, 2))
        if high > _GROWS * low:
            growth = _("Large predictions have much larger errors than small ones.")
        elif low > _GROWS * high:
            growth = _("Small predictions have much larger errors than large ones.")
    return join_sentences((said, spread, growth))


#: Metrics of which more is better; of all others less is.
RISING = frozenset({"accuracy", "precision", "recall", "f1_score", "r2_score"})


@dataclass(frozen=True, eq=False)
class ComparedNetwork:
    """One network: its name, and its judgement, or why there is none."""

    name: str
    evaluation: Evaluation | None = None
    trouble: str = ""


@dataclass(frozen=True)
class MetricRow:
    """One metric of all networks in their order, None where it has none; ``texts``: as they are
    written, "" where it has none; ``best``: places of the best ones and of all that are written
    like them, empty where fewer than two have it or all are the same."""

    metric: str
    values: tuple[float | None, ...]
    texts: tuple[str, ...]
    best: tuple[int, ...] = ()


def evaluate_own_data(trained: TrainedModel, base: Path) -> Evaluation:
    """The judgement on the rows that the network's own data keeps aside.

    Raises:
        DataError: its data cannot be read, or keeps no rows aside.
    """
    from netbuilder.core.data.load import load_dataset

    dataset = load_dataset(trained.project, base)
    split = dataset.test if dataset.test is not None else dataset.validation
    if split is None or not len(split):
        raise DataError(
            _("The data has no test set to evaluate the network on."),
            _("Set a test split on the Data page."),
            code="no_test_set",
        )
    return evaluate(trained, split)


def metric_rows(found: Sequence[ComparedNetwork]) -> tuple[MetricRow, ...]:
    """Every metric that any of them has, in the order of the first that has it."""
    names: dict[str, None] = {}
    for one in found:
        names.update(dict.fromkeys(one.evaluation.metrics if one.evaluation else ()))
    rows = []
    for name in names:
        values = tuple(
            one.evaluation.metrics.get(name) if one.evaluation is not None else None
            for one in found
        )
        texts = tuple(
            metric_text(one.evaluation, name, value)
            if one.evaluation is not None and value is not None
            else ""
            for one, value in zip(found, values, strict=True)
        )
        best = () if name == "loss" and not same_losses(found) else _best(name, values, texts)
        rows.append(MetricRow(name, values, texts, best))
    return tuple(rows)


def _best(name: str, values: Sequence[float | None], texts: Sequence[str]) -> tuple[int, ...]:
    known = [value for value in values if value is not None and np.isfinite(value)]
    if len(known) < 2:
        return ()
    best = texts[values.index(max(known) if name in RISING else min(known))]
    if {text for text in texts if text} == {best}:
        return ()
    return tuple(place for place, text in enumerate(texts) if text == best)


def same_losses(found: Sequence[ComparedNetwork]) -> bool:
    """Whether "loss" is the same formula of all: the least of different ones is not the best."""
    names = {
        one.evaluation.loss_of
        for one in found
        if one.evaluation is not None and "loss" in one.evaluation.metrics
    }
    return len(names) < 2 and PENALISED not in names


def same_rows(found: Sequence[ComparedNetwork]) -> bool:
    """Whether all that were judged were judged on the same right answers."""
    truths = [np.asarray(one.evaluation.truth) for one in found if one.evaluation is not None]
    return all(
        one.shape == truths[0].shape and np.array_equal(one, truths[0]) for one in truths[1:]
    )
