"""Layers without a sum of weights: what they pass on, put elsewhere, join or normalise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np

from netbuilder.core.catalog.layers.layer_index import spec_of
from netbuilder.core.i18n import gettext as _
from netbuilder.core.results.computation_trace.computed_value import (
    Array,
    ComputedValue,
    ProductTerm,
    format_value,
    place_name,
)

_JOINED: Mapping[str, tuple[str, Callable[[float, float], float]]] = {
    "Add": (" + ", lambda a, b: a + b),
    "Subtract": (" − ", lambda a, b: a - b),
    "Multiply": (" · ", lambda a, b: a * b),
}
_CHOSEN: Mapping[str, tuple[str, Callable[[Sequence[float]], float]]] = {
    "Average": ("mean", lambda values: float(np.mean(values))),
    "Maximum": ("largest", max),
    "Minimum": ("smallest", min),
}
_MOVED = frozenset({"Flatten", "Reshape"})


def trace_pass_through(
    layer: str,
    params: Mapping[str, Any],
    weights: Mapping[str, Array],
    given: Sequence[Array],
    index: tuple[int, ...],
) -> ComputedValue | None:
    """How a number of such a layer comes about; None for other layers.

    Args:
        layer: Keras's class name.
        params: the layer's arguments.
        weights: by Keras's name.
        given: what it was given, without the batch axis.
        index: of the value in the output.
    """
    if len(given) > 1:
        return _merged(layer, params, given, index)
    x = given[0]
    if spec_of(layer).noise and _within(index, x):
        own = float(x[index])
        return _told(
            own,
            _(
                "{layer} is active only during training; now it passes on {value}",
                layer=layer,
                value=format_value(own),
            ),
        )
    if layer in _MOVED:
        out = (x.size,) if layer == "Flatten" else _shape(params, x.size)
        if out is None or len(out) != len(index):
            return None
        place = np.unravel_index(int(np.ravel_multi_index(index, out)), x.shape)
        where = place_name(tuple(int(one) for one in place))
        own = float(x[place])
        return _told(
            own,
            _("{place} = {value}: only the position changes", place=where, value=format_value(own)),
        )
    if layer == "BatchNormalization" and "moving_mean" in weights:
        return _normalised(params, weights, x, index)
    if layer == "Rescaling" and not isinstance(params.get("scale"), (list, tuple)):
        scale, offset = (float(params.get(one, other)) for one, other in
                         (("scale", 1.0), ("offset", 0.0)))  # fmt: skip
        own = float(x[index])
        value = own * scale + offset
        said = (
            f"{format_value(own)} · {format_value(scale)} + {format_value(offset)}"
            f" = {format_value(value)}"
        )
        return _told(value, said)
    return None


def _within(index: tuple[int, ...], x: Array) -> bool:
    return len(index) == x.ndim and all(a < n for a, n in zip(index, x.shape, strict=True))


def _told(value: float, *lines: str) -> ComputedValue:
    return ComputedValue(value, "told", lines=lines)


def _shape(params: Mapping[str, Any], size: int) -> tuple[int, ...] | None:
    """Of Reshape's output; one length may be -1, for all that is left."""
    wanted = [int(one) for one in params.get("target_shape") or ()]
    known = int(np.prod([one for one in wanted if one > 0], dtype=np.int64))
    shape = tuple(size // known if one == -1 and known else one for one in wanted)
    return shape if shape and int(np.prod(shape)) == size else None


def _merged(
    layer: str, params: Mapping[str, Any], given: Sequence[Array], index: tuple[int, ...]
) -> ComputedValue | None:
    if layer == "Concatenate":
        return _concatenated(params, given, index)
    if any(one.shape != given[0].shape for one in given):
        return None  # lengths of 1 that are repeated
    values = [float(one[index]) for one in given]
    if layer in _JOINED:
        sign, join = _JOINED[layer]
        value = reduce(join, values)
        return _told(value, f"{sign.join(map(format_value, values))} = {format_value(value)}")
    if layer in _CHOSEN:
        name, choose = _CHOSEN[layer]
        value = float(choose(values))
        return _told(
            value,
            _(
                "{rule} of {values} = {value}",
                rule=_(name),
                values=", ".join(map(format_value, values)),
                value=format_value(value),
            ),
        )
    return None


def _concatenated(
    params: Mapping[str, Any], given: Sequence[Array], index: tuple[int, ...]
) -> ComputedValue | None:
    axis = int(params.get("axis", -1))
    axis = axis + given[0].ndim if axis < 0 else axis - 1  # the batch is not counted here
    if not 0 <= axis < given[0].ndim:
        return None
    place = list(index)
    for number, one in enumerate(given):
        if place[axis] < one.shape[axis]:
            own = float(one[tuple(place)])
            where = place_name(tuple(place))
            return _told(
                own,
                _(
                    "{place} of input {number} = {value}",
                    place=where,
                    number=number + 1,
                    value=format_value(own),
                ),
            )
        place[axis] -= one.shape[axis]
    return None


def _normalised(
    params: Mapping[str, Any], weights: Mapping[str, Array], x: Array, index: tuple[int, ...]
) -> ComputedValue | None:
    """Ioffe and Szegedy, "Batch Normalization", 2015, with the means of the training."""
    axis = int(params.get("axis", -1))
    unit = index[axis if axis < 0 else axis - 1]
    mean, spread = float(weights["moving_mean"][unit]), float(weights["moving_variance"][unit])
    size = float(np.sqrt(spread + float(params.get("epsilon", 1e-3))))
    gamma = float(weights["gamma"][unit]) if "gamma" in weights else 1.0
    beta = float(weights["beta"][unit]) if "beta" in weights else 0.0
    own = float(x[index])
    value = (own - mean) / size * gamma + beta
    said = _(
        "({input} − mean {mean}) ÷ standard deviation {deviation} · {gamma} + {beta} = {value}",
        input=format_value(own),
        mean=format_value(mean),
        deviation=format_value(size),
        gamma=format_value(gamma),
        beta=format_value(beta),
        value=format_value(value),
    )
    return ComputedValue(
        value, "told", (ProductTerm(place_name(index), own, gamma / size),), lines=(said,)
    )
