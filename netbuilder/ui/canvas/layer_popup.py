"""A card opened to show more: a layer's numbers large, and how a chosen one comes about."""

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
    QVBoxLayout,
    QWidget,
)

from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project.model import Node
from netbuilder.core.wording import join_sentences, join_values
from netbuilder.ui.canvas.convolution_products import WeightRow, WindowProducts, is_settable
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
from netbuilder.ui.services.views.sample_activations import SampleActivations
from netbuilder.ui.style import theme
from netbuilder.ui.style.shortcuts import control_text, key_text
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import hbox, vbox

_MARGIN = 12
_SIDES = 2 * (_MARGIN + 1) + 12  # with its border, and a scroll bar
_WIDTH, _LEAST_WIDTH = PICTURE_WIDTH + _SIDES, 300
# Of the heights of the picture and of what is said of it, where there is no room for all of them.
_LEAST_PICTURE, _LEAST_WORDS = 90, 72
_LATER = N_(
    "This layer has too many weights to follow during training. How the number is computed is"
    " shown after the run."
)
#: What is said where a layer has no numbers to look at, unless it is known why.
TRAIN_FIRST = N_("Train first, or wait for the first step, to see this layer's values.")


#: What the axes of an output are, by how many there are.
_AXES = {
    2: (N_("step {number}"), N_("unit {number}")),
    3: (N_("row {number}"), N_("column {number}"), N_("map {number}")),
    4: (N_("step {number}"), N_("row {number}"), N_("column {number}"), N_("map {number}")),
}


@dataclass(frozen=True)
class _NumberText:
    """How a number comes about in words, and its place ``(x, y)`` on an activation's ``curve``."""

    words: str
    curve: str = ""
    x: float = 0.0
    y: float = 0.0
    window: Any = None  # of a convolution

    def __post_init__(self) -> None:  # a product stays on one line
        object.__setattr__(self, "words", self.words.replace(" · ", "\u00a0·\u00a0"))


class _ScrollWindow(QScrollArea):
    """Shows a widget whole where there is room, and with a scroll bar where there is not."""

    def __init__(self, shown: QWidget, least: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._shown, self._least = shown, least
        self.wide = PICTURE_WIDTH  # of what breaks its words into lines
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the arrow keys choose numbers
        self.setWidget(shown)
        self.setWidgetResizable(shown.layout() is not None)
        self.viewport().setAutoFillBackground(False)
        shown.setAutoFillBackground(False)

    def sizeHint(self) -> QSize:
        lines = self._shown.layout()
        if lines is None:
            return self._shown.sizeHint()
        lines.activate()
        return QSize(self.wide, lines.totalHeightForWidth(self.wide))

    def minimumSizeHint(self) -> QSize:
        return QSize(_LEAST_WIDTH - _SIDES, min(self.sizeHint().height(), self._least))


class LayerPopup(QFrame):
    """What one layer gives, large. It is a child of the canvas and follows a run.

    A click on a number, or the arrow keys, choose one; below it stands how it comes about.
    Of a small Dense layer the weights of a chosen unit can be set where ``may_set`` says so:
    ``weight_set(node, name, index, value)``.

    ``closed``: it is no longer seen. ``row_requested(steps)``: another row of the data is to be
    looked at, so many further on.
    """

    closed = Signal()
    row_requested = Signal(int)
    weight_set = Signal(str, str, tuple, float)

    def __init__(self, parent: QAbstractScrollArea) -> None:
        super().__init__(parent)
        self._parent = parent
        self._look: SampleActivations | None = None
        self.node_id = ""
        self._index: tuple[int, ...] | None = None
        self._room: QSize | None = None  # where it was placed; None: not yet
        self._lowest = 0  # how far down it may grow there
        self._step: int | None = None  # of an earlier state, instead of the output
        self.may_set: Callable[[], bool] = lambda: False
        self.setObjectName("closerLook")
        self.setAutoFillBackground(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(_("Layer output"))
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(_MARGIN, 8, _MARGIN, 10)
        column.setSpacing(6)
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
        told = QWidget(self)
        self.products = WindowProducts(told)
        self.words = note_label("", told, role="body")
        self.words.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.weights = WeightRow(told)
        self.weights.wanted.connect(self._set_weight)
        self.picture.weight_chosen.connect(self.choose_weight)
        self.curve = ActivationCurvePlot(told)
        self.curve.hide()
        parts = self.products, self.words, self.weights, self.curve
        vbox(*parts, parent=told, margins=0, spacing=6)
        self.window_of_words = _ScrollWindow(told, _LEAST_WORDS, self)
        column.addWidget(self.window_of_words)
        self._grip: QPoint | None = None
        self.hide()

    def _choice_of_row(self) -> QHBoxLayout:
        """Which row is looked at, and the one before and behind it."""
        self.row = note_label("", self)
        rows, _buttons = self._steps(
            self.row,
            (_("Previous row"), _("Next row")),
            ("PgUp", "PgDown"),
            self.row_requested.emit,
        )
        return rows

    def _choice_of_part(self) -> QHBoxLayout:
        """Which maps or units are shown where there are many, and those before and behind them."""
        self.part = note_label("", self)
        parts, self.part_buttons = self._steps(
            self.part,
            (_("Previous part"), _("Next part")),
            ("Ctrl+PgUp", "Ctrl+PgDown"),
            self.turn,
        )
        return parts

    def _steps(
        self,
        words: QLabel,
        names: tuple[str, str],
        keys: tuple[str, str],
        step: Callable[[int], object],
    ) -> tuple[QHBoxLayout, list[QToolButton]]:
        """Words between which and others two buttons go back and on."""
        row, buttons = QHBoxLayout(), []
        for sign, by, name, key in (("‹", -1, names[0], keys[0]), ("›", 1, names[1], keys[1])):
            button = self._button(sign, name, key, partial(step, by))
            row.addWidget(button)
            buttons.append(button)
        row.addWidget(words, 1)
        return row, buttons

    def _button(self, sign: str, name: str, key: str, pressed: Callable[[], object]) -> QToolButton:
        button = QToolButton(self)
        button.setText(sign)
        button.setAutoRaise(True)
        button.setToolTip(f"{name} ({key_text(key)})")
        button.setAccessibleName(name)
        button.clicked.connect(pressed)
        return button

    @property
    def look(self) -> SampleActivations | None:
        """What the layers give just now."""
        return self._look

    def follow(self, look: SampleActivations | None) -> None:
        """Take over what the layers give just now."""
        self._look = look
        if not self.isHidden():
            self._refresh()

    def fade(self) -> None:
        """What is shown is of an earlier run, until this one has come to it."""
        self.picture.fade()
        self.row.setText(_("from the previous run"))
        self.words.setText("")
        self.weights.hide()
        self.products.show_window(None)
        self.curve.show_point("", 0.0, 0.0)

    def open_layer(self, node_id: str) -> bool:
        """Show a layer; whether it has values to show. ``make_way`` then finds its place."""
        if self._look is None or node_id not in self._look.values:
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
        self.resize(_WIDTH, min(self._wanted_height(), self._lowest))
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.PopupFocusReason)
        return True

    def make_way(self, explained: Sequence[QRectF], others: Iterable[QRectF]) -> QPointF:
        """Stand where none of the cards that are explained is covered, as far as it is not so.

        Args:
            explained: the layer's card and those of its inputs, on the viewport.
            others: other cards.

        Returns:
            How far the view is to move for it.
        """
        room, here = self._parent.viewport().size(), QRectF(self.geometry())
        inside = QRectF(QPointF(), QSizeF(room)).contains(here)
        if room == self._room and inside and not any(one.intersects(here) for one in explained):
            return QPointF()
        self._room, others = room, tuple(others)
        before, wide = 0, _WIDTH
        while wide != before:  # narrower it is higher, which may take another place
            before = wide
            self._set_width(wide)
            wanted = QSizeF(wide, max(self._wanted_height(), self._room_to_explain()))
            least = QSizeF(_LEAST_WIDTH, self._column.totalMinimumHeightForWidth(_LEAST_WIDTH))
            place = place_popup(QSizeF(room), explained, others, wanted, least)
            panel = place.panel.toRect()
            wide = min(panel.width(), wide)
        self._lowest = int(place.lowest)
        height = min(self._wanted_height(), self._lowest - panel.top())
        self.setGeometry(QRect(panel.topLeft(), QSize(panel.width(), height)))
        self._parent.viewport().update()  # pictures that lie partly below it are not shown
        return place.move

    def _set_width(self, wide: int) -> None:
        """Lay out what it shows in so many pixels."""
        inner = wide - _SIDES
        self.picture.set_width(inner)
        self.products.set_width(inner)
        self.window_of_words.wide = inner
        self._fit_picture()

    def dismiss(self) -> None:
        """Close it; the keyboard goes back to the canvas."""
        self.hide()
        self._parent.viewport().update()
        self._parent.setFocus(Qt.FocusReason.PopupFocusReason)
        self.closed.emit()

    def choose(self, index: tuple[int, ...]) -> None:
        """Say how the number at a place of the output comes about."""
        self._step = None
        self._choose(index)

    def choose_weight(self, source: int, unit: int) -> None:
        """Say how a unit comes about, with the keyboard on one of its weights."""
        self.choose((unit,))
        if not self.weights.isHidden():
            self.weights.choose(source)

    def _set_weight(self, name: str, index: tuple[int, ...], value: float) -> None:
        found = self._node()
        if found is not None:
            self.weight_set.emit(found[1].id, name, index, value)

    @property
    def _weights_settable(self) -> bool:
        """Whether the weights of a number that is chosen can be set."""
        found, look = self._node(), self._look
        if found is None or look is None or not self.may_set():
            return False
        return is_settable(found[1].layer, look.weights_of(found[1].id))

    def offer(self) -> None:
        if not self.isHidden() and self._look is not None:
            self._explain()

    def _offer_weights(self) -> None:
        """Let the weights of the chosen unit be set, where they are few and at rest."""
        found, look, index = self._node(), self._look, self._index
        small = False
        if found is not None and look is not None and index:
            unit, owner = index[-1], found[1]  # along a sequence the same weights at each step
            weights = look.weights_of(owner.id)
            small = is_settable(owner.layer, weights) and unit < weights["kernel"].shape[1]
            if small and self.may_set():
                self.weights.show_unit(weights, unit, self.picture.given_names)
        # Its room stays while a run goes on: what stands above would go up and down.
        policy = self.weights.sizePolicy()
        policy.setRetainSizeWhenHidden(small)
        self.weights.setSizePolicy(policy)
        if not (small and self.may_set()):
            self.weights.hide()

    def _choose_state(self, step: int, unit: int) -> None:
        """Say how what a unit remembered after a step comes about."""
        self._step = step
        self._choose((unit,))
        self.picture.mark_state(step, unit)

    def _choose(self, index: tuple[int, ...]) -> None:
        first, self._index = self._index is None, index
        if first and self._look is not None and self.node_id in self._look.values:
            self._room_to_explain()
        self._explain()
        self.picture.mark(index)
        self.picture.turn_to(index)
        self._fit_picture()
        # Downwards only: what is clicked next must stay where it is.
        wanted = min(self._wanted_height(), self._lowest - self.y())
        if wanted > self.height():
            self.resize(self.width(), wanted)

    def _room_to_explain(self) -> int:
        """The height with what will be said of a number, that of the largest."""
        import numpy as np

        assert self._look is not None
        values = self._look.values[self.node_id]
        told = None
        if values.size:
            largest = np.nan_to_num(np.abs(values)).argmax()
            told = self._told(tuple(int(at) for at in np.unravel_index(largest, values.shape)))
        self._keep_room(told)
        height = self._wanted_height()
        if self._index is None:  # nothing is said yet: the room would be empty
            self._keep_room(None)
        return height

    def _keep_room(self, told: _NumberText | None) -> None:
        """Leave room for these words and their curve, so that what follows them stays."""
        before = self.words.text()
        self.words.setMinimumHeight(0)
        if told is not None:
            self.words.setText(told.words)
            self.words.setMinimumHeight(self.words.heightForWidth(self.window_of_words.wide))
            self.words.setText(before)
        kept = self.curve.sizePolicy()
        kept.setRetainSizeWhenHidden(told is not None and bool(told.curve))
        self.curve.setSizePolicy(kept)

    def _wanted_height(self) -> int:
        """With its words broken into lines of its width."""
        self.window_of_words.updateGeometry()
        self._column.activate()
        return self._column.totalHeightForWidth(self.window_of_words.wide + _SIDES)

    def _node(self) -> tuple[Node, Node] | None:
        graph = self._look.project.graph if self._look is not None else None
        node = graph.by_id.get(self.node_id) if graph is not None else None
        if graph is None or node is None:
            return None
        return node, graph.by_id.get(node.shared or "", node)

    def _refresh(self) -> None:
        found = self._node()
        if found is None or self._look is None or self.node_id not in self._look.values:
            self.dismiss()
            return
        node, owner = found
        self.title.setText(f"{node.layer} “{node.id}”")
        self.row.setText(caption_text(self._look))
        self.picture.show_layer(layer_content(self._look, node, owner))
        self._fit_picture()
        self._explain()

    def turn(self, by: int) -> None:
        """Show the maps or units before those that are shown, or behind them."""
        self.picture.show_part(
            min(max(self.picture.parts.number + by, 0), self.picture.parts.count - 1)
        )
        self.window_of_picture.verticalScrollBar().setValue(0)
        self._fit_picture()

    def _fit_picture(self) -> None:
        """Give the picture its size, and say which part of the layer it is."""
        self.picture.resize(self.picture.sizeHint())
        self.window_of_picture.updateGeometry()
        parts = self.picture.parts
        self.part.setText(parts.words)
        self.part.setVisible(parts.count > 1)
        for button, there in zip(
            self.part_buttons, (parts.number > 0, parts.number < parts.count - 1), strict=True
        ):
            button.setVisible(parts.count > 1)
            button.setEnabled(there)

    def _explain(self) -> None:
        self._offer_weights()
        self.curve.show_point("", 0.0, 0.0)
        if self._index is None:
            self.products.show_window(None)
            if self.picture.of_squares:
                text = _("Click a square, or use the arrow keys, to see how its value is computed.")
            elif self._weights_settable:
                text = _(
                    "Click a bar or a line, or use the arrow keys, to see how the value is"
                    " computed and to set its weights."
                )
            else:
                text = _("Click a bar, or use the arrow keys, to see how its value is computed.")
            if self.picture.maps > 1:
                more = _("Press {key} and an arrow key for another map.", key=control_text())
                text = join_sentences((text, more))
            self.words.setText(text)
            return
        told = self._told(self._index)
        self.products.show_window(told.window if told is not None else None)
        if told is None:
            return
        self.words.setText(told.words)
        self.curve.show_point(told.curve, told.x, told.y)

    def _told(self, index: tuple[int, ...]) -> _NumberText | None:
        from netbuilder.core.results.computation_trace.computed_value import plain_notation
        from netbuilder.core.results.computation_trace.formula_text import formula_lines
        from netbuilder.core.results.computation_trace.trace_value import trace_node

        found, look = self._node(), self._look
        if found is None or look is None:
            return None
        node, owner = found
        values = look.values[self.node_id]
        if len(index) != values.ndim or any(
            not 0 <= at < length for at, length in zip(index, values.shape, strict=True)
        ):
            return None
        if self._step is not None:
            return self._told_state(self._step, index[0])
        value = plain_notation(f"{float(values[index]):.4g}")
        own = f"{self.picture.place_text(index)} = {value}"
        axes = _AXES.get(len(index), ())
        if axes:
            places = join_values(_(name, number=at) for name, at in zip(axes, index, strict=True))
            own = _("{value} ({places}, counted from 0)", value=own, places=places)
        number = trace_node(look.project.graph, node.id, look.values, look.weights_of, index)
        terms = own_units_text(look, node, index)
        if number is None:
            near = word_sentence(look, node, owner, index) or terms
            if look.too_large(owner.id):
                near = _(_LATER)
            return _NumberText(f"{own}\n{near}" if near else own)
        said = f"{own}\n{formula_lines(number, steps=self.picture.step_words)}"
        said = "\n".join(one for one in (said, terms, scaling_sentence(look, node)) if one)
        return self._number_text(number, said)

    def _told_state(self, step: int, unit: int) -> _NumberText | None:
        """What is said of a state behind an earlier step."""
        from netbuilder.core.results.computation_trace.computed_value import format_value
        from netbuilder.core.results.computation_trace.formula_text import formula_lines
        from netbuilder.core.results.computation_trace.trace_value import trace_state

        found, look = self._node(), self._look
        if found is None or look is None:
            return None
        graph = look.project.graph
        number = trace_state(graph, found[0].id, look.values, look.weights_of, step, unit)
        if number is None:
            return None
        own = _(
            "unit {unit} after step {step} (both counted from 0) = {value}",
            unit=unit,
            step=step,
            value=format_value(number.value),
        )
        return self._number_text(number, f"{own}\n{formula_lines(number)}")

    def _number_text(self, number: Any, said: str) -> _NumberText:
        """What is said of a number, with its gates, and its place on its activation's curve."""
        from netbuilder.core.results.computation_trace.formula_text import gate_formulas

        if number.rule == "state" and number.parts:
            said = "\n".join((said, *gate_formulas(number)))
        if number.activation and number.activation != "softmax":
            at = number.before, self._height(number)
            return _NumberText(said, number.activation, *at, number.window)
        return _NumberText(said, window=number.window)

    @staticmethod
    def _height(number: Any) -> float:
        """Where the point is on the curve: an LSTM's state is the curve's value times a gate."""
        if number.rule == "state" and number.parts:  # an LSTM's: of others no curve is shown
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
        self._parent.viewport().update()  # it goes off a card on which it was left
