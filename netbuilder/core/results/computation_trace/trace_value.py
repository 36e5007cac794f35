"""Trace of one value of a layer's output."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np

from netbuilder.core.catalog.layers.layer_index import spec_of
from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Graph
from netbuilder.core.results.computation_trace import attention_trace, feed_forward as plain
from netbuilder.core.results.computation_trace.computed_value import (
    Array,
    ComputedValue,
    ProductTerm,
    format_value,
    place_name,
    softmax,
)
from netbuilder.core.results.computation_trace.recurrent_trace import (
    is_recurrent,
    trace_bidirectional,
    trace_recurrent,
)
from netbuilder.core.wording import join_values

_JOINED: Mapping[str, tuple[str, Callable[[float, float], float]]] = {
    "Add": (" + ", lambda a, b: a + b),
    "Subtract": (" − ", lambda a, b: a - b),
    "Multiply": (" · ", lambda a, b: a * b),
}
_CHOSEN: Mapping[str, tuple[str, Callable[[Sequence[float]], float]]] = {
    "Average": ("mean", lambda values: float(np.mean(values))),
    "Maximum": ("largest", max),
    "Minimum": ("smallest", min),
}
_MOVED = frozenset({"Flatten", "Reshape"})


def trace_pass_through(
    layer: str,
    params: Mapping[str, Any],
    weights: Mapping[str, Array],
    inputs: Sequence[Array],
    index: tuple[int, ...],
) -> ComputedValue | None:
    """Trace a value of a layer that only moves or scales values; None of others. Arguments as for
    ``trace_value``."""
    if len(inputs) > 1:
        return _merged(layer, params, inputs, index)
    x = inputs[0]
    if spec_of(layer).noise and _within(index, x):
        own = float(x[index])
        return _told(
            own,
            _(
                "{layer} is active only during training; now it passes on {value}",
                layer=layer,
                value=format_value(own),
            ),
        )
    if layer in _MOVED:
        out = (x.size,) if layer == "Flatten" else _shape(params, x.size)
        if out is None or len(out) != len(index):
            return None
        place = np.unravel_index(int(np.ravel_multi_index(index, out)), x.shape)
        where = place_name(tuple(int(number) for number in place))
        own = float(x[place])
        return _told(
            own,
            _("{place} = {value}: only the position changes", place=where, value=format_value(own)),
        )
    if layer == "BatchNormalization" and "moving_mean" in weights:
        return _normalised(params, weights, x, index)
    if layer == "Rescaling" and not isinstance(params.get("scale"), (list, tuple)):
        scale, offset = (float(params.get(name, other)) for name, other in
                         (("scale", 1.0), ("offset", 0.0)))  # fmt: skip
        own = float(x[index])
        value = own * scale + offset
        line = (
            f"{format_value(own)} · {format_value(scale)} + {format_value(offset)}"
            f" = {format_value(value)}"
        )
        return _told(value, line)
    return None


def _within(index: tuple[int, ...], x: Array) -> bool:
    return len(index) == x.ndim and all(a < n for a, n in zip(index, x.shape, strict=True))


def _told(value: float, *lines: str) -> ComputedValue:
    return ComputedValue(value, "told", lines=lines)


def _shape(params: Mapping[str, Any], size: int) -> tuple[int, ...] | None:
    """Return Reshape's output shape; -1 is replaced by the rest."""
    lengths = [int(length) for length in params.get("target_shape") or ()]
    known = int(np.prod([length for length in lengths if length > 0], dtype=np.int64))
    shape = tuple(size // known if length == -1 and known else length for length in lengths)
    return shape if shape and int(np.prod(shape)) == size else None


def _merged(
    layer: str, params: Mapping[str, Any], inputs: Sequence[Array], index: tuple[int, ...]
) -> ComputedValue | None:
    if layer == "Concatenate":
        return _concatenated(params, inputs, index)
    if any(array.shape != inputs[0].shape for array in inputs):
        return None  # lengths of 1 that are repeated
    values = [float(array[index]) for array in inputs]
    if layer in _JOINED:
        sign, join = _JOINED[layer]
        value = reduce(join, values)
        return _told(value, f"{sign.join(map(format_value, values))} = {format_value(value)}")
    if layer in _CHOSEN:
        name, choose = _CHOSEN[layer]
        value = float(choose(values))
        return _told(
            value,
            _(
                "{rule} of {values} = {value}",
                rule=_(name),
                values=join_values(map(format_value, values)),
                value=format_value(value),
            ),
        )
    return None


def _concatenated(
    params: Mapping[str, Any], inputs: Sequence[Array], index: tuple[int, ...]
) -> ComputedValue | None:
    axis = int(params.get("axis", -1))
    axis = axis + inputs[0].ndim if axis < 0 else axis - 1  # the batch is not counted here
    if not 0 <= axis < inputs[0].ndim:
        return None
    place = list(index)
    for number, array in enumerate(inputs):
        if place[axis] < array.shape[axis]:
            own = float(array[tuple(place)])
            where = place_name(tuple(place))
            return _told(
                own,
                _(
                    "{place} of input {number} = {value}",
                    place=where,
                    number=number + 1,
                    value=format_value(own),
                ),
            )
        place[axis] -= array.shape[axis]
    return None


def _normalised(
    params: Mapping[str, Any], weights: Mapping[str, Array], x: Array, index: tuple[int, ...]
) -> ComputedValue | None:
    """Trace batch normalisation with moving statistics (Ioffe and Szegedy, 2015)."""
    axis = int(params.get("axis", -1))
    unit = index[axis if axis < 0 else axis - 1]
    mean, spread = float(weights["moving_mean"][unit]), float(weights["moving_variance"][unit])
    size = float(np.sqrt(spread + float(params.get("epsilon", 1e-3))))
    gamma = float(weights["gamma"][unit]) if "gamma" in weights else 1.0
    beta = float(weights["beta"][unit]) if "beta" in weights else 0.0
    own = float(x[index])
    value = (own - mean) / size * gamma + beta
    line = _(
        "({input} − mean {mean}) ÷ standard deviation {deviation} · {gamma} + {beta} = {value}",
        input=format_value(own),
        mean=format_value(mean),
        deviation=format_value(size),
        gamma=format_value(gamma),
        beta=format_value(beta),
        value=format_value(value),
    )
    return ComputedValue(
        value, "told", (ProductTerm(place_name(index), own, gamma / size),), lines=(line,)
    )


#: Layers that hand the mask of their input on.
_PASS_MASK = frozenset(resource_json("keras_names.json")["mask_layers"])
#: Largest difference to the layer's own output; beyond it the formula is another one.
_CLOSE = 2e-3


def trace_value(
    layer: str,
    params: Mapping[str, Any],
    weights: Mapping[str, Array],
    arrays: Array | Sequence[Array],
    index: tuple[int, ...],
    mask: Array | None = None,
) -> ComputedValue | None:
    """Trace one value of a layer's output for a sample; None of unknown layers.

    Args:
        weights: by Keras's name (``kernel``, ``bias``), in Keras's order.
        arrays: the input without the batch axis; a list of several inputs.
        index: of the value in the output, without the batch axis.
        mask: steps that count, (steps,), if the input has one.
    """
    several = [arrays] if isinstance(arrays, np.ndarray) else list(arrays)
    inputs = [np.asarray(array, float) for array in several]
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
    """Trace one value of a node in a network, or return None.

    ``values``: output of each node for a sample, by id, without a batch axis; ``weights_of``:
    returns the weights of a node by name; ``index``: of the value in the node's output.
    """
    node = graph.by_id[node_id]
    owner = graph.by_id.get(node.shared or "", node)
    inputs = node_inputs(graph, node_id, values)
    if not inputs:
        return None
    mask = mask_at(graph, graph.sources[node_id][min(1, len(inputs) - 1)], values)
    number = trace_value(owner.layer, owner.params, weights_of(owner.id), inputs, index, mask)
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
    """Trace a unit's state after ``step`` (in reading order) of a recurrent node; see
    ``trace_node``."""
    node = graph.by_id[node_id]
    owner = graph.by_id.get(node.shared or "", node)
    inputs = node_inputs(graph, node_id, values)
    if not inputs or not is_recurrent(owner.layer):
        return None
    mask = mask_at(graph, graph.sources[node_id][0], values)
    params = {**owner.params, "return_sequences": True}
    return trace_value(owner.layer, params, weights_of(owner.id), inputs, (step, unit), mask)


def node_inputs(graph: Graph, node_id: str, values: Mapping[str, Array]) -> list[Array]:
    """Return a node's inputs for a sample, in the order of connections; [] if one is unknown."""
    sources = graph.sources[node_id]
    if not sources or any(source not in values for source in sources):
        return []
    return [np.asarray(values[source]) for source in sources]


def mask_at(graph: Graph, node_id: str, values: Mapping[str, Array]) -> Array | None:
    """Return which steps of a node's output count, (steps,); None: all."""
    node = graph.by_id[node_id]
    owner = graph.by_id.get(node.shared or "", node)
    sources = graph.sources[node_id]
    if len(sources) != 1 or sources[0] not in values:
        return None
    ids = np.asarray(values[sources[0]])
    if owner.layer == "Embedding":
        return np.asarray(ids != 0) if owner.params.get("mask_zero") else None
    if owner.layer == "Masking":
        empty = float(owner.params.get("mask_value") or 0.0)
        return np.asarray((ids != empty).any(axis=-1))
    return mask_at(graph, sources[0], values) if owner.layer in _PASS_MASK else None
