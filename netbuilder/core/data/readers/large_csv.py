"""Tables that do not fit in memory: prepared in one pass, then read from a mapped array.

Each row's part (training, validation, test) is drawn with the project's seed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data import progress
from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.findings import empty_column_note, many_values_note, text_column_note
from netbuilder.core.data.preprocessing.cells import (
    as_label,
    in_one_century,
    is_numeric,
    labels_of,
    sort_labels,
)
from netbuilder.core.data.preprocessing.cleaning import (
    drops_duplicates,
    duplicates_left_out,
    normalize_word,
    with_split_labels,
    without_stand_ins,
)
from netbuilder.core.data.preprocessing.column_parser import ColumnParser, fit_parser
from netbuilder.core.data.preprocessing.fitted_preprocessing import FittedColumn
from netbuilder.core.data.preprocessing.missing import (
    drop_answers,
    fill_missing,
    missing_cells,
    missing_rules,
    rows_left_out,
)
from netbuilder.core.data.preprocessing.number_text import EMPTY_CELLS, parse_numbers
from netbuilder.core.data.preprocessing.roles import ColumnRoles, roles_of
from netbuilder.core.data.preprocessing.scaling import NO_SCALING, Affine, check_scaling
from netbuilder.core.data.readers import disk_cache
from netbuilder.core.data.readers.csv_dialect import sniff
from netbuilder.core.data.readers.csv_reader import (
    check_widths,
    pandas_arguments,
    parser_errors,
    read_table,
)
from netbuilder.core.data.readers.encodings import PACKED, open_bytes, unpacked_size
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.data.readers.table_cells import TableReading, table_reading
from netbuilder.core.data.readers.table_files import reader_of
from netbuilder.core.data.readers.table_samples import TEST, TRAIN, VALIDATION, parts_of, weights_of
from netbuilder.core.data.recipe_options import (
    DEFAULT_LIMIT_MB,
    MAX_CATEGORIES,
    name_list_option as option_names,
    positive_option,
    reading_options,
)
from netbuilder.core.project.model import Data
from netbuilder.core.wording import LINE, shorten

if TYPE_CHECKING:
    import pandas as pd


FIRST_ROWS = 20_000
# More words than this are a text of each row's own, and no categories.
MOST_WORDS = 5_000
_READ_OPTIONS = (
    "separator", "decimal", "thousands", "encoding", "header", "sheet", "missing_values",
    "categories", "like_decimal", "like_encoding", "like_units", "decimals",
    "empty_means", "dates", "same_names", "centuries", "like_numbers", "like_truths",
    "like_forms", "spelt_apart", "labels",
)  # fmt: skip


@dataclass(frozen=True)
class RawTable:
    """The table.

    Attributes:
        path: of the file that it was made from.
        names: of the columns.
        kinds: "number", "date", "boolean", "word" or "text" (too many words) of each column.
        words: of a column of words, the word of each number; of "boolean" those for no and yes.
        styles: of dates: "dayfirst" or "".
        values: float64 (rows, columns), NaN where missing.
        lines: int64 (rows,): the line of the file.
        reading: what was concluded about the file.
    """

    path: Path
    names: tuple[str, ...]
    kinds: Mapping[str, str]
    words: Mapping[str, tuple[str, ...]]
    styles: Mapping[str, str]
    values: NDArray[np.float64]
    lines: NDArray[np.int64]
    reading: TableReading

    def column(self, name: str) -> NDArray[np.float64]:
        """Return one column, in memory."""
        return np.array(self.values[:, self.names.index(name)])

    def frame(self, rows: NDArray[Any], names: tuple[str, ...]) -> pd.DataFrame:
        """Return some rows as a table of numbers and words, indexed by line."""
        import pandas as pd

        block = self.values[rows]
        columns: dict[str, Any] = {}
        for name in names:
            cells = block[:, self.names.index(name)]
            if self.kinds[name] in {"word", "text"}:
                known = np.array([*self.words[name], None], object)
                places = np.where(np.isnan(cells), len(known) - 1, cells).astype(np.int64)
                columns[name] = known[places]
            else:
                whole = len(cells) and np.array_equal(cells, np.round(cells))
                whole = whole and np.abs(cells).max() < 2**52
                columns[name] = cells.astype(np.int64) if whole else cells
        return pd.DataFrame(columns, index=pd.Index(self.lines[rows], name=LINE))


def open_raw(data: Data, path: Path, chunk_rows: int) -> RawTable:
    """Return the raw table of a recipe's file, prepared in one pass unless cached.

    Raise DataError if the file cannot be read as a table, or the disk is full.
    """
    first = read_table(path, reading_options(data), FIRST_ROWS)
    types = {name: choice.type for name, choice in data.columns.items() if choice.type}
    key = disk_cache.cache_key(
        "table", 3, disk_cache.content_key(path), sorted(types.items()),
        [repr(reading_options(data).get(name)) for name in _READ_OPTIONS],
    )  # fmt: skip
    folder = disk_cache.prepared_folder(
        key, lambda draft: _Pass(data, path, first, draft).run(chunk_rows)
    )  # fmt: skip
    meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    names, rows = tuple(meta["names"]), int(meta["rows"])
    return RawTable(
        path,
        names,
        meta["kinds"],
        {name: tuple(words) for name, words in meta["words"].items()},
        meta["styles"],
        disk_cache.map_array(folder / "values.f64", np.float64, (rows, len(names))),
        disk_cache.map_array(folder / "lines.i64", np.int64, (rows,)),
        table_reading(first),
    )


@dataclass
class _Pass:
    """One pass over a file; the parsers are fitted to the ``first`` rows.

    Attributes:
        parsers: of each column with a cell so far; None: it has words.
        words: of a column of words, the number of each.
        texts: columns of words with too many of them.
    """

    data: Data
    path: Path
    first: pd.DataFrame
    folder: Path
    parsers: dict[str, ColumnParser | None] = field(default_factory=dict)
    words: dict[str, dict[str, int]] = field(default_factory=dict)
    texts: set[str] = field(default_factory=set)

    def run(self, chunk_rows: int) -> None:
        rows = 0
        names = [str(name) for name in self.first.columns]
        for name in names:
            self._fit(name, self.first[name])
        with (self.folder / "values.f64").open("wb") as values, (
            self.folder / "lines.i64"
        ).open("wb") as lines:  # fmt: skip
            for chunk in self._chunks(chunk_rows):
                table = with_split_labels(chunk.dropna(how="all"), self.data.options)
                table = without_stand_ins(table, self.data.options)
                if table.empty:
                    continue
                block = np.empty((len(table), len(names)))
                for place, name in enumerate(names):
                    block[:, place] = self._numbers(name, table[name])
                values.write(block.tobytes())
                lines.write(np.asarray(table.index, np.int64).tobytes())
                rows += len(table)
        parsers = {name: parser for name, parser in self.parsers.items() if parser is not None}
        kinds = {name: parser.kind for name, parser in parsers.items()}
        kinds |= {name: "text" if name in self.texts else "word" for name in self.words}
        words = {name: parser.words for name, parser in parsers.items() if parser.words}
        meta = {
            "names": names,
            "kinds": dict.fromkeys(names, "number") | kinds,
            "words": words | {name: list(numbers) for name, numbers in self.words.items()},
            "styles": {name: parser.style for name, parser in parsers.items()},
            "rows": rows,
        }
        (self.folder / "meta.json").write_text(json.dumps(meta), encoding="utf-8")

    def _fit(self, name: str, series: pd.Series) -> None:
        """Fit the parser of a column to some rows, unless they are all empty."""
        if series.isna().all():
            return
        choice = self.data.columns.get(name)
        decided_type = choice.type if choice is not None else ""
        if decided_type not in {"date", "boolean"} and name in option_names(
            self.data.options, "categories"
        ):
            decided_type = "category"
        self.parsers[name] = parser = fit_parser(series, self.path.name, decided_type)
        if parser is None:
            self.words[name] = {}

    def _chunks(self, chunk_rows: int) -> Iterator[pd.DataFrame]:
        import pandas as pd

        if reader_of(self.path) is not None:
            yield read_table(self.path, reading_options(self.data))
            return
        dialect = sniff(self.path, reading_options(self.data))
        check_widths(self.path, dialect)
        start, size = 1 + dialect.skip, self.path.stat().st_size
        with open_bytes(self.path) as file:
            with parser_errors(self.path, dialect):
                reader = pd.read_csv(file, chunksize=chunk_rows, **pandas_arguments(dialect))
            with reader:
                while True:
                    with parser_errors(self.path, dialect):
                        chunk = next(reader, None)
                    if chunk is None:
                        return
                    chunk.index = pd.RangeIndex(start, start + len(chunk), name=LINE)
                    start += len(chunk)
                    yield chunk
                    progress.report_progress(self._place(file, size), size)

    def _place(self, file: IO[bytes], size: int) -> int:
        return 0 if self.path.suffix.lower() in PACKED else min(size, file.tell())

    def _numbers(self, name: str, series: pd.Series) -> Any:
        if name not in self.parsers:
            self._fit(name, series)
        if name not in self.parsers:
            return np.full(len(series), np.nan)
        parser, source = self.parsers[name], self.path.name
        if parser is None:
            return self._codes(name, series)
        century = (self.data.options.get("centuries") or {}).get(name)
        style = table_reading(self.first).styles.get(name)
        if parser.kind == "date" and century is not None:
            series = in_one_century(series, int(century))
        elif parser.kind == "number" and style is not None and not is_numeric(series):
            numbers = parse_numbers(series, style)
            texts = series.astype(str).str.strip()
            junk = series.notna() & numbers.isna() & ~texts.isin(EMPTY_CELLS)
            series = numbers.astype(object).where(~junk, series) if junk.any() else numbers
        return parser(series, source).to_numpy(np.float64)

    def _codes(self, name: str, series: pd.Series) -> Any:
        import pandas as pd

        places, values = pd.factorize(series)
        known = self.words[name]
        spelt = table_reading(self.first).spellings.get(name, {})
        numbers = np.full(len(values) + 1, np.nan)
        for index, value in enumerate(values):
            label = as_label(value)
            label = spelt.get(label, label)
            if label not in known and len(known) >= MOST_WORDS:
                self.texts.add(name)
                continue
            numbers[index] = known.setdefault(label, len(known))
        return numbers[places]


CHUNK_ROWS = 100_000
HELD_ROWS = 50_000
# Of a longer file the beginning is shown: a person wants to see it at once.
LONG_BYTES = 32 << 20
LOOKED_AT = 50_000
# A CSV's text takes about this many times its size as a table and as arrays before and after
# scaling.
_GROWTH = 3


def limit_bytes(data: Data) -> float:
    """Return option "memory_limit_mb" (1,024) in bytes: larger data is streamed."""
    return positive_option(data.options, "memory_limit_mb", DEFAULT_LIMIT_MB) * 2**20


def is_large(data: Data, base: Path) -> bool:
    """Return whether the recipe's file is estimated not to fit in memory."""
    if not data.path:
        return False
    path, most = base / data.path, limit_bytes(data) / _GROWTH
    return path.is_file() and unpacked_size(path, most) > most


def sampled_row_count(path: Path) -> int | None:
    """Return how many rows of a file are used for display; None: all."""
    long = path.is_file() and unpacked_size(path, LONG_BYTES) > LONG_BYTES
    return LOOKED_AT if long else None


@dataclass
class LargeTable:
    """A large table as a recipe uses it.

    ``rows`` counts those to train on, ``totals`` those of each part; ``parts`` says the part of
    each row of the raw table (-1: left out), ``values`` distinct values of each target over all
    rows that are used, ``first_rows`` the first rows of each part.
    """

    path: Path
    data: Data
    raw: RawTable
    roles: ColumnRoles
    parts: NDArray[np.int8]
    notes: tuple[str, ...] = ()
    first_rows: dict[int, Samples] = field(default_factory=dict)

    @cached_property
    def totals(self) -> Counter[int]:
        """Rows of each part."""
        part_numbers, counts = np.unique(self.parts, return_counts=True)
        return Counter(
            {int(p): int(c) for p, c in zip(part_numbers, counts, strict=True) if p >= 0}
        )

    @property
    def rows(self) -> int:
        """Rows to train on."""
        return self.totals[TRAIN]

    @cached_property
    def train(self) -> NDArray[np.int64]:
        """Numbers of the rows to train on."""
        return np.flatnonzero(self.parts == TRAIN)

    @cached_property
    def values(self) -> dict[str, Counter[Any]]:
        """Distinct values of each target, over all rows that are used."""
        counters: dict[str, Counter[Any]] = {}
        for name in self.roles.targets:
            cells = self.raw.column(name)[self.parts >= 0]
            distinct, counts = np.unique(cells[~np.isnan(cells)], return_counts=True)
            words = self.raw.words.get(name)
            labels: list[Any] = distinct.tolist()
            if self.raw.kinds[name] in {"word", "text"} and words is not None:
                labels = [words[int(code)] for code in distinct]
            elif np.array_equal(distinct, np.round(distinct)):
                labels = [int(value) for value in distinct]
            counters[name] = Counter(dict(zip(labels, counts.tolist(), strict=True)))
        return counters

    def samples(self, rows: NDArray[np.int64]) -> Samples:
        """Return some rows as samples in memory."""
        table = self.raw.frame(rows, self.roles.features)
        targets = self.raw.frame(rows, self.roles.targets)
        weights = None
        if self.roles.weight:
            weights = weights_of(
                self.raw.frame(rows, (self.roles.weight,))[self.roles.weight], self.path.name
            )
        return Samples(
            "table", targets, table=table, weights=weights, source=self.path.name,
            findings=self.raw.reading.findings, from_file=True, reading=self.raw.reading,
        )  # fmt: skip


def scan_table(data: Data, path: Path, seed: int) -> LargeTable:
    """Prepare the file unless cached, and split its rows.

    Raise DataError as for a small file; missing values and text among numbers are named where they
    first occur.
    """
    raw = open_raw(data, path, CHUNK_ROWS)
    roles = roles_of(data, raw.names, path.name, (raw.reading.counting,), by_name=True)
    used, notes = _used_rows(data, raw, roles)
    parts = np.full(len(raw.values), -1, np.int8)
    if roles.split:
        words = raw.frame(np.flatnonzero(used), (roles.split,))[roles.split]
        parts[used] = parts_of(words, path.name)
    else:
        parts[used] = _drawn(data, raw, roles, used, seed)
    table = LargeTable(path, data, raw, roles, parts, tuple(notes))
    if not table.rows:
        raise data_error("no_training_rows:2", file=path.name)
    for part in (TRAIN, VALIDATION, TEST):
        rows = np.flatnonzero(parts == part)[:HELD_ROWS]
        if len(rows):
            table.first_rows[part] = table.samples(rows)
    return table


def _drawn(
    data: Data, raw: RawTable, roles: ColumnRoles, used: NDArray[np.bool_], seed: int
) -> NDArray[np.int8]:
    """Return the part of each used row: drawn, or in the order of a column."""
    count = int(used.sum())
    test = 0.0 if data.test_path else data.test_split
    if roles.group and not roles.order:
        # All rows of a group draw the same lot.
        names, places = np.unique(raw.column(roles.group)[used], return_inverse=True)
        draws = np.random.default_rng(seed).random(len(names))[places]
    elif roles.order:
        ranks = np.empty(count)
        ranks[np.argsort(raw.column(roles.order)[used], kind="stable")] = np.arange(count)
        draws = 1.0 - (ranks + 0.5) / max(1, count)
    else:
        draws = np.random.default_rng(seed).random(len(used))[used]
    edge = test + (1.0 - test) * data.validation_split
    return np.where(draws < test, TEST, np.where(draws < edge, VALIDATION, TRAIN)).astype(np.int8)


def _used_rows(
    data: Data, raw: RawTable, roles: ColumnRoles
) -> tuple[NDArray[np.bool_], list[str]]:
    """Return which rows are used, by the rules for missing values and rows; and notes."""
    used = np.ones(len(raw.values), bool)
    notes: list[str] = []
    rules = missing_rules(data, raw.names)
    names = list(dict.fromkeys([*roles.features, *roles.targets]))
    places = [raw.names.index(name) for name in names]
    holes = np.zeros((len(used), len(names)), bool)
    for place, column in enumerate(places):
        holes[:, place] = np.isnan(raw.values[:, column])
    # A text of each row's own has no number for most of its words: it is no hole.
    for place, name in enumerate(names):
        if raw.kinds[name] == "text" or (holes[:, place].all() and name not in roles.targets):
            holes[:, place] = False
    strict = drop_answers({name: rules[name] for name in names}, roles.targets)
    odd = np.flatnonzero(holes.any(axis=1))
    if len(odd):
        import pandas as pd

        table = pd.DataFrame(np.where(holes[odd], np.nan, 0.0), index=raw.lines[odd], columns=names)
        missing_cells(table, raw.path.name, strict)
        drop = [place for place, name in enumerate(names)
                if strict[name] == "drop" or name in roles.targets]  # fmt: skip
        used[holes[:, drop].any(axis=1)] = False
        notes += rows_left_out(int((~used).sum()))
    return _chosen(data, raw, roles, used, notes), notes


def _chosen(
    data: Data, raw: RawTable, roles: ColumnRoles, used: NDArray[np.bool_], notes: list[str]
) -> NDArray[np.bool_]:
    """Exclude lines, classes and duplicates as in the recipe."""
    lines = data.options.get("skip_lines") or ()
    if lines:
        used &= ~np.isin(raw.lines, np.atleast_1d(np.asarray(lines, np.int64)))
    classes = option_names(data.options, "leave_out_classes")
    if classes:
        name = roles.targets[0]
        labels = labels_of(raw.frame(np.arange(len(used)), (name,))[name])
        used &= ~labels.isin(classes).to_numpy()
    if drops_duplicates(data.options):
        import pandas as pd

        columns = [raw.names.index(name) for name in (*roles.features, *roles.targets)]
        twice = pd.DataFrame(raw.values[used][:, columns]).duplicated().to_numpy()
        used[np.flatnonzero(used)[twice]] = False
        notes += duplicates_left_out(int(twice.sum()))
    return used


def large_table_columns(
    table: LargeTable, names: list[str]
) -> tuple[tuple[FittedColumn, ...], tuple[str, ...]]:
    """Fit each column; also return notes on excluded ones, as ``table.make_columns``."""
    forced = set(option_names(table.data.options, "categories"))
    rules = missing_rules(table.data, table.raw.names)
    columns: list[FittedColumn] = []
    notes: list[str] = []
    for name in names:
        choice = table.data.columns.get(name)
        cells = table.raw.column(name)[table.train]
        known = cells[~np.isnan(cells)]
        kind = table.raw.kinds[name]
        decided_type = choice.type if choice is not None else ""
        if not len(known):
            notes.append(empty_column_note(name))
        elif decided_type == "text":
            notes.append(text_column_note(name))
        elif kind in {"word", "text"}:
            column = _category(table, name, known)
            many = len(column.categories) > MAX_CATEGORIES or kind == "text"
            if kind == "text" or (many and name not in forced and decided_type != "category"):
                notes.append(many_values_note(name, shorten(column.categories[0]), dates=False))
                continue
            columns.append(fill_missing(column, rules[name]))
        else:
            values, counts = np.unique(known, return_counts=True)
            column = FittedColumn(
                name, kind,
                table.raw.words.get(name, ()) if kind == "boolean" else (),
                low=float(known.min()), high=float(known.max()), typical=float(np.median(known)),
                mean=float(known.mean()), common=float(values[counts.argmax()]),
                style=table.raw.styles.get(name, ""),
                whole=bool((values == np.floor(values)).all()),
            )  # fmt: skip
            columns.append(fill_missing(column, rules[name]))
    return tuple(columns), tuple(notes)


def _category(table: LargeTable, name: str, codes: NDArray[np.float64]) -> FittedColumn:
    words = table.raw.words[name]
    places, counts = np.unique(codes.astype(np.int64), return_counts=True)
    rows = {words[place]: int(count) for place, count in zip(places, counts, strict=True)}
    if name in option_names(table.data.options, "same_words"):
        spelling_of: dict[str, str] = {}
        for word in sorted(rows, key=lambda word: -rows[word]):
            spelling_of.setdefault(normalize_word(word), word)
        rows = {word: rows[word] for word in spelling_of.values()}
    common = max(rows, key=lambda word: rows[word])
    return FittedColumn(name, "category", sort_labels(rows), typical=common, common=common)


def feature_scaling(table: LargeTable, columns: tuple[FittedColumn, ...], scaling: str) -> Affine:
    """Return offset and scale of each feature, exact over all training rows."""
    check_scaling(scaling)
    if scaling == "none":
        return NO_SCALING
    pairs: list[tuple[float, float]] = []
    for column in columns:
        if column.kind == "category":
            pairs += [(0.0, 1.0)] * len(column.categories)
        else:
            pairs.append(_affine(table, column.name, scaling, column.fill))
    return tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs)


def target_scaling(table: LargeTable, names: tuple[str, ...], scaling: str) -> Affine:
    """Return offset and scale of each target column of numbers."""
    if scaling == "none":
        return NO_SCALING
    pairs = [_affine(table, name, scaling) for name in names]
    return tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs)


def _affine(
    table: LargeTable, name: str, scaling: str, fill: float | str | None = None
) -> tuple[float, float]:
    cells = table.raw.column(name)[table.train]
    if isinstance(fill, float):
        cells = np.where(np.isnan(cells), fill, cells)
    if scaling == "minmax":
        offset = float(np.nanmin(cells))
        scale = float(np.nanmax(cells)) - offset
    else:
        offset, scale = float(np.nanmean(cells)), float(np.nanstd(cells))
    return offset, scale if scale > 1e-14 * max(1.0, abs(offset)) else 1.0
