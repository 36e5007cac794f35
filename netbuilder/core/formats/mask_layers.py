"""Remove masks from configs: Keras computes them again when it builds a network.

Keras 3 writes the mask of an ``Embedding(mask_zero=True)`` or a ``Masking`` as an operation
(``NotEqual``, ``Any``, …) and as ``mask`` arguments, and cannot load a ``.h5`` with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeGuard


def without_masks(config: Mapping[str, Any], is_layer: Callable[[str], bool]) -> dict[str, Any]:
    """Remove mask arguments, and operations that only feed them, from a model's config.

    ``is_layer`` tells whether a class name is a layer's; layers are never removed.
    """
    inner = config.get("config")
    if not isinstance(inner, Mapping) or not isinstance(inner.get("layers"), list):
        return dict(config)
    layers = [_inside(entry, is_layer) for entry in inner["layers"]]
    if isinstance(inner.get("output_layers"), list | dict):
        needed = _reachable(layers, inner["output_layers"])
        layers = [
            entry
            for entry in layers
            if not isinstance(entry, Mapping)
            or entry.get("name") in needed
            or is_layer(str(entry.get("class_name")))
        ]
    return {**config, "config": {**inner, "layers": layers}}


def _inside(entry: Any, is_layer: Callable[[str], bool]) -> Any:
    if not isinstance(entry, Mapping):
        return entry
    result = without_masks(entry, is_layer)
    if is_layer(str(entry.get("class_name"))) and isinstance(entry.get("inbound_nodes"), list):
        result["inbound_nodes"] = [_unmasked(node) for node in entry["inbound_nodes"]]
    return result


def _unmasked(node: Any) -> Any:
    if not isinstance(node, Mapping) or not isinstance(node.get("kwargs"), Mapping):
        return node
    kwargs = {
        key: value
        for key, value in node["kwargs"].items()
        if not (key.endswith("mask") and any(True for _ in tensor_places(value)))
    }
    return {**node, "kwargs": kwargs}


def tensor_places(value: Any) -> Iterator[tuple[str, int, int]]:
    """Yield ``(layer name, node index, tensor index)`` of each tensor in a node."""
    if isinstance(value, Mapping):
        if value.get("class_name") == "__keras_tensor__":
            tensor = value.get("config")
            history = tensor.get("keras_history") if isinstance(tensor, Mapping) else None
            if _is_history(history):
                yield history[0], history[1], history[2]
        else:
            for item in value.values():
                yield from tensor_places(item)
    elif isinstance(value, list):
        if _is_history(value[:3]):
            yield value[0], value[1], value[2]
            yield from tensor_places(value[3:])
        else:
            for item in value:
                yield from tensor_places(item)


def _is_history(value: Any) -> TypeGuard[list[Any]]:
    return (
        isinstance(value, list)
        and len(value) == 3
        and isinstance(value[0], str)
        and all(isinstance(number, int) for number in value[1:])
    )


def _reachable(layers: list[Any], outputs: Any) -> set[str]:
    feeds = {
        entry["name"]: entry.get("inbound_nodes", [])
        for entry in layers
        if isinstance(entry, Mapping) and isinstance(entry.get("name"), str)
    }
    waiting = [name for name, _, _ in tensor_places(outputs)]
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(source for source, _, _ in tensor_places(feeds.get(name, [])))
    return reached
