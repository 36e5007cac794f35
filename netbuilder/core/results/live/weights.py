"""How the weights of the layers spread, and how that changes while the network learns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.dataset import Dataset
from netbuilder.core.engine.probes import Probe
from netbuilder.core.project.model import Project
from netbuilder.core.results.live.pictures import Asked, HistogramPicture

Array = NDArray[Any]
BINS, MOST_MOMENTS, MOST_LAYERS = 40, 120, 8


def learning_nodes(project: Project) -> tuple[str, ...]:
    """Nodes that may have weights, at most eight, in the order of the network."""
    graph = project.graph
    idle = {"Input", "Flatten", "Dropout", "Activation", "Reshape"}
    found = [
        n for n in graph.order if graph.by_id[n].layer not in idle and not graph.by_id[n].shared
    ]
    return tuple(found[:MOST_LAYERS])


def histograms(dataset: Dataset, project: Project) -> Asked:
    """Ask for the layers' weights; each answer is one more moment of their histograms.

    As TensorBoard's histograms: all weights of a layer but its biases in 40 bins. The bins of a
    layer go as far as its weights have gone; what was counted before is kept as it was counted.
    """
    nodes = learning_nodes(project)
    moments: dict[str, list[Array]] = {}

    def read_weights(weights: Mapping[str, Mapping[str, Array]]) -> HistogramPicture:
        for node in nodes:
            arrays = [
                np.asarray(value, np.float64).reshape(-1)
                for name, value in weights.get(node, {}).items()
                if "bias" not in name
            ]
            if arrays:
                kept = moments.setdefault(node, [])
                kept.append(_sample(np.concatenate(arrays)))
                if len(kept) > MOST_MOMENTS:  # every other one: the whole run stays in view
                    del kept[1:-1:2]
        return HistogramPicture({node: stacked(kept) for node, kept in moments.items()})

    return Asked(
        Probe("surface", weights=nodes, every=0.25), lambda outputs: read_weights({}), read_weights
    )


def _sample(values: Array) -> Array:
    """At most 4,000 values, evenly chosen: enough for 40 bins."""
    step = max(1, len(values) // 4000)
    return values[::step]


def stacked(moments: list[Array]) -> tuple[Array, Array]:
    """Shares (moments, bins) of the values in bins that all moments have in common, and the bins'
    edges (bins + 1,)."""
    finite = [values[np.isfinite(values)] for values in moments]
    whole = np.concatenate(finite) if finite else np.zeros(0)
    low, high = (float(whole.min()), float(whole.max())) if len(whole) else (-1.0, 1.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, BINS + 1)
    counts = [np.histogram(values, edges)[0] / max(len(values), 1) for values in finite]
    return np.array(counts), edges
