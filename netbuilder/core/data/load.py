"""Load a recipe's facts, preview and arrays, and verify its files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data import progress
from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.data.dataset import Dataset, EpochBlock, PreparedData, SampleStream, Split
from netbuilder.core.data.kinds.builtin.edited_points import point_places
from netbuilder.core.data.prepare import target_encoding
from netbuilder.core.data.prepare.fit_inputs import filled_cells, read_raw
from netbuilder.core.data.prepare.prepared_data import facts_of, prepare_data, read_samples
from netbuilder.core.data.preprocessing.fitted_preprocessing import Preprocessing
from netbuilder.core.data.preprocessing.missing import empty_cells, missing_fixes
from netbuilder.core.data.preview import Preview, preview_of, preview_of_table
from netbuilder.core.data.progress import ReadingCancelledError
from netbuilder.core.data.readers import disk_cache
from netbuilder.core.data.readers.cache import RecentValues, data_stamp
from netbuilder.core.data.readers.large_csv import LargeTable, limit_bytes, sampled_row_count
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.data.registry import MODALITIES, has_points, kind_of
from netbuilder.core.errors import DataError
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project.model import Data, Project
from netbuilder.core.project.network_data import check_trusted
from netbuilder.core.wording import format_number, join_sentences, sample_place

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
    """Return how many samples fit the recipe's memory limit; None where all do."""
    each = MODALITIES[samples.role].decoded(samples, preprocessing)
    if each is None:
        return None
    room = int(limit_bytes(data) // each)
    return None if len(samples) <= room else max(1, room // 4)


def sample_stream(
    samples: Samples, rows: NDArray[np.int64], transform: Transform, preprocessing: Preprocessing
) -> SampleStream:
    """Stream samples from files, decoded once by a few threads; 8-bit pixels stay 8-bit.

    ``samples``: stay in their files until needed; ``rows``: training rows; ``transform``: makes a
    ``Split`` of some rows.
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
    key: list[Any] = []
    for values in samples.arrays.values():
        for value in values:
            if isinstance(value, Path):
                about = value.stat()
                key.append((str(value), about.st_mtime_ns, about.st_size))
            else:
                key.append(str(value)[:200])
    return (key, samples.targets.to_csv(), samples.sample_shape)


def csv_stream(
    table: LargeTable, transform: Transform, preprocessing: Preprocessing
) -> SampleStream:
    """Stream the training rows of a large table."""

    def splits() -> Iterator[Split]:
        return _table_splits(table, transform)

    about = disk_cache.content_key(table.path)
    key = (about, repr(table.data), table.parts.tobytes(), preprocessing.to_json())
    return _mapped(key, splits, table.rows, preprocessing)


def _table_splits(table: LargeTable, transform: Transform) -> Iterator[Split]:
    for start in range(0, len(table.train), _TABLE_ROWS):
        samples = table.samples(table.train[start : start + _TABLE_ROWS])
        yield transform(samples, np.arange(len(samples)))


def whole_split(table: LargeTable, transform: Transform) -> Split:
    """Return all training rows of a table whose numbers fit in memory, unlike its text."""
    parts = list(_table_splits(table, transform))
    weights = [part.sample_weight for part in parts if part.sample_weight is not None]

    def joined(name: str) -> dict[str, NDArray[Any]]:
        keys = getattr(parts[0], name)
        return {key: np.concatenate([getattr(part, name)[key] for part in parts]) for key in keys}

    return Split(
        joined("x"), joined("y"), joined("raw_x"),
        np.concatenate(weights) if weights else None, joined("raw_y"), _joined_filled(parts),
    )  # fmt: skip


def _joined_filled(parts: list[Split]) -> dict[str, NDArray[Any]]:
    widths = {key: cells.shape[1] for part in parts for key, cells in part.filled.items()}
    return {
        key: np.concatenate(
            [part.filled.get(key, np.zeros((len(part), wide), bool)) for part in parts]
        )
        for key, wide in widths.items()
    }


@dataclass(frozen=True)
class _Mapped:
    """Arrays of all samples; ``raw`` are inputs still to be scaled."""

    x: dict[str, NDArray[Any]]
    y: dict[str, NDArray[Any]]
    weight: NDArray[Any] | None
    raw: frozenset[str]
    preprocessing: Preprocessing

    def block(self, runs: list[slice], order: NDArray[np.int32]) -> EpochBlock:
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
        each = [
            int(np.prod(array.shape[1:])) * (4 if key in self.raw else array.dtype.itemsize)
            for part in (self.x, self.y)
            for key, array in part.items()
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
    """Return slices for the rows ``first`` to ``first + count`` of an epoch.

    An epoch is made of runs of ``run`` adjacent rows, in an order drawn from ``seed``.
    """
    if seed is None:
        return [slice(first, first + count)]
    starts = np.random.default_rng(seed).permutation(np.arange(0, rows, run))
    ends = np.cumsum(np.minimum(run, rows - starts))
    slices = []
    for place in range(int(np.searchsorted(ends, first, "right")), len(starts)):
        begin = int(ends[place - 1]) if place else 0
        low, high = max(begin, first), min(int(ends[place]), first + count)
        if low >= high:
            break
        slices.append(slice(int(starts[place]) + low - begin, int(starts[place]) + high - begin))
    return slices


def load_facts(project: Project, base: Path) -> DataFacts:
    """Return the facts about the data, with this project's graph.

    ``project``: graph and recipe; ``base``: base folder of the recipe's relative paths. Raise
    DataError if the data cannot be read, or does not fit the recipe.
    """
    return facts_of(project, base)


def load_dataset(project: Project, base: Path) -> Dataset:
    """Return arrays to train on. Arguments and errors as for ``load_facts``.

    Data above the recipe's "memory_limit_mb" (1,024) has a ``stream``.
    """
    plan = prepare_data(project, base)
    rows = plan.rows
    test_source = plan.samples if plan.test is None else plan.test
    test_rows = rows.test if plan.test is None else np.arange(len(plan.test))

    def transform(samples: Samples, chosen: NDArray[np.int64]) -> Split:
        return make_split(plan, samples, chosen)

    train, stream = rows.train, None
    whole: Split | None = None
    if plan.scan is not None and plan.facts.streamed:
        stream = csv_stream(plan.scan, transform, plan.preprocessing)
    elif plan.scan is not None:
        whole = whole_split(plan.scan, transform)
    else:
        room = samples_in_memory(
            project.data, plan.samples, next(iter(plan.preprocessing.inputs.values()))
        )
        if room is not None:
            stream = sample_stream(plan.samples, rows.train, transform, plan.preprocessing)
            train = np.random.default_rng(0).permutation(rows.train)[:room]
    return Dataset(
        facts=plan.facts if stream is None else replace(plan.facts, streamed=True),
        train=transform(plan.samples, train) if whole is None else whole,
        validation=transform(plan.samples, rows.validation) if len(rows.validation) else None,
        test=transform(test_source, test_rows) if len(test_rows) else None,
        preprocessing=plan.preprocessing,
        stream=stream,
    )


def make_split(plan: PreparedData, samples: Samples, rows: NDArray[np.int64]) -> Split:
    """Transform some rows of the samples."""
    raw_x = {
        key: read_raw(samples, preprocessing, rows)
        for key, preprocessing in plan.preprocessing.inputs.items()
    }
    chosen = samples.targets.iloc[rows]
    raw_y = {
        key: target_encoding.encode_targets(chosen, preprocessing, samples.source)
        for key, preprocessing in plan.preprocessing.outputs.items()
    }
    weights = None if samples.weights is None else samples.weights[rows]
    x, y = plan.preprocessing.apply_inputs(raw_x), plan.preprocessing.apply_targets(raw_y)
    check_finite(x, y, plan.preprocessing, chosen.index, samples.source)
    filled = filled_cells(samples, plan.preprocessing.inputs, rows)
    days = None if samples.days is None else samples.days[rows]
    return Split(x, y, raw_x, weights, raw_y, filled, chosen.index.to_numpy(), days)


def load_preview(project: Project, base: Path, rows: int = 100) -> Preview:
    """Return the first ``rows`` samples for display. Arguments and errors as for ``load_facts``.

    A table is shown as stored even where its recipe does not fit yet, so that a person can choose
    columns.
    """
    data = project.data
    check_trusted(data, base)
    kind = kind_of(data)
    if kind.tables.read is not None and data.path:
        most = sampled_row_count(base / data.path)
        table = kind.tables.read(data, base / data.path, most)
        note = (
            ""
            if most is None or len(table) < most
            else _("Only the first {count} rows are shown.", count=format_number(most, ","))
        )
        return preview_of_table(table, data.target, rows, note=note)
    # The test file has no say in it: it may be wrong, or still to be chosen.
    return preview_of(read_samples(replace(data, test_path=""), base)[0], rows)


def point_number(project: Project, base: Path, place: tuple[float, float]) -> int:
    """Return the number of the nearest point, for edits by hand, or raise DataError."""
    samples = read_samples(project.data, base)[0]
    if not has_points(project.data):
        raise data_error("points_not_editable")
    away = np.linalg.norm(point_places(samples) - np.asarray(place), axis=1)
    nearest = int(away.argmin())
    return nearest if samples.made is None else int(samples.made.origin[nearest])


Arrays = Mapping[str, NDArray[Any]]


def check_finite(
    x: Arrays, y: Arrays, preprocessing: Preprocessing, index: Any, source: str
) -> None:
    """Raise ``DataError`` where a value that the network gets is missing or infinite.

    ``x``: model-ready values by Input id, (n, ...); ``y``: loss targets, by output id, (n, ...);
    ``index``: places of the n samples in the source; ``source``: name of the file, for messages.
    """
    for key, values in x.items():
        entry = preprocessing.inputs.get(key)
        _check(values, entry.features if entry is not None else (), index, source, key)
    for key, values in y.items():
        target = preprocessing.outputs.get(key)
        _check(values, target.columns if target is not None else (), index, source, key)


def _check(values: NDArray[Any], names: Sequence[str], index: Any, source: str, key: str) -> None:
    if values.dtype.kind != "f":
        return
    # The sum is finite where all values are: no array of truth values for pictures.
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(values.sum(dtype=np.float64)):
            return
    flat = values.reshape(len(values), -1)
    bad = ~np.isfinite(flat)
    rows = np.flatnonzero(bad.any(axis=1))
    if not len(rows):
        return
    row = int(rows[0])
    which = int(np.flatnonzero(bad[row])[0])
    by_column = names and values.ndim > 1 and values.shape[-1] == len(names)
    column = names[which % len(names)] if by_column else key
    missing = bool(np.isnan(flat[row, which]))
    place = sample_place(index, index[row])
    message = (
        _("'{name}' in {file} has an empty cell in {place}.",
          name=column, file=source, place=place)
        if missing
        else _("'{name}' in {file} has an infinite number in {place}.",
               name=column, file=source, place=place)
    )  # fmt: skip
    if len(rows) > 1:
        more = ngettext(
            "{count} more row has the same problem.",
            "{count} more rows have the same problem.",
            len(rows) - 1,
        )
        message = join_sentences((message, more))
    raise DataError(
        message,
        _('Fill in the cell, set "Missing" to "drop" or "mean", or leave the column out.')
        if missing
        else _("Correct the number, or leave the row or the column out."),
        fixes=missing_fixes() if missing else (),
        code="value_missing" if missing else "value_infinite",
        short=empty_cells(int(np.isnan(flat).sum())) if missing else _("a number is infinite"),
    )


_LOOKED_AT: RecentValues[DataError | None] = RecentValues(4)


def verify_files(data: Data, base: Path) -> None:
    """Check every file of a recipe and of its test set; the result is cached.

    Raises:
        DataError: some are damaged; all of them are named.
        ReadingCancelledError: the listener (``data.progress``) stopped it.
    """
    error = _LOOKED_AT.get(data_stamp(data, base), lambda: _damage(data, base))
    if error is not None:
        raise error


def _damage(data: Data, base: Path) -> DataError | None:
    for samples in read_samples(data, base):
        if samples is None or samples.home is None:
            continue
        files = [path for path in next(iter(samples.arrays.values())) if isinstance(path, Path)]
        try:
            MODALITIES[samples.role].check_all(files, samples.home)
        except ReadingCancelledError:
            raise
        except DataError as error:
            return error
    return None
