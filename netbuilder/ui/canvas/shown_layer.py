"""What a layer's picture needs to know, found in a look at the running or the trained network."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from netbuilder.core.project.model import Node
from netbuilder.ui.canvas.layer_tiles import ShownLayer
from netbuilder.ui.services.views.canvas_strips import Look, attention_shares

_NOTHING = "No word stands here (padding): texts that are shorter are filled up with 0."


def shown_layer(look: Look, node: Node, owner: Node) -> ShownLayer:
    """A node's numbers for the chosen sample; ``owner`` is the one whose weights it applies."""
    from netbuilder.core.results.live.words import step_names
    from netbuilder.core.results.number.explain import given_to

    values, sources = look.values[node.id], look.project.graph.sources[node.id]
    given = given_to(look.project.graph, node.id, look.values)
    alone = given[0] if len(given) == 1 else None
    weights = look.weights_of(owner.id)
    steps = len(values) if values.ndim == 2 or node.id in look.words else 0
    return ShownLayer(
        values,
        alone,
        weights,
        look.surfaces.get(node.id),
        look.classes.get(node.id, ()) or look.features.get(node.id, ()),
        _states(look, node, owner, weights, alone),
        attention_shares(look, node.id),
        step_names(look.values, look.words, steps) if steps else (),
        look.features.get(sources[0], ()) if len(sources) == 1 else (),
    )


def _states(look: Look, node: Node, owner: Node, weights: Mapping[str, Any], given: Any) -> Any:
    """What a recurrent layer remembered after each step; None of others."""
    from netbuilder.core.results.number.explain import mask_at
    from netbuilder.core.results.number.recurrent import is_recurrent, states

    if not is_recurrent(owner.layer) or given is None or "recurrent_kernel" not in weights:
        return None
    graph = look.project.graph
    mask = mask_at(graph, graph.sources[node.id][0], look.values)
    return states(owner.layer, owner.params, weights, given, mask)


def scaled_words(look: Look, node: Node) -> str:
    """That a layer behind an Input gets scaled numbers, with the first that is another one than
    stands in the data; "" where none is."""
    sources = look.project.graph.sources[node.id]
    names = look.features.get(sources[0], ()) if len(sources) == 1 else ()
    told = dict(look.told.get(sources[0], ())) if names else {}
    for name, value in zip(
        names, look.values[sources[0]].reshape(-1) if names else (), strict=False
    ):
        try:
            given = float(re.sub(r"[^\d.e+-]", "", told.get(name, "")))
        except ValueError:  # a category or a day
            continue
        if abs(given - float(value)) > 1e-3 * max(1.0, abs(given)):
            return f"What comes in is scaled: {name} {told[name]} became {float(value):.3g}."
    return ""


def word_words(look: Look, node: Node, owner: Node, index: tuple[int, ...]) -> str:
    """Which word a number of a text stands for, and of an Embedding which words lie nearest to
    that of a step; "" of others."""
    from netbuilder.core.results.live.words import nearest, token_names

    known = look.words.get(node.id, ())
    if known and len(index) == 1:
        number = int(look.values[node.id][index])
        if number == 0:
            return _NOTHING
        if number == 1 or number >= len(known):
            return "This number stands for all words that it does not know."
        return (
            f"“{known[number]}” is number {number:,} of the {len(known):,} that it can tell apart."
        )
    sources = look.project.graph.sources[node.id]
    if owner.layer != "Embedding" or len(sources) != 1 or len(index) != 2:
        return ""
    ids, vocabulary = look.values.get(sources[0]), look.words.get(sources[0], ())
    matrix = look.weights_of(owner.id).get("embeddings")
    if ids is None or matrix is None or not vocabulary or ids.ndim != 1:
        return ""
    number = int(ids[index[0]])
    if number == 0:
        return _NOTHING
    found = nearest(matrix, number, vocabulary)
    (word,) = token_names(ids[index[0] : index[0] + 1], vocabulary)
    listed = ", ".join(f"{name} ({cosine:.2f})" for name, cosine in found)
    return f"“{word}” points most like: {listed}" if listed else ""
