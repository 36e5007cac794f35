"""A training run under the user's hand. Knows no window: a thread or a command line runs it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from netbuilder.core.data.dataset import Dataset
from netbuilder.core.data.defaults import resolve
from netbuilder.core.engine.build.assembly import assemble
from netbuilder.core.engine.build.copies import copy_of
from netbuilder.core.engine.build.learning_rate import scheduled
from netbuilder.core.engine.checkpoint.format import Snapshot, from_bytes, read, to_bytes
from netbuilder.core.engine.checkpoint.policy import Saver
from netbuilder.core.engine.checkpoint.snapshots import restore, take
from netbuilder.core.engine.distribute.strategy import (
    connect_workers,
    is_lost_worker,
    local_strategy,
    lost_worker,
)
from netbuilder.core.engine.distribute.worker_sync import Agreement
from netbuilder.core.engine.events import (
    Event,
    Failed,
    Finished,
    Noticed,
    Paused,
    Preparing,
    Resumed,
    Saved,
    Withdrawn,
)
from netbuilder.core.engine.failures import in_words, not_a_number
from netbuilder.core.engine.loop.compilation import Mode
from netbuilder.core.engine.loop.trainer import Trainer
from netbuilder.core.engine.monitor.diagnosis import rows_without_numbers
from netbuilder.core.engine.monitor.history import History
from netbuilder.core.engine.monitor.keras_callbacks import Callbacks, best_choice
from netbuilder.core.engine.monitor.probing import Probing
from netbuilder.core.engine.monitor.watcher import Watcher, rate_before, rows_in_words
from netbuilder.core.engine.notices import Notice
from netbuilder.core.engine.prepared import Lease, Order, lease, start_of
from netbuilder.core.engine.probes import Probe
from netbuilder.core.engine.reporting import Reporter
from netbuilder.core.engine.run_control import Control, Ending
from netbuilder.core.engine.runs import store
from netbuilder.core.engine.tempo import Tempo, Unit
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import UserError
from netbuilder.core.project.model import Project

# How often a run that pauses looks whether a new probe has been made ready.
_TRACING_SECONDS = 0.02


class Session:
    """Trains a project's network and says what happens.

    The session holds the project as it was when it began; editing the canvas meanwhile changes
    nothing here. ``run`` does the work on the calling thread; every other method may be called
    from any thread and takes effect at the next chunk of steps, within about 0.1 s.

    Args:
        project: what to train.
        dataset: its data, loaded.
        on_event: called with each event, on the thread that runs the session.
        checkpoint_dir: folder for checkpoints; None keeps none.
        resume: go on from the checkpoint in ``checkpoint_dir``, if there is one.
        compilation: "auto" finds the fastest; "graph", "step" or "loop" uses that one.
        base: folder of the project file: files of callbacks and of weights are relative to it.
        record: keep a record of the run in the user's data folder, see ``runs``.
        workers: "host:port" of each machine that takes part, this one being number
            ``worker_index``; the first keeps checkpoints and the record. See ``distributed``.
        devices: devices of this machine to share the work; all GPUs where empty.
        start: the result of an earlier run of the same network, or a file that was opened: go on
            where it stands. ``project.training.epochs`` counts from the very beginning;
            ``train_more`` adds to what is done.
    """

    def __init__(
        self,
        project: Project,
        dataset: Dataset,
        *,
        on_event: Callable[[Event], None] | None = None,
        checkpoint_dir: Path | None = None,
        resume: bool = False,
        compilation: Mode = "auto",
        base: Path | None = None,
        record: bool = True,
        workers: Sequence[str] = (),
        worker_index: int = 0,
        devices: Sequence[str] = (),
        start: TrainedModel | None = None,
    ) -> None:
        self._asked = project
        self.project = resolve(project, dataset.facts)
        self.dataset = dataset
        self.checkpoint_dir = checkpoint_dir
        self.compilation: Mode = compilation
        self.resume_from_checkpoint = resume
        self.base = base
        self.workers = tuple(workers)
        chief = not self.workers or worker_index == 0
        self.record = record and chief
        if not chief:
            self.checkpoint_dir = None
        self.devices = tuple(devices)
        # Several machines must find each other before anything is computed.
        self._strategy: Any = connect_workers(self.workers, worker_index) if workers else None
        self._agreement = Agreement(len(self.workers), worker_index) if workers else None
        self.run_id = ""
        self.epochs = project.training.epochs
        self.seconds = 0.0
        self.trained: TrainedModel | None = None
        self._emit = on_event or (lambda event: None)
        self._control = Control()
        self._trainer: Trainer | None = None
        self._history: History | None = None
        self._reporter: Reporter | None = None
        self._callbacks: Callbacks | None = None
        self._saver: Saver | None = None
        self._watcher = Watcher(self.project, dataset.facts)
        self._probing = Probing(self._emit)
        self._start = start
        self._order: Order | None = None
        self._lease: Lease | None = None
        self._tempo = Tempo()
        self._standing = False

    # What others ask for, from any thread.

    def pause(self) -> None:
        """Stand still until ``resume``; answered by ``Paused``."""
        self._control.pause()

    def resume(self) -> None:
        """Go on after a pause; answered by ``Resumed``."""
        self._control.resume()

    def stop(self) -> None:
        """End now; the run gives the model as it is."""
        self._control.end("now")

    def set_speed(self, rate: float | None, unit: Unit = "epochs") -> None:
        """Go on with so many epochs, or steps, a second; None: as fast as it goes."""
        self._control.post(lambda: self._tempo.set(rate, unit))

    def step(self) -> None:
        """Do one step and stand still; answered by ``Paused``, also where the run stood before.

        An epoch that ends with the step is measured on the validation data too.
        """
        self._go_and_stand(lambda trainer: 1)

    def one_epoch(self) -> None:
        """Go on to the end of the epoch and stand still; answered by ``Paused``."""
        self._go_and_stand(lambda trainer: trainer.steps_per_epoch - trainer.step)

    def _go_and_stand(self, steps: Callable[[Trainer], int]) -> None:
        def allow() -> None:
            trainer = self._trainer
            if trainer is not None:
                self._tempo.allow(trainer.position + steps(trainer))

        self._control.pause()
        self._control.post(allow)

    def rewind(self) -> None:
        """Begin again at epoch 0 with the weights that the run began with.

        A run that stands still goes on standing; one that has ended begins again with ``run``.
        """
        self._wish(
            lambda: self._reset(None if self._trainer is None else self._trainer.orders.seed)
        )

    def stop_after_epoch(self) -> None:
        """End when the epoch that is running is done."""
        self._control.end("epoch")

    def set_learning_rate(self, rate: float) -> None:
        """Use another learning rate from the next step on; answered by ``Changed``.

        It takes over from a schedule: that is off until the weights are reset.
        """
        self._control.post(lambda: self._set_learning_rate(rate))

    def train_more(self, epochs: int) -> None:
        """Add epochs to the plan. After the end of a run, ``run`` does so many more from there."""
        self._wish(lambda: self._set_epochs(self.epochs + epochs))

    def reset_weights(self, seed: int | None = None) -> None:
        """Begin again at epoch 0 with new weights, of the same seed or of another."""
        self._wish(lambda: self._reset(seed))

    def go_back_before_raise(self) -> None:
        """Put the best epoch's weights back, and the rate of before a hand raised it."""
        self._wish(self._go_back_before_raise)

    def go_back_to_best(self) -> None:
        """Put the weights of the best epoch back and go on from them."""
        self._wish(self._go_back)

    def _wish(self, command: Callable[[], None]) -> None:
        """A wish that may stand at the beginning of another run: what was asked of the last one
        is over then."""
        self._control.forget()
        self._control.post(command)

    def watch(self, probe: Probe) -> None:
        """Answer ``probe`` again and again while the run goes on; answered by ``Probed``.

        What a probe costs is bounded to a twentieth of the run's time, all probes together:
        those that are due take turns. While the run pauses each is answered once. It may be
        called before the run begins.
        """
        self._probing.watch(probe)
        self._control.post(lambda: None)

    def unwatch(self, key: str) -> None:
        """Answer the probe of that key no more."""
        self._probing.unwatch(key)

    @property
    def moved(self) -> bool:
        """Whether any step has been done, here or before ``start``."""
        history = self._history
        return history is not None and bool(len(history.steps) or len(history.epochs))

    @property
    def history(self) -> History | None:
        """Numbers so far; to be read on the session's thread or after the run."""
        return self._history

    # The work, on the calling thread.

    def run(self) -> TrainedModel:
        """Train to the end of the plan, or until stopped. May be called again to go on.

        Raises:
            UserError: why it failed; the ``Failed`` event came before.
        """
        self._control.begin()
        try:
            return self._run()
        except Exception as error:
            lost = self.workers and is_lost_worker(error)
            told = lost_worker() if lost else in_words(error, self.project.graph)
            self._emit(Failed(told, "" if told is error else str(error)))
            if told is error:
                raise
            raise told from error
        finally:
            self._control.finish()
            if self._lease is not None:
                self._lease.end()

    def _run(self) -> TrainedModel:
        if self._agreement is not None:
            self._agreement.begin()
        if self._trainer is None or self._lease is None or not self._lease.begin():
            # Another run of the same network has taken it over: go on from what it had learnt.
            self._start = self.trained or self._start
            self._prepare()
        elif self._callbacks is not None:
            self._callbacks.begin()
        trainer, reporter, callbacks, saver = self._parts()
        # Of a run that was stopped before its first step nobody hears that it began.
        if self._control.ending != "now" or self._agreement is not None:
            reporter.started(self.epochs)
        try:
            reason = self._train(trainer)
            saver.finish()
        finally:
            trainer.compilation.end(trainer.position)
            saver.close()
        # What was done is all that is planned now: "20 more" are 20 from here.
        self.epochs = min(self.epochs, trainer.epoch)
        if trainer.epoch:
            callbacks.end(trainer.history.epochs.row(-1))
        self.trained = self._finish(trainer)
        self._withdraw(trainer)
        for notice in self._watcher.at_end(trainer.history, trainer.core, self.dataset, reason):
            self._emit(Noticed(notice))
        self._record(trainer, reason)
        note = self._agreement.words if self._agreement is not None else ""
        self._emit(Finished(self.trained, reason, note))
        return self.trained

    def _parts(self) -> tuple[Trainer, Reporter, Callbacks, Saver]:
        parts = (self._trainer, self._reporter, self._callbacks, self._saver)
        if parts[0] is None or parts[1] is None or parts[2] is None or parts[3] is None:
            raise RuntimeError("the session is not prepared")
        return parts[0], parts[1], parts[2], parts[3]

    def _prepare(self) -> None:
        self._emit(Preparing("Building the network"))
        training, folder = self.project.training, self.checkpoint_dir
        found = read(folder) if folder is not None and self.resume_from_checkpoint else None
        if self._strategy is None and self.dataset.stream is None:
            self._strategy = local_strategy(self.devices)
        self._order = Order(
            self.project,
            self.dataset,
            self.base,
            self.compilation,
            self._strategy,
            self._agreement,
        )
        self._lease = lease(self._order, lambda words: self._emit(Preparing(words)))
        trainer, core = self._lease.trainer, self._lease.trainer.core
        if self.workers and self.resume_from_checkpoint:
            found = self._shared(trainer, found)
        callbacks = Callbacks(
            training,
            core,
            known=trainer.history.epochs.names,
            base=self.base,
            resumed=found is not None,
        )
        self._saver = Saver(folder, lambda: self._snapshot(trainer, callbacks), self._tell_saved)
        # Callbacks forget what they knew when a training begins: first that, then the checkpoint.
        callbacks.begin()
        graph = getattr(trainer.program.function, "graph", None)
        if graph is not None:
            callbacks.write_graph(graph)
        if found is not None:
            self._emit(Preparing(f"Going on after epoch {found.epoch}", "resume"))
            restore(trainer, callbacks, found)
            self.seconds = float(found.facts["seconds"])
        elif self._start is not None:
            trainer.go_on_from(self._start)
            self.seconds = self._start.seconds
            self.epochs = max(self.epochs, trainer.epoch)
        self._saver.begin(found, trainer.position)
        self._trainer, self._callbacks = trainer, callbacks
        # Kept by itself: another run may take the trainer over.
        self._history = trainer.history
        self._reporter = Reporter(trainer, self._emit)
        if found is not None or self._start is not None:
            self._reporter.restored()

    def _snapshot(self, trainer: Trainer, callbacks: Callbacks) -> Snapshot:
        self._settle(trainer)
        return take(trainer, callbacks, self.epochs, self.seconds)

    def _settle(self, trainer: Trainer) -> None:
        """Have the network that is saved, and kept in the end, be that of the last step."""
        trainer.program.settle()

    @property
    def _ending(self) -> Ending:
        """How the run is to end: with other workers, what all of them know."""
        return self._control.ending if self._agreement is None else self._agreement.ending

    def _shared(self, trainer: Trainer, found: Snapshot | None) -> Snapshot | None:
        """The first worker's checkpoint, for all of them."""
        data = trainer.program.share(None if found is None else to_bytes(found))
        return from_bytes(data) if data else None

    def _tell_saved(self, snapshot: Snapshot) -> None:
        self._emit(Saved(snapshot.epoch, str(self.checkpoint_dir)))

    def _train(self, trainer: Trainer) -> str:
        _, _, callbacks, saver = self._parts()
        begun = -1
        while True:
            self._attend(trainer)
            ending = self._ending
            at_end, lags = trainer.step == 0, trainer.program.lags
            whole = at_end or (saver.overdue and not lags)
            problem = saver.look(whole, trainer.position)
            if problem is not None and self._control.ending != "now" and not lags:
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
        _, reporter, _, saver = self._parts()
        first, before = trainer.position, trainer.epoch
        agreement = self._agreement
        if agreement is not None:
            agreement.ask(self._control.ending, saver.overdue)
        progress = trainer.advance(
            limit, self._tempo.most(trainer.position, trainer.steps_per_epoch)
        )
        if agreement is not None and (agreement.save or agreement.ending == "now"):
            self._settle(trainer)
        self.seconds += progress.seconds
        reporter.steps(first, progress.steps, progress.seconds, self.seconds)
        finite = np.isfinite(progress.steps[:, 0])
        if not finite.all():
            epoch = (first + int(np.argmin(finite))) // trainer.steps_per_epoch
            rate = trainer.learning_rate
            found = self._watcher.not_a_number(epoch + 1, rate, trainer.history, self.dataset)
            for notice in found:
                self._emit(Noticed(notice))
            holes = rows_without_numbers(self.dataset.train)
            raise not_a_number(epoch, rate, rows_in_words(holes) if holes else "")
        if len(progress.epochs):
            self._epochs_ended(trainer, before)
        self._look(trainer, progress.seconds)
        self._rest(trainer, len(progress.steps))

    def _rest(self, trainer: Trainer, steps: int) -> None:
        """Wait until the next chunk is due, and answer probes meanwhile."""
        left = self._tempo.rest(steps, trainer.steps_per_epoch)
        while left > 0 and not self._control.pressing:
            if not self._look(trainer, None):
                self._control.rest(min(left, _TRACING_SECONDS) if self._probing.tracing else left)
            left = self._tempo.left()

    def _validate(self, trainer: Trainer) -> None:
        begin = time.perf_counter()
        before = trainer.epoch
        # Workers stop together behind a chunk, never while one of them measures.
        interrupted = None if self.workers else lambda: self._pressing(trainer)
        _, _, callbacks, _ = self._parts()
        callbacks.test_begin()
        rows = trainer.validate(interrupted)
        callbacks.test_end()
        self.seconds += time.perf_counter() - begin
        if rows is not None:
            self._epochs_ended(trainer, before)

    def _epochs_ended(self, trainer: Trainer, before: int) -> None:
        _, reporter, callbacks, _ = self._parts()
        if callbacks:
            rate = trainer.learning_rate
            callbacks.epoch_end(trainer.epoch - 1, trainer.history.epochs.row(-1))
            if trainer.learning_rate != rate:
                reporter.changed("learning_rate", trainer.learning_rate)
        reporter.epochs(before, self.epochs, self.seconds)
        self._withdraw(trainer)
        for notice in self._watcher.look(trainer.history, trainer.core, self.dataset):
            self._emit(Noticed(notice))

    def _withdraw(self, trainer: Trainer) -> None:
        for code in self._watcher.withdrawn(trainer.history):
            self._emit(Withdrawn(code))

    def _attend(self, trainer: Trainer) -> None:
        """Do what was asked for; stand still while a pause is wished for."""
        told: tuple[int, int] | None = None
        while True:
            command = self._control.next_command()
            if command is not None:
                command()
            elif self._control.paused and self._control.ending != "now":
                self._standing = True
                if self._allowed(trainer):
                    return
                self._tempo.forbid()
                if told != (trainer.epoch, trainer.step):
                    told = (trainer.epoch, trainer.step)
                    self._emit(Paused(*told))
                if not self._look(trainer, None):
                    self._control.wait(_TRACING_SECONDS if self._probing.tracing else None)
            else:
                break
        self._tempo.forbid()
        if self._standing:
            self._standing = False
            self._emit(Resumed(trainer.epoch, trainer.step))

    def _allowed(self, trainer: Trainer) -> bool:
        """Whether a run that stands still was told to do a step, or an epoch."""
        return self._tempo.allowed(trainer.position, trainer.needs_validation)

    def _pressing(self, trainer: Trainer) -> bool:
        """Whether anything must be attended to before a validation goes on."""
        control = self._control
        if control.ending == "now" or control.waiting:
            return True
        return control.paused and not self._allowed(trainer)

    def _look(self, trainer: Trainer, trained: float | None) -> bool:
        """Answer probes, behind a chunk that took ``trained`` seconds or standing still."""
        if self._lease is None:
            return False
        return self._probing.look(self._lease.observer, trainer.epoch, trainer.step, trained)

    def _wait_for_room(self, trainer: Trainer, problem: UserError) -> None:
        """Stand still until a checkpoint can be written, or the user goes on without one."""
        _, _, _, saver = self._parts()
        words = f"The run waits, since it cannot be saved. {problem} It goes on by itself then."
        self._emit(Paused(trainer.epoch, trainer.step, words))
        self._control.pause()
        while self._control.paused and self._control.ending != "now":
            command = self._control.next_command()
            if command is not None:
                command()
            elif saver.retry():
                self._control.resume()
            else:
                self._control.wait(0.1)
        if saver.writer is not None and saver.writer.problem is not None:
            saver.ignore()
        self._emit(Resumed(trainer.epoch, trainer.step))

    def _set_learning_rate(self, rate: float) -> None:
        if self._trainer is not None and self._reporter is not None:
            self._trainer.set_learning_rate(rate)
            off = "the schedule is off from here" if scheduled(self._trainer.core.optimizer) else ""
            self._reporter.changed("learning_rate", rate, off)

    def _set_epochs(self, epochs: int) -> None:
        self.epochs = max(1, epochs)
        if self._reporter is not None:
            self._reporter.changed("epochs", self.epochs)

    def _reset(self, seed: int | None) -> None:
        if self._trainer is None or self._reporter is None or self._callbacks is None:
            return
        if self._order is None:
            return
        seed = self.project.training.seed if seed is None else seed
        self._trainer.restart(start_of(self._trainer, self._order, seed), seed)
        self._callbacks.begin()
        self._watcher = Watcher(self.project, self.dataset.facts)
        self._probing.again()
        self.seconds = 0.0
        self.epochs = max(self.epochs, self.project.training.epochs)
        self._reporter.changed("reset", seed)

    def _go_back(self) -> None:
        if self._trainer is not None and self._reporter is not None:
            self._settle(self._trainer)
            self._reporter.changed("best", self._trainer.restore_best())
            self._probing.again()

    def _go_back_before_raise(self) -> None:
        if self._trainer is not None:
            before = rate_before(self._trainer.history, self._trainer.learning_rate)
            self._go_back()
            if before is not None:
                self._set_learning_rate(before)

    def _record(self, trainer: Trainer, reason: str) -> None:
        """Keep the run in the list of runs; that it cannot be kept is no reason to lose it."""
        if self.record and self.trained is not None and trainer.position:
            try:
                run = store.record(
                    self.trained,
                    trainer.history,
                    reason=reason,
                    run_id=self.run_id,
                    base=self.base,
                    steps_per_epoch=trainer.steps_per_epoch,
                    asked=self._asked,
                )
                self.run_id = run.id
            except (UserError, OSError):
                self.run_id = ""

    def _finish(self, trainer: Trainer) -> TrainedModel:
        self._settle(trainer)
        trainer.core.optimizer.finalize_variable_values(trainer.core.trainable_weights)
        if best_choice(self.project.training) is not None:
            trainer.restore_best()
        # A network of its own: what comes later, more training above all, does not touch it.
        core = copy_of(trainer.core, self.project, self.dataset.facts)
        return TrainedModel(
            project=self.project,
            core=core,
            model=assemble(core, self.project, self.dataset.pre, self.dataset.facts),
            pre=self.dataset.pre,
            facts=self.dataset.facts,
            history=trainer.history.by_epoch(),
            test=self._test(trainer),
            seconds=self.seconds,
            steps_per_second=trainer.position / max(self.seconds, 1e-9),
            epochs=trainer.epoch,
            best_epoch=trainer.history.best_epoch,
        )

    def _test(self, trainer: Trainer) -> dict[str, float]:
        test = self.dataset.test
        if test is None or not len(test):
            return {}
        try:
            return trainer.test(test)
        except MemoryError:
            reason = "there is not enough memory"
        except Exception as error:  # noqa: BLE001  what was trained is kept whatever fails now
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        self._emit(
            Noticed(
                Notice(
                    "untested", trainer.epoch, "Not tested",
                    f"The network is trained and kept, but the test rows could not be judged: "
                    f"{reason.rstrip('.')}. Look at the test rows in the Data tab.",
                )
            )
        )  # fmt: skip
        return {}
