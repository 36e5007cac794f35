"""Traces of recurrent layers: LSTM, GRU, SimpleRNN, Bidirectional.

Hochreiter and Schmidhuber, 1997; Gers et al., 2000; Cho et al., 2014, with Keras's ``reset_after``;
Schuster and Paliwal, 1997.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from netbuilder.core.results.computation_trace.computed_value import (
    CURVES,
    Array,
    ComputedValue,
    ProductTerm,
    format_value,
    place_name,
)

State = tuple[Array, ...]  # h, or h and c


@dataclass(frozen=True)
class _RecurrentWeights:
    """Weights, activations. ``bias``: (gates · units,); ``reset_after``: (2, gates · units)."""

    kernel: Array
    inner: Array
    bias: Array
    activation: str
    recurrent: str
    resets_after: bool = False

    @property
    def units(self) -> int:
        return int(self.inner.shape[0])

    def act(self, x: Array) -> Array:
        return CURVES[self.activation](x)

    def gate(self, x: Array) -> Array:
        return CURVES[self.recurrent](x)

    def column(self, number: int, unit: int) -> int:
        return number * self.units + unit

    def terms(self, x: Array, place: int, state: Array, column: int) -> tuple[ProductTerm, ...]:
        """Return the products of a sum: with the inputs, then with the previous states."""
        products = [
            ProductTerm(place_name((place, k)), float(value), float(weight))
            for k, (value, weight) in enumerate(zip(x, self.kernel[:, column], strict=True))
        ]
        products += [
            ProductTerm(f"h[{k}]", float(value), float(weight))
            for k, (value, weight) in enumerate(zip(state, self.inner[:, column], strict=True))
        ]
        return tuple(products)


Advance = Callable[[_RecurrentWeights, Array, State], State]
Why = Callable[[_RecurrentWeights, Array, int, State, int], ComputedValue]


def _advance_simple(cell: _RecurrentWeights, x: Array, state: State) -> State:
    return (cell.act(x @ cell.kernel + state[0] @ cell.inner + cell.bias),)


def _why_simple(
    cell: _RecurrentWeights, x: Array, place: int, state: State, unit: int
) -> ComputedValue:
    terms = cell.terms(x, place, state[0], unit)
    bias = float(cell.bias[unit])
    before = sum(term.product for term in terms) + bias
    value = float(cell.act(np.asarray(before)))
    name = "" if cell.activation == "linear" else cell.activation
    return ComputedValue(value, "sum", terms, bias, before, name)


def _advance_lstm(cell: _RecurrentWeights, x: Array, state: State) -> State:
    i, f, g, o = np.split(x @ cell.kernel + state[0] @ cell.inner + cell.bias, 4)
    c = cell.gate(f) * state[1] + cell.gate(i) * cell.act(g)
    return cell.gate(o) * cell.act(c), c


_LSTM_GATES = ("input gate", "forget gate", "candidate", "output gate")  # Keras's order: i, f, c, o


def _why_lstm(
    cell: _RecurrentWeights, x: Array, place: int, state: State, unit: int
) -> ComputedValue:
    h, c = _advance_lstm(cell, x, state)
    parts: dict[str, ComputedValue] = {}
    for number, name in enumerate(_LSTM_GATES):
        column = cell.column(number, unit)
        curve = cell.activation if name == "candidate" else cell.recurrent
        parts[name] = _gate(cell.terms(x, place, state[0], column), float(cell.bias[column]), curve)
    parts["memory before"] = ComputedValue(float(state[1][unit]), "sum")
    parts["memory"] = ComputedValue(float(c[unit]), "sum")
    p = {name: format_value(part.value) for name, part in parts.items()}
    lines = (
        f"memory = forget {p['forget gate']} · {p['memory before']} + input"
        f" {p['input gate']} · {p['candidate']} = {p['memory']}",
        f"state = output {p['output gate']} · {cell.activation}({p['memory']})"
        f" = {format_value(float(h[unit]))}",
    )
    return ComputedValue(
        float(h[unit]), "state", before=float(c[unit]), activation=cell.activation, parts=parts,
        lines=lines,
    )  # fmt: skip


def _gate(terms: tuple[ProductTerm, ...], bias: float, curve: str) -> ComputedValue:
    before = sum(term.product for term in terms) + bias
    return ComputedValue(
        float(CURVES[curve](np.asarray(before))), "sum", terms, bias, before, curve
    )


def _gru_biases(cell: _RecurrentWeights) -> tuple[Array, Array]:
    if cell.bias.ndim == 2:
        return cell.bias[0], cell.bias[1]
    return cell.bias, np.zeros_like(cell.bias)


def _advance_gru(cell: _RecurrentWeights, x: Array, state: State) -> State:
    own, theirs = _gru_biases(cell)
    z, r, g = np.split(x @ cell.kernel + own, 3)
    h, units = state[0], cell.units
    inner_z, inner_r, inner_g = np.split(h @ cell.inner + theirs, 3)
    z, r = cell.gate(z + inner_z), cell.gate(r + inner_r)
    if not cell.resets_after:
        inner_g = (r * h) @ cell.inner[:, 2 * units :]
        candidate = cell.act(g + inner_g)
    else:
        candidate = cell.act(g + r * inner_g)
    return (z * h + (1 - z) * candidate,)


def _why_gru(
    cell: _RecurrentWeights, x: Array, place: int, state: State, unit: int
) -> ComputedValue:
    own, theirs = _gru_biases(cell)
    h = state[0]
    parts: dict[str, ComputedValue] = {}
    for number, name in enumerate(("update gate", "reset gate")):
        column = cell.column(number, unit)
        bias = float(own[column] + theirs[column])
        parts[name] = _gate(cell.terms(x, place, h, column), bias, cell.recurrent)
    column = cell.column(2, unit)
    if cell.resets_after:
        reset = parts["reset gate"].value
        terms = tuple(
            ProductTerm(f"reset · {t.name}", t.value * reset, t.weight)
            if t.name.startswith("h[")
            else t
            for t in cell.terms(x, place, h, column)
        )
        bias = float(own[column] + reset * theirs[column])
    else:
        span = slice(cell.units, 2 * cell.units)
        gates = cell.gate(x @ cell.kernel[:, span] + own[span] + h @ cell.inner[:, span])
        terms = tuple(
            ProductTerm(
                f"reset · {t.name}" if t.name.startswith("h[") else t.name, t.value, t.weight
            )
            for t in cell.terms(x, place, gates * h, column)
        )
        bias = float(own[column])
    parts["candidate"] = _gate(terms, bias, cell.activation)
    parts["state before"] = ComputedValue(float(h[unit]), "sum")
    z, candidate = parts["update gate"].value, parts["candidate"].value
    value = z * float(h[unit]) + (1 - z) * candidate
    line = (
        f"state = update {format_value(z)} · {format_value(float(h[unit]))} + (1 −"
        f" {format_value(z)}) · candidate "
        f"{format_value(candidate)} = {format_value(value)}"
    )
    return ComputedValue(value, "state", parts=parts, lines=(line,))


#: By Keras's name: gates, arrays of state, the step, and where one of its numbers comes from.
_LAYERS: Mapping[str, tuple[int, int, Advance, Why]] = {
    "SimpleRNN": (1, 1, _advance_simple, _why_simple),
    "GRU": (3, 1, _advance_gru, _why_gru),
    "LSTM": (4, 2, _advance_lstm, _why_lstm),
}


def is_recurrent(layer: str) -> bool:
    """Return whether a layer's states can be traced."""
    return layer in _LAYERS


def _cell(
    layer: str, params: Mapping[str, Any], weights: Mapping[str, Array]
) -> _RecurrentWeights | None:
    activation = str(params.get("activation") or "tanh")
    recurrent = str(params.get("recurrent_activation") or "sigmoid")
    if "activation" in params and params["activation"] is None:
        activation = "linear"
    known = activation in CURVES and recurrent in CURVES
    if not known or "kernel" not in weights or "recurrent_kernel" not in weights:
        return None
    kernel, inner = weights["kernel"], weights["recurrent_kernel"]
    bias = weights.get("bias", np.zeros(kernel.shape[1]))
    after = layer == "GRU" and params.get("reset_after", True) is not False
    return _RecurrentWeights(kernel, inner, bias, activation, recurrent, after)


def _walk(
    layer: str, cell: _RecurrentWeights, inputs: Array, mask: Array | None, backwards: bool
) -> Iterator[tuple[int, State, State, bool]]:
    """Yield place, state before, state after, and whether the step counts, in reading order."""
    _, arrays, advance, _ = _LAYERS[layer]
    state: State = (np.zeros(cell.units),) * arrays
    places = range(len(inputs) - 1, -1, -1) if backwards else range(len(inputs))
    for place in places:
        counts = mask is None or bool(mask[place])
        after = advance(cell, inputs[place], state) if counts else state
        yield place, state, after, counts
        state = after


def recurrent_states(
    layer: str,
    params: Mapping[str, Any],
    weights: Mapping[str, Array],
    inputs: Array,
    mask: Array | None = None,
) -> Array:
    """Return the state after each step, (steps, units), from (steps, features); masked steps change
    nothing. Empty with an unknown activation."""
    cell = _cell(layer, params, {name: np.asarray(value, float) for name, value in weights.items()})
    if cell is None:
        return np.zeros((0, 0))
    walk = _walk(layer, cell, np.asarray(inputs, float), mask, bool(params.get("go_backwards")))
    return np.array([after[0] for _, _, after, _ in walk]).reshape(-1, cell.units)


def trace_recurrent(
    layer: str,
    params: Mapping[str, Any],
    weights: Mapping[str, Array],
    inputs: Array,
    index: tuple[int, ...],
    mask: Array | None = None,
) -> ComputedValue | None:
    """Trace a unit's state at one step."""
    cell = _cell(layer, params, weights)
    if cell is None:
        return None
    sequences = bool(params.get("return_sequences"))
    step, unit = (index[0], index[1]) if sequences else (len(inputs) - 1, index[-1])
    last: ComputedValue | None = None
    walk = _walk(layer, cell, inputs, mask, bool(params.get("go_backwards")))
    for number, (place, before, _, counts) in enumerate(walk):
        if number > step:
            break
        if counts:
            traced = number == step or mask is not None
            last = _LAYERS[layer][3](cell, inputs[place], place, before, unit) if traced else None
    if last is not None:
        return last
    return ComputedValue(0.0, "state", lines=(_("before the first step: 0"),))


def trace_bidirectional(
    params: Mapping[str, Any],
    weights: Mapping[str, Array],
    inputs: Array,
    index: tuple[int, ...],
    mask: Array | None = None,
) -> ComputedValue | None:
    """Trace a value of a Bidirectional layer."""
    inner = params.get("layer")
    if not isinstance(inner, Mapping) or inner.get("layer") not in _LAYERS:
        return None
    if params.get("backward_layer") is not None:
        return None
    name, own = str(inner["layer"]), dict(inner.get("params") or {})
    arrays = list(weights.items())
    half = len(arrays) // 2
    sides = [
        {path.rsplit("/", 1)[-1]: value for path, value in part}
        for part in (arrays[:half], arrays[half:])
    ]
    units = sides[0]["recurrent_kernel"].shape[0]
    mode = params.get("merge_mode", "concat")
    unit = index[-1] % units if mode == "concat" else index[-1]

    def side(number: int) -> ComputedValue | None:
        arguments = {**own, "go_backwards": bool(own.get("go_backwards")) != bool(number)}
        place: tuple[int, ...] = (unit,)
        if own.get("return_sequences"):
            # What the backward layer gives is turned round, to stand beside the forward one's.
            place = (len(inputs) - 1 - index[0] if number else index[0], unit)
        return trace_recurrent(name, arguments, sides[number], inputs, place, mask)

    if mode == "concat":
        return side(index[-1] // units)
    both = side(0), side(1)
    if both[0] is None or both[1] is None or mode not in {"sum", "mul", "ave"}:
        return None
    first, other = both[0].value, both[1].value
    value = {"sum": first + other, "mul": first * other, "ave": (first + other) / 2}[str(mode)]
    sign = "·" if mode == "mul" else "+"
    joined = f"forwards {format_value(first)} {sign} backwards {format_value(other)}"
    line = (
        f"({joined}) ÷ 2 = {format_value(value)}"
        if mode == "ave"
        else f"{joined} = {format_value(value)}"
    )
    return ComputedValue(
        value, "state", parts={"forwards": both[0], "backwards": both[1]}, lines=(line,)
    )
