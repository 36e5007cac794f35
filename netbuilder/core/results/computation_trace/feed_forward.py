"""Traces of dense layers, convolutions, pooling and activations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from netbuilder.core.results.computation_trace.computed_value import (
    CURVES,
    Array,
    ComputedValue,
    ProductTerm,
    apply_activation,
    place_name,
)


def trace_dense(
    params: Mapping[str, Any], weights: Mapping[str, Array], inputs: Array, index: tuple[int, ...]
) -> ComputedValue:
    """Trace a unit: the weighted sum of all inputs."""
    row, unit = inputs[index[:-1]], index[-1]
    kernel = weights["kernel"]
    bias = weights.get("bias", np.zeros(kernel.shape[1]))
    terms = tuple(
        ProductTerm(place_name(i), float(x), float(w))
        for i, (x, w) in enumerate(zip(row, kernel[:, unit], strict=True))
    )
    sums = row @ kernel + bias
    return apply_activation(params.get("activation"), sums, unit, terms, float(bias[unit]))


def _sizes(value: Any, axes: int, default: int) -> tuple[int, ...]:
    if value is None:
        value = default
    return (int(value),) * axes if isinstance(value, int) else tuple(int(size) for size in value)


def _begin(length: int, window: int, stride: int, place: int, padding: str) -> int:
    """Return the start of a window; ``same`` padding puts the smaller half in front."""
    if padding == "causal":
        return place * stride - (window - 1)
    if padding != "same":
        return place * stride
    out = -(-length // stride)
    spare = max((out - 1) * stride + window - length, 0)
    return place * stride - spare // 2


def trace_conv(
    axes: int,
    params: Mapping[str, Any],
    weights: Mapping[str, Array],
    inputs: Array,
    index: tuple[int, ...],
) -> ComputedValue | None:
    """Trace a filter's sum over a window; ``axes``: 1 to 3."""
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
        _begin(inputs.shape[a], (kernel.shape[a] - 1) * widths[a] + 1, steps[a], place[a], padding)
        for a in range(axes)
    ]
    per_group = kernel.shape[-1] // groups
    sums = np.zeros(kernel.shape[-1])
    terms: list[ProductTerm] = []
    window = np.zeros((*kernel.shape[: axes + 1], 2))
    window[..., 1] = kernel[..., own]
    for spot in np.ndindex(*kernel.shape[:axes]):
        at = tuple(begins[a] + spot[a] * widths[a] for a in range(axes))
        if any(not 0 <= at[a] < inputs.shape[a] for a in range(axes)):
            continue  # outside: the padding's zeros
        pixel = inputs[at]
        for group in range(groups):
            some = pixel[group * kernel.shape[axes] : (group + 1) * kernel.shape[axes]]
            span = slice(group * per_group, (group + 1) * per_group)
            sums[span] += some @ kernel[spot][:, span]
        group = own // per_group
        for channel in range(kernel.shape[axes]):
            source = group * kernel.shape[axes] + channel
            window[(*spot, channel, 0)] = pixel[source]
            terms.append(
                ProductTerm(
                    place_name((*at, source)),
                    float(pixel[source]),
                    float(kernel[spot][channel, own]),
                )
            )
    sums += bias
    number = apply_activation(params.get("activation"), sums, own, tuple(terms), float(bias[own]))
    return replace(number, window=window) if axes == 2 else number


def trace_pooling(
    axes: int, largest: bool, params: Mapping[str, Any], inputs: Array, index: tuple[int, ...]
) -> ComputedValue | None:
    """Trace the maximum or mean of a window."""
    if params.get("data_format") == "channels_first":
        return None
    window = _sizes(params.get("pool_size"), axes, 2)
    steps = _sizes(params.get("strides") or params.get("pool_size"), axes, 2)
    padding = str(params.get("padding") or "valid")
    *place, channel = index
    begins = [_begin(inputs.shape[a], window[a], steps[a], place[a], padding) for a in range(axes)]
    terms: list[ProductTerm] = []
    for spot in np.ndindex(*window):
        at = tuple(begins[a] + spot[a] for a in range(axes))
        if all(0 <= at[a] < inputs.shape[a] for a in range(axes)):
            terms.append(
                ProductTerm(place_name((*at, channel)), float(inputs[(*at, channel)]), 1.0)
            )
    return _pooled(largest, tuple(terms))


def _pooled(largest: bool, terms: tuple[ProductTerm, ...]) -> ComputedValue:
    values = [term.value for term in terms]
    if largest:
        won = int(np.argmax(values))
        return ComputedValue(values[won], "largest", terms, chosen=won)
    return ComputedValue(float(np.mean(values)), "mean", terms)


def trace_global_pooling(
    largest: bool, params: Mapping[str, Any], inputs: Array, index: tuple[int, ...]
) -> ComputedValue | None:
    """Trace the maximum or mean of a channel."""
    if params.get("data_format") == "channels_first":
        return None
    channel = index[-1]
    terms = tuple(
        ProductTerm(place_name((*spot, channel)), float(inputs[(*spot, channel)]), 1.0)
        for spot in np.ndindex(*inputs.shape[:-1])
    )
    return _pooled(largest, terms)


def trace_activation(layer: str, params: Mapping[str, Any], x: float) -> ComputedValue | None:
    """Trace a value behind an activation; None if it depends on several values."""
    name = str(params.get("activation") or "linear")
    if layer == "ReLU":
        if any(params.get(option) for option in ("max_value", "negative_slope", "threshold")):
            return None
        name = "relu"
    if layer == "LeakyReLU":
        slope = float(params.get("negative_slope", 0.3))
        return ComputedValue(
            x if x >= 0 else slope * x, "sum", (ProductTerm("x", x, 1.0),), 0.0, x, "leaky_relu"
        )
    if name not in CURVES:
        return None
    value = float(CURVES[name](np.asarray(x)))
    return ComputedValue(value, "sum", (ProductTerm("x", x, 1.0),), 0.0, x, name)
