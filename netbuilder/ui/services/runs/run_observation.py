"""Follow a run: its events, thirty times a second at most, and the probes that views watch."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from netbuilder.core.errors import UserError
from netbuilder.ui.services.language import language
from netbuilder.ui.services.runs.run_progress import RedrawThrottle, RunProgress, ViewThrottle
from netbuilder.ui.services.runs.run_record import RunHost, RunState
from netbuilder.ui.services.runs.training_thread import RunEnd, TrainingThread

if TYPE_CHECKING:
    from netbuilder.core.engine.events import ProbeAnswered
    from netbuilder.core.engine.monitor.observer import Probe
    from netbuilder.core.engine.session import Session

#: Interval of processing events: shorter than that of probe answers, or some are not drawn.
FRAME_MS = 16
#: Seconds of a frame for processing events.
HALF_FRAME = 0.008


class WatchedProbes(QObject):
    """Probes by key, of this run and later ones; only the newest answer per frame counts.

    ``answered(answer)``: the newest answer to a probe.
    """

    answered = Signal(object)

    def __init__(self, run: RunHost, parent: QObject) -> None:
        super().__init__(parent)
        self._run = run
        self._probes: dict[str, Probe] = {}
        self._answers: dict[str, ProbeAnswered] = {}

    def watch(self, probe: Probe) -> None:
        self._probes[probe.key] = probe
        if self._session is not None:
            self._session.watch(probe)

    def unwatch(self, key: str) -> None:
        self._probes.pop(key, None)
        self._answers.pop(key, None)
        if self._session is not None:
            self._session.unwatch(key)

    @property
    def _session(self) -> Session | None:
        return self._run.record.session if self._run.state.active else None

    def all(self) -> tuple[Probe, ...]:
        return tuple(self._probes.values())

    def take(self, answer: ProbeAnswered) -> None:
        if answer.key in self._probes:
            self._answers[answer.key] = answer

    def deliver(self, until: float) -> None:
        """Emit at least one answer, and more until ``until`` (``perf_counter``)."""
        while self._answers:
            self.answered.emit(self._answers.pop(next(iter(self._answers))))
            if time.perf_counter() >= until:
                break


class RunObservation(QObject):
    """Turns the events of the training thread into signals, and into the record of the run.

    Attributes:
        begun: the run has made a step.
        reason, failure: why it ended, and the error if it failed.

    Signals:
        curves_changed: the record's curves have new points.
        progress_changed: its progress changed.
        noticed(notice): the training monitor found a problem.
        withdrawn(code): that problem no longer exists.
        data_changed: the run continues with other data; see the record.
        halted: the user paused the run, or a single step of it ended.
        snapshot(trained): the current network, for ``request_snapshot``.
        message(words): a message, such as why the run waits.
        ended(end): the last event.
    """

    curves_changed = Signal()
    progress_changed = Signal()
    noticed = Signal(object)
    withdrawn = Signal(str)
    data_changed = Signal()
    halted = Signal()
    snapshot = Signal(object)
    message = Signal(str)
    ended = Signal(object)

    def __init__(
        self, run: RunHost, thread: TrainingThread, probes: WatchedProbes, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._run, self._thread, self._probes = run, thread, probes
        self.begun = False
        self.reason = "done"
        self.failure: UserError | None = None
        self._redraw_throttle = RedrawThrottle()
        self._view_throttle = ViewThrottle()
        self._timer = QTimer(self, interval=FRAME_MS)
        self._timer.timeout.connect(self._drain)
        language().changed.connect(self._render_again)

    def begin(self, progress: RunProgress) -> None:
        """Follow a run that was launched."""
        self.failure, self.begun = None, False
        self.set_progress(progress)
        self._run.set_state(RunState.PREPARING)
        self._view_throttle.begin()
        self._timer.start()

    def prepare(self, session: Session) -> None:
        """Ask a new session what is watched; called on its thread."""
        for probe in self._probes.all():
            session.watch(probe)
        session.stretch_views(self._view_throttle.times)

    def close(self, *, ended: bool) -> None:
        """Stop following; process all events of a run that ended."""
        self._timer.stop()
        self._drain(math.inf if ended else HALF_FRAME)

    def request_snapshot(self) -> None:
        """Request a copy of the current network; ``snapshot`` follows."""
        session = self._run.record.session
        if self._run.state.running and session is not None:
            session.stand()

    def set_progress(self, progress: RunProgress | None) -> None:
        if progress != self._run.record.progress:
            self._run.record.progress = progress
            self.progress_changed.emit()

    def _show_progress(self, *, paused: bool) -> None:
        tracker = self._run.record.tracker
        self.set_progress(tracker.progress(paused=paused, chosen=self._run.speed.chosen))

    def _render_again(self) -> None:
        state, record = self._run.state, self._run.record
        if state.running:
            self._show_progress(paused=state.paused)
        elif not state.active and record.project and record.tracker.result is not None:
            self.set_progress(record.tracker.result())

    def _drain(self, seconds: float = HALF_FRAME) -> None:
        until, events = time.perf_counter() + seconds, self._thread.events
        while events and time.perf_counter() < until:
            event = events.popleft()
            if isinstance(event, RunEnd):
                self._timer.stop()
                self.ended.emit(event)
                return
            self._redraw_throttle.grown |= self._process(event)
        self._probes.deliver(until)
        time_now, session = time.perf_counter(), self._run.record.session
        spare = self._run.speed.waits or self._run.speed.chosen.rate is not None
        throttle = self._view_throttle
        if throttle.look(time_now, time.thread_time(), spare=spare) and session is not None:
            session.stretch_views(throttle.times)
        if self._redraw_throttle.curves_due(time_now, throttle.times):
            stopping = self._run.state is RunState.STOPPING
            if self._redraw_throttle.words_due(time_now) and not stopping:
                self._show_progress(paused=self._run.state.paused)
                self._run.speed.compare(self._run.record.tracker.needed)
            self.curves_changed.emit()

    def _process(self, event: Any) -> bool:
        """Process an event; return whether the curves have changed."""
        from netbuilder.core.engine import events
        from netbuilder.core.engine.runs.differences import loss_titles

        run, record = self._run, self._run.record
        if record.tracker.take(event):
            if run.state.paused and getattr(event, "what", "") in ("best", "reset"):
                self.halted.emit()
            return True
        match event:
            case events.ProbeAnswered():
                self._probes.take(event)
            case events.Preparing():
                self.set_progress(RunProgress(event.text, short=(event.short or event.text,)))
            case events.Started():
                self._redraw_throttle.begin(time.perf_counter())
                self.begun = True
                record.before = None
                session = record.session
                record.curves.loss = loss_titles(session.project.training) if session else ""
                run.set_state(RunState.RUNNING)
            case events.Paused():
                run.set_state(RunState.PAUSED)
                self._show_progress(paused=True)
                if event.reason:
                    self.message.emit(event.reason)
                else:
                    self.halted.emit()
            case events.Resumed():
                run.set_state(RunState.RUNNING)
            case events.Finished():
                self.reason = event.reason
            case events.Failed():
                self.failure = event.error
            case _:
                self._process_rare(event)
        return False

    def _process_rare(self, event: Any) -> None:
        from netbuilder.core.engine import events

        record = self._run.record
        match event:
            case events.PausedModel():
                self.snapshot.emit(event.trained)
            case events.DiagnosisAdded():
                record.notices.append(event.notice)
                self.noticed.emit(event.notice)
            case events.DiagnosisWithdrawn():
                record.notices = [notice for notice in record.notices if notice.code != event.code]
                self.withdrawn.emit(event.code)
            case events.DataReplaced():
                record.project = event.project
                self.data_changed.emit()
                self._run.state_changed.emit()
