"""What is built serves the next run, and what a run has given stays as it is."""

import gc
import threading
import weakref
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from netbuilder.core.engine import prepared_networks
from netbuilder.core.engine.events import EpochEnd, Restored
from netbuilder.core.engine.networks import tracing
from netbuilder.core.engine.session import Computation, RunStart, RunStorage, Session
from netbuilder.core.engine.trained import Event
from netbuilder.core.errors import TrainingError
from netbuilder.core.project.model import Choice, Data
from tests.core.engine.conftest import forget_prepared

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
    return Session(
        project, data, storage=RunStorage(record=False), computation=Computation("graph"), **more
    )


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
