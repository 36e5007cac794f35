"""Configs of Keras 2 cut to what the classes of Keras 3 take, and weights to its formulas."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from netbuilder.core.formats.importing.import_params import OLD_NAMES
from netbuilder.core.formats.safety.keras2_modernize import HARD_SIGMOID
from netbuilder.core.i18n import gettext as _

# What every layer of Keras 3 takes, or takes care of, beside its own arguments.
_COMMON = frozenset(
    {
        "name",
        "trainable",
        "dtype",
        "autocast",
        "batch_shape",
        "batch_input_shape",
        "input_shape",
        "activity_regularizer",
    }
)
# Arguments of Keras 2 that change no answer: sizes that are found again, ways of computing.
_SILENT = frozenset({"implementation", "input_length", "rng_type", "trainable", "dtype", "fused"})
# Nor do these: what the weights begin with, and what they learn with.
_SILENT_ENDINGS = ("_shape", "_initializer", "_regularizer", "_constraint")
_NOTHING: tuple[Any, ...] = (None, False, "", 1, [], {}, [1], [1, 1], [1, 1, 1])


def fit_config(config: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """A model's config without the arguments that its Keras 3 classes lack; and what those were.

    Args:
        config: of a Keras 2 model, checked and modernised.

    Returns:
        The config, and a sentence for each argument that said something and went.
    """
    notes: list[str] = []
    result = _fitted(config, notes)
    return result, tuple(dict.fromkeys(notes))


def _fitted(value: Any, notes: list[str]) -> Any:
    if isinstance(value, list):
        return [_fitted(one, notes) for one in value]
    if not isinstance(value, Mapping):
        return value
    result = {key: _fitted(one, notes) for key, one in value.items()}
    class_name, inner = value.get("class_name"), result.get("config")
    if not isinstance(class_name, str) or not isinstance(inner, dict):
        return result
    known = _arguments(class_name)
    if known is None:
        _without_inputs(inner)
        return result
    for old, new in OLD_NAMES.get(class_name, {}).items():
        if old in inner and old not in known:
            inner[new] = inner.pop(old)
    for key in [key for key in inner if key not in known]:
        dropped = inner.pop(key)
        if not (
            (dropped is not True and dropped in _NOTHING)
            or key in _SILENT
            or key.endswith(_SILENT_ENDINGS)
        ):
            notes.append(
                _(
                    "'{argument}' ({value}) of {class_name} '{layer}' was left out, "
                    "because Keras 3 does not support it. Predictions may differ slightly.",
                    argument=key,
                    value=f"{dropped!r:.40}",
                    class_name=class_name,
                    layer=inner.get("name", ""),
                )
            )
    sides = _STATES.get(class_name)
    if sides is not None and inner.get("activation") == "hard_sigmoid":
        width = inner.get("units", inner.get("filters"))
        inner["activation"] = _hard_sigmoid_of_keras_2([*[None] * sides, width])
        notes.append(
            _(
                "The state of {class_name} '{layer}' uses hard_sigmoid of Keras 2 (0.2 x + 0.5), "
                "which Keras 3 computes differently: two extra layers reproduce it.",
                class_name=class_name,
                layer=inner.get("name", ""),
            )
        )
    if class_name == "BatchNormalization" and isinstance(inner.get("axis"), list):
        inner["axis"] = inner["axis"][0]
    return result


# Layers whose activation acts on their state as well, where no weight can take up what Keras 3
# changed in it; and how many sides a sample of the state has beside its channels.
_STATES: Mapping[str, int] = {
    "LSTM": 0,
    "LSTMCell": 0,
    "ConvLSTM1D": 1,
    "ConvLSTM2D": 2,
    "ConvLSTM3D": 3,
}


def _hard_sigmoid_of_keras_2(shape: list[Any]) -> dict[str, Any]:
    """clip(0.2 x + 0.5) as a model that Keras 3 takes for an activation, in files as well."""
    layers: tuple[tuple[str, dict[str, Any]], ...] = (
        ("InputLayer", {"batch_shape": [None, *shape], "name": "state"}),
        ("Rescaling", {"scale": HARD_SIGMOID, "offset": 0.0, "name": "of_keras_2"}),
        ("Activation", {"activation": "hard_sigmoid", "name": "hard_sigmoid"}),
    )
    made = [{"module": "keras.layers", "class_name": one, "config": own} for one, own in layers]
    config = {"name": "hard_sigmoid_of_keras_2", "layers": made}
    return {"module": "keras", "class_name": "Sequential", "config": config}


def _without_inputs(model: dict[str, Any]) -> None:
    """Layers behind the first need not say what arrives: that is known, and it may differ."""
    layers = model.get("layers")
    for entry in layers[1:] if isinstance(layers, list) else ():
        if entry.get("class_name") != "InputLayer" and isinstance(entry.get("config"), dict):
            entry["config"].pop("batch_input_shape", None)


@cache
def _arguments(class_name: str) -> frozenset[str] | None:
    """Arguments that a layer of Keras 3 takes; None for what is no layer of ``keras.layers``."""
    import keras

    if class_name == "InputLayer":
        return None
    kind = getattr(keras.layers, class_name, None)
    if not isinstance(kind, type) or not issubclass(kind, keras.layers.Layer):
        return None
    found: set[str] = set()
    for base in kind.__mro__:
        if base is keras.layers.Layer:
            return frozenset(found | _COMMON)  # what is left over reaches the base of all
        made = base.__dict__.get("__init__")
        if made is None:
            continue
        given = inspect.signature(made).parameters
        found |= set(given) - {"self", "args", "kwargs"}
        if not any(one.kind is inspect.Parameter.VAR_KEYWORD for one in given.values()):
            break  # what bases take cannot be given through it
    return frozenset(found)


def scale_hard_sigmoids(layers: list[Any]) -> None:
    """Give layers of Keras 2 weights with which Keras 3's ``hard_sigmoid`` answers the same.

    Keras 2's is clip(0.2 x + 0.5), Keras 3's clip(x / 6 + 0.5): the same of 1.2 x. So what is
    summed before it, kernel and bias, counts 1.2 times. (The state of an LSTM has no weights
    before it: see ``fit_config``.)

    Args:
        layers: built layers with the file's weights; changed in place.
    """
    for layer in layers:
        lanes = _LANES.get(type(layer).__name__)
        if lanes is None:
            if _is_hard(layer, "activation") and type(layer).__name__ != "Activation":
                _scale(layer, 1, (0,), _PLAIN)
            continue
        gates = lanes.gates if _is_hard(layer, "recurrent_activation") else ()
        rest = lanes.candidate if _is_hard(layer, "activation") else ()
        _scale(layer, lanes.count, (*gates, *rest), _RECURRENT)


@dataclass(frozen=True)
class _WeightLanes:
    """Equal parts along the last axis of a cell's weights: how many, and which are what."""

    count: int
    gates: tuple[int, ...]
    candidate: tuple[int, ...] = ()


_LANES: Mapping[str, _WeightLanes] = {
    "LSTMCell": _WeightLanes(4, (0, 1, 3)),
    "ConvLSTMCell": _WeightLanes(4, (0, 1, 3)),
    "GRUCell": _WeightLanes(3, (0, 1), (2,)),
}
_RECURRENT = ("kernel", "recurrent_kernel", "bias")
_PLAIN = ("kernel", "pointwise_kernel", "recurrent_kernel", "bias")


def _is_hard(layer: Any, key: str) -> bool:
    function = getattr(layer, key, None)
    return getattr(function, "__name__", "") == "hard_sigmoid"


def _scale(layer: Any, parts: int, chosen: tuple[int, ...], names: tuple[str, ...]) -> None:
    separable = hasattr(layer, "pointwise_kernel")
    for name in names:
        variable = getattr(layer, name, None)
        if variable is None or (name == "kernel" and separable):
            continue
        values = np.array(variable)
        width = values.shape[-1] // parts
        for part in chosen:
            values[..., part * width : (part + 1) * width] *= HARD_SIGMOID
        variable.assign(values)
