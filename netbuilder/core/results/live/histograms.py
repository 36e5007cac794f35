"""Histograms of weights, gradients and activations during a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.dataset import Dataset
from netbuilder.core.engine.monitor.observer import Probe
from netbuilder.core.project.model import Project
from netbuilder.core.results.live.view_data import Found, HistogramPicture, ViewRequest

Array = NDArray[Any]
BINS, MOST_MOMENTS, MOST_LAYERS, MOST_VALUES, ROWS = 40, 120, 8, 2000, 256
WEIGHTS, GRADIENTS, ACTIVATIONS = "weights", "gradients", "activations"
_IDLE = frozenset({"Input", "Flatten", "Dropout", "Activation", "Reshape"})


def learning_nodes(project: Project) -> tuple[str, ...]:
    """Return the nodes that may have weights, at most ``MOST_LAYERS``."""
    graph = project.graph
    nodes = [
        n for n in graph.order if graph.by_id[n].layer not in _IDLE and not graph.by_id[n].shared
    ]
    return tuple(nodes[:MOST_LAYERS])


class HistogramHistory:
    """Histograms of ``kind`` (``WEIGHTS``, ``GRADIENTS``, ``ACTIVATIONS``) by node and moment."""

    def __init__(self, kind: str, nodes: tuple[str, ...]) -> None:
        self.kind, self.nodes = kind, nodes
        self._spreads: dict[str, LayerHistograms] = {}
        self._epochs: list[int] = []

    def __len__(self) -> int:
        return len(self._epochs)

    def copy(self) -> HistogramHistory:
        """Return a copy."""
        copied = HistogramHistory(self.kind, self.nodes)
        copied._spreads = {node: spread.copy() for node, spread in self._spreads.items()}
        copied._epochs = list(self._epochs)
        return copied

    def add(self, answer: Found) -> HistogramPicture:
        """Append a moment and return all of them; a result without these values adds none."""
        arrays = _told(answer, self.kind, self.nodes)
        for node, values in arrays.items():
            self._spreads.setdefault(node, LayerHistograms()).add(values)
        if arrays:
            self._epochs.append(answer.epoch)
        if len(self._epochs) > MOST_MOMENTS:  # every other one: the whole run stays in view
            del self._epochs[1:-1:2]
            for spread in self._spreads.values():
                spread.thin()
        layers = {
            node: (np.array(histograms.shares), histograms.edges)
            for node, histograms in self._spreads.items()
        }
        return HistogramPicture(self.kind, layers, np.array(self._epochs))


def histogram_request(
    dataset: Dataset, project: Project, kind: str, before: HistogramHistory | None = None
) -> ViewRequest:
    """Request values of the layers; each result adds a moment to their histograms.

    Weights without biases, the loss's gradients by these, or activations; the last two always of
    the same 256 training rows. ``before``: moments of the same run to continue.
    """
    nodes = learning_nodes(project)
    goes_on = before is not None and before.nodes == nodes
    moments = before.copy() if before is not None and goes_on else HistogramHistory(kind, nodes)
    return ViewRequest(_probe(dataset, nodes, kind), moments.add, grows=True)


def _probe(dataset: Dataset, nodes: tuple[str, ...], kind: str) -> Probe:
    if kind == WEIGHTS:
        return Probe("surface", weights=nodes, every=0.25, slowest=1.0)
    train = dataset.train
    x = {name: values[:ROWS] for name, values in train.x.items()}
    if kind == ACTIVATIONS:
        return Probe("surface", outputs=nodes, x=x, every=0.25, slowest=1.0)
    y = {name: values[:ROWS] for name, values in train.y.items()}
    return Probe("surface", gradients=nodes, x=x, y=y, every=0.25, slowest=1.0)


def _told(answer: Found, kind: str, nodes: tuple[str, ...]) -> dict[str, Array]:
    """Return the flat values by node; nodes without any are left out."""
    if kind == ACTIVATIONS:
        return {
            node: np.asarray(answer.outputs[node]).reshape(-1)
            for node in nodes
            if node in answer.outputs
        }
    named: Mapping[str, Mapping[str, Array]] = (
        answer.weights if kind == WEIGHTS else answer.gradients
    )
    by_node: dict[str, Array] = {}
    for node in nodes:
        arrays = [
            np.asarray(value).reshape(-1)
            for name, value in named.get(node, {}).items()
            if "bias" not in name
        ]
        if arrays:
            by_node[node] = np.concatenate(arrays)
    return by_node


class LayerHistograms:
    """Histograms of a layer: ``shares`` (moments, bins), with common ``edges`` (bins + 1,)."""

    def __init__(self) -> None:
        self.shares: list[Array] = []
        self.edges: Array = np.zeros(0)
        self._values: list[Array] = []

    def add(self, values: Array) -> None:
        """Append a moment; at most 2,000 values are counted."""
        chosen = np.asarray(values[:: max(1, len(values) // MOST_VALUES)], np.float32)
        finite = chosen[np.isfinite(chosen)]
        self._values.append(finite)
        low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
        if not len(self.edges) or low < self.edges[0] or high > self.edges[-1]:
            self._widen(low, high)
        else:
            self.shares.append(self._counted(finite))

    def copy(self) -> LayerHistograms:
        """Return a copy."""
        copied = LayerHistograms()
        copied.shares, copied.edges, copied._values = (
            list(self.shares),
            self.edges,
            list(self._values),
        )
        return copied

    def _widen(self, low: float, high: float) -> None:
        """Widen the bins, with a margin so that this is rare, and count all moments again."""
        if len(self.edges):
            room = 0.1 * (max(high, self.edges[-1]) - min(low, self.edges[0]))
            low = low - room if low < self.edges[0] else float(self.edges[0])
            high = high + room if high > self.edges[-1] else float(self.edges[-1])
        if low == high:
            low, high = low - 0.5, high + 0.5
        self.edges = np.linspace(low, high, BINS + 1)
        self.shares = [self._counted(values) for values in self._values]

    def _counted(self, values: Array) -> Array:
        return np.histogram(values, self.edges)[0] / max(len(values), 1)

    def thin(self) -> None:
        """Drop every other moment, except the first and the last."""
        del self.shares[1:-1:2]
        del self._values[1:-1:2]
