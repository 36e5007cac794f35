"""Convert layer configs to node parameters: only what differs from the default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netbuilder.core.catalog.layers.layer_index import LAYERS, canonical_layer
from netbuilder.core.catalog.spec import Kind, LayerSpec, ObjectSpec, Param
from netbuilder.core.catalog.training.training_index import SCHEDULES, canonical
from netbuilder.core.catalog.validate import problem_with
from netbuilder.core.engine.networks.keras_objects import OBJECTS_BY_KIND
from netbuilder.core.folders import resource_json

_NAMES = resource_json("keras_names.json")
# Keras 2's name of an argument → Keras 3's.
OLD_NAMES: Mapping[str, Mapping[str, str]] = _NAMES["old_names"]


def layer_params(layer: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a catalog layer's valid parameters from a config of Keras 2 or 3."""
    spec = LAYERS[layer]
    names = OLD_NAMES.get(layer, {})
    values = {names.get(key, key): value for key, value in config.items()}
    return _without_derived(layer, object_params(spec, values), values)


# What a config holds besides the constructor's arguments, or only for old programs.
_BOOKKEEPING = frozenset(_NAMES["bookkeeping"])


def dropped_arguments(layer: str, config: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the meaningful arguments of a config that the catalog layer does not support."""
    spec = LAYERS[layer]
    names = OLD_NAMES.get(layer, {})
    params = layer_params(layer, config)
    dropped = []
    for key, value in config.items():
        name = names.get(key, key)
        if name in _BOOKKEEPING or value in (None, False, "", [], {}):
            continue
        if name == "backward_layer" and _layer(value) == _backwards(_layer(config.get("layer"))):
            continue
        param = spec.by_name.get(name)
        if param is None or (
            name not in params and problem_with(param, project_value(param, value)) is not None
        ):
            dropped.append(key)
    if config.get("trainable") is False and "trainable" not in spec.by_name:
        dropped.append("trainable")
    return tuple(dropped)


def _without_derived(
    layer: str, params: dict[str, Any], values: Mapping[str, Any]
) -> dict[str, Any]:
    """Remove what Keras derives from other arguments but still writes."""
    derived = {
        "data_format": "channels_last",
        "strides": params.get("pool_size", values.get("pool_size")) if "Pooling" in layer else None,
        "value_dim": params.get("key_dim") if layer == "MultiHeadAttention" else None,
        "attention_axes": [1] if layer == "MultiHeadAttention" else None,
        "backward_layer": _backwards(params.get("layer")) if layer == "Bidirectional" else None,
    }
    return {
        key: value
        for key, value in params.items()
        if derived.get(key) is None or not same_meaning(value, _single(derived[key]))
    }


def _single(value: Any) -> Any:
    """Return 3 for [3, 3]."""
    if isinstance(value, list) and len(value) > 1 and all(item == value[0] for item in value):
        return value[0]
    return value


def _backwards(layer: Any) -> Any:
    """Return the backward layer that ``Bidirectional`` derives from its layer."""
    if not isinstance(layer, Mapping):
        return None
    params = dict(layer["params"])
    if not params.pop("go_backwards", False):
        params["go_backwards"] = True
    return {"layer": layer["layer"], "params": params}


def object_params(spec: ObjectSpec | LayerSpec, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a loss, optimizer, metric, initializer, …"""
    params: dict[str, Any] = {}
    for param in spec.params:
        if param.name in config:
            value = project_value(param, config[param.name])
            needed = param.required or not same_value(param, value)
            if needed and problem_with(param, value) is None:
                params[param.name] = value
    return params


def project_value(param: Param, value: Any) -> Any:
    """Convert a value of a config to the form of a project file."""
    if param.name == "dtype":
        return _dtype(value)
    if param.kind in OBJECTS_BY_KIND:
        return object_choice(value, OBJECTS_BY_KIND[param.kind])
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
    """Convert ``{"class_name": ..., "config": ...}`` to a name, with parameters if any."""
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
    """Return whether a value is the parameter's default, under any name."""
    default = param.default
    if param.kind in OBJECTS_BY_KIND and isinstance(default, str) and isinstance(value, str):
        table = OBJECTS_BY_KIND[param.kind]
        return (canonical(table, default) or default) == (canonical(table, value) or value)
    return same_meaning(value, default) or (
        value in (None, "linear") and default in (None, "linear")
    )


def same_meaning(value: Any, default: Any) -> bool:
    """Return whether values are equivalent: 3 and [3, 3], "GlorotUniform" and "glorot_uniform"."""
    if isinstance(value, bool) != isinstance(default, bool):
        return False
    if isinstance(value, str) and isinstance(default, str):
        return _folded(value) == _folded(default)
    if isinstance(default, list | tuple) and isinstance(value, int | float):
        return all(item == value for item in default)
    if isinstance(default, tuple) and isinstance(value, list):
        return list(default) == value
    if isinstance(value, list) and len(value) == 1 and isinstance(default, int):
        return bool(value[0] == default)
    if isinstance(value, float) and isinstance(default, int | float):
        return abs(value - default) <= 1e-6 * max(abs(value), abs(default), 1e-12)
    return bool(value == default)


def _shortest(value: float) -> float:
    """Return 0.05 for 0.05000000074505806, the same number in 32 bits."""
    import numpy as np

    if abs(value) > float(np.finfo(np.float32).max):
        return value
    single = np.float32(value)
    return float(str(single)) if float(single) == value else value


def _folded(text: str) -> str:
    return text.lower().replace("_", "")


def _dtype(value: Any) -> Any:
    """Return the name of a dtype or policy object; None for the default."""
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
