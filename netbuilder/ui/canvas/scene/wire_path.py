"""The route of a wire: straight, a curve, or along a lane beside the cards in between."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from netbuilder.core.project.model import Point
from netbuilder.ui.canvas.scene.spatial_index import SpatialGrid

_STEPS = 12  # segments of a curve in hit tests
LANE_GAP = 22.0  # from a card to the lane beside it
_LANE_STEP = 12.0  # from lane to lane
_LANES_BESIDE = 12
_MANY_LANES = 200  # with more, lanes may coincide
_BEND = 36.0  # length of the turn into a lane


@dataclass(slots=True)
class WireRoute:
    """A route from ``(x1, y1)`` to ``(x2, y2)``; ``lane`` is the x (horizontal: y) of a detour."""

    x1: float
    y1: float
    x2: float
    y2: float
    horizontal: bool = False
    lane: float | None = None

    @property
    def straight(self) -> bool:
        if self.lane is not None:
            return False
        same = self.y1 == self.y2 if self.horizontal else self.x1 == self.x2
        ahead = self.x2 >= self.x1 if self.horizontal else self.y2 >= self.y1
        return same and ahead

    def curves(self) -> list[tuple[Point, Point, Point, Point]]:
        ways = self._curves_down(*self._turned())
        if self.horizontal:
            return [tuple((y, x) for x, y in curve) for curve in ways]  # type: ignore[misc]
        return ways

    def _turned(self) -> tuple[float, float, float, float]:
        if self.horizontal:
            return self.y1, self.x1, self.y2, self.x2
        return self.x1, self.y1, self.x2, self.y2

    def _curves_down(
        self, x1: float, y1: float, x2: float, y2: float
    ) -> list[tuple[Point, Point, Point, Point]]:
        if self.lane is None:
            reach = max(24.0, abs(y2 - y1) * 0.45) if y2 >= y1 else 60.0
            return [((x1, y1), (x1, y1 + reach), (x2, y2 - reach), (x2, y2))]
        lane = self.lane
        bend = _BEND if y2 >= y1 else _BEND * 0.7
        top, bottom = y1 + bend, y2 - bend
        sweep = bend * 0.6
        along = sweep if bottom >= top else -sweep
        return [
            ((x1, y1), (x1, y1 + sweep), (lane, top - along), (lane, top)),
            ((lane, top), (lane, top), (lane, bottom), (lane, bottom)),
            ((lane, bottom), (lane, bottom + along), (x2, y2 - sweep), (x2, y2)),
        ]

    def points(self) -> list[Point]:
        """Return points along the wire for hit tests and coarse drawing."""
        if self.straight:
            return [(self.x1, self.y1), (self.x2, self.y2)]
        steps = range(_STEPS + 1)
        return [_at(curve, step / _STEPS) for curve in self.curves() for step in steps]

    def middle(self) -> Point:
        if self.straight:
            return ((self.x1 + self.x2) / 2, (self.y1 + self.y2) / 2)
        curves = self.curves()
        return _at(curves[len(curves) // 2], 0.5)

    def box(self) -> tuple[float, float, float, float]:
        if self.straight:
            return (self.x1, self.y1, self.x2, self.y2)
        spots = [spot for curve in self.curves() for spot in curve]
        return (
            min(x for x, _ in spots),
            min(y for _, y in spots),
            max(x for x, _ in spots),
            max(y for _, y in spots),
        )

    def distance(self, x: float, y: float, stretch: float = 1.0) -> float:
        """Return a point's distance, with vertical distances multiplied by ``stretch``."""
        points = [(px, py * stretch) for px, py in self.points()]
        return min(_to_segment(x, y * stretch, *a, *b) for a, b in itertools.pairwise(points))


def _at(curve: tuple[Point, Point, Point, Point], t: float) -> Point:
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = curve
    u = 1 - t
    p, q, r, s = u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t
    return (p * ax + q * bx + r * cx + s * dx, p * ay + q * by + r * cy + s * dy)


def _to_segment(x: float, y: float, ax: float, ay: float, bx: float, by: float) -> float:
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    t = 0.0 if length == 0 else max(0.0, min(1.0, ((x - ax) * dx + (y - ay) * dy) / length))
    return math.hypot(x - ax - t * dx, y - ay - t * dy)


class RouteLanes:
    """Keeps parallel wires apart."""

    def __init__(self, taken: Iterable[WireRoute] = ()) -> None:
        self._taken: list[tuple[float, float, float]] = []
        for route in taken:
            if route.lane is not None:
                self._take(route, route.lane)

    def _take(self, route: WireRoute, lane: float) -> None:
        start, end = _extent(route)
        self._taken.append((lane, start, end))

    def around(
        self, route: WireRoute, grid: SpatialGrid[Any, Any], source: str, target: str
    ) -> None:
        """Give a route that crosses cards a lane on their left (horizontal: above)."""
        crossed = set[str]()
        for x, y in _samples(route):
            crossed.update(grid.cards_near(x, y))
        crossed -= {source, target}
        back = route.x2 < route.x1 if route.horizontal else route.y2 < route.y1
        if back:  # also avoids its own cards
            crossed |= {source, target}
        if not crossed:
            return
        side = 1 if route.horizontal else 0
        if back and grid.box(target)[side] > grid.box(source)[side + 2]:
            crossed = {target}  # the next column of a folded network: between the two
        lane = min(grid.box(card_id)[side] for card_id in crossed) - LANE_GAP
        start, end = _extent(route)
        if len(self._taken) < _MANY_LANES:
            for _ in range(_LANES_BESIDE):
                if not any(
                    abs(other - lane) < _LANE_STEP - 1 and first < end and start < last
                    for other, first, last in self._taken
                ):
                    break
                lane -= _LANE_STEP
        route.lane = lane
        self._take(route, lane)


def _extent(route: WireRoute) -> tuple[float, float]:
    a, b = (route.x1, route.x2) if route.horizontal else (route.y1, route.y2)
    return (min(a, b), max(a, b))


def _samples(route: WireRoute) -> list[Point]:
    length = abs(route.x2 - route.x1) + abs(route.y2 - route.y1)
    steps = max(2, min(400, int(length / 30)))
    curve = route.curves()[0]
    return [_at(curve, i / steps) for i in range(1, steps)]
