"""The steps of a run, chunk by chunk, under the user's hand."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from netbuilder.core.data.dataset import Dataset
from netbuilder.core.engine.changes import Event
from netbuilder.core.engine.checkpoint.policy import CheckpointSaver
from netbuilder.core.engine.distribute.worker_sync import WorkerSync
from netbuilder.core.engine.error_messages import not_a_number_error
from netbuilder.core.engine.events import DiagnosisAdded, DiagnosisWithdrawn, Paused, Resumed
from netbuilder.core.engine.loop.trainer import Trainer
from netbuilder.core.engine.monitor.keras_callbacks import Callbacks
from netbuilder.core.engine.monitor.network_inspection import rows_without_numbers
from netbuilder.core.engine.monitor.observer import NetworkObserver
from netbuilder.core.engine.monitor.probe_scheduler import ProbeScheduler
from netbuilder.core.engine.monitor.training_monitor import TrainingMonitor, rows_in_words
from netbuilder.core.engine.reporting import EventReporter
from netbuilder.core.engine.run_control import Ending, RunControl
from netbuilder.core.engine.speed_limiter import SpeedLimiter, Stopwatch, Unit
from netbuilder.core.engine.weight_history import WeightHistory
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Project

# How often a run that pauses looks whether a new probe has been made ready.
_TRACING_SECONDS = 0.02


@dataclass(frozen=True)
class RunParts:
    """The network of a run, and what looks after it."""

    trainer: Trainer
    reporter: EventReporter
    callbacks: Callbacks
    saver: CheckpointSaver
    observer: NetworkObserver


class RunLoop:
    """Advances a run and attends, between two chunks, to what was asked for.

    Args:
        project: with loss and metrics filled in.
        dataset: its data.
        emit: called with each event, on the thread that runs.
        agreement: of several machines.

    Attributes:
        control: what others have asked for.
        tempo: how fast it may go.
        probing: what others want to see.
        watcher: what it says about the run.
        epochs: how many are planned, from the very beginning.
        clock: how long it has gone on, pauses left out.
        weights: those of earlier epochs; None: they are not kept.
        computing: seconds that steps and validation took, without what came between them.
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
        self._emit = emit
        self._agreement = agreement
        self._standing = False
        self._validated = 0.0  # seconds, since views were last looked after
        self._parts: RunParts | None = None
        self._at_epoch: Callable[[], None] | None = None
        self._spread: float | None = None
        self._first_epoch = 0  # of what is spread
        self.weights: WeightHistory | None = None

    @property
    def ending(self) -> Ending:
        """How the run is to end: with other workers, what all of them know."""
        return self.control.ending if self._agreement is None else self._agreement.ending

    def restarted(self) -> None:
        """The run begins again at its first step."""
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
        """Have ``command`` called where the next epoch begins, instead of what was to be called
        there before."""
        self._at_epoch = command

    def set_speed(self, rate: float | None, unit: Unit, spread: float | None) -> None:
        """Set how fast the run may go, see ``Session.set_speed``."""
        self._spread = spread
        self.tempo.set(rate, unit)

    def take(self, project: Project, dataset: Dataset, shift: int) -> None:
        """Go on with other data; positions are others by ``shift`` steps from here."""
        self._project, self._dataset = project, dataset
        for code in self.watcher.take(project, dataset.facts):
            self._emit(DiagnosisWithdrawn(code))
        self.tempo.shift(shift)

    def set_seconds(self, seconds: float) -> None:
        """Say how long the run has gone on already."""
        self.clock.set(seconds)
        self.computing = seconds

    def _of_run(self) -> RunParts:
        if self._parts is None:
            raise RuntimeError("no run has begun")
        return self._parts

    def run(self, parts: RunParts) -> str:
        """Go on until the plan is done or an end is wished for.

        Returns:
            Why it ended: "done", "stopped" or "early".
        """
        self._parts = parts
        self.clock.go()
        try:
            return self._to_the_end(parts)
        finally:
            self._at_epoch = None  # it was asked of this run
            self.clock.stand()

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
        if self._spread is not None:
            planned = max(self.epochs - self._first_epoch, 1)
            self.tempo.pace(planned / self._spread)
        most = self.tempo.most(trainer.position, trainer.steps_per_epoch)
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
            found = self.watcher.not_a_number(epoch + 1, rate, trainer.history, self._dataset)
            for notice in found:
                self._emit(DiagnosisAdded(notice))
            holes = rows_without_numbers(self._dataset.train)
            raise not_a_number_error(epoch, rate, rows_in_words(holes) if holes else "")
        if len(progress.epochs):
            self._epochs_ended(trainer, before)
        # Views have their share of the run's time: of all of it, and not of that of steps alone.
        spent, self._validated = time.perf_counter() - begin + self._validated, 0.0
        self._look(trainer, spent)
        self._rest(trainer, len(progress.steps))

    def _rest(self, trainer: Trainer, steps: int) -> None:
        """Wait until the next chunk is due, and answer probes meanwhile."""
        left = self.tempo.rest(steps, trainer.steps_per_epoch)
        while left > 0 and not self.control.pressing:
            if not self._look(trainer, None):
                self.control.rest(min(left, _TRACING_SECONDS) if self.probing.tracing else left)
            left = self.tempo.left()

    def _validate(self, trainer: Trainer) -> None:
        begin = time.perf_counter()
        before = trainer.epoch
        # Workers stop together behind a chunk, never while one of them measures.
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
            self._emit(DiagnosisAdded(notice))

    def _keep_weights(self, trainer: Trainer) -> None:
        if self.weights is not None and self._agreement is None:
            self.weights.add(trainer.position / trainer.steps_per_epoch, trainer.training_model)

    def withdraw(self, trainer: Trainer) -> None:
        """Take back what the watcher says no more."""
        for code in self.watcher.withdrawn(trainer.history):
            self._emit(DiagnosisWithdrawn(code))

    def _attend(self, trainer: Trainer) -> None:
        """Do what was asked for; stand still while a pause is wished for."""
        told: tuple[int, int] | None = None
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
                if told != (trainer.epoch, trainer.step):
                    told = (trainer.epoch, trainer.step)
                    self._emit(Paused(*told))
                if not self._look(trainer, None):
                    self.control.wait(_TRACING_SECONDS if self.probing.tracing else None)
            else:
                break
        self.tempo.forbid()
        self.clock.go()
        if self._standing:
            self._standing = False
            self._emit(Resumed(trainer.epoch, trainer.step))

    def _allowed(self, trainer: Trainer) -> bool:
        """Whether a run that stands still was told to do a step, or an epoch."""
        return self.tempo.allowed(trainer.position, trainer.needs_validation)

    def _pressing(self, trainer: Trainer) -> bool:
        """Whether anything must be attended to before a validation goes on."""
        control = self.control
        if control.ending == "now" or control.waiting:
            return True
        return control.paused and not self._allowed(trainer)

    def _look(self, trainer: Trainer, trained: float | None) -> bool:
        """Answer probes, behind ``trained`` seconds of the run or standing still."""
        observer = self._of_run().observer
        return self.probing.look(observer, trainer.epoch, trainer.step, trained)

    def _wait_for_room(self, trainer: Trainer, problem: UserError) -> None:
        """Stand still until a checkpoint can be written, or the user goes on without one."""
        saver = self._of_run().saver
        words = _(
            "Training is paused because the run cannot be saved. {reason} Training "
            "continues as soon as the run can be saved.",
            reason=problem,
        )
        self.clock.stand()
        self._emit(Paused(trainer.epoch, trainer.step, words))
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
        self._emit(Resumed(trainer.epoch, trainer.step))
