"""How weights, gradients and activations of the layers spread, and how that changes in a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.dataset import Dataset
from netbuilder.core.engine.probes import Probe
from netbuilder.core.project.model import Project
from netbuilder.core.results.live.view_data import Found, HistogramPicture, ViewRequest

Array = NDArray[Any]
BINS, MOST_MOMENTS, MOST_LAYERS, MOST_VALUES, ROWS = 40, 120, 8, 2000, 256
WEIGHTS, GRADIENTS, ACTIVATIONS = "weights", "gradients", "activations"
_IDLE = frozenset({"Input", "Flatten", "Dropout", "Activation", "Reshape"})


def learning_nodes(project: Project) -> tuple[str, ...]:
    """Nodes that may have weights, at most eight, in the order of the network."""
    graph = project.graph
    found = [
        n for n in graph.order if graph.by_id[n].layer not in _IDLE and not graph.by_id[n].shared
    ]
    return tuple(found[:MOST_LAYERS])


class HistogramHistory:
    """Histograms of a run so far, a moment for each answer.

    Args:
        what: ``WEIGHTS``, ``GRADIENTS`` or ``ACTIVATIONS``.
        nodes: of the layers, in the order of the network.
    """

    def __init__(self, what: str, nodes: tuple[str, ...]) -> None:
        self.what, self.nodes = what, nodes
        self._spreads: dict[str, LayerHistograms] = {}
        self._epochs: list[int] = []

    def __len__(self) -> int:
        return len(self._epochs)

    def copy(self) -> HistogramHistory:
        """Another one that begins with the same moments."""
        made = HistogramHistory(self.what, self.nodes)
        made._spreads = {node: spread.copy() for node, spread in self._spreads.items()}
        made._epochs = list(self._epochs)
        return made

    def add(self, found: Found) -> HistogramPicture:
        """One more moment; give all of them. An answer about other things adds none."""
        told = _told(found, self.what, self.nodes)
        for node, values in told.items():
            self._spreads.setdefault(node, LayerHistograms()).add(values)
        if told:
            self._epochs.append(found.epoch)
        if len(self._epochs) > MOST_MOMENTS:  # every other one: the whole run stays in view
            del self._epochs[1:-1:2]
            for spread in self._spreads.values():
                spread.thin()
        layers = {node: (np.array(one.shares), one.edges) for node, one in self._spreads.items()}
        return HistogramPicture(self.what, layers, np.array(self._epochs))


def histogram_request(
    dataset: Dataset, project: Project, what: str, before: HistogramHistory | None = None
) -> ViewRequest:
    """Ask for numbers of the layers; each answer is one more moment of their histograms.

    As TensorBoard's histograms, in 40 bins: all weights of a layer but its biases, the loss's
    gradients by these, or what the layer gives. Gradients and activations are those of the same
    256 training rows at all times. The bins of a layer go as far as its numbers have gone.

    Args:
        dataset: what is trained with.
        project: the network.
        what: ``WEIGHTS``, ``GRADIENTS`` or ``ACTIVATIONS``.
        before: moments of the same run, to go on from.
    """
    nodes = learning_nodes(project)
    goes_on = before is not None and before.nodes == nodes
    moments = before.copy() if before is not None and goes_on else HistogramHistory(what, nodes)
    return ViewRequest(_probe(dataset, nodes, what), moments.add, grows=True)


def _probe(dataset: Dataset, nodes: tuple[str, ...], what: str) -> Probe:
    if what == WEIGHTS:
        return Probe("surface", weights=nodes, every=0.25, slowest=1.0)
    train = dataset.train
    x = {name: values[:ROWS] for name, values in train.x.items()}
    if what == ACTIVATIONS:
        return Probe("surface", outputs=nodes, x=x, every=0.25, slowest=1.0)
    y = {name: values[:ROWS] for name, values in train.y.items()}
    return Probe("surface", gradients=nodes, x=x, y=y, every=0.25, slowest=1.0)


def _told(found: Found, what: str, nodes: tuple[str, ...]) -> dict[str, Array]:
    """The numbers by node, flat; nodes without any are left out."""
    if what == ACTIVATIONS:
        return {
            node: np.asarray(found.outputs[node]).reshape(-1)
            for node in nodes
            if node in found.outputs
        }
    named: Mapping[str, Mapping[str, Array]] = found.weights if what == WEIGHTS else found.gradients
    told: dict[str, Array] = {}
    for node in nodes:
        arrays = [
            np.asarray(value).reshape(-1)
            for name, value in named.get(node, {}).items()
            if "bias" not in name
        ]
        if arrays:
            told[node] = np.concatenate(arrays)
    return told


class LayerHistograms:
    """Histograms of one layer, a moment each, in bins that all moments have in common.

    Attributes:
        shares: a row a moment: the share of the values in each bin.
        edges: of the bins, (bins + 1,).
    """

    def __init__(self) -> None:
        self.shares: list[Array] = []
        self.edges: Array = np.zeros(0)
        self._values: list[Array] = []

    def add(self, values: Array) -> None:
        """One more moment; at most 2,000 values, evenly chosen, are counted."""
        chosen = np.asarray(values[:: max(1, len(values) // MOST_VALUES)], np.float32)
        finite = chosen[np.isfinite(chosen)]
        self._values.append(finite)
        low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
        if not len(self.edges) or low < self.edges[0] or high > self.edges[-1]:
            self._widen(low, high)
        else:
            self.shares.append(self._counted(finite))

    def copy(self) -> LayerHistograms:
        """Another one with the same moments."""
        made = LayerHistograms()
        made.shares, made.edges, made._values = list(self.shares), self.edges, list(self._values)
        return made

    def _widen(self, low: float, high: float) -> None:
        """Wider bins, and all moments counted anew; with room, so that it seldom happens."""
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
        """Leave every other moment out; the first and the last stay."""
        del self.shares[1:-1:2]
        del self._values[1:-1:2]
