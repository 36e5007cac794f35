"""Predict answers while the network learns, and its answer moves."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, Qt

from netbuilder.core.project import edits
from netbuilder.core.project.model import Choice
from netbuilder.ui.services.model_store import Source
from netbuilder.ui.services.runs.run_record import RunState


def live_snapshot(models):
    """The network that predicts while it learns."""
    return models.state.model if models.state.source is Source.LIVE else None


def stroke(panel, qtbot, x):
    """Draw a line from above to below on a new page; the sample that it becomes."""
    pad = panel.pictures.pad
    pad.clear()
    qtbot.mousePress(pad, Qt.MouseButton.LeftButton, pos=QPoint(x, 20))
    for y in range(20, 150, 10):
        qtbot.mouseMove(pad, QPoint(x + (y % 30), y))
    qtbot.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=QPoint(x, 150))
    activations_service = panel._activations_service
    qtbot.waitUntil(lambda: not panel.pictures.drawn_soon.isActive())
    qtbot.waitUntil(
        lambda: (
            activations_service.idle
            and activations_service.look is not None
            and activations_service.look.own != ""
        )
    )
    return activations_service.look.raw["input"]


@pytest.mark.slow
def test_a_drawing_is_answered_by_the_network_that_learns(open_window, example, qtbot):
    # So small a rate that it stays what it was: what is right is known.
    still = Choice("SGD", {"learning_rate": 1e-12})
    window = open_window(edits.set_training(example("digits"), epochs=100_000_000, optimizer=still))
    bench = window.workbench
    panel = window.docks.show_panel("predict")
    window.runner.start()
    qtbot.waitUntil(lambda: live_snapshot(bench.models) is not None)
    assert bench.models.trained is None, "nobody judges it, or saves it"
    assert not window.actions_table["save-model"].isEnabled()
    qtbot.waitUntil(lambda: panel.learning.found is not None)
    panel.pictures.draw_button.click()
    for x in (60, 100):  # a second drawing takes the place of the first
        raw = stroke(panel, qtbot, x)
        wanted = np.asarray(live_snapshot(bench.models).model(raw[None]))[0]
        held = panel.learning

        def right(held=held, wanted=wanted):
            found = held.found
            return found is not None and np.allclose(
                found.first.probabilities[0], wanted, atol=1e-4
            )

        qtbot.waitUntil(right)
        assert panel.answer.text() == held.found.text(0)
    assert window.sample_view.look.own == "your drawing", "the canvas shows it, too"
    assert panel.why.button.isHidden(), "what takes long is asked of a network that stands"
    epoch = window.sample_view.look.epoch
    qtbot.waitUntil(lambda: window.sample_view.look.epoch > epoch)
    assert "prediction is updated" in panel.stale.text()

    window.runner.stop()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    assert live_snapshot(bench.models) is None and bench.models.trained is not None
    qtbot.waitUntil(lambda: panel.answer.text() != "" and panel.idle)
    assert not panel.pictures.pad.empty and panel.pictures.draw_button.isChecked()
    assert panel.stale.isHidden()
    assert not panel.why.button.isHidden()


class Requests(QObject):
    """Counts how often a widget is told to lay itself out."""

    count = 0

    def eventFilter(self, watched, event):
        self.count += event.type() == QEvent.Type.LayoutRequest
        return False


@pytest.mark.slow
def test_the_answer_moves_as_it_learns(open_window, example, qtbot):
    slow = Choice("Adam", {"learning_rate": 1e-5})  # it is never done
    window = open_window(edits.set_training(example("iris"), epochs=100_000_000, optimizer=slow))
    panel = window.docks.show_panel("predict")
    window.runner.start()
    qtbot.waitUntil(lambda: panel.learning.found is not None)
    seen: set[float] = set()

    def moved():
        found = panel.learning.found
        if found is not None:
            seen.add(float(found.first.probabilities[0].max()))
        return len(seen) > 3

    qtbot.waitUntil(moved)
    # Answers that come several times a second lay out no page: that would cost a fifth of the run.
    laid, answers = Requests(), []
    panel.waiting.page_layout.parentWidget().installEventFilter(laid)
    panel.learning.answered.connect(lambda: answers.append(laid.count))
    qtbot.waitUntil(lambda: len(answers) > 6)
    assert answers[-1] == answers[1], answers
    assert "curve below shows the network after" in panel.stale.text()
    panel.rows.edit("petal width (cm)", 2.5)
    qtbot.waitUntil(lambda: window.sample_view.look.own == "your row")
    qtbot.waitUntil(lambda: panel.learning.found is not None)
    row = window.sample_view.look.raw["input"]
    assert 2.5 in np.round(row, 3)
    # Who looks elsewhere costs the run nothing.
    window.docks.show_panel("training")
    qtbot.waitUntil(lambda: panel.visibleRegion().isEmpty())
    qtbot.waitUntil(lambda: panel.learning.found is None)
    window.runner.stop()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)


@pytest.mark.slow
def test_who_does_not_look_has_no_network_copied(open_window, example, qtbot):
    window = open_window(edits.set_training(example("iris"), epochs=100_000_000))
    window.docks.show_panel("training")
    window.runner.start()
    looks: list[bool] = []
    asked = window.paused_models.watched

    def count():
        looks.append(asked())
        return looks[-1]

    window.paused_models.watched = count
    qtbot.waitUntil(lambda: len(looks) > 1)
    assert not any(looks) and live_snapshot(window.workbench.models) is None
    window.runner.stop()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
