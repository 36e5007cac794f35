"""Trained as one draws, a network whose points are edited goes on from what it has learned."""

from functools import partial

import numpy as np
import pytest

from netbuilder.core.data.load import load_dataset
from netbuilder.core.engine.events import Started, StepsDone
from netbuilder.core.engine.trained import Changed
from netbuilder.core.project import edits, files
from netbuilder.core.project.edits_data import add_point, move_point, remove_point
from netbuilder.core.project.model import Choice, Project
from netbuilder.ui.plots.run_curves import RunCurves
from netbuilder.ui.services.runs.run_record import RunState
from netbuilder.ui.services.runs.run_tracker import RunTracker


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
