"""Real devices, where QtMultimedia is installed, and words for where they are not."""

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
    QRect,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QColor, QImage, QImageReader, QPainter

from netbuilder.core.data.kinds.sounds.sound_files import wav_bytes
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.ui.style import theme

if TYPE_CHECKING:
    from PySide6.QtMultimedia import QAudioDevice, QAudioFormat, QMediaCaptureSession, QVideoFrame


#: Pixels of a kept picture's side: enough for every pretrained body, small enough for a class.
PICTURE_SIDE = 224
PICTURES_A_SECOND = 8
THUMBNAIL = 48


@dataclass(frozen=True)
class TakenSample:
    """A sample: ``content()`` makes its file's bytes (off the GUI thread), ``image`` shows it."""

    content: Callable[[], bytes]
    image: QImage


class SampleSource(QObject):
    """``shown(image)`` all the time, ``taken(Taken)`` while collecting, ``failed(what, mend)``.

    ``ending`` is that of the files, ``one`` and ``many`` are the words for them, ``hint`` says how
    they are taken. ``heard``: what it takes has a level. ``without_device``: what to do where there
    is none; ``files_hint``: which files are samples.
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
        """A kept sample as a small picture; an empty one where its file cannot be read."""
        picture = QImage(str(path))
        return picture if picture.isNull() else thumbnail_of(picture)

    def devices(self) -> list[str]:
        return []

    def open(self, device: int = 0) -> None:
        """Begin to see or hear by a device; what keeps it from that comes by ``failed``."""

    def close(self) -> None:
        """Let go of the device."""

    def collect(self, on: bool) -> None:
        """Keep samples from now on, or no more."""
        self.collecting = on

    def latest(self) -> TakenSample | None:
        """What is seen or heard now; None before there is anything."""
        return None

    def from_file(self, path: Path) -> TakenSample | None:
        """A file as a sample, from any thread; None where it is none."""
        return None

    def from_image(self, image: QImage) -> TakenSample | None:
        """A picture as a sample; None where samples are no pictures."""
        return None

    def look_at(self, sample: TakenSample) -> None:
        """Show a sample in the device's place, until that shows the next one."""


class PictureSource(SampleSource):
    """Pictures, cut to a square; the first at once, then some a second."""

    ending, one, many = ".png", "picture", "pictures"
    hint = N_(
        "Hold the button of a class: eight pictures per second are saved. Turn "
        "the object and move it nearer and farther away: the network learns to "
        "ignore what varies here."
    )
    without_device = N_("Drop pictures on a class, or paste them with Ctrl+V.")
    files_hint = N_("Choose pictures, such as .jpg and .png files.")

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._frame = self._shown = QImage()
        self._timer = QTimer(self, interval=1000 // PICTURES_A_SECOND)
        self._timer.timeout.connect(self._keep)

    def see(self, frame: QImage) -> None:
        self._frame = self._shown = crop_square(frame)
        self.shown.emit(self._frame)

    def latest(self) -> TakenSample | None:
        return None if self._shown.isNull() else picture_sample(self._shown)

    def from_file(self, path: Path) -> TakenSample | None:
        reader = QImageReader(str(path))
        reader.setAutoTransform(True)
        return self.from_image(reader.read())

    def from_image(self, image: QImage) -> TakenSample | None:
        return None if image.isNull() else picture_sample(crop_square(image))

    def look_at(self, sample: TakenSample) -> None:
        self.see(QImage.fromData(sample.content()))

    def collect(self, on: bool) -> None:
        super().collect(on)
        if on:
            self._keep()
            self._timer.start()
        else:
            self._timer.stop()

    def close(self) -> None:
        self.collect(False)
        self._frame = self._shown = QImage()

    def _keep(self) -> None:
        frame, self._frame = self._frame, QImage()  # each frame once, however slow the camera
        if not frame.isNull():
            self.taken.emit(picture_sample(frame))


def picture_sample(image: QImage) -> TakenSample:
    """A picture as a sample."""
    pixels = pixels_of(image)
    return TakenSample(lambda: png_bytes(pixels), thumbnail_of(image))


def crop_square(image: QImage) -> QImage:
    """The middle square of a picture, ``PICTURE_SIDE`` pixels wide."""
    side = min(image.width(), image.height())
    left, top = (image.width() - side) // 2, (image.height() - side) // 2
    cut = image.copy(QRect(left, top, side, side)).convertToFormat(QImage.Format.Format_RGB888)
    return cut.scaled(
        PICTURE_SIDE,
        PICTURE_SIDE,
        Qt.AspectRatioMode.IgnoreAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )


def thumbnail_of(image: QImage) -> QImage:
    """A picture as a thumbnail."""
    how = Qt.TransformationMode.SmoothTransformation
    return image.scaled(THUMBNAIL, THUMBNAIL, Qt.AspectRatioMode.KeepAspectRatio, how)


def pixels_of(image: QImage) -> NDArray[np.uint8]:
    """A picture as rows of pixels of red, green and blue."""
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), -1)
    return rows[:, : 3 * plain.width()].reshape(plain.height(), plain.width(), 3).copy()


def png_bytes(pixels: NDArray[np.uint8]) -> bytes:
    """A picture as a ``.png`` file. Without Qt, which belongs to the GUI thread."""
    from PIL import Image

    content = BytesIO()
    Image.fromarray(pixels).save(content, "png")
    return content.getvalue()


_WIDTH = 640


def require_multimedia(what: str) -> None:
    """See that QtMultimedia can be used; ``what`` ("The camera") needs it.

    Raises:
        UserError: it is not installed, or the system lacks a library that it stands on.
    """
    # What its backends look for and do not miss is nothing for the terminal.
    QLoggingCategory.setFilterRules("qt.multimedia.*=false")
    try:
        import PySide6.QtMultimedia  # noqa: F401
    except ModuleNotFoundError as error:
        raise UserError(
            _("{device} needs QtMultimedia, which is not installed.", device=what),
            _(
                "Install it with: {command}, then start NetBuilder again.",
                command='pip install "netbuilder-studio[capture]"',
            ),
            code="multimedia_not_installed",
        ) from error
    except ImportError as error:
        raise UserError(
            _(
                "{device} needs QtMultimedia, but a system library is missing: {error}.",
                device=what,
                error=error,
            ),
            _(
                "Debian or Ubuntu: {debian}   Fedora: {fedora}   Then start NetBuilder again.",
                debian="sudo apt install libgssapi-krb5-2 libpulse0 libxrandr2",
                fedora="sudo dnf install krb5-libs libXrandr pulseaudio-libs",
            ),
            code="multimedia_library_missing",
        ) from error


class Camera(PictureSource):
    """The pictures of a camera."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session: QMediaCaptureSession | None = None
        self._parts: list[QObject] = []

    def devices(self) -> list[str]:
        from PySide6.QtMultimedia import QMediaDevices

        return [one.description() for one in QMediaDevices.videoInputs()]

    def open(self, device: int = 0) -> None:
        missing = (_("No camera was found."), _("Connect a camera, then try again."))
        denied = _("The system does not let NetBuilder use the camera.")
        words = _("The camera")
        permission = QCameraPermission()
        open_device(self, words, missing, denied, permission, lambda: self._start(device))

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
        sink.videoFrameChanged.connect(self._framed)
        self._session.setVideoSink(sink)
        self._parts = [sink]
        self._feed(self._session, device)

    def _feed(self, session: QMediaCaptureSession, device: int) -> None:
        """Say where the pictures of a session come from."""
        from PySide6.QtMultimedia import QCamera, QMediaDevices

        chosen = QMediaDevices.videoInputs()[device]
        camera = QCamera(chosen, self)
        formats = chosen.videoFormats()
        if formats:  # a large picture takes long to be turned into a square of 224
            camera.setCameraFormat(
                min(formats, key=lambda one: abs(one.resolution().width() - _WIDTH))
            )
        camera.errorOccurred.connect(
            lambda _kind, words: self.failed.emit(
                _(
                    "The camera '{name}' does not work: {error}.",
                    name=chosen.description(),
                    error=words,
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

    def _framed(self, frame: QVideoFrame) -> None:
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
    """Start a device where there is one, and where the person lets us.

    Args:
        source: tells what fails.
        words: the device at the beginning of a sentence, "The camera".
        missing: what is wrong and what to do where there is no device.
        denied: what is wrong where the system does not allow it.
        permission: what the system is asked for.
        start: called when all is well.
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
                denied,
                _("Allow access in the system's privacy settings, then try again."),
            )
        else:
            start()

    if app is not None and status == Qt.PermissionStatus.Undetermined:
        app.requestPermission(permission, source, answered)
    else:
        answered(status)


#: Numbers a second of a kept sound: speech needs no more.
RATE = 16_000
SHORTEST = 0.3
_BITS = 32767.0


class SoundSource(SampleSource):
    """Sounds of equal length, one after the other; the last is filled up with silence."""

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
        self._kept: list[NDArray[np.float32]] = []

    def hear(self, wave: NDArray[np.float32]) -> None:
        """Take in the next numbers, float (n,) from -1 to 1, ``RATE`` a second."""
        self._recent = np.concatenate([self._recent, wave])[-RATE:]
        self._heard_anything = True
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
        self._heard_anything = False

    def latest(self) -> TakenSample | None:
        return sound_sample(self._recent) if self._heard_anything else None

    def from_file(self, path: Path) -> TakenSample | None:
        image = self.thumbnail(path) if path.suffix.lower() == self.ending else QImage()
        return None if image.isNull() else TakenSample(path.read_bytes, image)

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
        self.taken.emit(sound_sample(wave))


def sound_sample(wave: NDArray[np.float32]) -> TakenSample:
    """A sound as a sample: float (n,) from -1 to 1, ``RATE`` a second."""
    return TakenSample(lambda: wav_bytes(wave, RATE), wave_image(wave, THUMBNAIL))


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
    values = _resampled(np.asarray(wave, np.float64), rate, wanted)
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
    return np.asarray(_resampled(wave, form.sampleRate(), RATE), np.float32)


def _resampled(wave: NDArray[Any], rate: int, wanted: int) -> NDArray[Any]:
    if rate == wanted or not len(wave):
        return wave
    from scipy.signal import resample_poly

    common = math.gcd(rate, wanted)
    found: NDArray[Any] = resample_poly(wave, wanted // common, rate // common)
    return found


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
