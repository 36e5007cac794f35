"""Training on several devices of one machine, or on several machines.

The same chunked loop with ``strategy.run(model.train_step)`` in its body: each replica takes its
part of every batch, and TensorFlow adds up the gradients. (``fit`` under
``MultiWorkerMirroredStrategy`` fails in Keras 3.15.1: a ``PerReplica`` value is converted to a
tensor.) After each epoch the strategy's network is copied to a twin outside of it, which
validation, callbacks, checkpoints and the result use; within an epoch ``settle`` updates the twin.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from netbuilder.core.engine.loop.program import (
    Chunk,
    Program,
    ProgramParts,
    metric_names,
    numbers_of,
)
from netbuilder.core.engine.loop.tensors import SampleOrders
from netbuilder.core.engine.monitor.history import Floats
from netbuilder.core.engine.networks.keras_objects import (
    manual_rate,
    rate_variable,
    seed_generators,
)
from netbuilder.core.engine.networks.tracing import traced_in_first_call
from netbuilder.core.engine.run_control import Ending
from netbuilder.core.error_texts import training_error
from netbuilder.core.errors import TrainingError
from netbuilder.core.i18n import ngettext
from netbuilder.core.wording import format_list

if TYPE_CHECKING:
    import keras

_NOW, _EPOCH, _SAVE = range(3)


class WorkerSync:
    """The requests of one worker, and what all workers agreed on after the last chunk.

    ``wishes``: float32 (workers, 3), above 0 where this worker wants to stop now, to stop at the
    end of the epoch, to save within an epoch; ``ending``: how all end; "" while nobody was asked
    to; ``save``: all copy the last step to the network that is saved; ``stopped``: the workers that
    were asked to end.
    """

    def __init__(self, workers: int, index: int) -> None:
        self.index = index
        self.wishes: Floats = np.zeros((workers, 3), np.float32)
        self.begin()

    def begin(self) -> None:
        """Reset for a new run."""
        self.wishes[:] = 0
        self.ending: Ending = ""
        self.save = False
        self.stopped: tuple[int, ...] = ()

    def ask(self, ending: Ending, save: bool) -> None:
        """Set this worker's requests before a chunk."""
        self.wishes[self.index] = (ending == "now", ending == "epoch", save)

    def take(self, wishes: Floats) -> None:
        """Store the requests of all workers after a chunk, as ``wishes``."""
        flags = wishes > 0
        self.save = bool(flags[:, _SAVE].any())
        ends = flags[:, _NOW] if flags[:, _NOW].any() else flags[:, _EPOCH]
        if ends.any():
            self.ending = "now" if flags[:, _NOW].any() else "epoch"
            self.stopped = tuple(int(number) for number in np.flatnonzero(ends))

    @property
    def words(self) -> str:
        """Say which workers were stopped; "" where none was."""
        if not self.stopped:
            return ""
        return ngettext(
            "Worker {names} was stopped, and all workers stopped with it.",
            "Workers {names} were stopped, and all workers stopped with them.",
            len(self.stopped),
            names=format_list(self.stopped),
        )


# Fixed, not by time: all workers must run the same number of steps a call.
WORKER_STEPS = 32

_known: dict[tuple[tuple[str, ...], int], Any] = {}


def connect_workers(workers: Sequence[str], index: int) -> Any:
    """Return the strategy for several machines once all have begun; repeated calls give the same.

    Must be called before TensorFlow has computed anything in this process.

    ``workers``: "host:port" of each, the same list in the same order on all of them; ``index``:
    which of them this one is. Raise TrainingError if it is too late in this process, or the address
    cannot be used.
    """
    key = (tuple(workers), index)
    if key in _known:
        return _known[key]
    import tensorflow as tf

    cluster = {"cluster": {"worker": list(workers)}, "task": {"type": "worker", "index": index}}
    os.environ["TF_CONFIG"] = json.dumps(cluster)
    try:
        _known[key] = tf.distribute.MultiWorkerMirroredStrategy()
    except RuntimeError as error:
        raise training_error("workers_too_late") from error
    except tf.errors.OpError as error:
        raise training_error(
            "worker_address_failed", address=workers[index], reason=error.message
        ) from error
    return _known[key]


def local_strategy(devices: Sequence[str] = ()) -> Any:
    """Return the strategy for devices such as "CPU:0" (default: all GPUs); None for one device."""
    import tensorflow as tf

    names = list(devices) or [device.name for device in tf.config.list_logical_devices("GPU")]
    return tf.distribute.MirroredStrategy(names) if len(names) > 1 else None


def is_lost_worker(error: BaseException) -> bool:
    """Return whether an error of TensorFlow says that another worker is gone."""
    import tensorflow as tf

    kinds = (
        tf.errors.UnavailableError,
        tf.errors.AbortedError,
        tf.errors.CancelledError,
        tf.errors.DeadlineExceededError,
        tf.errors.InternalError,
    )
    return isinstance(error, kinds)


def lost_worker_error() -> TrainingError:
    """Return the error for a worker that no longer answers."""
    return training_error("worker_lost")


def shared_program_maker(
    strategy: Any, build: Callable[[], keras.Model], agreement: WorkerSync | None = None
) -> Callable[[ProgramParts], Program]:
    """Return the function that makes a trainer's program for several devices or machines."""
    return lambda parts: SharedProgram(strategy, build, parts, agreement)


class SharedProgram(Program):
    """Steps of a network that a strategy holds, copied to ``twin`` at the end of each epoch.

    ``build``, called within the strategy's scope, returns the compiled network;
    ``parts.plan.batch`` is the batch of all replicas together, a multiple of their number.
    """

    adapts = False
    steps_a_call = WORKER_STEPS

    def __init__(
        self,
        strategy: Any,
        build: Callable[[], keras.Model],
        parts: ProgramParts,
        agreement: WorkerSync | None = None,
    ) -> None:
        import tensorflow as tf

        twin, feed, plan, rows = parts.training_model, parts.feed, parts.plan, parts.rows
        self.strategy = strategy
        self.twin = twin
        self.feed = feed
        self.validation = None
        self.plan = plan
        self.kind = "graph"
        self.rows = rows
        self.replicas = int(strategy.num_replicas_in_sync)
        self.steps_per_epoch = -(-rows // plan.batch)
        self._stale = False
        self._ahead = False
        self._agreement = agreement
        self.names = list(twin.get_metrics_result())
        self.validation_names = []
        with strategy.scope():
            self.model = build()
            metric_names(self.model, feed, plan.batch)
        self._total = self._samples = 0.0
        self.function = tf.function(self._shared_chunk, autograph=False)
        self._run = traced_in_first_call(self.function)
        self._averages = tf.function(lambda: self._average(self._statistics()), autograph=False)
        self._measured = tf.function(
            lambda: self._average(self._measures(self.model)), autograph=False
        )
        self._measure = tf.function(self._set_measures, autograph=False)

    def changed(self) -> None:
        """Note that the twin's weights were changed outside of the loop."""
        self._stale = True

    @property
    def lags(self) -> bool:
        """Return whether the twin is outdated and needs all workers to update it."""
        return self._agreement is not None and self._ahead

    def chunk(
        self, orders: SampleOrders, epoch: int, first: int, count: int, *, early: bool = False
    ) -> Chunk:
        """Run steps ``first`` .. ``first + count`` of ``epoch``; never beyond its end."""
        import tensorflow as tf

        if self._stale:
            self._push()
        here, there = rate_variable(self.model.optimizer), rate_variable(self.twin.optimizer)
        if float(here.numpy()) != float(there.numpy()):
            here.assign(there.numpy())
        if first == 0:
            self.model.reset_metrics()
            self._total = self._samples = 0.0
        order = orders.get(epoch, 1, 1)[0]
        agreement = self._agreement
        wishes = np.zeros((1, 1), np.float32) if agreement is None else agreement.wishes
        numbers, wished = self._run(
            tf.constant(order),
            tf.constant(first, tf.int32),
            tf.constant(count, tf.int32),
            tf.constant(wishes),
        )
        if agreement is not None:
            agreement.take(wished.numpy())
        steps = numbers.numpy()[:count]
        self._add(first, steps[:, 0])
        self._ahead = first + count < self.steps_per_epoch
        if self._ahead:
            return Chunk(steps, steps[:0])
        self._pull()
        row: Floats = steps[-1:].copy()
        row[0, 0] = self._total / self._samples
        return Chunk(steps, row)

    def _add(self, first: int, losses: Floats) -> None:
        begin = (first + np.arange(len(losses))) * self.plan.batch
        sizes = np.minimum(self.plan.batch, self.rows - begin)
        self._total += float((losses * sizes).sum())
        self._samples += float(sizes.sum())

    def go_on(self, losses: Floats) -> None:
        """Continue an epoch with the losses of its steps so far."""
        self._total = self._samples = 0.0
        self._add(0, losses)

    def settle(self) -> None:
        """Copy the last step to the twin; all workers must call it after the same chunk."""
        if not self._ahead:
            return
        self._ahead = False
        for mine, theirs in self._pairs():
            theirs.assign(mine.numpy())
        floats = [w for w in self.twin.non_trainable_weights if "float" in str(w.dtype)]
        shared = [
            (floats, self._averages if floats else list),
            (self._measures(self.twin), self._measured),
        ]
        for variables, values in shared:
            for variable, value in zip(variables, values(), strict=True):
                variable.assign(value.numpy())

    def _shared_chunk(self, order: Any, first: Any, count: Any, wishes: Any) -> Any:
        import tensorflow as tf

        width = len(self.names)
        batch, replicas = self.plan.batch, self.replicas

        def step(number: Any) -> Any:
            replica = tf.distribute.get_replica_context().replica_id_in_sync_group
            begin = number * batch
            part = tf.minimum(batch, self.rows - begin) // replicas
            mine = tf.slice(order, [begin + tf.cast(replica, tf.int32) * part], [part])
            self.model.metrics[0].reset_state()
            return tf.stack(numbers_of(self.model.train_step(self.feed.pick(mine))))

        def body(done: Any, steps: Any) -> Any:
            here = self.strategy.experimental_local_results(
                self.strategy.run(step, args=(first + done,))
            )
            return done + 1, steps.write(done, tf.add_n(here) / len(here))

        steps = tf.TensorArray(tf.float32, self.plan.steps, element_shape=[width])
        _, steps = tf.while_loop(
            lambda done, _: done < count, body, (tf.constant(0), steps), parallel_iterations=1
        )
        return self._mean([steps.stack(), wishes])

    def _mean(self, values: list[Any]) -> list[Any]:
        import tensorflow as tf

        def together(*tensors: Any) -> Any:
            with tf.device("CPU:0"):
                named = [tf.identity(tensor) for tensor in tensors]
            context = tf.distribute.get_replica_context()
            return [context.all_reduce(tf.distribute.ReduceOp.MEAN, value) for value in named]

        results = self.strategy.run(together, args=tuple(values))
        return [self.strategy.experimental_local_results(result)[0] for result in results]

    def _average(self, variables: list[Any]) -> list[Any]:
        """Average variables of which each replica has its own, such as moving statistics."""
        import tensorflow as tf

        def read() -> Any:
            context = tf.distribute.get_replica_context()
            return [
                context.all_reduce(tf.distribute.ReduceOp.MEAN, tf.identity(variable.value))
                for variable in variables
            ]

        return [
            self.strategy.experimental_local_results(result)[0]
            for result in self.strategy.run(read)
        ]

    def _set_measures(self, values: list[Any]) -> None:
        def write(*parts: Any) -> None:
            for measure, part in zip(self._measures(self.model), parts, strict=True):
                measure.assign(part)

        self.strategy.run(write, args=tuple(values))

    def _statistics(self) -> list[Any]:
        weights = self.model.non_trainable_weights
        return [weight for weight in weights if "float" in str(weight.dtype)]

    @staticmethod
    def _measures(model: keras.Model) -> list[Any]:
        every = [v for metric in model.metrics for v in metric.variables]
        return [variable for variable in every if "float" in str(variable.dtype)]

    def _pairs(self) -> list[tuple[Any, Any]]:
        model, twin = self.model, self.twin
        pairs = list(zip(model.weights, twin.weights, strict=True))
        pairs += zip(model.optimizer.variables, twin.optimizer.variables, strict=True)
        pairs += zip(manual_rate(model.optimizer), manual_rate(twin.optimizer), strict=True)
        pairs += zip(seed_generators(model), seed_generators(twin), strict=True)
        return pairs

    def _pull(self) -> None:
        if self._statistics():
            for variable, value in zip(self._statistics(), self._averages(), strict=True):
                variable.assign(value.numpy())
        for mine, theirs in self._pairs():
            theirs.assign(mine.numpy())

    def _push(self) -> None:
        self._stale = False
        for mine, theirs in self._pairs():
            mine.assign(theirs.numpy())
        self._measure([measure.value for measure in self._measures(self.twin)])

    def share(self, data: bytes | None) -> bytes | None:
        """Send the first worker's ``data`` to all; every worker must call it."""
        import tensorflow as tf

        def total(values: Any) -> Any:
            def add(part: Any) -> Any:
                with tf.device("CPU:0"):
                    part = tf.identity(part)
                context = tf.distribute.get_replica_context()
                return context.all_reduce(tf.distribute.ReduceOp.SUM, part)

            result = self.strategy.run(tf.function(add), args=(tf.constant(values, tf.int32),))
            return self.strategy.experimental_local_results(result)[0].numpy()

        length = int(total([len(data) if data else 0])[0])
        if not length:
            return None
        own = np.frombuffer(data, np.uint8) if data else np.zeros(length, np.uint8)
        return bytes(total(own.astype(np.int32)).astype(np.uint8))
