"""Predict with any Keras model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import keras

Array = NDArray[Any]

_WORDS = ("a", "b", "the", "cat sat", "7", "")


def random_words(random: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Return random words for a model that takes text."""
    return random.choice(np.array(_WORDS, object), shape)


def arrange_inputs(model: keras.Model, rows: Sequence[Array]) -> Any:
    """Arrange rows, one array per input, as a Keras model takes them."""
    import keras
    import tensorflow as tf

    # Keras takes strings as tensors only.
    tensors = [tf.constant(array) if array.dtype == object else array for array in rows]
    if isinstance(model, keras.Sequential):
        return tensors[0]
    # A model may take dicts.
    return keras.tree.pack_sequence_as(model.input, tensors)


def call_model(model: keras.Model, inputs: Any) -> list[Array]:
    """Return a Keras model's predictions, one array per output."""
    import keras

    return [np.asarray(output) for output in keras.tree.flatten(model(inputs, training=False))]


def predict_rows(model: keras.Model, rows: Sequence[Array]) -> list[Array]:
    """Return a Keras model's predictions for raw rows, one array per output."""
    return call_model(model, arrange_inputs(model, rows))
