"""The picture of the project as it is seen: drawn anew when it is old, and asked for again."""

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
# Rules about what the goal asks for: they are told on it.
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
    """Make the picture of a project.

    Args:
        project: the value to show.
        shapes: ``check.Shapes`` or None while Keras has not spoken yet.
        problems: ``check.Problem`` values.
        facts: ``data.DataFacts`` or None.
        unknown: what the goal says without facts (the data is being read, say).
        at: places that go before all others (a drag or an animation under way).
        before: the last picture; what did not change is taken over from it.
    """
    graph = project.graph
    horizontal = bool(graph.extra.get(HORIZONTAL))
    seen, auto, key = _arranged(graph, horizontal, before)
    by_node = _problems_by_card(problems, seen)
    named = _spoken_of(problems, graph)
    node_shapes = shapes.by_node if shapes is not None else {}
    old = before.cards if before is not None else {}
    cards: dict[str, Card] = {}
    feeds = _inputs_by_card(seen)
    by_id, at = graph.by_id, at or {}
    for one in seen.ids:
        node = by_id.get(one)
        if node is None:
            group = graph.group_by_id[one]
            place = at.get(one) or (
                group.position or auto.get(one) or _members_place(graph, one, seen) or _ORIGIN
            )
            cards[one] = _group_card(
                group, graph, seen, node_shapes, by_node.get(one, ()), feeds, place
            )
            continue
        place = at.get(one) or node.position or auto.get(one, _ORIGIN)
        made_of = CardInputs(
            node_shapes.get(one),
            by_node.get(one, ()),
            feeds.get(one, 0),
            by_id.get(node.shared) if node.shared else None,
            (project.data, facts) if node.layer == "Input" else None,
            one in named,
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
    of_goal = tuple(p for p in problems if p.node is None and p.code in _OF_GOAL)
    _add_goals(project, facts, unknown, cards, wires, at, horizontal, node_shapes, of_goal)
    order_slots(cards, wires, horizontal)
    if before is not None and before.horizontal == horizontal and _same_places(old, cards):
        new = [w for key, w in wires.items() if before.wires.get(key) is not w]
        staying = (w for key, w in wires.items() if before.wires.get(key) is w)
        route_wires(cards, new, horizontal, others=staying)
    else:
        route_wires(cards, wires.values(), horizontal)
    return Scene(graph, horizontal, cards, wires, frames_of(graph, cards), seen, auto, key)


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
    """What is shown and where the layout puts it; kept while ids, wires and places are the same."""
    key = (
        tuple((node.id, node.group, node.position) for node in graph.nodes),
        graph.edges,
        tuple((g.id, g.parent, g.collapsed, g.position) for g in graph.groups),
        horizontal,
    )
    if before is not None and before.key == key:
        return before.seen, before.auto, key
    seen = visible_graph(graph)
    given = {n.id: n.position for n in graph.nodes if n.position is not None}
    if graph.groups:
        given = {one: place for one, place in given.items() if seen.stand_in[one] == one}
        for group in graph.groups:
            place = group.position or _members_place(graph, group.id, seen)
            if place is not None and group.id in seen.stand_in.values():
                given[group.id] = place
    if len(given) == len(seen.ids):
        return seen, {}, key
    return seen, place_missing(seen.ids, seen.edges, given, horizontal), key


def _problems_by_card(problems: tuple[Any, ...], seen: VisibleGraph) -> dict[str, tuple[Any, ...]]:
    found: dict[str, list[Any]] = {}
    for problem in problems:
        if problem.node in seen.stand_in:
            found.setdefault(seen.stand_in[problem.node], []).append(problem)
    return {
        one: tuple(sorted(some, key=lambda p: (p.follows is not None, not p.blocks, p.beginning)))
        for one, some in found.items()
    }


def _spoken_of(problems: tuple[Any, ...], graph: Graph) -> frozenset[str]:
    """Nodes that a problem names, where another node looks the same."""
    said = {
        word
        for problem in problems
        for word in _QUOTED.findall(problem.message)
        if word in graph.by_id
    }
    if not said:
        return frozenset()
    kinds = {graph.by_id[one].layer for one in said}
    looks = {
        node.id: (node.layer, describe_params(node.params, spec))
        for node in graph.nodes
        if node.layer in kinds and (spec := card_text.spec_of(node)) is not None
    }
    alike = Counter(looks.values())
    return frozenset(one for one in said if one in looks and alike[looks[one]] > 1)


def _inputs_by_card(seen: VisibleGraph) -> dict[str, int]:
    count: dict[str, int] = {}
    for _source, target in seen.edges:
        count[target] = count.get(target, 0) + 1
    return count


def _node_card(node: Node, place: Point, made_of: CardInputs, project: Project, facts: Any) -> Card:
    spec = card_text.spec_of(node)
    takes = spec is None or spec.max_inputs != 0
    problems = made_of.problems
    return Card(
        id=node.id,
        kind="node" if spec is not None else "unknown",
        x=place[0],
        y=place[1],
        title=card_text.card_title(node),
        detail=card_text.card_detail(node, made_of.owner, project, facts, made_of.named),
        count=card_text.parameter_count(made_of.shape) if made_of.owner is None else "",
        category=spec.category.value if spec is not None else "",
        ports_in=max(made_of.ports, 1) if takes else 0,
        has_out=True,
        problems=tuple(p for p in problems if p.follows is None),
        follows=any(p.follows is not None for p in problems),
        source=node,
        made_of=made_of,
    )


def _members_place(graph: Graph, group_id: str, seen: VisibleGraph) -> Point | None:
    """Where the members of a closed group were put; None if not all of them were."""
    inside = [n.position for n in graph.nodes if seen.stand_in[n.id] == group_id]
    placed = [place for place in inside if place is not None]
    if placed and len(placed) == len(inside):
        return (min(x for x, _ in placed), min(y for _, y in placed))
    return None


def _group_card(
    group: Group,
    graph: Graph,
    seen: VisibleGraph,
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
    seen: VisibleGraph, cards: Mapping[str, Card], shapes: Mapping[str, Any], before: Scene | None
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
        sources = dict.fromkeys(source for source, _ in edges)
        # Out of a closed group several layers may feed the same one: "32 + 16".
        shape = (
            tuple(shapes.get(source) for source in sources)
            if len(sources) > 1
            else (shapes.get(edges[0][0]))
        )
        kept = old_wires.get(key)
        if (
            kept is not None
            and (kept.shape is shape or kept.shape == shape)
            and (kept.slot == slot or spec_of(cards[b].title).any_order)
            and kept.edges == edges
            and old_cards.get(a) is cards[a]
            and old_cards.get(b) is cards[b]
        ):
            wires[key] = kept
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
    """The goal stands under each output: what is compared with the target there, and how."""
    graph = project.graph
    outputs = _goal_outputs(graph)
    hung: dict[str, int] = {}
    stand_in = (
        {n.id: n.id for n in graph.nodes} if not graph.groups else visible_graph(graph).stand_in
    )
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
        wires[(above.id, one)] = Wire(
            above.id, one, WireRoute(0, 0, 0, 0), label, (), shape=shapes.get(output)
        )


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


class SceneCache:
    """Keeps every card of which nothing changed, and cards elsewhere while they are dragged.

    Args:
        store: whose project it is of.
        workbench: what is known of the project.
        drawn: told each new picture.
    """

    def __init__(
        self, store: ProjectStore, workbench: Workbench, drawn: Callable[[Scene], None]
    ) -> None:
        self._store, self._bench, self._drawn = store, workbench, drawn
        self._at: dict[str, Point] = {}
        self._base: Scene | None = None  # of the project as it stands
        self._picture: Scene | None = None  # the same, with cards that are dragged elsewhere
        self._stale = True

    @property
    def picture(self) -> Scene:
        """Cards, wires and frames as they are seen."""
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
        """Cards that are shown elsewhere than the project says."""
        return self._at

    def set_at(self, places: dict[str, Point]) -> bool:
        """Show cards elsewhere than the project says; whether that may be another picture."""
        if not places and not self._at:
            return False
        self._at = places
        self._picture = None
        return True

    def forget(self) -> None:
        self._base = None

    def outdate(self) -> None:
        """Something that is shown is another now."""
        self._stale = True
