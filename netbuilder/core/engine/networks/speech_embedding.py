"""The speech embedding of openWakeWord, of layers that every Keras has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras


# Scripts have this function in a module beside them. Arguments: as in keras.applications.
def SpeechEmbedding(
    include_top: bool = False,
    weights: str | None = None,
    input_shape: tuple[int | None, ...] = (None, 32),
    pooling: str | None = None,
    name: str = "speech_embedding",
) -> keras.Model:
    """Return a network that describes speech: 96 numbers for 0.775 s, anew every 0.08 s.

    Lin et al., "Training keyword spotters with limited and synthesized speech data", 2020.

    Args:
        include_top: always False.
        weights: a ``.weights.h5`` of this model; None: random weights.
        input_shape: (frames, 32), at least 76 frames: bands of ``sound_files.log_mel``.
        pooling: "avg" or "max" gives (batch, 96); None (batch, steps, 96).
        name: of the model.
    """
    import keras

    assert not include_top

    def convolution(x: Any, name: str, filters: int, kernel: tuple[int, int]) -> Any:
        """A convolution, padded along the bands alone, and a leaky ReLU that ends at -0.4."""
        padding = "same" if kernel == (1, 3) else "valid"
        x = keras.layers.Conv2D(filters, kernel, padding=padding, name=f"{name}_conv")(x)
        x = keras.layers.LeakyReLU(0.2, name=f"{name}_leaky")(x)
        x = keras.layers.Rescaling(1.0, 0.4, name=f"{name}_up")(x)
        x = keras.layers.ReLU(name=f"{name}_relu")(x)
        return keras.layers.Rescaling(1.0, -0.4, name=f"{name}_down")(x)

    bands = keras.Input(input_shape, name="bands")
    x = keras.layers.Reshape((-1, 32, 1), name="picture")(bands)
    x = keras.layers.ZeroPadding2D(((0, 0), (1, 1)), name="padding")(x)
    x = convolution(x, "stem", 24, (3, 3))
    along_bands, along_time = (1, 3), (3, 1)
    for block, (filters, pairs, pool) in enumerate(
        ((24, 1, (2, 2)), (48, 2, (1, 2)), (72, 2, (2, 2)), (96, 2, (1, 2)), (96, 2, (2, 2)))
    ):
        for pair in range(pairs):
            x = convolution(x, f"block{block + 1}_{pair + 1}a", filters, along_bands)
            x = convolution(x, f"block{block + 1}_{pair + 1}b", filters, along_time)
        x = keras.layers.MaxPooling2D(pool, name=f"block{block + 1}_pool")(x)
    x = keras.layers.Conv2D(96, along_time, name="head_conv")(x)
    x = keras.layers.Reshape((-1, 96), name="steps")(x)
    if pooling == "avg":
        x = keras.layers.GlobalAveragePooling1D(name="pooling")(x)
    elif pooling == "max":
        x = keras.layers.GlobalMaxPooling1D(name="pooling")(x)
    model = keras.Model(bands, x, name=name)
    if weights is not None:
        model.load_weights(weights)
    return model
