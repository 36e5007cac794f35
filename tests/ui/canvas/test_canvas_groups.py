"""Groups of layers: closed, opened, renamed, wired as one; cards dragged into them."""

import pytest
from PySide6.QtCore import Qt

from netbuilder.core.errors import EditError
from netbuilder.core.project import groups
from netbuilder.ui.canvas.input.layer_search import NameField

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
KEY = Qt.Key


def test_groups_close_open_rename_and_dissolve(hand):
    hand.view.select(("conv2d", "pool"))
    hand.key(KEY.Key_G, CONTROL)
    assert hand.view.selection() == ("group_1",)
    picture = hand.view.picture
    assert "conv2d" not in picture.cards
    assert picture.cards["group_1"].detail == "2 layers"
    assert ("input", "group_1") in picture.wires and ("group_1", "flatten") in picture.wires
    hand.key(KEY.Key_F2)
    hand.type("Eye")
    hand.key(KEY.Key_Return)
    assert hand.graph.group_by_id["group_1"].name == "Eye"
    hand.key(KEY.Key_Return)  # opens it
    hand.view.layout_animation.finish()
    frame = hand.view.picture.frames["group_1"]
    card = hand.view.picture.cards["pool"]
    assert frame.x < card.x and frame.y + frame.h > card.y + card.h
    hand.view.commands.close_group("group_1")
    hand.key(KEY.Key_G, CONTROL | SHIFT)
    assert not hand.graph.groups
    assert set(hand.view.selection()) == {"conv2d", "pool"}


def test_escape_keeps_the_old_name(hand):
    hand.view.select(("conv2d", "pool"))
    hand.view.commands.group()
    hand.key(KEY.Key_F2)
    hand.type("Eye")
    hand.key(KEY.Key_Escape)
    assert hand.graph.group_by_id["group_1"].name == "Block"
    assert not any(field.isVisible() for field in hand.view.findChildren(NameField))


def test_a_closed_group_is_deleted_copied_and_wired_as_one(hand):
    hand.view.select(("dense", "dropout"))
    hand.view.commands.group()
    hand.view.commands.duplicate()
    assert len(hand.graph.groups) == 2
    copy = hand.graph.groups[-1].id
    hand.drag(hand.out("pool"), hand.into(copy))
    inside = groups.members(hand.graph, copy)
    assert ("pool", inside[0]) in hand.graph.edges
    hand.view.select(("group_1",))
    hand.key(KEY.Key_Delete)
    assert "dense" not in hand.graph.by_id and "dropout" not in hand.graph.by_id
    assert ("flatten", "out") in hand.graph.edges


def test_groups_can_be_saved_to_the_palette_and_dropped_again(hand, home, qtbot):
    from PySide6.QtCore import QMimeData, QPointF
    from PySide6.QtGui import QDragEnterEvent, QDropEvent
    from PySide6.QtWidgets import QApplication

    from netbuilder.core.project import fragments

    hand.view.select(("dense", "dropout"))
    hand.view.commands.group()
    with qtbot.waitSignal(hand.view.block_saved):
        hand.view.commands.save_block("group_1")
    block = fragments.list_blocks()[0]
    data = QMimeData()
    data.setData("application/x-netbuilder-block", str(block.path).encode())
    point = hand.spot(500, 200)
    args = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier(0))
    QApplication.sendEvent(hand.view.viewport(), QDragEnterEvent(point, *args))
    QApplication.sendEvent(hand.view.viewport(), QDropEvent(QPointF(point), *args))
    assert len(hand.graph.groups) == 2
    card = hand.view.picture.cards[hand.graph.groups[-1].id]
    assert abs(card.x + 130 - 500) < 2 and abs(card.y + 22 - 200) < 2


ALT = Qt.KeyboardModifier.AltModifier
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def grouped(hand):
    """The canvas with flatten, dense and dropout in an open group, and what it said."""
    store = hand.view.store
    store.apply("Group", lambda p: groups.group_nodes(p, ["flatten", "dense", "dropout"], "Head"))
    store.apply("Open", lambda p: groups.set_collapsed(p, "group_1", False))
    hand.view.resize(1200, 900)
    hand.view.scene_viewport.fit()
    hand.settle()
    hand.said = []
    hand.view.message.connect(hand.said.append)
    return hand


def drag(hand, card_id, dx, dy, modifiers=NONE):
    x, y = hand.middle(card_id)
    hand.view.select((card_id,))
    hand.press(x, y, modifiers=modifiers)
    for part in (0.2, 0.6, 1.0):
        hand.move(x + dx * part, y + dy * part, modifiers=modifiers)
    hand.release(x + dx, y + dy, modifiers=modifiers)


def test_a_card_dragged_clear_of_the_frame_leaves_the_group(grouped):
    before = grouped.view.store.project
    drag(grouped, "dense", 420, 0)
    assert grouped.graph.by_id["dense"].group is None
    assert groups.members(grouped.graph, "group_1") == ("flatten", "dropout")
    assert grouped.said == ["Dense is no longer in “Head”."]
    grouped.view.store.undo()
    assert grouped.view.store.project == before


def test_a_card_dragged_into_the_frame_joins_the_group(grouped):
    frame = grouped.view.picture.frames["group_1"]
    card = grouped.view.picture.cards["conv2d"]
    drag(grouped, "conv2d", 0, frame.y + frame.h / 2 - card.y - card.h / 2 + 30)
    # Dropped on a wire it also goes there in the order: beside it, it only joins.
    assert grouped.graph.by_id["conv2d"].group == "group_1"
    grouped.view.store.undo()
    assert grouped.graph.by_id["conv2d"].group is None


def test_a_card_dropped_beside_the_wires_joins_without_new_wires(grouped):
    edges = grouped.graph.edges
    frame = grouped.view.picture.frames["group_1"]
    card = grouped.view.picture.cards["conv2d"]
    aside = frame.x + frame.w - 8 - card.w / 2 - card.x  # its middle is just inside the frame
    drag(grouped, "conv2d", aside, frame.y + frame.h / 2 - card.y)
    assert grouped.graph.by_id["conv2d"].group == "group_1"
    assert grouped.graph.edges == edges
    assert grouped.said == ["Conv2D is now in “Head”."]


def test_a_small_move_and_a_move_with_alt_keep_the_group(grouped):
    drag(grouped, "dense", 60, 0)
    assert grouped.graph.by_id["dense"].group == "group_1"
    drag(grouped, "dense", 420, 0, modifiers=ALT)
    assert grouped.graph.by_id["dense"].group == "group_1"
    assert grouped.said == []


def test_the_last_card_takes_the_group_with_it(grouped):
    store = grouped.view.store
    store.apply("Small", lambda p: groups.put_into(p, {"flatten": None, "dropout": None}))
    drag(grouped, "dense", 420, 0)
    assert grouped.graph.groups == ()


def test_a_group_cannot_lie_in_itself(grouped):
    project = groups.group_nodes(grouped.view.store.project, ["group_1"], "Outer")
    with pytest.raises(EditError, match="itself"):
        groups.put_into(project, {"group_2": "group_1"})
