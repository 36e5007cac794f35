"""Build the scene of a project, and cache it until the project changes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from netbuilder.core.catalog.layer_parser import describe_params
from netbuilder.core.catalog.layers.layer_index import spec_of
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.layout import (
    GAP_ACROSS,
    GAP_ALONG,
    GAP_ALONG_HORIZONTAL,
    VisibleGraph,
    place_missing,
    visible_graph,
)
from netbuilder.core.project.model import Graph, Group, Node, Point, Project
from netbuilder.ui.canvas.scene import card_text
from netbuilder.ui.canvas.scene.cards import (
    CARD_HEIGHT,
    CARD_WIDTH,
    GOAL,
    HORIZONTAL,
    NOTHING,
    Card,
    CardInputs,
    Wire,
)
from netbuilder.ui.canvas.scene.scene import Scene
from netbuilder.ui.canvas.scene.wire_path import WireRoute
from netbuilder.ui.canvas.scene.wire_routing import frames_of, order_slots, route_wires
from netbuilder.ui.services.project_store import ProjectStore
from netbuilder.ui.services.workbench import Workbench

_ORIGIN: Point = (0.0, 0.0)
_QUOTED = re.compile(r"['“]([^'“”]+)['”]")
# Problems shown on the Target card.
_OF_GOAL = frozenset({"loss-target", "metric-target", "metric-meaning"})


def build_scene(
    project: Project,
    *,
    shapes: Any = None,
    problems: tuple[Any, ...] = (),
    facts: Any = None,
    unknown: str = "",
    at: Mapping[str, Point] | None = None,
    before: Scene | None = None,
) -> Scene:
    """Build the scene of a project.

    Args:
        project: the project to show.
        shapes: ``check.Shapes``, or None until Keras has computed them.
        problems: ``check.Problem`` values.
        facts: ``data.DataFacts`` or None.
        unknown: text of the Target card without facts.
        at: temporary card positions, of a drag or an animation.
        before: the last scene, whose unchanged cards and wires are reused.
    """
    graph = project.graph
    horizontal = bool(graph.extra.get(HORIZONTAL))
    visible, auto, key = _arranged(graph, horizontal, before)
    by_node = _problems_by_card(problems, visible)
    named = _ambiguous_nodes(problems, graph)
    node_shapes = shapes.by_node if shapes is not None else {}
    old = before.cards if before is not None else {}
    cards: dict[str, Card] = {}
    feeds = _inputs_by_card(visible)
    by_id, at = graph.by_id, at or {}
    for id_ in visible.ids:
        node = by_id.get(id_)
        if node is None:
            group = graph.group_by_id[id_]
            place = at.get(id_) or (
                group.position or auto.get(id_) or _members_place(graph, id_, visible) or _ORIGIN
            )
            cards[id_] = _group_card(
                group, graph, visible, node_shapes, by_node.get(id_, ()), feeds, place
            )
            continue
        place = at.get(id_) or node.position or auto.get(id_, _ORIGIN)
        inputs = CardInputs(
            node_shapes.get(id_),
            by_node.get(id_, ()),
            feeds.get(id_, 0),
            by_id.get(node.shared) if node.shared else None,
            (project.data, facts) if node.layer == "Input" else None,
            id_ in named,
        )
        card = old.get(id_)
        if (
            card is not None
            and card.source is node
            and card.x == place[0]
            and card.y == place[1]
            and _same(card.made_of, inputs)
        ):
            cards[id_] = card
        else:
            cards[id_] = _node_card(node, place, inputs, project, facts)
    wires = _wires(visible, cards, node_shapes, before)
    target_problems = tuple(p for p in problems if p.node is None and p.code in _OF_GOAL)
    _add_goals(project, facts, unknown, cards, wires, at, horizontal, node_shapes, target_problems)
    order_slots(cards, wires, horizontal)
    if before is not None and before.horizontal == horizontal and _same_places(old, cards):
        new = [w for key, w in wires.items() if before.wires.get(key) is not w]
        others = (w for key, w in wires.items() if before.wires.get(key) is w)
        route_wires(cards, new, horizontal, others=others)
    else:
        route_wires(cards, wires.values(), horizontal)
    return Scene(graph, horizontal, cards, wires, frames_of(graph, cards), visible, auto, key)


def _same_places(old: Mapping[str, Card], new: Mapping[str, Card]) -> bool:
    return len(old) == len(new) and all(
        (before := old.get(id_)) is card
        or (
            before is not None
            and before.x == card.x
            and before.y == card.y
            and before.ports_in == card.ports_in
        )
        for id_, card in new.items()
    )


def _same(old: CardInputs, new: CardInputs) -> bool:
    return (
        (old.shape is new.shape or old.shape == new.shape)
        and old.ports == new.ports
        and old.owner is new.owner
        and old.problems == new.problems
        and old.data == new.data
        and old.named == new.named
    )


def _arranged(
    graph: Graph, horizontal: bool, before: Scene | None
) -> tuple[VisibleGraph, dict[str, Point], tuple[Any, ...]]:
    """Return the visible graph, the automatic positions, and a key under which both are reused."""
    key = (
        tuple((node.id, node.group, node.position) for node in graph.nodes),
        graph.edges,
        tuple((g.id, g.parent, g.collapsed, g.position) for g in graph.groups),
        horizontal,
    )
    if before is not None and before.key == key:
        return before.seen, before.auto, key
    visible = visible_graph(graph)
    fixed = {n.id: n.position for n in graph.nodes if n.position is not None}
    if graph.groups:
        fixed = {id_: place for id_, place in fixed.items() if visible.stand_in[id_] == id_}
        for group in graph.groups:
            place = group.position or _members_place(graph, group.id, visible)
            if place is not None and group.id in visible.stand_in.values():
                fixed[group.id] = place
    if len(fixed) == len(visible.ids):
        return visible, {}, key
    return visible, place_missing(visible.ids, visible.edges, fixed, horizontal), key


def _problems_by_card(
    problems: tuple[Any, ...], visible: VisibleGraph
) -> dict[str, tuple[Any, ...]]:
    by_card: dict[str, list[Any]] = {}
    for problem in problems:
        if problem.node in visible.stand_in:
            by_card.setdefault(visible.stand_in[problem.node], []).append(problem)
    return {
        card_id: tuple(
            sorted(group, key=lambda p: (p.follows is not None, not p.blocks, p.beginning))
        )
        for card_id, group in by_card.items()
    }


def _ambiguous_nodes(problems: tuple[Any, ...], graph: Graph) -> frozenset[str]:
    """Return the nodes named by a problem that look the same as another node."""
    named = {
        word
        for problem in problems
        for word in _QUOTED.findall(problem.message)
        if word in graph.by_id
    }
    if not named:
        return frozenset()
    kinds = {graph.by_id[name].layer for name in named}
    looks = {
        node.id: (node.layer, describe_params(node.params, spec))
        for node in graph.nodes
        if node.layer in kinds and (spec := card_text.spec_of(node)) is not None
    }
    counts = Counter(looks.values())
    return frozenset(name for name in named if name in looks and counts[looks[name]] > 1)


def _inputs_by_card(visible: VisibleGraph) -> dict[str, int]:
    count: dict[str, int] = {}
    for _source, target in visible.edges:
        count[target] = count.get(target, 0) + 1
    return count


def _node_card(node: Node, place: Point, inputs: CardInputs, project: Project, facts: Any) -> Card:
    spec = card_text.spec_of(node)
    takes = spec is None or spec.max_inputs != 0
    problems = inputs.problems
    return Card(
        id=node.id,
        kind="node" if spec is not None else "unknown",
        x=place[0],
        y=place[1],
        title=node.layer,
        detail=card_text.card_detail(node, inputs.owner, project, facts, inputs.named),
        count=card_text.parameter_count(inputs.shape) if inputs.owner is None else "",
        category=spec.category.value if spec is not None else "",
        ports_in=max(inputs.ports, 1) if takes else 0,
        has_out=True,
        problems=tuple(p for p in problems if p.follows is None),
        follows=any(p.follows is not None for p in problems),
        source=node,
        made_of=inputs,
    )


def _members_place(graph: Graph, group_id: str, visible: VisibleGraph) -> Point | None:
    """Return the top left of a closed group's members; None if any has no position."""
    inside = [n.position for n in graph.nodes if visible.stand_in[n.id] == group_id]
    placed = [place for place in inside if place is not None]
    if placed and len(placed) == len(inside):
        return (min(x for x, _ in placed), min(y for _, y in placed))
    return None


def _group_card(
    group: Group,
    graph: Graph,
    visible: VisibleGraph,
    shapes: Mapping[str, Any],
    problems: tuple[Any, ...],
    feeds: Mapping[str, int],
    place: Point,
) -> Card:
    inside = [node for node in graph.nodes if visible.stand_in[node.id] == group.id]
    return Card(
        id=group.id,
        kind="group",
        x=place[0],
        y=place[1],
        title=group.name,
        detail=card_text.group_detail(inside),
        count=card_text.parameter_total(shapes.get(node.id) for node in inside),
        category="",
        ports_in=max(feeds.get(group.id, 0), 1),
        has_out=True,
        problems=tuple(p for p in problems if p.follows is None),
        follows=any(p.follows is not None for p in problems),
        source=group,
        made_of=NOTHING,
    )


def _wires(
    visible: VisibleGraph,
    cards: Mapping[str, Card],
    shapes: Mapping[str, Any],
    before: Scene | None,
) -> dict[tuple[str, str], Wire]:
    """Build the wires, reusing those whose cards are unchanged."""
    wires: dict[tuple[str, str], Wire] = {}
    slots: dict[str, int] = {}
    old_wires = before.wires if before is not None else {}
    old_cards = before.cards if before is not None else {}
    for key, edges in visible.wires.items():
        a, b = key
        slot = slots.get(b, 0)
        slots[b] = slot + 1
        sources = dict.fromkeys(source for source, _ in edges)
        # Several layers of a closed group may feed the same layer: "32 + 16".
        shape = (
            tuple(shapes.get(source) for source in sources)
            if len(sources) > 1
            else (shapes.get(edges[0][0]))
        )
        wire = old_wires.get(key)
        if (
            wire is not None
            and (wire.shape is shape or wire.shape == shape)
            and (wire.slot == slot or spec_of(cards[b].title).any_order)
            and wire.edges == edges
            and old_cards.get(a) is cards[a]
            and old_cards.get(b) is cards[b]
        ):
            wires[key] = wire
        else:
            label = card_text.shapes_label(shape if isinstance(shape, tuple) else (shape,))
            wires[key] = Wire(a, b, WireRoute(0, 0, 0, 0), label, edges, slot, shape)
    feeds = Counter(a for a, _ in wires)
    for wire in wires.values():
        splits = feeds[wire.source] > 1
        if wire.splits != splits:
            wire.splits = splits
            wire.cache.clear()
    return wires


def _add_goals(
    project: Project,
    facts: Any,
    unknown: str,
    cards: dict[str, Card],
    wires: dict[tuple[str, str], Wire],
    at: Mapping[str, Point] | None,
    horizontal: bool,
    shapes: Mapping[str, Any],
    problems: tuple[Any, ...],
) -> None:
    """Add a Target card after each output."""
    graph = project.graph
    outputs = _goal_outputs(graph)
    counts: dict[str, int] = {}
    stand_in = (
        {n.id: n.id for n in graph.nodes} if not graph.groups else visible_graph(graph).stand_in
    )
    for index, output in enumerate(outputs):
        above = cards[stand_in[output]]
        card_id = GOAL if index == 0 else f"{GOAL}:{output}"
        beside = counts.get(above.id, 0)  # outputs of one closed group have goals side by side
        counts[above.id] = beside + 1
        if horizontal:
            step = (CARD_WIDTH + GAP_ALONG_HORIZONTAL, beside * (CARD_HEIGHT + GAP_ALONG))
        else:
            step = (beside * (CARD_WIDTH + GAP_ACROSS), CARD_HEIGHT + GAP_ALONG)
        place = (at and at.get(card_id)) or (above.x + step[0], above.y + step[1])
        cards[card_id] = Card(
            id=card_id,
            kind="goal",
            x=place[0],
            y=place[1],
            title=_("Target"),
            detail=card_text.target_text(project, facts, output, unknown),
            count="",
            category="Start",
            ports_in=1,
            has_out=False,
            problems=problems if index == 0 else (),
            follows=False,
            source=None,
            made_of=NOTHING,
        )
        label = card_text.shape_label(shapes.get(output))
        wires[(above.id, card_id)] = Wire(
            above.id, card_id, WireRoute(0, 0, 0, 0), label, (), shape=shapes.get(output)
        )


def _goal_outputs(graph: Graph) -> tuple[str, ...]:
    """Return the nodes with a Target: outputs that are connected to an Input, or a lone Input."""
    outputs = graph.outputs
    if not outputs:
        return tuple(node_id for node_id in graph.inputs if not graph.targets[node_id])[:1]
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
    return tuple(node_id for node_id in outputs if node_id in reached) or outputs[:1]


class SceneCache:
    """Caches the scene and its unchanged cards; ``drawn`` is called with each new scene."""

    def __init__(
        self, store: ProjectStore, workbench: Workbench, drawn: Callable[[Scene], None]
    ) -> None:
        self._store, self._bench, self._drawn = store, workbench, drawn
        self._at: dict[str, Point] = {}
        self._base: Scene | None = None
        self._picture: Scene | None = None  # with temporary card positions
        self._stale = True

    @property
    def picture(self) -> Scene:
        if self._stale or self._base is None:
            bench = self._bench
            self._base = build_scene(
                self._store.project,
                shapes=bench.shapes,
                problems=bench.all_problems,
                facts=bench.facts,
                unknown=bench.data_words,
                before=self._base,
            )
            self._stale = False
            self._picture = None
        if self._picture is None:
            self._picture = self._base.shifted(self._at) if self._at else self._base
            self._drawn(self._picture)
        return self._picture

    @property
    def at(self) -> dict[str, Point]:
        return self._at

    def set_at(self, places: dict[str, Point]) -> bool:
        """Set temporary card positions; return whether the scene may have changed."""
        if not places and not self._at:
            return False
        self._at = places
        self._picture = None
        return True

    def forget(self) -> None:
        self._base = None

    def outdate(self) -> None:
        self._stale = True
