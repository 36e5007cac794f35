"""Commands on the canvas and its selection."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from PySide6.QtCore import QRect
from PySide6.QtGui import QGuiApplication

from netbuilder.core.errors import EditError, UserError
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project import edits, edits_canvas, fragments, graph_ends, groups, repeats
from netbuilder.core.project.model import Graph, Point, Project
from netbuilder.ui.canvas.host import CanvasHost
from netbuilder.ui.canvas.input.layer_search import CanvasFind, NameField, close_fields
from netbuilder.ui.canvas.input.wire_gestures import ConnectionProposal
from netbuilder.ui.canvas.paint.layout_animation import LayoutAnimation
from netbuilder.ui.canvas.scene import camera
from netbuilder.ui.canvas.scene.cards import CARD_WIDTH, GOAL, Card

_GAP = 60.0  # between a layer and its duplicate


class CanvasCommands:
    """Commands of a canvas, called by menus, shortcuts and other panels."""

    def __init__(self, canvas: CanvasHost, layout_animation: LayoutAnimation) -> None:
        self._canvas = canvas
        self._layout_animation = layout_animation
        self.proposal = ConnectionProposal(canvas, layout_animation)

    # the selection ------------------------------------------------------------------------

    def select_all(self) -> None:
        self._canvas.select(
            card.id for card in self._canvas.picture.cards.values() if card.kind != "goal"
        )

    def find(self) -> None:
        """Open the field that finds layers by name."""
        close_fields(self._canvas.widget())
        self._canvas.cancel_gesture()
        canvas = self._canvas
        CanvasFind(canvas.widget(), self._matches, self._go_to, canvas.reserve_bottom).open()

    def _matches(self, text: str) -> list[str]:
        """Return the cards whose layer, id or group name contains a text."""
        text = text.strip().casefold()
        if not text:
            return []
        picture = self._canvas.picture
        matches: dict[str, None] = {}
        for node in picture.graph.nodes:
            if text in node.id.casefold() or text in node.layer.casefold():
                matches[picture.seen.stand_in.get(node.id, node.id)] = None
        for group in picture.graph.groups:
            if text in group.name.casefold() and group.id in picture.cards:
                matches[group.id] = None
        return list(matches)

    def _go_to(self, card_id: str) -> None:
        if card_id in self._canvas.picture.cards:
            self._canvas.select((card_id,))
            self._canvas.scene_viewport.show_node(card_id)

    def show_table(self) -> None:
        from netbuilder.ui.canvas.network_table_dialog import show_network_table

        show_network_table(self._canvas)

    def _chosen(self) -> tuple[str, ...]:
        """Return the selected nodes and groups, without Target cards."""
        return tuple(id_ for id_ in self._canvas.selection() if not id_.startswith(GOAL))

    def _nodes(self, ids: Iterable[str]) -> tuple[str, ...]:
        """Return node ids, with groups replaced by their members."""
        graph = self._canvas.store.project.graph
        nodes: list[str] = []
        for id_ in ids:
            nodes += groups.members(graph, id_) if id_ in graph.group_by_id else [id_]
        return tuple(dict.fromkeys(nodes))

    def delete_selection(self) -> None:
        """Delete the selected layers, connecting their neighbours, or the selected wire."""
        wire = self._canvas.state.selected_wire
        if wire is not None and wire in self._canvas.picture.wires:
            edges = self._canvas.picture.wires[wire].edges
            self._canvas.state.selected_wire = None
            if edges:
                self._canvas.edit(
                    _("Delete connection"), lambda project: graph_ends.disconnect(project, *edges)
                )
            else:
                self._canvas.say(_("The target always follows the last layer."))
            return
        chosen = self._chosen()
        if not chosen:
            return
        if self._canvas.edit(
            self._canvas.picture.named("Delete", chosen),
            partial(edits.remove_nodes, ids=self._nodes(chosen)),
        ):
            self._canvas.select(())

    def copy(self) -> None:
        """Copy the selected layers to the clipboard as text."""
        text = self.selection_text()
        if text:
            QGuiApplication.clipboard().setText(text)

    def selection_text(self) -> str:
        """Return the selected layers and their connections as text, or ""."""
        chosen = self._chosen()
        if not chosen:
            return ""
        return fragments.copy_fragment(self._placed_graph(), chosen)

    def _placed_graph(self) -> Graph:
        """Return the graph with every node at its visible position."""
        project = self._canvas.store.project
        cards = self._canvas.picture.cards
        places = {
            node.id: (cards[node.id].x, cards[node.id].y)
            for node in project.graph.nodes
            if node.id in cards
        }
        places |= {
            g.id: (cards[g.id].x, cards[g.id].y) for g in project.graph.groups if g.id in cards
        }
        return edits.move_nodes(project, places).graph

    def cut(self) -> None:
        if self._chosen():
            self.copy()
            self.delete_selection()

    def paste(self, where: Point | None = None) -> None:
        """Add the clipboard's layers, at a place if given."""
        self.insert_text(QGuiApplication.clipboard().text(), where)

    def insert_text(self, text: str, where: Point | None) -> None:
        """Add copied layers at a place, or else beside the originals if visible."""
        try:
            piece = fragments.read_fragment(text)
        except EditError as error:
            self._canvas.say(str(error))
            return
        self.insert_piece(
            piece, where, ngettext("Paste {count} layer", "Paste {count} layers", len(piece.nodes))
        )

    def insert_piece(self, piece: Graph, where: Point | None, label: str) -> None:
        """Add the layers of a graph under new ids, select them, and propose a connection."""
        from netbuilder.core.project.layout import layout_graph

        laid = layout_graph(piece, self._canvas.horizontal)
        places = {node.id: node.position or laid.get(node.id, (0.0, 0.0)) for node in piece.nodes}
        places |= {g.id: g.position or laid.get(g.id, (0.0, 0.0)) for g in piece.groups}
        hidden = {n.id for n in piece.nodes if n.id not in laid}
        visible = [place for id_, place in places.items() if id_ not in hidden]
        left, top = min(x for x, _ in visible), min(y for _, y in visible)
        offset = self._free_offset(visible, where, left, top)
        names: list[tuple[str, ...]] = []

        def change(project: Project) -> Project:
            project, new = fragments.paste_fragment(project, piece, offset=offset, places=places)
            names.append(new)
            return project

        after = self._chosen()
        if self._canvas.edit(label, change) and names:
            stand_in = self._canvas.picture.seen.stand_in
            self._canvas.select(dict.fromkeys(stand_in[name] for name in names[-1]))
            self._canvas.scene_viewport.show_node(names[-1][0])
            self.proposal.offer(names[-1], after)

    def _free_offset(
        self, visible: list[Point], where: Point | None, left: float, top: float
    ) -> Point:
        if where is not None:
            return (where[0] - CARD_WIDTH / 2 - left, where[1] - 22 - top)
        view = self._canvas.scene_viewport.seen_box()
        in_view = any(view[0] <= x <= view[2] and view[1] <= y <= view[3] for x, y in visible)
        if not in_view:
            x, y = (view[0] + view[2]) / 2 - CARD_WIDTH / 2, (view[1] + view[3]) / 2 - 22
            offset = (x - left, y - top)
        else:
            offset = (CARD_WIDTH + _GAP, 0.0)
        # Move aside until no card is covered.
        for _try in range(50):
            boxes = [
                (x + offset[0], y + offset[1], x + offset[0] + CARD_WIDTH, y + offset[1] + 44)
                for x, y in visible
            ]
            if not any(self._canvas.picture.grid.cards_in(box) for box in boxes):
                break
            offset = (offset[0] + CARD_WIDTH + _GAP, offset[1])
        return offset

    def duplicate(self) -> None:
        chosen = self._chosen()
        if chosen:
            piece = fragments.read_fragment(fragments.copy_fragment(self._placed_graph(), chosen))
            self.insert_piece(piece, None, self._canvas.picture.named("Duplicate", chosen))

    # order --------------------------------------------------------------------------------

    def move_in_order(self, later: bool) -> None:
        """Move the selected layer one place towards the output, or towards the input."""
        chosen = [id_ for id_ in self._chosen() if id_ in self._canvas.store.project.graph.by_id]
        if len(chosen) != 1:
            self._canvas.say(_("Select one layer to move it."))
            return
        change = edits_canvas.move_later if later else edits_canvas.move_earlier
        before = self._layout_animation.places()
        if self._canvas.edit(
            self._canvas.picture.named("Move", chosen), partial(change, node_id=chosen[0])
        ):
            self._canvas.scene_viewport.show_node(chosen[0])
            self._layout_animation.run(before)

    def next_wire(self) -> None:
        """Select a wire of the current card, or the next one."""
        current = self._canvas.current()
        wires = self._canvas.picture.wires_of(current) if current is not None else []
        if not wires:
            self._canvas.say(_("Select a layer that has a connection first."))
            return
        keys = [(wire.source, wire.target) for wire in wires]
        selected = self._canvas.state.selected_wire
        at = keys.index(selected) + 1 if selected in keys else 0
        self._canvas.select_wire(keys[at % len(keys)])

    # shared layers ------------------------------------------------------------------------

    def can_share(self) -> bool:
        """Return whether the selection is several layers of one type."""
        graph = self._canvas.store.project.graph
        chosen = [graph.by_id[id_] for id_ in self._chosen() if id_ in graph.by_id]
        kinds = {node.layer for node in chosen}
        return len(chosen) > 1 and len(kinds) == 1 and len(chosen) == len(self._chosen())

    def share(self) -> None:
        """Share the first selected layer's weights with the others."""
        if not self.can_share():
            self._canvas.say(_("Select several layers of the same type to share their weights."))
            return
        owner, *others = self._chosen()

        def change(project: Project) -> Project:
            for node_id in others:
                project = edits.share_layer(project, node_id, owner)
            return project

        self._canvas.edit(_("Share weights"), change)

    def unshare(self) -> None:
        """Give each selected layer its own weights."""
        chosen = self._chosen()

        def change(project: Project) -> Project:
            for node_id in chosen:
                if node_id in project.graph.by_id:
                    project = edits.unshare_layer(project, node_id)
            return project

        self._canvas.edit(_("Unshare weights"), change)

    # places -------------------------------------------------------------------------------

    def nudge(self, dx: float, dy: float) -> None:
        """Move the selected cards a little; consecutive nudges are one undo step."""
        cards = self._cards()
        if cards:
            places = {card.id: (card.x + dx, card.y + dy) for card in cards}
            self.place(
                self._canvas.picture.named("Move", places),
                places,
                (dx, dy),
                f"nudge {sorted(places)}",
            )

    def _cards(self) -> list[Card]:
        picture = self._canvas.picture
        cards: dict[str, Card] = {}
        for id_ in self._chosen():
            inside = groups.members(picture.graph, id_) if id_ in picture.frames else (id_,)
            for node in inside:
                card = picture.cards.get(picture.seen.stand_in.get(node, node))
                if card is not None:
                    cards[card.id] = card
        return list(cards.values())

    def place(
        self,
        label: str,
        places: dict[str, Point],
        by: Point,
        merge: str | None = None,
        into: dict[str, str | None] | None = None,
    ) -> bool:
        """Move cards, and pin all others at their visible positions; return success.

        ``into`` maps cards to their new group.
        """
        pinned = {id_: (card.x, card.y) for id_, card in self._canvas.picture.cards.items()}
        change = partial(edits_canvas.move_cards, places=places, by=by, pinned=pinned, into=into)
        return self._canvas.edit(label, change, merge)

    def align_column(self) -> None:
        """Align the selected cards below the first one."""
        cards = self._cards()
        if len(cards) > 1:
            places = {card.id: (cards[0].x, card.y) for card in cards}
            self.place(_("Align in a column"), places, (0.0, 0.0))

    def align_row(self) -> None:
        """Align the selected cards beside the first one."""
        cards = self._cards()
        if len(cards) > 1:
            places = {card.id: (card.x, cards[0].y) for card in cards}
            self.place(_("Align in a row"), places, (0.0, 0.0))

    def tidy(self) -> None:
        """Reset the layout, animated."""
        self._relayout(_("Tidy up"), edits_canvas.reset_layout)

    def set_horizontal(self, horizontal: bool) -> None:
        """Lay the network out from left to right, or from top to bottom."""
        if horizontal != self._canvas.horizontal:
            name = _("Left to right") if horizontal else _("Top to bottom")
            self._relayout(name, partial(edits_canvas.set_horizontal, horizontal=horizontal))

    def _relayout(self, label: str, change: Any) -> None:
        before = self._layout_animation.places()
        if self._canvas.edit(label, change):
            self._canvas.scene_viewport.first_look()
            self._layout_animation.run(before)

    # zoom ---------------------------------------------------------------------------------

    def zoom_in(self) -> None:
        self._canvas.scene_viewport.zoom_to(self._canvas.camera.scale * camera.STEP)

    def zoom_out(self) -> None:
        self._canvas.scene_viewport.zoom_to(self._canvas.camera.scale / camera.STEP)

    def zoom_reset(self) -> None:
        self._canvas.scene_viewport.zoom_to(1.0)

    # groups -------------------------------------------------------------------------------

    def group(self) -> None:
        chosen = self._chosen()
        if self._canvas.edit(_("Group layers"), partial(groups.group_nodes, ids=chosen)):
            self._canvas.select((self._canvas.store.project.graph.groups[-1].id,))

    def group_repeats(self) -> None:
        project = self._canvas.store.project
        if repeats.group_repeats(project) is project:
            self._canvas.say(_("No block occurs three times in a row."))
        else:
            self._relayout(_("Group repeated blocks"), repeats.group_repeats)

    def ungroup(self) -> None:
        group_ids = self._canvas.store.project.graph.group_by_id
        chosen = [id_ for id_ in self._chosen() if id_ in group_ids]
        if not chosen:
            self._canvas.say(_("Select a group first."))
            return
        inside = self._nodes(chosen)

        def change(project: Project) -> Project:
            for group_id in chosen:
                project = groups.ungroup(project, group_id)
            return project

        if self._canvas.edit(_("Ungroup"), change):
            stand_in = self._canvas.picture.seen.stand_in
            self._canvas.select(dict.fromkeys(stand_in[n] for n in inside if n in stand_in))

    def open_group(self, group_id: str) -> None:
        before = self._layout_animation.places()
        if self._canvas.edit(
            _("Open group"), partial(groups.set_collapsed, group_id=group_id, collapsed=False)
        ):
            self._canvas.select((group_id,))
            self._layout_animation.run(before)

    def close_group(self, group_id: str) -> None:
        before = self._layout_animation.places()
        if self._canvas.edit(
            _("Close group"), partial(groups.set_collapsed, group_id=group_id, collapsed=True)
        ):
            self._canvas.select((group_id,))
            self._layout_animation.run(before)

    def rename(self, group_id: str) -> None:
        """Edit a group's name in place."""
        group = self._canvas.store.project.graph.group_by_id.get(group_id)
        if group is None:
            return
        picture = self._canvas.picture
        spot = picture.cards.get(group_id) or picture.frames.get(group_id)
        if spot is None:
            return

        close_fields(self._canvas.widget())

        def done(name: str) -> None:
            self._canvas.edit(
                _("Rename group"), partial(groups.rename_group, group_id=group_id, name=name)
            )

        x, y = self._canvas.camera.to_screen(spot.x, spot.y)
        field = NameField(self._canvas.widget(), group.name, done)
        field.setGeometry(QRect(round(x) + 8, round(y) + 4, 180, 28))
        field.show()
        field.setFocus()

    def save_block(self, group_id: str) -> None:
        """Save a group to the palette for reuse."""
        try:
            block = fragments.save_block(self._placed_graph(), group_id)
        except UserError as error:
            self._canvas.say(str(error))
            return
        self._canvas.block_was_saved(block.name)
        self._canvas.say(_("Saved “{name}” to the palette.", name=block.name))

    # problems -----------------------------------------------------------------------------

    def apply_fix(self, problem: Any) -> None:
        if problem.fix is not None:
            self._canvas.edit(problem.fix.label, problem.fix.edit)

    def reorder_input(self, target: str, source: str, by: int) -> None:
        """Move one of a layer's inputs by some places."""
        sources = list(self._canvas.store.project.graph.sources.get(target, ()))
        if source in sources:
            index = sources.index(source)
            new_index = max(0, min(len(sources) - 1, index + by))
            sources.insert(new_index, sources.pop(index))
            self._canvas.edit(
                _("Reorder inputs"),
                partial(graph_ends.order_inputs, target=target, sources=tuple(sources)),
            )
