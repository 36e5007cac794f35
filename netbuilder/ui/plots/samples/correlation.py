"""How the columns of a table go together: Pearson's r of each pair as a shade and a number."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from netbuilder.ui.plots.picture_menu import PictureMenu
from netbuilder.ui.style import theme

_NAMES = 110.0
_MOST = 24


class CorrelationMap(QWidget):
    """Blue: they grow together; orange: one falls where the other grows; the number says so too."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.menu = PictureMenu(self, "correlation")
        self._values: NDArray[np.float64] = np.zeros((0, 0))
        self._names: tuple[str, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)

    def show_matrix(self, values: NDArray[np.float64], names: tuple[str, ...]) -> None:
        """Show r (columns, columns); of very many columns the first ones."""
        self._values, self._names = values[:_MOST, :_MOST], names[:_MOST]
        self.setAccessibleName(f"Correlation of {len(names)} columns. {self.strongest()}")
        self.updateGeometry()
        self.update()

    def strongest(self) -> str:
        """The pair that goes together most, in words; "" where there is none."""
        off = np.abs(np.where(np.eye(len(self._names), dtype=bool), np.nan, self._values))
        if off.size == 0 or np.isnan(off).all():
            return ""
        row, column = np.unravel_index(int(np.nanargmax(off)), off.shape)
        return self._words(int(row), int(column))

    def sizeHint(self) -> QSize:
        side = max(min(320 // max(len(self._names), 1), 40), 16)
        return QSize(340, len(self._names) * side + self.fontMetrics().height() + 60)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, min(self.sizeHint().height(), 200))

    def _grid(self) -> tuple[float, float, float]:
        count = max(len(self._names), 1)
        metrics = self.fontMetrics()
        widest = max((metrics.horizontalAdvance(name) for name in self._names), default=0)
        left = min(widest + 10.0, _NAMES)
        top = metrics.height() + 6.0
        side = min((self.width() - left - 2) / count, (self.height() - top - 2) / count)
        return left, top, max(side, 1.0)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        scheme, metrics = theme.colors(), self.fontMetrics()
        left, top, side = self._grid()
        centre = Qt.AlignmentFlag.AlignCenter
        for number, name in enumerate(self._names):
            painter.setPen(QColor(scheme.secondary))
            shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(left - 8))
            painter.drawText(
                QRectF(0, top + number * side, left - 6, side),
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                shown,
            )
            shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(side - 2))
            painter.drawText(QRectF(left + number * side, 0, side, metrics.height()), centre, shown)
        for row in range(len(self._names)):
            for column in range(len(self._names)):
                value = float(self._values[row, column])
                box = QRectF(left + column * side, top + row * side, side - 1, side - 1)
                painter.fillRect(box, QColor(scheme.canvas))
                if math.isnan(value):
                    continue
                color = QColor(scheme.signed(value))
                color.setAlphaF(min(abs(value), 1.0) * 0.9)
                painter.fillRect(box, color)
                text = f"{value:+.2f}" if row != column else "1"
                if metrics.horizontalAdvance(text) + 4 < side:
                    dark_ink = scheme.dark or abs(value) < 0.5
                    painter.setPen(QColor(scheme.text if dark_ink else "#FFFFFF"))
                    painter.drawText(box, centre, text)
        painter.end()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            left, top, side = self._grid()
            column, row = int((event.x() - left) // side), int((event.y() - top) // side)
            count = len(self._names)
            inside = 0 <= row < count and 0 <= column < count
            QToolTip.showText(event.globalPos(), self._words(row, column) if inside else "")
            return True
        return super().event(event)

    def _words(self, row: int, column: int) -> str:
        value = float(self._values[row, column])
        one, other = self._names[row], self._names[column]
        if math.isnan(value):
            return f"“{one}” and “{other}”: one of them never changes"
        how = "grow together" if value > 0 else "one falls where the other grows"
        strength = "strongly" if abs(value) > 0.7 else "somewhat" if abs(value) > 0.3 else "hardly"
        return f"“{one}” and “{other}”: r = {value:+.2f}, {strength}: {how}"
