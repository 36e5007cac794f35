"""The two ends of a graph that data meets: its Input nodes and its outputs."""

from __future__ import annotations

from dataclasses import replace

from netbuilder.core.catalog.layers.layer_index import LAYERS, spec_of
from netbuilder.core.catalog.spec import Category
from netbuilder.core.errors import EditError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Choice, Data, Edge, Graph, Node, Project


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


DEFAULT_INPUT = "input"
DEFAULT_OUTPUT = "output"


def input_ids(graph: Graph) -> tuple[str, ...]:
    """Ids of the Input nodes; a name to go by where there is none yet."""
    return graph.inputs or (DEFAULT_INPUT,)


def output_ids(graph: Graph) -> tuple[str, ...]:
    """Ids of the outputs; a name to go by where there is none yet."""
    return graph.outputs or (DEFAULT_OUTPUT,)


def layer_owner(graph: Graph, node: Node) -> Node:
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
        node = layer_owner(graph, graph.by_id[here])
        if "units" in node.params or node.layer == "Dense":
            return node
        sources = graph.sources[here]
        if not spec_of(node.layer).keeps_units or len(sources) != 1:
            return None
        here = sources[0]
    return None


def has_noise_behind(graph: Graph, output: str, last: Node) -> bool:
    """Whether values are dropped or disturbed between ``last`` and ``output``."""
    here = output
    while layer_owner(graph, graph.by_id[here]).id != last.id and len(graph.sources[here]) == 1:
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
        node = layer_owner(graph, graph.by_id[here])
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
        layer_owner(graph, graph.by_id[target]).layer == "Embedding"
        for target in graph.targets.get(key, ())
    )


# A Rescaling by less than this is meant for pixels from 0 to 255.
_FOR_BYTES = 0.05
_COLOURS = 3


def takes_bytes(graph: Graph, node: Node) -> bool:
    """Whether a layer wants pixels from 0 to 255: a pretrained body, or a Rescaling by 1/255.

    The bodies of ``keras.applications`` bring pixels into the range of their weights themselves,
    unless their ``preprocess`` is switched off.
    """
    here = layer_owner(graph, node)
    spec = spec_of(here.layer)
    if spec.category is Category.PRETRAINED:
        return "preprocess" not in spec.by_name or here.params.get("preprocess", True) is True
    if here.layer != "Rescaling":
        return False
    scale = here.params.get("scale")
    sizes = scale if isinstance(scale, (list, tuple)) else [scale]
    numbers = [abs(one) for one in sizes if isinstance(one, (int, float))]
    return bool(numbers) and max(numbers) < _FOR_BYTES


def passes_pixels(graph: Graph, node: Node) -> bool:
    """Whether pixels keep their range in a layer: it arranges, crops or augments pictures.

    So does the convolution that makes the three colours of a body out of grey: 1×1, three filters
    and no activation. Fed with 0 to 1 it would hand on next to nothing of 0 to 255, and it takes a
    long way to learn so large a weight (measured with a frozen body: 0.25 right of six classes,
    0.76 with 0 to 255).
    """
    here = layer_owner(graph, node)
    spec, params = spec_of(here.layer), here.params
    if here.layer == "Conv2D":
        size = params.get("kernel_size")
        ones = size == 1 or (isinstance(size, (list, tuple)) and all(one == 1 for one in size))
        plain = params.get("activation") in (None, "linear")
        return ones and plain and params.get("filters") == _COLOURS
    return not spec.scales and spec.category in {Category.SHAPE, Category.PREPROCESS}


def byte_input_layer(graph: Graph, key: str) -> str | None:
    """Id of the layer behind Input ``key`` that wants pixels from 0 to 255, or None.

    Layers that pixels pass through in their range are passed over.
    """
    waiting = list(graph.targets.get(key, ()))
    seen = set(waiting)
    while waiting:
        node = graph.by_id[waiting.pop(0)]
        if takes_bytes(graph, node):
            return node.id
        if not passes_pixels(graph, node):
            continue
        for target in graph.targets[node.id]:
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return None
