"""A confusion matrix as a heat map: rows are true classes, columns predicted ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from netbuilder.core.i18n import gettext as _, ngettext, pgettext
from netbuilder.ui.plots.picture_menu import PictureMenu
from netbuilder.ui.style import theme

NAME_WIDTH, NAME_HEIGHT = 110, 72
_WRITTEN, _SMALLEST = 24, 8
_MOST_SIDE, _OF_TWO = 56, 120  # pixels of a cell, and of one of two classes
_WIDE, _LARGEST = 640, 640
_AROUND = 290  # of a window's height: bars and tabs
_FLAT = 1.8  # largest aspect ratio of a cell


def upright_name(painter: QPainter, name: str, box: QRectF) -> None:
    """Draw a name upwards in a box, elided in the middle."""
    painter.save()
    font = painter.font()
    font.setPixelSize(max(min(round(box.width()), painter.fontMetrics().ascent()), _SMALLEST))
    painter.setFont(font)
    painter.translate(box.bottomLeft())
    painter.rotate(-90)
    elided = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, int(box.height()))
    alignment = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    painter.drawText(QRectF(0, 0, box.height(), box.width()), alignment, elided)
    painter.restore()


class HeatMap(QWidget):
    """Counts as shades, correct ones on the diagonal; ``chosen(truth, answer)`` tells a cell."""

    chosen = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.menu = PictureMenu(self, "confusion_matrix", self._table)
        self.counts: NDArray[np.int64] = np.zeros((0, 0), np.int64)
        self._labels: tuple[str, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._cursor: tuple[int, int] | None = None

    def show_matrix(self, counts: NDArray[Any], labels: tuple[str, ...]) -> None:
        self.counts, self._labels = np.asarray(counts, np.int64), labels
        self._cursor = None
        wrong = int(self.counts.sum() - np.trace(self.counts))
        self.setAccessibleName(
            _("Confusion matrix of {count} classes: {wrong} wrong", count=len(labels), wrong=wrong)
        )
        self.updateGeometry()
        self.update()

    def _table(self) -> list[list[object]]:
        names: list[object] = [_("true \\ predicted"), *self._labels]
        rows = zip(self._labels, self.counts.tolist(), strict=True)
        return [names, *([label, *counts] for label, counts in rows)]

    def sizeHint(self) -> QSize:
        count = max(len(self._labels), 1)
        most = _OF_TWO if count == 2 else _MOST_SIDE
        whole = max(round(min(self._room(), most) * count), 1)
        if self.width() > _WIDE:  # over the canvas it grows, within the window
            visible = min(self.window().height() - _AROUND, _LARGEST)
            whole = round(min(self._room() * count, visible))
            most = max(2 * most, self._widest() + 10)
        # Room for the row names.
        side = max(min(whole // count, most), self.fontMetrics().height())
        return QSize(300, count * side + round(self._top()) + 4)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())

    def grid(self) -> tuple[float, float, float, float]:
        """Return left and top of the cells, their width and height."""
        count = max(len(self._labels), 1)
        metrics = self.fontMetrics()
        widest = self._widest()
        left = min(widest + 14.0 + metrics.height(), NAME_WIDTH + metrics.height())
        top = self._top()
        room = self._room()
        height = min((self.height() - top - 2) / count, max(room, metrics.height()))
        width = max(_FLAT * height if self.width() > _WIDE else height, widest + 10.0)
        return left, top, max(min(width, room), 1.0), max(height, 1.0)

    def _widest(self) -> int:
        metrics = self.fontMetrics()
        return max((metrics.horizontalAdvance(label) for label in self._labels), default=0)

    def _room(self) -> float:
        height = self.fontMetrics().height()
        left = min(self._widest() + 14.0 + height, NAME_WIDTH + height)
        return (self.width() - left - 4) / max(len(self._labels), 1)

    @property
    def upright(self) -> bool:
        """Whether the column names do not fit side by side."""
        return self._widest() > self._room()

    def _top(self) -> float:
        height = self.fontMetrics().height()
        return height + 8.0 + (min(self._widest(), NAME_HEIGHT) if self.upright else height)

    def paintEvent(self, event: QPaintEvent) -> None:
        count = len(self._labels)
        if not count:
            return
        with QPainter(self) as painter:
            scheme, metrics = theme.colors(), self.fontMetrics()
            left, top, wide, side = self.grid()
            largest = max(int(self.counts.max()), 1)
            centre = Qt.AlignmentFlag.AlignCenter
            painter.setPen(QColor(scheme.secondary))
            painter.drawText(
                QRectF(left, 0, count * wide, metrics.height()),
                centre,
                pgettext("class", "predicted"),
            )
            painter.save()
            painter.translate(0, top + count * side)
            painter.rotate(-90)
            painter.drawText(
                QRectF(0, 0, count * side, metrics.height()), centre, pgettext("class", "true")
            )
            painter.restore()
            for number, label in enumerate(self._labels):
                self._name_column(painter, label, left + number * wide, wide, top)
                room = left - metrics.height() - 6
                elided = metrics.elidedText(label, Qt.TextElideMode.ElideRight, int(room))
                painter.drawText(
                    QRectF(metrics.height(), top + number * side, room, side),
                    Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                    elided,
                )
            for row in range(count):
                for column in range(count):
                    place = QRectF(left + column * wide, top + row * side, wide - 1, side - 1)
                    self._cell(painter, row, column, place, largest)
            if self._cursor is not None:
                row, column = self._cursor
                painter.setPen(QColor(scheme.text))
                painter.drawRect(QRectF(left + column * wide, top + row * side, wide - 1, side - 1))

    def _name_column(
        self, painter: QPainter, label: str, left: float, wide: float, top: float
    ) -> None:
        metrics, centre = self.fontMetrics(), Qt.AlignmentFlag.AlignCenter
        if not self.upright:
            painter.drawText(
                QRectF(left, metrics.height() + 4, wide, metrics.height()), centre, label
            )
            return
        high = top - metrics.height() - 6
        upright_name(painter, label, QRectF(left, top - 4 - high, wide, high))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self.updateGeometry()  # names may be upright now

    def _cell(self, painter: QPainter, row: int, column: int, box: QRectF, largest: int) -> None:
        scheme = theme.colors()
        value = int(self.counts[row, column])
        color = QColor(scheme.training if row == column else scheme.validation)
        # Shades stay readable with one text colour.
        part = 0.15 + (theme.readable_part(color) - 0.15) * value / largest
        shade = theme.mix(color, QColor(scheme.canvas), part if value else 0.0)
        painter.fillRect(box, shade)
        width = self.fontMetrics().horizontalAdvance(str(value))
        if value and box.width() >= 12 and width < box.width() and len(self._labels) <= _WRITTEN:
            painter.setPen(QColor(scheme.text))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(value))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.text_at(event.pos().x(), event.pos().y()))
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self.cell_at(event.position().x(), event.position().y())
        if cell is not None:
            self._choose(*cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
        }
        step = steps.get(Qt.Key(event.key()))
        count = len(self._labels)
        if step is not None and count:
            row, column = self._cursor or (0, 0)
            self._cursor = ((row + step[0]) % count, (column + step[1]) % count)
            self.setAccessibleDescription(self._cell_text(*self._cursor))
            self.update()
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space}:
            if self._cursor is not None:
                self._choose(*self._cursor)
        else:
            super().keyPressEvent(event)

    def _choose(self, row: int, column: int) -> None:
        self._cursor = (row, column)
        self.update()
        self.chosen.emit(row, column)

    def cell_at(self, x: float, y: float) -> tuple[int, int] | None:
        """Return the row and column of the cell at a position, or None."""
        left, top, wide, side = self.grid()
        column, row = int((x - left) // wide), int((y - top) // side)
        count = len(self._labels)
        if not (0 <= row < count and 0 <= column < count and x >= left and y >= top):
            return None
        return row, column

    def text_at(self, x: float, y: float) -> str:
        """Return the tooltip of the cell at a position, or ""."""
        cell = self.cell_at(x, y)
        return "" if cell is None else self._cell_text(*cell)

    def _cell_text(self, row: int, column: int) -> str:
        value = int(self.counts[row, column])
        truth, answer = self._labels[row], self._labels[column]
        if row == column:
            return _(
                "{count} of {total} samples of “{label}” are correct",
                count=value, total=int(self.counts[row].sum()), label=truth,
            )  # fmt: skip
        return ngettext(
            "{count} sample of “{truth}” is predicted as “{prediction}”",
            "{count} samples of “{truth}” are predicted as “{prediction}”",
            value, truth=truth, prediction=answer,
        )  # fmt: skip
