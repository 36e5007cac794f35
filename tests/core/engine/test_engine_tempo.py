"""The speed under the hand: slow, a step, an epoch, back to the start; and what a stop ends."""

import threading
import time
from typing import Any

import numpy as np
import pytest

from netbuilder.core.engine.events import EpochEnd, Finished, Paused, Resumed, Started, StepsDone
from netbuilder.core.engine.run_control import LossPace
from netbuilder.core.engine.session import Computation, RunStorage, Session
from netbuilder.core.engine.trained import Changed, Event
from netbuilder.core.process.tensorflow_output import load_tensorflow

NET = [
    ("a", "Dense", {"units": 8, "activation": "tanh"}),
    ("drop", "Dropout", {"rate": 0.3}),
    ("out", "Dense", {"units": 1}),
]


class Hand:
    """A session in a thread, and the hand on it."""

    def __init__(self, project, data, **more: Any):
        self.events: list[Event] = []
        self.arrived = threading.Condition()
        self.session = Session(
            project,
            data,
            on_event=self._take,
            computation=Computation("graph"),
            storage=RunStorage(record=False),
            **more,
        )
        self.thread = threading.Thread(target=self.session.run)

    def _take(self, event):
        with self.arrived:
            self.events.append(event)
            self.arrived.notify_all()

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]

    def after(self, ask, kind):
        count = len(self.of(kind))
        ask()
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.of(kind)) > count, 60), kind
        return self.of(kind)[count]

    def steps(self):
        return sum(event.count for event in self.of(StepsDone))


@pytest.fixture
def data(dataset, numbers):
    x, y = numbers
    return dataset({"input": x}, {"out": y}, held=20)


@pytest.fixture
def hand(chain, data):
    """80 rows in batches of 20: four steps an epoch."""
    load_tensorflow()
    made = Hand(chain(NET, epochs=1000, batch_size=20), data)
    yield made
    made.session.stop()
    if made.thread.is_alive():
        made.thread.join(20)


def test_one_step_and_one_epoch(hand):
    session = hand.session
    session.step()
    stood = hand.after(hand.thread.start, Paused)
    assert (stood.epoch, stood.step, hand.steps()) == (0, 1, 1)
    stood = hand.after(session.step, Paused)
    assert (stood.epoch, stood.step, hand.steps()) == (0, 2, 2)
    assert not hand.of(EpochEnd)
    stood = hand.after(session.one_epoch, Paused)
    assert (stood.epoch, stood.step, hand.steps()) == (1, 0, 4)
    # The epoch is whole: measured on the validation data.
    assert "val_loss" in hand.of(EpochEnd)[-1].logs
    stood = hand.after(session.one_epoch, Paused)
    assert (stood.epoch, stood.step, hand.steps()) == (2, 0, 8)
    assert not hand.of(Resumed)
    hand.after(session.resume, Resumed)
    hand.after(lambda: None, StepsDone)


def test_step_by_step_is_the_same_training(chain, data):
    plain = Session(
        chain(NET, epochs=2, batch_size=20),
        data,
        storage=RunStorage(record=False),
        computation=Computation("graph"),
    )
    whole = plain.run()
    hand = Hand(chain(NET, epochs=2, batch_size=20), data)
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
        if isinstance(event, StepsDone) and hand.steps() == 4:
            session.rewind()  # before its end was heard of

    session.emit = session.loop.emit = at_once
    session.loop.probing.emit = at_once
    session.one_epoch()
    stood = hand.after(hand.thread.start, Paused)
    assert (stood.epoch, stood.step) == (0, 0)
    assert hand.steps() == 4


def test_slowly_enough_to_follow(hand):
    """Never faster than asked for; and the hand is answered while the run rests."""
    session = hand.session
    session.set_speed(40, "steps")
    hand.after(hand.thread.start, Started)
    begin, count = time.monotonic(), hand.steps()
    time.sleep(1.0)
    passed = time.monotonic() - begin
    assert hand.steps() - count <= 40 * passed + 3
    assert all(event.count == 1 for event in hand.of(StepsDone))
    # A step every hundred seconds: it rests, and hears what is said.
    session.set_speed(0.01, "steps")
    time.sleep(0.1)
    count = hand.steps()
    hand.after(lambda: session.set_learning_rate(0.5), Changed)
    hand.after(session.pause, Paused)
    assert hand.steps() <= count + 2
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
    steps = hand.steps()
    assert (steps - 1) / 10 * 0.9 < at_pause <= watched
    time.sleep(0.5)
    assert session.seconds == at_pause
    finished = hand.after(session.stop, Finished)
    assert finished.trained.seconds < 0.9 * at_pause, "the waits are not the training's"
    assert finished.trained.slowed
    assert finished.trained.steps_per_second > steps / at_pause, "how fast it can"
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
