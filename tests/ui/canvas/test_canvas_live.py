"""The canvas with the whole workbench behind it: what Keras and the checks say is shown."""

import pytest
from PySide6.QtCore import QPointF, Qt

from netbuilder.core.project import edits


def bubble(hand, node_id):
    return next((b for b in hand.view.bubbles_now() if b.card.id == node_id), None)


@pytest.fixture
def live(hand, qtbot):
    hand.view.workbench.start()
    qtbot.waitUntil(lambda: hand.view.workbench.settled, timeout=120_000)
    return hand


def test_shapes_problems_and_fixes_are_live(live, qtbot):
    view = live.view

    def label(*wire: str):
        return view.picture.wires[wire].label

    qtbot.waitUntil(lambda: label("conv2d", "pool") == "6×6×32", timeout=10_000)
    assert view.picture.cards["dense"].count == "18,496"
    assert "classes" in view.picture.cards["@goal"].detail

    view.store.apply("x", lambda p: edits.set_params(p, "conv2d", filters=8))
    qtbot.waitUntil(lambda: label("conv2d", "pool") == "6×6×8", timeout=10_000)

    # Without Flatten, Keras still takes it but the shapes do not fit the goal; a kernel that is
    # larger than its picture fits nowhere.
    view.store.apply("x", lambda p: edits.set_params(p, "conv2d", kernel_size=20))
    qtbot.waitUntil(lambda: bubble(live, "conv2d") is not None, timeout=10_000)
    assert view.picture.cards["pool"].follows
    found = bubble(live, "conv2d")
    assert found.problem.blocks and found.button is not None
    view.viewport().repaint()
    spot = found.button.center()
    live.click(spot.x(), spot.y())
    assert view.store.undo_label == found.problem.fix.label
    qtbot.waitUntil(lambda: bubble(live, "conv2d") is None, timeout=10_000)
    view.store.undo()
    qtbot.waitUntil(lambda: bubble(live, "conv2d") is not None, timeout=10_000)

    # The bubble is no card: a press beside its button selects its node and moves nothing.
    found = bubble(live, "conv2d")
    left, top, _, _ = found.box
    before = view.store.project
    live.drag((left + 4, top + 4), (left + 90, top + 90))
    assert view.selection() == ("conv2d",)
    assert view.store.project is before


def test_only_layers_that_fit_are_offered_behind_a_port(live, qtbot):
    view = live.view
    qtbot.waitUntil(lambda: view.picture.wires[("flatten", "dense")].label == "288", timeout=10_000)
    x, y = live.out("flatten")
    live.drag((x, y), (x + 250, y + 30))
    search = live.search()
    names = [search.list.item(row).text() for row in range(search.list.count())]
    assert "Dense" in names
    assert "Conv2D" not in names and "LSTM" not in names
    live.key(Qt.Key.Key_Escape)
    live.press(*live.out("flatten"))
    x, y = live.middle("conv2d")
    live.move(x + 20, y + 30)
    assert view.state.ports["pool"] == "no"  # it leads here
    view.cancel_gesture()
    assert view.sight.mapToScene(view.sight.mapFromScene(QPointF(5, 5))) == QPointF(5, 5)
