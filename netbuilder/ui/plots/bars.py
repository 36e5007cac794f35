"""A list of named bars: class frequencies, probabilities."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from netbuilder.core.wording import join_values
from netbuilder.ui.plots.picture_menu import PictureMenu
from netbuilder.ui.style import theme

MOST = 30
#: Height of a thick bar and the gap below it, and so many bars at most are thick.
THICK, THICK_GAP, MOST_THICK = 20, 8, 12


class BarList(QWidget):
    """``(name, value, text)`` rows; the longest bar is the largest value.

    ``thick`` bars are 20 pixels high, each on a track of the full length.
    """

    def __init__(self, parent: QWidget | None = None, *, thick: bool = False) -> None:
        super().__init__(parent)
        self.thick = thick
        self.menu = PictureMenu(self, "bars", self._table)
        self.rows: list[tuple[str, float, str]] = []
        self._marked: str | None = None
        self._colors: Sequence[QColor] = ()
        self._top: float | None = None
        self._signed, self._reserved = False, 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def keep_rows(self, count: int) -> None:
        self._reserved = count
        policy = self.sizePolicy()
        policy.setRetainSizeWhenHidden(count > 0)
        self.setSizePolicy(policy)
        self.updateGeometry()

    def show_rows(
        self,
        rows: Sequence[tuple[str, float, str]],
        *,
        marked: str | None = None,
        top: float | None = None,
        signed: bool = False,
        colors: Sequence[QColor] = (),
    ) -> None:
        """Show rows; ``top``: the value of a full bar, ``signed``: bars to both sides of 0."""
        count, self.rows = len(self.rows), list(rows[:MOST])
        self._signed, self._colors = signed, colors
        self._marked, self._top = marked, top
        self.setAccessibleName(join_values(f"{name} {text}" for name, _value, text in self.rows))
        self.setVisible(bool(self.rows))
        if len(self.rows) != count:  # avoid a new layout for each prediction
            self.updateGeometry()
        self.update()

    def _table(self) -> list[tuple[str, str]]:
        return [("name", "value"), *((name, text) for name, _value, text in self.rows)]

    def sizeHint(self) -> QSize:
        return QSize(200, max(len(self.rows), self._reserved) * self._height + 2)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.sizeHint().height())

    def set_thick(self, thick: bool) -> None:
        if thick != self.thick:
            self.thick = thick
            self.updateGeometry()
            self.update()

    @property
    def _is_thick(self) -> bool:
        return self.thick and max(len(self.rows), self._reserved) <= MOST_THICK

    @property
    def _height(self) -> int:
        letters = self.fontMetrics().height() + 4
        return max(THICK + THICK_GAP, letters) if self._is_thick else letters

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.rows:
            return
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            scheme, metrics = theme.colors(), self.fontMetrics()
            names = max(metrics.horizontalAdvance(name) for name, _v, _t in self.rows) + 8
            names = min(names, self.width() // 2)
            texts = max(metrics.horizontalAdvance(text) for _n, _v, text in self.rows) + 8
            room = max(self.width() - names - texts - self.menu.width(), 4)
            top = self._top or max((abs(value) for _n, value, _t in self.rows), default=1.0) or 1.0
            vertical = Qt.AlignmentFlag.AlignVCenter
            below = -min((value for _n, value, _t in self.rows), default=0.0)
            if self._signed and below > 0:
                self._paint_signed(painter, names, texts)
                return
            for number, (name, value, text) in enumerate(self.rows):
                y = number * self._height
                is_marked = name == self._marked
                painter.setPen(QColor(scheme.text if is_marked else scheme.secondary))
                box = QRectF(0, y, names - 6, self._height)
                elided = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(box.width()))
                painter.drawText(box, vertical | Qt.AlignmentFlag.AlignRight, elided)
                length = room * min(abs(value) / top, 1.0)
                painter.setPen(Qt.PenStyle.NoPen)
                color = scheme.training if is_marked or not self._marked else scheme.border
                bar = QRectF(names, y + 4, max(length, 1.5), self._height - 8)
                if self._is_thick:
                    painter.setBrush(QColor(scheme.well))
                    painter.drawRoundedRect(QRectF(names, bar.y(), room, bar.height()), 2, 2)
                painter.setBrush(self._colors[number] if self._colors else QColor(color))
                painter.drawRoundedRect(bar, 2, 2)
                painter.setPen(QColor(scheme.text if is_marked else scheme.secondary))
                painter.drawText(
                    QRectF(names + room, y, texts - 2, self._height),
                    vertical | Qt.AlignmentFlag.AlignRight,
                    text,
                )

    def _paint_signed(self, painter: QPainter, names: int, texts: int) -> None:
        scheme, metrics = theme.colors(), self.fontMetrics()
        values = [value for _n, value, _t in self.rows]
        low, high = min(*values, 0.0), max(*values, 0.0)
        sides = (texts if low < 0 else 0) + (texts if high > 0 else 0)
        scale = max(self.width() - names - sides - self.menu.width(), 4) / (high - low)
        zero = names + (texts if low < 0 else 0) - low * scale
        vertical = Qt.AlignmentFlag.AlignVCenter
        for number, (name, value, text) in enumerate(self.rows):
            y = number * self._height
            painter.setPen(QColor(scheme.secondary))
            box = QRectF(0, y, names - 6, self._height)
            elided = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(box.width()))
            painter.drawText(box, vertical | Qt.AlignmentFlag.AlignRight, elided)
            length = max(abs(value) * scale, 1.5)
            left = zero if value >= 0 else zero - length
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(scheme.signed(value)))
            painter.drawRoundedRect(QRectF(left, y + 4, length, self._height - 8), 2, 2)
            painter.setPen(QColor(scheme.secondary))
            if value >= 0:
                place, side = QRectF(zero + length + 6, y, texts, self._height), "AlignLeft"
            else:
                place, side = QRectF(left - texts - 6, y, texts, self._height), "AlignRight"
            painter.drawText(place, vertical | Qt.AlignmentFlag[side], text)
        painter.setPen(QColor(scheme.hairline))
        painter.drawLine(QPointF(zero, 0), QPointF(zero, len(self.rows) * self._height))
