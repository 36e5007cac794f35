"""Networks and data of the training benchmark: random numbers of the sizes that matter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.data.dataset import Dataset, Split
from netbuilder.core.data.preprocessing.fitted_preprocessing import (
    InputPreprocessing,
    OutputPreprocessing,
    Preprocessing,
)
from netbuilder.core.project.model import Choice, Edge, Graph, Node, Project, Training

Layer = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Workload:
    """One network on one set of samples.

    ``reach``: how many times as fast as ``fit`` it is to be. ``epochs``: epochs of a fresh run
    that is compared as a whole, compilation and all. ``runs``: how many of those.
    """

    name: str
    project: Project
    data: Dataset
    reach: float
    epochs: int
    torch: bool = False
    runs: int = 3


def _dense(units: int, activation: str | None = "relu") -> Layer:
    return ("Dense", {"units": units, "activation": activation})


def _chain(layers: list[Layer]) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    nodes = [Node("input", "Input")]
    nodes += [Node(f"n{i}", kind, params) for i, (kind, params) in enumerate(layers)]
    return tuple(nodes), tuple(pairwise(node.id for node in nodes))


def _project(
    graph: tuple[tuple[Node, ...], tuple[Edge, ...]], loss: str, batch: int, metrics: bool
) -> Project:
    measured = (Choice("accuracy"),) if metrics else ()
    training = Training(
        loss=Choice(loss), optimizer=Choice("Adam", {"learning_rate": 1e-3}), metrics=measured,
        epochs=10, batch_size=batch, seed=1,
    )  # fmt: skip
    return Project("Benchmark", Graph(*graph), training=training)


def _dataset(x: dict[str, Any], y: Any, output: str, task: str) -> Dataset:
    rows = len(y)
    facts = DataFacts(
        rows=rows,
        task=task,
        tasks={output: task},
        input_shapes={k: v.shape[1:] for k, v in x.items()},
        input_dtypes={k: str(v.dtype) for k, v in x.items()},
    )
    preprocessing = Preprocessing(
        {k: InputPreprocessing() for k in x}, {output: OutputPreprocessing(task=task)}
    )
    return Dataset(facts, Split(x, {output: y}, x), None, None, preprocessing)


def _floats(*shape: int) -> Any:
    return np.random.default_rng(0).random(shape, np.float32)


def _sum_of(x: Any) -> Any:
    flat = x.reshape(len(x), -1)
    return (flat[:, : min(9, flat.shape[1])].mean(axis=1, keepdims=True)).astype(np.float32)


def _classes(rows: int, count: int = 10) -> Any:
    return np.random.default_rng(1).integers(0, count, rows).astype(np.int32)


def _make(
    name: str, layers: list[Layer], x: Any, y: Any, batch: int, reach: float, epochs: int,
    loss: str = "mean_squared_error", task: str = "regression", torch: bool = False,
) -> Workload:  # fmt: skip
    graph = _chain(layers)
    project = _project(graph, loss, batch, metrics=task == "classes")
    return Workload(
        name, project, _dataset({"input": x}, y, graph[0][-1].id, task), reach, epochs, torch
    )


def _classify(
    name: str, layers: list[Layer], x: Any, batch: int, reach: float, epochs: int, **more: Any
) -> Workload:
    layers = [*layers, _dense(10, "softmax")]
    loss = "sparse_categorical_crossentropy"
    return _make(name, layers, x, _classes(len(x)), batch, reach, epochs, loss, "classes", **more)


def sales() -> Workload:
    x = _floats(1000, 9)
    layers = [_dense(50), _dense(100), _dense(50), _dense(1, None)]
    return _make("sales", layers, x, _sum_of(x), 32, 25, 50, torch=True)


def mnist_mlp() -> Workload:
    drop = ("Dropout", {"rate": 0.2})
    x = _floats(12000, 784)
    layers = [_dense(128), drop, _dense(128), drop]
    return _classify("mnist_mlp", layers, x, 128, 4, 5, torch=True)


def lstm() -> Workload:
    x = _floats(2000, 50, 8)
    layers = [("LSTM", {"units": 64}), _dense(1, None)]
    return _make("lstm", layers, x, _sum_of(x), 32, 2.5, 5, torch=True)


def cnn() -> Workload:
    pool = ("MaxPooling2D", {})
    layers = [
        ("Conv2D", {"filters": 16, "kernel_size": 3, "activation": "relu"}), pool,
        ("Conv2D", {"filters": 32, "kernel_size": 3, "activation": "relu"}), pool,
        ("Flatten", {}), _dense(64),
    ]  # fmt: skip
    return _classify("cnn", layers, _floats(4000, 28, 28, 1), 32, 1.3, 3, torch=True)


def playground() -> Workload:
    x = _floats(125, 2)
    y = (x[:, :1] > x[:, 1:]).astype(np.float32)
    layers = [_dense(4, "tanh"), _dense(2, "tanh"), _dense(1, "sigmoid")]
    return _make("playground", layers, x, y, 10, 1, 200, "binary_crossentropy", "binary")


def deep_narrow() -> Workload:
    x = _floats(2000, 16)
    layers = [*[_dense(16) for _ in range(24)], _dense(1, None)]
    return _make("deep_narrow", layers, x, _sum_of(x), 32, 1, 5)


def wide_shallow() -> Workload:
    x = _floats(4000, 256)
    return _make("wide_shallow", [_dense(4096), _dense(1, None)], x, _sum_of(x), 128, 1, 3)


def stacked_lstm() -> Workload:
    x = _floats(640, 40, 8)
    layers = [
        ("LSTM", {"units": 32, "return_sequences": True}), ("LSTM", {"units": 32}), _dense(1, None),
    ]  # fmt: skip
    return _make("stacked_lstm", layers, x, _sum_of(x), 32, 1, 3)


def bidirectional_gru() -> Workload:
    x = _floats(640, 40, 8)
    layers = [
        ("Bidirectional", {"layer": {"layer": "GRU", "params": {"units": 32}}}), _dense(1, None)
    ]  # fmt: skip
    return _make("bidirectional_gru", layers, x, _sum_of(x), 32, 1, 3)


def text_conv() -> Workload:
    x = np.random.default_rng(2).integers(0, 5000, (2000, 100)).astype(np.int32)
    layers = [
        ("Embedding", {"input_dim": 5000, "output_dim": 32}),
        ("Conv1D", {"filters": 64, "kernel_size": 5, "activation": "relu"}),
        ("GlobalMaxPooling1D", {}),
    ]
    return _classify("text_conv", layers, x, 32, 1, 3)


def large_batch() -> Workload:
    x = _floats(16384, 64)
    return _make(
        "large_batch", [_dense(128), _dense(128), _dense(1, None)], x, _sum_of(x), 4096, 1, 10
    )


def batch_of_one() -> Workload:
    x = _floats(300, 9)
    return _make("batch_of_one", [_dense(32), _dense(1, None)], x, _sum_of(x), 1, 1, 5)


def residual_cnn() -> Workload:
    same = {"filters": 16, "kernel_size": 3, "padding": "same", "activation": "relu"}
    nodes = [Node("input", "Input"), Node("c0", "Conv2D", same)]
    edges: list[Edge] = [("input", "c0")]
    last = "c0"
    for i in range(1, 4):
        nodes += [
            Node(f"a{i}", "Conv2D", same), Node(f"b{i}", "BatchNormalization"),
            Node(f"s{i}", "Add"),
        ]  # fmt: skip
        edges += [(last, f"a{i}"), (f"a{i}", f"b{i}"), (last, f"s{i}"), (f"b{i}", f"s{i}")]
        last = f"s{i}"
    nodes += [
        Node("pool", "GlobalAveragePooling2D"),
        Node("out", "Dense", {"units": 10, "activation": "softmax"}),
    ]
    edges += [(last, "pool"), ("pool", "out")]
    x = _floats(640, 16, 16, 3)
    graph = (tuple(nodes), tuple(edges))
    project = _project(graph, "sparse_categorical_crossentropy", 32, metrics=True)
    return Workload(
        "residual_cnn", project, _dataset({"input": x}, _classes(640), "out", "classes"), 1, 3
    )


def two_inputs() -> Workload:
    nodes = (
        Node("left", "Input"), Node("right", "Input"),
        Node("a", "Dense", {"units": 64, "activation": "relu"}),
        Node("b", "Dense", {"units": 64, "activation": "relu"}),
        Node("both", "Concatenate"), Node("out", "Dense", {"units": 1}),
    )  # fmt: skip
    edges = (("left", "a"), ("right", "b"), ("a", "both"), ("b", "both"), ("both", "out"))
    x = {"left": _floats(2000, 12), "right": _floats(2000, 20)}
    project = _project((nodes, edges), "mean_squared_error", 32, metrics=False)
    return Workload(
        "two_inputs", project, _dataset(x, _sum_of(x["left"]), "out", "regression"), 1, 5
    )


def frozen_backbone() -> Workload:
    """The last layer behind a frozen backbone, on as many photos as a class takes in a lesson."""
    layers = [("MobileNetV2", {"weights": "none", "pooling": "avg"})]
    x = np.random.default_rng(3).integers(0, 256, (115, 160, 160, 3)).astype(np.float32)
    return replace(_classify("frozen_backbone", layers, x, 32, 100, 30), runs=1)


ALL: tuple[Callable[[], Workload], ...] = (
    sales, mnist_mlp, lstm, cnn, playground, deep_narrow, wide_shallow, residual_cnn, stacked_lstm,
    bidirectional_gru, text_conv, two_inputs, large_batch, batch_of_one,
    frozen_backbone,
)  # fmt: skip
