"""The learning rate that is shown is the one a schedule gives now, not the one of the start."""

import pytest

from netbuilder.core.project import edits
from netbuilder.core.project.model import Choice
from netbuilder.ui.services.runs.run_record import RunState
from netbuilder.ui.training.curves_panel import STEPS


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
