"""All that is to be seen of a project, and where it is."""

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

# Whole sentences for each verb: of one layer by its name, of several by their number.
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
_LABEL_BESIDE, _LABEL_ABOVE = 110.0, 22.0  # room for a shape at a wire that runs aside


@dataclass(slots=True)
class Scene:
    """All that is to be seen of a project."""

    graph: Graph
    horizontal: bool
    cards: dict[str, Card]
    wires: dict[tuple[str, str], Wire]
    frames: dict[str, Frame]
    seen: VisibleGraph
    auto: dict[str, Point]
    key: tuple[Any, ...]
    cache: dict[str, Any] = field(default_factory=dict)  # kept by the painter
    _grid: SpatialGrid[Card, Wire] | None = None
    _by_card: dict[str, list[Wire]] | None = None

    @property
    def grid(self) -> SpatialGrid[Card, Wire]:
        if self._grid is None:
            self._grid = SpatialGrid(self.cards, self.wires)
        return self._grid

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of all cards; of one card at the origin if there is none."""
        if not self.cards:
            return (0.0, 0.0, CARD_WIDTH, CARD_HEIGHT)
        return self.grid.bounds

    @property
    def outline(self) -> tuple[float, float, float, float]:
        """``bounds``, with the wires that run beside the cards and their labels."""
        left, top, right, bottom = self.bounds
        lanes = [w.route.lane for w in self.wires.values() if w.route.lane is not None]
        if lanes and self.horizontal:
            top = min(top, min(lanes) - _LABEL_ABOVE)
        elif lanes:
            left = min(left, min(lanes) - _LABEL_BESIDE)
        return (left, top, right, bottom)

    def shifted(self, at: Mapping[str, Point]) -> Scene:
        """This picture with some cards elsewhere: costs what moves, not what there is."""
        at = dict(at)
        for one in tuple(at):
            card = self.cards.get(one)
            if card is None:
                continue
            for wire in self.wires_of(one):
                if wire.source == one and not wire.edges and wire.target not in at:
                    goal = self.cards[wire.target]
                    x, y = at[one]
                    at[goal.id] = (goal.x + x - card.x, goal.y + y - card.y)
        cards, wires = dict(self.cards), dict(self.wires)
        moved: dict[str, Card] = {}
        for one, (x, y) in at.items():
            if one in cards:
                kept = {k: v for k, v in cards[one].cache.items() if k != "rect"}
                moved[one] = cards[one] = replace(cards[one], x=x, y=y, cache=kept)
        led: dict[tuple[str, str], Wire] = {}
        for one in moved:
            for wire in self.wires_of(one):
                key = (wire.source, wire.target)
                if key not in led:
                    led[key] = wires[key] = replace(wire, cache={})
        grid = self.grid.over(moved, led)
        others = (w for key, w in wires.items() if key not in led)
        route_wires(cards, led.values(), self.horizontal, grid, others)
        frames = frames_of(self.graph, cards)
        picture = Scene(
            self.graph, self.horizontal, cards, wires, frames, self.seen, self.auto, self.key
        )
        picture._grid = grid
        return picture

    def named(self, verb: str, ids: Iterable[str]) -> str:
        """Return the label of an undo step about these cards: "Move Dense", "Move 3 layers".

        Args:
            verb: "Move", "Delete" or "Duplicate".
            ids: of cards and open groups.
        """
        some = list(ids)
        one, several = _STEPS[verb]
        if len(some) == 1 and some[0] in self.cards:
            return one(self.cards[some[0]].title)
        if len(some) == 1 and some[0] in self.frames:
            return one(self.frames[some[0]].name)
        return several(len(some))

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
        """Where the wire of input ``slot`` comes in."""
        return in_port(card, slot, self.horizontal)
