"""A wall of pictures with their predictions."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_probability
from netbuilder.ui.plots.images import grey_images
from netbuilder.ui.plots.picture_menu import PictureMenu
from netbuilder.ui.style import theme
from netbuilder.ui.style.font_scale import scaled

if TYPE_CHECKING:
    from netbuilder.core.results.live.view_data import WallPicture

#: Pixels of a picture with its edge, at the system's font size: wanted, at least and at most.
_CELL, _LEAST, _MOST = 92, 64, 140
_BAR = 4  # height of the confidence


def wrong_first(picture: WallPicture) -> WallPicture:
    """Return the pictures in another order: incorrect ones first, the most confident before."""
    order = np.lexsort((-np.asarray(picture.sure), np.asarray(picture.right)))
    answers, truth = (tuple(names[n] for n in order) for names in (picture.answers, picture.truth))
    arrays = {name: getattr(picture, name)[order] for name in ("images", "right", "sure", "rows")}
    return replace(picture, answers=answers, truth=truth, **arrays)


class PictureWall(QWidget):
    """Wrong predictions have a thick border, and each has a bar of its confidence.

    ``chosen(row)``: a picture was clicked.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.menu = PictureMenu(self, "pictures")
        self._picture: WallPicture | None = None
        self._images: list[QImage] = []
        self._shown_images: Any = None
        self.count = 0
        self._cursor: int | None = None  # the picture that the arrow keys chose
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def expect(self, count: int) -> None:
        """Reserve space for pictures that are being computed."""
        self._picture, self._shown_images, self._images, self.count = None, None, [], count
        self.updateGeometry()
        self.update()

    def show_wall(self, picture: WallPicture) -> None:
        if self._shown_images is not picture.images:
            self._shown_images, self._cursor = picture.images, None
            self._images = grey_images(picture.images)
            self.count = len(self._images)
            self.updateGeometry()
        self._picture = picture
        correct = int(picture.right.sum())
        self.setAccessibleName(
            _("{correct} of {total} pictures correct", correct=correct, total=len(picture.right))
        )
        self.update()

    def _grid(self, width: int) -> tuple[int, int]:
        """Return the number of columns, and the side of a picture with its edge."""
        columns = max(1, width // scaled(_CELL))
        return columns, min(max(width // columns, scaled(_LEAST)), scaled(_MOST))

    def _below(self) -> int:
        return self.fontMetrics().height() + _BAR + 2

    def heightForWidth(self, width: int) -> int:
        columns, side = self._grid(width)
        rows = math.ceil(max(self.count, 1) / columns)
        return rows * (side + self._below()) + 4

    def sizeHint(self) -> QSize:
        return QSize(4 * scaled(_CELL), self.heightForWidth(4 * scaled(_CELL)))

    def box(self, number: int) -> QRectF:
        columns, side = self._grid(self.width())
        row, column = divmod(number, columns)
        return QRectF(column * side + 3.0, row * (side + self._below()) + 3.0, side - 6, side - 6)

    def paintEvent(self, event: QPaintEvent) -> None:
        picture = self._picture
        if picture is None:
            return
        with QPainter(self) as painter:
            painter.setOpacity(1.0 if self.isEnabled() else 0.5)
            scheme, metrics = theme.colors(), self.fontMetrics()
            height, side = metrics.height(), self._grid(self.width())[1] - 6
            elide = cache(
                lambda label: metrics.elidedText(label, Qt.TextElideMode.ElideRight, side)
            )
            for number, image in enumerate(self._images):
                box = self.box(number)
                if not box.adjusted(-3, -3, 3, 3 + self._below()).intersects(QRectF(event.rect())):
                    continue  # scrolled out of view
                correct = bool(picture.right[number])
                color = QColor(scheme.train if correct else scheme.validation)
                # Filling a rectangle is ten times faster than drawing a border.
                edge = 1 if correct else 2
                painter.fillRect(box.adjusted(-edge, -edge, edge, edge), color)
                painter.drawImage(box.adjusted(edge, edge, -edge, -edge), image)
                painter.setPen(QColor(scheme.secondary if correct else scheme.text))
                label = picture.answers[number] if correct else f"✗ {picture.answers[number]}"
                label = picture.captions[number] if picture.captions else label
                bar = QRectF(box.left(), box.bottom() + 3, side, _BAR)
                if np.isfinite(picture.sure[number]):
                    painter.fillRect(bar, QColor(scheme.well))
                    bar.setWidth(side * float(np.clip(picture.sure[number], 0, 1)))
                    painter.fillRect(bar, color)
                below = QRectF(box.left(), bar.bottom() + 1, side, height)
                painter.drawText(below, Qt.AlignmentFlag.AlignCenter, elide(label))
                if number == self._cursor and self.hasFocus():
                    painter.setPen(QPen(QColor(scheme.accent), 2))
                    painter.drawRect(box.adjusted(-2, -2, 2, 2))

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

    def keyPressEvent(self, event: QKeyEvent) -> None:
        columns, key = self._grid(self.width())[0], Qt.Key(event.key())
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        step = (steps | {Qt.Key.Key_Up: -columns, Qt.Key.Key_Down: columns}).get(key)
        count = len(self._images)
        if step is not None and count:
            first = self._cursor is None
            self._cursor = 0 if first else min(max((self._cursor or 0) + step, 0), count - 1)
            self.setAccessibleDescription(self._words_of(self._cursor))
            self.update()
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space}:
            if self._picture is not None and self._cursor is not None:
                self.chosen.emit(int(self._picture.rows[self._cursor]))
        else:
            super().keyPressEvent(event)

    def _number_at(self, x: float, y: float) -> int:
        """Return the index of the picture at a position, or -1."""
        boxes = (self.box(number) for number in range(len(self._images)))
        return next((number for number, box in enumerate(boxes) if box.contains(x, y)), -1)

    def text_at(self, x: float, y: float) -> str:
        """Return the tooltip of the picture at a position, or ""."""
        number = self._number_at(x, y)
        return self._words_of(number) if number >= 0 else ""

    def _words_of(self, number: int) -> str:
        picture = self._picture
        if picture is None:
            return ""
        if picture.captions:
            return picture.captions[number]
        answer, truth = picture.answers[number], picture.truth[number]
        return _(
            "“{truth}”, predicted “{prediction}” ({probability})",
            truth=truth,
            prediction=answer,
            probability=format_probability(float(picture.sure[number])),
        )
