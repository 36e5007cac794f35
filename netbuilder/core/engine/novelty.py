"""Novelty detection: which samples are unlike the training data.

The measure is the distance to the nearest training sample in the input of the output layer: Sun,
Ming, Zhu and Li, "Out-of-Distribution Detection with Deep Nearest Neighbors", ICML 2022. The
nearest one counts, since only a few hundred samples are kept. The paper divides each vector by its
length, which is done here with many more features than samples, as after a pretrained backbone:
noise gives short vectors there, which lie near to all others. Elsewhere features are standardised:
the length says how far outside a row of a table lies. Measured by ``benchmarks/unlike.py``.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.engine.networks.graph_to_keras import (
    connect_layers,
    layer_of,
    model_inputs,
    owner_of,
)
from netbuilder.core.engine.networks.quantile_bins import graph_of_model
from netbuilder.core.project.keras_names import keras_name
from netbuilder.core.project.model import Graph

if TYPE_CHECKING:
    import keras

    from netbuilder.core.data.dataset import Dataset

Array = NDArray[Any]
#: Share of the validation samples that are farther from the training samples than ``threshold``.
BEYOND = 0.05
_MOST_SAMPLES = 400  # training samples that are kept
_MOST_BYTES = 360_000  # of them, as float16
_MOST_FEATURES = 2048
_MOST_MEASURED = 1000  # validation samples
_FEWEST = 10  # training samples
_WIDE = 4  # features a sample from which on deviations of single features say nothing
_ENOUGH = 20  # validation samples: of fewer there is no twentieth
_AT_ONCE = 256
_SEED = 1

# Models of outputs and hidden features, by network.
_models: WeakKeyDictionary[Any, keras.Model] = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class NoveltyReference:
    """Features of training samples, and the distance from them that counts as far.

    Attributes:
        nodes: ids of the nodes whose outputs are the features.
        stride: every ``stride``-th feature is used.
        mean, scale: of each feature among the training samples, float32 (features,).
        samples: training samples, standardised or of length 1, float16 (samples, features).
        threshold: distance to the nearest sample beyond which a sample is unlike them.
        normalized: vectors are divided by their length instead of standardised.
    """

    nodes: tuple[str, ...]
    stride: int
    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    samples: NDArray[np.float16]
    threshold: float
    normalized: bool = False

    def distances(self, features: Array, *, leave_one_out: bool = False) -> NDArray[np.float64]:
        """Return the distance of each sample to the nearest training sample, (n,).

        ``features`` are as from ``features_of``, (n, features); with ``leave_one_out`` they are
        those of ``samples``, and none is compared with itself.
        """
        points = self.place(features).astype(np.float64)
        known = self.samples.astype(np.float64)
        squared = (points**2).sum(1)[:, None] + (known**2).sum(1)[None] - 2 * points @ known.T
        if leave_one_out:
            np.fill_diagonal(squared, np.inf)
        return np.asarray(np.sqrt(np.maximum(squared.min(axis=1), 0.0)), np.float64)

    def place(self, features: Array) -> NDArray[np.float32]:
        """Return features as ``samples`` holds them; float16 ends at 65,504."""
        with np.errstate(over="ignore", invalid="ignore"):
            if self.normalized:
                length = np.linalg.norm(features, axis=1, keepdims=True)
                return np.asarray(features / np.maximum(length, 1e-12), np.float32)
            places = (features - self.mean) / self.scale
            return np.asarray(np.clip(places, -6e4, 6e4), np.float32)

    def is_unlike(self, features: Array) -> NDArray[np.bool_]:
        """Return which samples are unlike the training data, (n,)."""
        near = self.distances(features) <= self.threshold * (1 + 1e-6) + 1e-6
        return ~near

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON: arrays as little-endian numbers in base64."""
        return {
            "nodes": list(self.nodes),
            "stride": self.stride,
            "mean": _encoded(self.mean, "<f4"),
            "scale": _encoded(self.scale, "<f4"),
            "samples": _encoded(self.samples, "<f2"),
            "threshold": self.threshold,
            "normalized": self.normalized,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> NoveltyReference:
        """Read the value of ``to_json``; ValueError if its parts do not fit together."""
        mean, scale = (_decoded(value[key], "<f4") for key in ("mean", "scale"))
        flat, threshold = _decoded(value["samples"], "<f2"), float(value["threshold"])
        nodes, stride = tuple(map(str, value["nodes"])), int(value["stride"])
        parts = (mean, scale, flat, np.array([threshold]))
        fits = mean.size and mean.size == scale.size and flat.size and not flat.size % mean.size
        if (
            not fits
            or stride < 1
            or not nodes
            or not all(np.isfinite(part).all() for part in parts)
        ):
            raise ValueError("the parts of 'novelty' do not fit together")
        if (scale <= 0).any():
            raise ValueError("a scale of 'novelty' is not positive")
        samples, normalized = flat.reshape(-1, mean.size), value.get("normalized") is True
        return cls(nodes, stride, mean, scale, samples, threshold, normalized)


def _encoded(values: Array, form: str) -> str:
    return base64.b64encode(values.astype(form).tobytes()).decode("ascii")


def _decoded(text: object, form: str) -> Array:
    try:
        return np.frombuffer(base64.b64decode(str(text), validate=True), form)
    except binascii.Error as error:
        raise ValueError(str(error)) from error


def hidden_nodes(model: keras.Model, graph: Graph) -> tuple[str, ...]:
    """Return the nodes that feed the output layers, the last with weights; Dropout is skipped."""
    names: dict[str, None] = {}
    waiting = [(name, False) for name in graph.outputs]
    while waiting:
        node, before_output = waiting.pop(0)
        layer, spec = (
            layer_of(model, graph, node),
            LAYERS.get(owner_of(graph.by_id[node], graph).layer),
        )
        noise = spec is not None and spec.noise
        if layer is None or (before_output and not noise):
            names[node] = None
        else:
            waiting += [
                (source, before_output or bool(layer.weights)) for source in graph.sources[node]
            ]
    return tuple(names)


def features_of(values: list[Any], stride: int) -> NDArray[np.float32]:
    """Return outputs of nodes, (n, …) each, as (n, features); large ones as channel means."""
    parts = []
    for value in values:
        array = np.asarray(value, np.float32)
        if array.ndim > 2 and array[0].size > _MOST_FEATURES:
            array = array.mean(axis=tuple(range(1, array.ndim - 1)))
        parts.append(array.reshape(len(array), -1))
    return np.concatenate(parts, axis=1)[:, ::stride]


def hidden_model(model: keras.Model, graph: Graph, nodes: tuple[str, ...]) -> keras.Model:
    """Return a model that shares the network's layers and gives its outputs, then the nodes."""
    import keras

    if model in _models:
        return _models[model]
    graph = graph_of_model(graph, model)
    by_name = {layer.name: layer for layer in model.layers}
    inputs = [keras.Input(tuple(tensor.shape[1:]), dtype=tensor.dtype) for tensor in model.inputs]
    tensors: dict[str, Any] = dict(zip(model_inputs(graph), inputs, strict=True))
    connect_layers(graph, lambda node: by_name[keras_name(owner_of(node, graph).id)], tensors)
    ends = [tensors[name] for name in (*graph.outputs, *nodes)]
    _models[model] = keras.Model(inputs[0] if len(inputs) == 1 else inputs, ends)
    return _models[model]


def novelty_reference(
    model: keras.Model, graph: Graph, dataset: Dataset, computed: Dataset | None = None
) -> NoveltyReference | None:
    """Return the novelty reference of a network; None for generators of text or too few samples.

    The threshold is the distance that 5 % of the validation samples exceed. Without a validation
    set each training sample is compared with the others, since its distance to itself is 0.
    ``computed``: the rows of ``dataset`` as the outputs of frozen layers, if computed once.
    """
    inputs = dataset.preprocessing.inputs.values()
    nodes = hidden_nodes(model, graph)
    if len(dataset.train) < _FEWEST or not nodes or any(entry.level for entry in inputs):
        return None
    random = np.random.default_rng(_SEED)

    def values_of(part: Literal["train", "validation"], most: int) -> list[Array]:
        split = getattr(dataset, part)
        rows = np.sort(random.permutation(len(split))[:most])
        if computed is not None and set(nodes) <= set(computed.train.x):
            x = getattr(computed, part).x
            return [np.asarray(x[node][rows]) for node in nodes]
        whole = hidden_model(model, graph, nodes)
        parts = []
        for start in range(0, len(rows), _AT_ONCE):
            chosen = rows[start : start + _AT_ONCE]
            x = [np.asarray(split.x[name][chosen]) for name in model_inputs(graph)]
            outputs = list(whole(x[0] if len(x) == 1 else x, training=False))
            parts.append([np.asarray(output) for output in outputs[len(graph.outputs) :]])
        return [np.concatenate(values) for values in zip(*parts, strict=True)]

    values = values_of("train", _MOST_SAMPLES)
    stride = math.ceil(features_of(values, 1).shape[1] / _MOST_FEATURES)
    known = features_of(values, stride)
    room = max(_FEWEST, _MOST_BYTES // (2 * known.shape[1]))
    known = known[np.sort(random.permutation(len(known))[:room])]  # of all classes
    if not np.isfinite(known).all():
        return None
    scale = known.std(axis=0)
    # The floor avoids division by 0; units that were silent in training still weigh more.
    least = 0.1 * float(np.sqrt((scale.astype(np.float64) ** 2).mean()))
    scale, mean = np.maximum(scale, least or 1.0), known.mean(axis=0)
    wide = known.shape[1] > _WIDE * len(known)
    reference = NoveltyReference(
        nodes, stride, mean, scale, np.zeros((0, 0), np.float16), 0.0, wide
    )
    reference = replace(reference, samples=reference.place(known).astype(np.float16))
    measured = np.zeros(0)
    if dataset.validation is not None and len(dataset.validation):
        measured = reference.distances(features_of(values_of("validation", _MOST_MEASURED), stride))
    if len(measured) < _ENOUGH:
        measured = np.concatenate([measured, reference.distances(known, leave_one_out=True)])
    measured = np.sort(measured[np.isfinite(measured)])
    if not len(measured):
        return None
    rank = min(math.ceil((1 - BEYOND) * (len(measured) + 1)), len(measured))
    return replace(reference, threshold=float(measured[rank - 1]))
