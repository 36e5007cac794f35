"""A table that does not fit in memory, as one memory-mapped array of numbers.

One pass over the file writes each column as float64: numbers, days of dates, 0 and 1 of booleans,
numbers of words. Roles, missing values and scaling need no further pass.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data import progress
from netbuilder.core.data.preprocessing.cells import (
    as_label,
    as_numbers,
    boolean_words,
    dates_as_days,
    day_comes_first,
    in_one_century,
    is_numeric,
    parse_booleans,
)
from netbuilder.core.data.preprocessing.cleaning import with_split_labels, without_stand_ins
from netbuilder.core.data.preprocessing.number_text import EMPTY_CELLS, parse_numbers
from netbuilder.core.data.readers import disk_cache
from netbuilder.core.data.readers.csv_dialect import sniff
from netbuilder.core.data.readers.csv_reader import (
    check_widths,
    pandas_arguments,
    parser_errors,
    read_table,
)
from netbuilder.core.data.readers.encodings import PACKED, open_bytes
from netbuilder.core.data.readers.table_cells import TableReading, table_reading
from netbuilder.core.data.readers.table_files import reader_of
from netbuilder.core.data.recipe_options import reading_options
from netbuilder.core.errors import DataError
from netbuilder.core.i18n import gettext as _
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
    "empty_means", "dates", "same_names", "centuries", "like_numbers", "like_truths", "spelt_apart",
    "labels",
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
                columns[name] = cells.astype(np.int64) if whole and self._fits(cells) else cells
        return pd.DataFrame(columns, index=pd.Index(self.lines[rows], name=LINE))

    @staticmethod
    def _fits(cells: NDArray[np.float64]) -> bool:
        return bool(np.abs(cells).max(initial=0) < 2**52)


def open_raw(data: Data, path: Path, chunk_rows: int) -> RawTable:
    """Return the raw table of a recipe's file, prepared in one pass unless cached.

    Raise DataError if the file cannot be read as a table, or the disk is full.
    """
    first = read_table(path, reading_options(data), FIRST_ROWS)
    types = {name: choice.type for name, choice in data.columns.items() if choice.type}
    key = disk_cache.cache_key(
        "table", 2, disk_cache.content_key(path), sorted(types.items()),
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
    """One pass over a file; the kinds are detected from the ``first`` rows."""

    data: Data
    path: Path
    first: pd.DataFrame
    folder: Path
    kinds: dict[str, str] = field(default_factory=dict)
    words: dict[str, dict[str, int]] = field(default_factory=dict)
    styles: dict[str, str] = field(default_factory=dict)

    def run(self, chunk_rows: int) -> None:
        rows = 0
        names = [str(name) for name in self.first.columns]
        for name in names:
            self._conclude(name, self.first[name])
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
        meta = {
            "names": names,
            "kinds": {name: self.kinds.get(name, "number") for name in names},
            "words": {name: list(words) for name, words in self.words.items()},
            "styles": self.styles,
            "rows": rows,
        }
        (self.folder / "meta.json").write_text(json.dumps(meta), encoding="utf-8")

    def _conclude(self, name: str, series: pd.Series) -> None:
        """Detect the kind of a column from its first rows; none where they are empty."""
        if series.isna().all():
            return
        choice = self.data.columns.get(name)
        decided_type = choice.type if choice is not None else ""
        categories = self.data.options.get("categories") or ()
        named = name == categories if isinstance(categories, str) else name in categories
        if decided_type == "date":
            self.kinds[name] = "date"
            self.styles[name] = "dayfirst" if day_comes_first(series) else ""
        elif decided_type == "boolean":
            self.kinds[name] = "boolean"
            words = boolean_words(series, self.path.name)
            self.words[name] = {words[0]: 0, words[1]: 1}
        elif (
            decided_type == "category"
            or named
            or not (decided_type == "number" or is_numeric(series))
        ):
            numbers = (
                None if decided_type == "category" or named else as_numbers(series, self.path.name)
            )
            self.kinds[name] = "word" if numbers is None else "number"
        else:
            self.kinds[name] = "number"
        if self.kinds[name] == "word":
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
        if name not in self.kinds:
            self._conclude(name, series)
        kind, source = self.kinds.get(name), self.path.name
        if kind is None:
            return np.full(len(series), np.nan)
        if kind in {"word", "text"}:
            return self._codes(name, series)
        if kind == "date":
            century = (self.data.options.get("centuries") or {}).get(name)
            series = series if century is None else in_one_century(series, int(century))
            return dates_as_days(series, source, self.styles[name]).to_numpy(np.float64)
        if kind == "boolean":
            return parse_booleans(series, tuple(self.words[name]), source).to_numpy(np.float64)
        if is_numeric(series):
            found = as_numbers(series, source)
            assert found is not None
            return found.to_numpy(np.float64)
        style = table_reading(self.first).styles.get(name)
        if style is not None:
            numbers = parse_numbers(series, style)
            texts = series.astype(str).str.strip()
            junk = series.notna() & numbers.isna() & ~texts.isin(EMPTY_CELLS)
            if not junk.any():
                return numbers.to_numpy(np.float64)
            series = numbers.astype(object).where(~junk, series)
        found = as_numbers(series, source)
        if found is None:
            mixed = series.dropna()
            raise DataError(
                _(
                    "Column '{name}' of {file} contains both numbers and text, such as '{value}' "
                    "in line {line}.",
                    name=name,
                    file=source,
                    value=shorten(mixed.iloc[0]),
                    line=mixed.index[0],
                ),
                _("Write either numbers or texts in all rows, or leave the column out."),
                code="column_mixed",
            )
        return found.to_numpy(np.float64)

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
                self.kinds[name] = "text"
                continue
            numbers[index] = known.setdefault(label, len(known))
        return numbers[places]
