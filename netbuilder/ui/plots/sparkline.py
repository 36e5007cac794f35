"""A small curve without axes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_number, join_values
from netbuilder.ui.style import theme

HEIGHT, GAP = 54, 4


def finite_values(values: Iterable[float]) -> tuple[float, ...]:
    """Return the values that can be drawn."""
    return tuple(value for value in map(float, values) if math.isfinite(value))


def curve_points(values: Sequence[float], frame: QRectF) -> QPolygonF:
    """Return values at equal distances as points of a frame whose lower edge is 0."""
    across = frame.width() / max(len(values) - 1, 1)
    up = frame.height() / (max(values) or 1.0)
    return QPolygonF(
        [
            QPointF(frame.left() + across * number, frame.bottom() - up * value)
            for number, value in enumerate(values)
        ]
    )


class Sparkline(QWidget):
    """Values at equal distances as a line from 0 up, described in words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._values: tuple[float, ...] = ()
        self._words = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def values(self) -> tuple[float, ...]:
        return self._values

    def show_curve(self, values: Sequence[float], words: str) -> None:
        """Draw values; ``words`` describe the horizontal axis."""
        self._values, self._words = tuple(values), words
        name = (
            _("Curve: {ends}, {words}", ends=self._ends(), words=words)
            if self._values
            else _("No curve")
        )
        self.setAccessibleName(name)
        self.setToolTip(name if self._values else "")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, HEIGHT + 2 * self.fontMetrics().height() + 3 * GAP)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.sizeHint().height())

    def _ends(self) -> str:
        first, last, highest = self._values[0], self._values[-1], max(self._values)
        # Name the maximum only if it is at neither end.
        top = (
            _("at most {value}", value=format_number(highest))
            if highest > max(first, last) * 1.001
            else ""
        )
        ends = _("from {first} to {last}", first=format_number(first), last=format_number(last))
        return join_values(filter(None, (ends, top)))

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._values:
            return
        colors = theme.colors()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            line = float(self.fontMetrics().height())
            frame = QRectF(0.5, line + GAP, self.width() - 1.0, HEIGHT)
            painter.setPen(QPen(QColor(colors.hairline), 1))
            painter.setBrush(QColor(colors.canvas))
            painter.drawRoundedRect(frame, 4, 4)
            inner = frame.adjusted(6, 6, -6, -6)
            painter.setPen(QPen(QColor(colors.training), 1.8))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolyline(curve_points(self._values, inner))
            painter.setPen(QColor(colors.secondary))
            left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, 0, self.width(), line), left, self._ends())
            painter.drawText(QRectF(0, frame.bottom() + GAP, self.width(), line), left, self._words)
