"""Editable weights of a Dense unit, and a convolution's products (window times filter)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QLabel, QWidget

from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.wording import as_sentence, format_number, join_sentences, join_values
from netbuilder.ui.forms.boxes import NoWheelComboBox, NoWheelDoubleSpinBox
from netbuilder.ui.style import theme
from netbuilder.ui.style.shortcuts import key_text
from netbuilder.ui.widgets.layouts import hbox

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
            self.source.blockSignals(True)
            self.source.clear()
            self.source.addItems(labels)
            self.source.blockSignals(False)
            changed = True
        if changed:
            self._pending = None
        self._show()
        self.show()

    def choose(self, source: int) -> None:
        """Select the weight of an input and focus its field."""
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


_SIGN, _LINE, _HEAD = 18, 20, 18
#: The largest window, in rows and columns, whose numbers fit.
_MOST = 5
_HEADS = (N_("input"), N_("filter"), N_("products"))


class WindowProducts(QWidget):
    """Three grids of numbers: window × filter = products, of the map with the largest sum."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.grids: tuple[NDArray[Any], ...] = ()
        self.words = ""
        self.wide = 404  # pixels
        self.hide()

    def set_width(self, wide: int) -> None:
        self.wide = wide
        self.updateGeometry()

    def show_window(self, window: NDArray[Any] | None) -> None:
        """Show a window of shape (rows, columns, maps, 2), see ``ComputedValue.window``; None hides
        it."""
        self.grids, self.words = (), ""
        if window is not None and max(window.shape[:2]) <= _MOST:
            sums = (window[..., 0] * window[..., 1]).sum(axis=(0, 1))
            best = int(abs(sums).argmax())
            inputs, weights = window[:, :, best, 0], window[:, :, best, 1]
            self.grids = (inputs, weights, inputs * weights)
            total = _number(sums[best])
            self.words = _("The products add up to {sum}.", sum=total)
            if len(sums) > 1:
                rest = float(sums.sum() - sums[best])
                self.words = ngettext(
                    "Input map {map} contributes most: its products add up to {sum}."
                    " The other map adds {rest}.",
                    "Input map {map} contributes most: its products add up to {sum}."
                    " The {count} other maps add {rest}.",
                    len(sums) - 1,
                    map=best,
                    sum=total,
                    rest=_number(rest),
                )
        self.setAccessibleName(self._sentence())
        self.setVisible(bool(self.grids))
        self.updateGeometry()
        self.update()

    def _sentence(self) -> str:
        if not self.grids:
            return ""
        inputs, weights, _products = self.grids
        rows = [
            join_values(
                _(
                    "{value} times {weight}",
                    value=format_number(x, ".2g"),
                    weight=format_number(w, ".2g"),
                )
                for x, w in zip(input_row, weight_row, strict=True)
            )
            for input_row, weight_row in zip(inputs, weights, strict=True)
        ]
        return join_sentences((as_sentence(join_values(rows, clauses=True)), self.words))

    def sizeHint(self) -> QSize:
        rows = len(self.grids[0]) if self.grids else 0
        return QSize(self.wide, _HEAD + rows * _LINE + max(_LINE, self._words_height()))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _words_height(self) -> int:
        wrap = int(Qt.TextFlag.TextWordWrap)
        room = QRect(0, 0, self.wide, 10 * _LINE)
        return QFontMetrics(_small()).boundingRect(room, wrap, self.words).height() + 4

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.grids:
            return
        from netbuilder.ui.plots.activation_strips import signed_colors

        painter = QPainter(self)
        scheme, small, digits = theme.colors(), _small(), theme.fixed_font()
        rows, columns = self.grids[0].shape
        digits.setPixelSize(11 if columns <= 3 else 9)
        wide = (self.wide - 2 * _SIGN) / 3
        cell = wide / columns
        for number, (grid, head) in enumerate(zip(self.grids, map(_, _HEADS), strict=True)):
            left = number * (wide + _SIGN)
            painter.setFont(small)
            painter.setPen(QColor(scheme.secondary))
            painter.drawText(QRectF(left, 0, wide, _HEAD), Qt.AlignmentFlag.AlignCenter, head)
            if number:
                place = QRectF(left - _SIGN, _HEAD, _SIGN, rows * _LINE)
                painter.setPen(QColor(scheme.text))
                painter.drawText(place, Qt.AlignmentFlag.AlignCenter, " ×="[number])
            # Paler, for the contrast of the dark digits.
            colours = 127 + signed_colors(grid).astype(int) // 2
            painter.setFont(digits)
            for row in range(rows):
                for column in range(columns):
                    box = QRectF(left + column * cell, _HEAD + row * _LINE, cell, _LINE)
                    shade = QColor(*(int(part) for part in colours[row, column]))
                    painter.fillRect(box.adjusted(0.5, 0.5, -0.5, -0.5), shade)
                    painter.setPen(QColor("#1B2430"))
                    text = format_number(grid[row, column], ".2f" if columns <= 3 else ".1f")
                    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        painter.setFont(small)
        painter.setPen(QColor(scheme.text))
        below = QRectF(0, _HEAD + rows * _LINE, self.wide, max(_LINE, self._words_height()))
        wrapped = int(Qt.AlignmentFlag.AlignVCenter) | int(Qt.TextFlag.TextWordWrap)
        painter.drawText(below, wrapped, self.words)
        painter.end()


def _number(value: float) -> str:
    from netbuilder.core.results.computation_trace.computed_value import plain_notation

    return plain_notation(f"{value:.3g}")


def _small() -> QFont:
    font = theme.ui_font()
    font.setPixelSize(11)
    return font
