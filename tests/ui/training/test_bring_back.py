"""A trained network that was not saved comes back from Runs, and is trained on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from pytestqt.qtbot import QtBot

from netbuilder.core.project import edits
from netbuilder.core.project.model import Project
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.services.runs.runner import RunState
from netbuilder.ui.training.panel import TrainingPanel

MINUTE = 60_000
Open = Callable[..., MainWindow]


def idle(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE, timeout=MINUTE)


def test_what_was_not_saved_comes_back_with_its_weights(
    open_window: Open, example: Callable[[str], Project], qtbot: QtBot, tmp_path: Path
) -> None:
    window = open_window(edits.set_training(example("iris"), epochs=3))
    window.runner.start()
    idle(window, qtbot)
    weights = [np.array(one) for one in window.workbench.trained.core.get_weights()]
    window.documents.show_project(example("diabetes"), None)
    assert window.workbench.trained is None
    panel = window.docks.show_panel("runs")
    qtbot.waitUntil(lambda: panel.model.rowCount() == 1, timeout=MINUTE)
    panel.table.selectRow(0)
    panel.bring_back()
    qtbot.waitUntil(lambda: window.workbench.trained is not None, timeout=MINUTE)
    trained = window.workbench.trained
    pairs = zip(weights, trained.core.get_weights(), strict=True)
    assert all(np.array_equal(before, after) for before, after in pairs)
    assert len(window.runner.curves.epochs["loss"]) == 3
    assert window.documents.model_unsaved
    assert window.documents.export_to(tmp_path / "back.h5").finish()
    assert not window.documents.model_unsaved
    training = window.docks.show_panel("training")
    assert isinstance(training, TrainingPanel)
    training.buttons.count.setValue(2)
    training.buttons.more.click()
    idle(window, qtbot)
    assert window.workbench.run_error is None
    assert window.workbench.trained.epochs == 5
    assert len(window.runner.curves.epochs["loss"]) == 5


def test_an_opened_model_is_trained_on(
    open_window: Open, example: Callable[[str], Project], qtbot: QtBot, tmp_path: Path
) -> None:
    window = open_window(edits.set_training(example("iris"), epochs=4))
    window.runner.start()
    idle(window, qtbot)
    first = window.workbench.trained.history["loss"]
    path = tmp_path / "iris.h5"
    assert window.documents.export_to(path).finish()
    window.documents.open_path(path)
    qtbot.waitUntil(lambda: window.documents.opening == "", timeout=MINUTE)
    assert window.runner.may_train_more
    window.runner.train_more(3)
    idle(window, qtbot)
    assert window.workbench.run_error is None
    loss = window.workbench.trained.history["loss"]
    assert len(loss) == 7
    assert np.allclose(loss[:4], first)
    assert loss[4] < first[0], "it goes on from there and does not begin anew"
