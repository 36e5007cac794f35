"""Operations in functional models (``a + b``, ``x * 2``, ``keras.ops.mean(x)``).

Keras 3 stores them as entries among the layers. Those that only compute may be built; the canvas
shows an equivalent layer if there is one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import join_sentences

_NAMES = resource_json("keras_names.json")
# Operations without functions, files or sizes in their arguments, by module.
_PLACES: Mapping[str, list[str]] = _NAMES["operations"]
_PLACE = {name: place for place, names in _PLACES.items() for name in names}
ALLOWED = frozenset(_PLACE)
MODULES = frozenset(f"keras.src.ops.{place}" for place in _PLACES)

_MERGES = frozenset({"Add", "Subtract", "Multiply", "Maximum", "Minimum"})
_ACTIVATIONS: Mapping[str, str] = _NAMES["operation_activations"]
_LAYERS: Mapping[str, str] = _NAMES["operation_layers"]


def is_operation(entry: Mapping[str, Any]) -> bool:
    """Return whether an entry is an operation."""
    module = entry.get("module")
    return isinstance(module, str) and module.startswith(("keras.src.ops.", "keras.ops"))


def is_allowed(entry: Mapping[str, Any]) -> bool:
    """Return whether Keras may build this operation: it only computes."""
    class_name = entry.get("class_name")
    registered = entry.get("registered_name")
    return (
        entry.get("module") in MODULES
        and class_name in ALLOWED
        and registered in (None, "", class_name)
    )


def module_of(class_name: str) -> str:
    """Return Keras 3's module of an operation in ``ALLOWED``."""
    return f"keras.src.ops.{_PLACE.get(class_name, 'numpy')}"


def with_modules(config: Mapping[str, Any]) -> dict[str, Any]:
    """Add the modules of operations that Keras 3 omits in ``.h5`` files.

    Without them it would take ``a + b`` for the layer Add. Unlike operations, layers have an entry
    "trainable".
    """
    inner = config.get("config")
    if not isinstance(inner, Mapping) or not isinstance(inner.get("layers"), list):
        return dict(config)
    layers = [_with_module(v) if isinstance(v, Mapping) else v for v in inner["layers"]]
    return {**config, "config": {**inner, "layers": layers}}


def _with_module(entry: Mapping[str, Any]) -> dict[str, Any]:
    config, class_name = entry.get("config"), entry.get("class_name")
    if not isinstance(config, Mapping) or "layers" in config:
        return with_modules(entry)
    if class_name not in ALLOWED or "trainable" in config or entry.get("module"):
        return dict(entry)
    return {**entry, "module": module_of(str(class_name)), "registered_name": class_name}


def why_no_layer(entry: Mapping[str, Any]) -> str:
    """Explain that an operation has no equivalent layer."""
    class_name = str(entry.get("class_name"))[:40]
    message = _(
        "This model uses the operation '{name}' (written with +, *, [] or keras.ops), which is not "
        "a layer. It is not dangerous, but the canvas cannot show it.",
        name=class_name,
    )
    instead = _LAYERS.get(class_name)
    fix = (
        _("Replace this placeholder, or build the model with {layer}.", layer=instead)
        if instead
        else _("Replace this placeholder, or build the model with layers of keras.layers.")
    )
    return join_sentences((message, fix))


def as_layer(entry: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """Return the layer and arguments equivalent to an operation, or None."""
    calls = entry.get("inbound_nodes")
    if not isinstance(calls, list) or len(calls) != 1 or not isinstance(calls[0], Mapping):
        return None
    args, kwargs = calls[0].get("args"), calls[0].get("kwargs")
    config = entry.get("config")
    if not isinstance(args, list) or not args or not isinstance(config, Mapping):
        return None
    class_name = str(entry.get("class_name"))
    if any(value is not None for value in (kwargs or {}).values()):
        return None
    if class_name == "Concatenate":
        return _concatenate(args, config)
    if class_name in _MERGES and len(args) == 2 and all(_shape(arg) for arg in args):
        return (class_name, {}) if _alike(args) else None
    if len(args) == 2:
        return _with_number(class_name, args)
    shape = _shape(args[0])
    if len(args) != 1 or shape is None:
        return None
    return _of_one(class_name, config, shape, _dtype(args[0]))


def _of_one(
    class_name: str, config: Mapping[str, Any], shape: list[Any], dtype: str
) -> tuple[str, dict[str, Any]] | None:
    if class_name in _ACTIVATIONS:
        axis = config.get("axis", -1)
        if class_name.endswith("oftmax") and axis not in (-1, len(shape) - 1):
            return None
        return "Activation", {"activation": _ACTIVATIONS[class_name]}
    if class_name == "Negative" and "float" in dtype:
        return "Rescaling", {"scale": -1.0}
    if class_name == "Reshape":
        return _reshape(config.get("newshape"), shape)
    axes = config.get("axes")
    if class_name == "Transpose" and isinstance(axes, list) and axes[:1] == [0] and len(axes) > 1:
        return "Permute", {"dims": axes[1:]}
    return None


def _concatenate(args: list[Any], config: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    parts = args[0] if len(args) == 1 else None
    axis = config.get("axis")
    if not isinstance(parts, list) or len(parts) < 2 or not all(_shape(part) for part in parts):
        return None
    rank = len(_shape(parts[0]) or ())
    if not isinstance(axis, int) or axis % rank == 0 or _places(parts) != len(parts):
        return None
    return "Concatenate", {"axis": axis}


def _reshape(new: Any, shape: list[Any]) -> tuple[str, dict[str, Any]] | None:
    """Convert a Reshape that keeps the batch axis, as the other sizes show."""
    if not isinstance(new, list) or len(new) < 2 or new[0] not in (-1, None):
        return None
    rest, sizes = new[1:], shape[1:]
    if not all(isinstance(side, int) and side > 0 for side in (*rest, *sizes)):
        return None
    return ("Reshape", {"target_shape": rest}) if math.prod(rest) == math.prod(sizes) else None


def _with_number(class_name: str, args: list[Any]) -> tuple[str, dict[str, Any]] | None:
    """Convert ``x * 2``, ``1 - x``, … to a Rescaling."""
    first, second = args
    number, tensor = (second, first) if _shape(first) else (first, second)
    if isinstance(number, bool) or not isinstance(number, int | float):
        return None
    if _shape(tensor) is None or "float" not in _dtype(tensor):
        return None
    last = tensor is first  # the number is the right operand
    if class_name == "Multiply":
        return "Rescaling", {"scale": float(number)}
    if class_name in ("TrueDivide", "Divide") and last and number:
        return "Rescaling", {"scale": 1.0 / number}
    if class_name == "Add":
        return "Rescaling", {"scale": 1.0, "offset": float(number)}
    if class_name == "Subtract":
        offset = -float(number) if last else float(number)
        return "Rescaling", {"scale": 1.0 if last else -1.0, "offset": offset}
    return None


def _tensor(value: Any) -> Mapping[str, Any] | None:
    if isinstance(value, Mapping) and value.get("class_name") == "__keras_tensor__":
        config = value.get("config")
        return config if isinstance(config, Mapping) else None
    return None


def _shape(value: Any) -> list[Any] | None:
    """Return a tensor's shape with its batch axis, or None for other values."""
    tensor = _tensor(value)
    shape = tensor.get("shape") if tensor is not None else None
    return shape if isinstance(shape, list) and shape else None


def _dtype(value: Any) -> str:
    return str((_tensor(value) or {}).get("dtype", ""))


def _places(values: list[Any]) -> int:
    return len({str((_tensor(tensor) or {}).get("keras_history")) for tensor in values})


def _alike(values: list[Any]) -> bool:
    """Return whether two tensors match in every axis: layers broadcast unlike operations."""
    first, second = ([*(_shape(tensor) or [])] for tensor in values)
    return (
        len(first) == len(second)
        and first[0] == second[0]
        and _dtype(values[0]) == _dtype(values[1])
        and _places(values) == 2
    )
