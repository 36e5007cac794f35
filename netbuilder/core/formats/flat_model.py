"""Flatten nested models, whose calls Keras 2 and 3 count differently in a ``.h5``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from netbuilder.core.formats.safety.config_check import model_layers

if TYPE_CHECKING:
    import keras


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
