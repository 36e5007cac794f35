"""Run one training at a time in its own thread, and process its events in batches.

The session's events go into a queue, which the GUI thread empties at most thirty times a second.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.graph_ends import same_but_rate, same_training
from netbuilder.core.project.model import Project
from netbuilder.ui.services.jobs import relay_to_gui
from netbuilder.ui.services.language import language
from netbuilder.ui.services.model_store import ModelState, Source
from netbuilder.ui.services.project_store import ProjectStore
from netbuilder.ui.services.runs.run_progress import (
    FULL,
    STEP,
    WATCH,
    RedrawThrottle,
    RunProgress,
    Speed,
    ViewThrottle,
)
from netbuilder.ui.services.runs.training_thread import (
    AskedProbes,
    RunEnd,
    RunOrder,
    RunRecord,
    RunState,
    TrainingThread,
    explain_failure,
)
from netbuilder.ui.services.settings import remember, settings
from netbuilder.ui.services.workbench import Workbench

if TYPE_CHECKING:
    from netbuilder.core.data.data_facts import DataFacts
    from netbuilder.core.data.dataset import Dataset
    from netbuilder.core.engine.manual_weights import WeightIndex
    from netbuilder.core.engine.monitor.observer import Probe
    from netbuilder.core.engine.runs.run_store import Run
    from netbuilder.core.engine.session import Session
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.engine.weight_history import WeightHistory
    from netbuilder.ui.plots.run_curves import RunCurves
    from netbuilder.ui.services.runs.interrupted_runs import InterruptedRun
    from netbuilder.ui.services.runs.run_tracker import RunTracker

#: Interval of processing events: shorter than that of probe answers, or some are not drawn.
FRAME_MS = 16
#: Seconds of a frame for processing events.
HALF_FRAME = 0.008
_SPEED_SETTING = "speed"


def remembered_speed() -> Speed:
    """Return the speed that the user chose last; Watch by default."""
    return FULL if settings().value(_SPEED_SETTING) == FULL.id else WATCH


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
    """Starts, controls and follows a run.

    Signals (all on the GUI thread):
        state_changed: ``state`` changed.
        curves_changed: ``curves`` have new points.
        progress_changed: ``run.progress`` changed.
        began: a run began, or the previous one is shown again; ``curves`` is another object.
        noticed(notice): the training monitor found a problem.
        withdrawn(code): that problem no longer exists.
        probed(answer): the newest answer to a probe of ``watch``.
        data_changed: the run continues with other data; see ``project`` and ``dataset``.
        overlays_changed: ``overlays``, earlier runs to compare with, changed.
        halted: the user paused the run, or a single step of it ended.
        stood(trained): the current network, for ``ask_standing``.
        told(words): a message, such as why the run waits.
        not_kept(error): the trained network could not be saved in Runs.
        ended: the run is over; see ``workbench.models.trained`` or ``workbench.run_error``.
    """

    state_changed = Signal()
    curves_changed = Signal()
    progress_changed = Signal()
    began = Signal()
    noticed = Signal(object)
    withdrawn = Signal(str)
    probed = Signal(object)
    halted = Signal()
    stood = Signal(object)
    told = Signal(str)
    not_kept = Signal(object)
    overlays_changed = Signal()
    data_changed = Signal()
    ended = Signal()

    def __init__(
        self, store: ProjectStore, workbench: Workbench, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._store, self._workbench = store, workbench
        self.state = RunState.IDLE
        self.run = RunRecord()
        self.overlays: dict[str, RunCurves] = {}
        self.compared: dict[str, Run] = {}  # the runs of the overlays by name
        self._work = TrainingThread(relay_to_gui(self, self._was_not_kept))
        self.probes = AskedProbes()
        self.begun = False
        self.speed = FULL
        self._finishing = self._slowed = False
        self._spread = True
        self._redraw_throttle = RedrawThrottle()
        self._view_throttle = ViewThrottle()
        self._reason = "done"
        self._failure: UserError | None = None
        self._timer = QTimer(self, interval=FRAME_MS)
        self._timer.timeout.connect(self._drain)
        store.changed.connect(self._project_changed)
        language().changed.connect(self._render_again)

    def _render_again(self) -> None:
        tracker = self.run.tracker
        if tracker is not None and self.running:
            self._set_progress(tracker.progress(paused=self.paused, chosen=self.speed))
        elif tracker is not None and tracker.result is not None and not self.active:
            self._set_progress(tracker.result())

    def _project_changed(self, old: Project, new: Project) -> None:
        """Apply a learning rate that was changed in the settings to the run under way."""
        rates = [p.training.optimizer.params.get("learning_rate") for p in (old, new)]
        rate = rates[1]
        if not self.active or rates[0] == rate or not isinstance(rate, (int, float)):
            return
        if same_but_rate(old, new):
            self.set_learning_rate(rate)

    @property
    def tracker(self) -> RunTracker:
        # NumPy is imported here because it takes a sixth of the startup time.
        if self.run.tracker is None:
            from netbuilder.ui.plots.run_curves import RunCurves
            from netbuilder.ui.services.runs.run_tracker import RunTracker

            self.run.tracker = RunTracker(RunCurves(self.project.name if self.project else ""), 0)
        return self.run.tracker

    @property
    def project(self) -> Project | None:
        return self.run.project

    @property
    def session(self) -> Session | None:
        return self._work.session

    @property
    def curves(self) -> RunCurves:
        return self.tracker.curves

    @property
    def active(self) -> bool:
        return self.state is not RunState.IDLE

    @property
    def running(self) -> bool:
        return self.state in (RunState.RUNNING, RunState.PAUSED)

    @property
    def paused(self) -> bool:
        return self.state is RunState.PAUSED

    @property
    def may_start(self) -> bool:
        return not self.active and self._workbench.keras_state != "failed"

    @property
    def differs(self) -> bool:
        return self.run.differs(self._store.project)

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
        if self.active:
            return
        current = project or self._store.project, self._workbench.base
        project, base = current if interrupted is None else (interrupted.project, interrupted.base)
        self.run = RunRecord(project, before=self.lay_aside())
        self.tracker.planned = project.training.epochs
        self._work.session = None
        self._spread = spread
        order = RunOrder(project, base, interrupted, on_from, more, other_data)
        self._work.begin(order, lambda session: self._ready(session, first))
        self._launched(_("Reading the data…"), _("Reading…"))
        self._workbench.set_run_error(None)
        self.began.emit()

    def train_more(self, epochs: int, first: Callable[[Session], object] | None = None) -> None:
        """Add epochs to the run; ``first`` is called with the session before its next step."""
        trained, session = self._workbench.models.trained, self.session
        if self.continues_on_other_text:
            self.start(on_from=trained, more=epochs, first=first, other_data=True)
            return
        other = session is None or not (self.active or session.leads_to(trained))
        if other and trained is not None and self.may_train_more:
            project = self.project or trained.project
            self.start(project, on_from=trained, more=epochs, first=first)
            return

        def more(session: Session) -> None:
            session.train_more(epochs)
            if first is not None:
                first(session)

        self._ask(more, stands=first is not None)

    def go_to_best(self) -> None:
        self._ask(lambda session: session.go_back_to_best())

    def take_data(self, project: Project, dataset: Dataset) -> bool:
        """Replace the run's data from its next epoch on; return whether the network is the same."""
        session = self.session
        if session is None or not self.running or not session.takes(project, dataset):
            return False
        session.set_data(project, dataset)
        return True

    def set_weights(self, values: Mapping[WeightIndex, float]) -> None:
        """Set these weights in a paused run; ``stood`` follows."""
        if self.paused and self.session is not None:
            self.session.set_weights(values)

    def reset_weights(self, seed: int | None = None) -> None:
        self._ask(lambda session: session.reset_weights(seed))

    def set_overlays(
        self, overlays: dict[str, RunCurves], compared: dict[str, Run] | None = None
    ) -> None:
        """Show the curves of earlier runs by name; ``compared`` holds the runs."""
        self.overlays, self.compared = overlays, compared or {}
        self.overlays_changed.emit()

    def do(self, action: str, amount: int) -> None:
        """Do the action of a notice's button; "" does nothing."""
        match action:
            case "train_more":
                self.train_more(amount)
            case "go_back_to_best":
                self.go_to_best()
            case "go_back_before_raise":
                self._ask(lambda session: session.go_back_before_raise())
            case "reset_weights":
                self.reset_weights()
            case "stop":
                self.stop()

    @property
    def may_go_on(self) -> bool:
        waits = self.state in (RunState.PREPARING, RunState.STOPPING)
        return self.session is not None and not waits

    @property
    def continues_on_other_text(self) -> bool:
        """Whether a text of the same words was chosen since, with which training can go on."""
        trained, facts = self._workbench.models.trained, self._workbench.facts
        project = self._store.project
        if self.active or trained is None or project.data == trained.project.data:
            return False
        return bool(trained.facts.generates) and can_continue_as(project, facts, trained)

    @property
    def may_train_more(self) -> bool:
        """Whether there are weights to continue from: of a run or an opened file."""
        trained = self._workbench.models.trained
        opened = trained is not None and bool(trained.project.data.kind)
        return self.may_go_on or (self.session is None and opened and self.may_start)

    def _ask(self, request: Callable[[Session], object], *, stands: bool = False) -> None:
        """Apply a request to the session, continuing an ended one; ``stands``: it stays paused."""
        session = self.session
        if session is None or not self.may_go_on:
            return
        request(session)
        if not self.active:
            self._workbench.set_run_error(None)
            session.set_speed(self.speed.rate, self.speed.unit, spread=self.speed.spread)
            if self.speed is STEP and not stands:
                session.step()
            self._work.go_on(session)
            self._launched(_("Continuing…"))

    @property
    def planned(self) -> int:
        return self.run.tracker.planned if self.run.tracker is not None else 0

    @property
    def learning_rate(self) -> float | None:
        return self.run.tracker.learning_rate if self.run.tracker is not None else None

    @property
    def best_epoch(self) -> int:
        """The epoch with the lowest (validation) loss, counted from 1; 0: none yet."""
        return self.run.tracker.best_epoch if self.run.tracker is not None else 0

    @property
    def keeps_best(self) -> bool:
        trained, best = self._workbench.models.trained, self.best_epoch
        ended = trained is not None and not trained.set_by_hand and not self.active
        return ended and 0 < best == (self.curves.kept_epoch or self.tracker.epoch)

    def toggle_pause(self) -> None:
        """Pause or resume; at the speed Step, do one step."""
        session = self.session
        if session is None:
            return
        if self.paused and self.speed is STEP:
            session.step()
        elif self.paused:
            session.resume()
        elif self.state is RunState.RUNNING:
            session.pause()

    def stop(self, *, discard: bool = False) -> None:
        """End the run and keep its network, unless ``discard``."""
        if self.active:
            self._work.stop(discard=discard)
            self._set_progress(self.run.progress if discard else RunProgress(_("Stopping…")))
            self._set_state(RunState.STOPPING)

    def set_speed(self, speed: Speed) -> None:
        before, self.speed, self._finishing = self.speed, speed, False
        session = self.session
        if session is not None:
            session.set_speed(speed.rate, speed.unit, spread=speed.spread)
            if speed is STEP and self.state is RunState.RUNNING:
                session.pause()
            elif before is STEP and speed is not STEP and self.paused:
                session.resume()
        self.state_changed.emit()

    def choose_speed(self, speed: Speed) -> None:
        """Set the speed that the user chose; remember Watch and full speed."""
        if speed in (FULL, WATCH):
            remember({_SPEED_SETTING: speed.id})
        self.set_speed(speed)

    @property
    def slowed(self) -> bool:
        return self.running and self._slowed and not self._finishing

    def finish_now(self) -> None:
        if self.session is not None and self.running:
            self._finishing = True
            self.session.set_speed(None)
            if self.paused:
                self.session.resume()
            self.state_changed.emit()

    def step(self) -> None:
        self._run_and_pause(lambda session: session.step())

    def one_epoch(self) -> None:
        self._run_and_pause(lambda session: session.one_epoch())

    def ask_standing(self) -> None:
        """Request a copy of the current network; ``stood`` follows."""
        if self.running and self.session is not None:
            self.session.stand()

    def rewind(self) -> None:
        def back(session: Session) -> None:
            session.rewind()
            session.pause()

        self._ask(back, stands=True)

    def _run_and_pause(self, request: Callable[[Session], object]) -> None:
        """Take steps of the run under way, of the unchanged trained network, or of a new run."""
        trained = self._workbench.models.trained
        if self.running and self.session is not None:
            request(self.session)
        elif (
            trained is not None
            and self.may_train_more
            and not replace(self.run, project=self.project or trained.project).differs(
                self._store.project
            )
        ):
            self.train_more(1, request)
        elif self.may_start:
            self.start(first=request)

    @property
    def weight_history(self) -> WeightHistory | None:
        session = self.session
        if session is None or self.active or not session.leads_to(self._workbench.models.trained):
            return None
        return session.weight_history

    @property
    def dataset(self) -> Dataset | None:
        return self.session.dataset if self.session is not None else None

    def watch(self, probe: Probe) -> None:
        """Answer a probe by ``probed`` during this run and later ones."""
        self.probes.ask(probe)
        if self.session is not None and self.active:
            self.session.watch(probe)

    def unwatch(self, key: str) -> None:
        self.probes.drop(key)
        if self.session is not None and self.active:
            self.session.unwatch(key)

    def stop_after_epoch(self) -> None:
        if self.session is not None and self.active:
            self.session.stop_after_epoch()

    def set_learning_rate(self, rate: float) -> None:
        if self.session is not None:
            self.session.set_learning_rate(rate)

    def close(self, seconds: float = 5.0) -> bool:
        """Stop and wait; return False on timeout. All events are processed if it ended."""
        self.stop()
        ended = self._work.join(seconds)
        self._timer.stop()
        self._drain(math.inf if ended else HALF_FRAME)
        return ended

    def forget(self) -> None:
        if not self.active:
            self.show_again(RunRecord())

    def show_recorded(self, project: Project, run: Run, curves: RunCurves) -> None:
        """Show a recorded run of ``project`` as the last one."""
        from netbuilder.ui.services.runs.run_tracker import RunTracker

        if self.active:
            return
        tracker = RunTracker(curves, max(run.epochs, 1))
        self.show_again(RunRecord(project, run, tracker=tracker))

    def _launched(self, *words: str) -> None:
        self._failure = None
        self.begun = self._finishing = self._slowed = False
        self._set_progress(RunProgress(words[0], short=words[1:]))
        self._set_state(RunState.PREPARING)
        self._view_throttle.begin()
        self._timer.start()

    def _ready(self, session: Session, first: Callable[[Session], object] | None) -> None:
        """Prepare a new session; called on its thread."""
        for probe in self.probes.all():
            session.watch(probe)
        session.stretch_views(self._view_throttle.times)
        session.keep_weights()
        spread = self.speed.spread if self._spread else None
        session.set_speed(self.speed.rate, self.speed.unit, spread=spread)
        if first is not None:
            first(session)
        elif self.speed is STEP:
            session.step()

    def _drain(self, seconds: float = HALF_FRAME) -> None:
        until = time.perf_counter() + seconds
        while self._work.events and time.perf_counter() < until:
            event = self._work.events.popleft()
            if isinstance(event, RunEnd):
                self._finish(event)
                return
            self._redraw_throttle.grown |= self._process(event)
        self.probes.deliver(self.probed.emit, until)
        time_now = time.perf_counter()
        spare = self._slowed or self.speed.rate is not None
        if (
            self._view_throttle.look(time_now, time.thread_time(), spare=spare)
            and self.session is not None
        ):
            self.session.stretch_views(self._view_throttle.times)
        if self._redraw_throttle.curves_due(time_now, self._view_throttle.times):
            if self._redraw_throttle.words_due(time_now) and self.state is not RunState.STOPPING:
                self._set_progress(self.tracker.progress(paused=self.paused, chosen=self.speed))
                spread = (self.speed.spread if self._spread else None) or 0.0
                if (slowed := self.tracker.needed < spread) is not self._slowed:
                    self._slowed = slowed
                    self.state_changed.emit()
            self.curves_changed.emit()

    def _process(self, event: Any) -> bool:
        """Process an event; return whether the curves have changed."""
        from netbuilder.core.engine import events
        from netbuilder.core.engine.runs.differences import loss_titles

        if self.tracker.take(event):
            if self.paused and getattr(event, "what", "") in ("best", "reset"):
                self.halted.emit()
            return True
        match event:
            case events.ProbeAnswered():
                self.probes.answer(event)
            case events.Preparing():
                self._set_progress(RunProgress(event.text, short=(event.short or event.text,)))
            case events.Started():
                self._redraw_throttle.begin(time.perf_counter())
                self.begun = True
                self.run.before = None
                self.curves.loss = (
                    loss_titles(self.session.project.training) if self.session else ""
                )
                self._set_state(RunState.RUNNING)
            case events.Paused():
                self._set_state(RunState.PAUSED)
                self._set_progress(self.tracker.progress(paused=True, chosen=self.speed))
                if event.reason:
                    self.told.emit(event.reason)
                else:
                    self.halted.emit()
            case events.Resumed():
                self._set_state(RunState.RUNNING)
            case events.Finished():
                self._reason = event.reason
            case events.Failed():
                self._failure = event.error
            case _:
                self._process_rare(event)
        return False

    def _process_rare(self, event: Any) -> None:
        from netbuilder.core.engine import events

        match event:
            case events.PausedModel():
                self.stood.emit(event.trained)
            case events.DiagnosisAdded():
                self.run.notices.append(event.notice)
                self.noticed.emit(event.notice)
            case events.DiagnosisWithdrawn():
                self.run.notices = [
                    notice for notice in self.run.notices if notice.code != event.code
                ]
                self.withdrawn.emit(event.code)
            case events.DataReplaced():
                self.run.project = event.project
                self.data_changed.emit()
                self.state_changed.emit()

    def _finish(self, end: RunEnd) -> None:
        from netbuilder.core.engine.history_columns import epoch_row

        self._timer.stop()
        before = self.run.before if end.trained is None else None
        if before is not None:  # the new run made no step
            self.show_again(before)
        self._set_state(RunState.IDLE)
        error = self._failure or end.error
        if end.trained is not None:
            reason = self._reason if error is None else "failed"
            speed = end.trained.steps_per_second if end.trained.slowed else 0.0
            self._set_progress(self.tracker.end(reason, speed, end.trained.project.training))
            self.curves.kept_epoch = end.trained.kept_epoch
            self.curves.kept = epoch_row(end.trained.history, end.trained.kept_epoch)
            run_id = self.session.run_id if self.session is not None and end.kept else ""
            state = ModelState(end.trained, Source.RUN, end.evaluation, run_id)
            self._workbench.models.submit(state)
        else:
            self._workbench.models.withdraw_snapshot()
            if before is None:
                self._set_progress(None)
        if error is not None:
            self._workbench.set_run_error(explain_failure(error, self.begun, end.trained))
        if end.not_kept is not None:
            self.not_kept.emit(end.not_kept)
        self.curves_changed.emit()
        self.ended.emit()

    def _was_not_kept(self, error: UserError | None) -> None:
        models = self._workbench.models
        if self.session is not None and models.state.run_id == self.session.run_id:
            models.submit(replace(models.state, run_id=""))
        if error is not None:
            self.not_kept.emit(error)

    def lay_aside(self) -> RunRecord:
        self.run.session = self.session
        return self.run

    def show_again(self, run: RunRecord) -> None:
        self.run, self._work.session = run, run.session
        self.progress_changed.emit()
        self.began.emit()
        for notice in self.run.notices:
            self.noticed.emit(notice)

    def _set_state(self, state: RunState) -> None:
        if state is not self.state and not (
            self.state is RunState.STOPPING and state in (RunState.RUNNING, RunState.PAUSED)
        ):
            self.state = state
            self._workbench.set_training(self.active, paused=self.paused)
            self.state_changed.emit()

    def _set_progress(self, progress: RunProgress | None) -> None:
        if progress != self.run.progress:
            self.run.progress = progress
            self.progress_changed.emit()
