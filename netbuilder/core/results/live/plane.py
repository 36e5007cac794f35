"""Predictions over two columns, or one, of a table: decision surface and fitted curve."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.data_facts import MULTI_LABEL, REGRESSION
from netbuilder.core.data.dataset import Dataset, Split
from netbuilder.core.data.preprocessing.fitted_preprocessing import OutputPreprocessing
from netbuilder.core.engine.monitor.observer import Probe
from netbuilder.core.project.model import Project
from netbuilder.core.results.live.table_rows import TableRows, table_rows
from netbuilder.core.results.live.view_data import (
    CurvePicture,
    Found,
    SamplePoints,
    SurfacePicture,
    ViewRequest,
)
from netbuilder.core.results.own_units import class_probabilities, to_own_units

Array = NDArray[Any]
#: Rows and columns of a surface: during a run, and of a trained network.
SIZE, FINE_SIZE = 50, 96
CURVE_SIZE, MOST_POINTS, LAST_POINTS = 200, 600, 60


def number_columns(dataset: Dataset) -> tuple[str, ...]:
    """Return the numeric columns of all Inputs."""
    rows = table_rows(dataset)
    return rows.numbers if rows is not None else ()


def parts_of(dataset: Dataset, most: int) -> list[tuple[int, Split, NDArray[np.int64]]]:
    """Return number, split and evenly chosen rows of each part, ``most`` rows in all."""
    splits = [(0, dataset.train), (1, dataset.validation), (2, dataset.test)]
    known = [(number, split) for number, split in splits if split is not None and len(split)]
    whole = sum(len(split) for _unused, split in known)
    parts = []
    for number, split in known:
        count = min(len(split), max(1, round(most * len(split) / max(whole, most))))
        rows = np.unique(np.linspace(0, len(split) - 1, count).astype(np.int64))
        # Points that the user added are at the end and always chosen.
        last = np.arange(max(len(split) - LAST_POINTS, 0), len(split))
        parts.append((number, split, rows if number else np.union1d(rows, last)))
    return parts


def _range(values: Array) -> tuple[float, float]:
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    edge = 0.08 * (high - low) or 0.5
    return low - edge, high + edge


def surface_request(
    dataset: Dataset, project: Project, across: str = "", up: str = "", size: int = SIZE,
    at: Array | None = None, drawn: Dataset | None = None,
) -> ViewRequest:  # fmt: skip
    """Request predictions over two columns, the others held at a row.

    Args:
        dataset: its training rows give the ranges, all parts the points.
        across, up: names of the columns; "": the first two.
        size: rows and columns of the grid.
        at: raw features of all Inputs to hold other columns at; None: the training mean.
        drawn: the same set with other points, drawn instead of the training points.
    """
    ready, picture = surface_grid(dataset, across, up, size, at, drawn)
    output, target = next(iter(dataset.preprocessing.outputs.items()))

    def read(probed: Found) -> SurfacePicture:
        values = to_own_units(np.asarray(probed.outputs[output]), project, output, target)
        return replace(picture(values), epoch=probed.epoch)

    return ViewRequest(Probe("surface", outputs=(output,), x=ready), read)


def surface_grid(
    dataset: Dataset, across: str = "", up: str = "", size: int = SIZE,
    at: Array | None = None, drawn: Dataset | None = None,
) -> tuple[dict[str, Array], Callable[[Array], SurfacePicture]]:  # fmt: skip
    """Return model-ready rows by Input id, and a function that makes a picture of the predictions
    for them. Arguments and errors as for ``surface_request``."""
    table, across, up = _two_columns(dataset, across, up)
    first, second = table.place(across), table.place(up)
    drawn = dataset if drawn is None else drawn
    parts = parts_of(drawn, MOST_POINTS)
    joined = np.concatenate([table.joined(split.raw_x) for _name, split, _rows in parts])
    x = np.linspace(*_range(joined[:, first[0]]), size)
    y = np.linspace(*_range(joined[:, second[0]]), size)
    rows = np.repeat(_held(table, dataset, at)[None], size * size, axis=0)
    rows[:, first] = np.tile(x, size)[:, None]
    rows[:, second] = np.repeat(y, size)[:, None]
    ready, where, truth, part = _with_points(parts, table, rows, (first[0], second[0]))
    filled = _filled(parts, table, (across, up))
    output, target = next(iter(dataset.preprocessing.outputs.items()))
    truth = _by_name(truth, drawn, target)

    def picture(values: Array) -> SurfacePicture:
        shares, numbers = _of_task(values, target)
        right = _right(values[size * size :], truth, target)
        points = SamplePoints(where, truth, part, right, filled)
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

    return ready, picture


def points_picture(dataset: Dataset, across: str = "", up: str = "") -> SurfacePicture:
    """Return the points alone, before there is a network."""
    table, across, up = _two_columns(dataset, across, up)
    target = next(iter(dataset.preprocessing.outputs.values()))
    axes = (table.place(across)[0], table.place(up)[0])
    parts = parts_of(dataset, MOST_POINTS)
    none = table.joined({key: rows[:0] for key, rows in dataset.train.raw_x.items()})
    _unused, where, truth, part = _with_points(parts, table, none, axes)
    left, right = _range(where[:, 0])
    bottom, top = _range(where[:, 1])
    filled = _filled(parts, table, (across, up))
    points = SamplePoints(where, truth, part, np.ones(len(truth), bool), filled)
    classes = target.classes if target.task not in {REGRESSION, MULTI_LABEL} else ()
    return SurfacePicture(across, up, (left, bottom, right, top), points, classes=classes)


def _held(table: TableRows, dataset: Dataset, at: Array | None) -> Array:
    return table.resting(dataset.train) if at is None else np.asarray(at, np.float64)


def _one_column(dataset: Dataset, across: str) -> tuple[TableRows, str]:
    """Return the rows, and the column ("": the first)."""
    table = table_rows(dataset)
    names = number_columns(dataset)
    if table is None or not names:
        raise data_error("no_numeric_column")
    return table, across or names[0]


def _two_columns(dataset: Dataset, across: str, up: str) -> tuple[TableRows, str, str]:
    """Return the rows, and the columns ("": the first two)."""
    table = table_rows(dataset)
    names = number_columns(dataset)
    if table is None or len(names) < 2:
        raise data_error("no_numeric_columns")
    across = across or next(n for n in names if n != up)
    return table, across, up or next(n for n in names if n != across)


def _by_name(truth: Array, drawn: Dataset, target: OutputPreprocessing) -> Array:
    """Map class numbers of one data set to those of another by name; -1 if unknown."""
    own = next(iter(drawn.preprocessing.outputs.values())).classes
    if own == target.classes:
        return truth
    known = {name: number for number, name in enumerate(target.classes)}
    return np.array([known.get(own[int(number)], -1) for number in truth])


def curve_request(
    dataset: Dataset, project: Project, across: str = "", at: Array | None = None,
    drawn: Dataset | None = None,
) -> ViewRequest:  # fmt: skip
    """Request predictions over one column, the others held at ``at``; see ``surface_request``."""
    table, across = _one_column(dataset, across)
    first = table.place(across)
    drawn = dataset if drawn is None else drawn
    parts = parts_of(drawn, MOST_POINTS)
    joined = np.concatenate([table.joined(split.raw_x) for _name, split, _rows in parts])
    x = np.linspace(*_range(joined[:, first[0]]), CURVE_SIZE)
    rows = np.repeat(_held(table, dataset, at)[None], CURVE_SIZE, axis=0)
    rows[:, first] = x[:, None]
    ready, where, truth, part = _with_points(parts, table, rows, (first[0],))
    filled = _filled(parts, table, (across,))
    output, target = next(iter(dataset.preprocessing.outputs.items()))
    truth = _by_name(truth, drawn, target)

    def read(probed: Found) -> CurvePicture:
        values = to_own_units(np.asarray(probed.outputs[output]), project, output, target)
        shares, numbers = _of_task(values, target)
        points = SamplePoints(
            where, truth, part, _right(values[CURVE_SIZE:], truth, target), filled
        )
        name = target.columns[0] if target.columns else output
        answers = shares if shares is not None else numbers
        assert answers is not None
        classes = target.classes if shares is not None else ()
        return CurvePicture(across, x, answers[:CURVE_SIZE], points, classes, name, probed.epoch)

    return ViewRequest(Probe("surface", outputs=(output,), x=ready), read)


def curve_points_picture(dataset: Dataset, across: str = "", up: str = "") -> CurvePicture:
    """Return the points along one column alone, before there is a network."""
    table, across = _one_column(dataset, across)
    output, target = next(iter(dataset.preprocessing.outputs.items()))
    parts = parts_of(dataset, MOST_POINTS)
    none = table.joined({key: rows[:0] for key, rows in dataset.train.raw_x.items()})
    _unused, where, truth, part = _with_points(parts, table, none, (table.place(across)[0],))
    points = SamplePoints(
        where, truth, part, np.ones(len(truth), bool), _filled(parts, table, (across,))
    )
    classes = target.classes if target.task not in {REGRESSION, MULTI_LABEL} else ()
    name = target.columns[0] if target.columns else output
    x = np.linspace(*_range(where[:, 0]), CURVE_SIZE)
    return CurvePicture(across, x, np.zeros(0), points, classes, name)


def _with_points(
    parts: list[tuple[int, Split, NDArray[np.int64]]],
    table: TableRows,
    rows: Array,
    axes: tuple[int, ...],
) -> tuple[dict[str, Array], Array, Array, NDArray[np.int64]]:
    """Return model-ready rows of grid and points by Input id, and the points' places, targets and
    parts."""
    raw = np.concatenate([table.joined(split.raw_x)[chosen] for _unused, split, chosen in parts])
    truth = np.concatenate([_truth(split)[chosen] for _unused, split, chosen in parts])
    part = np.concatenate([np.full(len(chosen), n, np.int64) for n, _unused, chosen in parts])
    ready = table.ready(np.concatenate([rows, raw]))
    return ready, raw[:, list(axes)], truth, part


def _filled(
    parts: list[tuple[int, Split, NDArray[np.int64]]], table: TableRows, axes: tuple[str, ...]
) -> NDArray[np.bool_] | None:
    """Return which points were filled in along the axes; None: none."""
    masks = []
    for _unused, split, chosen in parts:
        empty = np.zeros(len(chosen), bool)
        for key, entry in table.inputs:
            if key in split.filled:
                at = [n for n, column in enumerate(entry.columns) if column.name in axes]
                empty |= split.filled[key][chosen][:, at].any(axis=1)
        masks.append(empty)
    every = np.concatenate(masks)
    return every if every.any() else None


def _truth(split: Split) -> Array:
    """Return targets of the first output: class numbers, or the first column, (n,)."""
    raw = next(iter(split.raw_y.values()))
    return np.asarray(raw).reshape(len(raw), -1)[:, 0]


def _of_task(values: Array, target: OutputPreprocessing) -> tuple[Array | None, Array | None]:
    """Return probabilities (n, classes), or numbers (n,)."""
    flat = values.reshape(len(values), -1)
    if target.task in {REGRESSION, MULTI_LABEL}:
        return None, flat[:, 0]
    shares = class_probabilities(values, target)
    if shares is None:
        shares = np.eye(len(target.classes))[target.class_numbers(values)]
    return shares, None


def _right(values: Array, truth: Array, target: OutputPreprocessing) -> NDArray[np.bool_]:
    if target.task in {REGRESSION, MULTI_LABEL}:
        return np.ones(len(truth), bool)
    return np.asarray(target.class_numbers(values) == truth.astype(np.int64))
