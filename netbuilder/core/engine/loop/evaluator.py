"""Measures a model on held-back samples, in a compiled loop, chunk by chunk."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from netbuilder.core.engine.build.tracing import traced_in_first_call
from netbuilder.core.engine.loop.tensors import Feed
from netbuilder.core.engine.monitor.history import Floats

if TYPE_CHECKING:
    import keras

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
        """Batches of all samples."""
        return -(-self.feed.rows // self.batch)

    def _chunk(self, first: Any, count: Any) -> Any:
        import tensorflow as tf

        from netbuilder.core.engine.loop.program import numbers_of

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
        """Have the loop ready: measures nothing, and no variable changes."""
        import tensorflow as tf

        self._function(tf.constant(1, tf.int32), tf.constant(0, tf.int32))

    def run(self, interrupted: Callable[[], bool] | None = None) -> Floats | None:
        """The model's numbers over all samples, or None when ``interrupted`` said True."""
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
