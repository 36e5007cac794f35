"""The network as other programs are to run it: without what only acts while it trains."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.spec import Category
from netbuilder.core.engine.build.assembly import FileInputModel, assemble_for_files
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.formats.metadata import KERAS_OWN
from netbuilder.core.i18n import gettext as _

if TYPE_CHECKING:
    import keras


def file_input_model(trained: TrainedModel) -> FileInputModel | None:
    """The network with all that is done to its data in front of it, as layers.

    Returns:
        None where the network's own model takes what stands in a file, or is Keras's own.
    """
    if trained.extra.get(KERAS_OWN):
        return None
    return assemble_for_files(
        trained.training_model, trained.project, trained.preprocessing, trained.facts
    )


def input_sentences(trained: TrainedModel, made: FileInputModel | None) -> tuple[str, ...]:
    """Sentences about what such a model takes."""
    if made is None:
        return ()
    said = dict.fromkeys(
        form.layers_take(trained.preprocessing.inputs[name]) for name, form in made.forms.items()
    )
    return tuple(_("The model takes {what}.", what=one) for one in said)


#: How the names of layers begin that ``separate_scalings`` makes.
APART = "netbuilder_scaling_"


def inference_model(model: keras.Model) -> keras.Model:
    """A model with the same weights and answers, made of what converters understand.

    Layers that only disturb while training (Dropout, RandomFlip, ...) are passed over, and a
    convolution in groups, for which Keras calls XLA, becomes one convolution a group. The model
    itself is as before; its weights are shared.
    """
    import keras

    if not any(_is_other(layer) for layer in model._flatten_layers(include_self=False)):
        return model

    def instead(layer: keras.Layer) -> keras.Layer:
        if is_training_only(layer):
            return keras.layers.Identity(name=layer.name)
        if _is_grouped(layer):
            return _grouped(layer)
        return layer

    return keras.models.clone_model(model, clone_function=instead, recursive=True)


def separate_scalings(model: keras.Model) -> keras.Model:
    """The same, with each scaling of numbers kept away from the weights beside it.

    TensorFlow Lite's converter multiplies a scaling into the weights of the layer next to it. In
    32 bits that is free; in 16 or 8 the weights then have to hold prices of six digits, or columns
    of thousands beside columns of hundredths, and cannot. A comparison that changes nothing stands
    between. The layers that scale have names with ``APART``.
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
    """Of each output of ``separate_scalings``'s model, whether a scaling gives it."""
    return [tensor._keras_history.operation.name.startswith(APART) for tensor in model.outputs]


@contextmanager
def steps_in_builtins() -> Iterator[None]:
    """Let recurrent layers go through their steps in a loop that TensorFlow Lite has.

    Keras keeps what each step gives in a TensorList. Its converter knows such lists for a batch of
    a fixed size only. Here the loop holds plain tensors, so that the batch may have any size.
    ``keras.src.backend.rnn`` is private (seen in Keras 3.15.1): without it, files are written for
    one row at a time.
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
    """The same as ``keras.src.backend.rnn``, for inputs of (batch, steps, ...)."""
    import tensorflow as tf

    count = inputs.shape[1] or tf.shape(inputs)[1]
    first, _ = step_function(tf.gather(inputs, 0, axis=1), initial_states)
    nothing = tf.zeros_like(first)
    sides = [1] * (len(first.shape) - 1)
    every = nothing[:, None] * tf.zeros([1, count, *sides]) if return_all_outputs else nothing

    def step(number: Any, last: Any, every: Any, *states: Any) -> tuple[Any, ...]:
        place = count - 1 - number if go_backwards else number
        states = tf.nest.pack_sequence_as(initial_states, states)
        given, after = step_function(tf.gather(inputs, place, axis=1), states)
        if mask is not None:
            here = tf.cast(tf.gather(mask, place, axis=1), given.dtype)
            here = tf.reshape(here, [-1, *sides])
            after = [new * here + old * (1 - here) for new, old in zip(after, states, strict=True)]
            given = given * here + (0 if zero_output_for_mask else last * (1 - here))
        if return_all_outputs:
            chosen = tf.cast(tf.equal(tf.range(count), number), given.dtype)
            every = every + tf.reshape(chosen, [1, -1, *sides]) * given[:, None]
        return (number + 1, given, every, *tf.nest.flatten(after))

    start = (tf.constant(0), nothing, every, *tf.nest.flatten(initial_states))
    _, last, every, *states = tf.while_loop(lambda number, *_: number < count, step, start)
    return last, every if return_all_outputs else last[:, None], states


def is_recurrent(model: keras.Model) -> bool:
    """Whether a layer goes through steps one by one."""
    import keras

    kinds = (keras.layers.RNN, keras.layers.Bidirectional)
    return any(isinstance(one, kinds) for one in model._flatten_layers(include_self=False))


def _is_other(layer: Any) -> bool:
    return is_training_only(layer) or _is_grouped(layer)


def is_training_only(layer: Any) -> bool:
    """Whether a layer passes on what it gets when the network predicts."""
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
