"""How a Keras model is asked: made-up words, the form in which it takes rows, what it answers."""

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
    """Words to try a model with that takes text."""
    return random.choice(np.array(_WORDS, object), shape)


def arrange_inputs(model: keras.Model, rows: Sequence[Array]) -> Any:
    """Rows, one array an input, in the way in which a Keras model takes them."""
    import keras
    import tensorflow as tf

    # Keras takes words in no other form.
    given = [tf.constant(one) if one.dtype == object else one for one in rows]
    if isinstance(model, keras.Sequential):
        return given[0]
    # A model may take dicts: its own structure says where each tensor goes.
    return keras.tree.pack_sequence_as(model.input, given)


def call_model(model: keras.Model, given: Any) -> list[Array]:
    """What a Keras model answers to what it takes: one array an output."""
    import keras

    return [np.asarray(one) for one in keras.tree.flatten(model(given, training=False))]


def predict_rows(model: keras.Model, rows: Sequence[Array]) -> list[Array]:
    """What a Keras model answers to raw rows: one array an output."""
    return call_model(model, arrange_inputs(model, rows))
