"""A value with the terms that it is computed from, and activation functions."""

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
        """Return ``value`` times ``weight``."""
        return self.value * self.weight


@dataclass(frozen=True)
class ComputedValue:
    """Where a value comes from.

    Attributes:
        rule: ``"sum"`` (terms, bias, activation), ``"largest"`` or ``"mean"`` of the terms,
            ``"softmax"``, ``"state"`` (``parts`` combined as in ``lines``), ``"told"`` (``lines``
            only).
        terms: all products (weight 1 if there is none).
        before: the sum, before the activation.
        activation: its name; "" for none.
        parts: intermediate values by name: the gates of an LSTM.
        lines: sentences with numbers.
        window: of a 2D convolution (rows, columns, channels, 2): input (0 in the padding) and
            weight.
        chosen: index of the term that is the maximum; else -1.
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
        """Return the terms with the largest products."""
        return tuple(sorted(self.terms, key=lambda term: -abs(term.product))[:most])


def _sigmoid(x: Array) -> Array:
    return np.where(x >= 0, 1 / (1 + np.exp(-np.abs(x))), 1 - 1 / (1 + np.exp(-np.abs(x))))


def _erf(x: Array) -> Array:
    from math import erf

    values: Array = np.vectorize(erf)(x)
    return values


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
    """Return places and values of an activation; empty if it is no function of one number."""
    x = np.linspace(low, high, points)
    function = CURVES.get(name or "linear")
    return (x, function(x)) if function is not None else (x[:0], x[:0])


_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def format_value(value: float, digits: int = 3) -> str:
    """Format a number in a few digits; thousands as whole numbers."""
    if 1000 <= abs(value) < 1e6:
        return plain_notation(f"{value:,.0f}")
    return plain_notation(f"{value:.{digits}g}")


def format_factor(value: float, digits: int = 3) -> str:
    """Format a number as part of a formula, in brackets if needed: (2 · 10⁻⁷)²."""
    text = format_value(value, digits)
    return f"({text})" if value < 0 or " " in text else text


def format_signed(value: float) -> str:
    """Format a number with its sign, in three decimals; a small one with its power of ten."""
    return plain_notation(f"{value:+.1e}" if 0 < abs(value) < 5e-4 else f"{value:+.3f}")


def plain_notation(written: str) -> str:
    """Write a formatted number with a true minus and power of ten: "1.16e-08" is 1.16 · 10⁻⁸."""
    mantissa, _e, power = written.partition("e")
    raised = f" · 10{str(int(power)).translate(_RAISED)}" if power.lstrip("+-").isdigit() else ""
    return localized(mantissa) + raised


def place_name(axis: int | tuple[int, ...]) -> str:
    """Return the name of an input's place: ``x[2]``, ``x[0, 3]``."""
    places = (axis,) if isinstance(axis, int) else axis
    return f"x[{', '.join(str(place) for place in places)}]"


def apply_activation(
    name: Any, sums: Array, own: int, terms: tuple[ProductTerm, ...], bias: float
) -> ComputedValue:
    """Return the value behind an activation; softmax needs all ``sums`` of its axis."""
    name = str(name or "linear")
    before = float(sums[own])
    if name == "softmax":
        soft = softmax(sums, own)
        return ComputedValue(soft.value, "softmax", terms, bias, before, name, soft.parts)
    function = CURVES.get(name)
    value = float(function(np.asarray(before))) if function is not None else float("nan")
    return ComputedValue(value, "sum", terms, bias, before, "" if name == "linear" else name)


def softmax(sums: Array, own: int) -> ComputedValue:
    """Return exp(z) divided by the sum of all exp(z), shifted by the largest."""
    powers = np.exp(sums - sums.max())
    value = float(powers[own] / powers.sum())
    parts = {
        "its exponential": ComputedValue(float(powers[own]), "sum"),
        "sum of all": ComputedValue(float(powers.sum()), "sum"),
    }
    terms = tuple(ProductTerm(f"z[{i}]", float(z), 1.0) for i, z in enumerate(sums))
    return ComputedValue(value, "softmax", terms, 0.0, float(sums[own]), "softmax", parts)
