"""How one value of a layer's output comes about: which formula a layer has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from netbuilder.core.project.model import Graph
from netbuilder.core.results.computation_trace import attention_trace, feed_forward as plain
from netbuilder.core.results.computation_trace.computed_value import Array, ComputedValue, softmax
from netbuilder.core.results.computation_trace.pass_through import trace_pass_through
from netbuilder.core.results.computation_trace.recurrent_trace import (
    is_recurrent,
    trace_bidirectional,
    trace_recurrent,
)

#: Layers that hand the mask of their input on.
_PASS_MASK = frozenset(
    {
        "Activation", "BatchNormalization", "Bidirectional", "Dense", "Dropout", "GaussianDropout",
        "GaussianNoise", "GRU", "LayerNormalization", "LSTM", "SimpleRNN", "SpatialDropout1D",
        "TimeDistributed",
    }
)  # fmt: skip
#: A number that is further from the layer's own is not told: a formula that is not here made it.
_CLOSE = 2e-3


def trace_value(
    layer: str,
    params: Mapping[str, Any],
    weights: Mapping[str, Array],
    given: Array | Sequence[Array],
    index: tuple[int, ...],
    mask: Array | None = None,
) -> ComputedValue | None:
    """How one value of a layer's output comes about, for one sample.

    Args:
        layer: Keras's class name.
        params: the layer's arguments, as in a project.
        weights: by Keras's name: ``kernel``, ``bias``, ``recurrent_kernel``; in Keras's order.
        given: what the layer was given, without the batch axis; a list where it is several.
        index: of the value in the output, without the batch axis.
        mask: steps that count, (steps,), where the input has one.

    Returns:
        None for a layer whose numbers are not taken apart here.
    """
    several = [given] if isinstance(given, np.ndarray) else list(given)
    inputs = [np.asarray(one, float) for one in several]
    weights = {name: np.asarray(value, float) for name, value in weights.items()}
    first = inputs[0]
    if layer in attention_trace.LAYERS:
        return attention_trace.trace_attention(layer, params, weights, inputs, index, mask)
    if len(inputs) != 1:
        return trace_pass_through(layer, params, weights, inputs, index)
    if layer == "Dense" and "kernel" in weights:
        return plain.trace_dense(params, weights, first, index)
    if layer in ("Conv1D", "Conv2D", "Conv3D") and "kernel" in weights:
        return plain.trace_conv(int(layer[4]), params, weights, first, index)
    if layer.startswith(("MaxPooling", "AveragePooling")):
        return plain.trace_pooling(int(layer[-2]), layer.startswith("Max"), params, first, index)
    if layer.startswith("Global") and layer.endswith("D") and "Pooling" in layer:
        return plain.trace_global_pooling("Max" in layer, params, first, index)
    if is_recurrent(layer):
        return trace_recurrent(layer, params, weights, first, index, mask)
    if layer == "Bidirectional":
        return trace_bidirectional(params, weights, first, index, mask)
    if layer == "TimeDistributed" and isinstance(params.get("layer"), Mapping):
        inner = params["layer"]
        own = dict(inner.get("params") or {})
        return trace_value(str(inner.get("layer")), own, weights, first[index[0]], index[1:])
    if layer == "Softmax" or (layer == "Activation" and params.get("activation") == "softmax"):
        return softmax(first[index[:-1]], index[-1])
    if layer in ("Activation", "ReLU", "LeakyReLU"):
        return plain.trace_activation(layer, params, float(first[index]))
    return trace_pass_through(layer, params, weights, inputs, index)


def trace_node(
    graph: Graph,
    node_id: str,
    values: Mapping[str, Array],
    weights_of: Callable[[str], Mapping[str, Array]],
    index: tuple[int, ...],
) -> ComputedValue | None:
    """How one value of a node comes about in a network, or None where it cannot be told.

    Args:
        graph: the network.
        node_id: the node.
        values: what each node gives for a sample, by id, without a batch axis.
        weights_of: the weights by name of the node with an id.
        index: of the value in the node's output.
    """
    node = graph.by_id[node_id]
    owner = graph.by_id.get(node.shared or "", node)
    given = node_inputs(graph, node_id, values)
    if not given:
        return None
    mask = mask_at(graph, graph.sources[node_id][min(1, len(given) - 1)], values)
    number = trace_value(owner.layer, owner.params, weights_of(owner.id), given, index, mask)
    if number is None:
        return None
    own = float(values[node_id][index])
    return number if abs(number.value - own) <= _CLOSE * max(1.0, abs(own)) else None


def trace_state(
    graph: Graph,
    node_id: str,
    values: Mapping[str, Array],
    weights_of: Callable[[str], Mapping[str, Array]],
    step: int,
    unit: int,
) -> ComputedValue | None:
    """How one unit's state behind an earlier step of a recurrent node comes about.

    ``step`` is counted as the layer reads; other arguments are those of ``trace_node``.
    """
    node = graph.by_id[node_id]
    owner = graph.by_id.get(node.shared or "", node)
    given = node_inputs(graph, node_id, values)
    if not given or not is_recurrent(owner.layer):
        return None
    mask = mask_at(graph, graph.sources[node_id][0], values)
    params = {**owner.params, "return_sequences": True}
    return trace_value(owner.layer, params, weights_of(owner.id), given, (step, unit), mask)


def node_inputs(graph: Graph, node_id: str, values: Mapping[str, Array]) -> list[Array]:
    """What a node is given for a sample, in the order of its wires; [] where some is not known."""
    sources = graph.sources[node_id]
    if not sources or any(source not in values for source in sources):
        return []
    return [np.asarray(values[source]) for source in sources]


def mask_at(graph: Graph, node_id: str, values: Mapping[str, Array]) -> Array | None:
    """Which steps of a node's output count, (steps,); None: all of them."""
    node = graph.by_id[node_id]
    owner = graph.by_id.get(node.shared or "", node)
    sources = graph.sources[node_id]
    if len(sources) != 1 or sources[0] not in values:
        return None
    given = np.asarray(values[sources[0]])
    if owner.layer == "Embedding":
        return np.asarray(given != 0) if owner.params.get("mask_zero") else None
    if owner.layer == "Masking":
        empty = float(owner.params.get("mask_value") or 0.0)
        return np.asarray((given != empty).any(axis=-1))
    return mask_at(graph, sources[0], values) if owner.layer in _PASS_MASK else None
