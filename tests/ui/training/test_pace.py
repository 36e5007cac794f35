"""The time that is left goes by the clock: a run that is slowed down is not done in a moment."""

import time

import numpy as np
import pytest
from PySide6.QtCore import QTimer

from netbuilder.core.engine.events import StepsDone
from netbuilder.core.project import edits
from netbuilder.ui.plots.run_curves import RunCurves
from netbuilder.ui.services.runs import run_tracker
from netbuilder.ui.services.runs.run_progress import (
    CURVES_SECONDS,
    LATER_CURVES_SECONDS,
    MOST_STRETCH,
    SLOWEST_CURVES_SECONDS,
    SPEEDS,
    WINDOW_SHARE,
    RedrawThrottle,
    ViewThrottle,
    duration_sentence,
)
from netbuilder.ui.services.runs.run_tracker import RunTracker

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
