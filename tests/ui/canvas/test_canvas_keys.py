"""Everything that the pointer can do, by keyboard; and the commands behind menus and buttons."""

import json
from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import edits
from netbuilder.core.project.model import Graph, Node, Project
from netbuilder.ui.canvas.input import keyboard
from netbuilder.ui.canvas.input.wire_gestures import WireKeyGesture
from netbuilder.ui.canvas.scene.hit_testing import NOTHING
from netbuilder.ui.services.settings import FontScale
from netbuilder.ui.style import theme

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
KEY = Qt.Key


def test_arrows_follow_the_wires(hand):
    hand.key(KEY.Key_Home)
    assert hand.view.selection() == ("input",)
    hand.key(KEY.Key_Down)
    hand.key(KEY.Key_Down)
    assert hand.view.selection() == ("pool",)
    hand.key(KEY.Key_Up)
    assert hand.view.selection() == ("conv2d",)
    hand.key(KEY.Key_Down, SHIFT)
    assert hand.view.selection() == ("conv2d", "pool")
    hand.key(KEY.Key_End)
    assert hand.view.selection() == ("@goal",)


def test_left_and_right_go_to_the_neighbour_beside(make):
    hand = make(
        Project(
            "x",
            Graph(
                (Node("in", "Input", {"shape": [2]}), *(Node(n, "Dense") for n in "abc")),
                (("in", "a"), ("in", "b"), ("in", "c")),
            ),
        )
    )
    order = sorted("abc", key=lambda one: hand.view.picture.cards[one].x)
    hand.view.select((order[0],))
    hand.key(KEY.Key_Right)
    assert hand.view.selection() == (order[1],)
    hand.key(KEY.Key_Right)
    hand.key(KEY.Key_Left)
    assert hand.view.selection() == (order[1],)


def test_enter_asks_for_the_form(hand, qtbot):
    hand.view.select(("dense",))
    with qtbot.waitSignal(hand.view.edit_requested) as told:
        hand.key(KEY.Key_Return)
    assert told.args == ["dense", False]
    with qtbot.waitSignal(hand.view.edit_requested) as told:
        hand.key(KEY.Key_F2)
    assert told.args == ["dense", True], "to be renamed"


def test_a_adds_after_the_selection(hand):
    hand.view.select(("conv2d",))
    hand.key(KEY.Key_A)
    hand.type("drop")
    hand.key(KEY.Key_Return)
    assert ("conv2d", "dropout_1") in hand.graph.edges


def test_a_wire_by_keyboard(make):
    hand = make(
        Project(
            "x",
            Graph(
                (
                    Node("in", "Input", {"shape": [2]}),
                    Node("a", "Dense", {"units": 2}),
                    Node("b", "Dense", {"units": 2}, (400.0, 0.0)),
                ),
                (("in", "a"),),
            ),
        )
    )
    hand.view.select(("a",))
    hand.key(KEY.Key_W)
    assert hand.view.tip.text and isinstance(hand.view.gesture, WireKeyGesture)
    hand.key(KEY.Key_Return)
    assert hand.graph.edges == (("in", "a"), ("a", "b"))
    hand.key(KEY.Key_W)
    hand.key(KEY.Key_Escape)
    assert hand.view.gesture is None
    assert len(hand.graph.edges) == 2


def test_a_wire_by_keyboard_says_when_there_is_nowhere_to_go(make):
    hand = make(Project("x", Graph((Node("in", "Input", {"shape": [2]}),))))
    told: list[str] = []
    hand.view.message.connect(told.append)
    hand.view.select(("in",))
    hand.key(KEY.Key_W)
    assert told and "Add a layer first" in told[0]


def test_control_and_arrows_nudge_as_one_step(hand):
    hand.view.select(("dense",))
    for _time in range(3):
        hand.key(KEY.Key_Right, CONTROL)
    card = hand.view.picture.cards["dense"]
    assert (card.x, card.y) == (24.0, 320.0)
    assert hand.view.store.undo_labels == ("Move Dense",)
    hand.view.store.undo()
    assert hand.graph.by_id["dense"].position is None


def test_copy_and_paste_as_text_between_two_windows(hand, make, digits):
    hand.view.select(("dense", "dropout"))
    hand.key(KEY.Key_C, CONTROL)
    text = QGuiApplication.clipboard().text()
    assert json.loads(text)["format"] == "netbuilder-project"
    other = make(Project())
    QTest.keyClick(other.view, KEY.Key_V, CONTROL)  # its window is not the active one
    assert [node.layer for node in other.graph.nodes] == ["Dense", "Dropout"]
    assert other.graph.edges == (("dense", "dropout"),)
    assert set(other.view.selection()) == {"dense", "dropout"}
    cards = other.view.picture.cards
    assert cards["dropout"].y - cards["dense"].y == 80.0


def test_pasted_layers_lie_on_nothing(hand):
    hand.view.select(("dense", "dropout"))
    hand.view.commands.copy()
    hand.view.commands.paste()
    hand.view.commands.paste()
    boxes = [(c.x, c.y) for c in hand.view.picture.cards.values()]
    assert len(set(boxes)) == len(boxes) == 12
    ids = {node.id for node in hand.graph.nodes}
    assert {"dense_1", "dense_2", "dropout_1", "dropout_2"} <= ids


def test_what_the_clipboard_cannot_give_is_told(hand):
    QGuiApplication.clipboard().setText("hello")
    told: list[str] = []
    hand.view.message.connect(told.append)
    before = hand.view.store.project
    hand.key(KEY.Key_V, CONTROL)
    assert "no layers" in told[0]
    assert hand.view.store.project is before


def test_cut_and_duplicate(hand):
    hand.view.select(("dropout",))
    hand.key(KEY.Key_X, CONTROL)
    assert ("dense", "out") in hand.graph.edges
    hand.view.select(("dense",))
    hand.key(KEY.Key_D, CONTROL)
    copy = hand.graph.by_id["dense_1"]
    assert copy.params == hand.graph.by_id["dense"].params
    assert not hand.graph.sources["dense_1"]
    assert hand.view.selection() == ("dense_1",)


def test_align_and_tidy(hand):
    hand.view.select(("dense", "dropout"))
    hand.view.commands.nudge(320, 0)
    hand.view.select(("conv2d", "dense", "dropout"))
    hand.view.commands.align_column()
    cards = hand.view.picture.cards
    assert cards["dense"].x == cards["dropout"].x == cards["conv2d"].x
    hand.view.commands.align_row()
    assert hand.view.picture.cards["dense"].y == hand.view.picture.cards["conv2d"].y
    hand.view.commands.tidy()
    hand.view.layout_animation.finish()
    assert all(node.position is None for node in hand.graph.nodes)
    assert hand.view.picture.cards["dense"].y == 320.0


def test_tidy_glides_and_an_edit_meanwhile_ends_the_glide(hand, qtbot):
    hand.view.select(("dense",))
    hand.view.commands.nudge(400, 0)
    hand.view.commands.tidy()
    assert hand.view.layout_animation.running
    qtbot.waitUntil(lambda: not hand.view.layout_animation.running, timeout=30_000)
    assert hand.view.picture.cards["dense"].x == 0.0
    hand.view.commands.nudge(400, 0)
    hand.view.commands.tidy()
    assert hand.view.picture.cards["dense"].x == 400.0  # where it starts from
    hand.view.append_layer("Dense")
    assert not hand.view.layout_animation.running
    assert hand.view.picture.cards["dense"].x == 0.0


def test_left_to_right_is_one_undo_and_kept_in_the_project(hand):
    before = hand.view.store.project
    hand.view.commands.set_horizontal(True)
    hand.view.layout_animation.finish()
    cards = hand.view.picture.cards
    assert hand.view.horizontal
    assert [cards[n.id].y for n in hand.graph.nodes] == [0.0] * 7
    assert cards["conv2d"].x == 388.0
    hand.key(KEY.Key_Home)
    hand.key(KEY.Key_Right)
    assert hand.view.selection() == ("conv2d",)
    hand.view.store.undo()
    assert hand.view.store.project is before
    assert not hand.view.horizontal


def test_zoom_commands(hand, qtbot):
    told: list[float] = []
    hand.view.zoom_changed.connect(told.append)
    hand.view.commands.zoom_in()
    hand.view.commands.zoom_out()
    hand.view.commands.zoom_reset()
    hand.view.commands.select_all()
    hand.view.scene_viewport.zoom_to(0.2)
    hand.view.scene_viewport.fit()
    assert told[0] == pytest.approx(1.2)
    left, top, right, bottom = hand.view.scene_viewport.seen_box()
    a, b, c, d = hand.view.picture.bounds
    assert left <= a and top <= b and right >= c and bottom >= d


def test_a_second_fit_shows_all_of_a_folded_chain(make):
    names = [f"n{number}" for number in range(60)]
    nodes = (Node("input", "Input"), *(Node(name, "Dense", {"units": 4}) for name in names))
    hand = make(Project(graph=Graph(nodes, tuple(pairwise(("input", *names))))))
    view, sight = hand.view, hand.view.scene_viewport
    assert len({card.x for card in view.picture.cards.values()}) == 3, "columns"
    sight.fit_or_show_all()
    sight.fit()
    readable = sight.camera.scale
    sight.fit_or_show_all()
    assert sight.camera.scale < readable
    seen, outline = sight.seen_box(), view.picture.outline
    assert seen[0] <= outline[0] and seen[2] >= outline[2]
    assert seen[1] <= outline[1] and seen[3] >= outline[3]
    sight.fit_or_show_all()
    assert sight.camera.scale == readable


def test_the_minimap_comes_when_something_is_out_of_view_and_moves_the_view(hand):
    assert not hand.view.minimap.shown()
    hand.view.scene_viewport.zoom_to(3.0)
    assert hand.view.minimap.shown()
    before = hand.view.camera
    size = hand.view.viewport().size()
    x, y = hand.view.camera.to_world(size.width() - 30, size.height() - 30)
    hand.click(x, y)
    assert hand.view.camera != before
    assert hand.view.selection() == ()


def test_the_minimap_shows_the_network_as_it_is(hand):
    hand.view.scene_viewport.zoom_to(3.0)

    def drawn():
        area, _ = hand.view.minimap.fitted()
        image = hand.view.grab().toImage()
        return image.copy(area.toRect())

    before = drawn()
    for _time in range(4):  # pictures come and go, and their addresses with them
        hand.view.store.apply("x", lambda p: edits.move_nodes(p, {"dense": (900.0, 0.0)}))
        assert drawn() != before
        hand.view.store.undo()
        assert drawn() == before


def test_the_menu_offers_what_fits_the_place(hand):
    def titles():
        menu = keyboard.build_menu(hand.view, hand.view.input_handlers, (0, 0), (0, 0), NOTHING)
        found = [action.text() for action in menu.actions() if action.text()]
        menu.deleteLater()
        return found

    assert _("Tidy up") in titles()
    hand.view.select(("dense",))
    assert {_("Edit"), _("Add a layer after…"), _("Replace with…"), _("Delete")} <= set(titles())
    hand.view.select(("dense", "dropout"))
    assert _("Align in a column") in titles()
    hand.view.commands.group()
    assert {_("Open group"), _("Ungroup"), _("Save to palette")} <= set(titles())
    hand.view.store.undo()
    hand.view.select_wire(("conv2d", "pool"))
    assert titles() == [_("Insert a layer…"), _("Delete connection")]


def test_the_order_of_inputs_can_be_changed(make):
    nodes = (Node("a", "Input", {"shape": [2]}), Node("b", "Input", {"shape": [2]}))
    graph = Graph((*nodes, Node("join", "Concatenate")), (("a", "join"), ("b", "join")))
    hand = make(Project("x", graph))
    hand.view.commands.reorder_input("join", "b", -1)
    assert hand.graph.sources["join"] == ("b", "a")


def test_the_selection_is_told_in_words(hand):
    hand.view.select(("conv2d",))
    told = hand.view.accessibleDescription()
    assert "Conv2D" in told and "32 · 3×3 · relu" in told
    hand.view.select_wire(("conv2d", "pool"))
    told = hand.view.accessibleDescription()
    assert "Conv2D" in told and "MaxPooling2D" in told
    hand.view.select(("conv2d", "pool"))
    assert "2" in hand.view.accessibleDescription()
    assert hand.view.accessibleName()


def test_a_picture_of_what_a_node_sees_stands_beside_it(hand):
    image = QImage(40, 40, QImage.Format.Format_RGB32)
    image.fill(0xFF00FF)
    hand.view.set_preview("conv2d", image)
    card = hand.view.picture.cards["conv2d"]
    x, y = hand.view.camera.to_screen(card.x + card.w + 30, card.y + card.h / 2)
    assert hand.view.grab().toImage().pixelColor(int(x), int(y)).name() == "#ff00ff"
    hand.view.set_preview("conv2d", None)
    assert hand.view.grab().toImage().pixelColor(int(x), int(y)).name() != "#ff00ff"


@pytest.mark.parametrize("dark", [False, True])
def test_both_themes_paint_cards_in_their_colours(hand, dark):
    theme.theme().force(dark)
    image = hand.view.grab().toImage()
    card = hand.view.picture.cards["conv2d"]
    x, y = hand.view.camera.to_screen(card.x + 3, card.y + card.h / 2)
    assert image.pixelColor(int(x), int(y)).name().upper() == "#E69F00"
    x, y = hand.view.camera.to_screen(card.x + card.w - 30, card.y + 6)
    raised = theme.colors().raised
    assert image.pixelColor(int(x), int(y)).name().upper() == raised.upper()


def test_alt_and_arrows_move_a_layer_in_the_order(hand):
    alt = Qt.KeyboardModifier.AltModifier
    hand.view.select(("dropout",))
    hand.key(KEY.Key_Up, alt)
    assert hand.graph.sources["dense"] == ("dropout",)
    hand.key(KEY.Key_Down, alt)
    hand.key(KEY.Key_Down, alt)
    assert hand.graph.outputs == ("dropout",)
    told: list[str] = []
    hand.view.message.connect(told.append)
    hand.key(KEY.Key_Down, alt)
    assert _("The layer cannot move further towards the output.") == told[0]
    for _time in range(3):
        hand.view.store.undo()
    assert hand.view.store.undo_label is None


def test_wires_by_keyboard_are_selected_filled_and_deleted(hand):
    hand.view.select(("pool",))
    hand.key(KEY.Key_E)
    assert hand.view.state.selected_wire == ("conv2d", "pool")
    hand.key(KEY.Key_E)
    assert hand.view.state.selected_wire == ("pool", "flatten")
    hand.key(KEY.Key_Return)
    hand.type("dropout")
    hand.key(KEY.Key_Return)
    assert ("pool", "dropout_1") in hand.graph.edges
    hand.key(KEY.Key_E)
    hand.key(KEY.Key_Delete)
    assert ("pool", "dropout_1") not in hand.graph.edges


def test_a_layer_is_replaced_by_keyboard(hand):
    hand.view.select(("dropout",))
    hand.key(KEY.Key_R)
    hand.type("gaussiannoise")
    hand.key(KEY.Key_Return)
    assert hand.graph.by_id[hand.view.selection()[0]].layer == "GaussianNoise"


def test_layers_share_their_weights_and_part_again(make):
    nodes = (
        Node("in", "Input", {"shape": [2]}),
        Node("a", "Dense", {"units": 3}),
        Node("b", "Dense", {"units": 5}),
    )
    hand = make(Project("x", Graph(nodes, (("in", "a"), ("in", "b")))))
    hand.view.select(("a", "b"))
    assert hand.view.commands.can_share()
    hand.view.commands.share()
    assert hand.graph.by_id["b"].shared == "a"
    assert hand.view.picture.cards["b"].detail == _("shares weights with “{name}”", name="a")
    hand.view.commands.unshare()
    assert hand.graph.by_id["b"].shared is None
    assert hand.graph.by_id["b"].params["units"] == 3
    hand.view.select(("in", "a"))
    assert not hand.view.commands.can_share()


def test_a_layer_moved_onto_a_wire_joins_the_group_there(hand):
    hand.view.select(("conv2d", "pool"))
    hand.view.commands.group()
    hand.view.commands.open_group("group_1")
    hand.view.layout_animation.finish()
    hand.drag(hand.middle("dropout"), hand.on_wire("conv2d", "pool"))
    assert hand.graph.by_id["dropout"].group == "group_1"
    hand.drag(hand.middle("dropout"), hand.on_wire("dense", "out"))
    assert hand.graph.by_id["dropout"].group is None


def test_a_pointer_that_rests_is_told_what_it_rests_on(hand):
    from netbuilder.ui.canvas.scene import card_text, hit_testing

    def told(x, y):
        return card_text.hover_text(hit_testing.hit_at(hand.view.picture, x, y))

    assert "filters" in told(*hand.middle("conv2d"))
    assert told(*hand.out("conv2d")) not in ("", told(*hand.into("conv2d")))
    assert "insert" in told(*hand.on_wire("conv2d", "pool"))
    assert "loss" in told(*hand.middle("@goal"))
    assert told(-300, -300) == ""


def test_opening_another_project_shows_it_from_its_beginning(hand, digits):
    hand.view.select(("dense",))
    hand.view.scene_viewport.zoom_to(3.0)
    hand.view.scene_viewport.centre_on(5000, 5000)
    hand.view.store.reset(digits)
    hand.view.viewport().repaint()
    assert hand.view.selection() == ()
    left, top, right, bottom = hand.view.scene_viewport.seen_box()
    card = hand.view.picture.cards["input"]
    assert left < card.x and card.x + card.w < right and top < card.y < bottom


def test_larger_letters_make_larger_cards(hand, qtbot):
    scaling = FontScale(hand.view)
    hand.view.resize(690, 900)  # a larger one shows larger cards from the beginning
    hand.view.scene_viewport.fit()
    hand.view.viewport().repaint()
    before = hand.view.camera.scale
    try:
        scaling.step(1)
        qtbot.waitUntil(
            lambda: hand.view.camera.scale == pytest.approx(before * scaling.factor), timeout=5000
        )
    finally:
        scaling.step(0)


@pytest.mark.parametrize("keys", [(KEY.Key_F10, SHIFT), None])
def test_the_menu_opens_at_the_layer_that_is_selected(hand, keys):
    hand.view.select(("dense",))
    if keys is not None:
        hand.key(*keys)
    else:  # the Menu key, wherever the pointer is
        away = hand.view.mapToGlobal(QPoint(3, 3))
        reason = QContextMenuEvent.Reason.Keyboard
        QApplication.sendEvent(hand.view.viewport(), QContextMenuEvent(reason, QPoint(3, 3), away))
    menu = QApplication.activePopupWidget()
    card = hand.view.scene_viewport.card_rect("dense")
    top = hand.view.viewport().mapFromGlobal(menu.pos())
    assert card.adjusted(-2, -2, 2, 2).contains(top)
    menu.close()


def test_a_wire_that_takes_the_place_of_another_says_so(make):
    nodes = (
        Node("in", "Input", {"shape": [2]}),
        Node("a", "Dense", {"units": 2}),
        Node("drop", "Dropout", {"rate": 0.1}),
    )
    hand = make(Project("x", Graph(nodes, (("in", "a"), ("a", "drop")))))
    told: list[str] = []
    hand.view.message.connect(told.append)
    hand.view.select(("in",))
    hand.key(KEY.Key_W)
    while hand.view.gesture.choices[hand.view.gesture.index] != "drop":
        hand.key(KEY.Key_Down)
    hand.key(KEY.Key_Return)
    assert ("in", "drop") in hand.graph.edges
    assert ("a", "drop") not in hand.graph.edges
    assert all(name in told[-1] for name in ("'a'", "'drop'"))
