"""A stop is one, whenever it is pressed; what comes after it begins by itself."""

import threading
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from netbuilder.core.data import load as loading
from netbuilder.core.engine.events import Paused, Started
from netbuilder.core.project import edits
from netbuilder.core.project.model import Choice
from netbuilder.ui.plots.run_curves import RunCurves
from netbuilder.ui.services.runs.run_record import RunState
from netbuilder.ui.services.runs.run_tracker import RunTracker

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
