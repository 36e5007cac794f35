"""Fit the preprocessing of one Input node, and read its raw values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.kinds.csv import TABLE
from netbuilder.core.data.preprocessing.fitted_preprocessing import InputPreprocessing
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.data.registry import MODALITIES, modality_of
from netbuilder.core.project.model import Project

Array = NDArray[Any]


def fit_input(
    project: Project, key: str, samples: Samples, train: NDArray[np.int64]
) -> tuple[InputPreprocessing, tuple[str, ...]]:
    """Fit the preprocessing of Input node ``key`` on the rows ``train``; also return notes."""
    fitted, notes = MODALITIES[samples.role].fit(project, key, samples, train)
    return with_units(fitted, samples), notes


def with_units(fitted: InputPreprocessing, samples: Samples) -> InputPreprocessing:
    """Return the preprocessing with the unit of each column."""
    if not samples.reading.units or not fitted.columns:
        return fitted
    columns = (
        replace(
            column,
            unit=samples.reading.units.get(column.name, "") if column.kind == "number" else "",
        )
        for column in fitted.columns
    )
    return replace(fitted, columns=tuple(columns))


def read_raw(
    samples: Samples, preprocessing: InputPreprocessing, rows: NDArray[np.int64] | slice
) -> Array:
    """Return raw values of some rows, (rows, *pre.shape), as the trained model takes them."""
    sort = TABLE if samples.table is not None else modality_of(preprocessing)
    return sort.read(samples, preprocessing, rows)


def filled_cells(
    samples: Samples, inputs: Mapping[str, InputPreprocessing], rows: NDArray[np.int64]
) -> dict[str, NDArray[np.bool_]]:
    """Return by Input id which cells are filled, (rows, columns), where any are."""
    filled: dict[str, NDArray[np.bool_]] = {}
    for key, entry in inputs.items():
        if samples.table is None or not modality_of(entry).is_row(entry):
            continue
        if all(column.fill is None for column in entry.columns):
            continue  # what is streamed is not looked through for nothing
        cells = np.zeros((len(rows), len(entry.columns)), bool)
        for place, column in enumerate(entry.columns):
            if column.fill is not None:
                cells[:, place] = samples.table[column.name].isna().to_numpy()[rows]
        if cells.any():
            filled[key] = cells
    return filled
