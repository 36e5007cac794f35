"""Convert a network for other programs, without training-only layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.spec import Category
from netbuilder.core.engine.networks.assembly import FileInputModel, assemble_for_files
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.formats.metadata import KERAS_OWN
from netbuilder.core.i18n import gettext as _

if TYPE_CHECKING:
    import keras


def file_input_model(trained: TrainedModel) -> FileInputModel | None:
    """Return the network with its preprocessing as layers, or None if it needs none."""
    if trained.extra.get(KERAS_OWN):
        return None
    return assemble_for_files(
        trained.training_model, trained.project, trained.preprocessing, trained.facts
    )


def input_sentences(trained: TrainedModel, model: FileInputModel | None) -> tuple[str, ...]:
    """Return sentences on what such a model takes."""
    if model is None:
        return ()
    texts = dict.fromkeys(
        form.layers_take(trained.preprocessing.inputs[name]) for name, form in model.forms.items()
    )
    return tuple(_("The model takes {what}.", what=text) for text in texts)


#: Prefix of the layers that ``separate_scalings`` makes.
APART = "netbuilder_scaling_"


def inference_model(model: keras.Model) -> keras.Model:
    """Return a model with the same weights and predictions, of layers that converters understand.

    Training-only layers (Dropout, RandomFlip, …) are skipped, and a grouped convolution, for which
    Keras calls XLA, becomes one convolution per group. Weights are shared with ``model``.
    """
    import keras

    layers = model._flatten_layers(include_self=False)
    if not any(is_training_only(layer) or _is_grouped(layer) for layer in layers):
        return model

    def instead(layer: keras.Layer) -> keras.Layer:
        if is_training_only(layer):
            return keras.layers.Identity(name=layer.name)
        if _is_grouped(layer):
            return _grouped(layer)
        return layer

    return keras.models.clone_model(model, clone_function=instead, recursive=True)


def separate_scalings(model: keras.Model) -> keras.Model:
    """Separate each scaling of numbers from the weights beside it.

    TensorFlow Lite's converter multiplies a scaling into adjacent weights, whose range 16 or 8 bits
    then cannot hold. A comparison without effect is put between them. The names of the scaling
    layers begin with ``APART``.
    """
    import keras
    import numpy as np

    lowest = float(np.finfo("float32").min)
    last = {id(tensor._keras_history.operation) for tensor in model.outputs}

    class Apart(keras.layers.Layer):  # type: ignore[misc]
        def __init__(self, inner: keras.Layer, number: int) -> None:
            super().__init__(name=f"{APART}{number}")
            self.inner, self.is_last = inner, id(inner) in last

        def call(self, inputs: Any) -> Any:
            scaled = self.inner(keras.ops.maximum(inputs, lowest))
            return scaled if self.is_last else keras.ops.maximum(scaled, lowest)

    kinds = (keras.layers.Rescaling, keras.layers.Normalization)
    scalings = [layer for layer in model.layers if isinstance(layer, kinds)]
    if not scalings:
        return model
    instead = {id(layer): Apart(layer, number) for number, layer in enumerate(scalings)}
    return keras.models.clone_model(
        model, clone_function=lambda layer: instead.get(id(layer), layer)
    )


def scaled_outputs(model: keras.Model) -> list[bool]:
    """Return for each output of ``separate_scalings``'s model whether it is a scaling's."""
    return [tensor._keras_history.operation.name.startswith(APART) for tensor in model.outputs]


@contextmanager
def steps_in_builtins() -> Iterator[None]:
    """Let recurrent layers use a loop that TensorFlow Lite supports for any batch size.

    Keras collects the steps in a TensorList, which the converter supports for fixed batches only.
    ``keras.src.backend.rnn`` is private (seen in Keras 3.15.1); without it, files take one row.
    """
    from keras.src import backend

    before = getattr(backend, "rnn", None)
    if before is not None:
        backend.rnn = _loop_of_tensors
    try:
        yield
    finally:
        if before is not None:
            backend.rnn = before


def _loop_of_tensors(
    step_function: Callable[..., Any],
    inputs: Any,
    initial_states: Any,
    go_backwards: bool = False,
    mask: Any = None,
    zero_output_for_mask: bool = False,
    return_all_outputs: bool = True,
    **_rest: Any,
) -> tuple[Any, Any, list[Any]]:
    """Do what ``keras.src.backend.rnn`` does, for inputs of (batch, steps, ...)."""
    import tensorflow as tf

    count = inputs.shape[1] or tf.shape(inputs)[1]
    first, _ = step_function(tf.gather(inputs, 0, axis=1), initial_states)
    nothing = tf.zeros_like(first)
    sides = [1] * (len(first.shape) - 1)
    every = nothing[:, None] * tf.zeros([1, count, *sides]) if return_all_outputs else nothing

    def step(number: Any, last: Any, every: Any, *states: Any) -> tuple[Any, ...]:
        place = count - 1 - number if go_backwards else number
        states = tf.nest.pack_sequence_as(initial_states, states)
        output, after = step_function(tf.gather(inputs, place, axis=1), states)
        if mask is not None:
            here = tf.cast(tf.gather(mask, place, axis=1), output.dtype)
            here = tf.reshape(here, [-1, *sides])
            after = [new * here + old * (1 - here) for new, old in zip(after, states, strict=True)]
            output = output * here + (0 if zero_output_for_mask else last * (1 - here))
        if return_all_outputs:
            chosen = tf.cast(tf.equal(tf.range(count), number), output.dtype)
            every = every + tf.reshape(chosen, [1, -1, *sides]) * output[:, None]
        return (number + 1, output, every, *tf.nest.flatten(after))

    start = (tf.constant(0), nothing, every, *tf.nest.flatten(initial_states))
    _, last, every, *states = tf.while_loop(lambda number, *_: number < count, step, start)
    return last, every if return_all_outputs else last[:, None], states


def is_recurrent(model: keras.Model) -> bool:
    """Return whether a layer computes steps one by one."""
    import keras

    kinds = (keras.layers.RNN, keras.layers.Bidirectional)
    return any(isinstance(layer, kinds) for layer in model._flatten_layers(include_self=False))


def is_training_only(layer: Any) -> bool:
    """Return whether a layer passes its input through when the network predicts."""
    spec = LAYERS.get(type(layer).__name__)
    if spec is None or spec.name == "RandomCrop":  # which crops the center when it predicts
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
    import keras

    class Grouped(keras.layers.Layer):  # type: ignore[misc]
        def call(self, inputs: Any) -> Any:
            parts = keras.ops.split(inputs, layer.groups, axis=-1)
            kernels = keras.ops.split(layer.kernel, layer.groups, axis=-1)
            results = [
                keras.ops.conv(
                    part,
                    kernel,
                    strides=list(layer.strides),
                    padding=layer.padding,
                    dilation_rate=layer.dilation_rate,
                )
                for part, kernel in zip(parts, kernels, strict=True)
            ]
            result = keras.ops.concatenate(results, axis=-1)
            if layer.use_bias:
                result = result + layer.bias
            return layer.activation(result)

    grouped = Grouped(name=layer.name)
    # So that an export tracks its variables.
    grouped.inner = layer
    return grouped
