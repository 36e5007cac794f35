"""Finds the beginning of a network whose outputs stay the same all through a training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.engine.build.graph_to_keras import (
    compile_model,
    connect_layers,
    model_inputs,
    owner_of,
)
from netbuilder.core.engine.build.quantile_bins import graph_of_model
from netbuilder.core.engine.build.tracing import reset_keras_names, tracing
from netbuilder.core.project.keras_names import keras_name
from netbuilder.core.project.model import Graph, Project

if TYPE_CHECKING:
    import keras

# Multiply-adds an epoch from which on it pays: a few hundredths of a second.
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
        cut: what the rest of the network reads, by node id: outputs of ``nodes``, and Inputs.
        features: those of ``cut`` that ``nodes`` compute.
        sources: the Inputs that ``nodes`` read.
        model: from ``sources`` to ``features``, of the network's own layers.
    """

    nodes: frozenset[str]
    cut: tuple[str, ...]
    features: tuple[str, ...]
    sources: tuple[str, ...]
    model: keras.Model

    @property
    def shapes(self) -> dict[str, tuple[tuple[int, ...], str]]:
        """Shape and type of one sample of each of ``features``."""
        return {
            name: (tuple(tensor.shape[1:]), str(tensor.dtype))
            for name, tensor in zip(self.features, self.model.outputs, strict=True)
        }


@dataclass(frozen=True)
class FrozenLayers:
    """What ``find_frozen_layers`` found.

    ``prefix``: None where it does not pay. ``layer``: id of a frozen layer that is computed in
    every epoch though it takes long; "" for none. ``random``: id of the layer whose randomness is
    why; "" where memory is.
    """

    prefix: FrozenPrefix | None = None
    layer: str = ""
    random: str = ""


def find_frozen_layers(
    model: keras.Model, project: Project, rows: int, room: float
) -> FrozenLayers:
    """Find the layers to compute once, of a network that has just been built from ``project``.

    Args:
        model: the network; nothing else has been built of its layers.
        rows: number of samples.
        room: bytes that the features of all samples may take.
    """
    graph = graph_of_model(project.graph, model)
    tensors, layers = _tensors(model, graph), _layers(model, graph)
    known = [node for node in graph.order if node in layers and node in tensors]
    fixed, held = {name: is_fixed(layers[name]) for name in known}, set(model_inputs(graph))
    inputs = set(held)
    for name in known:
        masked = getattr(tensors[name], "_keras_mask", None) is not None
        within = held.issuperset(graph.sources[name]) and name not in graph.outputs
        if fixed[name] and not masked and within:
            held.add(name)
    best, most = None, (LEAST_WORK, 0.0)
    nodes: set[str] = set()
    work = 0.0
    for name in known:
        if name not in held:
            continue
        nodes.add(name)
        work += rows * _multiply_adds(layers[name], tensors[name])
        cut = _cut(graph, nodes)
        size = rows * sum(_bytes(tensors[one]) for one in cut - inputs)
        # A convolution leaves its activation to the pooling behind it, see ``fast_layers``.
        whole = not any("call" in vars(layers[one]) for one in cut - inputs)
        if whole and size <= room and (work, -size) > most:
            best, most = frozenset(nodes), (work, -size)
    if best is not None:
        return FrozenLayers(_prefix(graph, model, tensors, best))
    for name in known:
        costly = rows * _multiply_adds(layers[name], tensors[name]) > LEAST_WORK
        if costly and not layers[name].trainable_variables:
            before = [one for one in known if _leads_to(graph, one, name)]
            reason = next((one for one in before if is_random(layers[one])), "")
            if reason or name in held:
                return FrozenLayers(None, name, reason)
    return FrozenLayers()


def trained_part(
    model: keras.Model, prefix: FrozenPrefix, project: Project, facts: DataFacts | None
) -> keras.Model:
    """Return the network behind ``prefix``: of the same layers, and with the same optimizer.

    It takes ``prefix.cut`` in this order.
    """
    import keras

    graph = graph_of_model(project.graph, model)
    tensors, layers = _tensors(model, graph), _layers(model, graph)
    with tracing(), reset_keras_names():
        inputs = {
            name: keras.Input(
                tensors[name].shape[1:],
                dtype=tensors[name].dtype,
                name=keras_name(name) + ("_features" if name in prefix.nodes else ""),
            )
            for name in prefix.cut
        }
        reached: dict[str, Any] = {**dict.fromkeys(prefix.nodes), **inputs}
        connect_layers(graph, lambda node: layers[node.id], reached)
        outputs = [reached[name] for name in graph.outputs]
        values = list(inputs.values())
        part = keras.Model(
            values if len(values) > 1 else values[0],
            outputs if len(outputs) > 1 else outputs[0],
            name="core",
        )
        compile_model(part, project, facts, optimizer=model.optimizer)
    return part


def is_fixed(layer: keras.Layer) -> bool:
    """Whether the outputs of ``layer`` follow from its inputs alone, all through a training."""
    return (
        not layer.trainable_variables
        and all(
            type(part).__module__.startswith("keras.")
            and type(part).__name__ not in _CHANGING
            and not (type(part).__name__ == "BatchNormalization" and part.trainable)
            and not getattr(part, "stateful", False)
            and getattr(part, "activity_regularizer", None) is None
            for part in layer._flatten_layers()
        )
        and not is_random(layer)
    )


def is_random(layer: keras.Layer) -> bool:
    """Whether a training step draws random numbers in ``layer``."""
    import keras

    for part in layer._flatten_layers():
        rates = [getattr(part, name) for name in _RATES if hasattr(part, name)]
        draws = any(isinstance(value, keras.random.SeedGenerator) for value in vars(part).values())
        if draws and (any(rates) or not rates):
            return True
    return False


def _layers(model: keras.Model, graph: Graph) -> dict[str, Any]:
    """The layer of each node that ``model`` holds."""
    by_name = {layer.name: layer for layer in model.layers}
    owners = {n.id: keras_name(owner_of(n, graph).id) for n in graph.nodes if n.layer != "Input"}
    return {node: by_name[name] for node, name in owners.items() if name in by_name}


def _tensors(model: keras.Model, graph: Graph) -> dict[str, Any]:
    """The symbolic output of each node: a shared layer was called once a node, in their order."""
    tensors = dict(zip(model_inputs(graph), model.inputs, strict=True))
    calls: dict[int, int] = {}
    for name, layer in _in_order(graph, _layers(model, graph)).items():
        number = calls.setdefault(id(layer), 0)
        calls[id(layer)] += 1
        if number < len(layer._inbound_nodes):
            output = layer._inbound_nodes[number].output_tensors
            if len(output) == 1:
                tensors[name] = output[0]
    return tensors


def _in_order(graph: Graph, layers: Mapping[str, Any]) -> dict[str, Any]:
    return {name: layers[name] for name in graph.order if name in layers}


def _cut(graph: Graph, nodes: set[str]) -> set[str]:
    """What is read by others than ``nodes``: of them, and of the Inputs."""
    return {
        name
        for name in (*nodes, *model_inputs(graph))
        if any(target not in nodes for target in graph.targets[name])
    }


def _prefix(
    graph: Graph, model: keras.Model, tensors: Mapping[str, Any], nodes: frozenset[str]
) -> FrozenPrefix:
    import keras

    wanted = _cut(graph, set(nodes))
    cut = tuple(name for name in graph.order if name in wanted)
    features = tuple(name for name in cut if name in nodes)
    read = {source for name in nodes for source in graph.sources[name]}
    sources = tuple(name for name in model_inputs(graph) if name in read)
    body = keras.Model([tensors[name] for name in sources], [tensors[name] for name in features])
    return FrozenPrefix(nodes, cut, features, sources, body)


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


def _multiply_adds(layer: Any, tensor: Any) -> float:
    """A rough guess for one sample, from the sizes of the layer."""
    if type(layer).__name__ == "Embedding":
        return 0.0
    places = prod(n or 1 for n in tensor.shape[1:-1])
    source = layer._inbound_nodes[0].input_tensors[0]
    if hasattr(layer, "layers") and len(source.shape) == 4:
        places = max(places, prod(n or 1 for n in source.shape[1:3]) // _STRIDE**2)
    elif hasattr(layer, "cell"):
        places = max(places, source.shape[1] or 1)
    return float(layer.count_params() * places)
