"""Encodes numbers as bins: two layers behind an Input, where the data asks for them.

A number becomes its progress through each bin, 0 to 1 (piecewise-linear encoding; Gorishniy,
Rubachev, Babenko 2022): an untrained Dense layer and a ReLU that ends at 1. No project has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from netbuilder.core.data.preprocessing.scaling import Bins, bin_count, bin_weights
from netbuilder.core.project.keras_names import keras_name
from netbuilder.core.project.model import Edge, Graph, Node

if TYPE_CHECKING:
    import keras

_SUFFIX = "_bins"


def with_bins(graph: Graph, widths: Mapping[str, int]) -> Graph:
    """Return the graph with the two layers behind each Input of ``widths`` (bins by Input id)."""
    behind: dict[str, str] = {}
    nodes: list[Node] = []
    edges: list[Edge] = []
    for node in graph.nodes:
        nodes.append(node)
        if node.id in widths and node.layer == "Input" and f"{node.id}{_SUFFIX}" not in graph.by_id:
            bins, clip = f"{node.id}{_SUFFIX}", clip_id(node.id)
            units = {"units": widths[node.id], "trainable": False}
            nodes += [Node(bins, "Dense", units), Node(clip, "ReLU", {"max_value": 1.0})]
            edges += [(node.id, bins), (bins, clip)]
            behind[node.id] = clip
    if not behind:
        return graph
    rest = tuple((behind.get(source, source), target) for source, target in graph.edges)
    return replace(graph, nodes=tuple(nodes), edges=(*edges, *rest))


def bins_input(node: Node) -> str:
    """Return the id of the Input whose bins a layer of ``with_bins`` computes; "" of any other."""
    fixed = node.layer == "Dense" and node.params.get("trainable") is False
    return node.id.removesuffix(_SUFFIX) if fixed and node.id.endswith(_SUFFIX) else ""


def clip_id(name: str) -> str:
    """Return the id of the layer that gives the bins of the Input ``name``."""
    return f"{name}{_SUFFIX}_clip"


def bin_widths(bins: Mapping[str, Bins]) -> dict[str, int]:
    """Return the number of bins by Input id."""
    return {name: bin_count(edges) for name, edges in bins.items() if edges}


def graph_of_model(graph: Graph, training_model: keras.Model) -> Graph:
    """Return the graph that ``training_model`` was built from: ``graph`` with the bins in it."""
    units = {layer.name: getattr(layer, "units", 0) for layer in training_model.layers}
    names = {name: keras_name(f"{name}{_SUFFIX}") for name in graph.inputs}
    return with_bins(graph, {key: units[name] for key, name in names.items() if name in units})


def set_bins(layers: Mapping[str, keras.Layer], bins: Mapping[str, Bins]) -> None:
    """Set the weights of the layers, by node id, from the edges of the bins."""
    for name, edges in bins.items():
        layer = layers.get(f"{name}{_SUFFIX}")
        if layer is not None and edges:
            layer.set_weights(bin_weights(edges))
