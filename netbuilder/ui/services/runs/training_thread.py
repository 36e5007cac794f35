"""The thread that a run trains in, what is asked of it, and what is known of the run."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.core.errors import TrainingError, UserError
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project.atomic import delete, explain_os_error
from netbuilder.core.project.graph_ends import same_but_rate, same_training
from netbuilder.core.project.model import Project
from netbuilder.core.wording import join_sentences
from netbuilder.ui.services.jobs import after_the_window
from netbuilder.ui.services.unexpected_errors import log

if TYPE_CHECKING:
    from netbuilder.core.engine.events import ProbeAnswered
    from netbuilder.core.engine.probes import Probe
    from netbuilder.core.engine.runs.run_store import Run
    from netbuilder.core.engine.session import Session
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.ui.services.runs.interrupted_runs import InterruptedRun
    from netbuilder.ui.services.runs.run_progress import RunProgress
    from netbuilder.ui.services.runs.run_tracker import RunTracker

#: Trained networks of at most so many weights (100 MB) are kept with the record of their run.
KEPT_WEIGHTS = 25_000_000


@dataclass(frozen=True)
class RunOrder:
    """What is to be trained.

    Attributes:
        project: as it stands now; editing it meanwhile changes nothing.
        base: folder that its relative paths start from.
        interrupted: the run that a crash cut short, to go on with.
        on_from: a network to go on from, for ``more`` epochs.
        other_data: it learned from other rows than those of the project.
    """

    project: Project
    base: Path
    interrupted: InterruptedRun | None = None
    on_from: TrainedModel | None = None
    more: int = 0
    other_data: bool = False


@dataclass(frozen=True, eq=False)
class RunEnd:
    """The last thing that is said: what was trained, how good it is; why it ended early.

    ``kept``: it is in Runs, with its weights; ``not_kept`` is why not, where that is no choice.
    """

    trained: Any = None
    evaluation: Any = None
    error: Exception | None = None
    kept: bool = True
    not_kept: UserError | None = None


class RunState(StrEnum):
    """Where the run is."""

    IDLE = "idle"
    PREPARING = "preparing"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"


class AskedProbes:
    """Probes by key. Of several answers before a frame is drawn only the newest counts."""

    def __init__(self) -> None:
        self._asked: dict[str, Probe] = {}
        self._found: dict[str, ProbeAnswered] = {}

    def ask(self, probe: Probe) -> None:
        """Have it answered, in place of an earlier one of its key."""
        self._asked[probe.key] = probe

    def drop(self, key: str) -> None:
        self._asked.pop(key, None)
        self._found.pop(key, None)

    def all(self) -> tuple[Probe, ...]:
        """All that is asked, for a session that has just been made."""
        return tuple(self._asked.values())

    def answer(self, found: ProbeAnswered) -> None:
        """Keep an answer until the frame is drawn."""
        if found.key in self._asked:
            self._found[found.key] = found

    def deliver(self, hear: Callable[[ProbeAnswered], object], until: float) -> None:
        """Give ``hear`` the answers that came, one at least. Those after ``until`` (of
        ``perf_counter``) wait for the next frame: each has something painted."""
        while self._found:
            hear(self._found.pop(next(iter(self._found))))
            if time.perf_counter() >= until:
                break


@dataclass
class RunRecord:
    """What is known of the run on show. ``before``: the run that is shown again where this one
    makes no step; ``session``: to go on with when this one, laid aside, is shown again."""

    project: Project | None = None
    recalled: Run | None = None
    notices: list[Any] = field(default_factory=list)
    tracker: RunTracker | None = None
    progress: RunProgress | None = None
    before: RunRecord | None = None
    session: Session | None = None

    def differs(self, now: Project) -> bool:
        """Whether a project is another than the one that is trained."""
        held = self.project
        if held is None or same_training(held, now):
            return False
        # A rate that a hand gave the run is the run's as much as the one it began with.
        given = self.tracker.rate_by_hand if self.tracker is not None else None
        rate = self.tracker.learning_rate if self.tracker is not None else None
        planned = now.training.optimizer.params.get("learning_rate")
        if given is None or rate is None or not isinstance(planned, (int, float)):
            return True
        # What Keras counts with is rounded to float32.
        same = all(math.isclose(one, given, rel_tol=1e-5) for one in (planned, rate))
        return not same or not same_but_rate(held, now)


class TrainingThread:
    """One run at a time. ``said`` holds its events, the oldest first, and at last an ``RunEnd``."""

    def __init__(self) -> None:
        self.said: deque[Any] = deque()
        self.session: Session | None = None
        self._cancelled = False
        self._thread: threading.Thread | None = None

    def begin(self, order: RunOrder, ready: Callable[[Session], object]) -> None:
        """Train; ``ready`` is called with the session before its first step, on the thread."""
        self._launch(lambda: self._train(order, ready))

    def go_on(self, session: Session) -> None:
        """Have a session that has ended do what was asked of it since."""
        self._launch(session.run)

    def stop(self, *, discard: bool = False) -> None:
        """End the run, also one that has not begun yet; ``discard``: it is not recorded."""
        self._cancelled = True
        if self.session is not None:
            self.session.stop(discard=discard)

    def join(self, seconds: float) -> bool:
        """Wait for the end; False when it did not come in time."""
        if self._thread is None:
            return True
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _launch(self, work: Callable[[], Any]) -> None:
        self._cancelled = False
        self.said.clear()
        begin = after_the_window()

        def run() -> None:
            begin()
            trained, evaluation, failure = None, None, None
            try:
                trained = work()
            except Exception as error:  # noqa: BLE001 - every failure is told in the window
                failure = error
                trained = self.session.rescued if self.session is not None else None
            try:
                trained, evaluation = evaluate_run(trained, self.session)
            except Exception as error:  # noqa: BLE001 - what was trained is not lost for that
                failure = failure or error
            try:
                kept, not_kept = keep_network(trained, self.session), None
            except UserError as error:
                kept, not_kept = False, error
            self.said.append(RunEnd(trained, evaluation, failure, kept, not_kept))

        self._thread = threading.Thread(target=run, name="training", daemon=True)
        self._thread.start()

    def _train(self, order: RunOrder, ready: Callable[[Session], object]) -> TrainedModel | None:
        from netbuilder.core.data.load import load_dataset
        from netbuilder.core.engine.run_control import StoppedBeforeStartError
        from netbuilder.core.engine.session import Session
        from netbuilder.ui.services.runs import interrupted_runs as interrupted

        dataset = load_dataset(order.project, order.base)
        if self._cancelled:
            return None
        place = order.interrupted or interrupted.begin_run(order.project, order.base)
        say = self.said.append
        session = Session(
            order.project,
            dataset,
            on_event=say if place is None else _EventRelay(place, say),
            checkpoint_dir=place.checkpoints if place is not None else None,
            resume=order.interrupted is not None,
            base=order.base,
            start=order.on_from,
            other_data=order.other_data,
            epochs=None if order.on_from is None else order.on_from.epochs + order.more,
        )
        self.session = session
        ready(session)
        if self._cancelled:
            session.stop()
        try:
            trained = session.run()
            # Stopped before its first step: what was there before stays.
            return trained if session.moved else None
        except StoppedBeforeStartError:
            return None
        finally:
            # Only a run that is killed leaves its checkpoints behind.
            interrupted.end_run(place)
            session.checkpoint_dir = None


class _EventRelay:
    """Hears what a session says, on its thread, and says it on.

    A run may go on as one of another project. Beside its next checkpoint that project is kept, at
    once and not when the window has time: a crash in between would leave the two apart.
    """

    def __init__(self, place: InterruptedRun, say: Callable[[Any], object]) -> None:
        self._place, self._say = place, say
        self._project = place.project

    def __call__(self, event: Any) -> None:
        from netbuilder.core.engine import events
        from netbuilder.ui.services.runs import interrupted_runs as interrupted

        match event:
            case events.DataReplaced():
                self._project = event.project
            case events.CheckpointSaved() if self._project != self._place.project:
                self._place = interrupted.continue_run(self._place, self._project)
        self._say(event)


def evaluate_run(trained: TrainedModel | None, session: Session | None) -> tuple[Any, Any]:
    """The model with its test numbers in the data's own units, and the whole judgement."""
    if trained is None or session is None:
        return trained, None
    from netbuilder.core.results import evaluate

    return evaluate.evaluate_run(trained, session.dataset, session.run_id)


def keep_network(trained: TrainedModel | None, session: Session | None) -> bool:
    """Put a small network to the record of its run: a project that is opened again has it back.

    Returns:
        Whether it is kept there: one that is too large is not, nor one of no record.

    Raises:
        UserError: it cannot be kept, though it should be.
    """
    if trained is None or session is None:
        return True
    if session.not_recorded is not None:
        raise _not_kept(session.not_recorded)
    if not session.run_id:
        return False
    from netbuilder.core.engine.runs import run_store as runs
    from netbuilder.core.formats import registry

    path = runs.network_path(session.run_id)
    try:
        delete(path)
        if trained.training_model.count_params() > KEPT_WEIGHTS:
            return False
        registry.save_network(trained, path)
    except (UserError, OSError) as error:
        raise _not_kept(error) from error
    return True


def _not_kept(error: Exception) -> UserError:
    log.info("the run is not kept: %s", error)
    said = error.__cause__ or error
    reason, fix = (
        explain_os_error(said, Path(said.filename or "run"))
        if isinstance(said, OSError)
        else (str(error), "")
    )
    return UserError(
        _("This run is not saved: {reason}.", reason=reason.rstrip(".")),
        _("{fix} Export the model, to another disk if necessary.", fix=fix).strip(),
        code="run_not_kept",
    )


def explain_failure(
    error: Exception, begun: bool, trained: TrainedModel | None = None
) -> UserError:
    """Why a run failed, for people.

    Args:
        error: what ended it.
        begun: whether it had made a step.
        trained: what it had learned by then, where that is kept.
    """
    if not isinstance(error, UserError):
        log.error("training failed", exc_info=error)
        error = TrainingError(
            _("The training failed: {error}", error=error)
            if begun
            else _("The training could not start: {error}", error=error),
            _("Check the network's problems, then try again."),
            code="training_failed",
        )
    if trained is None:
        return error
    kept = ngettext(
        "The weights after {count} epoch are kept.",
        "The weights after {count} epochs are kept.",
        trained.epochs,
    )
    return TrainingError(
        join_sentences((error.what, kept)),
        error.fix,
        node=error.node,
        path=error.path,
        fixes=error.fixes,
    )
