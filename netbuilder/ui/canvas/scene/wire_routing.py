"""Route wires between cards, and compute the frames of open groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from netbuilder.core.catalog.layers.layer_index import spec_of
from netbuilder.core.project.layout import GAP_ALONG
from netbuilder.core.project.model import Graph
from netbuilder.ui.canvas.scene.cards import (
    CARD_HEIGHT,
    CARD_WIDTH,
    FRAME_FOOT,
    FRAME_HEAD,
    FRAME_SIDE,
    Card,
    Frame,
    Wire,
    in_port,
    out_port,
)
from netbuilder.ui.canvas.scene.spatial_index import SpatialGrid
from netbuilder.ui.canvas.scene.wire_path import RouteLanes, WireRoute


def route_wires(
    cards: Mapping[str, Card],
    wires: Iterable[Wire],
    horizontal: bool,
    grid: SpatialGrid[Card, Wire] | None = None,
    others: Iterable[Wire] = (),
) -> None:
    """Route wires from port to port around other cards; ``others`` keep their routes."""
    long: list[tuple[float, Wire, WireRoute]] = []
    # Shorter wires have no card in between.
    least = CARD_WIDTH if horizontal else CARD_HEIGHT
    for wire in wires:
        start = out_port(cards[wire.source], horizontal)
        end = in_port(cards[wire.target], wire.slot, horizontal)
        route = WireRoute(*start, *end, horizontal)
        along = route.x2 - route.x1 if horizontal else route.y2 - route.y1
        if along > least or along < 0:
            long.append((abs(along), wire, route))
        else:
            _set_route(wire, route)
    if not long:
        return
    grid = grid or SpatialGrid(cards, {})
    lanes = RouteLanes(wire.route for wire in others)
    for _, wire, route in sorted(long, key=lambda item: item[0]):  # shorter ones inside
        lanes.around(route, grid, wire.source, wire.target)
        _set_route(wire, route)


def _set_route(wire: Wire, route: WireRoute) -> None:
    if route != wire.route:
        wire.route = route
        wire.cache.clear()


def order_slots(
    cards: Mapping[str, Card], wires: Mapping[tuple[str, str], Wire], horizontal: bool
) -> None:
    """Order the inputs of order-independent layers (Add) to avoid crossing wires."""
    incoming: dict[str, list[Wire]] = {}
    for wire in wires.values():
        card = cards[wire.target]
        if card.ports_in > 1 and spec_of(card.title).any_order:
            incoming.setdefault(card.id, []).append(wire)
    for inputs in incoming.values():

        def side(wire: Wire) -> float:
            a, b = cards[wire.source], cards[wire.target]
            across = a.y - b.y if horizontal else a.x - b.x
            along = b.x - a.x if horizontal else b.y - a.y
            step = (CARD_WIDTH if horizontal else CARD_HEIGHT) * 2 + GAP_ALONG
            return across - (1e6 if along > step and abs(across) < CARD_WIDTH / 2 else 0.0)

        for slot, wire in enumerate(sorted(inputs, key=side)):
            wire.slot = slot


def frames_of(graph: Graph, cards: Mapping[str, Card]) -> dict[str, Frame]:
    """Return the frames of open groups, outer ones first."""
    frames: dict[str, Frame] = {}
    if not graph.groups:
        return frames
    boxes: dict[str, list[tuple[float, float, float, float]]] = {}
    depth: dict[str, int] = {}
    for card in cards.values():
        inside = getattr(card.source, "group", None) or getattr(card.source, "parent", None)
        if inside:
            boxes.setdefault(inside, []).append((card.x, card.y, card.x + card.w, card.y + card.h))

    def nesting(group_id: str | None) -> int:
        levels, visited = 0, set[str]()
        while group_id and group_id in graph.group_by_id and group_id not in visited:
            visited.add(group_id)
            levels += 1
            group_id = graph.group_by_id[group_id].parent
        return levels

    for group in graph.groups:
        depth[group.id] = nesting(group.id)
    for group in sorted(graph.groups, key=lambda g: -depth[g.id]):
        if group.collapsed or group.id not in boxes:
            continue
        group_boxes = boxes[group.id]
        left = min(b[0] for b in group_boxes) - FRAME_SIDE
        top = min(b[1] for b in group_boxes) - FRAME_HEAD
        right = max(b[2] for b in group_boxes) + FRAME_SIDE
        bottom = max(b[3] for b in group_boxes) + FRAME_FOOT
        frames[group.id] = Frame(
            group.id, group.name, depth[group.id], left, top, right - left, bottom - top
        )
        if group.parent:
            boxes.setdefault(group.parent, []).append((left, top, right, bottom))
    return dict(sorted(frames.items(), key=lambda item: item[1].depth))
