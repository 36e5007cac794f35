"""Inside: every node's values for one sample, weights, filters."""

from pathlib import Path

import numpy as np
import pytest

from netbuilder.core.data.load import load_dataset
from netbuilder.core.engine.session import Session
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import Data, Graph, Node, Project, Training
from netbuilder.core.results.layer_values import (
    array_stats,
    as_pictures,
    frozen_of,
    layer_filters,
    node_activations,
    raw_sample,
    weights_of,
)


def test_every_node_shows_what_it_gives(digits_model):
    trained, data = digits_model
    sample = raw_sample(data.test, 3)
    seen = node_activations(trained, sample)
    assert {key: value.shape for key, value in seen.items()} == {
        "input": (8, 8, 1),
        "conv": (6, 6, 8),
        "flatten": (288,),
        "drop": (288,),
        "out": (10,),
    }
    assert np.array_equal(seen["drop"], seen["flatten"])
    assert np.allclose(seen["out"], trained.model(data.test.raw_x["input"][3:4])[0], atol=1e-5)
    kernel, bias = weights_of(trained, "conv").values()
    first = (seen["input"][:3, :3, 0] * kernel[:, :, 0, 0]).sum() + bias[0]
    assert seen["conv"][0, 0, 0] == pytest.approx(max(first, 0.0), abs=1e-5)
    assert np.array_equal(node_activations(trained, sample)["out"], seen["out"])


def test_a_sample_of_another_shape(digits_model):
    with pytest.raises(DataError, match=r"shape \(9, 9, 1\), not \(8, 8, 1\)"):
        node_activations(digits_model[0], {"input": np.zeros((9, 9, 1))})
    with pytest.raises(DataError, match="no value for 'input'"):
        node_activations(digits_model[0], {})


def test_weights_and_filters(digits_model):
    trained, _ = digits_model
    kernel, bias = array_stats(weights_of(trained, "conv"), frozen_of(trained, "conv"))
    assert (kernel.name, kernel.shape, kernel.count) == ("kernel", (3, 3, 1, 8), 72)
    assert (bias.name, bias.shape) == ("bias", (8,))
    values = weights_of(trained, "conv")["kernel"]
    assert kernel.mean == pytest.approx(float(values.mean()), abs=1e-6)
    assert kernel.counts.sum() == 72
    pictures = layer_filters("Conv2D", weights_of(trained, "conv"))
    assert np.array_equal(pictures[5], values[:, :, 0, 5])
    assert layer_filters("Dense", weights_of(trained, "out")) is None
    assert array_stats(weights_of(trained, "flatten"), frozen_of(trained, "flatten")) == ()
    assert array_stats(weights_of(trained, "input"), frozen_of(trained, "input")) == ()


def test_values_as_pictures():
    assert as_pictures(np.zeros((6, 5, 8))).shape == (8, 6, 5)
    assert as_pictures(np.zeros((40, 3))).shape == (1, 3, 40)
    assert as_pictures(np.zeros(10)).shape == (1, 1, 10)


def test_a_network_of_one_layer_gives_a_list_too():
    graph = Graph(
        (Node("input", "Input"), Node("out", "Dense", {"units": 1, "activation": "sigmoid"})),
        (("input", "out"),),
    )
    project = Project(
        graph=graph, data=Data("builtin", name="breast_cancer"), training=Training(epochs=1)
    )
    data = load_dataset(project, Path())
    trained = Session(project, data, on_event=lambda event: None).run()
    seen = node_activations(trained, raw_sample(data.train, 0))
    kernel, bias = weights_of(trained, "out").values()
    assert seen["out"].shape == (1,)
    assert seen["out"] == pytest.approx(
        1 / (1 + np.exp(-(seen["input"] @ kernel + bias))), abs=1e-5
    )


def test_a_shared_layer_shows_each_of_its_uses():
    graph = Graph(
        (Node("input", "Input"), Node("a", "Dense", {"units": 4, "activation": "tanh"}),
         Node("b", "Dense", shared="a"),
         Node("out", "Dense", {"units": 3, "activation": "softmax"})),
        (("input", "a"), ("a", "b"), ("b", "out")),
    )  # fmt: skip
    project = Project(graph=graph, data=Data("builtin", name="iris"), training=Training(epochs=2))
    data = load_dataset(project, Path())
    trained = Session(project, data, on_event=lambda event: None).run()
    seen = node_activations(trained, raw_sample(data.train, 0))
    kernel, bias = weights_of(trained, "b").values()
    assert np.allclose(seen["a"], np.tanh(seen["input"] @ kernel + bias), atol=1e-5)
    assert np.allclose(seen["b"], np.tanh(seen["a"] @ kernel + bias), atol=1e-5)
