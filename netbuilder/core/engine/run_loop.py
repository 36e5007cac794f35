"""The steps of a run, chunk by chunk, under the user's hand."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.dataset import Dataset
from netbuilder.core.engine.checkpoint import CheckpointSaver
from netbuilder.core.engine.distribute import WorkerSync
from netbuilder.core.engine.events import (
    DiagnosisAdded,
    DiagnosisWithdrawn,
    Paused,
    ProbeAnswered,
    Resumed,
)
from netbuilder.core.engine.loop.trainer import Trainer
from netbuilder.core.engine.monitor.diagnosis_rules import rows_without_numbers
from netbuilder.core.engine.monitor.keras_callbacks import Callbacks
from netbuilder.core.engine.monitor.observer import Answer, NetworkObserver, Probe
from netbuilder.core.engine.monitor.training_monitor import TrainingMonitor, rows_in_words
from netbuilder.core.engine.reporting import EventReporter, not_a_number_error
from netbuilder.core.engine.run_control import (
    Ending,
    LossPace,
    RunControl,
    SpeedLimiter,
    Stopwatch,
    Unit,
)
from netbuilder.core.engine.trained import Event, TrainedModel
from netbuilder.core.engine.weight_history import WeightHistory
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Project

# With the window's own cost this is a twentieth of the run's time; a busy window lowers it further.
SHARE = 0.03
LEAST_SHARE = 0.0075
# Unused time is saved up, so that a view's request after a while is answered at once.
_SAVED_SECONDS = 0.1
_FIRST_SECONDS = 0.02
# An answer in one slice delays the other views by at most 0.02 / SHARE s.
_OWED_SECONDS = 0.02
# Costly probes pay the rest from this share of the time and from what others leave.
_SPARE = 0.01
_LEAST_EVERY = 0.01
_NEVER = (-1, -1)


@dataclass
class _Work:
    """An answer in progress and where it began; ``copied``: from the one copy of the weights."""

    slices: Generator[None, None, Answer]
    place: tuple[int, int]
    copied: bool


@dataclass(eq=False)
class _Watched:
    """A probe, and when and where in the run it was answered last.

    ``used``: its time so far (or a fair share, while it needed none) over its rate. ``last``:
    seconds of its last slice; None before its first. ``costly``: it exceeded its budget.
    """

    probe: Probe
    answered: float = float("-inf")
    place: tuple[int, int] = _NEVER
    tracing: bool = False
    traced: bool = False
    problem: UserError | None = None
    work: _Work | None = None
    used: float = 0.0
    last: float | None = None
    costly: bool = False


class ProbeScheduler:
    """The probes of a session. ``watch`` and ``unwatch`` may be called from any thread.

    Probes that are due share the time in proportion to their rates, however long their answers
    take: the slices of a long answer alternate with those of others.
    ``stretch``: factor by which probes that may wait are answered less often.
    """

    def __init__(self, emit: Callable[[ProbeAnswered], None]) -> None:
        self.emit = emit
        self.stretch = 1.0
        self._lock = threading.Lock()
        self._watched: dict[str, _Watched] = {}
        self._purse = _FIRST_SECONDS
        self._debt = 0.0
        self._turn = 0.0  # what the one had been given whose turn came last

    def watch(self, probe: Probe) -> None:
        """Answer ``probe`` from now on, in place of an earlier one with its key."""
        with self._lock:
            self._watched[probe.key] = _Watched(probe)

    def unwatch(self, key: str) -> None:
        """Drop the probe of that key."""
        with self._lock:
            self._watched.pop(key, None)

    def again(self) -> None:
        """Answer all probes anew, as the weights were changed outside of the loop."""
        for watched in self._all():
            watched.place, watched.work = _NEVER, None

    def look(
        self, observer: NetworkObserver, place: tuple[int, int], trained: float | None,
        briefly: bool = False,
    ) -> bool:  # fmt: skip
        """Work on probes within the budget, between two chunks; return whether anything was done.

        ``trained``: seconds of training since the last call; None while the run is paused, when one
        slice is computed whatever it costs; ``briefly``: so short that no answer comes sooner.
        """
        if trained is not None:
            self._earn(trained)
        done = False
        while self._watched and (trained is None or self._purse > 0):
            watched = self._next(observer, place, trained is None and not briefly)
            if watched is None:
                break
            begin = time.perf_counter()
            self._go_on(watched)
            done = True
            spent = time.perf_counter() - begin
            watched.used += spent * max(watched.probe.every, _LEAST_EVERY)
            if trained is None:
                break
            self._pay(watched, spent)
        return done

    def _earn(self, trained: float) -> None:
        give_way = all(watched.probe.slowest > 0 for watched in self._all())
        share = max(SHARE / self.stretch, LEAST_SHARE) if give_way else SHARE
        purse = self._purse + share * trained
        self._purse = min(purse, _SAVED_SECONDS)
        spare = _SPARE * share / SHARE * trained
        self._debt = max(self._debt - spare - (purse - self._purse), 0.0)

    def _pay(self, watched: _Watched, spent: float) -> None:
        """Charge the faster of two slices in a row: first calls and busy threads make one slow."""
        left = self._purse - spent
        self._purse = max(left, -_OWED_SECONDS)
        usual = 0.0 if watched.last is None else min(spent, watched.last)
        watched.last = spent
        forgiven = min(self._purse - left, max(usual - _OWED_SECONDS, 0.0))
        self._debt += forgiven
        watched.costly = forgiven > 0

    @property
    def tracing(self) -> bool:
        """Return whether functions of a first answer are being traced."""
        return any(watched.tracing for watched in self._all())

    def _all(self) -> list[_Watched]:
        with self._lock:
            return list(self._watched.values())

    def _next(
        self, observer: NetworkObserver, place: tuple[int, int], still: bool
    ) -> _Watched | None:
        """Return the probe that is due and has had the least time."""
        time_now = time.monotonic()
        holder = next(
            (watched for watched in self._all() if watched.work and watched.work.copied), None
        )
        hurry = float("inf")
        wanting = []
        for watched in self._all():
            if watched.problem is not None:
                self._refuse(watched, place)
                continue
            if not watched.traced:
                self._trace(observer, watched)
            if not watched.traced or (watched.costly and self._debt > 0 and not still):
                continue
            if watched.work is None:
                if not self._due(watched, place, time_now, still):
                    continue
                watched.used = max(watched.used, self._turn)
                # There is one copy of the weights, so other probes wait for its holder.
                if holder is not None and not observer.in_one_go(watched.probe):
                    hurry = min(hurry, watched.used)
                    continue
            wanting.append(watched)

        def turn(watched: _Watched) -> tuple[float, float]:
            return min(watched.used, hurry) if watched is holder else watched.used, watched.answered

        chosen = min(wanting, key=turn, default=None)
        if chosen is None:
            return None
        self._turn = max(self._turn, min(chosen.used, hurry))
        if chosen.work is None:
            copied = not observer.in_one_go(chosen.probe)
            chosen.work = _Work(observer.answer(chosen.probe, live=True), place, copied)
        return chosen

    def _due(self, watched: _Watched, place: tuple[int, int], time_now: float, still: bool) -> bool:
        if watched.place == place:
            return False
        if watched.place == _NEVER or still:
            return True
        waited = time_now - watched.answered >= watched.probe.pause(self.stretch)
        return waited and place[0] - watched.place[0] >= watched.probe.epochs

    def _trace(self, observer: NetworkObserver, watched: _Watched) -> None:
        """Trace a probe's functions, which takes as long as many chunks, beside the training."""
        if watched.tracing:
            return
        if observer.is_prepared(watched.probe):
            watched.traced = True
            return
        watched.tracing = True

        def work() -> None:
            try:
                observer.prepare(watched.probe)
            except UserError as error:
                watched.problem = error
            # Keras and TensorFlow raise anything, which must not end the training.
            except Exception as error:  # noqa: BLE001
                watched.problem = _in_words(error)
            watched.traced, watched.tracing = True, False

        threading.Thread(target=work, name="netbuilder-probe").start()

    def _go_on(self, watched: _Watched) -> None:
        work = watched.work
        if work is None:
            return
        try:
            next(work.slices)
        except StopIteration as end:
            watched.work = None
            pause = watched.probe.pause(self.stretch)
            watched.answered, watched.place = _turn_of(watched, time.monotonic(), pause), work.place
            outputs, weights, gradients = end.value
            self.emit(ProbeAnswered(watched.probe, *work.place, outputs, weights, gradients))
        except Exception as error:  # noqa: BLE001 - as above
            watched.work = None
            watched.problem = error if isinstance(error, UserError) else _in_words(error)

    def _refuse(self, watched: _Watched, place: tuple[int, int]) -> None:
        with self._lock:
            if self._watched.get(watched.probe.key) is watched:
                del self._watched[watched.probe.key]
        self.emit(ProbeAnswered(watched.probe, *place, problem=watched.problem))


def _turn_of(watched: _Watched, time_now: float, pause: float) -> float:
    """Return the time of an answer's turn, so that long chunks do not delay all later turns."""
    return time_now if watched.answered + 2 * pause < time_now else watched.answered + pause


def _in_words(error: Exception) -> UserError:
    return data_error("probe_failed", reason=error)


# How often a paused run checks whether a new probe has been traced; waits between chunks of a run
# that is as fast as pictures are.
_TRACING_SECONDS, _BRIEF_SECONDS = 0.02, 0.05


@dataclass(frozen=True)
class RunParts:
    """The network of a run and its helpers."""

    trainer: Trainer
    reporter: EventReporter
    callbacks: Callbacks
    saver: CheckpointSaver
    observer: NetworkObserver


class RunLoop:
    """Advance a run and handle requests between two chunks.

    Attributes:
        epochs: how many are planned, from the very beginning.
        clock: duration so far, pauses left out.
        weights: those of earlier epochs; None: they are not kept.
        computing: seconds of steps and validation alone.
    """

    def __init__(
        self,
        project: Project,
        dataset: Dataset,
        emit: Callable[[Event], None],
        agreement: WorkerSync | None,
    ) -> None:
        self.control = RunControl()
        self.tempo = SpeedLimiter()
        self.probing = ProbeScheduler(emit)
        self.watcher = TrainingMonitor(project, dataset.facts)
        self.epochs = project.training.epochs
        self.clock = Stopwatch()
        self.computing = 0.0
        self._project = project
        self._dataset = dataset
        self.emit = emit
        self._agreement = agreement
        self._standing = False
        self._validated = 0.0  # seconds, since views were last looked after
        self._parts: RunParts | None = None
        self._at_epoch: Callable[[], None] | None = None
        self._pace: LossPace | None = None
        self._first_epoch = 0  # of what is spread
        self.weights: WeightHistory | None = None

    @property
    def ending(self) -> Ending:
        """Return how the run is to end, as all workers agreed."""
        return self.control.ending if self._agreement is None else self._agreement.ending

    def restarted(self) -> None:
        """Reset for a run that restarts at its first step."""
        self.watcher = TrainingMonitor(self._project, self._dataset.facts)
        self.tempo.forbid()  # what was allowed was of the run before
        self.probing.again()
        self.set_seconds(0.0)
        self.tempo.slowed = False
        self._first_epoch = 0
        if self.weights is not None:
            self.weights.clear()
        self.epochs = max(self.epochs, self._project.training.epochs)

    def at_epoch(self, command: Callable[[], None]) -> None:
        """Call ``command`` at the start of the next epoch, in place of an earlier one."""
        self._at_epoch = command

    def set_speed(self, rate: float | None, unit: Unit, spread: float | None) -> None:
        """Set how fast the run may go, see ``Session.set_speed``."""
        self._pace = None if spread is None else LossPace(spread)
        self.tempo.set(rate, unit)

    def take(self, project: Project, dataset: Dataset, shift: int) -> None:
        """Go on with other data; positions shift by ``shift`` steps."""
        self._project, self._dataset = project, dataset
        for code in self.watcher.take(project, dataset.facts):
            self.emit(DiagnosisWithdrawn(code))
        self.tempo.shift(shift)

    def set_seconds(self, seconds: float) -> None:
        """Set the duration of the run so far."""
        self.clock.set(seconds)
        self.computing = seconds

    def _of_run(self) -> RunParts:
        if self._parts is None:
            raise RuntimeError("no run has begun")
        return self._parts

    def run(self, parts: RunParts) -> str:
        """Train to the end of the plan or a stop; return "done", "stopped" or "early"."""
        self._parts = parts
        self.clock.go()
        try:
            return self._to_the_end(parts)
        finally:
            self._at_epoch = None  # it was asked of this run
            self.clock.stand()

    def timed(self, trained: TrainedModel, steps: int) -> TrainedModel:
        """Return a network with the run's duration and speed filled in."""
        return replace(
            trained,
            seconds=self.computing if self.tempo.slowed else self.clock.seconds,
            slowed=self.tempo.slowed,
            steps_per_second=steps / max(self.computing, 1e-9),
        )

    def _to_the_end(self, parts: RunParts) -> str:
        trainer, callbacks, saver = parts.trainer, parts.callbacks, parts.saver
        begun = -1
        self._first_epoch = trainer.epoch
        self._keep_weights(trainer)
        while True:
            self._attend(trainer)
            ending = self.ending
            if self._at_epoch is not None and trainer.step == 0 and not ending:
                command, self._at_epoch = self._at_epoch, None
                command()
            at_end, lags = trainer.step == 0, trainer.program.lags
            whole = at_end or (saver.overdue and not lags)
            problem = saver.look(whole, trainer.position)
            if problem is not None and self.control.ending != "now" and not lags:
                self._wait_for_room(trainer, problem)
                continue
            if ending == "now" or (ending == "epoch" and at_end):
                return "stopped"
            if callbacks.stopping:
                return "early"
            if trainer.needs_validation:
                self._validate(trainer)
                continue
            if trainer.epoch >= self.epochs:
                return "done"
            if at_end and callbacks and begun != trainer.epoch:
                begun = trainer.epoch
                callbacks.epoch_begin(trainer.epoch)
            if trainer.ready(self.epochs):
                self._chunk(trainer, trainer.epoch + 1 if ending == "epoch" else self.epochs)

    def _chunk(self, trainer: Trainer, limit: int) -> None:
        reporter, saver = self._of_run().reporter, self._of_run().saver
        first, before = trainer.position, trainer.epoch
        begin = time.perf_counter()
        agreement = self._agreement
        if agreement is not None:
            agreement.ask(self.control.ending, saver.overdue)
        most = self.tempo.most(trainer.position, trainer.steps_per_epoch)
        if self._pace is not None and most is None:
            most = self._pace.most
        if self._at_epoch is not None:
            left = trainer.steps_per_epoch - trainer.step
            most = left if most is None else min(most, left)
        progress = trainer.advance(limit, most)
        if agreement is not None and (agreement.save or agreement.ending == "now"):
            trainer.program.settle()
        self.computing += progress.seconds
        reporter.steps(first, progress.steps, progress.seconds, self.clock.seconds)
        finite = np.isfinite(progress.steps[:, 0])
        if not finite.all():
            epoch = (first + int(np.argmin(finite))) // trainer.steps_per_epoch
            rate = trainer.learning_rate
            diagnoses = self.watcher.not_a_number(epoch + 1, rate, trainer.history, self._dataset)
            for notice in diagnoses:
                self.emit(DiagnosisAdded(notice))
            holes = rows_without_numbers(self._dataset.train)
            raise not_a_number_error(epoch, rate, rows_in_words(holes) if holes else "")
        if len(progress.epochs):
            self._epochs_ended(trainer, before)
        # Views have a share of the whole run's time, not of the steps' alone.
        spent, self._validated = time.perf_counter() - begin + self._validated, 0.0
        self._look(trainer, spent)
        self._rest(trainer, progress.steps[:, 0])

    def _rest(self, trainer: Trainer, losses: NDArray[Any]) -> None:
        """Wait until the next chunk is due, and answer probes meanwhile."""
        if self._pace is None:
            left = self.tempo.rest(len(losses), trainer.steps_per_epoch)
        else:
            epochs = trainer.position / trainer.steps_per_epoch - self._first_epoch
            done = min(epochs / max(self.epochs - self._first_epoch, 1), 1.0)
            left = self.tempo.hold(
                self._pace.wait(losses, done, self.clock.seconds, self.computing)
            )
        briefly = left < _BRIEF_SECONDS
        while left > 0 and not self.control.pressing:
            if not self._look(trainer, None, briefly=briefly):
                self.control.rest(min(left, _TRACING_SECONDS) if self.probing.tracing else left)
            left = self.tempo.left()

    def _validate(self, trainer: Trainer) -> None:
        begin = time.perf_counter()
        before = trainer.epoch
        # Workers stop together after a chunk, never during a validation.
        interrupted = None if self._agreement is not None else lambda: self._pressing(trainer)
        callbacks = self._of_run().callbacks
        callbacks.test_begin()
        rows = trainer.validate(interrupted)
        callbacks.test_end()
        spent = time.perf_counter() - begin
        self.computing += spent
        self._validated += spent
        if rows is not None:
            self._epochs_ended(trainer, before)

    def _epochs_ended(self, trainer: Trainer, before: int) -> None:
        reporter, callbacks = self._of_run().reporter, self._of_run().callbacks
        if callbacks:
            rate = trainer.learning_rate
            callbacks.epoch_end(trainer.epoch - 1, trainer.history.epochs.row(-1))
            if trainer.learning_rate != rate:
                reporter.changed("learning_rate", trainer.learning_rate)
        reporter.epochs(before, self.epochs, self.clock.seconds)
        self._keep_weights(trainer)
        if self.watcher.due:
            self.withdraw(trainer)
        for notice in self.watcher.look(trainer.history, trainer.training_model, self._dataset):
            self.emit(DiagnosisAdded(notice))

    def _keep_weights(self, trainer: Trainer) -> None:
        if self.weights is not None and self._agreement is None:
            self.weights.add(trainer.position / trainer.steps_per_epoch, trainer.training_model)

    def withdraw(self, trainer: Trainer, kept_epoch: int = 0) -> None:
        """Emit the diagnoses that no longer hold."""
        for code in self.watcher.withdrawn(trainer.history, kept_epoch):
            self.emit(DiagnosisWithdrawn(code))

    def _attend(self, trainer: Trainer) -> None:
        """Handle requests; wait while the run is paused."""
        place: tuple[int, int] | None = None
        while True:
            command = self.control.next_command()
            if command is not None:
                command()
            elif self.control.paused and self.control.ending != "now":
                self._standing = True
                if self._allowed(trainer):
                    self.clock.go()
                    return
                self.clock.stand()
                self.tempo.forbid()
                if place != (trainer.epoch, trainer.step):
                    place = (trainer.epoch, trainer.step)
                    self.emit(Paused(*place))
                if not self._look(trainer, None):
                    self.control.wait(_TRACING_SECONDS if self.probing.tracing else None)
            else:
                break
        self.tempo.forbid()
        self.clock.go()
        if self._standing:
            self._standing = False
            self.emit(Resumed(trainer.epoch, trainer.step))

    def _allowed(self, trainer: Trainer) -> bool:
        return self.tempo.allowed(trainer.position, trainer.needs_validation)

    def _pressing(self, trainer: Trainer) -> bool:
        """Return whether a request must interrupt the validation."""
        control = self.control
        if control.ending == "now" or control.waiting:
            return True
        return control.paused and not self._allowed(trainer)

    def _look(self, trainer: Trainer, trained: float | None, *, briefly: bool = False) -> bool:
        """Answer probes, after ``trained`` seconds of the run; None while it is paused."""
        observer = self._of_run().observer
        return self.probing.look(observer, (trainer.epoch, trainer.step), trained, briefly)

    def _wait_for_room(self, trainer: Trainer, problem: UserError) -> None:
        """Pause until a checkpoint can be written, or the user goes on without one."""
        saver = self._of_run().saver
        words = _(
            "Training is paused because the run cannot be saved. {reason} Training "
            "continues as soon as the run can be saved.",
            reason=problem,
        )
        self.clock.stand()
        self.emit(Paused(trainer.epoch, trainer.step, words))
        self.control.pause()
        while self.control.paused and self.control.ending != "now":
            command = self.control.next_command()
            if command is not None:
                command()
            elif saver.retry():
                self.control.resume()
            else:
                self.control.wait(0.1)
        if saver.writer is not None and saver.writer.problem is not None:
            saver.ignore()
        self.clock.go()
        self.emit(Resumed(trainer.epoch, trainer.step))
