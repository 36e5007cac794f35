"""Rules about nodes and connections; they need no data, shapes or Keras."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.check.context import Context
from netbuilder.core.check.problems import Fix, node_name
from netbuilder.core.check.rule import Finders, Violation, make_fix, remove_layer
from netbuilder.core.check.rules.output_helpers import activation_for
from netbuilder.core.check.shapes.shape_errors import input_count_sentence
from netbuilder.core.error_texts import sentences_of
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project import edits
from netbuilder.core.project.graph_ends import (
    DEFAULT_OUTPUT,
    before_last_layer,
    connect,
    connection_problem,
    disconnect,
    replace_graph,
)
from netbuilder.core.project.model import Node, Project
from netbuilder.core.wording import format_list, join_values

_sentence = sentences_of("check")


def _no_input(context: Context) -> Iterable[Violation]:
    if context.graph.inputs:
        return
    ready = [root for root in context.roots if _takes_one(context.graph.by_id[root])]

    def edit(project: Project) -> Project:
        project = edits.add_node(project, "Input")
        new = project.graph.nodes[-1].id
        for root in ready:
            project = connect(project, new, root)
        return project

    message = (
        _("The network has no Input, so it gets no data.")
        if context.graph.nodes
        else (_("The canvas is empty. Start with an Input, where the data enters the network."))
    )
    yield Violation(None, message, make_fix(_("Add an Input"), edit))


def _takes_one(node: Node) -> bool:
    spec = LAYERS.get(node.layer)
    return spec is not None and spec.min_inputs <= 1 and spec.max_inputs != 0


def _no_layers(context: Context) -> Iterable[Violation]:
    if not context.graph.inputs or len(context.graph.inputs) < len(context.graph.nodes):
        return
    yield Violation(
        None,
        _("The network has only an Input. Add a layer that learns, such as Dense."),
        _first_layer(context),
    )


def _first_layer(context: Context) -> Fix:
    """Return a fix that adds a Dense to fit the target; if that is unknown, a hidden layer."""
    facts = context.facts
    units = facts.output_units.get(DEFAULT_OUTPUT) if facts and context.task_is_known else None
    if facts is None or units is None:
        return make_fix(_("Add a Dense"), edits.append_layer, "Dense")
    activation = activation_for(facts.tasks.get(DEFAULT_OUTPUT, facts.task))
    shape = facts.input_shapes.get(context.graph.inputs[-1], ())
    flat = len(shape) < 2 or None in shape
    params = {"units": units, "activation": activation}

    def edit(project: Project) -> Project:
        if not flat:
            project = edits.append_layer(project, "Flatten")
        return edits.append_layer(project, "Dense", params=params)

    count = ngettext("{count} unit", "{count} units", units)
    settings = join_values(filter(None, (count, activation)))
    return make_fix(
        (
            _("Add a Dense: {settings}", settings=settings)
            if flat
            else _("Add Flatten and Dense: {settings}", settings=settings)
        ),
        edit,
    )


def _unconnected(context: Context) -> Iterable[Violation]:
    graph = context.graph
    if not graph.inputs:
        return  # see no-input
    for root in context.roots:
        node = graph.by_id[root]
        if any(edge[1] == root for edge in graph.dangling):
            continue  # see dangling-edge
        yield Violation(
            root,
            _sentence("no_connection_in", node=node_name(node)),
            _join(context, root) or remove_layer(node.id),
        )
    if len(graph.nodes) > len(graph.inputs):
        free = [source for source in graph.inputs if not graph.targets[source]]
        # Without an output, the line to the Target begins at the first free Input.
        for source in free if graph.outputs else free[1:]:
            if not any(e[0] == source for e in graph.dangling):
                node = graph.by_id[source]
                yield Violation(
                    source,
                    _sentence("no_connection_out", node=node_name(node)),
                    _lead(context, source) or remove_layer(node.id),
                )


def _join(context: Context, root: str) -> Fix | None:
    graph = context.graph
    ends = [end for end in (*graph.outputs, *graph.inputs) if not graph.targets[end]]
    ends = [e for e in ends if e in context.live and connection_problem(graph, e, root) is None]
    if len(ends) != 1 or not _takes_one(graph.by_id[root]):
        return None
    before = before_last_layer(graph, ends[0])
    fits = any(end.node.id == ends[0] and end.fits for end in context.ends)
    if before is not None and fits and not graph.targets[root]:  # the canvas offers the same
        title = _("Insert this layer before '{name}'", name=ends[0])
        return make_fix(title, edits.insert_chain, before, root, root)
    return make_fix(_("Connect '{name}' to this layer", name=ends[0]), connect, ends[0], root)


def _lead(context: Context, source: str) -> Fix | None:
    roots = [r for r in context.roots if _takes_one(context.graph.by_id[r])]
    if len(roots) != 1 or connection_problem(context.graph, source, roots[0]) is not None:
        return None
    return make_fix(_("Connect to '{name}'", name=roots[0]), connect, source, roots[0])


def _cycle(context: Context) -> Iterable[Violation]:
    for cycle, closing in context.cycles:
        path = " → ".join(f"'{name}'" for name in (*cycle, cycle[0]))
        yield Violation(cycle[0], _sentence("cycle", path=path), _cut(closing))


def _cut(edges: tuple[tuple[str, str], ...]) -> Fix:
    first = edges[0]
    text = _("Remove the connection '{first}' → '{second}'", first=first[0], second=first[1])
    if len(edges) > 1:
        text = ngettext("Remove {count} connection", "Remove {count} connections", len(edges))
    return make_fix(text, disconnect, *edges)


def _dangling(context: Context) -> Iterable[Violation]:
    for edge in context.graph.dangling:
        missing = [f"'{end}'" for end in dict.fromkeys(edge) if end not in context.graph.by_id]
        node_id = next((end for end in edge if end in context.graph.by_id), None)
        yield Violation(
            node_id,
            _sentence(
                "missing_end",
                count=len(missing),
                first=edge[0],
                second=edge[1],
                missing=format_list(missing),
            ),
            make_fix(_("Remove the connection"), disconnect, edge),
        )


def _duplicate(context: Context) -> Iterable[Violation]:
    visited: set[str] = set()
    reported: set[str] = set()
    for node in context.graph.nodes:
        if node.id in visited and node.id not in reported:
            reported.add(node.id)
            total = sum(other.id == node.id for other in context.graph.nodes)
            yield Violation(
                node.id,
                _sentence("doubled_name", count=total, name=node.id),
                make_fix(_("Rename the copies"), _renamed, node.id),
            )
        visited.add(node.id)


def _renamed(project: Project, name: str) -> Project:
    """Rename every node but the first that is called ``name``; connections stay."""
    graph = project.graph
    nodes: list[Node] = []
    for node in graph.nodes:
        if node.id == name and any(other.id == name for other in nodes):
            taken = [other.id for other in nodes]
            nodes.append(replace(node, id=edits.new_id(graph, node.layer, taken)))
        else:
            nodes.append(node)
    return replace_graph(project, nodes=tuple(nodes))


def _no_name(context: Context) -> Iterable[Violation]:
    for node in context.graph.nodes:
        if not node.id.strip():
            yield Violation(
                node.id,
                _("A {layer} has no name. Each layer needs a name.", layer=node.layer),
                make_fix(_("Name the layer"), _named, node),
            )


def _named(project: Project, node: Node) -> Project:
    graph, old = project.graph, node.id
    new = edits.new_id(graph, node.layer)
    return replace_graph(
        project,
        nodes=tuple(replace(other, id=new) if other.id == old else other for other in graph.nodes),
        edges=tuple((new if a == old else a, new if b == old else b) for a, b in graph.edges),
    )


def _input_count(context: Context) -> Iterable[Violation]:
    closing_edges = {edge for _cycle, closing in context.cycles for edge in closing}
    for node in context.graph.nodes:
        spec = LAYERS.get(context.owner(node).layer)
        sources = context.graph.sources[node.id]
        if closing_edges:  # see cycle, whose fix removes them
            sources = tuple(s for s in sources if (s, node.id) not in closing_edges)
        if spec is None or (not sources and spec.min_inputs > 0):
            continue  # see unknown-layer, unconnected
        count, most = len(sources), spec.max_inputs
        if count >= spec.min_inputs and (most is None or count <= most):
            continue
        yield Violation(
            node.id,
            input_count_sentence(node, spec, count),
            _count_fix(context, node, sources, most),
            beginning=count < spec.min_inputs,
        )


def _count_fix(context: Context, node: Node, sources: tuple[str, ...], most: int | None) -> Fix:
    if most == 0:
        edges = tuple((source, node.id) for source in sources)
        text = ngettext("Remove the connection", "Remove the connections", len(edges))
        return make_fix(text, disconnect, *edges)
    if most is not None and len(sources) > most:
        if most == 1:
            return make_fix(_("Insert Concatenate"), _joined, node.id)
        spare = tuple((source, node.id) for source in sources[most:])
        return make_fix(
            ngettext("Remove {count} connection", "Remove {count} connections", len(spare)),
            disconnect,
            *spare,
        )
    if (other := _second_input(context, node, sources)) is not None:
        return make_fix(_("Connect '{name}' to this layer", name=other), connect, other, node.id)
    return remove_layer(node.id)


def _second_input(context: Context, node: Node, sources: tuple[str, ...]) -> str | None:
    """Return a layer to merge with: another end, else the nearest ancestor of equal shape.

    The latter is a skip connection (He et al., "Deep residual learning", 2016).
    """
    graph = context.graph
    if len(sources) != 1:
        return None
    above = [up.id for up in context.upward(graph.by_id[sources[0]]) if up.id != sources[0]]
    ends = [
        name
        for name in graph.outputs
        if name not in (node.id, *sources) and connection_problem(graph, name, node.id) is None
    ]
    shape = context.output_of(sources[0])
    for name in (*ends, *above):
        if name not in sources and shape is not None and context.output_of(name) == shape:
            return name
    return ends[0] if ends else None


def _joined(project: Project, target: str) -> Project:
    group = project.graph.by_id[target].group
    project = edits.add_node(project, "Concatenate", group=group)
    new = project.graph.nodes[-1].id
    edges = tuple((a, new) if b == target else (a, b) for a, b in project.graph.edges)
    return replace_graph(project, edges=(*edges, (new, target)))


def _shared(context: Context) -> Iterable[Violation]:
    for node in context.graph.nodes:
        if node.shared is None:
            continue
        owner = context.graph.by_id.get(node.shared)
        if owner is not None and owner.layer == node.layer and owner.shared is None:
            continue
        if owner is None:
            message = _sentence("shared_missing", node=node_name(node), name=node.shared)
        elif owner.layer != node.layer:
            message = _sentence(
                "shared_other_type", node=node_name(node), name=node.shared, layer=owner.layer
            )
        else:
            message = _sentence("shared_twice", node=node_name(node), name=node.shared)
        yield Violation(node.id, message, make_fix(_("Unshare the weights"), _own, node))


def _own(project: Project, node: Node) -> Project:
    spec = LAYERS.get(node.layer)
    owner = project.graph.by_id.get(node.shared or "")
    params = dict(node.params)
    if owner is not None and owner.layer == node.layer:
        params = {**owner.params}
    elif spec is not None:
        params = {**spec.start_params(), **params}
    nodes = tuple(
        replace(other, shared=None, params=params) if other.id == node.id else other
        for other in project.graph.nodes
    )
    return replace_graph(project, nodes=nodes)


FINDERS: Finders = {
    "no-name": _no_name,
    "duplicate-name": _duplicate,
    "dangling-edge": _dangling,
    "cycle": _cycle,
    "shared-layer": _shared,
    "no-input": _no_input,
    "no-layers": _no_layers,
    "unconnected": _unconnected,
    "input-count": _input_count,
}
