"""A stop is one, whenever it is pressed; what is asked by hand takes effect in its order."""

import threading
import time
from functools import partial
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from netbuilder.core.data import load as loading
from netbuilder.core.data.load import load_dataset
from netbuilder.core.engine.events import Paused, Started, StepsDone
from netbuilder.core.engine.trained import Changed
from netbuilder.core.project import edits, files
from netbuilder.core.project.edits_data import add_point, move_point, remove_point
from netbuilder.core.project.model import Choice, Project
from netbuilder.ui.plots.run_curves import RunCurves
from netbuilder.ui.services.runs.run_record import RunState
from netbuilder.ui.services.runs.run_tracker import RunTracker
from netbuilder.ui.training.curves_panel import CurvesPanel

MINUTE = 60_000
SHIFT = Qt.KeyboardModifier.ShiftModifier


def press(window, key, modifiers=None):
    QTest.keyClick(window.canvas, key, modifiers or Qt.KeyboardModifier.NoModifier)


@pytest.fixture
def window(open_window, example, qtbot):
    made = open_window(edits.set_training(example("iris"), epochs=1_000_000))
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


@pytest.mark.slow
def test_trained_more_after_a_pause_and_a_stop_it_runs(window, qtbot):
    runner = window.runner
    panel = window.docks.show_panel("training")
    press(window, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: len(runner.record.curves.epochs.get("loss", ())) > 3)
    press(window, Qt.Key.Key_F6)
    qtbot.waitUntil(lambda: runner.state is RunState.PAUSED)
    press(window, Qt.Key.Key_F5, SHIFT)
    qtbot.waitUntil(lambda: runner.state is RunState.IDLE)
    done = window.workbench.models.trained.epochs
    assert runner.record.progress.words == f"Stopped at epoch {done:,} of 1,000,000"
    assert runner.record.progress.part < 0.5, "the bar is where it stopped, not at its end"

    states: list[RunState] = []
    runner.state_changed.connect(lambda: states.append(runner.state))
    panel.buttons.count.setValue(20)
    QTest.mouseClick(panel.buttons.more, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: runner.state is RunState.IDLE)
    assert states == [RunState.PREPARING, RunState.RUNNING, RunState.IDLE], "it never paused"
    assert window.workbench.models.trained.epochs == done + 20
    assert runner.record.progress.words.startswith(f"Epoch {done + 20:,} of {done + 20:,}")
    assert runner.record.progress.left == "done"


def test_a_stop_before_the_first_step_is_not_forgotten(window, qtbot, monkeypatch):
    runner = window.runner
    real, may_read = loading.load_dataset, threading.Event()

    def slow(*args: Any):
        assert may_read.wait(60)
        return real(*args)

    monkeypatch.setattr(loading, "load_dataset", slow)
    press(window, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: runner.state is RunState.PREPARING)
    press(window, Qt.Key.Key_F5, SHIFT)
    may_read.set()
    qtbot.waitUntil(lambda: runner.state is RunState.IDLE)
    assert window.workbench.models.trained is None
    assert window.workbench.run_error is None
    assert runner.record.progress is None

    # Of a run that has begun, and is to go on: the session is there, its thread only begins.
    press(window, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: len(runner.record.curves.epochs.get("loss", ())) > 3)
    press(window, Qt.Key.Key_F5, SHIFT)
    qtbot.waitUntil(lambda: runner.state is RunState.IDLE)
    runner.train_more(1_000_000)
    runner.stop()
    qtbot.waitUntil(lambda: runner.state is RunState.IDLE)

    # One that is told to stop by what hears first that it is on its way.
    def stop_at_once():
        if runner.state is RunState.PREPARING:
            runner.stop()

    runner.state_changed.connect(stop_at_once)
    press(window, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: runner.state is RunState.IDLE)


@pytest.mark.parametrize(
    ("reason", "epoch", "words"),
    [
        ("done", 200.0, "Epoch 200 of 200"),
        ("stopped", 65.4, "Stopped at epoch 65 of 200"),
        ("stopped", 0.4, "Stopped at epoch 1 of 200"),
        ("early", 65.0, "Stopped early after epoch 65 of at most 200"),
    ],
)
def test_where_a_run_ended_of_what_was_asked(reason, epoch, words):
    tracker = RunTracker(RunCurves(), planned=200)
    tracker.take(Started(200, 10, 32, 320))
    tracker.epoch = epoch
    progress = tracker.end(reason)
    assert progress.words == words
    assert progress.part == pytest.approx(epoch / 200)
    assert tracker.planned == max(int(epoch), 1)


@pytest.mark.slow
def test_a_run_that_a_callback_ended_says_so_and_offers_no_way_to_the_epoch_it_kept(
    open_window, example, qtbot
):
    kept = {"restore_best_weights": True}
    stop = Choice("EarlyStopping", {"patience": 3, **kept, "min_delta": 10.0})
    window = open_window(edits.set_training(example("iris"), epochs=50, callbacks=(stop,)))
    runner, panel = window.runner, window.docks.show_panel("training")
    buttons = panel.buttons
    runner.start()
    qtbot.waitUntil(lambda: runner.state is RunState.IDLE)
    assert runner.record.progress.early
    assert runner.record.progress.words in panel.messages.shown.words
    assert runner.record.curves.kept_epoch == 1 < runner.record.tracker.best_epoch
    assert buttons.best.isEnabled() and not runner.keeps_best
    before = buttons.best.toolTip()
    buttons.best.click()
    qtbot.waitUntil(lambda: runner.keeps_best)
    assert not buttons.best.isEnabled()
    assert buttons.best.toolTip() not in ("", before), "the reason"


def test_closed_behind_a_slow_view_the_run_has_ended(window, qtbot):
    """However long it takes to take in what the run said, its end is heard as well."""
    runner = window.runner
    press(window, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: len(runner.record.curves.epochs.get("loss", ())) > 3)
    patient = threading.Event()
    runner.observation.halted.connect(lambda: patient.wait(0.02))
    runner.toggle_pause()
    while not any(isinstance(event, Paused) for event in runner._thread.events):
        patient.wait(0.01)  # the window's own loop does not turn here
    assert runner.close(MINUTE / 1000)
    assert runner.state is RunState.IDLE
    assert window.workbench.models.trained.epochs == len(runner.record.curves.epochs["loss"])


SOON = 10.0


class Hand:
    """A window whose run goes on for ever, and how soon it answers."""

    def __init__(self, window, qtbot):
        self.window, self.runner, self._qtbot = window, window.runner, qtbot
        self.states: list[RunState] = []
        self.took: dict[str, float] = {}
        self.runner.state_changed.connect(lambda: self.states.append(self.runner.state))
        self.runner.start()
        panel = window.docks.show_panel("training")
        assert isinstance(panel, CurvesPanel)
        self.panel = panel
        self.until(lambda: self.epochs > 3 and self.runner.record.tracker.best_epoch > 0)

    def until(self, done):
        self._qtbot.waitUntil(done)

    def ask(self, name, wish, done):
        """Wish for something and wait for its effect."""
        begin = time.perf_counter()
        wish()
        self.until(done)
        self.took[name] = time.perf_counter() - begin

    @property
    def epochs(self):
        return len(self.runner.record.curves.epochs.get("loss", ()))

    @property
    def steps(self):
        return len(self.runner.record.curves.steps.get("loss", ()))

    @property
    def marks(self):
        return [words for _, words in self.runner.record.curves.marks]


@pytest.fixture
def hand(open_window, example, qtbot):
    return Hand(open_window(edits.set_training(example("digits"), epochs=1_000_000)), qtbot)


@pytest.mark.slow
def test_each_wish_takes_effect_at_once(hand):
    runner, panel, action = hand.runner, hand.panel, hand.window.actions_table
    assert hand.states == [RunState.PREPARING, RunState.RUNNING]

    slider = panel.rate.slider
    hand.ask("rate", lambda: slider.setValue(slider.value() - 10), lambda: bool(hand.marks))
    assert hand.marks[-1] == f"learning rate {runner.record.tracker.learning_rate:.3g}"
    assert runner.record.tracker.learning_rate < 0.001

    hand.ask("pause", action["pause"].trigger, lambda: runner.state.paused)
    stood = hand.steps
    # What a paused run is asked for it does at once, and goes on standing.
    hand.ask("best", panel.buttons.best.click, lambda: hand.marks[-1].startswith("back to epoch"))
    assert hand.steps == stood
    assert hand.states[2:] == [RunState.PAUSED]

    hand.ask("resume", action["pause"].trigger, lambda: hand.steps > stood)
    assert hand.states[3:] == [RunState.RUNNING]

    before = hand.steps
    again = panel.buttons.reset.menu().actions()[0]
    hand.ask("reset", again.trigger, lambda: 0 < hand.steps < before)
    assert hand.marks == []
    assert hand.states[4:] == []

    def idle():
        return runner.state is RunState.IDLE

    hand.ask("stop after epoch", action["stop-epoch"].trigger, idle)
    trained = hand.window.workbench.models.trained
    assert trained.epochs == hand.epochs
    assert hand.steps % trained.epochs == 0, "it ended with an epoch"
    per_epoch = hand.steps // trained.epochs
    assert runner.record.curves.steps["loss"].x[0] == pytest.approx(1 / per_epoch)

    stood, more = hand.steps, panel.buttons.count.value()
    hand.ask("train more", panel.buttons.more.click, lambda: hand.steps > stood)
    hand.until(idle)
    hand.until(lambda: hand.epochs == trained.epochs + more)

    runner.train_more(1_000_000)
    hand.until(lambda: runner.state is RunState.RUNNING)
    begin = last = time.perf_counter()
    action["stop"].trigger()
    assert runner.state is RunState.STOPPING
    stood = hand.steps

    def ended():
        nonlocal last, stood
        if hand.steps > stood:
            last, stood = time.perf_counter(), hand.steps
        return runner.state is RunState.IDLE

    hand.until(ended)
    hand.took["stop"] = last - begin
    assert hand.states[-2:] == [RunState.STOPPING, RunState.IDLE]
    assert hand.window.workbench.run_error is None
    # The end of a run judges the network on the test rows, which is no part of the answer.
    slow = {name: took for name, took in hand.took.items() if took > SOON}
    assert set(slow) <= {"stop after epoch", "train more"}, hand.took


def weights(window):
    return window.workbench.models.trained.training_model.get_weights()


@pytest.mark.slow
def test_moved_points_are_learned_from_where_the_network_stands(open_window, example, qtbot):
    # So small a rate that what is anew is far from what goes on.
    slow = Choice("SGD", {"learning_rate": 1e-6})
    project = edits.set_training(example("moons"), epochs=3, optimizer=slow)
    window = open_window(project)
    store, runner = window.store, window.runner

    def trained_after(act):
        before = window.workbench.models.trained
        act()
        qtbot.waitUntil(
            lambda: window.workbench.models.trained is not before and runner.state is RunState.IDLE
        )

    # Weights that no beginning gives.
    trained_after(runner.start)
    training_model = window.workbench.models.trained.training_model
    training_model.set_weights([one + 0.5 for one in training_model.get_weights()])
    held = weights(window)

    trained_after(window.actions_table["as-drawn"].trigger)
    assert not np.allclose(weights(window)[0], held[0], atol=1e-2), "switched on, it begins anew"
    training_model = window.workbench.models.trained.training_model
    training_model.set_weights(held)

    trained_after(lambda: store.apply("Move", partial(move_point, number=0, x=2.0, y=1.0)))
    assert all(np.allclose(a, b, atol=1e-3) for a, b in zip(weights(window), held, strict=True))
    assert window.workbench.models.trained.epochs == 6
    assert window.workbench.models.trained.project.data == store.project.data
    assert runner.record.curves.marks == [(3.0, "data changed")]
    assert len(runner.record.curves.epochs["loss"]) == 6
    assert runner.record.tracker.best_epoch > 3, (
        "what was lost on the points of before is not compared"
    )

    trained_after(lambda: store.apply("Put in", partial(add_point, x=2.0, y=-1.0, label="orange")))
    assert all(np.allclose(a, b, atol=1e-3) for a, b in zip(weights(window), held, strict=True))
    assert runner.record.curves.marks == [(3.0, ""), (6.0, "data changed")]

    # Another network is another beginning.
    node = next(n.id for n in store.project.graph.nodes if n.layer == "Dense")
    units = int(store.project.graph.by_id[node].params["units"])
    trained_after(
        lambda: store.apply("Units", partial(edits.set_params, node_id=node, units=units + 1))
    )
    assert window.workbench.models.trained.epochs == 3
    assert runner.record.curves.marks == []


@pytest.mark.slow
def test_a_run_learns_from_points_that_are_dragged_and_never_stops(
    open_window, example, qtbot, home
):
    window = open_window(edits.set_training(example("moons"), epochs=5_000_000))
    store, runner = window.store, window.runner
    surface = window.docks.show_panel("surface")
    window.actions_table["as-drawn"].trigger()
    qtbot.waitUntil(lambda: runner.state is RunState.RUNNING and runner.record.tracker.planned > 0)
    qtbot.waitUntil(lambda: surface.picture is not None and surface.picture.answered)
    states: list[RunState] = []
    runner.state_changed.connect(lambda: states.append(runner.state))
    session, training_model = runner.record.session, runner.record.session.trainer.training_model

    for step in range(6):
        change = partial(move_point, number=0, x=0.2 * step, y=1.0)
        epoch = runner.record.tracker.epoch
        store.apply("Move", change, "drag")
        qtbot.waitUntil(lambda: runner.record.project.data == store.project.data)
        qtbot.waitUntil(lambda before=epoch: runner.record.tracker.epoch > before)
    assert set(states) == {RunState.RUNNING}
    assert runner.record.session is session and session.trainer.training_model is training_model, (
        "nothing is built anew"
    )
    assert not runner.differs, "it learns from what is seen"
    assert [words for _, words in runner.record.curves.marks if words] == ["data changed"]

    # More points than before: other batches, another number of steps.
    rows = runner.record.dataset.facts.rows
    for place in range(12):
        label = runner.record.dataset.facts.classes[0]
        put = partial(add_point, x=0.1 * place, y=-1.0, label=label)
        store.apply("Put in", put)
    qtbot.waitUntil(lambda: runner.record.project.data == store.project.data)
    assert runner.record.dataset.facts.rows > rows
    qtbot.waitUntil(
        lambda: surface.live.shown.dataset.facts.rows == runner.record.dataset.facts.rows
    )
    qtbot.waitUntil(lambda: surface.picture is not None and surface.picture.answered)

    # What would be left by a crash goes on with these points.
    folder = home / "state" / "training"
    qtbot.waitUntil(
        lambda: (
            [files.read(one).data for one in folder.glob("*/project.netbuilder")]
            == [store.project.data]
        )
    )
    runner.stop()
    qtbot.waitUntil(lambda: runner.state is RunState.IDLE)
    assert window.workbench.models.trained.project.data == store.project.data
    assert window.workbench.models.state.evaluation is not None


def test_of_points_read_while_a_run_is_prepared_it_learns_the_newest(open_window, example, qtbot):
    window = open_window(edits.set_training(example("moons"), epochs=5_000_000))
    runner, drawn, base = window.runner, window.auto_trainer, window.workbench.base
    earlier, now = (move_point(window.store.project, number=0, x=x, y=1.0) for x in (2.0, -2.0))
    answers = [(one, load_dataset(one, base)) for one in (earlier, now)]
    idle: list[bool] = []
    learned: list[Project] = []

    def prepared():
        if runner.state is RunState.PREPARING and not idle:
            for answer in answers:
                drawn.loaded(answer)
                idle.append(drawn.idle)

    runner.state_changed.connect(prepared)
    runner.observation.data_changed.connect(lambda: learned.append(runner.record.project))
    drawn.switch()
    qtbot.waitUntil(lambda: runner.state is RunState.RUNNING and drawn.idle)
    qtbot.waitUntil(lambda: bool(learned) and learned[-1] is now)
    assert learned == [now]
    assert idle == [False, False], "the run has not been told yet"


def test_a_drag_is_one_mark_on_the_curve():
    tracker = RunTracker(RunCurves(), 10)
    for epoch in (3, 4, 5):
        tracker.change(Changed("data", 0, epoch, 0))
    assert tracker.curves.marks == [(3.0, "data changed")]
    tracker.change(Changed("learning_rate", 0.1, 6, 0))
    tracker.change(Changed("data", 0, 7, 0))
    words = [words for _, words in tracker.curves.marks]
    assert words == ["data changed", "learning rate 0.1", "data changed"]


def test_the_speed_is_not_that_of_steps_that_nobody_did(monkeypatch):
    """An epoch of one step more: all that were done before it would count as one more, too."""
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    tracker = RunTracker(RunCurves(), 0)
    for epoch, steps in ((1000, 10), (1050, 11)):
        tracker.start(Started(2000, steps, 16, 16 * steps, epoch=epoch))
        for chunk in range(50):  # a step in 20 ms
            now += 0.02
            first = epoch * steps + chunk
            values = {"loss": np.ones(1, np.float32)}
            tracker.steps(StepsDone(first, values, epoch + chunk // steps, 1, 50.0, now))
    assert "50 steps/s" in tracker.progress().words


def test_points_that_are_moved_in_a_pause_are_learned_when_it_goes_on(open_window, example, qtbot):
    window = open_window(edits.set_training(example("moons"), epochs=5_000_000))
    store, runner = window.store, window.runner
    window.actions_table["as-drawn"].trigger()
    qtbot.waitUntil(lambda: runner.state is RunState.RUNNING)
    runner.toggle_pause()
    qtbot.waitUntil(lambda: runner.state.paused)
    store.apply("Move", partial(move_point, number=0, x=2.0, y=1.0))
    qtbot.waitUntil(lambda: window.auto_trainer.idle)
    assert runner.state.paused and runner.record.project.data != store.project.data
    runner.toggle_pause()
    qtbot.waitUntil(lambda: runner.record.project.data == store.project.data)
    assert runner.state is RunState.RUNNING


@pytest.mark.slow
def test_points_of_which_nothing_can_be_learned_do_not_end_the_run(open_window, example, qtbot):
    window = open_window(edits.set_training(example("moons"), epochs=5_000_000))
    store, runner = window.store, window.runner
    window.actions_table["as-drawn"].trigger()
    qtbot.waitUntil(lambda: runner.state is RunState.RUNNING)
    session = runner.record.session
    count = runner.record.dataset.facts.rows + runner.record.dataset.facts.validation_rows
    count += runner.record.dataset.facts.test_rows

    def all_away(project):
        for number in range(count):
            project = remove_point(project, number)
        return project

    store.apply("Take away", all_away)
    qtbot.waitUntil(lambda: window.auto_trainer.idle and window.workbench.settled)
    assert runner.state is RunState.RUNNING and runner.record.session is session
    store.undo()
    qtbot.waitUntil(
        lambda: window.auto_trainer.idle and runner.record.project.data == store.project.data
    )
    assert runner.record.session is session
