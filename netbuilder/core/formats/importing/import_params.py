"""The parameters of a node from the config of its layer: only what differs from the default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netbuilder.core.catalog.layers.layer_index import LAYERS, canonical_layer
from netbuilder.core.catalog.spec import Kind, LayerSpec, ObjectSpec, Param
from netbuilder.core.catalog.training.training_index import (
    CONSTRAINTS,
    INITIALIZERS,
    REGULARIZERS,
    SCHEDULES,
    canonical,
)
from netbuilder.core.catalog.validate import problem_with

_TABLES: Mapping[Kind, Mapping[str, ObjectSpec]] = {
    Kind.INITIALIZER: INITIALIZERS,
    Kind.REGULARIZER: REGULARIZERS,
    Kind.CONSTRAINT: CONSTRAINTS,
}
# Keras 2's name of an argument → Keras 3's.
OLD_NAMES: Mapping[str, Mapping[str, str]] = {
    "LeakyReLU": {"alpha": "negative_slope"},
    "ReLU": {"alpha": "negative_slope"},
    "Dropout": {"p": "rate"},
}


def layer_params(layer: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of a catalog layer, as they stand in a project file.

    Args:
        layer: name of the row.
        config: what Keras 2 or 3 wrote for it. Keys that the row does not have are passed over,
            as are values that the row does not take.
    """
    spec = LAYERS[layer]
    names = OLD_NAMES.get(layer, {})
    values = {names.get(key, key): value for key, value in config.items()}
    return _without_derived(layer, object_params(spec, values), values)


# What a config holds beside the constructor's arguments, or only for old programs.
_BOOKKEEPING = frozenset(
    {
        "name",
        "trainable",
        "dtype",
        "batch_input_shape",
        "batch_shape",
        "input_shape",
        "input_length",
        "implementation",
        "time_major",
        "zero_output_for_mask",
        "quantization_config",
        "autocast",
        "groups",
        "dilation_rate",
        "data_format",
        "seed",
        "ragged",
        "sparse",
        "optional",
    }
)


def dropped_arguments(layer: str, config: Mapping[str, Any]) -> tuple[str, ...]:
    """Arguments of a config that say something and that the row of ``layer`` has no place for."""
    spec = LAYERS[layer]
    names = OLD_NAMES.get(layer, {})
    kept = layer_params(layer, config)
    found = []
    for key, value in config.items():
        name = names.get(key, key)
        if name in _BOOKKEEPING or value in (None, False, "", [], {}):
            continue
        if name == "backward_layer" and _layer(value) == _backwards(_layer(config.get("layer"))):
            continue
        param = spec.by_name.get(name)
        if param is None or (
            name not in kept and problem_with(param, project_value(param, value)) is not None
        ):
            found.append(key)
    if config.get("trainable") is False and "trainable" not in spec.by_name:
        found.append("trainable")
    return tuple(found)


def _without_derived(
    layer: str, found: dict[str, Any], values: Mapping[str, Any]
) -> dict[str, Any]:
    """Without what Keras works out from the rest and writes into the config all the same."""
    derived = {
        "data_format": "channels_last",
        "strides": found.get("pool_size", values.get("pool_size")) if "Pooling" in layer else None,
        "value_dim": found.get("key_dim") if layer == "MultiHeadAttention" else None,
        "attention_axes": [1] if layer == "MultiHeadAttention" else None,
        "backward_layer": _backwards(found.get("layer")) if layer == "Bidirectional" else None,
    }
    return {
        key: value
        for key, value in found.items()
        if derived.get(key) is None or not same_meaning(value, _single(derived[key]))
    }


def _single(value: Any) -> Any:
    """3 for [3, 3]."""
    if isinstance(value, list) and len(value) > 1 and all(one == value[0] for one in value):
        return value[0]
    return value


def _backwards(layer: Any) -> Any:
    """What ``Bidirectional`` makes of its layer by itself."""
    if not isinstance(layer, Mapping):
        return None
    params = dict(layer["params"])
    if not params.pop("go_backwards", False):
        params["go_backwards"] = True
    return {"layer": layer["layer"], "params": params}


def object_params(spec: ObjectSpec | LayerSpec, config: Mapping[str, Any]) -> dict[str, Any]:
    """The same for a loss, optimizer, metric, initializer, ..."""
    found: dict[str, Any] = {}
    for param in spec.params:
        if param.name in config:
            value = project_value(param, config[param.name])
            wanted = param.required or not same_value(param, value)
            if wanted and problem_with(param, value) is None:
                found[param.name] = value
    return found


def project_value(param: Param, value: Any) -> Any:
    """One value of a config in the terms of a project file."""
    if param.name == "dtype":
        return _dtype(value)
    if param.kind in _TABLES:
        return object_choice(value, _TABLES[param.kind])
    if param.kind is Kind.ACTIVATION:
        return _activation(value)
    if param.kind is Kind.LAYER:
        return _layer(value)
    if param.schedule and isinstance(value, Mapping):
        return object_choice(value, SCHEDULES)
    if param.kind is Kind.INT and isinstance(value, list) and len(value) == 1:
        return value[0]  # BatchNormalization's axis in Keras 2
    if param.kind is Kind.FLOAT and isinstance(value, float):
        return _shortest(value)
    if param.kind is Kind.INT and isinstance(value, float) and value.is_integer():
        return int(value)
    if param.kind is Kind.SIZE and isinstance(value, list) and len(set(map(str, value))) == 1:
        return value[0] if not isinstance(value[0], list) else value
    return value


def object_choice(value: Any, table: Mapping[str, ObjectSpec]) -> Any:
    """``{"class_name": ..., "config": ...}`` as a name, or a name with its parameters."""
    if isinstance(value, str):
        return canonical(table, value) or value
    if not isinstance(value, Mapping):
        return value
    name = canonical(table, str(value.get("class_name", "")))
    if name is None:
        return None
    config = value.get("config")
    params = object_params(table[name], config) if isinstance(config, Mapping) else {}
    return {"name": name, "params": params} if params else name


def same_value(param: Param, value: Any) -> bool:
    """Whether a value is the parameter's default, by whatever name."""
    default = param.default
    if param.kind in _TABLES and isinstance(default, str) and isinstance(value, str):
        table = _TABLES[param.kind]
        return (canonical(table, default) or default) == (canonical(table, value) or value)
    return same_meaning(value, default) or (
        value in (None, "linear") and default in (None, "linear")
    )


def same_meaning(value: Any, default: Any) -> bool:
    """Whether two values say the same: 3 and [3, 3], "GlorotUniform" and "glorot_uniform"."""
    if isinstance(value, bool) != isinstance(default, bool):
        return False
    if isinstance(value, str) and isinstance(default, str):
        return _folded(value) == _folded(default)
    if isinstance(default, list | tuple) and isinstance(value, int | float):
        return all(one == value for one in default)
    if isinstance(default, tuple) and isinstance(value, list):
        return list(default) == value
    if isinstance(value, list) and len(value) == 1 and isinstance(default, int):
        return bool(value[0] == default)
    if isinstance(value, float) and isinstance(default, int | float):
        return abs(value - default) <= 1e-6 * max(abs(value), abs(default), 1e-12)
    return bool(value == default)


def _shortest(value: float) -> float:
    """0.05 for 0.05000000074505806, which is the same number with 32 bits."""
    import numpy as np

    if abs(value) > float(np.finfo(np.float32).max):
        return value
    single = np.float32(value)
    return float(str(single)) if float(single) == value else value


def _folded(text: str) -> str:
    return text.lower().replace("_", "")


def _dtype(value: Any) -> Any:
    """The name of a dtype or of a policy object; None for what it is anyhow."""
    if isinstance(value, Mapping):
        config = value.get("config")
        value = config.get("name") if isinstance(config, Mapping) else None
    return None if value == "float32" else value


def _activation(value: Any) -> Any:
    if isinstance(value, Mapping):
        value = value.get("config") if value.get("class_name") == "function" else None
    return None if value == "linear" else value


def _layer(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    name = canonical_layer(str(value.get("class_name")))
    if name is None:
        return None
    config = value.get("config")
    return {
        "layer": name,
        "params": layer_params(name, config) if isinstance(config, Mapping) else {},
    }
