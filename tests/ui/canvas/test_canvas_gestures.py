"""Every gesture of the pointer, with real mouse events on the real view."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.graph_ends import connection_problem
from netbuilder.core.project.model import Graph, Node, Project

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def test_a_layer_dropped_on_a_wire_is_inserted_there(hand):
    hand.drop("BatchNormalization", *hand.on_wire("conv2d", "pool"))
    assert ("conv2d", "batch_normalization") in hand.graph.edges
    assert ("batch_normalization", "pool") in hand.graph.edges
    assert hand.view.selection() == ("batch_normalization",)
    cards = hand.view.picture.cards
    assert cards["batch_normalization"].y == cards["conv2d"].y + 80  # the chain made room
    assert cards["pool"].y == cards["conv2d"].y + 160


def test_the_wire_is_lit_while_a_layer_is_held_over_it_and_leaving_changes_nothing(hand):
    before = hand.view.store.project
    hand.hover_drop("Dropout", *hand.on_wire("conv2d", "pool"))
    assert hand.view.state.lit_wire == ("conv2d", "pool")
    hand.leave()
    assert hand.view.state.lit_wire is None
    assert hand.view.store.project is before


@pytest.mark.parametrize("beyond", [90, 170])
def test_a_layer_dropped_past_the_end_is_connected(hand, beyond):
    x, y = hand.out("out")
    hand.drop("Dense", x + 20, y + beyond)
    assert hand.graph.edges[-1] == ("out", "dense_1")
    assert hand.view.picture.wires[("dense_1", "@goal")].edges == ()


def test_a_layer_dropped_in_the_open_stands_where_it_was_let_go(hand):
    hand.drop("Dense", 460.0, 300.0)
    node = hand.graph.by_id["dense_1"]
    assert not hand.graph.sources["dense_1"]
    assert abs(node.position[0] + 130 - 460) <= 4
    assert abs(node.position[1] + 22 - 300) <= 4


def test_an_input_is_never_inserted(hand):
    hand.drop("Input", *hand.on_wire("conv2d", "pool"))
    assert ("conv2d", "pool") in hand.graph.edges
    assert not hand.graph.sources["input_1"] and not hand.graph.targets["input_1"]


def test_a_layer_dropped_on_a_card_replaces_it_and_keeps_what_both_have(hand):
    x, y = hand.middle("conv2d")
    hand.drop("SeparableConv2D", x - 40, y)
    new = hand.view.selection()[0]
    assert hand.graph.by_id[new].layer == "SeparableConv2D"
    assert hand.graph.by_id[new].params["filters"] == 32
    assert hand.graph.sources["pool"] == (new,)


def test_the_first_layer_of_an_empty_canvas_lies_where_it_was_let_go(make):
    hand = make(Project())
    hand.drop("Input", 200.0, 150.0)
    card = hand.view.picture.cards["input"]
    point = hand.view.scene_viewport.mapFromScene(
        hand.view.scene_viewport.mapToScene(hand.spot(card.x, card.y))
    )
    assert abs(point.x() - (200 - 130)) <= 2
    assert abs(point.y() - (150 - 22)) <= 2


def test_something_else_that_is_dragged_over_is_not_taken(hand):
    from PySide6.QtCore import QMimeData
    from PySide6.QtGui import QDragEnterEvent

    data = QMimeData()
    data.setText("hello")
    event = QDragEnterEvent(
        hand.spot(10, 10), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, SHIFT
    )
    QApplication.sendEvent(hand.view.viewport(), event)
    assert not event.isAccepted()


def test_dragging_a_card_moves_it_and_is_one_undo(hand):
    before = hand.view.store.project
    start = hand.middle("dense")
    hand.drag(start, (start[0] + 304, start[1] + 40))
    card = hand.view.picture.cards["dense"]
    assert (card.x, card.y) == (304.0, 360.0)
    assert hand.graph.by_id["dense"].position == (304.0, 360.0)
    # What stood still stays where it is seen, whatever is done next.
    assert hand.graph.by_id["flatten"].position == (0.0, 240.0)
    assert hand.view.store.undo_label == "Move Dense"
    hand.view.store.undo()
    assert hand.view.store.project is before


def test_a_dragged_card_falls_into_the_column_of_what_it_is_wired_to(hand):
    start = hand.middle("dense")
    hand.drag(start, (start[0] + 303, start[1]))
    now = hand.middle("dense")
    hand.drag(now, (now[0] - 297, now[1] + 8))
    assert hand.view.picture.cards["dense"].x == 0.0


def test_escape_cancels_a_drag(hand):
    before = hand.view.store.project
    x, y = hand.middle("dense")
    hand.press(x, y)
    hand.move(x + 100, y)
    hand.move(x + 200, y)
    assert hand.view.picture.cards["dense"].x > 150
    hand.key(Qt.Key.Key_Escape)
    assert hand.view.picture.cards["dense"].x == 0
    hand.release(x + 200, y)
    assert hand.view.store.project is before
    assert hand.view.gesture is None


def test_a_card_dragged_onto_another_wire_changes_its_place_in_the_order(hand):
    hand.drag(hand.middle("dropout"), hand.on_wire("flatten", "dense"))
    assert hand.graph.edges == (
        ("input", "conv2d"),
        ("conv2d", "pool"),
        ("pool", "flatten"),
        ("flatten", "dropout"),
        ("dropout", "dense"),
        ("dense", "out"),
    )
    assert hand.view.picture.cards["dropout"].y == 320.0


def test_a_card_dragged_onto_the_goals_wire_becomes_the_last(hand):
    hand.drag(hand.middle("dropout"), hand.on_wire("out", "@goal"))
    assert hand.graph.outputs == ("dropout",)
    assert ("dense", "out") in hand.graph.edges


def test_a_wire_from_port_to_port(make):
    hand = make(
        Project(
            "x",
            Graph(
                (
                    Node("a", "Dense", {"units": 2}, (0.0, 0.0)),
                    Node("b", "Dense", {"units": 2}, (40.0, 120.0)),
                )
            ),
        )
    )
    hand.drag(hand.out("a"), hand.into("b"))
    assert hand.graph.edges == (("a", "b"),)
    hand.view.store.undo()
    hand.drag(hand.into("b"), hand.out("a"))  # the other way round is the same wire
    assert hand.graph.edges == (("a", "b"),)


def test_ports_show_what_they_accept_and_an_impossible_wire_says_why(hand):
    before = hand.view.store.project
    hand.press(*hand.out("dense"))
    x, y = hand.middle("conv2d")
    hand.move(x, y + 40)
    hand.move(x, y)
    ports = hand.view.state.ports
    assert ports["conv2d"] == "no" and ports["out"] == "yes"
    assert "cycle" in hand.view.tip.text
    hand.release(x, y)
    assert hand.view.store.project is before
    assert "cycle" in hand.view.tip.text
    assert not hand.view.state.ports


def test_a_wire_taken_off_its_port_is_removed_in_the_open(hand):
    x, y = hand.into("dropout")
    hand.drag((x, y), (x + 260, y + 10))
    assert ("dense", "dropout") not in hand.graph.edges
    assert hand.view.store.undo_label == _("Delete connection")


def test_a_wire_taken_off_its_port_can_be_led_elsewhere(hand):
    hand.drag(hand.into("dropout"), hand.middle("out"))
    assert ("dense", "out") in hand.graph.edges
    assert ("dense", "dropout") not in hand.graph.edges


def test_a_wire_dragged_into_the_open_offers_the_layers_that_fit(hand):
    x, y = hand.out("pool")
    hand.drag((x, y), (x + 280, y + 40))
    search = hand.search()
    assert search is not None
    hand.type("dropout")
    hand.key(Qt.Key.Key_Return)
    assert hand.search() is None
    new = hand.view.selection()[0]
    assert hand.graph.by_id[new].layer == "Dropout"
    assert hand.graph.sources[new] == ("pool",)
    assert hand.graph.by_id[new].position is not None


def test_escape_closes_the_search_and_changes_nothing(hand):
    before = hand.view.store.project
    hand.key(Qt.Key.Key_Tab)
    assert hand.search() is not None
    hand.key(Qt.Key.Key_Escape)
    assert hand.search() is None
    assert hand.view.hasFocus()
    assert hand.view.store.project is before


def test_tab_adds_after_the_selection(hand):
    hand.click(*hand.middle("flatten"))
    hand.key(Qt.Key.Key_Tab)
    hand.type("batchn")
    hand.key(Qt.Key.Key_Return)
    assert ("flatten", "batch_normalization") in hand.graph.edges
    assert ("batch_normalization", "dense") in hand.graph.edges
    assert hand.view.hasFocus()


def test_append_from_the_palette(hand):
    hand.view.append_layer("Activation")
    assert hand.graph.edges[-1] == ("out", "activation")
    assert hand.view.selection() == ("activation",)


def test_rubber_band_and_modifiers_select(hand):
    hand.drag((-40.0, 70.0), (60.0, 200.0))
    assert hand.view.selection() == ("conv2d", "pool")
    hand.click(*hand.middle("dense"), modifiers=CONTROL)
    assert hand.view.selection() == ("conv2d", "pool", "dense")
    hand.click(*hand.middle("pool"), modifiers=CONTROL)
    assert hand.view.selection() == ("conv2d", "dense")
    hand.click(*hand.middle("flatten"))
    assert hand.view.selection() == ("flatten",)
    hand.click(-60.0, 300.0)
    assert hand.view.selection() == ()


def test_several_selected_cards_move_together(hand):
    hand.drag((-40.0, 70.0), (60.0, 200.0))
    x, y = hand.middle("pool")
    hand.drag((x, y), (x + 320, y))
    cards = hand.view.picture.cards
    assert cards["conv2d"].x == cards["pool"].x == 320.0
    assert cards["conv2d"].y == 80.0
    assert hand.view.store.undo_label == "Move 2 layers"


def test_delete_heals_the_chain(hand):
    hand.click(*hand.middle("dropout"))
    hand.key(Qt.Key.Key_Delete)
    assert ("dense", "out") in hand.graph.edges
    assert "dropout" not in hand.view.picture.cards
    assert hand.view.selection() == ()
    hand.key(Qt.Key.Key_Delete)
    assert "dense" in hand.view.picture.cards, "a second press deletes nothing that nobody chose"
    hand.view.store.undo()
    assert "dropout" in hand.view.picture.cards
    hand.view.store.redo()
    assert "dropout" not in hand.view.picture.cards


def test_a_wire_can_be_selected_and_deleted(hand):
    hand.click(*hand.on_wire("conv2d", "pool"))
    assert hand.view.state.selected_wire == ("conv2d", "pool")
    assert hand.view.selection() == ()
    hand.key(Qt.Key.Key_Delete)
    assert ("conv2d", "pool") not in hand.graph.edges


def test_the_goal_is_selected_but_neither_moved_nor_deleted(hand):
    before = hand.view.store.project
    x, y = hand.middle("@goal")
    hand.drag((x, y), (x + 200, y))
    assert hand.view.selection() == ("@goal",)
    hand.key(Qt.Key.Key_Delete)
    assert hand.view.store.project is before


def test_middle_button_and_space_pan(hand):
    before = hand.view.camera
    hand.drag((400.0, 300.0), (300.0, 250.0), button=Qt.MouseButton.MiddleButton)
    assert hand.view.camera.x != before.x
    here = hand.view.camera
    QTest.keyPress(hand.view, Qt.Key.Key_Space)
    hand.drag((400.0, 300.0), (450.0, 300.0))
    QTest.keyRelease(hand.view, Qt.Key.Key_Space)
    assert hand.view.camera.x > here.x
    assert hand.view.selection() == ()


def test_the_wheel_zooms_to_the_pointer_with_control_and_scrolls_without(hand, qtbot):
    from PySide6.QtCore import QPoint, QPointF
    from PySide6.QtGui import QWheelEvent

    spot = QPointF(300, 200)
    under = hand.view.scene_viewport.mapToScene(spot.toPoint())

    def turn(modifiers):
        event = QWheelEvent(
            spot,
            spot,
            QPoint(),
            QPoint(0, 120),
            Qt.MouseButton.NoButton,
            modifiers,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(hand.view.viewport(), event)

    with qtbot.waitSignal(hand.view.zoom_changed) as told:
        turn(CONTROL)
    assert told.args[0] == pytest.approx(1.2)
    now = hand.view.scene_viewport.mapToScene(spot.toPoint())
    assert abs(now.x() - under.x()) < 0.01 and abs(now.y() - under.y()) < 0.01
    y = hand.view.camera.y
    turn(Qt.KeyboardModifier.NoModifier)
    assert hand.view.camera.y == y + 120


def test_double_click_asks_for_the_form(hand, qtbot):
    with qtbot.waitSignal(hand.view.edit_requested) as told:
        QTest.mouseDClick(
            hand.view.viewport(), Qt.MouseButton.LeftButton, pos=hand.spot(*hand.middle("dense"))
        )
    assert told.args == ["dense", False]


def test_a_press_of_another_button_cancels(hand):
    before = hand.view.store.project
    x, y = hand.middle("dense")
    hand.press(x, y)
    hand.move(x + 200, y)
    hand.press(x + 200, y, button=Qt.MouseButton.RightButton)
    assert hand.view.gesture is None
    hand.release(x + 200, y, button=Qt.MouseButton.RightButton)
    hand.release(x + 200, y)
    assert hand.view.store.project is before


def test_a_layer_dropped_on_the_goal_comes_before_it(hand):
    x, y = hand.middle("@goal")
    hand.drop("Dense", x + 50, y)
    assert hand.graph.edges[-1] == ("out", "dense_1")
    hand.view.store.undo()
    hand.drop("Dense", x + 130, y + 20)  # not on it, but the card would lie over it
    assert hand.graph.edges[-1] == ("out", "dense_1")


def test_a_layer_dropped_on_a_cards_side_is_inserted_there_and_lies_on_nothing(hand):
    card = hand.view.picture.cards["pool"]
    hand.drop("Dropout", card.x + 40, card.y + 4)
    assert ("conv2d", "dropout_1") in hand.graph.edges
    card = hand.view.picture.cards["pool"]
    hand.drop("Dropout", card.x + 40, card.y + 40)
    assert ("pool", "dropout_2") in hand.graph.edges
    card = hand.view.picture.cards["input"]
    hand.drop("Dropout", card.x + 40, card.y + 2)  # nothing comes before an Input
    assert ("input", "dropout_3") in hand.graph.edges
    boxes = {(c.x, c.y) for c in hand.view.picture.cards.values()}
    assert len(boxes) == len(hand.view.picture.cards) == 11


def test_an_input_dropped_on_a_card_that_nothing_feeds_feeds_it(make):
    hand = make(Project("x", Graph((Node("a", "Dense", {"units": 3}),))))
    hand.drop("Input", *hand.middle("a"))
    assert hand.graph.edges == (("input", "a"),)
    cards = hand.view.picture.cards
    assert cards["input"].y == cards["a"].y - 80


def test_a_single_loose_end_is_connected_from_further_away(hand):
    hand.drop("Dense", 340.0, 640.0)
    assert hand.graph.edges[-1] == ("out", "dense_1")


def test_with_alt_a_layer_stands_free_wherever_it_is_dropped(hand):
    from PySide6.QtCore import QMimeData, QPointF
    from PySide6.QtGui import QDragEnterEvent, QDropEvent

    data = QMimeData()
    data.setData("application/x-netbuilder-layer", b"Dense")
    alt = Qt.KeyboardModifier.AltModifier
    point = hand.spot(*hand.on_wire("conv2d", "pool"))
    args = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, alt)
    QApplication.sendEvent(hand.view.viewport(), QDragEnterEvent(point, *args))
    QApplication.sendEvent(hand.view.viewport(), QDropEvent(QPointF(point), *args))
    assert not hand.graph.sources["dense_1"]
    card = hand.view.picture.cards["dense_1"]
    over = hand.view.picture.grid.cards_in((card.x, card.y, card.x + card.w, card.y + card.h))
    assert over == [card]


def test_a_card_grabbed_by_its_name_is_moved_onto_the_wire_that_its_body_lies_on(hand):
    card = hand.view.picture.cards["dropout"]
    grabbed = (card.x + 20, card.y + 22)
    target = hand.on_wire("input", "conv2d")
    hand.press(*grabbed)
    hand.move(grabbed[0], grabbed[1] - 40)
    hand.move(grabbed[0] + 15, target[1])
    assert hand.view.state.lit_wire == ("input", "conv2d")
    hand.release(grabbed[0] + 15, target[1])
    assert hand.graph.edges[0] == ("input", "dropout")


def test_a_card_never_comes_to_rest_on_another(hand):
    hand.drop("Input", 480.0, 200.0)
    x, y = hand.middle("input_1")
    there = hand.view.picture.cards["dense"]
    hand.drag((x, y), (there.x + 80, there.y + 26))
    card = hand.view.picture.cards["input_1"]
    over = hand.view.picture.grid.cards_in((card.x, card.y, card.x + card.w, card.y + card.h))
    assert over == [card]


@pytest.mark.parametrize("port", ["out", "middle"])
def test_a_wire_to_an_input_says_why_not(hand, port):
    before = hand.view.store.project
    hand.drag(hand.out("dense"), getattr(hand, port)("input"))
    assert hand.view.store.project is before
    problem = connection_problem(before.graph, "dense", "input")
    assert problem is not None and problem in hand.view.tip.text


def test_a_wire_to_the_goal_says_that_it_needs_none(hand):
    hand.drag(hand.out("dense"), hand.middle("@goal"))
    assert hand.view.tip.text and hand.view.store.undo_label is None


def test_a_drag_near_the_edge_scrolls_until_it_ends(hand, qtbot):
    x, y = hand.middle("dense")
    before = hand.view.camera
    hand.press(x, y)
    hand.move(x, y + 40)
    bottom = hand.view.scene_viewport.seen_box()[3]
    hand.move(x, bottom - 4)
    qtbot.waitUntil(lambda: hand.view.camera.y < before.y - 60, timeout=30_000)
    assert hand.view.picture.cards["dense"].y > bottom - 40  # it goes along with the pointer
    hand.key(Qt.Key.Key_Escape)
    here = hand.view.camera
    qtbot.wait(80)
    assert hand.view.camera == here
    hand.release(x, y)


def test_a_layer_dropped_beside_the_network_stands_there_unconnected(hand):
    before = hand.graph.edges
    hand.drop("Dense", 130.0 + 290.0, 620.0)  # clear of the column that ends there
    assert hand.graph.edges == before
    assert not hand.graph.sources["dense_1"]
