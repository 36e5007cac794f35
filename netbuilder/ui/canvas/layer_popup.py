"""The popup of a layer: its output, and how a chosen number is computed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QToolButton,
    QWidget,
)

from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project.model import Node
from netbuilder.core.wording import join_sentences, join_values
from netbuilder.ui.canvas.convolution_products import WindowProducts
from netbuilder.ui.canvas.layer_content import (
    ActivationCurvePlot,
    layer_content,
    own_units_text,
    scaling_sentence,
    word_sentence,
)
from netbuilder.ui.canvas.layer_picture import PICTURE_WIDTH, LayerPicture
from netbuilder.ui.canvas.sample_caption import caption_text
from netbuilder.ui.canvas.scene.popup_placement import place_popup
from netbuilder.ui.forms.weight_row import WeightRow, is_settable
from netbuilder.ui.services.views.sample_activations import SampleActivations
from netbuilder.ui.style import theme
from netbuilder.ui.style.shortcuts import control_text, key_text
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import hbox, prepared, vbox

_MARGIN = 12
_SIDES = 2 * (_MARGIN + 1) + 12  # margins, border and scroll bar
_WIDTH, _LEAST_WIDTH = PICTURE_WIDTH + _SIDES, 300
# Minimum heights of the picture and of the explanation.
_LEAST_PICTURE, _LEAST_WORDS = 90, 72
_LATER = N_(
    "This layer has too many weights to follow during training. How the number is computed is"
    " shown after the run."
)
#: The default message for a layer without values.
TRAIN_FIRST = N_("Train first, or wait for the first step, to see this layer's values.")


#: Names of an output's axes, by their number.
_AXES = {
    2: (N_("step {number}"), N_("unit {number}")),
    3: (N_("row {number}"), N_("column {number}"), N_("map {number}")),
    4: (N_("step {number}"), N_("row {number}"), N_("column {number}"), N_("map {number}")),
}


@dataclass(frozen=True)
class _NumberText:
    """How a number is computed, and its point ``(x, y)`` on an activation's ``curve``."""

    words: str
    curve: str = ""
    x: float = 0.0
    y: float = 0.0
    window: Any = None  # of a convolution

    def __post_init__(self) -> None:  # no line breaks inside products
        object.__setattr__(self, "words", self.words.replace(" · ", "\u00a0·\u00a0"))


class _ScrollWindow(QScrollArea):
    """A scroll area whose size hint is the whole widget."""

    def __init__(self, content: QWidget, least: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._content, self._least = content, least
        self.wide = PICTURE_WIDTH
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the arrow keys choose numbers
        self.setWidget(content)
        self.setWidgetResizable(content.layout() is not None)
        self.viewport().setAutoFillBackground(False)
        content.setAutoFillBackground(False)

    def sizeHint(self) -> QSize:
        layout = self._content.layout()
        if layout is None:
            return self._content.sizeHint()
        layout.activate()
        return QSize(self.wide, layout.totalHeightForWidth(self.wide))

    def minimumSizeHint(self) -> QSize:
        return QSize(_LEAST_WIDTH - _SIDES, min(self.sizeHint().height(), self._least))


class LayerPopup(QFrame):
    """A child of the canvas that shows one layer's output and follows a run.

    A number chosen by a click or the arrow keys is explained below. The weights of a small Dense
    layer can be edited if ``may_set`` returns True.

    Signals:
        row_requested: steps to another row of the data.
        weight_set: node id, weight name, index and new value.
    """

    closed = Signal()
    row_requested = Signal(int)
    weight_set = Signal(str, str, tuple, float)

    def __init__(self, parent: QAbstractScrollArea) -> None:
        super().__init__(parent)
        self._parent = parent
        self._sample: SampleActivations | None = None
        self.node_id = ""
        self._index: tuple[int, ...] | None = None
        self._room: QSize | None = None  # the viewport's size when the popup was placed
        self._lowest = 0  # the lowest y it may grow to
        self._step: int | None = None  # of an explained state; None: the output
        self.may_set: Callable[[], bool] = lambda: False
        self.setObjectName("closerLook")
        self.setAutoFillBackground(True)
        prepared(self, focusPolicy=Qt.FocusPolicy.StrongFocus, accessibleName=_("Layer output"))
        column = self._column = vbox(parent=self, margins=(_MARGIN, 8, _MARGIN, 8))
        self.title = QLabel(self)
        self.title.setFont(theme.ui_font(bold=True))
        self.title.setMinimumWidth(20)
        close = self._button("✕", _("Close"), "Esc", self.dismiss)
        close.setObjectName("closePopup")
        head = hbox((self.title, 1), close)
        column.addLayout(head)
        column.addLayout(self._choice_of_row())
        column.addLayout(self._choice_of_part())
        self.picture = LayerPicture(self)
        self.picture.chosen.connect(self.choose)
        self.picture.state_chosen.connect(self._choose_state)
        self.window_of_picture = _ScrollWindow(self.picture, _LEAST_PICTURE, self)
        column.addWidget(self.window_of_picture, 1)
        explanation = QWidget(self)
        self.products = WindowProducts(explanation)
        self.words = note_label("", explanation, role="body")
        self.words.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.weights = WeightRow(explanation)
        self.weights.wanted.connect(self._set_weight)
        self.picture.weight_chosen.connect(self.choose_weight)
        self.curve = ActivationCurvePlot(explanation)
        self.curve.hide()
        parts = self.products, self.words, self.weights, self.curve
        vbox(*parts, parent=explanation, margins=0)
        self.window_of_words = _ScrollWindow(explanation, _LEAST_WORDS, self)
        column.addWidget(self.window_of_words)
        self._grip: QPoint | None = None
        self.hide()

    def _choice_of_row(self) -> QHBoxLayout:
        self.row = note_label("", self)
        rows, _buttons = self._steps(
            self.row,
            (_("Previous row"), _("Next row")),
            ("PgUp", "PgDown"),
            self.row_requested.emit,
        )
        return rows

    def _choice_of_part(self) -> QHBoxLayout:
        self.part = note_label("", self)
        parts, self.part_buttons = self._steps(
            self.part, (_("Previous part"), _("Next part")), ("Ctrl+PgUp", "Ctrl+PgDown"), self.turn
        )
        return parts

    def _steps(
        self,
        words: QLabel,
        names: tuple[str, str],
        keys: tuple[str, str],
        step: Callable[[int], object],
    ) -> tuple[QHBoxLayout, list[QToolButton]]:
        """Lay out ‹ and › buttons and a label."""
        row, buttons = hbox(), []
        for sign, by, name, key in (("‹", -1, names[0], keys[0]), ("›", 1, names[1], keys[1])):
            button = self._button(sign, name, key, partial(step, by))
            row.addWidget(button)
            buttons.append(button)
        row.addWidget(words, 1)
        return row, buttons

    def _button(self, sign: str, name: str, key: str, pressed: Callable[[], object]) -> QToolButton:
        button = prepared(QToolButton(self), text=sign, autoRaise=True)
        button.setToolTip(f"{name} ({key_text(key)})")
        button.setAccessibleName(name)
        button.clicked.connect(pressed)
        return button

    @property
    def look(self) -> SampleActivations | None:
        """The activations of the current sample."""
        return self._sample

    def follow(self, look: SampleActivations | None) -> None:
        """Show the activations of another sample or a later step."""
        self._sample = look
        if not self.isHidden():
            self._refresh()

    def fade(self) -> None:
        """Mark the values as those of an earlier run until new ones arrive."""
        self.picture.fade()
        self.row.setText(_("from the previous run"))
        self.words.setText("")
        self.weights.hide()
        self.products.show_window(None)
        self.curve.show_point("", 0.0, 0.0)

    def open_layer(self, node_id: str) -> bool:
        """Show a layer and return True if it has values; ``make_way`` then places the popup."""
        if self._sample is None or node_id not in self._sample.values:
            return False
        if node_id != self.node_id:
            self._index = self._step = None
            self.picture.parts.number = 0
            self.picture.mark(None)
        self.node_id, self._room = node_id, None
        self._set_width(_WIDTH)
        self._refresh()
        self._room_to_explain()
        self.window_of_picture.verticalScrollBar().setValue(0)
        self._lowest = self._parent.viewport().height()
        self.resize(_WIDTH, min(self._preferred_height(), self._lowest))
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.PopupFocusReason)
        return True

    def make_way(self, explained: Sequence[QRectF], others: Iterable[QRectF]) -> QPointF:
        """Place the popup off the explained cards, if it covers one.

        Args:
            explained: the layer's card and those of its inputs, on the viewport.
            others: other cards.

        Returns:
            How far the view must move.
        """
        room, popup = self._parent.viewport().size(), QRectF(self.geometry())
        inside = QRectF(QPointF(), QSizeF(room)).contains(popup)
        if room == self._room and inside and not any(map(popup.intersects, explained)):
            return QPointF()
        self._room, others = room, tuple(others)
        before, wide = 0, _WIDTH
        while wide != before:  # a narrower popup is higher and may need another place
            before = wide
            self._set_width(wide)
            preferred = QSizeF(wide, max(self._preferred_height(), self._room_to_explain()))
            least = QSizeF(_LEAST_WIDTH, self._column.totalMinimumHeightForWidth(_LEAST_WIDTH))
            place = place_popup(QSizeF(room), explained, others, preferred, least)
            panel = place.panel.toRect()
            wide = min(panel.width(), wide)
        self._lowest = int(place.lowest)
        height = min(self._preferred_height(), self._lowest - panel.top())
        self.setGeometry(QRect(panel.topLeft(), QSize(panel.width(), height)))
        self._parent.viewport().update()  # pictures partly below the popup are hidden
        return place.move

    def _set_width(self, wide: int) -> None:
        inner = wide - _SIDES
        self.picture.set_width(inner)
        self.products.set_width(inner)
        self.window_of_words.wide = inner
        self._fit_picture()

    def dismiss(self) -> None:
        """Close the popup and return the keyboard focus to the canvas."""
        self.hide()
        self._parent.viewport().update()
        self._parent.setFocus(Qt.FocusReason.PopupFocusReason)
        self.closed.emit()

    def choose(self, index: tuple[int, ...]) -> None:
        """Explain the number at an index of the output."""
        self._step = None
        self._choose(index)

    def choose_weight(self, source: int, unit: int) -> None:
        """Explain a unit and focus one of its weights."""
        self.choose((unit,))
        if not self.weights.isHidden():
            self.weights.choose(source)

    def _set_weight(self, name: str, index: tuple[int, ...], value: float) -> None:
        nodes = self._node_and_owner()
        if nodes is not None:
            self.weight_set.emit(nodes[1].id, name, index, value)

    @property
    def _weights_settable(self) -> bool:
        nodes, sample = self._node_and_owner(), self._sample
        if nodes is None or sample is None or not self.may_set():
            return False
        return is_settable(nodes[1].layer, sample.weights_of(nodes[1].id))

    def offer(self) -> None:
        if not self.isHidden() and self._sample is not None:
            self._explain()

    def _offer_weights(self) -> None:
        """Show the weight fields of the chosen unit if the layer is small and no run is active."""
        nodes, sample, index = self._node_and_owner(), self._sample, self._index
        small = False
        if nodes is not None and sample is not None and index:
            unit, owner = index[-1], nodes[1]
            weights = sample.weights_of(owner.id)
            small = is_settable(owner.layer, weights) and unit < weights["kernel"].shape[1]
            if small and self.may_set():
                self.weights.show_unit(weights, unit, self.picture.given_names)
        # Keep the space during a run, so that the text above does not jump.
        policy = self.weights.sizePolicy()
        policy.setRetainSizeWhenHidden(small)
        self.weights.setSizePolicy(policy)
        if not (small and self.may_set()):
            self.weights.hide()

    def _choose_state(self, step: int, unit: int) -> None:
        """Explain the state of a unit after a step."""
        self._step = step
        self._choose((unit,))
        self.picture.mark_state(step, unit)

    def _choose(self, index: tuple[int, ...]) -> None:
        first, self._index = self._index is None, index
        if first and self._sample is not None and self.node_id in self._sample.values:
            self._room_to_explain()
        self._explain()
        self.picture.mark(index)
        self.picture.turn_to(index)
        self._fit_picture()
        # Only grow downwards: the numbers must stay under the pointer.
        height = min(self._preferred_height(), self._lowest - self.y())
        if height > self.height():
            self.resize(self.width(), height)

    def _room_to_explain(self) -> int:
        """Return the height with an explanation, estimated from the largest number."""
        import numpy as np

        assert self._sample is not None
        values = self._sample.values[self.node_id]
        text = None
        if values.size:
            largest = np.nan_to_num(np.abs(values)).argmax()
            text = self._explain_number(
                tuple(int(at) for at in np.unravel_index(largest, values.shape))
            )
        self._keep_room(text)
        height = self._preferred_height()
        if self._index is None:
            self._keep_room(None)
        return height

    def _keep_room(self, text: _NumberText | None) -> None:
        """Reserve space for an explanation and its curve."""
        before = self.words.text()
        self.words.setMinimumHeight(0)
        if text is not None:
            self.words.setText(text.words)
            self.words.setMinimumHeight(self.words.heightForWidth(self.window_of_words.wide))
            self.words.setText(before)
        policy = self.curve.sizePolicy()
        policy.setRetainSizeWhenHidden(text is not None and bool(text.curve))
        self.curve.setSizePolicy(policy)

    def _preferred_height(self) -> int:
        self.window_of_words.updateGeometry()
        self._column.activate()
        return self._column.totalHeightForWidth(self.window_of_words.wide + _SIDES)

    def _node_and_owner(self) -> tuple[Node, Node] | None:
        """Return the node and the node whose weights it applies."""
        graph = self._sample.project.graph if self._sample is not None else None
        node = graph.by_id.get(self.node_id) if graph is not None else None
        if graph is None or node is None:
            return None
        return node, graph.by_id.get(node.shared or "", node)

    def _refresh(self) -> None:
        nodes = self._node_and_owner()
        if nodes is None or self._sample is None or self.node_id not in self._sample.values:
            self.dismiss()
            return
        node, owner = nodes
        self.title.setText(f"{node.layer} “{node.id}”")
        self.row.setText(caption_text(self._sample))
        self.picture.show_layer(layer_content(self._sample, node, owner))
        self._fit_picture()
        self._explain()

    def turn(self, by: int) -> None:
        """Go to a later or earlier part of the maps or units."""
        self.picture.show_part(
            min(max(self.picture.parts.number + by, 0), self.picture.parts.count - 1)
        )
        self.window_of_picture.verticalScrollBar().setValue(0)
        self._fit_picture()

    def _fit_picture(self) -> None:
        """Fit the picture's size and update the caption of its part."""
        self.picture.resize(self.picture.sizeHint())
        self.window_of_picture.updateGeometry()
        parts = self.picture.parts
        self.part.setText(parts.words)
        self.part.setVisible(parts.count > 1)
        for button, possible in zip(
            self.part_buttons, (parts.number > 0, parts.number < parts.count - 1), strict=True
        ):
            button.setVisible(parts.count > 1)
            button.setEnabled(possible)

    def _explain(self) -> None:
        self._offer_weights()
        self.curve.show_point("", 0.0, 0.0)
        if self._index is None:
            self.products.show_window(None)
            if self.picture.of_squares:
                hint = _("Click a square, or use the arrow keys, to see how its value is computed.")
            elif self._weights_settable:
                hint = _(
                    "Click a bar or a line, or use the arrow keys, to see how the value is"
                    " computed and to set its weights."
                )
            else:
                hint = _("Click a bar, or use the arrow keys, to see how its value is computed.")
            if self.picture.maps > 1:
                more = _("Press {key} and an arrow key for another map.", key=control_text())
                hint = join_sentences((hint, more))
            self.words.setText(hint)
            return
        text = self._explain_number(self._index)
        self.products.show_window(text.window if text is not None else None)
        if text is None:
            return
        self.words.setText(text.words)
        self.curve.show_point(text.curve, text.x, text.y)

    def _explain_number(self, index: tuple[int, ...]) -> _NumberText | None:
        from netbuilder.core.results.computation_trace.computed_value import plain_notation
        from netbuilder.core.results.computation_trace.formula_text import formula_lines
        from netbuilder.core.results.computation_trace.trace_value import trace_node

        nodes, sample = self._node_and_owner(), self._sample
        if nodes is None or sample is None:
            return None
        node, owner = nodes
        values = sample.values[self.node_id]
        if len(index) != values.ndim or any(
            not 0 <= at < length for at, length in zip(index, values.shape, strict=True)
        ):
            return None
        if self._step is not None:
            return self._explain_state(self._step, index[0])
        value = plain_notation(f"{float(values[index]):.4g}")
        result = f"{self.picture.place_text(index)} = {value}"
        axes = _AXES.get(len(index), ())
        if axes:
            places = join_values(_(name, number=at) for name, at in zip(axes, index, strict=True))
            result = _("{value} ({places}, counted from 0)", value=result, places=places)
        number = trace_node(sample.project.graph, node.id, sample.values, sample.weights_of, index)
        terms = own_units_text(sample, node, index)
        if number is None:
            note = word_sentence(sample, node, owner, index) or terms
            if sample.too_large(owner.id):
                note = _(_LATER)
            return _NumberText(f"{result}\n{note}" if note else result)
        text = f"{result}\n{formula_lines(number, steps=self.picture.step_words)}"
        text = "\n".join(filter(None, (text, terms, scaling_sentence(sample, node))))
        return self._number_text(number, text)

    def _explain_state(self, step: int, unit: int) -> _NumberText | None:
        from netbuilder.core.results.computation_trace.computed_value import format_value
        from netbuilder.core.results.computation_trace.formula_text import formula_lines
        from netbuilder.core.results.computation_trace.trace_value import trace_state

        nodes, sample = self._node_and_owner(), self._sample
        if nodes is None or sample is None:
            return None
        graph = sample.project.graph
        number = trace_state(graph, nodes[0].id, sample.values, sample.weights_of, step, unit)
        if number is None:
            return None
        result = _(
            "unit {unit} after step {step} (both counted from 0) = {value}",
            unit=unit,
            step=step,
            value=format_value(number.value),
        )
        return self._number_text(number, f"{result}\n{formula_lines(number)}")

    def _number_text(self, number: Any, text: str) -> _NumberText:
        """Add the gates and the activation's curve to an explanation."""
        from netbuilder.core.results.computation_trace.formula_text import gate_formulas

        if number.rule == "state" and number.parts:
            text = "\n".join((text, *gate_formulas(number)))
        if number.activation and number.activation != "softmax":
            point = number.before, self._height(number)
            return _NumberText(text, number.activation, *point, number.window)
        return _NumberText(text, window=number.window)

    @staticmethod
    def _height(number: Any) -> float:
        """Return the activation's value; an LSTM's state is that times the output gate."""
        if number.rule == "state" and number.parts:  # only an LSTM's state has a curve
            gate = number.parts["output gate"].value
            return number.value / gate if gate else 0.0
        return float(number.value)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
        }
        key = Qt.Key(event.key())
        ctrl = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            by = 1 if key == Qt.Key.Key_PageDown else -1
            if ctrl:
                self.turn(by)
            else:
                self.row_requested.emit(by)
        elif key == Qt.Key.Key_Escape:
            self.dismiss()
        elif key in steps:
            right, down = steps[key]
            if ctrl:
                there = self.picture.other_map(self._index, right + down)
            else:
                there = self.picture.beside(self._index, right, down)
            if there is not None:
                self.choose(there)
                spot = self.picture.marked_box().center()
                self.window_of_picture.ensureVisible(int(spot.x()), int(spot.y()), 10, 20)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._grip = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grip is not None:
            spot = self.pos() + event.position().toPoint() - self._grip
            free = self._parent.viewport().size() - self.size()
            self.move(min(max(spot.x(), 0), free.width()), min(max(spot.y(), 0), free.height()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grip = None
        self._parent.viewport().update()  # the canvas then moves it off the explained cards
