"""Lists, sliders and fields with steps: all that the window has.

Each leaves the wheel to the page around it, unless it was chosen.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHelpEvent, QMouseEvent, QPaintEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QDateTimeEdit,
    QDoubleSpinBox,
    QLineEdit,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QTabBar,
    QToolTip,
    QWidget,
)

from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.catalog.validate import problem_with
from netbuilder.core.i18n import gettext as _, rerendered
from netbuilder.ui.forms.parsing import UNSET, format_value, parse_value
from netbuilder.ui.style import theme
from netbuilder.ui.style.font_scale import scaled

if TYPE_CHECKING:
    _Widget = QWidget
else:  # Qt has no widget that is two of its own
    _Widget = object


class TextEditor(QLineEdit):
    """Words, taken as they are typed."""

    edited = Signal(object)
    complaint_changed = Signal(str)

    def __init__(self, param: Param, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._param = param
        if param.default is not None:
            self.setPlaceholderText(str(param.default))
        self.textEdited.connect(self._read)

    def show_value(self, value: Any) -> None:
        text = "" if value is None else str(value)
        if text != self.text():
            self.setText(text)
        self.complaint_changed.emit("")

    def _read(self, text: str) -> None:
        if self._param.kind is Kind.FILE:
            text = text.strip()  # a name of blanks is none
        value: Any = text if text else UNSET
        if value is UNSET and self._param.required:
            self.complaint_changed.emit(_("Enter a value."))
            return
        trouble = None if value is UNSET else problem_with(self._param, value)
        self.complaint_changed.emit(trouble or "")
        if trouble is None:
            self.edited.emit(value)


FIELD_WIDTH = 140
#: What a number needs of it.
_NUMBER_WIDTH = 100


def number_width() -> int:
    """The width of a field for a number, with letters of the size in force."""
    return max(FIELD_WIDTH, scaled(_NUMBER_WIDTH))


#: A stylesheet's padding does not reach the text of a box with steps.
TEXT_MARGINS = (6, 0, 0, 0)


class _NoWheel(_Widget):
    """Turns with the wheel only where it was chosen: the wheel scrolls a page, and changes nothing
    that lies under the pointer on its way."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        # Else the wheel itself would give it the focus.
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()  # so that it goes on to what scrolls


class NoWheelComboBox(_NoWheel, QComboBox):
    """A list as wide as its entries, or as its ``sizeAdjustPolicy`` says."""


class ElidedComboBox(NoWheelComboBox):
    """A list that is as narrow as there is room: an entry that is longer ends in "…"."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self._most = 0

    def take_up_to(self, most: int) -> None:
        """Be as wide as there is room, up to so many pixels at letters of the system's size."""
        self._most = most
        self.setMinimumWidth(FIELD_WIDTH)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.theme().changed.connect(self._grow)
        self._grow()

    def _grow(self) -> None:
        self.setMaximumWidth(scaled(self._most))

    def whole_width(self) -> int:
        """The width at which no entry is cut off."""
        self.ensurePolished()
        words = map(self.itemText, range(self.count()))
        longest = max(map(self.fontMetrics().horizontalAdvance, words), default=0)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        part = QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, self)
        return longest + 8 + max(option.rect.width() - room.width(), 24)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            whole = self.currentText() if self._shown() != self.currentText() else ""
            words = "\n".join(filter(None, (whole, self.toolTip())))
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def _shown(self) -> str:
        """As much of the chosen entry as there is room for."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        part = QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, self)
        elided = Qt.TextElideMode.ElideRight
        return self.fontMetrics().elidedText(option.currentText, elided, room.width() - 6)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        # Qt cuts a long entry off in the middle of a letter.
        option.currentText = self._shown()
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()


class NoWheelTabBar(QTabBar):
    """Tabs that are chosen by a click: the wheel scrolls the page that they stand on."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class NoWheelSlider(_NoWheel, QSlider):
    """A slider."""


class NoWheelDoubleSpinBox(_NoWheel, QDoubleSpinBox):
    """A number with places behind the point, in a range; told once it is typed, see CountBox."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setKeyboardTracking(False)

    def value(self) -> float:
        self.interpretText()
        return super().value()


class NoWheelDateTimeEdit(_NoWheel, QDateTimeEdit):
    """A day and a time of day."""


class CountBox(_NoWheel, QSpinBox):
    """A whole number in a range, with the margins of the other fields.

    What is typed is told at Enter, or where the field is left: of 12 not the 1 before. Who asks for
    the value before that has what is typed.
    """

    def __init__(self, low: int, high: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setKeyboardTracking(False)
        self.setRange(low, high)
        self.lineEdit().setTextMargins(*TEXT_MARGINS)

    def value(self) -> int:
        self.interpretText()
        return super().value()


class _NumberLine(QLineEdit):
    """A number as text: a double click selects the whole of it, not the digits before its point."""

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        super().mouseDoubleClickEvent(event)  # else a third click would select nothing
        self.selectAll()


class TypedBox(_NoWheel, QAbstractSpinBox):
    """A field for numbers, sizes and lists: free text, read as it is typed, with steps.

    Text that cannot be read stays as it is; ``complaint_changed`` says what is wrong with it, or
    "".
    """

    edited = Signal(object)
    complaint_changed = Signal(str)

    def __init__(self, param: Param, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._param = param
        #: What reads a text that is typed; None: the parameter's kind.
        self.read: Callable[[str], Any] | None = None
        self.setAccelerated(True)
        if param.kind not in {Kind.INT, Kind.FLOAT, Kind.SIZE}:
            self.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
            self.setProperty("fixed", "plain")
        else:
            self.setLineEdit(_NumberLine(self))
        self.lineEdit().setTextMargins(*TEXT_MARGINS)
        self.lineEdit().setPlaceholderText(_default_text(param))
        self.lineEdit().textEdited.connect(self._read)

    def show_value(self, value: Any) -> None:
        text = format_value(self._param, value)
        if text != self.lineEdit().text():
            self.lineEdit().setText(text)
            self._show_front()
        self.complaint_changed.emit("")

    def retranslate(self) -> None:
        """Write numbers as the chosen language does."""
        if self._param.kind is not Kind.STRINGS:
            self.lineEdit().setText(rerendered(self.lineEdit().text()))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._show_front()

    def _show_front(self) -> None:
        """Where a number is longer than its field, its last digits are what matters least."""
        if not self.hasFocus():
            self.lineEdit().setCursorPosition(0)

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Take every text: what is wrong with it is said beside the field."""
        return QValidator.State.Acceptable, text, position

    def fixup(self, text: str) -> str:
        return text

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        if self.buttonSymbols() == QAbstractSpinBox.ButtonSymbols.NoButtons:
            return QAbstractSpinBox.StepEnabledFlag.StepNone
        both = QAbstractSpinBox.StepEnabledFlag
        return both.StepUpEnabled | both.StepDownEnabled

    def stepBy(self, steps: int) -> None:
        try:
            value = parse_value(self._param, self.lineEdit().text())
        except ValueError:
            return
        if value is UNSET or value is None:
            value = self._param.default if self._param.default is not None else self._param.start
        if isinstance(value, Mapping):
            return
        if isinstance(value, (list, tuple)) and self._param.kind is not Kind.SIZE:
            return
        stepped = stepped_value(self._param, value, steps)
        self.lineEdit().setText(format_value(self._param, stepped))
        self._read(self.lineEdit().text())

    def _read(self, text: str) -> None:
        try:
            if self.read is not None and text.strip():
                value = self.read(text)
            else:
                value = parse_value(self._param, text)
        except ValueError as wrong:
            self.complaint_changed.emit(str(wrong))
            return
        trouble = None if value is UNSET else problem_with(self._param, value)
        self.complaint_changed.emit(trouble or "")
        if trouble is None:
            self.edited.emit(value)


def _default_text(param: Param) -> str:
    if param.default is None:
        return "none" if param.optional else ""
    return format_value(param, param.default)


def stepped_value(param: Param, value: Any, steps: int) -> Any:
    """``value`` that many steps on: by one, by one an axis, or by the number's first digit."""
    if param.kind is Kind.SIZE:
        if isinstance(value, (list, tuple)):
            return [_bounded(param, int(part) + steps) for part in value]
        return _bounded(param, int(value or 0) + steps)
    if param.kind is Kind.INT:
        return _bounded(param, int(value or 0) + steps)
    return _bounded(param, _stepped_float(param, float(value or 0.0), steps))


def _stepped_float(param: Param, value: float, steps: int) -> float:
    low, high = param.minimum, param.maximum
    if low is not None and high is not None and high - low <= 1 and value >= 0.05:
        return round(value + 0.05 * steps, 10)
    if value == 0:
        return 0.001 * steps
    for _step in range(abs(steps)):
        exponent = math.floor(math.log10(abs(value)) + 1e-9)
        unit = 10.0**exponent
        up = steps > 0
        # Down from the first digit 1 the next smaller unit counts: 0.001 becomes 0.0009.
        if not up and abs(value) <= unit * (1 + 1e-9):
            unit /= 10
        value = float(f"{value + (unit if up else -unit):.12g}")
    return value


def _bounded(param: Param, value: Any) -> Any:
    if param.minimum is not None and value < param.minimum:
        return type(value)(param.minimum)
    if param.maximum is not None and value > param.maximum:
        return type(value)(param.maximum)
    return value
