"""Speed under the hand, the time that is left, and the rate that is shown."""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer

from netbuilder.core.engine.events import StepsDone
from netbuilder.core.project import edits
from netbuilder.core.project.graph_ends import same_training
from netbuilder.core.project.model import Choice, Data
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.plots.run_curves import RunCurves
from netbuilder.ui.services.runs import run_tracker
from netbuilder.ui.services.runs.run_progress import (
    CURVES_SECONDS,
    FULL,
    LATER_CURVES_SECONDS,
    MOST_STRETCH,
    SLOWEST_CURVES_SECONDS,
    SPEEDS,
    STEP,
    WATCH,
    WINDOW_SHARE,
    RedrawThrottle,
    ViewThrottle,
    duration_sentence,
)
from netbuilder.ui.services.runs.run_record import RunState
from netbuilder.ui.services.runs.run_tracker import RunTracker
from netbuilder.ui.training.curves_panel import STEPS
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


SLOW = next(one for one in SPEEDS if one.id == "epochs-5")


class Clock:
    def __init__(self, patch):
        self.now = 100.0
        patch.setattr(run_tracker.time, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


def _tracker(epochs, steps):
    tracker = RunTracker(RunCurves(), planned=epochs)
    tracker.steps_per_epoch = steps
    return tracker


def _chunk(first, count, whole, seconds, so_far):
    losses = {"loss": np.ones(count, np.float32)}
    return StepsDone(first, losses, first // whole, count, count / seconds, so_far)


def test_waiting_between_epochs_counts(clock):
    tracker, left = _tracker(100, 10), ""
    # Five epochs of ten steps a second by the clock, while the steps themselves go 5,000 a second.
    for epoch in range(20):
        clock.now = 100.0 + epoch / 5
        tracker.steps(_chunk(epoch * 10, 10, 10, 0.002, epoch * 0.002))
        left = tracker.progress().left
    assert left == "16 s left"  # 80 epochs at 5 a second


def test_small_slow_chunks_do_not_count_as_much_as_large_fast_ones(clock):
    tracker, done, so_far = _tracker(100, 100), 0, 0.0
    # Behind each picture one step that takes 50 ms, then 49 that take 1 ms each: 505 a second.
    for _ in range(40):
        for count, seconds in ((1, 0.05), (49, 0.049)):
            clock.now += seconds
            so_far += seconds
            tracker.steps(_chunk(done, count, 100, seconds, so_far))
            done += count
        found = tracker.progress()
    speed = int(found.words.split(" · ")[-1].removesuffix(" steps/s"))
    assert 480 <= speed <= 530
    assert found.left in ("15 s left", "16 s left")  # 8,000 steps


def test_a_slowed_run_is_done_when_its_speed_says_so(clock):
    tracker = _tracker(100, 16)
    tracker.steps(_chunk(0, 16, 16, 0.01, 0.01))
    first = tracker.progress(chosen=SLOW)
    assert first.words.endswith("5 epochs/s")
    assert first.left == "20 s left"  # from the first picture on: 99 epochs
    clock.now += 0.2
    tracker.steps(_chunk(16, 8, 16, 0.01, 0.02))  # half an epoch, and the machine is held up
    clock.now += 0.6
    assert tracker.progress(chosen=SLOW).left == "20 s left"
    # At full speed again it is measured anew.
    for chunk in range(4):
        clock.now += 0.2
        tracker.steps(_chunk(24 + 200 * chunk, 200, 16, 0.2, 0.1 + 0.2 * chunk))
        full = tracker.progress()
    assert "epochs/s" not in full.words
    assert full.left == "0.8 s left"  # 776 steps, 1,000 a second


def test_a_machine_slower_than_the_chosen_speed_is_believed(clock):
    tracker = _tracker(10, 10)
    tracker.progress(chosen=SLOW)
    for epoch in range(5):
        clock.now += 1.0
        tracker.steps(_chunk(10 * epoch, 10, 10, 1.0, epoch + 1.0))
        found = tracker.progress(chosen=SLOW)
    assert found.left == "5.0 s left"


def test_behind_the_last_epoch_the_test_set_is_evaluated(clock):
    tracker = _tracker(2, 10)
    tracker.steps(_chunk(0, 20, 10, 1.0, 1.0))
    assert tracker.progress().left == "evaluating…"


def test_at_the_end_the_whole_run_counts(clock):
    tracker = _tracker(15, 41)
    # 615 steps took 0.2 s; the pictures between them made each chunk seem slow by the clock.
    for chunk in range(3):
        clock.now += 2.0
        tracker.steps(_chunk(205 * chunk, 205, 41, 2.0, 0.2 * (chunk + 1) / 3))
        tracker.progress()
    assert tracker.end("done").words == "Epoch 15 of 15 · 3,075 steps/s"


def test_what_was_done_is_said_as_one_waited_for_it():
    assert "slowed down" in duration_sentence(100, 0.4, slowed=True)
    assert duration_sentence(1, 0.31) == "1 epoch in 0.3 s"
    assert duration_sentence(0, 15.0) == "less than one epoch (15 s)"
    assert duration_sentence(0, 0.0) == "elsewhere", "a file of another program says nothing of it"


def test_views_are_stretched_while_the_window_takes_too_much():
    stretch, now, busy = ViewThrottle(), 100.0, 3.0

    def seconds(count, share):
        nonlocal now, busy
        found = []
        for _ in range(round(count / 0.033)):
            now, busy = now + 0.033, busy + 0.033 * share
            if stretch.look(now, busy):
                found.append(stretch.times)
        return found

    assert seconds(3, 0.9 * WINDOW_SHARE) == []  # it takes little: all is drawn as it is asked for
    rising = seconds(3, 1.2 * WINDOW_SHARE)
    assert rising == sorted(rising)
    assert 1.0 < rising[0] < rising[-1] < MOST_STRETCH
    seconds(10, 3 * WINDOW_SHARE)
    assert stretch.times == MOST_STRETCH
    falling = seconds(12, 0.5 * WINDOW_SHARE)
    assert falling[-1] == 1.0
    seconds(3, 3 * WINDOW_SHARE)
    found = stretch.times
    stretch.begin()  # the next run begins with what was found, and what lies between is not counted
    assert not stretch.look(now + 100, busy + 90)
    assert stretch.times == found > 1.0
    # A run that waits between its steps loses nothing to views.
    assert stretch.look(now + 102, busy + 92, spare=True)
    assert stretch.times == 1.0


def test_curves_are_drawn_as_often_as_a_stretched_window_lets_them():
    def drawn(stretch, begin=10.0):
        pace = RedrawThrottle()
        pace.begin(10.0)
        count = 0
        for number in range(3000):
            pace.grown = True
            count += pace.curves_due(begin + number / 1000, stretch)
        return count

    assert drawn(1.0) == pytest.approx(3 / CURVES_SECONDS, abs=1)
    assert drawn(2.0) == pytest.approx(3 / CURVES_SECONDS / 2, abs=1)
    assert drawn(1.0, begin=20.0) == pytest.approx(3 / LATER_CURVES_SECONDS, abs=1)
    assert drawn(9.0) == pytest.approx(3 / SLOWEST_CURVES_SECONDS, abs=1)


@pytest.mark.slow
def test_a_run_hears_how_busy_the_window_is(open_window, example, qtbot):
    window = open_window(edits.set_training(example("moons"), epochs=10_000_000))
    runner, spent = window.runner, [0.0]
    runner.start()
    qtbot.waitUntil(lambda: len(runner.record.curves.steps.get("loss", ())) > 0)
    session = runner.record.session
    busy = QTimer()

    def work():
        begin = time.thread_time()
        while time.thread_time() - begin < 0.02:
            spent[0] += 1

    busy.timeout.connect(work)
    busy.start(30)
    qtbot.waitUntil(lambda: session.loop.probing.stretch > 2)
    busy.stop()
    runner.stop()
    qtbot.waitUntil(lambda: not runner.state.active)


def test_a_machine_that_is_busy_for_a_moment_moves_the_end_a_little(clock):
    tracker, lefts = _tracker(100, 10), []
    for epoch in range(60):
        clock.now += 1.2 if 40 <= epoch < 43 else 0.2  # three epochs take six times as long
        tracker.steps(_chunk(epoch * 10, 10, 10, 0.002, epoch * 0.002))
        lefts.append(float((tracker.progress().left or "0").split()[0]))
    assert lefts[39] == 12.0
    assert max(lefts[40:]) < 1.4 * lefts[39]
    assert lefts[-1] <= 11.0


@pytest.mark.slow
def test_the_slider_follows_a_schedule(open_window, example, qtbot):
    falling = {"initial_learning_rate": 0.1, "decay_steps": 100, "decay_rate": 0.97}
    optimizer = Choice("Adam", {"learning_rate": {"name": "ExponentialDecay", "params": falling}})
    window = open_window(edits.set_training(example("iris"), epochs=100_000, optimizer=optimizer))
    runner = window.runner
    panel = window.docks.show_panel("training")
    before = window.store.project
    runner.start()
    seen: list[float] = []

    def shown():
        text = panel.rate.value.text()
        if runner.state.running and text != "schedule":
            rate = float(text)
            if not seen or rate != seen[-1]:
                seen.append(rate)
        return len(seen) >= 4

    qtbot.waitUntil(shown)
    assert seen == sorted(seen, reverse=True), "it only falls"
    assert seen[-1] < 0.1
    assert not runner.record.curves.marks
    assert window.store.project is before

    place = panel.rate.slider.value()
    panel.rate.slider.setSliderDown(True)
    epoch = len(runner.record.curves.epochs["loss"])
    words = runner.record.progress
    qtbot.waitUntil(
        lambda: len(runner.record.curves.epochs["loss"]) > epoch and runner.record.progress != words
    )
    assert panel.rate.slider.value() == place, "a hand on the slider is not pushed away"


@pytest.mark.slow
def test_the_rate_that_is_shown_after_a_stop_is_the_one_that_goes_on(open_window, example, qtbot):
    window = open_window(edits.set_training(example("iris"), epochs=1_000_000))
    runner = window.runner
    panel = window.docks.show_panel("training")

    def goes_on_with(rate):
        assert float(panel.rate.value.text()) == rate
        panel.buttons.more.click()
        qtbot.waitUntil(lambda: runner.state is RunState.RUNNING)
        qtbot.waitUntil(lambda: runner.record.tracker.learning_rate == pytest.approx(rate))
        # Written when the curves are drawn next.
        qtbot.waitUntil(lambda: float(panel.rate.value.text()) == rate)
        runner.stop()
        qtbot.waitUntil(lambda: runner.state is RunState.IDLE)

    panel.buttons.count.setValue(100_000)
    runner.start()
    qtbot.waitUntil(lambda: runner.state is RunState.RUNNING)
    panel.rate.slider.setValue(round(STEPS * 4 / 6))
    qtbot.waitUntil(lambda: runner.record.tracker.learning_rate == pytest.approx(0.01))
    runner.stop()
    qtbot.waitUntil(lambda: runner.state is RunState.IDLE)
    goes_on_with(0.01)
    panel.rate.slider.setValue(round(STEPS * 2 / 6))
    assert window.store.project.training.optimizer.params["learning_rate"] == 0.0001
    assert runner.differs, "nothing was trained with it yet"
    goes_on_with(0.0001)
    assert not runner.differs, "the run has learned with exactly what the plan says"
    assert all(message.key != "differs" for message in panel.messages.messages)
    window.store.apply("Smaller", lambda project: edits.set_training(project, batch_size=7))
    assert runner.differs


def test_a_rate_changed_in_the_settings_during_a_pause_is_the_run_s(open_window, example, qtbot):
    window = open_window(edits.set_training(example("iris"), epochs=1_000_000))
    runner, store = window.runner, window.store
    panel = window.docks.show_panel("training")
    runner.start()
    qtbot.waitUntil(lambda: runner.state is RunState.RUNNING)
    runner.toggle_pause()
    qtbot.waitUntil(lambda: runner.state.paused)

    def plan(rate, **settings: int):
        optimizer = Choice("Adam", {"learning_rate": rate})
        store.apply("Rate", lambda p: edits.set_training(p, optimizer=optimizer, **settings))

    plan(0.02)
    qtbot.waitUntil(lambda: runner.record.tracker.learning_rate == pytest.approx(0.02))
    qtbot.waitUntil(lambda: float(panel.rate.value.text()) == 0.02)
    assert not runner.differs
    plan(0.04, batch_size=7)
    runner.toggle_pause()
    qtbot.waitUntil(lambda: runner.state is RunState.RUNNING)
    assert runner.record.tracker.learning_rate == pytest.approx(0.02), (
        "other settings are of the next run"
    )
    assert runner.differs
