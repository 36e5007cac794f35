"""Predictions in the data's own units from model-ready values."""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_facts import MULTI_LABEL, REGRESSION
from netbuilder.core.data.preprocessing.cells import dates_as_days, format_clock, has_times_only
from netbuilder.core.data.preprocessing.fitted_preprocessing import (
    FittedColumn,
    InputPreprocessing,
    OutputPreprocessing,
    Preprocessing,
)
from netbuilder.core.engine.networks.graph_to_keras import model_inputs
from netbuilder.core.engine.novelty import features_of, hidden_model
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import Choice, Project
from netbuilder.core.wording import format_measure, format_number

Array = NDArray[Any]
_AT_ONCE = 256
_FIRST = date(1970, 1, 1)

# By the network: what ``repeated_predictor`` traced.
_traced: weakref.WeakKeyDictionary[Any, Callable[[Any], Any]] = weakref.WeakKeyDictionary()


def preprocessing_of(trained: TrainedModel) -> Preprocessing:
    """Return the model's preprocessing, or one derived from its shapes if the file has none."""
    if trained.preprocessing.inputs and trained.preprocessing.outputs:
        return trained.preprocessing
    inputs = dict(trained.preprocessing.inputs)
    for name, tensor in zip(
        model_inputs(trained.project.graph), trained.training_model.inputs, strict=True
    ):
        if name not in inputs:
            inputs[name] = _input_of(tuple(tensor.shape[1:]), str(tensor.dtype))
    outputs = dict(trained.preprocessing.outputs)
    for name, tensor in zip(
        trained.project.graph.outputs, trained.training_model.outputs, strict=True
    ):
        if name not in outputs:
            units = int(tensor.shape[-1] or 1)
            columns = tuple(f"{name} {index}" for index in range(units)) if units > 1 else (name,)
            outputs[name] = OutputPreprocessing(REGRESSION, columns, units=units)
    return Preprocessing(inputs, outputs)


def _input_of(shape: tuple[int | None, ...], dtype: str) -> InputPreprocessing:
    dtype = "int32" if dtype.startswith("int") else "float32"
    if len(shape) == 1 and shape[0] is not None:
        columns = tuple(FittedColumn(f"x{index}") for index in range(shape[0]))
        return InputPreprocessing("table", shape, dtype, columns)
    return InputPreprocessing("image" if len(shape) == 3 else "numbers", shape, dtype)


def single_ends(
    trained: TrainedModel,
) -> tuple[str, InputPreprocessing, str, OutputPreprocessing] | None:
    """Return input and output with their ids; None of a network that has several of them."""
    preprocessing = preprocessing_of(trained)
    if len(preprocessing.inputs) != 1 or len(preprocessing.outputs) != 1:
        return None
    (key, entry), (output, target) = (
        next(iter(preprocessing.inputs.items())),
        next(iter(preprocessing.outputs.items())),
    )
    return key, entry, output, target


def parse_cell(column: FittedColumn, features: Array) -> str:
    """Format the features of one cell as in a table; "" if missing."""
    if column.kind == "category":
        return column.categories[int(features.argmax())] if features.max() > 0.5 else ""
    value = float(features[0])
    return number_text(column, value) if math.isfinite(value) else ""


def number_text(column: FittedColumn, value: float) -> str:
    """Format a number of a column as in a table: with its unit, as a day or as a category."""
    if column.kind == "boolean" and len(column.categories) == 2:
        return column.categories[int(value > 0.5)]
    if column.kind == "date":
        return format_day(value, column.low, column.high)
    return format_measure(value, column.unit)


def usual_range(low: float, high: float) -> tuple[float, float]:
    """Return the training range extended by a tenth at both ends."""
    room = 0.1 * (high - low)
    return low - room, high + room


def format_day(days: float, low: float | None, high: float | None = None) -> str:
    """Format days since 1970-01-01 as a date, or time of day; columns of years or of seconds (see
    ``has_dates``) stay numbers. ``low``, ``high``: ends of the column."""
    if has_times_only(low, high):
        return format_clock(days)
    if not is_dated(days, low):
        return format_number(days, ".0f")
    return (_FIRST + timedelta(days=math.floor(days))).isoformat()


def parse_day(written: str, style: str) -> float | None:
    """Return days since 1970-01-01 of a date in a column's style; None for other text."""
    import pandas as pd

    try:
        days = float(dates_as_days(pd.Series([written.strip() or None]), "", style).iloc[0])
    except DataError:
        return None
    return days if math.isfinite(days) else None


def has_dates(low: float | None, high: float | None) -> bool:
    """Return whether a column of dates from ``low`` to ``high`` holds days, not years or
    seconds."""
    dated = all(end is not None and is_dated(end, low) for end in (low, high))
    return dated and not has_times_only(low, high)


def is_dated(days: float, low: float | None) -> bool:
    """Return whether a number of a column that starts at ``low`` is a date, not a year or
    seconds."""
    years = low is not None and 1000 <= low <= 2200 and 1000 <= days <= 2200
    return not years and (date.min - _FIRST).days <= days <= (date.max - _FIRST).days


def predict_values(
    trained: TrainedModel, x: Mapping[str, Array], call: Callable[[Any], Any] | None = None
) -> dict[str, Array]:
    """Return predictions by output id: numbers in own units (n, units), or probabilities.

    Raw scores (a loss with ``from_logits``) pass the loss's sigmoid or softmax.

    Args:
        x: model-ready values by Input id, n samples each.
        call: returns the network's outputs; None: the prediction model.
    """
    names = model_inputs(trained.project.graph)
    call = call or partial(trained.training_model, training=False)
    count = len(next(iter(x.values())))
    parts: list[list[Array]] = []
    for start in range(0, count, _AT_ONCE):
        values = [x[name][start : start + _AT_ONCE] for name in names]
        out = call(values[0] if len(values) == 1 else values)
        listed = out if isinstance(out, (list, tuple)) else [out]
        parts.append([np.asarray(value, np.float64) for value in listed])
    preprocessing = preprocessing_of(trained)
    answers: dict[str, Array] = {}
    for index, name in enumerate(trained.project.graph.outputs):
        joined = np.concatenate([part[index] for part in parts])
        target = preprocessing.outputs[name]
        answers[name] = to_own_units(joined, trained.project, name, target)
    return answers


def predict_values_and_novelty(
    trained: TrainedModel, x: Mapping[str, Array]
) -> tuple[dict[str, Array], tuple[bool, ...]]:
    """Return ``predict_values``, and whether each sample is unlike the training data (empty if
    unknown), in one pass."""
    novelty = trained.novelty
    if novelty is None:
        return predict_values(trained, x), ()
    graph = trained.project.graph
    whole = hidden_model(trained.training_model, graph, novelty.nodes)
    features: list[Array] = []

    def call(values: Any) -> Any:
        outputs = list(whole(values, training=False))
        features.append(features_of(outputs[len(graph.outputs) :], novelty.stride))
        return outputs[: len(graph.outputs)]

    predictions = predict_values(trained, x, call)
    return predictions, tuple(map(bool, novelty.is_unlike(np.concatenate(features))))


def repeated_predictor(trained: TrainedModel) -> Callable[[Mapping[str, Array]], dict[str, Array]]:
    """Return ``predict_values`` as a traced function, for many calls with one shape."""
    import tensorflow as tf

    if trained.training_model not in _traced:
        # A weak reference: the traced function must not keep its network alive.
        training_model = weakref.ref(trained.training_model)
        _traced[trained.training_model] = tf.function(lambda x: training_model()(x, training=False))  # type: ignore[misc]
    call = _traced[trained.training_model]
    return lambda x: predict_values(trained, x, call)


def to_own_units(
    values: Array, project: Project, output: str, target: OutputPreprocessing
) -> Array:
    """Return the last layer's values as numbers in own units or as probabilities."""
    return target.undo(_probabilities(values, project, output, target))


def loss_of(trained: TrainedModel, output: str) -> Choice | None:
    """Return the loss that an output was trained with."""
    return _loss(trained.project, output)


def _loss(project: Project, output: str) -> Choice | None:
    goal = project.training.outputs.get(output)
    return goal.loss if goal and goal.loss else project.training.loss


def _probabilities(
    values: Array, project: Project, output: str, target: OutputPreprocessing
) -> Array:
    loss = _loss(project, output)
    if target.task == REGRESSION or not (loss and loss.params.get("from_logits")):
        return values
    if target.task == MULTI_LABEL or values.shape[-1] == 1:
        return np.asarray(0.5 * (1.0 + np.tanh(0.5 * values)))
    powers = np.exp(values - values.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def class_probabilities(values: Array, target: OutputPreprocessing) -> Array | None:
    """Return probabilities (n, classes), both sides of a single sigmoid; None if there are none."""
    flat = values.reshape(len(values), -1)
    if flat.size and (flat.min() < -1e-4 or flat.max() > 1 + 1e-4):
        return None
    if target.task == MULTI_LABEL:
        return flat
    if flat.shape[1] == 1:
        return np.concatenate([1.0 - flat, flat], axis=1)
    return flat if np.allclose(flat.sum(axis=1), 1.0, atol=1e-2) else None
