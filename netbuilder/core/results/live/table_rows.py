"""Rows of a table as one array, whatever the number of Inputs that they feed."""

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
        """By name: the column, and where its first feature stands, once for each Input that it
        feeds."""
        found: dict[str, tuple[FittedColumn, tuple[int, ...]]] = {}
        start = 0
        for _unused, entry in self.inputs:
            for column in entry.columns:
                before = found.get(column.name, (column, ()))[1]
                found[column.name] = (column, (*before, start))
                start += len(column.features)
        return found

    @property
    def numbers(self) -> tuple[str, ...]:
        """Columns that an axis can go along."""
        return tuple(
            name for name, (one, _unused) in self.places.items() if one.kind in {"number", "date"}
        )

    def place(self, name: str) -> tuple[int, ...]:
        """Where a column of numbers stands.

        Raises:
            DataError: there is none of that name.
        """
        names = self.numbers
        if name not in names:
            raise DataError(
                _("There is no numeric column '{name}'.", name=name),
                did_you_mean(name, names, _("Known names: {names}.", names=format_list(names, 12))),
            )
        return self.places[name][1]

    def joined(self, raw: Mapping[str, NDArray[np.generic]]) -> Array:
        """Raw values by Input id, (n, ...), as rows."""
        return np.concatenate(
            [np.asarray(raw[key], np.float64) for key, _unused in self.inputs], axis=1
        )

    def ready(self, rows: Array) -> dict[str, NDArray[np.float64]]:
        """Rows as the network gets them, by Input id."""
        found, start = {}, 0
        for key, entry in self.inputs:
            end = start + sum(len(column.features) for column in entry.columns)
            found[key] = entry.apply(rows[:, start:end])
            start = end
        return found

    def resting(self, split: Split) -> Array:
        """A row to hold other columns at: the mean of numbers, the most frequent category."""
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
    """By column what other views hold it at, in words: a category's commonest, a number's mean.

    A yes-or-no is held between the two, for which there is no word.
    """
    table = table_rows(dataset)
    if table is None or not len(dataset.train):
        return {}
    row, found, start = table.resting(dataset.train), dict[str, str](), 0
    for key, entry in table.inputs:
        wide = len(entry.features)
        told = input_summary({key: entry}, {key: row[start : start + wide]}).get(key, ())
        kinds = {column.name: column.kind for column in entry.columns}
        found |= {name: words for name, words in told if kinds[name] != "boolean"}
        start += wide
    return found


def table_rows(dataset: Dataset) -> TableRows | None:
    """The rows of a network that takes rows of a table, flat, and nothing else; None of others."""
    found = tuple(dataset.preprocessing.inputs.items())
    flat = all(modality_of(entry).is_row(entry) for _unused, entry in found)
    return TableRows(found) if found and flat else None
