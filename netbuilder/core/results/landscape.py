"""The loss around a network's weights, along two directions, and a run's path through it.

Li, Xu, Taylor, Studer and Goldstein, "Visualizing the Loss Landscape of Neural Nets" (2018).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.dataset import Dataset
from netbuilder.core.engine.networks.graph_to_keras import model_inputs
from netbuilder.core.engine.networks.loss_values import total_loss
from netbuilder.core.engine.networks.network_copies import changing_weights, copy_network
from netbuilder.core.engine.trained import TrainedModel

Array = NDArray[Any]
SIDE, MOST_ROWS = 25, 256
_MARGIN = 0.35  # of the path's extent, around it


@dataclass(frozen=True, eq=False)
class Landscape:
    """Losses over a plane of weights.

    Attributes:
        losses: (side, side), the lowest second coordinate first.
        box: left, bottom, right, top; the network is at (0, 0). Along each direction, a filter's
            weights change relative to the filter's length.
        paths: coordinates of each run's weights, (epochs, 2).
        explained: share of each path's variance that the plane shows; () for random directions.
    """

    losses: Array
    box: tuple[float, float, float, float]
    paths: tuple[Array, ...]
    explained: tuple[float, ...]


def loss_landscape(
    trained: TrainedModel,
    dataset: Dataset,
    paths: Sequence[Sequence[Sequence[Array]]] = (),
    side: int = SIDE,
    needed: Callable[[], bool] = lambda: True,
) -> Landscape | None:
    """Compute the landscape around a network; None if it is no longer ``needed``.

    Args:
        trained: the network at the centre.
        dataset: the losses are those of at most 256 training rows, at inference.
        paths: each the weights of a run at several epochs, in the order of ``changing_weights``.
            The directions are the principal components of all; without one, they are random.
            Both are filter-normalized: relative to the length of each filter of the network.
        side: points along each direction.
    """
    import tensorflow as tf

    network = copy_network(trained.training_model, trained.project, trained.facts)
    variables = network.trainable_variables
    place = {id(variable): n for n, variable in enumerate(changing_weights(network))}
    own = [place[id(variable)] for variable in variables]
    centre = [np.array(variable, np.float64) for variable in variables]
    flat, lengths = _flat(centre), _flat(_filter_lengths(centre))
    moved = [
        (np.array([_flat([weights[n] for n in own]) for weights in path]) - flat) / lengths
        for path in paths
        if path and sum(np.size(path[0][n]) for n in own) == flat.size
    ]
    axes, of_paths = _directions(centre, np.concatenate([np.zeros((0, flat.size)), *moved]))
    points = tuple(path @ axes.T for path in moved)
    shares = [(at**2).sum() / (path**2).sum() for at, path in zip(points, moved, strict=True)]
    axes = axes * lengths
    box = _box(points)
    rows = np.linspace(0, len(dataset.train) - 1, min(len(dataset.train), MOST_ROWS)).astype(int)
    graph = trained.project.graph
    x = [tf.convert_to_tensor(dataset.train.x[name][rows]) for name in model_inputs(graph)]
    y = [tf.convert_to_tensor(dataset.train.y[name][rows]) for name in graph.outputs]
    loss = tf.function(total_loss(network, trained.project), autograph=False)
    losses = np.zeros((side, side))
    ends = np.cumsum([value.size for value in centre])[:-1]
    for row, up in enumerate(np.linspace(box[1], box[3], side)):
        if not needed():
            return None
        for column, across in enumerate(np.linspace(box[0], box[2], side)):
            weights = np.split(flat + across * axes[0] + up * axes[1], ends)
            for variable, value in zip(variables, weights, strict=True):
                variable.assign(value.reshape(variable.shape))
            losses[row, column] = float(loss(x, y))
    return Landscape(losses, box, points, tuple(map(float, shares)) if of_paths else ())


def _flat(values: Sequence[Array]) -> Array:
    return np.concatenate([np.ravel(value) for value in values])


def _filter_lengths(weights: Sequence[Array]) -> list[Array]:
    """Return for each weight the length of its filter: of the weights into its unit, also for the
    unit's bias; 1 where that is 0."""
    lengths: list[Array] = []
    length = np.ones(())
    for value in weights:
        if value.ndim > 1:
            length = np.sqrt((value**2).sum(axis=tuple(range(value.ndim - 1))))
        elif length.shape != value.shape:
            length = np.sqrt((value**2).sum())
        lengths.append(np.broadcast_to(np.where(length > 0, length, 1.0), value.shape))
    return lengths


def _directions(centre: Sequence[Array], paths: Array) -> tuple[Array, bool]:
    """Return two directions (2, weights) relative to the filters' lengths, and whether they are
    those of the paths."""
    if len(paths) > 2 and np.linalg.matrix_rank(paths) > 1:
        return np.linalg.svd(paths, full_matrices=False)[2][:2], True
    random = np.random.default_rng(0)
    axes = [_flat([_random(value, random) for value in centre]) for _axis in range(2)]
    return np.stack(axes), False


def _random(weights: Array, random: np.random.Generator) -> Array:
    """Return a random direction whose filters have the length 1; 0 for biases."""
    if weights.ndim < 2:
        return np.zeros(weights.shape)
    direction = random.normal(size=weights.shape)
    axes = tuple(range(weights.ndim - 1))
    return np.asarray(direction / np.sqrt((direction**2).sum(axis=axes)))


def _box(paths: Sequence[Array]) -> tuple[float, float, float, float]:
    if not paths:
        return -1.0, -1.0, 1.0, 1.0
    points = np.concatenate([*paths, np.zeros((1, 2))])
    low, high = points.min(axis=0), points.max(axis=0)
    margin = _MARGIN * max(*(high - low), 1e-3)
    left, bottom = (float(value) for value in low - margin)
    right, top = (float(value) for value in high + margin)
    return left, bottom, right, top
