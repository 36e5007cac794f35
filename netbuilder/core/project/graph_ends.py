"""The two ends of a graph that data meets: its Input nodes and its outputs."""

from __future__ import annotations

from netbuilder.core.catalog.layers.layer_index import spec_of
from netbuilder.core.catalog.spec import Category
from netbuilder.core.project.model import Graph, Node

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
