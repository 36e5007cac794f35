"""Pieces of a graph as text: copy, paste (also between windows), duplicate, saved blocks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from netbuilder.core.errors import EditError, ProjectFileError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.edits import new_id
from netbuilder.core.project.files import from_json, to_json
from netbuilder.core.project.graph_ends import replace_graph
from netbuilder.core.project.groups import members, nested
from netbuilder.core.project.model import Graph, Group, Node, Point, Project


def copy_fragment(graph: Graph, ids: Iterable[str]) -> str:
    """Text of the named nodes and groups with the wires among them: a small project file."""
    chosen = set(ids)
    groups = {one for one in chosen if one in graph.group_by_id}
    for one in tuple(groups):
        groups.update(nested(graph, one))
        chosen.update(members(graph, one))
    nodes = []
    for node in graph.nodes:
        if node.id not in chosen:
            continue
        group = node.group if node.group in groups else None
        if node.shared is not None and node.shared not in chosen:
            params = graph.by_id[node.shared].params
            nodes.append(replace(node, shared=None, params=params, group=group))
        else:
            nodes.append(replace(node, group=group))
    part = Graph(
        tuple(nodes),
        tuple(e for e in graph.edges if e[0] in chosen and e[1] in chosen),
        tuple(
            replace(g, parent=g.parent if g.parent in groups else None)
            for g in graph.groups
            if g.id in groups
        ),
    )
    raw = to_json(Project("Copied layers", part))
    return json.dumps({key: raw[key] for key in ("format", "version", "name", "graph")}, indent=1)


def read_fragment(text: str) -> Graph:
    """The graph in copied text.

    Raises:
        EditError: the text holds no layers.
    """
    try:
        raw: Any = json.loads(text)
        graph = from_json(raw).graph
    except (ValueError, RecursionError, ProjectFileError) as error:
        raise EditError(
            _("The clipboard contains no layers."),
            _("Copy layers first."),
            code="clipboard_without_layers",
        ) from error
    if not graph.nodes:
        raise EditError(
            _("The clipboard contains no layers."),
            _("Copy layers first."),
            code="clipboard_without_layers",
        )
    return graph


def paste_fragment(
    project: Project,
    piece: Graph,
    *,
    offset: Point = (40.0, 40.0),
    places: Mapping[str, Point] | None = None,
) -> tuple[Project, tuple[str, ...]]:
    """Add a piece under new ids, moved by ``offset``; give the project and the new nodes' ids.

    ``places`` are positions (before the offset) for nodes of the piece that have none.
    """
    graph = project.graph
    names: dict[str, str] = {}
    for one in piece.nodes:
        names[one.id] = (
            one.id
            if one.id not in graph.by_id
            and one.id not in graph.group_by_id
            and one.id not in names.values()
            else new_id(graph, one.layer, names.values())
        )
    for group in piece.groups:
        name, count = group.id, 1
        taken = {*graph.by_id, *graph.group_by_id, *names.values()}
        while name in taken:
            name, count = f"group_{count}", count + 1
        names[group.id] = name

    def moved(one: Node | Group) -> Point | None:
        place = one.position or (places or {}).get(one.id)
        return None if place is None else (place[0] + offset[0], place[1] + offset[1])

    nodes = tuple(
        replace(
            node,
            id=names[node.id],
            position=moved(node),
            shared=names.get(node.shared) if node.shared else None,
            group=names.get(node.group) if node.group else None,
        )
        for node in piece.nodes
    )
    groups = tuple(
        replace(
            group,
            id=names[group.id],
            position=moved(group),
            parent=names.get(group.parent) if group.parent else None,
        )
        for group in piece.groups
    )
    edges = tuple((names[a], names[b]) for a, b in piece.edges if a in names and b in names)
    project = replace_graph(
        project,
        nodes=(*graph.nodes, *nodes),
        edges=(*graph.edges, *edges),
        groups=(*graph.groups, *groups),
    )
    return project, tuple(node.id for node in nodes)
