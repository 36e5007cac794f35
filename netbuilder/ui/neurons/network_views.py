"""The switch between layers and neurons, below the drawing of the network."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QVariantAnimation, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QStackedWidget, QWidget

from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _
from netbuilder.ui.forms.weight_row import WeightRow
from netbuilder.ui.neurons.neuron_feed import BACKWARD, FORWARD, UPDATE, NeuronFeed
from netbuilder.ui.services.runs.manual_weight_editor import ManualWeightEditor
from netbuilder.ui.style.motion import reduced_motion
from netbuilder.ui.widgets.labels import ClampedLabel
from netbuilder.ui.widgets.layouts import flow, hbox, prepared, vbox

if TYPE_CHECKING:
    from netbuilder.core.results.backprop import StepTrace
    from netbuilder.ui.neurons.neuron_view import NeuronView

_TEXTS = resource_json("texts.json")
_SWEEP_MS, _NARROW, _NARROW_STAGE, _WIDE_STAGE = 900, 560, 600, 960
#: Title, words, and what the drawing of the neurons shows, also in short, for each stage.
STAGES: list[tuple[str, ...]] = _TEXTS["step_stages"]


class NetworkViews(QWidget):
    """The canvas and the neurons, one at a time, with the stages of a training step on them.

    Without a choice of the user, the neurons of small networks with two inputs are shown outside
    Build.

    Signals:
        stage_requested(stage): a button below the drawing was pressed.
        step_shown(flows, back): of a stage, see ``step_text.flows``; {} without one.
        step_reached(part): how far a stage has come, from 0 to 1.

    Args:
        canvas: the layers.
        feed: the values of the units.
        editor: sets weights.
        building: returns whether the network is being built.
    """

    stage_requested = Signal(int)
    step_shown = Signal(object, bool)
    step_reached = Signal(float)

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
        self._hint_of = (False, False)
        self.stack = QStackedWidget(self)
        self._neurons: NeuronView | None = None
        self.canvas = canvas
        self.stack.addWidget(canvas)
        self.buttons: dict[str, QPushButton] = {}
        bar = QWidget(self)
        left = QWidget(bar)
        switch = prepared(QFrame(left), role="tasks", accessibleName=_("View of the network"))
        switch.setContentsMargins(4, 4, 4, 4)
        row = hbox(parent=switch, margins=0, spacing=0)
        for name, (title, words) in _TEXTS["network_views"].items():
            button = QPushButton(_(title), switch)
            button.setObjectName(f"view-{name}")
            button.setProperty("role", "segment")
            button.setCheckable(True)
            button.setToolTip(_(words))
            button.clicked.connect(lambda _checked, chosen=name: self.choose(chosen))
            row.addWidget(button)
            self.buttons[name] = button
        self.hint = prepared(ClampedLabel("", bar, lines=2), role="note")
        self.weights = WeightRow(bar)
        self.weights.field.setMaximumWidth(96)
        self.stepper = QFrame(left)
        self.back, self.on = QPushButton("‹", bar), QPushButton("›", bar)
        self.stage_name = QLabel(bar)
        self.stage = FORWARD
        for button, words, move in (
            (self.back, _("Previous stage"), -1),
            (self.on, _("Next stage"), 1),
        ):
            button.setToolTip(words)
            button.setAccessibleName(words)
            button.clicked.connect(lambda _on, by=move: self.stage_requested.emit(self.stage + by))
        hbox(self.back, self.stage_name, self.on, parent=self.stepper, margins=0)
        self.stepper.hide()
        self._sweep = QVariantAnimation(self, duration=_SWEEP_MS, startValue=0.0, endValue=1.0)
        self._sweep.valueChanged.connect(self._swept)
        flow(switch, self.stepper, parent=left)
        hbox(left, (self.hint, 1), self.weights, parent=bar, margins=(12, 4, 12, 4), spacing=12)
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
            drawing.pause_requested.connect(self._editor.pause)
        return self._neurons

    @property
    def showing_neurons(self) -> bool:
        return self.stack.currentWidget() is not self.canvas

    def show_stage(self, trace: StepTrace | None, stage: int) -> None:
        """Show a stage of a step on the canvas and on the neurons; None: none."""
        self.stepper.setVisible(trace is not None)
        self.stage = stage
        self.back.setEnabled(stage > FORWARD)
        self.on.setEnabled(stage < UPDATE)
        self.stage_name.setText(_(STAGES[stage][0]))
        drawing = self.neurons.drawing
        if trace is None:
            drawing.show_stage(None, None)
            self.step_shown.emit({}, False)
        else:
            from netbuilder.ui.neurons import step_text

            words = step_text.output_words(trace, stage)
            samples: Any = ()
            if self.feed.plane is not None:
                x = next(iter(trace.layers.values())).inputs[0]
                samples = self.feed.plane.places(x)
            drawn = step_text.drawn(trace, self.feed.columns, stage)
            drawing.show_stage(*drawn, words, samples)
            self.step_shown.emit(step_text.flows(trace, stage), stage == BACKWARD)
            self._sweep.stop()
            if reduced_motion() or not self.isVisible():
                self._swept(1.0)
            else:
                self._sweep.start()
        self._show_weights()
        self._show_hint("")

    def _swept(self, part: float) -> None:
        self.neurons.drawing.reach(part, self.stage == BACKWARD)
        self.step_reached.emit(part)

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
        state_without_weights = "starting" if self.feed.active else "untrained"
        if words and not self.feed.weights:
            words = " · ".join((words, _(_TEXTS["neuron_hints"][state_without_weights][0])))
        if words:
            self.hint.setText(words)
        elif not self.stepper.isHidden():
            stage = STAGES[self.stage]
            self.hint.setText(*map(_, stage[2:]) if self.showing_neurons else (_(stage[1]), ""))
        elif self.showing_neurons:
            may, trained = self._hint_of = self._editor.may, bool(self.feed.weights)
            state = ("may" if may else "running") if trained else state_without_weights
            self.hint.setText(*map(_, _TEXTS["neuron_hints"][state]))
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
        if self._hint_of != (self._editor.may, bool(self.feed.weights)):
            self._show_hint("")
        unit = self._neurons.drawing.unit if self._neurons is not None else None
        if unit is not None and not self.neurons.drawing.exists(unit):
            unit = None  # of the network before
        weights = self.feed.weights.get(self.feed.columns[unit[0]].owner, {}) if unit else {}
        sources = self.feed.columns[unit[0] - 1].units if unit else 0
        kernel = weights.get("kernel")
        single = kernel is not None and kernel.ndim == 2 and len(kernel) == sources
        link = self._neurons.drawing.link if self._neurons is not None else None
        stage = not self.stepper.isHidden()
        room = not stage or (link is not None and self.width() > _NARROW_STAGE)
        may = self._editor.may and self.showing_neurons and room
        if unit is None or not single or not may:
            self.weights.hide()
            self.hint.show()
            return
        names = [self.neurons.drawing.unit_name((unit[0] - 1, n)) for n in range(sources)]
        self.hint.setVisible(self.width() > (_WIDE_STAGE if stage else _NARROW))
        appears = self.weights.isHidden()
        self.weights.show_unit(weights, unit[1], names)
        if appears and link is not None:
            self.weights.source.setCurrentIndex(link.source)

    def _set_weight(self, name: str, index: tuple[int, ...], value: float) -> None:
        unit = self.neurons.drawing.unit
        if unit is not None:
            owner = self.feed.columns[unit[0]].owner
            self.feed.set_weight(owner, name, index, value)
            self._editor.set(owner, name, index, value)
