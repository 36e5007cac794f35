"""Thousands of random gestures on the real canvas: nothing breaks, and all can be undone."""

import gc
import random
from collections.abc import Callable

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication, QMenu

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.project.layout import visible_graph
from netbuilder.ui.canvas.input.layer_search import LayerSearch, NameField
from netbuilder.ui.canvas.scene.cards import GOAL, Card
from netbuilder.ui.style import theme

GESTURES = 2000
MOST_NODES = 24
CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
NONE = Qt.KeyboardModifier.NoModifier
LAYER_NAMES = [
    "Input",
    "Dense",
    "Conv2D",
    "Flatten",
    "Dropout",
    "Add",
    "Concatenate",
    "LSTM",
    "Activation",
    "MultiHeadAttention",
]


def assert_legal(graph):
    """What holds of every graph that edits can make."""
    ids = [node.id for node in graph.nodes]
    assert len(set(ids)) == len(ids)
    assert not set(ids) & set(graph.group_by_id)
    assert not graph.dangling
    assert len(set(graph.edges)) == len(graph.edges)
    assert len(graph.order) == len(ids), "a circle"
    for node in graph.nodes:
        spec = LAYERS.get(node.layer)
        count = len(graph.sources[node.id])
        if spec is not None and spec.max_inputs is not None:
            assert count <= spec.max_inputs, f"{node.id} has {count} inputs"
        assert node.group is None or node.group in graph.group_by_id
        assert node.shared is None or node.shared in graph.by_id
    for group in graph.groups:
        assert group.parent is None or group.parent in graph.group_by_id


def assert_shows(picture, graph):
    """The picture has a card for everything that is to be seen, in its place, and no other."""
    seen = visible_graph(graph)
    cards = {one for one in picture.cards if not one.startswith(GOAL)}
    assert cards == set(seen.ids)
    wires = {key for key, wire in picture.wires.items() if wire.edges}
    assert wires == set(seen.edges)
    assert picture.graph is graph
    for node in graph.nodes:
        card = picture.cards.get(node.id)
        if card is not None:
            assert card.source is node
            assert card.title == node.layer
            if node.position is not None:
                assert (card.x, card.y) == tuple(node.position)
    for key, wire in picture.wires.items():
        start = picture.out_port(picture.cards[key[0]])
        end = picture.in_port(picture.cards[key[1]], wire.slot)
        assert (wire.route.x1, wire.route.y1) == start
        assert (wire.route.x2, wire.route.y2) == end
    goals = [one for one in picture.cards if one.startswith(GOAL)]
    ends = {wire.source for wire in picture.wires.values() if not wire.edges}
    assert len(goals) == len(picture.wires) - len(wires) >= bool(graph.outputs)
    assert ends <= {seen.stand_in[one] for one in (*graph.outputs, *graph.inputs)}


class Monkey:
    """Does one random thing after the other."""

    def __init__(self, hand, seed):
        self.hand, self.view = hand, hand.view
        self.random = random.Random(seed)
        self.did: list[str] = []

    def somewhere(self):
        """A place: on a card, a port, a wire, or anywhere in view."""
        choice = self.random.random()
        picture = self.view.picture
        if picture.cards and choice < 0.35:
            card = self.random.choice(list(picture.cards.values()))
            return (card.x + self.random.uniform(2, 258), card.y + self.random.uniform(2, 42))
        if picture.cards and choice < 0.5:
            card = self.random.choice(list(picture.cards.values()))
            return picture.out_port(card)
        if picture.cards and choice < 0.62:
            card = self.random.choice(list(picture.cards.values()))
            return picture.in_port(card, self.random.randrange(max(1, card.ports_in)))
        if picture.wires and choice < 0.8:
            return self.random.choice(list(picture.wires.values())).route.middle()
        left, top, right, bottom = self.view.scene_viewport.seen_box()
        return (self.random.uniform(left, right), self.random.uniform(top, bottom))

    def drop(self):
        if len(self.hand.graph.nodes) < MOST_NODES:
            self.hand.drop(self.random.choice(LAYER_NAMES), *self.somewhere())

    def held_and_left(self):
        self.hand.hover_drop(self.random.choice(LAYER_NAMES), *self.somewhere())
        self.hand.leave()

    def drag(self):
        modifiers = self.random.choice([NONE, NONE, NONE, SHIFT, CONTROL])
        steps = self.random.randint(1, 4)
        self.hand.drag(self.somewhere(), self.somewhere(), modifiers=modifiers, steps=steps)
        self.answer_search()

    def cancelled_drag(self):
        start, end = self.somewhere(), self.somewhere()
        before = self.view.store.project
        self.hand.press(*start)
        self.hand.move(*end)
        pressed = self.view.store.project is before  # a press on a fix's button edits
        self.hand.key(Qt.Key.Key_Escape)
        self.hand.release(*end)
        assert not pressed or self.view.store.project is before

    def click(self):
        modifiers = self.random.choice([NONE, NONE, CONTROL, SHIFT])
        self.hand.click(*self.somewhere(), modifiers=modifiers)

    def answer_search(self):
        search = self.hand.search()
        if search is None:
            return
        if self.random.random() < 0.5 and len(self.hand.graph.nodes) < MOST_NODES:
            search.field.setText(self.random.choice(["den", "conv", "add", "input", "", "zzz"]))
            self.hand.key(Qt.Key.Key_Return)
        if self.hand.search() is not None:
            self.hand.key(Qt.Key.Key_Escape)

    def search(self):
        self.hand.key(Qt.Key.Key_Tab)
        self.answer_search()

    def keys(self):
        key = self.random.choice(
            [
                Qt.Key.Key_Up,
                Qt.Key.Key_Down,
                Qt.Key.Key_Left,
                Qt.Key.Key_Right,
                Qt.Key.Key_Home,
                Qt.Key.Key_End,
                Qt.Key.Key_F,
                Qt.Key.Key_Escape,
                Qt.Key.Key_Return,
            ]
        )
        self.hand.key(key, self.random.choice([NONE, NONE, SHIFT, CONTROL]))

    def wire_by_keys(self):
        self.hand.key(Qt.Key.Key_W)
        for _ in range(self.random.randint(0, 3)):
            self.hand.key(self.random.choice([Qt.Key.Key_Down, Qt.Key.Key_Up]))
        self.hand.key(self.random.choice([Qt.Key.Key_Return, Qt.Key.Key_Escape]))

    def delete(self):
        if self.view.selection() or self.random.random() < 0.3:
            self.hand.key(Qt.Key.Key_Delete)

    def undo_redo(self):
        for _ in range(self.random.randint(1, 4)):
            self.random.choice([self.view.store.undo, self.view.store.redo])()

    def clipboard(self):
        self.view.commands.copy()
        if len(self.hand.graph.nodes) + len(self.view.selection()) < MOST_NODES:
            self.random.choice([self.view.commands.paste, self.view.commands.duplicate])()
        elif self.random.random() < 0.3:
            self.view.commands.cut()

    def groups(self):
        graph = self.hand.graph
        call: Callable[[], object] = self.view.commands.group
        if graph.groups:
            group = self.random.choice(graph.groups).id
            call = self.random.choice(
                [
                    self.view.commands.group,
                    lambda: (self.view.select((group,)), self.view.commands.ungroup()),
                    lambda: self.view.commands.open_group(group),
                    lambda: self.view.commands.close_group(group),
                    lambda: self.view.commands.rename(group),
                ]
            )
        call()
        for field in self.view.findChildren(NameField):
            if field.isVisible():
                field.setText(self.random.choice(["Block", "", "Encoder ÄÖ"]))
                self.hand.key(self.random.choice([Qt.Key.Key_Return, Qt.Key.Key_Escape]))

    def places(self):
        self.random.choice(
            [
                self.view.commands.tidy,
                self.view.commands.align_row,
                self.view.commands.align_column,
                lambda: self.view.commands.set_horizontal(not self.view.horizontal),
                self.view.scene_viewport.fit,
                self.view.commands.zoom_in,
                self.view.commands.zoom_out,
                self.view.commands.zoom_reset,
                lambda: theme.theme().force(self.random.random() < 0.5),
                self.view.commands.select_all,
            ]
        )()

    def double_click(self):
        from PySide6.QtTest import QTest

        QTest.mouseDClick(
            self.view.viewport(), Qt.MouseButton.LeftButton, pos=self.hand.spot(*self.somewhere())
        )
        self.answer_search()
        for field in self.view.findChildren(NameField):
            if field.isVisible():
                self.hand.key(Qt.Key.Key_Escape)

    def menu(self):
        from PySide6.QtGui import QContextMenuEvent

        point = self.hand.spot(*self.somewhere())
        where = self.view.viewport().mapToGlobal(point)
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, point, where)
        QApplication.sendEvent(self.view.viewport(), event)
        own = Qt.FindChildOption.FindDirectChildrenOnly  # not those of a table that it opened
        for menu in self.view.findChildren(QMenu, options=own):
            actions = [a for a in menu.actions() if not a.isSeparator() and a.isEnabled()]
            safe = [a for a in actions if "palette" not in a.text()]
            menu.close()
            full = len(self.hand.graph.nodes) >= MOST_NODES
            if safe and self.random.random() < 0.5 and not full:
                self.random.choice(safe).trigger()
        if self.view.gesture is not None:  # a wire by keyboard, begun from the menu
            self.hand.key(Qt.Key.Key_Escape)
        self.answer_search()
        for field in self.view.findChildren(NameField):
            if field.isVisible():
                self.hand.key(Qt.Key.Key_Escape)

    def append(self):
        if len(self.hand.graph.nodes) < MOST_NODES:
            self.view.append_layer(self.random.choice(LAYER_NAMES))

    def step(self):
        full = len(self.hand.graph.nodes) >= MOST_NODES
        name = self.random.choices(
            [
                "drop",
                "held_and_left",
                "drag",
                "cancelled_drag",
                "click",
                "search",
                "keys",
                "wire_by_keys",
                "delete",
                "undo_redo",
                "clipboard",
                "groups",
                "places",
                "double_click",
                "menu",
                "append",
            ],
            [8, 2, 22, 5, 14, 3, 8, 4, 30 if full else 6, 8, 5, 6, 6, 2, 2, 3],
        )[0]
        self.did.append(name)
        getattr(self, name)()


@pytest.mark.slow
@pytest.mark.qt_log_ignore("This plugin does not support")  # offscreen has no raise()
@pytest.mark.parametrize("seed", [1])
def test_thousands_of_random_gestures(hand, seed, qtbot):
    view = hand.view
    view.resize(480, 420)  # less to paint each time
    first = view.store.project
    hand.hurried = True
    monkey = Monkey(hand, seed)
    for number in range(GESTURES):
        monkey.step()
        graph = view.store.project.graph
        try:
            assert_legal(graph)
            assert view.gesture is None
            assert not view.at or view.layout_animation.running
            picture = view.picture
            assert set(view.selection()) <= set(picture.cards) | set(picture.frames)
            if not view.at:
                assert_shows(picture, graph)
        except AssertionError as error:
            raise AssertionError(f"after gesture {number}, {monkey.did[-5:]}") from error
        if number % 8 == 0:
            QApplication.processEvents()
    edits = len(view.store.undo_labels)
    while view.store.undo_label is not None:
        view.store.undo()
    assert view.store.project == first
    view.layout_animation.finish()
    assert_shows(view.picture, first.graph)
    while view.store.redo_label is not None:
        view.store.redo()
    assert edits > GESTURES / 10  # the monkey was no idler
    theme.theme().force(None)
    view.adding.close_search()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    qtbot.wait(1)
    left = [w for kind in (LayerSearch, NameField, QMenu) for w in view.findChildren(kind)]
    assert not left, "a widget leaked"
    picture = view.picture
    gc.collect()
    cards = sum(isinstance(one, Card) for one in gc.get_objects())
    # The picture, the one it was drawn from, and the bubbles' cards: no older ones.
    assert cards <= 2 * len(picture.cards) + 1, "cards of old pictures leaked"
