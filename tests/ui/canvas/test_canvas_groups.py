"""Groups of layers: closed, opened, renamed, wired as one, and kept in the palette."""

from PySide6.QtCore import Qt

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
    hand.view.slide.finish()
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
