"""Forecasts, and walls of pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_facts import MULTI_LABEL, REGRESSION
from netbuilder.core.data.dataset import Dataset, Split
from netbuilder.core.data.recipe_options import integer_option
from netbuilder.core.data.registry import modality_of
from netbuilder.core.engine.monitor.observer import Probe
from netbuilder.core.project.model import Project
from netbuilder.core.results.live.view_data import ForecastPicture, Found, ViewRequest, WallPicture
from netbuilder.core.results.own_units import to_own_units

Array = NDArray[Any]
MOST_STEPS, WALL = 400, 48


def sample_split(dataset: Dataset) -> Split:
    """Return the test rows, or the training rows without a test set."""
    return dataset.test if dataset.test is not None and len(dataset.test) else dataset.train


def is_series(dataset: Dataset) -> bool:
    """Return whether the data is windows of a series with numeric targets."""
    entry = next(iter(dataset.preprocessing.inputs.values()), None)
    target = next(iter(dataset.preprocessing.outputs.values()), None)
    return (
        entry is not None
        and target is not None
        and modality_of(entry).is_sequence(entry)
        and target.task == REGRESSION
    )


def forecast_request(dataset: Dataset, project: Project) -> ViewRequest:
    """Request forecasts of the test rows, or of the last training rows."""
    split = sample_split(dataset)
    rows = slice(max(len(split) - MOST_STEPS, 0), None)
    output, target = next(iter(dataset.preprocessing.outputs.items()))
    raw = np.asarray(split.raw_y[output])
    truth = raw.reshape(len(raw), -1)[rows, 0].astype(float)
    horizon = integer_option(project.data.options, "horizon", 1)
    days = None if split.days is None else split.days[rows, -horizon]

    def read(probed: Found) -> ForecastPicture:
        values = to_own_units(np.asarray(probed.outputs[output]), project, output, target)
        name = target.columns[0] if target.columns else output
        return ForecastPicture(truth, values.reshape(len(values), -1)[:, 0], name, days)

    x = {key: values[rows] for key, values in split.x.items()}
    return ViewRequest(Probe("surface", outputs=(output,), x=x), read)


def is_pictures(dataset: Dataset) -> bool:
    """Return whether the first input is a picture of one of several classes."""
    entry = next(iter(dataset.preprocessing.inputs.values()), None)
    target = next(iter(dataset.preprocessing.outputs.values()), None)
    of_classes = target is not None and target.task not in {REGRESSION, MULTI_LABEL}
    picture = entry is not None and modality_of(entry).is_picture(entry)
    return picture and of_classes and bool(target and target.classes)


def wall_request(dataset: Dataset, project: Project) -> ViewRequest:
    """Request predictions for test pictures, equally many of each class."""
    split = sample_split(dataset)
    output, target = next(iter(dataset.preprocessing.outputs.items()))
    truth = np.asarray(split.raw_y[output]).reshape(-1).astype(np.int64)
    rows = _evenly(truth, WALL)
    key = next(iter(dataset.preprocessing.inputs))
    images = np.asarray(split.raw_x[key][rows], np.float32)
    names = tuple(target.classes[number] for number in truth[rows])

    def read(probed: Found) -> WallPicture:
        values = to_own_units(np.asarray(probed.outputs[output]), project, output, target)
        numbers = target.class_numbers(values)
        flat = values.reshape(len(values), -1)
        sure = flat.max(axis=1) if flat.shape[1] > 1 else np.maximum(flat[:, 0], 1 - flat[:, 0])
        answers = tuple(target.classes[int(number)] for number in numbers)
        return WallPicture(images, answers, names, numbers == truth[rows], sure, rows)

    x = {name: values[rows] for name, values in split.x.items()}
    return ViewRequest(Probe("surface", outputs=(output,), x=x, every=0.2, slowest=1.0), read)


def _evenly(classes: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return at most ``count`` rows, each class in turn, sorted by class."""
    each = [np.flatnonzero(classes == number) for number in np.unique(classes)]
    share = max(1, count // max(len(each), 1))
    return np.concatenate([rows[:share] for rows in each])[:count]
