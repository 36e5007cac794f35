"""A run that pauses or ended is judged, viewed and shown as it stands."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from netbuilder.core.engine.runs import run_store
from netbuilder.core.project import edits, files
from netbuilder.core.wording import format_percent
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.services import jobs
from netbuilder.ui.services.model_store import Source
from netbuilder.ui.services.runs.run_record import RunState
from netbuilder.ui.training.filmstrip import FRAMES


@pytest.fixture
def paused(open_window, example, qtbot):
    """A run of many epochs that stands behind its first one."""
    window = open_window(edits.set_training(example("iris"), epochs=500))
    window.runner.one_epoch()
    qtbot.waitUntil(lambda: window.runner.state is RunState.PAUSED)
    qtbot.waitUntil(lambda: window.workbench.models.trained is not None)
    return window


@pytest.mark.slow
def test_evaluate_and_predict_answer_from_a_pause_and_say_so(paused, qtbot):
    window, bench = paused, paused.workbench
    assert bench.models.trained.epochs == 1 and bench.models.paused_snapshot is not None
    evaluate = window.docks.show_panel("evaluate")
    qtbot.waitUntil(lambda: window.evaluation_service.evaluation is not None)
    assert "as it is now" in evaluate.stale.text()
    rough = window.evaluation_service.evaluation.metrics["loss"]

    predict = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: predict.answer.text() != "")
    raw = {key: values[:1] for key, values in _raw(window).items()}
    shares = bench.models.trained.model.predict(raw, verbose=0)
    assert np.isfinite(np.asarray(shares)).all()

    # It learns on: what is seen is of the pause, and the next pause shows more.
    before = bench.models.trained
    window.runner.toggle_pause()
    qtbot.waitUntil(lambda: window.runner.state is RunState.RUNNING)
    assert bench.models.trained is before
    assert "at the last pause" in evaluate.stale.text()
    qtbot.waitUntil(lambda: "prediction is updated" in predict.stale.text())
    qtbot.waitUntil(lambda: len(window.runner.record.curves.epochs["loss"]) > 60)
    window.runner.toggle_pause()
    qtbot.waitUntil(lambda: bench.models.trained is not before)
    qtbot.waitUntil(
        lambda: window.evaluation_service.evaluation is not None and window.evaluation_service.idle
    )
    assert bench.models.trained.epochs > 60
    assert window.evaluation_service.evaluation.metrics["loss"] < rough

    window.runner.stop()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    assert bench.models.paused_snapshot is None and not predict.stale.isVisible()


def test_it_is_saved_as_it_stands(paused, tmp_path, qtbot):
    import keras

    window = paused
    path = tmp_path / "so far.h5"
    assert window.documents.export_to(path).finish()
    held = keras.models.load_model(path, compile=False)
    for mine, own in zip(held.weights, window.workbench.models.trained.model.weights, strict=True):
        assert np.array_equal(mine.numpy(), own.numpy())
    assert window.runner.state is RunState.PAUSED, "the run waits still"


def test_back_at_the_start_it_is_the_untrained_one(paused, qtbot):
    window, bench, learned = paused, paused.workbench, paused.workbench.models.trained
    evaluate = window.docks.show_panel("evaluate")
    qtbot.waitUntil(lambda: window.runner.record.tracker.best_epoch == 1)
    window.runner.changes.rewind()
    qtbot.waitUntil(
        lambda: bench.models.trained is not learned and bench.models.trained.epochs == 0
    )
    assert window.runner.state is RunState.PAUSED
    assert window.runner.record.tracker.best_epoch == 0, (
        "no epoch is done that one could go back to"
    )
    qtbot.waitUntil(
        lambda: window.evaluation_service.evaluation is not None and window.evaluation_service.idle
    )
    assert evaluate.stale.isVisible()
    untrained = bench.models.trained
    window.runner.step()
    qtbot.waitUntil(lambda: bench.models.trained is not untrained)
    assert bench.models.trained.epochs == 0
    pairs = zip(
        bench.models.trained.training_model.get_weights(),
        untrained.training_model.get_weights(),
        strict=True,
    )
    assert any(not np.array_equal(now, before) for now, before in pairs), "a step was done"


@pytest.mark.slow
def test_stopped_at_the_start_what_was_there_before_is_back(paused, qtbot):
    window, bench = paused, paused.workbench
    window.runner.stop()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    kept = bench.models.trained
    window.runner.start(first=lambda session: session.pause())
    qtbot.waitUntil(lambda: bench.models.paused_snapshot is not None)
    assert bench.models.trained.epochs == 0
    window.runner.stop()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    assert bench.models.trained is kept and bench.models.paused_snapshot is None


@pytest.mark.slow
def test_in_a_pause_the_canvas_shows_another_row_and_what_was_learned_last(
    open_window, example, qtbot
):
    window = open_window(edits.set_training(example("moons"), epochs=500))
    window.runner.one_epoch()
    view = window.sample_view
    for epoch in (1, 2, 3):
        qtbot.waitUntil(lambda e=epoch: view.look is not None and view.look.epoch == e)
        qtbot.waitUntil(lambda: window.runner.state is RunState.PAUSED)
        qtbot.waitUntil(lambda e=epoch: _of_now(window, e))
        if epoch < 3:
            window.runner.one_epoch()
    row = view.look.index
    window.activations_service.show_row(row + 1)
    qtbot.waitUntil(lambda: view.look.index == row + 1)
    assert window.runner.state is RunState.PAUSED


def _of_now(window, epoch):
    """Whether the small surfaces on the canvas are those of the network as it stands."""
    from netbuilder.ui.services.views.sample_activations import two_number_grid

    bench, look = window.workbench, window.sample_view.look
    if (
        bench.models.paused_snapshot is None
        or bench.models.trained.epochs != epoch
        or not look.surfaces
    ):
        return False
    node = next(iter(look.surfaces))
    grid = two_number_grid(window.runner.record.dataset.train)
    inner = bench.models.trained.training_model.get_layer(node).output
    import keras

    told = keras.Model(bench.models.trained.training_model.inputs, inner).predict(
        list(grid.values()), verbose=0
    )
    shown = np.asarray(look.surfaces[node])
    return np.allclose(shown.reshape(told.shape), told, atol=1e-4)


def _raw(window):
    from netbuilder.core.data.load import load_dataset

    return load_dataset(window.store.project, Path()).test.raw_x


@pytest.mark.slow
def test_previews_and_surface_follow_the_place_on_the_curve(open_window, example, qtbot):
    window = open_window(edits.set_training(example("xor"), epochs=30, seed=1))
    models = window.workbench.models
    panel = window.docks.show_panel("training")
    qtbot.train(window)
    final = models.trained
    assert final is not None
    panel.curves.plot.placed.emit(0.0)
    qtbot.waitUntil(lambda: models.state.source is Source.HISTORY)
    early = models.prediction_model
    assert early is not None and early.epochs == 0 and panel.epochs.epoch == 0
    assert models.trained is final, "what is evaluated and saved is the network that was trained"
    one, other = (found.training_model.get_weights() for found in (early, final))
    assert not all(np.allclose(a, b) for a, b in zip(one, other, strict=True))
    seen = window.activations_service
    qtbot.waitUntil(lambda: seen.look is not None and seen.look.trained is early)
    panel.curves.plot.placed.emit(None)
    assert models.state.model is final
    # By keys, too; another run ends it.
    panel.curves.plot.setFocus()
    QTest.keyClick(panel.curves.plot, Qt.Key.Key_Left)
    for _press in range(15):
        QTest.keyClick(panel.curves.plot, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: models.state.source is Source.HISTORY)
    window.runner.train_more(1)
    assert models.state.model is final
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    assert models.trained is not final and models.state.source is Source.RUN


@pytest.mark.parametrize(
    ("size", "share"),
    [((1366, 768), 0.16), pytest.param((1024, 700), 0.12, marks=pytest.mark.slow)],
    ids=str,
)
def test_a_run_is_scrubbed_and_its_curve_has_room(size, share, open_window, example, qtbot):
    window = open_window(edits.set_training(example("moons"), epochs=100_000))
    window.resize(*size)
    panel = window.docks.show_panel("training")
    window.runner.start()
    box = panel.curves.plot.getPlotItem().getViewBox()
    qtbot.waitUntil(lambda: len(window.runner.record.curves.epochs.get("loss", ())) > 50)
    before = box.sceneBoundingRect().getRect()
    models = window.workbench.models
    window.runner.stop()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE and models.trained is not None)
    qtbot.waitUntil(lambda: panel.messages.shown is not None)
    assert box.sceneBoundingRect().getRect() == pytest.approx(before, abs=1), "nothing moved"
    plot = panel.curves.plot.size()
    assert plot.width() * plot.height() >= share * size[0] * size[1]
    film = panel.film
    history = window.runner.weight_history
    stored = {int(epoch) for epoch in history.epochs}
    # The run has ended: they are of what was stored now, to its end.
    qtbot.waitUntil(
        lambda: (
            [epoch for epoch, _image in film.frames][-1:] == [max(stored)]
            and {epoch for epoch, _image in film.frames} <= stored
            and len(film.frames) >= FRAMES // 3
        )
    )
    epochs = [epoch for epoch, _image in film.frames]
    assert epochs == sorted(set(epochs))
    assert len(epochs) <= FRAMES
    middle = len(epochs) // 2
    final = panel.curves.figure.text()
    QTest.mouseClick(film, Qt.MouseButton.LeftButton, pos=film.box(middle).center().toPoint())
    qtbot.waitUntil(lambda: models.state.source is Source.HISTORY)
    assert film.chosen is not None
    middle = film.chosen  # one that overlaps another is not shown: a neighbour was pressed
    # A pixel stands for many epochs of a long run.
    reach = 2 * epochs[-1] // int(box.sceneBoundingRect().width()) + 1
    under = range(max(epochs[middle] - reach, 1), epochs[middle] + reach + 1)
    curve = window.runner.record.curves.epochs["val_accuracy"]
    near = {format_percent(value) for epoch in under if (value := curve.at(epoch)) is not None}
    shown = panel.curves.figure.text()
    assert any(words in shown for words in near), "of the epoch under the cursor"
    place = film.mapToGlobal(film.box(middle).center().toPoint()).x()
    plot = panel.curves.plot
    spot = plot.mapFromScene(box.mapViewToScene(QPointF(epochs[middle], 0)))
    assert abs(place - plot.mapToGlobal(spot).x()) <= 2, "it stands below its epoch"
    assert abs(models.state.model.epochs - epochs[middle]) < epochs[-1] / 4, (
        "the nearest that was stored"
    )
    QTest.keyClick(film, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: models.state.source is not Source.HISTORY)
    assert film.chosen is None
    assert panel.curves.figure.text() == final


@pytest.mark.slow
def test_a_run_that_ended_before_its_page_was_opened_has_surfaces(open_window, example, qtbot):
    window = open_window(edits.set_training(example("moons"), epochs=30))
    qtbot.train(window)
    assert window.docks.pages["training"].panel is None
    film = window.docks.show_panel("training").film
    qtbot.waitUntil(lambda: len(film.frames) >= FRAMES // 3)
    assert len(film.frames) <= FRAMES
    epochs = [epoch for epoch, _image in film.frames]
    assert epochs == sorted(set(epochs))
    assert epochs[0] <= 1
    assert epochs[-1] > 10


Open = Callable[..., MainWindow]


@pytest.fixture
def trained(open_window, example, qtbot, tmp_path):
    """A window with a project that was saved and trained, its rate changed by hand."""
    window = open_window(edits.set_training(example("iris"), epochs=400))
    assert window.documents.save_to(tmp_path / "flowers.netbuilder")
    window.runner.step()  # or it would be done before anybody could turn anything
    qtbot.waitUntil(lambda: window.runner.state.paused)
    window.runner.changes.set_learning_rate(0.002)
    window.runner.toggle_pause()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    assert window.workbench.run_error is None
    return window


def settle(qtbot):
    """Wait until whatever an opened project started has been told."""
    qtbot.waitUntil(lambda: not jobs.RUNNING)


@pytest.mark.slow
def test_an_opened_project_shows_its_last_run(trained, open_window, qtbot, tmp_path):
    path = tmp_path / "flowers.netbuilder"
    before = trained.runner.record.curves
    window = open_window(files.read(path), path, keras=False)
    qtbot.waitUntil(lambda: window.runner.record.recalled is not None)
    curves = window.runner.record.curves
    for name, series in before.steps.items():
        assert curves.steps[name].x.tolist() == pytest.approx(series.x.tolist())
        assert curves.steps[name].y.tolist() == series.y.tolist()
    for name, series in before.epochs.items():
        assert curves.epochs[name].y.tolist() == series.y.tolist()
    assert [words for _, words in curves.marks] == [words for _, words in before.marks]
    panel = window.docks.show_panel("training")
    assert panel.curves.plot.run is curves
    assert "400 epochs" in panel.messages.shown.title
    assert not window.runner.may_go_on
    # Edits say that the curves are of another network now; a new project has none.
    window.store.apply("More", lambda p: edits.set_training(p, epochs=7))
    assert window.runner.differs
    window.store.mark_saved()
    window.documents.new()
    settle(qtbot)
    assert window.runner.record.recalled is None
    assert window.runner.record.curves.quantities == []
    # By the menu, too, and while another project was open.
    window.documents.open_path(path)
    qtbot.waitUntil(lambda: window.runner.record.recalled is not None)
    window.runner.start(window.store.project)
    assert window.runner.record.recalled is None


@pytest.mark.slow
def test_the_trained_network_comes_back_with_it(trained, open_window, qtbot, tmp_path):
    path = tmp_path / "flowers.netbuilder"
    window = open_window(files.read(path), path)
    qtbot.waitUntil(lambda: window.workbench.models.trained is not None)
    was, now = trained.workbench.models.trained, window.workbench.models.trained
    assert was is not None and now is not None
    for one, two in zip(
        was.training_model.get_weights(), now.training_model.get_weights(), strict=True
    ):
        assert (one == two).all()
    assert now.test == pytest.approx(was.test)
    assert not window.documents.model_unsaved
    panel = window.docks.show_panel("training")
    assert panel.curves.plot.run is window.runner.record.curves
    assert panel.curves.plot.run.steps, "the curves of the steps stay, too"
    panel.buttons.count.setValue(2)
    panel.buttons.more.click()
    qtbot.waitUntil(lambda: window.workbench.models.trained is not now)
    assert window.workbench.run_error is None
    assert window.workbench.models.trained.epochs == 402
    assert len(window.runner.record.curves.epochs["loss"]) == 402
    # A run that was deleted is gone with its network.
    (run, *_) = run_store.list_runs()
    run_store.delete_run(run.id)
    assert not run_store.network_path(run.id).exists()


@pytest.mark.slow
def test_another_project_never_gets_these_curves(trained, open_window, qtbot, tmp_path):
    project = files.read(tmp_path / "flowers.netbuilder")
    assert run_store.newest_run(project, tmp_path) is not None
    last = project.graph.nodes[-2].id
    others = {
        "plan": edits.set_training(project, epochs=9),
        "network": edits.set_params(project, last, units=31),
        "data": edits.set_data(project, type(project.data)(kind="builtin", name="wine")),
    }
    window = open_window(keras=False)
    for name, other in others.items():
        path = tmp_path / f"{name}.netbuilder"
        files.write(other, path)
        window.documents.open_path(path)
        settle(qtbot)
        assert window.store.path == path
        assert window.runner.record.recalled is None, name
        assert window.runner.record.curves.quantities == [], name


@pytest.mark.slow
def test_a_project_left_at_once_does_not_show_the_others_run(trained, open_window, qtbot, tmp_path):
    window = open_window(keras=False)
    window.documents.open_path(tmp_path / "flowers.netbuilder")
    window.documents.new()
    settle(qtbot)
    assert window.runner.record.recalled is None
