"""The training thread and its orders."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.core.errors import TrainingError, UserError
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project.atomic import delete, explain_os_error
from netbuilder.core.project.model import Project
from netbuilder.core.wording import join_sentences
from netbuilder.ui.services.jobs import after_the_window
from netbuilder.ui.services.runs.run_record import RunRecord
from netbuilder.ui.services.unexpected_errors import log

if TYPE_CHECKING:
    from netbuilder.core.engine.session import Session
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.ui.services.runs.interrupted_runs import InterruptedRun

#: Trained networks of at most this many weights (100 MB) are saved with their run.
KEPT_WEIGHTS = 25_000_000


@dataclass(frozen=True)
class RunOrder:
    """What to train.

    Attributes:
        project: a snapshot; later edits have no effect.
        base: folder that its relative paths start from.
        interrupted: the interrupted run to resume.
        on_from: the network to continue from, for ``more`` epochs.
        other_data: that network was trained on other rows.
    """

    project: Project
    base: Path
    interrupted: InterruptedRun | None = None
    on_from: TrainedModel | None = None
    more: int = 0
    other_data: bool = False


@dataclass(frozen=True, eq=False)
class RunEnd:
    """The last event of a run: the trained network, its evaluation, and the error if it failed.

    ``kept``: it is in Runs with its weights; ``not_kept`` is the error if saving failed.
    """

    trained: Any = None
    evaluation: Any = None
    error: Exception | None = None
    kept: bool = True
    not_kept: UserError | None = None


class TrainingThread:
    """One run at a time. ``events`` holds its events, the oldest first; the last is a ``RunEnd``.

    ``not_kept``, for any thread, gets why a network could not be saved after its ``RunEnd``, None
    if it is too large.
    """

    def __init__(self, not_kept: Callable[[UserError | None], object] = lambda error: None) -> None:
        self.events: deque[Any] = deque()
        self._not_kept = not_kept
        self._record = RunRecord()
        self._cancelled = False
        self._thread: threading.Thread | None = None

    def begin(self, record: RunRecord, order: RunOrder, ready: Callable[[Session], object]) -> None:
        """Train, and set the record's session; ``ready`` is called with it before its first step.

        Both happen on the thread.
        """
        self._launch(record, lambda: self._train(record, order, ready))

    def go_on(self, record: RunRecord, session: Session) -> None:
        self._launch(record, session.run)

    def stop(self, *, discard: bool = False) -> None:
        """End the run, even one that is still preparing; ``discard``: do not record it."""
        self._cancelled = True
        if self._record.session is not None:
            self._record.session.stop(discard=discard)

    def join(self, seconds: float) -> bool:
        """Wait for the end; return False on timeout."""
        if self._thread is None:
            return True
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _launch(self, record: RunRecord, work: Callable[[], Any]) -> None:
        self._record, self._cancelled = record, False
        self.events.clear()
        begin, previous = after_the_window(), self._thread

        def run() -> None:
            begin()
            if previous is not None:
                previous.join()
            trained, evaluation, failure = None, None, None
            try:
                trained = work()
            except Exception as error:  # noqa: BLE001 - reported in the window
                failure = error
                trained = record.session.rescued if record.session is not None else None
            try:
                trained, evaluation = evaluate_run(trained, record.session)
            except Exception as error:  # noqa: BLE001 - keep the trained network
                failure = failure or error
            # A pretrained network takes seconds to save: its result is shown before.
            late = trained is not None and _is_pretrained(trained)
            if late:
                self.events.append(RunEnd(trained, evaluation, failure))
            try:
                saved, not_kept = keep_network(trained, record.session), None
            except UserError as error:
                saved, not_kept = False, error
            if not late:
                self.events.append(RunEnd(trained, evaluation, failure, saved, not_kept))
            elif not saved:
                self._not_kept(not_kept)

        self._thread = threading.Thread(target=run, name="training", daemon=True)
        self._thread.start()

    def _train(
        self, record: RunRecord, order: RunOrder, ready: Callable[[Session], object]
    ) -> TrainedModel | None:
        from netbuilder.core.data.load import load_dataset
        from netbuilder.core.engine.run_control import StoppedBeforeStartError
        from netbuilder.core.engine.session import RunStart, RunStorage, Session
        from netbuilder.ui.services.runs import interrupted_runs as interrupted

        dataset = load_dataset(order.project, order.base)
        if self._cancelled:
            return None
        checkpoint_run = order.interrupted or interrupted.begin_run(order.project, order.base)
        emit = self.events.append
        epochs = None if order.on_from is None else order.on_from.epochs + order.more
        session = Session(
            order.project,
            dataset,
            on_event=emit if checkpoint_run is None else _EventRelay(checkpoint_run, emit),
            start=RunStart(order.on_from, order.other_data, epochs),
            storage=RunStorage(
                order.base,
                checkpoint_dir=checkpoint_run.checkpoints if checkpoint_run is not None else None,
                resume=order.interrupted is not None,
            ),
        )
        record.session = session
        ready(session)
        if self._cancelled:
            session.stop()
        try:
            trained = session.run()
            # Without a step, keep the previous network.
            return trained if session.moved else None
        except StoppedBeforeStartError:
            return None
        finally:
            interrupted.end_run(checkpoint_run)
            session.checkpoint_dir = None


class _EventRelay:
    """Forwards a session's events.

    When a run continues with another project, that project is saved with the next checkpoint on
    this thread: a crash in between would leave the two inconsistent.
    """

    def __init__(self, run: InterruptedRun, emit: Callable[[Any], object]) -> None:
        self._run, self._emit = run, emit
        self._project = run.project

    def __call__(self, event: Any) -> None:
        from netbuilder.core.engine import events
        from netbuilder.ui.services.runs import interrupted_runs as interrupted

        match event:
            case events.DataReplaced():
                self._project = event.project
            case events.CheckpointSaved() if self._project != self._run.project:
                self._run = interrupted.continue_run(self._run, self._project)
        self._emit(event)


def evaluate_run(trained: TrainedModel | None, session: Session | None) -> tuple[Any, Any]:
    """Return the model with its test metrics in the target's units, and the evaluation."""
    if trained is None or session is None:
        return trained, None
    from netbuilder.core.results import evaluate

    return evaluate.evaluate_run(trained, session.dataset, session.run_id)


def _is_pretrained(trained: TrainedModel) -> bool:
    from netbuilder.core.engine.networks.graph_to_keras import frozen_bodies

    return bool(frozen_bodies(trained.training_model))


def keep_network(trained: TrainedModel | None, session: Session | None) -> bool:
    """Save a small network with its run and return whether it was; UserError if it failed."""
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
    cause = error.__cause__ or error
    reason, fix = (
        explain_os_error(cause, Path(cause.filename or "run"))
        if isinstance(cause, OSError)
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
    """Return the error to report; ``begun``: the run had made a step, ``trained``: what is kept."""
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
    sentence = ngettext(
        "The weights after {count} epoch are kept.",
        "The weights after {count} epochs are kept.",
        trained.epochs,
    )
    return TrainingError(
        join_sentences((error.what, sentence)),
        error.fix,
        node=error.node,
        path=error.path,
        fixes=error.fixes,
    )
