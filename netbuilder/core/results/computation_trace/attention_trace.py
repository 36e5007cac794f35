"""Attention taken apart: attention scores and the values that they weigh.

Luong et al., 2015; Bahdanau et al., 2014; Vaswani et al., 2017.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from netbuilder.core.i18n import gettext as _
from netbuilder.core.results.computation_trace.computed_value import (
    Array,
    ComputedValue,
    ProductTerm,
)
from netbuilder.core.wording import format_number, join_values

LAYERS = ("Attention", "AdditiveAttention", "MultiHeadAttention")


@dataclass(frozen=True)
class _AttentionParts:
    """``attention_shares`` (heads, query steps, value steps), each row adding up to 1; ``values``
    (heads, steps, size)."""

    shares: Array
    values: Array


def attention_shares(
    layer: str,
    params: Mapping[str, Any],
    weights: Mapping[str, Array],
    inputs: Sequence[Array],
    mask: Array | None = None,
) -> Array | None:
    """Return the attention scores of a sample: (heads, query steps, value steps), rows adding up to
    1.

    Args:
        layer: one of ``LAYERS``; None is returned for others.
        weights: by Keras's names, in Keras's order.
        inputs: query and value, (steps, size) each, and the key if it differs; one array is
            self-attention.
        mask: value steps that count, (steps,); None: all.
    """
    looked = _look(layer, params, weights, inputs, mask)
    return None if looked is None else looked.shares


def _look(
    layer: str,
    params: Mapping[str, Any],
    weights: Mapping[str, Array],
    inputs: Sequence[Array],
    mask: Array | None,
) -> _AttentionParts | None:
    parts = [np.asarray(value, float) for value in inputs]
    if any(part.ndim != 2 for part in parts) or layer not in LAYERS:
        return None
    query, value = parts[0], parts[1] if len(parts) > 1 else parts[0]
    key = parts[2] if len(parts) > 2 else value
    if layer == "MultiHeadAttention":
        dense = _projections(weights)
        unknown = params.get("attention_axes") is not None or params.get("sliding_window")
        if dense is None or unknown:
            return None
        (wq, bq), (wk, bk), (wv, bv) = dense[:3]
        q = np.einsum("td,dhk->htk", query, wq) + bq[:, None]
        k = np.einsum("td,dhk->htk", key, wk) + bk[:, None]
        v = np.einsum("td,dhk->htk", value, wv) + bv[:, None]
        scores = np.einsum("htk,hsk->hts", q, k) / np.sqrt(wq.shape[-1])
    else:
        v = value[None]
        scores = _scores(layer, params, weights, query, key)[None]
    allowed = np.ones(scores.shape[1:], bool) if mask is None else np.asarray(mask, bool)[None]
    if params.get("use_causal_mask"):
        allowed = allowed & (np.tri(*scores.shape[1:]) > 0)
    scores = np.where(allowed, scores, -1e9)
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return _AttentionParts(powers / powers.sum(axis=-1, keepdims=True), v)


def _scores(
    layer: str, params: Mapping[str, Any], weights: Mapping[str, Array], query: Array, key: Array
) -> Array:
    scale = np.asarray(weights.get("scale", 1.0), float)
    if layer == "AdditiveAttention":
        return np.asarray((scale * np.tanh(query[:, None] + key[None])).sum(axis=-1))
    if params.get("score_mode") == "concat":
        outer = np.asarray(weights.get("concat_score_weight", 1.0), float)
        return np.asarray(outer * np.tanh(scale * (query[:, None] + key[None])).sum(axis=-1))
    return np.asarray(scale * (query @ key.T))


def _projections(weights: Mapping[str, Array]) -> list[tuple[Array, Array]] | None:
    """Return kernel and bias of query, key, value and output, in Keras's order."""
    projections: list[tuple[Array, Array]] = []
    for path, weight in weights.items():
        array = np.asarray(weight, float)
        if path.rsplit("/", 1)[-1] == "kernel":
            size = array.shape[1:] if len(projections) < 3 else array.shape[2:]
            projections.append((array, np.zeros(size)))
        elif projections:
            projections[-1] = (projections[-1][0], array)
    return projections if len(projections) == 4 else None


def trace_attention(
    layer: str,
    params: Mapping[str, Any],
    weights: Mapping[str, Array],
    inputs: Sequence[Array],
    index: tuple[int, ...],
    mask: Array | None = None,
) -> ComputedValue | None:
    """Trace the output at ``index``, (step, place)."""
    looked = _look(layer, params, weights, inputs, mask)
    if looked is None or len(index) != 2:
        return None
    step, place = index
    rows = looked.shares[:, step]
    if layer != "MultiHeadAttention":
        terms = tuple(
            ProductTerm(f"value[{j}, {place}]", float(looked.values[0, j, place]), float(share))
            for j, share in enumerate(rows[0])
        )
        value = sum(term.product for term in terms)
        return ComputedValue(value, "sum", terms, 0.0, value, lines=_lines(rows))
    dense = _projections(weights)
    assert dense is not None
    kernel, bias = dense[3]
    weighted = np.einsum("hj,hjk->hk", rows, looked.values)
    terms = tuple(
        ProductTerm(f"head {h}[{k}]", float(weighted[h, k]), float(kernel[h, k, place]))
        for h, k in np.ndindex(*weighted.shape)
    )
    value = sum(term.product for term in terms) + float(bias[place])
    return ComputedValue(value, "sum", terms, float(bias[place]), value, lines=_lines(rows))


def _lines(rows: Array, most: int = 4) -> tuple[str, ...]:
    """Return the steps attended to, head by head, the largest score first."""
    lines = []
    for head, row in enumerate(rows):
        order = np.argsort(row)[::-1][:most]
        steps = join_values(
            _("step {number} {share}", number=j, share=format_number(row[j], ".0%")) for j in order
        )
        if len(row) > most:
            steps = _("{steps} and {count} more", steps=steps, count=len(row) - most)
        lines.append(
            _("head {number} attends to {steps}", number=head, steps=steps)
            if len(rows) > 1
            else _("attends to {steps}", steps=steps)
        )
    return tuple(lines[:8]) + (
        (_("… and {count} more heads", count=len(lines) - 8),) if len(lines) > 8 else ()
    )
