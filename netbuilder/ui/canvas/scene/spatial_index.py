"""A spatial index of cards and wires: a grid of buckets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Generic, Protocol, TypeVar

Box = tuple[float, float, float, float]  # left, top, right, bottom


class PlacedBox(Protocol):
    """A box with an id, such as a card."""

    id: str
    x: float
    y: float
    w: float
    h: float


class RoutePath(Protocol):
    """The route of a wire."""

    def box(self) -> Box:
        """Return its bounding box."""


class Connector(Protocol):
    """A connection of two boxes, such as a wire."""

    source: str
    target: str

    @property
    def route(self) -> RoutePath:
        """Its route."""


C = TypeVar("C", bound=PlacedBox)
W = TypeVar("W", bound=Connector)

_CELL_X, _CELL_Y = 640.0, 320.0
_MANY = 30  # wires longer than this many buckets are always checked


class SpatialGrid(Generic[C, W]):
    """An immutable index of cards and wires by place."""

    def __init__(self, cards: Mapping[str, C], wires: Mapping[tuple[str, str], W]) -> None:
        self._cards = cards
        self._wires = wires
        self._card_cells: dict[tuple[int, int], list[C]] = {}
        self._wire_cells: dict[tuple[int, int], list[W]] = {}
        self._long_wires: list[W] = []
        self._bounds: Box | None = None
        self._moved_cards: dict[str, C] = {}
        self._moved_wires: dict[tuple[str, str], W] = {}
        for card in cards.values():
            for cell in _cells((card.x, card.y, card.x + card.w, card.y + card.h)):
                self._card_cells.setdefault(cell, []).append(card)
        for wire in wires.values():
            box = wire.route.box()
            if (box[2] - box[0]) / _CELL_X + (box[3] - box[1]) / _CELL_Y > _MANY:
                self._long_wires.append(wire)
                continue
            for cell in _cells(box):
                self._wire_cells.setdefault(cell, []).append(wire)

    def over(self, cards: Mapping[str, C], wires: Mapping[tuple[str, str], W]) -> SpatialGrid[C, W]:
        """Return the grid with some cards and wires moved; the cost depends only on these."""
        grid: SpatialGrid[C, W] = SpatialGrid({}, {})
        grid._cards = {**self._cards, **cards}
        grid._wires = {**self._wires, **wires}
        grid._card_cells, grid._wire_cells = self._card_cells, self._wire_cells
        grid._long_wires = self._long_wires
        grid._moved_cards, grid._moved_wires = dict(cards), dict(wires)
        return grid

    @property
    def bounds(self) -> Box:
        if self._bounds is None:
            cards = self._cards.values()
            self._bounds = (
                min(c.x for c in cards),
                min(c.y for c in cards),
                max(c.x + c.w for c in cards),
                max(c.y + c.h for c in cards),
            )
        return self._bounds

    def box(self, card_id: str) -> Box:
        card = self._cards[card_id]
        return (card.x, card.y, card.x + card.w, card.y + card.h)

    def cards_near(self, x: float, y: float) -> list[str]:
        """Return the ids of the cards that contain a point."""
        return [c.id for c in self.cards_in((x, y, x, y))]

    def cards_in(self, box: Box) -> list[C]:
        left, top, right, bottom = box
        if self._cards and _holds(box, self.bounds):
            return list(self._cards.values())
        cards: dict[int, C] = {}
        for cell in self._cells_of(box, self._card_cells):
            for c in self._card_cells.get(cell, ()):
                if c.x <= right and c.x + c.w >= left and c.y <= bottom and c.y + c.h >= top:
                    cards[id(c)] = c
        if not self._moved_cards:
            return list(cards.values())
        near = [c for c in cards.values() if c.id not in self._moved_cards]
        near += [
            c
            for c in self._moved_cards.values()
            if c.x <= right and c.x + c.w >= left and c.y <= bottom and c.y + c.h >= top
        ]
        return near

    def wires_in(self, box: Box) -> list[W]:
        """Return at least the wires whose boxes touch a rectangle."""
        if self._cards and _holds(box, self.bounds):
            return list(self._wires.values())
        wires: dict[int, W] = {id(wire): wire for wire in self._long_wires}
        for cell in self._cells_of(box, self._wire_cells):
            for wire in self._wire_cells.get(cell, ()):
                wires[id(wire)] = wire
        if not self._moved_wires:
            return list(wires.values())
        near = [w for w in wires.values() if (w.source, w.target) not in self._moved_wires]
        return [*near, *self._moved_wires.values()]

    @staticmethod
    def _cells_of(box: Box, cells: Mapping[tuple[int, int], object]) -> list[tuple[int, int]]:
        left, top = math.floor(box[0] / _CELL_X), math.floor(box[1] / _CELL_Y)
        right, bottom = math.floor(box[2] / _CELL_X), math.floor(box[3] / _CELL_Y)
        if (right - left + 1) * (bottom - top + 1) > len(cells):
            return [c for c in cells if left <= c[0] <= right and top <= c[1] <= bottom]
        return [(x, y) for x in range(left, right + 1) for y in range(top, bottom + 1)]


def _holds(outer: Box, inner: Box) -> bool:
    return (
        outer[0] <= inner[0]
        and outer[1] <= inner[1]
        and outer[2] >= inner[2]
        and outer[3] >= inner[3]
    )


def _cells(box: Box) -> list[tuple[int, int]]:
    left, top = math.floor(box[0] / _CELL_X), math.floor(box[1] / _CELL_Y)
    right, bottom = math.floor(box[2] / _CELL_X), math.floor(box[3] / _CELL_Y)
    if left == right and top == bottom:
        return [(left, top)]
    return [(x, y) for x in range(left, right + 1) for y in range(top, bottom + 1)]
