"""Explain in plain words why a layer cannot use its inputs.

Keras's messages (3.15) are recognised by their words and rephrased with names and sizes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.spec import Category, LayerSpec
from netbuilder.core.check.problems import Shape, describe_input, describe_output, node_name
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project.model import Graph, Node
from netbuilder.core.wording import format_list, format_number, join_sentences


@dataclass(frozen=True)
class ShapeProblem:
    """The code of a rule in ``diagnostics.RULES``, and a sentence."""

    code: str
    text: str


def explain_failure(
    node: Node,
    owner: Node,
    graph: Graph,
    shapes: Sequence[Shape],
    failure: str | None,
    *,
    refused: bool = False,
) -> ShapeProblem:
    """Return why ``node`` cannot use ``shapes``.

    Args:
        node: the node with the problem.
        owner: the node that holds its layer: itself, or the one that it shares.
        graph: their graph.
        shapes: of its inputs, with batch axis.
        failure: Keras's message; None if Keras was not asked.
        refused: Keras rejected the layer's own values.
    """
    spec = LAYERS[owner.layer]
    if len(shapes) < spec.min_inputs or (spec.max_inputs or len(shapes)) < len(shapes):
        return ShapeProblem("input-count", input_count_sentence(node, spec, len(shapes)))
    if refused:
        return ShapeProblem(
            "layer-error",
            _(
                "Keras does not accept the values of {node}: {reason}",
                node=node_name(node),
                reason=first_sentence(failure or ""),
            ),
        )
    wrong = [i for i, s in enumerate(shapes) if spec.ranks and len(s) not in spec.ranks]
    if wrong:
        return _rank(node, spec, graph, shapes, wrong[0])
    for pattern, explain in _EXPLANATIONS:
        if failure is not None and re.search(pattern, failure, re.IGNORECASE):
            return explain(node, owner, graph, shapes, failure)
    return _other(node, owner, graph, shapes, failure or _("no reason given"))


def input_count_sentence(node: Node, spec: LayerSpec, count: int) -> str:
    """Return the sentence for a wrong number of connections into a node."""
    if spec.max_inputs == 0:
        return ngettext(
            "{node} is where the data enters the network, but {count} connection leads into it.",
            "{node} is where the data enters the network, but {count} connections lead into it.",
            count,
            node=node_name(node),
        )
    if count < spec.min_inputs:
        return ngettext(
            "{node} needs at least {needed} inputs, but {count} layer is connected to it.",
            "{node} needs at least {needed} inputs, but {count} layers are connected to it.",
            count,
            needed=spec.min_inputs,
            node=node_name(node),
        )
    allowed = spec.max_inputs or count
    return ngettext(
        "{node} takes {count} input, but {found} layers are connected to it. Join them first "
        "with Concatenate or Add.",
        "{node} takes {count} inputs, but {found} layers are connected to it. Join them first "
        "with Concatenate or Add.",
        allowed,
        found=count,
        node=node_name(node),
    )


def is_recurrent(layer: str) -> bool:
    """Return whether a layer reads a sequence step by step."""
    return layer in LAYERS and LAYERS[layer].category is Category.RECURRENT


def last_step_only_above(graph: Graph, node_id: str) -> Node | None:
    """Return the recurrent ancestor that returns only its last step, if there is one.

    Layers in between that keep the shape (Dropout, normalisation, activations) are skipped.
    """
    node = graph.by_id.get(node_id)
    while node is not None:
        owner = graph.by_id.get(node.shared, node) if node.shared else node
        if "return_sequences" in _params_of(owner):
            return None if returns_sequences(owner) else owner
        keeps = LAYERS[owner.layer].category is Category.REGULARIZE or "Activation" in owner.layer
        sources = graph.sources[node.id]
        if not keeps or len(sources) != 1:
            return None
        node = graph.by_id.get(sources[0])
    return None


def _params_of(node: Node) -> set[str]:
    spec = LAYERS.get(node.layer)
    if spec is None:
        return set()
    return set(spec.by_name) | ({"return_sequences"} if node.layer == "Bidirectional" else set())


def returns_sequences(node: Node) -> bool:
    """Return whether a recurrent layer returns every step."""
    inner = node.params.get("layer")
    if isinstance(inner, dict):
        return bool(inner.get("params", {}).get("return_sequences", False))
    return bool(node.params.get("return_sequences", False))


def _rank(
    node: Node, spec: LayerSpec, graph: Graph, shapes: Sequence[Shape], at: int
) -> ShapeProblem:
    source = graph.by_id[graph.sources[node.id][at]]
    output = describe_output(shapes[at])
    recurrent = last_step_only_above(graph, source.id)
    if recurrent is not None and 3 in spec.ranks and len(shapes[at]) == 2:
        return ShapeProblem(
            "return-sequences",
            _(
                "{node} expects sequences, but {source} returns only its last step ({output}). "
                "Turn on return_sequences in '{name}'.",
                node=node_name(node),
                source=node_name(recurrent),
                output=output,
                name=recurrent.id,
            ),
        )
    expected = describe_input(spec.ranks)
    text = _(
        "{node} expects {input}, but {source} returns {output}.",
        node=node_name(node),
        input=expected,
        source=node_name(source),
        output=output,
    )
    rank = len(shapes[at])
    advice = ""
    if 2 in spec.ranks and rank > 2:
        advice = _("Insert a Flatten between them.")
    elif rank == 2 and 3 in spec.ranks:
        advice = _("Insert a Reshape between them that makes sequences.")
    elif rank == 2 and 4 in spec.ranks:
        if "filters" in spec.by_name:
            advice = _("Insert a Reshape between them that makes pictures, or use Dense.")
        else:
            advice = _("Insert a Reshape between them that makes pictures, or remove it.")
    elif rank == 3 and 4 in spec.ranks:
        advice = _("Insert a Reshape between them that adds a channel axis.")
    elif rank == 4 and 3 in spec.ranks:
        advice = _("Insert a Reshape between them that makes sequences.")
    return ShapeProblem("rank-mismatch", join_sentences((text, advice)))


def window_name_and_sizes(node: Node) -> tuple[str, tuple[int, ...]]:
    """Return parameter and sizes of a layer's window with dilation; no name if it has none."""
    rows = LAYERS[node.layer].by_name
    for name in ("pool_size", "kernel_size"):
        if name not in rows:
            continue
        axes = rows[name].size or 1
        sizes = _per_axis(node.params.get(name, rows[name].default), axes)
        steps = _per_axis(node.params.get("dilation_rate", 1), axes)
        if sizes is not None and steps is not None:
            return name, tuple((k - 1) * d + 1 for k, d in zip(sizes, steps, strict=True))
    return "", ()


def _per_axis(value: Any, axes: int) -> tuple[int, ...] | None:
    sizes = tuple(value) if isinstance(value, (list, tuple)) else (value,) * axes
    return sizes if len(sizes) == axes and all(type(n) is int for n in sizes) else None


def _kernel(
    node: Node, owner: Node, graph: Graph, shapes: Sequence[Shape], failure: str
) -> ShapeProblem:
    name, sizes = window_name_and_sizes(owner)
    if not sizes:
        return _other(node, owner, graph, shapes, failure)
    source = graph.by_id[graph.sources[node.id][0]]
    window = " × ".join(map(str, sizes))
    return ShapeProblem(
        "kernel-too-large",
        _(
            "The window of {node} ({name} {window}) is larger than its input: {source} returns "
            '{output}. Make {name} smaller, or set padding to "same".',
            node=node_name(node),
            name=name,
            window=window,
            source=node_name(source),
            output=describe_output(shapes[0]),
        ),
    )


def _merge(
    node: Node, owner: Node, graph: Graph, shapes: Sequence[Shape], failure: str
) -> ShapeProblem:
    if owner.layer == "Concatenate":
        need = _(
            "{node} needs inputs of the same shape in all axes but the one it joins.",
            node=node_name(node),
        )
    elif owner.layer == "Dot":
        need = _(
            "{node} needs inputs of the same size along the axes that it multiplies.",
            node=node_name(node),
        )
    else:
        need = _("{node} needs inputs of the same shape.", node=node_name(node))
    sentences = [
        _("'{source}' returns {output}.", source=source, output=describe_output(shape))
        for source, shape in zip(graph.sources[node.id], shapes, strict=False)
    ]
    return ShapeProblem("merge-mismatch", join_sentences((need, *sentences)))


def _reshape(
    node: Node, owner: Node, graph: Graph, shapes: Sequence[Shape], failure: str
) -> ShapeProblem:
    target = owner.params.get("target_shape")
    if not isinstance(target, (list, tuple)) or None in shapes[0][1:]:
        return _other(node, owner, graph, shapes, failure)
    source = graph.by_id[graph.sources[node.id][0]]
    have = prod(n or 1 for n in shapes[0][1:])
    want = prod(n or 1 for n in target if n != -1)
    values = {
        "node": node_name(node), "shape": tuple(target), "source": node_name(source),
        "count": format_number(have, ","), "needed": format_number(want, ","),
    }  # fmt: skip
    if -1 in target:
        text = ngettext(
            "{node} cannot reshape its input to {shape}: {source} returns {count} number, but a "
            "multiple of {needed} is needed.",
            "{node} cannot reshape its input to {shape}: {source} returns {count} numbers, but "
            "a multiple of {needed} is needed.",
            have, **values,
        )  # fmt: skip
    else:
        text = ngettext(
            "{node} cannot reshape its input to {shape}: {source} returns {count} number, but "
            "{needed} are needed.",
            "{node} cannot reshape its input to {shape}: {source} returns {count} numbers, but "
            "{needed} are needed.",
            have, **values,
        )  # fmt: skip
    return ShapeProblem("reshape-mismatch", text)


def _unknown_size(
    node: Node, owner: Node, graph: Graph, shapes: Sequence[Shape], failure: str
) -> ShapeProblem:
    source = graph.by_id[graph.sources[node.id][0]]
    return ShapeProblem(
        "unknown-size",
        _(
            "{node} needs a fixed number of inputs, but the output of {source} has no fixed size "
            "({output}). Give Input a fixed shape, or add a pooling layer over this axis.",
            node=node_name(node),
            source=node_name(source),
            output=describe_output(shapes[0]),
        ),
    )


def _other(
    node: Node, owner: Node, graph: Graph, shapes: Sequence[Shape], failure: str
) -> ShapeProblem:
    return ShapeProblem(
        "shape-error",
        _(
            "{node} cannot use {input}. Keras says: {reason}",
            node=node_name(node),
            input=format_list([describe_output(shape) for shape in shapes]),
            reason=first_sentence(failure),
        ),
    )


def _axes(
    node: Node, owner: Node, graph: Graph, shapes: Sequence[Shape], failure: str
) -> ShapeProblem:
    arguments = [
        f"{name} {owner.params[name]}"
        for name in ("dims", "axis", "axes", "equation")
        if owner.params.get(name) is not None
    ]
    if not arguments:
        return _other(node, owner, graph, shapes, failure)
    return ShapeProblem(
        "shape-error",
        _(
            "{node} uses axes ({axes}) that its input does not have. Its input: {input}.",
            node=node_name(node),
            axes=format_list(arguments),
            input=format_list([describe_output(shape) for shape in shapes]),
        ),
    )


def first_sentence(text: str) -> str:
    """Return the first sentence of Keras's message in one line."""
    line = re.sub(r"\s+", " ", text).strip()
    first = re.split(r"(?<=[.!?]) (?=[A-Z])|\s*Full (?:object )?config", line)[0][:300]
    return first if first.endswith(".") else f"{first}."


_Explain = Callable[[Node, Node, Graph, Sequence[Shape], str], ShapeProblem]
_EXPLANATIONS: tuple[tuple[str, _Explain], ...] = (
    (r"output size would be zero or negative|negative dimension|greater than the", _kernel),
    (r"total size of the tensor must be unchanged|target_shape|cannot reshape", _reshape),
    (
        r"incompatible shapes|matching shapes|same shape|Dimension incompatibility|"
        r"input(s)? .*must have .*shape|inputs have different|could not be broadcast",
        _merge,
    ),
    (r"out of (range|bounds)|must be in (the )?range|invalid axis|axis .* is", _axes),
    (r"fully-defined|should be defined|must be defined|found `?None|None dimension", _unknown_size),
)
