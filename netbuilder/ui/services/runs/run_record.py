"""The state, the speed and the record of a run, and the earlier runs to compare it with."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QObject, Signal, SignalInstance

from netbuilder.core.project.graph_ends import same_but_rate, same_training
from netbuilder.core.project.model import Project
from netbuilder.ui.services.runs.run_progress import FULL, STEP, WATCH, RunProgress, Speed
from netbuilder.ui.services.settings import remember, settings

if TYPE_CHECKING:
    from netbuilder.core.data.dataset import Dataset
    from netbuilder.core.engine.runs.run_store import Run
    from netbuilder.core.engine.session import Session
    from netbuilder.ui.plots.run_curves import RunCurves
    from netbuilder.ui.services.runs.run_tracker import RunTracker

_SPEED_SETTING = "speed"


def remembered_speed() -> Speed:
    """Return the speed that the user chose last; Watch by default."""
    return FULL if settings().value(_SPEED_SETTING) == FULL.id else WATCH


class RunState(StrEnum):
    """State of a run."""

    IDLE = "idle"
    PREPARING = "preparing"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"

    @property
    def active(self) -> bool:
        return self is not RunState.IDLE

    @property
    def running(self) -> bool:
        return self in (RunState.RUNNING, RunState.PAUSED)

    @property
    def paused(self) -> bool:
        return self is RunState.PAUSED


@dataclass
class RunRecord:
    """The run on show.

    Attributes:
        recalled: the run as it was stored, if it was restored from Runs.
        before: the previous run, shown again if this one makes no step.
        session: what trains it, or can continue it; set on the training thread.
    """

    project: Project | None = None
    recalled: Run | None = None
    notices: list[Any] = field(default_factory=list)
    progress: RunProgress | None = None
    before: RunRecord | None = None
    session: Session | None = None
    _tracker: RunTracker | None = None

    @classmethod
    def restored(cls, project: Project, run: Run, curves: RunCurves) -> RunRecord:
        """Return the record of a run of ``project`` that was stored."""
        from netbuilder.ui.services.runs.run_tracker import RunTracker

        return cls(project, run, _tracker=RunTracker(curves, max(run.epochs, 1)))

    @property
    def tracker(self) -> RunTracker:
        """The curves and what else the events say, made on first use."""
        # NumPy is imported here because it takes a sixth of the startup time.
        if self._tracker is None:
            from netbuilder.ui.plots.run_curves import RunCurves
            from netbuilder.ui.services.runs.run_tracker import RunTracker

            self._tracker = RunTracker(RunCurves(self.project.name if self.project else ""), 0)
        return self._tracker

    @property
    def curves(self) -> RunCurves:
        return self.tracker.curves

    @property
    def dataset(self) -> Dataset | None:
        return self.session.dataset if self.session is not None else None

    def differs(self, project: Project) -> bool:
        trained = self.project
        if trained is None or same_training(trained, project):
            return False
        # A learning rate set during the run also counts as the run's.
        manual_rate, rate = self.tracker.rate_by_hand, self.tracker.learning_rate
        project_rate = project.training.optimizer.params.get("learning_rate")
        if manual_rate is None or rate is None or not isinstance(project_rate, (int, float)):
            return True
        # Keras rounds the rate to float32.
        same = all(math.isclose(each, manual_rate, rel_tol=1e-5) for each in (project_rate, rate))
        return not same or not same_but_rate(trained, project)


class RunHost(Protocol):
    """The run under way, as the parts of ``Runner`` see it."""

    state: RunState
    record: RunRecord
    speed: RunSpeed
    state_changed: SignalInstance

    def set_state(self, state: RunState) -> None:
        """Change ``state``; a run that is stopping neither pauses nor goes on."""


class RunSpeed:
    """The chosen speed of this run and later ones.

    ``spreads``: Watch may slow the run down. ``waits``: it waits between its steps for that.
    """

    def __init__(self, run: RunHost) -> None:
        self._run = run
        self.chosen = FULL
        self.spreads = True
        self.waits = self._finishing = False

    def begin(self) -> None:
        self.waits = self._finishing = False

    def apply(self, session: Session, *, spread: bool = True) -> None:
        chosen = self.chosen
        session.set_speed(chosen.rate, chosen.unit, spread=chosen.spread if spread else None)

    def set(self, speed: Speed) -> None:
        before, self.chosen, self._finishing = self.chosen, speed, False
        session, state = self._run.record.session, self._run.state
        if session is not None:
            self.apply(session)
            if speed is STEP and state is RunState.RUNNING:
                session.pause()
            elif before is STEP and speed is not STEP and state.paused:
                session.resume()
        self._run.state_changed.emit()

    def choose(self, speed: Speed) -> None:
        """Set the speed that the user chose; remember Watch and full speed."""
        if speed in (FULL, WATCH):
            remember({_SPEED_SETTING: speed.id})
        self.set(speed)

    @property
    def slowed(self) -> bool:
        return self._run.state.running and self.waits and not self._finishing

    def compare(self, needed: float) -> None:
        """Update ``waits`` for a run that takes ``needed`` seconds at full speed."""
        spread = (self.chosen.spread if self.spreads else None) or 0.0
        if (waits := needed < spread) is not self.waits:
            self.waits = waits
            self._run.state_changed.emit()

    def finish_now(self) -> None:
        session, state = self._run.record.session, self._run.state
        if session is not None and state.running:
            self._finishing = True
            session.set_speed(None)
            if state.paused:
                session.resume()
            self._run.state_changed.emit()


class RunOverlays(QObject):
    """Earlier runs whose curves are drawn beside those of the run on show.

    ``curves`` and ``runs`` are by name. ``changed``: they changed.
    """

    changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.curves: dict[str, RunCurves] = {}
        self.runs: dict[str, Run] = {}

    def show(self, curves: dict[str, RunCurves], runs: dict[str, Run]) -> None:
        self.curves, self.runs = curves, runs
        self.changed.emit()
