"""The page Step: a training step in four stages, with the numbers of one weight."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction, QHideEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QPushButton, QWidget

from netbuilder.core.data.load import load_dataset
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import UserError
from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.results.backprop import (
    LayerStep,
    StepTrace,
    next_rows,
    row_gradients,
    trace_step,
)
from netbuilder.ui.forms.boxes import CountBox, NoWheelComboBox
from netbuilder.ui.neurons import step_text
from netbuilder.ui.neurons.network_views import STAGES, NetworkViews
from netbuilder.ui.neurons.neuron_feed import BACKWARD, FORWARD, UPDATE
from netbuilder.ui.neurons.neuron_layout import Link
from netbuilder.ui.neurons.row_bars import RowBars
from netbuilder.ui.services.derived import Derived, Rank
from netbuilder.ui.services.project_store import SelectedNodes
from netbuilder.ui.services.runs.run_progress import STEP
from netbuilder.ui.services.runs.runner import Runner
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.accessible_roles import scrolled_page
from netbuilder.ui.widgets.labels import heading, note_label
from netbuilder.ui.widgets.layouts import STRETCH, flow, hbox, prepared, vbox

_TEXTS = resource_json("texts.json")["step_page"]
_MOST_ROWS = 64
_STEP_MS = 300  # a single step pauses before


def _trace(
    trained: TrainedModel, base: Path, place: int, before: StepTrace | None
) -> tuple[StepTrace, StepTrace]:
    """Return the step of a row of the next batch, with -1 of all, and the step of the batch."""
    dataset = load_dataset(trained.project, base)
    rows = next_rows(trained, dataset)
    batch = trace_step(trained, dataset, rows, before)
    if not 0 <= place < len(rows):
        return batch, batch
    return trace_step(trained, dataset, rows[place : place + 1], batch), batch


class StepPanel(QWidget):
    """Shows the step that the run takes next, in the network's drawing and in numbers."""

    def __init__(
        self,
        workbench: Workbench,
        runner: Runner,
        selection: SelectedNodes,
        views: NetworkViews,
        step: QAction,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._workbench, self._runner = workbench, runner
        self._selection, self._views = selection, views
        self.stage = FORWARD
        self._drawn: tuple[StepTrace | None, int] | None = None
        self.trace: StepTrace | None = None
        self.checked: float | None = None
        self._batch: StepTrace | None = None
        page = QWidget(self)
        self._worker = Derived(
            self, _trace, self._show_trace, self._failed,
            of=lambda: workbench.models.prediction_model, rank=Rank.QUICK,
        )  # fmt: skip
        switch = QFrame(self)
        switch.setProperty("role", "tasks")
        self.stages: list[QPushButton] = []
        for number, (title, words, *_hints) in enumerate(STAGES):
            button = QPushButton(_(title), switch)
            button.setToolTip(_(words))
            button.setProperty("role", "segment")
            button.setCheckable(True)
            button.clicked.connect(lambda _checked, stage=number: self.show_stage(stage))
            self.stages.append(button)
        switch.setContentsMargins(4, 4, 4, 4)
        views.stage_requested.connect(self.show_stage)
        flow(*self.stages, parent=switch, spacing=0)
        self.rows = self._box(_("Rows of the step"), self._ask)
        self.layer = self._box(_("Layer"), self._layer_chosen)
        self.array = self._box(_("Weights"), self._array_chosen)
        name = _("Number of the weight")
        self.number = prepared(CountBox(0, 0, self), accessibleName=name, toolTip=name)
        self.number.valueChanged.connect(self._show)
        self.title = prepared(heading("", self), wordWrap=True)
        self.words = note_label("", self, role="body")
        self.numbers = prepared(note_label("", self, role="body"), font=theme.fixed_font())
        self.check = QPushButton(_("Check with a difference quotient"), self)
        self.check.setToolTip(_("Compute the loss with a slightly larger and smaller weight"))
        self.check.clicked.connect(self._check)
        self.bars = RowBars(self)
        self.bars.pressed.connect(self._row_pressed)
        self.bars_note = note_label(
            _("What each row of the batch adds. Press a bar to see its way back."), self
        )
        self.first = QPushButton(step.text(), self)
        self.first.setProperty("role", "primary")
        self.first.clicked.connect(step.trigger)
        for label in (self.words, self.numbers):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        vbox(
            hbox(switch, STRETCH),
            flow(self.rows, self.layer, self.array, self.number),
            self.title,
            self.words,
            self.numbers,
            hbox(self.check, self.first, STRETCH),
            self.bars,
            self.bars_note,
            STRETCH,
            parent=page,
        )
        vbox(scrolled_page(page, _("Step"), self), parent=self, margins=0)
        workbench.models.changed.connect(self._follow)
        self._later = QTimer(self, singleShot=True, interval=_STEP_MS)
        self._later.timeout.connect(self._show)
        runner.state_changed.connect(self._later.start)
        selection.changed.connect(self._node_selected)
        views.neurons.drawing.chosen.connect(self._unit_chosen)
        self._show()

    def _box(self, name: str, chosen: Callable[[], object]) -> NoWheelComboBox:
        box = NoWheelComboBox(self)
        box.setAccessibleName(name)
        box.setToolTip(name)
        box.activated.connect(lambda _index: chosen())
        return box

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._follow()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._draw(None)

    def show_stage(self, stage: int) -> None:
        self.stage = min(max(stage, FORWARD), UPDATE)
        self._show()

    def _follow(self) -> None:
        """Trace the step of the network on show, if the page is visible."""
        trained = self._workbench.models.prediction_model
        if trained is None:
            self._show_trace(None)
        elif self.isVisible():
            if self.trace is None or self.trace.trained is not trained:
                self._ask()
            self._show()

    def _ask(self) -> None:
        trained = self._workbench.models.prediction_model
        if trained is not None:
            self._worker.ask(
                trained, self._workbench.base, self.rows.currentIndex() - 1, self.trace
            )

    def _failed(self, error: UserError) -> None:
        self._show_trace(None)
        self.words.setText(str(error))

    def _show_trace(self, traces: tuple[StepTrace, StepTrace] | None) -> None:
        self.trace, self._batch = (None, None) if traces is None else traces
        if self.trace is not None and self._batch is not None:
            count, layers = len(self._batch.rows), self.trace.layers
            batch = ngettext("Batch of {count} row", "Batch of {count} rows", count)
            rows = range(1, min(count, _MOST_ROWS) + 1)
            _fill(self.rows, [batch, *(_("Row {number} of the batch", number=n) for n in rows)])
            first = next((n for n, layer in enumerate(layers.values()) if layer.updates), 0)
            _fill(self.layer, list(layers), first)
            self._node_selected()
        self._layer_chosen()

    def _row_pressed(self, row: int) -> None:
        """Show the step of a row; of the batch again, if it was shown."""
        self.rows.setCurrentIndex(0 if self.rows.currentIndex() == row + 1 else row + 1)
        self._ask()

    @property
    def step(self) -> LayerStep | None:
        return self.trace.layers.get(self.layer.currentText()) if self.trace else None

    @property
    def index(self) -> tuple[int, ...]:
        if not self._shape:
            return ()
        return tuple(int(at) for at in np.unravel_index(self.number.value(), self._shape))

    @property
    def _shape(self) -> tuple[int, ...]:
        update = self.step.updates.get(self.array.currentText()) if self.step else None
        return () if update is None else update.before.shape

    def choose(self, node: str, name: str = "", index: tuple[int, ...] = ()) -> None:
        if self.trace is None or self.layer.findText(node) < 0:
            return
        self.layer.setCurrentText(node)
        self._layer_chosen()
        if name and self.array.findText(name) >= 0:
            self.array.setCurrentText(name)
            self._array_chosen()
            shape = self.trace.layers[node].updates[name].before.shape
            index = (0,) * (len(shape) - len(index)) + index  # a link of a filter: its first weight
            self.number.setValue(int(np.ravel_multi_index(index, shape)))

    def _node_selected(self) -> None:
        for node in self._selection.ids[:1]:
            self.choose(node)

    def _unit_chosen(self, unit: tuple[int, int] | None, source: int) -> None:
        if unit is not None:
            node = self._views.feed.columns[unit[0]].node
            if source >= 0:
                self.choose(node, "kernel", (source, unit[1]))
            else:
                self.choose(node, "kernel", (unit[1],))  # without a bias
                self.choose(node, "bias", (unit[1],))

    def _layer_chosen(self) -> None:
        step = self.step
        _fill(self.array, list(step.updates) if step is not None else [])
        self._array_chosen()

    def _array_chosen(self) -> None:
        step = self.step
        update = step.updates.get(self.array.currentText()) if step is not None else None
        self.number.blockSignals(True)
        self.number.setRange(0, update.before.size - 1 if update is not None else 0)
        self.number.blockSignals(False)
        self._show()

    def _check(self) -> None:
        if self.trace is not None and self.index:
            self.checked = self.trace.numeric_gradient(
                self.layer.currentText(), self.array.currentText(), self.index
            )
            self._show(keep_check=True)

    def _show(self, _value: int = 0, *, keep_check: bool = False) -> None:
        if not self.isVisible():
            return
        if not keep_check:
            self.checked = None
        for number, button in enumerate(self.stages):
            button.setChecked(number == self.stage)
        state, speed = self._runner.state, self._runner.speed.chosen
        runs_on = state.running and not state.paused and speed is not STEP
        known = self.trace is not None and not runs_on
        for widget in (self.rows, self.layer, self.title, self.numbers):
            widget.setVisible(known)
        self.array.setVisible(known and bool(self.index))
        self.number.setVisible(known and bool(self.index))
        self.check.setVisible(known and bool(self.index) and self.stage == BACKWARD)
        self._show_bars(known and self.stage == BACKWARD)
        self.first.setVisible(self.trace is None and self._worker.idle)
        self._draw(self.trace if known else None)
        if self.trace is None and not self._worker.idle:
            self.words.setText(_("Computing…"))
            return
        if self.trace is None or not known:
            stages = [f"{_(title)}: {_(words)}." for title, words, *_hints in STAGES]
            waiting = _(_TEXTS["running" if runs_on else "waiting"])
            self.words.setText("\n\n".join((waiting, *stages)))
            return
        self.title.setText(self._title())
        self.words.setText(_(STAGES[self.stage][1]) + ".")
        lines = step_text.LINES[self.stage]
        text = lines(self.trace, self.layer.currentText(), self.array.currentText(), self.index)
        if self.checked is not None and self.stage == BACKWARD and self.step is not None:
            name = self.array.currentText()
            text += step_text.check_lines(self.step, name, self.index, self.checked)
        self.numbers.setText("\n".join(text))

    def _show_bars(self, shown: bool) -> None:
        step = self._batch.layers.get(self.layer.currentText()) if self._batch else None
        values = None
        if shown and step is not None and self.index and step.updates:
            values = row_gradients(step, self.array.currentText(), self.index)
        visible = values is not None and len(values) > 1
        for widget in (self.bars, self.bars_note):
            widget.setVisible(visible)
        if values is not None and visible:
            self.bars.show_values(values[:_MOST_ROWS].tolist(), self.rows.currentIndex() - 1)

    def _title(self) -> str:
        node, name, index = self.layer.currentText(), self.array.currentText(), self.index
        if not index:
            return node
        if (link := self._link) is not None:
            unit_name = self._views.neurons.drawing.unit_name
            units = unit_name((link.column - 1, link.source)), unit_name((link.column, link.unit))
            node = _("From {source} to {target}", source=units[0], target=units[1])
        return f"{node} · {name}{list(index)}"

    @property
    def _link(self) -> Link | None:
        """The link of the chosen weight, if it is one in the drawing of the neurons."""
        columns, node = self._views.feed.columns, self.layer.currentText()
        place = next((n for n, column in enumerate(columns) if column.node == node), 0)
        if not place or self._shape != (columns[place - 1].units, columns[place].units):
            return None
        return Link(place, *self.index)

    def _draw(self, trace: StepTrace | None) -> None:
        self._views.neurons.drawing.mark(self._link if trace is not None else None)
        if self._drawn != (trace, self.stage):
            self._drawn = trace, self.stage
            self._views.show_stage(trace, self.stage)


def _fill(box: NoWheelComboBox, names: list[str], first: int = 0) -> None:
    """Offer other names; keep the choice if it is still there, else choose ``first``."""
    if [box.itemText(n) for n in range(box.count())] != names:
        chosen = box.currentText()
        box.clear()
        box.addItems(names)
        box.setCurrentIndex(place if (place := box.findText(chosen)) >= 0 else first)
