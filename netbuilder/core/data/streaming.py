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
from netbuilder.core.data.dataset import Batch, Split, Stream
from netbuilder.core.data.readers import disk_cache
from netbuilder.core.data.readers.large_csv import Scan, limit_bytes
from netbuilder.core.data.registry import MODALITIES

if TYPE_CHECKING:
    from netbuilder.core.data.preprocessing.preprocess import InputPre, Preprocessing
    from netbuilder.core.data.readers.samples import Samples
    from netbuilder.core.project.model import Data

    Transform = Callable[[Samples, NDArray[np.int64]], Split]

_AT_ONCE = 64
_TABLE_ROWS = 50_000
# Rows that lie together are read together; of many such runs the rows are mixed.
_RUN_BYTES = 1 << 18
_MIXED_BYTES = 64 << 20


def samples_in_memory(data: Data, samples: Samples, pre: InputPre) -> int | None:
    """How many samples fit the recipe's limit where not all do; None where all do."""
    decoded = MODALITIES[samples.role].decoded
    each = decoded(samples, pre) if decoded is not None else None
    if each is None:
        return None
    room = int(limit_bytes(data) // each)
    return None if len(samples) <= room else max(1, room // 4)


def sample_stream(
    samples: Samples, rows: NDArray[np.int64], transform: Transform, pre: Preprocessing
) -> Stream:
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

    return _mapped((_files_key(samples), rows.tobytes(), pre.to_json()), splits, len(rows), pre)


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


def csv_stream(found: Scan, transform: Transform, pre: Preprocessing) -> Stream:
    """The training rows of a large table."""

    def splits() -> Iterator[Split]:
        return _table_splits(found, transform)

    about = disk_cache.content_of(found.path)
    key = (about, repr(found.data), found.parts.tobytes(), pre.to_json())
    return _mapped(key, splits, found.rows, pre)


def _table_splits(found: Scan, transform: Transform) -> Iterator[Split]:
    for start in range(0, len(found.train), _TABLE_ROWS):
        samples = found.samples(found.train[start : start + _TABLE_ROWS])
        yield transform(samples, np.arange(len(samples)))


def whole_split(found: Scan, transform: Transform) -> Split:
    """The training rows of a table whose text is large and whose numbers fit in memory."""
    parts = list(_table_splits(found, transform))
    weights = [part.sample_weight for part in parts if part.sample_weight is not None]

    def joined(name: str) -> dict[str, NDArray[Any]]:
        keys = getattr(parts[0], name)
        return {key: np.concatenate([getattr(part, name)[key] for part in parts]) for key in keys}

    return Split(
        joined("x"), joined("y"), joined("raw_x"),
        np.concatenate(weights) if weights else None, joined("raw_y"),
    )  # fmt: skip


@dataclass(frozen=True)
class _Mapped:
    """Arrays of one sample after the other; ``raw`` are inputs still to be scaled."""

    x: dict[str, NDArray[Any]]
    y: dict[str, NDArray[Any]]
    weight: NDArray[Any] | None
    raw: frozenset[str]
    pre: Preprocessing

    def batch(self, rows: NDArray[np.int64] | slice) -> Batch:
        """Some rows, model-ready."""
        x = {
            key: self.pre.inputs[key].apply(values[rows]) if key in self.raw
            else np.asarray(values[rows])
            for key, values in self.x.items()
        }  # fmt: skip
        y = {key: np.asarray(values[rows]) for key, values in self.y.items()}
        return x, y, None if self.weight is None else np.asarray(self.weight[rows])

    @property
    def row_bytes(self) -> int:
        """Bytes of one sample."""
        arrays = [*self.x.values(), *self.y.values()]
        return sum(int(np.prod(one.shape[1:])) * one.dtype.itemsize for one in arrays)


def _mapped(
    key: Any, splits: Callable[[], Iterator[Split]], rows: int, pre: Preprocessing
) -> Stream:
    folder = disk_cache.prepared(
        disk_cache.key_of("ready", 1, key), lambda draft: _write(draft, splits(), rows)
    )
    meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))

    def opened(name: str) -> NDArray[Any]:
        kind, shape = meta["arrays"][name]
        return np.memmap(folder / name, np.dtype(kind), "r", shape=(meta["rows"], *shape))

    def part(letter: str) -> dict[str, NDArray[Any]]:
        ids = meta[letter]
        return {key: opened(f"{letter}{number}.bin") for number, key in enumerate(ids)}

    arrays = _Mapped(
        part("x"), part("y"), opened("w.bin") if meta["weight"] else None,
        frozenset(meta["raw"]), pre,
    )  # fmt: skip

    def batches(batch_size: int, shuffle: bool, seed: int) -> Iterator[Batch]:
        return _batches(arrays, int(meta["rows"]), batch_size, seed if shuffle else None)

    return Stream(int(meta["rows"]), batches)


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
            progress.tell(meta["rows"], of)
    finally:
        for file in files.values():
            file.close()
    (folder / "meta.json").write_text(json.dumps(meta), encoding="utf-8")


def _batches(arrays: _Mapped, rows: int, batch_size: int, seed: int | None) -> Iterator[Batch]:
    """One epoch: runs of rows in a drawn order, the rows of many runs mixed."""
    each = max(1, arrays.row_bytes)
    run = max(1, _RUN_BYTES // each)
    mixed = max(batch_size, _MIXED_BYTES // each)
    source = np.random.default_rng(seed)
    starts = np.arange(0, rows, run)
    if seed is not None:
        starts = source.permutation(starts)
    rest: Batch | None = None
    at_once = max(1, mixed // run)
    for first in range(0, len(starts), at_once):
        places = np.concatenate(
            [np.arange(start, min(start + run, rows)) for start in starts[first : first + at_once]]
        )
        here = arrays.batch(places)
        if seed is not None:
            here = _picked(here, source.permutation(len(places)))
        if rest is not None:
            here = _joined(rest, here)
        count = _length(here)
        whole = count - count % batch_size
        for start in range(0, whole, batch_size):
            yield _picked(here, slice(start, start + batch_size))
        rest = _picked(here, slice(whole, count)) if whole < count else None
    if rest is not None:
        yield rest


def _length(batch: Batch) -> int:
    return len(next(iter(batch[0].values())))


def _picked(batch: Batch, rows: Any) -> Batch:
    return (
        {key: values[rows] for key, values in batch[0].items()},
        {key: values[rows] for key, values in batch[1].items()},
        None if batch[2] is None else batch[2][rows],
    )


def _joined(first: Batch, second: Batch) -> Batch:
    weight = None
    if first[2] is not None and second[2] is not None:
        weight = np.concatenate([first[2], second[2]])
    return (
        {key: np.concatenate([first[0][key], second[0][key]]) for key in first[0]},
        {key: np.concatenate([first[1][key], second[1][key]]) for key in first[1]},
        weight,
    )
