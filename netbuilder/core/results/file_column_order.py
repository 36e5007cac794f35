"""Labelled rows for a plain Keras network, which has no column names.

Columns are taken in file order, and a sentence says which, because it is an assumption.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.data_facts import BINARY, CLASSES, REGRESSION
from netbuilder.core.data.dataset import Split
from netbuilder.core.data.kinds.arrays.array_files import ENDINGS as ARRAY_ENDINGS
from netbuilder.core.data.prepare.inference_data import read_split
from netbuilder.core.data.preprocessing.cells import as_numbers, is_numeric, labels_of, sort_labels
from netbuilder.core.data.preprocessing.fitted_preprocessing import (
    FittedColumn,
    InputPreprocessing,
    OutputPreprocessing,
    Preprocessing,
)
from netbuilder.core.data.readers.csv_reader import drop_index_column, read_table
from netbuilder.core.data.registry import modality_of
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import DataError
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.results.own_units import preprocessing_of
from netbuilder.core.wording import as_sentence, format_list, join_sentences

if TYPE_CHECKING:
    import pandas as pd

_MADE = N_("This model was not made with NetBuilder")


def _not_made(why: str) -> str:
    return join_sentences((as_sentence(_(_MADE)), why))


def _error(key: str, **values: Any) -> DataError:
    """Return an error that says first that the model was made elsewhere."""
    error = data_error(key, **values)
    return DataError(_not_made(error.what), error.fix, code=error.code)


@dataclass(frozen=True)
class OrderedRows:
    """The rows, the network with column names and labels, and ``words``: how the file was read."""

    trained: TrainedModel
    split: Split
    words: str


def lacks_data_facts(trained: TrainedModel) -> bool:
    """Return whether a network has no information about its data."""
    return not trained.project.data.kind and not trained.preprocessing.inputs


def rows_in_file_order(trained: TrainedModel, path: Path) -> OrderedRows:
    """Return a file's rows for a network that ``lacks_data_facts``."""
    preprocessing = preprocessing_of(trained)
    if path.is_dir() or path.suffix.lower() in ARRAY_ENDINGS:
        return _of_arrays(trained, preprocessing, path)
    shape = _one_input(preprocessing)
    key, target = _one_output(trained, preprocessing)
    table = _fitting(read_table(path, {}), int(np.prod(shape)), target.units, path.name)
    table, left_out = _whole_rows(table, path.name)
    features, answers = _parts(table, int(np.prod(shape)), target)
    target, truth = _truth(answers, _as_asked(trained, key, target, answers), path.name)
    name, entry = next(iter(preprocessing.inputs.items()))
    columns = tuple(FittedColumn(str(label)) for label in features.columns)
    entry = replace(entry, columns=columns if modality_of(entry).tabular else ())
    raw_x = {name: _numbers(features, path.name).reshape(len(table), *shape).astype(entry.dtype)}
    raw_y = {key: truth}
    fitted = Preprocessing({name: entry}, {key: target})
    split = Split(fitted.apply_inputs(raw_x), fitted.apply_targets(raw_y), raw_x, None, raw_y)
    values = {
        "inputs": format_list(features.columns, 4),
        "target": format_list(answers.columns, 4),
        "file": path.name,
    }
    reading = _("The columns {inputs} of {file} are the inputs, {target} is the target.", **values)
    classes = format_list(target.classes, 6)
    order = _("The order of the classes: {classes}.", classes=classes) if classes else ""
    words = _not_made(join_sentences((reading, order, left_out)))
    return OrderedRows(replace(trained, preprocessing=fitted), split, words)


def _of_arrays(trained: TrainedModel, preprocessing: Preprocessing, path: Path) -> OrderedRows:
    if not path.is_dir():
        inputs = {
            key: InputPreprocessing("numbers", entry.shape, entry.dtype)
            if modality_of(entry).tabular
            else entry
            for key, entry in preprocessing.inputs.items()
        }
        preprocessing = replace(preprocessing, inputs=inputs)
    split = read_split(trained.project.data, preprocessing, path)
    return OrderedRows(
        replace(trained, preprocessing=preprocessing),
        split,
        _not_made(_("The samples of {file} are used as they are.", file=path.name)),
    )


def _one_input(preprocessing: Preprocessing) -> tuple[int, ...]:
    (entry, *more) = preprocessing.inputs.values()
    if more or any(size is None for size in entry.shape):
        raise _error("foreign_inputs")
    return tuple(size for size in entry.shape if size is not None)


def _one_output(
    trained: TrainedModel, preprocessing: Preprocessing
) -> tuple[str, OutputPreprocessing]:
    ((key, target), *more) = preprocessing.outputs.items()
    if more or len(trained.training_model.outputs[0].shape) != 2:
        raise _error("foreign_outputs")
    return key, target


def _fitting(table: pd.DataFrame, inputs: int, units: int, source: str) -> pd.DataFrame:
    """Return the table, without an index column if that makes it fit."""
    for candidate in (table, drop_index_column(table)):
        if len(candidate.columns) - inputs in {1, units}:
            return candidate
    columns = len(table.columns)
    raise _error("columns_do_not_fit", inputs=inputs, file=source, columns=columns)


def _whole_rows(table: pd.DataFrame, source: str) -> tuple[pd.DataFrame, str]:
    whole = table.dropna()
    if whole.empty:
        raise data_error("every_row_incomplete", file=source)
    lost = len(table) - len(whole)
    return whole, ngettext(
        "{count} row with empty cells was left out.",
        "{count} rows with empty cells were left out.",
        lost,
    ) if lost else ""


def _parts(
    table: pd.DataFrame, inputs: int, target: OutputPreprocessing
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return inputs and targets: the last columns, or the first if only that can be classes."""
    count = len(table.columns) - inputs
    if count == 1 and target.task != REGRESSION:
        first, last = table.iloc[:, 0], table.iloc[:, -1]
        no_answer = is_numeric(last) and _classes(last, target.units) is None
        if no_answer and _classes(first, target.units) is not None:
            return table.iloc[:, 1:], table.iloc[:, :1]
    return table.iloc[:, :inputs], table.iloc[:, inputs:]


def _as_asked(
    trained: TrainedModel, key: str, target: OutputPreprocessing, answers: pd.DataFrame
) -> OutputPreprocessing:
    """Guess the task of a network without a loss: one sigmoid unit is binary."""
    last = trained.project.graph.by_id[key].params.get("activation")
    yes_or_no = last == "sigmoid" and target.units == 1 and target.task == REGRESSION
    if yes_or_no and _classes(answers.iloc[:, 0], 1) is not None:
        return replace(target, task=BINARY)
    return target


def _classes(series: pd.Series, units: int) -> tuple[str, ...] | None:
    """Return class labels, or None if the column cannot be the network's classes: whole numbers
    from 0 are class numbers; else all labels must occur, and are sorted."""
    count = 2 if units == 1 else units
    labels = sort_labels(labels_of(series.dropna()).unique())
    numbers = tuple(str(number) for number in range(count))
    if set(labels) <= set(numbers):
        return numbers
    return labels if len(labels) == count else None


def _truth(
    answers: pd.DataFrame, target: OutputPreprocessing, source: str
) -> tuple[OutputPreprocessing, NDArray[Any]]:
    columns = tuple(str(name) for name in answers.columns)
    if target.task == REGRESSION:
        if len(columns) != target.units:
            raise _error("target_columns_missing", count=target.units, file=source)
        return replace(target, columns=columns), _numbers(answers, source)
    if len(columns) > 1:
        rows = _numbers(answers, source)
        if target.task != CLASSES or not np.array_equal(rows.sum(axis=1), np.ones(len(rows))):
            names = format_list(columns, 6)
            raise _error(
                "target_columns_not_one_hot", count=target.units, columns=names, file=source
            )
        return replace(target, columns=columns[:1], classes=columns), rows.argmax(axis=1)
    classes = _classes(answers.iloc[:, 0], target.units)
    if classes is None:
        values = {"values": len(set(labels_of(answers.iloc[:, 0]))), "file": source}
        raise _error("foreign_classes", count=max(2, target.units), column=columns[0], **values)
    numbers = labels_of(answers.iloc[:, 0]).map({label: i for i, label in enumerate(classes)})
    return replace(target, columns=columns, classes=classes), numbers.to_numpy(np.int64)


def _numbers(table: pd.DataFrame, source: str) -> NDArray[np.float64]:
    parts = []
    for name in table.columns:
        numbers = as_numbers(table[name], source)
        if numbers is None:
            raise _error("foreign_column_text", column=name, file=source)
        parts.append(np.asarray(numbers, np.float64))
    return np.stack(parts, axis=1)
