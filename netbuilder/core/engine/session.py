"""A training run and its controls, without a window: a thread or a command line runs it."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from netbuilder.core.data.dataset import Dataset
from netbuilder.core.data.defaults import resolve_defaults
from netbuilder.core.engine.checkpoint import (
    CheckpointSaver,
    RunSnapshot,
    read_checkpoint,
    restore_snapshot,
    share_snapshot,
    take_snapshot,
)
from netbuilder.core.engine.distribute import (
    WorkerSync,
    connect_workers,
    is_lost_worker,
    local_strategy,
    lost_worker_error,
)
from netbuilder.core.engine.events import (
    CheckpointSaved,
    DataReplaced,
    DiagnosisAdded,
    Failed,
    Finished,
    PausedModel,
    Preparing,
)
from netbuilder.core.engine.loop.compilation import Mode
from netbuilder.core.engine.loop.trainer import CHUNK_SECONDS, Trainer
from netbuilder.core.engine.manual_weights import ManualWeightLog, WeightIndex
from netbuilder.core.engine.monitor.history import History
from netbuilder.core.engine.monitor.keras_callbacks import Callbacks
from netbuilder.core.engine.monitor.observer import Probe
from netbuilder.core.engine.monitor.training_monitor import frozen_layers_notice, rate_before
from netbuilder.core.engine.networks.keras_objects import is_scheduled
from netbuilder.core.engine.outcome import finished_model, paused_model
from netbuilder.core.engine.prepared_networks import (
    Lease,
    TrainingOrder,
    accepts,
    initial_network,
    lease_trainer,
    switch_data,
)
from netbuilder.core.engine.reporting import EventReporter, explain_error
from netbuilder.core.engine.run_control import StoppedBeforeStartError, Unit
from netbuilder.core.engine.run_loop import RunLoop, RunParts
from netbuilder.core.engine.runs.run_store import record_run
from netbuilder.core.engine.trained import SCHEDULE_OFF, Event, TrainedModel
from netbuilder.core.engine.weight_history import WeightHistory
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.process import garbage_collection
from netbuilder.core.project.model import Project

if TYPE_CHECKING:
    import keras

log = logging.getLogger(__name__)

# The largest network, in weights, that is copied during its run.
_MOST_COPIED = 2_000_000


@dataclass(frozen=True)
class RunStart:
    """What a run starts from.

    Attributes:
        model: an earlier result of the same network, or an opened file, to continue.
        other_data: it was trained on other rows of the same kind. The curve says so.
        epochs: how many are planned, from the very beginning; None: those of the project.
    """

    model: TrainedModel | None = None
    other_data: bool = False
    epochs: int | None = None


@dataclass(frozen=True)
class RunStorage:
    """Where a run is kept.

    Attributes:
        base: folder of the project file: files of callbacks and of weights are relative to it.
        record: record the run in the user's data folder, see ``engine.runs``.
        checkpoint_dir: None keeps no checkpoints.
        resume: go on from the checkpoint in ``checkpoint_dir``, if there is one.
    """

    base: Path | None = None
    record: bool = True
    checkpoint_dir: Path | None = None
    resume: bool = False


@dataclass(frozen=True)
class Computation:
    """How a run is computed.

    Attributes:
        compilation: "auto" finds the fastest; "graph", "step" or "loop" uses that one.
        chunk_seconds: time between two checks for requests. Longer chunks train faster.
        workers: "host:port" of each machine, this one being number ``worker_index``; the first
            keeps checkpoints and the record. See ``distribute``.
        devices: devices of this machine to share the work; all GPUs where empty.
    """

    compilation: Mode = "auto"
    chunk_seconds: float = CHUNK_SECONDS
    workers: Sequence[str] = ()
    worker_index: int = 0
    devices: Sequence[str] = ()


_START, _STORAGE, _COMPUTATION = RunStart(), RunStorage(), Computation()


class Session:
    """Train a project's network and emit events.

    The session holds the project as it was when it began. ``run`` does the work on the calling
    thread; every other method may be called from any thread and takes effect at the next chunk of
    steps, within about 0.1 s.

    Args:
        on_event: called with each event, on the thread that runs the session.
        callbacks: of Keras, called at the ends of epochs beside those of the project.
        novelty: add a novelty reference to the result.
    """

    def __init__(
        self,
        project: Project,
        dataset: Dataset,
        *,
        on_event: Callable[[Event], None] | None = None,
        start: RunStart = _START,
        storage: RunStorage = _STORAGE,
        computation: Computation = _COMPUTATION,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        novelty: bool = True,
    ) -> None:
        self._novelty = novelty
        self._more_callbacks = tuple(callbacks)
        self._requested = project
        self.project = resolve_defaults(project, dataset.facts)
        self.dataset = dataset
        self.computation, self._storage, self._start = computation, storage, start
        workers, index = computation.workers, computation.worker_index
        self._chief = not workers or index == 0
        self.checkpoint_dir = storage.checkpoint_dir if self._chief else None
        # Several machines must find each other before anything is computed.
        self._strategy: Any = connect_workers(workers, index) if workers else None
        self._agreement = WorkerSync(len(workers), index) if workers else None
        self.run_id, self._began = "", 0.0
        self.trained: TrainedModel | None = None
        self.rescued: TrainedModel | None = None
        self.not_recorded: Exception | None = None
        self.emit = on_event or (lambda event: None)
        self.loop = RunLoop(self.project, dataset, self.emit, self._agreement)
        self._control = self.loop.control
        if start.epochs is not None:
            self.loop.epochs = start.epochs
        self._parts: RunParts | None = None
        self._history: History | None = None
        self._set_in_run = ManualWeightLog()
        self._to_set: deque[Mapping[WeightIndex, float]] = deque()
        self._order: TrainingOrder | None = None
        self._lease: Lease | None = None

    # Requests, from any thread.

    def pause(self) -> None:
        """Pause until ``resume``; answered by ``Paused``."""
        self._control.pause()

    def resume(self) -> None:
        """Go on after a pause; answered by ``Resumed``."""
        self._control.resume()

    def stop(self, *, discard: bool = False) -> None:
        """End now and return the model as it is; ``discard``: without a record."""
        self._control.end("now", discard=discard)

    def set_speed(
        self, rate: float | None, unit: Unit = "epochs", *, spread: float | None = None
    ) -> None:
        """Limit the epochs or steps a second (None: no limit), from here on and after a restart.

        ``spread``: seconds over which the planned epochs are spread by the fall of the loss, in
        place of ``rate``; a run that takes longer is not slowed.
        """
        self._control.post(lambda: self.loop.set_speed(rate, unit, spread))

    def step(self) -> None:
        """Do one step (and an epoch's validation) and pause; answered by ``Paused``."""
        self._go_and_stand(lambda trainer: 1)

    def one_epoch(self) -> None:
        """Train to the end of the epoch and pause; answered by ``Paused``."""
        self._go_and_stand(lambda trainer: trainer.steps_per_epoch - trainer.step)

    def _go_and_stand(self, steps: Callable[[Trainer], int]) -> None:
        def allow() -> None:
            trainer = self.trainer
            if trainer is not None:
                self.loop.tempo.allow(trainer.position + steps(trainer))

        self._control.pause()
        self._control.post(allow)

    def stand(self) -> None:
        """Emit the network as it is between two chunks of steps, as ``PausedModel``.

        Nothing is emitted with several machines, nor of a large network that is training.
        """
        self._control.post(self._stand)

    def rewind(self) -> None:
        """Restart at epoch 0 with the initial weights; after the end ``run`` is needed."""
        self._wish(lambda: self._reset(None if self.trainer is None else self.trainer.orders.seed))

    def stop_after_epoch(self) -> None:
        """End after the current epoch."""
        self._control.end("epoch")

    def set_learning_rate(self, rate: float) -> None:
        """Use another rate, in place of a schedule, until a reset; answered by ``Changed``."""
        self._control.post(lambda: self._set_learning_rate(rate))

    def train_more(self, epochs: int) -> None:
        """Add epochs to the plan; after the end of a run, ``run`` trains them."""
        self._wish(lambda: self._set_epochs(self.epochs + epochs))

    def reset_weights(self, seed: int | None = None) -> None:
        """Restart at epoch 0 with new weights, of the same seed or another."""
        self._wish(lambda: self._reset(seed))

    def go_back_before_raise(self) -> None:
        """Restore the best epoch's weights and the rate before it was raised by hand."""
        self._wish(self._go_back_before_raise)

    def set_weights(self, values: Mapping[WeightIndex, float]) -> None:
        """Set single weights at this step and keep the optimizer's state; answered by ``Changed``
        and, after the last of several calls, as by ``stand``.

        ``values`` replace those of an earlier call at the same step. The best epoch's weights stay
        as they were. With several machines nothing is set.
        """
        self._to_set.append(values)
        self._control.post(self._set_weights)

    def takes(self, project: Project, dataset: Dataset) -> bool:
        """Return whether a run can switch to these small data without building its network anew."""
        order, parts = self._order, self._parts
        if order is None or parts is None or self._agreement is not None:
            return False
        other = replace(order, project=resolve_defaults(project, dataset.facts), dataset=dataset)
        return accepts(parts.trainer, order, other)

    def set_data(self, project: Project, dataset: Dataset) -> None:
        """Go on with data that it ``takes`` from the next epoch on; answered by ``DataReplaced``.

        The weights stay; as many epochs follow as the plan has.
        """
        self._control.post(lambda: self.loop.at_epoch(lambda: self._set_data(project, dataset)))

    def go_back_to_best(self) -> None:
        """Restore the weights of the best epoch and go on from them."""
        self._wish(self._go_back)

    def _wish(self, command: Callable[[], None]) -> None:
        """Queue a request that may begin another run, and drop requests of the last one."""
        self._control.forget()
        self._control.post(command)

    def watch(self, probe: Probe) -> None:
        """Answer ``probe`` repeatedly during the run by ``ProbeAnswered``, and once during a pause.

        All probes take at most a twentieth of the time. May be called before the run.
        """
        self.loop.probing.watch(probe)
        self._control.post(lambda: None)

    def unwatch(self, key: str) -> None:
        """Drop the probe of that key."""
        self.loop.probing.unwatch(key)

    def stretch_views(self, times: float) -> None:
        """Answer probes that may wait (``Probe.slowest``) less often by this factor."""
        self.loop.probing.stretch = times

    def leads_to(self, trained: TrainedModel | None) -> bool:
        """Return whether a network is the run's current one, with no weights set by hand since."""
        mine = self.trained
        return mine is None or trained is None or mine.training_model is trained.training_model

    def keep_weights(self) -> None:
        """Keep weights of epochs in ``weight_history``; call it before the run."""
        if self.loop.weights is None:
            self.loop.weights = WeightHistory(rest=200)  # half a hundredth of the run's time

    @property
    def weight_history(self) -> WeightHistory | None:
        """Return the weights of earlier epochs, if kept; read it after the run."""
        return self.loop.weights

    @property
    def epochs(self) -> int:
        """Return how many are planned, from the very beginning."""
        return self.loop.epochs

    @property
    def seconds(self) -> float:
        """Return the run's duration, pauses left out."""
        return self.loop.clock.seconds

    @property
    def moved(self) -> bool:
        """Return whether any step has been done, here or before ``start``."""
        history = self._history
        return history is not None and bool(len(history.steps) or len(history.epochs))

    @property
    def history(self) -> History | None:
        """Return the numbers so far; read them on the session's thread or after the run."""
        return self._history

    @property
    def trainer(self) -> Trainer | None:
        """Return the trainer; None before the network is built."""
        return None if self._parts is None else self._parts.trainer

    # The work, on the calling thread.

    def run(self) -> TrainedModel:
        """Train to the end of the plan, or until stopped. May be called again to go on.

        Raises:
            UserError: why it failed, after ``Failed``; ``rescued`` is a usable network so far.
            StoppedBeforeStartError: it was stopped while the network was built.
        """
        self._control.begin()
        self.rescued = None
        try:
            return self._run()
        except StoppedBeforeStartError:
            raise
        except Exception as error:
            self._rescue()
            lost = self.computation.workers and is_lost_worker(error)
            explained = lost_worker_error() if lost else explain_error(error, self.project.graph)
            self.emit(Failed(explained, "" if explained is error else str(error)))
            if explained is error:
                raise
            raise explained from error
        finally:
            self._control.finish()
            if self._lease is not None:
                self._lease.end()

    def _run(self) -> TrainedModel:
        if not self.run_id:  # otherwise it goes on, and its record knows when it began
            self._began = time.time()
        if self._agreement is not None:
            self._agreement.begin()
        parts = self._parts
        if parts is None or self._lease is None or not self._lease.begin():
            # Another run has taken the trainer over: go on from this session's result.
            if self.trained is not None:
                self._start = RunStart(self.trained)
            parts = self._prepare()
        else:
            parts.callbacks.begin()
        trainer = parts.trainer
        # A run that was stopped before its first step emits no ``Started``.
        if self._control.ending != "now" or self._agreement is not None:
            parts.reporter.started(self.epochs)
            notice = frozen_layers_notice(self.project, trainer.frozen)
            if notice is not None:
                self.emit(DiagnosisAdded(notice))
        try:
            reason = self.loop.run(parts)
            parts.saver.finish()
        finally:
            trainer.compilation.end(trainer.position)
            parts.saver.close()
        # Only the epochs done are planned now, so that "20 more" are 20 from here.
        self.loop.epochs = min(self.epochs, trainer.epoch)
        if trainer.epoch:
            parts.callbacks.end(trainer.history.epochs.row(-1))
        self.trained = self._outcome(parts.callbacks.restored_epoch)
        kept_epoch = self.trained.kept_epoch
        self.loop.withdraw(trainer, kept_epoch)
        for notice in self.loop.watcher.at_end(
            trainer.history, trainer.training_model, self.dataset, reason, kept_epoch
        ):
            self.emit(DiagnosisAdded(notice))
        self._keep_record(trainer, reason)
        note = self._agreement.words if self._agreement is not None else ""
        self.emit(Finished(self.trained, reason, note))
        return self.trained

    def _outcome(self, restored_epoch: int = 0) -> TrainedModel:
        assert self._parts is not None
        trainer = self._parts.trainer
        trained = finished_model(
            trainer, self.project, self.dataset, self.emit, restored_epoch, novelty=self._novelty
        )
        return self.loop.timed(trained, trainer.position)

    def _keep_record(self, trainer: Trainer, reason: str) -> None:
        self.not_recorded = None
        recording = self._storage.record and self._chief and not self._control.discarding
        if not recording or not trainer.position or self.trained is None:
            return
        try:
            self.run_id = record_run(
                self.trained,
                trainer.history,
                steps_per_epoch=trainer.steps_per_epoch,
                asked=self._requested,
                reason=reason,
                run_id=self.run_id,
                # A resumed run began in another process.
                started=None if self._storage.resume else self._began,
                base=self._storage.base,
            ).id
        except (UserError, OSError) as error:
            self.run_id, self.not_recorded = "", error

    def _rescue(self) -> None:
        """Keep the network of a run that failed after an epoch, say on a full disk."""
        parts = self._parts
        # Reading the weights takes all machines, and one may be lost.
        if parts is None or not parts.trainer.epoch or self._agreement is not None:
            return
        trainer = parts.trainer
        try:
            if all(np.isfinite(weights).all() for weights in trainer.training_model.get_weights()):
                self.rescued = self.trained = self._outcome()
                self._keep_record(trainer, "failed")
        except Exception as error:  # noqa: BLE001  the run has failed already: that is told
            log.info("what was learned could not be kept: %s", error)

    def _prepare(self) -> RunParts:
        self.emit(Preparing(_("Building the network…"), short=_("Building…")))
        training, folder, start = self.project.training, self.checkpoint_dir, self._start
        base, resume = self._storage.base, self._storage.resume
        snapshot = read_checkpoint(folder) if folder is not None and resume else None
        if self._strategy is None and self.dataset.stream is None:
            self._strategy = local_strategy(self.computation.devices)
        self._order = TrainingOrder(
            self.project, self.dataset, base, self.computation.compilation, self._strategy,
            self._agreement, single=bool(self._more_callbacks),
        )  # fmt: skip
        if snapshot is not None and not snapshot.facts.get("bodies") and self._order.bodies():
            self._order = replace(self._order, learned=False)  # it holds the weights of all
        self._lease = lease_trainer(
            self._order,
            lambda words: self.emit(Preparing(words)),
            lambda: self._control.ending == "now",
            None if start.model is None else start.model.training_model,
        )
        trainer, training_model = self._lease.trainer, self._lease.trainer.training_model
        trainer.chunk_seconds = self.computation.chunk_seconds
        if self.computation.workers and resume:
            snapshot = share_snapshot(trainer.program.share, snapshot)
        callbacks = Callbacks(
            training,
            training_model,
            known=trainer.history.epochs.names,
            step_model=trainer.step_model,
            base=base,
            resumed=snapshot is not None,
            more=self._more_callbacks,
        )
        saver = CheckpointSaver(
            folder,
            lambda: self._snapshot(trainer, callbacks),
            lambda saved: self.emit(CheckpointSaved(saved.epoch, str(folder))),
        )
        # First ``begin``, which resets the callbacks, then the checkpoint.
        callbacks.begin()
        graph = getattr(trainer.program.function, "graph", None)
        if graph is not None:
            callbacks.write_graph(graph)
        if snapshot is not None:
            words = _("Continuing after epoch {epoch}…", epoch=snapshot.epoch)
            self.emit(Preparing(words, "resume", _("Continuing…")))
            restore_snapshot(trainer, callbacks, snapshot)
            self.loop.set_seconds(float(snapshot.facts["seconds"]))
        elif start.model is not None:
            trainer.go_on_from(start.model, other_data=start.other_data)
            self.loop.set_seconds(start.model.seconds)
            same = start.model.project.graph == self.project.graph  # of another, pace says nothing
            self.loop.tempo.slowed = start.model.slowed and same
            self.loop.epochs = max(self.epochs, trainer.epoch)
        trainer.compute_features(
            lambda words: self.emit(Preparing(words, short=_("Computing…"))),
            lambda: self._control.ending == "now",
        )
        saver.begin(snapshot, trainer.position)
        # Its own reference, as another run may take the trainer over.
        self._history = trainer.history
        reporter = EventReporter(trainer, self.emit)
        self._parts = RunParts(trainer, reporter, callbacks, saver, self._lease.observer)
        if snapshot is not None or start.model is not None:
            reporter.restored()
        if start.other_data and snapshot is None:
            reporter.changed("data", 0)
        return self._parts

    def _snapshot(self, trainer: Trainer, callbacks: Callbacks) -> RunSnapshot:
        trainer.program.settle()
        return take_snapshot(trainer, callbacks, self.epochs, self.seconds)

    def _set_learning_rate(self, rate: float) -> None:
        if self._parts is not None:
            trainer, reporter = self._parts.trainer, self._parts.reporter
            trainer.set_learning_rate(rate)
            off = is_scheduled(trainer.training_model.optimizer)
            reporter.changed("learning_rate", rate, SCHEDULE_OFF if off else "")

    def _set_epochs(self, epochs: int) -> None:
        self.loop.epochs = max(1, epochs)
        if self._parts is not None:
            self._parts.reporter.changed("epochs", self.epochs)

    def _reset(self, seed: int | None) -> None:
        parts = self._parts
        if parts is None or self._order is None:
            return
        seed = self.project.training.seed if seed is None else seed
        parts.trainer.restart(initial_network(parts.trainer, self._order, seed), seed)
        parts.callbacks.begin()
        self._set_in_run.forget()
        self.loop.restarted()
        parts.reporter.changed("reset", seed)

    def _set_data(self, project: Project, dataset: Dataset) -> None:
        if self._parts is None or self._order is None or not self.takes(project, dataset):
            return
        trainer, reporter = self._parts.trainer, self._parts.reporter
        self._requested, self.dataset = project, dataset
        self.project = trainer.project = resolve_defaults(project, dataset.facts)
        self._order = replace(self._order, project=self.project, dataset=dataset)
        before = trainer.position
        trainer.take(dataset)
        switch_data(trainer, self._order)
        self._set_in_run.forget()
        self.loop.take(self.project, dataset, trainer.position - before)
        self._parts.callbacks.begin()
        self.loop.epochs = trainer.epoch + self.project.training.epochs
        reporter.changed("data", 0)
        reporter.started(self.epochs)
        self.emit(DataReplaced(project))

    def _set_weights(self) -> None:
        values = self._to_set.popleft()
        if self._parts is None or self._agreement is not None:
            return
        trainer, saver = self._parts.trainer, self._parts.saver
        trainer.program.settle()
        try:
            count = self._set_in_run.set(trainer, values)
        except UserError as error:
            log.info("a weight was not set: %s", error)
        else:
            trainer.changed()
            self.loop.probing.again()
            self._parts.reporter.changed("weights", count)
        # A turned wheel sets many weights: save and show only the last.
        if not self._to_set:
            saver.again(trainer.position)
            self._stand()

    def _stand(self) -> None:
        if self._parts is None or self._agreement is not None:
            return
        trainer = self._parts.trainer
        if self._control.paused:
            # Otherwise each network shown epoch by epoch would stay in memory.
            garbage_collection.collect()
        elif trainer.training_model.count_params() > _MOST_COPIED:
            return
        try:
            paused = paused_model(trainer, self.project, self.dataset)
        except Exception as error:  # noqa: BLE001  no view of a run is worth the run
            log.info("the network as it stands cannot be shown: %s", error)
            return
        self.emit(PausedModel(self.loop.timed(paused, trainer.position)))

    def _go_back(self) -> None:
        if self._parts is not None:
            self._parts.trainer.program.settle()
            self._set_in_run.forget()
            self._parts.reporter.changed("best", self._parts.trainer.restore_best())
            self.loop.probing.again()

    def _go_back_before_raise(self) -> None:
        if self._parts is not None:
            trainer = self._parts.trainer
            before = rate_before(trainer.history, trainer.learning_rate)
            self._go_back()
            if before is not None:
                self._set_learning_rate(before)
