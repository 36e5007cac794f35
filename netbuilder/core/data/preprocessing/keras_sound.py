"""The log-mel spectrogram of a wave in Keras's own operations, as ``log_mel`` computes it.

(``keras.layers.MelSpectrogram`` has another window, other triangles and decibels.) Both functions
stand by themselves, because scripts carry their text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras
    import numpy as np


def spectrogram(
    wave: keras.KerasTensor, sample_rate: int, mels: int, shape: tuple[int | None, ...]
) -> keras.KerasTensor:
    """What a network hears of waves.

    Args:
        wave: from -1 to 1, (sounds, samples).
        sample_rate: of them, a second.
        mels: pitches; 0: the wave itself is what it hears.
        shape: of what it hears, without the axis of sounds.

    Returns:
        (sounds, *shape).
    """
    import keras
    import numpy as np

    if not mels:
        return keras.layers.Reshape(shape)(wave)
    ops = keras.ops
    frame, hop = int(sample_rate * 0.025), int(sample_rate * 0.010)
    size = 1 << (frame - 1).bit_length()
    lacking = frame - int(wave.shape[1] or 0)
    if lacking > 0:
        wave = ops.pad(wave, [[0, 0], [0, lacking]])
    frames = ops.extract_sequences(wave, frame, hop)
    window = np.pad(np.hanning(frame), (0, size - frame)).astype(np.float32)
    padded = ops.pad(frames, [[0, 0], [0, 0], [0, size - frame]])
    real, imaginary = ops.rfft(ops.multiply(padded, window))
    power = ops.add(ops.square(real), ops.square(imaginary))
    heard = ops.log(ops.add(ops.matmul(power, mel_filters(sample_rate, size, mels)), 1e-6))
    return heard if tuple(heard.shape[1:]) == tuple(shape) else keras.layers.Reshape(shape)(heard)


def mel_filters(sample_rate: int, size: int, mels: int) -> np.ndarray:
    """Triangles on HTK's mel scale, float32 (size // 2 + 1, mels)."""
    import numpy as np

    highest = 2595 * np.log10(1 + sample_rate / 2 / 700)
    edges = 700 * (10 ** (np.linspace(0, highest, mels + 2) / 2595) - 1)
    pitches = np.fft.rfftfreq(size, 1 / sample_rate)
    rising = (pitches - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - pitches) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(0.0, np.minimum(rising, falling)).T.astype(np.float32)
