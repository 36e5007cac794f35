"""Activations of a sample, weights and filters of a trained network."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.dataset import Split
from netbuilder.core.engine.networks import graph_to_keras
from netbuilder.core.engine.networks.graph_to_keras import connect_layers, model_inputs, owner_of
from netbuilder.core.engine.networks.quantile_bins import clip_id, graph_of_model
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.project.keras_names import keras_name
from netbuilder.core.results.own_units import preprocessing_of

if TYPE_CHECKING:
    import keras

Array = NDArray[Any]

# By network: a model that outputs every node, and the nodes in its order.
_probes: WeakKeyDictionary[Any, tuple[keras.Model, tuple[str, ...]]] = WeakKeyDictionary()


@dataclass(frozen=True)
class WeightStats:
    """Statistics of a weight array: its Keras ``name``, a histogram (``counts``, ``edges``), and
    the share ``near_zero`` below a thousandth of the largest."""

    name: str
    shape: tuple[int, ...]
    count: int
    mean: float
    deviation: float
    minimum: float
    maximum: float
    near_zero: float
    counts: NDArray[np.int64]
    edges: NDArray[np.float64]
    trainable: bool = True


def raw_sample(split: Split, index: int) -> dict[str, Array]:
    """Return raw values of one sample by Input id, without a batch axis."""
    return {key: values[index] for key, values in split.raw_x.items()}


def node_activations(trained: TrainedModel, sample: Mapping[str, Array]) -> dict[str, Array]:
    """Return the output of every node for one sample, by node id and without a batch axis.

    Inputs are scaled as the network sees them, outputs not yet in own units.

    ``sample``: raw values by Input id, without a batch axis. Raise DataError if a value is missing
    or has another shape than its Input.
    """
    preprocessing = preprocessing_of(trained)
    names = model_inputs(trained.project.graph)
    ready: dict[str, Array] = {}
    for name in names:
        entry = preprocessing.inputs[name]
        if name not in sample:
            raise data_error("sample_incomplete", name=name)
        raw = np.asarray(sample[name])
        fits = raw.ndim == len(entry.shape) and all(
            want is None or want == got for want, got in zip(entry.shape, raw.shape, strict=True)
        )
        if not fits:
            raise data_error("sample_shape", name=name, shape=raw.shape, wanted=entry.shape)
        ready[name] = entry.apply(raw[None])
    model, nodes = node_outputs(trained)
    values = [ready[name] for name in names]
    outputs = listed_outputs(model(values[0] if len(values) == 1 else values, training=False))
    activations = {name: value[0] for name, value in ready.items()}
    activations.update(
        {node: np.asarray(value)[0] for node, value in zip(nodes, outputs, strict=True)}
    )
    return activations


def listed_outputs(outputs: Any) -> list[Any]:
    """Return a model's outputs as a list, also a single one."""
    return list(outputs) if isinstance(outputs, list | tuple) else [outputs]


def node_outputs(trained: TrainedModel) -> tuple[keras.Model, tuple[str, ...]]:
    """Return a model with the network's layers that outputs every node, and the nodes."""
    import keras

    if trained.training_model in _probes:
        return _probes[trained.training_model]
    graph = graph_of_model(trained.project.graph, trained.training_model)
    names = model_inputs(graph)
    by_name = {layer.name: layer for layer in trained.training_model.layers}
    inputs = [
        keras.Input(tuple(tensor.shape[1:]), dtype=tensor.dtype)
        for tensor in trained.training_model.inputs
    ]
    tensors: dict[str, Any] = dict(zip(names, inputs, strict=True))
    connect_layers(graph, lambda node: by_name[keras_name(owner_of(node, graph).id)], tensors)
    bins = {node: source for source in names for node in graph.by_id if node == clip_id(source)}
    ids = [
        node
        for node in graph.order
        if node in bins or (node in trained.project.graph.by_id and node not in names)
        if node in tensors
    ]
    model = keras.Model(inputs[0] if len(inputs) == 1 else inputs, [tensors[node] for node in ids])
    # The output of an Input with bins is the bins.
    nodes = tuple(bins.get(node, node) for node in ids)
    _probes[trained.training_model] = (model, nodes)
    return model, nodes


def layer_of(trained: TrainedModel, node_id: str) -> Any:
    """Return the Keras layer of a node; None of an Input or unknown node."""
    return graph_to_keras.layer_of(trained.training_model, trained.project.graph, node_id)


def weights_of(trained: TrainedModel, node_id: str) -> dict[str, Array]:
    """Return the weight arrays of a node by name ("kernel", "bias", ...)."""
    layer = layer_of(trained, node_id)
    if layer is None:
        return {}
    arrays: dict[str, Array] = {}
    for weight in layer.weights:
        name = weight.name if weight.name not in arrays else weight.path
        arrays[name] = np.asarray(weight.numpy())
    return arrays


def frozen_of(trained: TrainedModel, node_id: str) -> frozenset[str]:
    """Return the names of a node's weights that are not trainable."""
    layer = layer_of(trained, node_id)
    if layer is None:
        return frozenset()
    still = {id(weight) for weight in layer.non_trainable_weights}
    names = weights_of(trained, node_id)
    return frozenset(n for n, w in zip(names, layer.weights, strict=True) if id(w) in still)


def array_stats(
    weights: Mapping[str, Array], frozen: Collection[str] = (), bins: int = 40
) -> tuple[WeightStats, ...]:
    """Return statistics and a histogram of each weight array.

    ``weights``: by Keras's name; ``frozen``: names of those that are not trained; ``bins``: of the
    histograms.
    """
    stats = []
    for name, values in weights.items():
        if values.dtype.kind not in "fiu" or values.size == 0:
            continue
        flat = np.asarray(values, np.float64).reshape(-1)
        counts, edges = np.histogram(flat, bins=bins)
        largest = float(np.abs(flat).max())
        stats.append(
            WeightStats(
                name=name,
                shape=values.shape,
                count=int(flat.size),
                mean=float(flat.mean()),
                deviation=float(flat.std()),
                minimum=float(flat.min()),
                maximum=float(flat.max()),
                near_zero=float((np.abs(flat) <= 1e-3 * largest).mean()),
                counts=counts,
                edges=edges,
                trainable=name not in frozen,
            )
        )
    return tuple(stats)


def layer_filters(layer: str, weights: Mapping[str, Array]) -> Array | None:
    """Return the filters of a convolution, given its class name and weights.

    Returns:
        float (filters, height, width), the mean over input channels, or (filters, height, width, 3)
            of
        colour inputs; height 1 for ``Conv1D``. None for layers without such filters.
    """
    kernel = weights.get("kernel")
    if kernel is None or layer not in {"Conv1D", "Conv2D", "DepthwiseConv2D"}:
        return None
    filters: Array = kernel
    if kernel.ndim == 3:
        filters = kernel.mean(axis=1).T[:, None, :]
    elif layer == "DepthwiseConv2D":
        filters = kernel.reshape(*kernel.shape[:2], -1).transpose(2, 0, 1)
    elif kernel.shape[2] == 3:
        filters = kernel.transpose(3, 0, 1, 2)
    else:
        filters = kernel.mean(axis=2).transpose(2, 0, 1)
    return filters


def as_pictures(values: Array) -> Array:
    """Return a node's values as pictures, float (count, height, width).

    (height, width, channels) gives a picture per channel; (steps, features) one of features over
    time; anything else one row.
    """
    values = np.asarray(values, np.float64)
    if values.ndim == 3:
        return values.transpose(2, 0, 1)
    if values.ndim == 2:
        return values.T[None]
    return values.reshape(1, 1, -1)
