"""Counts multiply-adds of a built Keras layer for one sample.

Only products with weights and of attention are counted, the convention of the MobileNet and
ResNet papers ("multiply-adds"); additions of biases, activations, normalisation and pooling are
not. An axis of unknown length counts as 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING

from netbuilder.core.catalog.layers.layer_index import spec_of
from netbuilder.core.catalog.spec import Category
from netbuilder.core.check.phrases import Shape

if TYPE_CHECKING:
    import keras


def position_count(axes: Sequence[int | None]) -> int:
    """Product of the lengths of ``axes``; an unknown length counts as 1."""
    return prod(1 if n is None else n for n in axes)


def layer_costs(layer: keras.Layer, inputs: Sequence[Shape], output: Shape) -> tuple[int, int]:
    """Multiply-adds, and numbers that are held as outputs, of ``layer`` for one sample.

    Args:
        layer: a built layer (its weights need shapes, not values).
        inputs: shapes that feed it, batch axis included.
        output: shape that it gives, batch axis included.
    """
    if getattr(layer, "layers", None):
        return _model_costs(layer, inputs[0])
    return multiply_adds(layer, inputs, output), position_count(output[1:])


def _model_costs(model: keras.Model, shape: Shape) -> tuple[int, int]:
    """The same for a pretrained body, whose own input has no fixed size.

    A body is a model that scales pixels and hands them to the network; scaling keeps the size.
    """
    import keras

    parts = [part for part in model.layers if getattr(part, "layers", None)]
    if parts:
        found = [_model_costs(part, shape) for part in parts]
    else:
        sized = keras.models.clone_model(model, input_tensors=keras.Input(shape[1:]))
        found = [_in_model(layer) for layer in sized.layers]
    return sum(one[0] for one in found), sum(one[1] for one in found)


def multiply_adds(layer: keras.Layer, inputs: Sequence[Shape], output: Shape) -> int:
    """Multiply-adds of a single layer; arguments as for ``layer_costs``."""
    name = type(layer).__name__
    kernels: int = sum(prod(v.shape) for v in layer.weights if "kernel" in v.name)
    if not inputs or name.endswith("Embedding") or "Normalization" in name:
        return 0
    first = inputs[0]
    if "Attention" in name:
        return _attention(layer, inputs, kernels)
    if name == "TimeDistributed":
        inner = layer.layer
        return position_count(first[1:2]) * multiply_adds(inner, [_step(first)], _step(output))
    if name.startswith("ConvLSTM"):
        # The recurrent kernel runs over the output's places, the input's kernel nearly so.
        return (
            kernels
            * position_count(first[1:2])
            * position_count(_places(layer, output)[-_rank(layer) :])
        )
    if "Conv" in name:
        over = first if "Transpose" in name else output
        return kernels * position_count(_places(layer, over))
    if spec_of(name).category is Category.RECURRENT:
        return kernels * position_count(first[1:2])
    if name == "Dot":
        return position_count(output[1:]) * (first[-1] or 1)
    return kernels * position_count(first[1:-1])


def _in_model(layer: keras.Layer) -> tuple[int, int]:
    """Costs of a layer inside a functional model, which knows its own shapes."""
    if type(layer).__name__ == "InputLayer":
        return 0, 0
    try:
        given, made = layer.input, layer.output
    except (AttributeError, ValueError):  # called several times, or never: no one shape
        return 0, 0
    many = given if isinstance(given, (list, tuple)) else [given]
    one = made[0] if isinstance(made, (list, tuple)) else made
    shape = tuple(one.shape)
    return multiply_adds(layer, [tuple(t.shape) for t in many], shape), position_count(shape[1:])


def _step(shape: Shape) -> Shape:
    return (shape[0], *shape[2:])


def _rank(layer: keras.Layer) -> int:
    return int(getattr(layer, "rank", 1))


def _places(layer: keras.Layer, shape: Shape) -> Shape:
    """The axes of ``shape`` that are places (height, width), without batch and channels."""
    if getattr(layer, "data_format", None) == "channels_first":
        return shape[2:]
    return shape[1:-1]


def _attention(layer: keras.Layer, inputs: Sequence[Shape], kernels: int) -> int:
    """Projections at every query position, and two products of queries with keys.

    Vaswani et al., "Attention is all you need", 2017, section 3.2.
    """
    query = inputs[0]
    keys = inputs[1] if len(inputs) > 1 else query
    width = query[-1] or 1
    heads = getattr(layer, "num_heads", None) or getattr(layer, "num_query_heads", None)
    if heads:
        width = int(heads) * int(getattr(layer, "key_dim", None) or layer.head_dim)
    places = position_count(query[1:-1])
    return kernels * places + 2 * width * places * position_count(keys[1:-1])
