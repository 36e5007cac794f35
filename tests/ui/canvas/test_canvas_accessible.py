"""A screen reader goes through the cards: asked as Qt's bridges ask."""

import gc

import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QAccessible

from netbuilder.core.project import edits, groups
from netbuilder.ui.canvas.canvas_view import CanvasView
from netbuilder.ui.services.project_store import ProjectStore
from netbuilder.ui.services.workbench import Workbench

NAME, DESCRIPTION = QAccessible.Text.Name, QAccessible.Text.Description


@pytest.fixture
def listening():
    """Assistive technology runs."""
    QAccessible.setActive(True)
    yield
    QAccessible.setActive(False)


def cards_of(hand):
    whole = QAccessible.queryAccessibleInterface(hand.view)
    return {
        item.text(NAME): item
        for item in map(whole.child, range(whole.childCount()))
        if item.role() == QAccessible.Role.ListItem
    }


def test_every_card_is_a_child_with_name_place_and_parent(hand):
    whole = QAccessible.queryAccessibleInterface(hand.view)
    assert whole.role() == QAccessible.Role.List
    assert whole.text(NAME) == "Network"
    found = cards_of(hand)
    assert len(found) == len(hand.view.picture.cards)
    conv = found["Conv2D, 32 · 3×3 · relu"]
    assert conv.isValid()
    assert conv.parent().object() is hand.view
    assert whole.indexOfChild(conv) == list(hand.view.picture.cards).index("conv2d")
    corner = hand.view.viewport().mapToGlobal(
        hand.view.scene_viewport.card_rect("conv2d").center().toPoint()
    )
    assert conv.rect().contains(corner)
    assert whole.childAt(corner.x(), corner.y()).text(NAME) == conv.text(NAME)
    assert whole.child(1000) is None


def test_the_bridge_finds_the_cards_from_the_window(hand):
    window = QAccessible.queryAccessibleInterface(hand.view.window())
    assert window.childCount() >= len(hand.view.picture.cards)


def test_selection_and_focus_are_states(hand, listening):
    hand.view.activateWindow()
    hand.view.setFocus()
    hand.view.select(("pool",))
    pool, dense = cards_of(hand)["MaxPooling2D, 2×2"], cards_of(hand)["Dense, 64 · relu"]
    assert pool.state().selected
    assert pool.state().selectable
    assert not dense.state().selected
    assert pool.state().focused == hand.view.hasFocus()
    hand.key(Qt.Key.Key_Down)
    assert not pool.state().selected


def test_problems_are_told(hand, diagnosed):
    hand.view.store.apply("Bad", lambda p: edits.set_params(p, "dense", units=-1))
    diagnosed(hand.view.workbench)
    assert hand.view.workbench.problems
    told = cards_of(hand)["Dense, -1 · relu"].text(DESCRIPTION)
    assert "Problem: " in told
    assert "-1" in told.split("Problem: ")[1]


def test_cards_that_are_gone_are_invalid_and_forgotten(hand):
    whole = QAccessible.queryAccessibleInterface(hand.view)
    dropout = cards_of(hand)["Dropout, 0.3"]
    hand.view.store.apply("Delete", lambda p: edits.remove_nodes(p, ["dropout"]))
    assert not dropout.isValid()
    assert dropout.text(NAME) == ""
    assert not dropout.rect().isValid()
    assert len(cards_of(hand)) == whole.childCount() == len(hand.view.picture.cards)
    assert not shiboken6.isValid(dropout), "Qt's register let go of it"


def test_a_closed_group_is_one_item(hand):
    hand.view.store.apply("G", lambda p: groups.group_nodes(p, ["dense", "dropout"], "Head"))
    (head,) = [item for name, item in cards_of(hand).items() if name.startswith("Head")]
    assert head.state().expandable
    assert "group" in head.text(DESCRIPTION)


def test_views_come_and_go_while_a_reader_listens(qapp, digits, listening):
    for _ in range(15):
        store = ProjectStore(digits)
        bench = Workbench(store)
        view = CanvasView(store, bench)
        view.show()
        whole = QAccessible.queryAccessibleInterface(view)
        for item in map(whole.child, range(whole.childCount())):
            assert item.text(NAME)
            assert item.parent().object() is view
        view.select(("dense",))
        store.apply("Delete", lambda p: edits.remove_nodes(p, ["dropout"]))
        held = [whole.child(number) for number in range(whole.childCount())]
        view.close()
        bench.close()
        view.deleteLater()
        bench.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        assert not shiboken6.isValid(view)
        assert not any(shiboken6.isValid(item) for item in held)
        gc.collect()
