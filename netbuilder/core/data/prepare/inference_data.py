"""New data for a trained model, transformed as the training data was.

Nothing is fitted here: columns, categories, words and scales come from the model's
``Preprocessing``; the recipe only says how files are read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.dataset import Split
from netbuilder.core.data.kinds.arrays.array_files import ENDINGS as ARRAY_ENDINGS
from netbuilder.core.data.kinds.arrays.array_roles import read_arrays
from netbuilder.core.data.kinds.csv import table as tables
from netbuilder.core.data.kinds.images import IMAGE
from netbuilder.core.data.kinds.series.windows import history, labelled_windows, latest_window
from netbuilder.core.data.prepare.fit_inputs import read_raw
from netbuilder.core.data.prepare.target_encoding import encode_targets
from netbuilder.core.data.preprocessing.cells import as_numbers
from netbuilder.core.data.preprocessing.cleaning import without_stand_ins
from netbuilder.core.data.preprocessing.fitted_preprocessing import (
    InputPreprocessing,
    Preprocessing,
)
from netbuilder.core.data.preprocessing.missing import (
    drop_answers,
    missing_cells,
    missing_rules,
    rows_left_out,
)
from netbuilder.core.data.preprocessing.roles import require_model_columns
from netbuilder.core.data.readers.csv_reader import drop_index_column, read_table
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.data.readers.table_cells import AMBIGUOUS, OTHER_UNIT, table_reading
from netbuilder.core.data.readers.zipped_folders import unpack_zip, zip_contains
from netbuilder.core.data.recipe_options import reading_options
from netbuilder.core.data.registry import KINDS, kind_of, modality_of
from netbuilder.core.errors import DataError
from netbuilder.core.files.regular_file import require_regular_file
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Data
from netbuilder.core.wording import format_list

if TYPE_CHECKING:
    import pandas as pd

#: In fewer rows a column may be empty by chance.
_FEWEST = 5
Array = NDArray[Any]


def read_split(data: Data, preprocessing: Preprocessing, path: Path) -> Split:
    """Return labelled samples to evaluate a trained model.

    ``data``: the recipe that the model was trained with; ``path``: a CSV file, a folder of pictures
    or texts, or a file of arrays. Raise DataError if it cannot be read, columns are missing, or a
    class is unknown.
    """
    refuse_target_as_input(preprocessing)
    samples = _labelled(data, preprocessing, path)
    count = np.arange(len(samples))
    raw_x = {key: _raw(samples, entry, count) for key, entry in preprocessing.inputs.items()}
    raw_y = {
        key: encode_targets(
            _renamed(samples.targets, entry.columns, samples.source), entry, path.name
        )
        for key, entry in preprocessing.outputs.items()
    }
    return Split(
        preprocessing.apply_inputs(raw_x),
        preprocessing.apply_targets(raw_y),
        raw_x,
        raw_y=raw_y,
        index=samples.targets.index.to_numpy(),
        days=samples.days,
    )


def refuse_target_as_input(preprocessing: Preprocessing) -> None:
    """Raise ``DataError`` if the model reads a target column as an input.

    A series reads the past of its target, an autoencoder exactly its targets.
    """
    if series_input(preprocessing) is not None:
        return
    inputs = {column.name for column in preprocessing.columns}
    targets = {name for entry in preprocessing.outputs.values() for name in entry.columns}
    shared = sorted(inputs & targets)
    if shared and (inputs != targets or len(targets) == 1):
        raise data_error("target_is_input", columns=format_list(shared))


def _renamed(targets: pd.DataFrame, columns: tuple[str, ...], source: str) -> pd.DataFrame:
    """Give targets of folders and arrays the model's names, by their order."""
    if all(name in targets.columns for name in columns):
        return targets
    if len(targets.columns) != len(columns):
        raise data_error(
            "targets_differ_from_model",
            count=len(targets.columns),
            file=source,
            expected=len(columns),
            columns=format_list(columns),
        )
    return targets.set_axis(list(columns), axis=1)


def folder_of_samples(path: Path, preprocessing: Preprocessing) -> Path:
    """Return the unpacked folder of a zip of pictures, texts or sounds; other paths unchanged.

    Raise DataError if the zip is damaged or hostile.
    """
    for entry in preprocessing.inputs.values():
        endings = modality_of(entry).endings
        if zip_contains(path, endings):
            return unpack_zip(path, endings)
    return path


def _labelled(data: Data, preprocessing: Preprocessing, path: Path) -> Samples:
    require_regular_file(path, DataError)
    targets = tuple(
        dict.fromkeys(n for entry in preprocessing.outputs.values() for n in entry.columns)
    )
    if path.suffix.lower() in ARRAY_ENDINGS:
        return _array_samples(data, preprocessing, path)
    sorts = [modality_of(entry) for entry in preprocessing.inputs.values()]
    folder = folder_of_samples(path, preprocessing)
    # Pictures may also stand in a table, a pixel a column.
    for sort in sorts if folder.is_dir() or (sorts and sorts[0].labelled_tables) else ():
        if (own := sort.labelled(data, preprocessing, folder)) is not None:
            return own
    if path.is_dir():
        raise data_error("folder_instead_of_table", path)
    table = as_model_table(
        read_table(path, reading_of_model(data, preprocessing)), preprocessing, path.name
    )
    series = series_input(preprocessing)
    if series is not None:
        return labelled_windows(table, data, preprocessing, series, path.name)
    require_model_columns(table.columns, targets, path.name, targets=True)
    complete, _notes = _complete(table, preprocessing, data, path.name, targets)
    _require_values(table, preprocessing, targets, path.name)
    table = complete
    # A category that the model never saw is refused here as it is when it predicts.
    for entry in preprocessing.inputs.values():
        if modality_of(entry).tabular:
            tables.encode(table, entry.columns, path.name, strict=True)
    return _samples_of_table(table, preprocessing, table[list(targets)], path.name)


def _require_values(
    table: pd.DataFrame, preprocessing: Preprocessing, targets: Sequence[str], source: str
) -> None:
    """Raise ``DataError`` for a column without any value: an evaluation would say nothing."""
    features = [column.name for column in preprocessing.columns]
    for name in (*targets, *(features if len(table) >= _FEWEST else ())):
        if table[name].isna().all():
            raise data_error("test_column_empty", name=name, file=source)


def _array_samples(data: Data, preprocessing: Preprocessing, path: Path) -> Samples:
    sources = tuple(entry.source for entry in preprocessing.inputs.values() if entry.source)
    kind = KINDS.get(data.kind)  # a model from elsewhere says nothing of its data
    names = sources if kind is not None and kind.files.array_names and sources else ()
    answers = [n for chosen in data.targets.values() for n in chosen] if names else []
    tested = read_arrays(path, data.options, names, answers, test=True)
    samples = tested or read_arrays(path, data.options, names, answers)
    assert samples is not None
    return samples


def series_input(preprocessing: Preprocessing) -> InputPreprocessing | None:
    """Return the input that takes windows of a series, if the model has one."""
    return next((e for e in preprocessing.inputs.values() if modality_of(e).is_series(e)), None)


def _raw(samples: Samples, entry: InputPreprocessing, rows: NDArray[np.int64]) -> Array:
    """Like ``read_raw``, with a message for data of another shape."""
    if samples.table is not None and not modality_of(entry).tabular:
        return pixels_of_table(samples.table, entry, samples.source)
    if samples.table is None and modality_of(entry).tabular:
        raise data_error(
            "model_needs_table",
            file=samples.source,
            columns=format_list(column.name for column in entry.columns),
        )
    try:
        return read_raw(samples, entry, rows)
    except ValueError as error:
        shape = next(iter(samples.arrays.values())).shape[1:] if samples.arrays else ()
        raise data_error(
            "shape_differs_from_model", file=samples.source, shape=shape, expected=entry.shape
        ) from error


def reading_of_model(data: Data, preprocessing: Preprocessing) -> dict[str, Any]:
    """Return the options with which a trained model's new tables are read."""
    return {**preprocessing.hints, **reading_options(data)}


def as_model_table(table: pd.DataFrame, preprocessing: Preprocessing, source: str) -> pd.DataFrame:
    """Return a table without unread index column; DataError if needed numbers are ambiguous."""
    numbers = {column.name for column in preprocessing.columns if column.kind != "category"}
    for finding in table_reading(table).findings:
        if finding.code == AMBIGUOUS and finding.column in numbers:
            raise data_error(
                "numbers_ambiguous",
                file=source,
                message=finding.message.removesuffix(_("Choose one of the two readings.")).rstrip(),
            )
        if finding.code == OTHER_UNIT and finding.column in numbers:
            raise data_error("unit_differs_from_model", file=source, message=finding.message)
    known = {column.name for column in preprocessing.columns}
    return table if str(table.columns[0]) in known else drop_index_column(table)


def _complete(
    table: pd.DataFrame,
    preprocessing: Preprocessing,
    data: Data,
    source: str,
    also: tuple[str, ...] = (),
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    used = tuple(dict.fromkeys([*(column.name for column in preprocessing.columns), *also]))
    require_model_columns(table.columns, used, source)
    table = without_stand_ins(table, data.options)
    rules = missing_rules(data, [str(name) for name in table.columns])
    # An answer is never filled in.
    used_rules = drop_answers({name: rules[name] for name in used}, also)
    missing_cells(table[list(used)], source, used_rules)
    holes = [name for name in used if used_rules[name] == "drop"]
    complete = table.dropna(subset=holes) if holes else table
    return complete, rows_left_out(len(table) - len(complete))


def _samples_of_table(
    table: pd.DataFrame, preprocessing: Preprocessing, targets: pd.DataFrame, source: str
) -> Samples:
    if all(modality_of(entry).tabular for entry in preprocessing.inputs.values()):
        return Samples("table", targets, table=table, source=source)
    features = table.drop(columns=[name for name in targets.columns if name in table.columns])
    return Samples("numbers", targets, table=features, source=source)


def pixels_of_table(table: pd.DataFrame, entry: InputPreprocessing, source: str) -> Array:
    """Return rows of a table as pictures or sequences: each column one value, in reading order.

    Raise DataError if the number of columns does not fit the model, or a cell is no number.
    """
    want = int(np.prod([size or 1 for size in entry.shape]))
    columns = []
    for name in table.columns:
        numbers = as_numbers(table[name], source)
        if numbers is not None:
            columns.append(np.asarray(numbers.to_numpy(), np.float64))
    if len(columns) != want:
        raise data_error(
            "columns_differ_from_model",
            count=len(columns),
            file=source,
            expected=want,
            shape="×".join(str(size) for size in entry.shape),
        )
    raw: Array = np.stack(columns, axis=1).reshape(len(table), *[s or 1 for s in entry.shape])
    return raw.astype(entry.dtype)


def raw_of_table(
    table: pd.DataFrame, data: Data, preprocessing: Preprocessing, source: str
) -> tuple[dict[str, Array], pd.DataFrame, tuple[str, ...]]:
    """Return raw values of rows without labels.

    Returns raw values by Input id, the rows used, and notes. Raise DataError if columns are
    missing, text stands among numbers, a category is unknown.
    """
    series = series_input(preprocessing)
    if series is not None:  # the rows are those on which a window ends
        values, lines = history(table, data, series, source)
        return dict.fromkeys(preprocessing.inputs, values), table.loc[lines], ()
    complete, notes = _complete(table, preprocessing, data, source)
    raw: dict[str, Array] = {}
    for key, entry in preprocessing.inputs.items():
        sort = modality_of(entry)
        if sort.tabular:
            encoded = tables.encode(complete, entry.columns, source, strict=True)
            shape = [size or 1 for size in entry.shape]
            raw[key] = encoded.astype(entry.dtype).reshape(len(complete), *shape)
        elif entry.vocabulary:
            texts = [str(text) for text in text_column(complete, entry, source)]
            raw[key] = sort.of_texts(texts, entry)
        else:
            answers = [
                n for out in preprocessing.outputs.values() for n in out.columns if n in complete
            ]
            raw[key] = pixels_of_table(complete.drop(columns=answers), entry, source)
    return raw, complete, notes


def last_series_rows(
    data: Data, preprocessing: Preprocessing, path: Path
) -> tuple[Array, Array | None] | None:
    """Return the result of ``latest_window`` for a series' file; None for other models.

    Raise DataError if it cannot be read, columns are missing, or no window fits.
    """
    entry = series_input(preprocessing)
    if entry is None or not kind_of(data).goes_on:
        return None
    table = as_model_table(
        read_table(path, reading_of_model(data, preprocessing)), preprocessing, path.name
    )
    return latest_window(table, data, entry, path.name)


def raw_of_files(files: Sequence[Path], preprocessing: Preprocessing) -> dict[str, Array]:
    """Return raw values by Input id of files that hold one sample each: pictures, texts, sounds.

    Raise DataError if a file cannot be read, or the model takes no such files.
    """
    # A picture may also be shown to a network that was fed the same values as arrays.
    sorts = {key: (modality_of(entry), entry) for key, entry in preprocessing.inputs.items()}
    return {
        key: (sort if sort.endings else IMAGE).of_files(files, entry)
        for key, (sort, entry) in sorts.items()
    }


def text_column(table: pd.DataFrame, entry: InputPreprocessing, source: str) -> pd.Series:
    """Return the column of texts that the model reads, by name or length, or raise DataError."""
    if entry.source in table.columns:
        return table[entry.source].fillna("")
    strings = [name for name in table.columns if table[name].dtype.kind not in "iufb"]
    if not strings:
        raise data_error("no_text_column:2", file=source, name=entry.source)
    longest = max(strings, key=lambda name: table[name].fillna("").astype(str).str.len().mean())
    return table[longest].fillna("")


def row_table(values: Mapping[str, object]) -> pd.DataFrame:
    """Return a row that was filled in by hand as a table; empty cells are missing."""
    import pandas as pd

    cells = {
        name: [None if value is None or str(value).strip() == "" else value]
        for name, value in values.items()
    }
    return pd.DataFrame(cells, index=pd.RangeIndex(1, 2))
