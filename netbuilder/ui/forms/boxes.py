"""Combo boxes, sliders, spin boxes and text fields, which ignore the wheel without focus."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QValidator,
    QWheelEvent,
)
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
    QTabBar,
    QToolTip,
    QWidget,
)

from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.catalog.validate import problem_with
from netbuilder.core.i18n import gettext as _
from netbuilder.ui.forms.parsing import UNSET, format_value, parse_value

if TYPE_CHECKING:
    _Widget = QWidget
else:  # PySide cannot inherit from two widgets
    _Widget = object


class TextEditor(QLineEdit):
    """A text field that emits ``edited`` while typing."""

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
            text = text.strip()
        value: Any = text if text else UNSET
        if value is UNSET and self._param.required:
            self.complaint_changed.emit(_("Enter a value."))
            return
        complaint = None if value is UNSET else problem_with(self._param, value)
        self.complaint_changed.emit(complaint or "")
        if complaint is None:
            self.edited.emit(value)


#: A stylesheet's padding does not reach the text of a box with steps.
TEXT_MARGINS = (6, 0, 0, 0)


class _NoWheel(_Widget):
    """Ignores the wheel without focus, so that scrolling a page changes no value."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        # Without the focus by wheel.
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()  # passed to the scroll area


class NoWheelComboBox(_NoWheel, QComboBox):
    """A combo box as wide as its entries, or as its ``sizeAdjustPolicy`` says."""


class ElidedComboBox(NoWheelComboBox):
    """A combo box that shrinks and elides its entry."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            elided = self.currentText() if self._visible_text() != self.currentText() else ""
            words = "\n".join(filter(None, (elided, self.toolTip())))
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def _visible_text(self) -> str:
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        part = QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, self)
        elided = Qt.TextElideMode.ElideRight
        return self.fontMetrics().elidedText(option.currentText, elided, room.width() - 6)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            option = QStyleOptionComboBox()
            self.initStyleOption(option)
            self.style().drawComplexControl(
                QStyle.ComplexControl.CC_ComboBox, option, painter, self
            )
            # Qt would clip the text instead.
            option.currentText = self._visible_text()
            self.style().drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option, painter, self)


class NoWheelTabBar(QTabBar):
    """A tab bar that ignores the wheel."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class NoWheelSlider(_NoWheel, QSlider):
    """A slider that ignores the wheel without focus."""


class NoWheelDoubleSpinBox(_NoWheel, QDoubleSpinBox):
    """A decimal number, emitted when finished like ``CountBox``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setKeyboardTracking(False)

    def value(self) -> float:
        self.interpretText()
        return super().value()


class NoWheelDateTimeEdit(_NoWheel, QDateTimeEdit):
    """A date and time."""


class CountBox(_NoWheel, QSpinBox):
    """An integer in a range, emitted on Enter or when left; ``value()`` includes typed text."""

    def __init__(self, low: int, high: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setKeyboardTracking(False)
        self.setRange(low, high)
        self.lineEdit().setTextMargins(*TEXT_MARGINS)

    def value(self) -> int:
        self.interpretText()
        return super().value()


class _NumberLine(QLineEdit):
    """A number as text; a double click selects all of it."""

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        super().mouseDoubleClickEvent(event)  # for triple clicks
        self.selectAll()


_NUMBERS = frozenset({Kind.INT, Kind.FLOAT, Kind.SIZE})


class TypedBox(_NoWheel, QAbstractSpinBox):
    """A field with steps for numbers, sizes and lists, read as text while typing.

    Invalid text is kept; ``complaint_changed`` explains it ("" if valid).
    """

    edited = Signal(object)
    complaint_changed = Signal(str)

    def __init__(self, param: Param, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._param = param
        #: The parser of typed text; None: that of the parameter's kind.
        self.read: Callable[[str], Any] | None = None
        self.setAccelerated(True)
        if param.kind not in _NUMBERS:
            self.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
            self.setProperty("fixed", "plain")
        else:
            self.setLineEdit(_NumberLine(self))
        self.lineEdit().setTextMargins(*TEXT_MARGINS)
        self.lineEdit().setPlaceholderText(_default_text(param))
        self.lineEdit().textEdited.connect(self._read)
        self.editingFinished.connect(self._write)

    def show_value(self, value: Any) -> None:
        text = format_value(self._param, value)
        if text != self.lineEdit().text():
            self.lineEdit().setText(text)
            self._show_front()
        self.complaint_changed.emit("")

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._show_front()

    def _show_front(self) -> None:
        """Scroll to the beginning of a number that is longer than the field."""
        if not self.hasFocus():
            self.lineEdit().setCursorPosition(0)

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Accept every text; problems are shown beside the field."""
        return QValidator.State.Acceptable, text, position

    def fixup(self, text: str) -> str:
        return text

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        if self.buttonSymbols() == QAbstractSpinBox.ButtonSymbols.NoButtons:
            return QAbstractSpinBox.StepEnabledFlag.StepNone
        flags = QAbstractSpinBox.StepEnabledFlag
        return flags.StepUpEnabled | flags.StepDownEnabled

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

    def _value(self, text: str) -> Any:
        if self.read is not None and text.strip():
            value = self.read(text)
        else:
            value = parse_value(self._param, text)
        if value is not UNSET and (complaint := problem_with(self._param, value)):
            raise ValueError(complaint)
        return value

    def _read(self, text: str) -> None:
        try:
            value = self._value(text)
        except ValueError as error:
            self.complaint_changed.emit(str(error))
            return
        self.complaint_changed.emit("")
        self.edited.emit(value)

    def _write(self) -> None:
        """Write a finished number as the language does, unless that reads as another one."""
        text = self.lineEdit().text()
        with suppress(ValueError):
            value = self._value(text) if text.strip() else None
            written = format_value(self._param, value)
            if self._param.kind in _NUMBERS and written and self._value(written) == value:
                self.show_value(value)


def _default_text(param: Param) -> str:
    if param.default is None:
        return "none" if param.optional else ""
    return format_value(param, param.default)


def stepped_value(param: Param, value: Any, steps: int) -> Any:
    """Return ``value`` after this many steps: of 1, of 1 on each axis, or of its first digit."""
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
        # Down from a first digit 1 the unit is smaller: 0.001 becomes 0.0009.
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
