"""Convert Keras 2 configs to Keras 3's form, JSON to JSON, before they are checked.

Arguments that Keras 3 lacks are removed later, in ``importing.import_keras``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from netbuilder.core.folders import resource_json
from netbuilder.core.formats.mask_layers import tensor_places
from netbuilder.core.formats.safety.allowlist import MODELS
from netbuilder.core.formats.safety.operations import module_of
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import shorten

# TensorFlow functions → equivalent Keras 3 operations.
_BINARY: dict[str, str] = resource_json("tables.json")["keras2_binary"]
_UNARY: dict[str, str] = resource_json("tables.json")["keras2_unary"]
# Functions that only compute, without an equivalent layer.
_HARMLESS = re.compile(r"(math|nn|linalg|__operators__|image)\.\w+|" + "|".join((
    "reshape", "concat", "stack", "unstack", "split", "expand_dims", "squeeze", "transpose",
    "cast", "tile", "clip_by_value", "identity", "ones_like", "zeros_like", "where", "shape",
    "compat.v1.transpose", "compat.v1.shape", "compat.v1.gather", "gather", "reverse", "pad",
    "broadcast_to", "one_hot", "strided_slice", "slice", "keras.activations.\\w+",
)))  # fmt: skip
_POLICIES = frozenset({"Policy", "PolicyV1"})
_WITH_STATE = frozenset(
    {"LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"}
)
_OPERATION_LAYERS = frozenset({"TFOpLambda", "SlicingOpLambda"})
_FUNCTIONAL = "keras.src.models.functional"
# Keras 2's hard_sigmoid(x) is Keras 3's at 1.2 x: clip(0.2 x + 0.5) = clip(1.2 x / 6 + 0.5).
HARD_SIGMOID = 1.2


def modernize_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Convert a Keras 2 config of checked form to what Keras 3 would write.

    - Modules of ``tf_keras`` and Keras 2 become those of Keras 3.
    - Calls of nested models are counted from 0; Keras 2 counts their creation as call 0.
    - ``TFOpLambda`` (``a + b``) becomes Keras 3's operation, if there is one.
    - Initial states of recurrent layers are passed by name.
    - Dtype policies become names.
    - A model with one input or output takes or returns a tensor, not a list.
    - ``ThresholdedReLU`` becomes ``ReLU``.
    - A ``Rescaling`` precedes ``Activation("hard_sigmoid")``, which Keras 2 computes differently.
    """
    result = dict(config)
    class_name = str(config.get("class_name"))
    if class_name in MODELS and _is_old(config.get("module")):
        result["module"] = None if class_name == "Sequential" else _FUNCTIONAL
    inner = config.get("config")
    layers = inner.get("layers") if isinstance(inner, Mapping) else inner
    if not isinstance(layers, list):
        result["config"] = _renamed(inner)
        return result
    functional = isinstance(inner, Mapping) and "input_layers" in inner
    entries: list[Any] = []
    for entry in layers:
        layer = _layer(entry)
        before = _scaling_before(layer, functional)
        if before is not None:
            entries.append(before)
        entries.append(layer)
    if isinstance(inner, Mapping):
        whole = {**inner, "layers": entries}
        if functional:
            whole |= {key: _unwrapped(inner[key]) for key in ("input_layers", "output_layers")}
        result["config"] = _shifted(whole) if functional else whole
    else:
        result["config"] = entries
    return result


def _unwrapped(places: Any) -> Any:
    """Unwrap a list with a single tensor: the next layer takes no list."""
    return places[0] if isinstance(places, list) and len(places) == 1 else places


def is_harmless(entry: Mapping[str, Any]) -> bool:
    """Return whether a Keras 2 layer calls a TensorFlow function that only computes."""
    if entry.get("class_name") not in _OPERATION_LAYERS:
        return False
    config = entry.get("config")
    function = config.get("function") if isinstance(config, Mapping) else None
    return isinstance(function, str) and _HARMLESS.fullmatch(function) is not None


def why_no_layer(entry: Mapping[str, Any]) -> str:
    """Explain that such a layer has no equivalent in Keras 3."""
    return _(
        "This model calls the TensorFlow function '{name}' (written with +, [] or tf. ...), "
        "which is not a layer. It is not dangerous, but the canvas cannot show it. Replace this "
        "placeholder, or build the model with layers of keras.layers.",
        name=shorten(entry["config"]["function"], 60),
    )


def _is_old(module: Any) -> bool:
    return isinstance(module, str) and (
        module.startswith(("tf_keras.", "keras.src.engine", "keras.engine"))
    )


def _layer(entry: Any) -> Any:
    if not isinstance(entry, Mapping):
        return entry
    if entry.get("class_name") in MODELS:
        return modernize_config(entry)
    if entry.get("class_name") == "TFOpLambda":
        return _operation(entry) or dict(entry)
    result: dict[str, Any] = _renamed(entry)
    result.pop("build_config", None)
    config = result.get("config")
    if result.get("class_name") == "ThresholdedReLU" and isinstance(config, Mapping):
        own = {("threshold" if key == "theta" else key): value for key, value in config.items()}
        result |= {"class_name": "ReLU", "registered_name": None, "config": own}
    calls = result.get("inbound_nodes")
    if isinstance(calls, list):
        recurrent = entry.get("class_name") in _WITH_STATE
        result["inbound_nodes"] = [_with_states(c) if recurrent else _call(c) for c in calls]
    return result


def _with_states(call: Any) -> Any:
    """Convert a recurrent call whose initial states follow its input."""
    if not isinstance(call, list) or len(call) < 2 or not all(map(_is_place, call)):
        return call
    rest = call[0][3] if len(call[0]) > 3 and isinstance(call[0][3], Mapping) else {}
    states = [_tensor(place[:3]) for place in call[1:]]
    kwargs = {**rest, "initial_state": states[0] if len(states) == 1 else states}
    return {"args": [_tensor(call[0][:3])], "kwargs": kwargs}


def _is_place(value: Any) -> bool:
    return isinstance(value, list) and len(value) >= 3 and isinstance(value[0], str)


def _call(call: Any) -> Any:
    """Convert a call with a tensor as keyword argument, such as an attention's ``value``."""
    if not isinstance(call, list) or len(call) != 1 or not isinstance(call[0], list):
        return call
    place = call[0]
    if len(place) != 4 or not isinstance(place[3], Mapping):
        return call
    if not any(True for _ in tensor_places(list(place[3].values()))):
        return call
    kwargs = {
        key: _tensor(value[:3]) if isinstance(value, list) and len(value) >= 3 else value
        for key, value in place[3].items()
    }
    return {"args": [_tensor(place[:3])], "kwargs": kwargs}


def _renamed(value: Any) -> Any:
    """Remove Keras 2's modules: class names suffice."""
    if isinstance(value, list):
        return [_renamed(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    inner = value.get("config")
    if value.get("class_name") in _POLICIES and isinstance(inner, Mapping) and "name" in inner:
        return inner["name"]  # Keras 3 creates its policy by name
    result = {key: _renamed(item) for key, item in value.items()}
    module = value.get("module")
    if isinstance(module, str) and module.startswith(("tf_keras.", "keras.src.", "keras.layers.")):
        result["module"] = "keras.layers" if "layers" in module else None
        if result["module"] is None:
            del result["module"]
        if result.get("registered_name") == value.get("class_name"):
            result["registered_name"] = None
    return result


def _operation(entry: Mapping[str, Any]) -> dict[str, Any] | None:
    """Convert a ``TFOpLambda`` with one call to Keras 3's operation, or return None."""
    config, calls = entry.get("config"), entry.get("inbound_nodes")
    if not isinstance(config, Mapping) or not isinstance(calls, list) or len(calls) != 1:
        return None
    function, call = config.get("function"), calls[0]
    if not isinstance(call, list) or len(call) != 4 or not isinstance(call[3], Mapping):
        return None
    first = call[:3] if isinstance(call[0], str) else None
    rest = {key: value for key, value in call[3].items() if key != "name" and value is not None}
    if first is None or first[0] in ("_CONSTANT_VALUE",):
        return None
    arguments: list[Any] = [_tensor(first)]
    name = ""
    if function in _UNARY and not rest:
        name = _UNARY[str(function)]
    elif function in _BINARY and len(rest) == 1 and set(rest) <= {"y", "b"}:
        other = next(iter(rest.values()))
        is_place = isinstance(other, list) and any(True for _ in tensor_places(other))
        if is_place and other[0] != "_CONSTANT_VALUE":
            arguments.append(_tensor(other[:3]))
            name = _BINARY[str(function)]
        elif isinstance(other, int | float) and not isinstance(other, bool):
            arguments.append(other)
            name = _BINARY[str(function)]
    if not name:
        return None
    own = entry.get("name", config.get("name"))
    return {
        "module": module_of(name),
        "class_name": name,
        "config": {"name": own},
        "registered_name": name,
        "name": own,
        "inbound_nodes": [{"args": arguments, "kwargs": {}}],
    }


def _tensor(place: Any) -> dict[str, Any]:
    """Return a Keras 3 tensor reference; its shape is computed when the model is built."""
    return {
        "class_name": "__keras_tensor__",
        "config": {"shape": [None], "dtype": "float32", "keras_history": list(place)},
    }


def _scaling_before(entry: Any, functional: bool) -> dict[str, Any] | None:
    """Return the Rescaling before an ``Activation("hard_sigmoid")``, reconnecting its inputs."""
    config = entry.get("config") if isinstance(entry, Mapping) else None
    if (
        not isinstance(config, Mapping)
        or entry.get("class_name") != "Activation"
        or config.get("activation") != "hard_sigmoid"
        or not isinstance(config.get("name"), str)
    ):
        return None
    name = f"{config['name']}_keras2"
    rescaling: dict[str, Any] = {
        "module": "keras.layers",
        "class_name": "Rescaling",
        "config": {"name": name, "scale": HARD_SIGMOID, "offset": 0.0},
        "registered_name": None,
    }
    if functional:
        calls = entry.get("inbound_nodes", [])
        rescaling = {**rescaling, "name": name, "inbound_nodes": calls}
        entry["inbound_nodes"] = [[[name, number, 0, {}]] for number in range(len(calls))]
    return rescaling


def _shifted(inner: dict[str, Any]) -> dict[str, Any]:
    """Count the calls of nested models from 0."""
    models = {
        entry.get("name", (entry.get("config") or {}).get("name"))
        for entry in inner["layers"]
        if isinstance(entry, Mapping) and entry.get("class_name") in MODELS
    }
    uses = list(_places(inner))
    first = {
        name: min(call for used, call, _ in uses if used == name)
        for name in models
        if any(used == name for used, _, _ in uses)
    }
    late = {name for name, call in first.items() if call > 0}
    if not late:
        return inner
    parts = {key: _earlier(inner[key], late) for key in ("input_layers", "output_layers")}
    layers = [
        {**entry, "inbound_nodes": _earlier(entry["inbound_nodes"], late)}
        if isinstance(entry, Mapping) and isinstance(entry.get("inbound_nodes"), list)
        else entry
        for entry in inner["layers"]
    ]
    return {**inner, **parts, "layers": layers}


def _places(inner: Mapping[str, Any]) -> Iterator[tuple[str, int, int]]:
    yield from tensor_places(inner.get("output_layers"))
    for entry in inner["layers"]:
        if isinstance(entry, Mapping):
            yield from tensor_places(entry.get("inbound_nodes"))


def _earlier(value: Any, late: set[Any]) -> Any:
    if isinstance(value, Mapping):
        return {key: _earlier(item, late) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    is_place = (
        len(value) >= 3 and isinstance(value[0], str) and all(type(n) is int for n in value[1:3])
    )
    if is_place and value[0] in late:
        return [value[0], value[1] - 1, *(_earlier(item, late) for item in value[2:])]
    return [_earlier(item, late) for item in value]
