"""The network as other programs are to run it: without what only acts while it trains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netbuilder.core.catalog.layers.index import LAYERS
from netbuilder.core.catalog.spec import Category

if TYPE_CHECKING:
    import keras


def for_inference(model: keras.Model) -> keras.Model:
    """A model with the same weights and answers, made of what converters understand.

    Layers that only disturb while training (Dropout, RandomFlip, ...) are passed over, and a
    convolution in groups, for which Keras calls XLA, becomes one convolution a group. The model
    itself is as before; its weights are shared.
    """
    import keras

    if not any(_is_other(layer) for layer in model._flatten_layers(include_self=False)):
        return model

    def instead(layer: keras.Layer) -> keras.Layer:
        if _is_training_only(layer):
            return keras.layers.Identity(name=layer.name)
        if _is_grouped(layer):
            return _grouped(layer)
        return layer

    return keras.models.clone_model(model, clone_function=instead)


def is_recurrent(model: keras.Model) -> bool:
    """Whether a layer goes through steps one by one."""
    import keras

    kinds = (keras.layers.RNN, keras.layers.Bidirectional)
    return any(isinstance(one, kinds) for one in model._flatten_layers(include_self=False))


def _is_other(layer: Any) -> bool:
    return _is_training_only(layer) or _is_grouped(layer)


def _is_training_only(layer: Any) -> bool:
    spec = LAYERS.get(type(layer).__name__)
    if spec is None or spec.name == "RandomCrop":  # which cuts out the middle when it answers
        return False
    augments = spec.category is Category.PREPROCESS and "seed" in spec.by_name
    return spec.training_only or augments


def _is_grouped(layer: Any) -> bool:
    return getattr(layer, "groups", 1) > 1 and type(layer).__name__ in (
        "Conv1D",
        "Conv2D",
        "Conv3D",
    )


def _grouped(layer: Any) -> keras.Layer:
    """A layer that computes a grouped convolution with one plain convolution a group."""
    import keras

    class Grouped(keras.layers.Layer):  # type: ignore[misc]
        def call(self, inputs: Any) -> Any:
            parts = keras.ops.split(inputs, layer.groups, axis=-1)
            kernels = keras.ops.split(layer.kernel, layer.groups, axis=-1)
            found = [
                keras.ops.conv(
                    part,
                    kernel,
                    strides=list(layer.strides),
                    padding=layer.padding,
                    dilation_rate=layer.dilation_rate,
                )
                for part, kernel in zip(parts, kernels, strict=True)
            ]
            result = keras.ops.concatenate(found, axis=-1)
            if layer.use_bias:
                result = result + layer.bias
            return layer.activation(result)

    made = Grouped(name=layer.name)
    # So that an export finds the variables that it reads.
    made.inner = layer
    return made
