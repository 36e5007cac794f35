"""CSV files that do not fit in memory: one pass to learn about them, then chunk after chunk.

Each row's part (training, validation, test) is drawn from a random generator seeded with the
project's seed and the chunk's number, so that every pass cuts alike and nothing is kept. Rows
are shuffled within a chunk; the chunks come in the order of the file.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from netbuilder.core.data.kinds.table import MAX_CATEGORIES, as_label, as_numbers, in_order
from netbuilder.core.data.prepare.preprocess import Column
from netbuilder.core.data.prepare.scaling import NO_SCALING, Affine, check_scaling
from netbuilder.core.data.readers.csv_dialect import Dialect, sniff
from netbuilder.core.data.readers.csv_reader import check_widths, pandas_arguments, parser_errors
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.data.readers.table_samples import samples_of_table
from netbuilder.core.data.recipe_options import names as option_names
from netbuilder.core.data.recipe_options import positive
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import Data
from netbuilder.core.wording import LINE, number, shown

if TYPE_CHECKING:
    import pandas as pd

DEFAULT_LIMIT_MB = 1024
CHUNK_ROWS = 50_000
HELD_ROWS = 50_000
_MOST_VALUES = 1002
# A CSV's text takes about this many times its size as a table and as arrays before and after
# scaling.
_GROWTH = 3

TRAIN, VALIDATION, TEST = 0, 1, 2


def limit_bytes(data: Data) -> float:
    """Option "memory_limit_mb" (1,024): data that is estimated to be larger is streamed."""
    return positive(data.options, "memory_limit_mb", DEFAULT_LIMIT_MB) * 2**20


def is_large(data: Data, base: Path) -> bool:
    """Whether the recipe's file is estimated not to fit in memory."""
    if not data.path:
        return False
    path = base / data.path
    return path.is_file() and path.stat().st_size * _GROWTH > limit_bytes(data)


@dataclass
class Moments:
    """Count, mean, squared deviations and range of numbers that come piece by piece.

    Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample
    variances", 1979.
    """

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0
    low: float = np.inf
    high: float = -np.inf

    def add(self, values: Any) -> None:
        """Take in some more numbers; missing ones do not count."""
        values = values[~np.isnan(values)]
        if not len(values):
            return
        count, mean = len(values), float(values.mean())
        shift = mean - self.mean
        total = self.count + count
        self.squares += float(((values - mean) ** 2).sum())
        self.squares += shift * shift * self.count * count / total
        self.mean += shift * count / total
        self.count = total
        self.low = min(self.low, float(values.min()))
        self.high = max(self.high, float(values.max()))

    def affine(self, scaling: str) -> tuple[float, float]:
        """Offset and scale, as ``scaling.fit_columns`` computes them."""
        if scaling == "minmax":
            offset, scale = self.low, self.high - self.low
        else:
            offset, scale = self.mean, float(np.sqrt(self.squares / max(1, self.count)))
        return offset, scale if scale > 1e-14 * max(1.0, abs(offset)) else 1.0


@dataclass
class Scan:
    """What one pass over the file found.

    ``numbers`` and ``texts`` are about training rows, by column; ``values`` are distinct values
    of each target over all rows; ``held`` are first rows of each part.
    """

    path: Path
    data: Data
    dialect: Dialect
    seed: int
    rows: int = 0
    numbers: dict[str, Moments] = field(default_factory=dict)
    texts: dict[str, Counter[str]] = field(default_factory=dict)
    values: dict[str, Counter[Any]] = field(default_factory=dict)
    held: dict[int, Samples] = field(default_factory=dict)
    totals: Counter[int] = field(default_factory=Counter)

    def chunks(self) -> Iterator[tuple[Samples, Any]]:
        """Samples of each chunk, and the part that each row belongs to."""
        import pandas as pd

        start = 1 + self.dialect.skip
        check_widths(self.path, self.dialect)
        with parser_errors(self.path, self.dialect):
            reader = pd.read_csv(self.path, chunksize=CHUNK_ROWS, **pandas_arguments(self.dialect))
        with reader:
            for index in itertools.count():
                with parser_errors(self.path, self.dialect):
                    chunk = next(reader, None)
                if chunk is None:
                    return
                chunk.index = pd.RangeIndex(start, start + len(chunk), name=LINE)
                start += len(chunk)
                table = chunk.dropna(how="all")
                if table.empty:
                    continue
                draws = pd.Series(
                    np.random.default_rng([self.seed, index]).random(len(chunk)), chunk.index
                )
                samples = samples_of_table(self.data, table, self.path.name, part=True)
                yield samples, self._parts(draws.loc[samples.targets.index].to_numpy())

    def _parts(self, draws: Any) -> Any:
        test = 0.0 if self.data.test_path else self.data.test_split
        edge = test + (1.0 - test) * self.data.validation_split
        return np.where(draws < test, TEST, np.where(draws < edge, VALIDATION, TRAIN))


def scan(data: Data, path: Path, seed: int) -> Scan:
    """Read the whole file once.

    Raises:
        DataError: as for a small file; missing values and text among numbers are named where
            they first occur.
    """
    found = Scan(path, data, sniff(path, data.options), seed)
    kept: dict[int, list[tuple[pd.DataFrame, pd.DataFrame, Any]]] = {0: [], 1: [], 2: []}
    for samples, parts in found.chunks():
        assert samples.table is not None
        _learn(found, samples, parts == TRAIN)
        for part in (TRAIN, VALIDATION, TEST):
            mine = parts == part
            room = HELD_ROWS - found.totals[part]
            found.totals[part] += int(mine.sum())
            if room > 0 and mine.any():
                weights = None if samples.weights is None else samples.weights[mine][:room]
                kept[part].append(
                    (samples.table[mine].head(room), samples.targets[mine].head(room), weights)
                )
    found.rows = found.totals[TRAIN]
    if not found.rows:
        raise DataError(f"No row of {path.name} is left to train on.", "Use more rows.")
    for part, pieces in kept.items():
        if pieces:
            found.held[part] = _joined(pieces, path.name)
    return found


def _joined(pieces: list[tuple[pd.DataFrame, pd.DataFrame, Any]], source: str) -> Samples:
    import pandas as pd

    weights = [piece[2] for piece in pieces if piece[2] is not None]
    return Samples(
        "table",
        pd.concat([piece[1] for piece in pieces]),
        table=pd.concat([piece[0] for piece in pieces]),
        weights=np.concatenate(weights) if weights else None,
        source=source,
    )


def _learn(found: Scan, samples: Samples, train: Any) -> None:
    assert samples.table is not None
    forced = set(option_names(found.data.options, "categories"))
    for name in samples.table.columns:
        series = samples.table[name]
        numbers = None if name in forced else as_numbers(series, samples.source)
        if numbers is not None and name not in found.texts:
            found.numbers.setdefault(name, Moments()).add(numbers.to_numpy()[train])
        elif numbers is not None or (name in found.numbers and found.numbers[name].count):
            mixed = series.dropna()
            raise DataError(
                f"Column '{name}' of {samples.source} holds both numbers and text, such as "
                f"'{shown(mixed.iloc[0])}' in line {mixed.index[0]}.",
                "Write one kind in all rows, or leave the column out.",
            )
        else:
            found.numbers.pop(name, None)
            counter = found.texts.setdefault(name, Counter())
            if len(counter) < _MOST_VALUES:
                counter.update(series[train].dropna().map(as_label))
    for name in samples.targets.columns:
        seen = found.values.setdefault(name, Counter())
        if len(seen) < _MOST_VALUES:
            seen.update(samples.targets[name].tolist())
        numbers = as_numbers(samples.targets[name], samples.source)
        if numbers is not None:
            found.numbers.setdefault(f"\0{name}", Moments()).add(numbers.to_numpy()[train])


def columns_of(found: Scan, names: list[str]) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    """What each column is, and notes about those left out, as ``tables.make_columns`` says."""
    fill = found.data.options.get("missing") == "mean"
    forced = set(option_names(found.data.options, "categories"))
    columns: list[Column] = []
    notes: list[str] = []
    for name in names:
        if name in found.numbers and found.numbers[name].count:
            got = found.numbers[name]
            mean = got.mean if fill else None
            columns.append(Column(name, "number", (), mean, got.low, got.high, got.mean))
        elif found.texts.get(name):
            counter = found.texts[name]
            if len(counter) > MAX_CATEGORIES and name not in forced:
                notes.append(
                    f"Column '{name}' holds {number(len(counter))} or more different texts "
                    "and was left out."
                )
                continue
            common = counter.most_common(1)[0][0]
            columns.append(
                Column(name, "category", in_order(counter), common if fill else None,
                       typical=common)
            )  # fmt: skip
        else:
            notes.append(f"Column '{name}' is empty and was left out.")
    return tuple(columns), tuple(notes)


def affine_of(found: Scan, columns: tuple[Column, ...], scaling: str) -> Affine:
    """Offset and scale of each feature, exact over all training rows."""
    check_scaling(scaling)
    if scaling == "none":
        return NO_SCALING
    pairs: list[tuple[float, float]] = []
    for column in columns:
        if column.kind == "category":
            pairs += [(0.0, 1.0)] * len(column.categories)
        else:
            pairs.append(found.numbers[column.name].affine(scaling))
    return tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs)


def target_affine(found: Scan, names: tuple[str, ...], scaling: str) -> Affine:
    """Offset and scale of each target column of numbers."""
    if scaling == "none":
        return NO_SCALING
    pairs = [found.numbers[f"\0{name}"].affine(scaling) for name in names]
    return tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs)
