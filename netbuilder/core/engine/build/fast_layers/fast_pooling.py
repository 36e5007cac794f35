"""A convolution and the pooling behind it, with bias and activation behind the pooling.

The largest of some numbers stays the largest when the same bias is added to all and a function
that never falls is applied: max(f(x + b)) = f(max(x) + b), also in rounded numbers. A pooling of
2 × 2 leaves a quarter of the numbers for bias, activation and their gradients to go through, which
for images are as much to read and write as the convolution itself.

The gradient goes to the largest number before the bias. It is another only where rounding, or the
flat part of an activation, made two numbers of a window equal; there the one is as true as the
other.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from netbuilder.core.engine.build.fast_layers import step_context

if TYPE_CHECKING:
    import keras

#: Keras's activations that never fall, by name.
NEVER_FALLING = (
    "linear", "relu", "relu6", "leaky_relu", "elu", "celu", "selu", "softplus", "softsign",
    "sigmoid", "hard_sigmoid", "tanh", "hard_tanh", "exponential", "log_sigmoid",
)  # fmt: skip


def optimize_pooling(model: keras.Model) -> None:
    """Let each convolution of ``model`` that only a max pooling reads train so."""
    import keras

    pairs = {
        keras.layers.Conv1D: keras.layers.MaxPooling1D,
        keras.layers.Conv2D: keras.layers.MaxPooling2D,
        keras.layers.Conv3D: keras.layers.MaxPooling3D,
    }
    functions = {getattr(keras.activations, name) for name in NEVER_FALLING}
    for owner in (model, *model._flatten_layers(include_self=False)):
        given = {id(tensor) for tensor in getattr(owner, "outputs", None) or ()}
        for conv in getattr(owner, "layers", ()):
            pool = _only_reader(conv)
            if pool is None or pairs.get(type(conv)) is not type(pool):
                continue
            if id(conv.output) in given or not _covered(conv, pool, functions):
                continue
            conv.call = partial(_convolve, conv)
            pool.call = partial(_pool, pool, conv)


def _only_reader(layer: Any) -> Any:
    """The one layer that reads what ``layer`` gives, of which it is the only source; or None."""
    if len(layer._inbound_nodes) != 1 or len(layer._outbound_nodes) != 1:
        return None
    reader = layer._outbound_nodes[0].operation
    return reader if len(reader._inbound_nodes) == 1 else None


def _covered(conv: Any, pool: Any, functions: set[Any]) -> bool:
    return (
        conv.data_format == pool.data_format == "channels_last"
        and conv.compute_dtype == pool.compute_dtype
        and conv.activity_regularizer is None
        and (conv.activation is None or conv.activation in functions)
    )


def _convolve(conv: Any, inputs: Any) -> Any:
    """In the place of ``conv.call``; within a training step without bias and activation."""
    if not step_context.in_training_step():
        return type(conv).call(conv, inputs)
    return conv.convolution_op(inputs, conv.kernel)


def _pool(pool: Any, conv: Any, inputs: Any) -> Any:
    """In the place of ``grading_pool.call``; within a training step with what ``conv`` left out."""
    import keras

    largest = type(pool).call(pool, inputs)
    if not step_context.in_training_step():
        return largest
    if conv.use_bias:
        shape = (1,) * (conv.rank + 1) + (conv.filters,)
        largest = keras.ops.add(largest, keras.ops.reshape(conv.bias, shape))
    return largest if conv.activation is None else conv.activation(largest)
