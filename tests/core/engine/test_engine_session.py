"""A session under the user's hand: every wish takes effect soon and corrupts nothing."""

import threading
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from netbuilder.core.engine.events import (
    EpochEnd,
    Failed,
    Finished,
    Paused,
    Preparing,
    Resumed,
    Started,
    StepsDone,
)
from netbuilder.core.engine.session import Computation, Session
from netbuilder.core.engine.trained import Changed, Event
from netbuilder.core.errors import BuildError, TrainingError, UserError
from netbuilder.core.project.model import Choice

NET = [("a", "Dense", {"units": 8, "activation": "tanh"}), ("out", "Dense", {"units": 1})]


class Watched:
    """A session in a thread, with its events."""

    def __init__(self, project, data, **options: Any):
        self.events: list[tuple[float, Event]] = []
        self.arrived = threading.Condition()
        self.session = Session(
            project, data, on_event=self._told, computation=Computation("graph"), **options
        )
        self.error: UserError | None = None
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        try:
            self.session.run()
        except UserError as error:
            self.error = error

    def _told(self, event):
        with self.arrived:
            self.events.append((time.monotonic(), event))
            self.arrived.notify_all()

    def wait(self, kind, count=1, seconds=60):
        def found():
            return [event for _, event in self.events if isinstance(event, kind)]

        with self.arrived:
            assert self.arrived.wait_for(lambda: len(found()) >= count, seconds), kind
            return found()[count - 1]

    def answer(self, ask, kind):
        """Seconds from asking to the event that answers."""
        before = len([e for _, e in self.events if isinstance(e, kind)])
        begin = time.monotonic()
        ask()
        self.wait(kind, before + 1)
        return [t for t, e in self.events if isinstance(e, kind)][before] - begin


@pytest.fixture
def endless(chain, dataset, numbers):
    watched = Watched(
        chain(NET, epochs=10**6, batch_size=10),
        dataset({"input": numbers[0]}, {"out": numbers[1]}, held=20, tested=10),
    )
    watched.wait(EpochEnd)
    yield watched
    watched.session.stop()
    watched.thread.join(20)
    assert not watched.thread.is_alive()


def test_events_tell_the_whole_story(chain, dataset, numbers):
    x, y = numbers
    told: list[Event] = []
    project = chain(NET, epochs=7, batch_size=32, metrics=(Choice("mean_absolute_error"),))
    data = dataset({"input": x}, {"out": y}, held=20, tested=10)
    trained = Session(project, data, on_event=told.append, computation=Computation("graph")).run()
    kinds = [type(event) for event in told]
    assert kinds[:2] == [Preparing, Started] and kinds[-1] is Finished
    assert isinstance(told[0], Preparing) and 0 < len(told[0].short) < len(told[0].text)
    steps = [event for event in told if isinstance(event, StepsDone)]
    assert sum(event.count for event in steps) == 7 * 3
    assert [event.first for event in steps] == list(
        np.cumsum([0, *[event.count for event in steps[:-1]]])
    )
    ends = [event for event in told if isinstance(event, EpochEnd)]
    losses = np.concatenate([event.history["val_loss"] for event in ends])
    assert losses.tolist() == trained.history["val_loss"] and len(losses) == 7
    assert set(trained.test) == {"loss", "mean_absolute_error"}
    assert trained.best_epoch == int(np.argmin(losses)) + 1
    assert trained.epochs == 7
    np.testing.assert_allclose(
        trained.model.predict(x[:3], verbose=0), trained.training_model.predict(x[:3], verbose=0)
    )


def test_same_seed_same_curve_and_another_seed_another(chain, dataset, numbers):
    x, y = numbers
    data = dataset({"input": x}, {"out": y}, held=20)
    layers = [NET[0], ("drop", "Dropout", {"rate": 0.3}), NET[1]]
    runs = [
        Session(chain(layers, seed=seed, epochs=4), data, computation=Computation("graph")).run()
        for seed in (1, 1, 2)
    ]
    assert runs[0].history == runs[1].history
    for one, two in zip(
        runs[0].training_model.get_weights(), runs[1].training_model.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(one, two)
    assert runs[0].history != runs[2].history


def test_pause_resume_and_stop_answer_at_once(endless):
    session = endless.session
    assert endless.answer(session.pause, Paused) < 1.0
    count = len(endless.events)
    time.sleep(0.15)
    assert len(endless.events) == count
    assert endless.answer(session.resume, Resumed) < 1.0
    endless.wait(StepsDone, sum(isinstance(e, StepsDone) for _, e in endless.events) + 1)
    begin = time.monotonic()
    session.stop()
    finished = endless.wait(Finished)
    assert finished.reason == "stopped" and time.monotonic() - begin < 10
    assert finished.trained.epochs > 0


def test_wishes_reach_a_paused_run(endless):
    session = endless.session
    endless.answer(session.pause, Paused)
    endless.answer(lambda: session.set_learning_rate(0.0), Changed)
    before = session.trainer.training_model.get_weights()
    endless.answer(session.resume, Resumed)
    endless.wait(EpochEnd, sum(isinstance(e, EpochEnd) for _, e in endless.events) + 2)
    endless.answer(session.pause, Paused)
    after = session.trainer.training_model.get_weights()
    for one, two in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, two)


def test_stop_after_epoch_ends_at_an_epoch(endless):
    endless.session.stop_after_epoch()
    finished = endless.wait(Finished)
    steps = endless.session.history.steps
    assert finished.reason == "stopped"
    assert len(steps) == finished.trained.epochs * 7


def test_best_weights_come_back(endless):
    session = endless.session
    endless.answer(lambda: session.set_learning_rate(5.0), Changed)
    endless.wait(EpochEnd, sum(isinstance(e, EpochEnd) for _, e in endless.events) + 2)
    endless.answer(session.pause, Paused)
    endless.answer(session.go_back_to_best, Changed)
    history = session.history
    training_model, data = session.trainer.training_model, session.dataset.validation
    loss = training_model.evaluate(data.x["input"], data.y["out"], verbose=0)
    assert loss == pytest.approx(history.best_value, rel=1e-4)
    assert history.best_value == min(history.epochs.columns()["val_loss"])


def test_reset_begins_again_with_the_same_curve(chain, dataset, numbers):
    x, y = numbers
    data = dataset({"input": x}, {"out": y}, held=20)
    layers = [NET[0], ("drop", "Dropout", {"rate": 0.3}), NET[1]]
    session = Session(chain(layers, epochs=4), data, computation=Computation("graph"))
    first = session.run()
    weights = first.training_model.get_weights()
    session.reset_weights()
    again = session.run()
    assert again.history == first.history
    for one, two in zip(weights, again.training_model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    session.reset_weights(seed=77)
    assert session.run().history != first.history


def test_train_more_goes_on_where_the_run_ended(chain, dataset, numbers):
    x, y = numbers
    data = dataset({"input": x}, {"out": y}, held=20)
    session = Session(chain(NET, epochs=3), data, computation=Computation("graph"))
    session.run()
    session.train_more(4)
    longer = session.run()
    assert longer.epochs == 7
    assert (
        longer.history
        == Session(chain(NET, epochs=7), data, computation=Computation("graph")).run().history
    )


def test_after_a_stop_more_epochs_count_from_there(endless):
    endless.session.stop_after_epoch()
    done = endless.wait(Finished).trained.epochs
    endless.thread.join(30)
    endless.session.train_more(3)
    assert endless.session.run().epochs == done + 3
    endless.session.go_back_to_best()
    assert endless.session.run().epochs == done + 3, "nobody asked for more epochs"


def test_early_stopping_and_keeping_the_best(chain, dataset, numbers):
    x, y = numbers
    data = dataset({"input": x}, {"out": y}, held=20)
    stop = Choice("EarlyStopping", {"monitor": "val_loss", "patience": 2, "min_delta": 10.0})
    told: list[Event] = []
    trained = Session(
        chain(NET, epochs=50, callbacks=(stop, Choice("RestoreBestWeights"))),
        data,
        on_event=told.append,
        computation=Computation("graph"),
    ).run()
    assert trained.epochs == 3
    assert isinstance(told[-1], Finished) and told[-1].reason == "early"
    loss = trained.training_model.evaluate(x[80:], y[80:], verbose=0)
    assert loss == pytest.approx(min(trained.history["val_loss"]), rel=1e-4)


def test_failures_come_in_words_and_with_the_node(chain, dataset, numbers):
    x, y = numbers
    data = dataset({"input": x}, {"out": y})
    told: list[Event] = []
    wrong = chain([("conv", "Conv2D", {"filters": 2, "kernel_size": 3}), NET[1]])
    with pytest.raises(BuildError) as build:
        Session(wrong, data, on_event=told.append).run()
    assert build.value.node == "conv"
    assert isinstance(told[-1], Failed) and told[-1].error is build.value
    wide = chain([NET[0], ("out", "Dense", {"units": 3, "activation": "softmax"})],
                 loss="categorical_crossentropy")  # fmt: skip
    with pytest.raises(TrainingError) as shape:
        Session(wide, data).run()
    assert shape.value.node == "out"
    missing = replace(data, train=replace(data.train, y={"other": y}))
    with pytest.raises(TrainingError) as caught:
        Session(chain(NET), missing).run()
    assert caught.value.code == "columns_missing"
    assert "'out'" in caught.value.what


def test_a_loss_that_is_no_number_ends_the_run(chain, dataset, numbers):
    x, y = numbers
    optimizer = Choice("SGD", {"learning_rate": 1e12})
    with pytest.raises(TrainingError, match="learning rate of 1e"):
        Session(chain(NET, optimizer=optimizer, epochs=50), dataset({"input": x}, {"out": y})).run()


@pytest.mark.slow
def test_out_of_memory_ends_the_run_and_nothing_else(chain, dataset, numbers):
    x, y = numbers
    data = dataset({"input": x}, {"out": y})
    # The weights are small, what a layer gives is more than the addresses of a machine: no system
    # grants it, whatever it promises. (TensorFlow tries for ten seconds before it gives up.)
    repeat = [("r", "RepeatVector", {"n": 2**31 - 1}), ("d", "GaussianNoise", {"stddev": 0.1}),
              ("pool", "GlobalAveragePooling1D", {}), NET[1]]  # fmt: skip
    with pytest.raises(UserError) as caught:
        Session(chain(repeat, batch_size=10**6), dataset({"input": x[:, :4].repeat(60, 0)},
                {"out": y.repeat(60, 0)}), computation=Computation("graph")).run()  # fmt: skip
    assert caught.value.code == "memory_full"
    assert Session(chain(NET), data, computation=Computation("graph")).run().epochs == 3


def test_two_sessions_at_once_do_not_disturb_each_other(chain, dataset, numbers):
    data = dataset({"input": numbers[0]}, {"out": numbers[1]}, held=20)
    layers = [NET[0], ("drop", "Dropout", {"rate": 0.3}), NET[1]]
    alone = Session(chain(layers, epochs=4), data, computation=Computation("graph")).run()
    together = [Watched(chain(layers, epochs=4), data) for _ in range(2)]
    for watched in together:
        finished = watched.wait(Finished)
        watched.thread.join(30)
        assert finished.trained.history == alone.history


@pytest.mark.slow
def test_a_network_that_keras_cannot_follow_is_told_in_words(chain, dataset, numbers):
    """Keras goes from layer to layer by calls within calls, of which Python allows a thousand."""
    x, y = numbers
    layers = [(f"d{number}", "Dense", {"units": 1}) for number in range(1100)]
    with pytest.raises(TrainingError) as caught:
        Session(chain([*layers, NET[-1]]), dataset({"input": x}, {"out": y})).run()
    assert caught.value.code == "network_too_deep"
