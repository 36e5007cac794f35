"""Curves of a judgement on classes: ROC, precision and recall, a threshold, calibration."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.catalog.training.training_index import TWO_TRAINING_VALUES
from netbuilder.core.data.data_facts import MULTI_LABEL, REGRESSION
from netbuilder.core.data.dataset import Dataset
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import DataError
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
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

Array = NDArray[Any]

#: Of fewer rows nothing is said about whether new rows are answered as well.
FEWEST = 5


@dataclass(frozen=True, eq=False)
class ClassCurves:
    """One class against the rest, by scikit-learn's ``roc_curve`` and ``precision_recall_curve``.

    ``false_positive`` and ``true_positive`` are rates (0 to 1); ``auc`` the area under them;
    ``average_precision`` that of precision over recall; ``format_probability`` the class's share of
    the rows.
    """

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
    """What comes of saying ``label`` from ``threshold`` on.

    ``matrix`` int (2, 2): row the truth (other, label), column the answer; the rates 0 to 1.
    """

    label: str
    threshold: float
    matrix: NDArray[np.int64]
    accuracy: float
    precision: float
    recall: float
    f1: float
    false_positive: float


def _of_class(found: Evaluation, index: int) -> tuple[Array, Array]:
    """Whether each row is of the class, and the probability that was given for it."""
    if found.probabilities is None:
        raise DataError(
            _("The last layer returns no probabilities, so there is no threshold to move."),
            _("Set its activation to sigmoid or softmax."),
            code="no_probabilities",
        )
    if found.task == MULTI_LABEL:
        is_it = np.asarray(found.truth)[:, index] > 0
    else:
        is_it = np.asarray(found.truth) == index
    return is_it, np.nan_to_num(found.probabilities[:, index])


def first_class(found: Evaluation) -> int:
    """The number of the class whose curve tells most at first: of two the second, which is what is
    looked for (yes, not no); else the first one that some rows, and not all, are of."""
    numbers = range(len(found.labels))
    if found.probabilities is None:
        return 0
    mixed = [n for n in numbers if 0 < int(_of_class(found, n)[0].sum()) < found.samples]
    if len(found.labels) == 2:
        return 1
    return mixed[0] if mixed else 0


def class_curves(found: Evaluation, index: int) -> ClassCurves:
    """The curves of class number ``index``.

    Raises:
        DataError: there are no probabilities, or no row, or every row, is of the class.
    """
    from sklearn import metrics

    is_it, sure = _of_class(found, index)
    label = found.labels[index]
    if not is_it.any() or is_it.all():
        told = (
            _("Every row is “{label}”, so there is no curve.", label=label)
            if is_it.all()
            else _("No row is “{label}”, so there is no curve.", label=label)
        )
        raise DataError(
            told,
            _("Evaluate on other rows."),
            code="curve_needs_two_classes",
        )
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


def at_threshold(found: Evaluation, index: int, threshold: float) -> ThresholdScores:
    """Say the class wherever its probability is at least ``threshold`` (0 to 1).

    Raises:
        DataError: there are no probabilities.
    """
    is_it, sure = _of_class(found, index)
    said = sure >= threshold
    hit, missed = int((said & is_it).sum()), int((~said & is_it).sum())
    false, left = int((said & ~is_it).sum()), int((~said & ~is_it).sum())
    precision = hit / (hit + false) if hit + false else 0.0
    recall = hit / (hit + missed) if hit + missed else 0.0
    both = precision + recall
    return ThresholdScores(
        found.labels[index],
        threshold,
        np.array([[left, false], [missed, hit]]),
        (hit + left) / max(len(is_it), 1),
        precision,
        recall,
        2 * precision * recall / both if both else 0.0,
        false / (false + left) if false + left else 0.0,
    )


def classes_at(at: ThresholdScores, labels: tuple[str, ...]) -> tuple[ClassScore, ...]:
    """The score of each of two classes, ``labels``, where one is said from a threshold on."""

    def score(label: str) -> ClassScore:
        own = int(label == at.label)
        hit, said, rows = at.matrix[own, own], at.matrix[:, own].sum(), at.matrix[own].sum()
        if not rows:  # nothing was there to be found
            return ClassScore(label, math.nan, math.nan, math.nan, 0)
        f1 = 2 * hit / (said + rows)
        return ClassScore(label, hit / said if said else 0.0, hit / rows, f1, int(rows))

    return tuple(score(label) for label in labels)


def calibration_curve(found: Evaluation, index: int, bins: int = 10) -> tuple[Array, Array, Array]:
    """How often the class is right where the network is so sure of it: mean probability, share
    of rows of the class, and rows of each tenth that has any (Niculescu-Mizil and Caruana, 2005).

    Raises:
        DataError: there are no probabilities.
    """
    is_it, sure = _of_class(found, index)
    return reliability(sure, is_it, bins)


def evaluate_parts(trained: TrainedModel, dataset: Dataset) -> dict[str, Evaluation]:
    """Judgements on the training, validation and test rows, of those that there are."""
    parts = {"training": dataset.train, "validation": dataset.validation, "test": dataset.test}
    return {
        name: evaluate(trained, split)
        for name, split in parts.items()
        if split is not None and len(split)
    }


def overfits_since(trained: TrainedModel) -> int:
    """Return the epoch since which a network overfits, as its training's monitor tells it.

    Returns:
        0 where it does not, or where its weights are those of an earlier epoch.
    """
    from netbuilder.core.engine.monitor.diagnosis_rules import overfitting_epoch

    loss, held = (np.asarray(trained.history.get(name, ())) for name in ("loss", "val_loss"))
    if trained.kept_epoch or len(loss) != len(held) or not len(loss):
        return 0
    since = overfitting_epoch(loss, held)
    return (trained.best_epoch or since) if since else 0


def gap_sentence(parts: Mapping[str, Evaluation], overfits: int = 0) -> str:
    """Say whether the network overfits, from the evaluations of the parts of its data.

    Args:
        parts: evaluations by part.
        overfits: the epoch since which its curves say so (``overfits_since``), or 0.

    Returns:
        "" where that cannot be told.
    """
    if "training" not in parts or len(parts) < 2:
        return ""
    known = parts["training"]
    name = "test" if "test" in parts else "validation"
    other = parts[name]
    if "accuracy" in known.metrics:
        here, there = known.metrics["accuracy"], other.metrics["accuracy"]
        said = _(
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
            return said  # what predicts no better than one class has memorised nothing
    else:
        here, there = (one.metrics["mean_absolute_error"] for one in (known, other))
        said = _(
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
            ngettext(
                "{count} test row is too few to tell how well the network predicts new rows. "
                "Hold out more rows on the Data page.",
                "{count} test rows are too few to tell how well the network predicts new rows. "
                "Hold out more rows on the Data page.",
                other.samples,
            )
            if name == "test"
            else ngettext(
                "{count} validation row is too few to tell how well the network predicts new "
                "rows. Hold out more rows on the Data page.",
                "{count} validation rows are too few to tell how well the network predicts new "
                "rows. Hold out more rows on the Data page.",
                other.samples,
            )
        )
        return join_sentences((said, few))
    worse, apart = _gap(known, other)
    held = parts.get("validation")
    if (
        apart
        and name == "test"
        and held is not None
        and held.samples >= FEWEST
        and not _gap(known, held)[0]
    ):
        end = _(
            "The network predicts validation rows well, although it did not train on them either. "
            "So the test rows differ from the others."
        )
        later = _("They are later in time: the series may have changed.")
        end = join_sentences(
            (end, later if other.naive_errors else _("Look at the results by group."))
        )
    elif apart:
        end = _("The network has memorised its training rows (overfitting).")
    elif overfits:
        end = _(
            "Since epoch {epoch}, the validation loss has risen while the training loss fell: the "
            "network begins to memorise its training rows (overfitting).",
            epoch=overfits,
        )
    elif worse:
        end = _("New rows are predicted worse, but with so few of them this may be chance.")
    elif _clearly_larger(known, other):
        end = _(
            "New rows are predicted less well than the training rows, but both errors are small "
            "compared with always predicting {guess}.",
            guess=_(other.guess),
        )
    else:
        end = _("The network predicts new rows about as well as its training rows.")
    return join_sentences((said, end))


def _gap(known: Evaluation, other: Evaluation) -> tuple[bool, bool]:
    """Whether other rows are predicted worse than the training rows, and by more than chance."""
    if "accuracy" in known.metrics:
        here, there = (one.metrics["accuracy"] for one in (known, other))
        # The interval that stands beside the test's accuracy: what lies in it may be chance.
        _low, highest = wilson(round(there * other.samples), other.samples)
        return here - there > 0.05, here - there > 0.05 and here > highest
    here, there = (one.metrics["mean_absolute_error"] for one in (known, other))
    # Of a very good network the gap is small all the same, beside what a guess is off by.
    worse = there > 1.3 * here and there - here > 0.05 * other.baseline
    return worse, worse and _clearly_larger(known, other)


def _clearly_larger(known: Evaluation, other: Evaluation) -> bool:
    """Whether the mean error on other rows is larger by a third, and by more than chance."""
    if "accuracy" in known.metrics:
        return False
    here, there = (one.metrics["mean_absolute_error"] for one in (known, other))
    apart = there - here > 2 * float(np.hypot(_error(known), _error(other)))
    return there > 1.3 * here and apart


def _error(found: Evaluation) -> float:
    """Standard error of the mean absolute error: how far chance alone moves it."""
    off = np.abs(np.asarray(found.predictions, float) - found.truth).reshape(found.samples, -1)
    return float(off.mean(axis=1).std() / np.sqrt(max(found.samples, 1)))


def _of(found: Evaluation) -> str:
    if len(found.columns) > MOST_NAMED:  # an autoencoder's pixels: their names say nothing
        return _("the {count} numbers", count=format_number(len(found.columns), ","))
    return format_list(found.columns) if found.columns else _("the target")


def _off(value: float, found: Evaluation) -> str:
    told = {"columns": _of(found), "error": found.told(value), "other": found.told(found.baseline)}
    if len(found.columns) > 1:
        return _(
            "{columns}: off by {error} on average. Always predicting the means: {other}.", **told
        )
    return _(
        "{columns}: off by {error} on average. Always predicting {guess}: {other}.",
        guess=_(found.guess),
        **told,
    )


def _loss(found: Evaluation) -> str:
    told = _("Training minimises this number: the smaller, the better.")
    unit = _("The loss is computed from scaled values, so it has no unit.")
    return join_sentences((told, unit if found.task == REGRESSION else "", _(TWO_TRAINING_VALUES)))


#: Metric → what its value means, in the data's own units.
MEANINGS: Mapping[str, Callable[[float, Evaluation], str]] = {
    "accuracy": lambda value, found: correct_sentence(value),
    "precision": lambda value, found: _(
        "When the network predicts a class, {share} of the predictions are "
        "correct (mean of all classes).",
        share=format_percent(value),
    ),
    "recall": lambda value, found: _(
        "The network finds {share} of the rows of a class (mean of all classes).",
        share=format_percent(value),
    ),
    "f1_score": lambda value, found: _(
        "Precision and recall combined in one number: high only if both are high."
    ),
    "mean_absolute_error": _off,
    "root_mean_squared_error": lambda value, found: _(
        "Like the mean absolute error, but large errors count more: {error}.",
        error=found.told(value),
    ),
    "median_absolute_error": lambda value, found: _(
        "Half of the predictions are off by less than {error}.", error=found.told(value)
    ),
    "r2_score": lambda value, found: (
        _(
            "The network explains {share} of the variance of {columns}.",
            share=format_probability(value),
            columns=_of(found),
        )
        if value > 0
        else _("The network is worse than always predicting the mean.")
    ),
    "loss": lambda value, found: _loss(found),
}


def metric_meaning(name: str, value: float, found: Evaluation) -> str:
    """What a metric says, in a sentence; "" for one that is not known."""
    return MEANINGS[name](value, found) if name in MEANINGS else ""
