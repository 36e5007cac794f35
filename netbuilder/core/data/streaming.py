"""Training data that does not fit in memory: prepared once, then read from mapped arrays."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data import progress
from netbuilder.core.data.dataset import EpochBlock, SampleStream, Split
from netbuilder.core.data.readers import disk_cache
from netbuilder.core.data.readers.large_csv import LargeTable, limit_bytes
from netbuilder.core.data.registry import MODALITIES

if TYPE_CHECKING:
    from netbuilder.core.data.preprocessing.fitted_preprocessing import (
        InputPreprocessing,
        Preprocessing,
    )
    from netbuilder.core.data.readers.samples import Samples
    from netbuilder.core.project.model import Data

    Transform = Callable[[Samples, NDArray[np.int64]], Split]

_AT_ONCE = 64
_TABLE_ROWS = 50_000
# Rows that lie together are read together; of many such runs the rows are mixed.
_RUN_BYTES = 1 << 18


def samples_in_memory(
    data: Data, samples: Samples, preprocessing: InputPreprocessing
) -> int | None:
    """How many samples fit the recipe's limit where not all do; None where all do."""
    each = MODALITIES[samples.role].decoded(samples, preprocessing)
    if each is None:
        return None
    room = int(limit_bytes(data) // each)
    return None if len(samples) <= room else max(1, room // 4)


def sample_stream(
    samples: Samples, rows: NDArray[np.int64], transform: Transform, preprocessing: Preprocessing
) -> SampleStream:
    """Samples that lie in files, decoded once by a few threads; 8-bit pixels stay 8-bit.

    Args:
        samples: those that stay where they are until they are needed.
        rows: those to train on.
        transform: what makes a ``Split`` of some rows.
        pre: what ``transform`` does.
    """

    def splits() -> Iterator[Split]:
        from concurrent.futures import ThreadPoolExecutor

        pieces = [rows[start : start + _AT_ONCE] for start in range(0, len(rows), _AT_ONCE)]
        with ThreadPoolExecutor(max_workers=4) as pool:
            # A few ahead, not all: what is decoded waits in memory.
            for start in range(0, len(pieces), 8):
                yield from pool.map(
                    lambda part: transform(samples, part), pieces[start : start + 8]
                )

    return _mapped(
        (_files_key(samples), rows.tobytes(), preprocessing.to_json()),
        splits,
        len(rows),
        preprocessing,
    )


def _files_key(samples: Samples) -> Any:
    """What changes when one of the files does."""
    found: list[Any] = []
    for values in samples.arrays.values():
        for value in values:
            if isinstance(value, Path):
                about = value.stat()
                found.append((str(value), about.st_mtime_ns, about.st_size))
            else:
                found.append(str(value)[:200])
    return (found, samples.targets.to_csv(), samples.sample_shape)


def csv_stream(
    found: LargeTable, transform: Transform, preprocessing: Preprocessing
) -> SampleStream:
    """The training rows of a large table."""

    def splits() -> Iterator[Split]:
        return _table_splits(found, transform)

    about = disk_cache.content_key(found.path)
    key = (about, repr(found.data), found.parts.tobytes(), preprocessing.to_json())
    return _mapped(key, splits, found.rows, preprocessing)


def _table_splits(found: LargeTable, transform: Transform) -> Iterator[Split]:
    for start in range(0, len(found.train), _TABLE_ROWS):
        samples = found.samples(found.train[start : start + _TABLE_ROWS])
        yield transform(samples, np.arange(len(samples)))


def whole_split(found: LargeTable, transform: Transform) -> Split:
    """The training rows of a table whose text is large and whose numbers fit in memory."""
    parts = list(_table_splits(found, transform))
    weights = [part.sample_weight for part in parts if part.sample_weight is not None]

    def joined(name: str) -> dict[str, NDArray[Any]]:
        keys = getattr(parts[0], name)
        return {key: np.concatenate([getattr(part, name)[key] for part in parts]) for key in keys}

    return Split(
        joined("x"), joined("y"), joined("raw_x"),
        np.concatenate(weights) if weights else None, joined("raw_y"), _joined_filled(parts),
    )  # fmt: skip


def _joined_filled(parts: list[Split]) -> dict[str, NDArray[Any]]:
    """Which cells were filled; a part without any does not say so."""
    widths = {key: cells.shape[1] for part in parts for key, cells in part.filled.items()}
    return {
        key: np.concatenate(
            [part.filled.get(key, np.zeros((len(part), wide), bool)) for part in parts]
        )
        for key, wide in widths.items()
    }


@dataclass(frozen=True)
class _Mapped:
    """Arrays of one sample after the other; ``raw`` are inputs still to be scaled."""

    x: dict[str, NDArray[Any]]
    y: dict[str, NDArray[Any]]
    weight: NDArray[Any] | None
    raw: frozenset[str]
    preprocessing: Preprocessing

    def block(self, runs: list[slice], order: NDArray[np.int32]) -> EpochBlock:
        """The rows of some runs, one after the other, and the order to learn them in."""

        def read(values: NDArray[Any]) -> NDArray[Any]:
            return np.concatenate([values[run] for run in runs])

        x = {
            key: self.preprocessing.inputs[key].apply(read(values))
            if key in self.raw
            else read(values)
            for key, values in self.x.items()
        }
        y = {key: read(values) for key, values in self.y.items()}
        return EpochBlock(x, y, None if self.weight is None else read(self.weight), order)

    @property
    def row_bytes(self) -> int:
        """Bytes of one sample; of those still to be scaled, as they will be."""
        each = [
            int(np.prod(one.shape[1:])) * (4 if key in self.raw else one.dtype.itemsize)
            for part in (self.x, self.y)
            for key, one in part.items()
        ]
        return sum(each)


def _mapped(
    key: Any, splits: Callable[[], Iterator[Split]], of: int, preprocessing: Preprocessing
) -> SampleStream:
    folder = disk_cache.prepared_folder(
        disk_cache.cache_key("ready", 1, key), lambda draft: _write(draft, splits(), of)
    )
    meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))

    def opened(name: str) -> NDArray[Any]:
        kind, shape = meta["arrays"][name]
        return disk_cache.map_array(folder / name, kind, (meta["rows"], *shape))

    def part(letter: str) -> dict[str, NDArray[Any]]:
        ids = meta[letter]
        return {key: opened(f"{letter}{number}.bin") for number, key in enumerate(ids)}

    arrays = _Mapped(
        part("x"), part("y"), opened("w.bin") if meta["weight"] else None,
        frozenset(meta["raw"]), preprocessing,
    )  # fmt: skip

    rows, each = int(meta["rows"]), arrays.row_bytes
    run = max(1, _RUN_BYTES // max(1, each))

    def block(first: int, count: int, seed: int | None) -> EpochBlock:
        count = min(count, rows - first)
        order = np.arange(count, dtype=np.int32)
        if seed is not None:
            np.random.default_rng([seed, first]).shuffle(order)
        return arrays.block(_runs(rows, run, first, count, seed), order)

    return SampleStream(rows, each, block)


def _write(folder: Path, splits: Iterator[Split], of: int) -> None:
    meta: dict[str, Any] = {"arrays": {}, "rows": 0, "raw": [], "weight": False}
    files: dict[str, Any] = {}
    try:
        for split in splits:
            # 8-bit pixels take a quarter of the room that scaled ones take.
            raw = [key for key, values in split.raw_x.items() if values.dtype == np.uint8]
            x = {key: split.raw_x[key] if key in raw else split.x[key] for key in split.x}
            parts = {f"x{n}.bin": values for n, values in enumerate(x.values())}
            parts |= {f"y{n}.bin": values for n, values in enumerate(split.y.values())}
            if split.sample_weight is not None:
                parts["w.bin"] = split.sample_weight
            for name, values in parts.items():
                if name not in files:
                    files[name] = (folder / name).open("wb")
                    meta["arrays"][name] = (values.dtype.str, list(values.shape[1:]))
                files[name].write(np.ascontiguousarray(values).tobytes())
            meta["rows"] += len(split)
            meta |= {"x": list(x), "y": list(split.y), "raw": raw, "weight": "w.bin" in parts}
            progress.report_progress(meta["rows"], of)
    finally:
        for file in files.values():
            file.close()
    (folder / "meta.json").write_text(json.dumps(meta), encoding="utf-8")


def _runs(rows: int, run: int, first: int, count: int, seed: int | None) -> list[slice]:
    """The places in the arrays of the rows ``first`` to ``first + count`` of an epoch.

    An epoch is made of runs of ``run`` rows that lie together, in an order that ``seed`` draws.
    """
    if seed is None:
        return [slice(first, first + count)]
    starts = np.random.default_rng(seed).permutation(np.arange(0, rows, run))
    ends = np.cumsum(np.minimum(run, rows - starts))
    found = []
    for place in range(int(np.searchsorted(ends, first, "right")), len(starts)):
        begin = int(ends[place - 1]) if place else 0
        low, high = max(begin, first), min(int(ends[place]), first + count)
        if low >= high:
            break
        found.append(slice(int(starts[place]) + low - begin, int(starts[place]) + high - begin))
    return found
