"""The arithmetic floor of an epoch: its multiply-adds at the speed of a large matrix product."""

from __future__ import annotations

import time
from math import prod
from typing import Any

import numpy as np

_SIDE = 1024


def multiply_adds(model: Any) -> float:
    """Of a training step, a sample: forward, and back by weights and by what a layer is given.

    The first layer needs no gradient by what it is given, its own state excepted. Activations,
    pooling, loss and optimizer count nothing.
    """
    found = [layer for layer in model.layers if _forward(layer)]
    return 3 * sum(map(_forward, found)) - sum(_forward(one, "/kernel") for one in found[:1])


def _forward(layer: Any, which: str = "kernel") -> float:
    kernels = [w for w in layer.weights if w.path.endswith(which) and len(w.shape) > 1]
    if any("recurrent_kernel" in w.path for w in layer.weights):
        places = layer.input.shape[1] or 1
    else:
        places = prod(layer.output.shape[1:-1])
    return float(places * sum(prod(one.shape) for one in kernels))


def matrix_speed() -> float:
    """Multiply-adds a second of NumPy's product of two matrices, on all processors."""
    a = np.random.default_rng(0).random((_SIDE, _SIDE), np.float32)
    begin = time.perf_counter()
    for _ in range(4):
        a @ a
    return 4 * _SIDE**3 / (time.perf_counter() - begin)
