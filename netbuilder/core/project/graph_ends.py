"""The two ends of a graph that data meets: its Input nodes and its outputs."""

from __future__ import annotations

from netbuilder.core.catalog.layers.index import spec_of
from netbuilder.core.project.model import Graph, Node

DEFAULT_INPUT = "input"
DEFAULT_OUTPUT = "output"


def input_ids(graph: Graph) -> tuple[str, ...]:
    """Ids of the Input nodes; a name to go by where there is none yet."""
    return graph.inputs or (DEFAULT_INPUT,)


def output_ids(graph: Graph) -> tuple[str, ...]:
    """Ids of the outputs; a name to go by where there is none yet."""
    return graph.outputs or (DEFAULT_OUTPUT,)


def resolved(graph: Graph, node: Node) -> Node:
    """The node whose parameters count: the first use of a shared layer."""
    return graph.by_id.get(node.shared, node) if node.shared else node


def last_layer(graph: Graph, output: str) -> Node | None:
    """The node at or above ``output`` that decides the number of units, if it is known here.

    Activations, dropout and the like are passed over; a merge or an unknown layer ends the
    search without an answer.
    """
    here: str | None = output
    seen: set[str] = set()
    while here is not None and here in graph.by_id and here not in seen:
        seen.add(here)
        node = resolved(graph, graph.by_id[here])
        if "units" in node.params or node.layer == "Dense":
            return node
        sources = graph.sources[here]
        if not spec_of(node.layer).keeps_units or len(sources) != 1:
            return None
        here = sources[0]
    return None


def drops_behind(graph: Graph, output: str, last: Node) -> bool:
    """Whether values are dropped or disturbed between ``last`` and ``output``."""
    here = output
    while resolved(graph, graph.by_id[here]).id != last.id and len(graph.sources[here]) == 1:
        if spec_of(graph.by_id[here].layer).noise:
            return True
        here = graph.sources[here][0]
    return False


def last_units(graph: Graph, output: str) -> int | None:
    """Units of the output's last layer, or None where only Keras can tell."""
    node = last_layer(graph, output)
    units = node.params.get("units") if node else None
    return units if isinstance(units, int) and not isinstance(units, bool) else None


def last_activation(graph: Graph, output: str) -> str | None:
    """Name of the function that the output's values went through last, "linear" if none.

    None where it cannot be told without Keras.
    """
    here: str | None = output
    while here is not None and here in graph.by_id:
        node = resolved(graph, graph.by_id[here])
        stands_for = spec_of(node.layer).activation
        if stands_for is not None:
            return stands_for
        if node.layer == "Activation" or node.params.get("activation"):
            name = node.params.get("activation", "linear")
            return name if isinstance(name, str) else None
        if node.layer == "Dense":
            return "linear"
        sources = graph.sources[here]
        if not spec_of(node.layer).keeps_units or len(sources) != 1:
            return None
        here = sources[0]
    return None


def feeds_embedding(graph: Graph, key: str) -> bool:
    """Whether the values of an Input node are whole numbers that stand for words or things."""
    return any(
        resolved(graph, graph.by_id[target]).layer == "Embedding"
        for target in graph.targets.get(key, ())
    )
