"""Pure edits of canvas gestures, composed of those in ``edits``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from netbuilder.core.project import edits
from netbuilder.core.project.graph_ends import connect, replace_graph
from netbuilder.core.project.groups import members, put_into, visible_as, without_empty
from netbuilder.core.project.model import Edge, Graph, Point, Project
from netbuilder.core.project.project_errors import edit_error

HORIZONTAL = "horizontal"  # key in Graph.extra: drawn from left to right


def add_connected(
    project: Project,
    layer: str,
    *,
    source: str | None = None,
    target: str | None = None,
    position: Point | None = None,
    params: Mapping[str, Any] | None = None,
) -> Project:
    """Add a layer, last in ``graph.nodes``, fed by ``source`` or feeding ``target``."""
    project = edits.add_node(project, layer, params=params, position=position)
    new = project.graph.nodes[-1].id
    if source is not None:
        project = connect(project, source, new)
    if target is not None:
        project = connect(project, new, target)
    return project


def move_to_edge(project: Project, node_id: str, edge: Edge) -> Project:
    """Move a layer into a connection as ``edits.move_to_edge``, and into its group."""
    project = edits.move_to_edge(project, node_id, edge)
    groups = {project.graph.by_id[end].group for end in edge}
    return _in_group(project, node_id, groups.pop() if len(groups) == 1 else None)


def _in_group(project: Project, node_id: str, group: str | None) -> Project:
    graph = project.graph
    if graph.by_id[node_id].group == group:
        return project
    nodes = tuple(replace(n, group=group) if n.id == node_id else n for n in graph.nodes)
    return replace_graph(project, nodes=nodes, groups=without_empty(nodes, graph.groups))


def move_earlier(project: Project, node_id: str) -> Project:
    """Move a layer before the one that feeds it; raise ``EditError`` if that is impossible."""
    graph = project.graph
    before = graph.sources.get(node_id, ())
    further = graph.sources[before[0]] if len(before) == 1 else ()
    if len(further) != 1:
        raise edit_error("move_not_possible", node_id)
    return move_to_edge(project, node_id, (further[0], before[0]))


def move_later(project: Project, node_id: str) -> Project:
    """Move a layer after the one it feeds; raise ``EditError`` if that is impossible."""
    graph = project.graph
    following = graph.targets.get(node_id, ())
    if len(following) != 1:
        raise edit_error("move_not_possible:2", node_id)
    further = graph.targets[following[0]]
    if not further:
        return move_to_end(project, node_id, following[0])
    return move_to_edge(project, node_id, (following[0], further[0]))


def move_to_end(project: Project, node_id: str, last: str) -> Project:
    """Move a layer after ``last``, closing the gap it leaves.

    Raises ``EditError`` if it takes no input or joins several, or ``last`` is it or feeds others.
    """
    graph = project.graph
    if node_id == last or node_id not in graph.by_id or last not in graph.by_id:
        raise edit_error("move_not_possible:3", node_id)
    sources, targets = graph.sources[node_id], graph.targets[node_id]
    if len(sources) > 1:
        raise edit_error("layer_joins_several", node_id)
    bridges = [(s, t) for s in sources for t in targets if (s, t) not in graph.edges]
    edges: list[tuple[str, str]] = []
    for edge in graph.edges:
        if edge[1] == node_id:
            continue
        if edge[0] != node_id:
            edges.append(edge)
        elif sources and (sources[0], edge[1]) in bridges:
            edges.append((sources[0], edge[1]))
    project = replace_graph(project, edges=tuple(edges))
    project = connect(project, last, node_id)
    training, data = project.training, project.data
    if last in training.outputs:
        renamed = {node_id if k == last else k: v for k, v in training.outputs.items()}
        project = replace(project, training=replace(training, outputs=renamed))
    if last in data.targets:
        renamed_targets = {node_id if k == last else k: v for k, v in data.targets.items()}
        project = replace(project, data=replace(data, targets=renamed_targets))
    place = graph.by_id[last].position
    if place is not None:
        place = edits.next_place(graph, place)
    project = edits.move_nodes(project, {node_id: place})
    return _in_group(project, node_id, graph.by_id[last].group)


def move_cards(
    project: Project,
    places: Mapping[str, Point],
    by: Point,
    pinned: Mapping[str, Point] | None = None,
    into: Mapping[str, str | None] | None = None,
) -> Project:
    """Place layers and groups; placed members of a moved group move by ``by``.

    ``pinned`` fixes cards that the layout could move; ``into`` gives new groups (None: no group).
    """
    graph = project.graph
    positions: dict[str, Point | None] = {}
    for card_id, position in (pinned or {}).items():
        card = graph.by_id.get(card_id) or graph.group_by_id.get(card_id)
        if card is not None and card.position is None:
            positions[card_id] = position
    positions.update(places)
    for card_id in places:
        if card_id in graph.group_by_id:
            for node_id in members(graph, card_id):
                place = graph.by_id[node_id].position
                if place is not None:
                    positions[node_id] = (place[0] + by[0], place[1] + by[1])
    project = edits.move_nodes(project, positions)
    return put_into(project, into) if into else project


def reset_layout(project: Project) -> Project:
    """Leave all layers and groups to the automatic layout."""
    graph = project.graph
    return edits.move_nodes(project, dict.fromkeys([*graph.by_id, *graph.group_by_id]))


def set_horizontal(project: Project, horizontal: bool) -> Project:
    """Set the reading direction; positions are reset."""
    extra = {key: value for key, value in project.graph.extra.items() if key != HORIZONTAL}
    if horizontal:
        extra[HORIZONTAL] = True
    return replace_graph(reset_layout(project), extra=extra)


def entry_node(graph: Graph, card: str) -> str | None:
    """Return the node that a connection to a card enters: itself, or a group's first open one."""
    if card in graph.by_id:
        return card
    inside = members(graph, card)
    for node_id in inside:
        if any(visible_as(graph, source) != card for source in graph.sources[node_id]):
            return node_id
    free = [n for n in inside if not graph.sources[n] and graph.by_id[n].layer != "Input"]
    return free[0] if free else (inside[0] if inside else None)


def exit_node(graph: Graph, card: str) -> str | None:
    """Return the node that a connection from a card leaves: itself, or a group's last one."""
    if card in graph.by_id:
        return card
    inside = members(graph, card)
    for node_id in reversed(inside):
        if any(visible_as(graph, target) != card for target in graph.targets[node_id]):
            return node_id
    ends = [n for n in inside if not graph.targets[n]]
    return ends[-1] if ends else (inside[-1] if inside else None)
