"""All views of a project's data: those of its kind, its parts, its columns."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_facts import MULTI_LABEL, REGRESSION
from netbuilder.core.data.data_report import DataReport, column_values, read_raw_table
from netbuilder.core.data.dataset import TEST, PreparedData
from netbuilder.core.data.prepare.prepared_data import prepare_data
from netbuilder.core.data.prepare.target_encoding import encode_targets
from netbuilder.core.data.preprocessing.cells import as_label
from netbuilder.core.data.registry import MODALITIES, kind_of
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Project
from netbuilder.core.wording import format_number, label_with_unit

_BINS = 12
_MOST = 40


@dataclass(frozen=True)
class SplitDataView:
    """Rows of each class, label or range of the first target.

    ``names``: of the classes or labels, or the ranges of a number; ``counts``: int64 (names, 3):
    rows for training, validation and test; ``more``: number of rare classes that are not among
    ``names``.
    """

    target: str
    names: tuple[str, ...]
    counts: NDArray[np.int64]
    more: int = 0


def split_data_view(plan: PreparedData) -> SplitDataView | None:
    """Count the target by part; None where the rows stay in their file."""
    if plan.scan is not None:
        return None
    first = next(iter(plan.preprocessing.outputs.values()))
    values = encode_targets(plan.samples.targets, first, plan.samples.source)
    parts = plan.parts
    if plan.test is not None:
        own = encode_targets(plan.test.targets, first, plan.test.source)
        values = np.concatenate([values, own])
        parts = np.concatenate([parts, np.full(len(own), TEST, np.int8)])
    if first.task == MULTI_LABEL:
        per_part = [values[parts == part].sum(axis=0) for part in range(3)]
        return SplitDataView("label", first.columns, np.stack(per_part, axis=1).astype(np.int64))
    target = first.columns[0] if first.columns else ""
    if first.task == REGRESSION:
        return _ranges(target, values[:, 0], parts)
    size = len(first.classes)
    counts = np.stack([np.bincount(values[parts == p], minlength=size) for p in range(3)], axis=1)
    order = np.arange(size)
    if size > _MOST:
        order = np.sort(np.argsort(-counts.sum(axis=1), kind="stable")[:_MOST])
    names = tuple(first.classes[index] for index in order)
    return SplitDataView(target, names, counts[order], size - len(order))


def _ranges(target: str, values: NDArray[Any], parts: NDArray[np.int8]) -> SplitDataView | None:
    known = np.isfinite(values)
    if not known.any() or np.ptp(values[known]) == 0:
        return None
    edges = np.histogram_bin_edges(values[known], _BINS)
    counts = np.stack(
        [np.histogram(values[known & (parts == part)], edges)[0] for part in range(3)], axis=1
    )
    names = tuple(
        _("{low} to {high}", low=_short(low), high=_short(high))
        for low, high in pairwise(edges.tolist())
    )
    return SplitDataView(target, names, counts.astype(np.int64))


def _short(value: float) -> str:
    return format_number(float(f"{value:.3g}"))


MOST_ROWS = 3000
MOST_LABELS = 10
SEED = 0


@dataclass(frozen=True)
class TableDataView:
    """Some rows of a table as numbers.

    Attributes:
        names: of the columns that are numbers, dates (days since 1970) or yes/no.
        values: float64 (rows, columns), NaN where a cell is empty.
        labels: class of each row, or "" where the target has more than a few classes.
        target: name of the first target, or "".
        sampled: rows of the table that are not in ``values``.
        units: unit of each column, or "".
    """

    names: tuple[str, ...]
    values: NDArray[np.float64]
    labels: tuple[str, ...]
    target: str = ""
    sampled: int = 0
    units: tuple[str, ...] = ()

    def axis(self, column: int) -> str:
        """Return the name of a column with its unit: ``price ($)``."""
        unit = self.units[column] if column < len(self.units) else ""
        return label_with_unit(self.names[column], unit)


def table_data_view(project: Project, base: Path, report: DataReport) -> TableDataView | None:
    """Return the numbers of a table; None for other data.

    Large tables are sampled at random with a fixed seed. Raise DataError if the file cannot be
    read.
    """
    table = read_raw_table(project.data, base)
    if table is None or table.empty:
        return None
    rows = len(table)
    if rows > MOST_ROWS:
        chosen = np.sort(np.random.default_rng(SEED).choice(rows, MOST_ROWS, replace=False))
        table = table.iloc[chosen]
    used = [c for c in report.columns if c.role != "ignore" or c.type == "number"]
    columns = {c.name: _numbers(table[c.name], c.type) for c in used if c.name in table}
    columns_of_numbers = {name: values for name, values in columns.items() if values is not None}
    if not columns_of_numbers:
        return None
    targets = [c for c in report.columns if c.role == "target"]
    labels: tuple[str, ...] = ("",) * len(table)
    classes = report.facts.classes if report.facts is not None else ()
    if targets and 2 <= len(classes) <= MOST_LABELS:
        labels = tuple(
            as_label(value) if value == value else ""  # noqa: PLR0124 - NaN is no value
            for value in table[targets[0].name]
        )
    return TableDataView(
        tuple(columns_of_numbers),
        np.stack(list(columns_of_numbers.values()), axis=1),
        labels,
        targets[0].name if targets else "",
        rows - len(table),
        tuple(next(c.unit for c in used if c.name == name) for name in columns_of_numbers),
    )


def _numbers(series: Any, kind: str) -> NDArray[np.float64] | None:
    values = column_values(series, kind)
    if values is None or not np.isfinite(values).any():
        return None
    return np.where(np.isfinite(values), values, np.nan)


def correlation(look: TableDataView) -> NDArray[np.float64]:
    """Return Pearson's r of each pair of columns (columns, columns); NaN for constants."""
    import pandas as pd

    frame = pd.DataFrame(look.values)
    return np.asarray(frame.corr(min_periods=3).to_numpy(), np.float64)


def find_data_views(project: Project, base: Path, report: DataReport | None) -> tuple[object, ...]:
    """Return all views. For data that cannot be trained on yet: its table or arrays.

    ``report`` is None where the data cannot be understood at all. Raise DataError if the file
    cannot be read.
    """
    views: list[object | None] = [kind_of(project.data).files.contents(project, base)]
    if report is not None:
        views.append(table_data_view(project, base, report))
        try:
            plan = prepare_data(project, base)
            views.append(MODALITIES[plan.samples.role].view(plan, project, base))
            views.append(split_data_view(plan))
        except UserError:
            pass  # the report says what keeps it from being used
    return tuple(view for view in views if view is not None)
