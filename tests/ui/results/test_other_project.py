"""What a panel shows is of the project that is open, and not of the one before."""

import pytest
from PySide6.QtWidgets import QLabel

from netbuilder.core.project import edits


def _train(window, qtbot):
    qtbot.train(window)
    assert window.workbench.models.trained is not None
    qtbot.waitUntil(lambda: window.activations_service.look_now is not None)


@pytest.mark.slow
def test_inside_shows_the_network_that_was_trained_last_also_in_a_window_made_wider(
    open_window, example, qtbot
):
    window = open_window(edits.set_training(example("digits"), epochs=1))
    _train(window, qtbot)
    panel = window.docks.show_panel("inside")
    window.canvas.select(("flatten",))
    qtbot.waitUntil(lambda: panel.waiting.currentIndex() == 1)
    # What the canvas shows is of the digits: over other data it stands pale.
    previews = window.canvas.previews
    assert "flatten" in previews.ids and not previews.past
    window.store.apply("Data", lambda project: edits.set_data(project, example("waves").data))
    assert "flatten" in previews.past
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
    texts = [one.text() for one in panel.parts if isinstance(one, QLabel)]
    assert not any("flatten" in text for text in texts)
    layers = {node.layer for node in window.store.project.graph.nodes}
    assert any(text.startswith(tuple(layers - {"Input"})) for text in texts)


def test_new_results_are_those_of_the_project_that_is_open(open_window, example):
    window = open_window(keras=False)
    task = window.docks.side.buttons["understand"]
    window.docks.side.mark("understand")
    assert task.marked
    window.documents.show_project(example("moons"), None)
    assert not task.marked


@pytest.mark.slow
def test_what_was_set_for_one_project_does_not_stand_in_the_next(open_window, example, qtbot):
    window = open_window(edits.set_training(example("moons"), epochs=1))
    _train(window, qtbot)
    panels = {name: window.docks.show_panel(name) for name in ("surface", "inside", "evaluate")}
    threshold, surface = panels["evaluate"].threshold, panels["surface"]
    qtbot.waitUntil(lambda: threshold.label.count() > 0)
    buttons = window.docks.show_panel("training").buttons

    def found():
        return [
            threshold.slider.value(),
            threshold.which.currentText(),
            [part.isChecked() for part in surface.parts],
            surface.discrete.isChecked(),
            buttons.count.value(),
            window.activations_service.index,
        ]

    before = found()

    def set_all():
        threshold.slider.setValue(9)
        threshold.which.setCurrentIndex(2)
        for part in (*surface.parts, surface.discrete):
            part.toggle()
        buttons.count.setValue(300)
        window.activations_service.show_row(6)

    def nothing_stands():
        return not any(one == other for one, other in zip(found(), before, strict=True))

    evaluate = panels["evaluate"]
    qtbot.waitUntil(lambda: evaluate.behind.behind is not None)
    late = (evaluate.samples, evaluate.calibration, evaluate.groups)
    assert not any(one.isHidden() for one in late)
    evaluate.evaluation_service.changed.emit()
    assert not any(one.isHidden() for one in late), "judged anew, what was found has its place"

    set_all()
    assert nothing_stands()
    # The same rows with another network, another place in the disk: all stands as it was set.
    window.store.apply("Seed", lambda project: edits.set_training(project, seed=7))
    window.store.rewrite(lambda project: edits.rename_project(project, "Mine"))
    assert nothing_stands()
    window.store.apply("Data", lambda project: edits.set_data(project, example("spiral").data))
    assert found() == before
    set_all()
    window.documents.show_project(example("spiral"), None)
    assert found() == before
    assert all(one.isHidden() for one in late) and not evaluate.parts_note.text()
    assert threshold.label.count() == 0, "the class that is asked for is of the last project"
