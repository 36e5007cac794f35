"""A wall of pictures with their predictions."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_probability
from netbuilder.ui.plots.images import grey_images
from netbuilder.ui.plots.picture_menu import PictureMenu
from netbuilder.ui.style import theme
from netbuilder.ui.style.font_scale import scaled

if TYPE_CHECKING:
    from netbuilder.core.results.live.view_data import WallPicture

_CELL = 52  # at the system's font size


def _side() -> int:
    return scaled(_CELL)


class PictureWall(QWidget):
    """Wrong predictions have a thick border; ``chosen(row)``: a picture was clicked."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.menu = PictureMenu(self, "pictures")
        self._picture: WallPicture | None = None
        self._images: list[QImage] = []
        self._shown_images: Any = None
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_wall(self, picture: WallPicture) -> None:
        if self._shown_images is not picture.images:
            self._shown_images = picture.images
            self._images = grey_images(picture.images)
            self.updateGeometry()
        self._picture = picture
        correct = int(picture.right.sum())
        self.setAccessibleName(
            _("{correct} of {total} pictures correct", correct=correct, total=len(picture.right))
        )
        self.update()

    def _columns(self, width: int) -> int:
        return max(1, width // _side())

    def heightForWidth(self, width: int) -> int:
        rows = math.ceil(max(len(self._images), 1) / self._columns(width))
        return rows * (_side() + self.fontMetrics().height()) + 4

    def sizeHint(self) -> QSize:
        return QSize(8 * _side(), self.heightForWidth(8 * _side()))

    def box(self, number: int) -> QRectF:
        row, column = divmod(number, self._columns(self.width()))
        height = _side() + self.fontMetrics().height()
        return QRectF(column * _side() + 3.0, row * height + 3.0, _side() - 6, _side() - 6)

    def paintEvent(self, event: QPaintEvent) -> None:
        picture = self._picture
        if picture is None:
            return
        painter = QPainter(self)
        scheme, metrics = theme.colors(), self.fontMetrics()
        height = metrics.height()
        elide = cache(
            lambda label: metrics.elidedText(label, Qt.TextElideMode.ElideRight, _side() - 6)
        )
        for number, image in enumerate(self._images):
            box = self.box(number)
            if not box.adjusted(-3, -3, 3, 3 + height).intersects(QRectF(event.rect())):
                continue  # scrolled out of view
            correct = bool(picture.right[number])
            color = QColor(scheme.train if correct else scheme.validation)
            color.setAlphaF(0.25 + 0.75 * float(np.clip(picture.sure[number], 0, 1)))
            # Filling a rectangle is ten times faster than drawing a border.
            edge = 1 if correct else 2
            painter.fillRect(box.adjusted(-edge, -edge, edge, edge), color)
            painter.drawImage(box.adjusted(edge, edge, -edge, -edge), image)
            painter.setPen(QColor(scheme.secondary if correct else scheme.text))
            label = picture.answers[number] if correct else f"✗ {picture.answers[number]}"
            below = QRectF(box.left(), box.bottom() + 2, _side() - 6, height)
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, elide(label))
        painter.end()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.text_at(event.pos().x(), event.pos().y()))
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        number = self._number_at(event.position().x(), event.position().y())
        if self._picture is None or number < 0 or event.button() != Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
        else:
            self.chosen.emit(int(self._picture.rows[number]))

    def _number_at(self, x: float, y: float) -> int:
        """Return the index of the picture at a position, or -1."""
        boxes = (self.box(number) for number in range(len(self._images)))
        return next((number for number, box in enumerate(boxes) if box.contains(x, y)), -1)

    def text_at(self, x: float, y: float) -> str:
        """Return the tooltip of the picture at a position, or ""."""
        picture, number = self._picture, self._number_at(x, y)
        if picture is None or number < 0:
            return ""
        answer, truth = picture.answers[number], picture.truth[number]
        return _(
            "“{truth}”, predicted “{prediction}” ({probability})",
            truth=truth,
            prediction=answer,
            probability=format_probability(float(picture.sure[number])),
        )
