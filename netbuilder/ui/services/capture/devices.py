"""Real devices, where QtMultimedia is installed, and words for where they are not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QCameraPermission,
    QCoreApplication,
    QLoggingCategory,
    QMicrophonePermission,
    QObject,
    Qt,
)

from netbuilder.core.errors import UserError
from netbuilder.ui.services.capture.sample_source import (
    RATE,
    PictureSource,
    SampleSource,
    SoundSource,
)

if TYPE_CHECKING:
    from PySide6.QtMultimedia import QAudioDevice, QAudioFormat, QMediaCaptureSession, QVideoFrame

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
            f"{what} needs QtMultimedia, and that is not installed.",
            'Install it with: pip install "netbuilder-studio[capture]", '
            "then start NetBuilder again.",
        ) from error
    except ImportError as error:
        raise UserError(
            f"{what} needs QtMultimedia, and a library of the system is missing: {error}.",
            "Debian or Ubuntu: sudo apt install libgssapi-krb5-2 libpulse0 libxrandr2   "
            "Fedora: sudo dnf install krb5-libs libXrandr pulseaudio-libs   "
            "Then start NetBuilder again.",
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
        _open(self, "The camera", "camera", QCameraPermission(), lambda: self._start(device))

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
                f"The camera '{chosen.description()}' does not work: {words}.",
                "Close other programs that use it, then look again.",
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
        words = "The microphone"
        _open(self, words, "microphone", QMicrophonePermission(), lambda: self._start(device))

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
                f"The microphone '{chosen.description()}' does not work.",
                "Close other programs that use it, then look again.",
            )
            return
        self._stream.readyRead.connect(lambda: self._heard(form))

    def _heard(self, form: QAudioFormat) -> None:
        if self._stream is not None:
            self.hear(waves(bytes(self._stream.readAll().data()), form))


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
        from math import gcd

        from scipy.signal import resample_poly

        common = gcd(RATE, form.sampleRate())
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


def _open(
    source: SampleSource,
    words: str,
    one: str,
    permission: QCameraPermission | QMicrophonePermission,
    start: Any,
) -> None:
    """Start a device where there is one, and where the person lets us."""
    try:
        require_multimedia(words)
    except UserError as error:
        source.failed.emit(error.what, error.fix)
        return
    if not source.devices():
        source.failed.emit(f"No {one} was found.", f"Plug a {one} in, then look again.")
        return
    app = QCoreApplication.instance()
    status = app.checkPermission(permission) if app is not None else None

    def answered(status: object) -> None:
        if status == Qt.PermissionStatus.Denied:
            source.failed.emit(
                f"The system does not let NetBuilder use the {one}.",
                "Allow it in the system's settings under privacy, then look again.",
            )
        else:
            start()

    if app is not None and status == Qt.PermissionStatus.Undetermined:
        app.requestPermission(permission, source, answered)
    else:
        answered(status)
