"""Cameras, microphones and loudspeakers, through QtMultimedia where it is installed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QBuffer,
    QCameraPermission,
    QCoreApplication,
    QIODevice,
    QLoggingCategory,
    QMicrophonePermission,
    QObject,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QColor, QImage, QImageReader, QPainter

from netbuilder.core.data.kinds.sounds.sound_files import wav_bytes
from netbuilder.core.error_texts import user_error
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.ui.style import theme

if TYPE_CHECKING:
    from PySide6.QtMultimedia import QAudioDevice, QAudioFormat, QMediaCaptureSession, QVideoFrame


#: Side of a saved picture in pixels: enough for every pretrained backbone.
PICTURE_SIDE = 224
PICTURES_A_SECOND = 8
THUMBNAIL = 48


@dataclass(frozen=True)
class TakenSample:
    """A sample; ``content()`` returns its file's bytes and may be called off the GUI thread."""

    content: Callable[[], bytes]
    image: QImage


class SampleSource(QObject):
    """A device that samples are taken from.

    Emits ``shown(image)`` continuously, ``taken(TakenSample)`` while collecting, and
    ``failed(what, fix)``. ``one`` and ``many`` name its samples, ``hint`` says how to take them;
    ``heard``: they have a volume.
    """

    shown = Signal(object)
    level = Signal(float)
    taken = Signal(object)
    failed = Signal(str, str)
    ending, one, many, hint = "", "", "", ""
    heard = False
    collecting = False
    without_device, files_hint = "", ""

    def thumbnail(self, path: Path) -> QImage:
        """Return a thumbnail of a saved sample; a null image if it cannot be read."""
        picture = QImage(str(path))
        return picture if picture.isNull() else thumbnail_of(picture)

    def devices(self) -> list[str]:
        return []

    def open(self, device: int = 0) -> None:
        """Start the device."""

    def close(self) -> None:
        """Release the device."""

    def collect(self, on: bool) -> None:
        self.collecting = on

    def latest(self) -> TakenSample | None:
        """Return the current sample, or None."""
        return None

    def from_file(self, path: Path) -> TakenSample | None:
        """Read a file as a sample, on any thread; None if it is not one."""
        return None

    def from_image(self, image: QImage) -> TakenSample | None:
        """Return an image as a sample; None if samples are not images."""
        return None

    def look_at(self, sample: TakenSample) -> None:
        """Show a sample until the device provides the next one."""


class PictureSource(SampleSource):
    """Whole pictures; while collecting, the first at once, then several per second."""

    ending, one, many = ".png", "picture", "pictures"
    hint = N_(
        "Hold the button of a class: eight pictures per second are saved. Turn "
        "the object and move it nearer and farther away: the network learns to "
        "ignore what varies here."
    )
    without_device = N_("Drop pictures on a class, or here to test the network.")
    files_hint = N_("Choose pictures, such as .jpg and .png files.")

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._frame = self._displayed = QImage()
        self._timer = QTimer(self, interval=1000 // PICTURES_A_SECOND)
        self._timer.timeout.connect(self._take_frame)

    def see(self, frame: QImage) -> None:
        self._frame = self._displayed = whole_picture(frame)
        self.shown.emit(self._frame)

    def latest(self) -> TakenSample | None:
        return None if self._displayed.isNull() else picture_sample(self._displayed)

    def from_file(self, path: Path) -> TakenSample | None:
        reader = QImageReader(str(path))
        reader.setAutoTransform(True)
        return self.from_image(reader.read())

    def from_image(self, image: QImage) -> TakenSample | None:
        return None if image.isNull() else picture_sample(whole_picture(image))

    def look_at(self, sample: TakenSample) -> None:
        self.see(QImage.fromData(sample.content()))

    def collect(self, on: bool) -> None:
        super().collect(on)
        if on:
            self._take_frame()
            self._timer.start()
        else:
            self._timer.stop()

    def close(self) -> None:
        self.collect(False)
        self._frame = self._displayed = QImage()

    def _take_frame(self) -> None:
        frame, self._frame = self._frame, QImage()  # each frame once, however slow the camera
        if not frame.isNull():
            self.taken.emit(picture_sample(frame))


def picture_sample(image: QImage) -> TakenSample:
    """Return a picture as a sample."""
    pixels = pixels_of(image)
    return TakenSample(lambda: png_bytes(pixels), thumbnail_of(image))


def whole_picture(image: QImage) -> QImage:
    """Return a picture on white, its shorter edge at most ``PICTURE_SIDE`` pixels long.

    Nothing is cut off: training, prediction and scripts resize whole pictures.
    """
    white = QImage(image.size(), QImage.Format.Format_RGB888)
    white.fill(Qt.GlobalColor.white)  # seen through transparent pixels, as when files are read
    with QPainter(white) as painter:
        painter.drawImage(0, 0, image)
    if min(white.width(), white.height()) <= PICTURE_SIDE:
        return white
    return white.scaled(
        PICTURE_SIDE,
        PICTURE_SIDE,
        Qt.AspectRatioMode.KeepAspectRatioByExpanding,
        Qt.TransformationMode.SmoothTransformation,
    )


def thumbnail_of(image: QImage) -> QImage:
    """Return a thumbnail of a picture."""
    smooth = Qt.TransformationMode.SmoothTransformation
    return image.scaled(THUMBNAIL, THUMBNAIL, Qt.AspectRatioMode.KeepAspectRatio, smooth)


def pixels_of(image: QImage) -> NDArray[np.uint8]:
    """Return a picture as RGB pixels, (height, width, 3)."""
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), -1)
    return rows[:, : 3 * rgb.width()].reshape(rgb.height(), rgb.width(), 3).copy()


def png_bytes(pixels: NDArray[np.uint8]) -> bytes:
    """Encode pixels as PNG, without Qt, which belongs to the GUI thread."""
    from PIL import Image

    content = BytesIO()
    Image.fromarray(pixels).save(content, "png")
    return content.getvalue()


_WIDTH = 640


def require_multimedia(device: str) -> None:
    """Raise UserError unless QtMultimedia is available for ``device`` ("The camera")."""
    # Its backends log what they probe for.
    QLoggingCategory.setFilterRules("qt.multimedia.*=false")
    try:
        import PySide6.QtMultimedia  # noqa: F401
    except ModuleNotFoundError as error:
        raise user_error(
            "multimedia_not_installed",
            device=device,
            command='pip install "netbuilder-studio[capture]"',
        ) from error
    except ImportError as error:
        raise user_error(
            "multimedia_library_missing",
            device=device,
            error=error,
            debian="sudo apt install libgssapi-krb5-2 libpulse0 libxrandr2",
            fedora="sudo dnf install krb5-libs libXrandr pulseaudio-libs",
        ) from error


class Camera(PictureSource):
    """Takes pictures with a camera."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session: QMediaCaptureSession | None = None
        self._parts: list[QObject] = []

    def devices(self) -> list[str]:
        from PySide6.QtMultimedia import QMediaDevices

        return [device.description() for device in QMediaDevices.videoInputs()]

    def open(self, device: int = 0) -> None:
        missing = (_("No camera was found."), _("Connect a camera, then try again."))
        denied = _("The system does not let NetBuilder use the camera.")
        name = _("The camera")
        permission = QCameraPermission()
        open_device(self, name, missing, denied, permission, lambda: self._start(device))

    def close(self) -> None:
        super().close()
        session, self._session = self._session, None
        if session is not None:
            self._stop(session)
            session.deleteLater()
        for part in self._parts:
            part.deleteLater()
        self._parts = []

    def _start(self, device: int) -> None:
        from PySide6.QtMultimedia import QMediaCaptureSession, QVideoSink

        self._session = QMediaCaptureSession(self)
        sink = QVideoSink(self)
        sink.videoFrameChanged.connect(self._frame_changed)
        self._session.setVideoSink(sink)
        self._parts = [sink]
        self._feed(self._session, device)

    def _feed(self, session: QMediaCaptureSession, device: int) -> None:
        from PySide6.QtMultimedia import QCamera, QMediaDevices

        info = QMediaDevices.videoInputs()[device]
        camera = QCamera(info, self)
        formats = info.videoFormats()
        if formats:  # large frames take long to shrink
            camera.setCameraFormat(
                min(formats, key=lambda form: abs(form.resolution().width() - _WIDTH))
            )
        camera.errorOccurred.connect(
            lambda _kind, message: self.failed.emit(
                _(
                    "The camera '{name}' does not work: {error}.",
                    name=info.description(),
                    error=message,
                ),
                _("Close other programs that use the camera, then try again."),
            )
        )
        self._parts.append(camera)
        session.setCamera(camera)
        camera.start()

    def _stop(self, session: QMediaCaptureSession) -> None:
        camera = session.camera()
        if camera is not None:
            camera.stop()

    def _frame_changed(self, frame: QVideoFrame) -> None:
        if self._session is None:
            return
        image = frame.toImage()
        if not image.isNull():
            self.see(image)


def open_device(
    source: SampleSource,
    words: str,
    missing: tuple[str, str],
    denied: str,
    permission: QCameraPermission | QMicrophonePermission,
    start: Any,
) -> None:
    """Start a device if it exists and the user allows it, or emit ``failed``.

    ``missing`` is the problem and fix without a device, ``denied`` the problem without access.
    """
    try:
        require_multimedia(words)
    except UserError as error:
        source.failed.emit(error.what, error.fix)
        return
    if not source.devices():
        source.failed.emit(missing[0], missing[1])
        return
    app = QCoreApplication.instance()
    status = app.checkPermission(permission) if app is not None else None

    def answered(status: object) -> None:
        if status == Qt.PermissionStatus.Denied:
            source.failed.emit(
                denied, _("Allow access in the system's privacy settings, then try again.")
            )
        else:
            start()

    if app is not None and status == Qt.PermissionStatus.Undetermined:
        app.requestPermission(permission, source, answered)
    else:
        answered(status)


#: Sampling rate of saved sounds in Hz: enough for speech.
RATE = 16_000
SHORTEST = 0.3
_BITS = 32767.0


class SoundSource(SampleSource):
    """Consecutive sounds of equal length; the last is padded with silence."""

    ending, one, many = ".wav", "sound", "sounds"
    hint = N_("Hold the button of a class while you speak: each second becomes one sound.")
    heard = True
    without_device = N_("Drop .wav files on a class.")
    files_hint = N_("Choose .wav files.")

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
        self._heard_anything = False
        self._chunks: list[NDArray[np.float32]] = []

    def hear(self, wave: NDArray[np.float32]) -> None:
        """Add recorded samples, float (n,) from -1 to 1, at ``RATE``."""
        self._recent = np.concatenate([self._recent, wave])[-RATE:]
        self._heard_anything = True
        self.level.emit(float(np.abs(wave).max(initial=0.0)))
        self.shown.emit(wave_image(self._recent, 4 * THUMBNAIL))
        if self.collecting:
            self._chunks.append(wave)
            self._take_chunks(at_end=False)

    def collect(self, on: bool) -> None:
        super().collect(on)
        if on:
            self._chunks = []
        else:
            self._take_chunks(at_end=True)

    def close(self) -> None:
        self.collect(False)
        self._heard_anything = False

    def latest(self) -> TakenSample | None:
        return sound_sample(self._recent) if self._heard_anything else None

    def from_file(self, path: Path) -> TakenSample | None:
        image = self.thumbnail(path) if path.suffix.lower() == self.ending else QImage()
        return None if image.isNull() else TakenSample(path.read_bytes, image)

    def _take_chunks(self, *, at_end: bool) -> None:
        length = round(self.seconds * RATE)
        wave = np.concatenate(self._chunks) if self._chunks else np.zeros(0, np.float32)
        while len(wave) >= length:
            self._take(wave[:length])
            wave = wave[length:]
        if at_end and len(wave) >= SHORTEST * RATE:
            self._take(np.pad(wave, (0, length - len(wave))))
            wave = wave[:0]
        self._chunks = [] if at_end else [wave]

    def _take(self, wave: NDArray[np.float32]) -> None:
        self.taken.emit(sound_sample(wave))


def sound_sample(wave: NDArray[np.float32]) -> TakenSample:
    """Return a sound, float (n,) from -1 to 1 at ``RATE``, as a sample."""
    return TakenSample(lambda: wav_bytes(wave, RATE), wave_image(wave, THUMBNAIL))


class Microphone(SoundSource):
    """Takes sounds with a microphone."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._source: Any = None
        self._stream: Any = None

    def devices(self) -> list[str]:
        from PySide6.QtMultimedia import QMediaDevices

        return [device.description() for device in QMediaDevices.audioInputs()]

    def open(self, device: int = 0) -> None:
        name = _("The microphone")
        missing = (_("No microphone was found."), _("Connect a microphone, then try again."))
        denied = _("The system does not let NetBuilder use the microphone.")
        permission = QMicrophonePermission()
        open_device(self, name, missing, denied, permission, lambda: self._start(device))

    def close(self) -> None:
        super().close()
        source, self._source, self._stream = self._source, None, None
        if source is not None:
            source.stop()
            source.deleteLater()

    def _start(self, device: int) -> None:
        from PySide6.QtMultimedia import QAudioSource, QMediaDevices

        info = QMediaDevices.audioInputs()[device]
        audio_format = _format(info)
        self._source = QAudioSource(info, audio_format, self)
        self._stream = self._source.start()
        if self._stream is None:
            self.failed.emit(
                _("The microphone '{name}' does not work.", name=info.description()),
                _("Close other programs that use the microphone, then try again."),
            )
            return
        self._stream.readyRead.connect(lambda: self._data_ready(audio_format))

    def _data_ready(self, audio_format: QAudioFormat) -> None:
        if self._stream is not None:
            self.hear(waves(bytes(self._stream.readAll().data()), audio_format))


class WavePlayer(QObject):
    """Plays one sound at a time; ``ended`` is emitted when it finishes or is stopped."""

    ended = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sink: Any = None
        self._buffer: QBuffer | None = None

    @property
    def playing(self) -> bool:
        return self._sink is not None

    def play(self, wave: NDArray[np.float32], rate: int) -> None:
        """Play a sound, float (samples,) from -1 to 1; UserError without a loudspeaker."""
        self.stop()
        require_multimedia(_("Sound playback"))
        from PySide6.QtMultimedia import QAudioFormat, QAudioSink, QMediaDevices

        device = QMediaDevices.defaultAudioOutput()
        if device.isNull():
            raise user_error("no_loudspeaker")
        audio_format = QAudioFormat()
        audio_format.setSampleRate(rate)
        audio_format.setChannelCount(1)
        audio_format.setSampleFormat(QAudioFormat.SampleFormat.Int16)
        if not device.isFormatSupported(audio_format):
            # Every device supports 16 bits; use its own rate and channels.
            audio_format = device.preferredFormat()
            audio_format.setSampleFormat(QAudioFormat.SampleFormat.Int16)
        self._buffer = QBuffer(self)
        self._buffer.setData(
            pcm_samples(wave, rate, audio_format.sampleRate(), audio_format.channelCount())
        )
        self._buffer.open(QIODevice.OpenModeFlag.ReadOnly)
        self._sink = QAudioSink(device, audio_format, self)
        self._sink.stateChanged.connect(self._state_changed)
        self._sink.start(self._buffer)

    def stop(self) -> None:
        sink, self._sink = self._sink, None
        if sink is not None:
            sink.stop()
            sink.deleteLater()
            self.ended.emit()

    def _state_changed(self, state: object) -> None:
        from PySide6.QtMultimedia import QAudio

        if self._sink is not None and state in {QAudio.State.IdleState, QAudio.State.StoppedState}:
            self.stop()


def pcm_samples(wave: NDArray[np.float32], rate: int, target_rate: int, channels: int) -> bytes:
    """Convert a sound, float from -1 to 1, to 16-bit samples at the ``target_rate`` rate."""
    values = _resampled(np.asarray(wave, np.float64), rate, target_rate)
    samples = np.round(np.clip(values, -1.0, 1.0) * _BITS).astype("<i2")
    return np.repeat(samples, channels).tobytes()


def waves(data: bytes, audio_format: QAudioFormat) -> NDArray[np.float32]:
    """Convert a device's bytes to float (n,) from -1 to 1 at ``RATE``, averaging the channels."""
    from PySide6.QtMultimedia import QAudioFormat

    formats = {
        QAudioFormat.SampleFormat.UInt8: (np.uint8, 128.0, 128.0),
        QAudioFormat.SampleFormat.Int16: (np.int16, 0.0, 32768.0),
        QAudioFormat.SampleFormat.Int32: (np.int32, 0.0, 2147483648.0),
        QAudioFormat.SampleFormat.Float: (np.float32, 0.0, 1.0),
    }
    dtype, zero, scale = formats[audio_format.sampleFormat()]
    count = len(data) // audio_format.bytesPerFrame()
    frames = np.frombuffer(data, dtype, count * audio_format.channelCount())
    wave = ((frames.astype(np.float32) - zero) / scale).reshape(count, -1).mean(axis=1)
    return np.asarray(_resampled(wave, audio_format.sampleRate(), RATE), np.float32)


def _resampled(wave: NDArray[Any], rate: int, new_rate: int) -> NDArray[Any]:
    if rate == new_rate or not len(wave):
        return wave
    from scipy.signal import resample_poly

    divisor = math.gcd(rate, new_rate)
    resampled: NDArray[Any] = resample_poly(wave, new_rate // divisor, rate // divisor)
    return resampled


def _format(device: QAudioDevice) -> QAudioFormat:
    """Return the preferred format if the device supports it, else the device's own."""
    from PySide6.QtMultimedia import QAudioFormat

    preferred = QAudioFormat()
    preferred.setSampleRate(RATE)
    preferred.setChannelCount(1)
    preferred.setSampleFormat(QAudioFormat.SampleFormat.Int16)
    return preferred if device.isFormatSupported(preferred) else device.preferredFormat()


def wave_image(wave: NDArray[Any], width: int) -> QImage:
    """Draw a sound's amplitude over time as a small picture."""
    image = QImage(width, THUMBNAIL, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    with QPainter(image) as painter:
        painter.setPen(QColor(theme.colors().accent))
        middle = THUMBNAIL / 2
        for x, part in enumerate(np.array_split(np.asarray(wave, np.float32), width)):
            high = float(np.abs(part).max(initial=0.0))
            reach = max(0.5, min(1.0, high) * middle)
            painter.drawLine(x, round(middle - reach), x, round(middle + reach))
    return image
