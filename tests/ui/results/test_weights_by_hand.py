"""A weight of a small layer is set by hand: everything follows, and undo takes it back."""

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from netbuilder.core.project import edits
from netbuilder.core.project.model import Choice
from netbuilder.core.results.layer_values import weights_of
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.services.runs.run_record import RunState

Open = Callable[..., MainWindow]


@pytest.fixture
def trained(open_window, example, qtbot):
    # So small a rate that weights which go on learning stay where they are.
    slow = Choice("SGD", {"learning_rate": 1e-6})
    window = open_window(edits.set_training(example("moons"), epochs=3, optimizer=slow))
    window.network_views.choose("layers")
    qtbot.train(window)
    qtbot.waitUntil(lambda: window.canvas.layer_popup.look is not None)
    return window


def kernel(window, node):
    return weights_of(window.workbench.models.trained, node)["kernel"]


def first_dense(window):
    graph = window.store.project.graph
    return next(one for one in graph.order if graph.by_id[one].layer == "Dense")


@pytest.mark.slow
def test_a_wire_is_clicked_and_its_weight_set_and_undone(trained, qtbot):
    window, node = trained, first_dense(trained)
    base = window.workbench.models.trained
    before = kernel(window, node).copy()
    closer = window.canvas.layer_popup
    assert window.canvas.open_layer_popup(node)
    assert "to set its weights" in closer.words.text()
    link = next(one for one in closer.picture.links if (one.source, one.unit) == (1, 2))
    middle = link.start + (link.end - link.start) * 0.3
    while closer.picture.link_at(middle) is not link:
        middle = middle + (link.end - link.start) * 0.02
    QTest.mouseClick(closer.picture, Qt.MouseButton.LeftButton, pos=middle.toPoint())
    row = closer.weights
    assert not row.isHidden()
    assert row.source.currentIndex() == 1
    assert row.field.value() == pytest.approx(before[1, 2], abs=1e-4)
    surface = window.docks.show_panel("surface")
    qtbot.waitUntil(lambda: surface.live.idle and surface.picture is not None)
    shares = np.array(surface.picture.shares)

    # The keyboard stays in the field: the next number is for a weight too.
    QTest.keyClick(row.field, Qt.Key.Key_Return)
    assert not window.inspector.isAncestorOf(window.focusWidget())
    # Typed, and a step up: one step of undo, which the answers follow.
    row.field.setValue(2.5)
    row.field.stepUp()
    qtbot.waitUntil(lambda: window.manual_weight_editor.idle and kernel(window, node)[1, 2] > 2.55)
    now = kernel(window, node)
    assert now[1, 2] == pytest.approx(2.6)
    rest = np.ones_like(now, bool)
    rest[1, 2] = False
    assert np.array_equal(now[rest], before[rest]), "no other weight"
    assert np.array_equal(weights_of(base, node)["kernel"], before), "what was trained stays"
    qtbot.waitUntil(lambda: surface.live.idle and not np.allclose(surface.picture.shares, shares))
    qtbot.waitUntil(lambda: "2.6" in closer.words.text())
    assert not row.isHidden() and row.field.value() == pytest.approx(2.6)
    assert window.workbench.models.trained.set_by_hand == 1
    assert "1 weight of this network was set by hand" in surface.stale.text()
    assert window.documents.unsaved, "no file and no run holds it"
    assert not window.store.modified

    assert window.store.undo_label == f"Set a weight of '{node}'"
    QTest.keyClick(row.field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.workbench.models.trained is base
    assert not surface.stale.isVisible()
    assert window.store.undo_label is None
    qtbot.waitUntil(lambda: row.field.value() == pytest.approx(before[1, 2], abs=1e-4))
    window.store.redo()
    qtbot.waitUntil(lambda: window.workbench.models.trained.set_by_hand == 1)
    assert kernel(window, node)[1, 2] == pytest.approx(2.6)


def test_it_goes_on_learning_from_what_was_set(trained, qtbot):
    window, node = trained, first_dense(trained)
    hand = window.manual_weight_editor
    hand.set(node, "kernel", (0, 0), 3.0)
    hand.set(node, "bias", (1,), -2.0)
    qtbot.waitUntil(lambda: window.workbench.models.trained.set_by_hand == 2)
    window.runner.train_more(2)
    assert window.runner.state.active
    assert not hand.may, "a run has weights of its own"
    hand.set(node, "kernel", (0, 1), 9.0)
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    found = weights_of(window.workbench.models.trained, node)
    assert found["kernel"][0, 0] == pytest.approx(3.0, abs=1e-3)
    assert found["bias"][1] == pytest.approx(-2.0, abs=1e-3)
    assert found["kernel"][0, 1] < 8.0
    assert window.workbench.models.trained.epochs == 5
    told = "2 weights set by hand;\nthe best epoch is chosen from here on"
    assert window.runner.record.curves.marks == [(3.0, told)]
    assert window.workbench.models.trained.set_by_hand == 0
    assert window.store.undo_label is None, "what was set is learned over now"


@pytest.mark.slow
def test_in_a_pause_they_are_set_and_the_run_goes_on_from_them(open_window, example, qtbot):
    slow = Choice("SGD", {"learning_rate": 1e-7})
    window = open_window(edits.set_training(example("moons"), epochs=3, optimizer=slow))
    runner, bench, hand = window.runner, window.workbench, window.manual_weight_editor
    node = first_dense(window)
    window.network_views.choose("layers")
    surface = window.docks.show_panel("surface")
    runner.one_epoch()
    qtbot.waitUntil(
        lambda: (
            bench.models.paused_snapshot is not None and window.canvas.layer_popup.look is not None
        )
    )
    qtbot.waitUntil(lambda: surface.picture is not None and surface.picture.answered)
    before, shares = kernel(window, node).copy(), np.array(surface.picture.shares)
    closer = window.canvas.layer_popup
    assert window.canvas.open_layer_popup(node)
    qtbot.waitUntil(lambda: "to set its weights" in closer.words.text())
    closer.choose_weight(1, 2)
    row = closer.weights
    assert not row.isHidden() and row.field.value() == pytest.approx(before[1, 2], abs=1e-4)

    row.field.setValue(2.5)
    row.field.stepUp()
    qtbot.waitUntil(lambda: hand.idle and kernel(window, node)[1, 2] == pytest.approx(2.6))
    qtbot.waitUntil(lambda: "2.6" in closer.words.text())
    qtbot.waitUntil(lambda: surface.live.idle and not np.allclose(surface.picture.shares, shares))
    qtbot.waitUntil(lambda: "1 weight set by hand (Ctrl+Z)." in surface.note.text())
    assert bench.models.paused_snapshot is not None and bench.models.trained.set_by_hand == 1
    evaluate = window.docks.show_panel("evaluate")
    assert "1 weight" in evaluate.stale.text()
    assert runner.record.curves.marks == [(1.0, "1 weight set by hand")]

    # Back, and again, and another one with it.
    QTest.keyClick(row.field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: hand.idle and np.array_equal(kernel(window, node), before))
    assert runner.record.curves.marks == [] and bench.models.trained.set_by_hand == 0
    window.store.redo()
    qtbot.waitUntil(lambda: hand.idle and bench.models.trained.set_by_hand == 1)
    hand.set(node, "bias", (0,), -1.5)
    qtbot.waitUntil(lambda: hand.idle and bench.models.trained.set_by_hand == 2)
    runner.changes.set_learning_rate(1e-8)
    hand.set(node, "bias", (1,), 0.5)
    qtbot.waitUntil(lambda: hand.idle and bench.models.trained.set_by_hand == 3)

    # The best epoch of before can still be had, and is shown in the pause.
    assert runner.record.tracker.best_epoch == 1
    runner.changes.go_back_to_best()
    qtbot.waitUntil(lambda: np.array_equal(kernel(window, node), before))
    qtbot.waitUntil(lambda: hand.may and window.store.undo_label is None)
    hand.set(node, "kernel", (1, 2), 2.6)
    hand.set(node, "bias", (0,), -1.5)
    qtbot.waitUntil(lambda: hand.idle and bench.models.trained.set_by_hand == 2)

    # A step on nothing is taken back any more.
    offered: list[tuple[bool, bool]] = []
    hand.availability_changed.connect(lambda: offered.append((hand.may, row.isHidden())))
    runner.step()
    qtbot.waitUntil(lambda: offered == [(False, True), (True, False)])
    assert window.store.undo_label is None
    assert bench.models.trained.set_by_hand == 0
    runner.toggle_pause()
    qtbot.waitUntil(lambda: runner.state is RunState.IDLE)
    found = weights_of(bench.models.trained, node)
    assert found["kernel"][1, 2] == pytest.approx(2.6, abs=1e-3)
    assert found["bias"][0] == pytest.approx(-1.5, abs=1e-3)
    assert [one.what for one in bench.models.trained.changes] == [
        "learning_rate",
        "best",
        "weights",
    ]
    assert bench.models.trained.best_epoch, "of the whole run"


@pytest.mark.slow
def test_of_a_large_layer_no_weight_is_set(open_window, example, qtbot):
    project = edits.set_training(example("moons"), epochs=1)
    hidden = project.graph.sources[project.graph.outputs[0]][0]
    window = open_window(edits.set_params(project, hidden, units=65))
    qtbot.train(window)
    qtbot.waitUntil(lambda: window.canvas.layer_popup.look is not None)
    node = window.store.project.graph.outputs[0]
    assert window.canvas.open_layer_popup(node)
    assert "set its weights" not in window.canvas.layer_popup.words.text()
    window.canvas.layer_popup.choose((0,))
    assert max(kernel(window, node).shape) > 64
    assert window.canvas.layer_popup.weights.isHidden()
