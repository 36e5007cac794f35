"""Sound files: waveforms and log-mel spectrograms.

``sound_wave`` and ``log_mel`` are self-contained: exported scripts contain their text.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from netbuilder.core.data import progress
from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.readers.excluded_files import SampleFolder, damaged_files_error
from netbuilder.core.error_texts import user_error

if TYPE_CHECKING:
    import keras
    import numpy as np


ENDINGS = (".wav", ".flac", ".ogg", ".mp3")
DEFAULT_MELS = 40
#: What the layer SpeechEmbedding reads: its bands, and samples a second.
SPEECH_MELS, SPEECH_RATE = 32, 16_000
_LOOKED_AT = 2000
_TOLD_EACH = 50


# Scripts carry this function.
def sound_wave(path: str, sample_rate: int, seconds: float) -> np.ndarray:
    """A sound as numbers from -1 to 1, float32 (samples,): mixed to one channel, cut or padded."""
    import math

    import numpy as np
    import soundfile
    from scipy.signal import resample_poly

    wave, rate = soundfile.read(path, dtype="float32", always_2d=True)
    wave = wave.mean(axis=1)
    if rate != sample_rate:
        common = math.gcd(int(rate), sample_rate)
        wave = resample_poly(wave, sample_rate // common, int(rate) // common)
    count = round(sample_rate * seconds)
    padded = np.zeros(count, np.float32)
    padded[: len(wave)] = wave[:count]
    return padded


# Scripts carry this function.
def log_mel(wave: np.ndarray, sample_rate: int, mels: int, speech: bool = False) -> np.ndarray:
    """Return the loudness of each pitch over time, float32 (moments, mels).

    Frames of 25 ms every 10 ms, Hann's window, power, triangles on the mel scale, logarithm
    (HTK's definition: Young et al., The HTK Book, 2002). ``speech``: decibels / 10 + 2, at most
    80 dB below the loudest, as SpeechEmbedding was trained with; 0.4 s of quiet before and after,
    since it reads 0.775 s at once and a word may stand anywhere in them.
    """
    import numpy as np

    frame, hop = int(sample_rate * 0.025), int(sample_rate * 0.010)
    size = 1 << (frame - 1).bit_length()
    wave = np.pad(wave, (0, max(0, frame - len(wave))))
    frames = np.lib.stride_tricks.sliding_window_view(wave, frame)[::hop]
    window = np.hanning(frame + speech)[:frame]
    power = np.abs(np.fft.rfft(frames * window, size)) ** 2
    heard: np.ndarray = power @ mel_filters(sample_rate, size, mels, speech)
    if speech:
        bels = np.log10(np.maximum(heard, 1e-10))
        heard = np.maximum(bels, bels.max() - 8) + 2
        quiet = np.repeat(heard.min(axis=0, keepdims=True), 40, axis=0)
        heard = np.concatenate([quiet, heard, quiet])
    else:
        heard = np.log(heard + 1e-6)
    return heard.astype(np.float32)


class SoundFormat(NamedTuple):
    """How sounds become numbers: ``rate`` samples a second, ``seconds`` of each, ``mels`` bands (0:
    the waveform), ``speech``: the bands are those of SpeechEmbedding.
    """

    rate: int
    seconds: float
    mels: int
    speech: bool = False

    @classmethod
    def of(cls, numbers: Sequence[float]) -> SoundFormat:
        """Return the format that the numbers of a recipe or a model file describe."""
        rate, seconds, mels, *speech = numbers
        return cls(int(rate), float(seconds), int(mels), any(speech))

    def features(self, wave: np.ndarray) -> np.ndarray:
        """Return the network's input for a wave, (samples, 1) or (moments, mels)."""
        if not self.mels:
            return wave[:, None]
        return log_mel(wave, self.rate, self.mels, self.speech)


def is_plain_wave(file: Path, rate: int) -> bool:
    """Return whether Keras reads a file as it is: a ``.wav`` with one channel at this rate."""
    import soundfile

    if file.suffix.lower() != ".wav":
        return False
    about = soundfile.info(str(file))
    return (about.samplerate, about.channels, about.subtype) == (rate, 1, "PCM_16")


def sound_lengths(files: Sequence[Path], home: SampleFolder, *, every: bool = False) -> list[float]:
    """Return the seconds of sounds, from their headers; of more than 2,000 only some unless
    ``every``.

    Raises:
        DataError: some are no sounds; all of them are named.
        UserError: the library that reads sounds is missing.
    """
    try:
        import soundfile
    except (ImportError, OSError) as error:
        raise user_error("soundfile_missing") from error
    lengths: list[float] = []
    bad: list[Path] = []
    some = files if every else files[:: -(-len(files) // _LOOKED_AT)]
    for number, file in enumerate(some):
        if every and not number % _TOLD_EACH:
            progress.report_progress(number, len(some))
        try:
            about = soundfile.info(str(file))
            lengths.append(about.frames / about.samplerate)
            if not about.frames or _is_cut_off(file):
                bad.append(file)
        except (RuntimeError, OSError, ZeroDivisionError):
            bad.append(file)
    if bad:
        raise damaged_files_error(bad, home)
    return lengths


def _is_cut_off(file: Path) -> bool:
    """Return whether a ``.wav`` is shorter than its header says (0 or the maximum: unknown)."""
    if file.suffix.lower() != ".wav":
        return False
    with file.open("rb") as content:
        head = content.read(8)
    size = int.from_bytes(head[4:8], "little")
    return head[:4] == b"RIFF" and file.stat().st_size + 1 < size + 8 < 0x7FFF_0000


def check_all_sounds(files: Sequence[Path], home: SampleFolder) -> None:
    """Inspect every sound where there are more than 2,000. Errors as in ``sound_lengths``."""
    if len(files) > _LOOKED_AT:
        sound_lengths(files, home, every=True)


def decode_sounds(files: Sequence[Path], sound: SoundFormat) -> np.ndarray:
    """Return sounds as numbers: (n, samples, 1) where ``mels`` is 0, else (n, moments, mels).

    Raise DataError if a file is damaged or missing.
    """
    import numpy as np

    decoded = []
    for file in files:
        try:
            wave = sound_wave(str(file), sound.rate, sound.seconds)
        except (RuntimeError, OSError) as error:
            raise data_error("sound_unreadable", file, name=Path(file).name) from error
        decoded.append(sound.features(wave))
    return np.stack(decoded)


# Scripts carry this function.
def spectrogram(
    wave: keras.KerasTensor,
    sample_rate: int,
    mels: int,
    shape: tuple[int | None, ...],
    speech: bool = False,
) -> keras.KerasTensor:
    """Return the network's input: spectrograms, or the waveforms themselves.

    Args:
        wave: from -1 to 1, (sounds, samples).
        sample_rate: of them, a second.
        mels: pitches; 0: the wave itself is what it hears.
        shape: of what it hears, without the axis of sounds.
        speech: the bands are those of SpeechEmbedding.

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
    window = np.pad(np.hanning(frame + speech)[:frame], (0, size - frame)).astype(np.float32)
    padded = ops.pad(frames, [[0, 0], [0, 0], [0, size - frame]])
    real, imaginary = ops.rfft(ops.multiply(padded, window))
    power = ops.add(ops.square(real), ops.square(imaginary))
    filters = mel_filters(sample_rate, size, mels, speech).astype(np.float32)
    heard = ops.matmul(power, filters)
    if speech:
        bels = ops.multiply(ops.log(ops.maximum(heard, 1e-10)), 1 / np.log(10))
        floor = ops.subtract(ops.max(bels, axis=(1, 2), keepdims=True), 8.0)
        heard = ops.add(ops.maximum(bels, floor), 2.0)
        quiet = ops.repeat(ops.min(heard, axis=1, keepdims=True), 40, axis=1)
        heard = ops.concatenate([quiet, heard, quiet], axis=1)
    else:
        heard = ops.log(ops.add(heard, 1e-6))
    return heard if tuple(heard.shape[1:]) == tuple(shape) else keras.layers.Reshape(shape)(heard)


# Scripts carry this function.
def mel_filters(sample_rate: int, size: int, mels: int, speech: bool = False) -> np.ndarray:
    """Triangles on the mel scale 2595 * log10(1 + f / 700), (size // 2 + 1, mels).

    ``speech``: from 60 to 3,800 Hz on Slaney's scale, each of area 1, for samples of 16 bits.
    """
    import numpy as np

    if speech:
        # Steps of 200/3 Hz up to 1,000 Hz, then 27 for each factor of 6.4.
        steps = np.linspace(60 * 3 / 200, 15 + 27 * np.log(3.8) / np.log(6.4), mels + 2)
        edges = np.where(steps < 15, steps * 200 / 3, 1000 * 6.4 ** ((steps - 15) / 27))
        heights = 2 * 32768.0**2 / (edges[2:] - edges[:-2])
    else:
        highest = 2595 * np.log10(1 + sample_rate / 2 / 700)
        edges = 700 * (10 ** (np.linspace(0, highest, mels + 2) / 2595) - 1)
        heights = np.ones(mels)
    pitches = np.fft.rfftfreq(size, 1 / sample_rate)
    rising = (pitches - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - pitches) / (edges[2:] - edges[1:-1])[:, None]
    filters: np.ndarray = heights * np.maximum(0.0, np.minimum(rising, falling)).T
    return filters


def wav_bytes(wave: np.ndarray, rate: int) -> bytes:
    """Encode a sound, float (n,) from -1 to 1, as a 16-bit ``.wav`` file."""
    import io

    import soundfile

    file = io.BytesIO()
    soundfile.write(file, wave, rate, format="WAV", subtype="PCM_16")
    return file.getvalue()
