"""Maps of similarity: samples in the last hidden layer; t-SNE of any vectors."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.data_facts import MULTI_LABEL, REGRESSION
from netbuilder.core.data.dataset import Dataset
from netbuilder.core.engine.monitor.observer import Probe
from netbuilder.core.project.model import Project
from netbuilder.core.results.live.forecast_and_wall import sample_split
from netbuilder.core.results.live.view_data import Found, MapPicture, ViewRequest
from netbuilder.core.results.own_units import to_own_units

Array = NDArray[Any]
MAP_ROWS = 400


def last_hidden(project: Project, output: str) -> str:
    """Return the node before the output's last layer; "" if that is an Input."""
    graph = project.graph
    node = next(iter(graph.sources.get(output, ())), "")
    # A separate last activation, or noise, is not the layer after a hidden one.
    while node and graph.by_id[node].layer in {"Activation", "Softmax", "Dropout"}:
        node = next(iter(graph.sources.get(node, ())), "")
    return node if node and graph.by_id[node].layer != "Input" else ""


def has_hidden(dataset: Dataset, project: Project) -> bool:
    """Return whether there is a hidden layer, and a target to colour by."""
    output = next(iter(dataset.preprocessing.outputs), "")
    return bool(output and last_hidden(project, output))


def hidden_map_request(dataset: Dataset, project: Project) -> ViewRequest:
    """Request the last hidden layer's values as a map of their two principal components.

    Axes keep the direction that they had in the previous map. Raise DataError if there is no hidden
    layer.
    """
    split = sample_split(dataset)
    output, target = next(iter(dataset.preprocessing.outputs.items()))
    node = last_hidden(project, output)
    if not node:
        raise data_error("no_hidden_layer")
    rows = np.unique(np.linspace(0, len(split) - 1, min(len(split), MAP_ROWS)).astype(np.int64))
    raw = np.asarray(split.raw_y[output])
    truth = raw.reshape(len(raw), -1)[rows, 0]
    before: list[Array] = []

    def read(probed: Found) -> MapPicture:
        hidden = np.asarray(probed.outputs[node], np.float64).reshape(len(rows), -1)
        at, explained = principal_components(hidden, before[0] if before else None)
        before[:] = [at]
        values = to_own_units(np.asarray(probed.outputs[output]), project, output, target)
        right = None
        if target.task not in {REGRESSION, MULTI_LABEL}:
            right = np.asarray(target.class_numbers(values) == truth.astype(np.int64))
        return MapPicture(node, at, truth, rows, explained, target.classes, right, hidden)

    x = {key: values[rows] for key, values in split.x.items()}
    return ViewRequest(Probe("surface", outputs=(node, output), x=x, every=0.1, slowest=1.0), read)


def principal_components(values: Array, before: Array | None = None) -> tuple[Array, float]:
    """Return two principal components of rows, (n, 2), aligned with ``before`` (n, 2), and their
    share of the variance."""
    centred = values - values.mean(axis=0)
    centred = np.nan_to_num(centred, nan=0.0, posinf=0.0, neginf=0.0)
    rows, columns = centred.shape
    # The smaller of both products has the same components, and is quick to take apart.
    if columns <= rows:
        size, axes = np.linalg.eigh(centred.T @ centred)
        at = centred @ axes[:, :-3:-1]
    else:
        size, axes = np.linalg.eigh(centred @ centred.T)
        at = axes[:, :-3:-1] * np.sqrt(np.maximum(size[:-3:-1], 0.0))
    if at.shape[1] < 2:
        at = np.concatenate([at, np.zeros((len(at), 2 - at.shape[1]))], axis=1)
    if before is not None and before.shape == at.shape:
        signs = np.sign((at * before).sum(axis=0))
        at = at * np.where(signs == 0, 1.0, signs)
    whole = float(size.sum())
    return at, float(size[-2:].sum()) / whole if whole else 0.0


def neighbour_map(picture: MapPicture) -> MapPicture:
    """Return the same samples by t-SNE; takes seconds."""
    if picture.hidden is None or len(picture.at) < 3:
        raise data_error("too_few_samples")
    return replace(picture, at=tsne_map(np.nan_to_num(picture.hidden)), way="t-SNE", explained=0.0)


def tsne_map(values: Array, seed: int = 0) -> Array:
    """Return rows on a plane by scikit-learn's t-SNE, (n, 2)."""
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    near = min(30.0, max(1.0, (len(values) - 1) / 3))
    tsne = TSNE(perplexity=near, random_state=seed, init="pca" if values.shape[1] > 1 else "random")
    # Its threads wait for each other a thousand times: where others compute, that takes minutes.
    with threadpool_limits(1, user_api="openmp"):
        return np.asarray(tsne.fit_transform(values), np.float64)
