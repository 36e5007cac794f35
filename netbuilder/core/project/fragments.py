"""Parts of a graph as text: copy and paste, repeated groups, saved blocks."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from netbuilder.core import folders
from netbuilder.core.errors import ProjectFileError, UserError
from netbuilder.core.project import atomic, edits, files
from netbuilder.core.project.edits import new_id
from netbuilder.core.project.files import from_json, to_json
from netbuilder.core.project.graph_ends import connect, replace_graph
from netbuilder.core.project.groups import group_nodes, members, nested, put_into, rename_group
from netbuilder.core.project.model import Graph, Group, Node, Point, Project
from netbuilder.core.project.project_errors import edit_error

log = logging.getLogger(__name__)


def copy_fragment(graph: Graph, ids: Iterable[str]) -> str:
    """Return the named nodes and groups with their connections as a small project file."""
    selected = set(ids)
    groups = {group_id for group_id in selected if group_id in graph.group_by_id}
    for group_id in tuple(groups):
        groups.update(nested(graph, group_id))
        selected.update(members(graph, group_id))
    nodes = []
    for node in graph.nodes:
        if node.id not in selected:
            continue
        group = node.group if node.group in groups else None
        if node.shared is not None and node.shared not in selected:
            params = graph.by_id[node.shared].params
            nodes.append(replace(node, shared=None, params=params, group=group))
        else:
            nodes.append(replace(node, group=group))
    part = Graph(
        tuple(nodes),
        tuple(e for e in graph.edges if e[0] in selected and e[1] in selected),
        tuple(
            replace(g, parent=g.parent if g.parent in groups else None)
            for g in graph.groups
            if g.id in groups
        ),
    )
    raw = to_json(Project("Copied layers", part))
    return json.dumps({key: raw[key] for key in ("format", "version", "name", "graph")}, indent=1)


def read_fragment(text: str) -> Graph:
    """Return the graph in copied text; raise ``EditError`` if it has no layers."""
    try:
        raw: Any = json.loads(text)
        graph = from_json(raw).graph
    except (ValueError, RecursionError, ProjectFileError) as error:
        raise edit_error("clipboard_without_layers") from error
    if not graph.nodes:
        raise edit_error("clipboard_without_layers")
    return graph


def paste_fragment(
    project: Project,
    piece: Graph,
    *,
    offset: Point = (40.0, 40.0),
    places: Mapping[str, Point] | None = None,
) -> tuple[Project, tuple[str, ...]]:
    """Add a piece with new ids, moved by ``offset``; return the project and the new ids.

    ``places`` are positions (before the offset) for nodes of the piece that have none.
    """
    graph = project.graph
    names: dict[str, str] = {}
    taken = {*graph.by_id, *graph.group_by_id}
    for node in piece.nodes:
        name = node.id if node.id not in taken else new_id(graph, node.layer, taken)
        names[node.id] = name
        taken.add(name)
    for group in piece.groups:
        name, count = group.id, 1
        while name in taken:
            name, count = f"group_{count}", count + 1
        names[group.id] = name
        taken.add(name)

    def moved(card: Node | Group) -> Point | None:
        place = card.position or (places or {}).get(card.id)
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


@dataclass(frozen=True)
class SavedBlock:
    """A saved group: name, graph and file."""

    name: str
    graph: Graph
    path: Path


def _folder() -> Path:
    folder = folders.data() / "blocks"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _path(name: str) -> Path:
    # A number distinguishes names that differ only in characters not allowed in file names.
    safe = re.sub(r"[^\w\- ]+", "_", name).strip()[:60] or "block"
    path, count = _folder() / f"{safe}{files.ENDING}", 1
    while path.exists() and files.read(path).name != name:
        count += 1
        path = _folder() / f"{safe} {count}{files.ENDING}"
    return path


def save_block(graph: Graph, group_id: str) -> SavedBlock:
    """Save a group under its name, replacing a block; raise ``UserError`` if that fails."""
    name = graph.group_by_id[group_id].name
    piece = read_fragment(copy_fragment(graph, [group_id]))
    path = _path(name)
    files.write(Project(name, piece), path)
    return SavedBlock(name, piece, path)


def list_blocks() -> list[SavedBlock]:
    """Return all saved blocks by name; damaged files are logged."""
    blocks = []
    for path in sorted(_folder().glob(f"*{files.ENDING}")):
        try:
            project = files.read(path)
        except UserError as error:
            log.warning("block %s is of no use: %s", path, error)
            continue
        blocks.append(SavedBlock(project.name, project.graph, path))
    return sorted(blocks, key=lambda block: block.name.lower())


def delete_block(block: SavedBlock) -> None:
    """Delete a block; raise ``UserError`` if that fails."""
    try:
        atomic.delete(block.path)
    except OSError as error:
        raise atomic.delete_error(error, block.path) from error


MOST = 50  # copies; more are unreadable


def repeat_group(project: Project, group_id: str, times: int) -> Project:
    """Repeat a group so that it occurs ``times`` (1 to 50) times in a row.

    Copies have their own weights; more than two blocks become one card. The last feeds what the
    group fed. Raises ``EditError``
    without such a group, or if it has no single input and output, or for other ``times``.
    """
    graph = project.graph
    group = graph.group_by_id.get(group_id)
    if group is None:
        raise edit_error("group_gone", name=group_id)
    if not 1 <= times <= MOST:
        raise edit_error("repeat_out_of_range", limit=MOST, count=times)
    inside = set(members(graph, group_id))
    entries = {b for a, b in graph.edges if b in inside and a not in inside}
    exits = {a for a, b in graph.edges if a in inside and b not in inside}
    exits |= {name for name in inside if not graph.targets[name]}
    # Without incoming connections, data enters at the layers without sources.
    entries = entries or {name for name in inside if not graph.sources[name]}
    if len(entries) != 1 or len(exits) != 1:
        raise edit_error(
            "group_not_a_chain", name=group.name, entries=len(entries), exits=len(exits)
        )
    first, end = entries.pop(), exits.pop()
    last, blocks = end, [group_id]
    piece = read_fragment(copy_fragment(graph, (group_id,)))
    order = [node.id for node in piece.nodes]
    onward = [target for target in graph.targets[end] if target not in inside]
    for number in range(2, times + 1):
        known = {old.id for old in project.graph.groups}
        project, new = paste_fragment(project, piece)
        project = edits.move_nodes(project, dict.fromkeys(new))  # left to the layout
        copy_in, copy_out = new[order.index(first)], new[order.index(end)]
        edges = tuple(
            (copy_out, b) if a == last and b in onward else (a, b) for a, b in project.graph.edges
        )
        project = replace_graph(project, edges=edges)
        project = connect(project, last, copy_in)
        copy = next(g for g in project.graph.groups if g.id not in known and g.parent is None)
        project = rename_group(project, copy.id, f"{group.name} {number}")
        project = put_into(project, {copy.id: group.parent})
        last = copy_out
        blocks.append(copy.id)
    return group_nodes(project, blocks, f"{group.name} ×{times}") if times > 2 else project
