"""Makes layers train faster: convolutions before pooling, and layers that draw noise."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any

from netbuilder.core.engine.networks import fast_recurrence

if TYPE_CHECKING:
    import keras


_KIND: ContextVar[str] = ContextVar("netbuilder_training_step", default="")


@contextmanager
def training_step(kind: str) -> Iterator[None]:
    """Mark the tracing of a training step of a ``kind``: "graph", or XLA's "step" and "loop"."""
    token = _KIND.set(kind)
    try:
        yield
    finally:
        _KIND.reset(token)


def in_training_step() -> bool:
    """Return whether a training step is being traced on this thread."""
    return bool(_KIND.get())


def compiled_by_xla() -> bool:
    """Return whether it is one that XLA compiles."""
    return _KIND.get() in ("step", "loop")


#: Keras's monotonic activations, by name.
NEVER_FALLING = (
    "linear", "relu", "relu6", "leaky_relu", "elu", "celu", "selu", "softplus", "softsign",
    "sigmoid", "hard_sigmoid", "tanh", "hard_tanh", "exponential", "log_sigmoid",
)  # fmt: skip


def optimize_pooling(model: keras.Model) -> None:
    """Speed up each convolution of ``model`` that only a max pooling reads."""
    import keras

    pairs = {
        keras.layers.Conv1D: keras.layers.MaxPooling1D,
        keras.layers.Conv2D: keras.layers.MaxPooling2D,
        keras.layers.Conv3D: keras.layers.MaxPooling3D,
    }
    functions = {getattr(keras.activations, name) for name in NEVER_FALLING}
    for owner in (model, *model._flatten_layers(include_self=False)):
        outputs = {id(tensor) for tensor in getattr(owner, "outputs", None) or ()}
        for conv in getattr(owner, "layers", ()):
            pool = _only_reader(conv)
            if pool is None or pairs.get(type(conv)) is not type(pool):
                continue
            if id(conv.output) in outputs or not _covered(conv, pool, functions):
                continue
            conv.call = partial(_convolve, conv)
            pool.call = partial(_pool, pool, conv)


def _only_reader(layer: Any) -> Any:
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
    """Replaces ``conv.call``; in a training step without bias and activation."""
    if not in_training_step():
        return type(conv).call(conv, inputs)
    return conv.convolution_op(inputs, conv.kernel)


def _pool(pool: Any, conv: Any, inputs: Any) -> Any:
    """Replaces the pooling's ``call``; in a training step with ``conv``'s bias and activation."""
    import keras

    largest = type(pool).call(pool, inputs)
    if not in_training_step():
        return largest
    if conv.use_bias:
        shape = (1,) * (conv.rank + 1) + (conv.filters,)
        largest = keras.ops.add(largest, keras.ops.reshape(conv.bias, shape))
    return largest if conv.activation is None else conv.activation(largest)


Tensor = Any
# A layer's ``call`` in training, as a function of inputs and seed.
_Form = Callable[[Any, Tensor, Tensor], Tensor]
_ALGORITHM = "threefry"


def optimize_noise(model: keras.Model) -> None:
    """Speed up the layers of ``model`` that drop or add noise."""
    forms = _forms()
    for layer in model._flatten_layers():
        form = forms.get(type(layer))
        if form is not None and _draws(layer):
            layer.call = partial(_call, layer, form)


def _forms() -> dict[type, _Form]:
    from keras import layers

    return {
        layers.Dropout: _dropped,
        layers.SpatialDropout1D: _dropped,
        layers.SpatialDropout2D: _dropped,
        layers.SpatialDropout3D: _dropped,
        layers.AlphaDropout: _alpha_dropped,
        layers.GaussianDropout: _scaled,
        layers.GaussianNoise: _noisy,
    }


def _draws(layer: Any) -> bool:
    rate = getattr(layer, "rate", None)
    return bool(layer.stddev > 0) if rate is None else 0 < rate < 1


def _call(layer: Any, form: _Form, inputs: Tensor, training: bool = False) -> Tensor:
    import tensorflow as tf

    if not (training and compiled_by_xla()):
        return type(layer).call(layer, inputs, training)
    return form(layer, inputs, tf.cast(layer.seed_generator.next(), tf.int32))


def _dropped(layer: Any, inputs: Tensor, seed: Tensor) -> Tensor:
    import tensorflow as tf

    spatial = getattr(layer, "_get_noise_shape", None)
    noise_shape = layer.noise_shape if spatial is None else spatial(inputs)
    shape = _known(noise_shape, inputs)
    return tf.nn.experimental.stateless_dropout(
        inputs, rate=layer.rate, noise_shape=shape, seed=seed, rng_alg=_ALGORITHM
    )


def _alpha_dropped(layer: Any, inputs: Tensor, seed: Tensor) -> Tensor:
    """Alpha dropout, which keeps mean and variance (Klambauer et al., NeurIPS 2017)."""
    import tensorflow as tf

    shape, rate = _known(layer.noise_shape, inputs), layer.rate
    drawn = tf.random.stateless_uniform(shape, seed, alg=_ALGORITHM)
    lowest = -1.6732632423543772848170429916717 * 1.0507009873554804934193349852946
    scale = ((1 - rate) * (1 + rate * lowest**2)) ** -0.5
    keep = tf.cast(drawn >= rate, inputs.dtype)
    return scale * (inputs * keep + lowest * (1 - keep)) - scale * lowest * rate


def _scaled(layer: Any, inputs: Tensor, seed: Tensor) -> Tensor:
    return inputs * _normal(layer, inputs, seed, 1.0, math.sqrt(layer.rate / (1 - layer.rate)))


def _noisy(layer: Any, inputs: Tensor, seed: Tensor) -> Tensor:
    return inputs + _normal(layer, inputs, seed, 0.0, layer.stddev)


def _normal(layer: Any, inputs: Tensor, seed: Tensor, mean: float, deviation: float) -> Tensor:
    import tensorflow as tf

    return tf.random.stateless_normal(
        tf.shape(inputs), seed, mean, deviation, dtype=layer.compute_dtype, alg=_ALGORITHM
    )


def _known(shape: Any, inputs: Tensor) -> Tensor:
    import tensorflow as tf

    sizes = tf.shape(inputs)
    if shape is None:
        return sizes
    return tf.stack([sizes[n] if size is None else size for n, size in enumerate(shape)])


def optimize_layers(model: keras.Model) -> keras.Model:
    """Make ``model`` train by the faster forms here where possible; layers answer as before."""
    fast_recurrence.optimize_recurrent(model)
    optimize_noise(model)
    optimize_pooling(model)
    return model
