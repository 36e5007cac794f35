"""Whether rows follow each other in time: a column rises by even steps, as a clock does."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_facts import REGRESSION
from netbuilder.core.data.findings import INFO, DataEdit, Finding
from netbuilder.core.data.preprocessing.cells import are_dates, is_numeric
from netbuilder.core.data.preprocessing.time_columns import is_time_name, times_of
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.data.readers.series_rows import DEFAULT_WINDOW
from netbuilder.core.errors import DataError
from netbuilder.core.project.edits import set_data
from netbuilder.core.project.edits_data import set_columns
from netbuilder.core.project.model import Project
from netbuilder.core.wording import format_number

if TYPE_CHECKING:
    import pandas as pd

#: Windows that a series has at least; with fewer rows the question would lead to an error.
_WINDOWS = 10
#: Part of a step by which steps differ where times are rounded: 0.033, 0.067, 0.1.
_ROUNDED = 0.06
#: Days of the shortest and the longest month, and year.
_CALENDAR = ((28.0, 31.0), (365.0, 366.0))


def series_question(samples: Samples, used: Collection[str], task: str) -> tuple[Finding, ...]:
    """The question whether a table of numbers is a series, with the click that says yes.

    Args:
        samples: of a person's own table.
        used: the columns that are features; of those left out it is told why.
        task: the first output's.
    """
    if samples.table is None or samples.ordered or not samples.from_file or task != REGRESSION:
        return ()
    if len(samples.table) < DEFAULT_WINDOW + _WINDOWS:
        return ()
    return tuple(_asked(samples.table, samples.targets, used))[:1]


def _asked(table: pd.DataFrame, targets: pd.DataFrame, used: Collection[str]) -> Iterator[Finding]:
    steps = {str(name): _step(_times(table[name])) for name in table.columns}
    # Where several columns go evenly a formula made them, and beside dates nothing else is a clock.
    every = [*steps.values(), *(_step(_times(targets[name])) for name in targets.columns)]
    dated = any(not is_numeric(table[name]) and are_dates(table[name]) for name in table.columns)
    alone = sum(step != 0.0 for step in every) == 1
    for name, step in steps.items():
        numbers = is_numeric(table[name])
        # What counts rows may name them, and say nothing: it is asked only of a time.
        counts = numbers and step == 1.0 and bool((table[name] == table[name].round()).all())
        if name in used and step and (is_time_name(name) or (alone and not counts and not dated)):
            rises = f"rises by {format_number(step)} from" if numbers else "goes evenly from"
            yield Finding(
                "even-steps",
                INFO,
                f"'{name}' {rises} row to row: is this a series, in which the next values follow "
                f"from those before? So far '{name}' is a feature like any other.",
                # A question about all of the table, whose answer stands on its button.
                fixes=(
                    DataEdit(
                        "Learn it as a series", partial(_as_series, order=name), "Yes, a series"
                    ),
                ),
            )


def _times(column: pd.Series) -> NDArray[np.float64]:
    """Numbers as they are, dates as days; none where some cells are neither."""
    if is_numeric(column):
        values: NDArray[np.float64] = column.to_numpy(np.float64)
        return values if np.isfinite(values).all() else np.zeros(0)
    try:
        return times_of(column, "") if are_dates(column) else np.zeros(0)
    except DataError:  # of the first cells alone it is known that they are dates
        return np.zeros(0)


def _step(times: NDArray[np.float64]) -> float:
    """By how much times rise from row to row; 0 where they do not, or not evenly."""
    steps = np.diff(times)
    usual = float(np.median(steps)) if len(steps) else 0.0
    if not usual > 0:
        return 0.0
    if np.abs(steps - usual).max() <= _ROUNDED * usual:
        mean = float(steps.mean())
        return mean if abs(mean - usual) > 1e-9 * usual else usual
    months = any(low <= steps.min() and steps.max() <= high for low, high in _CALENDAR)
    return usual if months else 0.0


def _as_series(project: Project, order: str) -> Project:
    return set_columns(set_data(project, kind="series"), [order], role="order")
