"""Numbers as bins: how far a number has come through each bin, in the network and in its file."""

import numpy as np
import pandas as pd
import pytest

from netbuilder.core.data.defaults import fit_output_to_data
from netbuilder.core.data.load import load_dataset, load_facts
from netbuilder.core.data.preprocessing.scaling import bin_edges, bin_weights
from netbuilder.core.engine.session import RunStorage, Session
from netbuilder.core.formats import registry
from netbuilder.core.formats.script.python import Style, script_source
from netbuilder.core.project.model import Data, Graph, Node, Project, Training
from netbuilder.core.results.layer_values import node_outputs
from netbuilder.core.results.own_units import predict_values


def test_values_by_hand():
    """Two bins, 0 to 1 and 1 to 3, of a column; a yes or no is itself."""
    kernel, bias = bin_weights([(0.0, 1.0, 3.0), (0.0, 1.0)])
    rows = np.array([[-1.0, 0.0], [0.5, 1.0], [2.0, 0.0], [5.0, 1.0]])
    values = np.clip(rows @ kernel + bias, 0, 1)
    assert values.tolist() == [[0, 0, 0], [0.5, 0, 1], [1, 0.5, 0], [1, 1, 1]]


def test_edges_hold_equally_many_values():
    values = np.random.default_rng(0).exponential(size=1_600)
    edges = bin_edges(values, 16)
    np.testing.assert_allclose(np.histogram(values, edges)[0], 100, atol=1)
    assert bin_edges(np.array([0.0, 1.0, 1.0]), 16) == (0, 1)
    assert bin_edges(np.array([2.0, 2.0]), 16) == (2, 3), "never divided by zero"
    rain = np.concatenate([np.zeros(300), np.arange(1, 701) / 10])
    assert bin_edges(rain, 16)[:2] == (0, 0.1), "without rain is nothing like a little of it"
    assert bin_edges(rain[150:], 16)[1] > 0.1, "less than three bins of one value"
    close = bin_edges(np.array([0.0, 1e-7, 1.0, 2.0, 3.0]), 4)
    assert np.diff(close).min() > 1e-4


@pytest.fixture
def trained(tmp_path):
    random = np.random.default_rng(1)
    frame = pd.DataFrame({"a": random.normal(5, 2, 150), "b": random.choice(["u", "v"], 150)})
    frame["y"] = np.floor(frame["a"]) + 3 * (frame["b"] == "u") + 0.5
    frame.round(3).to_csv(tmp_path / "t.csv", index=False)
    data = Data("csv", path="t.csv", target=("y",), scaling="bins", options={"task": "regression"})
    nodes = (
        Node("input", "Input"),
        Node("dense", "Dense", {"units": 4}),
        Node("concatenate", "Concatenate"),
        Node("output", "Dense", {"units": 1}),
    )
    edges = (("input", "dense"), ("dense", "concatenate"), ("input", "concatenate"),
             ("concatenate", "output"))  # fmt: skip
    project = Project("bins", Graph(nodes, edges), data, Training(epochs=2))
    project = fit_output_to_data(project, load_facts(project, tmp_path))
    return Session(
        project, load_dataset(project, tmp_path), storage=RunStorage(record=False)
    ).run(), tmp_path


@pytest.mark.slow
def test_the_network_its_file_and_its_script_have_the_same_bins(trained, plain_python):
    network, folder = trained
    dataset = load_dataset(network.project, folder)
    (edges,) = network.facts.bins.values()
    assert [len(one) for one in edges] == [17, 2, 2]
    layer = network.training_model.get_layer("input_bins")
    assert not layer.trainable
    np.testing.assert_array_equal(layer.get_weights()[0], bin_weights(edges)[0], "untouched")
    model, nodes = node_outputs(network)
    binned = np.asarray(model(dataset.train.x["input"])[nodes.index("input")])
    assert binned.shape == (108, 18) and binned.min() == 0 and binned.max() == 1

    raw = dataset.test.raw_x["input"]
    expected = predict_values(network, dataset.test.x)["output"]
    registry.save_network(network, folder / "m.h5")
    np.save(folder / "raw.npy", raw.astype("float32"))
    for keras in ("keras", "tf_keras"):
        code = (
            f"import {keras} as keras, numpy as np; m = keras.models.load_model('m.h5', "
            "compile=False); np.save('out.npy', m.predict(np.load('raw.npy'), verbose=0))"
        )
        plain_python(code, folder)
        np.testing.assert_allclose(np.load(folder / "out.npy"), expected, atol=1e-4)
    again = registry.load_network(folder / "m.h5")
    assert again.facts.bins == network.facts.bins
    np.testing.assert_allclose(again.model.predict(raw, verbose=0), expected, atol=1e-4)
    for style in Style:
        plain_python(script_source(network.project, network.facts, style), folder)
