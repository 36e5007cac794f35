"""Weights are set by hand while a run stands: it goes on from them, and nothing else changes."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from netbuilder.core.engine.events import Paused, PausedModel, ProbeAnswered
from netbuilder.core.engine.manual_weights import WeightIndex, with_weights
from netbuilder.core.engine.monitor.observer import Probe
from netbuilder.core.engine.runs import run_store
from netbuilder.core.engine.session import Computation, RunStart, RunStorage, Session
from netbuilder.core.engine.trained import Changed
from netbuilder.core.project.model import Choice
from netbuilder.core.results.layer_values import weights_of

NET = [("a", "Dense", {"units": 8, "activation": "tanh"}), ("out", "Dense", {"units": 1})]
ONE, OTHER = WeightIndex("a", "kernel", (1, 2)), WeightIndex("out", "bias", (0,))
Hand = Callable[[Session], object]


@pytest.fixture
def made(chain, dataset, numbers):
    """A session that does, in the pause behind its first epoch, one thing after the other: each
    when the network that the one before has made is shown. Then it goes on."""

    def make(*hands: Hand, rate=0.01, start=None, compilation="auto", **storage: Any):
        x, y = numbers
        adam = Choice("Adam", {"learning_rate": rate})
        project = chain(NET, epochs=5, optimizer=adam, batch_size=16)
        left: Iterator[Hand] = iter((*hands, lambda session: session.resume()))

        def told(event):
            if isinstance(event, Paused):
                session.stand()
            elif isinstance(event, PausedModel):
                session.shown.append(event.trained)
                next(left)(session)
            session.heard.append(event)

        session = Session(
            project,
            dataset({"input": x}, {"out": y}, held=20),
            on_event=told,
            start=RunStart(start),
            storage=RunStorage(**storage),
            computation=Computation(compilation),
        )
        session.shown, session.heard = [], []
        return session

    return make


def value(trained, weight):
    return float(weights_of(trained, weight.node)[weight.name][weight.index])


def test_it_goes_on_from_what_was_set(made):
    session = made(
        lambda s: s.set_weights({ONE: 3.0}),
        lambda s: s.set_weights({ONE: 2.5, OTHER: -1.0}),
        rate=1e-7,
    )
    session.watch(Probe("look", weights=("a",)))
    session.one_epoch()
    done = session.run()
    before, once, twice = session.shown
    assert (before.set_by_hand, once.set_by_hand, twice.set_by_hand) == (0, 1, 2)
    assert value(once, ONE) == 3.0 and value(once, OTHER) == value(before, OTHER)
    assert value(twice, ONE) == 2.5 and value(twice, OTHER) == -1.0
    assert value(done, ONE) == pytest.approx(2.5, abs=1e-3)
    seen = [e.weights["a"]["kernel"][1, 2] for e in session.heard if isinstance(e, ProbeAnswered)]
    assert 2.5 in seen, "views see it in the pause"
    rest = np.ones_like(weights_of(twice, "a")["kernel"], bool)
    rest[1, 2] = False
    assert np.array_equal(
        weights_of(twice, "a")["kernel"][rest], weights_of(before, "a")["kernel"][rest]
    )
    assert (
        int(done.training_model.optimizer.iterations)
        == 5 * session.history.steps.values.shape[0] // 5
    )
    assert done.changes == (Changed("weights", 2, 1, 0),), "of one place the last holds"
    assert done.set_by_hand == 0, "it has learned since"
    run = run_store.load_run(session.run_id)
    assert run.changes == done.changes, "Runs says it"


@pytest.mark.slow
def test_taken_back_it_learns_as_if_nobody_had_set_anything(made):
    ends = []
    for hands in (
        (),
        (
            lambda s: s.set_weights({ONE: 3.0}),
            lambda s: s.set_weights({ONE: 3.0, OTHER: 1.0}),
            lambda s: s.set_weights({OTHER: 1.0}),
            lambda s: s.set_weights({}),
        ),
    ):
        session = made(*hands, compilation="graph", record=False)
        session.one_epoch()
        ends.append(session.run())
        assert value(session.shown[-1], ONE) == value(session.shown[0], ONE)
    assert ends[1].changes == ()
    for mine, own in zip(
        ends[0].training_model.get_weights(), ends[1].training_model.get_weights(), strict=True
    ):
        assert np.array_equal(mine, own), "the optimizer's state is as it was, too"


def test_the_best_epoch_of_before_is_not_lost(made):
    session = made(
        lambda s: s.set_weights({ONE: 1e3, OTHER: 1e3}),
        lambda s: (s.go_back_to_best(), s.stand()),
        record=False,
    )
    session.one_epoch()
    session.run()
    before, bad, back = session.shown
    assert (before.best_epoch, bad.best_epoch, back.best_epoch) == (1, 1, 1)
    for mine, own in zip(
        before.training_model.get_weights(), back.training_model.get_weights(), strict=True
    ):
        assert np.array_equal(mine, own)
    assert back.set_by_hand == 0


def test_a_run_that_is_killed_in_that_pause_has_what_was_set(made, tmp_path):
    folder, left = tmp_path / "checkpoint", tmp_path / "left"

    def kill(session):
        session._parts.saver.writer.flush()
        shutil.copytree(folder, left)
        session.stop()

    session = made(lambda s: s.set_weights({ONE: 3.0}), kill, checkpoint_dir=folder, record=False)
    session.step()
    session.run()
    before = session.shown[-1]
    assert (before.epochs, before.step) == (0, 1), "within an epoch"
    again = made(lambda s: s.stop(), checkpoint_dir=left, resume=True, record=False)
    again.pause()
    again.run()
    found = again.shown[0]
    assert (found.epochs, found.step, found.set_by_hand) == (0, 1, 1)
    assert value(found, ONE) == 3.0
    for mine, own in zip(
        found.training_model.get_weights(), before.training_model.get_weights(), strict=True
    ):
        assert np.array_equal(mine, own)


def test_a_weight_that_is_not_there_changes_nothing(made):
    session = made(record=False)
    session.set_weights({ONE: 2.0, WeightIndex("a", "kernel", (9, 9)): 1.0})
    session.one_epoch()
    assert session.run().changes == ()


def test_it_is_shown_though_something_else_waits_or_the_last_was_wrong(made, tmp_path):
    nowhere = WeightIndex("a", "kernel", (9, 9))
    session = made(
        lambda s: (s.set_weights({ONE: 3.0}), s.watch(Probe("look"))),
        lambda s: (s.set_weights({ONE: 2.0}), s.set_weights({nowhere: 1.0})),
        lambda s: s.set_weights({nowhere: 1.0}),
        record=False,
    )
    session.one_epoch()
    session.run()
    assert [value(one, ONE) for one in session.shown[1:]] == [3.0, 2.0, 2.0]


def test_what_was_set_at_one_place_is_counted_together(made):
    session = made(lambda s: s.set_weights({ONE: 3.0, OTHER: 1.0}), lambda s: s.stop())
    session.step()
    stopped = session.run()
    assert (stopped.epochs, stopped.step, stopped.set_by_hand) == (0, 1, 2)
    third = WeightIndex("out", "kernel", (0, 0))
    more = with_weights(stopped, {third: 0.5})
    assert more.set_by_hand == 3
    assert [one.value for one in more.changes] == [3], "one mark, as of a run"

    # A run that goes on from it begins the epoch anew, with these weights.
    again = made(lambda s: s.set_weights({ONE: 4.0}), lambda s: s.stop(), start=more)
    again.pause()
    found = again.run()
    assert [one.set_by_hand for one in again.shown] == [3, 4]
    assert found.changes == (replace(more.changes[-1], value=4, epoch=0, step=0, note=""),)


def test_another_rate_does_not_unset_them(made):
    session = made(lambda s: s.stop(), start=None)
    session.one_epoch()
    first = with_weights(session.run(), {ONE: 3.0})
    again = made(
        lambda s: (s.set_learning_rate(0.5), s.set_weights({OTHER: 4.0})),
        lambda s: s.stop(),
        start=first,
    )
    again.pause()
    again.run()
    assert [one.set_by_hand for one in again.shown] == [1, 2]


def test_what_it_has_learned_from_since_is_not_set_any_more(made):
    session = made(lambda s: s.set_weights({ONE: 3.0}), lambda s: s.step(), lambda s: s.stop())
    session.step()
    stopped = session.run()
    assert (stopped.step, stopped.set_by_hand) == (2, 0)
    again = made(lambda s: s.stop(), start=stopped)
    again.pause()
    again.run()
    assert again.shown[0].set_by_hand == 0
