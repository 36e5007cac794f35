"""Sounds from their numbers to the loudspeaker, where QtMultimedia is installed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QBuffer, QIODevice, QObject, Signal

from netbuilder.core.errors import UserError
from netbuilder.ui.services.capture.devices import require_multimedia

_BITS = 32767.0


class WavePlayer(QObject):
    """Plays one sound at a time. ``ended``: it was heard to its end, or stopped."""

    ended = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sink: Any = None
        self._buffer: QBuffer | None = None

    @property
    def playing(self) -> bool:
        """Whether a sound is under way."""
        return self._sink is not None

    def play(self, wave: NDArray[np.float32], rate: int) -> None:
        """Play numbers from -1 to 1, (samples,), so many a second; what was under way stops.

        Raises:
            UserError: QtMultimedia or a loudspeaker is missing; says which.
        """
        self.stop()
        require_multimedia("Playing sounds")
        from PySide6.QtMultimedia import QAudioFormat, QAudioSink, QMediaDevices

        device = QMediaDevices.defaultAudioOutput()
        if device.isNull():
            raise UserError(
                "No loudspeaker was found.", "Plug in a loudspeaker or headphones, then try again."
            )
        form = QAudioFormat()
        form.setSampleRate(rate)
        form.setChannelCount(1)
        form.setSampleFormat(QAudioFormat.SampleFormat.Int16)
        if not device.isFormatSupported(form):
            # 16 bits are understood by all; its rate and channels are the device's own.
            form = device.preferredFormat()
            form.setSampleFormat(QAudioFormat.SampleFormat.Int16)
        self._buffer = QBuffer(self)
        self._buffer.setData(pcm_samples(wave, rate, form.sampleRate(), form.channelCount()))
        self._buffer.open(QIODevice.OpenModeFlag.ReadOnly)
        self._sink = QAudioSink(device, form, self)
        self._sink.stateChanged.connect(self._changed)
        self._sink.start(self._buffer)

    def stop(self) -> None:
        """End what is under way."""
        sink, self._sink = self._sink, None
        if sink is not None:
            sink.stop()
            sink.deleteLater()
            self.ended.emit()

    def _changed(self, state: object) -> None:
        from PySide6.QtMultimedia import QAudio

        if self._sink is not None and state in {QAudio.State.IdleState, QAudio.State.StoppedState}:
            self.stop()


def pcm_samples(wave: NDArray[np.float32], rate: int, wanted: int, channels: int) -> bytes:
    """Numbers from -1 to 1 as 16-bit samples of a device's rate, each channel the same."""
    values = np.asarray(wave, np.float64)
    if rate != wanted:
        from scipy.signal import resample_poly

        common = math.gcd(rate, wanted)
        values = resample_poly(values, wanted // common, rate // common)
    whole = np.round(np.clip(values, -1.0, 1.0) * _BITS).astype("<i2")
    return np.repeat(whole, channels).tobytes()
