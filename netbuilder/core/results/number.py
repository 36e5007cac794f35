"""How one number comes about: the inputs, weights and sums behind one value of a layer.

The formulas are those of Keras 3 (``keras.layers.Dense``, ``Conv1D``, ``Conv2D``, ``Conv3D``,
``MaxPooling2D``, ``AveragePooling2D``, ``Softmax``, ``LSTM``); the tests compare each with the
layer's own output. Everything is computed in float64 from what the layer was given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_GATES = ("input gate", "forget gate", "candidate", "output gate")  # Keras's order: i, f, c, o


@dataclass(frozen=True)
class Term:
    """One product: ``value`` of the input named ``name``, times ``weight``."""

    name: str
    value: float
    weight: float

    @property
    def product(self) -> float:
        """What it adds to the sum."""
        return self.value * self.weight


@dataclass(frozen=True)
class Number:
    """Where one number comes from.

    Attributes:
        value: the number.
        rule: the formula in words: ``"sum"`` (terms and bias, then the activation),
            ``"largest"`` or ``"mean"`` of the terms, ``"softmax"`` (the share of its own
            exponential), ``"state"`` (``parts`` combined as ``formula`` says).
        terms: all products (weight 1 where there is none), as the layer reads them.
        bias: what is added.
        before: the sum, before the activation.
        activation: its name; "" for none.
        parts: numbers that it is made of, by name: the gates of an LSTM.
        formula: how ``parts`` are combined, in letters.
        chosen: of a maximum, the place of the term that won; else -1.
    """

    value: float
    rule: str
    terms: tuple[Term, ...] = ()
    bias: float = 0.0
    before: float = 0.0
    activation: str = ""
    parts: Mapping[str, Number] | None = None
    formula: str = ""
    chosen: int = -1

    def largest_terms(self, most: int = 8) -> tuple[Term, ...]:
        """The terms that matter most, those with the largest products."""
        return tuple(sorted(self.terms, key=lambda term: -abs(term.product))[:most])


def _sigmoid(x: Array) -> Array:
    return np.where(x >= 0, 1 / (1 + np.exp(-np.abs(x))), 1 - 1 / (1 + np.exp(-np.abs(x))))


def _erf(x: Array) -> Array:
    from math import erf

    found: Array = np.vectorize(erf)(x)
    return found


#: Activations of one number, by Keras's names; softmax needs its neighbours and stands apart.
CURVES: Mapping[str, Callable[[Array], Array]] = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0.0),
    "relu6": lambda x: np.clip(x, 0.0, 6.0),
    "leaky_relu": lambda x: np.where(x >= 0, x, 0.2 * x),
    "elu": lambda x: np.where(x >= 0, x, np.expm1(np.minimum(x, 0.0))),
    "selu": lambda x: (
        1.0507009873554805 * np.where(x >= 0, x, 1.6732632423543772 * np.expm1(np.minimum(x, 0.0)))
    ),
    "sigmoid": _sigmoid,
    "hard_sigmoid": lambda x: np.clip(x / 6.0 + 0.5, 0.0, 1.0),
    "tanh": np.tanh,
    "softplus": lambda x: np.logaddexp(x, 0.0),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "silu": lambda x: x * _sigmoid(x),
    "swish": lambda x: x * _sigmoid(x),
    "gelu": lambda x: 0.5 * x * (1 + _erf(x / np.sqrt(2.0))),
    "exponential": np.exp,
}


def curve(name: str, low: float, high: float, points: int = 121) -> tuple[Array, Array]:
    """An activation's curve: places and values, empty for one that is no function of one number."""
    x = np.linspace(low, high, points)
    function = CURVES.get(name or "linear")
    return (x, function(x)) if function is not None else (x[:0], x[:0])


def explain(
    layer: str,
    params: Mapping[str, Any],
    weights: Mapping[str, Array],
    given: Array,
    index: tuple[int, ...],
) -> Number | None:
    """How one value of a layer's output comes about, for one sample.

    Args:
        layer: Keras's class name.
        params: the layer's arguments, as in a project.
        weights: by Keras's name: ``kernel``, ``bias``, ``recurrent_kernel``.
        given: what the layer was given, without the batch axis.
        index: of the value in the output, without the batch axis.

    Returns:
        None for a layer whose numbers are not taken apart here.
    """
    given = np.asarray(given, float)
    weights = {name: np.asarray(value, float) for name, value in weights.items()}
    if layer == "Dense" and "kernel" in weights:
        return _dense(params, weights, given, index)
    if layer in ("Conv1D", "Conv2D", "Conv3D") and "kernel" in weights:
        return _conv(int(layer[4]), params, weights, given, index)
    if layer.startswith(("MaxPooling", "AveragePooling")):
        return _pooling(int(layer[-2]), layer.startswith("Max"), params, given, index)
    if layer.startswith("Global") and layer.endswith("D") and "Pooling" in layer:
        return _global_pooling("Max" in layer, params, given, index)
    if layer == "LSTM" and "recurrent_kernel" in weights:
        return _lstm(params, weights, given, index)
    if layer == "Softmax":
        return _softmax(given[index[:-1]], index[-1])
    if layer in ("Activation", "ReLU", "LeakyReLU"):
        return _activation(layer, params, float(given[index]))
    return None


def _named(axis: int | tuple[int, ...]) -> str:
    places = (axis,) if isinstance(axis, int) else axis
    return f"x[{', '.join(str(place) for place in places)}]"


def _activated(name: Any, sums: Array, own: int, terms: tuple[Term, ...], bias: float) -> Number:
    """A number behind its activation; ``sums`` are those of its neighbours too, for softmax."""
    name = str(name or "linear")
    before = float(sums[own])
    if name == "softmax":
        soft = _softmax(sums, own)
        return Number(soft.value, "softmax", terms, bias, before, name, soft.parts, soft.formula)
    function = CURVES.get(name)
    value = float(function(np.asarray(before))) if function is not None else float("nan")
    return Number(value, "sum", terms, bias, before, "" if name == "linear" else name)


def _softmax(sums: Array, own: int) -> Number:
    """exp(z) divided by the sum of all exp(z); the largest is taken off first, as Keras does."""
    powers = np.exp(sums - sums.max())
    value = float(powers[own] / powers.sum())
    parts = {
        "its exponential": Number(float(powers[own]), "sum"),
        "sum of all": Number(float(powers.sum()), "sum"),
    }
    terms = tuple(Term(f"z[{i}]", float(z), 1.0) for i, z in enumerate(sums))
    return Number(
        value, "softmax", terms, 0.0, float(sums[own]), "softmax", parts,
        "its exponential ÷ sum of all",
    )  # fmt: skip


def _dense(
    params: Mapping[str, Any], weights: Mapping[str, Array], given: Array, index: tuple[int, ...]
) -> Number:
    row, unit = given[index[:-1]], index[-1]
    kernel = weights["kernel"]
    bias = weights.get("bias", np.zeros(kernel.shape[1]))
    terms = tuple(
        Term(_named(i), float(x), float(w))
        for i, (x, w) in enumerate(zip(row, kernel[:, unit], strict=True))
    )
    sums = row @ kernel + bias
    return _activated(params.get("activation"), sums, unit, terms, float(bias[unit]))


def _sizes(value: Any, axes: int, default: int) -> tuple[int, ...]:
    if value is None:
        value = default
    return (int(value),) * axes if isinstance(value, int) else tuple(int(one) for one in value)


def _begin(length: int, window: int, stride: int, place: int, padding: str) -> int:
    """Where a window begins: with ``same`` padding the spare is shared out, less at the front."""
    if padding == "causal":
        return place * stride - (window - 1)
    if padding != "same":
        return place * stride
    out = -(-length // stride)
    spare = max((out - 1) * stride + window - length, 0)
    return place * stride - spare // 2


def _conv(
    axes: int,
    params: Mapping[str, Any],
    weights: Mapping[str, Array],
    given: Array,
    index: tuple[int, ...],
) -> Number | None:
    kernel = weights["kernel"]  # (window..., channels in of a group, filters)
    groups = int(params.get("groups") or 1)
    if params.get("data_format") == "channels_first":
        return None
    steps = _sizes(params.get("strides"), axes, 1)
    widths = _sizes(params.get("dilation_rate"), axes, 1)
    padding = str(params.get("padding") or "valid")
    *place, own = index
    bias = weights.get("bias", np.zeros(kernel.shape[-1]))
    begins = [
        _begin(given.shape[a], (kernel.shape[a] - 1) * widths[a] + 1, steps[a], place[a], padding)
        for a in range(axes)
    ]
    per_group = kernel.shape[-1] // groups
    sums = np.zeros(kernel.shape[-1])
    terms: list[Term] = []
    for spot in np.ndindex(*kernel.shape[:axes]):
        at = tuple(begins[a] + spot[a] * widths[a] for a in range(axes))
        if any(not 0 <= at[a] < given.shape[a] for a in range(axes)):
            continue  # outside: the padding's zeros
        pixel = given[at]
        for group in range(groups):
            some = pixel[group * kernel.shape[axes] : (group + 1) * kernel.shape[axes]]
            span = slice(group * per_group, (group + 1) * per_group)
            sums[span] += some @ kernel[spot][:, span]
        group = own // per_group
        for channel in range(kernel.shape[axes]):
            source = group * kernel.shape[axes] + channel
            terms.append(
                Term(_named((*at, source)), float(pixel[source]), float(kernel[spot][channel, own]))
            )
    sums += bias
    return _activated(params.get("activation"), sums, own, tuple(terms), float(bias[own]))


def _pooling(
    axes: int, largest: bool, params: Mapping[str, Any], given: Array, index: tuple[int, ...]
) -> Number | None:
    if params.get("data_format") == "channels_first":
        return None
    window = _sizes(params.get("pool_size"), axes, 2)
    steps = _sizes(params.get("strides") or params.get("pool_size"), axes, 2)
    padding = str(params.get("padding") or "valid")
    *place, channel = index
    begins = [_begin(given.shape[a], window[a], steps[a], place[a], padding) for a in range(axes)]
    terms: list[Term] = []
    for spot in np.ndindex(*window):
        at = tuple(begins[a] + spot[a] for a in range(axes))
        if all(0 <= at[a] < given.shape[a] for a in range(axes)):
            terms.append(Term(_named((*at, channel)), float(given[(*at, channel)]), 1.0))
    return _pooled(largest, tuple(terms))


def _pooled(largest: bool, terms: tuple[Term, ...]) -> Number:
    values = [term.value for term in terms]
    if largest:
        won = int(np.argmax(values))
        return Number(values[won], "largest", terms, chosen=won)
    return Number(float(np.mean(values)), "mean", terms)


def _global_pooling(
    largest: bool, params: Mapping[str, Any], given: Array, index: tuple[int, ...]
) -> Number | None:
    if params.get("data_format") == "channels_first":
        return None
    channel = index[-1]
    terms = tuple(
        Term(_named((*spot, channel)), float(given[(*spot, channel)]), 1.0)
        for spot in np.ndindex(*given.shape[:-1])
    )
    return _pooled(largest, terms)


def _activation(layer: str, params: Mapping[str, Any], x: float) -> Number | None:
    name = str(params.get("activation") or "linear")
    if layer == "ReLU":
        if any(params.get(one) for one in ("max_value", "negative_slope", "threshold")):
            return None
        name = "relu"
    if layer == "LeakyReLU":
        slope = float(params.get("negative_slope", 0.3))
        return Number(x if x >= 0 else slope * x, "sum", (Term("x", x, 1.0),), 0.0, x, "leaky_relu")
    if name not in CURVES:
        return None
    value = float(CURVES[name](np.asarray(x)))
    return Number(value, "sum", (Term("x", x, 1.0),), 0.0, x, name)


def _lstm(
    params: Mapping[str, Any], weights: Mapping[str, Array], given: Array, index: tuple[int, ...]
) -> Number | None:
    """One unit's state at one step, with its four gates.

    Hochreiter and Schmidhuber, "Long short-term memory", 1997, with the forget gate of Gers and
    others, 2000, as in Keras: c' = f·c + i·g, h = o·tanh(c').
    """
    activation = CURVES.get(str(params.get("activation") or "tanh"))
    recurrent = CURVES.get(str(params.get("recurrent_activation") or "sigmoid"))
    if activation is None or recurrent is None:
        return None
    sequences = bool(params.get("return_sequences"))
    step, unit = (index[0], index[1]) if sequences else (len(given) - 1, index[-1])
    order = range(len(given) - 1, -1, -1) if params.get("go_backwards") else range(len(given))
    kernel, inner = weights["kernel"], weights["recurrent_kernel"]
    units = inner.shape[0]
    bias = weights.get("bias", np.zeros(4 * units))
    h, c = np.zeros(units), np.zeros(units)
    for number, place in enumerate(order):
        before_h, before_c = h, c
        z = given[place] @ kernel + h @ inner + bias
        i, f, g, o = (z[n * units : (n + 1) * units] for n in range(4))
        c = recurrent(f) * c + recurrent(i) * activation(g)
        h = recurrent(o) * activation(c)
        if number != step:
            continue
        parts: dict[str, Number] = {}
        for gate, name in enumerate(_GATES):
            column = gate * units + unit
            terms = [
                Term(_named((place, k)), float(x), float(w))
                for k, (x, w) in enumerate(zip(given[place], kernel[:, column], strict=True))
            ]
            terms += [
                Term(f"h[{k}]", float(x), float(w))
                for k, (x, w) in enumerate(zip(before_h, inner[:, column], strict=True))
            ]
            function = activation if name == "candidate" else recurrent
            parts[name] = Number(
                float(function(z[column])), "sum", tuple(terms), float(bias[column]),
                float(z[column]),
                str(params.get("activation") or "tanh") if name == "candidate"
                else str(params.get("recurrent_activation") or "sigmoid"),
            )  # fmt: skip
        parts["memory before"] = Number(float(before_c[unit]), "sum")
        parts["memory"] = Number(float(c[unit]), "sum")
        return Number(
            float(h[unit]), "state", before=float(c[unit]),
            activation=str(params.get("activation") or "tanh"), parts=parts,
            formula="memory = forget gate · memory before + input gate · candidate;"
            " state = output gate · activation(memory)",
        )  # fmt: skip
    return None


def lstm_states(params: Mapping[str, Any], weights: Mapping[str, Array], given: Array) -> Array:
    """An LSTM's state after each step for one sample: (steps, units), from (steps, features).

    The last row is what a layer without ``return_sequences`` gives. Empty where an activation is
    not known here.
    """
    activation = CURVES.get(str(params.get("activation") or "tanh"))
    recurrent = CURVES.get(str(params.get("recurrent_activation") or "sigmoid"))
    kernel, inner = (np.asarray(weights[n], float) for n in ("kernel", "recurrent_kernel"))
    units = inner.shape[0]
    if activation is None or recurrent is None:
        return np.zeros((0, units))
    bias = np.asarray(weights.get("bias", np.zeros(4 * units)), float)
    rows = np.asarray(given, float)[:: -1 if params.get("go_backwards") else 1]
    h, c, found = np.zeros(units), np.zeros(units), []
    for row in rows:
        i, f, g, o = np.split(row @ kernel + h @ inner + bias, 4)
        c = recurrent(f) * c + recurrent(i) * activation(g)
        h = recurrent(o) * activation(c)
        found.append(h)
    return np.array(found).reshape(-1, units)


def _shown(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")


def in_words(number: Number, most: int = 6) -> str:
    """The formula with its real numbers, largest products first, on a few lines."""
    if number.rule == "state" and number.parts:
        p = {name: _shown(part.value) for name, part in number.parts.items()}
        return (
            f"memory = forget {p['forget gate']} · {p['memory before']} + input"
            f" {p['input gate']} · {p['candidate']} = {p['memory']}\n"
            f"state = output {p['output gate']} · {number.activation}({p['memory']})"
            f" = {_shown(number.value)}"
        )
    if number.rule in ("largest", "mean"):
        values = ", ".join(_shown(term.value) for term in number.terms[:12])
        more = ", …" if len(number.terms) > 12 else ""
        return f"{number.rule} of {values}{more} = {_shown(number.value)}"
    shown = number.largest_terms(most)
    products = " + ".join(f"{_shown(t.value)} · {_shown(t.weight)}" for t in shown)
    rest = sum(t.product for t in number.terms) - sum(t.product for t in shown)
    if len(number.terms) > len(shown):
        products += f" + {_shown(rest)} ({len(number.terms) - len(shown)} smaller products)"
    if not products:
        products = _shown(number.before)
    line = f"{products} + bias {_shown(number.bias)} = {_shown(number.before)}"
    if number.rule == "softmax" and number.parts:
        parts = list(number.parts.values())
        return (
            f"{line}\nsoftmax: {_shown(parts[0].value)} ÷ {_shown(parts[1].value)}"
            f" = {_shown(number.value)}"
        )
    if number.activation:
        return f"{line}\n{number.activation}({_shown(number.before)}) = {_shown(number.value)}"
    return line
