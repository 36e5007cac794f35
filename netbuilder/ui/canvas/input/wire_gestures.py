"""Connect layers by pointer, by keyboard, or by accepting a proposal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QApplication

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import edits
from netbuilder.core.project.graph_ends import (
    before_last_layer,
    connect,
    connection_problem,
    descendants,
    disconnect,
)
from netbuilder.core.project.model import Edge, Point, Project
from netbuilder.core.project.project_errors import edit_error
from netbuilder.core.wording import format_quoted_list, join_sentences
from netbuilder.ui.canvas.host import CanvasHost, Gesture
from netbuilder.ui.canvas.input.layer_inserter import LayerInserter
from netbuilder.ui.canvas.paint.layout_animation import LayoutAnimation
from netbuilder.ui.canvas.paint.paint_wires import wire_path
from netbuilder.ui.canvas.scene import compatibility, hit_testing
from netbuilder.ui.canvas.scene.cards import Card, Wire
from netbuilder.ui.canvas.scene.wire_path import WireRoute
from netbuilder.ui.style.shortcuts import key_text
from netbuilder.ui.widgets.accessible_roles import announce


def reconnect(project: Project, old: Edge, new: Edge) -> Project:
    """Move a connection.

    Raises:
        EditError: the new wire would be illegal.
    """
    if old == new:
        return project
    return connect(disconnect(project, old), *new)


def _connect(view: CanvasHost, source: str, target: str) -> None:
    """Connect two nodes, and say which connection that replaced."""
    before = view.store.project.graph.edges
    view.edit(_("Connect"), partial(connect, source=source, target=target))
    after = set(view.store.project.graph.edges)
    removed = [edge[0] for edge in before if edge not in after]
    if removed:
        view.say(
            _(
                "'{target}' takes one input, so its connection from {sources} was removed."
                " Press {key} to undo.",
                target=target,
                sources=format_quoted_list(removed),
                key=key_text("Ctrl+Z"),
            )
        )


def _outputs_to(view: CanvasHost, source: str) -> dict[str, str]:
    """Return for each card whether it accepts a wire from node ``source``: "yes", "odd" or "no"."""
    picture = view.picture
    cards = {
        card.id: view.in_node(card.id) for card in picture.cards.values() if card.kind != "goal"
    }
    return compatibility.acceptance(picture.graph, view.workbench.shapes, source, cards)


def _inputs_of(view: CanvasHost, target: str) -> dict[str, str]:
    """Return for each card whether node ``target`` accepts a wire from it: "yes", "odd" or "no"."""
    picture = view.picture
    graph = picture.graph
    behind = descendants(graph, target) | {target, *graph.sources[target]}
    spec = LAYERS.get(graph.by_id[target].layer)
    acceptance: dict[str, str] = {}
    for card in picture.cards.values():
        if card.has_out:
            node = view.out_node(card.id)
            axes = compatibility.output_rank(view.workbench.shapes, node)
            fits = spec is None or compatibility.accepts_rank(spec, axes)
            acceptance[card.id] = "no" if node in behind else "yes" if fits else "odd"
    return acceptance


class WireDragGesture(Gesture):
    """Drags a new wire from a port, or the end of an existing wire.

    Released on a card it connects. Elsewhere a new wire opens the layer search, and an existing
    one is deleted.
    """

    cursor = Qt.CursorShape.CrossCursor
    reaches = True

    def __init__(
        self, view: CanvasHost, adding: LayerInserter, hit: hit_testing.Hit, where: Point
    ) -> None:
        self.view = view
        self._adding = adding
        assert hit.card is not None
        picture = view.picture
        self._start = self._where = where
        self._moved = False
        self._taken: Wire | None = None
        self._card = hit.card
        self._from_out = hit.kind == "out"
        if hit.kind == "in":
            wires = [
                wire
                for wire in picture.wires_of(hit.card.id)
                if wire.target == hit.card.id and wire.slot == hit.slot
            ]
            if wires:  # drag the end of the port's wire
                self._taken = wires[0]
                self._card = picture.cards[self._taken.source]
                self._from_out = True
        self._over: str | None = None
        self._acceptance: dict[str, str] = {}

    @property
    def _anchor(self) -> Point:
        picture = self.view.picture
        if self._from_out:
            return picture.out_port(self._card)
        return picture.in_port(self._card, 0)

    @property
    def hides_words(self) -> bool:
        return self._moved

    def _begin(self) -> None:
        self._moved = True
        view = self.view
        if self._from_out:
            source = self._taken.edges[0][0] if self._taken else view.out_node(self._card.id)
            self._acceptance = _outputs_to(view, source)
            if self._taken is not None:
                self._acceptance[self._taken.target] = "yes"
                view.state.hidden_wire = (self._taken.source, self._taken.target)
        else:
            self._acceptance = _inputs_of(view, view.in_node(self._card.id))
        view.state.ports = self._acceptance
        view.state.port_kind = "in" if self._from_out else "out"
        view.state.hovered_port = ("", "", 0)
        view.state.lit_wire = None

    def move(self, where: Point, screen: Point, modifiers: Qt.KeyboardModifier) -> None:
        view = self.view
        self._where = where
        if not self._moved:
            away = abs(where[0] - self._start[0]) + abs(where[1] - self._start[1])
            if away * view.camera.scale < QApplication.startDragDistance():
                return
            self._begin()
        hit = hit_testing.hit_at(view.picture, *where, view.camera.scale)
        over = hit.card if hit.card is not None and hit.card.id in self._acceptance else None
        if over is not None and over.id == self._card.id:
            over = None
        self._over = over.id if over is not None else None
        view.state.lit_cards = frozenset(
            {self._over} if self._over and self._acceptance[self._over] != "no" else ()
        )
        reason = self._problem() if self._over else None
        if hit.card is not None and hit.card.kind == "goal":
            reason = _("The target always follows the last layer. It needs no connection.")
        if reason:
            view.tip.show(reason, screen)
        else:
            view.tip.hide()

    def _edge(self, over: str) -> Edge:
        view = self.view
        if self._from_out:
            source = self._taken.edges[0][0] if self._taken else view.out_node(self._card.id)
            return (source, view.in_node(over))
        return (view.out_node(over), view.in_node(self._card.id))

    def _problem(self) -> str | None:
        """Return why the wire would be illegal or not work yet, or None."""
        assert self._over is not None
        edge = self._edge(self._over)
        graph = self.view.picture.graph
        if self._taken is not None and edge in self._taken.edges:
            return None
        mismatch = compatibility.mismatch_sentence(graph, self.view.workbench.shapes, *edge)
        return connection_problem(graph, *edge) or mismatch

    def release(self, where: Point, screen: Point, modifiers: Qt.KeyboardModifier) -> None:
        view, taken, over, moved = self.view, self._taken, self._over, self._moved
        self._end()
        if not moved:
            view.select((self._card.id if taken is None else taken.target,))
            return
        if over is not None:
            edge = self._edge(over)
            if taken is not None:
                view.edit(_("Move connection"), partial(reconnect, old=taken.edges[0], new=edge))
            else:
                _connect(view, *edge)
        elif (card := hit_testing.hit_at(view.picture, *where, view.camera.scale).card) is not None:
            if card.kind == "goal":
                view.say(_("The target always follows the last layer. It needs no connection."))
        elif taken is not None:
            if taken.edges:
                view.edit(_("Delete connection"), lambda project: disconnect(project, *taken.edges))
        elif self._from_out:
            self._adding.search_behind(view.out_node(self._card.id), where, screen)
        else:
            self._adding.search_before(view.in_node(self._card.id), where, screen)

    def _end(self) -> None:
        state = self.view.state
        state.ports, state.lit_cards, state.hidden_wire = {}, frozenset(), None
        self.view.tip.hide()

    def cancel(self) -> None:
        self._end()

    def paint(self, p: QPainter) -> None:
        if not self._moved:
            return
        start, end = self._anchor, self._where
        if not self._from_out:
            start, end = end, start
        good = self._over is None or self._acceptance[self._over] != "no"
        route = WireRoute(*start, *end, horizontal=self.view.picture.horizontal)
        paint_loose_wire(p, self.view, route, good)


def paint_loose_wire(p: QPainter, view: CanvasHost, route: WireRoute, good: bool) -> None:
    """Paint a wire that is not in the project."""
    p.setRenderHint(QPainter.RenderHint.Antialiasing)
    colour = view.paint_resources.accent if good else view.paint_resources.secondary
    p.setPen(QPen(colour, 2.2, Qt.PenStyle.SolidLine if good else Qt.PenStyle.DashLine))
    p.setBrush(Qt.BrushStyle.NoBrush)
    path: QPainterPath = wire_path(Wire("", "", route, "", ()))
    p.drawPath(path)
    p.setBrush(colour)
    p.drawEllipse(QPointF(route.x2, route.y2), 4, 4)


class WireKeyGesture(Gesture):
    """Connects by keyboard: arrows choose the target, Enter connects, Esc cancels."""

    def __init__(self, view: CanvasHost, source_card: str) -> None:
        self.view = view
        self._card = view.picture.cards[source_card]
        self._source = view.out_node(source_card)
        self._acceptance = _outputs_to(view, self._source)
        picture = view.picture
        targets = [picture.cards[id_] for id_, fits in self._acceptance.items() if fits != "no"]
        targets.sort(key=lambda c: abs(c.y - self._card.y - 80) + abs(c.x - self._card.x))
        if not targets:
            raise edit_error("no_layer_to_connect", name=self._source)
        self.choices = [card.id for card in targets]
        self.index = 0
        view.state.ports = self._acceptance
        view.state.port_kind = "in"
        self._show()

    def _show(self) -> None:
        view = self.view
        target = self.choices[self.index]
        view.state.lit_cards = frozenset({target})
        view.scene_viewport.show_node(target)
        title = view.picture.cards[target].title
        mismatch = compatibility.mismatch_sentence(
            view.picture.graph, view.workbench.shapes, self._source, view.in_node(target)
        )
        question = _(
            "Connect {source} to {target}? Arrow keys: another layer. Enter: yes. Esc: cancel.",
            source=self._card.title,
            target=title,
        )
        view.say(join_sentences((question, mismatch or "")))

    def key(self, event: QKeyEvent) -> bool:
        """Handle a key; return whether it was used."""
        forward = event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Tab)
        if forward or event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Left, Qt.Key.Key_Backtab):
            self.index = (self.index + (1 if forward else -1)) % len(self.choices)
            self._show()
            return True
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            target = self.view.in_node(self.choices[self.index])
            self.view.cancel_gesture()
            _connect(self.view, self._source, target)
            return True
        return False

    def cancel(self) -> None:
        self.view.state.ports, self.view.state.lit_cards = {}, frozenset()
        self.view.tip.hide()

    def release(self, where: Point, screen: Point, modifiers: Qt.KeyboardModifier) -> None:
        self.cancel()

    def paint(self, p: QPainter) -> None:
        picture = self.view.picture
        target = picture.cards[self.choices[self.index]]
        route = WireRoute(
            *picture.out_port(self._card),
            *picture.in_port(target, 0),
            horizontal=picture.horizontal,
        )
        paint_loose_wire(p, self.view, route, True)


_PIXELS, _PAD = 12, 7.0


@dataclass(frozen=True)
class _Chain:
    """The new nodes from ``first`` to ``last``, and ``after``, the node that will feed them."""

    after: str
    first: str
    last: str


class ConnectionProposal:
    """A proposed connection; other edits and selections dismiss it."""

    def __init__(self, canvas: CanvasHost, layout_animation: LayoutAnimation) -> None:
        self._canvas, self._layout_animation = canvas, layout_animation
        self._chain: _Chain | None = None

    @property
    def there(self) -> bool:
        return self._chain is not None

    def offer(self, new: Sequence[str], selected: Sequence[str]) -> None:
        """Propose to connect new nodes after the selected cards or, without any, the output."""
        graph = self._canvas.store.project.graph
        inside = set(new)
        first = [node_id for node_id in new if not graph.sources[node_id]]
        last = [node_id for node_id in new if not graph.targets[node_id]]
        anchors = [self._canvas.out_node(node_id) for node_id in selected]
        ends = [end for end in anchors if not set(graph.targets.get(end, ())) & set(anchors)]
        if not anchors:
            ends = [node_id for node_id in graph.outputs if node_id not in inside]
        if not (len(first) == len(last) == len(ends) == 1) or ends[0] not in graph.by_id:
            return
        if not graph.targets[ends[0]]:
            ends = [before_last_layer(graph, ends[0]) or ends[0]]
        axes = compatibility.output_rank(self._canvas.workbench.shapes, ends[0])
        spec = LAYERS.get(graph.by_id[first[0]].layer)
        fits = spec is None or compatibility.accepts_rank(spec, axes)
        if not fits or connection_problem(graph, ends[0], first[0]):
            return
        self._chain = _Chain(ends[0], first[0], last[0])
        self._canvas.state.proposed = first[0]
        text = _("Press Enter to connect {source} to {target}.", source=ends[0], target=first[0])
        self._canvas.tell(text)
        announce(self._canvas.widget(), text)
        self._canvas.viewport().update()

    def dismiss(self) -> bool:
        """Discard the proposal; return whether there was one."""
        proposed, self._chain = self._chain is not None, None
        self._canvas.state.proposed = ""
        if proposed:
            self._canvas.viewport().update()
        return proposed

    def accept(self) -> bool:
        """Make the proposed connection; return whether there was one."""
        chain = self._chain
        if not self.dismiss() or chain is None:
            return False
        before = self._layout_animation.places()
        change = partial(edits.insert_chain, after=chain.after, first=chain.first, last=chain.last)
        if self._canvas.edit(_("Connect"), change):
            self._layout_animation.run(before)
        return True

    def holds(self, where: Point) -> bool:
        """Return whether a place on the canvas is on the proposal's button."""
        ends = self.ends()
        return ends is not None and self._button(*ends).contains(*where)

    def paint(self, p: QPainter) -> None:
        """Paint the proposal; the painter uses canvas coordinates."""
        ends = self.ends()
        if ends is None:
            return
        view = self._canvas
        paint_loose_wire(p, view, self._route(*ends), True)
        button = self._button(*ends)
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(view.paint_resources.accent)
        p.drawRoundedRect(button, 6, 6)
        p.setPen(view.paint_resources.card)
        p.setFont(view.paint_resources.words(self._pixels, True))
        p.drawText(button, Qt.AlignmentFlag.AlignCenter, _("Connect (Enter)"))

    def ends(self) -> tuple[Card, Card] | None:
        chain, picture = self._chain, self._canvas.picture
        if chain is None:
            return None
        cards = [
            picture.cards.get(picture.seen.stand_in.get(node_id, node_id))
            for node_id in (chain.after, chain.first)
        ]
        if cards[0] is None or cards[1] is None:
            return None
        return cards[0], cards[1]

    def _route(self, source: Card, target: Card) -> WireRoute:
        picture = self._canvas.picture
        start, end = picture.out_port(source), picture.in_port(target, 0)
        return WireRoute(*start, *end, horizontal=picture.horizontal)

    @property
    def _pixels(self) -> int:
        return max(_PIXELS, round(_PIXELS / self._canvas.camera.scale))

    def _button(self, source: Card, target: Card) -> QRectF:
        """Return the button's box: above the card to connect or, without room, below it."""
        metrics = QFontMetricsF(self._canvas.paint_resources.words(self._pixels, True))
        width = metrics.horizontalAdvance(_("Connect (Enter)")) + 2 * _PAD
        height = metrics.height() + _PAD
        x, top = self._canvas.picture.in_port(target, 0)[0] + 10, target.y - height - 8
        if top < self._canvas.scene_viewport.seen_box()[1]:
            top = target.y + target.h + 8
        return QRectF(x, top, width, height)
