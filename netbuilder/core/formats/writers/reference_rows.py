"""Rows of the network's own data, where it is there: to measure with, and to be judged by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from netbuilder.core.data.data_facts import MULTI_LABEL, REGRESSION
from netbuilder.core.data.dataset import Dataset, Split
from netbuilder.core.data.load import load_dataset
from netbuilder.core.data.preprocessing.fitted_preprocessing import OutputPreprocessing
from netbuilder.core.engine.build.graph_to_keras import model_inputs
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import UserError
from netbuilder.core.formats.keras_prediction import Array
from netbuilder.core.formats.metadata import KERAS_OWN
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.wording import format_number


@dataclass(frozen=True)
class ReferenceRows:
    """Some rows of the data.

    Attributes:
        words: where they are from: "200 rows of the test data".
        x: as the trained model takes them: one array an input, (rows, ...).
        y: right answers by output id: numbers in own units (rows, columns), class numbers
            (rows,), or 0 and 1 a label (rows, labels).
    """

    words: str
    x: Sequence[Array]
    y: dict[str, Array]


def project_data(trained: TrainedModel, base: Path) -> Dataset | None:
    """The data that the network's project reads; None where there is none, or it does not fit.

    Args:
        trained: the network.
        base: folder that relative paths in its project start from.
    """
    if not trained.project.data.kind or trained.extra.get(KERAS_OWN):
        return None
    try:
        dataset = load_dataset(trained.project, base)
    except (UserError, OSError):
        return None
    fits = all(
        name in dataset.train.raw_x
        and dataset.train.raw_x[name].shape[1:] == tuple(tensor.shape[1:])
        for name, tensor in _inputs(trained)
    )
    return dataset if fits else None


def training_rows(trained: TrainedModel, dataset: Dataset, count: int) -> list[Array]:
    """Raw rows that it has learned from, spread over all of them: one array an input."""
    return list(_some(trained, dataset.train, count).x)


def held_out_rows(trained: TrainedModel, dataset: Dataset, count: int) -> ReferenceRows:
    """Rows that it has not learned from: of the test data, else of the validation data; where
    nothing was held back, those that it has learned from."""
    if dataset.test is not None and len(dataset.test):
        return _some(
            trained, dataset.test, count,
            lambda n: ngettext("{count} row of the test set", "{count} rows of the test set", n),
        )  # fmt: skip
    if dataset.validation is not None and len(dataset.validation):
        return _some(
            trained, dataset.validation, count,
            lambda n: ngettext(
                "{count} row of the validation set", "{count} rows of the validation set", n
            ),
        )  # fmt: skip
    return _some(trained, dataset.train, count)


def _training_words(count: int) -> str:
    return ngettext("{count} row of the training set", "{count} rows of the training set", count)


def _some(
    trained: TrainedModel, split: Split, count: int, words: Callable[[int], str] = _training_words
) -> ReferenceRows:
    chosen = np.unique(np.linspace(0, len(split) - 1, count).astype(int))
    x = [split.raw_x[node][chosen].astype(str(tensor.dtype)) for node, tensor in _inputs(trained)]
    y = {key: values[chosen] for key, values in split.raw_y.items()}
    return ReferenceRows(words(len(chosen)), x, y)


def _inputs(trained: TrainedModel) -> list[tuple[str, Array]]:
    names = model_inputs(trained.project.graph)
    return list(zip(names, trained.model.inputs, strict=True))


def accuracy_cost(
    trained: TrainedModel, rows: ReferenceRows, found: Sequence[Array], whole: Sequence[Array]
) -> str:
    """What a smaller network costs, by the right answers: "accuracy 0.94 instead of 0.95".

    Args:
        trained: the network.
        rows: what both were asked.
        found: answers of the smaller one, one array an output, in the model's order.
        whole: answers of the network itself.

    Returns:
        "" where the answers cannot be judged so.
    """
    parts = []
    outputs = trained.project.graph.outputs
    for name, small, large in zip(outputs, found, whole, strict=True):
        target = trained.preprocessing.outputs.get(name, OutputPreprocessing())
        truth = rows.y.get(name)
        if truth is None or len(truth) != len(small):
            return ""
        pair = [_measured(target, answers, truth) for answers in (small, large)]
        if any(one is None for one in pair):
            return ""
        less, full = (format_number(one or 0.0) for one in pair)
        said = (
            _("mean absolute error {found} instead of {expected}", found=less, expected=full)
            if target.task == REGRESSION
            else _("accuracy {found} instead of {expected}", found=less, expected=full)
        )
        parts.append(f"{name}: {said}" if len(outputs) > 1 else said)
    return "; ".join(parts)


def _measured(target: OutputPreprocessing, answers: Array, truth: Array) -> float | None:
    """Mean absolute error in own units, or the share of right answers."""
    if target.task == REGRESSION:
        truth = truth.reshape(answers.shape) if truth.size == answers.size else truth
        return float(np.abs(answers - truth).mean()) if truth.shape == answers.shape else None
    # A last layer that gives raw scores parts at 0 what probabilities part at a half.
    middle = 0.0 if answers.min() < 0 or answers.max() > 1 else 0.5
    if target.task == MULTI_LABEL or answers.shape[-1] == 1:
        chosen = answers > middle
        if chosen.size != truth.size:
            return None
        return float(np.mean(chosen.reshape(truth.shape) == (truth > 0.5)))
    chosen = answers.argmax(-1)
    return float(np.mean(chosen == truth)) if chosen.shape == truth.shape else None
