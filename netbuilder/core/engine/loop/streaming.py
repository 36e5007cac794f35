"""The chunked loop over data that does not fit in memory.

The loop of ``program`` reads a window: the block of the epoch's rows that is in memory; the next
block is read meanwhile. The order of an epoch follows from seed and epoch.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.dataset import Dataset, EpochBlock, SampleStream
from netbuilder.core.engine.loop.program import Chunk, Program, ProgramParts
from netbuilder.core.engine.loop.tensors import Feed, Order, SampleOrders
from netbuilder.core.engine.monitor.history import Floats
from netbuilder.core.engine.networks.keras_objects import derive_seed
from netbuilder.core.engine.networks.loss_values import class_table
from netbuilder.core.project.model import Training


def stream_program_maker(
    dataset: Dataset, training: Training, inputs: tuple[str, ...], outputs: tuple[str, ...]
) -> Callable[[ProgramParts], Program]:
    """Return a function that makes a trainer's programs, which share a window."""
    stream = dataset.stream
    if stream is None:
        raise ValueError("the data is in memory")
    table = class_table(dataset.facts, training.class_weight)
    windows: list[StreamWindow] = []

    def make(parts: ProgramParts) -> Program:
        if not windows:
            windows.append(StreamWindow(stream, parts.plan.batch, inputs, outputs, table))
        return StreamProgram(parts, windows[0])

    return make


class StreamWindow:
    """The rows of a stream that are in memory, as variables that a compiled loop reads.

    ``stream``: gives the rows by Input and output id; ``inputs``, ``outputs``: ids in the model's
    order; ``table``: weight of each class of the first output, or None where all count the same.
    ``feed``: the rows; after the last ones of an epoch it may hold others that do not count;
    ``steps``: steps that it has rows for.
    """

    def __init__(
        self,
        stream: SampleStream,
        batch: int,
        inputs: tuple[str, ...],
        outputs: tuple[str, ...],
        table: Floats | None = None,
    ) -> None:
        import tensorflow as tf

        self.rows = stream.rows
        self.steps = stream.block_steps(batch)
        self._stream, self._batch = stream, batch
        self._inputs, self._outputs, self._table = inputs, outputs, table
        self._size = self.steps * batch
        self._place: tuple[Any, ...] = ()
        self._order: Order = np.zeros(0, np.int32)
        self._reader = ThreadPoolExecutor(1, "netbuilder-read")
        self._next: tuple[tuple[Any, ...], Future[tuple[Feed, Order]]] | None = None
        first, _ = self._read((None, 0))

        def held(values: Any) -> Any:
            return tf.Variable(values, trainable=False)

        weight = None if first.weight is None else held(first.weight)
        self.feed = Feed(tuple(map(held, first.x)), tuple(map(held, first.y)), weight)

    def order(self, seed: int | None, following: int | None, step: int) -> Order:
        """Load the rows of an epoch's ``step`` into ``feed``; return their order: int32 (rows,).

        ``seed``: of the epoch's order; None: the file's. ``following``: seed of the next epoch.
        """
        number = step // self.steps
        place = (seed, number)
        if place != self._place:
            if self._next is None or self._next[0] != place:
                self._ahead(place)
            assert self._next is not None
            feed, self._order = self._next[1].result()
            self._place = place
            for array, values in zip(self.feed.arrays, feed.arrays, strict=True):
                array.assign(values)
            more = (number + 1) * self._size < self.rows
            self._ahead((seed, number + 1) if more else (following, 0))
        return self._order

    def _ahead(self, place: tuple[Any, ...]) -> None:
        self._next = (place, self._reader.submit(self._read, place))

    def _read(self, place: tuple[Any, ...]) -> tuple[Feed, Order]:
        seed, number = place
        block = self._stream.block(number * self._size, self._size, seed)
        weight = self._weights(block)
        return Feed(
            tuple(self._whole(block.x[name]) for name in self._inputs),
            tuple(self._whole(block.y[name]) for name in self._outputs),
            None if weight is None else self._whole(weight),
        ), self._whole(block.order)

    def _weights(self, block: EpochBlock) -> Floats | None:
        weight = None if block.weight is None else np.asarray(block.weight, np.float32)
        if self._table is None:
            return weight
        balance = self._table[block.y[self._outputs[0]].reshape(-1).astype(np.int64)]
        return balance if weight is None else weight * balance

    def _whole(self, values: NDArray[Any]) -> NDArray[Any]:
        missing = self._size - len(values)
        return np.pad(values, [(0, missing), *[(0, 0)] * (values.ndim - 1)]) if missing else values


class StreamProgram(Program):
    """Steps of one model on one window of rows after the other."""

    def __init__(self, parts: ProgramParts, window: StreamWindow) -> None:
        self._window = window
        super().__init__(
            parts.training_model,
            parts.counters,
            window.feed,
            None,
            parts.plan,
            parts.kind,
            window.rows,
        )

    @property
    def room(self) -> int:
        """A window's steps."""
        return self._window.steps

    def chunk(
        self, orders: SampleOrders, epoch: int, first: int, count: int, *, early: bool = False
    ) -> Chunk:
        """Run steps ``first`` .. ``first + count`` of ``epoch``; never beyond its end."""

        def seed(number: int) -> int | None:
            return derive_seed(orders.seed, number) if orders.shuffle else None

        parts: list[Chunk] = []
        while count:
            order = self._window.order(seed(epoch), seed(epoch + 1), first)
            here = min(count, self.room - first % self.room)
            parts.append(self.run(order[None], first, here, early=early))
            first, count = first + here, count - here
        return Chunk(
            np.concatenate([part.steps for part in parts]),
            np.concatenate([part.epochs for part in parts]),
        )

    def _variables(self) -> list[Any]:
        rows = {id(array.handle) for array in self.feed.arrays}
        return [variable for variable in super()._variables() if id(variable.handle) not in rows]

    def _begin(self, step: Any) -> Any:
        return step % self.room * self.plan.batch
