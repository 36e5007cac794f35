"""Edits as pure functions ``(project, ...) -> Project``; invalid ones raise ``EditError``.

Positions are None ("automatic layout") unless the user placed the layer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.project.graph_ends import (
    connect,
    connection_problem,
    descendants,
    disconnect,
    replace_graph,
)
from netbuilder.core.project.groups import without_empty
from netbuilder.core.project.model import Data, Edge, Graph, Node, Params, Point, Project
from netbuilder.core.project.project_errors import edit_error

#: Distance between layers in scene units, down and across; inserted layers push others by it.
PITCH = 80.0
PITCH_ACROSS = 388.0


def next_place(graph: Graph, place: Point, steps: int = 1) -> Point:
    """Return the position after ``place`` in the reading direction (``extra["horizontal"]``)."""
    if graph.extra.get("horizontal"):
        return (place[0] + steps * PITCH_ACROSS, place[1])
    return (place[0], place[1] + steps * PITCH)


def snake_case(name: str) -> str:
    """Return Keras's layer name for a class: ``MaxPooling2D`` -> ``max_pooling2d``."""
    text = re.sub(r"\W+", "", name)
    text = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", text)
    return re.sub("([a-z])([A-Z])", r"\1_\2", text).lower() or "layer"


def new_id(graph: Graph, layer: str, taken: Iterable[str] = ()) -> str:
    """Return an unused ID for a layer: ``dense``, ``dense_1``, ..."""
    used = set(graph.by_id) | set(graph.group_by_id) | set(taken)
    base = snake_case(layer)
    name, count = base, 0
    while name in used:
        count += 1
        name = f"{base}_{count}"
    return name


def _need(graph: Graph, node_id: str) -> Node:
    node = graph.by_id.get(node_id)
    if node is None:
        raise edit_error("layer_gone", name=node_id)
    return node


def _replace_node(project: Project, node: Node, old_id: str | None = None) -> Project:
    key = old_id or node.id
    return replace_graph(
        project, nodes=tuple(node if old.id == key else old for old in project.graph.nodes)
    )


def _start_params(layer: str, params: Params | None) -> dict[str, Any]:
    spec = LAYERS.get(layer)
    return {**(spec.start_params() if spec else {}), **(params or {})}


def add_node(
    project: Project,
    layer: str,
    *,
    params: Params | None = None,
    position: Point | None = None,
    node_id: str | None = None,
    group: str | None = None,
) -> Project:
    """Add an unconnected layer, last in ``graph.nodes``; raise ``EditError`` if the id is taken.

    ``params`` override the catalog's initial values.
    """
    graph = project.graph
    if node_id is not None and (node_id in graph.by_id or node_id in graph.group_by_id):
        raise edit_error("name_taken", name=node_id)
    node = Node(
        node_id or new_id(graph, layer), layer, _start_params(layer, params), position, group=group
    )
    return replace_graph(project, nodes=(*graph.nodes, node))


def append_layer(project: Project, layer: str, *, params: Params | None = None) -> Project:
    """Add a layer after the last output, or unconnected if there is none."""
    graph = project.graph
    ends = graph.outputs or tuple(n for n in graph.inputs if not graph.targets[n])
    project = add_node(project, layer, params=params)
    new = project.graph.nodes[-1].id
    if not ends or connection_problem(project.graph, ends[-1], new):
        return project
    last = graph.by_id[ends[-1]]
    if last.position is not None:
        placed = replace(project.graph.nodes[-1], position=next_place(graph, last.position))
        project = _replace_node(project, placed)
    project = _follow_output(project, ends[-1], new)
    return connect(project, ends[-1], new)


def insert_after(
    project: Project, node_id: str, layer: str, *, params: Params | None = None
) -> Project:
    """Insert a layer between ``node_id`` and everything it feeds."""
    graph = project.graph
    _need(graph, node_id)
    if not graph.targets[node_id]:
        project = add_node(project, layer, params=params, group=graph.by_id[node_id].group)
        new = project.graph.nodes[-1].id
        place = graph.by_id[node_id].position
        if place is not None:
            project = move_nodes(project, {new: next_place(graph, place)})
        project = _follow_output(project, node_id, new)
        return connect(project, node_id, new)
    return _insert(project, node_id, graph.targets[node_id], layer, params)


def insert_on_edge(
    project: Project, edge: Edge, layer: str, *, params: Params | None = None
) -> Project:
    """Insert a new layer into a connection; raise ``EditError`` if that is impossible."""
    if edge not in project.graph.edges:
        raise edit_error("connection_gone")
    return _insert(project, edge[0], (edge[1],), layer, params)


def _insert(
    project: Project, source: str, targets: tuple[str, ...], layer: str, params: Params | None
) -> Project:
    graph = project.graph
    _check_takes_input(layer)
    first = graph.by_id[targets[0]]
    group = first.group if first.group == graph.by_id[source].group else None
    project = add_node(project, layer, params=params, group=group)
    return _splice(project, project.graph.nodes[-1].id, source, targets)


def _check_takes_input(layer: str, node_id: str | None = None) -> None:
    spec = LAYERS.get(layer)
    if spec is not None and spec.max_inputs == 0:
        raise edit_error("layer_takes_no_input", node_id, layer=layer)


def _splice(project: Project, new: str, source: str, targets: tuple[str, ...]) -> Project:
    """Lead the connections from ``source`` to ``targets`` through ``new``, keeping their order."""
    graph = project.graph
    edges: list[Edge] = []
    placed = False
    for edge in graph.edges:
        if edge[0] == source and edge[1] in targets:
            if not placed:
                edges.append((source, new))
                placed = True
            edges.append((new, edge[1]))
        else:
            edges.append(edge)
    project = replace_graph(project, edges=tuple(edges))
    return place_new_node(project, new)


def place_new_node(project: Project, new: str) -> Project:
    """Place a connected node behind its first source; push those that it feeds to make room."""
    graph = project.graph
    sources, targets = graph.sources[new], graph.targets[new]
    before = graph.by_id[sources[0]].position if sources else None
    after = graph.by_id[targets[0]].position if targets else before
    if before is None or after is None:
        return _replace_node(project, replace(graph.by_id[new], position=None))
    places: dict[str, Point] = {new: next_place(graph, before)}
    axis = 0 if graph.extra.get("horizontal") else 1
    if targets and after[axis] < next_place(graph, before, 2)[axis]:
        places |= _pushed(graph, targets)
    return move_nodes(project, places)


def _pushed(graph: Graph, targets: tuple[str, ...], steps: int = 1) -> dict[str, Point]:
    """Return the positions of ``targets`` and all after them, moved by ``steps`` layers."""
    ids = {*targets, *(d for target in targets for d in descendants(graph, target))}
    places = {node_id: graph.by_id[node_id].position for node_id in ids}
    return {
        node_id: next_place(graph, place, steps)
        for node_id, place in places.items()
        if place is not None
    }


def insert_chain(project: Project, after: str, first: str, last: str) -> Project:
    """Lead everything that ``after`` feeds through existing layers, ``first`` to ``last``.

    Raises ``EditError`` if ``after`` cannot feed ``first``.
    """
    graph = project.graph
    chain = [name for name in graph.order if name in {first, *descendants(graph, first)}]
    targets = graph.targets[after]
    if not targets:
        project = _follow_output(project, after, last)
    edges = tuple((last, edge[1]) if edge[0] == after else edge for edge in graph.edges)
    project = connect(replace_graph(project, edges=edges), after, first)
    before = graph.by_id[after].position
    if before is None:  # left to the layout
        return move_nodes(project, dict.fromkeys(chain))
    places: dict[str, Point | None] = {
        name: next_place(graph, before, steps) for steps, name in enumerate(chain, 1)
    }
    axis = 0 if graph.extra.get("horizontal") else 1
    positions = [place for name in targets if (place := graph.by_id[name].position) is not None]
    if (
        positions
        and min(p[axis] for p in positions) < next_place(graph, before, len(chain) + 1)[axis]
    ):
        places |= _pushed(graph, targets, len(chain))
    return move_nodes(project, places)


def move_to_edge(project: Project, node_id: str, edge: Edge) -> Project:
    """Move a layer into another connection, closing the gap it leaves.

    Raises ``EditError`` if it takes no input or joins several, or the connection is its own or
    gone.
    """
    graph = project.graph
    node = _need(graph, node_id)
    if node_id in edge:
        raise edit_error("own_connection", node_id)
    if edge not in graph.edges:
        raise edit_error("connection_gone")
    _check_takes_input(node.layer, node_id)
    if len(graph.sources[node_id]) > 1:
        raise edit_error("layer_joins_several", node_id)
    project = replace_graph(project, edges=_healed(graph, {node_id}))
    if edge not in project.graph.edges:
        raise edit_error("connection_gone")
    return _splice(project, node_id, edge[0], (edge[1],))


def _healed(graph: Graph, gone: set[str]) -> tuple[Edge, ...]:
    """Return the edges without ``gone``, bridging removed nodes that have a single input."""

    def origin(node_id: str) -> str | None:
        visited: set[str] = set()
        while node_id in gone:
            sources = graph.sources[node_id]
            if len(sources) != 1 or node_id in visited:
                return None
            visited.add(node_id)
            node_id = sources[0]
        return node_id

    edges: list[Edge] = []
    for source, target in graph.edges:
        if target in gone:
            continue
        start = origin(source) if source in gone else source
        if start is not None and (start, target) not in edges:
            edges.append((start, target))
    return tuple(edges)


def remove_nodes(project: Project, ids: Iterable[str], *, heal: bool = True) -> Project:
    """Remove layers with their connections; ``heal`` closes gaps of layers with one input.

    The first node that shared a removed layer becomes its owner.
    """
    graph = project.graph
    gone = {name for name in ids if name in graph.by_id}
    edges = (
        _healed(graph, gone)
        if heal
        else tuple(e for e in graph.edges if e[0] not in gone and e[1] not in gone)
    )
    nodes = _inherited(graph, gone)
    groups = without_empty(nodes, graph.groups)
    project = replace_graph(project, nodes=nodes, edges=edges, groups=groups)
    for name in gone:
        heir = graph.sources[name][0] if heal and len(graph.sources[name]) == 1 else None
        referenced = name in project.training.outputs or name in project.data.targets
        if referenced and heir in project.graph.outputs and heir is not None:
            project = _rename_references(project, name, heir)
        else:
            project = _rename_references(project, name, None)
    return project


def _inherited(graph: Graph, gone: set[str], keep: bool = False) -> tuple[Node, ...]:
    heirs: dict[str, str] = {}
    nodes: list[Node] = []
    for node in graph.nodes:
        if node.id in gone:
            if keep:
                nodes.append(node)
            continue
        if node.shared in gone and node.shared is not None:
            if node.shared in heirs:
                nodes.append(replace(node, shared=heirs[node.shared]))
                continue
            heirs[node.shared] = node.id
            params = graph.by_id[node.shared].params
            nodes.append(replace(node, shared=None, params=params))
            continue
        nodes.append(node)
    return tuple(nodes)


def move_nodes(project: Project, positions: Mapping[str, Point | None]) -> Project:
    """Place layers and groups; None leaves one to the layout."""
    graph = project.graph
    return replace_graph(
        project,
        nodes=tuple(
            replace(n, position=positions[n.id]) if n.id in positions else n for n in graph.nodes
        ),
        groups=tuple(
            replace(g, position=positions[g.id]) if g.id in positions else g for g in graph.groups
        ),
    )


def set_params(project: Project, node_id: str, **params: Any) -> Project:
    """Set constructor arguments; ``...`` removes one. A shared layer's owner is changed."""
    node = _need(project.graph, node_id)
    if node.shared is not None:
        node = _need(project.graph, node.shared)
    merged = {**node.params, **params}
    arguments = {key: value for key, value in merged.items() if value is not ...}
    return _replace_node(project, replace(node, params=arguments))


def replace_layer(project: Project, node_id: str, layer: str) -> Project:
    """Replace the layer of a node, keeping arguments that both have.

    Nodes that shared the old layer keep it; surplus connections are removed, the last ones first.
    """
    node = _need(project.graph, node_id)
    if layer == node.layer:
        return project
    spec = LAYERS.get(layer)
    project = replace_graph(project, nodes=_inherited(project.graph, {node_id}, keep=True))
    if spec is not None and spec.max_inputs is not None:
        incoming = [edge for edge in project.graph.edges if edge[1] == node_id]
        project = disconnect(project, *incoming[spec.max_inputs :])
    graph = project.graph
    allowed = spec.by_name if spec else node.params
    arguments = {key: value for key, value in node.params.items() if key in allowed}
    params = _start_params(layer, arguments) if spec else dict(node.params)
    project = _replace_node(
        project, replace(node, layer=layer, params=params, shared=None, extra=node.extra)
    )
    generated = re.fullmatch(rf"{re.escape(snake_case(node.layer))}(_\d+)?", node_id)
    if generated:
        return rename_node(project, node_id, new_id(graph, layer))
    return project


def rename_node(project: Project, old: str, new: str) -> Project:
    """Change a layer's ID everywhere; raise ``EditError`` if it is empty or taken."""
    graph = project.graph
    node = _need(graph, old)
    new = new.strip()
    if new == old:
        return project
    if not new:
        raise edit_error("name_invalid", old)
    if new in graph.by_id or new in graph.group_by_id:
        raise edit_error("name_taken", old, name=new)
    project = _replace_node(project, replace(node, id=new), old)
    graph = project.graph
    project = replace_graph(
        project,
        nodes=tuple(replace(n, shared=new) if n.shared == old else n for n in graph.nodes),
        edges=tuple((new if a == old else a, new if b == old else b) for a, b in graph.edges),
    )
    return _rename_references(project, old, new)


def _rename_references(project: Project, old: str, new: str | None) -> Project:
    """Rename an ID in the settings of inputs and outputs; None drops its settings."""

    def renamed(table: Mapping[str, Any]) -> dict[str, Any]:
        pairs = ((new if key == old else key, value) for key, value in table.items())
        return {key: value for key, value in pairs if key is not None}

    data, training = project.data, project.training
    if old in data.inputs or old in data.targets:
        data = replace(data, inputs=renamed(data.inputs), targets=renamed(data.targets))
    if old in training.outputs:
        training = replace(training, outputs=renamed(training.outputs))
    return replace(project, data=data, training=training)


def _follow_output(project: Project, old: str, new: str) -> Project:
    if project.graph.targets[old] or project.graph.by_id[old].layer == "Input":
        return project
    return _rename_references(project, old, new)


def share_layer(project: Project, node_id: str, owner: str) -> Project:
    """Let a node use the layer of ``owner``; raise ``EditError`` if that is not possible."""
    node, owner_node = _need(project.graph, node_id), _need(project.graph, owner)
    if owner_node.shared is not None:
        owner_node = _need(project.graph, owner_node.shared)
    if owner_node.id == node_id:
        raise edit_error("shared_with_itself", node_id)
    if owner_node.layer != node.layer:
        raise edit_error(
            "shared_other_type",
            node_id,
            first=node_id,
            layer=node.layer,
            second=owner_node.id,
            other=owner_node.layer,
        )
    nodes = tuple(
        replace(n, shared=owner_node.id, params={}) if node_id in (n.id, n.shared) else n
        for n in project.graph.nodes
    )
    return replace_graph(project, nodes=nodes)


def unshare_layer(project: Project, node_id: str) -> Project:
    """Give a node its own layer with the same parameters."""
    node = _need(project.graph, node_id)
    if node.shared is None:
        return project
    params = _need(project.graph, node.shared).params
    return _replace_node(project, replace(node, shared=None, params=params))


def rename_project(project: Project, name: str) -> Project:
    """Rename the project."""
    return replace(project, name=name.strip() or "Untitled")


def set_data(project: Project, data: Data | None = None, **changes: Any) -> Project:
    """Set data, or fields of the recipe; unknown names become options."""
    recipe = data if data is not None else project.data
    fields = {key: value for key, value in changes.items() if key in Data.__dataclass_fields__}
    rest = {key: value for key, value in changes.items() if key not in fields}
    if rest:
        options = {**recipe.options, **rest}
        fields["options"] = {key: value for key, value in options.items() if value is not ...}
    return replace(project, data=replace(recipe, **fields))


def set_training(project: Project, **changes: Any) -> Project:
    """Change training settings."""
    return replace(project, training=replace(project.training, **changes))
