"""A learning rate set by hand takes over from a schedule, and keeps it through everything."""

from typing import Any

import numpy as np
import pytest

from netbuilder.core.engine.events import EpochEnd
from netbuilder.core.engine.session import Computation, RunStorage, Session
from netbuilder.core.engine.trained import Changed, Event
from netbuilder.core.errors import TrainingError
from netbuilder.core.formats import registry
from netbuilder.core.project.model import Choice
from tests.few import few

NET = [("a", "Dense", {"units": 8, "activation": "tanh"}), ("out", "Dense", {"units": 1})]
DECAY = {"name": "ExponentialDecay", "params": {
    "initial_learning_rate": 0.05, "decay_steps": 5, "decay_rate": 0.5,
}}  # fmt: skip
OFF = "schedule_off"


@pytest.fixture
def plan(chain):
    def make(**training: Any):
        optimizer = Choice("SGD", {"learning_rate": DECAY})
        return chain(NET, optimizer=optimizer, batch_size=20, **training)

    return make


@pytest.fixture
def data(dataset, numbers):
    return dataset({"input": numbers[0]}, {"out": numbers[1]}, held=20)


def weights(session):
    return [weight.copy() for weight in session.trainer.training_model.get_weights()]


@pytest.mark.parametrize("kind", few(["graph", "step", "loop"], "loop"))
def test_a_schedule_trains_as_in_fit_until_the_hand_takes_over(plan, data, kind):
    told: list[Event] = []
    session = Session(
        plan(epochs=5),
        data,
        on_event=told.append,
        computation=Computation(kind),
        storage=RunStorage(record=False),
    )
    session.run()
    # 5 epochs of 4 steps: the rate has been halved four times.
    assert session.trainer.learning_rate == pytest.approx(0.05 * 0.5**4)
    assert not [event for event in told if isinstance(event, Changed)]
    before = weights(session)
    session.set_learning_rate(0.0)
    session.train_more(3)
    session.run()
    changed = next(event for event in told if isinstance(event, Changed))
    assert (changed.what, changed.value, changed.epoch, changed.note) == (
        "learning_rate",
        0,
        5,
        OFF,
    )
    ends = [event for event in told if isinstance(event, EpochEnd) and event.epoch > 5]
    assert ends and all(event.learning_rate == 0 for event in ends)
    for one, two in zip(before, weights(session), strict=True):
        np.testing.assert_array_equal(one, two)


def test_the_hand_is_kept_by_a_checkpoint_and_by_more_epochs(plan, data, tmp_path):
    def run(epochs, resume, ask):
        session = Session(
            plan(epochs=epochs),
            data,
            computation=Computation("graph"),
            storage=RunStorage(record=False, checkpoint_dir=tmp_path, resume=resume),
        )
        if ask:
            session.set_learning_rate(0.02)
        session.run()
        return session

    whole = run(9, False, True)
    run(4, False, True)
    rest = run(9, True, False)
    assert rest.trainer is not None and rest.history is not None and whole.history is not None
    assert rest.trainer.learning_rate == pytest.approx(0.02)
    np.testing.assert_array_equal(rest.history.steps.values, whole.history.steps.values)
    rest.train_more(2)
    rest.run()
    assert rest.trainer.learning_rate == pytest.approx(0.02)


def test_a_reset_lets_the_schedule_rule_again(plan, data):
    session = Session(
        plan(epochs=4), data, computation=Computation("graph"), storage=RunStorage(record=False)
    )
    first = session.run().history
    session.set_learning_rate(0.5)
    session.train_more(1)
    session.run()
    session.reset_weights()
    session.train_more(4 - session.epochs)
    assert session.run().history == first


@pytest.mark.slow
def test_half_precision_and_files_know_the_schedule(plan, data, tmp_path):
    import keras

    session = Session(
        plan(epochs=2, precision="mixed_float16"),
        data,
        computation=Computation("graph"),
        storage=RunStorage(record=False),
    )
    session.set_learning_rate(0.003)
    session.run()
    assert session.trainer.learning_rate == pytest.approx(0.003)
    plain = Session(
        plan(epochs=2), data, computation=Computation("graph"), storage=RunStorage(record=False)
    )
    plain.set_learning_rate(0.003)
    trained = plain.run()
    for name in ("model.h5", "model.keras"):
        registry.save_network(trained, tmp_path / name, tmp_path)
        loaded = keras.models.load_model(tmp_path / name)
        schedule = loaded.optimizer.get_config()["learning_rate"]
        assert schedule["class_name"] == "ExponentialDecay"
        loaded.fit(data.train.x["input"], data.train.y["out"], verbose=0)


def test_several_devices_follow_the_schedule_and_the_hand(plan, data):
    import tensorflow as tf

    from netbuilder.core.engine.distribute import SharedProgram

    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    sessions = []
    for shared in (False, True):
        session = Session(
            plan(epochs=4), data, computation=Computation("graph"), storage=RunStorage(record=False)
        )
        session._strategy = strategy if shared else None
        session.run()
        session.set_learning_rate(0.01)
        session.train_more(2)
        session.run()
        sessions.append(session)
    assert isinstance(sessions[1].trainer.program, SharedProgram)
    losses = [session.history.by_epoch()["loss"] for session in sessions]
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-4)


def test_a_schedule_beside_reduce_on_plateau_is_refused_in_words(plan, data):
    project = plan(callbacks=(Choice("ReduceLROnPlateau"),))
    with pytest.raises(TrainingError) as caught:
        Session(project, data, storage=RunStorage(record=False)).run()
    assert caught.value.code == "schedule_and_plateau"
