"""Data that is ready to train on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.data.preprocessing.fitted_preprocessing import Preprocessing

if TYPE_CHECKING:
    from netbuilder.core.data.readers.large_csv import LargeTable
    from netbuilder.core.data.readers.samples import Samples

Array = NDArray[Any]
Rows = NDArray[np.int64]
PARTS = ("train", "validation", "test")
TRAIN, VALIDATION, TEST = range(3)
# Rows are mixed within a block, and two of them are in memory.
BLOCK_BYTES = 32 << 20
Batch = tuple[dict[str, Array], dict[str, Array], Array | None]


@dataclass(frozen=True)
class Split:
    """Samples to train on, to validate with, or to test with.

    ``x``: model-ready values by Input node id; ``y``: loss targets by output id; ``raw_x`` and
    ``raw_y``: the same before scaling (targets in their own units (n, columns), or class numbers
    (n,)); ``sample_weight``: (n,) or None; ``filled`` by Input id the missing cells that were
    filled, bool (n, columns), where any were; ``index``: the line of each row in its file, (n,);
    ``days``: see ``Samples``.
    """

    x: dict[str, Array]
    y: dict[str, Array]
    raw_x: dict[str, Array]
    sample_weight: Array | None = None
    raw_y: dict[str, Array] = field(default_factory=dict)
    filled: dict[str, Array] = field(default_factory=dict)
    index: Array | None = None
    days: Array | None = None

    def filled_in(self, row: int) -> dict[str, Array]:
        """Return which columns of a row were filled, bool (columns,) by Input id."""
        return {key: cells[row] for key, cells in self.filled.items()}

    def __len__(self) -> int:
        return len(next(iter(self.x.values()))) if self.x else 0


@dataclass(frozen=True)
class EpochBlock:
    """Some rows of an epoch, model-ready, in memory.

    ``x`` and ``y`` by Input and output id, ``weight`` (n,) or None; ``order`` is the training
    order: int32 (n,) row numbers.
    """

    x: dict[str, Array]
    y: dict[str, Array]
    weight: Array | None
    order: NDArray[np.int32]

    def pick(self, rows: Array) -> Batch:
        """Return some of its rows."""
        return (
            {key: values[rows] for key, values in self.x.items()},
            {key: values[rows] for key, values in self.y.items()},
            None if self.weight is None else self.weight[rows],
        )


@dataclass(frozen=True)
class SampleStream:
    """Training data that is read while training.

    ``block(first, count, seed)`` gives the rows ``first`` to ``first + count`` of an epoch, in an
    order drawn from the seed, or that of the file where the seed is None. An epoch must be read
    with one ``count`` throughout; the last block may be smaller. ``rows`` is the number of samples
    in an epoch, ``row_bytes`` the memory of one.
    """

    rows: int
    row_bytes: int
    block: Callable[[int, int, int | None], EpochBlock]

    def steps(self, batch_size: int) -> int:
        """Return the batches in an epoch."""
        return -(-self.rows // batch_size)

    def block_steps(self, batch_size: int) -> int:
        """Return the batches in a block: as many as fit a fixed amount of memory, at least 1."""
        fit = BLOCK_BYTES // max(1, self.row_bytes * batch_size)
        return max(1, min(fit, self.steps(batch_size)))


@dataclass(frozen=True)
class Dataset:
    """Data to train with; with a ``stream``, ``train`` is only a first part that fits in memory."""

    facts: DataFacts
    train: Split
    validation: Split | None
    test: Split | None
    preprocessing: Preprocessing
    stream: SampleStream | None = None


@dataclass(frozen=True)
class SplitIndices:
    """Row numbers of the training file; ``test`` is empty where there is a test file."""

    train: Rows
    validation: Rows
    test: Rows


@dataclass(frozen=True)
class PreparedData:
    """Samples of the training file and of the test file, their split, and the fitted preprocessing.

    Of a CSV file that does not fit in memory ``samples`` are its first rows, and ``scan`` reads
    the others.
    """

    samples: Samples
    test: Samples | None
    rows: SplitIndices
    preprocessing: Preprocessing
    facts: DataFacts
    scan: LargeTable | None = None

    @property
    def parts(self) -> NDArray[np.int8]:
        """The part of each sample of the training file; -1 for none."""
        part_of_row = np.full(len(self.samples), -1, np.int8)
        for part, rows in enumerate((self.rows.train, self.rows.validation, self.rows.test)):
            part_of_row[rows] = part
        return part_of_row
