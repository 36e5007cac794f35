"""The chunked loop over data that does not fit in memory.

The same steps as in ``loop``, but a batch comes from a ``tf.data`` iterator, which reads ahead
while the network trains. An epoch has an order of its own that follows from seed and epoch; a
run that goes on in the middle of an epoch skips the batches that it has seen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from netbuilder.core.data.dataset import Dataset, Stream
from netbuilder.core.engine.build.sample_weights import class_table
from netbuilder.core.engine.build.seeds import derived
from netbuilder.core.engine.build.tracing import traced_in_first_call
from netbuilder.core.engine.loop.program import Chunk, Parts, Program
from netbuilder.core.engine.loop.tensors import Orders
from netbuilder.core.engine.monitor.history import Floats
from netbuilder.core.project.model import Training


def streamed(
    dataset: Dataset, training: Training, inputs: tuple[str, ...], outputs: tuple[str, ...]
) -> Callable[[Parts], Program]:
    """How a trainer on a stream makes its program."""
    stream = dataset.stream
    if stream is None:
        raise ValueError("the data is in memory")
    return lambda parts: StreamProgram(
        parts,
        stream,
        inputs=inputs,
        outputs=outputs,
        table=class_table(dataset.facts, training.class_weight),
        shuffle=training.shuffle,
    )


class StreamProgram(Program):
    """Steps of one model on a stream, in the graph loop.

    Args:
        stream: gives batches by Input and output id.
        inputs, outputs: ids in the model's order.
        table: weight of each class of the first output, or None where all count the same.
        shuffle: whether the order is another one in each epoch.
    """

    adapts = False

    def __init__(
        self,
        parts: Parts,
        stream: Stream,
        *,
        inputs: tuple[str, ...],
        outputs: tuple[str, ...],
        table: Floats | None = None,
        shuffle: bool = True,
    ) -> None:
        import tensorflow as tf

        model, plan = parts.core, parts.plan
        self.model = model
        self.counters = parts.counters
        self.validation = None
        self.plan = plan
        self.kind = "graph"
        self.rows = stream.rows
        self.steps_per_epoch = stream.steps(plan.batch)
        self.names = list(model.get_metrics_result())
        self.validation_names = []
        self._stream, self._inputs, self._outputs = stream, inputs, outputs
        self._shuffle = shuffle
        self._table = None if table is None else tf.constant(table, tf.float32)
        self._iterator: Any = None
        self._place = (-1, -1, -1)
        self.function = tf.function(self._stream_chunk, autograph=False)
        self._run = traced_in_first_call(self.function)

    def chunk(
        self, orders: Orders, epoch: int, first: int, count: int, *, early: bool = False
    ) -> Chunk:
        """Run steps ``first`` .. ``first + count`` of ``epoch``; never beyond its end."""
        import tensorflow as tf

        if self._place != (orders.seed, epoch, first):
            seed = derived(orders.seed, epoch)
            data = self._stream.dataset(self.plan.batch, self._shuffle, seed)
            self._iterator = iter(data.skip(first) if first else data)
        steps, row = self._run(
            self._iterator, tf.constant(first, tf.int32), tf.constant(count, tf.int32)
        )
        self._place = (orders.seed, epoch, first + count)
        ended = first + count == self.steps_per_epoch
        rows = row.numpy()[None, :] if ended else np.zeros((0, len(self.names)), np.float32)
        return Chunk(steps.numpy()[:count], rows)

    def _stream_chunk(self, iterator: Any, first: Any, count: Any) -> Any:
        import tensorflow as tf

        width = len(self.names)
        steps = tf.TensorArray(tf.float32, self.plan.steps, element_shape=[width])
        tf.cond(tf.equal(first, 0), self._begin_epoch, tf.no_op)

        def body(done: Any, steps: Any) -> Any:
            data = self._arranged(next(iterator))
            rows = tf.shape(tf.nest.flatten(data[0])[0])[0]
            return done + 1, steps.write(done, self._one_step(data, rows))

        _, steps = tf.while_loop(
            lambda done, _: done < count, body, (tf.constant(0), steps), parallel_iterations=1
        )
        ended = tf.equal(first + count, self.steps_per_epoch)
        row = tf.cond(ended, self._end_epoch, lambda: tf.zeros([width]))
        return steps.stack(), row

    def _arranged(self, element: tuple[Any, ...]) -> tuple[Any, ...]:
        """A batch by ids as ``train_step`` takes it."""
        import tensorflow as tf

        x = [element[0][name] for name in self._inputs]
        y = [element[1][name] for name in self._outputs]
        weight = element[2] if len(element) > 2 else None
        if self._table is not None:
            numbers = tf.cast(tf.reshape(y[0], [-1]), tf.int32)
            balance = tf.gather(self._table, numbers)
            weight = balance if weight is None else weight * balance
        data: tuple[Any, ...] = (x[0] if len(x) == 1 else x, y[0] if len(y) == 1 else y)
        return data if weight is None else (*data, weight)
