"""Answers over two columns, or one, of a table: the decision surface and the fitted curve.

As TensorFlow Playground shows them (Smilkov et al., 2017), for any network on a table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_facts import MULTI_LABEL, REGRESSION
from netbuilder.core.data.dataset import Dataset, Split
from netbuilder.core.data.preprocessing.preprocess import InputPre, OutputPre
from netbuilder.core.engine.probes import Probe
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import Project
from netbuilder.core.results.answers import class_probabilities, in_own_units
from netbuilder.core.results.live.pictures import Asked, CurvePicture, Points, SurfacePicture
from netbuilder.core.wording import did_you_mean, listed

Array = NDArray[Any]
SIZE, CURVE_SIZE, MOST_POINTS = 50, 200, 600


def only_table(dataset: Dataset) -> tuple[str, InputPre] | None:
    """The input of a network that takes one table row, flat, and nothing else."""
    found = list(dataset.pre.inputs.items())
    if len(found) != 1 or found[0][1].kind != "table" or len(found[0][1].shape) != 1:
        return None
    return found[0]


def number_columns(dataset: Dataset) -> tuple[str, ...]:
    """Columns that an axis can go along."""
    table = only_table(dataset)
    if table is None:
        return ()
    return tuple(c.name for c in table[1].columns if c.kind in {"number", "date"})


def _place(entry: InputPre, name: str, names: tuple[str, ...]) -> int:
    start = 0
    for column in entry.columns:
        if column.name == name and name in names:
            return start
        start += len(column.features)
    raise DataError(
        f"There is no column of numbers '{name}'.",
        f"{did_you_mean(name, names)} There are {listed(names, 12)}.".strip(),
    )


def parts_of(dataset: Dataset, most: int) -> list[tuple[int, Split, NDArray[np.int64]]]:
    """Number of the part, the part, and an even choice of its rows, ``most`` in all."""
    splits = [(0, dataset.train), (1, dataset.validation), (2, dataset.test)]
    known = [(number, split) for number, split in splits if split is not None and len(split)]
    whole = sum(len(split) for _, split in known)
    found = []
    for number, split in known:
        count = min(len(split), max(1, round(most * len(split) / max(whole, most))))
        rows = np.unique(np.linspace(0, len(split) - 1, count).astype(np.int64))
        found.append((number, split, rows))
    return found


def resting(raw: Array, entry: InputPre) -> Array:
    """A row to hold other columns at: the mean of numbers, the most frequent category."""
    row = np.asarray(raw, np.float64).mean(axis=0)
    start = 0
    for column in entry.columns:
        end = start + len(column.features)
        if column.kind == "category" and end > start:
            most = int(row[start:end].argmax())
            row[start:end] = 0.0
            row[start + most] = 1.0
        start = end
    return np.asarray(row)


def _range(values: Array) -> tuple[float, float]:
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    edge = 0.08 * (high - low) or 0.5
    return low - edge, high + edge


def surface(
    dataset: Dataset, project: Project, across: str = "", up: str = "", size: int = SIZE,
    at: Array | None = None,
) -> Asked:  # fmt: skip
    """Ask for the answers over two columns, the others held at a row.

    Args:
        dataset: its training rows give the ranges, all parts the points.
        project: the project that is trained on it.
        across, up: names of the columns; "": the first two.
        size: rows and columns of the grid.
        at: a raw row (features,) to hold other columns at; None: the mean of the training rows.

    Raises:
        DataError: there is no such column of numbers.
    """
    table = only_table(dataset)
    names = number_columns(dataset)
    if table is None or len(names) < 2:
        raise DataError("A surface needs two columns of numbers.", "Choose another view.")
    key, entry = table
    across, up = across or names[0], up or next(n for n in names if n != (across or names[0]))
    first, second = _place(entry, across, names), _place(entry, up, names)
    parts = parts_of(dataset, MOST_POINTS)
    seen = np.concatenate([split.raw_x[key] for _, split, _ in parts])
    x = np.linspace(*_range(seen[:, first]), size)
    y = np.linspace(*_range(seen[:, second]), size)
    rows = np.repeat(
        (resting(dataset.train.raw_x[key], entry) if at is None else np.asarray(at))[None],
        size * size,
        axis=0,
    )
    rows[:, first] = np.tile(x, size)
    rows[:, second] = np.repeat(y, size)
    ready, where, truth, part = _with_points(parts, key, entry, rows, (first, second))
    output, target = next(iter(dataset.pre.outputs.items()))

    def read(outputs: Mapping[str, Array]) -> SurfacePicture:
        values = in_own_units(np.asarray(outputs[output]), project, output, target)
        shares, numbers = _of_task(values, target)
        right = _right(values[size * size :], truth, target)
        points = Points(where, truth, part, right)
        box = (float(x[0]), float(y[0]), float(x[-1]), float(y[-1]))
        name = target.columns[0] if target.columns else output
        grid = (size, size)
        return SurfacePicture(
            across,
            up,
            box,
            points,
            None if numbers is None else numbers[: size * size].reshape(grid),
            None if shares is None else shares[: size * size].reshape(*grid, -1),
            target.classes if shares is not None else (),
            name,
        )

    return Asked(Probe("surface", outputs=(output,), x={key: ready}), read)


def curve(dataset: Dataset, project: Project, across: str = "") -> Asked:
    """Ask for the answers over one column, the others held at their mean.

    Raises:
        DataError: there is no such column of numbers.
    """
    table = only_table(dataset)
    names = number_columns(dataset)
    if table is None or not names:
        raise DataError("A curve needs a column of numbers.", "Choose another view.")
    key, entry = table
    across = across or names[0]
    first = _place(entry, across, names)
    parts = parts_of(dataset, MOST_POINTS)
    seen = np.concatenate([split.raw_x[key] for _, split, _ in parts])
    x = np.linspace(*_range(seen[:, first]), CURVE_SIZE)
    rows = np.repeat(resting(dataset.train.raw_x[key], entry)[None], CURVE_SIZE, axis=0)
    rows[:, first] = x
    ready, where, truth, part = _with_points(parts, key, entry, rows, (first,))
    output, target = next(iter(dataset.pre.outputs.items()))

    def read(outputs: Mapping[str, Array]) -> CurvePicture:
        values = in_own_units(np.asarray(outputs[output]), project, output, target)
        shares, numbers = _of_task(values, target)
        points = Points(where, truth, part, _right(values[CURVE_SIZE:], truth, target))
        name = target.columns[0] if target.columns else output
        drawn = shares if shares is not None else numbers
        assert drawn is not None
        classes = target.classes if shares is not None else ()
        return CurvePicture(across, x, drawn[:CURVE_SIZE], points, classes, name)

    return Asked(Probe("surface", outputs=(output,), x={key: ready}), read)


def _with_points(
    parts: list[tuple[int, Split, NDArray[np.int64]]],
    key: str,
    entry: InputPre,
    rows: Array,
    axes: tuple[int, ...],
) -> tuple[Array, Array, Array, NDArray[np.int64]]:
    """Model-ready rows of the grid and then of the points; where the points are; their right
    answers; their parts."""
    raw = np.concatenate([split.raw_x[key][chosen] for _, split, chosen in parts])
    truth = np.concatenate([_truth(split)[chosen] for _, split, chosen in parts])
    part = np.concatenate([np.full(len(chosen), n, np.int64) for n, _, chosen in parts])
    ready = entry.apply(np.concatenate([rows, raw]))
    return ready, np.asarray(raw, np.float64)[:, list(axes)], truth, part


def _truth(split: Split) -> Array:
    """Right answers of the first output: class numbers, or the first column of numbers, (n,)."""
    raw = next(iter(split.raw_y.values()))
    return np.asarray(raw).reshape(len(raw), -1)[:, 0]


def _of_task(values: Array, target: OutputPre) -> tuple[Array | None, Array | None]:
    """Probabilities (n, classes), or numbers (n,)."""
    flat = values.reshape(len(values), -1)
    if target.task in {REGRESSION, MULTI_LABEL}:
        return None, flat[:, 0]
    shares = class_probabilities(values, target)
    if shares is None:
        shares = np.eye(len(target.classes))[target.class_numbers(values)]
    return shares, None


def _right(values: Array, truth: Array, target: OutputPre) -> NDArray[np.bool_]:
    if target.task in {REGRESSION, MULTI_LABEL}:
        return np.ones(len(truth), bool)
    return np.asarray(target.class_numbers(values) == truth.astype(np.int64))
