"""A run under the hand: its speed, its learning rate and its weights are set while it trains."""

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from netbuilder.core.engine.events import (
    EpochEnd,
    Finished,
    Paused,
    PausedModel,
    ProbeAnswered,
    Resumed,
    Started,
    StepsDone,
)
from netbuilder.core.engine.manual_weights import WeightIndex, with_weights
from netbuilder.core.engine.monitor.observer import Probe
from netbuilder.core.engine.run_control import LossPace
from netbuilder.core.engine.runs import run_store
from netbuilder.core.engine.session import Computation, RunStart, RunStorage, Session
from netbuilder.core.engine.trained import Changed, Event
from netbuilder.core.errors import TrainingError
from netbuilder.core.formats import registry
from netbuilder.core.process.tensorflow_output import load_tensorflow
from netbuilder.core.project.model import Choice
from netbuilder.core.results.layer_values import weights_of
from tests.few import few
from tests.sessions import EventLog, graph_session

NET = [
    ("a", "Dense", {"units": 8, "activation": "tanh"}),
    ("drop", "Dropout", {"rate": 0.3}),
    ("out", "Dense", {"units": 1}),
]


def steps(hand):
    return sum(event.count for event in hand.of(StepsDone))


@pytest.fixture
def hand(chain, data):
    """80 rows in batches of 20: four steps an epoch."""
    load_tensorflow()
    made = EventLog(chain(NET, epochs=1000, batch_size=20), data)
    yield made
    made.session.stop()
    if made.thread.is_alive():
        made.thread.join(20)


def test_one_step_and_one_epoch(hand):
    session = hand.session
    session.step()
    stood = hand.after(hand.thread.start, Paused)
    assert (stood.epoch, stood.step, steps(hand)) == (0, 1, 1)
    stood = hand.after(session.step, Paused)
    assert (stood.epoch, stood.step, steps(hand)) == (0, 2, 2)
    assert not hand.of(EpochEnd)
    stood = hand.after(session.one_epoch, Paused)
    assert (stood.epoch, stood.step, steps(hand)) == (1, 0, 4)
    # The epoch is whole: measured on the validation data.
    assert "val_loss" in hand.of(EpochEnd)[-1].logs
    stood = hand.after(session.one_epoch, Paused)
    assert (stood.epoch, stood.step, steps(hand)) == (2, 0, 8)
    assert not hand.of(Resumed)
    hand.after(session.resume, Resumed)
    hand.after(lambda: None, StepsDone)


def test_step_by_step_is_the_same_training(chain, data):
    plain = graph_session(chain(NET, epochs=2, batch_size=20), data)
    whole = plain.run()
    hand = EventLog(chain(NET, epochs=2, batch_size=20), data)
    hand.session.step()
    hand.after(hand.thread.start, Paused)
    for _ in range(6):
        hand.after(hand.session.step, Paused)
    finished = hand.after(hand.session.resume, Finished)
    assert finished.trained.history == whole.history
    hand.thread.join(20)


def test_back_to_the_start_with_the_same_weights(hand):
    session = hand.session
    session.one_epoch()
    hand.after(hand.thread.start, Paused)
    first = hand.of(EpochEnd)[-1].logs
    hand.after(session.one_epoch, Paused)
    assert hand.of(EpochEnd)[-1].logs != first
    stood = hand.after(session.rewind, Paused)
    assert (stood.epoch, stood.step) == (0, 0)
    assert hand.of(Changed)[-1].what == "reset"
    hand.after(session.one_epoch, Paused)
    assert hand.of(EpochEnd)[-1].logs == first


def test_back_to_the_start_before_the_epoch_stands(hand):
    """What the epoch was allowed is over with it: nothing is trained behind the start."""
    session, take = hand.session, hand._take

    def at_once(event):
        take(event)
        if isinstance(event, StepsDone) and steps(hand) == 4:
            session.rewind()  # before its end was heard of

    session.emit = session.loop.emit = at_once
    session.loop.probing.emit = at_once
    session.one_epoch()
    stood = hand.after(hand.thread.start, Paused)
    assert (stood.epoch, stood.step) == (0, 0)
    assert steps(hand) == 4


def test_slowly_enough_to_follow(hand):
    """Never faster than asked for; and the hand is answered while the run rests."""
    session = hand.session
    session.set_speed(40, "steps")
    hand.after(hand.thread.start, Started)
    begin, count = time.monotonic(), steps(hand)
    time.sleep(1.0)
    passed = time.monotonic() - begin
    assert steps(hand) - count <= 40 * passed + 3
    assert all(event.count == 1 for event in hand.of(StepsDone))
    # A step every hundred seconds: it rests, and hears what is said.
    session.set_speed(0.01, "steps")
    time.sleep(0.1)
    count = steps(hand)
    hand.after(lambda: session.set_learning_rate(0.5), Changed)
    hand.after(session.pause, Paused)
    assert steps(hand) <= count + 2
    session.set_speed(None)
    hand.after(session.resume, Resumed)
    hand.after(lambda: None, EpochEnd)
    finished = hand.after(session.stop, Finished)
    assert finished.reason == "stopped"


@pytest.mark.slow
def test_what_it_took_is_what_one_waited_without_the_pauses(hand):
    session = hand.session
    session.set_speed(10, "steps")
    begun = time.monotonic()
    hand.after(hand.thread.start, EpochEnd)
    hand.after(session.pause, Paused)
    watched = time.monotonic() - begun
    at_pause = session.seconds
    made = steps(hand)
    assert (made - 1) / 10 * 0.9 < at_pause <= watched
    time.sleep(0.5)
    assert session.seconds == at_pause
    finished = hand.after(session.stop, Finished)
    assert finished.trained.seconds < 0.9 * at_pause, "the waits are not the training's"
    assert finished.trained.slowed
    assert finished.trained.steps_per_second > made / at_pause, "how fast it can"
    # Trained from the start again, as fast as it goes.
    hand.thread.join(20)
    session.set_speed(None)
    session.rewind()
    assert not session.run().slowed


def test_pause_and_stop_belong_to_the_run_that_they_end(hand):
    session = hand.session
    hand.after(hand.thread.start, EpochEnd)
    hand.after(session.pause, Paused)
    hand.after(session.stop, Finished)
    hand.thread.join(20)
    # A second click on Stop, after the end: not a word to the next run.
    session.stop()
    session.pause()
    done = hand.of(Finished)[-1].trained.epochs
    session.train_more(2)
    assert session.run().epochs == done + 2
    assert len(hand.of(Paused)) == 1


def test_a_stop_before_the_run_has_begun_is_obeyed(chain, data, hand):
    hand.session.stop()
    trained = hand.session.run()
    assert trained.epochs == 0 and not hand.of(StepsDone) and not hand.of(Started)
    assert not hand.session.moved
    assert hand.of(Finished)[-1].reason == "stopped"
    hand.session.train_more(3)
    hand.session.stop()
    assert hand.session.run().epochs == 0
    hand.session.train_more(3)
    assert hand.session.run().epochs >= 3


def test_a_rate_set_after_a_stop_is_the_rate_of_what_follows(hand):
    session = hand.session
    hand.after(hand.thread.start, EpochEnd)
    hand.after(session.stop_after_epoch, Finished)
    hand.thread.join(20)
    session.set_learning_rate(0.0)
    session.train_more(2)
    before = [weight.numpy() for weight in session.trained.training_model.trainable_weights]
    trained = session.run()
    assert hand.of(EpochEnd)[-1].learning_rate == 0.0
    for old, new in zip(before, trained.training_model.trainable_weights, strict=True):
        np.testing.assert_array_equal(old, new.numpy())


def test_a_run_is_paced_by_the_fall_of_its_loss_and_a_longer_one_does_not_wait():
    def took(fall, seconds_a_step):
        """Seconds until the loss has fallen by half, of the whole run, and the longest wait.

        400 steps over 8 seconds where there is time; the loss falls within about ``fall`` steps.
        """
        pace, done, elapsed, half, longest = LossPace(8.0), 0, 0.0, 0.0, 0.0
        while done < 400:
            steps = min(pace.most, 400 - done)
            losses = 0.1 + 0.9 * np.exp(-np.arange(done, done + steps) / fall)
            done += steps
            elapsed += seconds_a_step * steps
            wait = max(pace.wait(losses, done / 400, elapsed, seconds_a_step * done), 0.0)
            elapsed, longest = elapsed + wait, max(longest, wait)
            half = elapsed if losses[-1] > 0.5 else half
        return half, elapsed, longest

    half, whole, longest = took(30.0, 0.001)
    assert half > 2.0, "a twentieth of the epochs, but a quarter of the time"
    assert whole == pytest.approx(8.0, abs=0.1) and longest < 0.5
    assert took(30.0, 0.03)[1] == pytest.approx(12.0), "there is no time to wait"
    still, whole, _longest = took(1e9, 0.001)
    assert still == whole == pytest.approx(8.0, abs=0.1), "a loss that stays is spread evenly"


SMALL_NET = [("a", "Dense", {"units": 8, "activation": "tanh"}), ("out", "Dense", {"units": 1})]
DECAY = {"name": "ExponentialDecay", "params": {
    "initial_learning_rate": 0.05, "decay_steps": 5, "decay_rate": 0.5,
}}  # fmt: skip
OFF = "schedule_off"


@pytest.fixture
def plan(chain):
    def make(**training: Any):
        optimizer = Choice("SGD", {"learning_rate": DECAY})
        return chain(SMALL_NET, optimizer=optimizer, batch_size=20, **training)

    return make


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
    session = graph_session(plan(epochs=4), data)
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

    session = graph_session(plan(epochs=2, precision="mixed_float16"), data)
    session.set_learning_rate(0.003)
    session.run()
    assert session.trainer.learning_rate == pytest.approx(0.003)
    plain = graph_session(plan(epochs=2), data)
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
        session = graph_session(plan(epochs=4), data)
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


ONE, OTHER = WeightIndex("a", "kernel", (1, 2)), WeightIndex("out", "bias", (0,))
Change = Callable[[Session], object]


@pytest.fixture
def made(chain, dataset, numbers):
    """A session that does, in the pause behind its first epoch, one thing after the other: each
    when the network that the one before has made is shown. Then it goes on."""

    def make(*hands: Change, rate=0.01, start=None, compilation="auto", **storage: Any):
        x, y = numbers
        adam = Choice("Adam", {"learning_rate": rate})
        project = chain(SMALL_NET, epochs=5, optimizer=adam, batch_size=16)
        left: Iterator[Change] = iter((*hands, lambda session: session.resume()))

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
