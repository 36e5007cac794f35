"""Sounds: taken by a microphone, and played by a loudspeaker, where QtMultimedia is installed."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QBuffer, QIODevice, QMicrophonePermission, QObject, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter

from netbuilder.core.data.kinds.sounds.sound_files import wav_bytes
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.ui.services.capture.devices import (
    THUMBNAIL,
    SampleSource,
    TakenSample,
    open_device,
    require_multimedia,
)
from netbuilder.ui.style import theme

if TYPE_CHECKING:
    from PySide6.QtMultimedia import QAudioDevice, QAudioFormat

#: Numbers a second of a kept sound: speech needs no more.
RATE = 16_000
SHORTEST = 0.3
_BITS = 32767.0


class SoundSource(SampleSource):
    """Sounds of equal length, one after the other; the last is filled up with silence."""

    ending, one, many = ".wav", "sound", "sounds"
    hint = N_("Hold the button of a class while you speak: each second becomes one sound.")
    heard = True

    def thumbnail(self, path: Path) -> QImage:
        import soundfile

        try:
            wave, _rate = soundfile.read(str(path), dtype="float32", always_2d=True)
        except (OSError, RuntimeError):
            return QImage()
        return wave_image(wave.mean(axis=1), THUMBNAIL)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.seconds = 1.0
        self._recent = np.zeros(RATE, np.float32)
        self._kept: list[NDArray[np.float32]] = []

    def hear(self, wave: NDArray[np.float32]) -> None:
        """Take in the next numbers, float (n,) from -1 to 1, ``RATE`` a second."""
        self._recent = np.concatenate([self._recent, wave])[-RATE:]
        self.level.emit(float(np.abs(wave).max(initial=0.0)))
        self.shown.emit(wave_image(self._recent, 4 * THUMBNAIL))
        if self.collecting:
            self._kept.append(wave)
            self._keep(at_end=False)

    def collect(self, on: bool) -> None:
        super().collect(on)
        if on:
            self._kept = []
        else:
            self._keep(at_end=True)

    def close(self) -> None:
        self.collect(False)

    def _keep(self, *, at_end: bool) -> None:
        length = round(self.seconds * RATE)
        wave = np.concatenate(self._kept) if self._kept else np.zeros(0, np.float32)
        while len(wave) >= length:
            self._take(wave[:length])
            wave = wave[length:]
        if at_end and len(wave) >= SHORTEST * RATE:
            self._take(np.pad(wave, (0, length - len(wave))))
            wave = wave[:0]
        self._kept = [] if at_end else [wave]

    def _take(self, wave: NDArray[np.float32]) -> None:
        self.taken.emit(TakenSample(lambda: wav_bytes(wave, RATE), wave_image(wave, THUMBNAIL)))


class Microphone(SoundSource):
    """The sounds of a microphone."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._source: Any = None
        self._stream: Any = None

    def devices(self) -> list[str]:
        from PySide6.QtMultimedia import QMediaDevices

        return [one.description() for one in QMediaDevices.audioInputs()]

    def open(self, device: int = 0) -> None:
        words = _("The microphone")
        missing = (_("No microphone was found."), _("Connect a microphone, then try again."))
        denied = _("The system does not let NetBuilder use the microphone.")
        permission = QMicrophonePermission()
        open_device(self, words, missing, denied, permission, lambda: self._start(device))

    def close(self) -> None:
        super().close()
        source, self._source, self._stream = self._source, None, None
        if source is not None:
            source.stop()
            source.deleteLater()

    def _start(self, device: int) -> None:
        from PySide6.QtMultimedia import QAudioSource, QMediaDevices

        chosen = QMediaDevices.audioInputs()[device]
        form = _format(chosen)
        self._source = QAudioSource(chosen, form, self)
        self._stream = self._source.start()
        if self._stream is None:
            self.failed.emit(
                _("The microphone '{name}' does not work.", name=chosen.description()),
                _("Close other programs that use the microphone, then try again."),
            )
            return
        self._stream.readyRead.connect(lambda: self._heard(form))

    def _heard(self, form: QAudioFormat) -> None:
        if self._stream is not None:
            self.hear(waves(bytes(self._stream.readAll().data()), form))


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
        require_multimedia(_("Sound playback"))
        from PySide6.QtMultimedia import QAudioFormat, QAudioSink, QMediaDevices

        device = QMediaDevices.defaultAudioOutput()
        if device.isNull():
            raise UserError(
                _("No loudspeaker was found."),
                _("Connect a loudspeaker or headphones, then try again."),
                code="no_loudspeaker",
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


def waves(data: bytes, form: QAudioFormat) -> NDArray[np.float32]:
    """Samples of a device as float (n,) from -1 to 1, ``RATE`` a second: channels averaged."""
    from PySide6.QtMultimedia import QAudioFormat

    kinds = {
        QAudioFormat.SampleFormat.UInt8: (np.uint8, 128.0, 128.0),
        QAudioFormat.SampleFormat.Int16: (np.int16, 0.0, 32768.0),
        QAudioFormat.SampleFormat.Int32: (np.int32, 0.0, 2147483648.0),
        QAudioFormat.SampleFormat.Float: (np.float32, 0.0, 1.0),
    }
    kind, zero, top = kinds[form.sampleFormat()]
    count = len(data) // form.bytesPerFrame()
    frames = np.frombuffer(data, kind, count * form.channelCount())
    wave = ((frames.astype(np.float32) - zero) / top).reshape(count, -1).mean(axis=1)
    if form.sampleRate() != RATE and count:
        from scipy.signal import resample_poly

        common = math.gcd(RATE, form.sampleRate())
        wave = resample_poly(wave, RATE // common, form.sampleRate() // common)
    return np.asarray(wave, np.float32)


def _format(device: QAudioDevice) -> QAudioFormat:
    """What is wanted of a device, where it has it; else what it likes best."""
    from PySide6.QtMultimedia import QAudioFormat

    wanted = QAudioFormat()
    wanted.setSampleRate(RATE)
    wanted.setChannelCount(1)
    wanted.setSampleFormat(QAudioFormat.SampleFormat.Int16)
    return wanted if device.isFormatSupported(wanted) else device.preferredFormat()


def wave_image(wave: NDArray[Any], width: int) -> QImage:
    """A sound as a small picture: how far the wave swings, from left to right."""
    image = QImage(width, THUMBNAIL, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setPen(QColor(theme.colors().accent))
    middle = THUMBNAIL / 2
    for x, part in enumerate(np.array_split(np.asarray(wave, np.float32), width)):
        high = float(np.abs(part).max(initial=0.0))
        reach = max(0.5, min(1.0, high) * middle)
        painter.drawLine(x, round(middle - reach), x, round(middle + reach))
    painter.end()
    return image
