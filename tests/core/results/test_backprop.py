"""A step taken apart has Keras's numbers: gradients, products, the optimizer's arithmetic."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from netbuilder.core.data.dataset import Dataset
from netbuilder.core.data.load import load_dataset
from netbuilder.core.engine.session import Session
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.project.model import Choice, Data, Graph, Project, Training
from netbuilder.core.results.backprop import gradient_terms, next_rows, trace_step, update_lines
from tests.core.results.conftest import chain

OUT = ("out", "Dense", {"units": 1, "activation": "sigmoid"})
SGD = Choice("SGD", {"learning_rate": 0.1, "momentum": 0.9})
ADAM = Choice("Adam", {"learning_rate": 0.02})


def network(
    graph: Graph, data: Data, optimizer: Choice = ADAM, epochs: int = 1
) -> tuple[TrainedModel, Dataset]:
    plan = Training(optimizer=optimizer, epochs=epochs, batch_size=8, seed=3)
    project = Project(graph=graph, data=data, training=plan)
    dataset = load_dataset(project, Path())
    return Session(project, dataset, on_event=lambda event: None).run(), dataset


def test_a_network_computed_by_hand(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "d.npz", x=np.array([[1.0, 2.0]] * 12, np.float32), y=np.arange(12.0)[:, None]
    )
    graph = chain(
        ("hidden", "Dense", {"units": 2, "activation": "tanh"}), ("out", "Dense", {"units": 1})
    )
    data = Data("arrays", path=str(tmp_path / "d.npz"), scaling="none")  # fmt: skip
    trained, dataset = network(graph, data, Choice("SGD", {"learning_rate": 0.5}))
    hidden, out = (trained.training_model.get_layer(name) for name in ("hidden", "out"))
    hidden.set_weights([np.array([[0.5, -1.0], [0.25, 1.0]]), np.array([0.0, -1.0])])
    out.set_weights([np.array([[1.0], [2.0]]), np.array([0.5])])
    row = int(np.flatnonzero(dataset.train.raw_y["out"].reshape(-1) == 1.0)[0])
    dataset.train.y["out"][row] = 1.0
    assert dataset.train.x["input"][row].tolist() == [1.0, 2.0]
    step = trace_step(trained, dataset, [row])
    # By hand: z = (1, 0), a = (tanh 1, 0), prediction = tanh 1 + 0.5, loss = (prediction − 1)².
    error = 2 * (np.tanh(1.0) + 0.5 - 1.0)
    assert step.loss == pytest.approx((np.tanh(1.0) - 0.5) ** 2, abs=1e-6)
    assert step.layers["out"].delta == pytest.approx(np.array([[error]]), abs=1e-6)
    back = np.array([[error * (1 - np.tanh(1.0) ** 2), 2 * error]])
    np.testing.assert_allclose(step.layers["hidden"].delta, back, atol=1e-6)
    update = step.layers["hidden"].updates["kernel"]
    np.testing.assert_allclose(update.gradient, np.array([[1.0], [2.0]]) @ back, atol=1e-6)
    assert update.after[1, 0] == pytest.approx(0.25 - 0.5 * 2 * back[0, 0], abs=1e-6)


def network_of(graph: Graph, data: str, optimizer: Choice) -> tuple[TrainedModel, Dataset]:
    trained, dataset = network(graph, Data("builtin", name=data), optimizer, epochs=1)
    return trained, dataset


NETWORKS = {
    "dense": (
        chain(
            ("hidden", "Dense", {"units": 3, "activation": "tanh"}),
            ("norm", "BatchNormalization", {}),
            ("drop", "Dropout", {"rate": 0.4}),
            OUT,
        ),
        "moons",
        SGD,
    ),
    "conv": (
        chain(
            ("conv", "Conv2D", {"filters": 2, "kernel_size": [3, 2], "strides": [2, 1],
                                "padding": "same", "activation": "tanh"}),
            ("flat", "Flatten", {}),
            ("out", "Dense", {"units": 10, "activation": "softmax"}),
        ),
        "digits",
        ADAM,
    ),
    "text": (
        chain(
            ("embed", "Embedding", {"input_dim": 2000, "output_dim": 3}),
            ("lstm", "LSTM", {"units": 2}),
            ("out", "Dense", {"units": 1, "activation": "sigmoid"}),
        ),
        "reviews",
        Choice("SGD", {"learning_rate": 0.05, "momentum": 0.8, "nesterov": True}),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_each_shown_number_is_keras_own_over_ten_steps(name: str) -> None:
    graph, data, optimizer = NETWORKS[name]
    trained, dataset = network_of(graph, data, optimizer)
    model, random = trained.training_model, np.random.default_rng(1)
    step = None
    for number in range(10):
        rows = next_rows(replace(trained, epochs=number // 4, step=number % 4), dataset)
        step = trace_step(trained, dataset, rows, step)
        x = [tf.convert_to_tensor(v[rows]) for v in dataset.train.x.values()]
        y = tf.convert_to_tensor(next(iter(dataset.train.y.values()))[rows])
        with tf.GradientTape() as tape:
            answer = model(x[0], training=True)
            loss = model.compute_loss(x=x[0], y=y, y_pred=answer, training=True)
        gradients = tape.gradient(loss, model.trainable_variables)
        before = [np.array(variable) for variable in model.trainable_variables]
        model.optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        assert step.loss == pytest.approx(float(loss), rel=1e-5)
        shown = [u for layer in step.layers.values() for u in layer.updates.values()]
        assert len(shown) == len(gradients)
        for update, old, gradient, variable in zip(
            shown, before, gradients, model.trainable_variables, strict=True
        ):
            np.testing.assert_allclose(update.before, old)
            dense = tf.convert_to_tensor(gradient).numpy()
            np.testing.assert_allclose(update.gradient, dense, atol=1e-5, rtol=1e-4)
            np.testing.assert_allclose(update.after, np.array(variable), atol=1e-6)
        for layer in step.layers.values():
            for weight, update in layer.updates.items():
                index = tuple(int(random.integers(size)) for size in update.before.shape)
                if layer.layer == "Embedding":
                    index = (int(layer.inputs[0][0, -1]), index[1])
                terms = gradient_terms(layer, weight, index)
                assert terms is not None
                gradient = update.gradient[index]
                assert sum(term.product for term in terms) == pytest.approx(gradient, abs=1e-5)
                lines = update_lines(step, layer.node, weight, index)
                assert lines[-1][2] == pytest.approx(float(update.after[index]))
                slot = next(iter(update.slots.values()))[1][index]
                assert lines[0][2] == pytest.approx(float(slot), abs=1e-6)
                if number in (0, 9):
                    numeric = step.numeric_gradient(layer.node, weight, index)
                    assert numeric == pytest.approx(float(gradient), abs=2e-3, rel=0.05)


def test_an_optimizer_whose_arithmetic_is_not_spelled_out_shows_no_formula() -> None:
    clipped = Choice("Adam", {"learning_rate": 0.1, "clipvalue": 1e-6})
    graph = chain(("hidden", "Dense", {"units": 2}), OUT)
    trained, dataset = network(graph, Data("builtin", name="moons"), clipped)
    step = trace_step(trained, dataset, next_rows(trained, dataset))
    assert not update_lines(step, "hidden", "kernel", (0, 0))
    for layer in step.layers.values():
        assert layer.updates["bias"].after.shape == layer.updates["bias"].before.shape
