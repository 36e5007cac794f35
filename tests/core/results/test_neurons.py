"""Units are drawn with what Keras computes, and networks that cannot be drawn say why."""

from pathlib import Path

import numpy as np
import pytest

from netbuilder.core.errors import UserError
from netbuilder.core.project.model import Data, Edge, Graph, Node
from netbuilder.core.results.layer_values import node_outputs, weights_of
from netbuilder.core.results.live.neurons import (
    drawn_by_default,
    filter_pictures,
    link_values,
    map_outputs,
    neuron_columns,
    neuron_plane,
    unit_outputs,
)
from tests.core.results.conftest import chain, train

DENSE = ("hidden", "Dense", {"units": 3, "activation": "tanh"})
OUT = ("out", "Dense", {"units": 2})


def test_outputs_of_units_are_keras_own():
    graph = chain(
        ("hidden", "Dense", {"units": 5, "activation": "gelu"}),
        ("drop", "Dropout", {"rate": 0.5}),
        ("flat", "Flatten", {}),
        ("out", "Dense", {"units": 2}),
        ("soft", "Softmax", {}),
    )
    trained, dataset = train(graph, Data("builtin", name="moons"), Path(), epochs=2)
    sizes = {"input": (2,), "hidden": (5,), "out": (2,), "soft": (2,)}
    columns = neuron_columns(graph, sizes)
    assert [column.node for column in columns] == ["input", "hidden", "out"]
    plane = neuron_plane(trained.project, dataset, 12)
    weights = {column.owner: weights_of(trained, column.owner) for column in columns[1:]}
    outputs = unit_outputs(columns, weights, plane.grid)
    model, nodes = node_outputs(trained)
    expected = dict(zip(nodes, model(plane.grid), strict=True))
    np.testing.assert_allclose(outputs[1], expected["hidden"], atol=1e-5)
    np.testing.assert_allclose(outputs[2], expected["soft"], atol=1e-5)
    surface = plane.surface(outputs[-1])
    assert surface.shape == (12, 12, 2)
    # The first point is at the upper left: the least of the first input, the most of the second.
    assert plane.grid[0, 0] == plane.grid[:, 0].min()
    assert plane.grid[0, 1] == plane.grid[:, 1].max()
    np.testing.assert_allclose(surface[0, 0], expected["soft"][0], atol=1e-5)
    highest = dataset.train.x["input"][:, 1].max()
    assert plane.at[:, 1].min() == pytest.approx(
        (plane.grid[0, 1] - highest) / np.ptp(plane.grid[:, 1]), abs=0.05
    )


def test_a_convolution_opens_into_filters_and_maps():
    graph = chain(
        ("conv", "Conv2D", {"filters": 3, "kernel_size": [3, 2]}),
        ("norm", "BatchNormalization", {}),
        ("pool", "MaxPooling2D", {}),
        ("flat", "Flatten", {}),
        ("out", "Dense", {"units": 10}),
    )
    trained, dataset = train(graph, Data("builtin", name="digits"), Path(), epochs=1)
    x = dataset.train.x["input"][:1]
    model, nodes = node_outputs(trained)
    values = {"input": x[0]} | {
        node: np.array(value)[0] for node, value in zip(nodes, model(x), strict=True)
    }
    columns = neuron_columns(graph, {node: value.shape for node, value in values.items()})
    assert [(c.node, c.owner, c.units, c.map, c.shown) for c in columns] == [
        ("input", "input", 1, (8, 8), "input"),
        ("conv", "conv", 3, (6, 7), "norm"),
        ("pool", "", 3, (3, 3), "pool"),
        ("out", "out", 10, (), "out"),
    ]
    maps = map_outputs(columns, values)
    np.testing.assert_array_equal(maps[1][2].reshape(6, 7), values["norm"][:, :, 2])
    kernel = weights_of(trained, "conv")["kernel"]
    assert filter_pictures(kernel).shape == (3, 3, 2)
    np.testing.assert_array_equal(filter_pictures(kernel)[2], kernel[:, :, 0, 2])
    dense = weights_of(trained, "out")["kernel"]
    links = link_values(dense, 3, 10)
    from_map = dense.reshape(3, 3, 3, 10)[:, :, 2, 7]  # height, width, channel, unit
    assert links[2, 7] == pytest.approx(np.linalg.norm(from_map) * np.sign(from_map.sum()))
    assert link_values(dense, 4, 10) is None


@pytest.mark.parametrize(
    ("graph", "sizes"),
    [
        (chain(DENSE, OUT), {"input": (65,), "hidden": (3,), "out": (2,)}),
        (chain(("hidden", "Dense", {"units": 65}), OUT),
         {"input": (2,), "hidden": (65,), "out": (2,)}),
        (chain(("conv", "Conv2D", {"filters": 65}), ("flat", "Flatten", {}), OUT),
         {"input": (8, 8, 1), "conv": (6, 6, 65), "out": (2,)}),
        (chain(("norm", "LayerNormalization", {}), OUT),
         {"input": (8,), "norm": (8,), "out": (2,)}),
        (chain(DENSE, OUT), {"input": (2,)}),
        (chain(DENSE, OUT), {"input": (8,), "hidden": (4, 3), "out": (2,)}),
        (chain(), {"input": (2,)}),
        (chain(("hidden", "Dense", {"units": 3, "activation": "log_softmax"}), OUT),
         {"input": (2,), "hidden": (3,), "out": (2,)}),
        (Graph((*chain(DENSE, OUT).nodes, Node("add", "Add")),
               (*chain(DENSE, OUT).edges, Edge(("hidden", "add")))),
         {"input": (2,), "hidden": (3,), "out": (2,)}),
    ],
)  # fmt: skip
def test_a_network_that_cannot_be_drawn_says_so(graph, sizes):
    with pytest.raises(UserError) as error:
        neuron_columns(graph, sizes)
    assert error.value.code == "neurons_undrawable"


@pytest.mark.parametrize(
    ("inputs", "units", "drawn"), [(2, 38, True), (2, 39, False), (3, 4, False)]
)
def test_small_networks_with_two_inputs_are_drawn_unasked(inputs, units, drawn):
    graph = chain(("hidden", "Dense", {"units": units}), OUT)
    sizes = {"input": (inputs,), "hidden": (units,), "out": (2,)}
    assert drawn_by_default(neuron_columns(graph, sizes)) is drawn
