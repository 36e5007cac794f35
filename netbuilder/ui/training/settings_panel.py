"""The page Settings: loss, optimizer, epochs, batch size and callbacks of the next run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QApplication, QCheckBox, QMenu, QWidget

from netbuilder.core.catalog.catalog_file import param_of
from netbuilder.core.catalog.spec import Kind, ObjectSpec, Param
from netbuilder.core.catalog.training.training_index import CALLBACKS, LOSSES, METRICS, OPTIMIZERS
from netbuilder.core.errors import UserError
from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _, noop as N_, pgettext
from netbuilder.core.project import edits
from netbuilder.core.project.model import Choice, OutputSettings, Project
from netbuilder.core.wording import join_values
from netbuilder.ui.forms.choice_editor import ChoiceForm, ChooseRow
from netbuilder.ui.forms.param_form import ParamForm, fold_button
from netbuilder.ui.forms.parsing import UNSET
from netbuilder.ui.services.project_store import ProjectStore
from netbuilder.ui.services.settings import level
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.widgets.accessible_roles import scrolled_page
from netbuilder.ui.widgets.labels import heading, note_label
from netbuilder.ui.widgets.layouts import STRETCH, dispose, prepared, vbox
from netbuilder.ui.widgets.problem_cards import ProblemCards


class MetricsEditor(ChooseRow):
    """``edited(tuple of choices, or None for automatic)``."""

    edited = Signal(object)

    def __init__(self, specs: Mapping[str, ObjectSpec], parent: QWidget | None = None) -> None:
        super().__init__("metrics", parent=parent)
        self._specs = specs
        self._task = ""
        self._chosen: tuple[Choice, ...] | None = None
        self._automatic: tuple[str, ...] = ()
        self.menu.setToolTipsVisible(True)
        self.menu.aboutToShow.connect(self._fill)
        self._show()

    def set_task(self, task: str, automatic: tuple[str, ...]) -> None:
        self._task, self._automatic = task, automatic
        self._show()

    def show_choices(self, chosen: tuple[Choice, ...] | None) -> None:
        self._chosen = chosen
        self._show()

    def _show(self) -> None:
        names = self._names
        text = join_values(map(self._title, names)) or pgettext("metrics", "none")
        if self._chosen is None:
            text = (
                _("automatic: {names}", names=text) if names else pgettext("metrics", "automatic")
            )
        self.show_text(text)
        self.button.setToolTip(text)

    @property
    def _names(self) -> tuple[str, ...]:
        return self._automatic if self._chosen is None else tuple(c.name for c in self._chosen)

    def _title(self, name: str) -> str:
        return self._specs[name].display_title if name in self._specs else name

    def _fill(self) -> None:
        self.menu.clear()
        automatic = prepared(self.menu.addAction(pgettext("metrics", "automatic")), checkable=True)
        automatic.setChecked(self._chosen is None)
        automatic.triggered.connect(lambda _checked=False: self._set(None))
        self.menu.addSeparator()
        chosen = self._names
        fitting: list[ObjectSpec] = []
        others: list[ObjectSpec] = []
        for spec in self._specs.values():
            fits = not self._task or not spec.tasks or self._task in spec.tasks
            (fitting if fits or spec.name in chosen else others).append(spec)
        for spec in fitting:
            self._entry(self.menu, spec, chosen)
        if others:
            more = self.menu.addMenu(_("For other kinds of target"))
            more.setToolTipsVisible(True)
            for spec in others:
                self._entry(more, spec, chosen)

    def _entry(self, menu: QMenu, spec: ObjectSpec, chosen: tuple[str, ...]) -> None:
        entry = prepared(menu.addAction(spec.display_title), checkable=True)
        entry.setChecked(spec.name in chosen)
        entry.setToolTip(spec.explanation)
        # Not ``partial``: PySide would not pass whether the entry is checked.
        entry.triggered.connect(lambda on, name=spec.name: self._toggle(name, on))

    def _toggle(self, name: str, on: bool) -> None:
        chosen = self._chosen
        if chosen is None:
            chosen = tuple(Choice(metric) for metric in self._automatic)
        others = tuple(choice for choice in chosen if choice.name != name)
        start = Choice(name, self._specs[name].start_params())
        self._set((*others, start) if on else others)

    def _set(self, chosen: tuple[Choice, ...] | None) -> None:
        self.show_choices(chosen)
        self.edited.emit(chosen)


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
        vbox(
            heading(_("Output “{name}”", name=output), self),
            self.loss,
            self.metrics,
            self.weight,
            parent=self,
            margins=0,
            spacing=4,
        )
        self.loss.edited.connect(lambda choice, merge: self._take(merge, loss=choice))
        self.metrics.edited.connect(lambda chosen: self._take("", metrics=chosen))
        self.weight.edited.connect(
            lambda _name, value: self._take(
                "weight", loss_weight=1.0 if value is UNSET else float(value)
            )
        )

    def show_goal(self, goal: OutputSettings) -> None:
        self._goal = goal
        self.loss.show_choice(goal.loss)
        self.metrics.show_choices(goal.metrics)
        self.weight.show_values({"loss_weight": goal.loss_weight})

    def set_automatic(self, task: str, loss: str, metrics: tuple[str, ...]) -> None:
        self.loss.set_task(task)
        self.loss.set_automatic(loss)
        self.metrics.set_task(task, metrics)

    def _take(self, merge: str, **changes: Any) -> None:
        self._goal = replace(self._goal, **changes)
        self.edited.emit(self._goal, merge)


class CallbackRow(QWidget):
    """A checkbox, a description, and arguments if checked. ``edited(choice or None, merge)``."""

    edited = Signal(object, str)

    def __init__(self, spec: ObjectSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._spec = spec
        self._choice: Choice | None = None
        self._form: ParamForm | None = None
        self.box = prepared(QCheckBox(spec.display_title, self), toolTip=spec.explanation)
        help_line = note_label(spec.explanation, self)
        help_line.setContentsMargins(24, 0, 0, 0)
        self._layout = vbox(self.box, help_line, parent=self, margins=0, spacing=4)
        self.box.clicked.connect(self._toggle)

    def show_choice(self, choice: Choice | None) -> None:
        self._choice = choice
        self.box.setChecked(choice is not None)
        if choice is not None and self._form is None and self._spec.params:
            self._form = ParamForm(self._spec.params, self, about="callback")
            self._form.setContentsMargins(24, 0, 0, 4)
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
        params = {key: argument for key, argument in self._choice.params.items() if key != name}
        if value is not UNSET:
            params[name] = value
        self._choice = Choice(self._spec.name, params)
        self.edited.emit(self._choice, f"{self._spec.name}/{name}")


class CallbacksForm(QWidget):
    """Callbacks as checkboxes. ``edited(tuple of choices, merge key)``."""

    edited = Signal(object, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choices: tuple[Choice, ...] = ()
        self.rows: dict[str, CallbackRow] = {}
        for name, spec in CALLBACKS.items():
            row = self.rows[name] = CallbackRow(spec, self)
            row.edited.connect(partial(self._take, name))
        vbox(*self.rows.values(), parent=self, margins=0)

    def show_choices(self, choices: tuple[Choice, ...]) -> None:
        self._choices = choices
        by_name = {choice.name: choice for choice in choices}
        for name, row in self.rows.items():
            row.show_choice(by_name.get(name))

    def _take(self, name: str, choice: Choice | None, merge: str) -> None:
        callbacks = [callback if callback.name != name else choice for callback in self._choices]
        if choice is not None and name not in {callback.name for callback in self._choices}:
            callbacks.append(choice)
        self._choices = tuple(callback for callback in callbacks if callback is not None)
        self.edited.emit(self._choices, merge)


_LENGTH = tuple(map(param_of, resource_json("catalog.json")["training"]))
#: What the level Basic shows, beside loss and optimizer.
_BASIC = frozenset({"epochs", "batch_size", "learning_rate"})
#: Where a problem of the plan is said: ``Problem.field``.
_FIELDS = ("batch_size", "loss", "metrics", "optimizer")


class PlanForm(QWidget):
    """Shows and edits the store's training settings."""

    def __init__(
        self, store: ProjectStore, workbench: Workbench, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._store, self._workbench = store, workbench
        #: Settings that were asked for, a lesson's "Show" say: shown whatever the level.
        self._requested: set[str] = set()
        self.length = ParamForm(_LENGTH, self, about="training")
        self.length.edited.connect(self._edit_length)
        self.loss = ChoiceForm("loss", LOSSES, self, automatic=True)
        self.loss.edited.connect(lambda c, merge: self._edit("loss", merge, loss=c))
        self.metrics = MetricsEditor(METRICS, self)
        self.metrics.edited.connect(lambda chosen: self._edit("metrics", "", metrics=chosen))
        self._goals = vbox(self.loss, self.metrics)
        self.outputs: dict[str, OutputForm] = {}
        self.optimizer = ChoiceForm("optimizer", OPTIMIZERS, self)
        self.optimizer.edited.connect(lambda c, merge: self._edit("optimizer", merge, optimizer=c))
        self.complaints = {field: ProblemCards(store.apply, self) for field in _FIELDS}
        self.callbacks_button = fold_button(self)
        self.callbacks_button.toggled.connect(self._unfold_callbacks)
        self.callbacks: CallbacksForm | None = None
        batch_size, loss, metrics, optimizer = self.complaints.values()
        rows = (self.length, batch_size, self._goals, loss, metrics, self.optimizer, optimizer)
        self._layout = vbox(*rows, self.callbacks_button, STRETCH, parent=self, margins=0)
        store.changed.connect(self._project_changed)
        level().changed.connect(self._follow_level)
        workbench.facts_changed.connect(self._show_automatic)
        workbench.facts_changed.connect(self._show_steps)
        for signal in (workbench.problems_changed, workbench.problems_on_canvas_changed):
            signal.connect(self._show_problems)
        self._show()
        self._show_automatic()
        self._show_problems()

    @property
    def _forms(self) -> list[ParamForm]:
        forms = (self.length, self.loss.form, self.optimizer.form)
        return [form for form in forms if form is not None]

    def unfold(self, name: str) -> None:
        """Expand the section of a setting, and show it even if the level hides it."""
        self._requested.add(name)
        self._show_level()
        if name == "callbacks":
            self.callbacks_button.setChecked(True)
        for form in self._forms:
            if form.folds(name):
                form.unfold(True)

    def field(self, name: str) -> QWidget:
        if name == "callbacks":
            return self.callbacks or self.callbacks_button
        if name in ("loss", "metrics"):
            form = next(iter(self.outputs.values()), self)
            return form.loss if name == "loss" else form.metrics
        for rows in self._forms:
            if name in rows.rows:
                return rows.rows[name].editor
        return self.optimizer

    def _show_problems(self) -> None:
        """Show problems beside their field, with a fix button."""
        for field, cards in self.complaints.items():
            problems = [problem for problem in self._workbench.problems if problem.field == field]
            cards.show_problems(
                (problem for problem in problems if problem.follows is None),
                self._workbench.problems_on_canvas,
            )

    def _show(self) -> None:
        project = self._store.project
        plan = project.training
        self.length.show_values({**vars(plan), "validation_split": project.data.validation_split})
        self.loss.show_choice(plan.loss)
        self.metrics.show_choices(plan.metrics)
        self.optimizer.show_choice(plan.optimizer)
        names = [CALLBACKS[c.name].display_title for c in plan.callbacks if c.name in CALLBACKS]
        self.callbacks_button.setText(
            _("Callbacks: {names}", names=join_values(names) or pgettext("callbacks", "none"))
        )
        if self.callbacks is not None:
            self.callbacks.show_choices(plan.callbacks)
        self._show_steps()
        self._show_outputs()
        self._show_level()

    def _follow_level(self) -> None:
        self._requested.clear()
        self._show_level()

    def _show_level(self) -> None:
        """Hide in Basic what a first lesson does not need, unless the project uses it."""
        basic, plan, extra = (
            level().basic,
            self._store.project.training,
            self._requested | level().lent,
        )
        for form in self._forms:
            form.limit(_BASIC | extra if basic else None)
        uses = plan.metrics is not None or "metrics" in extra
        self.metrics.setVisible(not self.outputs and (not basic or uses))
        uses = bool(plan.callbacks) or "callbacks" in extra
        self.callbacks_button.setVisible(not basic or uses)

    def _show_steps(self) -> None:
        """Tell the optimizer the number of steps, over which schedules are drawn."""
        facts, plan = self._workbench.facts, self._store.project.training
        rows = facts.rows if facts is not None else 0
        self.optimizer.set_steps(math.ceil(rows / max(plan.batch_size, 1)) * plan.epochs)

    def _show_outputs(self) -> None:
        project = self._store.project
        outputs = project.graph.outputs if len(project.graph.outputs) > 1 else ()
        for name in [name for name in self.outputs if name not in outputs]:
            dispose(self.outputs.pop(name))
        for name in outputs:
            if name not in self.outputs:
                form = OutputForm(name, self)
                form.edited.connect(partial(self._edit_output, name))
                self.outputs[name] = form
                self._goals.addWidget(form)
            self.outputs[name].show_goal(project.training.outputs.get(name, OutputSettings()))
        self.loss.setVisible(not outputs)
        self.metrics.setVisible(not outputs)

    def _show_automatic(self) -> None:
        facts = self._workbench.facts
        if facts is None:
            forms: tuple[PlanForm | OutputForm, ...] = (self, *self.outputs.values())
            for form in forms:
                form.loss.set_task("")
                form.loss.set_automatic("")
                form.metrics.set_task("", ())
            return
        from netbuilder.core.data.defaults import loss_for, metrics_for

        def automatic(output: str) -> tuple[str, str, tuple[str, ...]]:
            task = facts.tasks.get(output, facts.task)
            if facts.one_hot and task == "classes":
                task = "one_hot"
            try:
                loss, metrics = loss_for(facts, output), metrics_for(facts, output)
            except UserError:
                return task, "", ()
            return task, loss.name, tuple(metric.name for metric in metrics)

        outputs = self._store.project.graph.outputs
        task, loss, metrics = automatic(outputs[0] if outputs else "")
        self.loss.set_task(task)
        self.loss.set_automatic(loss)
        self.metrics.set_task(task, metrics)
        for name, form in self.outputs.items():
            form.set_automatic(*automatic(name))
        self._show_level()

    def _edit(self, setting: str, merge: str, **changes: Any) -> None:
        self._store.apply(
            _("Change {setting}", setting=setting),
            lambda project: edits.set_training(project, **changes),
            merge=f"training/{merge}" if merge else None,
        )

    def _edit_length(self, name: str, value: Any) -> None:
        if value is UNSET:
            value = next(p.default for p in _LENGTH if p.name == name)
        if name == "validation_split":
            self._store.apply(
                _("Change validation split"),
                lambda project: edits.set_data(project, validation_split=value),
                merge="training/validation_split",
            )
            return
        self._edit(name.replace("_", " "), name, **{name: value})

    def _edit_output(self, output: str, goal: OutputSettings, merge: str) -> None:
        def change(project: Project) -> Project:
            return edits.set_training(project, outputs={**project.training.outputs, output: goal})

        self._store.apply(
            _("Change settings of output {name}", name=output),
            change,
            merge=f"goal/{output}/{merge}" if merge else None,
        )

    def _unfold_callbacks(self, opened: bool) -> None:
        if opened and self.callbacks is None:
            self.callbacks = CallbacksForm(self)
            self.callbacks.edited.connect(
                lambda chosen, merge: self._edit("callbacks", merge, callbacks=chosen)
            )
            self._layout.insertWidget(self._layout.count() - 1, self.callbacks)
            self.callbacks.show_choices(self._store.project.training.callbacks)
        if self.callbacks is not None:
            self.callbacks.setVisible(opened)

    def _project_changed(self, old: Project, new: Project) -> None:
        if (
            old.training is not new.training
            or old.data is not new.data
            or old.graph.outputs != new.graph.outputs
        ):
            self._show()
            if old.graph.outputs != new.graph.outputs:
                self._show_automatic()


class SettingsPanel(QWidget):
    """The training settings as a scrolling form."""

    def __init__(
        self, store: ProjectStore, workbench: Workbench, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.plan = prepared(PlanForm(store, workbench), role="page")
        self._scroll = scrolled_page(self.plan, _("Training settings"), self)
        vbox(self._scroll, parent=self, margins=(16, 8, 16, 8))

    def show_setting(self, name: str) -> None:
        """Scroll to a setting, given the name of its field."""
        self.plan.unfold(name)
        # What was unfolded just now has no place yet.
        QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
        self._scroll.ensureWidgetVisible(self.plan.field(name))

    def show_complaint(self, name: str) -> bool:
        """Scroll to a setting and focus the fix of its problem; return whether there is one."""
        self.show_setting(name)
        cards = self.plan.complaints[name].cards if name in self.plan.complaints else []
        if cards and cards[0].button is not None:
            cards[0].button.setAutoDefault(True)
            cards[0].button.setFocus()
        return bool(cards)
