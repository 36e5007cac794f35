"""Samples as tensors in memory for the compiled loop, and their order in each epoch."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.dataset import Split
from netbuilder.core.error_texts import training_error

Order = NDArray[np.int32]

_BLOCK_ITEMS = 1 << 16
_ROOM = 64


@dataclass(frozen=True)
class Feed:
    """Samples in the model's order: ``x``, ``y``: arrays (n, ...); ``weight``: (n,) or None."""

    x: tuple[Any, ...]
    y: tuple[Any, ...]
    weight: Any = None

    @property
    def rows(self) -> int:
        """Number of samples."""
        return int(self.x[0].shape[0])

    @property
    def arrays(self) -> tuple[Any, ...]:
        """All its arrays."""
        return (*self.x, *self.y, *(() if self.weight is None else (self.weight,)))

    @property
    def width(self) -> int:
        """Length of its arrays, which may hold more than the samples."""
        return self.rows

    @property
    def counted(self) -> Any:
        """Number of samples, as a tensor where it may change."""
        return self.rows

    @property
    def variables(self) -> list[Any]:
        """Variables that the samples of another feed can be assigned to."""
        return []

    def tensors(self, *, replaceable: bool = False) -> Feed:
        """Return TensorFlow tensors, ``replaceable`` or constant (a third to a half faster)."""
        return ReplaceableFeed.of(self) if replaceable else self.fixed()

    def fixed(self) -> Feed:
        """Return it as constant TensorFlow tensors."""
        import tensorflow as tf

        return Feed(
            tuple(tf.convert_to_tensor(value) for value in self.x),
            tuple(tf.convert_to_tensor(value) for value in self.y),
            None if self.weight is None else tf.convert_to_tensor(self.weight, tf.float32),
        )

    def pick(self, indices: Any) -> tuple[Any, ...]:
        """Return ``(x, y)`` or ``(x, y, weight)`` of some samples, as ``train_step`` takes them."""
        import tensorflow as tf

        x = [tf.gather(value, indices) for value in self.x]
        y = [tf.gather(value, indices) for value in self.y]
        data: tuple[Any, ...] = (_one(x), _one(y))
        return data if self.weight is None else (*data, tf.gather(self.weight, indices))


class ReplaceableFeed(Feed):
    """Samples in variables with room to spare, so that others can replace them once traced."""

    _count: Any
    _rows: int

    @classmethod
    def of(cls, feed: Feed) -> ReplaceableFeed:
        """Return a feed that begins with the samples of another, in arrays."""
        import tensorflow as tf

        long = _longer(feed, (feed.rows // _ROOM + 1) * _ROOM)
        variables = [tf.Variable(value, trainable=False) for value in long.arrays]
        inputs, targets = len(feed.x), len(feed.y)
        tensors = cls(
            tuple(variables[:inputs]),
            tuple(variables[inputs : inputs + targets]),
            None if feed.weight is None else variables[-1],
        )
        # Of 64 bits, since those of 32 may not stand on a graphics card.
        tensors._hold(tf.Variable(feed.rows, trainable=False, dtype=tf.int64), feed.rows)
        return tensors

    def _hold(self, count: Any, rows: int) -> None:
        object.__setattr__(self, "_count", count)
        object.__setattr__(self, "_rows", rows)

    @property
    def rows(self) -> int:
        """Number of samples."""
        return self._rows

    @property
    def width(self) -> int:
        """Length of its arrays."""
        return int(self.x[0].shape[0])

    @property
    def counted(self) -> Any:
        """Number of samples, as a tensor."""
        import tensorflow as tf

        return tf.cast(self._count, tf.int32)

    @property
    def variables(self) -> list[Any]:
        """Its arrays, and the number of samples in them."""
        return [*self.arrays, self._count]

    def takes(self, feed: Feed) -> bool:
        """Return whether the samples of another, in arrays, have room here."""
        kinds = [
            [(tuple(value.shape[1:]), np.dtype(_numpy_type(value))) for value in feed_like.arrays]
            for feed_like in (self, feed)
        ]
        alike = (len(self.x), self.weight is None) == (len(feed.x), feed.weight is None)
        return alike and kinds[0] == kinds[1] and 0 < feed.rows <= self.width

    def take(self, feed: Feed) -> None:
        """Replace the samples by those of a feed that it ``takes``."""
        for array, value in zip(self.arrays, _longer(feed, self.width).arrays, strict=True):
            array.assign(value)
        self._count.assign(feed.rows)
        self._hold(self._count, feed.rows)


def _numpy_type(value: Any) -> Any:
    return getattr(value.dtype, "as_numpy_dtype", value.dtype)


def _longer(feed: Feed, width: int) -> Feed:
    def long(value: Any) -> Any:
        room = [(0, width - len(value)), *[(0, 0)] * (value.ndim - 1)]
        return np.pad(np.asarray(value), room)

    weight = None if feed.weight is None else long(feed.weight)
    return Feed(tuple(map(long, feed.x)), tuple(map(long, feed.y)), weight)


def _one(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values


def feed_of(
    split: Split, inputs: Sequence[str], outputs: Sequence[str], weight: Any = None
) -> Feed:
    """Return the arrays of ``split`` in the model's order; TrainingError if one is missing."""
    for names, arrays in ((inputs, split.x), (outputs, split.y)):
        for name in names:
            if name not in arrays:
                raise training_error("columns_missing", name, name=name)
    if weight is None:
        weight = split.sample_weight
    return Feed(
        tuple(split.x[name] for name in inputs),
        tuple(split.y[name] for name in outputs),
        None if weight is None else np.asarray(weight, np.float32),
    )


class SampleOrders:
    """The order of the samples in each epoch; a function of seed and epoch alone.

    Epochs of small data are shuffled in blocks with one generator each; a thread makes the next
    blocks, since shuffling is a tenth of a small network's time.
    """

    def __init__(
        self, rows: int, seed: int, shuffle: bool = True, *, width: int | None = None
    ) -> None:
        self.rows = rows
        self.width = rows if width is None else width
        self.seed = seed
        self.shuffle = shuffle
        self._block = max(1, min(256, _BLOCK_ITEMS // max(rows, 1)))
        self._cache: dict[int, Order] = {}
        self._coming: dict[int, Future[Order]] = {}

    def get(self, epoch: int, count: int, capacity: int) -> Order:
        """Return the orders of epochs ``epoch`` .. ``epoch + count``: int32 (capacity, width).

        Rows beyond ``count`` and places behind the samples are undefined.
        """
        result = np.zeros((capacity, self.width), np.int32)
        place = 0
        while place < count:
            number, inside = divmod(epoch + place, self._block)
            block = self._get_block(number)[inside:]
            taken = min(len(block), count - place)
            result[place : place + taken, : self.rows] = block[:taken]
            place += taken
        first, last = epoch // self._block, (epoch + place - 1) // self._block
        self._foresee(range(last + 1, 2 * last - first + 2))
        return result

    def _get_block(self, number: int) -> Order:
        if number not in self._cache:
            if len(self._cache) > 8:
                self._cache.pop(next(iter(self._cache)))
            coming = self._coming.pop(number, None)
            self._cache[number] = self._make(number) if coming is None else coming.result()
        return self._cache[number]

    def _foresee(self, numbers: range) -> None:
        if not self.shuffle:
            return
        coming = {number: window for number, window in self._coming.items() if number in numbers}
        with suppress(RuntimeError):  # the program is ending
            for number in numbers:
                if number not in self._cache and number not in coming:
                    coming[number] = _ahead().submit(self._make, number)
        self._coming = coming

    def _make(self, number: int) -> Order:
        block = np.tile(np.arange(self.rows, dtype=np.int32), (self._block, 1))
        if self.shuffle:
            source = np.random.default_rng([self.seed & 0xFFFFFFFF, number])
            source.permuted(block, axis=1, out=block)
        return block


@cache
def _ahead() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "netbuilder-orders")
