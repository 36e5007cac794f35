"""Arrays as pictures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QMouseEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QLabel, QListView, QListWidget, QListWidgetItem, QSizePolicy, QWidget

from netbuilder.ui.plots.picture_menu import PictureMenu
from netbuilder.ui.style import theme
from netbuilder.ui.style.font_scale import scaled

_FIRST_WIDTH = 412  # until its page says how wide it is


class ScaledPicture(QLabel):
    """An image that is painted as wide as there is room for it, up to ``most`` pixels; sharp.

    It is as much larger as the letters are: all its measures are pixels at letters of the system's
    size. ``clicked(place)``: from its upper left corner.
    """

    clicked = Signal(QPointF)

    def __init__(
        self, make: Callable[[int], QImage | None], most: int, parent: QWidget | None = None
    ) -> None:
        """``make`` paints the image for a width in pixels; None where nothing can be shown."""
        super().__init__(parent)
        self._make, self._most, self._width = make, most, 0
        PictureMenu(self, "layer")
        # The image follows the width of the page, so it must never be what holds it open.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        theme.theme().changed.connect(self._grow)
        self._paint_for(min(most, _FIRST_WIDTH))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._paint_for(int(event.size().width() / self._scale))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        inside = self.rect().contains(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and inside:
            self.clicked.emit((event.position() - QPointF(0, self._above)) / self._scale)
        super().mouseReleaseEvent(event)

    @property
    def _scale(self) -> float:
        return scaled(1000) / 1000

    @property
    def image_size(self) -> tuple[int, int]:
        shown = self.pixmap().deviceIndependentSize() / self._scale
        return round(shown.width()), round(shown.height())

    @property
    def _above(self) -> float:
        """Pixels between its upper edge and that of the image."""
        return float(self.height() - self.pixmap().deviceIndependentSize().height()) / 2

    @property
    def width_now(self) -> int:
        """For how many pixels the image was painted."""
        return self._width

    def _paint_for(self, room: int) -> None:
        width = min(max(room, 24), self._most)
        if width != self._width:
            self._width = width
            self.paint_again()

    def _grow(self) -> None:
        self._paint_for(int(self.width() / self._scale))
        self.paint_again()

    def paint_again(self) -> None:
        """Paint anew: what it shows has changed."""
        image = self._make(self._width)
        if image is None or image.isNull():
            self.hide()
            return
        pixmap = QPixmap.fromImage(image)
        pixmap.setDevicePixelRatio(image.devicePixelRatio() / self._scale)
        self.setPixmap(pixmap)


def finite(values: NDArray[Any]) -> NDArray[Any]:
    """Numbers, 0 where there is none; what is infinite leaves room to reckon with."""
    plain = np.asarray(values, float)
    if np.isfinite(plain).all():
        return plain
    return np.asarray(np.nan_to_num(plain, posinf=1e300, neginf=-1e300))


def levels(values: NDArray[Any], *, each: bool = False) -> NDArray[np.uint8]:
    """Numbers as places 0 to 255 between the smallest and the largest, 0 counted in; ``each``: of
    several maps (n, height, width), each between its own."""
    plain = finite(values)
    axes = tuple(range(int(each), plain.ndim))
    low, high = (find(axis=axes, keepdims=True, initial=0.0) for find in (plain.min, plain.max))
    span = high - low
    part = (plain - low) / np.where(span > 0, span, 1.0)
    found: NDArray[np.uint8] = (part * 255).astype(np.uint8)
    return found


def grey_levels(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Pictures (n, height, width), or with channels, as 8-bit pixels, each by its own numbers;
    channels that are no colours become their mean."""
    plain = pixels if pixels.ndim < 4 or pixels.shape[-1] in {1, 3} else pixels.mean(-1)
    return levels(plain, each=True)


def grey_images(maps: NDArray[Any]) -> list[QImage]:
    """Pictures of the data, (n, height, width) or with channels, as they look everywhere."""
    return [to_image(one) for one in grey_levels(maps)]


def to_image(pixels: NDArray[Any]) -> QImage:
    """A picture of uint8 pixels: (height, width), or with 1, 3 or 4 channels."""
    array = np.ascontiguousarray(pixels)
    if array.ndim == 3 and array.shape[2] == 1:
        array = np.ascontiguousarray(array[:, :, 0])
    height, width = array.shape[:2]
    formats = {3: QImage.Format.Format_RGB888, 4: QImage.Format.Format_RGBA8888}
    kind = QImage.Format.Format_Grayscale8 if array.ndim == 2 else formats[array.shape[2]]
    line = array.strides[0]
    # The array's memory is gone when this returns: the picture keeps a copy.
    return QImage(array.data, width, height, line, kind).copy()


def shaded(places: NDArray[Any], table: NDArray[np.uint8]) -> QImage:
    """A picture of colours of ``table`` (n, 3): ``places`` (height, width) says which."""
    return shaded_all(places[None], table)[0]


def shaded_all(places: NDArray[Any], table: NDArray[np.uint8]) -> list[QImage]:
    """Several such pictures of one size, (n, height, width), coloured in one go.

    Four bytes a pixel, as painters have them: of three each is taken apart at every painting.
    """
    packed = table.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    pixels = np.ascontiguousarray((packed | np.uint32(0xFF000000))[places])
    height, width = pixels.shape[1:]
    line, kind = 4 * width, QImage.Format.Format_RGB32
    return [QImage(one.data, width, height, line, kind).copy() for one in pixels]


def fitted(image: QImage, side: int) -> QPixmap:
    """A picture fitted into a square; small ones are enlarged with their pixels kept."""
    small = max(image.width(), image.height()) < side
    how = Qt.TransformationMode
    mode = how.FastTransformation if small else how.SmoothTransformation
    return QPixmap.fromImage(image.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio, mode))


class ImageGrid(QListWidget):
    """Thumbnails with a line of text below each."""

    def __init__(self, side: int = 56, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._side = side
        self.menu = PictureMenu(self, "pictures")
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setIconSize(QSize(side, side))
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setSpacing(4)

    def show_images(self, images: NDArray[np.uint8], labels: list[str]) -> None:
        """Show pictures (n, height, width, channels)."""
        self.clear()
        for number, pixels in enumerate(images):
            label = labels[number] if number < len(labels) else ""
            item = QListWidgetItem(QIcon(fitted(to_image(pixels), self._side)), label)
            item.setFlags(Qt.ItemFlag.ItemIsEnabled)
            self.addItem(item)
