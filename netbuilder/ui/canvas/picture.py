"""The project as cards, wires and frames: plain geometry, made of a value and no Qt.

``draw`` makes a ``Picture`` of a project; given the picture before, it keeps every card of
which nothing changed, so that an edit of one node costs the look-ups of the others and no more.
All lengths are pixels at 100 %; ``x`` and ``y`` of a card are its upper left corner.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from netbuilder.core.project.layout import (
    CARD,
    GAP_ACROSS,
    GAP_ALONG,
    GAP_ALONG_HORIZONTAL,
    Shown,
    arrange,
    shown,
)
from netbuilder.core.project.model import Edge, Graph, Group, Node, Point, Project
from netbuilder.ui.canvas import texts
from netbuilder.ui.canvas.routes import Lanes, Route
from netbuilder.ui.canvas.spatial import Grid

CARD_WIDTH, CARD_HEIGHT = CARD
GOAL = "@goal"  # id of the goal's card; of further outputs "@goal:<output id>"
_ORDERLESS = frozenset({"Add", "Multiply", "Average", "Maximum", "Minimum"})
FRAME_SIDE, FRAME_HEAD, FRAME_FOOT = 30.0, 24.0, 9.0  # around an open group's cards
HORIZONTAL = "horizontal"  # key in Graph.extra: the network reads from left to right


class MadeOf(NamedTuple):
    """What a node's card was made of, besides the node and its place."""

    shape: Any
    problems: tuple[Any, ...]
    ports: int
    owner: Node | None  # the node whose layer it shares
    data: tuple[Any, Any] | None


_NOTHING = MadeOf(None, (), 0, None, None)
_ORIGIN: Point = (0.0, 0.0)


@dataclass(slots=True)
class Card:
    """A node, a closed group or the goal of an output. Not changed once it is drawn."""

    id: str
    kind: str  # "node", "group", "goal", "unknown" (a layer that the catalog does not have)
    x: float
    y: float
    title: str
    detail: str
    count: str  # parameters, as text; "" for none
    category: str  # value of catalog Category, or ""
    ports_in: int  # number of places for wires coming in
    has_out: bool
    problems: tuple[Any, ...]  # check.Problem of the node itself, errors first
    follows: bool  # a layer further up has to be mended first
    source: Node | Group | None
    made_of: MadeOf  # compared with the next, so that a card is kept while it holds
    w: float = CARD_WIDTH
    h: float = CARD_HEIGHT
    cache: dict[str, Any] = field(default_factory=dict)  # laid-out text, kept by the painter


@dataclass(slots=True)
class Wire:
    """A wire between two cards. ``edges`` are the graph's edges that it shows ((), the goal's)."""

    source: str
    target: str
    route: Route
    label: str
    edges: tuple[Edge, ...]
    slot: int = 0  # which of the target's inputs
    shape: Any = None  # what the label says, compared by identity
    splits: bool = False  # the source feeds others too, so that the label stands at the target
    cache: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Frame:
    """An open group: the frame around its members, with its name on top."""

    id: str
    name: str
    depth: int
    x: float
    y: float
    w: float
    h: float


@dataclass(slots=True)
class Picture:
    """All that is to be seen of a project."""

    graph: Graph
    horizontal: bool
    cards: dict[str, Card]
    wires: dict[tuple[str, str], Wire]
    frames: dict[str, Frame]
    seen: Shown
    auto: dict[str, Point]
    key: tuple[Any, ...]
    cache: dict[str, Any] = field(default_factory=dict)  # kept by the painter
    _grid: Grid | None = None
    _by_card: dict[str, list[Wire]] | None = None

    @property
    def grid(self) -> Grid:
        """Cards and wires by place."""
        if self._grid is None:
            self._grid = Grid(self.cards, self.wires)
        return self._grid

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of all cards; of one card at the origin if there is none."""
        if not self.cards:
            return (0.0, 0.0, CARD_WIDTH, CARD_HEIGHT)
        return self.grid.bounds

    def shifted(self, at: Mapping[str, Point]) -> Picture:
        """This picture with some cards elsewhere: costs what moves, not what there is."""
        at = dict(at)
        for one in tuple(at):
            card = self.cards.get(one)
            for wire in self.wires_of(one) if card is not None else ():
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
        _lead(cards, led.values(), self.horizontal, grid, others)
        frames = _frames(self.graph, cards)
        picture = Picture(
            self.graph, self.horizontal, cards, wires, frames, self.seen, self.auto, self.key
        )
        picture._grid = grid
        return picture

    def wires_of(self, card_id: str) -> list[Wire]:
        """Wires that begin or end at a card."""
        if self._by_card is None:
            self._by_card = {}
            for wire in self.wires.values():
                self._by_card.setdefault(wire.source, []).append(wire)
                self._by_card.setdefault(wire.target, []).append(wire)
        return self._by_card.get(card_id, [])

    def out_port(self, card: Card) -> Point:
        """Where wires leave a card."""
        return out_port(card, self.horizontal)

    def in_port(self, card: Card, slot: int) -> Point:
        """Where the wire of input ``slot`` comes in."""
        return in_port(card, slot, self.horizontal)


def out_port(card: Card, horizontal: bool) -> Point:
    """Where wires leave a card."""
    if horizontal:
        return (card.x + card.w, card.y + card.h / 2)
    return (card.x + card.w / 2, card.y + card.h)


def in_port(card: Card, slot: int, horizontal: bool) -> Point:
    """Where the wire of input ``slot`` of ``card.ports_in`` comes in."""
    part = (slot + 1) / (max(card.ports_in, 1) + 1)
    if horizontal:
        return (card.x, card.y + card.h * part)
    return (card.x + card.w * part, card.y)


def draw(
    project: Project,
    *,
    shapes: Any = None,
    problems: tuple[Any, ...] = (),
    facts: Any = None,
    at: Mapping[str, Point] | None = None,
    before: Picture | None = None,
) -> Picture:
    """Make the picture of a project.

    Args:
        project: the value to show.
        shapes: ``check.Shapes`` or None while Keras has not spoken yet.
        problems: ``check.Problem`` values.
        facts: ``data.DataFacts`` or None.
        at: places that go before all others (a drag or an animation under way).
        before: the last picture; what did not change is taken over from it.
    """
    graph = project.graph
    horizontal = bool(graph.extra.get(HORIZONTAL))
    seen, auto, key = _arranged(graph, horizontal, before)
    by_node = _problems_by_card(problems, seen)
    node_shapes = shapes.by_node if shapes is not None else {}
    old = before.cards if before is not None else {}
    cards: dict[str, Card] = {}
    feeds = _inputs_by_card(seen)
    by_id, at = graph.by_id, at or {}
    for one in seen.ids:
        node = by_id.get(one)
        if node is None:
            group = graph.group_by_id[one]
            place = at.get(one) or group.position or _group_place(graph, one, seen, auto)
            cards[one] = _group_card(
                group, graph, seen, node_shapes, by_node.get(one, ()), feeds, place
            )
            continue
        place = at.get(one) or node.position or auto.get(one, _ORIGIN)
        made_of = MadeOf(
            node_shapes.get(one),
            by_node.get(one, ()),
            feeds.get(one, 0),
            by_id.get(node.shared) if node.shared else None,
            (project.data, facts) if node.layer == "Input" else None,
        )
        kept = old.get(one)
        if (
            kept is not None
            and kept.source is node
            and kept.x == place[0]
            and kept.y == place[1]
            and _same(kept.made_of, made_of)
        ):
            cards[one] = kept
        else:
            cards[one] = _node_card(node, place, made_of, project, facts)
    wires = _wires(seen, cards, node_shapes, before)
    _add_goals(project, facts, cards, wires, at, horizontal, node_shapes)
    _order_slots(cards, wires, horizontal)
    if before is not None and before.horizontal == horizontal and _same_places(old, cards):
        new = [w for key, w in wires.items() if before.wires.get(key) is not w]
        kept = (w for key, w in wires.items() if before.wires.get(key) is w)
        _lead(cards, new, horizontal, others=kept)
    else:
        _lead(cards, wires.values(), horizontal)
    return Picture(graph, horizontal, cards, wires, _frames(graph, cards), seen, auto, key)


def _same_places(old: Mapping[str, Card], new: Mapping[str, Card]) -> bool:
    return len(old) == len(new) and all(
        (kept := old.get(one)) is card
        or (
            kept is not None
            and kept.x == card.x
            and kept.y == card.y
            and kept.ports_in == card.ports_in
        )
        for one, card in new.items()
    )


def _same(old: MadeOf, new: MadeOf) -> bool:
    return (
        (old.shape is new.shape or old.shape == new.shape)
        and old.ports == new.ports
        and old.owner is new.owner
        and old.problems == new.problems
        and old.data == new.data
    )


def _arranged(
    graph: Graph, horizontal: bool, before: Picture | None
) -> tuple[Shown, dict[str, Point], tuple[Any, ...]]:
    """What is shown and where the layout puts it; kept while ids, wires and groups are the same."""
    key = (
        tuple((node.id, node.group, node.position is None) for node in graph.nodes),
        graph.edges,
        tuple((group.id, group.parent, group.collapsed) for group in graph.groups),
        horizontal,
    )
    if before is not None and before.key == key:
        return before.seen, before.auto, key
    seen = shown(graph)
    if all(node.position is not None for node in graph.nodes) and not graph.groups:
        return seen, {}, key
    placed = {n.id for n in graph.nodes if n.position is not None}
    placed |= {g.id for g in graph.groups if g.position is not None}
    return seen, arrange(seen.ids, seen.edges, horizontal, placed=placed), key


def _problems_by_card(problems: tuple[Any, ...], seen: Shown) -> dict[str, tuple[Any, ...]]:
    found: dict[str, list[Any]] = {}
    for problem in problems:
        if problem.node in seen.stand_in:
            found.setdefault(seen.stand_in[problem.node], []).append(problem)
    return {
        one: tuple(sorted(some, key=lambda p: (p.follows is not None, not p.blocks)))
        for one, some in found.items()
    }


def _inputs_by_card(seen: Shown) -> dict[str, int]:
    count: dict[str, int] = {}
    for _, target in seen.edges:
        count[target] = count.get(target, 0) + 1
    return count


def _node_card(node: Node, place: Point, made_of: MadeOf, project: Project, facts: Any) -> Card:
    spec = texts.spec_of(node)
    takes = spec is None or spec.max_inputs != 0
    problems = made_of.problems
    return Card(
        id=node.id,
        kind="node" if spec is not None else "unknown",
        x=place[0],
        y=place[1],
        title=texts.title(node),
        detail=texts.detail(node, made_of.owner, project, facts),
        count=texts.count(made_of.shape) if made_of.owner is None else "",
        category=spec.category.value if spec is not None else "",
        ports_in=max(made_of.ports, 1) if takes else 0,
        has_out=True,
        problems=tuple(p for p in problems if p.follows is None),
        follows=any(p.follows is not None for p in problems),
        source=node,
        made_of=made_of,
    )


def _group_place(graph: Graph, group_id: str, seen: Shown, auto: Mapping[str, Point]) -> Point:
    """A closed group stands where its members were put, or else where the layout puts it."""
    inside = [n.position for n in graph.nodes if seen.stand_in[n.id] == group_id]
    placed = [place for place in inside if place is not None]
    if placed and len(placed) == len(inside):
        return (min(x for x, _ in placed), min(y for _, y in placed))
    return auto.get(group_id, (0.0, 0.0))


def _group_card(
    group: Group,
    graph: Graph,
    seen: Shown,
    shapes: Mapping[str, Any],
    problems: tuple[Any, ...],
    feeds: Mapping[str, int],
    place: Point,
) -> Card:
    inside = [node for node in graph.nodes if seen.stand_in[node.id] == group.id]
    return Card(
        id=group.id,
        kind="group",
        x=place[0],
        y=place[1],
        title=group.name,
        detail=texts.group_detail(inside),
        count=texts.total(shapes.get(node.id) for node in inside),
        category="",
        ports_in=max(feeds.get(group.id, 0), 1),
        has_out=True,
        problems=tuple(p for p in problems if p.follows is None),
        follows=any(p.follows is not None for p in problems),
        source=group,
        made_of=_NOTHING,
    )


def _wires(
    seen: Shown, cards: Mapping[str, Card], shapes: Mapping[str, Any], before: Picture | None
) -> dict[tuple[str, str], Wire]:
    """Wires of the graph; one of which both cards were kept is kept as well."""
    wires: dict[tuple[str, str], Wire] = {}
    slots: dict[str, int] = {}
    old_wires = before.wires if before is not None else {}
    old_cards = before.cards if before is not None else {}
    for key, edges in seen.wires.items():
        a, b = key
        slot = slots.get(b, 0)
        slots[b] = slot + 1
        shape = shapes.get(edges[0][0])
        kept = old_wires.get(key)
        if (
            kept is not None
            and (kept.shape is shape or kept.shape == shape)
            and (kept.slot == slot or cards[b].title in _ORDERLESS)
            and kept.edges == edges
            and old_cards.get(a) is cards[a]
            and old_cards.get(b) is cards[b]
        ):
            wires[key] = kept
        else:
            wires[key] = Wire(a, b, Route(0, 0, 0, 0), texts.shape_label(shape), edges, slot, shape)
    feeds = Counter(a for a, _ in wires)
    for wire in wires.values():
        splits = feeds[wire.source] > 1
        if wire.splits != splits:
            wire.splits = splits
            wire.cache.clear()
    return wires


def _lead(
    cards: Mapping[str, Card],
    wires: Iterable[Wire],
    horizontal: bool,
    grid: Grid | None = None,
    others: Iterable[Wire] = (),
) -> None:
    """Give wires their way: from port to port, beside the cards that are in between.

    ``others`` are wires that keep the way that they have.
    """
    long: list[tuple[float, Wire, Route]] = []
    least = (CARD_WIDTH if horizontal else CARD_HEIGHT) + 2 * GAP_ALONG
    for wire in wires:
        start = out_port(cards[wire.source], horizontal)
        end = in_port(cards[wire.target], wire.slot, horizontal)
        route = Route(*start, *end, horizontal)
        along = route.x2 - route.x1 if horizontal else route.y2 - route.y1
        if along > least or along < 0:
            long.append((abs(along), wire, route))
        else:
            _follow(wire, route)
    if not long:
        return
    grid = grid or Grid(cards, {})
    lanes = Lanes(wire.route for wire in others)
    for _, wire, route in sorted(long, key=lambda one: one[0]):  # the shorter ones inside
        lanes.around(route, grid, wire.source, wire.target)
        _follow(wire, route)


def _follow(wire: Wire, route: Route) -> None:
    if route != wire.route:
        wire.route = route
        wire.cache.clear()


def _order_slots(
    cards: Mapping[str, Card], wires: Mapping[tuple[str, str], Wire], horizontal: bool
) -> None:
    """Where the order of inputs means nothing (Add), let wires come in without crossing."""
    incoming: dict[str, list[Wire]] = {}
    for wire in wires.values():
        card = cards[wire.target]
        if card.ports_in > 1 and card.title in _ORDERLESS:
            incoming.setdefault(card.id, []).append(wire)
    for some in incoming.values():

        def side(wire: Wire) -> float:
            a, b = cards[wire.source], cards[wire.target]
            across = a.y - b.y if horizontal else a.x - b.x
            along = b.x - a.x if horizontal else b.y - a.y
            step = (CARD_WIDTH if horizontal else CARD_HEIGHT) * 2 + GAP_ALONG
            return across - (1e6 if along > step and abs(across) < CARD_WIDTH / 2 else 0.0)

        for slot, wire in enumerate(sorted(some, key=side)):
            wire.slot = slot


def _add_goals(
    project: Project,
    facts: Any,
    cards: dict[str, Card],
    wires: dict[tuple[str, str], Wire],
    at: Mapping[str, Point] | None,
    horizontal: bool,
    shapes: Mapping[str, Any],
) -> None:
    """The goal stands under each output: what is compared with the target there, and how."""
    graph = project.graph
    outputs = _goal_outputs(graph)
    hung: dict[str, int] = {}
    stand_in = {n.id: n.id for n in graph.nodes} if not graph.groups else shown(graph).stand_in
    for index, output in enumerate(outputs):
        above = cards[stand_in[output]]
        one = GOAL if index == 0 else f"{GOAL}:{output}"
        beside = hung.get(above.id, 0)  # outputs of one closed group have goals side by side
        hung[above.id] = beside + 1
        if horizontal:
            step = (CARD_WIDTH + GAP_ALONG_HORIZONTAL, beside * (CARD_HEIGHT + GAP_ALONG))
        else:
            step = (beside * (CARD_WIDTH + GAP_ACROSS), CARD_HEIGHT + GAP_ALONG)
        place = (at and at.get(one)) or (above.x + step[0], above.y + step[1])
        cards[one] = Card(
            id=one,
            kind="goal",
            x=place[0],
            y=place[1],
            title="Goal",
            detail=texts.goal(project, facts, output),
            count="",
            category="Start",
            ports_in=1,
            has_out=False,
            problems=(),
            follows=False,
            source=None,
            made_of=_NOTHING,
        )
        label = texts.shape_label(shapes.get(output))
        wires[(above.id, one)] = Wire(above.id, one, Route(0, 0, 0, 0), label, ())


def _goal_outputs(graph: Graph) -> tuple[str, ...]:
    """The nodes that a goal stands behind: outputs that data reaches, or a lone Input."""
    outputs = graph.outputs
    if not outputs:
        return tuple(one for one in graph.inputs if not graph.targets[one])[:1]
    if len(outputs) == 1:
        return outputs
    if not graph.inputs:
        return outputs[:1]
    reached = set(graph.inputs)
    waiting = list(graph.inputs)
    while waiting:
        for target in graph.targets[waiting.pop()]:
            if target not in reached:
                reached.add(target)
                waiting.append(target)
    return tuple(one for one in outputs if one in reached) or outputs[:1]


def _frames(graph: Graph, cards: Mapping[str, Card]) -> dict[str, Frame]:
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
        levels, seen = 0, set[str]()
        while group_id in graph.group_by_id and group_id not in seen:
            seen.add(group_id)
            levels += 1
            group_id = graph.group_by_id[group_id].parent
        return levels

    for group in graph.groups:
        depth[group.id] = nesting(group.id)
    for group in sorted(graph.groups, key=lambda g: -depth[g.id]):
        if group.collapsed or group.id not in boxes:
            continue
        some = boxes[group.id]
        left = min(b[0] for b in some) - FRAME_SIDE
        top = min(b[1] for b in some) - FRAME_HEAD
        right = max(b[2] for b in some) + FRAME_SIDE
        bottom = max(b[3] for b in some) + FRAME_FOOT
        frames[group.id] = Frame(
            group.id, group.name, depth[group.id], left, top, right - left, bottom - top
        )
        if group.parent:
            boxes.setdefault(group.parent, []).append((left, top, right, bottom))
    return dict(sorted(frames.items(), key=lambda item: item[1].depth))
