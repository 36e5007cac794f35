"""Formulas of recurrent cells: what a step does, and its slopes for the walk back.

They are those of Keras's ``SimpleRNNCell``, ``LSTMCell`` and ``GRUCell``. Shapes: B samples, T
steps, D inputs, U units, L lanes of U columns (the gates).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Tensor = Any


@dataclass(frozen=True)
class Slopes:
    """What the walk back multiplies by, for all steps at once.

    Attributes:
        lanes: (T, B, L·U), of each lane's input by the state (LSTM: by the carry, the last
            lane by the state).
        carry: (T, B, U), of the carry by the state of the same step; None without a carry.
        forget: (T, B, U), of the carry by the carry before; None without a carry.
        keep: (T, B, U) or (T, B, 1), of the state by the state before past the lanes; None
            where there is no such way.
    """

    lanes: Tensor
    carry: Tensor = None
    forget: Tensor = None
    keep: Tensor = None


@dataclass(frozen=True)
class Activation:
    """A function and its slope, told from what the function gave."""

    function: Callable[[Tensor], Tensor]
    slope: Callable[[Tensor], Tensor]


class RecurrentCell:
    """One kind of recurrent cell.

    Args:
        activation: of the candidate (Keras's ``activation``).
        gate: of the gates (Keras's ``recurrent_activation``).
    """

    lanes: int
    carries = False

    def __init__(self, activation: Activation, gate: Activation) -> None:
        self.activation = activation
        self.gate = gate

    def weights(self, cell: Any) -> Tensor:
        """One matrix (D + bias + U, L·U) for input, the 1 of the bias, and state."""
        import tensorflow as tf

        rows = [cell.kernel.value]
        if cell.use_bias:
            rows.append(cell.bias.value[None])
        return tf.concat([*rows, cell.recurrent_kernel.value], 0)

    def step(self, z: list[Tensor], h: Tensor, c: Tensor) -> tuple[list[Tensor], Tensor, Tensor]:
        """Lanes (L times (B, U)), state and carry before: activated lanes, state and carry."""
        raise NotImplementedError

    def slopes(self, a: list[Tensor], h: tuple[Tensor, Tensor], c: tuple[Tensor, Tensor]) -> Slopes:
        """From activated lanes, and states and carries at and before each step: all (T, B, ·)."""
        raise NotImplementedError


class SimpleRnn(RecurrentCell):
    """h' = act(z) (``keras.layers.SimpleRNNCell``)."""

    lanes = 1

    def step(self, z: list[Tensor], h: Tensor, c: Tensor) -> tuple[list[Tensor], Tensor, Tensor]:
        """As ``RecurrentCell`` says."""
        h = self.activation.function(z[0])
        return [h], h, c

    def slopes(self, a: list[Tensor], h: tuple[Tensor, Tensor], c: tuple[Tensor, Tensor]) -> Slopes:
        """As ``RecurrentCell`` says."""
        return Slopes(self.activation.slope(a[0]))


class Lstm(RecurrentCell):
    """c' = f·c + i·g, h' = o·act(c'), lanes i, f, g, o (``keras.layers.LSTMCell``)."""

    lanes = 4
    carries = True

    def step(self, z: list[Tensor], h: Tensor, c: Tensor) -> tuple[list[Tensor], Tensor, Tensor]:
        """As ``RecurrentCell`` says."""
        gate = self.gate.function
        i, f, g, o = gate(z[0]), gate(z[1]), self.activation.function(z[2]), gate(z[3])
        c = f * c + i * g
        return [i, f, g, o], o * self.activation.function(c), c

    def slopes(self, a: list[Tensor], h: tuple[Tensor, Tensor], c: tuple[Tensor, Tensor]) -> Slopes:
        """As ``RecurrentCell`` says."""
        i, f, g, o = a
        out = self.activation.function(c[0])
        return Slopes(
            self._of_lanes(join_lanes(a)) * join_lanes([g, c[1], i, out]),
            carry=o * self.activation.slope(out),
            forget=f,
        )

    def _of_lanes(self, a: Tensor) -> Tensor:
        """Over the whole width at once: slices would not be vectorized by the compiler."""
        import tensorflow as tf

        units = a.shape[-1] // 4
        candidate = tf.constant([k // units == 2 for k in range(4 * units)])
        return tf.where(candidate, self.activation.slope(a), self.gate.slope(a))


class Gru(RecurrentCell):
    """h' = u·h + (1 - u)·act(x + r·q) with q = h·R + b (``GRUCell`` with ``reset_after``).

    Lanes u, r, x, q: the candidate's input and recurrent parts are added only after the reset.
    """

    lanes = 4

    def weights(self, cell: Any) -> Tensor:
        """As ``RecurrentCell`` says."""
        import tensorflow as tf

        kernel, recurrent, units = cell.kernel.value, cell.recurrent_kernel.value, cell.units
        none = tf.zeros_like(kernel[:, :units])
        rows = [join_lanes([kernel, none])]
        if cell.use_bias:
            bias = cell.bias.value
            gates = bias[0, : 2 * units] + bias[1, : 2 * units]
            rows.append(join_lanes([gates, bias[0, 2 * units :], bias[1, 2 * units :]])[None])
        nothing = tf.zeros_like(recurrent[:, :units])
        rows.append(join_lanes([recurrent[:, : 2 * units], nothing, recurrent[:, 2 * units :]]))
        return tf.concat(rows, 0)

    def step(self, z: list[Tensor], h: Tensor, c: Tensor) -> tuple[list[Tensor], Tensor, Tensor]:
        """As ``RecurrentCell`` says."""
        u, r = self.gate.function(z[0]), self.gate.function(z[1])
        candidate = self.activation.function(z[2] + r * z[3])
        return [u, r, candidate, z[3]], u * h + (1 - u) * candidate, c

    def slopes(self, a: list[Tensor], h: tuple[Tensor, Tensor], c: tuple[Tensor, Tensor]) -> Slopes:
        """As ``RecurrentCell`` says."""
        u, r, candidate, q = a
        inner = (1 - u) * self.activation.slope(candidate)
        lanes = [
            (h[1] - candidate) * self.gate.slope(u),
            inner * q * self.gate.slope(r),
            inner,
            inner * r,
        ]
        return Slopes(join_lanes(lanes), keep=u)


def cell_of(layer: Any) -> RecurrentCell | None:
    """The formulas for ``layer``; None where there are none."""
    import keras

    kinds = {keras.layers.LSTM: Lstm, keras.layers.GRU: Gru, keras.layers.SimpleRNN: SimpleRnn}
    kind = kinds.get(type(layer))
    if kind is None or layer.unroll or layer.recurrent_dropout:
        return None
    if getattr(layer, "use_cudnn", "auto") is True:
        return None
    if layer.dropout and getattr(layer.cell, "implementation", 2) == 1:
        return None  # a mask for each gate
    if kind is Gru and not layer.cell.reset_after:
        return None
    known = _activations()
    activation = known.get(layer.cell.activation)
    gate = known.get(getattr(layer.cell, "recurrent_activation", layer.cell.activation))
    return None if activation is None or gate is None else kind(activation, gate)


def _activations() -> dict[Any, Activation]:
    import tensorflow as tf
    from keras import activations as keras_activations

    def between(low: float, high: float) -> Callable[[Tensor], Tensor]:
        return lambda a: tf.cast(tf.logical_and(a > low, a < high), a.dtype)

    return {
        keras_activations.tanh: Activation(tf.tanh, lambda a: 1 - a * a),
        keras_activations.sigmoid: Activation(tf.sigmoid, lambda a: a * (1 - a)),
        keras_activations.relu: Activation(tf.nn.relu, lambda a: tf.cast(a > 0, a.dtype)),
        keras_activations.linear: Activation(lambda z: z, tf.ones_like),
        # relu6(z + 3) / 6, as ``keras.activations.hard_sigmoid`` says
        keras_activations.hard_sigmoid: Activation(
            keras_activations.hard_sigmoid, lambda a: between(0.0, 1.0)(a) / 6
        ),
    }


def join_lanes(tensors: list[Tensor]) -> Tensor:
    """Joined along the last axis."""
    import tensorflow as tf

    return tensors[0] if len(tensors) == 1 else tf.concat(tensors, -1)
