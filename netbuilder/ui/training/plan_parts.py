"""Parts of the training plan that come in numbers: goals of several outputs, callbacks."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from netbuilder.core.catalog.spec import Kind, ObjectSpec, Param
from netbuilder.core.catalog.training.training_index import CALLBACKS, LOSSES, METRICS
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project.model import Choice, OutputSettings
from netbuilder.ui.forms.choice_editor import ChoiceForm
from netbuilder.ui.forms.param_form import ParamForm
from netbuilder.ui.forms.parsing import UNSET
from netbuilder.ui.training.metrics_editor import MetricsEditor
from netbuilder.ui.widgets.labels import heading, note_label

_WEIGHT = (
    Param("loss_weight", Kind.FLOAT, 1.0, N_("weight of this output in the total loss"), 0.0),
)


class OutputForm(QWidget):
    """Loss, metrics and weight of one of several outputs. ``edited(goal, merge key)``."""

    edited = Signal(object, str)

    def __init__(self, output: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._goal = OutputSettings()
        self.loss = ChoiceForm("loss", LOSSES, self, automatic=True)
        self.metrics = MetricsEditor(METRICS, self)
        self.weight = ParamForm(_WEIGHT, self, about="loss")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for widget in (
            heading(_("Output “{name}”", name=output), self),
            self.loss,
            self.metrics,
            self.weight,
        ):
            layout.addWidget(widget)
        self.loss.edited.connect(lambda choice, merge: self._take(merge, loss=choice))
        self.metrics.edited.connect(lambda chosen: self._take("", metrics=chosen))
        self.weight.edited.connect(
            lambda _name, value: self._take(
                "weight", loss_weight=1.0 if value is UNSET else float(value)
            )
        )

    def show_goal(self, goal: OutputSettings) -> None:
        """Show what the project says."""
        self._goal = goal
        self.loss.show_choice(goal.loss)
        self.metrics.show_choices(goal.metrics)
        self.weight.show_values({"loss_weight": goal.loss_weight})

    def set_automatic(self, task: str, loss: str, metrics: tuple[str, ...]) -> None:
        """Say what "automatic" stands for."""
        self.loss.set_task(task)
        self.loss.set_automatic(loss)
        self.metrics.set_task(task, metrics)

    def _take(self, merge: str, **changes: Any) -> None:
        self._goal = replace(self._goal, **changes)
        self.edited.emit(self._goal, merge)


class CallbackRow(QWidget):
    """A tick, what it does, and its arguments while it is on. ``edited(choice or None, merge)``."""

    edited = Signal(object, str)

    def __init__(self, spec: ObjectSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._spec = spec
        self._choice: Choice | None = None
        self._form: ParamForm | None = None
        self.box = QCheckBox(spec.display_title, self)
        self.box.setToolTip(spec.explanation)
        help_line = note_label(spec.explanation, self)
        help_line.setContentsMargins(22, 0, 0, 0)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(2)
        self._layout.addWidget(self.box)
        self._layout.addWidget(help_line)
        self.box.clicked.connect(self._toggle)

    def show_choice(self, choice: Choice | None) -> None:
        """Show whether it is on, and its arguments."""
        self._choice = choice
        self.box.setChecked(choice is not None)
        if choice is not None and self._form is None and self._spec.params:
            self._form = ParamForm(self._spec.params, self, about="callback")
            self._form.setContentsMargins(22, 0, 0, 4)
            self._form.edited.connect(self._argument)
            self._layout.addWidget(self._form)
        if self._form is not None:
            self._form.setVisible(choice is not None)
            if choice is not None:
                self._form.show_values(choice.params)

    def _toggle(self, on: bool) -> None:
        self.show_choice(Choice(self._spec.name, self._spec.start_params()) if on else None)
        self.edited.emit(self._choice, "")

    def _argument(self, name: str, value: Any) -> None:
        if self._choice is None:
            return
        params = {key: held for key, held in self._choice.params.items() if key != name}
        if value is not UNSET:
            params[name] = value
        self._choice = Choice(self._spec.name, params)
        self.edited.emit(self._choice, f"{self._spec.name}/{name}")


class CallbacksForm(QWidget):
    """What happens while it trains, as ticks. ``edited(tuple of choices, merge key)``."""

    edited = Signal(object, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choices: tuple[Choice, ...] = ()
        self.rows: dict[str, CallbackRow] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for name, spec in CALLBACKS.items():
            row = CallbackRow(spec, self)
            row.edited.connect(partial(self._take, name))
            self.rows[name] = row
            layout.addWidget(row)

    def show_choices(self, choices: tuple[Choice, ...]) -> None:
        """Show what the project says."""
        self._choices = choices
        by_name = {choice.name: choice for choice in choices}
        for name, row in self.rows.items():
            row.show_choice(by_name.get(name))

    def _take(self, name: str, choice: Choice | None, merge: str) -> None:
        kept = [one if one.name != name else choice for one in self._choices]
        if choice is not None and name not in {one.name for one in self._choices}:
            kept.append(choice)
        self._choices = tuple(one for one in kept if one is not None)
        self.edited.emit(self._choices, merge)
