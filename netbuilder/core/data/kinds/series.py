"""Series: foretell the next values of columns from a window of the values before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.data.kinds.csv import ENDINGS, read_table
from netbuilder.core.data.kinds.kind import (
    PARTS,
    SCALING,
    TABLE_FILE,
    DataCode,
    DataKind,
    Fed,
    Question,
)
from netbuilder.core.data.kinds.script import csv_arguments
from netbuilder.core.data.kinds.table import as_numbers, missing_cells
from netbuilder.core.data.readers.csv_reader import read_csv
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.data.readers.table_samples import targets_of
from netbuilder.core.data.recipe_options import names as option_names
from netbuilder.core.data.recipe_options import whole
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import Data
from netbuilder.core.python_text import literal
from netbuilder.core.wording import counted

if TYPE_CHECKING:
    import pandas as pd

DEFAULT_WINDOW = 14


def windows(
    table: pd.DataFrame, target: Sequence[str], options: Mapping[str, Any], source: str
) -> Samples:
    """Cut a table whose rows follow each other in time into windows.

    Option "window" (14) rows of all number columns are one sample, (window, columns); what is
    to be foretold is each target column "horizon" (1) rows after the window's last.

    Raises:
        DataError: too few rows, missing values, or a target that is no number.
    """
    window = whole(options, "window", DEFAULT_WINDOW)
    horizon = whole(options, "horizon", 1)
    frame, notes = numbers_of(table, target, options, source)
    count = len(frame) - window - horizon + 1
    if count < 10:
        raise DataError(
            f"{source} has {counted(len(frame), 'row')}, which give "
            f"{counted(max(count, 0), 'window')} of {window} rows.",
            f"Use a longer file, or a window shorter than {window}.",
        )
    ends = np.arange(count) + window + horizon - 1
    return Samples(
        role="numbers",
        arrays={"series": cut(frame, window)[:count]},
        columns=tuple(str(name) for name in frame.columns),
        targets=frame[list(target)].iloc[ends],
        ordered=True,
        source=source,
        notes=notes,
    )


def numbers_of(
    table: pd.DataFrame, target: Sequence[str], options: Mapping[str, Any], source: str
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The columns of numbers without gaps, and notes about the others.

    Raises:
        DataError: values are missing, or a target is text.
    """
    notes: list[str] = []
    numbers: dict[str, pd.Series] = {}
    for name in table.columns:
        column = as_numbers(table[name], source)
        if column is not None:
            numbers[str(name)] = column
        elif name in target:
            raise DataError(
                f"The target column '{name}' of {source} is text.",
                "A series foretells numbers: choose a column of numbers.",
            )
        else:
            notes.append(f"Column '{name}' is text and was left out of the series.")
    frame = table.__class__(numbers)
    rule = str(options.get("missing", "error"))
    missing_cells(frame, source, rule)
    if rule == "drop":
        frame = frame.dropna()
    elif rule == "mean":
        frame = frame.fillna(frame.mean())
    return frame, tuple(notes)


def cut(frame: pd.DataFrame, window: int) -> NDArray[np.float64]:
    """Every window of ``window`` rows, (rows - window + 1, window, columns)."""
    values = frame.to_numpy(np.float64)
    if len(values) < window:
        return np.empty((0, window, values.shape[1]))
    views = np.lib.stride_tricks.sliding_window_view(values, window, axis=0)
    return np.ascontiguousarray(views.transpose(0, 2, 1))


def _read(data: Data, path: Path, test: bool) -> Samples:
    table = read_csv(path, data.options)
    targets = targets_of(data, [str(name) for name in table.columns], path.name)
    ignored = [
        name
        for name in option_names(data.options, "ignore")
        if name in table.columns and name not in targets
    ]
    return windows(table.drop(columns=ignored), targets, data.options, path.name)


def window_lines(targets: list[str], window: int, horizon: int) -> list[str]:
    """Lines of a script: from the data frame ``numbers`` to windows and what comes after them."""
    wanted = literal(targets) if targets else "list(numbers.columns[-1:])"
    return [
        f'targets = numbers[{wanted}].to_numpy("float32")',
        "# A sample is a window of rows; its answer is what comes after.",
        f"window, horizon = {window}, {horizon}",
        "count = len(numbers) - window - horizon + 1",
        'rows = numbers.to_numpy("float32")',
        "x = np.stack([rows[i : i + window] for i in range(count)])",
        "y = targets[window + horizon - 1 :]",
    ]


def _code(question: Question) -> DataCode:
    data = question.project.data
    window = whole(data.options, "window", DEFAULT_WINDOW)
    lines = (
        f"data = pd.read_csv({literal(data.path)}{csv_arguments(question.project)})",
        'numbers = data.select_dtypes("number")',
        *window_lines(list(data.target), window, whole(data.options, "horizon", 1)),
    )
    return DataCode(lines, Fed.NUMBERS, ordered=True)


KIND = DataKind(
    name="series",
    title="Series",
    help="a series: rows follow each other in time",
    noun="series",
    options=(
        Param("window", Kind.INT, DEFAULT_WINDOW, "steps that it looks back", 1),
        Param("horizon", Kind.INT, 1, "steps that it looks ahead", 1),
        SCALING,
        *PARTS,
        *TABLE_FILE,
    ),
    read=_read,
    code=_code,
    endings=ENDINGS,
    columns=True,
    table=read_table,
    task=lambda data: "regression",
)
