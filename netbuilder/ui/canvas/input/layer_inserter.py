"""Add and replace layers, for the palette and the layer search."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import QPoint

from netbuilder.core.catalog.layer_parser import ParsedLayer
from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import edits, edits_canvas
from netbuilder.core.project.graph_ends import before_last_layer
from netbuilder.core.project.model import Edge, Point, Project
from netbuilder.ui.canvas.host import CanvasHost
from netbuilder.ui.canvas.input.layer_search import LayerSearch, close_fields
from netbuilder.ui.canvas.scene import compatibility
from netbuilder.ui.canvas.scene.cards import CARD_WIDTH, GOAL

Params = Mapping[str, Any]
Find = Callable[[str], list[ParsedLayer]]
Chosen = Callable[[ParsedLayer], object]


class LayerInserter:
    """Commands on a canvas that add or replace layers."""

    def __init__(self, canvas: CanvasHost) -> None:
        self._canvas = canvas

    def append_layer(self, layer: str, params: Params | None = None) -> None:
        """Append a layer to the network, before the last layer of a finished one; select it."""
        if layer not in LAYERS:
            return
        outputs = self._canvas.store.project.graph.outputs
        before = self._before_last(outputs[0]) if len(outputs) == 1 else None
        if before is not None and LAYERS[layer].max_inputs != 0:
            self._canvas.add(
                _("Add {layer}", layer=layer),
                partial(edits.insert_after, node_id=before, layer=layer, params=params),
            )
            return
        self._canvas.add(
            _("Add {layer}", layer=layer), partial(edits.append_layer, layer=layer, params=params)
        )

    def _before_last(self, end: str) -> str | None:
        """Return the node before the last layer of a network that is finished, else None."""
        bench = self._canvas.workbench
        unfinished = any(problem.beginning or problem.blocks for problem in bench.problems)
        if unfinished or bench.shapes is None:
            return None
        return before_last_layer(self._canvas.store.project.graph, end)

    def add_after(
        self, layer: str, node_id: str | None = None, params: Params | None = None
    ) -> None:
        """Add a layer after a node or the selection; without either, append it."""
        after = node_id or self._anchor()
        if after is None or LAYERS[layer].max_inputs == 0:
            self.append_layer(layer, params)
            return
        source = self._canvas.out_node(after)
        self._canvas.add(
            _("Add {layer}", layer=layer),
            partial(edits.insert_after, node_id=source, layer=layer, params=params),
        )

    def _anchor(self) -> str | None:
        """Return the selected card after which a layer can be added."""
        for card_id in reversed(self._canvas.selection()):
            card = self._canvas.picture.cards.get(card_id)
            if card is not None and card.has_out:
                return card_id
            if card_id.startswith(GOAL):
                wires = self._canvas.picture.wires_of(card_id)
                return wires[0].source if wires else None
        return None

    def replace(self, node_id: str, layer: str, params: Params | None = None) -> None:
        """Replace a node by another layer, keeping common parameters."""
        old = self._canvas.store.project.graph.by_id.get(node_id)
        if old is None:
            return
        index = [node.id for node in self._canvas.store.project.graph.nodes].index(node_id)

        def change(project: Project) -> Project:
            project = edits.replace_layer(project, node_id, layer)
            new = project.graph.nodes[index].id
            return edits.set_params(project, new, **params) if params else project

        if self._canvas.edit(_("Replace {old} with {new}", old=old.layer, new=layer), change):
            self._canvas.select((self._canvas.store.project.graph.nodes[index].id,))

    def search_layer(self) -> None:
        """Search for a layer to add after the selection (Tab)."""
        after = self._anchor()
        if after is None:
            middle = self._canvas.viewport().rect().center() - QPoint(150, 120)
            self._open_search(
                middle,
                _("Add at the end"),
                lambda text: compatibility.fitting_choices(text, feeding=True),
                lambda new: self.append_layer(new.spec.name, new.params),
            )
            return
        card = self._canvas.picture.cards[after]
        rect = self._canvas.scene_viewport.card_rect(after)
        spot = rect.topRight() if self._canvas.horizontal else rect.bottomLeft()
        axes = compatibility.output_rank(
            self._canvas.workbench.shapes, self._canvas.out_node(after)
        )
        self._open_search(
            spot.toPoint() + QPoint(12, 10),
            _("Add after {name}", name=card.title),
            # A typed name may match layers that do not fit yet: a fix is offered afterwards.
            lambda text: compatibility.fitting_choices(text, axes=None if text.strip() else axes),
            lambda new: self.add_after(new.spec.name, after, new.params),
        )

    def search_on_wire(self, edge: Edge, screen: Point) -> None:
        axes = compatibility.output_rank(self._canvas.workbench.shapes, edge[0])
        self._open_search(
            QPoint(round(screen[0]), round(screen[1])),
            _("Insert on this connection"),
            lambda text: compatibility.fitting_choices(text, axes=None if text.strip() else axes),
            lambda new: self._canvas.add(
                _("Add {layer}", layer=new.spec.name),
                partial(edits.insert_on_edge, edge=edge, layer=new.spec.name, params=new.params),
            ),
        )

    def search_replacement(self, node_id: str) -> None:
        card = self._canvas.picture.cards.get(node_id)
        if card is None:
            return
        self._open_search(
            self._canvas.scene_viewport.card_rect(node_id).bottomLeft().toPoint(),
            _("Replace {name} with", name=card.title),
            lambda text: compatibility.fitting_choices(text, feeding=not card.ports_in),
            lambda new: self.replace(node_id, new.spec.name, new.params),
        )

    def search_at(self, where: Point, screen: Point) -> None:
        """Search for an unconnected layer to add at a place."""

        def chosen(new: ParsedLayer) -> None:
            layer = new.spec.name
            place = (where[0] - CARD_WIDTH / 2, where[1] - 22)
            if not self._canvas.store.project.graph.nodes:
                self.append_layer(layer, new.params)
            else:
                self._add_connected(new, position=place)

        self._open_search(
            QPoint(round(screen[0]), round(screen[1])),
            _("Add a layer here"),
            lambda text: compatibility.fitting_choices(text, feeding=True),
            chosen,
        )

    def search_behind(self, source: str, where: Point, screen: Point) -> None:
        """Search for a layer that fits after ``source``."""
        axes = compatibility.output_rank(self._canvas.workbench.shapes, source)
        self._open_search(
            QPoint(round(screen[0]), round(screen[1])),
            _("Layers that fit after {name}", name=source),
            lambda text: compatibility.fitting_choices(text, axes=axes),
            lambda new: self._add_connected(new, source=source, position=self._hung(where)),
        )

    def search_before(self, target: str, where: Point, screen: Point) -> None:
        """Search for a layer to feed ``target``."""
        x, y = self._hung(where)
        place = (x - CARD_WIDTH, y) if self._canvas.horizontal else (x, y - 44)
        self._open_search(
            QPoint(round(screen[0]), round(screen[1])),
            _("Layers that fit before {name}", name=target),
            lambda text: compatibility.fitting_choices(text, feeding=True),
            lambda new: self._add_connected(new, target=target, position=place),
        )

    def _add_connected(self, new: ParsedLayer, **ends: Any) -> None:
        change = partial(edits_canvas.add_connected, layer=new.spec.name, params=new.params, **ends)
        self._canvas.add(_("Add {layer}", layer=new.spec.name), change)

    def _hung(self, where: Point) -> Point:
        """Return the card position whose port is at a place."""
        if self._canvas.horizontal:
            return (where[0], where[1] - 22)
        return (where[0] - CARD_WIDTH / 2, where[1])

    def _open_search(self, spot: QPoint, heading: str, find: Find, chosen: Chosen) -> None:
        self._canvas.cancel_gesture()
        self._canvas.tip.hide()
        self.close_search()
        search = LayerSearch(self._canvas.widget(), find, chosen, heading)
        search.passed.connect(self._canvas.walk_on)
        search.open_at(spot)

    def close_search(self) -> None:
        close_fields(self._canvas.widget())
