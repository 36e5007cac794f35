"""Curves of a classifier: ROC, precision and recall, thresholds, calibration."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.catalog.training.training_index import TWO_TRAINING_VALUES
from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.data_facts import MULTI_LABEL, REGRESSION
from netbuilder.core.data.dataset import Dataset
from netbuilder.core.engine.monitor.diagnosis_rules import FEW_SAMPLES, overfitting_epoch
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.error_texts import sentences_of
from netbuilder.core.errors import DataError
from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.results.evaluate import MOST_NAMED, ClassScore, Evaluation, evaluate
from netbuilder.core.results.statistics import reliability, wilson
from netbuilder.core.wording import (
    correct_sentence,
    format_list,
    format_number,
    format_percent,
    format_probability,
    join_sentences,
)

_sentence = sentences_of("results")

Array = NDArray[Any]

#: Rows that a statement about generalisation needs.
FEWEST = 5


@dataclass(frozen=True, eq=False)
class ClassCurves:
    """One class against the rest, by scikit-learn's ``roc_curve``, ``precision_recall_curve``."""

    label: str
    false_positive: Array
    true_positive: Array
    auc: float
    precision: Array
    recall: Array
    average_precision: float
    share: float


@dataclass(frozen=True, eq=False)
class ThresholdScores:
    """The scores of predicting ``label`` from ``threshold`` on; ``matrix`` is int (2, 2), rows
    (other, label), columns the predictions."""

    label: str
    threshold: float
    matrix: NDArray[np.int64]
    accuracy: float
    precision: float
    recall: float
    f1: float
    false_positive: float


def _of_class(evaluation: Evaluation, index: int) -> tuple[Array, Array]:
    if evaluation.probabilities is None:
        raise data_error("no_probabilities")
    if evaluation.task == MULTI_LABEL:
        is_it = np.asarray(evaluation.truth)[:, index] > 0
    else:
        is_it = np.asarray(evaluation.truth) == index
    return is_it, np.nan_to_num(evaluation.probabilities[:, index])


def first_class(evaluation: Evaluation) -> int:
    """Return the second of two classes (the positive one); else the first of only some rows."""
    numbers = range(len(evaluation.labels))
    if evaluation.probabilities is None:
        return 0
    mixed = [n for n in numbers if 0 < int(_of_class(evaluation, n)[0].sum()) < evaluation.samples]
    if len(evaluation.labels) == 2:
        return 1
    return mixed[0] if mixed else 0


def class_curves(evaluation: Evaluation, index: int) -> ClassCurves:
    """Return the curves of class number ``index``.

    Raise DataError if there are no probabilities, or no row, or every row, is of the class.
    """
    from sklearn import metrics

    is_it, sure = _of_class(evaluation, index)
    label = evaluation.labels[index]
    if not is_it.any() or is_it.all():
        message = (
            _("Every row is “{label}”, so there is no curve.", label=label)
            if is_it.all()
            else _("No row is “{label}”, so there is no curve.", label=label)
        )
        raise DataError(message, _("Evaluate on other rows."), code="curve_needs_two_classes")
    false, true, _unused = metrics.roc_curve(is_it, sure)
    precision, recall, _unused = metrics.precision_recall_curve(is_it, sure)
    return ClassCurves(
        label,
        false,
        true,
        float(metrics.auc(false, true)),
        precision,
        recall,
        float(metrics.average_precision_score(is_it, sure)),
        float(is_it.mean()),
    )


def at_threshold(evaluation: Evaluation, index: int, threshold: float) -> ThresholdScores:
    """Return the scores of a class at a probability ``threshold``; DataError without any."""
    is_it, sure = _of_class(evaluation, index)
    predicted = sure >= threshold
    hit, missed = int((predicted & is_it).sum()), int((~predicted & is_it).sum())
    false, left = int((predicted & ~is_it).sum()), int((~predicted & ~is_it).sum())
    precision = hit / (hit + false) if hit + false else 0.0
    recall = hit / (hit + missed) if hit + missed else 0.0
    both = precision + recall
    return ThresholdScores(
        evaluation.labels[index],
        threshold,
        np.array([[left, false], [missed, hit]]),
        (hit + left) / max(len(is_it), 1),
        precision,
        recall,
        2 * precision * recall / both if both else 0.0,
        false / (false + left) if false + left else 0.0,
    )


def classes_at(at: ThresholdScores, labels: tuple[str, ...]) -> tuple[ClassScore, ...]:
    """Return the score of each of two classes at a threshold."""

    def score(label: str) -> ClassScore:
        own = int(label == at.label)
        hit, predicted, rows = at.matrix[own, own], at.matrix[:, own].sum(), at.matrix[own].sum()
        if not rows:
            return ClassScore(label, math.nan, math.nan, math.nan, 0)
        f1 = 2 * hit / (predicted + rows)
        return ClassScore(label, hit / predicted if predicted else 0.0, hit / rows, f1, int(rows))

    return tuple(score(label) for label in labels)


def calibration_curve(
    evaluation: Evaluation, index: int, bins: int = 10
) -> tuple[Array, Array, Array]:
    """Return mean probability, share and rows of non-empty bins; DataError without any."""
    is_it, sure = _of_class(evaluation, index)
    return reliability(sure, is_it, bins)


def evaluate_parts(trained: TrainedModel, dataset: Dataset) -> dict[str, Evaluation]:
    """Evaluate the training, validation and test rows, as far as they exist."""
    parts = {"training": dataset.train, "validation": dataset.validation, "test": dataset.test}
    return {
        name: evaluate(trained, split)
        for name, split in parts.items()
        if split is not None and len(split)
    }


def overfits_since(trained: TrainedModel) -> int:
    """Return the epoch since which the network overfits; 0 if not, or with earlier weights kept."""
    loss, val_loss = (np.asarray(trained.history.get(name, ())) for name in ("loss", "val_loss"))
    if trained.kept_epoch or len(loss) != len(val_loss) or not len(loss):
        return 0
    since = overfitting_epoch(loss, val_loss)
    return (trained.best_epoch or since) if since else 0


def gap_sentence(parts: Mapping[str, Evaluation], overfits: int = 0) -> str:
    """Return whether the network overfits, in words; "" if that cannot be said.

    ``parts``: evaluations by split; ``overfits``: as ``overfits_since`` returns it.
    """
    if "training" not in parts or len(parts) < 2:
        return ""
    known = parts["training"]
    name = "test" if "test" in parts else "validation"
    other = parts[name]
    if "accuracy" in known.metrics:
        here, there = known.metrics["accuracy"], other.metrics["accuracy"]
        sentence = _(
            N_("Correct predictions: {training} of the training rows, {other} of the test rows.")
            if name == "test"
            else N_(
                "Correct predictions: {training} of the training rows, {other} of the "
                "validation rows."
            ),
            training=format_percent(here),
            other=format_percent(there),
        )
        if here <= known.baseline:
            return sentence  # what predicts no better than one class has memorised nothing
    else:
        here, there = (part.metrics["mean_absolute_error"] for part in (known, other))
        sentence = _(
            N_("Mean absolute error: {training} on training rows, {other} on test rows.")
            if name == "test"
            else N_(
                "Mean absolute error: {training} on training rows, {other} on validation rows."
            ),
            training=known.told(here),
            other=known.told(there),
        )
    if other.samples < FEWEST:
        few = (
            _sentence("few_test_rows", count=other.samples)
            if name == "test"
            else _sentence("few_validation_rows", count=other.samples)
        )
        return join_sentences((sentence, few))
    worse, apart = _gap(known, other)
    validation = parts.get("validation")
    if (
        apart
        and name == "test"
        and validation is not None
        and validation.samples >= FEWEST
        and not _gap(known, validation)[0]
    ):
        end = _sentence("test_differs")
        later = _("They are later in time: the series may have changed.")
        end = join_sentences(
            (end, later if other.naive_errors else _("Look at the results by group."))
        )
    elif apart:
        end = _("The network has memorised its training rows (overfitting).")
    elif overfits and ("validation" not in parts or parts["validation"].samples >= FEW_SAMPLES):
        end = _sentence("memorises_since", epoch=overfits)
    elif worse:
        end = _("New rows are predicted worse, but with so few of them this may be chance.")
    elif _clearly_larger(known, other):
        end = _sentence("small_errors", guess=_(other.guess))
    else:
        end = _("The network predicts new rows about as well as its training rows.")
    return join_sentences((sentence, end))


def _gap(known: Evaluation, other: Evaluation) -> tuple[bool, bool]:
    """Return whether other rows are predicted worse than the training rows beyond chance."""
    if "accuracy" in known.metrics:
        here, there = (part.metrics["accuracy"] for part in (known, other))
        # The interval that stands beside the test's accuracy: what lies in it may be chance.
        _low, highest = wilson(round(there * other.samples), other.samples)
        return here - there > 0.05, here - there > 0.05 and here > highest
    here, there = (part.metrics["mean_absolute_error"] for part in (known, other))
    # Of a very good network the gap is small all the same, beside what a guess is off by.
    worse = there > 1.3 * here and there - here > 0.05 * other.baseline
    return worse, worse and _clearly_larger(known, other)


def _clearly_larger(known: Evaluation, other: Evaluation) -> bool:
    """Return whether the mean error on other rows is a third larger, and by more than chance."""
    if "accuracy" in known.metrics:
        return False
    here, there = (part.metrics["mean_absolute_error"] for part in (known, other))
    apart = there - here > 2 * float(np.hypot(_error(known), _error(other)))
    return there > 1.3 * here and apart


def _error(evaluation: Evaluation) -> float:
    off = np.abs(np.asarray(evaluation.predictions, float) - evaluation.truth).reshape(
        evaluation.samples, -1
    )
    return float(off.mean(axis=1).std() / np.sqrt(max(evaluation.samples, 1)))


def _of(evaluation: Evaluation) -> str:
    if len(evaluation.columns) > MOST_NAMED:  # an autoencoder's pixels: their names say nothing
        return _("the {count} numbers", count=format_number(len(evaluation.columns), ","))
    return format_list(evaluation.columns) if evaluation.columns else _("the target")


#: Metric → what its value means, in the data's own units; "name:2" under another condition.
MEANINGS: Mapping[str, str] = resource_json("texts.json")["metric_meanings"]


def metric_meaning(name: str, value: float, evaluation: Evaluation) -> str:
    """Return a sentence about what a metric says; "" if it is unknown."""
    if name == "accuracy":
        return correct_sentence(value)
    is_second = value <= 0 if name == "r2_score" else len(evaluation.columns) > 1
    text = (MEANINGS.get(f"{name}:2", "") if is_second else "") or MEANINGS.get(name, "")
    values = {
        "columns": _of(evaluation),
        "guess": _(evaluation.guess),
        "error": evaluation.told(value),
        "other": evaluation.told(evaluation.baseline),
        "share": (format_probability if name == "r2_score" else format_percent)(value),
    }
    if name != "loss":
        return _(text, **values) if text else ""
    unit = _("The loss is computed from scaled values, so it has no unit.")
    no_unit = unit if evaluation.task == REGRESSION else ""
    return join_sentences((_(text), no_unit, _(TWO_TRAINING_VALUES)))
