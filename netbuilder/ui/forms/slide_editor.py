"""A slider for a number or date, with a text field beside it."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QLabel, QSizePolicy, QWidget

from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.wording import format_number
from netbuilder.ui.forms.boxes import NoWheelSlider, TextEditor, TypedBox
from netbuilder.ui.forms.parsing import UNSET
from netbuilder.ui.style.font_scale import scaled
from netbuilder.ui.widgets.layouts import hbox

_STEPS = 200
#: The largest range in which every integer has its own position.
_MOST_WHOLE = 2_000
#: The ratio of a range from which the slider is logarithmic.
_WIDE = 50.0
#: The part of the range in which the default of a logarithmic slider lies.
_SKEWED = 0.25
_FIELD = 88
#: Width of a range's ends beside the slider.
_END = 44
#: Least width of a slider beside the ends.
_SLIDER = 90


class SlideEditor(QWidget):
    """Slider and field of one parameter; ``edited`` is emitted while sliding."""

    edited = Signal(object)
    complaint_changed = Signal(str)
    #: Width of the field at the default font size.
    field = _FIELD

    def __init__(self, param: Param, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._param = param
        low, high = param.ends or (param.minimum or 0.0, param.maximum or 1.0)
        self._low, self._high = float(low), float(high)
        self._steps = self._count()
        self.slider = NoWheelSlider(Qt.Orientation.Horizontal, self)
        self.slider.setRange(0, self._steps)
        self.slider.setPageStep(max(self._steps // 10, 1))
        self.slider.setAccessibleName(param.name)
        self.slider.setAccessibleDescription(param.explanation)
        self.box = self._make_box()
        self._resize_box()
        self.box.setAccessibleName(param.name)
        self._ends: tuple[QLabel, ...] = ()
        row = hbox((self.slider, 1), self.box, parent=self, margins=0, spacing=8)
        if param.ends is not None:
            left = _End(self.words_of(low), Qt.AlignmentFlag.AlignRight, self)
            right = _End(self.words_of(high), Qt.AlignmentFlag.AlignLeft, self)
            row.insertWidget(0, left)
            row.insertWidget(2, right)
            self._ends = (left, right)
        self.setFocusProxy(self.slider)
        self.slider.installEventFilter(self)
        self.slider.valueChanged.connect(self._slid)
        self.box.edited.connect(self._typed)
        self.box.complaint_changed.connect(self.complaint_changed)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Move the focus to the field when a number is typed on the slider."""
        if watched is self.slider and isinstance(event, QKeyEvent):
            typed = event.type() == QEvent.Type.KeyPress and event.text()
            if typed and (typed.isdigit() or typed in "-.,"):
                self.box.setFocus(Qt.FocusReason.OtherFocusReason)
                self.box.selectAll()
                QApplication.sendEvent(self.box, event)
                return True
        return super().eventFilter(watched, event)

    def _make_box(self) -> Any:
        """Return the field, with ``show_value``, ``edited`` and ``complaint_changed``."""
        return TypedBox(self._param, self)

    def _count(self) -> int:
        wide = self._high - self._low
        most = _MOST_WHOLE if self._param.whole and not self._logarithmic else _STEPS
        by_ones = self._param.whole or self._param.kind is Kind.INT
        return int(wide) if by_ones and 1 <= wide <= most else _STEPS

    def words_of(self, value: float) -> str:
        return format_number(value)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        ends = sum(end.sizeHint().width() for end in self._ends)
        room = event.size().width() - self.box.width() - ends
        for end in self._ends:
            end.setVisible(room >= _SLIDER)

    def minimumSizeHint(self) -> QSize:
        # Without the ends, which are hidden in a narrow panel.
        return QSize(60 + self.box.minimumWidth(), super().minimumSizeHint().height())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._resize_box()

    def _resize_box(self) -> None:
        self.box.setFixedWidth(scaled(self.field))

    def show_value(self, value: Any) -> None:
        self.box.show_value(value)
        self._follow(self._param.default if value is None else value)

    def value_at(self, place: int) -> float | int:
        """Return the value at a slider position, with the fewest digits that are distinct."""
        share = place / self._steps
        if self._logarithmic:
            value = float(self._low * (self._high / self._low) ** share)
        else:
            value = self._low + (self._high - self._low) * share
        if self._param.kind is Kind.INT or self._param.whole:
            value = round(value)
            # Two digits are enough for large values.
            return int(float(f"{value:.2g}")) if self._logarithmic and value > 100 else int(value)
        step = (self._high - self._low) / self._steps
        return round(value, max(-math.floor(math.log10(step)), 0))

    @property
    def _logarithmic(self) -> bool:
        if self._low <= 0 or self._high / self._low < _WIDE:
            return False
        default = self.number_of(self._param.default)
        return default is None or default <= self._low + _SKEWED * (self._high - self._low)

    def _place(self, value: float) -> int:
        value = min(max(value, self._low), self._high)
        if self._logarithmic:
            share = math.log(value / self._low) / math.log(self._high / self._low)
        else:
            share = (value - self._low) / (self._high - self._low)
        return round(share * self._steps)

    def number_of(self, value: Any) -> float | None:
        """Return a value as a number, or None."""
        return float(value) if isinstance(value, int | float) else None

    def _follow(self, value: Any) -> None:
        number = self.number_of(value)
        if number is not None:
            self.slider.blockSignals(True)
            self.slider.setValue(self._place(number))
            self.slider.blockSignals(False)

    def _slid(self, place: int) -> None:
        value = self.value_at(place)
        self.box.show_value(value)
        self.edited.emit(value)

    def _typed(self, value: Any) -> None:
        self._follow(self._param.default if value is UNSET else value)
        self.edited.emit(value)


class _End(QLabel):
    """An end of the range in small letters, with the same width in every row."""

    def __init__(self, words: str, side: Qt.AlignmentFlag, parent: QWidget) -> None:
        super().__init__(words, parent)
        self.setProperty("role", "note")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.setAlignment(side | Qt.AlignmentFlag.AlignVCenter)

    def sizeHint(self) -> QSize:
        return super().sizeHint().expandedTo(QSize(scaled(_END), 0))


_FIRST = date(1970, 1, 1)


class DaySlideEditor(SlideEditor):
    """A slider for dates such as ``2024-05-31``; ``read`` parses dates, or returns None."""

    field = 104

    def __init__(self, param: Param, parent: QWidget | None = None) -> None:
        super().__init__(param, parent)
        self.read = _days_of
        self.box.editingFinished.connect(self._settle)

    def _make_box(self) -> TextEditor:
        return TextEditor(self._param, self)

    def _typed(self, value: Any) -> None:
        super()._typed(self._iso_date(value) or value)

    def _settle(self) -> None:
        text = self._iso_date(self.box.text())
        if text is not None:
            self.box.show_value(text)

    def _iso_date(self, value: Any) -> str | None:
        """Return a typed date in ISO format; None if invalid or with a time."""
        days = self.read(value) if isinstance(value, str) else None
        return self.words_of(days) if days is not None and days == int(days) else None

    def _count(self) -> int:
        return max(int(self._high) - int(self._low), 1)

    def words_of(self, value: float) -> str:
        """Return the ISO date of days since 1970-01-01."""
        return (_FIRST + timedelta(days=int(value))).isoformat()

    def value_at(self, place: int) -> Any:
        return self.words_of(int(self._low) + place)

    def _place(self, value: float) -> int:
        return min(max(int(value) - int(self._low), 0), self._steps)

    def number_of(self, value: Any) -> float | None:
        """Return days since 1970-01-01, or None."""
        return _days_of(str(value))


def _days_of(written: str) -> float | None:
    try:
        return float((date.fromisoformat(written) - _FIRST).days)
    except ValueError:
        return None
