"""What a panel shows is of the project that is open, and not of the one before."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from netbuilder.core.project import edits
from netbuilder.core.project.model import Project
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.services.runs.runner import RunState


def _train(window: MainWindow, qtbot: QtBot) -> None:
    window.runner.start()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    assert window.workbench.trained is not None
    qtbot.waitUntil(lambda: window.looking.look_now is not None)


@pytest.mark.slow
def test_inside_shows_the_network_that_was_trained_last_also_in_a_window_made_wider(
    open_window: Callable[..., MainWindow], example: Callable[[str], Project], qtbot: QtBot
) -> None:
    window = open_window(edits.set_training(example("digits"), epochs=1))
    _train(window, qtbot)
    panel = window.docks.show_panel("inside")
    window.canvas.select(("flatten",))
    qtbot.waitUntil(lambda: panel.waiting.currentIndex() == 1)
    # What the canvas shows is of the digits: over other data it stands pale.
    previews = window.canvas.previews
    assert "flatten" in previews.ids and not previews._past
    window.store.apply("Data", lambda project: edits.set_data(project, example("waves").data))
    assert "flatten" in previews._past
    surface = window.docks.show_panel("surface")
    surface.live.choose("weights")
    qtbot.waitUntil(lambda: surface.live.view == "weights" and surface.live.idle)
    window.docks.show_panel("inside")
    window.documents.show_project(edits.set_training(example("waves"), epochs=1), None)
    qtbot.waitUntil(lambda: panel.waiting.currentIndex() == 0)
    assert surface.live.view == "", "the next project begins with its own first view"
    # The page behind the words is resized when it comes to the front again.
    window.resize(window.width() + 180, window.height())
    qtbot.waitUntil(lambda: window.workbench.settled)
    _train(window, qtbot)
    qtbot.waitUntil(lambda: panel.waiting.currentIndex() == 1)
    texts = [one.text() for one in panel._parts if isinstance(one, QLabel)]
    assert not any("flatten" in text for text in texts)
    layers = {node.layer for node in window.store.project.graph.nodes}
    assert any(text.startswith(tuple(layers - {"Input"})) for text in texts)
