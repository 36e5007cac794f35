"""Write the network: ``keras.Sequential`` for a chain, functional otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import getsource
from typing import Any

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.layers.pretrained import BACKBONES, PixelScaling
from netbuilder.core.catalog.spec import Kind, LayerSpec
from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.data.kinds.scripts.script_lines import script_part, used_inputs
from netbuilder.core.data.preprocessing.scaling import bin_edges, bin_weights, most_bins
from netbuilder.core.engine.networks.backbone_weights import (
    BY_ORDER,
    backbone_file,
    bundled_weights,
    has_word_vectors,
    take_weights,
)
from netbuilder.core.engine.networks.quantile_bins import bin_widths, bins_input, with_bins
from netbuilder.core.engine.networks.word_weights import WORD_FILE
from netbuilder.core.escaping.python_text import (
    format_call,
    format_items,
    format_literal,
    translated_source,
)
from netbuilder.core.folders import resource_json
from netbuilder.core.formats.script.literals import ScriptCell, arguments, identifier, layer_call
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.keras_names import keras_name
from netbuilder.core.project.model import Graph, Node, Project

_RESERVED = frozenset(resource_json("keras_names.json")["script_names"])

# Families of ``keras.applications`` with Dropout between their blocks.
_WITH_DROPOUT = ("efficientnet", "efficientnet_v2")


def is_chain(graph: Graph) -> bool:
    """Return whether the network can be a ``keras.Sequential``."""
    reached = [graph.by_id[name] for name in graph.order if graph.sources[name]]
    return (
        len(used_inputs(graph)) == 1
        and len(graph.outputs) == 1
        and all(len(graph.sources[node.id]) == 1 for node in reached)
        and all(len(graph.targets[node.id]) <= 1 for node in graph.nodes)
        and all(node.shared is None and _is_plain(node) for node in reached)
    )


def _is_plain(node: Node) -> bool:
    spec = LAYERS.get(node.layer)
    if spec is None or spec.module != "keras.layers" or has_word_vectors(node):
        return False
    return not (spec.ports or spec.separate_inputs or spec.min_inputs > 1)


def model_cell(
    project: Project, facts: DataFacts | None, *, ids: bool = False, exact: bool = True
) -> ScriptCell:
    """Write the section of ``model``; ``ids``: it takes word ids; ``exact``: initial weights."""
    bins = bin_widths(facts.bins) if facts is not None else {}
    graph = with_bins(project.graph, bins)
    cell = ScriptCell(_("Build the network"))
    if project.training.precision != "float32":
        cell.add(f"keras.config.set_dtype_policy({format_literal(project.training.precision)})")
    if exact:
        text = "\n".join(script_part("begin", seed=project.training.seed))
        cell.add(*translated_source(text).split("\n"))
    if exact and bins:
        for function in (bin_edges, bin_weights):
            cell.add(*translated_source(getsource(function)).rstrip().split("\n"), "", "")
        for name, most, rows in _binned(project, facts):
            cell.add(
                f"edges = [bin_edges(column, {most}) for column in np.asarray({rows}).T]",
                f"{', '.join(_bin_weights(name))} = bin_weights(edges)",
            )
    if is_chain(graph):
        _sequential(graph, facts, cell, ids, exact)
    else:
        _functional(graph, facts, cell, ids, exact)
    for name in bins:
        layer = format_literal(keras_name(f"{name}_bins"))
        cell.add(f"model.get_layer({layer}).set_weights([{', '.join(_bin_weights(name))}])")
    cell.add("model.summary()")
    return cell


def _binned(project: Project, facts: DataFacts | None) -> Iterator[tuple[str, int, str]]:
    """Yield each Input whose numbers are binned, the most bins of a number, and its rows."""
    if facts is None:
        return
    several = len(used_inputs(project.graph)) > 1
    for name in bin_widths(facts.bins):
        most = most_bins(facts.input_shapes[name][-1] or 1)
        yield name, most, f"x_train[{format_literal(name)}]" if several else "x_train"


def short_bin_lines(project: Project, facts: DataFacts | None) -> list[str]:
    """Return lines that bin the numbers of the training rows; none where none are binned."""
    lines = []
    for name, most, rows in _binned(project, facts):
        kernel, bias = _bin_weights(name)
        columns = f"np.asarray({rows}).T" if rows.endswith("]") else f"{rows}.T"
        shares = f"np.linspace(0, 1, {most + 1})"
        edges = f"np.unique(np.quantile(c, {shares}).round(3)) for c in {columns}"
        lines += [
            "from scipy.linalg import block_diag",
            _("# Each number becomes its progress through each of its bins, from 0 to 1."),
            format_items("edges = [", [edges], "]"),
            f"{kernel} = block_diag(*(1 / np.diff(marks) for marks in edges))",
            f"{bias} = -np.concatenate([marks[:-1] / np.diff(marks) for marks in edges])",
        ]
    return lines


def _bin_weights(name: str) -> tuple[str, str]:
    """Return the variables of kernel and bias of the layer that bins an Input's numbers."""
    return identifier(f"{name}_kernel", set()), identifier(f"{name}_bias", set())


def _shape(node: Node, facts: DataFacts | None, ids: bool, several: bool = False) -> list[str]:
    shape, dtype = node.params.get("shape"), node.params.get("dtype")
    if facts is not None:
        shape = facts.input_shapes.get(node.id) if shape is None else shape
        dtype = dtype or facts.input_dtypes.get(node.id)
    if shape is None:
        place = f"x_train[{format_literal(node.id)}]" if several else "x_train"
        args = [f"shape={place}.shape[1:]"]
    else:
        args = [f"shape={format_literal(list(shape), tuples=True)}"]
    dtype = dtype or ("int32" if ids else "float32")
    return args if dtype == "float32" else [*args, f"dtype={format_literal(dtype)}"]


def _sequential(
    graph: Graph, facts: DataFacts | None, cell: ScriptCell, ids: bool, exact: bool
) -> None:
    cell.add("network = [" if exact else "model = keras.Sequential([")
    for name in graph.order:
        node = graph.by_id[name]
        if node.layer == "Input":
            if graph.targets[name]:
                text = format_call("keras.Input", _shape(node, facts, ids), 4)
                cell.add(f"    {text},", node=name)
        elif graph.sources[name]:
            cell.add(
                f"    {_bins_layer(node) or layer_call(node.layer, node.params, 4)},", node=name
            )
    if not exact:
        cell.add("])")
        return
    cell.add(
        "]",
        "for number, layer in enumerate(network[1:]):",
        "    begin(layer, number)",
        "model = keras.Sequential(network)",
    )


def _functional(
    graph: Graph, facts: DataFacts | None, cell: ScriptCell, ids: bool, exact: bool
) -> None:
    taken = set(_RESERVED)
    names: dict[str, str] = {}
    shared = _shared(graph, taken)
    numbers: dict[str, int] = {}
    several = len(used_inputs(graph)) > 1
    for node_id in graph.order:
        node = graph.by_id[node_id]
        if node.layer == "Input":
            if graph.targets[node_id]:
                names[node_id] = identifier(node_id if node_id != "input" else "inputs", taken)
                name = format_literal(keras_name(node_id))
                listed = [*_shape(node, facts, ids, several), f"name={name}"]
                cell.add(f"{names[node_id]} = {format_call('keras.Input', listed)}", node=node_id)
        # Unreachable nodes are omitted.
        elif sources := [names[source] for source in graph.sources[node_id] if source in names]:
            names[node_id] = identifier(node_id, taken)
            number = numbers.setdefault(_owner(node, graph).id, len(numbers)) if exact else None
            _node(node, sources, names[node_id], shared, cell, graph, number)
    inputs = [names[name] for name in used_inputs(graph) if name in names]
    outputs = [names[name] for name in graph.outputs if name in names]
    cell.add(
        format_call("model = keras.Model", [f"inputs={_list(inputs)}", f"outputs={_list(outputs)}"])
    )


def _list(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"[{', '.join(names)}]"


def _shared(graph: Graph, taken: set[str]) -> dict[str, str]:
    owners = {_owner(node, graph).id for node in graph.nodes if node.shared}
    return {owner: identifier(f"{owner}_layer", taken) for owner in sorted(owners)}


def _owner(node: Node, graph: Graph) -> Node:
    visited = {node.id}
    while node.shared and node.shared in graph.by_id and node.shared not in visited:
        node = graph.by_id[node.shared]
        visited.add(node.id)
    return node


def _node(
    node: Node,
    sources: list[str],
    variable: str,
    shared: dict[str, str],
    cell: ScriptCell,
    graph: Graph,
    number: int | None,
) -> None:
    owner = _owner(node, graph)
    spec = LAYERS.get(owner.layer)
    first = len(cell.lines)
    if spec is None:
        cell.add(
            _("# '{layer}' is not a Keras layer: replace it.", layer=" ".join(owner.layer.split())),
            f"{variable} = {sources[0]}",
        )
    elif spec.is_backbone:
        _body(owner, spec, sources[0], variable, shared, cell)
    elif owner.id in shared or has_word_vectors(owner):
        layer = shared.get(owner.id, f"{variable}_layer")
        if not any(line.startswith(f"{layer} = ") for line in cell.lines):
            words, params = has_word_vectors(owner), dict(owner.params)
            if words:
                del params["weights"]
            call = layer_call(owner.layer, params, name=keras_name(owner.id))
            cell.add(f"{layer} = {_seeded(spec, call, number)}")
            if words:
                _word_vectors(layer, cell)
        cell.add(f"{variable} = {layer}({_arguments(spec, sources, owner)})")
    else:
        several = not graph.targets[node.id] and len(graph.outputs) > 1
        text = layer_call(owner.layer, owner.params, name=keras_name(node.id) if several else "")
        text = _bins_layer(owner) or _seeded(spec, text, number)
        cell.add(f"{variable} = {text}({_arguments(spec, sources, owner)})")
    cell.nodes[node.id] = (first, len(cell.lines) - 1)


def _bins_layer(node: Node) -> str:
    """Return the layer that bins numbers, sized by the training rows, or ""."""
    name = bins_input(node)
    named = format_literal(keras_name(node.id))
    return name and f"layers.Dense(len({_bin_weights(name)[1]}), trainable=False, name={named})"


def _word_vectors(layer: str, cell: ScriptCell) -> None:
    weights = f"{layer}.get_weights()[0]"
    cell.add(
        _("# NetBuilder includes these vectors; Export saves them next to the script."),
        f"{layer}.build()",
        f"vectors = with_word_vectors({format_literal(WORD_FILE)}, words, {weights})",
        f"{layer}.set_weights([vectors])",
    )


def _seeded(spec: LayerSpec, text: str, number: int | None) -> str:
    if number is None:
        return text
    draws = any(
        param.kind in (Kind.INITIALIZER, Kind.LAYER) or param.name == "seed"
        for param in spec.params
    )
    return f"begin({text}, {number})" if draws else text


def _arguments(spec: LayerSpec, sources: list[str], owner: Node) -> str:
    if spec.ports and len(sources) == 1:
        sources = sources * 2
    if not spec.separate_inputs and (len(sources) > 1 or spec.min_inputs > 1):
        sources = [f"[{', '.join(sources)}]"]
    called = tuple(param for param in spec.params if param.call)
    values = {
        param.name: owner.params[param.name] for param in called if param.name in owner.params
    }
    return ", ".join([*sources, *arguments(called, values)])


def _body(
    node: Node,
    spec: LayerSpec,
    source: str,
    variable: str,
    shared: dict[str, str],
    cell: ScriptCell,
) -> None:
    """Write a pretrained backbone with its pixel scaling, frozen unless trainable."""
    params: dict[str, Any] = {
        param.name: node.params.get(param.name, param.default) for param in spec.params
    }
    body = BACKBONES[spec.name]
    alone = not any(line.startswith("base_model = ") for line in cell.lines)
    layer = shared.get(node.id, "base_model" if alone else f"{variable}_base_model")
    if not any(line.startswith(f"{layer} = ") for line in cell.lines):
        name = backbone_file(node) or ""
        by_name = params["weights"] == "file" and not name.endswith(BY_ORDER)
        weights = {"none": None, "file": None if by_name else name, "included": name}
        listed = [
            "include_top=False",
            f"weights={format_literal(weights.get(params['weights'], params['weights']))}",
            f"input_shape={source}.shape[1:]",
            f"pooling={format_literal(params.get('pooling'))}",
        ]
        own = ("weights", "weights_file", "pooling", "trainable", "preprocess")
        listed += [
            f"{param.name}={format_literal(params[param.name])}"
            for param in spec.params
            if param.name not in own and params[param.name] != param.default
        ]
        if body.scaling is PixelScaling.SWITCH:
            listed.append(f"include_preprocessing={bool(params.get('preprocess'))}")
        if name and bundled_weights(name):
            cell.add(
                _("# NetBuilder includes these weights; Export saves them next to the script.")
            )
        function = f"keras.applications.{spec.name}" if body.family else spec.name
        cell.add(f"{layer} = {format_call(function, listed)}")
        if by_name:
            if not any(line.startswith("def take_weights") for line in cell.lines):
                cell.add("", "", translated_source(getsource(take_weights)).rstrip(), "", "")
            cell.add(f"assert take_weights({layer}, {format_literal(name)})")
        if not (params.get("trainable") and params.get("trainable_blocks")):
            cell.add(f"{layer}.trainable = {bool(params.get('trainable'))}")
        if body.family in _WITH_DROPOUT and not params.get("trainable"):
            cell.add(
                f"for inner in {layer}.layers:",
                "    if isinstance(inner, keras.layers.Dropout):",
                "        inner.rate = 0.0  # " + _("a frozen network drops nothing out"),
            )
    if params.get("preprocess") and body.scaling not in (PixelScaling.SWITCH, PixelScaling.ALWAYS):
        scaled = f"keras.applications.{body.family}.preprocess_input({source})"
        cell.add(f"{variable} = {layer}({scaled})")
    else:
        cell.add(f"{variable} = {layer}({source})")
