"""Data that is ready to train on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.data.preprocessing.preprocess import Preprocessing

Array = NDArray[Any]
_CROSSING_BYTES = 4 << 20
Batch = tuple[dict[str, Array], dict[str, Array], Array | None]


@dataclass(frozen=True)
class Split:
    """Samples that belong together: those to train on, to validate with, or to test with.

    ``x``: model-ready values by Input node id; ``y``: what the losses compare with by output
    id; ``raw_x`` and ``raw_y``: the same before scaling (targets in own units (n, columns), or
    class numbers (n,)); ``sample_weight``: (n,) or None.
    """

    x: dict[str, Array]
    y: dict[str, Array]
    raw_x: dict[str, Array]
    sample_weight: Array | None = None
    raw_y: dict[str, Array] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(next(iter(self.x.values()))) if self.x else 0


@dataclass(frozen=True)
class Stream:
    """Training data that is read while training.

    ``batches(batch_size, shuffle, seed)`` gives one epoch of ``(x, y, sample_weight or None)``,
    model-ready, by Input and output id; the last batch may be smaller. Another ``seed`` gives
    another order. ``rows`` is the number of samples in an epoch.
    """

    rows: int
    batches: Callable[[int, bool, int], Iterator[Batch]]

    def steps(self, batch_size: int) -> int:
        """Batches in an epoch."""
        return -(-self.rows // batch_size)

    def dataset(self, batch_size: int, shuffle: bool, seed: int) -> Any:
        """One epoch as a ``tf.data.Dataset`` that reads ahead while the network trains.

        Its elements are ``(x, y)``, or ``(x, y, sample_weight)``, with dicts by id.
        """
        import tensorflow as tf

        first = next(self.batches(1, False, seed))
        used = first if first[2] is not None else first[:2]
        size = sum(value[0].nbytes for part in first[:2] if part for value in part.values())
        # Crossing from Python costs more than a small batch: many cross at once.
        several = max(1, min(_CROSSING_BYTES // max(1, size * batch_size), self.steps(batch_size)))

        def signature(value: Array) -> Any:
            return tf.TensorSpec((None, *value.shape[1:]), value.dtype)

        def epoch() -> Iterator[Any]:
            for batch in self.batches(batch_size * several, shuffle, seed):
                yield batch[: len(used)]

        spec = tf.nest.map_structure(signature, used)
        data = tf.data.Dataset.from_generator(epoch, output_signature=spec)
        if several > 1:
            data = data.rebatch(batch_size)
        count = tf.data.experimental.assert_cardinality(self.steps(batch_size))
        return data.apply(count).prefetch(tf.data.AUTOTUNE)


@dataclass(frozen=True)
class Dataset:
    """What an engine trains with.

    ``train`` is all training rows, or, where ``stream`` is set, a first part of them that fits
    in memory (to measure with and to look at).
    """

    facts: DataFacts
    train: Split
    validation: Split | None
    test: Split | None
    pre: Preprocessing
    stream: Stream | None = None
