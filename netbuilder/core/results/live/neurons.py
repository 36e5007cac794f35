"""Networks of Dense layers and convolutions, unit by unit: what can be drawn, and its outputs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.catalog.layers.layer_index import spec_of
from netbuilder.core.data.data_facts import MULTI_LABEL, REGRESSION
from netbuilder.core.data.dataset import Dataset
from netbuilder.core.data.defaults import resolve_defaults
from netbuilder.core.errors import UserError
from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Graph, Node, Project
from netbuilder.core.results.computation_trace.computed_value import CURVES
from netbuilder.core.results.live.plane import MOST_POINTS
from netbuilder.core.results.own_units import class_probabilities, to_own_units

Array = NDArray[Any]
Weights = Mapping[str, Mapping[str, Array]]
_REASONS: Mapping[str, str] = resource_json("texts.json")["neurons_undrawable"]
#: The most units of a layer that is drawn, and of a network that is drawn without being asked.
MOST_UNITS, MOST_BY_DEFAULT = 64, 40
SIDE, COARSE_SIDE = 40, 24


#: Layers whose outputs take the place of those of the convolution before them.
_ELEMENTWISE = ("Activation", "BatchNormalization", "LeakyReLU", "ReLU", "Rescaling", "Softmax")


@dataclass(frozen=True)
class NeuronColumn:
    """A column of units: an Input's features or channels, a Dense layer's units, a convolution's
    filters or a pooling layer's channels.

    Attributes:
        node: the layer's id.
        owner: the id of the layer whose weights it uses; "" if each unit depends on its
            predecessor alone.
        units: their number.
        activation: of Dense layers.
        shown: the id of the layer whose outputs are the units' values.
        map: height and width of what a unit gives for a sample; () for a number.
    """

    node: str
    owner: str
    units: int
    activation: str = ""
    shown: str = ""
    map: tuple[int, ...] = ()


def neuron_columns(
    graph: Graph, shapes: Mapping[str, Sequence[int | None]]
) -> tuple[NeuronColumn, ...]:
    """Return the columns of a network of Dense layers and convolutions, from input to output.

    ``graph``: the network; ``shapes``: of each node's output for a sample. Raise UserError if the
    network has other layers, branches, or too many units.
    """
    columns: list[NeuronColumn] = []
    for name in graph.order:
        node, sources = graph.by_id[name], graph.sources[name]
        if len(sources) != int(node.layer != "Input") or len(graph.targets[name]) > 1:
            raise _undrawable("branches")
        maps = any(column.map for column in columns)
        if node.layer in ("Dense", "Flatten") and len(columns) == 1 and columns[0].map:
            values = columns[0].units * math.prod(columns[0].map)
            columns[0] = replace(columns[0], units=values, map=())
        if node.layer in ("Input", "Dense", "Conv1D", "Conv2D") or _pools(node.layer):
            columns.append(_column(graph, node, shapes.get(name, ())))
        elif maps and node.layer in _ELEMENTWISE:
            columns[-1] = replace(columns[-1], shown=name)
        elif node.layer in ("Activation", "Softmax") and columns and not columns[-1].activation:
            activation = str(node.params.get("activation") or "softmax")
            columns[-1] = replace(columns[-1], activation=activation)
        elif not _passes(node.layer):
            raise _undrawable("layer", node=name, layer=node.layer)
    if len(columns) < 2 or columns[0].activation:
        raise _undrawable("empty")
    if len(graph.inputs) != 1 or len(graph.order) != len(graph.nodes):
        raise _undrawable("branches")
    maps = any(column.map for column in columns)
    for column in columns:
        if not maps and (column.activation or "linear") not in (*CURVES, "softmax"):
            raise _undrawable("activation", name=column.activation, node=column.node)
        if column.units > MOST_UNITS:
            raise _undrawable("units", node=column.node, count=column.units, most=MOST_UNITS)
    return tuple(columns)


def _column(graph: Graph, node: Node, shape: Sequence[int | None]) -> NeuronColumn:
    sizes = [size or 0 for size in shape]
    if not sizes or not all(sizes):
        raise _undrawable("unknown")
    owner = graph.by_id.get(node.shared or node.id, node)
    if node.layer == "Dense" and len(sizes) > 1:
        raise _undrawable("sequence", node=node.id)
    activation = str(owner.params.get("activation") or "")
    return NeuronColumn(
        node.id,
        "" if _pools(node.layer) else owner.id,
        sizes[-1],
        "" if activation == "linear" else activation,
        node.id,
        tuple(sizes[:-1]) if len(sizes) != 2 else (1, sizes[0]),
    )


def _pools(layer: str) -> bool:
    return layer.endswith(("Pooling1D", "Pooling2D"))


def _passes(layer: str) -> bool:
    """Return whether a layer passes its input on at inference, perhaps reshaped."""
    spec = spec_of(layer)
    return spec.noise or spec.training_only or layer == "Flatten"


def _undrawable(reason: str, **values: object) -> UserError:
    words = _(_REASONS[reason], **values)
    return UserError(words, _(_REASONS["instead"]), code="neurons_undrawable")


def drawn_by_default(columns: tuple[NeuronColumn, ...]) -> bool:
    """Return whether a network is small enough to be drawn without being asked."""
    units = sum(column.units for column in columns[1:])
    return columns[0].units == 2 and not columns[0].map and units <= MOST_BY_DEFAULT


def link_values(values: Array, sources: int, units: int) -> Array | None:
    """Return a value for each link (sources, units): of several weights, such as a filter's, their
    length with the sign of their sum; None if the array is of other columns."""
    if values.shape == (sources, units):
        return values
    if values.shape[-1:] != (units,) or values.size % (sources * units):
        return None
    blocks = values.reshape(-1, sources, units)
    signs = np.where(blocks.sum(axis=0) < 0, -1.0, 1.0)
    return np.asarray(np.sqrt((blocks**2).sum(axis=0)) * signs)


def filter_pictures(kernel: Array) -> Array:
    """Return a convolution's filters (filters, height, width), the mean over channels."""
    pictures: Array = np.moveaxis(kernel.mean(axis=-2), -1, 0)
    return pictures if pictures.ndim == 3 else pictures[:, None]


def map_outputs(columns: Sequence[NeuronColumn], values: Mapping[str, Array]) -> list[Array]:
    """Return the outputs of each column for a sample, (units, points of a unit's map).

    ``values``: of each node, without a batch axis. Raise KeyError if one is missing.
    """
    return [np.reshape(values[column.shown], (-1, column.units)).T for column in columns]


def unit_outputs(columns: tuple[NeuronColumn, ...], weights: Weights, x: Array) -> list[Array]:
    """Return the outputs of each column for samples (n, features), each (n, units).

    Raises:
        KeyError, ValueError: the weights are not those of these columns.
    """
    outputs = [np.asarray(x, np.float32).reshape(len(x), -1)]
    for column in columns[1:]:
        arrays = weights[column.owner]
        sums = outputs[-1] @ arrays["kernel"] + arrays.get("bias", np.float32(0))
        if column.activation == "softmax":
            powers = np.exp(sums - sums.max(axis=1, keepdims=True))
            outputs.append(powers / powers.sum(axis=1, keepdims=True))
        else:
            outputs.append(CURVES[column.activation or "linear"](sums))
    return outputs


@dataclass(frozen=True, eq=False)
class NeuronPlane:
    """The plane of a network with two inputs, and samples on it.

    Attributes:
        grid: model-ready points (side · side, 2); the first is at the upper left.
        side: points along each axis.
        at: samples (n, 2), from 0 at the left and the top to 1.
        value: class numbers, or targets scaled from 0 to 1, (n,).
        classes: class names; () for numbers.
    """

    grid: Array
    side: int
    at: Array
    value: Array
    classes: tuple[str, ...]
    project: Project
    dataset: Dataset

    def places(self, x: Array) -> Array:
        """Return where model-ready samples (n, 2) are, as ``at`` holds them."""
        return np.asarray((x - self.grid[0]) / (self.grid[-1] - self.grid[0]))

    def surface(self, outputs: Array) -> Array:
        """Return predictions (side, side, classes), as probabilities, or (side, side, 1), scaled by
        the range of the targets, for the last layer's ``outputs`` over the grid.

        Raise ValueError if the outputs are no probabilities of these classes.
        """
        name, target = next(iter(self.dataset.preprocessing.outputs.items()))
        values = to_own_units(np.asarray(outputs, np.float64), self.project, name, target)
        shares: Array | None
        if not self.classes:
            shares = _scaled(values.reshape(len(values), -1)[:, :1], *_targets(self.dataset))
        elif (shares := class_probabilities(values, target)) is None:
            raise ValueError("no probabilities")
        return np.asarray(shares).reshape(self.side, self.side, -1)


def neuron_plane(project: Project, dataset: Dataset, side: int) -> NeuronPlane | None:
    """Return the plane of the training data; None unless there are two inputs."""
    train = dataset.train
    values = next(iter(train.x.values())) if len(train.x) == 1 else np.zeros((0, 0))
    if values.ndim != 2 or values.shape[1] != 2 or values.dtype.kind != "f" or not len(values):
        return None
    low, high = values.min(axis=0), values.max(axis=0)
    margin = (high - low) * 0.1
    low, high = low - margin, high + margin
    x, y = np.meshgrid(np.linspace(low[0], high[0], side), np.linspace(high[1], low[1], side))
    rows = np.linspace(0, len(values) - 1, min(len(values), MOST_POINTS // 2)).astype(np.int64)
    at = (values[rows] - low) / np.where(high > low, high - low, 1)
    at[:, 1] = 1 - at[:, 1]
    target = next(iter(dataset.preprocessing.outputs.values()))
    raw = np.asarray(next(iter(train.raw_y.values()))).reshape(len(values), -1)[rows, 0]
    classes = () if target.task in {REGRESSION, MULTI_LABEL} else tuple(target.classes)
    value = raw if classes else _scaled(raw, *_targets(dataset))
    grid = np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float32)
    project = resolve_defaults(project, dataset.facts)
    return NeuronPlane(grid, side, at, value, classes, project, dataset)


def _targets(dataset: Dataset) -> tuple[float, float]:
    values = np.asarray(next(iter(dataset.train.raw_y.values())), np.float64)
    values = values.reshape(len(values), -1)[:, 0]
    return float(values.min()), float(values.max())


def _scaled(values: Array, low: float, high: float) -> Array:
    return np.clip(np.nan_to_num((values - low) / ((high - low) or 1.0), nan=0.5), 0.0, 1.0)
