"""What is built serves the next run, also on other data; and building can be left."""

import gc
import shutil
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from netbuilder.core.engine import prepared_networks
from netbuilder.core.engine.checkpoint import read_checkpoint
from netbuilder.core.engine.events import (
    DataReplaced,
    EpochEnd,
    Failed,
    Paused,
    Restored,
    Started,
    StepsDone,
)
from netbuilder.core.engine.loop.program import Program
from netbuilder.core.engine.loop.trainer import Trainer
from netbuilder.core.engine.networks import tracing
from netbuilder.core.engine.run_control import Interruptible, StoppedBeforeStartError
from netbuilder.core.engine.runs import run_store
from netbuilder.core.engine.session import Computation, RunStart, RunStorage, Session
from netbuilder.core.engine.trained import Changed, Event
from netbuilder.core.errors import TrainingError
from netbuilder.core.project.model import Choice, Data
from tests.core.engine.conftest import forget_prepared
from tests.sessions import graph_session

POINTS = Data("builtin", name="moons")  # whose points a person edits by hand
NET = [
    ("a", "Dense", {"units": 8, "activation": "tanh"}),
    ("drop", "Dropout", {"rate": 0.3}),
    ("out", "Dense", {"units": 1}),
]


@pytest.fixture(autouse=True)
def _nothing_kept():
    forget_prepared()
    yield
    forget_prepared()


@pytest.fixture
def data(dataset, numbers):
    x, y = numbers
    return dataset({"input": x}, {"out": y}, held=20, tested=10)


def session(project, data, **more: Any):
    return graph_session(project, data, **more)


def weights(trained):
    return [weight.numpy() for weight in trained.training_model.weights]


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.slow
def test_the_next_run_takes_over_what_is_compiled_and_gives_the_same(chain, data, dataset, numbers):
    """The same numbers as a run that built everything anew, whatever ran in between."""
    adam = Choice("Adam", {"learning_rate": 0.01})
    plans: list[dict[str, Any]] = [
        {"epochs": 4},
        {"epochs": 6, "seed": 9, "optimizer": adam},
        {"epochs": 4},
    ]
    runs = [session(chain(NET, **plan), data) for plan in plans]
    results = [(run.run(), run.trainer) for run in runs]
    assert len({id(trainer) for _, trainer in results}) == 1
    assert results[0][0].history == results[2][0].history
    faster = session(chain(NET, epochs=2, optimizer=adam), data)
    faster.run()
    assert faster.trainer is results[0][1]
    faster.reset_weights()
    faster.run()
    assert faster.trainer.learning_rate == pytest.approx(0.01), "not that of an earlier run"
    forget_prepared()
    alone = session(chain(NET, **plans[1]), data)
    assert alone.run().history == results[1][0].history
    assert alone.trainer is not results[1][1]
    # The same numbers read again are the same data; others are not.
    x, y = numbers
    again = dataset({"input": x.copy()}, {"out": y.copy()}, held=20, tested=10)
    other = dataset({"input": x + 1}, {"out": y}, held=20, tested=10)
    one, two = session(chain(NET, **plans[1]), again), session(chain(NET, **plans[1]), other)
    one.run()
    assert one.trainer is alone.trainer
    assert two.run().history != results[1][0].history
    assert two.trainer is not alone.trainer


@pytest.mark.parametrize(
    ("compiled", "batch"), [("graph", 16), pytest.param("loop", 1000, marks=pytest.mark.slow)]
)
def test_data_of_about_as_many_rows_take_the_place_of_others_to_the_last_bit(
    chain, dataset, compiled, batch
):
    """As in a run that built everything for them: batches, losses, metrics, validation, test."""
    source = np.random.default_rng(7)
    project = chain(NET, batch_size=batch, epochs=3, metrics=(Choice("mean_absolute_error"),))
    project = replace(project, data=POINTS)

    def rows(count, held):
        x = source.normal(size=(count, 4)).astype(np.float32)
        y = x.sum(axis=1, keepdims=True)
        return dataset({"input": x}, {"out": y}, held=held, tested=held)

    # Of 90 training rows, of as many, and of all that have room.
    sets = [rows(*sizes) for sizes in ((130, 20), (130, 20), (148, 10))]
    trainers, shared = set(), []
    for data in sets:
        run = Session(
            project, data, storage=RunStorage(record=False), computation=Computation(compiled)
        )
        shared.append(run.run())
        trainers.add(id(run.trainer))
    assert len(trainers) == 1
    for data, found in zip(sets[1:], shared[1:], strict=True):
        forget_prepared()
        own = Session(
            project, data, storage=RunStorage(record=False), computation=Computation(compiled)
        ).run()
        assert own.history == found.history
        assert own.test == found.test
        assert same(weights(own), weights(found))


def test_train_pressed_again_traces_nothing(chain, dataset, numbers):
    """The data come from a file each time; other points take the place of those of before."""
    x, y = numbers
    project = replace(chain(NET, batch_size=16, epochs=2), data=POINTS)

    def pressed(*, more=0.0):
        data = dataset({"input": x + np.float32(more)}, {"out": y.copy()}, held=20, tested=10)
        run = session(project, data)
        found = run.run()
        return run.trainer.tester, found.test

    (first, own), (again, same_test), (moved, other) = pressed(), pressed(), pressed(more=1.0)
    assert first is again is moved
    assert first._function is not None
    assert own == same_test != other
    forget_prepared()
    assert pressed(more=1.0)[1] == other


@pytest.mark.parametrize("count", [63, 64, 65])
def test_there_is_always_room_for_one_more(chain, dataset, count):
    def rows(count):
        x = np.zeros((count, 4), np.float32)
        return dataset({"input": x}, {"out": x.sum(axis=1, keepdims=True)})

    project = replace(chain(NET, batch_size=16, epochs=1), data=POINTS)
    run = session(project, rows(count))
    run.run()
    assert run.takes(project, rows(count + 1))


@pytest.mark.slow
def test_what_has_no_room_or_another_form_is_built_anew(chain, dataset):
    source = np.random.default_rng(7)

    def rows(count, *, held=20, weighted=False, places=4):
        x = source.normal(size=(count, places)).astype(np.float32)
        weight = np.ones(count, np.float32) if weighted else None
        y = x.sum(axis=1, keepdims=True)
        return dataset({"input": x}, {"out": y}, held=held, weight=weight)

    project, base = replace(chain(NET, batch_size=16, epochs=1), data=POINTS), rows(120)
    first = session(project, base)
    first.run()
    for other in (
        rows(150),  # of 100 there is room for 128
        rows(120, held=0),
        rows(120, weighted=True),
        rows(120, places=5),
    ):
        run = session(project, other)
        assert not first.takes(project, other)
        run.run()
        assert run.trainer is not first.trainer
        forget_prepared()
        first = session(project, base)
        first.run()


@pytest.mark.slow
def test_what_nobody_edits_by_hand_is_a_constant_of_what_is_compiled(chain, data):
    """Data that may be replaced cost a third to a half of the speed."""
    run = session(chain(NET, batch_size=16, epochs=1), data)
    run.run()
    assert not run.trainer.feed.variables
    assert not run.trainer.validation.variables
    forget_prepared()
    run = session(replace(chain(NET, batch_size=16, epochs=1), data=POINTS), data)
    run.run()
    assert run.trainer.feed.variables


@pytest.mark.slow
def test_what_is_built_beforehand_serves_the_run(chain, data):
    plain = session(chain(NET), data).run()
    forget_prepared()
    prepared_networks.prebuild(chain(NET), data, compilation="graph")
    (kept,) = prepared_networks.shelf
    run = session(chain(NET), data)
    assert run.run().history == plain.history
    assert run.trainer is kept.trainer
    # Another network is another one.
    wider = session(chain([("a", "Dense", {"units": 9}), *NET[1:]]), data)
    wider.run()
    assert wider.trainer is not kept.trainer


def test_training_on_makes_another_model(chain, data):
    run = session(chain(NET), data)
    first = run.run()
    held = weights(first)
    state = [variable.numpy() for variable in first.training_model.optimizer.variables]
    run.train_more(3)
    second = run.run()
    assert second.training_model is not first.training_model
    assert same(weights(first), held)
    assert same([variable.numpy() for variable in first.training_model.optimizer.variables], state)
    assert not same(weights(second), held)
    np.testing.assert_array_equal(
        first.model.predict(data.train.x["input"][:4], verbose=0),
        first.training_model.predict(data.train.x["input"][:4], verbose=0),
    )


@pytest.mark.slow
def test_saving_and_judging_beside_a_run(chain, data, tmp_path):
    """The file holds the weights of one moment, and the run goes on as if nobody had looked."""
    import keras

    from netbuilder.core.formats import registry
    from netbuilder.core.results.evaluate import evaluate

    plain = session(chain(NET, epochs=3), data)
    plain.run()
    plain.train_more(400)
    undisturbed = plain.run().history
    forget_prepared()
    begun = threading.Event()

    def told(event):
        if isinstance(event, EpochEnd) and event.epoch > 3:
            begun.set()

    run = session(chain(NET, epochs=3), data, on_event=told)
    first = run.run()
    held = weights(first)
    run.train_more(400)
    thread = threading.Thread(target=run.run)
    thread.start()
    assert begun.wait(60)
    registry.save_network(first, tmp_path / "model.h5")
    assert data.test is not None
    evaluate(first, data.test)
    thread.join()
    loaded = keras.models.load_model(tmp_path / "model.h5")
    assert same([weight.numpy() for weight in loaded.weights], held)
    assert run.trained.history == undisturbed


def test_a_run_goes_on_from_a_trained_model(chain, data):
    """As if it had never ended: weights, optimizer, order and Dropout's numbers are where they
    were."""
    whole = session(chain(NET, epochs=7), data).run()
    first = session(chain(NET, epochs=3), data).run()
    forget_prepared()
    told: list[Event] = []
    run = session(chain(NET, epochs=7), data, start=RunStart(first), on_event=told.append)
    longer = run.run()
    assert longer.epochs == 7
    assert longer.history == whole.history
    assert same(weights(longer), weights(whole))
    (restored,) = [event for event in told if isinstance(event, Restored)]
    assert restored.history["loss"].tolist() == first.history["loss"]
    other = chain([("a", "Dense", {"units": 9}), *NET[1:]])
    with pytest.raises(TrainingError) as caught:
        session(other, data, start=RunStart(first)).run()
    assert caught.value.code == "weights_of_other_network"


def test_a_session_whose_network_was_taken_over_goes_on_from_its_own_result(chain, data):
    whole = session(chain(NET, epochs=5), data).run()
    one = session(chain(NET, epochs=3), data)
    first = one.run()
    two = session(chain(NET, epochs=3, seed=8), data)
    two.run()
    assert one.history.by_epoch() == first.history
    one.train_more(2)
    assert one.run().history == whole.history


def test_letting_go_takes_circles_of_old_objects_apart():
    class Circle:
        def __init__(self):
            self.itself = self

    one = Circle()
    gone = weakref.ref(one)
    gc.collect()  # it is an old object now, which younger collections leave alone
    del one
    gc.collect(1)
    assert gone() is not None
    tracing.release()
    assert gone() is None


def test_a_trace_leaves_no_gradient_behind(chain, data):
    """Each would hold its graph for ever. Fails where TensorFlow keeps them in another place."""
    held = tracing._gradients()
    assert "MatMul" in held
    before = set(held)
    session(chain(NET), data).run()
    forget_prepared()
    session(chain([("a", "Dense", {"units": 9, "activation": "silu"}), NET[2]]), data).run()
    assert set(held) - before <= {one for one in held if not one.startswith("CustomGradient-")}


def test_a_folder_counts_only_where_weights_lie_in_it(chain, data, tmp_path):
    """A project that is saved in another folder trains what was built."""
    body = ("body", "MobileNetV2", {"weights_file": "mine.h5"})
    for layers, counts in ((NET, False), ([body, *NET], True)):
        here, there = (
            prepared_networks.TrainingOrder(chain(layers), data, tmp_path / name).key()
            for name in ("here", "there")
        )
        assert (here != there) == counts


SMALL = [("a", "Dense", {"units": 3}), ("out", "Dense", {"units": 1})]
DEEP = [(f"d{number}", "Dense", {"units": 4}) for number in range(80)]
DEEP = [*DEEP, ("out", "Dense", {"units": 1})]


@pytest.fixture
def traces(monkeypatch):
    """Set once a program is being traced."""
    begun = threading.Event()
    step = Program._one_step

    def one_step(self, *arguments: Any):
        begun.set()
        return step(self, *arguments)

    monkeypatch.setattr(Program, "_one_step", one_step)
    return begun


def in_thread(work):
    came: list[object] = []

    def run():
        try:
            came.append(work())
        except Exception as error:  # noqa: BLE001 - what came is looked at
            came.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, came


@pytest.mark.slow
def test_stop_ends_the_building_of_a_deep_network(chain, data, traces):
    """It went on for 40 s, and longer where the machine was busy."""
    told: list[Any] = []
    run = Session(chain(DEEP), data, computation=Computation("graph"), on_event=told.append)
    thread, came = in_thread(run.run)
    assert traces.wait(120)
    time.sleep(0.5)
    session_stopped = time.monotonic()
    run.stop()
    thread.join(60)
    assert time.monotonic() - session_stopped < 5  # a second, on a machine that is not busy
    assert isinstance(came[0], StoppedBeforeStartError)
    assert came[0].code == "stopped_before_start"
    assert not [event for event in told if isinstance(event, Failed)]
    assert not run_store.list_runs()
    # It is not going on behind: the next run has Keras and TensorFlow for itself.
    begun = time.monotonic()
    assert graph_session(chain(SMALL), data).run().epochs == 3
    assert time.monotonic() - begun < 15
    assert not [one for one in threading.enumerate() if one.name == "netbuilder-build"]


@pytest.mark.slow
def test_a_run_of_another_network_ends_what_is_built_beforehand(chain, data, traces):
    thread, came = in_thread(
        lambda: prepared_networks.prebuild(chain(DEEP), data, compilation="graph")
    )
    assert traces.wait(120)
    run = graph_session(chain(SMALL), data)
    assert run.run().epochs == 3
    thread.join(60)
    assert isinstance(came[0], StoppedBeforeStartError), "it had not been waited for"


@pytest.mark.slow
def test_a_run_takes_over_what_is_being_built_for_it(chain, data, traces, monkeypatch):
    made: list[Trainer] = []
    make = Trainer.__init__

    def count(self, *arguments: Any, **options: Any):
        made.append(self)
        make(self, *arguments, **options)

    monkeypatch.setattr(Trainer, "__init__", count)
    plain = graph_session(chain(DEEP[-12:]), data).run()
    forget_prepared()
    made.clear()
    traces.clear()
    project = chain(DEEP[-12:])
    thread, _came = in_thread(
        lambda: prepared_networks.prebuild(project, data, compilation="graph")
    )
    assert traces.wait(120)
    run = graph_session(project, data)
    assert run.run().history == plain.history
    thread.join(60)
    assert made == [run.trainer]


def test_what_is_wanted_no_more_is_not_built_on(chain, data, traces):
    with pytest.raises(StoppedBeforeStartError):
        prepared_networks.prebuild(chain(DEEP), data, needed=lambda: not traces.is_set())
    assert not prepared_networks.builds


def test_a_run_that_gives_way_leaves_no_record(chain, data):
    """The window wrote into the session while its thread read it."""
    steps = threading.Event()
    run = Session(
        chain(SMALL, epochs=100_000),
        data,
        computation=Computation("graph"),
        on_event=lambda _event: steps.set(),
    )
    thread, _came = in_thread(run.run)
    assert steps.wait(60)
    while not run.moved:
        time.sleep(0.01)
    run.stop(discard=True)
    thread.join(60)
    assert not run_store.list_runs()
    run.train_more(3)
    run.run()
    assert len(run_store.list_runs()) == 1, "it held for that run alone"


def test_work_that_is_interrupted_ends_and_one_that_fails_says_why():
    began = threading.Event()

    def for_ever():
        began.set()
        while True:
            time.sleep(0.001)

    def for_ever_in_c():
        try:
            for_ever()
        except SystemExit as interruption:
            raise SystemError("bad argument to internal function") from interruption

    def fails():
        raise ValueError("why")

    for endless in (for_ever, for_ever_in_c):
        began.clear()
        work = Interruptible(endless, "for ever")
        assert began.wait(10)
        with pytest.raises(StoppedBeforeStartError):
            work.wait_or_end(lambda: True)
        with pytest.raises(StoppedBeforeStartError):
            work.wait(lambda: False)
    with pytest.raises(ValueError, match="why"):
        Interruptible(fails, "fails").wait(lambda: False)
    assert Interruptible(lambda: 7, "seven").wait(lambda: False) == 7


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
