"""Finds the first layers of a network whose outputs stay the same all through a training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.engine.networks.graph_to_keras import (
    compile_model,
    connect_layers,
    model_inputs,
    owner_of,
)
from netbuilder.core.engine.networks.quantile_bins import graph_of_model
from netbuilder.core.engine.networks.tracing import reset_keras_names, tracing
from netbuilder.core.project.keras_names import keras_name
from netbuilder.core.project.model import Graph, Project

if TYPE_CHECKING:
    import keras

# Least multiply-adds an epoch that pay: a few hundredths of a second.
LEAST_WORK = 1e9
# A backbone's convolutions work on maps that are smaller than its pictures by this, on average.
_STRIDE = 32
_RATES = ("rate", "dropout", "recurrent_dropout", "stddev")
_CHANGING = ("Lambda", "SpectralNormalization")


@dataclass(frozen=True)
class FrozenPrefix:
    """Layers whose outputs depend on the samples alone.

    Attributes:
        nodes: the layers, by node id.
        cut: ids of what the rest of the network reads: outputs of ``nodes``, and Inputs.
        sources: the Inputs that ``nodes`` read.
        shapes: shape and type of one sample of the outputs in ``cut``, in its order.
        model: from ``sources`` to these, of the network's own layers.
    """

    nodes: frozenset[str]
    cut: tuple[str, ...]
    sources: tuple[str, ...]
    shapes: Mapping[str, tuple[tuple[int, ...], str]]
    model: keras.Model


@dataclass(frozen=True)
class FrozenLayers:
    """Result of ``find_frozen_layers``.

    ``prefix``: None where it does not pay. ``layer``: id of a frozen layer that is slow and still
    computed in every epoch, or "". ``random``: id of the random layer that is the reason; "" if
    it is memory.
    """

    prefix: FrozenPrefix | None = None
    layer: str = ""
    random: str = ""


class _Call(NamedTuple):
    """A layer as a node applies it, and its symbolic output."""

    layer: Any
    tensor: Any


def find_frozen_layers(
    model: keras.Model, project: Project, rows: int, room: float
) -> FrozenLayers:
    """Find the layers to compute once, of a network just built from ``project``.

    ``rows`` is the number of samples, ``room`` the bytes that the outputs of all may take.
    """
    graph = graph_of_model(project.graph, model)
    calls = _calls(model, graph)
    work = {name: rows * _multiply_adds(call) for name, call in calls.items()}
    inputs, nodes, prefix = set(model_inputs(graph)), set[str](), None
    most = (LEAST_WORK, 0.0)
    for name, call in calls.items():
        masked = getattr(call.tensor, "_keras_mask", None) is not None
        within = (nodes | inputs).issuperset(graph.sources[name]) and name not in graph.outputs
        if masked or not within or not is_fixed(call.layer):
            continue
        nodes.add(name)
        cut = _cut(graph, nodes) - inputs
        size = rows * sum(_bytes(calls[key].tensor) for key in cut)
        # A convolution leaves its activation to the pooling behind it, see ``fast_layers``.
        whole = not any("call" in vars(calls[key].layer) for key in cut)
        gain = (sum(work[key] for key in nodes), -size)
        if whole and size <= room and gain > most:
            prefix, most = frozenset(nodes), gain
    if prefix is not None:
        return FrozenLayers(_prefix(graph, model, calls, prefix))
    for name, call in calls.items():
        if work[name] > LEAST_WORK and not call.layer.trainable_variables:
            before = [key for key in calls if _leads_to(graph, key, name)]
            random = next((key for key in before if is_random(calls[key].layer)), "")
            if random or name in nodes:
                return FrozenLayers(None, name, random)
    return FrozenLayers()


def trained_part(
    model: keras.Model, prefix: FrozenPrefix, project: Project, facts: DataFacts | None
) -> keras.Model:
    """Return the network from ``prefix.cut`` to the outputs, with the same layers and optimizer."""
    import keras

    graph = graph_of_model(project.graph, model)
    calls = _calls(model, graph)
    tensors = dict(zip(model_inputs(graph), model.inputs, strict=True))
    tensors |= {name: call.tensor for name, call in calls.items()}
    with tracing(), reset_keras_names():
        inputs = [
            keras.Input(
                tensors[name].shape[1:],
                dtype=tensors[name].dtype,
                name=keras_name(name) + ("_features" if name in prefix.nodes else ""),
            )
            for name in prefix.cut
        ]
        taken = dict(zip(prefix.cut, inputs, strict=True))
        reached: dict[str, Any] = {**dict.fromkeys(prefix.nodes), **taken}
        connect_layers(graph, lambda node: calls[node.id].layer, reached)
        outputs = [reached[name] for name in graph.outputs]
        part = keras.Model(
            inputs if len(inputs) > 1 else inputs[0],
            outputs if len(outputs) > 1 else outputs[0],
            name="core",
        )
        compile_model(part, project, facts, optimizer=model.optimizer)
    return part


def is_fixed(layer: keras.Layer) -> bool:
    """Return whether the outputs of ``layer`` depend on its inputs alone all through a training."""
    return not (layer.trainable_variables or is_random(layer)) and all(
        type(part).__module__.startswith("keras.")
        and type(part).__name__ not in _CHANGING
        and not (type(part).__name__ == "BatchNormalization" and part.trainable)
        and not getattr(part, "stateful", False)
        and getattr(part, "activity_regularizer", None) is None
        for part in layer._flatten_layers()
    )


def is_random(layer: keras.Layer) -> bool:
    """Return whether a training step draws random numbers in ``layer``."""
    import keras

    for part in layer._flatten_layers():
        rates = [getattr(part, name) for name in _RATES if hasattr(part, name)]
        draws = any(isinstance(value, keras.random.SeedGenerator) for value in vars(part).values())
        if draws and (any(rates) or not rates):
            return True
    return False


def _calls(model: keras.Model, graph: Graph) -> dict[str, _Call]:
    """Return each node's call in order; a shared layer was called once a node."""
    by_name = {layer.name: layer for layer in model.layers}
    calls: dict[str, _Call] = {}
    for name in graph.order:
        layer = by_name.get(keras_name(owner_of(graph.by_id[name], graph).id))
        if layer is not None and graph.by_id[name].layer != "Input":
            number = sum(call.layer is layer for call in calls.values())
            calls[name] = _Call(layer, layer._inbound_nodes[number].output_tensors[0])
    return calls


def _cut(graph: Graph, nodes: set[str] | frozenset[str]) -> set[str]:
    """Return the ids, of ``nodes`` and Inputs, that other nodes read."""
    read = (*nodes, *model_inputs(graph))
    return {name for name in read if any(to not in nodes for to in graph.targets[name])}


def _prefix(
    graph: Graph, model: keras.Model, calls: Mapping[str, _Call], nodes: frozenset[str]
) -> FrozenPrefix:
    import keras

    chosen, inputs = (_cut(graph, nodes), dict(zip(model_inputs(graph), model.inputs, strict=True)))
    cut = tuple(name for name in graph.order if name in chosen)
    outputs = {name: calls[name].tensor for name in cut if name in nodes}
    read = {source for name in nodes for source in graph.sources[name]}
    sources = tuple(name for name in inputs if name in read)
    shapes = {
        name: (tuple(output.shape[1:]), str(output.dtype)) for name, output in outputs.items()
    }
    body = keras.Model([inputs[name] for name in sources], list(outputs.values()))
    return FrozenPrefix(nodes, cut, sources, shapes, body)


def _leads_to(graph: Graph, first: str, last: str) -> bool:
    reached = {first}
    for name in graph.order:
        if reached.intersection(graph.sources[name]):
            reached.add(name)
    return last in reached


def _bytes(tensor: Any) -> float:
    shape, kind = tuple(tensor.shape[1:]), str(tensor.dtype)
    if None in shape or kind not in ("float32", "float16"):
        return float("inf")
    return float(prod(shape) * np.dtype(kind).itemsize)


def _multiply_adds(call: _Call) -> float:
    """Estimate for one sample, from the sizes of the layer."""
    layer = call.layer
    if type(layer).__name__ == "Embedding":
        return 0.0
    places = prod(n or 1 for n in call.tensor.shape[1:-1])
    source = layer._inbound_nodes[0].input_tensors[0]
    if hasattr(layer, "layers") and len(source.shape) == 4:
        places = max(places, prod(n or 1 for n in source.shape[1:3]) // _STRIDE**2)
    elif hasattr(layer, "cell"):
        places = max(places, source.shape[1] or 1)
    return float(layer.count_params() * places)
