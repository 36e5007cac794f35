"""Drops of layers, blocks and columns onto the canvas."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QPainter

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import edits, edits_canvas, files, fragments
from netbuilder.core.project.edits_data import set_input_columns, set_output_columns
from netbuilder.core.project.model import Graph, Point
from netbuilder.core.wording import format_quoted_list
from netbuilder.ui.canvas.host import CanvasHost, Gesture
from netbuilder.ui.canvas.input.canvas_commands import CanvasCommands
from netbuilder.ui.canvas.input.gestures import SNAP
from netbuilder.ui.canvas.input.layer_inserter import LayerInserter
from netbuilder.ui.canvas.input.wire_gestures import paint_loose_wire
from netbuilder.ui.canvas.paint.paint_scene import SLIM, paint_ghost
from netbuilder.ui.canvas.paint.problem_bubbles import paint_hint
from netbuilder.ui.canvas.scene import hit_testing
from netbuilder.ui.canvas.scene.camera import Camera
from netbuilder.ui.canvas.scene.cards import CARD_HEIGHT, CARD_WIDTH, GOAL, Card, Wire
from netbuilder.ui.canvas.scene.wire_path import WireRoute
from netbuilder.ui.services.data_recipes import DraggedColumns

LAYER_MIME = "application/x-netbuilder-layer"
_MIDDLE = 9.0  # a layer dropped this near to a card's middle line replaces the card
BLOCK_MIME = "application/x-netbuilder-block"


class DropGesture(Gesture):
    """Shows what a drop would do, and does it on release."""

    reaches = True

    @property
    def hides_words(self) -> bool:
        return True

    @staticmethod
    def of(
        view: CanvasHost, commands: CanvasCommands, adding: LayerInserter, data: QMimeData
    ) -> DropGesture | None:
        """Return the gesture for dragged data, or None if the canvas does not accept it."""
        if data.hasFormat(LAYER_MIME):
            layer = bytes(data.data(LAYER_MIME).data()).decode("utf-8", "replace")
            return DropLayer(view, adding, layer) if layer in LAYERS else None
        columns = DraggedColumns.of(data)
        if columns is not None:
            return DropColumns(view, columns)
        try:
            if data.hasFormat(BLOCK_MIME):
                path = bytes(data.data(BLOCK_MIME).data()).decode("utf-8", "replace")
                project = files.read(Path(path))
                return DropBlock(view, commands, project.graph, project.name)
            if data.hasText() and files.FORMAT in data.text():
                return DropBlock(
                    view, commands, fragments.read_fragment(data.text()), _("Copied layers")
                )
        except UserError as error:
            view.say(str(error))
        return None


class DropLayer(DropGesture):
    """Drops a layer: inserts it on a wire or a card's side, replaces a card by its middle, connects
    it to an end or the Target, or else, and always with Alt, adds it unconnected."""

    def __init__(self, view: CanvasHost, adding: LayerInserter, layer: str) -> None:
        self.view = view
        self._adding = adding
        self._layer = layer
        self._where: Point = (0.0, 0.0)
        self._reset()

    def _reset(self) -> None:
        self._wire: Wire | None = None  # to insert on
        self._card: Card | None = None  # to replace
        self._end: Card | None = None  # to connect from
        self._fed: Card | None = None  # to feed

    def move(self, where: Point, screen: Point, modifiers: Qt.KeyboardModifier) -> None:
        self._where = where
        self._reset()
        if not modifiers & Qt.KeyboardModifier.AltModifier:
            card = hit_testing.hit_at(self.view.picture, *where, self.view.camera.scale).card
            if LAYERS[self._layer].max_inputs == 0:
                self._aim_source(card)
            elif card is not None:
                self._aim_card(card)
            else:
                self._wire = hit_testing.wire_under(self.view.picture, *where)
                if self._wire is None:
                    self._end = hit_testing.card_near_end(self.view.picture, *where)
        wire, state = self._wire, self.view.state
        state.lit_wire = (wire.source, wire.target) if wire is not None else None
        lit = self._card or self._end or self._fed
        state.lit_cards = frozenset({lit.id} if lit is not None else ())

    def _aim_source(self, card: Card | None) -> None:
        """Target a card that an Input would replace or feed."""
        if card is None or card.kind not in ("node", "unknown"):
            return
        if not card.ports_in:
            self._card = card if card.title != self._layer else None
        elif not any(w.target == card.id for w in self.view.picture.wires_of(card.id)):
            self._fed = card

    def _aim_card(self, card: Card) -> None:
        x, y = self._where
        middle = abs(y - card.y - card.h / 2) <= _MIDDLE
        if middle and card.kind in ("node", "unknown") and card.ports_in:
            self._card = card if card.title != self._layer else None
        if self._card is None:
            self._wire = hit_testing.side_wire(self.view.picture, card, x, y)
        if self._card is None and self._wire is None and card.has_out:
            self._end = card

    def _place(self) -> Point:
        """Return the new card's position: at its connection, or at the pointer."""
        picture = self.view.picture
        if self._end is not None:
            if picture.horizontal:
                return (self._end.x + CARD_WIDTH + 128.0, self._end.y)
            return (self._end.x, self._end.y + edits.PITCH)
        x, y = self._where[0] - CARD_WIDTH / 2, self._where[1] - CARD_HEIGHT / 2
        if self._fed is not None:
            x, y = self._fed.x, self._fed.y - edits.PITCH
            if picture.horizontal:
                x, y = self._fed.x - CARD_WIDTH - 128.0, self._fed.y
        return hit_testing.free_place(picture, round(x / SNAP) * SNAP, round(y / SNAP) * SNAP)

    def release(self, where: Point, screen: Point, modifiers: Qt.KeyboardModifier) -> None:
        view, layer, label = self.view, self._layer, _("Add {layer}", layer=self._layer)
        wire, card, end, fed = self._wire, self._card, self._end, self._fed
        place: Point | None = self._place()
        self.cancel()
        if card is not None:
            self._adding.replace(card.id, layer)
        elif wire is not None and wire.edges:
            view.add(label, partial(edits.insert_on_edge, edge=wire.edges[0], layer=layer))
        elif wire is not None or end is not None:
            before = wire.source if wire is not None else end.id if end is not None else ""
            last = view.out_node(before)
            view.add(label, partial(edits.insert_after, node_id=last, layer=layer))
        elif not view.store.project.graph.nodes:
            # The first card is at the layout's origin: move the view to put it under the pointer.
            scale = view.camera.scale
            moved = Camera(scale, screen[0] - CARD_WIDTH / 2 * scale, screen[1] - 22 * scale)
            view.add(label, partial(edits.add_node, layer=layer))
            view.scene_viewport.set_camera(moved)
        else:
            target = view.in_node(fed.id) if fed is not None else None
            if fed is not None and fed.source is not None and fed.source.position is None:
                place = None  # automatic layout
            change = partial(edits_canvas.add_connected, layer=layer, target=target, position=place)
            view.add(label, change)

    def cancel(self) -> None:
        self.view.state.lit_wire, self.view.state.lit_cards = None, frozenset()
        self._reset()

    def paint(self, p: QPainter) -> None:
        view, scale = self.view, self.view.camera.scale
        category = LAYERS[self._layer].category.value
        if self._card is not None:
            card = self._card
            name = _("Replace {old} with {new}", old=card.title, new=self._layer)
            paint_hint(p, view.paint_resources, card.x + card.w + 14, card.y + 27, name, scale)
            return
        if self._wire is not None:
            x, y = self._wire.route.middle()
            spot = (x - CARD_WIDTH / 2, y - SLIM / 2)
            paint_ghost(p, view.paint_resources, spot, self._layer, category, slim=True)
            paint_hint(
                p, view.paint_resources, spot[0] + CARD_WIDTH + 14, y + 5, _("Insert here"), scale
            )
            return
        place = self._place()
        if self._end is not None:
            horizontal = view.picture.horizontal
            tip = (
                (place[0], place[1] + CARD_HEIGHT / 2)
                if horizontal
                else (place[0] + CARD_WIDTH / 2, place[1])
            )
            route = WireRoute(*view.picture.out_port(self._end), *tip, horizontal=horizontal)
            paint_loose_wire(p, view, route, True)
            text = _("Connect to {name}", name=self._end.title)
            paint_hint(
                p, view.paint_resources, place[0] + CARD_WIDTH + 14, place[1] + 27, text, scale
            )
        elif self._fed is not None:
            text = _("Connect to {name}", name=self._fed.title)
            paint_hint(
                p, view.paint_resources, place[0] + CARD_WIDTH + 14, place[1] + 27, text, scale
            )
        paint_ghost(p, view.paint_resources, place, self._layer, category)


class DropBlock(DropGesture):
    """Several layers as text, from another window or a saved block."""

    def __init__(self, view: CanvasHost, commands: CanvasCommands, piece: Graph, name: str) -> None:
        self.view = view
        self._commands = commands
        self._piece, self._name = piece, name
        self._where: Point = (0.0, 0.0)

    def move(self, where: Point, screen: Point, modifiers: Qt.KeyboardModifier) -> None:
        self._where = where

    def release(self, where: Point, screen: Point, modifiers: Qt.KeyboardModifier) -> None:
        self._commands.insert_piece(self._piece, self._where, _("Add {layer}", layer=self._name))

    def paint(self, p: QPainter) -> None:
        x, y = self._where
        paint_ghost(
            p, self.view.paint_resources, (x - CARD_WIDTH / 2, y - CARD_HEIGHT / 2), self._name, ""
        )


class DropColumns(DropGesture):
    """Drops columns of the data on an Input (features) or Target (targets)."""

    def __init__(self, view: CanvasHost, columns: DraggedColumns) -> None:
        self.view = view
        self._columns = columns
        self._card: Card | None = None

    def move(self, where: Point, screen: Point, modifiers: Qt.KeyboardModifier) -> None:
        card = hit_testing.hit_at(self.view.picture, *where, self.view.camera.scale).card
        takes = card is not None and (card.kind == "goal" or not card.ports_in)
        self._card = card if takes else None
        lit = {card.id} if takes and card is not None else ()
        self.view.state.lit_cards = frozenset(lit)

    def release(self, where: Point, screen: Point, modifiers: Qt.KeyboardModifier) -> None:
        card, columns = self._card, self._columns
        self.cancel()
        text = format_quoted_list(columns.names)
        if card is None:
            self.view.say(
                _("Drop columns on an Input to use them as features, or on Target to predict them.")
            )
        elif card.kind == "goal":
            output = self._output(card)
            change = partial(
                set_output_columns, names=columns.names, output=output, targets=columns.targets
            )
            self.view.edit(_("Predict {columns}", columns=text), change)
        else:
            node = self.view.in_node(card.id)
            change = partial(
                set_input_columns, names=columns.names, node=node, features=columns.features
            )
            self.view.edit(_("Use {columns} as input of '{node}'", columns=text, node=node), change)

    def _output(self, card: Card) -> str:
        """Return the output node of a Target card."""
        node_id = card.id.removeprefix(f"{GOAL}:")
        outputs = self.view.store.project.graph.outputs
        return node_id if node_id in outputs else next(iter(outputs), node_id)

    def cancel(self) -> None:
        self.view.state.lit_cards = frozenset()
        self._card = None

    def paint(self, p: QPainter) -> None:
        card = self._card
        if card is None:
            return
        names = format_quoted_list(self._columns.names)
        if card.kind == "goal":
            words = _("Predict {columns}", columns=names)
        else:
            words = _("Use {columns} as input", columns=names)
        scale = self.view.camera.scale
        paint_hint(p, self.view.paint_resources, card.x + card.w + 14, card.y + 27, words, scale)
