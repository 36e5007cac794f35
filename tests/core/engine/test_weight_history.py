"""Weights of earlier epochs: bounded, and a network of them predicts what it did then."""

import numpy as np
import pytest

from netbuilder.core.engine.session import Computation, RunStorage, Session
from netbuilder.core.engine.weight_history import WeightHistory, model_at


class Weights:
    """Has the weights that a network would have."""

    def __init__(self, *values: np.ndarray):
        self.weights, self.layers = values, ()


def test_it_is_bounded_and_stays_evenly_spaced():
    history = WeightHistory(most=10)
    for epoch in range(1000):
        history.add(float(epoch), Weights(np.full(3, epoch)))
    assert 5 <= len(history.epochs) <= 10
    assert history.epochs[0] == 0.0
    assert len(set(np.diff(history.epochs))) == 1
    nearest = history.nearest(400.0)
    assert nearest is not None and abs(nearest - 400) <= 64
    assert history.weights(nearest)[0].tolist() == [nearest] * 3
    history.clear()
    assert history.nearest(1.0) is None


def test_memory_counts_and_a_network_that_is_too_large_leaves_none():
    history = WeightHistory(most=100, most_bytes=4 * 1000 * 5)
    for epoch in range(50):
        history.add(float(epoch), Weights(np.zeros(1000, np.float32)))
    assert 2 <= len(history.epochs) <= 5
    small = WeightHistory(most_bytes=100)
    small.add(0.0, Weights(np.zeros(1000, np.float32)))
    assert small.epochs == ()


def test_copying_takes_a_share_of_the_time_once_there_are_some():
    history = WeightHistory(rest=10_000)
    for epoch in range(1000):
        history.add(float(epoch), Weights(np.zeros(100_000, np.float32)))
    assert history.epochs == tuple(map(float, range(12)))


@pytest.fixture
def data(dataset, numbers):
    x, y = numbers
    return dataset({"input": x}, {"out": y}, held=20)


LAYERS = [("hidden", "Dense", {"units": 3}), ("out", "Dense", {"units": 1})]


def test_a_network_of_an_epoch_predicts_what_it_did_then(chain, data):
    session = Session(
        chain(LAYERS, epochs=3),
        data,
        storage=RunStorage(record=False),
        computation=Computation("graph"),
    )
    session.keep_weights()
    first = session.run()
    assert session.weight_history.epochs[0] == 0.0
    kept = session.weight_history.nearest(3.0)
    assert kept == 3.0
    x = data.train.x["input"][:5]
    then = first.training_model.predict(x, verbose=0)
    session.train_more(4)
    last = session.run()
    found = model_at(last, kept, session.weight_history.weights(kept))
    assert np.allclose(found.training_model.predict(x, verbose=0), then, atol=1e-6)
    assert found.epochs == 3 and found.training_model is not last.training_model
    assert not np.allclose(last.training_model.predict(x, verbose=0), then, atol=1e-6)


def test_none_are_kept_where_nobody_asks(chain, data):
    session = Session(
        chain(LAYERS, epochs=1),
        data,
        storage=RunStorage(record=False),
        computation=Computation("graph"),
    )
    session.run()
    assert session.weight_history is None
