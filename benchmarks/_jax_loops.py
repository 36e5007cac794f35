"""The same networks as JAX trains them fastest: a whole epoch in one jitted ``lax.scan``."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np


def epoch_of(name: str, x: Any, y: Any, batch: int) -> Callable[[], float] | None:
    """A function that trains one epoch and gives the seconds; None without JAX and optax.

    The rows of a last batch that is not whole are left out, which is to JAX's advantage.
    """
    try:
        import jax
        import jax.numpy as jnp
        import optax
    except ImportError:
        return None
    if name not in _FORWARD:
        return None
    weights = _weights(name, np.random.default_rng(0))
    forward = _FORWARD[name]
    optimizer = optax.adam(1e-3)
    inputs, targets = jnp.asarray(x), jnp.asarray(y)
    classes, count = y.dtype.kind == "i", len(x) // batch

    def loss(weights: Any, rows: Any, truth: Any, key: Any) -> Any:
        answers = forward(weights, rows, key)
        if classes:
            each = optax.softmax_cross_entropy_with_integer_labels(answers, truth)
            return each.mean()
        return jnp.mean((answers - truth) ** 2)

    def step(state: Any, picked: Any) -> Any:
        weights, held, key = state
        key, now = jax.random.split(key)
        value, slope = jax.value_and_grad(loss)(weights, inputs[picked], targets[picked], now)
        change, held = optimizer.update(slope, held, weights)
        return (optax.apply_updates(weights, change), held, key), value

    @jax.jit
    def whole(state: Any) -> Any:
        weights, held, key = state
        key, now = jax.random.split(key)
        order = jax.random.permutation(now, len(inputs))[: count * batch].reshape(count, batch)
        return jax.lax.scan(step, (weights, held, key), order)

    state = (weights, optimizer.init(weights), jax.random.PRNGKey(0))

    def epoch() -> float:
        nonlocal state
        begin = time.perf_counter()
        state, values = whole(state)
        values.block_until_ready()
        return time.perf_counter() - begin

    return epoch


def _glorot(source: Any, *shape: int) -> Any:
    import jax.numpy as jnp

    limit = np.sqrt(6 / (np.prod(shape[:-1]) + shape[-1]))
    return jnp.asarray(source.uniform(-limit, limit, shape).astype(np.float32))


_SHAPES: dict[str, list[tuple[int, ...]]] = {
    "sales": [(9, 50), (50, 100), (100, 50), (50, 1)],
    "mnist_mlp": [(784, 128), (128, 128), (128, 10)],
    "lstm": [(8 + 64, 256), (64, 1)],
    "cnn": [(3, 3, 1, 16), (3, 3, 16, 32), (800, 64), (64, 10)],
    "playground": [(2, 4), (4, 2), (2, 1)],
}


def _weights(name: str, source: Any) -> Any:
    import jax.numpy as jnp

    return [(_glorot(source, *shape), jnp.zeros(shape[-1])) for shape in _SHAPES[name]]


def _sales(weights: Any, x: Any, key: Any) -> Any:
    import jax

    for kernel, bias in weights[:-1]:
        x = jax.nn.relu(x @ kernel + bias)
    return x @ weights[-1][0] + weights[-1][1]


def _playground(weights: Any, x: Any, key: Any) -> Any:
    import jax
    import jax.numpy as jnp

    for kernel, bias in weights[:-1]:
        x = jnp.tanh(x @ kernel + bias)
    return jax.nn.sigmoid(x @ weights[-1][0] + weights[-1][1])


def _mnist(weights: Any, x: Any, key: Any) -> Any:
    import jax
    import jax.numpy as jnp

    for kernel, bias in weights[:-1]:
        key, now = jax.random.split(key)
        x = jax.nn.relu(x @ kernel + bias)
        x = jnp.where(jax.random.bernoulli(now, 0.8, x.shape), x / 0.8, 0)
    return x @ weights[-1][0] + weights[-1][1]


def _lstm(weights: Any, x: Any, key: Any) -> Any:
    import jax
    import jax.numpy as jnp

    (kernel, bias), (out, shift) = weights

    def step(state: Any, now: Any) -> Any:
        h, c = state
        i, f, g, o = jnp.split(jnp.concatenate([now, h], 1) @ kernel + bias, 4, axis=1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

    zero = jnp.zeros((len(x), 64))
    (h, _), _ = jax.lax.scan(step, (zero, zero), x.transpose(1, 0, 2))
    return h @ out + shift


def _cnn(weights: Any, x: Any, key: Any) -> Any:
    import jax

    for kernel, bias in weights[:2]:
        x = jax.lax.conv_general_dilated(
            x, kernel, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")
        )
        x = jax.nn.relu(x + bias)
        x = jax.lax.reduce_window(x, -np.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    x = x.reshape(len(x), -1)
    x = jax.nn.relu(x @ weights[2][0] + weights[2][1])
    return x @ weights[3][0] + weights[3][1]


_FORWARD: dict[str, Callable[[Any, Any, Any], Any]] = {
    "sales": _sales,
    "mnist_mlp": _mnist,
    "lstm": _lstm,
    "cnn": _cnn,
    "playground": _playground,
}
