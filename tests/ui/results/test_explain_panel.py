"""The page Explain: it explains the sample on the canvas, once somebody looks."""

import pytest

from netbuilder.core.project import edits


@pytest.mark.parametrize("name", [pytest.param("digits", marks=pytest.mark.slow), "iris"])
def test_it_explains_the_sample_on_the_canvas(open_window, example, qtbot, name):
    window = open_window(edits.set_training(example(name), epochs=2))
    panel = window.docks.show_panel("explain", focus=False)
    assert panel.waiting.currentIndex() == 0, "nothing is trained"
    window.commands.train()
    qtbot.waitUntil(
        lambda: window.workbench.models.trained is not None and not window.runner.state.active
    )
    window.docks.show_panel("explain", focus=False)
    qtbot.waitUntil(lambda: panel.why.sentence.isVisible() and panel.why.idle)
    assert panel.why.picture.isVisible() == (name == "digits")
    first = panel.about.text()
    window.activations_service.show_row(4)
    qtbot.waitUntil(lambda: panel.about.text() != first)
    qtbot.waitUntil(lambda: panel.why.idle)
    window.docks.show_panel("code", focus=False)
    window.activations_service.show_row(7)
    qtbot.waitUntil(lambda: window.activations_service.idle)
    assert panel.why.idle, "nobody looks"
