"""The chunked loop: many steps of ``train_step`` in one compiled call, over tensors in memory.

Kinds of compilation: "graph" (TensorFlow's executor), "step" (each step compiled by XLA, the
loop by the executor) and "loop" (the whole loop compiled by XLA). XLA wants fixed sizes, so a
smaller last batch is a step of its own there.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.engine.loop.tensors import Feed, Order, SampleOrders
from netbuilder.core.engine.monitor.history import Floats
from netbuilder.core.engine.networks.fast_layers import training_step
from netbuilder.core.engine.networks.tracing import traced_in_first_call, tracing, unoptimized_calls

if TYPE_CHECKING:
    import keras


KINDS = ("graph", "step", "loop")


@dataclass(frozen=True)
class Chunk:
    """Numbers of one call: float32 (steps, names), float32 (epochs, names)."""

    steps: NDArray[np.float32]
    epochs: NDArray[np.float32]


@dataclass
class Counters:
    """State of a run beside the model's own: loss summed over the epoch, weights of the best.

    ``best`` has a variable for each of ``model.weights``: the weight itself where it never changes.
    """

    total: Any
    weight_sum: Any
    best_value: Any
    best: list[Any]
    weights: list[Any]

    @classmethod
    def make(cls, model: keras.Model, part: keras.Model | None = None) -> Counters:
        """Return counters for the start of a run in which only ``part`` of ``model`` changes."""
        import tensorflow as tf

        weights = [weight.value for weight in model.weights]
        changing = {id(weight.value) for weight in (part or model).weights}
        return cls(
            total=tf.Variable(0.0, trainable=False),
            weight_sum=tf.Variable(0.0, trainable=False),
            best_value=tf.Variable(np.inf, trainable=False, dtype=tf.float32),
            best=[
                tf.Variable(weight, trainable=False) if id(weight) in changing else weight
                for weight in weights
            ],
            weights=weights,
        )

    def keep(self) -> None:
        """Copy the weights as the best ones so far."""
        for copy, weight in self._pairs():
            copy.assign(weight)

    def restore(self) -> None:
        """Put the best weights back."""
        for copy, weight in self._pairs():
            weight.assign(copy)

    def _pairs(self) -> list[tuple[Any, Any]]:
        pairs = zip(self.best, self.weights, strict=True)
        return [(copy, weight) for copy, weight in pairs if copy is not weight]


@dataclass(frozen=True)
class LoopPlan:
    """What a program is compiled for.

    Attributes:
        batch: samples in a step.
        epochs: orders that one call can hold.
        steps: steps that one call can report.
        fused: validation and the copy of the best weights happen inside, at epoch ends; a call
            may run over many epochs. Otherwise a call never runs past the end of an epoch.
        monitor: index, in an epoch's numbers, of the one that decides what is best.
        sign: 1 where smaller is better, -1 where larger is.
    """

    batch: int
    epochs: int
    steps: int
    fused: bool
    monitor: int = 0
    sign: float = 1.0


@dataclass(frozen=True)
class ProgramParts:
    """A program's parts; ``rows``: samples of an epoch, of which ``feed`` may hold fewer."""

    training_model: keras.Model
    counters: Counters
    feed: Feed
    plan: LoopPlan
    rows: int
    kind: str = "graph"


#: Held while XLA compiles.
COMPILING = threading.Lock()


class Program:
    """Steps of one model on one set of samples, compiled in one way.

    ``rows`` are the samples of an epoch, of which ``feed`` may hold only some at a time.

    Attributes:
        adapts: another compilation may take its place.
        steps_a_call: the most steps of a call, whatever time they take; None: any.
    """

    adapts = True
    steps_a_call: int | None = None

    def __init__(
        self,
        model: keras.Model,
        counters: Counters,
        feed: Feed,
        validation: Feed | None,
        plan: LoopPlan,
        kind: str = "graph",
        rows: int | None = None,
    ) -> None:
        self.model = model
        self.counters = counters
        self.feed = feed
        self.validation = validation if plan.fused else None
        self.plan = plan
        self.kind = kind
        self._of_epoch = rows
        self.recount()
        self.names: list[str] = []
        self.validation_names: list[str] = []
        self._compiled = kind == "graph"
        self._copies: list[Any] = []
        self._rehearsed: list[Any] = []
        self._train = self._stepper()
        self.function = self._trace()

    def recount(self) -> None:
        """Update rows and steps of an epoch after the feed has changed."""
        self.rows = self.feed.rows if self._of_epoch is None else self._of_epoch
        self.full, self.rest = divmod(self.rows, self.plan.batch)
        self.steps_per_epoch = self.full + bool(self.rest)

    def _counted(self) -> tuple[Any, Any]:
        if self.kind != "graph" or self._of_epoch is not None:
            return self.rows, self.steps_per_epoch
        rows = self.feed.counted
        return rows, -(-rows // self.plan.batch)

    def chunk(
        self, orders: SampleOrders, epoch: int, first: int, count: int, *, early: bool = False
    ) -> Chunk:
        """Run steps ``first`` .. ``first + count``, counted from the beginning of ``epoch``.

        Only a plan that is ``fused`` runs beyond the epoch's end; ``early``: see ``run``.
        """
        rows = (first + count - 1) // self.steps_per_epoch + 1
        return self.run(orders.get(epoch, rows, self.plan.epochs), first, count, early=early)

    @property
    def room(self) -> int:
        """Steps, from the beginning of an epoch, that one ``run`` has samples for."""
        return self.plan.epochs * self.steps_per_epoch

    def changed(self) -> None:
        """React to weights that were changed from outside of the loop."""

    def settle(self) -> None:
        """Give the trainer's network the weights of the last step."""

    @property
    def lags(self) -> bool:
        """Whether the network cannot be saved before all workers ``settle``."""
        return False

    def go_on(self, losses: Floats) -> None:
        """Continue in an epoch of which ``losses`` are the steps so far."""

    def share(self, data: bytes | None) -> bytes | None:
        """Return the first worker's ``data`` on all of them; every worker must call it."""
        return data

    def run(self, orders: Order, first: int, count: int, *, early: bool = False) -> Chunk:
        """Run ``count`` steps, at most ``plan.steps``, of the epoch of ``orders[0]``.

        ``orders``: int32 (plan.epochs, rows of the feed); ``first``: step of the epoch, from 0;
        ``early``: begin at once, at the price of a slightly slower step.
        """
        import tensorflow as tf

        with (
            self._compiled_alone(first, count),
            unoptimized_calls(self.kind == "graph" and (early or self.plan.fused)),
        ):
            steps, epochs = self.function(
                tf.constant(orders), tf.constant(first, tf.int32), tf.constant(count, tf.int32)
            )
        ended = (first + count) // self.steps_per_epoch
        return Chunk(steps.numpy()[:count], epochs.numpy()[:ended])

    @contextmanager
    def _compiled_alone(self, first: int, count: int) -> Iterator[None]:
        """Let XLA compile for one program at a time: side by side is no faster and may crash."""
        if self._compiled:
            yield
            return
        with COMPILING:
            yield
        # A step of an epoch's rest of samples is another shape, and compiled when it comes.
        whole = count > 0 and not self.rest
        self._compiled = self.kind == "loop" or whole or first + count >= self.steps_per_epoch

    def optimize(self) -> None:
        """Have TensorFlow optimize the graph in a thread, for calls that are not ``early``."""

        def work() -> None:
            # The first real call tries again and raises what is wrong.
            with suppress(Exception):
                self.run(np.zeros((self.plan.epochs, self.feed.width), np.int32), 0, 0)

        threading.Thread(target=work, name="netbuilder-optimize").start()

    def rehearse(self, orders: Order, first: int, count: int) -> float:
        """Time ``run`` in seconds, on copies of the variables that ``end_rehearsal`` drops."""
        import tensorflow as tf

        if not self._copies:
            copies = {id(v.handle): tf.Variable(v, trainable=False) for v in self._variables()}
            self._copies = [
                copies[id(c)].handle if id(c) in copies else c
                for c in self.function.captured_inputs
            ]
            self._rehearsed = list(copies.values())
        real = list(self.function.captured_inputs)
        self.function.set_external_captures(self._copies)
        try:
            begin = time.perf_counter()
            self.run(orders, first, count)
            return time.perf_counter() - begin
        finally:
            self.function.set_external_captures(real)

    def end_rehearsal(self) -> None:
        """Drop the copies."""
        self._copies, self._rehearsed = [], []

    def _variables(self) -> list[Any]:
        fixed = {id(variable.handle) for variable in self.feed.variables}
        return [
            variable for variable in self.function.variables if id(variable.handle) not in fixed
        ]

    def _stepper(self) -> Callable[[Any], Any]:
        import tensorflow as tf

        def step(indices: Any) -> Any:
            return self._one_step(self.feed.pick(indices), tf.shape(indices)[0])

        return tf.function(step, jit_compile=True, autograph=False) if self.kind == "step" else step

    def _one_step(self, data: tuple[Any, ...], rows: Any) -> Any:
        """Keras's own ``train_step``; the first number it gives is this batch's own loss."""
        import tensorflow as tf

        self.model.metrics[0].reset_state()
        with training_step(self.kind):
            logs = self.model.train_step(data)
        self.names = list(logs)
        numbers = numbers_of(logs)
        weight = tf.cast(rows, tf.float32)
        self.counters.total.assign_add(numbers[0] * weight)
        self.counters.weight_sum.assign_add(weight)
        return tf.stack(numbers)

    def _trace(self) -> Any:
        import tensorflow as tf

        with_xla = self.kind == "loop"
        function = tf.function(self._chunk, jit_compile=with_xla or None, autograph=False)
        with tracing():
            return function.get_concrete_function(
                tf.TensorSpec([self.plan.epochs, self.feed.width], tf.int32),
                tf.TensorSpec([], tf.int32),
                tf.TensorSpec([], tf.int32),
            )

    def _chunk(self, orders: Any, first: Any, count: Any) -> Any:
        import tensorflow as tf

        width = self._width()
        rows, whole = self._counted()
        steps = tf.TensorArray(tf.float32, self.plan.steps, element_shape=[width[0]])
        epochs = tf.TensorArray(tf.float32, self.plan.epochs, element_shape=[sum(width)])

        def more(done: Any, *_: Any) -> Any:
            return done < count

        def epoch(done: Any, number: Any, step: Any, steps: Any, epochs: Any) -> Any:
            tf.cond(tf.equal(step, 0), self._begin_epoch, tf.no_op)
            done, step, steps = self._steps(orders[number], done, count, step, steps, (rows, whole))
            ended = tf.equal(step, whole)

            written = tf.cond(
                ended, lambda: epochs.write(number, self._end_epoch()), lambda: epochs
            )
            step = tf.where(ended, 0, step)
            return done, number + tf.cast(ended, tf.int32), step, steps, written

        zero = tf.constant(0)
        _, _, _, steps, epochs = tf.while_loop(
            more, epoch, (zero, zero, first, steps, epochs), parallel_iterations=1
        )
        return steps.stack(), epochs.stack()

    def _steps(
        self, order: Any, done: Any, count: Any, step: Any, steps: Any, size: tuple[Any, Any]
    ) -> Any:
        import tensorflow as tf

        batch, static = self.plan.batch, self.kind != "graph"
        rows, whole = size
        last = self.full if static else whole

        def body(done: Any, step: Any, steps: Any) -> Any:
            taken = batch if static else tf.minimum(batch, rows - step * batch)
            numbers = self._train(tf.slice(order, [self._begin(step)], [taken]))
            return done + 1, step + 1, steps.write(done, numbers)

        if not static or self.full:
            done, step, steps = tf.while_loop(
                lambda done, step, _: tf.logical_and(done < count, step < last),
                body,
                (done, step, steps),
                parallel_iterations=1,
            )
        if not (static and self.rest):
            return done, step, steps

        due = tf.logical_and(tf.equal(step, self.full), done < count)
        begin = self._begin(self.full)
        written = tf.cond(
            due,
            lambda: steps.write(done, self._train(order[begin : begin + self.rest])),
            lambda: steps,
        )
        step_size = tf.cast(due, tf.int32)
        return done + step_size, step + step_size, written

    def _begin(self, step: Any) -> Any:
        return step * self.plan.batch

    def _begin_epoch(self) -> Any:
        import tensorflow as tf

        self.model.reset_metrics()
        self.counters.total.assign(0.0)
        self.counters.weight_sum.assign(0.0)
        return tf.no_op()

    def _end_epoch(self) -> Any:
        import tensorflow as tf

        numbers = numbers_of(self.model.get_metrics_result())
        numbers[0] = self.counters.total / self.counters.weight_sum
        if self.plan.fused and self.validation is not None:
            numbers += validate(self.model, self.validation, self.plan.batch, self.kind)
        row = tf.stack(numbers)
        if self.plan.fused:
            value = row[self.plan.monitor] * self.plan.sign
            counters = self.counters

            def better() -> Any:
                counters.best_value.assign(value)
                counters.keep()
                return tf.no_op()

            tf.cond(value < counters.best_value, better, tf.no_op)
        return row

    def _width(self) -> tuple[int, int]:
        self.names = list(self.model.get_metrics_result())
        self.validation_names = (
            [f"val_{name}" for name in self.names] if self.validation is not None else []
        )
        return len(self.names), len(self.validation_names)


def validate(model: keras.Model, feed: Feed, batch: int, kind: str) -> list[Any]:
    """Trace an evaluation of ``feed``: the model's numbers over all of it."""
    import tensorflow as tf

    model.reset_metrics()
    static = kind != "graph"
    rows = feed.rows if static else feed.counted
    last = rows // batch if static else -(-rows // batch)

    def body(step: Any) -> Any:
        begin = step * batch
        size = batch if static else tf.minimum(batch, rows - begin)
        model.test_step(feed.pick(begin + tf.range(size)))
        return (step + 1,)

    if not static or last:
        tf.while_loop(lambda step: step < last, body, (tf.constant(0),), parallel_iterations=1)
    if static and rows % batch:
        model.test_step(feed.pick(tf.range(last * batch, rows)))
    return numbers_of(model.get_metrics_result())


def numbers_of(logs: dict[str, Any]) -> list[Any]:
    """Return one float32 scalar a name; a metric with a number a class gives their average."""
    import tensorflow as tf

    return [tf.reduce_mean(tf.cast(value, tf.float32)) for value in logs.values()]


def metric_names(model: keras.Model, feed: Feed, batch: int) -> Sequence[str]:
    """Build loss and metrics on a first batch; return the names that ``train_step`` measures."""
    import keras

    rows = slice(0, min(batch, feed.rows))
    data: tuple[Any, ...] = tuple(
        values[0] if len(values) == 1 else list(values)
        for values in (
            [keras.ops.convert_to_tensor(value[rows]) for value in feed.x],
            [keras.ops.convert_to_tensor(value[rows]) for value in feed.y],
        )
    )
    with tracing():
        model._symbolic_build(data_batch=data)
    return list(model.get_metrics_result())


_CHUNK_SECONDS = 0.04


class Evaluator:
    """``keras.Model.evaluate`` as a graph-side loop over tensors in memory."""

    def __init__(self, model: keras.Model, feed: Feed, batch: int) -> None:
        import tensorflow as tf

        self.model = model
        self.feed = feed
        self.batch = batch
        self._function = traced_in_first_call(tf.function(self._chunk, autograph=False))
        self._seconds_a_step = 0.0

    @property
    def steps(self) -> int:
        """Number of batches."""
        return -(-self.feed.rows // self.batch)

    def _chunk(self, first: Any, count: Any) -> Any:
        import tensorflow as tf

        def begin() -> Any:
            self.model.reset_metrics()
            return tf.no_op()

        tf.cond(tf.equal(first, 0), begin, tf.no_op)
        rows = self.feed.counted

        def body(step: Any) -> Any:
            start = step * self.batch
            stop = tf.minimum(start + self.batch, rows)
            self.model.test_step(self.feed.pick(tf.range(start, stop)))
            return (step + 1,)

        tf.while_loop(lambda step: step < first + count, body, (first,), parallel_iterations=1)
        return tf.stack(numbers_of(self.model.get_metrics_result()))

    def warm(self) -> None:
        """Trace the loop; measures nothing, and no variable changes."""
        import tensorflow as tf

        self._function(tf.constant(1, tf.int32), tf.constant(0, tf.int32))

    def run(self, interrupted: Callable[[], bool] | None = None) -> Floats | None:
        """Return the numbers over all samples, or None when ``interrupted`` returned True."""
        import tensorflow as tf

        step = 0
        numbers: Floats = np.zeros(0, np.float32)
        while step < self.steps:
            if interrupted is not None and interrupted():
                return None
            speed = self._seconds_a_step
            count = max(1, int(_CHUNK_SECONDS / speed)) if speed else 1
            count = min(count, self.steps - step)
            begin = time.perf_counter()
            numbers = self._function(
                tf.constant(step, tf.int32), tf.constant(count, tf.int32)
            ).numpy()
            # The first call also compiles.
            self._seconds_a_step = (time.perf_counter() - begin) / count if speed or step else 0.0
            step += count
        return numbers
