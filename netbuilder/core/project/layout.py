"""Automatic layout: the graph is cut at the nodes that all paths pass, and laid out by piece.

A chain becomes a straight column, and more than 25 rows several columns; a piece with branches is
laid out by grandalf (Sugiyama, Tagawa, Toda, "Methods for visual understanding of hierarchical
system structures", 1981; Brandes and Köpf, "Fast and simple horizontal coordinate assignment",
2001).
"""

from __future__ import annotations

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from netbuilder.core.project.model import Graph, Point

CARD = (260.0, 44.0)  # width and height
GAP_ALONG = 36.0  # between rows: the pitch is 80
GAP_ALONG_HORIZONTAL = 128.0  # between columns: room for a shape
GAP_ACROSS = 60.0  # between cards in a row
GAP_PARTS = 120.0  # between unconnected parts
FOLD_ROWS = 25  # a part with more rows is folded into columns
GAP_COLUMNS = 280.0  # between these: room for previews
_GRANDALF_LIMIT = 1500  # rows crossed by a piece's edges: with more, grandalf takes seconds

Size = tuple[float, float]
_Pair = tuple[int, int]


@dataclass(frozen=True)
class VisibleGraph:
    """The graph with collapsed groups in place of their members.

    ``stand_in``: each node's visible id; ``edges``: pairs of visible ids; ``wires``: their edges.
    """

    ids: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]
    stand_in: Mapping[str, str]
    wires: Mapping[tuple[str, str], tuple[tuple[str, str], ...]]


def visible_graph(graph: Graph) -> VisibleGraph:
    """Return the graph with members of collapsed groups folded into the group."""
    stand_in = _stand_ins(graph)
    ids = tuple(dict.fromkeys(stand_in.values()))
    wires: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {}
    for edge in graph.edges:
        source, target = stand_in.get(edge[0]), stand_in.get(edge[1])
        if source is not None and target is not None and source != target:
            key = (source, target)
            wires[key] = (*wires[key], edge) if key in wires else (edge,)
    return VisibleGraph(ids, tuple(wires), stand_in, wires)


def _stand_ins(graph: Graph) -> dict[str, str]:
    if not graph.groups:
        return {node.id: node.id for node in graph.nodes}
    outermost: dict[str, str | None] = {}
    for group in graph.groups:
        collapsed, current, visited = None, group.id, set[str]()
        while (
            current in graph.group_by_id and current not in visited
        ):  # a file may contain a cycle of parents
            visited.add(current)
            if graph.group_by_id[current].collapsed:
                collapsed = current
            current = graph.group_by_id[current].parent or ""
        outermost[group.id] = collapsed
    return {node.id: outermost.get(node.group or "") or node.id for node in graph.nodes}


def layout_graph(
    graph: Graph, horizontal: bool = False, sizes: Mapping[str, Size] | None = None
) -> dict[str, Point]:
    """Return the upper left corner of each visible node and group, in pixels at 100 %.

    The first part starts at (0, 0); unconnected parts are side by side. Positions of the graph are
    ignored. ``sizes`` are width and height by id, if not 260×44.
    """
    visible = visible_graph(graph)
    return arrange_cards(visible.ids, visible.edges, horizontal, sizes)


def arrange_cards(
    ids: Sequence[str],
    edges: Sequence[tuple[str, str]],
    horizontal: bool = False,
    sizes: Mapping[str, Size] | None = None,
    placed: Container[str] = (),
) -> dict[str, Point]:
    """Lay out ids and edges as ``layout_graph`` does, except parts that are all ``placed``."""
    index = {name: i for i, name in enumerate(ids)}
    pairs = [(index[a], index[b]) for a, b in edges if a in index and b in index and a != b]
    order, forward = _without_cycles(len(ids), pairs)
    forward = _without_detours(order, forward)
    sources: list[list[int]] = [[] for _ in ids]
    for a, b in dict.fromkeys(pairs):
        if b in forward[a]:
            sources[b].append(a)
    extent = [(sizes or {}).get(name, CARD) for name in ids]
    if horizontal:
        extent = [(height, width) for width, height in extent]
    gap = GAP_ALONG_HORIZONTAL if horizontal else GAP_ALONG
    centres: dict[int, Point] = {}
    offset = 0.0
    for part in _parts(len(ids), order, forward):
        if all(ids[v] in placed for v in part):
            continue
        pieces = _pieces(part, forward)
        local = _lay_part(pieces, part[0], sources, extent, gap)
        local = _fold(pieces, part[0], local, extent, gap)
        left = min(x - extent[v][0] / 2 for v, (x, _) in local.items())
        right = max(x + extent[v][0] / 2 for v, (x, _) in local.items())
        for v, (x, y) in local.items():
            centres[v] = (x - left + offset, y)
        offset += right - left + (GAP_PARTS if not horizontal else GAP_ACROSS)
    corners = {
        ids[v]: (x - extent[v][0] / 2, y - extent[v][1] / 2) for v, (x, y) in centres.items()
    }
    if horizontal:
        corners = {name: (y, x) for name, (x, y) in corners.items()}
    return corners


def place_missing(
    ids: Sequence[str],
    edges: Sequence[tuple[str, str]],
    fixed: Mapping[str, Point],
    horizontal: bool = False,
) -> dict[str, Point]:
    """Return positions for the ``ids`` without one in ``fixed``, not overlapping other cards.

    A partly placed part is laid out and moved to its first placed card, other cards after their
    sources. A part without placed cards goes beside the placed ones.
    """
    layout = arrange_cards(ids, edges, horizontal, placed=fixed)
    if not fixed:
        return layout
    index = {name: i for i, name in enumerate(ids)}
    pairs = [(index[a], index[b]) for a, b in edges if a in index and b in index and a != b]
    order, forward = _without_cycles(len(ids), pairs)
    before: list[list[int]] = [[] for _ in ids]
    for a, targets in enumerate(forward):
        for b in targets:
            before[b].append(a)
    positions: dict[str, Point] = {}
    occupied = _OccupiedCells(fixed)
    for part in _parts(len(ids), order, forward):
        names = [ids[v] for v in part]
        if all(name in fixed for name in names):
            continue
        dx, dy = _shift(names, layout, fixed, occupied)
        for v in part:
            if ids[v] in fixed:
                continue
            x, y = layout[ids[v]]
            above = [occupied.places[ids[a]] for a in before[v] if ids[a] in occupied.places]
            below = [fixed[ids[b]] for b in forward[v] if ids[b] in fixed]
            place = _in_direction((x + dx, y + dy), above, below, horizontal)
            positions[ids[v]] = occupied.put(ids[v], _beside(place, occupied, horizontal))
    return positions


def _shift(
    names: list[str],
    layout: Mapping[str, Point],
    fixed: Mapping[str, Point],
    occupied: _OccupiedCells,
) -> Point:
    anchor = next((name for name in names if name in fixed), None)
    if anchor is not None:
        return (fixed[anchor][0] - layout[anchor][0], fixed[anchor][1] - layout[anchor][1])
    if not any(occupied.under(layout[name]) for name in names):
        return (0.0, 0.0)
    right = max(x for x, _ in occupied.places.values()) + CARD[0] + GAP_PARTS
    return (right - min(layout[name][0] for name in names), 0.0)


def _in_direction(
    place: Point, sources: list[Point], targets: list[Point], horizontal: bool
) -> Point:
    """Return a position after all sources or, without any, before all placed targets."""
    axis = 0 if horizontal else 1
    step = CARD[axis] + (GAP_ALONG_HORIZONTAL if horizontal else GAP_ALONG)
    along = place[axis]
    if sources:
        along = max(along, max(source[axis] for source in sources) + step)
    elif targets:
        along = min(along, min(target[axis] for target in targets) - step)
    return (along, place[1]) if horizontal else (place[0], along)


class _OccupiedCells:
    """Positions of cards in a grid of cells, for fast overlap queries."""

    def __init__(self, places: Mapping[str, Point]) -> None:
        self.places: dict[str, Point] = {}
        self._cells: dict[tuple[int, int], list[Point]] = {}
        for name, place in places.items():
            self.put(name, place)

    def put(self, name: str, place: Point) -> Point:
        self.places[name] = place
        self._cells.setdefault(_cell(place), []).append(place)
        return place

    def under(self, place: Point) -> Point | None:
        """Return the position of a card that one at ``place`` would overlap, or None."""
        column, row = _cell(place)
        for x in (column - 1, column, column + 1):
            for y in (row - 1, row, row + 1):
                for other in self._cells.get((x, y), ()):
                    overlaps = (
                        abs(place[0] - other[0]) < CARD[0] and abs(place[1] - other[1]) < CARD[1]
                    )
                    if overlaps:
                        return other
        return None


def _cell(place: Point) -> tuple[int, int]:
    return (int(place[0] // CARD[0]), int(place[1] // CARD[1]))


def _beside(place: Point, occupied: _OccupiedCells, horizontal: bool) -> Point:
    """Return the next free position across the reading direction."""
    x, y = place
    while True:
        obstacle = occupied.under((x, y))
        if obstacle is None:
            return (x, y)
        if horizontal:
            y = obstacle[1] + CARD[1] + GAP_ACROSS / 2
        else:
            x = obstacle[0] + CARD[0] + GAP_ACROSS


def _without_cycles(count: int, pairs: list[_Pair]) -> tuple[list[int], list[list[int]]]:
    """Return an order of all vertices, and for each the later vertices that it feeds."""
    targets: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    for a, b in dict.fromkeys(pairs):
        targets[a].append(b)
        waiting[b] += 1
    order = [v for v in range(count) if waiting[v] == 0]
    placed = set(order)
    done = 0
    first_left = 0
    while len(order) < count or done < len(order):
        if done == len(order):  # only cycles are left: break one at its first vertex
            while first_left in placed:
                first_left += 1
            order.append(first_left)
            placed.add(first_left)
        vertex = order[done]
        done += 1
        for target in targets[vertex]:
            waiting[target] -= 1
            if waiting[target] == 0 and target not in placed:
                order.append(target)
                placed.add(target)
    rank = {v: i for i, v in enumerate(order)}
    return order, [[b for b in targets[a] if rank[b] > rank[a]] for a in range(count)]


def _without_detours(order: list[int], forward: list[list[int]]) -> list[list[int]]:
    """Remove edges that bypass a longer path, so that the bypassed block stays straight."""
    if all(len(targets) < 2 for targets in forward):
        return forward
    reached = [0] * len(forward)  # bit t of reached[v]: a path leads from v to t
    for v in reversed(order):
        for target in forward[v]:
            reached[v] |= reached[target] | 1 << target
    return [
        [t for t in targets if not any(reached[other] >> t & 1 for other in targets if other != t)]
        if len(targets) > 1
        else targets
        for targets in forward
    ]


def _parts(count: int, order: list[int], forward: list[list[int]]) -> list[list[int]]:
    root = list(range(count))

    def find(v: int) -> int:
        while root[v] != v:
            root[v] = root[root[v]]
            v = root[v]
        return v

    for a in range(count):
        for b in forward[a]:
            ra, rb = find(a), find(b)
            root[max(ra, rb)] = min(ra, rb)
    parts: dict[int, list[int]] = {v: [] for v in range(count) if root[v] == v}
    for v in order:
        parts[find(v)].append(v)
    return list(parts.values())


def _lay_part(
    pieces: list[list[int]], first: int, sources: list[list[int]], extent: list[Size], gap: float
) -> dict[int, Point]:
    centres: dict[int, Point] = {first: (0.0, extent[first][1] / 2)}
    for piece in pieces:
        head = piece[0]
        x0, y0 = centres.get(head, (0.0, extent[head][1] / 2))
        if len(piece) == 2:
            below = y0 + extent[head][1] / 2 + gap + extent[piece[1]][1] / 2
            centres[piece[1]] = (x0, below)
            continue
        local = {v: i for i, v in enumerate(piece)}
        edges = tuple((local[a], local[b]) for b in piece for a in sources[b] if a in local)
        piece_centres = _lay_piece(edges, tuple(extent[v] for v in piece), gap)
        for v, (x, y) in zip(piece, piece_centres, strict=True):
            centres[v] = (x0 + x - piece_centres[0][0], y0 + y - piece_centres[0][1])
    return centres


def _fold(
    pieces: list[list[int]], first: int, centres: dict[int, Point], extent: list[Size], gap: float
) -> dict[int, Point]:
    """Fold a part of more than ``FOLD_ROWS`` rows into columns of about equal height."""
    top = centres[first][1] - extent[first][1] / 2
    pitch = extent[first][1] + gap
    rows = (max(y for _x, y in centres.values()) - centres[first][1]) / pitch + 1
    if rows <= FOLD_ROWS:
        return centres
    columns = math.ceil(rows / FOLD_ROWS)
    height = math.ceil(rows / columns) * pitch
    folded, left, shift, members = dict(centres), 0.0, 0.0, [first]
    for vertices in (piece[1:] for piece in pieces):
        bottom = max(centres[v][1] + extent[v][1] / 2 for v in vertices)
        if bottom - shift - top > height and members:
            left += _place_column(members, folded, extent, left) + GAP_COLUMNS
            shift = min(centres[v][1] - extent[v][1] / 2 for v in vertices) - top
            members = []
        for v in vertices:
            folded[v] = (centres[v][0], centres[v][1] - shift)
        members += vertices
    _place_column(members, folded, extent, left)
    return folded


def _place_column(
    members: list[int], places: dict[int, Point], extent: list[Size], left: float
) -> float:
    """Move a column's members to start at ``left``, and return its width."""
    start = min(places[v][0] - extent[v][0] / 2 for v in members)
    end = max(places[v][0] + extent[v][0] / 2 for v in members)
    for v in members:
        places[v] = (places[v][0] - start + left, places[v][1])
    return end - start


def _pieces(part: list[int], forward: list[list[int]]) -> list[list[int]]:
    """Cut a part at the vertices that every path passes; cuts belong to both pieces."""
    rank = {v: i for i, v in enumerate(part)}
    pieces: list[list[int]] = []
    start = 0
    reach = 0  # the highest rank that an earlier vertex feeds
    for i, v in enumerate(part):
        if i > start and reach <= i:
            pieces.append(part[start : i + 1])
            start = i
        reach = max([reach, *(rank[b] for b in forward[v])])
    if start < len(part) - 1:
        pieces.append(part[start:])
    return pieces


@lru_cache(maxsize=512)
def _lay_piece(edges: tuple[_Pair, ...], extent: tuple[Size, ...], gap: float) -> tuple[Point, ...]:
    """Return the centres of a piece's vertices; cached, since blocks of a network repeat."""
    rows = _rows(edges, len(extent))
    if sum(rows[b] - rows[a] for a, b in edges) > _GRANDALF_LIMIT:
        return _lay_rows(rows, extent, gap)
    from grandalf.graphs import Edge, Graph as Drawing, Vertex
    from grandalf.layouts import SugiyamaLayout, VertexViewer

    vertices = [Vertex(i) for i in range(len(extent))]
    for vertex, (width, height) in zip(vertices, extent, strict=True):
        vertex.view = VertexViewer(width, height)
    drawing = Drawing(vertices, [Edge(vertices[a], vertices[b]) for a, b in edges])
    centres: dict[int, Point] = {}
    for part in drawing.C:
        sugiyama = SugiyamaLayout(part)
        sugiyama.xspace = GAP_ACROSS
        sugiyama.yspace = gap
        sugiyama.init_all()
        sugiyama.draw(3)
        for vertex in part.sV:
            centres[vertex.data] = (float(vertex.view.xy[0]), float(vertex.view.xy[1]))
    side = _mirrored(edges, centres)
    return tuple((side * centres[i][0], centres[i][1]) for i in range(len(extent)))


def _mirrored(edges: tuple[_Pair, ...], centres: Mapping[int, Point]) -> int:
    """Return -1 if the mirror image orders more inputs from left to right, else 1."""
    score = 0
    for (a, b), (c, d) in pairwise(edges):
        if b == d:
            score += (centres[c][0] > centres[a][0]) - (centres[c][0] < centres[a][0])
    return -1 if score < 0 else 1


def _rows(edges: tuple[_Pair, ...], count: int) -> list[int]:
    """Return the row of each vertex: one below its lowest source (vertices are in order)."""
    rows = [0] * count
    for a, b in sorted(edges):
        rows[b] = max(rows[b], rows[a] + 1)
    return rows


def _lay_rows(rows: list[int], extent: tuple[Size, ...], gap: float) -> tuple[Point, ...]:
    """Return plain centred rows, for pieces with too many edges to untangle."""
    members: dict[int, list[int]] = {}
    for v, row in enumerate(rows):
        members.setdefault(row, []).append(v)
    centres: dict[int, Point] = {}
    y = 0.0
    for row in sorted(members):
        height = max(extent[v][1] for v in members[row])
        width = sum(extent[v][0] for v in members[row]) + GAP_ACROSS * (len(members[row]) - 1)
        x = -width / 2
        for v in members[row]:
            centres[v] = (x + extent[v][0] / 2, y + height / 2)
            x += extent[v][0] + GAP_ACROSS
        y += height + gap
    return tuple(centres[i] for i in range(len(extent)))
