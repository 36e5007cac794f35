"""The big answer is about what stands in the form: none where that is no number."""

from __future__ import annotations

from collections.abc import Callable

from pytestqt.qtbot import QtBot

from netbuilder.core.project import edits
from netbuilder.core.project.model import Project
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.services.runs.runner import RunState

MINUTE = 60_000


def test_an_invalid_value_has_no_answer(
    open_window: Callable[..., MainWindow], example: Callable[[str], Project], qtbot: QtBot
) -> None:
    window = open_window(edits.set_training(example("iris"), epochs=2))
    window.runner.start()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE, timeout=MINUTE)
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: panel.answer.text() != "", timeout=MINUTE)
    editor = next(iter(panel.form.rows.values())).editor.box
    editor.selectAll()
    qtbot.keyClicks(editor, "abc")
    qtbot.waitUntil(lambda: panel.answer.text() == "", timeout=MINUTE)
    editor.selectAll()
    qtbot.keyClicks(editor, "5")
    qtbot.waitUntil(lambda: panel.answer.text() != "", timeout=MINUTE)
