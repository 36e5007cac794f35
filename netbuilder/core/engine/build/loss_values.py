"""The loss that a network was compiled with, computed without touching its metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.catalog.training.training_index import LOSSES
from netbuilder.core.engine.build.graph_to_keras import model_inputs, output_settings
from netbuilder.core.engine.build.keras_objects import make_object
from netbuilder.core.project.model import Choice, Project

if TYPE_CHECKING:
    import keras

_AT_ONCE = 256


def total_loss(model: keras.Model, project: Project) -> Callable[[Sequence[Any], Any], Any]:
    """A function of a batch, ``(inputs, answers)`` in the model's order, that gives its loss.

    As ``keras.Model.compute_loss`` with Dropout and its like at rest: each output's loss times its
    weight, and the layers' penalties. (That one also adds up what it measures.)
    """
    import keras

    goals = [output_settings(project, name) for name in project.graph.outputs]
    losses = [make_object(goal.loss or Choice("mean_squared_error"), LOSSES) for goal in goals]

    def work(x: Sequence[Any], y: Sequence[Any]) -> Any:
        found = model(list(x) if len(x) > 1 else x[0], training=False)
        answers = list(found) if isinstance(found, (list, tuple)) else [found]
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
    """The loss over samples, by Input and output id: what ``keras.Model.evaluate`` calls "loss".

    Nothing is traced, and no metric of the network changes.
    """
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
    """Each row's loss, (n,): outputs weighted as in training, no penalty of any layer in it."""
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
        found = training_model(part if len(part) > 1 else part[0], training=False)
        answers = list(found) if isinstance(found, (list, tuple)) else [found]
        total: Any = 0.0
        for loss, goal, truth, answer in zip(losses, goals, targets, answers, strict=True):
            each = keras.ops.convert_to_numpy(loss(truth[place], answer)).astype(np.float64)
            total = total + each.reshape(len(each), -1).mean(axis=1) * goal.loss_weight
        parts.append(total)
    return np.concatenate(parts)
