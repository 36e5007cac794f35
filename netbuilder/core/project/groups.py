"""Groups: nodes shown as one. Edits of groups never change what the graph computes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from netbuilder.core.project.graph_ends import replace_graph
from netbuilder.core.project.model import Graph, Group, Node, Project
from netbuilder.core.project.project_errors import edit_error


def members(graph: Graph, group_id: str) -> tuple[str, ...]:
    """Return the IDs of all nodes in a group and its subgroups."""
    inside = {group_id, *nested(graph, group_id)}
    return tuple(node.id for node in graph.nodes if node.group in inside)


def nested(graph: Graph, group_id: str) -> tuple[str, ...]:
    """Return the IDs of a group's subgroups at any depth."""
    ids = [group_id]
    for parent in ids:
        ids.extend(g.id for g in graph.groups if g.parent == parent and g.id not in ids)
    return tuple(ids[1:])


def path(graph: Graph, group_id: str | None) -> tuple[str, ...]:
    """Return the IDs from the outermost group to ``group_id``."""
    ids: list[str] = []
    while group_id is not None and group_id in graph.group_by_id and group_id not in ids:
        ids.append(group_id)
        group_id = graph.group_by_id[group_id].parent
    return tuple(reversed(ids))


def visible_as(graph: Graph, node_id: str) -> str:
    """Return what represents a node on the canvas: its outermost collapsed group, or itself."""
    for group_id in path(graph, graph.by_id[node_id].group):
        if graph.group_by_id[group_id].collapsed:
            return group_id
    return node_id


def without_empty(nodes: tuple[Node, ...], groups: tuple[Group, ...]) -> tuple[Group, ...]:
    """Return the groups that contain a node at any depth."""
    parent = {group.id: group.parent for group in groups}
    used: set[str] = set()
    for node in nodes:
        group_id = node.group
        while group_id is not None and group_id not in used:
            used.add(group_id)
            group_id = parent.get(group_id)
    return tuple(group for group in groups if group.id in used)


def _free_id(graph: Graph) -> str:
    count = 1
    while f"group_{count}" in graph.group_by_id or f"group_{count}" in graph.by_id:
        count += 1
    return f"group_{count}"


def group_nodes(project: Project, ids: Iterable[str], name: str = "") -> Project:
    """Put nodes and groups into a new group, the last of ``graph.groups``.

    Raises ``EditError`` without nodes, or if they are in different groups.
    """
    graph = project.graph
    chosen = set(ids)
    groups_in = {name for name in chosen if name in graph.group_by_id}
    nodes_in = {name for name in chosen if name in graph.by_id}
    if not groups_in and not nodes_in:
        raise edit_error("nothing_selected")
    parents = {graph.group_by_id[key].parent for key in groups_in} | {
        graph.by_id[key].group for key in nodes_in
    }
    if len(parents) > 1:
        raise edit_error("several_groups")
    new = Group(_free_id(graph), name or "Block", parent=parents.pop())
    return replace_graph(
        project,
        nodes=tuple(replace(n, group=new.id) if n.id in nodes_in else n for n in graph.nodes),
        groups=(
            *(replace(g, parent=new.id) if g.id in groups_in else g for g in graph.groups),
            new,
        ),
    )


def _need(graph: Graph, group_id: str) -> Group:
    group = graph.group_by_id.get(group_id)
    if group is None:
        raise edit_error("group_gone", name=group_id)
    return group


def ungroup(project: Project, group_id: str) -> Project:
    """Dissolve a group into the group around it."""
    graph = project.graph
    parent = _need(graph, group_id).parent
    return replace_graph(
        project,
        nodes=tuple(replace(n, group=parent) if n.group == group_id else n for n in graph.nodes),
        groups=tuple(
            replace(g, parent=parent) if g.parent == group_id else g
            for g in graph.groups
            if g.id != group_id
        ),
    )


def set_collapsed(project: Project, group_id: str, collapsed: bool) -> Project:
    """Collapse or expand a group."""
    return _replace(project, replace(_need(project.graph, group_id), collapsed=collapsed))


def put_into(project: Project, places: Mapping[str, str | None]) -> Project:
    """Move layers and groups into other groups or (None) out of all; drop empty groups.

    Raises ``EditError`` if a group does not exist, or would contain itself.
    """
    graph = project.graph
    for name, group in places.items():
        if group is not None:
            _need(graph, group)
            if name in path(graph, group):
                raise edit_error("group_in_itself")
    nodes = tuple(replace(n, group=places[n.id]) if n.id in places else n for n in graph.nodes)
    groups = tuple(replace(g, parent=places[g.id]) if g.id in places else g for g in graph.groups)
    return replace_graph(project, nodes=nodes, groups=without_empty(nodes, groups))


def rename_group(project: Project, group_id: str, name: str) -> Project:
    """Rename a group."""
    group = _need(project.graph, group_id)
    return _replace(project, replace(group, name=name.strip() or group.name))


def _replace(project: Project, group: Group) -> Project:
    return replace_graph(
        project, groups=tuple(group if g.id == group.id else g for g in project.graph.groups)
    )
