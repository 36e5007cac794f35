"""One bar for each row of a batch: what it adds to a weight's gradient."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.core.results.computation_trace.computed_value import format_value
from netbuilder.ui.style import theme
from netbuilder.ui.style.font_scale import scaled

_HEIGHT, _GAP, _WIDEST = 56, 3, 28


class RowBars(QWidget):
    """Bars above and below a line. ``pressed(row)``: the number of a bar, with the mouse, or the
    arrow keys, Home and End; Escape presses the marked bar again."""

    pressed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.values: Sequence[float] = ()
        self.marked = -1
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(_("What each row adds to the gradient"))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def sizeHint(self) -> QSize:
        return QSize(200, scaled(_HEIGHT))

    def show_values(self, values: Sequence[float], marked: int = -1) -> None:
        """Show values in the order of the rows; ``marked``: the row that is chosen."""
        self.values, self.marked = values, marked
        self.setAccessibleDescription(", ".join(format_value(value) for value in values))
        self.update()

    @property
    def _pitch(self) -> float:
        return min(self.width() / max(len(self.values), 1), _WIDEST)

    def box(self, row: int) -> QRectF:
        top = max(abs(value) for value in self.values) or 1.0
        middle, length = self.height() / 2, self.values[row] / top * (self.height() / 2 - 2)
        wide = max(self._pitch - _GAP, 1.0)
        return QRectF(row * self._pitch + 1, middle, wide, -length).normalized()

    def paintEvent(self, event: QPaintEvent) -> None:
        scheme, middle = theme.colors(), self.height() / 2
        with QPainter(self) as painter:
            for row, value in enumerate(self.values):
                color = QColor(theme.ABOVE_ZERO if value > 0 else theme.BELOW_ZERO)
                painter.fillRect(self.box(row), color)
                if row == self.marked:
                    painter.setPen(QPen(QColor(scheme.text), 2))
                    inside = QRectF(self.rect()).adjusted(1, 1, -1, -1)  # or a side is cut off
                    painter.drawRect(self.box(row).adjusted(-1, -1, 1, 1) & inside)
            painter.setPen(QPen(QColor(scheme.hairline), 1))
            end = self._pitch * len(self.values)
            painter.drawLine(QPointF(0, middle), QPointF(end, middle))
            if self.hasFocus():
                painter.setPen(QPen(QColor(scheme.accent), 1))
                painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _row_at(self, x: float) -> int:
        row = int(x / self._pitch)
        return row if row < len(self.values) else -1

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if (row := self._row_at(event.position().x())) >= 0:
            self.pressed.emit(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        last = len(self.values) - 1
        rows = {Qt.Key.Key_Left: max(self.marked - 1, 0), Qt.Key.Key_Home: 0, Qt.Key.Key_End: last,
                Qt.Key.Key_Right: min(self.marked + 1, last),
                Qt.Key.Key_Escape: self.marked}  # fmt: skip
        key = Qt.Key(event.key())
        row = rows.get(key, -1)
        if row < 0 or (row == self.marked) is not (key == Qt.Key.Key_Escape):
            super().keyPressEvent(event)
            return
        self.marked = -1 if row == self.marked else row
        self.update()
        self.pressed.emit(row)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            if (row := self._row_at(event.pos().x())) >= 0:
                words = _("Row {number} of the batch", number=row + 1)
                text = f"{words}: {format_value(self.values[row])}"
                QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)
