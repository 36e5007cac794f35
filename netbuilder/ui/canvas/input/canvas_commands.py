"""What can be done with the selection, without a pointer."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from PySide6.QtCore import QRect
from PySide6.QtGui import QGuiApplication

from netbuilder.core.errors import EditError, UserError
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project import edits, edits_canvas, fragments, groups
from netbuilder.core.project.model import Graph, Point, Project
from netbuilder.ui.canvas.host import CanvasHost
from netbuilder.ui.canvas.input.layer_search import CanvasFind, NameField, close_fields
from netbuilder.ui.canvas.input.wire_gestures import ConnectionProposal
from netbuilder.ui.canvas.paint.layout_animation import LayoutAnimation
from netbuilder.ui.canvas.scene import camera
from netbuilder.ui.canvas.scene.cards import CARD_WIDTH, GOAL, Card

_GAP = 60.0  # between a layer and its duplicate


class CanvasCommands:
    """Commands on a canvas; menus, shortcuts and other panels call them too."""

    def __init__(self, canvas: CanvasHost, slide: LayoutAnimation) -> None:
        self._canvas = canvas
        self._slide = slide
        self.proposal = ConnectionProposal(canvas, slide)

    # the selection ------------------------------------------------------------------------

    def select_all(self) -> None:
        self._canvas.select(
            one for one, card in self._canvas.picture.cards.items() if card.kind != "goal"
        )

    def find(self) -> None:
        """Open the field that finds layers of the network by name."""
        close_fields(self._canvas.widget())
        self._canvas.cancel_gesture()
        canvas = self._canvas
        CanvasFind(canvas.widget(), self._matches, self._go_to, canvas.keep_foot).open()

    def _matches(self, text: str) -> list[str]:
        """Cards whose layer, name or group a text is part of; a layer in a closed group is the
        group's card."""
        wanted = text.strip().casefold()
        if not wanted:
            return []
        picture = self._canvas.picture
        found: dict[str, None] = {}
        for node in picture.graph.nodes:
            if wanted in node.id.casefold() or wanted in node.layer.casefold():
                found[picture.seen.stand_in.get(node.id, node.id)] = None
        for group in picture.graph.groups:
            if wanted in group.name.casefold() and group.id in picture.cards:
                found[group.id] = None
        return list(found)

    def _go_to(self, card_id: str) -> None:
        if card_id in self._canvas.picture.cards:
            self._canvas.select((card_id,))
            self._canvas.sight.show_node(card_id)

    def show_table(self) -> None:
        """Open the summary table of the network."""
        from netbuilder.ui.canvas.network_table_dialog import show_network_table

        show_network_table(self._canvas)

    def _chosen(self) -> tuple[str, ...]:
        """Selected nodes and groups, the goal left out."""
        return tuple(one for one in self._canvas.selection() if not one.startswith(GOAL))

    def _nodes(self, ids: Iterable[str]) -> tuple[str, ...]:
        """Ids of nodes, those in groups among ``ids`` included."""
        graph = self._canvas.store.project.graph
        found: list[str] = []
        for one in ids:
            found += groups.members(graph, one) if one in graph.group_by_id else [one]
        return tuple(dict.fromkeys(found))

    def delete_selection(self) -> None:
        """Delete the selected layers, joining the ends of the chain, or the selected wire."""
        wire = self._canvas.state.selected_wire
        if wire is not None and wire in self._canvas.picture.wires:
            gone = self._canvas.picture.wires[wire].edges
            self._canvas.state.selected_wire = None
            if gone:
                self._canvas.edit(
                    _("Delete connection"), lambda project: edits.disconnect(project, *gone)
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
            self._canvas.select(())  # a second press would delete a layer that nobody chose

    def copy(self) -> None:
        """Put the selected layers onto the clipboard, as text."""
        text = self.selection_text()
        if text:
            QGuiApplication.clipboard().setText(text)

    def selection_text(self) -> str:
        """The selected layers and the wires among them as text; "" if none is selected."""
        chosen = self._chosen()
        if not chosen:
            return ""
        return fragments.copy_fragment(self._placed_graph(), chosen)

    def _placed_graph(self) -> Graph:
        """The graph with every node where it is seen, so that a copy keeps its form."""
        project = self._canvas.store.project
        seen = self._canvas.picture.cards
        places = {
            node.id: (seen[node.id].x, seen[node.id].y)
            for node in project.graph.nodes
            if node.id in seen
        }
        places |= {g.id: (seen[g.id].x, seen[g.id].y) for g in project.graph.groups if g.id in seen}
        return edits.move_nodes(project, places).graph

    def cut(self) -> None:
        """Copy the selected layers, and delete them."""
        if self._chosen():
            self.copy()
            self.delete_selection()

    def paste(self, where: Point | None = None) -> None:
        """Add the layers that the clipboard holds, at a place where one is given."""
        self.insert_text(QGuiApplication.clipboard().text(), where)

    def insert_text(self, text: str, where: Point | None) -> None:
        """Add the layers in copied text: at a place, beside where they were, or in the middle."""
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
        places = {one.id: one.position or laid.get(one.id, (0.0, 0.0)) for one in piece.nodes}
        places |= {one.id: one.position or laid.get(one.id, (0.0, 0.0)) for one in piece.groups}
        hidden = {n.id for n in piece.nodes if n.id not in laid}
        visible = [place for one, place in places.items() if one not in hidden]
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
            self._canvas.select(dict.fromkeys(stand_in[one] for one in names[-1]))
            self._canvas.sight.show_node(names[-1][0])
            self.proposal.offer(names[-1], after)

    def _free_offset(
        self, visible: list[Point], where: Point | None, left: float, top: float
    ) -> Point:
        if where is not None:
            return (where[0] - CARD_WIDTH / 2 - left, where[1] - 22 - top)
        seen = self._canvas.sight.seen_box()
        in_view = any(seen[0] <= x <= seen[2] and seen[1] <= y <= seen[3] for x, y in visible)
        if not in_view:
            x, y = (seen[0] + seen[2]) / 2 - CARD_WIDTH / 2, (seen[1] + seen[3]) / 2 - 22
            offset = (x - left, y - top)
        else:
            offset = (CARD_WIDTH + _GAP, 0.0)
        # Not on top of what is there: further aside until it is free.
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
        """Add a copy of the selected layers beside them, unconnected."""
        chosen = self._chosen()
        if chosen:
            piece = fragments.read_fragment(fragments.copy_fragment(self._placed_graph(), chosen))
            self.insert_piece(piece, None, self._canvas.picture.named("Duplicate", chosen))

    # order --------------------------------------------------------------------------------

    def move_in_order(self, later: bool) -> None:
        """Move the selected layer one place towards the goal, or towards the input."""
        chosen = [one for one in self._chosen() if one in self._canvas.store.project.graph.by_id]
        if len(chosen) != 1:
            self._canvas.say(_("Select one layer to move it."))
            return
        change = edits_canvas.move_later if later else edits_canvas.move_earlier
        before = self._slide.places()
        if self._canvas.edit(
            self._canvas.picture.named("Move", chosen), partial(change, node_id=chosen[0])
        ):
            self._canvas.sight.show_node(chosen[0])
            self._slide.run(before)

    def next_wire(self) -> None:
        """Select a wire of the current card; the next one if one is selected already."""
        here = self._canvas.current()
        wires = self._canvas.picture.wires_of(here) if here is not None else []
        if not wires:
            self._canvas.say(_("Select a layer that has a connection first."))
            return
        keys = [(wire.source, wire.target) for wire in wires]
        selected = self._canvas.state.selected_wire
        at = keys.index(selected) + 1 if selected in keys else 0
        self._canvas.select_wire(keys[at % len(keys)])

    # shared layers ------------------------------------------------------------------------

    def can_share(self) -> bool:
        """Whether the selected nodes are several of one kind, so that one layer can serve all."""
        graph = self._canvas.store.project.graph
        chosen = [graph.by_id[one] for one in self._chosen() if one in graph.by_id]
        kinds = {node.layer for node in chosen}
        return len(chosen) > 1 and len(kinds) == 1 and len(chosen) == len(self._chosen())

    def share(self) -> None:
        """Let the selected nodes apply one layer, weights included: that of the first."""
        if not self.can_share():
            self._canvas.say(_("Select several layers of the same type to share their weights."))
            return
        owner, *others = self._chosen()

        def change(project: Project) -> Project:
            for one in others:
                project = edits.share_layer(project, one, owner)
            return project

        self._canvas.edit(_("Share weights"), change)

    def unshare(self) -> None:
        """Give the selected nodes that share a layer one of their own again."""
        chosen = self._chosen()

        def change(project: Project) -> Project:
            for one in chosen:
                if one in project.graph.by_id:
                    project = edits.unshare_layer(project, one)
            return project

        self._canvas.edit(_("Unshare weights"), change)

    # places -------------------------------------------------------------------------------

    def nudge(self, dx: float, dy: float) -> None:
        """Move the selected cards by a little; runs of nudges are one undo step."""
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
        found: dict[str, Card] = {}
        for one in self._chosen():
            inside = groups.members(picture.graph, one) if one in picture.frames else (one,)
            for node in inside:
                card = picture.cards.get(picture.seen.stand_in.get(node, node))
                if card is not None:
                    found[card.id] = card
        return list(found.values())

    def place(
        self,
        label: str,
        places: dict[str, Point],
        by: Point,
        merge: str | None = None,
        into: dict[str, str | None] | None = None,
    ) -> bool:
        """Put cards elsewhere; all others stay where they are seen from now on.

        ``into`` names cards that come to lie in another group. Give whether it was done.
        """
        pinned = {one: (card.x, card.y) for one, card in self._canvas.picture.cards.items()}
        change = partial(edits_canvas.move_cards, places=places, by=by, pinned=pinned, into=into)
        return self._canvas.edit(label, change, merge)

    def align_column(self) -> None:
        """Put the selected cards under each other, on the first one's line."""
        cards = self._cards()
        if len(cards) > 1:
            places = {card.id: (cards[0].x, card.y) for card in cards}
            self.place(_("Align in a column"), places, (0.0, 0.0))

    def align_row(self) -> None:
        """Put the selected cards side by side, on the first one's line."""
        cards = self._cards()
        if len(cards) > 1:
            places = {card.id: (card.x, cards[0].y) for card in cards}
            self.place(_("Align in a row"), places, (0.0, 0.0))

    def tidy(self) -> None:
        """Lay the network out anew; cards glide to their places."""
        self._glide(_("Tidy up"), edits_canvas.reset_layout)

    def set_horizontal(self, horizontal: bool) -> None:
        """Read from left to right, or from top to bottom."""
        if horizontal != self._canvas.horizontal:
            name = _("Left to right") if horizontal else _("Top to bottom")
            self._glide(name, partial(edits_canvas.set_horizontal, horizontal=horizontal))

    def _glide(self, label: str, change: Any) -> None:
        before = self._slide.places()
        if self._canvas.edit(label, change):
            self._canvas.sight.first_look()
            self._slide.run(before)

    # zoom ---------------------------------------------------------------------------------

    def zoom_in(self) -> None:
        self._canvas.sight.zoom_to(self._canvas.camera.scale * camera.STEP)

    def zoom_out(self) -> None:
        """One step further away."""
        self._canvas.sight.zoom_to(self._canvas.camera.scale / camera.STEP)

    def zoom_reset(self) -> None:
        self._canvas.sight.zoom_to(1.0)

    # groups -------------------------------------------------------------------------------

    def group(self) -> None:
        """Put the selected layers into one group."""
        chosen = self._chosen()
        if self._canvas.edit(_("Group layers"), partial(groups.group_nodes, ids=chosen)):
            self._canvas.select((self._canvas.store.project.graph.groups[-1].id,))

    def ungroup(self) -> None:
        """Dissolve the selected groups."""
        chosen = [
            one for one in self._chosen() if one in self._canvas.store.project.graph.group_by_id
        ]
        if not chosen:
            self._canvas.say(_("Select a group first."))
            return
        inside = self._nodes(chosen)

        def change(project: Project) -> Project:
            for one in chosen:
                project = groups.ungroup(project, one)
            return project

        if self._canvas.edit(_("Ungroup"), change):
            stand_in = self._canvas.picture.seen.stand_in
            self._canvas.select(dict.fromkeys(stand_in[one] for one in inside if one in stand_in))

    def open_group(self, group_id: str) -> None:
        before = self._slide.places()
        if self._canvas.edit(
            _("Open group"), partial(groups.set_collapsed, group_id=group_id, collapsed=False)
        ):
            self._canvas.select((group_id,))
            self._slide.run(before)

    def close_group(self, group_id: str) -> None:
        before = self._slide.places()
        if self._canvas.edit(
            _("Close group"), partial(groups.set_collapsed, group_id=group_id, collapsed=True)
        ):
            self._canvas.select((group_id,))
            self._slide.run(before)

    def rename(self, group_id: str) -> None:
        """Edit the name of a group in its place."""
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
        """Save a group to the palette, to be put into any network again."""
        try:
            block = fragments.save_block(self._placed_graph(), group_id)
        except UserError as error:
            self._canvas.say(str(error))
            return
        self._canvas.block_was_saved(block.name)
        self._canvas.say(_("Saved “{name}” to the palette.", name=block.name))

    # problems -----------------------------------------------------------------------------

    def apply_fix(self, problem: Any) -> None:
        """Make the edit that mends a problem."""
        if problem.fix is not None:
            self._canvas.edit(problem.fix.label, problem.fix.edit)

    def reorder_input(self, target: str, source: str, by: int) -> None:
        """Move one of the inputs of a layer by some places among them."""
        sources = list(self._canvas.store.project.graph.sources.get(target, ()))
        if source in sources:
            at = sources.index(source)
            to = max(0, min(len(sources) - 1, at + by))
            sources.insert(to, sources.pop(at))
            self._canvas.edit(
                _("Reorder inputs"),
                partial(edits.order_inputs, target=target, sources=tuple(sources)),
            )
