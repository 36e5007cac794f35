"""Whether two projects would be trained alike, wherever their cards stand."""

from __future__ import annotations

from dataclasses import replace

from netbuilder.core.project.model import Choice, Data, Graph, Project


def _bare(graph: Graph) -> tuple[object, ...]:
    nodes = tuple(replace(node, position=None, group=None) for node in graph.nodes)
    return nodes, graph.edges, graph.outputs


def training_relevant(project: Project) -> Project:
    """The project without what makes no difference to a training: its name, and what only the eye
    sees of its cards."""
    nodes = tuple(replace(node, position=None, group=None) for node in project.graph.nodes)
    graph = Graph(nodes, project.graph.edges)
    return Project(graph=graph, data=project.data, training=project.training)


def same_training(one: Project, other: Project) -> bool:
    """Whether a run of one is a run of the other: same layers, wires, data and plan.

    Where a card stands, its group and what else only the eye sees make no difference.
    """
    if one.data != other.data or one.training != other.training:
        return False
    return same_network(one, other)


def same_but_rate(one: Project, other: Project) -> bool:
    """Whether two projects would be trained alike at the same learning rate."""
    first, second = (
        Choice(choice.name, {key: v for key, v in choice.params.items() if key != "learning_rate"})
        for choice in (one.training.optimizer, other.training.optimizer)
    )
    training = replace(other.training, optimizer=one.training.optimizer)
    return first == second and same_training(one, replace(other, training=training))


def same_network(one: Project, other: Project) -> bool:
    """Whether both have the same layers and wires, wherever their cards stand."""
    return one.graph is other.graph or _bare(one.graph) == _bare(other.graph)


def changed_since(then: Project, now: Project) -> str:
    """What of a project is another than when it was trained: "network", else "data", else ""."""
    if not same_network(then, now):
        return "network"
    return "data" if then.data != now.data else ""


def same_rows(one: Data, other: Data) -> bool:
    """Whether two recipes read the same rows, whatever they then do with them."""
    return (one.kind, one.name, one.path) == (other.kind, other.name, other.path)
