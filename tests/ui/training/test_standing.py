"""A run that pauses can be judged, asked and saved as it stands."""

from pathlib import Path

import numpy as np
import pytest

from netbuilder.core.project import edits
from netbuilder.ui.services.runs.run_record import RunState


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
