"""Series: foretell the next values of columns from a window of the values before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.kinds.table import as_numbers, missing_cells
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.data.recipe_options import whole
from netbuilder.core.errors import DataError
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
