"""The search for better settings, on the page Compare."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox, QLabel, QPushButton, QWidget

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, noop as N_, pgettext
from netbuilder.core.wording import (
    as_sentence,
    capitalize_first,
    format_number,
    join_sentences,
    join_values,
)
from netbuilder.ui.forms.boxes import CountBox, NoWheelComboBox
from netbuilder.ui.plots.bars import BarList
from netbuilder.ui.plots.parallel_coordinates import ParallelCoordinatesPlot
from netbuilder.ui.plots.sparkline import finite_values
from netbuilder.ui.results.empty_states import missing_step_sentence
from netbuilder.ui.results.runs_panel import RunsPanel
from netbuilder.ui.results.search_dimensions import DimensionRows
from netbuilder.ui.results.trial_rows import trial_id, trial_rows
from netbuilder.ui.services.project_store import begins_anew
from netbuilder.ui.services.runs.experiment_runner import ExperimentRunner
from netbuilder.ui.services.runs.runner import Runner
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.style import theme
from netbuilder.ui.style.shortcuts import key_text
from netbuilder.ui.widgets.empty_state import EmptyStatePage
from netbuilder.ui.widgets.labels import note_label, section
from netbuilder.ui.widgets.layouts import FlowLayout, flow, hbox
from netbuilder.ui.widgets.role_boxes import CardList, RoleBox

if TYPE_CHECKING:
    from netbuilder.core.project.model import Project
    from netbuilder.core.results.tuning.study import Study, StudyPlan
    from netbuilder.core.results.tuning.trial import Trial

_METHODS = ((N_("automatic"), ""), ("grid", "grid"), ("random", "random"), ("bayes", "bayes"))


class ExperimentsPanel(QWidget):
    """The search space and its results; the trials are rows of ``runs``."""

    def __init__(
        self,
        experiments: ExperimentRunner,
        workbench: Workbench,
        runner: Runner,
        runs: RunsPanel,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._store, self._workbench, self._runner = workbench.store, workbench, runner
        self.variants, self.runs = experiments, runs
        self.waiting = EmptyStatePage.filling(self, "", "rows")
        page = self.waiting.page_layout
        page.addWidget(
            note_label(
                _(
                    "Search for better settings: the network is trained once for each trial, the "
                    "lowest validation loss wins."
                ),
                self,
            )
        )
        self.varied = DimensionRows(lambda: workbench.store.project, self)
        page.addWidget(self.varied)
        self.add, self.method, self.trials = (
            NoWheelComboBox(self),
            NoWheelComboBox(self),
            CountBox(1, 1, self),
        )
        self.jobs = CountBox(1, 1, self)
        self.start = QPushButton(pgettext("button", "Start"), self)
        self.best = QPushButton(_("Apply the best trial"), self)
        page.addLayout(self._choices())
        self.planned = note_label("", self)
        page.addWidget(self.planned)
        self.cards = CardList(self)
        page.addWidget(self.cards)
        self.words = note_label("", self)
        page.addWidget(self.words)
        self.parallel = ParallelCoordinatesPlot(self)
        self.importance_title = section(_("Importance"), self)
        self.importance = BarList(self)
        for widget in (self.parallel, self.importance_title, self.importance):
            page.addWidget(widget)
        page.addStretch(1)
        self.under_way: dict[str, Trial] = {}
        self._plan: StudyPlan | None = None  # what a click would try
        self._applied: Project | None = None  # with the variant that was put on the canvas
        self._taken_told, self._taken_words = False, ""
        self._suggest()
        self.varied.set_lines(self._suggestions[:2])
        self._connect()
        self._tell_plan()
        self._set_as_then()
        self._show()

    def _connect(self) -> None:
        store, workbench = self._store, self._workbench
        self.start.clicked.connect(self._start_or_stop)
        self.best.clicked.connect(lambda _checked=False: self._take())
        self.runs.trial_requested.connect(self._take)
        self.variants.found.connect(self._set_as_then)
        self.variants.changed.connect(self._show)
        self.variants.grew.connect(self._grow)
        theme.theme().changed.connect(self._show)
        store.changed.connect(self._follow)
        self.varied.changed.connect(self._tell_plan)
        self.method.currentIndexChanged.connect(self._tell_plan)
        self.trials.valueChanged.connect(self._tell_plan)
        begins_anew(store, self.method, self.trials)
        store.project_replaced.connect(self.cards.clear)
        for signal in (workbench.problems_changed, workbench.facts_changed):
            signal.connect(self._look)

    def _choices(self) -> FlowLayout:
        self.add.setAccessibleName(_("Add a setting to search"))
        self.add.activated.connect(self._add)
        self.add.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.add.setMinimumContentsLength(8)
        for title, name in _METHODS:
            self.method.addItem(_(title), name)
        self.method.setAccessibleName(_("Search method"))
        self.trials.setRange(1, 1000)
        self.trials.setValue(12)
        self.trials.setAccessibleName(_("Number of trials"))
        self.jobs.setRange(1, os.cpu_count() or 1)
        self.jobs.setAccessibleName(_("Trials at once"))
        self.jobs.setToolTip(
            _(
                "Number of trials that run at once, each in its own process, as memory "
                "allows; 1: in this process"
            )
        )
        return flow(
            self.add,
            self.method,
            _pair(_("trials"), self.trials),
            _pair(_("at once"), self.jobs),
            self.start,
            self.best,
        )

    def _look(self) -> None:
        lacks = missing_step_sentence(self._workbench)
        if lacks and self.variants.study is None and not self.variants.running:
            self.waiting.wait(lacks)
        else:
            self.waiting.ready()

    def _follow(self) -> None:
        """Drop dimensions that do not exist in the new project."""
        self._suggest()
        self.varied.keep_known()
        if not self.varied.rows:
            self.varied.set_lines(self._suggestions[:2])
        self._tell_plan()
        if (self._store.project is self._applied) != self._taken_told:
            self._tell_found()
        self._look()

    def _tell_plan(self) -> None:
        from netbuilder.core.results.tuning.study import Study, make_plan

        self._plan = None
        self._name_start()
        try:
            self._plan = make_plan(
                self._store.project, self._workbench.base, self.varied.lines(),
                self.trials.value(), str(self.method.currentData()),
            )  # fmt: skip
        except UserError as error:
            self.planned.setText(str(error))
            return
        self.planned.setText(as_sentence(self._plan.words))
        self._name_start()
        if self.variants.study is None:
            self.parallel.show_study(Study(self._plan))

    def _name_start(self) -> None:
        variants = self.variants
        words = pgettext("button", "Start")
        if variants.running:
            words = _("Stop")
        elif self._plan is not None and variants.goes_on(self._plan):
            words = _("Continue")
        self.start.setText(words)

    def _set_as_then(self) -> None:
        """Restore the options of the study that was found, so that a click continues it."""
        from netbuilder.core.results.tuning.search_space import format_dimension

        study = self.variants.study
        if study is not None:
            plan = study.plan
            self.varied.set_lines([format_dimension(dimension) for dimension in plan.varied])
            self.method.setCurrentIndex(max(self.method.findData(plan.method), 0))
            self.trials.setValue(plan.trials or plan.count)

    def _suggest(self) -> None:
        from netbuilder.core.results.tuning.search_space import display_name, suggestions

        self._suggestions = suggestions(self._store.project)
        self.add.clear()
        self.add.addItem(_("Add…"))
        for line in self._suggestions:
            self.add.addItem(display_name(line.partition("=")[0], self._store.project), line)

    def _add(self, index: int) -> None:
        if index > 0:
            self.varied.add(str(self.add.itemData(index)))
        self.add.setCurrentIndex(0)

    def _start_or_stop(self) -> None:
        if self.variants.running:
            self.variants.stop()
            self.start.setEnabled(False)
            return
        self.cards.clear()
        if self._runner.state.active or self._workbench.keras_state != "ready":
            words = (
                as_sentence(capitalize_first(self._workbench.run_words))
                if self._runner.state.active
                else _("Keras is loading.")
            )
            self.cards.add(RoleBox("info", words, _("Try again when it is done."), self))
            return
        self.variants.start(
            self.varied.lines(),
            str(self.method.currentData()),
            self.trials.value(),
            at_once=self.jobs.value(),
        )

    def _take(self, name: str = "") -> None:
        study = self.variants.study
        trials = study.trials if study is not None else ()
        chosen = next((trial for trial in trials if trial_id(trial) == name), None)
        try:
            self.variants.take(chosen)
        except UserError as error:
            self.cards.clear()
            self.cards.add(RoleBox("error", error.what, error.fix, self))
            return
        self._applied = self._store.project
        self._taken_words = (
            _("Best values applied. Press {key} to undo.", key=key_text("Ctrl+Z"))
            if chosen is None
            else _("Values of this trial applied. Press {key} to undo.", key=key_text("Ctrl+Z"))
        )
        self._tell_found()

    def _tell_found(self) -> None:
        study = self.variants.study
        if study is None:
            return
        self._taken_told = self._store.project is self._applied
        words = self._said_of(study)
        self.words.setText(f"{self._taken_words}\n{words}" if self._taken_told else words)

    def _grow(self, values: dict[str, object], curve: tuple[float, ...]) -> None:
        from netbuilder.core.results.tuning.trial import Trial

        trial = Trial(values, None, len(curve), curve=curve)
        is_new = trial_id(trial) not in self.under_way
        self.under_way[trial_id(trial)] = trial
        if is_new:
            self._show_trials()
        else:
            self.runs.draw_curve(trial_id(trial), finite_values(curve))

    def _show(self) -> None:
        variants, study = self.variants, self.variants.study
        self._name_start()
        self.start.setEnabled(True)
        if variants.error is not None:
            self.cards.clear()
            error = variants.error
            self.cards.add(RoleBox("error", error.what, error.fix, self))
        # Those under way come again with their next epoch.
        self.under_way.clear()
        self._look()
        best = study.best if study is not None else None
        self.best.setVisible(best is not None)
        shares = study.importance if study is not None else {}
        self.importance_title.setVisible(any(share > 0 for share in shares.values()))
        self._show_trials()
        if study is None or not study.trials:
            self.importance.hide()
            self.words.setText(_("Running the first trial…") if variants.running else "")
            return
        self._tell_found()
        names = self._names(study)
        self.importance.show_rows(
            [
                (names[path], part, format_number(part, ".0%"))
                for path, part in sorted(shares.items(), key=lambda pair: -pair[1])
                if part > 0
            ],
            top=1.0,
        )

    def _show_trials(self) -> None:
        from netbuilder.core.results.tuning.study import Study

        study, plan = self.variants.study, self.variants.plan
        study = Study(plan) if study is None and plan is not None else study
        if study is not None:
            self.parallel.show_study(study)
        self.runs.show_trials(trial_rows(study, self.under_way.values()) if study else [])

    def _said_of(self, study: Study) -> str:
        from netbuilder.core.engine.runs.differences import format_setting
        from netbuilder.core.results.tuning.trial import describe_score as measured

        done = _("{done} of {total} trials done", done=len(study.trials), total=study.plan.count)
        best = study.best
        if best is None or best.score is None:
            return join_sentences((as_sentence(done), study.failure))
        names = self._names(study)
        values = join_values(
            f"{names[path]} {format_setting(v)}" for path, v in best.values.items()
        )
        scores_of = [
            f"{study.plan.measure} {format_number(best.score)}",
            measured(best.measured, best.unit),
        ]
        scores = join_values(part for part in scores_of if part)
        told_best = _(
            "Best so far: {values} ({scores} after epoch {epoch})",
            values=values, scores=scores, epoch=best.best_epoch,
        )  # fmt: skip
        keeps = _("It keeps the best epoch") if best.best_epoch < best.epochs else ""
        summary = join_sentences(as_sentence(part) for part in (done, told_best, keeps) if part)
        if not study.caution or self.variants.running:
            return summary
        alike = _("In the table they are marked ≈.") if study.as_good else ""
        return f"{summary}\n⚠ {join_sentences((study.caution, alike))}"

    def _names(self, study: Study) -> dict[str, str]:
        from netbuilder.core.results.tuning.search_space import display_name

        return {
            dimension.path: display_name(dimension.path, study.plan.project)
            for dimension in study.plan.varied
        }


def _pair(words: str, box: CountBox) -> QWidget:
    pair = QWidget(box.parentWidget())
    label = QLabel(words, pair)
    label.setBuddy(box)
    hbox(label, box, parent=pair, margins=0)
    return pair
