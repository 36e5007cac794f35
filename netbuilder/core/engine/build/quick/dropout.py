"""Dropout with random numbers that XLA makes fast.

TensorFlow's choice for a processor is Philox, of which XLA makes scalar code: in a network of
dense layers two masks took as long as all else in a step. Threefry (J. K. Salmon et al., "Parallel
random numbers: as easy as 1, 2, 3", SC 2011), which JAX has too, is vectorized and takes a sixth.
Outside of XLA TensorFlow has Philox alone, in code of its own that is fast.

The masks are others than Keras's for the same seed, as those of Philox under XLA were; their
distribution and the scale of what stays are the same.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from netbuilder.core.engine.build.quick import step

if TYPE_CHECKING:
    import keras


def quicken(model: keras.Model) -> None:
    """Let the Dropout and SpatialDropout layers of ``model`` make their masks so."""
    import keras

    kinds = (
        keras.layers.Dropout,
        keras.layers.SpatialDropout1D,
        keras.layers.SpatialDropout2D,
        keras.layers.SpatialDropout3D,
    )
    for layer in model._flatten_layers():
        if type(layer) in kinds and 0 < layer.rate < 1:
            layer.call = partial(_call, layer)


def _call(layer: Any, inputs: Any, training: bool = False) -> Any:
    """In the place of ``layer.call``: the same shape."""
    import tensorflow as tf

    if not (training and step.by_xla()):
        return type(layer).call(layer, inputs, training)
    spatial = getattr(layer, "_get_noise_shape", None)
    wanted = layer.noise_shape if spatial is None else spatial(inputs)
    shape = tf.shape(inputs) if wanted is None else _known(wanted, inputs)
    return tf.nn.experimental.stateless_dropout(
        inputs,
        rate=layer.rate,
        noise_shape=shape,
        seed=tf.cast(layer.seed_generator.next(), tf.int32),
        rng_alg="threefry",
    )


def _known(shape: Any, inputs: Any) -> Any:
    """``shape`` with the sizes of ``inputs`` where it leaves them open."""
    import tensorflow as tf

    sizes = tf.shape(inputs)
    return tf.stack([sizes[n] if size is None else size for n, size in enumerate(shape)])
