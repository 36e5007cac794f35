"""Fields to edit the weights of a Dense unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QWheelEvent
from PySide6.QtWidgets import QLabel, QWidget

from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.ui.forms.boxes import NoWheelComboBox, NoWheelDoubleSpinBox
from netbuilder.ui.style.shortcuts import key_text
from netbuilder.ui.widgets.layouts import hbox, prepared

_BIAS = N_("bias")
#: The most inputs and units of a layer whose weights can be edited.
MOST = 64


def is_settable(layer: str, weights: Any) -> bool:
    """Return whether a layer's weights can be edited: a Dense with few inputs and units."""
    kernel = weights.get("kernel")
    return bool(
        layer == "Dense" and kernel is not None and kernel.ndim == 2 and max(kernel.shape) <= MOST
    )


class _WeightField(NoWheelDoubleSpinBox):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.editingFinished.connect(lambda: self.lineEdit().setModified(False))

    def event(self, event: QEvent) -> bool:
        # After the number is entered, Ctrl+Z is the window's undo.
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
            event.accept()  # on the canvas, Enter edits the layer

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # the field may have the focus through a click on a wire


class WeightRow(QWidget):
    """Fields to edit one weight of a unit. ``wanted(name, index, value)``: a new value."""

    wanted = Signal(str, tuple, float)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._weights: Any = {}
        self._unit = 0
        self._pending: tuple[str, tuple[int, ...], float] | None = None
        self._label = prepared(QLabel(_("Weight of"), self), role="field")
        self.source = prepared(NoWheelComboBox(self), accessibleName=_("Which weight"))
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
        hbox(self._label, (self.source, 1), self.field, parent=self, margins=0)
        self.source.currentIndexChanged.connect(lambda _place: self._show())
        self.field.valueChanged.connect(self._set)
        self.hide()

    def show_unit(self, weights: Any, unit: int, names: Sequence[str]) -> None:
        inputs = len(weights["kernel"])
        labels = [str(names[n]) if len(names) == inputs else f"x[{n}]" for n in range(inputs)]
        labels += [_(_BIAS)] if "bias" in weights else []
        changed, self._unit, self._weights = unit != self._unit, unit, weights
        if labels != [self.source.itemText(n) for n in range(self.source.count())]:
            place = self.source.currentIndex()
            self.source.blockSignals(True)
            self.source.clear()
            self.source.addItems(labels)
            if not changed and place < len(labels):
                self.source.setCurrentIndex(place)
            self.source.blockSignals(False)
            changed = True
        if changed:
            self._pending = None
        self._show()
        self.show()

    def choose(self, source: int) -> None:
        self.source.setCurrentIndex(source)
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)
        self.field.selectAll()

    def _place(self) -> tuple[str, tuple[int, ...]]:
        source = self.source.currentIndex()
        if source >= len(self._weights["kernel"]):
            return "bias", (self._unit,)
        return "kernel", (max(source, 0), self._unit)

    def _show(self) -> None:
        name, index = self._place()
        value = float(self._weights[name][index])
        if self._pending is not None and self._pending[:2] == (name, index):
            if abs(self._pending[2] - value) > 1e-6 * max(1.0, abs(value)):
                return  # the new value is not applied yet: keep it in the field
            self._pending = None
        self.field.blockSignals(True)
        self.field.setValue(value)
        self.field.blockSignals(False)

    def _set(self, value: float) -> None:
        name, index = self._place()
        self._pending = (name, index, value)
        self.wanted.emit(name, index, value)
