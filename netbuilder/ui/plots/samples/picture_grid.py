"""Pictures of the data side by side, each with its class below."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from netbuilder.core.data.data_views.split_view import PARTS
from netbuilder.ui.plots.images import to_image
from netbuilder.ui.plots.picture_menu import PictureMenu
from netbuilder.ui.plots.samples.split_chart import split_colors
from netbuilder.ui.style import theme

CELL = 76


class PictureGrid(QWidget):
    """A line in the colour of its part stands below each picture, and the class beside it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._images: list[QImage] = []
        self._labels: Sequence[str] = ()
        self._parts: Sequence[int] = ()
        self.menu = PictureMenu(self, "pictures")
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_pictures(
        self, images: NDArray[np.uint8], labels: Sequence[str], parts: Sequence[int]
    ) -> None:
        """Show pictures, uint8 (n, height, width, channels), with their classes and parts."""
        self._images = [to_image(one) for one in images]
        self._labels, self._parts = labels, parts
        self.setAccessibleName(f"{len(labels)} pictures: {', '.join(labels)}")
        self.updateGeometry()
        self.update()

    @property
    def count(self) -> int:
        """How many are shown."""
        return len(self._images)

    def _columns(self, width: int) -> int:
        return max(1, width // CELL)

    @property
    def _height(self) -> int:
        return CELL + self.fontMetrics().height() + 4

    def heightForWidth(self, width: int) -> int:
        return math.ceil(max(len(self._images), 1) / self._columns(width)) * self._height + 2

    def sizeHint(self) -> QSize:
        return QSize(5 * CELL, self.heightForWidth(max(self.width(), 5 * CELL)))

    def minimumSizeHint(self) -> QSize:
        return QSize(CELL, self._height)

    def _cell(self, number: int) -> QRectF:
        row, column = divmod(number, self._columns(self.width()))
        return QRectF(column * CELL + 2.0, row * self._height + 2.0, CELL - 6, CELL - 6)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        scheme, metrics, colors = theme.colors(), self.fontMetrics(), split_colors()
        for number, image in enumerate(self._images):
            cell = self._cell(number)
            small = max(image.width(), image.height()) < CELL
            # Few pixels stay pixels.
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not small)
            painter.drawImage(_fitted(image, cell), image)
            line = QRectF(cell.left(), cell.bottom() + 1, cell.width(), 3)
            part = self._parts[number]
            painter.fillRect(line, colors[part] if 0 <= part < 3 else QColor(scheme.hairline))
            painter.setPen(QColor(scheme.text))
            below = QRectF(cell.left(), cell.bottom() + 4, cell.width(), metrics.height())
            words = metrics.elidedText(
                self._labels[number], Qt.TextElideMode.ElideRight, int(below.width())
            )
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, words)
        painter.end()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.text_at(event.pos().x(), event.pos().y()))
            return True
        return super().event(event)

    def text_at(self, x: float, y: float) -> str:
        """The class and part of the picture at a place; "" beside them."""
        for number, label in enumerate(self._labels):
            if self._cell(number).contains(x, y):
                part = self._parts[number]
                return f"{label} · {PARTS[part]}" if 0 <= part < 3 else label
        return ""


def _fitted(image: QImage, cell: QRectF) -> QRectF:
    size = image.size().scaled(cell.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
    return QRectF(
        cell.center().x() - size.width() / 2, cell.center().y() - size.height() / 2,
        size.width(), size.height(),
    )  # fmt: skip
