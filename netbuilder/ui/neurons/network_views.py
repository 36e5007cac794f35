"""The switch between layers and neurons, below the drawing of the network."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QPushButton, QStackedWidget, QWidget

from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.ui.forms.weight_row import WeightRow
from netbuilder.ui.neurons.neuron_feed import NeuronFeed
from netbuilder.ui.services.runs.manual_weight_editor import ManualWeightEditor
from netbuilder.ui.widgets.labels import ClampedLabel
from netbuilder.ui.widgets.layouts import flow, hbox, vbox

if TYPE_CHECKING:
    from netbuilder.ui.neurons.neuron_view import NeuronView

_HINT = N_(
    "Line: size of the weight · blue positive, orange and dashed negative · drag a line or type to"
    " set it"
)
_SHORT_HINT = N_("Drag a line or type to set its weight")
_PAUSE = N_("Pause the run to set a weight.")


class NetworkViews(QWidget):
    """The canvas and the neurons, one at a time.

    Without a choice of the user, the neurons of small networks with two inputs are shown outside
    Build.

    Args:
        canvas: the layers.
        feed: the values of the units.
        editor: sets weights.
        building: returns whether the network is being built.
    """

    def __init__(
        self,
        canvas: QWidget,
        feed: NeuronFeed,
        editor: ManualWeightEditor,
        building: Callable[[], bool],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.feed, self._editor, self._building = feed, editor, building
        self.choice: str | None = None
        self._asked_in_vain = False
        self.stack = QStackedWidget(self)
        self._neurons: NeuronView | None = None
        self.canvas = canvas
        self.stack.addWidget(canvas)
        self.buttons: dict[str, QPushButton] = {}
        bar = QWidget(self)
        switch = QFrame(bar)
        switch.setProperty("role", "tasks")
        switch.setAccessibleName(_("View of the network"))
        switch.setContentsMargins(2, 2, 2, 2)
        row = flow(parent=switch, spacing=0)
        titles = {
            "layers": (N_("Layers"), N_("Show the network layer by layer")),
            "neurons": (N_("Neurons"), N_("Show the network unit by unit")),
        }
        for name, (title, words) in titles.items():
            button = QPushButton(_(title), switch)
            button.setObjectName(f"view-{name}")
            button.setProperty("role", "segment")
            button.setCheckable(True)
            button.setToolTip(_(words))
            button.clicked.connect(lambda _checked, chosen=name: self.choose(chosen))
            row.addWidget(button)
            self.buttons[name] = button
        self.hint = ClampedLabel("", bar, lines=1)
        self.hint.setProperty("role", "note")
        self.weights = WeightRow(bar)
        self.weights.field.setMaximumWidth(120)
        hbox(switch, (self.hint, 1), self.weights, parent=bar, margins=(12, 4, 12, 4), spacing=12)
        vbox((self.stack, 1), bar, parent=self, margins=0, spacing=0)
        self.weights.wanted.connect(self._set_weight)
        feed.columns_changed.connect(self.refresh)
        feed.changed.connect(self._show_weights)
        editor.availability_changed.connect(self._allow)
        self.refresh()

    @property
    def neurons(self) -> NeuronView:
        """The drawing of the units, made when it is first needed: it imports NumPy."""
        if self._neurons is None:
            from netbuilder.ui.neurons.neuron_view import NeuronView

            self._neurons = NeuronView(self.feed, self)
            self.stack.addWidget(self._neurons)
            drawing = self._neurons.drawing
            drawing.may_set = self._editor.may
            drawing.chosen.connect(self._chosen)
            drawing.hinted.connect(self._show_hint)
            drawing.weight_set.connect(self._editor.set)
        return self._neurons

    @property
    def showing_neurons(self) -> bool:
        return self.stack.currentWidget() is not self.canvas

    def choose(self, view: str) -> None:
        """Show "layers" or "neurons", until another project is opened."""
        self.choice = view if view == "layers" or self.feed.columns else None
        self._asked_in_vain = self.choice is None
        self.refresh()

    def forget_choice(self) -> None:
        """Choose by the network again, as another project is shown."""
        self.choice, self._asked_in_vain = None, False
        self.refresh()

    def refresh(self) -> None:
        """Show the chosen view, or the one that suits the network."""
        columns = self.feed.columns
        neurons = bool(columns) and (
            self.choice == "neurons" or (self.choice is None and self._suits_neurons())
        )
        widget = self.neurons if neurons else self.canvas
        if self.stack.currentWidget() is not widget:
            self.stack.setCurrentWidget(widget)
        self.feed.watch(neurons and self.isVisible())
        for name, button in self.buttons.items():
            button.setChecked((name == "neurons") is neurons)
        self._allow()
        self._show_hint("")
        if not neurons:
            self.weights.hide()

    def _suits_neurons(self) -> bool:
        from netbuilder.core.results.live.neurons import drawn_by_default

        return not self._building() and drawn_by_default(self.feed.columns)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.feed.watch(False)

    def _show_hint(self, words: str) -> None:
        if words:
            self.hint.setText(words)
        elif self.showing_neurons:
            may = self._editor.may or not self.feed.weights
            self.hint.setText(_(_HINT if may else _PAUSE), _(_SHORT_HINT if may else _PAUSE))
        else:
            self.hint.setText(self.feed.reason if self._asked_in_vain else "")

    def _allow(self) -> None:
        if self._neurons is not None:
            self._neurons.drawing.may_set = self._editor.may
        self._show_weights()
        self._show_hint("")

    def _chosen(self, unit: tuple[int, int] | None, source: int) -> None:
        self._show_weights()
        if source >= 0 and not self.weights.isHidden():
            self.weights.choose(source)

    def _show_weights(self) -> None:
        unit = self._neurons.drawing.unit if self._neurons is not None else None
        weights = self.feed.weights.get(self.feed.columns[unit[0]].owner, {}) if unit else {}
        if unit is None or "kernel" not in weights or not self._editor.may:
            self.weights.hide()
            return
        names = self.feed.names(unit[0] - 1)
        sources = self.feed.columns[unit[0] - 1].units
        appears = self.weights.isHidden()
        self.weights.show_unit(weights, unit[1], [names.get(n, f"x[{n}]") for n in range(sources)])
        link = self.neurons.drawing.link
        if appears and link is not None:
            self.weights.source.setCurrentIndex(link.source)

    def _set_weight(self, name: str, index: tuple[int, ...], value: float) -> None:
        unit = self.neurons.drawing.unit
        if unit is not None:
            owner = self.feed.columns[unit[0]].owner
            self.feed.set_weight(owner, name, index, value)
            self._editor.set(owner, name, index, value)
