"""The one gate before training: nothing that is no number gets through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.preprocessing.fitted_preprocessing import Preprocessing
from netbuilder.core.data.preprocessing.missing import MISSING_FIXES, empty_cells
from netbuilder.core.errors import DataError
from netbuilder.core.wording import format_count, sample_place

Arrays = Mapping[str, NDArray[Any]]


def check_finite(
    x: Arrays, y: Arrays, preprocessing: Preprocessing, index: Any, source: str
) -> None:
    """Raise ``DataError`` where a value that the network gets is missing or infinite.

    Args:
        x: model-ready values by Input id, (n, ...).
        y: what the losses compare with, by output id, (n, ...).
        pre: names of the columns.
        index: places of the n samples in the source.
        source: name of the file, for messages.
    """
    for key, values in x.items():
        entry = preprocessing.inputs.get(key)
        _check(values, entry.features if entry is not None else (), index, source, key)
    for key, values in y.items():
        target = preprocessing.outputs.get(key)
        _check(values, target.columns if target is not None else (), index, source, key)


def _check(values: NDArray[Any], names: Sequence[str], index: Any, source: str, key: str) -> None:
    if values.dtype.kind != "f":
        return
    # The sum is finite where all values are: no array of truth values for pictures.
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(values.sum(dtype=np.float64)):
            return
    flat = values.reshape(len(values), -1)
    bad = ~np.isfinite(flat)
    rows = np.flatnonzero(bad.any(axis=1))
    if not len(rows):
        return
    row = int(rows[0])
    which = int(np.flatnonzero(bad[row])[0])
    what = (
        f"Column '{names[which % len(names)]}'"
        if names and values.ndim > 1 and values.shape[-1] == len(names)
        else f"'{key}'"
    )
    missing = bool(np.isnan(flat[row, which]))
    more = f", and so it is in {format_count(len(rows) - 1, 'more row')}" if len(rows) > 1 else ""
    raise DataError(
        f"{what} of {source} has {'no number' if missing else 'an infinite number'} in "
        f"{sample_place(index, index[row])}{more}: a network cannot learn from it.",
        'Fill it in, set "Missing values" to "drop" or "mean", or leave the column out.'
        if missing
        else "Correct it, or leave the row or the column out.",
        fixes=MISSING_FIXES if missing else (),
        short=empty_cells(int(np.isnan(flat).sum())) if missing else "a number is infinite",
    )
