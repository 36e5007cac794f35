"""Start and control one training at a time, which runs in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.graph_ends import same_but_rate, same_training
from netbuilder.core.project.model import Project
from netbuilder.ui.services.jobs import relay_to_gui
from netbuilder.ui.services.model_store import ModelState, Source
from netbuilder.ui.services.project_store import ProjectStore
from netbuilder.ui.services.runs.run_observation import RunObservation, WatchedProbes
from netbuilder.ui.services.runs.run_progress import STEP, RunProgress
from netbuilder.ui.services.runs.run_record import RunOverlays, RunRecord, RunSpeed, RunState
from netbuilder.ui.services.runs.training_thread import (
    RunEnd,
    RunOrder,
    TrainingThread,
    explain_failure,
)
from netbuilder.ui.services.workbench import Workbench

if TYPE_CHECKING:
    from netbuilder.core.data.data_facts import DataFacts
    from netbuilder.core.data.dataset import Dataset
    from netbuilder.core.engine.manual_weights import WeightIndex
    from netbuilder.core.engine.session import Session
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.engine.weight_history import WeightHistory
    from netbuilder.ui.services.runs.interrupted_runs import InterruptedRun


def can_continue_as(
    project: Project, facts: DataFacts | None, trained: TrainedModel | None
) -> bool:
    """Return whether a network can continue training as ``project`` with data like its own."""
    from netbuilder.core.data.defaults import resolve_defaults

    if facts is None or trained is None:
        return False
    parts = [(f.input_shapes, f.output_classes, f.vocabulary) for f in (facts, trained.facts)]
    if parts[0] != parts[1]:
        return False
    project = resolve_defaults(project, facts)
    return same_training(replace(project, data=trained.project.data), trained.project)


class Runner(QObject):
    """Start and control a run; its parts observe, change and record it.

    Attributes:
        state: of the run.
        record: the run on show: its project, curves and progress.
        observation, probes: follow it, and what live views watch in it.
        speed, changes: change its speed, its network and its data.
        overlays: earlier runs to compare with.

    Signals (all on the GUI thread):
        state_changed: ``state`` changed, or ``speed``.
        began: a run began, or the previous one is shown again; ``record`` is another object.
        not_kept(error): the trained network could not be saved in Runs.
        ended: the run is over; see ``workbench.models.trained`` or ``workbench.run_error``.
    """

    state_changed = Signal()
    began = Signal()
    not_kept = Signal(object)
    ended = Signal()

    def __init__(
        self, store: ProjectStore, workbench: Workbench, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._store, self._workbench = store, workbench
        self.state = RunState.IDLE
        self.record = RunRecord()
        self.overlays = RunOverlays(self)
        self.speed, self.changes = RunSpeed(self), RunChanges(self)
        self.probes = WatchedProbes(self, self)
        self._thread = TrainingThread(relay_to_gui(self, self._was_not_kept))
        self.observation = RunObservation(self, self._thread, self.probes, self)
        self.observation.ended.connect(self._finish)
        store.changed.connect(self.changes.follow_project)

    @property
    def may_start(self) -> bool:
        return not self.state.active and self._workbench.keras_state != "failed"

    @property
    def differs(self) -> bool:
        return self.record.differs(self._store.project)

    def start(
        self,
        project: Project | None = None,
        *,
        interrupted: InterruptedRun | None = None,
        first: Callable[[Session], object] | None = None,
        on_from: TrainedModel | None = None,
        more: int = 0,
        other_data: bool = False,
        spread: bool = True,
    ) -> None:
        """Train the current project, or resume an interrupted run.

        ``first`` is called with the session before its first step. With ``on_from``, training
        continues from that network for ``more`` epochs; ``other_data``: it was trained on other
        rows. Without ``spread``, the speed Watch does not slow the run down.
        """
        if self.state.active:
            return
        current = project or self._store.project, self._workbench.base
        project, base = current if interrupted is None else (interrupted.project, interrupted.base)
        self.record = RunRecord(project, before=self.record)
        self.record.tracker.planned = project.training.epochs
        self.speed.spreads = spread
        order = RunOrder(project, base, interrupted, on_from, more, other_data)
        self._thread.begin(self.record, order, lambda session: self._ready(session, first))
        self._launched(_("Reading the data…"), _("Reading…"))
        self._workbench.set_run_error(None)
        self.began.emit()

    def train_more(self, epochs: int, first: Callable[[Session], object] | None = None) -> None:
        """Add epochs to the run; ``first`` is called with the session before its next step."""
        trained, session = self._workbench.models.trained, self.record.session
        if self.continues_on_other_text:
            self.start(on_from=trained, more=epochs, first=first, other_data=True)
            return
        other = session is None or not (self.state.active or session.leads_to(trained))
        if other and trained is not None and self.may_train_more:
            project = self.record.project or trained.project
            self.start(project, on_from=trained, more=epochs, first=first)
            return

        def more(session: Session) -> None:
            session.train_more(epochs)
            if first is not None:
                first(session)

        self.request(more, stands=first is not None)

    @property
    def may_go_on(self) -> bool:
        waits = self.state in (RunState.PREPARING, RunState.STOPPING)
        return self.record.session is not None and not waits

    @property
    def continues_on_other_text(self) -> bool:
        """Whether a text of the same words was chosen since, with which training can go on."""
        trained, facts = self._workbench.models.trained, self._workbench.facts
        project = self._store.project
        if self.state.active or trained is None or project.data == trained.project.data:
            return False
        return bool(trained.facts.generates) and can_continue_as(project, facts, trained)

    @property
    def may_train_more(self) -> bool:
        """Whether there are weights to continue from: of a run or an opened file."""
        trained = self._workbench.models.trained
        opened = trained is not None and bool(trained.project.data.kind)
        return self.may_go_on or (self.record.session is None and opened and self.may_start)

    def request(self, call: Callable[[Session], object], *, stands: bool = False) -> None:
        """Apply a request to the session, continuing an ended one; ``stands``: it stays paused."""
        session = self.record.session
        if session is None or not self.may_go_on:
            return
        call(session)
        if not self.state.active:
            self._workbench.set_run_error(None)
            self.speed.apply(session)
            if self.speed.chosen is STEP and not stands:
                session.step()
            self._thread.go_on(self.record, session)
            self._launched(_("Continuing…"))

    @property
    def keeps_best(self) -> bool:
        trained, tracker = self._workbench.models.trained, self.record.tracker
        ended = trained is not None and not trained.set_by_hand and not self.state.active
        return ended and 0 < tracker.best_epoch == (tracker.curves.kept_epoch or tracker.epoch)

    def toggle_pause(self) -> None:
        """Pause or resume; at the speed Step, do one step."""
        session = self.record.session
        if session is None:
            return
        if self.state.paused and self.speed.chosen is STEP:
            session.step()
        elif self.state.paused:
            session.resume()
        elif self.state is RunState.RUNNING:
            session.pause()

    def stop(self, *, discard: bool = False) -> None:
        """End the run and keep its network, unless ``discard``."""
        if self.state.active:
            self._thread.stop(discard=discard)
            if not discard:
                self.observation.set_progress(RunProgress(_("Stopping…")))
            self.set_state(RunState.STOPPING)

    def step(self) -> None:
        self._run_and_pause(lambda session: session.step())

    def one_epoch(self) -> None:
        self._run_and_pause(lambda session: session.one_epoch())

    def _run_and_pause(self, request: Callable[[Session], object]) -> None:
        """Take steps of the run under way, of the unchanged trained network, or of a new run."""
        trained = self._workbench.models.trained
        if self.state.running and self.record.session is not None:
            request(self.record.session)
        elif (
            trained is not None
            and self.may_train_more
            and not replace(self.record, project=self.record.project or trained.project).differs(
                self._store.project
            )
        ):
            self.train_more(1, request)
        elif self.may_start:
            self.start(first=request)

    @property
    def weight_history(self) -> WeightHistory | None:
        session = self.record.session
        if (
            session is None
            or self.state.active
            or not session.leads_to(self._workbench.models.trained)
        ):
            return None
        return session.weight_history

    def stop_after_epoch(self) -> None:
        if self.record.session is not None and self.state.active:
            self.record.session.stop_after_epoch()

    def close(self, seconds: float = 5.0) -> bool:
        """Stop and wait; return False on timeout. All events are processed if it ended."""
        self.stop()
        ended = self._thread.join(seconds)
        self.observation.close(ended=ended)
        return ended

    def forget(self) -> None:
        if not self.state.active:
            self.show(RunRecord())

    def _launched(self, *words: str) -> None:
        self.speed.begin()
        self.observation.begin(RunProgress(words[0], short=words[1:]))

    def _ready(self, session: Session, first: Callable[[Session], object] | None) -> None:
        """Prepare a new session; called on its thread."""
        self.observation.prepare(session)
        session.keep_weights()
        self.speed.apply(session, spread=self.speed.spreads)
        if first is not None:
            first(session)
        elif self.speed.chosen is STEP:
            session.step()

    def _finish(self, end: RunEnd) -> None:
        from netbuilder.core.engine.history_columns import epoch_row

        observation = self.observation
        before = self.record.before if end.trained is None else None
        if before is not None:  # the new run made no step
            self.show(before)
        self.set_state(RunState.IDLE)
        error = observation.failure or end.error
        if end.trained is not None:
            reason = observation.reason if error is None else "failed"
            speed = end.trained.steps_per_second if end.trained.slowed else 0.0
            tracker, session = self.record.tracker, self.record.session
            observation.set_progress(tracker.end(reason, speed, end.trained.project.training))
            tracker.curves.kept_epoch = end.trained.kept_epoch
            tracker.curves.kept = epoch_row(end.trained.history, end.trained.kept_epoch)
            run_id = session.run_id if session is not None and end.kept else ""
            state = ModelState(end.trained, Source.RUN, end.evaluation, run_id)
            self._workbench.models.submit(state)
        else:
            self._workbench.models.withdraw_snapshot()
            if before is None:
                observation.set_progress(None)
        if error is not None:
            self._workbench.set_run_error(explain_failure(error, observation.begun, end.trained))
        if end.not_kept is not None:
            self.not_kept.emit(end.not_kept)
        observation.curves_changed.emit()
        self.ended.emit()

    def _was_not_kept(self, error: UserError | None) -> None:
        models, session = self._workbench.models, self.record.session
        if session is not None and models.state.run_id == session.run_id:
            models.submit(replace(models.state, run_id=""))
        if error is not None:
            self.not_kept.emit(error)

    def show(self, record: RunRecord) -> None:
        """Show a run that has ended."""
        self.record = record
        self.observation.progress_changed.emit()
        self.began.emit()
        for notice in record.notices:
            self.observation.noticed.emit(notice)

    def set_state(self, state: RunState) -> None:
        if state is not self.state and not (self.state is RunState.STOPPING and state.running):
            self.state = state
            self._workbench.set_training(state.active, paused=state.paused)
            self.state_changed.emit()


class RunChanges(QObject):
    """Changes to the network and the data of a run, which may also continue one that ended."""

    def __init__(self, run: Runner) -> None:
        super().__init__(run)
        self._run = run

    def go_back_to_best(self) -> None:
        self._run.request(lambda session: session.go_back_to_best())

    def go_back_before_raise(self) -> None:
        self._run.request(lambda session: session.go_back_before_raise())

    def reset_weights(self, seed: int | None = None) -> None:
        self._run.request(lambda session: session.reset_weights(seed))

    def rewind(self) -> None:
        def back(session: Session) -> None:
            session.rewind()
            session.pause()

        self._run.request(back, stands=True)

    def set_weights(self, values: Mapping[WeightIndex, float]) -> None:
        """Set these weights in a paused run; a snapshot follows."""
        session = self._run.record.session
        if self._run.state.paused and session is not None:
            session.set_weights(values)

    def set_learning_rate(self, rate: float) -> None:
        session = self._run.record.session
        if session is not None:
            session.set_learning_rate(rate)

    def follow_project(self, old: Project, new: Project) -> None:
        """Apply a learning rate that was changed in the settings to the run under way."""
        before, rate = (p.training.optimizer.params.get("learning_rate") for p in (old, new))
        changed = self._run.state.active and before != rate
        if changed and isinstance(rate, (int, float)) and same_but_rate(old, new):
            self.set_learning_rate(rate)

    def take_data(self, project: Project, dataset: Dataset) -> bool:
        """Replace the run's data from its next epoch on; return whether the network is the same."""
        session = self._run.record.session
        if session is None or not self._run.state.running or not session.takes(project, dataset):
            return False
        session.set_data(project, dataset)
        return True
