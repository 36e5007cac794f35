"""Speed under the hand: slow, a step, an epoch, back to the start, and training as one draws."""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt

from netbuilder.core.project import edits
from netbuilder.core.project.graph_ends import same_training
from netbuilder.core.project.model import Data
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.services.runs.run_progress import FULL, SPEEDS, STEP, WATCH
from netbuilder.ui.services.runs.run_record import RunState
from netbuilder.ui.training.speed_control import SpeedControl

MINUTE = 60_000
Open = Callable[..., MainWindow]


@pytest.fixture
def window(open_window, example):
    return open_window(edits.set_training(example("iris"), epochs=400, seed=1))


def stands(window, steps):
    def look():
        loss = window.runner.record.curves.steps.get("loss")
        return window.runner.state.paused and loss is not None and len(loss) == steps

    return look


def test_a_slow_pace_ends_with_the_project(open_window, example):
    window = open_window(example("iris"), keras=False)
    window.actions_table["speed-steps-2"].trigger()
    assert window.runner.speed.chosen.rate == 2
    window.documents.show_project(example("xor"), None)
    assert window.runner.speed.chosen is FULL
    window.actions_table["present"].trigger()
    assert window.runner.speed.chosen is WATCH
    window.documents.show_project(example("iris"), None)
    assert window.runner.speed.chosen is WATCH, "a class still watches"
    window.actions_table["present"].trigger()
    assert window.runner.speed.chosen is FULL


@pytest.mark.slow
def test_steps_epochs_and_the_same_start_again(window, qtbot):
    actions, runner = window.actions_table, window.runner
    actions["step"].trigger()
    qtbot.waitUntil(stands(window, 1))
    actions["step"].trigger()
    qtbot.waitUntil(stands(window, 2))
    qtbot.waitUntil(
        lambda: runner.record.progress is not None and runner.record.progress.left == "paused"
    )
    whole = runner.record.tracker.steps_per_epoch
    assert whole > 2

    def told():
        return runner.record.progress.words, runner.record.progress.left

    qtbot.waitUntil(lambda: told() == (f"Epoch 1 of 400 · step 2 of {whole}", "paused"))
    actions["one-epoch"].trigger()
    qtbot.waitUntil(stands(window, whole))
    qtbot.waitUntil(lambda: told() == (f"Epoch 1 of 400 · step {whole} of {whole}", "paused"))
    actions["step"].trigger()
    qtbot.waitUntil(lambda: told() == (f"Epoch 2 of 400 · step 1 of {whole}", "paused"))
    actions["rewind"].trigger()
    qtbot.waitUntil(lambda: told() == (f"Epoch 1 of 400 · step 0 of {whole}", "paused"))
    actions["one-epoch"].trigger()
    qtbot.waitUntil(stands(window, whole))
    first = runner.record.curves.steps["loss"].y.copy()
    actions["rewind"].trigger()
    qtbot.waitUntil(lambda: not runner.record.curves.steps)
    assert runner.state.paused
    actions["one-epoch"].trigger()
    qtbot.waitUntil(stands(window, whole))
    assert np.allclose(runner.record.curves.steps["loss"].y, first), (
        "the same weights, the same batches"
    )
    actions["stop"].trigger()
    qtbot.waitUntil(lambda: runner.state is RunState.IDLE)
    actions["rewind"].trigger()
    qtbot.waitUntil(lambda: runner.state.paused and not runner.record.curves.steps)
    actions["step"].trigger()
    qtbot.waitUntil(stands(window, 1))
    assert runner.record.curves.steps["loss"].y[0] == pytest.approx(first[0])


@pytest.mark.slow
def test_slow_is_slow_and_full_speed_is_not(window, qtbot):
    actions, runner = window.actions_table, window.runner
    slow = next(speed for speed in SPEEDS if speed.unit == "steps")
    actions[f"speed-{slow.id}"].trigger()
    assert [s.id for s in SPEEDS if actions[f"speed-{s.id}"].isChecked()] == [slow.id]
    actions["train"].trigger()
    qtbot.waitUntil(lambda: len(runner.record.curves.steps.get("loss", ())) >= 2)
    begin, before = time.monotonic(), len(runner.record.curves.steps["loss"])
    qtbot.waitUntil(
        lambda: len(runner.record.curves.steps.get("loss", ())) >= before + 12, timeout=3 * MINUTE
    )
    rate = (len(runner.record.curves.steps["loss"]) - before) / (time.monotonic() - begin)
    assert 0 < rate < 2 * slow.rate
    actions["speed-full"].trigger()
    qtbot.waitUntil(lambda: runner.state is RunState.IDLE)
    assert window.workbench.models.trained.epochs == 400


def test_what_blocks_training_blocks_a_step(open_window, example, qtbot):
    window = open_window(edits.set_data(example("iris"), Data()), keras=False)
    window.actions_table["step"].trigger()
    qtbot.waitUntil(lambda: bool(window.banner.cards))
    assert not window.runner.state.active
    assert "cannot be trained" in window.banner.cards[0].title.text()


@pytest.mark.slow
def test_as_one_draws_each_edit_is_trained_and_a_move_is_not(window, qtbot):
    store, runner = window.store, window.runner
    window.actions_table["as-drawn"].trigger()
    qtbot.waitUntil(lambda: runner.state.active)
    store.apply("Epochs", lambda p: edits.set_training(p, epochs=3))
    qtbot.waitUntil(
        lambda: runner.state is RunState.IDLE and runner.record.project.training.epochs == 3
    )
    node = next(n.id for n in store.project.graph.nodes if n.layer == "Dense")
    trained = window.workbench.models.trained
    store.apply("Units", lambda p: edits.set_params(p, node, units=5))
    qtbot.waitUntil(
        lambda: window.workbench.models.trained is not trained and runner.state is RunState.IDLE
    )
    assert window.workbench.models.trained.project.graph.by_id[node].params["units"] == 5
    before = store.project
    store.apply("Move", lambda p: edits.move_nodes(p, {node: (400.0, 10.0)}))
    assert store.project != before
    assert same_training(before, store.project)
    qtbot.wait(600)
    assert not runner.state.active
    window.actions_table["as-drawn"].trigger()
    store.apply("Units", lambda p: edits.set_params(p, node, units=6))
    qtbot.wait(600)
    assert not runner.state.active


@pytest.mark.slow
def test_a_first_run_is_watched_and_finish_now_ends_the_waiting_alone(
    open_window, example, qtbot, watched
):
    window = open_window(edits.set_training(example("xor"), epochs=60, seed=1))
    runner, control = window.runner, window.top_bar.findChild(SpeedControl, "speed_control")
    assert control is not None and control.buttons["speed-watch"].isChecked()
    assert runner.speed.chosen is WATCH
    longer = replace(WATCH, spread=10_000.0)  # whatever else this computer does
    runner.speed.set(longer)
    runner.start()
    qtbot.waitUntil(lambda: runner.speed.slowed)
    button, begin = control.buttons["speed-full"], time.monotonic()
    assert button.text() == window.actions_table["finish-now"].text()
    qtbot.wait(1000)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert not runner.speed.slowed and button.text() != window.actions_table["finish-now"].text()
    qtbot.waitUntil(lambda: runner.state is RunState.IDLE, timeout=3 * MINUTE)
    trained = window.workbench.models.trained
    assert trained is not None and trained.slowed and trained.epochs == 60
    assert trained.seconds < time.monotonic() - begin, "the waits are not the training's"
    assert runner.speed.chosen is longer
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert runner.speed.chosen is FULL
    assert open_window(example("xor"), keras=False).runner.speed.chosen is FULL, "it is remembered"


@pytest.mark.slow
def test_at_step_train_and_going_on_do_one_batch(window, qtbot):
    actions, runner = window.actions_table, window.runner
    actions["speed-step"].trigger()
    actions["train"].trigger()
    qtbot.waitUntil(stands(window, 1))
    actions["pause"].trigger()
    qtbot.waitUntil(stands(window, 2))
    actions["speed-full"].trigger()
    qtbot.waitUntil(lambda: runner.state is RunState.IDLE)
    assert runner.speed.chosen is not STEP
