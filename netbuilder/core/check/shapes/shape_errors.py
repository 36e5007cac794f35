"""Says in plain words why a layer cannot take what it is given.

Keras's own message is the last resort: its kinds are recognised by the words that keras.ops and
the layers raise (3.15), and told with the names on the canvas and the sizes seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.spec import Category, LayerSpec
from netbuilder.core.check.phrases import (
    Shape,
    count_noun,
    describe_input,
    describe_output,
    join_words,
    node_name,
)
from netbuilder.core.project.model import Graph, Node


@dataclass(frozen=True)
class ShapeProblem:
    """A kind of problem (a code of ``diagnostics.RULES``) and its sentence."""

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
    """Why ``node`` cannot use ``shapes``.

    Args:
        node: the node that has the problem.
        owner: the node that holds its layer: itself, or the one that it shares.
        graph: what it stands in.
        shapes: what feeds it, batch axis included.
        failure: Keras's message; None if Keras was not asked.
        refused: Keras refused the layer's own values, whatever feeds it.
    """
    spec = LAYERS[owner.layer]
    if len(shapes) < spec.min_inputs or (spec.max_inputs or len(shapes)) < len(shapes):
        return ShapeProblem("input-count", input_count_sentence(node, spec, len(shapes)))
    if refused:
        return ShapeProblem(
            "layer-error",
            f"Keras does not take the values of {node_name(node)}: {first_sentence(failure or '')}",
        )
    wrong = [i for i, s in enumerate(shapes) if spec.ranks and len(s) not in spec.ranks]
    if wrong:
        return _rank(node, spec, graph, shapes, wrong[0])
    for pattern, words in _KEPT:
        if failure is not None and re.search(pattern, failure, re.IGNORECASE):
            return words(node, owner, graph, shapes, failure)
    return _other(node, owner, graph, shapes, failure or "no reason given")


def input_count_sentence(node: Node, spec: LayerSpec, found: int) -> str:
    """The sentence for a wrong number of wires into a node."""
    if spec.max_inputs == 0:
        wires = count_noun(found, "wire")
        return f"{node_name(node)} is where data comes in, but {wires} lead into it."
    if found < spec.min_inputs:
        return (
            f"{node_name(node)} joins at least {count_noun(spec.min_inputs, 'input')},"
            f" but {found} {'is' if found == 1 else 'are'} wired to it."
        )
    allowed = spec.max_inputs or found
    return (
        f"{node_name(node)} takes {count_noun(allowed, 'input')}, but {found} are wired to it."
        " Join them first, with Concatenate or Add."
    )


def is_recurrent(layer: str) -> bool:
    """Whether a layer reads a sequence step by step."""
    return layer in LAYERS and LAYERS[layer].category is Category.RECURRENT


def last_step_only_above(graph: Graph, node_id: str) -> Node | None:
    """The recurrent layer further up that gives only its last answer, if that is the cause.

    Layers in between that keep the shape (Dropout, normalisation, activations) are passed.
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
    """Whether a recurrent layer gives an answer at each step."""
    inner = node.params.get("layer")
    if isinstance(inner, dict):
        return bool(inner.get("params", {}).get("return_sequences", False))
    return bool(node.params.get("return_sequences", False))


def _rank(
    node: Node, spec: LayerSpec, graph: Graph, shapes: Sequence[Shape], at: int
) -> ShapeProblem:
    source = graph.by_id[graph.sources[node.id][at]]
    given = describe_output(shapes[at])
    giver = last_step_only_above(graph, source.id)
    if giver is not None and 3 in spec.ranks and len(shapes[at]) == 2:
        return ShapeProblem(
            "return-sequences",
            f"{node_name(node)} expects sequences, but {node_name(giver)} gives only its last"
            f" answer,"
            f" {given}. Turn on return_sequences in '{giver.id}'.",
        )
    wanted = describe_input(spec.ranks)
    text = f"{node_name(node)} expects {wanted}, but {node_name(source)} gives {given}."
    rank = len(shapes[at])
    if 2 in spec.ranks and rank > 2:
        text += " Put a Flatten between them."
    elif rank == 2 and 3 in spec.ranks:
        text += " Put a Reshape between them that makes sequences of it."
    elif rank == 2 and 4 in spec.ranks:
        text += " Put a Reshape between them that makes pictures of it, or "
        text += "use Dense." if "filters" in spec.by_name else "remove it."
    elif rank == 3 and 4 in spec.ranks:
        text += " Put a Reshape between them that adds channels."
    elif rank == 4 and 3 in spec.ranks:
        text += " Put a Reshape between them that makes sequences of it."
    return ShapeProblem("rank-mismatch", text)


def window_name_and_sizes(node: Node) -> tuple[str, tuple[int, ...]]:
    """Name and sizes of the window that a layer slides, dilation included.

    An empty name: it slides none, or the values are no sizes.
    """
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
    found = tuple(value) if isinstance(value, (list, tuple)) else (value,) * axes
    return found if len(found) == axes and all(type(n) is int for n in found) else None


def _kernel(
    node: Node, owner: Node, graph: Graph, shapes: Sequence[Shape], failure: str
) -> ShapeProblem:
    name, sizes = window_name_and_sizes(owner)
    if not sizes:
        return _other(node, owner, graph, shapes, failure)
    source = graph.by_id[graph.sources[node.id][0]]
    window = " × ".join(map(str, sizes))
    what = "pool" if name == "pool_size" else "kernel"
    return ShapeProblem(
        "kernel-too-large",
        f"{node_name(node)} slides a {what} of {window}, but {node_name(source)} gives only"
        f' {describe_output(shapes[0])}. Make {name} smaller, or set padding to "same".',
    )


def _merge(
    node: Node, owner: Node, graph: Graph, shapes: Sequence[Shape], failure: str
) -> ShapeProblem:
    given = [
        f"'{source}' gives {describe_output(shape)}"
        for source, shape in zip(graph.sources[node.id], shapes, strict=False)
    ]
    need = "alike in all axes but the one it joins" if owner.layer == "Concatenate" else "alike"
    if owner.layer == "Dot":
        need = "equally long in the axes that it multiplies"
    return ShapeProblem(
        "merge-mismatch",
        f"{node_name(node)} needs inputs that are {need}, but {join_words(given)}."
        " Give the branches the same sizes.",
    )


def _reshape(
    node: Node, owner: Node, graph: Graph, shapes: Sequence[Shape], failure: str
) -> ShapeProblem:
    target = owner.params.get("target_shape")
    if not isinstance(target, (list, tuple)) or None in shapes[0][1:]:
        return _other(node, owner, graph, shapes, failure)
    source = graph.by_id[graph.sources[node.id][0]]
    have, want = product(shapes[0][1:]), product(n for n in target if n != -1)
    wanted = f"multiple of {want:,}" if -1 in target else f"total of {want:,}"
    return ShapeProblem(
        "reshape-mismatch",
        f"{node_name(node)} cannot make {tuple(target)} of what {node_name(source)} gives: that is"
        f" {count_noun(have, 'number')}, and a {wanted} is needed.",
    )


def product(sizes: Any) -> int:
    """Product of axis lengths; unknown ones count as 1."""
    total = 1
    for n in sizes:
        total *= n or 1
    return total


def _unknown_size(
    node: Node, owner: Node, graph: Graph, shapes: Sequence[Shape], failure: str
) -> ShapeProblem:
    source = graph.by_id[graph.sources[node.id][0]]
    return ShapeProblem(
        "unknown-size",
        f"{node_name(node)} needs to know how many numbers it gets, but {node_name(source)} gives"
        f" {describe_output(shapes[0])}, of which an axis (?) has no fixed length. Give Input a"
        f" fixed shape,"
        " or pool over that axis first.",
    )


def _other(
    node: Node, owner: Node, graph: Graph, shapes: Sequence[Shape], failure: str
) -> ShapeProblem:
    given = join_words([describe_output(shape) for shape in shapes])
    said = first_sentence(failure)
    return ShapeProblem("shape-error", f"{node_name(node)} cannot use {given}. Keras says: {said}")


def _axes(
    node: Node, owner: Node, graph: Graph, shapes: Sequence[Shape], failure: str
) -> ShapeProblem:
    told = [
        f"{name} {owner.params[name]}"
        for name in ("dims", "axis", "axes", "equation")
        if owner.params.get(name) is not None
    ]
    given = join_words([describe_output(shape) for shape in shapes])
    if not told:
        return _other(node, owner, graph, shapes, failure)
    return ShapeProblem(
        "shape-error",
        f"{node_name(node)} works on axes ({join_words(told)}) that its input does not have: it"
        f" gets"
        f" {given}.",
    )


def first_sentence(text: str) -> str:
    """The first sentence of a message of Keras, in one line."""
    line = re.sub(r"\s+", " ", text).strip()
    first = re.split(r"(?<=[.!?]) (?=[A-Z])|\s*Full (?:object )?config", line)[0][:300]
    return first if first.endswith(".") else f"{first}."


_Words = Callable[[Node, Node, Graph, Sequence[Shape], str], ShapeProblem]
_KEPT: tuple[tuple[str, _Words], ...] = (
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
