"""Tokens of a text and the attention between them in a network that continues it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.kinds.text.next_token import tokens_read
from netbuilder.core.data.tokens import last_window
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.results.computation_trace.attention_trace import LAYERS, attention_shares
from netbuilder.core.results.computation_trace.trace_value import mask_at, node_inputs
from netbuilder.core.results.generate import next_probabilities, next_token_ends
from netbuilder.core.results.layer_values import node_activations, weights_of

#: Stands for the padding before a text that is shorter than the window.
START = "▷"


@dataclass(frozen=True)
class TokenAttention:
    """Attention in a text.

    ``tokens``: the last ``window`` ones; first ``START`` for padding; ``attention``: of each
    attention layer, (heads, tokens, tokens), rows adding up to 1; ``classes``: the tokens that can
    come next; ``probabilities``: of these, (classes,).
    """

    tokens: tuple[str, ...]
    attention: dict[str, NDArray[np.float64]]
    classes: tuple[str, ...]
    probabilities: NDArray[np.float64]


def token_attention(trained: TrainedModel, text: str) -> TokenAttention | None:
    """Return tokens, attention and next tokens; None of other networks; or raise UserError."""
    ends = next_token_ends(trained)
    if ends is None:
        return None
    key, entry, _output, target = ends
    window = int(entry.shape[0] or 1)
    ids = last_window(tokens_read(text, entry), entry.vocabulary, window)
    blank = int((ids == 0).sum())
    graph = trained.project.graph
    attention: dict[str, NDArray[np.float64]] = {}
    values = None
    for node_id in graph.order:
        node = graph.by_id[node_id]
        owner = graph.by_id.get(node.shared or "", node)
        if owner.layer not in LAYERS:
            continue
        values = node_activations(trained, {key: ids}) if values is None else values
        inputs = node_inputs(graph, node_id, values)
        if not inputs or any(len(number) != window for number in inputs):
            continue
        mask = mask_at(graph, graph.sources[node_id][min(1, len(inputs) - 1)], values)
        weights = weights_of(trained, owner.id)
        shares = attention_shares(owner.layer, owner.params, weights, inputs, mask)
        if shares is not None:
            attention[node_id] = _without_padding(shares, blank)
    names = tuple(entry.vocabulary[number] for number in ids[blank:])
    return TokenAttention(
        (START, *names) if blank else names,
        attention,
        target.classes,
        next_probabilities(trained, ends, ids),
    )


def _without_padding(shares: NDArray[np.float64], blank: int) -> NDArray[np.float64]:
    """Merge all padding before a text into one token."""
    if not blank:
        return shares
    start = shares[:, :, :blank].sum(axis=2, keepdims=True)
    return np.asarray(np.concatenate([start, shares[:, :, blank:]], axis=2)[:, blank - 1 :])
