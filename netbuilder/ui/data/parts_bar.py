"""How the rows are shared out: to train on, to watch with, to judge with."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from netbuilder.core.data.data_views.split_view import PARTS
from netbuilder.ui.plots.samples.split_chart import split_colors
from netbuilder.ui.style import theme


class SplitBar(QWidget):
    """One bar in three parts, and below it their names and rows."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: Mapping[str, int] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_rows(self, rows: Mapping[str, int]) -> None:
        """Show the rows of each part."""
        self._rows = rows
        words = ", ".join(f"{name} {rows.get(name, 0):,}" for name in PARTS)
        self.setAccessibleName(f"Rows: {words}")
        self.setToolTip(words)
        self.setVisible(any(rows.values()))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 15 + self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        total = sum(self._rows.values())
        if not total:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        scheme, metrics = theme.colors(), self.fontMetrics()
        left, place = 0.0, 0.0
        line = metrics.height()
        for name, color in zip(PARTS, split_colors(), strict=True):
            count = self._rows.get(name, 0)
            if not count:
                continue
            width = self.width() * count / total
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            painter.drawRoundedRect(QRectF(left, 2, max(width - 2, 2), 8), 3, 3)
            painter.drawEllipse(QRectF(place, 13 + line / 2 - 4, 8, 8))
            text = f"{name} {count:,}"
            room = metrics.horizontalAdvance(text) + 4
            painter.setPen(QColor(scheme.secondary))
            painter.drawText(QRectF(place + 12, 13, room, line), Qt.AlignmentFlag.AlignLeft, text)
            place += room + 26
            left += width
        painter.end()
