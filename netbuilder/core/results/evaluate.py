"""Evaluation of a trained network: metrics and a sentence."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.data_facts import MULTI_LABEL, REGRESSION
from netbuilder.core.data.dataset import Dataset, Split
from netbuilder.core.data.prepare.inference_data import read_split
from netbuilder.core.data.preprocessing.fitted_preprocessing import OutputPreprocessing
from netbuilder.core.engine.networks.loss_values import loss_on
from netbuilder.core.engine.runs import run_store
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.error_texts import sentences_of
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.results.file_column_order import lacks_data_facts, rows_in_file_order
from netbuilder.core.results.forecast import naive_errors, naive_words, with_forecast_errors
from netbuilder.core.results.own_units import (
    class_probabilities,
    loss_of,
    predict_values,
    preprocessing_of,
    repeated_predictor,
)
from netbuilder.core.wording import (
    as_sentence,
    capitalize_first,
    format_measure,
    format_number,
    format_percent,
    join_sentences,
    join_values,
    labelled,
)

_sentence = sentences_of("evaluation")

log = logging.getLogger(__name__)

#: From this many rows on, the network is traced before it predicts.
TRACED_FROM = 512
#: Of more columns than these a sentence names the worst only, or their number.
MOST_NAMED = 4
#: With more columns, a mistake is its mean error, not its worst column.
MOST_APART = 12
# Larger splits are not compared row by row.
_COMPARED_BYTES = 64 << 20

Array = NDArray[Any]

PENALISED = "with penalties"


@dataclass(frozen=True)
class ClassScore:
    """Precision, recall and F1 of a class as in scikit-learn; NaN if ``support`` (samples) is 0."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class Evaluation:
    """The evaluation of one output.

    Attributes:
        task: "regression", "binary", "classes" or "multi_label".
        samples: number of evaluated rows.
        metrics: by name. Numbers: "mean_absolute_error", "root_mean_squared_error" and
            "median_absolute_error" in the target's units, "r2_score". Classes: "accuracy", and
                macro
            averages "precision", "recall", "f1_score". "loss" is on scaled values, as in training.
        labels: of the classes, in the order of the confusion matrix.
        confusion_matrix: int (classes, classes): row the label, column the prediction; or None.
        sentence: the result in words.
        predictions: numbers (n, columns), or class numbers (n,).
        truth: the targets, of the same shape.
        probabilities: (n, classes), or None.
        classes: a score for each class.
        columns: names of the target columns.
        units: unit of each column ("$"), or empty.
        baseline: the same error, or accuracy, of always predicting the mean of the training rows
            (if
            unknown, of these rows), or the most frequent class of these rows.
        others: evaluations of further outputs by id.
        reading: how the file was read for a network without data facts; also ends ``sentence``.
        guess: what ``baseline`` always predicts, for numbers.
        naive_errors: of a series, see ``forecast.naive_errors``.
        loss_of: the formula of "loss"; ``PENALISED`` if weight penalties are part of it, so that it
            does not compare with another network's.
        known: rows that are also training rows, see ``evaluate_test_set``.
    """

    task: str
    samples: int
    metrics: dict[str, float]
    sentence: str
    predictions: Array
    truth: Array
    labels: tuple[str, ...] = ()
    confusion_matrix: NDArray[np.int64] | None = None
    probabilities: Array | None = None
    classes: tuple[ClassScore, ...] = ()
    columns: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    baseline: float = 0.0
    others: Mapping[str, Evaluation] = field(default_factory=dict)
    reading: str = ""
    known: int = 0
    guess: str = N_("the mean")
    naive_errors: Mapping[int, float] = field(default_factory=dict)
    loss_of: str = ""

    def told(self, value: float, column: int | None = None) -> str:
        """Format a number of a column with its unit; of column None with the unit shared by all."""
        same = self.units if column is None else self.units[column : column + 1]
        return format_measure(value, same[0] if len(set(same)) == 1 else "")

    @property
    def whole(self) -> bool:
        """Whether there are too many columns to name single ones, as for a predicted picture."""
        return self.task == REGRESSION and self.predictions.shape[1] > MOST_APART

    @property
    def off(self) -> Array:
        """Return absolute errors (n, columns); of several columns in standard deviations."""
        off: Array = np.abs(self.predictions - self.truth).astype(float)
        if self.task != REGRESSION or off.shape[1] == 1:
            return off
        wide = np.asarray(self.truth, float).std(axis=0)
        wide[wide == 0] = wide.max() or 1.0
        apart: Array = off / wide
        return apart

    @property
    def mistakes(self) -> NDArray[np.int64]:
        """Return the rows with wrong predictions, most confident or largest error first."""
        if self.task in {REGRESSION, MULTI_LABEL}:
            off = self.off.mean(axis=1) if self.whole else self.off.max(axis=1)
            return np.argsort(-off, kind="stable")[: int((off > 0).sum())]
        wrong = np.flatnonzero(self.predictions != self.truth)
        if self.probabilities is None:
            return wrong
        sure = self.probabilities[wrong].max(axis=1)
        return wrong[np.argsort(-sure, kind="stable")]


def evaluate_test_set(trained: TrainedModel, dataset: Dataset) -> Evaluation:
    """Evaluate a network on its test set, and count test rows that are also training rows."""
    if dataset.test is None:
        raise data_error("no_test_set:3")
    known = _standing_in(dataset.train, dataset.test)
    means = {name: np.asarray(y).mean(axis=0) for name, y in dataset.train.raw_y.items() if len(y)}
    return replace(evaluate(trained, dataset.test, means), known=known)


def evaluate_run(
    trained: TrainedModel, dataset: Dataset, run_id: str = ""
) -> tuple[TrainedModel, Evaluation | None]:
    """Evaluate a finished run on its test set, and record the metrics in the run ``run_id``.

    Returns:
        The network with the metrics in the target's units and the evaluation; the unchanged network
            and
        None without a test set.
    """
    trained = with_forecast_errors(trained, dataset)
    if dataset.test is None or not len(dataset.test):
        return trained, None
    measured = evaluate_test_set(trained, dataset)
    test = {**trained.test, **measured.metrics}
    if measured.others:
        first = next(name for name in trained.preprocessing.outputs if name not in measured.others)
        for name, evaluation in {first: measured, **measured.others}.items():
            # The loss of each output is there already, as "price_loss".
            for key, value in evaluation.metrics.items():
                if key != "loss":
                    test[f"{name}.{key}"] = value
                    if f"{name}_{key}" in test:
                        test[f"{name}_{key}"] = value
    if run_id:
        try:
            run_store.set_test_metrics(run_id, test, measured.samples, _standard_errors(measured))
        except (UserError, OSError) as error:
            log.info("the test of the run is not recorded: %s", error)
    return replace(trained, test=test), measured


def _standard_errors(evaluation: Evaluation) -> dict[str, float]:
    """Return standard errors of mean errors; of the root by the delta method (Oehlert, 1992)."""
    if evaluation.task != REGRESSION:
        return {}
    off = np.abs(np.asarray(evaluation.predictions, float) - evaluation.truth).reshape(
        evaluation.samples, -1
    )
    slope = 1 / np.maximum(2 * np.sqrt((off**2).mean(axis=0)), 1e-300)
    rows = {"mean_absolute_error": off, "root_mean_squared_error": off**2 * slope}
    free = math.sqrt(max(evaluation.samples - 1, 1))
    return {name: float(errors.mean(axis=1).std() / free) for name, errors in rows.items()}


def _standing_in(train: Split, test: Split) -> int:
    """Return how many rows of one split are also in the other, targets included."""
    parts = [[*part.raw_x.values(), *part.raw_y.values()] for part in (train, test)]
    if not all(parts) or sum(values.nbytes for part in parts for values in part) > _COMPARED_BYTES:
        return 0
    known = set(_as_bytes(parts[0]))
    return sum(row in known for row in _as_bytes(parts[1]))


def _as_bytes(part: list[Array]) -> Iterator[bytes]:
    if any(values.dtype.hasobject for values in part):
        return
    flat = [np.ascontiguousarray(values).reshape(len(values), -1) for values in part]
    for row in zip(*flat, strict=True):
        yield b"".join(values.tobytes() for values in row)


def evaluate(
    trained: TrainedModel, data: Split | Path | str, means: Mapping[str, Array] | None = None
) -> Evaluation:
    """Evaluate a network on labelled samples.

    ``data``: samples of its own data set (``dataset.test``), or a file like its training data;
    ``means``: of the training rows by output id, if known: the baseline's prediction.
    """
    reading = ""
    if isinstance(data, Split):
        split = data
    elif lacks_data_facts(trained):
        found_in = rows_in_file_order(trained, Path(data))
        trained, split, reading = found_in.trained, found_in.split, found_in.words
    else:
        split = read_split(trained.project.data, preprocessing_of(trained), Path(data))
    preprocessing = preprocessing_of(trained)
    if len(split) == 0:
        raise data_error("no_test_rows")
    if split.raw_y:
        # The model's own scaling, even if the data set was scaled again since.
        x, y = preprocessing.apply_inputs(split.raw_x), preprocessing.apply_targets(split.raw_y)
        split = replace(split, x=x, y=y)
    # An untraced recurrent layer runs Python for each time step: slow with many rows.
    call = (
        repeated_predictor(trained)
        if len(split) > TRACED_FROM
        else partial(predict_values, trained)
    )
    answers = call(split.x)
    loss = _losses(trained, split)
    evaluations: dict[str, Evaluation] = {}
    for name, values in answers.items():
        target = preprocessing.outputs[name]
        _need_finite(values)
        truth = _truth(split.y[name], target)
        if target.task == REGRESSION:
            evaluations[name] = _numbers(values, truth, target, (means or {}).get(name))
        else:
            evaluations[name] = _classes(values, truth, target)
        if name in loss:
            evaluations[name].metrics["loss"] = loss[name]
    first = next(iter(evaluations))
    main = evaluations.pop(first)
    main = replace(main, naive_errors=naive_errors(trained, split, main.truth))
    sentence = join_sentences((main.sentence, _naive_sentence(main), reading))
    return replace(
        main, others=evaluations, reading=reading, sentence=sentence, loss_of=_loss_words(trained)
    )


def _naive_sentence(evaluation: Evaluation) -> str:
    """Return the error of the best naive forecast if it is below the mean's; else ""."""
    least, rows = min(
        (error, rows) for rows, error in (evaluation.naive_errors or {0: np.inf}).items()
    )
    if not least < evaluation.baseline:
        return ""
    return as_sentence(capitalize_first(labelled(naive_words(rows), evaluation.told(least))))


def _loss_words(trained: TrainedModel) -> str:
    if trained.training_model.losses:
        return PENALISED
    graph = trained.project.graph
    return repr([loss_of(trained, name) for name in graph.outputs])


def _need_finite(values: Array) -> None:
    whole = np.isfinite(values.reshape(len(values), -1)).all(axis=1)
    if whole.all():
        return
    count, total = (format_number(int(n), ",") for n in ((~whole).sum(), len(values)))
    raise data_error("prediction_not_finite", count=count, total=total)


def _truth(y: Array, target: OutputPreprocessing) -> Array:
    """Return targets in their units, or class numbers, from what the loss compares with."""
    if target.task == REGRESSION:
        return target.undo(y)
    if target.task == MULTI_LABEL:
        return np.asarray(y, np.int64)
    if target.one_hot:
        return np.asarray(y.argmax(axis=1), np.int64)
    return np.asarray(y, np.int64).reshape(-1)


def _losses(trained: TrainedModel, split: Split) -> dict[str, float]:
    """Return the compiled loss on the split by output id; of several their sum, under the first."""
    if getattr(trained.training_model, "optimizer", None) is None:
        return {}
    loss = loss_on(trained.training_model, trained.project, split.x, split.y)
    return {trained.project.graph.outputs[0]: loss}


def number_evaluation(values: Array, truth: Array) -> dict[str, Any]:
    """Return ``metrics`` of predicted numbers, (n, columns), as fields of an evaluation."""
    from sklearn import metrics

    scores = {
        "mean_absolute_error": float(metrics.mean_absolute_error(truth, values)),
        "root_mean_squared_error": float(metrics.root_mean_squared_error(truth, values)),
        "median_absolute_error": float(metrics.median_absolute_error(truth, values)),
    }
    if len(truth) > 1:
        scores["r2_score"] = float(metrics.r2_score(truth, values))
    return {"metrics": scores}


def _numbers(
    values: Array, truth: Array, target: OutputPreprocessing, learned: Array | None = None
) -> Evaluation:
    values = values.reshape(len(truth), -1)
    if learned is None and target.mean:
        learned = np.asarray(target.mean, float)
    own = learned is None or np.shape(learned) != truth.shape[1:]
    baseline = float(np.abs(truth - (truth.mean(axis=0) if own else learned)).mean())
    guess = N_("the mean") if own else N_("the mean of the training rows")
    return Evaluation(
        task=REGRESSION,
        samples=len(truth),
        **number_evaluation(values, truth),
        sentence=_number_sentence(values, truth, target, baseline, guess),
        predictions=values,
        truth=truth,
        columns=target.columns,
        units=target.column_units,
        baseline=baseline,
        guess=guess,
    )


def _number_sentence(
    values: Array,
    truth: Array,
    target: OutputPreprocessing,
    baseline: float,
    guess: str = N_("the mean"),
) -> str:
    off = np.abs(values - truth).mean(axis=0)
    single = len(target.columns) == 1
    other = target.told(baseline) if single else format_number(baseline)
    rows = _test_rows(len(truth))
    if len(target.columns) > MOST_NAMED:
        worst = int(off.argmax())
        errors = _sentence(
            "mean_error_of_columns",
            rows=rows,
            count=format_number(len(target.columns), ","),
            error=format_number(float(off.mean())),
            column=target.columns[worst],
            most=format_number(float(off[worst])),
        )
        mean = _("Always predicting their means would be off by {error}.", error=other)
        return join_sentences((errors, mean))
    parts = []
    for index, name in enumerate(target.columns):
        low, high = truth[:, index].min(), truth[:, index].max()
        told_of = partial(target.told, column=index)
        error = told_of(float(off[index]))
        if len(truth) == 1:
            parts.append(
                _sentence("error_of_sample", column=name, error=error, value=told_of(float(low)))
            )
            continue
        parts.append(
            _sentence(
                "mean_error_of_column",
                column=name,
                error=error,
                low=told_of(float(low)),
                high=told_of(float(high)),
            )
        )
    text = _("On {rows}, {errors}.", rows=rows, errors=join_values(parts, clauses=True))
    if single and len(truth) > 1:
        always = _(
            "Always predicting {guess} would be off by {error}.", guess=_(guess), error=other
        )
        text = join_sentences((text, always))
    return text


def _test_rows(count: int) -> str:
    return ngettext("{count} test row", "{count} test rows", count)


def class_evaluation(
    numbers: Array, truth: Array, labels: tuple[str, ...], task: str
) -> dict[str, Any]:
    """Return ``metrics``, ``classes`` and ``confusion_matrix`` of class numbers (n,), or of labels
    (n, classes) of 0 and 1, as fields of an evaluation."""
    from sklearn import metrics

    which = np.arange(len(labels))
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        truth, numbers, labels=which, zero_division=0.0
    )
    present = support > 0
    scores = tuple(
        ClassScore(label, *((float(p), float(r), float(f)) if s else (math.nan,) * 3), int(s))
        for label, p, r, f, s in zip(labels, precision, recall, f1, support, strict=True)
    )
    several = task == MULTI_LABEL
    return {
        "metrics": {
            "accuracy": float((numbers == truth).mean()),
            "precision": float(precision[present].mean()) if present.any() else 0.0,
            "recall": float(recall[present].mean()) if present.any() else 0.0,
            "f1_score": float(f1[present].mean()) if present.any() else 0.0,
        },
        "classes": scores,
        "confusion_matrix": None
        if several
        else metrics.confusion_matrix(truth, numbers, labels=which),
    }


def _classes(values: Array, truth: Array, target: OutputPreprocessing) -> Evaluation:
    numbers = target.class_numbers(values)
    scores = class_evaluation(numbers, truth, target.classes, target.task)
    share = np.asarray(target.mean if len(target.mean) == len(target.classes) else ())
    if target.task == MULTI_LABEL:
        likelier = share if len(share) else truth.mean(axis=0)
        baseline = float((truth == (likelier >= 0.5)).mean())
    elif len(share):
        baseline = float((truth == int(share.argmax())).mean())
    else:
        baseline = float(np.bincount(truth).max() / len(truth))
    return Evaluation(
        task=target.task,
        samples=len(truth),
        **scores,
        sentence=_class_sentence(
            scores["metrics"]["accuracy"],
            truth,
            numbers,
            target,
            baseline=baseline,
            matrix=scores["confusion_matrix"],
        ),
        predictions=numbers,
        truth=truth,
        labels=target.classes,
        probabilities=class_probabilities(values, target),
        columns=target.columns,
        baseline=baseline,
    )


def _class_sentence(
    accuracy: float,
    truth: Array,
    numbers: Array,
    target: OutputPreprocessing,
    *,
    baseline: float,
    matrix: NDArray[np.int64] | None,
) -> str:
    if matrix is None:
        share = _sentence(
            "labels_correct",
            rows=_test_rows(len(truth)),
            share=format_percent(accuracy),
            count=len(target.classes),
        )
        often = _(
            "Always predicting the more frequent value: {share}.", share=format_percent(baseline)
        )
        return join_sentences((share, often))
    right = int((numbers == truth).sum())
    sentences = [
        _sentence(
            "rows_correct",
            correct=format_number(right, ","),
            rows=_test_rows(len(truth)),
            share=format_percent(accuracy),
        ),
        _("Always predicting the most frequent class: {share}.", share=format_percent(baseline)),
    ]
    wrong = matrix - np.diag(np.diag(matrix))
    alike = int((wrong == wrong.max()).sum()) - 1
    all_alike = bool(alike) and alike + 1 == np.count_nonzero(wrong)
    if wrong.sum() and len(target.classes) > 2 and not all_alike:
        row, column = np.unravel_index(int(wrong.argmax()), wrong.shape)
        times = int(wrong[row, column])
        sentences.append(
            _sentence(
                "most_frequent_error_once",
                count=times,
                label=target.classes[row],
                prediction=target.classes[column],
            )
        )
        if alike == 1:
            row, column = np.argwhere(wrong == times)[1]
            sentences.append(
                _sentence(
                    "as_frequent_error",
                    label=target.classes[row],
                    prediction=target.classes[column],
                )
            )
        elif alike > 1:
            sentences.append(_sentence("more_errors", count=alike))
    return join_sentences(sentences)
