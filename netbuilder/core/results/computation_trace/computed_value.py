"""A number with what it is made of, and the curves of the activations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.i18n import localized

Array = NDArray[Any]


@dataclass(frozen=True)
class ProductTerm:
    """One product: ``value`` of the input named ``name``, times ``weight``."""

    name: str
    value: float
    weight: float

    @property
    def product(self) -> float:
        """What it adds to the sum."""
        return self.value * self.weight


@dataclass(frozen=True)
class ComputedValue:
    """Where one number comes from.

    Attributes:
        value: the number.
        rule: the formula in words: ``"sum"`` (terms and bias, then the activation),
            ``"largest"`` or ``"mean"`` of the terms, ``"softmax"`` (the share of its own
            exponential), ``"state"`` (``parts`` combined as ``lines`` say), ``"told"`` (all is in
            ``lines``).
        terms: all products (weight 1 where there is none), as the layer reads them.
        bias: what is added.
        before: the sum, before the activation.
        activation: its name; "" for none.
        parts: numbers that it is made of, by name: the gates of an LSTM.
        lines: sentences with real numbers, for what products and a sum do not tell.
        window: of a convolution over pictures (rows, columns, channels, 2): what lies under the
            filter, 0 beyond the border, and the filter's weights; None of others.
        chosen: of a maximum, the place of the term that won; else -1.
    """

    value: float
    rule: str
    terms: tuple[ProductTerm, ...] = ()
    bias: float = 0.0
    before: float = 0.0
    activation: str = ""
    parts: Mapping[str, ComputedValue] | None = None
    lines: tuple[str, ...] = ()
    chosen: int = -1
    window: Array | None = field(default=None, compare=False)

    def largest_terms(self, most: int = 8) -> tuple[ProductTerm, ...]:
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


def activation_curve(name: str, low: float, high: float, points: int = 121) -> tuple[Array, Array]:
    """An activation's curve: places and values, empty for one that is no function of one number."""
    x = np.linspace(low, high, points)
    function = CURVES.get(name or "linear")
    return (x, function(x)) if function is not None else (x[:0], x[:0])


_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def format_value(value: float) -> str:
    """A number in three digits, as it is written by hand; thousands whole."""
    if 1000 <= abs(value) < 1e6:
        return plain_notation(f"{value:,.0f}")
    return plain_notation(f"{value:.3g}")


def plain_notation(written: str) -> str:
    """A formatted number with a true minus sign, and with its power of ten as it is written by
    hand: "1.16e-08" is 1.16 · 10⁻⁸."""
    mantissa, _e, power = written.partition("e")
    raised = f" · 10{str(int(power)).translate(_RAISED)}" if power.lstrip("+-").isdigit() else ""
    return localized(mantissa) + raised


def place_name(axis: int | tuple[int, ...]) -> str:
    """The name of a place of the input: ``x[2]``, ``x[0, 3]``."""
    places = (axis,) if isinstance(axis, int) else axis
    return f"x[{', '.join(str(place) for place in places)}]"


def apply_activation(
    name: Any, sums: Array, own: int, terms: tuple[ProductTerm, ...], bias: float
) -> ComputedValue:
    """A number behind its activation; ``sums`` are those of its neighbours too, for softmax."""
    name = str(name or "linear")
    before = float(sums[own])
    if name == "softmax":
        soft = softmax(sums, own)
        return ComputedValue(soft.value, "softmax", terms, bias, before, name, soft.parts)
    function = CURVES.get(name)
    value = float(function(np.asarray(before))) if function is not None else float("nan")
    return ComputedValue(value, "sum", terms, bias, before, "" if name == "linear" else name)


def softmax(sums: Array, own: int) -> ComputedValue:
    """exp(z) divided by the sum of all exp(z); the largest is taken off first, as Keras does."""
    powers = np.exp(sums - sums.max())
    value = float(powers[own] / powers.sum())
    parts = {
        "its exponential": ComputedValue(float(powers[own]), "sum"),
        "sum of all": ComputedValue(float(powers.sum()), "sum"),
    }
    terms = tuple(ProductTerm(f"z[{i}]", float(z), 1.0) for i, z in enumerate(sums))
    return ComputedValue(value, "softmax", terms, 0.0, float(sums[own]), "softmax", parts)
