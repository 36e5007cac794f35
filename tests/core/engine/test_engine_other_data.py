"""A run goes on with other points: nothing is built anew, and it learns from them as they are."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from netbuilder.core.engine.checkpoint import read_checkpoint
from netbuilder.core.engine.events import DataReplaced, EpochEnd, Paused, Started, StepsDone
from netbuilder.core.engine.runs import run_store
from netbuilder.core.engine.session import Computation, RunStart, RunStorage, Session
from netbuilder.core.engine.trained import Changed
from netbuilder.core.project.model import Choice, Data
from tests.core.engine.conftest import forget_prepared

POINTS = Data("builtin", name="moons")  # whose points a person edits by hand
NET = [
    ("a", "Dense", {"units": 8, "activation": "tanh"}),
    ("drop", "Dropout", {"rate": 0.3}),
    ("out", "Dense", {"units": 1}),
]
Rows = Callable[..., Any]


@pytest.fixture
def rows(dataset):
    """Data of so many training rows."""

    def make(count, seed=1):
        x = np.random.default_rng(seed).normal(size=(count + 40, 4)).astype(np.float32)
        return dataset({"input": x}, {"out": x.sum(axis=1, keepdims=True)}, held=20, tested=20)

    return make


def plan(chain, epochs):
    adam = Choice("Adam", {"learning_rate": 0.01})
    return replace(chain(NET, epochs=epochs, optimizer=adam, batch_size=16), data=POINTS)


def changed_at(project, one, other, heard, epoch=2, **options: Any):
    """A session that stands still behind an epoch, is given other data, and goes on."""

    def told(event):
        heard.append(event)
        if isinstance(event, Paused):
            if event.epoch < epoch:
                session.one_epoch()
            else:
                assert session.takes(project, other)
                session.set_data(project, other)
                session.resume()

    session = Session(project, one, on_event=told, **options)
    session.one_epoch()
    return session


@pytest.mark.slow
@pytest.mark.parametrize("count", [100, 101, 90, 128])
def test_it_learns_on_as_a_run_that_begins_where_it_stood(chain, rows, count):
    one, other, heard = rows(100), rows(count, seed=2), []
    project = plan(chain, 3)
    options: dict[str, Any] = {
        "storage": RunStorage(record=False),
        "computation": Computation("graph"),
    }
    session = changed_at(project, one, other, heard, **options)
    found = session.run()

    forget_prepared()
    first = Session(plan(chain, 2), one, **options).run()
    forget_prepared()
    alone = Session(project, other, start=RunStart(first, other_data=True, epochs=5), **options)
    own = alone.run()
    assert found.epochs == own.epochs == 5, "as many as the plan has, from there"
    assert found.history == own.history
    assert found.test == own.test, "judged on the test rows of the new ones"
    assert found.best_epoch == own.best_epoch > 2
    for mine, theirs in zip(
        found.training_model.get_weights(), own.training_model.get_weights(), strict=True
    ):
        assert np.array_equal(mine, theirs)
    assert found.facts == other.facts and session.dataset is other
    assert found.changes == (Changed("data", 0, 2, 0),)

    told = [event for event in heard if isinstance(event, DataReplaced)]
    assert [event.project for event in told] == [project]
    steps = -(-count // 16)
    after = heard[heard.index(told[0]) :]
    first_steps = next(event for event in after if isinstance(event, StepsDone))
    assert first_steps.first == 2 * steps and first_steps.epoch == 2
    started = [event for event in heard if isinstance(event, Started)][-1]
    assert (started.steps_per_epoch, started.epochs, started.samples) == (steps, 5, count)
    ends = [event.epoch for event in after if isinstance(event, EpochEnd)]
    assert ends[0] == 3, "the first epoch on them is told by itself"


def test_of_several_that_come_within_an_epoch_the_last_counts(chain, rows):
    project, sets = plan(chain, 3), [rows(100, seed=seed) for seed in range(4)]
    heard: list[Any] = []

    def told(event):
        heard.append(event)
        if isinstance(event, Paused):
            for other in sets[1:]:
                session.set_data(project, other)
            session.resume()

    session = Session(project, sets[0], on_event=told, storage=RunStorage(record=False))
    session.step()
    found = session.run()
    assert session.dataset is sets[-1]
    assert sum(isinstance(event, DataReplaced) for event in heard) == 1
    assert found.changes == (Changed("data", 0, 1, 0),), "from the next epoch on"


@pytest.mark.slow
def test_a_run_of_many_epochs_goes_over_to_a_compiled_loop_again(chain, rows):
    """What XLA compiled for some rows is not used for others."""
    project, heard = plan(chain, 40), []
    session = changed_at(
        project,
        rows(100),
        rows(90, seed=2),
        heard,
        epoch=20,
        storage=RunStorage(record=False),
        computation=Computation("loop"),
    )
    found = session.run()
    assert found.epochs == 60
    assert np.isfinite(found.history["loss"]).all()
    sizes = [event for event in heard if isinstance(event, StepsDone)]
    assert sum(event.count for event in sizes) == 20 * 7 + 40 * 6


def test_its_record_and_its_checkpoint_are_of_what_it_learned_last(chain, rows, tmp_path):
    project, other, heard = plan(chain, 4), rows(90, seed=2), []
    folder, left = tmp_path / "checkpoint", tmp_path / "left"
    session = changed_at(
        project, rows(100), other, heard, storage=RunStorage(checkpoint_dir=folder)
    )
    found = session.run()
    run = run_store.load_run(session.run_id)
    assert run.changes == found.changes
    kept = run_store.load_rows(run)
    assert len(kept.epochs["loss"]) == 6
    assert len(kept.steps["loss"]) == 4 * 6, "steps since then: those of before were others"
    shutil.copytree(folder, left)
    again = Session(
        project, other, storage=RunStorage(checkpoint_dir=left, resume=True, record=False)
    )
    resumed = again.run()
    for mine, theirs in zip(
        found.training_model.get_weights(), resumed.training_model.get_weights(), strict=True
    ):
        assert np.array_equal(mine, theirs)


@pytest.mark.parametrize("what", ["data", "reset"])
def test_its_checkpoint_has_no_steps_of_before(chain, rows, tmp_path, what):
    """Also where so many more were done since that the file could go on growing."""
    project, one, other = plan(chain, 9), rows(100), rows(90, seed=2)
    folder, left = tmp_path / "checkpoint", tmp_path / "left"
    stops = iter((1, 9))

    def told(event):
        if not isinstance(event, Paused) or event.epoch < stop[0]:
            session.one_epoch()
            return
        saver = session._parts.saver
        saver.again(session.trainer.position)
        saver.writer.flush()
        if stop[0] == 9:
            shutil.copytree(folder, left, dirs_exist_ok=True)
            session.stop()
            return
        stop[0] = next(stops)
        if what == "data":
            session.set_data(project, other)
        else:
            session.reset_weights(seed=77)
        session.one_epoch()

    stop = [next(stops)]
    session = Session(
        project,
        one,
        on_event=lambda event: told(event) if isinstance(event, Paused) else None,
        storage=RunStorage(checkpoint_dir=folder, record=False),
    )
    session.one_epoch()
    session.run()
    held = session.history
    found = read_checkpoint(left)
    assert held is not None and found is not None
    assert len(held.steps) == (8 * 6 if what == "data" else 9 * 7)
    for name, table in (("steps", held.steps), ("epochs", held.epochs)):
        values = found.rows[name][:, : len(table.names)]
        assert np.array_equal(values, table.values), name


def test_what_was_asked_of_a_run_that_ended_is_not_done_in_the_next(chain, rows):
    project, other = plan(chain, 3), rows(90, seed=2)

    def told(event):
        if isinstance(event, Paused):
            session.set_data(project, other)
            session.stop()

    session = Session(project, rows(100), on_event=told, storage=RunStorage(record=False))
    session.step()
    assert session.run().step == 1
    session.train_more(1)
    found = session.run()
    assert session.dataset is not other and found.changes == ()
    assert found.epochs == session.epochs == 1


def test_what_is_remembered_of_the_rows_before_is_in_their_steps(chain, rows):
    """Of 64 rows 4 steps are an epoch, of 48 three."""
    project, heard = plan(chain, 4), []
    session = changed_at(
        project, rows(64), rows(48, seed=2), heard, storage=RunStorage(record=False)
    )
    seen: list[Any] = []
    emit = session.emit

    def told(event):
        if isinstance(event, Paused) and not seen:
            seen.append(session.trainer.remembered)
        emit(event)

    session.emit = told
    session.loop.emit = told
    session.run()
    assert seen[0].read().until == 2 * 4


def test_another_network_or_plan_is_not_taken(chain, rows):
    project, data = plan(chain, 1), rows(100)
    session = Session(project, data, storage=RunStorage(record=False))
    assert not session.takes(project, data), "before it is built"
    session.run()
    assert session.takes(project, rows(99))
    wider = chain([("a", "Dense", {"units": 9}), *NET[1:]], epochs=1, batch_size=16)
    assert not session.takes(wider, data)
    assert not session.takes(chain(NET, epochs=1, batch_size=8), data)
