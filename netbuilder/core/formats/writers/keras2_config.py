"""Convert a Keras 3 config to a form that both Keras 2 and Keras 3 read.

``batch_shape`` becomes ``batch_input_shape``, a dtype policy its name, a graph node the older
nested list, and unset arguments that only Keras 3 has are removed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _

_NAMES = resource_json("keras_names.json")
# Arguments that Keras 2 lacks, removed if unset.
_KERAS_3_ONLY = frozenset(_NAMES["keras3_arguments"])
_ALWAYS_DROPPED = frozenset({"build_config", "compile_config", "__passive_serialization__"})
_RENAMED = {"LeakyReLU": {"negative_slope": "alpha"}}
_OBJECT_MODULES = frozenset({"keras.initializers", "keras.regularizers", "keras.constraints"})


# Classes that Keras 2 (tf_keras 2.21) lacks.
NEW_CLASSES = frozenset(_NAMES["keras3_classes"])
NEW_ACTIVATIONS = frozenset(_NAMES["keras3_activations"])


class OnlyKeras3Error(ValueError):
    """The graph has something that Keras 2 cannot express."""


def model_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Convert Keras 3's ``model_config``; raise OnlyKeras3Error if a call has no older form."""
    result = dict(config)
    inner = dict(config["config"])
    functional = "input_layers" in inner
    inner["layers"] = [_layer(entry, functional) for entry in inner["layers"]]
    for key in ("input_layers", "output_layers"):
        if key in inner and _is_place(inner[key]):
            inner[key] = [inner[key]]
    inner = {key: value for key, value in inner.items() if key not in _ALWAYS_DROPPED}
    if "dtype" in inner:
        inner["dtype"] = _policy(inner["dtype"])
    result["config"] = inner
    return {key: value for key, value in result.items() if key not in _ALWAYS_DROPPED}


def why_not(config: Any) -> str:
    """Return what Keras 2 lacks or computes differently in a config, or ""."""
    waiting: list[Any] = [config]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Mapping):
            name = item.get("class_name")
            if isinstance(name, str) and name in NEW_CLASSES:
                return _("Keras 2 has no {name}", name=name)
            for key, value in item.items():
                if key.endswith("activation") and isinstance(value, str):
                    if value in NEW_ACTIVATIONS:
                        return _("Keras 2 has no activation '{name}'", name=value)
                    if value == "hard_sigmoid":
                        return _(
                            "Keras 2 computes hard_sigmoid differently, so the predictions would "
                            "differ"
                        )
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
    return ""


def training_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Convert the training config (loss, optimizer, metrics)."""
    plain: dict[str, Any] = _plain(config)
    optimizer = plain.get("optimizer_config")
    if isinstance(optimizer, dict) and isinstance(optimizer.get("config"), dict):
        optimizer["config"] = _optimizer(optimizer["config"])
    return plain


def _optimizer(config: Mapping[str, Any]) -> dict[str, Any]:
    """Remove unset arguments: the optimizers of Keras 2 lack them."""
    result = dict(config)
    if not result.get("use_ema"):
        result.pop("use_ema", None)
        result.pop("ema_momentum", None)
    return {key: value for key, value in result.items() if value is not None}


def _is_place(value: Any) -> bool:
    """Return whether this is one ``[layer, node, tensor]``."""
    return isinstance(value, list | tuple) and len(value) == 3 and isinstance(value[0], str)


def _layer(entry: Mapping[str, Any], functional: bool) -> dict[str, Any]:
    result = {key: value for key, value in entry.items() if key not in _ALWAYS_DROPPED}
    if "layers" in entry.get("config", {}):
        # Keras 2 counts the calls of a model inside a model from 1, Keras 3 from 0.
        raise OnlyKeras3Error(_("the model contains another model"))
    result["config"] = _config(entry["class_name"], entry["config"])
    for key in ("module", "registered_name"):
        result.pop(key, None)
    if functional:
        result["inbound_nodes"] = [_node(node, entry) for node in entry.get("inbound_nodes", [])]
    return result


def _config(class_name: str, config: Mapping[str, Any]) -> dict[str, Any]:
    result = {key: _plain(value) for key, value in config.items() if not _says_nothing(key, value)}
    if "dtype" in result:
        result["dtype"] = _policy(config["dtype"])
    if class_name == "InputLayer" and "batch_shape" in result:
        result["batch_input_shape"] = result.pop("batch_shape")
    for old, new in _RENAMED.get(class_name, {}).items():
        if old in result:
            result[new] = result.pop(old)
    return result


def _says_nothing(key: str, value: Any) -> bool:
    return key in _ALWAYS_DROPPED or (key in _KERAS_3_ONLY and value in (None, False))


def _policy(value: Any) -> Any:
    """Return ``"float32"`` for the policy object of that name."""
    if isinstance(value, Mapping) and value.get("class_name") in ("DTypePolicy", "Policy"):
        return value["config"]["name"]
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    if value.get("class_name") in ("DTypePolicy", "Policy"):
        return _policy(value)
    if isinstance(value.get("class_name"), str) and isinstance(value.get("config"), Mapping):
        result = {key: _plain(item) for key, item in value.items() if key not in _ALWAYS_DROPPED}
        result["config"] = _config(value["class_name"], value["config"])
        # A wrapped layer keeps its module: Keras 3 cannot find an LSTM without it.
        if value.get("module") in _OBJECT_MODULES:
            result.pop("module")
            result.pop("registered_name", None)
        return result
    return {key: _plain(item) for key, item in value.items()}


def _node(node: Any, entry: Mapping[str, Any]) -> Any:
    """Convert ``{"args": [tensor], "kwargs": {}}`` to ``[["layer", 0, 0, {}]]``.

    For the value and key of a MultiHeadAttention there is no form that both read.
    """
    if not isinstance(node, Mapping):
        return node
    args, kwargs = node.get("args", []), node.get("kwargs", {})
    kwargs = {key: value for key, value in kwargs.items() if value is not None}
    if len(args) != 1 or _has_tensor(kwargs):
        note = _("Keras 2 and Keras 3 write the inputs of the layer '{layer}' ({kind}) differently",
                 layer=entry.get("name"), kind=entry.get("class_name"))  # fmt: skip
        raise OnlyKeras3Error(note)
    tensors = args[0] if isinstance(args[0], list | tuple) else [args[0]]
    return [[*_place(tensor), dict(kwargs)] for tensor in tensors]


def _place(tensor: Any) -> list[Any]:
    if not isinstance(tensor, Mapping) or tensor.get("class_name") != "__keras_tensor__":
        raise OnlyKeras3Error(_("a layer is called with something other than tensors"))
    return list(tensor["config"]["keras_history"])


def _has_tensor(value: Any) -> bool:
    if isinstance(value, Mapping):
        return value.get("class_name") == "__keras_tensor__" or any(
            map(_has_tensor, value.values())
        )
    return isinstance(value, list | tuple) and any(map(_has_tensor, value))
