"""Numbers of a table to look at: any two columns against each other, and how they go together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_report import DataReport, read_raw_table
from netbuilder.core.data.preprocessing.cells import as_label, dates_as_days, day_comes_first
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import Project
from netbuilder.core.wording import label_with_unit

MOST_ROWS = 3000
MOST_LABELS = 10
SEED = 0


@dataclass(frozen=True)
class TableDataView:
    """Some rows of a table as numbers.

    Attributes:
        names: of the columns that are numbers, dates (days since 1970) or yes/no.
        values: float64 (rows, columns), NaN where a cell is empty.
        labels: class of each row, or "" where the target has no few classes.
        target: name of the first target, or "".
        sampled: rows that the table has beyond those shown.
        units: what stands beside the numbers of each column, or "".
    """

    names: tuple[str, ...]
    values: NDArray[np.float64]
    labels: tuple[str, ...]
    target: str = ""
    sampled: int = 0
    units: tuple[str, ...] = ()

    def axis(self, column: int) -> str:
        """The name of a column with its unit: ``price ($)``."""
        unit = self.units[column] if column < len(self.units) else ""
        return label_with_unit(self.names[column], unit)


def table_data_view(project: Project, base: Path, report: DataReport) -> TableDataView | None:
    """The numbers of a table; None where the data is none or has no number.

    Large tables are shown by rows drawn at random with a fixed seed.

    Raises:
        DataError: the file cannot be read.
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
    kept = {name: found for name, found in columns.items() if found is not None}
    if not kept:
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
        tuple(kept),
        np.stack(list(kept.values()), axis=1),
        labels,
        targets[0].name if targets else "",
        rows - len(table),
        tuple(next(c.unit for c in used if c.name == name) for name in kept),
    )


def _numbers(series: Any, kind: str) -> NDArray[np.float64] | None:
    import pandas as pd

    if kind == "date":
        try:
            days = dates_as_days(series, "", "dayfirst" if day_comes_first(series) else "")
        except DataError:
            return None
        return np.asarray(days.to_numpy(np.float64), np.float64)
    if kind not in {"number", "boolean"}:
        return None
    found = pd.to_numeric(series, errors="coerce").to_numpy(np.float64)
    found = np.where(np.isfinite(found), found, np.nan)
    return None if np.isnan(found).all() else found


def correlation(look: TableDataView) -> NDArray[np.float64]:
    """Pearson's r of each pair of columns (columns, columns), over rows in which both stand.

    NaN where one of the two never changes.
    """
    import pandas as pd

    frame = pd.DataFrame(look.values)
    return np.asarray(frame.corr(min_periods=3).to_numpy(), np.float64)
