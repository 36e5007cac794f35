"""A run that pauses gives its network as it stands, and goes on as if nobody had looked."""

import gc
import weakref
from typing import Any

import numpy as np
import pytest

from netbuilder.core.engine import session as session_module
from netbuilder.core.engine.events import Paused, PausedModel
from netbuilder.core.engine.session import Computation, RunStorage, Session
from netbuilder.core.engine.trained import TrainedModel

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

    session = Session(
        project,
        data,
        on_event=told,
        computation=Computation("graph"),
        storage=RunStorage(record=False),
    )
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

    session = Session(
        chain(NET, epochs=6),
        dataset({"input": x}, {"out": y}),
        on_event=told,
        computation=Computation("graph"),
        storage=RunStorage(record=False),
    )
    session.one_epoch()
    gc.collect()
    gc.disable()  # a network is full of circles: nobody else takes them apart here
    try:
        session.run()
        assert [one() is None for one in shown[:3]] == [True] * 3
    finally:
        gc.enable()
