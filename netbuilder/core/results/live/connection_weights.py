"""Strength of the connections between layers: mean size and sign of their weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.i18n import ngettext
from netbuilder.core.project.model import Graph
from netbuilder.core.wording import format_number

Array = NDArray[Any]
#: Weights that what arrives is multiplied with, by the end of Keras's names.
_OF_INPUTS = ("kernel", "depthwise_kernel", "pointwise_kernel", "embeddings")


@dataclass(frozen=True)
class ConnectionWeight:
    """``size``: mean absolute weight; ``mean`` weight; ``count``; ``part``: ``size`` relative to
    the network's largest."""

    size: float
    mean: float
    count: int
    part: float

    def __str__(self) -> str:
        return (
            ngettext(
                "{count} weight: mean size {size}, mean {mean}",
                "{count} weights: mean size {size}, mean {mean}",
                self.count,
                size=format_number(self.size, ".3g"),
                mean=format_number(self.mean, "+.3g"),
            )
        ).replace("-", "−")


def connection_weights(
    graph: Graph, weights_of: Callable[[str], Mapping[str, Array]]
) -> dict[tuple[str, str], ConnectionWeight]:
    """Return the weights of each connection by (source, target), if its layer has weights for this
    input alone."""
    strengths: dict[tuple[str, str], tuple[float, float, int]] = {}
    for node in graph.nodes:
        sources = graph.sources[node.id]
        if len(sources) != 1:
            continue
        arrays = [
            np.asarray(value, np.float64).reshape(-1)
            for name, value in weights_of(node.shared or node.id).items()
            if name.rsplit("/", 1)[-1] in _OF_INPUTS
        ]
        whole = np.concatenate(arrays) if arrays else np.zeros(0)
        whole = whole[np.isfinite(whole)]
        if len(whole):
            size = float(np.abs(whole).mean())
            strengths[sources[0], node.id] = (size, float(whole.mean()), len(whole))
    largest = max((size for size, _, _ in strengths.values()), default=0.0) or 1.0
    return {
        wire: ConnectionWeight(size, mean, count, size / largest)
        for wire, (size, mean, count) in strengths.items()
    }
