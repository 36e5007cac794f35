"""Comparison of trained networks by the same metrics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.data_facts import REGRESSION
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import DataError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.results.evaluate import PENALISED, Evaluation, evaluate
from netbuilder.core.results.headline import metric_text
from netbuilder.core.wording import join_sentences, labelled

#: Ratio from which errors of large predictions are called larger.
_GROWS = 1.8
_FEWEST = 20
#: A mean error up to this part of the mean absolute error is no bias.
_LITTLE = 0.25


@dataclass(frozen=True, eq=False)
class Residuals:
    """One target column: ``truth``, ``answers`` (predictions) and ``values`` (residuals), (n,)
    each, in the target's ``unit``; ``sentence`` sums them up."""

    column: str
    truth: NDArray[np.float64]
    answers: NDArray[np.float64]
    values: NDArray[np.float64]
    sentence: str
    unit: str = ""


def residuals(evaluation: Evaluation, index: int = 0) -> Residuals:
    """Return the residuals of target column ``index``; raise DataError without numbers."""
    if evaluation.task != REGRESSION:
        raise DataError(_("Residuals need numeric predictions; this network predicts classes."), "")
    truth = np.asarray(evaluation.truth, float).reshape(evaluation.samples, -1)[:, index]
    answers = np.asarray(evaluation.predictions, float).reshape(evaluation.samples, -1)[:, index]
    values = truth - answers
    column = (
        evaluation.columns[index]
        if index < len(evaluation.columns)
        else _("value {number}", number=index + 1)
    )
    with_unit = partial(evaluation.told, column=index)
    unit = evaluation.units[index] if index < len(evaluation.units) else ""
    sentence = _sentence(answers, values, with_unit)
    if len(evaluation.columns) > 1:
        sentence = labelled(column, sentence)  # the figures above it are of all columns
    return Residuals(column, truth, answers, values, sentence, unit)


def _sentence(
    answers: NDArray[np.float64], values: NDArray[np.float64], with_unit: Callable[[float], str]
) -> str:
    whole = np.isfinite(values) & np.isfinite(answers)
    answers, values = answers[whole], values[whole]
    if not len(values):
        return _("No prediction is a number.")
    if len(values) < 2:
        return _("Too few samples to say whether predictions are too high or too low on average.")
    mean, wide = float(values.mean()), float(values.std())
    high_or_low = float(np.sign(values).sum()) * np.sign(mean)  # a sign test: one outlier is no tie
    error, size = with_unit(abs(mean)), np.sqrt(len(values))
    if abs(mean) > 2 * wide / size or high_or_low > 2 * size:
        bias = (
            _("Predictions are too low by {error} on average.", error=error)
            if mean > 0
            else _("Predictions are too high by {error} on average.", error=error)
        )
    elif not values.any() or (
        len(values) >= _FEWEST and abs(mean) <= _LITTLE * np.abs(values).mean()
    ):
        bias = _("Predictions are neither too high nor too low on average.")
    else:
        bias = _("Too few samples to say whether predictions are too high or too low on average.")
    spread = _("Standard deviation of the residuals: {deviation}.", deviation=with_unit(wide))
    growth = ""
    if len(values) >= _FEWEST:
        order = np.argsort(answers, kind="stable")
        low, high = (np.abs(values[part]).mean() for part in np.array_split(order, 2))
        if high > _GROWS * low:
            growth = _("Large predictions have much larger errors than small ones.")
        elif low > _GROWS * high:
            growth = _("Small predictions have much larger errors than large ones.")
    return join_sentences((bias, spread, growth))


#: Metrics of which more is better; of all others less is.
RISING = frozenset({"accuracy", "precision", "recall", "f1_score", "r2_score"})


@dataclass(frozen=True, eq=False)
class ComparedNetwork:
    """A network's name with its evaluation, or the reason why there is none."""

    name: str
    evaluation: Evaluation | None = None
    trouble: str = ""


@dataclass(frozen=True)
class MetricRow:
    """One metric of all networks: values (or None), ``texts``, and the places of the ``best`` (all
    that read alike), empty with fewer than two values or if all are equal."""

    metric: str
    values: tuple[float | None, ...]
    texts: tuple[str, ...]
    best: tuple[int, ...] = ()


def evaluate_own_data(trained: TrainedModel, base: Path) -> Evaluation:
    """Evaluate a network on its held-out rows; raise DataError if it has none."""
    from netbuilder.core.data.load import load_dataset

    dataset = load_dataset(trained.project, base)
    split = dataset.test if dataset.test is not None else dataset.validation
    if split is None or not len(split):
        raise data_error("no_test_set:2")
    return evaluate(trained, split)


def metric_rows(networks: Sequence[ComparedNetwork]) -> tuple[MetricRow, ...]:
    """Return every metric that any network has."""
    names: dict[str, None] = {}
    for network in networks:
        names.update(dict.fromkeys(network.evaluation.metrics if network.evaluation else ()))
    rows = []
    for name in names:
        values = tuple(
            network.evaluation.metrics.get(name) if network.evaluation is not None else None
            for network in networks
        )
        texts = tuple(
            metric_text(network.evaluation, name, value)
            if network.evaluation is not None and value is not None
            else ""
            for network, value in zip(networks, values, strict=True)
        )
        best = () if name == "loss" and not same_losses(networks) else _best(name, values, texts)
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


def same_losses(networks: Sequence[ComparedNetwork]) -> bool:
    """Return whether "loss" has the same formula for all networks, so that it can be compared."""
    names = {
        network.evaluation.loss_of
        for network in networks
        if network.evaluation is not None and "loss" in network.evaluation.metrics
    }
    return len(names) < 2 and PENALISED not in names


def same_rows(networks: Sequence[ComparedNetwork]) -> bool:
    """Return whether all networks were evaluated on the same targets."""
    truths = [
        np.asarray(truth.evaluation.truth) for truth in networks if truth.evaluation is not None
    ]
    return all(
        truth.shape == truths[0].shape and np.array_equal(truth, truths[0]) for truth in truths[1:]
    )
