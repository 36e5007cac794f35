"""Looks into a network for the cause of what its curve shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.dataset import Split

if TYPE_CHECKING:
    import keras

_SAMPLE = 256
_HALF_LINES = ("relu", "relu6")


def model_input(
    training_model: keras.Model, split: Split, names: tuple[str, ...], rows: int
) -> Any:
    """The first rows of ``split`` as ``training_model`` takes them."""
    values = [split.x[name][:rows] for name in names]
    return values[0] if len(values) == 1 else values


def deadest_layer(training_model: keras.Model, inputs: Any) -> tuple[str, float] | None:
    """Layer with the largest part of relu units that answer 0 to every sample, and that part."""
    import keras

    layers = [
        layer
        for layer in training_model.layers
        if getattr(getattr(layer, "activation", None), "__name__", "") in _HALF_LINES
        or type(layer).__name__ == "ReLU"
    ]
    if not layers:
        return None
    given = training_model.inputs if len(training_model.inputs) > 1 else training_model.inputs[0]
    outputs = keras.Model(given, [layer.output for layer in layers])(inputs, training=False)
    worst: tuple[str, float] | None = None
    for layer, values in zip(layers, outputs if len(layers) > 1 else _listed(outputs), strict=True):
        numbers = np.asarray(values)
        silent = (numbers.reshape(-1, numbers.shape[-1]) <= 0).all(axis=0)
        part = float(np.mean(silent))
        if worst is None or part > worst[1]:
            worst = (layer.name, part)
    return worst


def rows_without_numbers(split: Split) -> dict[str, int]:
    """How many rows of each Input and target hold NaN or infinity; those without any left out."""
    found: dict[str, int] = {}
    for name, values in (*split.x.items(), *split.y.items()):
        if np.asarray(values).dtype.kind != "f":
            continue
        count = int((~np.isfinite(values).reshape(len(values), -1).all(axis=1)).sum())
        if count:
            found[name] = count
    return found


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def network_outputs(training_model: keras.Model, inputs: Any) -> list[NDArray[Any]]:
    """What the network answers, an array an output.

    Not by ``predict``, which traces a function anew for every network.
    """
    given = _listed(inputs)
    parts = []
    for start in range(0, len(given[0]), _SAMPLE):
        rows = [value[start : start + _SAMPLE] for value in given]
        found = training_model(rows if len(rows) > 1 else rows[0], training=False)
        parts.append([np.asarray(value) for value in _listed(found)])
    return [np.concatenate(part) for part in zip(*parts, strict=True)]


def classes_of(values: NDArray[Any]) -> NDArray[np.int64]:
    """Class numbers that answers, probabilities or scores, speak for."""
    flat = values.reshape(len(values), -1)
    if flat.shape[1] == 1:
        return (flat[:, 0] >= 0.5).astype(np.int64)
    numbers: NDArray[np.int64] = flat.argmax(axis=1)
    return numbers


def sample_rows(training_model: keras.Model, split: Split, names: tuple[str, ...]) -> Any:
    """A few hundred rows as ``training_model`` takes them."""
    return model_input(training_model, split, names, _SAMPLE)
