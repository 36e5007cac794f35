"""Sounds as the network gets them: waveform and spectrogram."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.dataset import PreparedData
from netbuilder.core.data.kinds.sounds.sound_files import DEFAULT_MELS, SoundFormat, decode_sounds
from netbuilder.core.data.readers.samples import Samples


@dataclass(frozen=True)
class SoundsDataView:
    """All sounds of the data.

    ``parts``: 0 training, 1 validation, 2 test; ``format``: longer sounds are cut, shorter ones end
    in silence.
    """

    files: tuple[Path, ...]
    labels: tuple[str, ...]
    parts: tuple[int, ...]
    format: SoundFormat


@dataclass(frozen=True, eq=False)
class SoundClip:
    """One sound: ``wave`` float32 (samples,) from -1 to 1, ``pitches`` float32 (moments, mels)."""

    wave: NDArray[np.float32]
    pitches: NDArray[np.float32]
    rate: int


def sounds_data_view(plan: PreparedData) -> SoundsDataView:
    """Return the sounds of a recipe."""
    entry = next(iter(plan.preprocessing.inputs.values()))
    files, labels = _listed(plan.samples)
    parts = plan.parts.tolist()
    if plan.test is not None:
        more = _listed(plan.test)
        files, labels = files + more[0], labels + more[1]
        parts += [2] * len(more[0])
    sound = SoundFormat.of(entry.sound)
    return SoundsDataView(tuple(files), tuple(labels), tuple(parts), sound)


def _listed(samples: Samples) -> tuple[list[Path], list[str]]:
    return list(samples.arrays["sound"]), samples.targets.iloc[:, 0].astype(str).tolist()


def load_clip(look: SoundsDataView, index: int) -> SoundClip:
    """Load one of the sounds; raise DataError if its file is damaged or missing."""
    sound = look.format
    wave = decode_sounds([look.files[index]], sound._replace(mels=0))[0, :, 0]
    bands = sound._replace(mels=sound.mels or DEFAULT_MELS)
    return SoundClip(wave, bands.features(wave), sound.rate)
