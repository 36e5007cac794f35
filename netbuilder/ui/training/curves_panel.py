"""The page Curves: the run's curves and controls."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QLabel, QMenu, QProgressBar, QPushButton, QWidget

from netbuilder.core.error_texts import sentences_of
from netbuilder.core.i18n import gettext as _, localized, noop as N_
from netbuilder.core.project.graph_ends import changed_since
from netbuilder.core.project.model import Project
from netbuilder.core.wording import as_sentence, join_sentences
from netbuilder.ui.forms.boxes import CountBox, NoWheelSlider
from netbuilder.ui.services.derived import Derived
from netbuilder.ui.services.model_store import ModelState, Source
from netbuilder.ui.services.project_store import ProjectStore, begins_anew
from netbuilder.ui.services.runs.last_run_restorer import keep_results
from netbuilder.ui.services.runs.manual_weight_editor import EpochViewer
from netbuilder.ui.services.runs.run_progress import (
    duration_sentence,
    format_results,
    format_start,
    previous_run_sentence,
)
from netbuilder.ui.services.runs.runner import RunChanges, Runner
from netbuilder.ui.services.views.evaluation_service import EvaluationService
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.style import theme
from netbuilder.ui.style.font_scale import scaled
from netbuilder.ui.training.training_messages import Buttons, TrainingMessage, TrainingMessages
from netbuilder.ui.widgets.accessible_roles import scrolled_page
from netbuilder.ui.widgets.empty_state import Invitation
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import flow, hbox, prepared, vbox

if TYPE_CHECKING:
    from netbuilder.core.engine.events import Diagnosis
    from netbuilder.core.engine.runs.run_store import Run
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.evaluate import Evaluation
    from netbuilder.ui.services.runs.run_record import RunRecord
    from netbuilder.ui.training.curve_view import CurveView

LOWEST, HIGHEST, STEPS = -6.0, 0.0, 120


class RateSlider(QWidget):
    """A logarithmic slider of the learning rate, from 0.000001 to 1."""

    changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        label = prepared(QLabel(_("Learning rate"), self), role="field")
        self.slider = NoWheelSlider(Qt.Orientation.Horizontal, self)
        self.slider.setRange(0, STEPS)
        self.slider.setPageStep(20)
        self.slider.setAccessibleName(_("Learning rate"))
        self.slider.setToolTip(_("Size of each training step; you can change it during training"))
        label.setBuddy(self.slider)
        self.value = QLabel(self)
        self._size()
        theme.theme().changed.connect(self._size)
        self.value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        hbox(label, (self.slider, 1), self.value, parent=self, margins=0, spacing=12)
        self.slider.valueChanged.connect(self._moved)

    def _size(self) -> None:
        """Keep digits as large as the text beside them."""
        self.value.setFont(theme.fixed_font(theme.SMALL))
        self.value.setMinimumWidth(self.value.fontMetrics().horizontalAdvance("0.000000"))

    def show_rate(self, rate: float | None) -> None:
        """Show a rate; None: a schedule that a slider cannot show."""
        self.slider.setEnabled(rate is not None)
        if rate is None:
            self.value.setText("schedule")
            return
        self.value.setText(rate_text(rate))
        blocked = self.slider.blockSignals(True)
        if rate > 0:
            part = (math.log10(rate) - LOWEST) / (HIGHEST - LOWEST)
            self.slider.setValue(round(STEPS * min(max(part, 0.0), 1.0)))
        self.slider.blockSignals(blocked)

    def _moved(self, place: int) -> None:
        rate = float(f"{10 ** (LOWEST + (HIGHEST - LOWEST) * place / STEPS):.2g}")
        self.value.setText(rate_text(rate))
        self.changed.emit(rate)


def rate_text(rate: float) -> str:
    """Return a learning rate in at most eight characters."""
    plain = rate >= 1e-6
    return localized(f"{rate:.6f}".rstrip("0").rstrip(".") if plain else f"{rate:.1e}")


class LoadingBar(QWidget):
    """Visible while TensorFlow is loaded: a sentence, and a bar that moves."""

    def __init__(self, workbench: Workbench, parent: QWidget) -> None:
        super().__init__(parent)
        self._workbench = workbench
        words = note_label(_("TensorFlow is loading. Training can start in a moment."), self)
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.bar = QProgressBar(self)
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(_("Loading progress"))
        vbox(words, self.bar, parent=self, margins=(0, 8, 0, 16))
        self._timer = QTimer(self, interval=50)
        self._timer.timeout.connect(lambda: self.bar.setValue(round(1000 * workbench.loading_part)))
        workbench.keras_changed.connect(self._show_state)
        self._show_state()

    def _show_state(self, _state: str = "") -> None:
        loading = self._workbench.keras_state == "loading"
        self.setVisible(loading)
        self._timer.start() if loading else self._timer.stop()


def another_seed() -> int:
    """Return a random seed."""
    return random.randrange(1, 2**31)


class RunButtons(QWidget):
    """Train more, restore the best epoch, restart."""

    def __init__(self, runner: Runner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self.count = CountBox(1, 100_000, self)
        theme.theme().changed.connect(self._grow)
        self._grow()
        self.count.setValue(20)
        self.count.setAccessibleName(_("Number of additional epochs"))
        self.more = self._button(_("Train more"), _("Train for this many more epochs"))
        self.best = self._button(_("Go to best epoch"))
        self.best.setObjectName("go_to_best")
        self.reset = self._button(_("Reset"), _("Start again with initial weights"))
        flow(self.count, self.more, self.best, self.reset, parent=self)
        self.more.clicked.connect(lambda: runner.train_more(self.count.value()))
        self.best.clicked.connect(lambda _checked=False: runner.changes.go_back_to_best())
        menu = QMenu(self.reset)
        # Not the method itself: an action brings whether it is checked, which is no seed.
        menu.addAction(_("With the same seed"), lambda: runner.changes.reset_weights(None))
        menu.addAction(_("With another seed"), lambda: runner.changes.reset_weights(another_seed()))
        self.reset.setMenu(menu)
        runner.observation.progress_changed.connect(self.refresh)
        self.refresh()

    def _grow(self) -> None:
        self.count.setMaximumWidth(scaled(68))

    def refresh(self) -> None:
        """Enable what the runner can do."""
        runner = self._runner
        self.more.setEnabled(runner.may_train_more)
        self.reset.setEnabled(runner.may_go_on)
        best = runner.record.tracker.best_epoch
        self.best.setEnabled(runner.may_go_on and best > 0 and not runner.keeps_best)
        self.best.setToolTip(
            _("The network has the weights of its best epoch already")
            if runner.keeps_best
            else _("Restore the weights of the best epoch")
        )
        self.best.setText(
            _("Go to best epoch ({number})", number=best) if best else _("Go to best epoch")
        )

    def _button(self, title: str, tip: str = "") -> QPushButton:
        return prepared(QPushButton(title, self), small=True, toolTip=tip)


def _previous(_trained: TrainedModel, run_id: str) -> str:
    from netbuilder.core.engine.runs.run_store import list_runs, load_run

    return previous_run_sentence(load_run(run_id), list_runs())


#: What the button of a notice changes in the run, by ``RunFix.action``.
_CHANGES = {
    "go_back_to_best": RunChanges.go_back_to_best,
    "go_back_before_raise": RunChanges.go_back_before_raise,
}
#: What the project differs in from the run, and what takes that back; see ``changed_since``.
_DIFFERS = {
    "network": (N_("The network differs from the network of this run."), N_("Restore the network")),
    "data": (N_("The data differs from the data of this run."), N_("Restore the data")),
    "": (N_("The settings differ from those of this run."), N_("Restore the settings")),
}


class CurvesPanel(QWidget):
    """The current run, its messages, and controls to continue."""

    def __init__(
        self,
        store: ProjectStore,
        workbench: Workbench,
        runner: Runner,
        evaluation_service: EvaluationService,
        save_model: Callable[[], object],
        show_panel: Callable[[str], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._store, self._workbench, self._runner = store, workbench, runner
        self._evaluation_service, self._show_panel = evaluation_service, show_panel
        self._save_model = save_model
        self._curves: CurveView | None = None
        self.epochs = EpochViewer(workbench.models, runner, self)
        self._stops: Diagnosis | None = None  # whose fix goes back to the best epoch
        #: The run that fine-tunes, and the evaluation of the network that it started from.
        self._fine_tuning: tuple[RunRecord | None, Evaluation | None] = None, None
        self._since: tuple[TrainedModel | None, str] = None, ""  # compared with the run before
        self._previous = Derived(
            self, _previous, self._tell_previous, of=lambda: workbench.models.trained
        )
        self._head = hbox(spacing=4)
        self._run_area = scrolled_page(self._run_page(), _("Curves"), self)
        vbox(self._head, (self._run_area, 1), parent=self, margins=(16, 8, 16, 8), spacing=8)
        runner.began.connect(self._began)
        runner.observation.curves_changed.connect(self._grew)
        runner.overlays.changed.connect(self._overlay)
        runner.observation.noticed.connect(self._noticed)
        runner.observation.withdrawn.connect(self._withdraw)
        runner.state_changed.connect(self._state_changed)
        for signal in (runner.observation.progress_changed, runner.observation.curves_changed):
            signal.connect(self._follow_rate)
        runner.ended.connect(self._ended)
        workbench.models.changed.connect(self._model_changed)
        workbench.run_error_changed.connect(self._show_error)
        store.changed.connect(self._project_changed)
        self._began()
        self._model_changed(ModelState(), workbench.models.state)
        for notice in runner.record.notices:
            self._noticed(notice)
        self._show_error()
        self.show_result()
        evaluation_service.changed.connect(self.show_result)

    def _withdraw(self, code: str) -> None:
        self.messages.take(f"notice {code}")

    def _run_page(self) -> QWidget:
        page = _RunPage(self)
        layout = vbox(parent=page, margins=0)
        self._run_layout = layout
        self.ghost = Invitation("curves", _("Loss and metrics of the run will appear here."), page)
        layout.addWidget(self.ghost, 1)
        self.loading = LoadingBar(self._workbench, page)
        layout.addWidget(self.loading)
        self.messages = TrainingMessages(page)
        layout.addWidget(self.messages)
        self.rate = RateSlider(page)
        self.rate.changed.connect(self._rate_changed)
        layout.addWidget(self.rate)
        self.buttons = RunButtons(self._runner, page)
        begins_anew(self._store, self.buttons.count)
        layout.addWidget(self.buttons)
        return page

    @property
    def curves(self) -> CurveView:
        """Return the plot, built on first access: pyqtgraph is a fifth of the start."""
        if self._curves is None:
            from netbuilder.ui.training.curve_view import CurveView
            from netbuilder.ui.training.filmstrip import Filmstrip

            self._curves = CurveView(self)
            self._curves.plot.set_overlays(self._runner.overlays.curves)
            self._head.addWidget(self._curves.tools)
            self._curves.show_training(self._runner.state.active, paused=self._runner.state.paused)
            self.film = Filmstrip(self._runner, self._workbench, self._place_of_epoch, self)
            self._run_layout.insertWidget(0, self._curves, 1)
            self._run_layout.insertWidget(1, self.film)
            self._show_ghost()
            self.film.placed.connect(self._curves.plot.place_cursor)
            box = self._curves.plot.getPlotItem().getViewBox()
            box.sigXRangeChanged.connect(lambda *_range: self.film.update())
            self._curves.plot.placed.connect(self._show_epoch)
        return self._curves

    def _place_of_epoch(self, epoch: float) -> float:
        plot = self.curves.plot
        box = plot.getPlotItem().getViewBox()
        spot = plot.mapFromScene(box.mapViewToScene(QPointF(epoch, 0.0)))
        return float(self.film.mapFromGlobal(plot.mapToGlobal(spot)).x())

    @property
    def says_result(self) -> bool:
        """Return whether the run's result is visible here."""
        current = self.messages.shown
        visible = not self.messages.visibleRegion().isEmpty()
        return visible and current is not None and current.key == "result"

    def _show_ghost(self) -> None:
        runner, trained = self._runner, self._workbench.models.trained
        empty = runner.record.project is None and not runner.overlays.curves and trained is None
        self.ghost.setVisible(empty)
        for widget in (self.rate, self.buttons):
            widget.setHidden(empty)
        if self._curves is not None:
            self._curves.setHidden(empty)
            self._curves.tools.setHidden(empty)
            if empty:
                self._run_layout.insertWidget(self._run_layout.indexOf(self.rate), self.messages)
            elif self.messages.parent() is not self._curves.plot:
                self._run_layout.removeWidget(self.messages)
                self._curves.hold(self.messages)

    def _show_epoch(self, epoch: float | None) -> None:
        """Show previews and surface of the epoch under the cursor."""
        if epoch is None:
            self.epochs.withdraw()
            self.film.choose(None)
        elif not self._runner.state.active:
            self.epochs.show(epoch)

    def make_ready(self) -> None:
        """Build the plot before a run begins."""
        if not self._runner.state.active:
            assert self.curves is not None

    def _began(self) -> None:
        project = self._runner.record.project
        if project is not None or self._curves is not None:
            tracker = self._runner.record.tracker
            self.curves.show_run(tracker.curves, tracker.planned)
        self._stops = None
        self.messages.take_all("notice")
        self.messages.take("result")
        self._show_differs()
        self._show_rate()
        self.show_result()
        self._show_ghost()

    def _overlay(self) -> None:
        self.curves.plot.set_overlays(self._runner.overlays.curves)
        self.curves.grow(self._runner.record.tracker.planned)
        self._show_ghost()

    def _grew(self) -> None:
        self.curves.grow(self._runner.record.tracker.planned)

    def _ended(self) -> None:
        if self._stops is not None:
            self._noticed(self._stops)
        self._show_differs()

    def _state_changed(self) -> None:
        self.rate.setEnabled(True)
        if self._curves is not None:
            self._curves.show_training(self._runner.state.active, paused=self._runner.state.paused)
        self.buttons.refresh()
        self._show_rate()
        self._show_differs()
        self.show_result()
        self._show_ghost()

    def _model_changed(self, old: ModelState, new: ModelState) -> None:
        trained, another = new.model, old.model is not new.model
        if trained is not None and another and self._runner.record.project is None:
            # A model was opened: its file holds the curves of the run that made it.
            from netbuilder.ui.plots.run_curves import RunCurves

            self.curves.show_run(RunCurves.of_model(trained), trained.epochs)
        self.buttons.refresh()
        self._show_ghost()

    def _noticed(self, notice: Diagnosis) -> None:
        fix = notice.fix
        buttons: tuple[tuple[str, Callable[[], object]], ...] = ()
        if fix is not None and fix.action == "train_more":
            # The one control for training on offers so many epochs.
            self.buttons.count.setValue(fix.amount)
        elif fix is not None:
            stops = fix.action == "go_back_to_best"
            self._stops = notice if stops else self._stops
            later = stops and not self._runner.state.active
            label = _("Keep the best epoch, and stop early next time") if later else fix.label
            buttons = ((label, partial(self._fix, notice, label)),)
        role = "warning" if notice.severity == "warning" else "info"
        self.messages.put(
            TrainingMessage(f"notice {notice.code}", role, notice.title, notice.message, buttons)
        )

    def _fix(self, notice: Diagnosis, label: str) -> None:
        """Fix the project, and the current run if possible; ``label``: of the undo step."""
        fix = notice.fix
        assert fix is not None
        self._store.apply(label, fix.edit)
        if (change := _CHANGES.get(fix.action)) is not None:
            change(self._runner.changes)
        self._stops = None
        self.messages.take(f"notice {notice.code}")

    def _show_error(self) -> None:
        error = self._workbench.run_error
        if error is None:
            self.messages.take("error")
            return
        begun = self._runner.observation.begun
        title = _("The training failed") if begun else _("Training could not start")
        self.messages.put(TrainingMessage("error", "error", title, str(error)))

    def show_result(self) -> None:
        """Show what came of the run; no file is offered before an audience."""
        trained, active = self._workbench.models.trained, self._runner.state.active
        if trained is None and not active and self._runner.record.recalled is not None:
            self._show_recalled(self._runner.record.recalled)
            return
        if trained is None or active:
            self.messages.take("result")
            self._previous.cancel()
            return
        duration = duration_sentence(trained.epochs, trained.seconds, slowed=trained.slowed)
        took, progress = _("Trained {duration}", duration=duration), self._runner.record.progress
        words = as_sentence(progress.words) if progress is not None and progress.early else ""
        if trained.set_by_hand:
            words = sentences_of("training")("set_by_hand", count=trained.set_by_hand)
        worse = self._worse_than_baseline()
        presented = bool(self.window().property("presented"))
        buttons: Buttons = () if presented else ((_("Save .h5"), self._save_model),)
        buttons += ((_("Evaluate"), partial(self._show_panel, "evaluate")),)
        from netbuilder.core.results.fine_tuning import fine_tuning_sentence, may_fine_tune

        evaluation, tuning = self._workbench.models.state.settled.evaluation, ""
        if may_fine_tune(trained.project, evaluation) and not self._runner.differs:
            buttons += ((_("Fine-tune"), self._fine_tune),)
            tuning = fine_tuning_sentence()
        since = self._fine_tuning_gain() or self._since_previous(trained)
        self.messages.put(
            TrainingMessage(
                "result",
                "warning" if worse else "info",
                took,
                join_sentences((words, worse, since, tuning)),
                buttons,
                always=True,
            )
        )

    def _fine_tune(self) -> None:
        from netbuilder.core.results.fine_tuning import EPOCHS, fine_tuned

        models = self._workbench.models
        trained, before = models.trained, models.state.settled.evaluation
        if trained is None or not self._runner.may_start:
            return
        step = _("Fine-tune the backbone")
        exchange = keep_results(step, self._workbench, self._runner)
        self._store.replace_document(step, fine_tuned(self._store.project), None, exchange)
        self._runner.start(on_from=trained, more=EPOCHS, spread=False)
        self._fine_tuning = self._runner.record, before

    def _fine_tuning_gain(self) -> str:
        """Return the effect of fine-tuning on the test set; "" if unknown or another run."""
        run, before = self._fine_tuning
        after = self._workbench.models.state.settled.evaluation
        if run is not self._runner.record or before is None or after is None or after is before:
            return ""
        from netbuilder.core.results.fine_tuning import gain_sentence

        return gain_sentence(before, after)

    def _worse_than_baseline(self) -> str:
        """Return a note if a baseline is better on the test set; else ""."""
        evaluation = self._workbench.models.state.settled.evaluation
        if evaluation is None:
            return ""
        from netbuilder.core.results.headline import headline

        head = headline(evaluation)
        figure = as_sentence(_("Test set: {results}", results=head.figure))
        return join_sentences((figure, head.worse)) if head.worse else ""

    def _since_previous(self, trained: TrainedModel) -> str:
        """Return whether the run is better than the previous one, once known."""
        state, session = self._workbench.models.state.settled, self._runner.record.session
        run_id = state.run_id
        if not run_id and state.source is Source.RUN and session is not None:
            run_id = session.run_id  # of a large network the record holds the numbers alone
        if not run_id:
            self._previous.cancel()
            return ""
        self._previous.follow(trained, run_id)
        return self._since[1] if self._since[0] is trained else ""

    def _tell_previous(self, words: str) -> None:
        self._since = self._previous.inputs[0], words
        self.show_result()

    def _show_recalled(self, run: Run) -> None:
        from netbuilder.core.engine.runs.run_store import network_path

        took = duration_sentence(run.epochs, run.seconds, slowed=run.slowed)
        took = _("Last run ({start}): {duration}", start=format_start(run), duration=took)
        words = format_results(run.test)
        if not network_path(run.id).is_file():
            gone = _("Its weights are only in the .h5 file that you exported.")
            words = join_sentences((as_sentence(words) if words else "", gone))
        self.messages.put(TrainingMessage("result", "info", took, words))

    def _show_differs(self) -> None:
        runner = self._runner
        if not runner.differs:
            self.messages.take("differs")
            return
        trained_project = runner.record.project
        change = (
            changed_since(trained_project, self._store.project)
            if trained_project is not None
            else ""
        )
        differs, restore = (_(words) for words in _DIFFERS[change])
        if runner.state.active:
            then = _("Changes apply to the next run.")
        elif runner.continues_on_other_text:
            then = _("“Train more” continues this network with the new text.")
        elif self._workbench.models.trained is not None:
            then = _("Curves and Understand still show the trained version.")
        else:
            then = ""
        self.messages.put(
            TrainingMessage(
                "differs", "info", "", join_sentences((differs, then)),
                ((restore, partial(self._bring_back, trained_project)),),
            )
        )  # fmt: skip

    def _bring_back(self, project: Project | None) -> None:
        if project is not None:
            self._store.apply(_("Restore the trained version"), lambda _project: project)

    def _show_rate(self) -> None:
        """Show the current rate; after an edit of the network, that of the settings."""
        runner = self._runner
        params = self._store.project.training.optimizer.params
        planned = params.get("learning_rate", 0.001)
        rate = planned if isinstance(planned, (int, float)) else None
        goes_on = runner.may_go_on and not runner.differs and rate is not None
        tracker = runner.record.tracker
        if tracker.learning_rate is not None and (runner.state.active or goes_on):
            rate = tracker.learning_rate
        self.rate.show_rate(rate)

    def _follow_rate(self) -> None:
        """Follow a schedule, unless the slider is being moved."""
        if self._runner.state.running and not self.rate.slider.isSliderDown():
            self._show_rate()

    def _rate_changed(self, rate: float) -> None:
        # After a run the plan changes for the next one, and the run for being trained more.
        self._runner.changes.set_learning_rate(rate)
        if self._runner.state.active:
            return
        from netbuilder.core.project import edits
        from netbuilder.core.project.model import Choice

        def change(project: Project) -> Project:
            old = project.training.optimizer
            new = Choice(old.name, {**old.params, "learning_rate": rate})
            return edits.set_training(project, optimizer=new)

        self._store.apply(
            _("Change learning rate"), change, merge="training/optimizer/learning_rate"
        )

    def _project_changed(self, old: Project, new: Project) -> None:
        if old.training is not new.training:
            self._show_rate()
        self._show_differs()


class _RunPage(QWidget):
    """As high as its words need at the current width; Qt would assume the narrowest."""

    def minimumSizeHint(self) -> QSize:
        layout = self.layout()
        assert layout is not None
        return QSize(layout.totalMinimumSize().width(), 0)
