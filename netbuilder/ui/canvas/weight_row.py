"""A row in which a weight of a small layer is chosen, and set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.ui.forms.boxes import NoWheelComboBox, NoWheelDoubleSpinBox
from netbuilder.ui.style.shortcuts import key_text

_BIAS = N_("bias")
#: Of larger layers a person would set one weight among thousands.
MOST = 64


def is_settable(layer: str, weights: Any) -> bool:
    """Whether weights of a layer can be set: of a Dense of few inputs and units."""
    kernel = weights.get("kernel")
    return bool(
        layer == "Dense" and kernel is not None and kernel.ndim == 2 and max(kernel.shape) <= MOST
    )


class _WeightField(NoWheelDoubleSpinBox):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.editingFinished.connect(lambda: self.lineEdit().setModified(False))

    def event(self, event: QEvent) -> bool:
        # Once a number stands there, Ctrl+Z is the window's: it takes the weight back.
        if event.type() == QEvent.Type.ShortcutOverride and not self.lineEdit().isModified():
            key = cast(QKeyEvent, event)
            keys = QKeySequence.StandardKey
            if key.matches(keys.Undo) or key.matches(keys.Redo):
                event.ignore()
                return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        super().keyPressEvent(event)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.accept()  # on the canvas it means: edit the layer, with the keyboard there

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # a click on a wire put the keyboard here: the field was not chosen


class WeightRow(QWidget):
    """The weights of one unit. ``wanted(name, index, value)``: one is to have this value."""

    wanted = Signal(str, tuple, float)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._weights: Any = {}
        self._unit = 0
        self._asked: tuple[str, tuple[int, ...], float] | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self._label = QLabel(_("Weight of"), self)
        self._label.setProperty("role", "field")
        self.source = NoWheelComboBox(self)
        self.source.setAccessibleName(_("Which weight"))
        self._label.setBuddy(self.source)
        self.field = _WeightField(self)
        self.field.setDecimals(4)
        self.field.setSingleStep(0.1)
        self.field.setRange(-1e6, 1e6)
        self.field.setKeyboardTracking(False)
        self.field.setAccessibleName(_("Weight value"))
        self.field.setToolTip(
            _(
                "Change the weight to see the predictions change (undo: {keys})",
                keys=key_text("Ctrl+Z"),
            )
        )
        row.addWidget(self._label)
        row.addWidget(self.source, 1)
        row.addWidget(self.field)
        self.source.currentIndexChanged.connect(lambda _place: self._show())
        self.field.valueChanged.connect(self._set)
        self.hide()

    def show_unit(self, weights: Any, unit: int, names: Sequence[str]) -> None:
        """Offer the weights of a unit, by the names of what comes in."""
        inputs = len(weights["kernel"])
        words = [str(names[n]) if len(names) == inputs else f"x[{n}]" for n in range(inputs)]
        words += [_(_BIAS)] if "bias" in weights else []
        other, self._unit, self._weights = unit != self._unit, unit, weights
        if words != [self.source.itemText(n) for n in range(self.source.count())]:
            self.source.blockSignals(True)
            self.source.clear()
            self.source.addItems(words)
            self.source.blockSignals(False)
            other = True
        if other:
            self._asked = None
        self._show()
        self.show()

    def choose(self, source: int) -> None:
        """Go to the weight of an input, with the keyboard in its field."""
        self.source.setCurrentIndex(source)
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)
        self.field.selectAll()

    def _place(self) -> tuple[str, tuple[int, ...]]:
        at = self.source.currentIndex()
        if at >= len(self._weights["kernel"]):
            return "bias", (self._unit,)
        return "kernel", (max(at, 0), self._unit)

    def _show(self) -> None:
        name, index = self._place()
        value = float(self._weights[name][index])
        if self._asked is not None and self._asked[:2] == (name, index):
            if abs(self._asked[2] - value) > 1e-6 * max(1.0, abs(value)):
                return  # what was set is on its way: the field is not taken back meanwhile
            self._asked = None
        self.field.blockSignals(True)
        self.field.setValue(value)
        self.field.blockSignals(False)

    def _set(self, value: float) -> None:
        name, index = self._place()
        self._asked = (name, index, value)
        self.wanted.emit(name, index, value)
