"""Data that is ready to train on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.facts import DataFacts
from netbuilder.core.data.preprocess import Preprocessing

Array = NDArray[Any]
Batch = tuple[dict[str, Array], dict[str, Array]]


@dataclass(frozen=True)
class Split:
    """Samples that belong together: those to train on, to validate with, or to test with.

    ``x``: model-ready values by Input node id; ``y``: what the losses compare with by output
    id; ``raw_x``: the same as ``x`` before scaling; ``sample_weight``: (n,) or None.
    """

    x: dict[str, Array]
    y: dict[str, Array]
    raw_x: dict[str, Array]
    sample_weight: Array | None = None

    def __len__(self) -> int:
        return len(next(iter(self.x.values()))) if self.x else 0


@dataclass(frozen=True)
class Stream:
    """Training data that is read while training.

    ``batches(batch_size, shuffle, seed)`` gives one epoch of model-ready ``(x, y)``; the last
    batch may be smaller. ``rows`` is their number in an epoch.
    """

    rows: int
    batches: Callable[[int, bool, int], Iterator[Batch]]

    def steps(self, batch_size: int) -> int:
        """Batches in an epoch."""
        return -(-self.rows // batch_size)


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


def empty_like(values: Mapping[str, Array]) -> dict[str, Array]:
    """Arrays of no rows with the shapes and types of ``values``."""
    return {key: np.empty((0, *value.shape[1:]), value.dtype) for key, value in values.items()}
