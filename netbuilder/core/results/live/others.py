"""Forecasts, walls of pictures, and the map of the last hidden layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_facts import MULTI_LABEL, REGRESSION
from netbuilder.core.data.dataset import Dataset, Split
from netbuilder.core.engine.probes import Probe
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import Project
from netbuilder.core.results.answers import in_own_units
from netbuilder.core.results.live.pictures import (
    Asked,
    ForecastPicture,
    MapPicture,
    WallPicture,
)

Array = NDArray[Any]
MOST_STEPS, WALL, MAP_ROWS = 400, 48, 400


def shown_part(dataset: Dataset) -> Split:
    """What a network is shown on: test rows, else those of the training."""
    return dataset.test if dataset.test is not None and len(dataset.test) else dataset.train


def is_series(dataset: Dataset) -> bool:
    """Whether windows of a series are followed by numbers."""
    one = next(iter(dataset.pre.inputs.values()), None)
    target = next(iter(dataset.pre.outputs.values()), None)
    return (
        one is not None
        and target is not None
        and one.kind == "numbers"
        and len(one.shape) == 2
        and target.task == REGRESSION
    )


def forecast(dataset: Dataset, project: Project) -> Asked:
    """Ask for the forecasts of the test rows, or of the last training rows."""
    split = shown_part(dataset)
    rows = slice(max(len(split) - MOST_STEPS, 0), None)
    output, target = next(iter(dataset.pre.outputs.items()))
    raw = np.asarray(split.raw_y[output])
    truth = raw.reshape(len(raw), -1)[rows, 0].astype(float)

    def read(outputs: Mapping[str, Array]) -> ForecastPicture:
        values = in_own_units(np.asarray(outputs[output]), project, output, target)
        name = target.columns[0] if target.columns else output
        return ForecastPicture(truth, values.reshape(len(values), -1)[:, 0], name)

    x = {key: values[rows] for key, values in split.x.items()}
    return Asked(Probe("surface", outputs=(output,), x=x), read)


def is_pictures(dataset: Dataset) -> bool:
    """Whether the first input is a picture of one of several classes."""
    one = next(iter(dataset.pre.inputs.values()), None)
    target = next(iter(dataset.pre.outputs.values()), None)
    of_classes = target is not None and target.task not in {REGRESSION, MULTI_LABEL}
    picture = one is not None and (one.kind == "image" or len(one.shape) == 3)
    return picture and of_classes and bool(target and target.classes)


def wall(dataset: Dataset, project: Project) -> Asked:
    """Ask what test pictures are taken for, the same number of each class where there are."""
    split = shown_part(dataset)
    output, target = next(iter(dataset.pre.outputs.items()))
    truth = np.asarray(split.raw_y[output]).reshape(-1).astype(np.int64)
    rows = _evenly(truth, WALL)
    key = next(iter(dataset.pre.inputs))
    images = np.asarray(split.raw_x[key][rows], np.float32)
    names = tuple(target.classes[number] for number in truth[rows])

    def read(outputs: Mapping[str, Array]) -> WallPicture:
        values = in_own_units(np.asarray(outputs[output]), project, output, target)
        numbers = target.class_numbers(values)
        flat = values.reshape(len(values), -1)
        sure = flat.max(axis=1) if flat.shape[1] > 1 else np.maximum(flat[:, 0], 1 - flat[:, 0])
        answers = tuple(target.classes[int(number)] for number in numbers)
        return WallPicture(images, answers, names, numbers == truth[rows], sure)

    x = {name: values[rows] for name, values in split.x.items()}
    return Asked(Probe("surface", outputs=(output,), x=x, every=0.2), read)


def _evenly(classes: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Rows of each class in turn, ``count`` at most, sorted by class."""
    each = [np.flatnonzero(classes == number) for number in np.unique(classes)]
    share = max(1, count // max(len(each), 1))
    return np.concatenate([rows[:share] for rows in each])[:count]


def last_hidden(project: Project, output: str) -> str:
    """The node before the output's last layer; "" where that is an Input."""
    graph = project.graph
    node = next(iter(graph.sources.get(output, ())), "")
    # Where a last activation, or noise, stands alone, what it is applied to is no hidden layer.
    while node and graph.by_id[node].layer in {"Activation", "Softmax", "Dropout"}:
        node = next(iter(graph.sources.get(node, ())), "")
    return node if node and graph.by_id[node].layer != "Input" else ""


def has_hidden(dataset: Dataset, project: Project) -> bool:
    """Whether there is a hidden layer, and an answer to colour by."""
    output = next(iter(dataset.pre.outputs), "")
    return bool(output and last_hidden(project, output))


def hidden_map(dataset: Dataset, project: Project) -> Asked:
    """Ask for the last hidden layer's values, and draw them on the plane in which they differ most.

    Principal component analysis (Pearson, 1901) by a singular value decomposition; axes are
    turned to those of the picture before, so that the map does not flip while it moves.

    Raises:
        DataError: there is no hidden layer.
    """
    split = shown_part(dataset)
    output, target = next(iter(dataset.pre.outputs.items()))
    node = last_hidden(project, output)
    if not node:
        raise DataError("There is no hidden layer to draw.", "Put one before the last layer.")
    rows = np.unique(np.linspace(0, len(split) - 1, min(len(split), MAP_ROWS)).astype(np.int64))
    raw = np.asarray(split.raw_y[output])
    truth = raw.reshape(len(raw), -1)[rows, 0]
    before: list[Array] = []

    def read(outputs: Mapping[str, Array]) -> MapPicture:
        hidden = np.asarray(outputs[node], np.float64).reshape(len(rows), -1)
        at, explained = principal(hidden, before[0] if before else None)
        before[:] = [at]
        values = in_own_units(np.asarray(outputs[output]), project, output, target)
        right = None
        if target.task not in {REGRESSION, MULTI_LABEL}:
            right = np.asarray(target.class_numbers(values) == truth.astype(np.int64))
        return MapPicture(node, at, truth, rows, explained, target.classes, right, hidden)

    x = {key: values[rows] for key, values in split.x.items()}
    return Asked(Probe("surface", outputs=(node, output), x=x, every=0.1), read)


def principal(values: Array, before: Array | None = None) -> tuple[Array, float]:
    """The two principal components of rows, (n, 2), and the share of the variance in them (0 to 1).

    An axis that points against that of ``before`` (n, 2) is turned.
    """
    centred = values - values.mean(axis=0)
    centred = np.nan_to_num(centred, nan=0.0, posinf=0.0, neginf=0.0)
    left, size, _ = np.linalg.svd(centred, full_matrices=False)
    at = left[:, :2] * size[:2]
    if at.shape[1] < 2:
        at = np.concatenate([at, np.zeros((len(at), 2 - at.shape[1]))], axis=1)
    if before is not None and before.shape == at.shape:
        signs = np.sign((at * before).sum(axis=0))
        at = at * np.where(signs == 0, 1.0, signs)
    whole = float((size**2).sum())
    return at, float((size[:2] ** 2).sum()) / whole if whole else 0.0


def neighbours(picture: MapPicture) -> MapPicture:
    """The same samples by t-SNE: seconds, so on request and at rest."""
    if picture.hidden is None or len(picture.at) < 3:
        raise DataError("There are too few samples to spread.", "Three or more are needed.")
    return replace(picture, at=spread(np.nan_to_num(picture.hidden)), way="t-SNE", explained=0.0)


def spread(values: Array, seed: int = 0) -> Array:
    """Rows on a plane where neighbours stay neighbours, (n, 2): scikit-learn's t-SNE."""
    from sklearn.manifold import TSNE

    near = min(30.0, max(1.0, (len(values) - 1) / 3))
    made = TSNE(perplexity=near, random_state=seed, init="pca" if values.shape[1] > 1 else "random")
    return np.asarray(made.fit_transform(values))
