"""A run that pauses can be judged, asked and saved as it stands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from netbuilder.core.project import edits
from netbuilder.core.project.model import Project
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.services.runs.runner import RunState


@pytest.fixture
def paused(
    open_window: Callable[..., MainWindow], example: Callable[[str], Project], qtbot: QtBot
) -> MainWindow:
    """A run of many epochs that stands behind its first one."""
    window = open_window(edits.set_training(example("iris"), epochs=500))
    window.runner.one_epoch()
    qtbot.waitUntil(lambda: window.runner.state is RunState.PAUSED)
    qtbot.waitUntil(lambda: window.workbench.trained is not None)
    return window


def test_evaluate_and_predict_answer_from_a_pause_and_say_so(
    paused: MainWindow, qtbot: QtBot
) -> None:
    window, bench = paused, paused.workbench
    assert bench.trained.epochs == 1 and bench.standing
    evaluate = window.docks.show_panel("evaluate")
    qtbot.waitUntil(lambda: window.judging.evaluation is not None)
    assert "as it stands now" in evaluate.stale.text()
    rough = window.judging.evaluation.metrics["loss"]

    predict = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: predict.answer.text() != "")
    raw = {key: values[:1] for key, values in _raw(window).items()}
    shares = bench.trained.model.predict(raw, verbose=0)
    assert np.isfinite(np.asarray(shares)).all()

    # It learns on: what is seen is of the pause, and the next pause shows more.
    before = bench.trained
    window.runner.toggle_pause()
    qtbot.waitUntil(lambda: window.runner.state is RunState.RUNNING)
    assert bench.trained is before
    assert "as it stood in the last pause" in predict.stale.text()
    qtbot.waitUntil(lambda: len(window.runner.curves.epochs["loss"]) > 60)
    window.runner.toggle_pause()
    qtbot.waitUntil(lambda: bench.trained is not before)
    qtbot.waitUntil(lambda: window.judging.evaluation is not None and window.judging.idle)
    assert bench.trained.epochs > 60
    assert window.judging.evaluation.metrics["loss"] < rough

    window.runner.stop()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    assert not bench.standing and not predict.stale.isVisible()


def test_it_is_saved_as_it_stands(paused: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    import keras

    window = paused
    path = tmp_path / "so far.h5"
    assert window.documents.export_to(path).finish()
    held = keras.models.load_model(path, compile=False)
    for mine, own in zip(held.weights, window.workbench.trained.model.weights, strict=True):
        assert np.array_equal(mine.numpy(), own.numpy())
    assert window.runner.state is RunState.PAUSED, "the run waits still"


def test_back_at_the_start_it_is_what_was_there_before(paused: MainWindow, qtbot: QtBot) -> None:
    window = paused
    window.runner.rewind()
    qtbot.waitUntil(lambda: window.workbench.trained is None)
    assert not window.workbench.standing
    assert window.runner.state is RunState.PAUSED
    window.runner.step()
    qtbot.waitUntil(lambda: window.workbench.trained is not None)
    assert window.workbench.trained.epochs == 0
    evaluate = window.docks.show_panel("evaluate")
    qtbot.waitUntil(lambda: window.judging.evaluation is not None)
    assert evaluate.stale.isVisible()


def _raw(window: MainWindow) -> dict[str, np.ndarray]:
    from netbuilder.core.data.load import load

    return load(window.store.project, Path()).test.raw_x
