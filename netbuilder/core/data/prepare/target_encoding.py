"""Detect the task from the target columns, and encode them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_errors import data_error
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
    CLOCK,
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
from netbuilder.core.data.recipe_options import require_choice
from netbuilder.core.errors import DataFix
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.wording import format_quoted_list, sample_place, shorten

if TYPE_CHECKING:
    import pandas as pd

MAX_NUMBER_CLASSES = 20
MAX_CLASSES = 1000


def detect_task(targets: pd.DataFrame, options: Mapping[str, Any], source: str) -> str:
    """Return the task of one output's target columns.

    Text, true/false and whole numbers with few distinct values (at most 20, each in 5 rows on
    average) are classes; several 0/1 columns are labels that can hold at the same time; all
    else is numbers. Option "task" overrides.
    """
    task = str(options.get("task") or "auto")
    task = CLASSES if task == NEXT_TOKEN else task
    require_choice(task, ("auto", *TASKS), N_("There is no task '{name}'."), "task_unknown")
    if len(targets.columns) > 1:
        return _detect_many(targets, task, source)
    series = targets.iloc[:, 0]
    name = str(series.name)
    present = series.dropna()
    # "yes" and "yes " are one class.
    distinct = (present if is_numeric(present) else labels_of(present)).unique()
    if len(distinct) < 2:
        value = shorten(as_label(distinct[0])) if len(distinct) else ""
        raise data_error(
            "target_constant" if value else "target_constant:2", name=name, file=source, value=value
        )
    if task == REGRESSION:
        _need_numbers(series, source)
        return REGRESSION
    if task == MULTI_LABEL:
        return MULTI_LABEL
    if task in {BINARY, CLASSES}:
        if task == BINARY and len(distinct) != 2:
            raise data_error("task_not_binary", name=name, file=source, count=len(distinct))
        return BINARY if len(distinct) == 2 else CLASSES
    if not _looks_like_classes(series, len(distinct), source):
        return REGRESSION
    return BINARY if len(distinct) == 2 else CLASSES


def _detect_many(targets: pd.DataFrame, task: str, source: str) -> str:
    for name in targets.columns:
        if as_numbers(targets[name], source) is None:
            raise data_error(
                "several_text_targets", name=name, file=source, count=len(targets.columns)
            )
    if task in {BINARY, CLASSES}:
        raise data_error("several_targets", task=task, count=len(targets.columns))
    zero_one = bool(targets.isin([0, 1]).all(axis=None))
    if task == MULTI_LABEL and not zero_one:
        raise data_error("labels_not_binary", file=source)
    return MULTI_LABEL if zero_one and task != REGRESSION else REGRESSION


def _need_numbers(series: pd.Series, source: str) -> None:
    if as_numbers(series, source) is None:
        raise data_error(
            "target_not_numbers",
            name=series.name,
            file=source,
            value=shorten(series.dropna().iloc[0]),
        )


def _is_clock(series: pd.Series) -> bool:
    return bool(series.dropna().astype(str).str.fullmatch(CLOCK).all())


def _looks_like_classes(series: pd.Series, distinct: int, source: str) -> bool:
    if series.dtype.kind == "b":
        return True
    if not is_numeric(series) and as_numbers(series, source) is None:
        if distinct > max(2, min(MAX_CLASSES, len(series) // 2)):
            name = str(series.name)
            clock = _is_clock(series)
            hours = DataFix(_("Read the times as hours"), columns={name: {"decimal": "clock"}})
            raise data_error(
                "too_many_text_classes" if clock else "too_many_text_classes:2",
                name=name,
                file=source,
                distinct=distinct,
                rows=len(series),
                example=shorten(series.dropna().iloc[0]),
                fixes=(hours,) if clock
                else (texts_fix(name, target=()),) if are_sentences(series) else (),
            )  # fmt: skip
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
    """Return the preprocessing of an output's target, still without scaling.

    ``targets``: the target columns of all training and validation rows; ``units``: of the output's
    last layer, where known: two classes take one sigmoid unit (default) or two units and softmax.
    """
    names = tuple(str(name) for name in targets.columns)
    if task in {REGRESSION, MULTI_LABEL}:
        return OutputPreprocessing(
            task, names, names if task == MULTI_LABEL else (), units=len(names)
        )
    classes = sort_labels(as_label(value) for value in targets.iloc[:, 0].dropna().unique())
    if len(classes) > MAX_CLASSES:
        count, most = len(classes), MAX_CLASSES
        raise data_error("too_many_classes", name=names[0], file=source, classes=count, most=most)
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
    """Return targets as (n, columns) float64 for numbers and labels, class numbers (n,) else.

    Raise DataError for a label that the training data did not hold, or text among numbers.
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
        label = shorten(unknown.iloc[0])
        if targets.index.name == FOLDER:
            raise data_error(
                "class_unknown:2",
                file=source,
                folder=label,
                classes=format_quoted_list(preprocessing.classes, 10),
            )
        raise data_error(
            "class_unknown",
            name=preprocessing.columns[0],
            file=source,
            value=label,
            place=sample_place(targets.index, unknown.index[0]),
            classes=format_quoted_list(preprocessing.classes, 10),
        )
    return np.asarray(numbers.to_numpy(), np.int64)
