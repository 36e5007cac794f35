"""Dropout and noise with random numbers that XLA makes fast.

TensorFlow's choice for a processor is Philox, of which XLA makes scalar code: in a network of
dense layers two masks took as long as all else in a step. Threefry (J. K. Salmon et al., "Parallel
random numbers: as easy as 1, 2, 3", SC 2011), which JAX has too, is vectorized and takes a sixth.
Outside of XLA TensorFlow has Philox alone, in code of its own that is fast.

What is drawn is other than Keras's for the same seed, as that of Philox under XLA was; its
distribution is the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from netbuilder.core.engine.build.fast_layers import step_context

if TYPE_CHECKING:
    import keras

Tensor = Any
# What a layer makes of its inputs with a seed, as its ``call`` does while training.
_Form = Callable[[Any, Tensor, Tensor], Tensor]
_ALGORITHM = "threefry"


def optimize_noise(model: keras.Model) -> None:
    """Let the layers of ``model`` that drop or add noise draw it so."""
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
    """Whether it is set to anything but its ends, at which there is nothing to draw."""
    rate = getattr(layer, "rate", None)
    return bool(layer.stddev > 0) if rate is None else 0 < rate < 1


def _call(layer: Any, form: _Form, inputs: Tensor, training: bool = False) -> Tensor:
    """In the place of ``layer.call``."""
    import tensorflow as tf

    if not (training and step_context.compiled_by_xla()):
        return type(layer).call(layer, inputs, training)
    return form(layer, inputs, tf.cast(layer.seed_generator.next(), tf.int32))


def _dropped(layer: Any, inputs: Tensor, seed: Tensor) -> Tensor:
    import tensorflow as tf

    spatial = getattr(layer, "_get_noise_shape", None)
    wanted = layer.noise_shape if spatial is None else spatial(inputs)
    shape = _known(wanted, inputs)
    return tf.nn.experimental.stateless_dropout(
        inputs, rate=layer.rate, noise_shape=shape, seed=seed, rng_alg=_ALGORITHM
    )


def _alpha_dropped(layer: Any, inputs: Tensor, seed: Tensor) -> Tensor:
    """G. Klambauer et al., "Self-normalizing neural networks", NeurIPS 2017: what is dropped has
    SELU's lowest value, and mean and variance stay."""
    import tensorflow as tf

    shape, rate = _known(layer.noise_shape, inputs), layer.rate
    drawn = tf.random.stateless_uniform(shape, seed, alg=_ALGORITHM)
    lowest = -1.6732632423543772848170429916717 * 1.0507009873554804934193349852946
    scale = ((1 - rate) * (1 + rate * lowest**2)) ** -0.5
    kept = tf.cast(drawn >= rate, inputs.dtype)
    return scale * (inputs * kept + lowest * (1 - kept)) - scale * lowest * rate


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
    """``shape`` with the sizes of ``inputs`` where it leaves them open; None: all of them."""
    import tensorflow as tf

    sizes = tf.shape(inputs)
    if shape is None:
        return sizes
    return tf.stack([sizes[n] if size is None else size for n, size in enumerate(shape)])
