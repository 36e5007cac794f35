"""The camera as a way to ask: what it sees is answered while it looks."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QPushButton, QWidget

from netbuilder.ui.services.capture.devices import Camera
from netbuilder.ui.services.capture.sample_source import PICTURES_A_SECOND, PictureSource


class CameraButton(QPushButton):
    """Looks while it is down: ``seen(image)`` some times a second, ``failed(words)``.

    Args:
        page: while nothing of it is to be seen, the camera does not look.
        make: makes the camera when the button is pressed; another one in tests.
    """

    seen = Signal(QImage)
    failed = Signal(str)

    def __init__(
        self,
        page: QWidget,
        *,
        make: Callable[[QObject], PictureSource] = Camera,
    ) -> None:
        super().__init__("Camera", page)
        self._page, self.make = page, make
        self._source: PictureSource | None = None
        self._frame = QImage()
        self._pace = QTimer(self, interval=1000 // PICTURES_A_SECOND)
        self._pace.timeout.connect(self._tell)
        self.setCheckable(True)
        self.setToolTip("Answer what the camera sees, while it looks")
        self.toggled.connect(self._toggled)

    def _toggled(self, on: bool) -> None:
        self._pace.stop()
        self._frame = QImage()
        source, self._source = self._source, None
        if source is not None:
            source.close()
            source.deleteLater()
        if on:
            self._source = self.make(self)
            self._source.shown.connect(self._look)
            self._source.failed.connect(self._failed)
            self._pace.start()
            self._source.open()

    def _look(self, image: QImage) -> None:
        self._frame = image

    def _tell(self) -> None:
        # A camera that looks while nobody sees it is none that a class wants. A tab behind others
        # is not hidden for Qt: nothing of it is to be seen.
        if self._page.visibleRegion().isEmpty():
            self.setChecked(False)
            return
        frame, self._frame = self._frame, QImage()
        if not frame.isNull():
            self.seen.emit(frame)

    def _failed(self, what: str, fix: str) -> None:
        self.setChecked(False)
        self.failed.emit(f"{what} {fix}".strip())
