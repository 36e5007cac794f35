"""A run gives its network as it stands, as it stood at an earlier epoch, and at the next start."""

import gc
import weakref
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from netbuilder.core.engine import session as session_module
from netbuilder.core.engine.events import Paused, PausedModel, Restored, Started
from netbuilder.core.engine.runs import run_store
from netbuilder.core.engine.session import Computation, RunStorage, Session
from netbuilder.core.engine.trained import Changed, Event, TrainedModel
from netbuilder.core.engine.weight_history import WeightHistory, model_at
from netbuilder.core.project.edits import move_nodes, set_params, set_training
from netbuilder.core.project.model import Choice, Data
from tests.sessions import graph_session

NET = [
    ("a", "Dense", {"units": 8, "activation": "tanh"}),
    ("drop", "Dropout", {"rate": 0.3}),
    ("out", "Dense", {"units": 1}),
]


def run_of(project, data, looked):
    """A run that stands still behind its first epoch: what it showed there, and its end."""
    shown: list[TrainedModel] = []

    def told(event):
        if isinstance(event, Paused):
            if looked:
                session.stand()
            else:
                session.resume()
        elif isinstance(event, PausedModel):
            shown.append(event.trained)
            session.resume()

    session = graph_session(project, data, on_event=told)
    session.one_epoch()
    return shown, session.run()


def test_it_is_shown_as_it_stands_and_learns_on_as_without(chain, dataset, numbers):
    x, y = numbers
    data = dataset({"input": x}, {"out": y})
    project = chain(NET, epochs=5)
    (shown,), watched = run_of(project, data, looked=True)
    none, alone = run_of(project, data, looked=False)
    assert not none
    assert shown.epochs == 1 and shown.test == {}
    assert shown.history["loss"] == watched.history["loss"][: shown.epochs]
    for mine, own in zip(
        watched.training_model.get_weights(), alone.training_model.get_weights(), strict=True
    ):
        assert np.array_equal(mine, own), "nobody's look changes what is learned"
    first, last = shown.training_model.get_weights()[0], watched.training_model.get_weights()[0]
    assert not np.allclose(first, last), "it is of then"
    answer = shown.training_model.predict(x, verbose=0)
    assert answer.shape == y.shape and np.isfinite(answer).all()


@pytest.mark.parametrize(("most", "times"), [(10, 1), (10_000, 2)], ids=["large", "small"])
def test_of_a_run_that_goes_on_a_large_network_is_not_copied(
    chain, dataset, numbers, monkeypatch, most, times
):
    monkeypatch.setattr(session_module, "_MOST_COPIED", most)
    x, y = numbers
    shown: list[TrainedModel] = []

    def told(event):
        if isinstance(event, Paused):  # before the first step
            session.stand()
        elif isinstance(event, PausedModel):
            shown.append(event.trained)
            if len(shown) == 1:
                session.resume()
                session.stand()

    session = Session(
        chain(NET, epochs=2),
        dataset({"input": x}, {"out": y}),
        on_event=told,
        storage=RunStorage(record=False),
    )
    session.pause()
    session.run()
    assert [one.epochs for one in shown] == [0] * times


def test_who_pauses_again_and_again_keeps_one_network(chain, dataset, numbers):
    x, y = numbers
    shown: list[weakref.ref[Any]] = []

    def told(event):
        if isinstance(event, Paused):
            session.stand()
        elif isinstance(event, PausedModel):
            shown.append(weakref.ref(event.trained.training_model))
            if len(shown) < 4:
                session.one_epoch()
            else:
                session.resume()

    session = graph_session(chain(NET, epochs=6), dataset({"input": x}, {"out": y}), on_event=told)
    session.one_epoch()
    gc.collect()
    gc.disable()  # a network is full of circles: nobody else takes them apart here
    try:
        session.run()
        assert [one() is None for one in shown[:3]] == [True] * 3
    finally:
        gc.enable()


SMALL_NET = [("a", "Dense", {"units": 8, "activation": "tanh"}), ("out", "Dense", {"units": 1})]


@pytest.fixture
def train(dataset, numbers):
    def run(project, base):
        data = dataset({"input": numbers[0]}, {"out": numbers[1]}, held=20)
        session = Session(project, data, computation=Computation("graph"), storage=RunStorage(base))
        session.run()
        return session

    return run


def test_the_newest_run_of_the_same_project_is_found(chain, train, tmp_path):
    project = chain(SMALL_NET, epochs=2)
    assert run_store.newest_run(project, tmp_path) is None
    sessions = [train(project, tmp_path) for _ in range(2)]
    train(set_params(project, "a", units=9), tmp_path)
    ids = sorted(session.run_id for session in sessions)
    found = run_store.newest_run(move_nodes(project, {"a": (5.0, 5.0)}), tmp_path / "elsewhere")
    assert found is not None and found.id == ids[-1]
    assert found.steps_per_epoch == 3
    run_store.rename_run(found.id, "Another name")
    again = run_store.newest_run(project, tmp_path)
    assert again is not None and (again.id, again.name) == (found.id, "Another name")
    for other in (
        set_params(project, "a", units=7),
        set_training(project, epochs=3),
        set_training(project, loss=Choice("huber")),
        # What is left to the data is another plan than the same loss chosen by hand.
        set_training(project, loss=None),
    ):
        assert run_store.newest_run(other, tmp_path) is None


@pytest.mark.slow
def test_a_run_on_other_data_is_another_projects(chain, train, tmp_path):
    project = replace(chain(SMALL_NET, epochs=1), data=Data(kind="csv", path="rows.csv"))
    session = train(project, tmp_path / "here")
    found = run_store.newest_run(project, tmp_path / "here")
    assert found is not None and found.id == session.run_id
    assert run_store.newest_run(project, tmp_path / "there") is None, "another rows.csv"
    moved = replace(project, data=replace(project.data, path="../here/rows.csv"))
    found = run_store.newest_run(moved, tmp_path / "there")
    assert found is not None, "saved in another folder: the same rows.csv"
    whole = replace(project, data=replace(project.data, path=str(tmp_path / "here" / "rows.csv")))
    assert run_store.newest_run(whole, tmp_path) is not None


def test_a_run_that_goes_on_tells_all_of_its_past(chain, dataset, numbers, tmp_path):
    data = dataset({"input": numbers[0]}, {"out": numbers[1]}, held=20)
    told: list[Event] = []

    def session(epochs):
        project = chain(SMALL_NET, epochs=epochs)
        return Session(
            project,
            data,
            on_event=told.append,
            computation=Computation("graph"),
            storage=RunStorage(checkpoint_dir=tmp_path / "kept", resume=True),
        )

    first = session(3)
    first.set_learning_rate(0.003)
    first.set_learning_rate(0.002)
    first.run()
    assert not [event for event in told if isinstance(event, Restored)]
    told.clear()
    rest = session(5)
    rest.run()
    kinds = [type(event) for event in told]
    assert kinds.count(Restored) == 1 and kinds.index(Restored) < kinds.index(Started)
    past = next(event for event in told if isinstance(event, Restored))
    assert past.steps["loss"].tolist() == first.history.steps.columns()["loss"].tolist()
    assert {name: values.tolist() for name, values in past.history.items()} == (
        first.history.by_epoch()
    )
    # The two changes came at once, as of a slider that is dragged: they are one.
    assert past.changes == (Changed("learning_rate", 0.002, 0, 0),)
    run = run_store.load_run(rest.run_id)
    assert run.changes == past.changes
    told.clear()
    rest.train_more(1)
    rest.run()
    assert not [event for event in told if isinstance(event, Restored)]


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


LAYERS = [("hidden", "Dense", {"units": 3}), ("out", "Dense", {"units": 1})]


def test_a_network_of_an_epoch_predicts_what_it_did_then(chain, data):
    session = graph_session(chain(LAYERS, epochs=3), data)
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
    session = graph_session(chain(LAYERS, epochs=1), data)
    session.run()
    assert session.weight_history is None
