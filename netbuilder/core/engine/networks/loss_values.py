"""Computes the loss that a network was compiled with, without touching its metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.catalog.training.training_index import LOSSES
from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.data.dataset import Dataset
from netbuilder.core.engine.networks.graph_to_keras import model_inputs, output_settings
from netbuilder.core.engine.networks.keras_objects import make_object
from netbuilder.core.project.model import Choice, Project

if TYPE_CHECKING:
    import keras


def sample_weights(
    dataset: Dataset, class_weight: str, outputs: Sequence[str]
) -> NDArray[np.float32] | None:
    """Return weights (n,) of the training samples, or None where all count the same.

    "balanced" weighs each class of the first output ``n / (classes * count)``, as scikit-learn.
    """
    weights = dataset.train.sample_weight
    if class_weight != "balanced" or not outputs:
        return None if weights is None else np.asarray(weights, np.float32)
    numbers = class_numbers(dataset.train.y[outputs[0]])
    if numbers is None:
        return None if weights is None else np.asarray(weights, np.float32)
    result = balanced_weights(np.bincount(numbers))[numbers]
    return result if weights is None else result * np.asarray(weights, np.float32)


def balanced_weights(counts: NDArray[Any]) -> NDArray[np.float32]:
    """Return the weight of each class from its number of rows; 0 for a class without any."""
    present = counts > 0
    weight = np.zeros(len(counts), np.float32)
    weight[present] = counts.sum() / (present.sum() * counts[present])
    return weight


def class_table(facts: DataFacts, class_weight: str) -> NDArray[np.float32] | None:
    """Return the weight of each class of the first output; None where all count the same."""
    if class_weight != "balanced" or not facts.class_counts or facts.one_hot:
        return None
    return balanced_weights(np.asarray(facts.class_counts))


def class_numbers(targets: NDArray[Any]) -> NDArray[np.int64] | None:
    """Return the class number of each target, or None where the targets are no classes."""
    values = np.asarray(targets)
    if values.ndim > 1 and values.shape[-1] > 1:
        one_hot = np.isin(values, (0, 1)).all() and (values.sum(axis=-1) == 1).all()
        return values.reshape(len(values), -1).argmax(axis=1) if one_hot else None
    flat = values.reshape(len(values), -1)[:, 0]
    whole = flat.astype(np.int64)
    return whole if (whole == flat).all() and (whole >= 0).all() else None


_AT_ONCE = 256


def total_loss(model: keras.Model, project: Project) -> Callable[[Sequence[Any], Any], Any]:
    """Return a function from a batch, ``(inputs, answers)`` in the model's order, to its loss.

    As ``keras.Model.compute_loss`` at inference, with the layers' penalties, but no metric changes.
    """
    import keras

    goals = [output_settings(project, name) for name in project.graph.outputs]
    losses = [make_object(goal.loss or Choice("mean_squared_error"), LOSSES) for goal in goals]

    def work(x: Sequence[Any], y: Sequence[Any]) -> Any:
        outputs = model(list(x) if len(x) > 1 else x[0], training=False)
        answers = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
        total: Any = 0.0
        for loss, goal, truth, answer in zip(losses, goals, y, answers, strict=True):
            total += keras.ops.cast(loss(truth, answer), "float32") * goal.loss_weight
        for penalty in model.losses:
            total += keras.ops.cast(penalty, "float32")
        return total

    return work


def loss_on(
    training_model: keras.Model, project: Project, x: Mapping[str, Any], y: Mapping[str, Any]
) -> float:
    """Return the loss over samples as ``keras.Model.evaluate`` does; no metric changes."""
    inputs = [np.asarray(x[name]) for name in model_inputs(project.graph)]
    targets = [np.asarray(y[name]) for name in project.graph.outputs]
    work, rows, total = total_loss(training_model, project), len(targets[0]), 0.0
    for start in range(0, rows, _AT_ONCE):
        place = slice(start, start + _AT_ONCE)
        part = [value[place] for value in inputs], [value[place] for value in targets]
        total += float(work(*part)) * len(part[1][0])
    return total / rows if rows else float("nan")


def row_losses(
    training_model: keras.Model, project: Project, x: Mapping[str, Any], y: Mapping[str, Any]
) -> NDArray[np.float64]:
    """Return each row's loss (n,): outputs weighted as in training, without layers' penalties."""
    import keras

    goals = [output_settings(project, name) for name in project.graph.outputs]
    losses = [make_object(goal.loss or Choice("mean_squared_error"), LOSSES) for goal in goals]
    for loss in losses:
        loss.reduction = "none"
    inputs = [np.asarray(x[name]) for name in model_inputs(project.graph)]
    targets = [np.asarray(y[name]) for name in project.graph.outputs]
    parts = []
    for start in range(0, len(targets[0]), _AT_ONCE):
        place = slice(start, start + _AT_ONCE)
        part = [value[place] for value in inputs]
        outputs = training_model(part if len(part) > 1 else part[0], training=False)
        answers = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
        total: Any = 0.0
        for loss, goal, truth, answer in zip(losses, goals, targets, answers, strict=True):
            each = keras.ops.convert_to_numpy(loss(truth[place], answer)).astype(np.float64)
            total = total + each.reshape(len(each), -1).mean(axis=1) * goal.loss_weight
        parts.append(total)
    return np.concatenate(parts)
