"""Where cards stand when nobody placed them: a layered layout of the graph.

A network is mostly a chain with detours. The graph is cut at the nodes that everything passes
through; each piece between two cuts is laid out for itself and hung under the piece before it.
A chain falls into pieces of two and stays a straight column; a piece with branches is laid out
by grandalf (Sugiyama, Tagawa, Toda, "Methods for visual understanding of hierarchical system
structures", 1981; Brandes and Köpf, "Fast and simple horizontal coordinate assignment", 2001).
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from netbuilder.core.project.model import Graph, Point

CARD = (260.0, 44.0)  # width and height of a node's card
GAP_ALONG = 36.0  # between rows: card and gap make the pitch of 80
GAP_ALONG_HORIZONTAL = 128.0  # between columns: room for a shape on the wire
GAP_ACROSS = 60.0  # between neighbours in a row
GAP_PARTS = 120.0  # between parts that are not connected
_GRANDALF_LIMIT = 1500  # rows crossed by all wires of a piece: above, grandalf takes seconds

Size = tuple[float, float]
_Pair = tuple[int, int]


@dataclass(frozen=True)
class VisibleGraph:
    """What is to be seen of a graph when collapsed groups stand for their members.

    ``stand_in`` gives for each node the id that is shown in its place: its own, or that of the
    outermost collapsed group around it. ``edges`` are wires between shown ids, each once;
    ``wires`` gives the wires of the graph behind each.
    """

    ids: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]
    stand_in: Mapping[str, str]
    wires: Mapping[tuple[str, str], tuple[tuple[str, str], ...]]


def visible_graph(graph: Graph) -> VisibleGraph:
    """The graph as it is seen: members of collapsed groups folded into the group."""
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
        found, walk, seen = None, group.id, set[str]()
        while walk in graph.group_by_id and walk not in seen:  # a file may hold a ring of parents
            seen.add(walk)
            if graph.group_by_id[walk].collapsed:
                found = walk
            walk = graph.group_by_id[walk].parent or ""
        outermost[group.id] = found
    return {node.id: outermost.get(node.group or "") or node.id for node in graph.nodes}


def layout_graph(
    graph: Graph, horizontal: bool = False, sizes: Mapping[str, Size] | None = None
) -> dict[str, Point]:
    """The upper left corner of every shown node and collapsed group, in pixels at 100 %.

    Args:
        graph: positions that its nodes have are not looked at.
        horizontal: from left to right instead of from top to bottom.
        sizes: width and height by id, where a card is not 260×44.

    Returns:
        ids of nodes, and of collapsed groups in place of their members, to ``(x, y)``. The first
        part begins at ``(0, 0)``; parts that are not connected stand side by side.
    """
    seen = visible_graph(graph)
    return arrange_cards(seen.ids, seen.edges, horizontal, sizes)


def arrange_cards(
    ids: Sequence[str],
    edges: Sequence[tuple[str, str]],
    horizontal: bool = False,
    sizes: Mapping[str, Size] | None = None,
    placed: Container[str] = (),
) -> dict[str, Point]:
    """``layout_graph`` of bare ids and edges; edges of a cycle that point back are left out.

    A part that is not connected to others and of which all ids are ``placed`` (they have a
    place already) takes no room and is left out.
    """
    index = {one: i for i, one in enumerate(ids)}
    pairs = [(index[a], index[b]) for a, b in edges if a in index and b in index and a != b]
    order, forward = _without_cycles(len(ids), pairs)
    forward = _without_detours(order, forward)
    sources: list[list[int]] = [[] for _ in ids]
    for a, b in dict.fromkeys(pairs):
        if b in forward[a]:
            sources[b].append(a)
    extent = [(sizes or {}).get(one, CARD) for one in ids]
    if horizontal:
        extent = [(height, width) for width, height in extent]
    gap = GAP_ALONG_HORIZONTAL if horizontal else GAP_ALONG
    centres: dict[int, Point] = {}
    edge_of_parts = 0.0
    for part in _parts(len(ids), order, forward):
        if all(ids[v] in placed for v in part):
            continue
        laid = _lay_part(_pieces(part, forward), part[0], sources, extent, gap)
        left = min(x - extent[v][0] / 2 for v, (x, _) in laid.items())
        right = max(x + extent[v][0] / 2 for v, (x, _) in laid.items())
        for v, (x, y) in laid.items():
            centres[v] = (x - left + edge_of_parts, y)
        edge_of_parts += right - left + (GAP_PARTS if not horizontal else GAP_ACROSS)
    corners = {
        ids[v]: (x - extent[v][0] / 2, y - extent[v][1] / 2) for v, (x, y) in centres.items()
    }
    if horizontal:
        corners = {one: (y, x) for one, (x, y) in corners.items()}
    return corners


def place_missing(
    ids: Sequence[str],
    edges: Sequence[tuple[str, str]],
    given: Mapping[str, Point],
    horizontal: bool = False,
) -> dict[str, Point]:
    """Places for those of ``ids`` that have none in ``given``, on no other card.

    A part in which some cards are placed is laid out and moved so that its first placed card
    stands where it was put; the others follow it, each behind what feeds it. A part of which
    none is placed stands beside the placed ones.
    """
    laid = arrange_cards(ids, edges, horizontal, placed=given)
    if not given:
        return laid
    index = {one: i for i, one in enumerate(ids)}
    pairs = [(index[a], index[b]) for a, b in edges if a in index and b in index and a != b]
    order, forward = _without_cycles(len(ids), pairs)
    before: list[list[int]] = [[] for _ in ids]
    for a, targets in enumerate(forward):
        for b in targets:
            before[b].append(a)
    found: dict[str, Point] = {}
    taken = _OccupiedCells(given)
    for part in _parts(len(ids), order, forward):
        names = [ids[v] for v in part]
        if all(one in given for one in names):
            continue
        dx, dy = _shift(names, laid, given, taken)
        for v in part:
            if ids[v] in given:
                continue
            x, y = laid[ids[v]]
            above = [taken.places[ids[a]] for a in before[v] if ids[a] in taken.places]
            below = [given[ids[b]] for b in forward[v] if ids[b] in given]
            place = _in_direction((x + dx, y + dy), above, below, horizontal)
            found[ids[v]] = taken.put(ids[v], _beside(place, taken, horizontal))
    return found


def _shift(
    names: list[str], laid: Mapping[str, Point], given: Mapping[str, Point], taken: _OccupiedCells
) -> Point:
    """How far a part is moved from where it was laid out."""
    anchor = next((one for one in names if one in given), None)
    if anchor is not None:
        return (given[anchor][0] - laid[anchor][0], given[anchor][1] - laid[anchor][1])
    if not any(taken.under(laid[one]) for one in names):
        return (0.0, 0.0)
    right = max(x for x, _ in taken.places.values()) + CARD[0] + GAP_PARTS
    return (right - min(laid[one][0] for one in names), 0.0)


def _in_direction(
    place: Point, sources: list[Point], targets: list[Point], horizontal: bool
) -> Point:
    """Behind all sources; and, with none, before all placed targets."""
    axis = 0 if horizontal else 1
    step = CARD[axis] + (GAP_ALONG_HORIZONTAL if horizontal else GAP_ALONG)
    along = place[axis]
    if sources:
        along = max(along, max(source[axis] for source in sources) + step)
    elif targets:
        along = min(along, min(target[axis] for target in targets) - step)
    return (along, place[1]) if horizontal else (place[0], along)


class _OccupiedCells:
    """Where cards stand, by cells of a card's size, so that a look costs the same at any number."""

    def __init__(self, places: Mapping[str, Point]) -> None:
        self.places: dict[str, Point] = {}
        self._cells: dict[tuple[int, int], list[Point]] = {}
        for one, place in places.items():
            self.put(one, place)

    def put(self, one: str, place: Point) -> Point:
        """Let a card stand somewhere."""
        self.places[one] = place
        self._cells.setdefault(_cell(place), []).append(place)
        return place

    def under(self, place: Point) -> Point | None:
        """The place of a card that a card at ``place`` would lie on, or None."""
        column, row = _cell(place)
        for x in (column - 1, column, column + 1):
            for y in (row - 1, row, row + 1):
                for other in self._cells.get((x, y), ()):
                    near = abs(place[0] - other[0]) < CARD[0] and abs(place[1] - other[1]) < CARD[1]
                    if near:
                        return other
        return None


def _cell(place: Point) -> tuple[int, int]:
    return (int(place[0] // CARD[0]), int(place[1] // CARD[1]))


def _beside(place: Point, taken: _OccupiedCells, horizontal: bool) -> Point:
    """The place itself, or the next one across the reading direction that is free."""
    x, y = place
    while True:
        hit = taken.under((x, y))
        if hit is None:
            return (x, y)
        if horizontal:
            y = hit[1] + CARD[1] + GAP_ACROSS / 2
        else:
            x = hit[0] + CARD[0] + GAP_ACROSS


def _without_cycles(count: int, pairs: list[_Pair]) -> tuple[list[int], list[list[int]]]:
    """An order of all vertices, and for each the later vertices that it feeds."""
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
        if done == len(order):  # all that is left lies in or behind a cycle: open it at the first
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
    """Without the edges past which a longer path leads to the same vertex.

    A skip connection is one: left out, the block that it goes round stays a straight column,
    and its wire is led along the side.
    """
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
    """Vertices by connected part, each in ``order``; parts in the order of their first vertex."""
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
    """Centres of the vertices of one connected part, its pieces hung one under the other."""
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
        found = _lay_piece(edges, tuple(extent[v] for v in piece), gap)
        for v, (x, y) in zip(piece, found, strict=True):
            centres[v] = (x0 + x - found[0][0], y0 + y - found[0][1])
    return centres


def _pieces(part: list[int], forward: list[list[int]]) -> list[list[int]]:
    """Cut a part at the vertices that every path passes through; cuts belong to both pieces."""
    rank = {v: i for i, v in enumerate(part)}
    pieces: list[list[int]] = []
    start = 0
    reach = 0  # the furthest rank that an edge from before the vertex at hand goes to
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
    """Centres of a piece's vertices. Blocks of a network repeat, so that most are remembered."""
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
    """-1 where the mirror image brings more inputs from left to right in their order, else 1.

    ``edges`` stand by target, and for each target in the order of its inputs.
    """
    score = 0
    for (a, b), (c, d) in pairwise(edges):
        if b == d:
            score += (centres[c][0] > centres[a][0]) - (centres[c][0] < centres[a][0])
    return -1 if score < 0 else 1


def _rows(edges: tuple[_Pair, ...], count: int) -> list[int]:
    """The row of each vertex: one below the lowest of what feeds it (vertices are in order)."""
    rows = [0] * count
    for a, b in sorted(edges):
        rows[b] = max(rows[b], rows[a] + 1)
    return rows


def _lay_rows(rows: list[int], extent: tuple[Size, ...], gap: float) -> tuple[Point, ...]:
    """Plain centred rows, for pieces whose wires are too many to untangle in time."""
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
