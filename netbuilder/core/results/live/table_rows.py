"""Table rows as one array, for any number of Inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.dataset import Dataset, Split
from netbuilder.core.data.preprocessing.fitted_preprocessing import FittedColumn, InputPreprocessing
from netbuilder.core.data.registry import modality_of
from netbuilder.core.errors import DataError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.results.live.sample_summary import input_summary
from netbuilder.core.wording import did_you_mean, format_list

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TableRows:
    """The raw values of all Inputs side by side, (n, features), in the order of ``inputs``."""

    inputs: tuple[tuple[str, InputPreprocessing], ...]

    @property
    def places(self) -> dict[str, tuple[FittedColumn, tuple[int, ...]]]:
        """Return each column with its first features, one for each Input that it feeds."""
        columns: dict[str, tuple[FittedColumn, tuple[int, ...]]] = {}
        start = 0
        for _unused, entry in self.inputs:
            for column in entry.columns:
                before = columns.get(column.name, (column, ()))[1]
                columns[column.name] = (column, (*before, start))
                start += len(column.features)
        return columns

    @property
    def numbers(self) -> tuple[str, ...]:
        """Return the columns that can be an axis."""
        return tuple(
            name
            for name, (column, _unused) in self.places.items()
            if column.kind in {"number", "date"}
        )

    def place(self, name: str) -> tuple[int, ...]:
        """Return the places of a numeric column."""
        names = self.numbers
        if name not in names:
            raise DataError(
                _("There is no numeric column '{name}'.", name=name),
                did_you_mean(name, names, _("Known names: {names}.", names=format_list(names, 12))),
            )
        return self.places[name][1]

    def joined(self, raw: Mapping[str, NDArray[np.generic]]) -> Array:
        """Return raw values by Input id, (n, ...), as rows."""
        return np.concatenate(
            [np.asarray(raw[key], np.float64) for key, _unused in self.inputs], axis=1
        )

    def ready(self, rows: Array) -> dict[str, NDArray[np.float64]]:
        """Return model-ready rows by Input id."""
        prepared, start = {}, 0
        for key, entry in self.inputs:
            end = start + sum(len(column.features) for column in entry.columns)
            prepared[key] = entry.apply(rows[:, start:end])
            start = end
        return prepared

    def resting(self, split: Split) -> Array:
        """Return a row of means and most frequent categories."""
        row = self.joined(split.raw_x).mean(axis=0)
        start = 0
        for _unused, entry in self.inputs:
            for column in entry.columns:
                end = start + len(column.features)
                if column.kind == "category" and end > start:
                    most = int(row[start:end].argmax())
                    row[start:end] = 0.0
                    row[start + most] = 1.0
                start = end
        return np.asarray(row)


def held_values(dataset: Dataset) -> dict[str, str]:
    """Return the resting value of each column in words, without booleans, which rest between
    two."""
    table = table_rows(dataset)
    if table is None or not len(dataset.train):
        return {}
    row, values, start = table.resting(dataset.train), dict[str, str](), 0
    for key, entry in table.inputs:
        wide = len(entry.features)
        cells = input_summary({key: entry}, {key: row[start : start + wide]}).get(key, ())
        kinds = {column.name: column.kind for column in entry.columns}
        values |= {name: words for name, words in cells if kinds[name] != "boolean"}
        start += wide
    return values


def table_rows(dataset: Dataset) -> TableRows | None:
    """Return the rows of a network whose Inputs all take table rows; None of others."""
    inputs = tuple(dataset.preprocessing.inputs.items())
    flat = all(modality_of(entry).is_row(entry) for _unused, entry in inputs)
    return TableRows(inputs) if inputs and flat else None
