"""Build a ``keras.Model`` from a checked config, and flatten nested models."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from netbuilder.core.formats.safety.config_check import model_layers

if TYPE_CHECKING:
    import keras


def build_model(config: Mapping[str, Any]) -> keras.Model:
    """Build a model with random weights from a config of Keras 2 or 3.

    The config must come from ``safety.inspect_file`` or from NetBuilder. Whatever Keras raises for
    an invalid config is passed on.
    """
    import keras

    # Keras modifies configs while it reads them.
    inner = _readable(copy.deepcopy(config["config"]))
    if config["class_name"] == "Sequential":
        if isinstance(inner, list):  # up to Keras 2.2
            inner = {"layers": inner}
        inner.setdefault("name", "sequential")
        _say_input(inner["layers"])
        return keras.Sequential.from_config(inner)
    return keras.Model.from_config(inner)


@contextmanager
def layers_as_in(config: Mapping[str, Any], model: keras.Model) -> Iterator[None]:
    """Order layers as ``config`` does while weights are read: Keras reads them in that order.

    Layers added to what Keras 2 wrote lengthen a branch, and Keras orders layers by depth.
    """
    orders = [(layers, [*layers], in_config) for layers, in_config in _orders(config, model)]
    for layers, _own, in_config in orders:
        layers[:] = in_config
    yield
    for layers, own, _in_config in orders:
        layers[:] = own


def _orders(config: Mapping[str, Any], model: Any) -> Iterator[tuple[list[Any], list[Any]]]:
    import keras

    entries = {entry["config"].get("name"): entry for entry in model_layers(config)}
    places = {name: number for number, name in enumerate(entries)}
    if not isinstance(model, keras.Sequential):
        for layers in (model._operations, model._layers):
            yield layers, sorted(layers, key=lambda layer: places.get(layer.name, -1))
    for layer in model.layers:
        if isinstance(layer, keras.Model) and layer.name in entries:
            yield from _orders(entries[layer.name], layer)


def _readable(value: Any) -> Any:
    """Remove an Attention's default ``score_mode="dot"``: Keras 3.15.1 reads it as a function."""
    if isinstance(value, list):
        return [_readable(item) for item in value]
    if not isinstance(value, dict):
        return value
    inner = value.get("config")
    if value.get("class_name") == "Attention" and isinstance(inner, dict):
        value["config"] = {k: v for k, v in inner.items() if (k, v) != ("score_mode", "dot")}
    return {key: _readable(item) for key, item in value.items()}


def _say_input(layers: list[dict[str, Any]]) -> None:
    """Move the first layer's input shape to an InputLayer; Keras 3.15.1 misreads its batch axis."""
    first = layers[0].get("config")
    if layers[0].get("class_name") == "InputLayer" or not isinstance(first, dict):
        return
    shape = first.pop("batch_input_shape", None)
    if shape is not None:
        config = {"batch_shape": shape, "dtype": first.get("dtype", "float32"), "name": "input"}
        if not isinstance(config["dtype"], str):
            config["dtype"] = "float32"
        layers.insert(0, {"class_name": "InputLayer", "config": config})


def flat_model(model: keras.Model) -> keras.Model:
    """Return a model of the same layers and weights without nested models.

    It is ``model`` itself if there are none, or if two layers would have the same name.
    """
    import keras

    if not any(_is_inner(layer) for layer in model.layers):
        return model
    inputs = [
        keras.Input(tuple(tensor.shape[1:]), dtype=tensor.dtype, name=tensor.name)
        for tensor in model.inputs
    ]
    tensors: Any = inputs if isinstance(model.input, list) else inputs[0]
    flat = keras.Model(tensors, _run(model, tensors), name=model.name)
    names = [layer.name for layer in flat.layers]
    if len(set(names)) < len(names):
        return model
    # Another model's optimizer and loss, only to be written to a file.
    flat.compile(**model._compile_config.config)
    return flat


def has_inner_model(config: Mapping[str, Any]) -> bool:
    """Return whether a model's config contains another model."""
    return any("layers" in entry.get("config", {}) for entry in model_layers(config))


def _is_inner(layer: Any) -> bool:
    return hasattr(layer, "_run_through_graph")


def _run(model: Any, tensors: Any) -> Any:
    def operation(layer: Any) -> Callable[..., Any]:
        if not _is_inner(layer):
            return layer  # type: ignore[no-any-return]
        return lambda values, **_options: _run(layer, values)

    return model._run_through_graph(tensors, operation_fn=operation)
