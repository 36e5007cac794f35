"""Whether a wire is legal, and pure edits of wires. What is illegal raises ``EditError``."""

from __future__ import annotations

from dataclasses import replace

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.errors import EditError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Edge, Graph, Project


def replace_graph(project: Project, **changes: object) -> Project:
    """The project with parts of its graph replaced."""
    return replace(project, graph=replace(project.graph, **changes))  # type: ignore[arg-type]


def descendants(graph: Graph, node_id: str) -> set[str]:
    """Ids of all nodes that the output of ``node_id`` reaches."""
    found: set[str] = set()
    waiting = list(graph.targets.get(node_id, ()))
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting.extend(graph.targets[one])
    return found


def connection_problem(graph: Graph, source: str, target: str) -> str | None:
    """The sentence that says why no wire can go from ``source`` to ``target``; None if it can.

    A full single input is no obstacle: ``connect`` takes its old wire away.
    """
    for end in (source, target):
        if end not in graph.by_id:
            return _("The layer '{name}' no longer exists.", name=end)
    if source == target:
        return _("You cannot connect a layer to itself.")
    if (source, target) in graph.edges:
        return _("'{source}' is already connected to '{target}'.", source=source, target=target)
    spec = LAYERS.get(graph.by_id[target].layer)
    if spec is not None and spec.max_inputs == 0:
        return _(
            "'{name}' is where the data enters the network: it takes no connection.", name=target
        )
    if source in descendants(graph, target):
        return _(
            "'{target}' already leads to '{source}': this connection would make a cycle.",
            source=source,
            target=target,
        )
    count = len(graph.sources[target])
    if spec is not None and spec.max_inputs is not None and 1 < spec.max_inputs <= count:
        return _(
            "'{name}' takes at most {count} inputs and already has them.",
            name=target,
            count=spec.max_inputs,
        )
    return None


def connect(project: Project, source: str, target: str) -> Project:
    """Wire ``source`` to ``target``. A layer with a single input lets go of its old wire.

    Raises:
        EditError: the wire would be illegal; says why.
    """
    graph = project.graph
    reason = connection_problem(graph, source, target)
    if reason:
        raise EditError(reason, node=target, code="connection_not_allowed")
    spec = LAYERS.get(graph.by_id[target].layer)
    edges = graph.edges
    if spec is not None and spec.max_inputs == 1:
        edges = tuple(edge for edge in edges if edge[1] != target)
    return replace_graph(project, edges=(*edges, (source, target)))


def disconnect(project: Project, *edges: Edge) -> Project:
    """Take wires away."""
    gone = set(edges)
    return replace_graph(project, edges=tuple(e for e in project.graph.edges if e not in gone))


def order_inputs(project: Project, target: str, sources: tuple[str, ...]) -> Project:
    """Put the inputs of ``target`` in the order of ``sources``.

    Raises:
        EditError: ``sources`` are not exactly what feeds ``target`` now.
    """
    if sorted(sources) != sorted(project.graph.sources.get(target, ())):
        raise EditError(
            _("These are not the inputs of '{name}'.", name=target),
            code="inputs_differ",
            node=target,
        )
    new = iter(sources)
    return replace_graph(
        project,
        edges=tuple((next(new), target) if e[1] == target else e for e in project.graph.edges),
    )
