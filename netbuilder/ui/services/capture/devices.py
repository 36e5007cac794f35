"""Real devices, where QtMultimedia is installed, and words for where they are not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QCameraPermission,
    QCoreApplication,
    QLoggingCategory,
    QMicrophonePermission,
    QObject,
    Qt,
)

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.ui.services.capture.sample_source import PictureSource, SampleSource

if TYPE_CHECKING:
    from PySide6.QtMultimedia import QMediaCaptureSession, QVideoFrame

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
