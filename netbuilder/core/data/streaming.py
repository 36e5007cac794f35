"""Training data that is read while training: chunks of a CSV file, samples from their files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.dataset import Batch, Split, Stream
from netbuilder.core.data.readers.large_csv import TRAIN, Scan, limit_bytes
from netbuilder.core.data.registry import MODALITIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from netbuilder.core.data.prepare.preprocess import InputPre
    from netbuilder.core.data.readers.samples import Samples
    from netbuilder.core.project.model import Data

    Transform = Callable[[Samples, NDArray[np.int64]], Split]

_AT_ONCE = 64


def samples_in_memory(data: Data, samples: Samples, pre: InputPre) -> int | None:
    """How many samples fit the recipe's limit where not all do; None where all do."""
    decoded = MODALITIES[samples.role].decoded
    each = decoded(samples, pre) if decoded is not None else None
    if each is None:
        return None
    room = int(limit_bytes(data) // each)
    return None if len(samples) <= room else max(1, room // 4)


def sample_stream(samples: Samples, rows: NDArray[np.int64], transform: Transform) -> Stream:
    """Batches of samples, read by a few threads; each epoch in an order of its own.

    Args:
        samples: those that stay where they are until they are needed.
        rows: those to train on.
        transform: what makes a ``Split`` of some rows.
    """

    def batches(batch_size: int, shuffle: bool, seed: int) -> Iterator[Batch]:
        from concurrent.futures import ThreadPoolExecutor

        order = np.random.default_rng(seed).permutation(rows) if shuffle else rows
        with ThreadPoolExecutor(max_workers=4) as pool:
            for start in range(0, len(order), batch_size):
                chosen = order[start : start + batch_size]
                parts = [
                    chosen[first : first + _AT_ONCE] for first in range(0, len(chosen), _AT_ONCE)
                ]
                done = list(pool.map(lambda part: transform(samples, part), parts))
                yield _joined(done)

    return Stream(len(rows), batches)


def csv_stream(found: Scan, transform: Transform) -> Stream:
    """Batches of the training rows of a large CSV file, shuffled within its chunks."""

    def batches(batch_size: int, shuffle: bool, seed: int) -> Iterator[Batch]:
        rest: Split | None = None
        for index, (samples, parts) in enumerate(found.chunks()):
            rows = np.flatnonzero(parts == TRAIN)
            if shuffle:
                rows = np.random.default_rng([seed, index]).permutation(rows)
            if not len(rows):
                continue
            here = transform(samples, rows)
            if rest is not None:
                here = _as_split(_joined([rest, here]))
            whole = len(here) - len(here) % batch_size
            for start in range(0, whole, batch_size):
                yield _cut(here, start, start + batch_size)
            rest = _as_split(_cut(here, whole, len(here))) if whole < len(here) else None
        if rest is not None:
            yield _cut(rest, 0, len(rest))

    return Stream(found.rows, batches)


def _joined(parts: list[Split]) -> Batch:
    weights = [part.sample_weight for part in parts if part.sample_weight is not None]
    return (
        {key: np.concatenate([part.x[key] for part in parts]) for key in parts[0].x},
        {key: np.concatenate([part.y[key] for part in parts]) for key in parts[0].y},
        np.concatenate(weights) if weights else None,
    )


def _as_split(batch: Batch) -> Split:
    return Split(batch[0], batch[1], {}, batch[2])


def _cut(split: Split, start: int, stop: int) -> Batch:
    def part(values: Any) -> Any:
        return values[start:stop]

    return (
        {key: part(value) for key, value in split.x.items()},
        {key: part(value) for key, value in split.y.items()},
        None if split.sample_weight is None else part(split.sample_weight),
    )
