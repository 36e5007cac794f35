"""The landscape is Keras's loss over a plane of weights, and a path lies where its weights are."""

from pathlib import Path

import numpy as np
import pytest

from netbuilder.core.engine.networks.loss_values import loss_on
from netbuilder.core.engine.networks.network_copies import changing_weights, copy_network
from netbuilder.core.project.model import Data
from netbuilder.core.results.landscape import loss_landscape
from tests.core.results.conftest import chain, train


@pytest.mark.slow
def test_a_path_past_a_frozen_body(tmp_path):
    """The history of a run does not hold the weights of a frozen pretrained network."""
    random = np.random.default_rng(1)
    bands = random.normal(size=(24, 80, 32)).astype(np.float32)
    np.savez(tmp_path / "d.npz", x=bands, y=np.arange(24) % 2)
    graph = chain(
        ("body", "SpeechEmbedding", {"pooling": "avg"}),
        ("out", "Dense", {"units": 1, "activation": "sigmoid"}),
    )
    data = Data("arrays", path=str(tmp_path / "d.npz"))
    trained, dataset = train(graph, data, Path(), epochs=1)
    end = [np.array(value) for value in changing_weights(trained.training_model)]
    assert len(end) == 2
    path = [[value * part for value in end] for part in (0.5, 0.7, 1.0)]
    landscape = loss_landscape(trained, dataset, [path], side=2)
    np.testing.assert_allclose(landscape.paths[0][-1], 0, atol=1e-6)
    assert np.linalg.norm(landscape.paths[0][0]) > np.linalg.norm(landscape.paths[0][1]) > 0


def test_losses_and_path_are_those_of_the_weights():
    graph = chain(
        ("hidden", "Dense", {"units": 3, "activation": "tanh"}),
        ("out", "Dense", {"units": 1, "activation": "sigmoid"}),
    )
    trained, dataset = train(graph, Data("builtin", name="moons"), Path(), epochs=3)
    end = trained.training_model.get_weights()
    random = np.random.default_rng(0)
    first, second = ([random.normal(size=w.shape) for w in end] for _direction in range(2))
    # A path in a plane: two directions explain all of it.
    path = [
        [w + a * d + b * e for w, d, e in zip(end, first, second, strict=True)]
        for a, b in ((-2, 1), (-1, 0.5), (-0.5, -0.5), (0, 0))
    ]
    landscape = loss_landscape(trained, dataset, [path], side=5)
    assert landscape.explained == pytest.approx((1.0,))
    np.testing.assert_allclose(landscape.paths[0][-1], 0, atol=1e-6)
    # Distances are relative to the length of each unit's weights (Li et al. 2018).
    lengths = [np.linalg.norm(end[n - n % 2], axis=0) for n in range(len(end))]

    def relative(weights):
        parts = zip(weights, end, lengths, strict=True)
        return np.concatenate([((w - v) / length).ravel() for w, v, length in parts])

    sizes = [np.linalg.norm(relative(weights)) for weights in path]
    np.testing.assert_allclose(np.linalg.norm(landscape.paths[0], axis=1), sizes, rtol=1e-4)
    assert sizes != pytest.approx(
        [
            np.linalg.norm(np.concatenate([(w - v).ravel() for w, v in zip(p, end, strict=True)]))
            for p in path
        ],
        rel=0.05,
    )
    rows = np.linspace(0, len(dataset.train) - 1, min(len(dataset.train), 256)).astype(int)
    x = {name: values[rows] for name, values in dataset.train.x.items()}
    y = {name: values[rows] for name, values in dataset.train.y.items()}

    def loss(weights):
        network = copy_network(trained.training_model, trained.project, trained.facts)
        network.set_weights(weights)
        return loss_on(network, trained.project, x, y)

    # The first point of the path, rebuilt from its place on the map.
    left, bottom, right, top = landscape.box
    axes = np.linalg.lstsq(
        landscape.paths[0], np.array([np.concatenate([(w - v).ravel() for w, v in
                                                      zip(p, end, strict=True)]) for p in path]),
        rcond=None)[0]  # fmt: skip
    for row, column in ((0, 0), (2, 3), (4, 4)):
        spot = np.array([left + column / 4 * (right - left), bottom + row / 4 * (top - bottom)])
        ends = np.cumsum([w.size for w in end])[:-1]
        moved = np.split(np.concatenate([w.ravel() for w in end]) + spot @ axes, ends)
        there = loss([v.reshape(w.shape) for v, w in zip(moved, end, strict=True)])
        assert landscape.losses[row, column] == pytest.approx(there, rel=1e-3)


@pytest.mark.slow
def test_without_a_path_each_random_filter_is_as_long_as_the_networks():
    graph = chain(("out", "Dense", {"units": 1, "activation": "sigmoid"}))
    trained, dataset = train(graph, Data("builtin", name="moons"), Path(), epochs=1)
    landscape = loss_landscape(trained, dataset, side=3)
    assert landscape.box == (-1, -1, 1, 1)
    assert landscape.explained == ()
    assert landscape.paths == ()
    own = loss_on(trained.training_model, trained.project, dataset.train.x, dataset.train.y)
    assert landscape.losses[1, 1] == pytest.approx(own, rel=0.05)
    assert loss_landscape(trained, dataset, side=3, needed=lambda: False) is None
