"""What is to be learned: numbers or classes, found out from the target columns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_facts import (
    BINARY,
    CLASSES,
    MULTI_LABEL,
    NEXT_TOKEN,
    REGRESSION,
    TASKS,
)
from netbuilder.core.data.kinds.csv.table import label_numbers
from netbuilder.core.data.preprocessing.cells import (
    are_sentences,
    as_label,
    as_numbers,
    is_numeric,
    labels_of,
    sort_labels,
    texts_fix,
)
from netbuilder.core.data.preprocessing.fitted_preprocessing import OutputPreprocessing
from netbuilder.core.data.readers.samples import FOLDER
from netbuilder.core.errors import DataError
from netbuilder.core.wording import format_quoted_list, sample_place, shorten

if TYPE_CHECKING:
    import pandas as pd

MAX_NUMBER_CLASSES = 20
MAX_CLASSES = 1000


def detect_task(targets: pd.DataFrame, options: Mapping[str, Any], source: str) -> str:
    """The task that the target columns of one output stand for.

    Text, true/false and whole numbers with few distinct values (at most 20, each in 5 rows on
    average) are classes; several 0/1 columns are labels that can hold at the same time; all
    else is numbers. Option "task" overrides.
    """
    given = str(options.get("task") or "auto")
    given = CLASSES if given == NEXT_TOKEN else given
    if given not in {"auto", *TASKS}:
        raise DataError(
            f"The task '{given}' does not exist.",
            f"Choose one of {format_quoted_list(('auto', *TASKS))}.",
        )
    if len(targets.columns) > 1:
        return _detect_many(targets, given, source)
    series = targets.iloc[:, 0]
    name = str(series.name)
    present = series.dropna()
    # "yes" and "yes " are one class.
    distinct = (present if is_numeric(present) else labels_of(present)).unique()
    if len(distinct) < 2:
        value = shorten(as_label(distinct[0])) if len(distinct) else ""
        raise DataError(
            f"The target column '{name}' of {source} has the same value in every row: '{value}'.",
            "There is nothing to learn from it. Choose another target column, or a file in "
            "which it differs.",
            short=f"'{name}' is {f'“{value}”' if value else 'empty'} in every row",
        )
    if given == REGRESSION:
        _need_numbers(series, source)
        return REGRESSION
    if given == MULTI_LABEL:
        return MULTI_LABEL
    if given in {BINARY, CLASSES}:
        if given == BINARY and len(distinct) != 2:
            raise DataError(
                f"The task is binary, but the target column '{name}' of {source} has "
                f"{len(distinct)} different values.",
                "Set the task to 'classes'.",
            )
        return BINARY if len(distinct) == 2 else CLASSES
    if not _looks_like_classes(series, len(distinct), source):
        return REGRESSION
    return BINARY if len(distinct) == 2 else CLASSES


def _detect_many(targets: pd.DataFrame, given: str, source: str) -> str:
    for name in targets.columns:
        if as_numbers(targets[name], source) is None:
            raise DataError(
                f"The target column '{name}' of {source} is text, and there are "
                f"{len(targets.columns)} target columns for one output.",
                "Give each class column an output of its own, or choose one target column.",
            )
    if given in {BINARY, CLASSES}:
        raise DataError(
            f"The task is '{given}', but there are {len(targets.columns)} target columns.",
            "Choose one target column, or the task 'multi_label'.",
        )
    zero_one = bool(targets.isin([0, 1]).all(axis=None))
    if given == MULTI_LABEL and not zero_one:
        raise DataError(
            f"For several labels at once the target columns of {source} must hold only 0 and 1.",
            "Choose other target columns, or the task 'regression'.",
        )
    return MULTI_LABEL if zero_one and given != REGRESSION else REGRESSION


def _need_numbers(series: pd.Series, source: str) -> None:
    if as_numbers(series, source) is None:
        raise DataError(
            f"The task is regression, but the target column '{series.name}' of {source} is text "
            f"('{shorten(series.dropna().iloc[0])}').",
            "Set the task to 'classes', or choose a column of numbers.",
        )


def _as_one_number(series: pd.Series) -> str:
    """How to write what is no number to the program, for the end of a sentence."""
    first = str(series.dropna().iloc[0]).strip()
    time = re.fullmatch(r"(\d+):(\d\d)(:\d\d)?", first)
    if time is None:
        return "numbers, write them without units and thousands separators"
    in_one = f"{int(time[1]) + int(time[2]) / 60:.4g}"
    return f"times, write each as one number: {in_one} instead of {first}"


def _looks_like_classes(series: pd.Series, distinct: int, source: str) -> bool:
    if series.dtype.kind == "b":
        return True
    if not is_numeric(series) and as_numbers(series, source) is None:
        if distinct > max(2, min(MAX_CLASSES, len(series) // 2)):
            name = str(series.name)
            raise DataError(
                f"The target column '{name}' of {source} is text with {distinct} different "
                f"values in {len(series)} rows ('{shorten(series.dropna().iloc[0])}', ...), too "
                "many to be classes.",
                f"Choose another target column. If these are {_as_one_number(series)}.",
                fixes=(texts_fix(name, target=()),) if are_sentences(series) else (),
            )
        return True
    values = np.asarray(as_numbers(series, source), np.float64)
    values = values[~np.isnan(values)]
    if not np.array_equal(values, np.round(values)):
        return False
    if distinct == 2 and set(np.unique(values)) == {0.0, 1.0}:
        return True
    return distinct <= MAX_NUMBER_CLASSES and distinct * 5 <= len(values)


def fit_target(
    targets: pd.DataFrame, task: str, *, units: int | None, one_hot: bool, source: str
) -> OutputPreprocessing:
    """The preprocessing of an output's target, still without scaling.

    Args:
        targets: the target columns of all training and validation rows.
        task: as ``detect_task`` found it.
        units: units of the output's last layer, where known: two classes are learned with one
            sigmoid unit (default) or with two units and softmax.
        one_hot: give classes as one-hot rows.
        source: name of the file, for messages.
    """
    names = tuple(str(name) for name in targets.columns)
    if task in {REGRESSION, MULTI_LABEL}:
        return OutputPreprocessing(
            task, names, names if task == MULTI_LABEL else (), units=len(names)
        )
    classes = sort_labels(as_label(value) for value in targets.iloc[:, 0].dropna().unique())
    if len(classes) > MAX_CLASSES:
        raise DataError(
            f"The target column '{names[0]}' of {source} has {len(classes)} classes.",
            f"At most {MAX_CLASSES} can be learned. Set the task to 'regression' if they are "
            "numbers.",
            short=f"'{names[0]}' has too many classes",
        )
    if task == BINARY and not one_hot and (units or 1) == 1:
        return OutputPreprocessing(BINARY, names, classes, units=1)
    return OutputPreprocessing(task, names, classes, units=len(classes), one_hot=one_hot)


def shares(values: NDArray[Any], preprocessing: OutputPreprocessing) -> tuple[float, ...]:
    """Return the share of each class, or of rows with each label, among encoded targets."""
    if not len(values):
        return ()
    if preprocessing.task == MULTI_LABEL:
        return tuple(np.asarray(values, np.float64).mean(axis=0).tolist())
    counts = np.bincount(np.asarray(values, np.int64), minlength=len(preprocessing.classes))
    return tuple((counts / len(values)).tolist())


def encode_targets(
    targets: pd.DataFrame, preprocessing: OutputPreprocessing, source: str
) -> NDArray[Any]:
    """Targets as numbers: (n, columns) float64 for numbers and labels, class numbers (n,) else.

    Raises:
        DataError: a label that the training data did not hold, or text among numbers.
    """
    if preprocessing.task in {REGRESSION, MULTI_LABEL}:
        parts = []
        for name in preprocessing.columns:
            _need_numbers(targets[name], source)
            parts.append(np.asarray(as_numbers(targets[name], source), np.float64))
        return np.stack(parts, axis=1)
    known = {label: index for index, label in enumerate(preprocessing.classes)}
    labels = labels_of(targets[preprocessing.columns[0]]).fillna("nan")
    numbers = labels.map(label_numbers(known))
    unknown = labels[numbers.isna()]
    if len(unknown):
        found = shorten(unknown.iloc[0])
        if targets.index.name == FOLDER:
            raise DataError(
                f"'{source}' has the folder '{found}', a class that the training data did not "
                "hold.",
                f"Its classes are {format_quoted_list(preprocessing.classes, 10)}: choose a folder"
                f" that has one folder "
                "of that name for each, or take the others out.",
            )
        raise DataError(
            f"The target column '{preprocessing.columns[0]}' of {source} has '{found}' in "
            f"{sample_place(targets.index, unknown.index[0])}, which the training data did not"
            f" hold.",
            f"Its classes are {format_quoted_list(preprocessing.classes, 10)}.",
        )
    return np.asarray(numbers.to_numpy(), np.int64)
