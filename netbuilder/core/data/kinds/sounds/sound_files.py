"""Sound files: waveforms and log-mel spectrograms.

``sound_wave`` and ``log_mel`` stand by themselves, because scripts carry their text.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from netbuilder.core.data import progress
from netbuilder.core.data.readers.excluded_files import SampleFolder, damaged_files_error
from netbuilder.core.errors import DataError, UserError
from netbuilder.core.i18n import gettext as _

if TYPE_CHECKING:
    import keras
    import numpy as np


ENDINGS = (".wav", ".flac", ".ogg", ".mp3")
DEFAULT_MELS = 40
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
    found = np.zeros(count, np.float32)
    found[: len(wave)] = wave[:count]
    return found


# Scripts carry this function.
def log_mel(wave: np.ndarray, sample_rate: int, mels: int) -> np.ndarray:
    """Return the loudness of each pitch over time, float32 (moments, mels).

    Frames of 25 ms every 10 ms, Hann's window, power, triangles on the mel scale, logarithm
    (HTK's definition: Young et al., The HTK Book, 2002).
    """
    import numpy as np

    frame, hop = int(sample_rate * 0.025), int(sample_rate * 0.010)
    size = 1 << (frame - 1).bit_length()
    wave = np.pad(wave, (0, max(0, frame - len(wave))))
    frames = np.lib.stride_tricks.sliding_window_view(wave, frame)[::hop]
    power = np.abs(np.fft.rfft(frames * np.hanning(frame), size)) ** 2
    filters = mel_filters(sample_rate, size, mels)
    heard: np.ndarray = np.log(power @ filters + 1e-6).astype(np.float32)
    return heard


def sound_lengths(files: Sequence[Path], home: SampleFolder, *, every: bool = False) -> list[float]:
    """How many seconds sounds last, from their first bytes; of more than 2,000 some or ``every``.

    Raises:
        DataError: some are no sounds; all of them are named.
        UserError: the library that reads sounds is missing.
    """
    try:
        import soundfile
    except (ImportError, OSError) as error:
        raise UserError(
            _("Sounds cannot be read: the package soundfile is not installed."),
            _("Install it: pip install soundfile"),
            code="soundfile_missing",
        ) from error
    found: list[float] = []
    bad: list[Path] = []
    some = files if every else files[:: -(-len(files) // _LOOKED_AT)]
    for number, file in enumerate(some):
        if every and not number % _TOLD_EACH:
            progress.report_progress(number, len(some))
        try:
            about = soundfile.info(str(file))
            found.append(about.frames / about.samplerate)
            if not about.frames or _is_cut_off(file):
                bad.append(file)
        except (RuntimeError, OSError, ZeroDivisionError):
            bad.append(file)
    if bad:
        raise damaged_files_error(bad, home)
    return found


def _is_cut_off(file: Path) -> bool:
    """Whether a ``.wav`` says that it has more bytes than are there; a recorder that was not closed
    says 0, or as many as a number can."""
    if file.suffix.lower() != ".wav":
        return False
    with file.open("rb") as content:
        head = content.read(8)
    told = int.from_bytes(head[4:8], "little")
    return head[:4] == b"RIFF" and file.stat().st_size + 1 < told + 8 < 0x7FFF_0000


def check_all_sounds(files: Sequence[Path], home: SampleFolder) -> None:
    """Look at each of more than 2,000 sounds. Errors as for ``sound_lengths``; or it was
    stopped."""
    if len(files) > _LOOKED_AT:
        sound_lengths(files, home, every=True)


def decode_sounds(files: Sequence[Path], sample_rate: int, seconds: float, mels: int) -> np.ndarray:
    """Sounds as numbers: (n, samples, 1) where ``mels`` is 0, else (n, moments, mels).

    Raises:
        DataError: a file is damaged or missing.
    """
    import numpy as np

    found = []
    for file in files:
        try:
            wave = sound_wave(str(file), sample_rate, seconds)
        except (RuntimeError, OSError) as error:
            raise DataError(
                _(
                    "The sound '{name}' cannot be read: it is damaged or missing.",
                    name=Path(file).name,
                ),
                _("Remove it from the folder, or choose another sound."),
                code="sound_unreadable",
                path=str(file),
            ) from error
        found.append(log_mel(wave, sample_rate, mels) if mels else wave[:, None])
    return np.stack(found)


# Scripts carry this function.
def spectrogram(
    wave: keras.KerasTensor, sample_rate: int, mels: int, shape: tuple[int | None, ...]
) -> keras.KerasTensor:
    """Return the network's input: spectrograms, or the waveforms themselves.

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
    filters = mel_filters(sample_rate, size, mels).astype(np.float32)
    heard = ops.log(ops.add(ops.matmul(power, filters), 1e-6))
    return heard if tuple(heard.shape[1:]) == tuple(shape) else keras.layers.Reshape(shape)(heard)


# Scripts carry this function.
def mel_filters(sample_rate: int, size: int, mels: int) -> np.ndarray:
    """Triangles on the mel scale 2595 * log10(1 + f / 700), (size // 2 + 1, mels)."""
    import numpy as np

    highest = 2595 * np.log10(1 + sample_rate / 2 / 700)
    edges = 700 * (10 ** (np.linspace(0, highest, mels + 2) / 2595) - 1)
    pitches = np.fft.rfftfreq(size, 1 / sample_rate)
    rising = (pitches - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - pitches) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(0.0, np.minimum(rising, falling)).T


def wav_bytes(wave: np.ndarray, rate: int) -> bytes:
    """A sound, float (n,) from -1 to 1, as a 16-bit ``.wav`` file of ``rate`` numbers a second."""
    import io

    import soundfile

    file = io.BytesIO()
    soundfile.write(file, wave, rate, format="WAV", subtype="PCM_16")
    return file.getvalue()
