"""A step taken apart has Keras's numbers: gradients, products, the optimizer's arithmetic."""

import re
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.data.load import load_dataset
from netbuilder.core.engine.networks.network_copies import assign_values, variable_values
from netbuilder.core.engine.session import Session
from netbuilder.core.project.model import Choice, Data, Project, Training
from netbuilder.core.results.backprop import (
    WeightUpdate,
    gradient_terms,
    next_rows,
    row_gradients,
    trace_step,
    unit_delta,
    update_lines,
)
from netbuilder.core.results.live.neurons import NeuronColumn, neuron_columns
from netbuilder.ui.neurons import step_text
from netbuilder.ui.neurons.neuron_feed import BACKWARD, FORWARD, LOSS, UPDATE
from tests.core.results.conftest import chain, number_of
from tests.few import few

OUT = ("out", "Dense", {"units": 1, "activation": "sigmoid"})
SGD = Choice("SGD", {"learning_rate": 0.1, "momentum": 0.9})
ADAM = Choice("Adam", {"learning_rate": 0.02})


def network(graph, data, optimizer=ADAM, epochs=1):
    plan = Training(optimizer=optimizer, epochs=epochs, batch_size=8, seed=3)
    project = Project(graph=graph, data=data, training=plan)
    dataset = load_dataset(project, Path())
    return Session(project, dataset, on_event=lambda event: None).run(), dataset


def test_a_network_computed_by_hand(tmp_path):
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
    first = unit_delta(step, "hidden", 0)
    assert first.back == pytest.approx(error, abs=1e-6)
    assert [(term.value, term.weight) for term in first.terms] == [(1.0, pytest.approx(error))]
    assert first.slope[1] == pytest.approx(1 - np.tanh(1.0) ** 2, abs=1e-6)
    assert first.value == pytest.approx(back[0, 0], abs=1e-6)
    shown = step_text.backward_lines(step, "hidden", "bias", (0,))
    numbers = next(line for line in shown if line.startswith("δ = ∂loss/∂a · f′(z) = "))
    assert number_of(numbers.rpartition(" = ")[2]) == pytest.approx(back[0, 0], rel=6e-3)
    weights = [line for line in shown if line.startswith("kernel[")]
    assert [number_of(line.rpartition(" = ")[2]) for line in weights] == pytest.approx(
        [back[0, 0], 2 * back[0, 0]], rel=6e-3
    )
    squared = next(line for line in step_text.loss_lines(step, "out", "bias", (0,)) if "²" in line)
    assert number_of(squared.rpartition(" = ")[2]) == pytest.approx(step.loss, rel=6e-3)
    update = step.layers["hidden"].updates["kernel"]
    np.testing.assert_allclose(update.gradient, np.array([[1.0], [2.0]]) @ back, atol=1e-6)
    assert update.after[1, 0] == pytest.approx(0.25 - 0.5 * 2 * back[0, 0], abs=1e-6)
    # What the neurons and the canvas show of the same step.
    columns = neuron_columns(graph, {"input": (2,), "hidden": (2,), "out": (1,)})
    a, prediction, edges = np.tanh(1.0), np.tanh(1.0) + 0.5, ["input", "hidden", "out", ""]
    gradients = [np.array([[1.0], [2.0]]) @ back, np.array([[a], [0.0]]) * error]
    no, sizes = np.zeros((0,)), [1.5, a / 2, prediction]
    for stage, units, links, flow, words in (
        (FORWARD, [(a, 0), (prediction,)], None, sizes, ("", "+1.262")),
        (LOSS, [no, (prediction,)], None, [step.loss], ("1.26 1", "(1.26 − 1)² = 0.0684")),
        (BACKWARD, [back[0], (error,)], gradients, [abs(back).mean(), error],
         ("", f"δ = +{error:.3f}")),
        (UPDATE, [back[0], (error,)], [-0.5 * g for g in gradients],
         [0.5 * abs(np.append(gradients[0], back)).mean(), 0.5 * error * (a + 1) / 3],
         ("", f"δ = +{error:.3f}")),
    ):  # fmt: skip
        labels, values = step_text.drawn(step, columns, stage)
        for label, expected in zip(labels[1:], units, strict=True):
            np.testing.assert_allclose([] if label is None else label, expected, atol=1e-6)
        for owner, expected in zip(("hidden", "out"), links or (), strict=links is not None):
            np.testing.assert_allclose(values[owner], expected, atol=1e-6)
        assert (values is None) is (links is None)
        flows = step_text.flows(step, stage)
        places = {FORWARD: (0, 1, 2), LOSS: (2,), BACKWARD: (1, 2), UPDATE: (0, 1)}[stage]
        assert list(flows) == [(edges[n], edges[n + 1]) for n in places]
        shown = [number_of(text.split(" ", 1)[1]) for text, _part in flows.values()]
        assert shown == pytest.approx(flow, rel=6e-3)
        parts = [part for _text, part in flows.values()]
        assert parts == pytest.approx(np.array(flow) / max(flow), rel=1e-5)
        above, below = step_text.output_words(step, stage)
        assert " ".join(re.findall(r"[\d.]+", above)) == words[0]
        assert below.removeprefix("loss = ") == words[1]


def network_of(graph, data, optimizer):
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


def deltas(model, x, y):
    """Differentiate the loss by zeros that are added to what each layer's activation gets."""
    start, nudges = variable_values(model), {}
    with tf.GradientTape() as tape:

        def nudge(layer, sums):
            nudges[layer.name] = tf.zeros(sums.shape)
            tape.watch(nudges[layer.name])
            return sums + nudges[layer.name]

        value = x
        for layer in model.layers[1:]:
            match layer:
                case keras.layers.Dense():
                    value = layer.activation(nudge(layer, value @ layer.kernel + layer.bias))
                case keras.layers.Conv2D():
                    sums = keras.ops.conv(value, layer.kernel, layer.strides, layer.padding)
                    value = layer.activation(nudge(layer, sums + layer.bias))
                case keras.layers.LSTM():  # each gate has an input of its own
                    gates = nudge(layer, tf.zeros((*value.shape[:2], 4 * layer.units)))
                    wide = keras.layers.LSTM(layer.units)
                    both = tf.concat([value, gates], axis=2)
                    wide.build(both.shape)
                    kernel, recurrent, bias = layer.get_weights()
                    whole = np.concatenate([kernel, np.eye(4 * layer.units)])
                    wide.set_weights([whole, recurrent, bias])
                    value = wide(both)
                case _:
                    value = nudge(layer, layer(value, training=True))
        loss = model.compute_loss(x=x, y=y, y_pred=value, training=True)
    found = tape.gradient(loss, nudges)
    assign_values(model, start)  # the seeds of Dropout, the averages of BatchNormalization
    return found


@pytest.mark.parametrize("name", few(NETWORKS, "dense", "conv"))
def test_each_shown_number_is_keras_own_over_ten_steps(name):
    graph, data, optimizer = NETWORKS[name]
    trained, dataset = network_of(graph, data, optimizer)
    model, random = trained.training_model, np.random.default_rng(1)
    step = None
    for number in range(10):
        rows = next_rows(replace(trained, epochs=number // 4, step=number % 4), dataset)
        step = trace_step(trained, dataset, rows, step)
        x = [tf.convert_to_tensor(v[rows]) for v in dataset.train.x.values()]
        y = tf.convert_to_tensor(next(iter(dataset.train.y.values()))[rows])
        expected_deltas = deltas(model, x[0], y)
        assert {node for node, layer in step.layers.items() if layer.delta is not None} == {
            *expected_deltas
        }
        for node, delta in expected_deltas.items():
            np.testing.assert_allclose(step.layers[node].delta, delta, atol=1e-6, rtol=1e-3)
        with tf.GradientTape() as tape:
            answer = model(x[0], training=True)
            loss = model.compute_loss(x=x[0], y=y, y_pred=answer, training=True)
        gradients = tape.gradient(loss, model.trainable_variables)
        before = [np.array(variable) for variable in model.trainable_variables]
        model.optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        assert step.loss == pytest.approx(float(loss), rel=1e-5)
        shown = [u for layer in step.layers.values() for u in layer.updates.values()]
        assert len(shown) == len(gradients)
        own = model.optimizer
        moments = {"momentum": getattr(own, "_momentums", None) or own.momentums}
        if isinstance(own, keras.optimizers.Adam):
            moments["velocity"] = own._velocities
        for place, (update, old, gradient, variable) in enumerate(
            zip(shown, before, gradients, model.trainable_variables, strict=True)
        ):
            assert update.slots.keys() == moments.keys()
            for slot, values in moments.items():
                now = np.array(values[place])
                np.testing.assert_allclose(update.slots[slot][1], now, atol=1e-7, rtol=1e-4)
            np.testing.assert_allclose(update.before, old)
            dense = tf.convert_to_tensor(gradient).numpy()
            np.testing.assert_allclose(update.gradient, dense, atol=1e-5, rtol=1e-4)
            np.testing.assert_allclose(update.after, np.array(variable), atol=1e-6)
        changes = {}
        for variable, old, gradient in zip(
            model.trainable_variables, before, gradients, strict=True
        ):
            dense = tf.convert_to_tensor(gradient).numpy()
            changes[tuple(variable.path.split("/")[:: max(variable.path.count("/"), 1)])] = (
                dense, np.array(variable) - old
            )  # fmt: skip
        drawn_numbers(step, expected_deltas, changes, np.array(answer))
        for layer in step.layers.values():
            for weight, update in layer.updates.items():
                index = tuple(int(random.integers(size)) for size in update.before.shape)
                if layer.layer == "Embedding":
                    index = (int(layer.inputs[0][0, -1]), index[1])
                terms = gradient_terms(layer, weight, index)
                by_row = row_gradients(layer, weight, index)
                assert len(by_row) == len(rows)
                gradient = update.gradient[index]
                assert by_row.sum() == pytest.approx(gradient, abs=1e-5)
                assert sum(term.product for term in terms) == pytest.approx(gradient, abs=1e-5)
                lines = update_lines(step, layer.node, weight, index)
                assert lines[-1][2] == pytest.approx(float(update.after[index]))
                slot = next(iter(update.slots.values()))[1][index]
                assert lines[0][2] == pytest.approx(float(slot), abs=1e-6)
                place = [id(one) for one in shown].index(id(update))
                expected_new = float(np.array(model.trainable_variables[place])[index])
                shown_numbers(step, layer.node, weight, index, {
                    **{f"{node}: mean size of δ": float(np.abs(delta).mean())
                       for node, delta in expected_deltas.items()},
                    "∂loss/∂w": float(tf.convert_to_tensor(gradients[place]).numpy()[index]),
                    "m": float(np.array(moments["momentum"][place])[index]),
                    "w": expected_new,
                    **({"v": float(np.array(moments["velocity"][place])[index])}
                       if "velocity" in moments else {}),
                })  # fmt: skip
                if number in (0, 9):
                    numeric = step.numeric_gradient(layer.node, weight, index)
                    assert numeric == pytest.approx(float(gradient), abs=2e-3, rel=0.05)


def drawn_numbers(step, deltas, changes, answer):
    """Compare what neurons and canvas show with Keras's δ, gradients and changes of weights."""
    units = {node: layer.output.shape[-1] for node, layer in step.layers.items()}
    nodes = [node for node in ("hidden", "conv", "out") if node in units]
    columns = [NeuronColumn(node, node, units.get(node, 1)) for node in ("input", *nodes)]
    sums = [np.reshape(deltas[node], (-1, units[node])).sum(axis=0) for node in nodes]
    forward = step_text.drawn(step, columns, FORWARD)[0]
    np.testing.assert_allclose(forward[-1], answer.mean(axis=0), rtol=1e-4)
    for stage, place in ((BACKWARD, 0), (UPDATE, 1)):
        labels, links = step_text.drawn(step, columns, stage)
        for label, expected in zip(labels[1:], sums, strict=True):
            np.testing.assert_allclose(label, expected, atol=1e-5, rtol=1e-3)
        assert links is not None
        for node in nodes:
            np.testing.assert_allclose(links[node], changes[node, "kernel"][place], atol=1e-5)
        if len(sums[-1]) == 1:
            shown = step_text.output_words(step, stage)[1].removeprefix("Σδ = ")
            assert number_of(shown) == pytest.approx(sums[-1][0], abs=6e-4)
    sizes = {node: np.abs(delta).mean() for node, delta in deltas.items()}
    moved = {
        node: np.mean(
            np.abs(np.concatenate([c.ravel() for (n, _w), (_g, c) in changes.items() if n == node]))
        )
        for node, _weight in changes
    }
    for stage, end, expected in ((BACKWARD, 0, sizes), (UPDATE, 1, moved)):
        flows = step_text.flows(step, stage)
        assert {edge[end] for edge in flows} == set(expected)
        for edge, (text, part) in flows.items():
            size = expected[edge[end]]
            assert number_of(text.split(" ", 1)[1]) == pytest.approx(size, rel=6e-3)
            assert part == pytest.approx(size / max(expected.values()), rel=1e-3)


def shown_numbers(step, node, name, index, expected):
    """Compare the numbers of the page with the expected ones, as far as their digits go."""
    back = step_text.backward_lines(step, node, name, index)
    numbers, products = {}, []
    for line in (*back, *step_text.update_lines(step, node, name, index)):
        left, _equals, right = line.rpartition(" = ")
        if "mean size of δ" in line:
            left, _space, right = line.partition("δ ")
            left += "δ"
        if line.startswith("  "):
            products.append(number_of(right))
        left = left.partition(" = ")[0]
        if left in expected and "sum of" not in line:
            numbers[left] = number_of(right)
    assert numbers == {left: pytest.approx(value, rel=0.006, abs=1e-7)
                       for left, value in expected.items()}  # fmt: skip
    gradient, size = expected["∂loss/∂w"], sum(map(abs, products))
    assert sum(products) == pytest.approx(gradient, abs=0.006 * size + 1e-7)


def test_the_error_at_the_end_is_prediction_less_label():
    trained, dataset = network_of(*NETWORKS["dense"])
    step = trace_step(trained, dataset, [3])
    end = unit_delta(step, "out", 0)
    assert end.error is not None
    prediction, label = end.error
    assert label == float(np.ravel(dataset.train.y["out"][3])[0])
    assert prediction - label == pytest.approx(float(step.layers["out"].delta[0, 0]), abs=1e-6)
    chosen = prediction if label else 1 - prediction
    assert step.loss == pytest.approx(-np.log(chosen), rel=1e-4)
    text = step_text.loss_lines(step, "out", "bias", (0,))[-1]
    assert "−ln" in text
    assert number_of(text.rpartition(" = ")[2]) == pytest.approx(step.loss, rel=6e-3)
    assert unit_delta(trace_step(trained, dataset, [3, 4]), "out", 0) is None, "rows differ"
    # Behind a BatchNormalization no product of weights and δ is what arrives.
    hidden = unit_delta(step, "hidden", 1)
    assert not hidden.terms
    assert hidden.back * hidden.slope[1] == pytest.approx(hidden.value, abs=1e-6)


ODD = {
    "gru": [
        ("embed", "Embedding", {"input_dim": 2000, "output_dim": 3}),
        ("odd", "GRU", {"units": 2}),
    ],
    "masked": [
        ("embed", "Embedding", {"input_dim": 2000, "output_dim": 3, "mask_zero": True}),
        ("odd", "LSTM", {"units": 2}),
    ],
    "both ways": [
        ("embed", "Embedding", {"input_dim": 2000, "output_dim": 3}),
        ("odd", "Bidirectional", {"layer": {"layer": "LSTM", "params": {"units": 2}}}),
    ],
    "in one dimension": [
        ("embed", "Embedding", {"input_dim": 2000, "output_dim": 3}),
        ("odd", "Conv1D", {"filters": 2, "kernel_size": 3, "activation": "tanh"}),
        ("flat", "GlobalMaxPooling1D", {}),
    ],
    "dilated": [
        ("odd", "Conv2D", {"filters": 2, "kernel_size": [3, 3], "dilation_rate": [2, 2],
                           "activation": "tanh"}),
        ("flat", "Flatten", {}),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    "name", [name if name == "gru" else pytest.param(name, marks=pytest.mark.slow) for name in ODD]
)
def test_products_are_shown_only_if_they_give_kerass_gradient(name):
    data = "digits" if name == "dilated" else "reviews"
    units = {"units": 10, "activation": "softmax"} if name == "dilated" else OUT[2]
    trained, dataset = network_of(chain(*ODD[name], ("out", "Dense", units)), data, ADAM)
    step = trace_step(trained, dataset, range(4))
    layer = step.layers["odd"]
    assert len(layer.updates) == sum(
        len(weights.trainable_weights) for weights in [trained.training_model.get_layer("odd")]
    )
    for weight, update in layer.updates.items():
        for index in np.ndindex(update.before.shape):
            terms = gradient_terms(layer, weight, index)
            if terms is not None:
                total = sum(term.product for term in terms)
                assert total == pytest.approx(float(update.gradient[index]), abs=1e-5, rel=1e-3)
        assert not any(
            "penalty" in line for line in step_text.backward_lines(step, "odd", weight, index)
        )


@pytest.mark.slow
def test_each_kind_of_layer_says_what_it_does_with_delta():
    trained, dataset = network_of(*NETWORKS["text"])
    row = trace_step(trained, dataset, [0])
    terms = gradient_terms(row.layers["lstm"], "kernel", (1, 0))
    steps = row.layers["lstm"].delta.shape[1]
    assert [term.name for term in terms] == [f"t={time}: x[1]" for time in range(1, steps + 1)]
    assert [term.weight for term in terms] == row.layers["lstm"].delta[0, :, 0].tolist()
    sizes = [line for line in step_text.backward_lines(row, "lstm", "bias", (0,)) if "→ t=" in line]
    assert sizes[0].startswith(f"→ t={steps}: "), "from the last step back"
    silent = {n for n in LAYERS if not any(re.fullmatch(p, n) for p in step_text._PASSES)}
    assert silent == {"Input", "Dense", "Conv2D", "Embedding"}, "these are spelled out"
    trained, dataset = network_of(*NETWORKS["dense"])
    step = trace_step(trained, dataset, range(8))
    dropped = int((step.layers["drop"].output == 0).sum())
    assert 0 < dropped < step.layers["drop"].output.size
    assert f"→ dropped: {dropped} of 24" in step_text.backward_lines(step, "drop", "", ())
    assert not step_text.update_lines(step, "drop", "", ())[1:], "no weights, a line"


def test_dropped_values_that_were_0_already_are_counted():
    graph = chain(
        ("hidden", "Dense", {"units": 40, "activation": "relu"}),
        ("drop", "Dropout", {"rate": 0.5}),
        OUT,
    )
    trained, dataset = network_of(graph, "moons", ADAM)
    step = trace_step(trained, dataset, range(100))
    assert (step.layers["hidden"].output == 0).mean() > 0.2
    lines = step_text.backward_lines(step, "drop", "", ())
    (line,) = (line for line in lines if "dropped: " in line)
    count = int(line.split()[2])
    assert abs(count - 2000) < 5 * np.sqrt(4000 * 0.25), "half of them"


def test_an_optimizer_whose_arithmetic_is_not_spelled_out_shows_no_formula():
    clipped = Choice("Adam", {"learning_rate": 0.1, "clipvalue": 1e-6})
    graph = chain(("hidden", "Dense", {"units": 2}), OUT)
    trained, dataset = network(graph, Data("builtin", name="moons"), clipped)
    step = trace_step(trained, dataset, next_rows(trained, dataset))
    assert not update_lines(step, "hidden", "kernel", (0, 0))
    for layer in step.layers.values():
        assert layer.updates["bias"].after.shape == layer.updates["bias"].before.shape


@pytest.mark.parametrize(
    ("momentum", "follows"),
    [((0.5, 0.46), True), ((-0.5, -0.46), True), ((0.5, 0.4), False), ((0.01, 0.1), False)],
)
def test_a_step_follows_earlier_gradients_that_agree_and_weigh_more(momentum, follows):
    slots = {"momentum": (np.array([momentum[0]]), np.array([momentum[1]]))}
    update = WeightUpdate(np.zeros(1), np.ones(1), np.ones(1), slots)
    assert step_text._follows_earlier(update, {"beta_1": 0.9}, (0,)) is follows
