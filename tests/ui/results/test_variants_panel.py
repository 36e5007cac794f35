"""The Variants tab tries variants and puts the best onto the canvas as one step."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from netbuilder.core.project import edits
from netbuilder.core.project.model import Project
from netbuilder.core.results.tuning.space import parse
from netbuilder.core.results.tuning.suggest import suggestions
from netbuilder.ui.main_window import MainWindow

MINUTE = 60_000


def test_suggestions_can_be_varied(example: Callable[[str], Project]) -> None:
    for name in ("digits", "sales", "reviews", "temperatures", "residual"):
        project = example(name)
        for line in suggestions(project):
            parse(line, project)


def test_the_best_variant_is_one_step(
    open_window: Callable[..., MainWindow], example: Callable[[str], Project], qtbot: QtBot
) -> None:
    window = open_window(edits.set_training(example("iris"), epochs=3))
    panel = window.docks.show_panel("variants")
    before = window.store.project
    panel.lines.setPlainText("training.optimizer.learning_rat=1,2")
    panel.start.click()
    assert panel.variants.error is not None
    assert "learning_rate" in str(panel.variants.error)
    panel.lines.setPlainText("training.optimizer.learning_rate=1e-6,0.02")
    panel.start.click()
    assert panel.variants.running
    qtbot.waitUntil(lambda: not panel.variants.running, timeout=MINUTE)
    study = panel.variants.study
    assert study is not None
    assert len(study.trials) == 2
    assert panel.model.rowCount() == 2
    panel.best.click()
    after = window.store.project
    assert after.training.optimizer.params["learning_rate"] == 0.02
    window.store.undo()
    assert window.store.project == before
    panel.grab()


@pytest.mark.slow
def test_two_at_once_and_stopped(
    open_window: Callable[..., MainWindow], example: Callable[[str], Project], qtbot: QtBot
) -> None:
    window = open_window(edits.set_training(example("iris"), epochs=400))
    panel = window.docks.show_panel("variants")
    panel.lines.setPlainText("training.optimizer.learning_rate=1e-6,0.001,0.02")
    panel.jobs.setValue(2)
    if panel.jobs.value() < 2:
        pytest.skip("one processor")
    grown: set[float] = set()
    panel.variants.grew.connect(lambda values, _curve: grown.update(values.values()))
    panel.start.click()
    qtbot.waitUntil(lambda: len(grown) >= 2, timeout=MINUTE)
    assert len(panel._under_way) >= 2, "the curves of all that are under way"
    panel.start.click()
    qtbot.waitUntil(lambda: not panel.variants.running, timeout=MINUTE)
    assert panel.variants.error is None
