"""What takes samples: shows all the time what it sees or hears, and keeps some while it is told to.

A source for a device only has to call ``see`` or ``hear``; all else is here, so that a simulated
one runs through the same code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QImage

from netbuilder.core.i18n import noop as N_

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
    they are taken. ``heard``: what it takes has a level.
    """

    shown = Signal(object)
    level = Signal(float)
    taken = Signal(object)
    failed = Signal(str, str)
    ending, one, many, hint = "", "", "", ""
    heard = False
    collecting = False

    def thumbnail(self, path: Path) -> QImage:
        """A kept sample as a small picture; an empty one where its file cannot be read."""
        picture = QImage(str(path))
        return picture if picture.isNull() else thumbnail_of(picture)

    def devices(self) -> list[str]:
        """The names of what can be chosen."""
        return []

    def open(self, device: int = 0) -> None:
        """Begin to see or hear by a device; what keeps it from that comes by ``failed``."""

    def close(self) -> None:
        """Let go of the device."""

    def collect(self, on: bool) -> None:
        """Keep samples from now on, or no more."""
        self.collecting = on


class PictureSource(SampleSource):
    """Pictures, cut to a square; the first at once, then some a second."""

    ending, one, many = ".png", "picture", "pictures"
    hint = N_(
        "Hold the button of a class: eight pictures per second are saved. Turn "
        "the object and move it nearer and farther away: the network learns to "
        "ignore what varies here."
    )

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._frame = QImage()
        self._timer = QTimer(self, interval=1000 // PICTURES_A_SECOND)
        self._timer.timeout.connect(self._keep)

    def see(self, frame: QImage) -> None:
        """Take in a picture as the camera gives it."""
        self._frame = crop_square(frame)
        self.shown.emit(self._frame)

    def collect(self, on: bool) -> None:
        super().collect(on)
        if on:
            self._keep()
            self._timer.start()
        else:
            self._timer.stop()

    def close(self) -> None:
        self.collect(False)
        self._frame = QImage()

    def _keep(self) -> None:
        frame, self._frame = self._frame, QImage()  # each frame once, however slow the camera
        if not frame.isNull():
            pixels = pixels_of(frame)
            self.taken.emit(TakenSample(lambda: png_bytes(pixels), thumbnail_of(frame)))


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
