"""Queries and edits of graphs: connections, inputs, outputs, last layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from netbuilder.core.catalog.layers.layer_index import LAYERS, spec_of
from netbuilder.core.catalog.layers.pretrained import BACKBONES
from netbuilder.core.catalog.spec import Category
from netbuilder.core.errors import EditError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Choice, Data, Edge, Graph, Node, Project
from netbuilder.core.project.project_errors import edit_error


def replace_graph(project: Project, **changes: object) -> Project:
    """Return the project with parts of its graph replaced."""
    return replace(project, graph=replace(project.graph, **changes))  # type: ignore[arg-type]


def descendants(graph: Graph, node_id: str) -> set[str]:
    """Return the IDs of all nodes that ``node_id`` reaches."""
    reached: set[str] = set()
    waiting = list(graph.targets.get(node_id, ()))
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(graph.targets[name])
    return reached


def before_last_layer(graph: Graph, end: str) -> str | None:
    """Return the node that alone feeds the output ``end`` if that is a Dense with softmax or
    sigmoid, which should stay the last layer; None otherwise."""
    node, sources = graph.by_id[end], graph.sources[end]
    last = node.layer == "Dense" and node.params.get("activation") in ("softmax", "sigmoid")
    if not last or len(sources) != 1 or graph.targets[sources[0]] != (end,):
        return None
    return sources[0]


def downstream(graph: Graph, node_id: str, passes: Callable[[Node], bool]) -> Iterator[Node]:
    """Yield the nodes after ``node_id``, breadth first, and those after nodes it ``passes``."""
    waiting = list(graph.targets.get(node_id, ()))
    visited = set(waiting)
    for target in waiting:
        yield graph.by_id[target]
        if passes(graph.by_id[target]):
            following = [name for name in graph.targets[target] if name not in visited]
            visited.update(following)
            waiting += following


def connection_problem(graph: Graph, source: str, target: str) -> str | None:
    """Return why ``source`` cannot feed ``target``; a full single input does not matter."""
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
    """Connect two layers, replacing a single input; raise ``EditError`` if that is not allowed."""
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
    """Remove connections."""
    gone = set(edges)
    return replace_graph(project, edges=tuple(e for e in project.graph.edges if e not in gone))


def order_inputs(project: Project, target: str, sources: tuple[str, ...]) -> Project:
    """Order the inputs of ``target``; raise ``EditError`` if ``sources`` differ from them."""
    if sorted(sources) != sorted(project.graph.sources.get(target, ())):
        raise edit_error("inputs_differ", target)
    new = iter(sources)
    return replace_graph(
        project,
        edges=tuple((next(new), target) if e[1] == target else e for e in project.graph.edges),
    )


def _bare(graph: Graph) -> Graph:
    nodes = tuple(replace(node, position=None, group=None) for node in graph.nodes)
    return Graph(nodes, graph.edges)


def _unfrozen(graph: Graph) -> Graph:
    nodes = []
    for node in _bare(graph).nodes:
        params = {k: v for k, v in node.params.items() if not k.startswith("trainable")}
        nodes.append(replace(node, params=params))
    return Graph(tuple(nodes), graph.edges)


def training_relevant(project: Project) -> Project:
    """Return the project without its name, positions and groups."""
    return Project(graph=_bare(project.graph), data=project.data, training=project.training)


def same_training(first: Project, second: Project) -> bool:
    """Return whether training two projects is the same: layers, connections, data and settings."""
    if first.data != second.data or first.training != second.training:
        return False
    return same_network(first, second)


def same_but_rate(first: Project, second: Project) -> bool:
    """Return whether training differs at most in the learning rate."""
    optimizer, other_optimizer = (
        Choice(choice.name, {key: v for key, v in choice.params.items() if key != "learning_rate"})
        for choice in (first.training.optimizer, second.training.optimizer)
    )
    training = replace(second.training, optimizer=first.training.optimizer)
    return optimizer == other_optimizer and same_training(first, replace(second, training=training))


def same_network(first: Project, second: Project) -> bool:
    """Return whether layers and connections are the same, whatever their positions."""
    return first.graph is second.graph or _bare(first.graph) == _bare(second.graph)


def changed_since(trained: Project, current: Project) -> str:
    """Return what has changed since (not what is frozen): "network", else "data", else ""."""
    if _unfrozen(trained.graph) != _unfrozen(current.graph):
        return "network"
    return "data" if trained.data != current.data else ""


def same_rows(first: Data, second: Data) -> bool:
    """Return whether two recipes read the same rows."""
    return (first.kind, first.name, first.path) == (second.kind, second.name, second.path)


DEFAULT_INPUT = "input"
DEFAULT_OUTPUT = "output"


def input_ids(graph: Graph) -> tuple[str, ...]:
    """Return the IDs of the Input nodes, or a placeholder."""
    return graph.inputs or (DEFAULT_INPUT,)


def output_ids(graph: Graph) -> tuple[str, ...]:
    """Return the IDs of the outputs, or a placeholder."""
    return graph.outputs or (DEFAULT_OUTPUT,)


def layer_owner(graph: Graph, node: Node) -> Node:
    """Return the node with the parameters: the owner of a shared layer."""
    return graph.by_id.get(node.shared, node) if node.shared else node


def last_layer(graph: Graph, output: str) -> Node | None:
    """Return the node at or above ``output`` with the number of units, if known without Keras.

    Activations, dropout and the like are skipped; a merge or an unknown layer ends the search.
    """
    node_id: str | None = output
    visited: set[str] = set()
    while node_id is not None and node_id in graph.by_id and node_id not in visited:
        visited.add(node_id)
        node = layer_owner(graph, graph.by_id[node_id])
        if "units" in node.params or node.layer == "Dense":
            return node
        sources = graph.sources[node_id]
        if not spec_of(node.layer).keeps_units or len(sources) != 1:
            return None
        node_id = sources[0]
    return None


def has_noise_behind(graph: Graph, output: str, last: Node) -> bool:
    """Return whether a noise layer (Dropout, say) is between ``last`` and ``output``."""
    node_id = output
    while (
        layer_owner(graph, graph.by_id[node_id]).id != last.id and len(graph.sources[node_id]) == 1
    ):
        if spec_of(graph.by_id[node_id].layer).noise:
            return True
        node_id = graph.sources[node_id][0]
    return False


def last_units(graph: Graph, output: str) -> int | None:
    """Return the units of the output's last layer, or None if unknown without Keras."""
    node = last_layer(graph, output)
    units = node.params.get("units") if node else None
    return units if isinstance(units, int) and not isinstance(units, bool) else None


def last_activation(graph: Graph, output: str) -> str | None:
    """Return the name of the output's last activation, "linear" for none; None if unknown."""
    node_id: str | None = output
    while node_id is not None and node_id in graph.by_id:
        node = layer_owner(graph, graph.by_id[node_id])
        own = spec_of(node.layer).activation
        if own is not None:
            return own
        if node.layer == "Activation" or node.params.get("activation"):
            name = node.params.get("activation", "linear")
            return name if isinstance(name, str) else None
        if node.layer == "Dense":
            return "linear"
        sources = graph.sources[node_id]
        if not spec_of(node.layer).keeps_units or len(sources) != 1:
            return None
        node_id = sources[0]
    return None


def feeds_embedding(graph: Graph, key: str) -> bool:
    """Return whether an Input's values are indices for an Embedding."""
    return any(
        layer_owner(graph, graph.by_id[target]).layer == "Embedding"
        for target in graph.targets.get(key, ())
    )


# A Rescaling by less expects pixels from 0 to 255.
_FOR_BYTES = 0.05
_COLOURS = _IMAGE_AXES = 3


def takes_bytes(graph: Graph, node: Node) -> bool:
    """Return whether a layer takes pixels from 0 to 255: Rescaling by 1/255, or a pretrained model.

    Models of ``keras.applications`` scale pixels themselves unless ``preprocess`` is off.
    """
    owner = layer_owner(graph, node)
    spec = spec_of(owner.layer)
    if spec.category is Category.PRETRAINED:
        scales = "preprocess" not in spec.by_name or owner.params.get("preprocess", True) is True
        return scales and len(BACKBONES[owner.layer].shape) == _IMAGE_AXES
    if owner.layer != "Rescaling":
        return False
    scale = owner.params.get("scale")
    sizes = scale if isinstance(scale, (list, tuple)) else [scale]
    numbers = [abs(size) for size in sizes if isinstance(size, (int, float))]
    return bool(numbers) and max(numbers) < _FOR_BYTES


def passes_pixels(graph: Graph, node: Node) -> bool:
    """Return whether a layer keeps the range of pixels: it arranges, crops or augments images.

    So does a linear 1×1 convolution from grey to three colours: pixels scaled to 0 to 1 before a
    frozen model gave an accuracy of 0.25 instead of 0.76.
    """
    owner = layer_owner(graph, node)
    spec, params = spec_of(owner.layer), owner.params
    if owner.layer == "Conv2D":
        size = params.get("kernel_size")
        pointwise = size == 1 or (isinstance(size, (list, tuple)) and all(n == 1 for n in size))
        plain = params.get("activation") in (None, "linear")
        return pointwise and plain and params.get("filters") == _COLOURS
    return not spec.scales and spec.category in {Category.SHAPE, Category.PREPROCESS}


def byte_input_layer(graph: Graph, key: str) -> str | None:
    """Return the ID of the layer after ``key`` that expects pixels from 0 to 255, or None."""
    following = downstream(graph, key, lambda node: passes_pixels(graph, node))
    return next((node.id for node in following if takes_bytes(graph, node)), None)
