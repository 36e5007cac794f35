"""The scene: all visible cards, wires and frames of a project."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project.layout import VisibleGraph
from netbuilder.core.project.model import Graph, Point
from netbuilder.ui.canvas.scene.cards import (
    CARD_HEIGHT,
    CARD_WIDTH,
    Card,
    Frame,
    Wire,
    in_port,
    out_port,
)
from netbuilder.ui.canvas.scene.spatial_index import SpatialGrid
from netbuilder.ui.canvas.scene.wire_routing import frames_of, route_wires

# For each verb, the sentences for one layer and for several.
_STEPS: dict[str, tuple[Callable[[str], str], Callable[[int], str]]] = {
    "Move": (
        lambda name: _("Move {name}", name=name),
        lambda count: ngettext("Move {count} layer", "Move {count} layers", count),
    ),
    "Delete": (
        lambda name: _("Delete {name}", name=name),
        lambda count: ngettext("Delete {count} layer", "Delete {count} layers", count),
    ),
    "Duplicate": (
        lambda name: _("Duplicate {name}", name=name),
        lambda count: ngettext("Duplicate {count} layer", "Duplicate {count} layers", count),
    ),
}
_LABEL_BESIDE, _LABEL_ABOVE = 110.0, 22.0  # space for the label of a wire in a lane


@dataclass(slots=True)
class Scene:
    """All visible cards, wires and frames of a project."""

    graph: Graph
    horizontal: bool
    cards: dict[str, Card]
    wires: dict[tuple[str, str], Wire]
    frames: dict[str, Frame]
    seen: VisibleGraph
    auto: dict[str, Point]
    key: tuple[Any, ...]
    cache: dict[str, Any] = field(default_factory=dict)  # for the painter
    _grid: SpatialGrid[Card, Wire] | None = None
    _by_card: dict[str, list[Wire]] | None = None

    @property
    def grid(self) -> SpatialGrid[Card, Wire]:
        if self._grid is None:
            self._grid = SpatialGrid(self.cards, self.wires)
        return self._grid

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of all cards."""
        if not self.cards:
            return (0.0, 0.0, CARD_WIDTH, CARD_HEIGHT)
        return self.grid.bounds

    @property
    def outline(self) -> tuple[float, float, float, float]:
        """``bounds`` with the wires beside the cards and their labels."""
        left, top, right, bottom = self.bounds
        lanes = [w.route.lane for w in self.wires.values() if w.route.lane is not None]
        if lanes and self.horizontal:
            top = min(top, min(lanes) - _LABEL_ABOVE)
        elif lanes:
            left = min(left, min(lanes) - _LABEL_BESIDE)
        return (left, top, right, bottom)

    def shifted(self, at: Mapping[str, Point]) -> Scene:
        """Return the scene with some cards moved; the cost depends only on these."""
        at = dict(at)
        for card_id in tuple(at):
            card = self.cards.get(card_id)
            if card is None:
                continue
            for wire in self.wires_of(card_id):
                if wire.source == card_id and not wire.edges and wire.target not in at:
                    goal = self.cards[wire.target]
                    x, y = at[card_id]
                    at[goal.id] = (goal.x + x - card.x, goal.y + y - card.y)
        cards, wires = dict(self.cards), dict(self.wires)
        moved: dict[str, Card] = {}
        for card_id, (x, y) in at.items():
            if card_id in cards:
                cache = {k: v for k, v in cards[card_id].cache.items() if k != "rect"}
                moved[card_id] = cards[card_id] = replace(cards[card_id], x=x, y=y, cache=cache)
        rerouted: dict[tuple[str, str], Wire] = {}
        for card_id in moved:
            for wire in self.wires_of(card_id):
                key = (wire.source, wire.target)
                if key not in rerouted:
                    rerouted[key] = wires[key] = replace(wire, cache={})
        grid = self.grid.over(moved, rerouted)
        others = (w for key, w in wires.items() if key not in rerouted)
        route_wires(cards, rerouted.values(), self.horizontal, grid, others)
        frames = frames_of(self.graph, cards)
        scene = replace(self, cards=cards, wires=wires, frames=frames, cache={})
        scene._grid, scene._by_card = grid, None
        return scene

    def named(self, verb: str, ids: Iterable[str]) -> str:
        """Return the label of an undo step, "Move Dense" or "Move 3 layers".

        Args:
            verb: "Move", "Delete" or "Duplicate".
            ids: of cards and open groups.
        """
        ids = list(ids)
        single, several = _STEPS[verb]
        if len(ids) == 1 and ids[0] in self.cards:
            return single(self.cards[ids[0]].title)
        if len(ids) == 1 and ids[0] in self.frames:
            return single(self.frames[ids[0]].name)
        return several(len(ids))

    def wires_of(self, card_id: str) -> list[Wire]:
        if self._by_card is None:
            self._by_card = {}
            for wire in self.wires.values():
                self._by_card.setdefault(wire.source, []).append(wire)
                self._by_card.setdefault(wire.target, []).append(wire)
        return self._by_card.get(card_id, [])

    def out_port(self, card: Card) -> Point:
        return out_port(card, self.horizontal)

    def in_port(self, card: Card, slot: int) -> Point:
        return in_port(card, slot, self.horizontal)
