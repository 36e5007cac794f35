"""The chunked loop means what ``keras.Model.fit`` means: the same weights, the same numbers."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from netbuilder.core.engine.networks.graph_to_keras import build_training_model
from netbuilder.core.engine.networks.loss_values import sample_weights
from netbuilder.core.engine.session import Computation, Session
from netbuilder.core.project.model import Choice, Graph, Node, OutputSettings, Project, Training

RNG = np.random.default_rng(3)
X = RNG.normal(size=(70, 6)).astype(np.float32)
Y = X[:, :1] * 2 - X[:, 1:2] + 0.1
SIGN = (Y > 0).astype(np.float32)
NUMBER = np.digitize(Y[:, 0], [-1.0, 1.0]).astype(np.int32)
SEQUENCE = RNG.normal(size=(70, 5, 3)).astype(np.float32)
SEQUENCE[::3, 3:] = 0.0
WORDS = RNG.integers(1, 12, size=(70, 6)).astype(np.int32)
WORDS[::2, 4:] = 0
PICTURES = RNG.normal(size=(70, 6, 6, 2)).astype(np.float32)
DENSE = ("a", "Dense", {"units": 8, "activation": "tanh"})
OUT = ("out", "Dense", {"units": 1})
YES_NO = ("out", "Dense", {"units": 1, "activation": "sigmoid"})
THREE = ("out", "Dense", {"units": 3, "activation": "softmax"})


@dataclass
class Case:
    layers: list[tuple[str, str, dict[str, Any]]]
    x: Any = field(default_factory=lambda: X)
    y: Any = field(default_factory=lambda: Y)
    task: str = "regression"
    loss: str = "mean_squared_error"
    training: dict[str, Any] = field(default_factory=dict)
    weight: Any = None


def adam(**params: Any):
    return {"optimizer": Choice("Adam", {"learning_rate": 0.01, **params})}


DECAY = {
    "name": "ExponentialDecay",
    "params": {"initial_learning_rate": 0.05, "decay_steps": 3, "decay_rate": 0.5},
}
#: Each setting once, beside others that do not meet it in the loop.
CASES = {
    "dense": Case([DENSE, OUT]),
    "dropout and batch normalisation": Case(
        [
            DENSE,
            ("bn", "BatchNormalization", {"momentum": 0.8}),
            ("drop", "Dropout", {"rate": 0.4}),
            OUT,
        ]
    ),
    "masking": Case([("mask", "Masking", {}), ("rnn", "LSTM", {"units": 4}), OUT], x=SEQUENCE),
    "embedding with mask": Case(
        [
            ("emb", "Embedding", {"input_dim": 12, "output_dim": 4, "mask_zero": True}),
            ("rnn", "GRU", {"units": 4}),
            OUT,
        ],
        x=WORDS,
    ),
    "convolution": Case(
        [
            ("conv", "Conv2D", {"filters": 3, "kernel_size": 3, "activation": "relu"}),
            ("pool", "MaxPooling2D", {}),
            ("flat", "Flatten", {}),
            OUT,
        ],
        x=PICTURES,
    ),
    "balanced classes": Case(
        [DENSE, THREE],
        y=NUMBER,
        task="classes",
        loss="sparse_categorical_crossentropy",
        training={"class_weight": "balanced", "metrics": (Choice("accuracy"),)},
    ),
    "sample weights, clipped": Case(
        [DENSE, OUT], weight=RNG.random(70).astype(np.float32), training=adam(clipnorm=0.1)
    ),
    "penalties and a frozen layer": Case(
        [
            (
                "a",
                "Dense",
                {
                    "units": 8,
                    "kernel_regularizer": {"name": "L2", "params": {"l2": 0.1}},
                    "activity_regularizer": {"name": "L1", "params": {"l1": 0.05}},
                    "kernel_constraint": "UnitNorm",
                },
            ),
            ("b", "Dense", {"units": 8, "trainable": False}),
            OUT,
        ]
    ),
    "averaged weights, clipped together": Case(
        [DENSE, OUT],
        training=adam(
            use_ema=True, ema_momentum=0.9, ema_overwrite_frequency=5, global_clipnorm=0.1
        ),
    ),
    "averaged at the end, decoupled decay": Case(
        [DENSE, OUT],
        training={
            "optimizer": Choice(
                "AdamW", {"weight_decay": 0.1, "use_ema": True, "ema_momentum": 0.9}
            )
        },
    ),
    "schedule, whole batches": Case(
        [DENSE, OUT],
        x=X[:64],
        y=Y[:64],
        training={"optimizer": Choice("SGD", {"learning_rate": DECAY, "momentum": 0.9})},
    ),
    "metrics with state, one batch": Case(
        [DENSE, YES_NO],
        y=SIGN,
        task="binary",
        loss="binary_crossentropy",
        training={
            "metrics": (Choice("auc"), Choice("precision"), Choice("accuracy")),
            "batch_size": 500,
        },
    ),
    "gathered gradients": Case([DENSE, OUT], training=adam(gradient_accumulation_steps=3)),
    "batches of one": Case([DENSE, OUT], training={"batch_size": 1}),
}


#: What most networks have, and what weighs samples; the others are slow.
QUICK = {"dropout and batch normalisation", "balanced classes", "metrics with state, one batch"}


def reference(project, data):
    """What ``fit`` makes of it."""
    model = build_training_model(project, data.facts)
    graph = project.graph
    weight = sample_weights(data, project.training.class_weight, graph.outputs)

    def part(split):
        x = [split.x[name] for name in graph.inputs]
        y = [split.y[name] for name in graph.outputs]
        return (x[0] if len(x) == 1 else x), (y[0] if len(y) == 1 else y)

    x, y = part(data.train)
    history = model.fit(
        x,
        y,
        sample_weight=weight,
        validation_data=part(data.validation),
        batch_size=min(project.training.batch_size, len(data.train)),
        epochs=project.training.epochs,
        shuffle=False,
        verbose=0,
    )
    return model.get_weights(), history.history


def compare(project, data, kind):
    project = replace(project, training=replace(project.training, shuffle=False))
    weights, history = reference(project, data)
    trained = Session(project, data, computation=Computation(kind)).run()
    assert set(trained.history) == set(history)
    for name, values in history.items():
        np.testing.assert_allclose(trained.history[name], values, rtol=2e-4, atol=2e-6)
    for mine, theirs in zip(trained.training_model.get_weights(), weights, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-3, atol=2e-5)


@pytest.mark.parametrize(
    "name",
    [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in CASES],
)
def test_same_as_fit(name, chain, dataset):
    case = CASES[name]
    settings = {"batch_size": 16, "epochs": 2, **case.training}
    project = chain(case.layers, case.loss, **settings)
    data = dataset({"input": case.x}, {"out": case.y}, held=14, task=case.task, weight=case.weight)
    compare(project, data, "graph")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        pytest.param("dense", "step", marks=pytest.mark.slow),
        pytest.param("masking", "loop", marks=pytest.mark.slow),
        pytest.param("metrics with state, one batch", "loop", marks=pytest.mark.slow),
    ],
)
def test_same_as_fit_when_compiled_by_xla(name, kind, chain, dataset):
    case = CASES[name]
    settings = {"batch_size": 16, "epochs": 2, **case.training}
    project = chain(case.layers, case.loss, **settings)
    data = dataset({"input": case.x}, {"out": case.y}, held=14, task=case.task)
    compare(project, data, kind)


def test_several_inputs_and_outputs_with_a_shared_layer(dataset):
    nodes = (
        Node("left", "Input"),
        Node("right", "Input"),
        Node("a", "Dense", {"units": 5, "activation": "tanh"}),
        Node("again", "Dense", shared="a"),
        Node("both", "Concatenate"),
        Node("price", "Dense", {"units": 1}),
        Node("kind", "Dense", {"units": 1, "activation": "sigmoid"}),
    )
    edges = (
        ("left", "a"), ("right", "again"), ("a", "both"), ("again", "both"), ("both", "price"),
        ("both", "kind"),
    )  # fmt: skip
    goals = {
        "price": OutputSettings(
            Choice("mean_squared_error"), (Choice("mean_absolute_error"),), 0.5
        ),
        "kind": OutputSettings(Choice("binary_crossentropy"), (Choice("accuracy"),), 2.0),
    }
    training = Training(outputs=goals, epochs=2, batch_size=16, seed=2)
    project = Project("Two", Graph(nodes, edges), training=training)
    data = dataset({"left": X[:, :3], "right": X[:, 3:]}, {"price": Y, "kind": SIGN}, held=14)
    compare(project, data, "graph")
