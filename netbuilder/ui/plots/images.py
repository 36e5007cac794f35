"""Convert arrays to images, and show them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QMouseEvent, QPixmap, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QLabel, QListView, QListWidget, QListWidgetItem, QSizePolicy, QWidget

from netbuilder.ui.plots.picture_menu import PictureMenu
from netbuilder.ui.style import theme
from netbuilder.ui.style.font_scale import scaled

_FIRST_WIDTH = 412  # before the first layout


class ScaledPicture(QLabel):
    """An image painted for the available width, up to ``most`` pixels, scaled with the font.

    ``clicked(place)``: from the image's upper left corner.
    """

    clicked = Signal(QPointF)

    def __init__(
        self, make: Callable[[int], QImage | None], most: int, parent: QWidget | None = None
    ) -> None:
        """``make`` paints the image for a width in pixels; None hides it."""
        super().__init__(parent)
        self._make, self._most, self._width = make, most, 0
        PictureMenu(self, "layer")
        # The image follows the width of the page, and must not widen it.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        theme.theme().changed.connect(self._rescale)
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
        size = self.pixmap().deviceIndependentSize() / self._scale
        return round(size.width()), round(size.height())

    @property
    def _above(self) -> float:
        return float(self.height() - self.pixmap().deviceIndependentSize().height()) / 2

    @property
    def width_now(self) -> int:
        return self._width

    def _paint_for(self, room: int) -> None:
        width = min(max(room, 24), self._most)
        if width != self._width:
            self._width = width
            self.paint_again()

    def _rescale(self) -> None:
        self._paint_for(int(self.width() / self._scale))
        self.paint_again()

    def paint_again(self) -> None:
        image = self._make(self._width)
        if image is None or image.isNull():
            self.hide()
            return
        pixmap = QPixmap.fromImage(image)
        pixmap.setDevicePixelRatio(image.devicePixelRatio() / self._scale)
        self.setPixmap(pixmap)


def finite(values: NDArray[Any]) -> NDArray[Any]:
    """Replace NaN by 0 and infinities by large numbers."""
    array = np.asarray(values, float)
    if np.isfinite(array).all():
        return array
    return np.asarray(np.nan_to_num(array, posinf=1e300, neginf=-1e300))


def levels(values: NDArray[Any], *, each: bool = False) -> NDArray[np.uint8]:
    """Scale values to 0 to 255 by their range with 0; ``each``: maps (n, height, width) alone."""
    clean = finite(values)
    axes = tuple(range(int(each), clean.ndim))
    low, high = (find(axis=axes, keepdims=True, initial=0.0) for find in (clean.min, clean.max))
    span = high - low
    part = (clean - low) / np.where(span > 0, span, 1.0)
    scaled_values: NDArray[np.uint8] = (part * 255).astype(np.uint8)
    return scaled_values


def grey_levels(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Scale pictures (n, height, width), or with channels, to 8 bits, each alone."""
    clean = pixels if pixels.ndim < 4 or pixels.shape[-1] in {1, 3} else pixels.mean(-1)
    return levels(clean, each=True)


def grey_images(maps: NDArray[Any]) -> list[QImage]:
    """Draw pictures (n, height, width), or with channels, in grey or their colours."""
    return [to_image(pixels) for pixels in grey_levels(maps)]


def to_image(pixels: NDArray[Any]) -> QImage:
    """Return an image of uint8 pixels: (height, width), or with 1, 3 or 4 channels."""
    array = np.ascontiguousarray(pixels)
    if array.ndim == 3 and array.shape[2] == 1:
        array = np.ascontiguousarray(array[:, :, 0])
    height, width = array.shape[:2]
    formats = {3: QImage.Format.Format_RGB888, 4: QImage.Format.Format_RGBA8888}
    image_format = QImage.Format.Format_Grayscale8 if array.ndim == 2 else formats[array.shape[2]]
    line = array.strides[0]
    # QImage does not own the array's memory.
    return QImage(array.data, width, height, line, image_format).copy()


def shaded(places: NDArray[Any], table: NDArray[np.uint8]) -> QImage:
    """Return an image with colours of ``table`` (n, 3) at indices ``places`` (height, width)."""
    return shaded_all(places[None], table)[0]


def shaded_all(places: NDArray[Any], table: NDArray[np.uint8]) -> list[QImage]:
    """Return images for several ``places`` (n, height, width), in a format that is painted fast."""
    packed = table.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    pixels = np.ascontiguousarray((packed | np.uint32(0xFF000000))[places])
    height, width = pixels.shape[1:]
    line, kind = 4 * width, QImage.Format.Format_RGB32
    return [QImage(image.data, width, height, line, kind).copy() for image in pixels]


def fitted(image: QImage, side: int) -> QPixmap:
    """Fit a picture into a square; small ones are enlarged without smoothing."""
    small = max(image.width(), image.height()) < side
    modes = Qt.TransformationMode
    mode = modes.FastTransformation if small else modes.SmoothTransformation
    return QPixmap.fromImage(image.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio, mode))


class ImageGrid(QListWidget):
    """Thumbnails with a caption each."""

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

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()  # the page scrolls

    def show_images(self, images: NDArray[np.uint8], labels: list[str]) -> None:
        self.clear()
        for number, pixels in enumerate(images):
            label = labels[number] if number < len(labels) else ""
            item = QListWidgetItem(QIcon(fitted(to_image(pixels), self._side)), label)
            item.setFlags(Qt.ItemFlag.ItemIsEnabled)
            self.addItem(item)
