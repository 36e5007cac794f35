"""The recurrences of LSTM, GRU and SimpleRNN in a form that trains faster, with the same meaning.

The whole recurrence is one operation with its own gradient: a step is one matrix product; the
slopes of all steps are computed at once, and the gradient of the weights is one matrix product
over all steps (backpropagation through time, P. J. Werbos, Proc. IEEE 78(10), 1990).

Layers with settings that are not covered, and machines with a GPU, where Keras has cuDNN, stay
with Keras's own.

Shapes below: B samples, T steps, D inputs, U units, L lanes of U columns (the gates).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Slopes:
    """Factors of the backward pass, for all steps at once.

    Attributes:
        lanes: (T, B, L·U), of each lane's input by the state (LSTM: by the carry, the last
            lane by the state).
        carry: (T, B, U), of the carry by the state of the same step; None without a carry.
        forget: (T, B, U), of the carry by the carry before; None without a carry.
        keep: (T, B, U) or (T, B, 1), of the state by the state before past the lanes, or None.
    """

    lanes: Any
    carry: Any = None
    forget: Any = None
    keep: Any = None


@dataclass(frozen=True)
class Activation:
    """A function, and its slope as a function of its value."""

    function: Callable[[Any], Any]
    slope: Callable[[Any], Any]


class RecurrentCell:
    """A kind of cell: ``activation`` of the candidate, ``gate`` of the gates, as Keras has them."""

    lanes: int
    carries = False

    def __init__(self, activation: Activation, gate: Activation) -> None:
        self.activation = activation
        self.gate = gate

    def weights(self, cell: Any) -> Any:
        """Return one matrix (D + bias + U, L·U) for input, the 1 of the bias, and state."""
        import tensorflow as tf

        rows = [cell.kernel.value]
        if cell.use_bias:
            rows.append(cell.bias.value[None])
        return tf.concat([*rows, cell.recurrent_kernel.value], 0)

    def step(self, z: list[Any], h: Any, c: Any) -> tuple[list[Any], Any, Any]:
        """Return activated lanes (L times (B, U)), state and carry from lanes, state and carry."""
        raise NotImplementedError

    def slopes(self, a: list[Any], h: tuple[Any, Any], c: tuple[Any, Any]) -> Slopes:
        """Return slopes from activated lanes, and states and carries at and before each step."""
        raise NotImplementedError


class SimpleRnn(RecurrentCell):
    """h' = act(z) (``keras.layers.SimpleRNNCell``)."""

    lanes = 1

    def step(self, z: list[Any], h: Any, c: Any) -> tuple[list[Any], Any, Any]:
        """As ``RecurrentCell`` says."""
        h = self.activation.function(z[0])
        return [h], h, c

    def slopes(self, a: list[Any], h: tuple[Any, Any], c: tuple[Any, Any]) -> Slopes:
        """As ``RecurrentCell`` says."""
        return Slopes(self.activation.slope(a[0]))


class Lstm(RecurrentCell):
    """c' = f·c + i·g, h' = o·act(c'), lanes i, f, g, o (``keras.layers.LSTMCell``)."""

    lanes = 4
    carries = True

    def step(self, z: list[Any], h: Any, c: Any) -> tuple[list[Any], Any, Any]:
        """As ``RecurrentCell`` says."""
        gate = self.gate.function
        i, f, g, o = gate(z[0]), gate(z[1]), self.activation.function(z[2]), gate(z[3])
        c = f * c + i * g
        return [i, f, g, o], o * self.activation.function(c), c

    def slopes(self, a: list[Any], h: tuple[Any, Any], c: tuple[Any, Any]) -> Slopes:
        """As ``RecurrentCell`` says."""
        i, f, g, o = a
        out = self.activation.function(c[0])
        return Slopes(
            self._of_lanes(join_lanes(a)) * join_lanes([g, c[1], i, out]),
            carry=o * self.activation.slope(out),
            forget=f,
        )

    def _of_lanes(self, a: Any) -> Any:
        """Computed over the whole width: the compiler would not vectorize slices."""
        import tensorflow as tf

        units = a.shape[-1] // 4
        candidate = tf.constant([k // units == 2 for k in range(4 * units)])
        return tf.where(candidate, self.activation.slope(a), self.gate.slope(a))


class Gru(RecurrentCell):
    """h' = u·h + (1 - u)·act(x + r·q) with q = h·R + b (``GRUCell`` with ``reset_after``).

    Lanes u, r, x, q: the candidate's input and recurrent parts are added only after the reset.
    """

    lanes = 4

    def weights(self, cell: Any) -> Any:
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

    def step(self, z: list[Any], h: Any, c: Any) -> tuple[list[Any], Any, Any]:
        """As ``RecurrentCell`` says."""
        u, r = self.gate.function(z[0]), self.gate.function(z[1])
        candidate = self.activation.function(z[2] + r * z[3])
        return [u, r, candidate, z[3]], u * h + (1 - u) * candidate, c

    def slopes(self, a: list[Any], h: tuple[Any, Any], c: tuple[Any, Any]) -> Slopes:
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
    """Return the formulas for ``layer``, or None."""
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

    def between(low: float, high: float) -> Callable[[Any], Any]:
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


def join_lanes(tensors: list[Any]) -> Any:
    """Concatenate along the last axis."""
    import tensorflow as tf

    return tensors[0] if len(tensors) == 1 else tf.concat(tensors, -1)


Tensor = Any


def optimize_recurrent(model: keras.Model) -> None:
    """Make the recurrent layers of ``model`` train by the formulas here, where they can."""
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU"):
        return
    for layer in model._flatten_layers():
        cell = cell_of(layer)
        if cell is not None:
            layer.inner_loop = partial(_inner_loop, layer, cell)


def _inner_loop(
    layer: Any,
    cell: RecurrentCell,
    sequences: Tensor,
    initial_state: Any,
    mask: Any,
    training: bool = False,
) -> tuple[Tensor, Tensor, list[Tensor]]:
    """Replaces ``layer.inner_loop``; returns last output, all outputs, last states."""
    import tensorflow as tf

    if not training:
        return type(layer).inner_loop(  # type: ignore[no-any-return]
            layer, sequences, initial_state, mask, training
        )
    if layer.dropout:
        # One mask for all steps, as in Keras's cells.
        sequences = sequences * layer.cell.get_dropout_mask(sequences[:, 0, :])[:, None, :]
    x = tf.transpose(sequences, [1, 0, 2])
    if layer.cell.use_bias:
        x = join_lanes([x, tf.ones_like(x[:, :, :1])])
    states = list(tf.nest.flatten(initial_state))
    valid = None
    if mask is not None:
        mask = tf.nest.flatten(mask)[0]
        valid = tf.transpose(tf.reshape(tf.cast(mask, tf.bool), tf.shape(mask)[:2]))[:, :, None]
    if layer.go_backwards:
        x = tf.reverse(x, [0])
        valid = None if valid is None else tf.reverse(valid, [0])
    hs, last = recurrence(cell, x, states, cell.weights(layer.cell), valid)
    outputs = hs
    if valid is not None:
        # Before its first valid step a sequence gives zeros, whatever state it began with.
        live = valid if layer.zero_output_for_mask else tf.cumsum(tf.cast(valid, tf.int32)) > 0
        outputs = tf.where(live, hs, tf.zeros_like(hs))
    ends = [hs[-1], last] if cell.carries else [hs[-1]]
    return outputs[-1], tf.transpose(outputs, [1, 0, 2]), ends


def recurrence(
    cell: RecurrentCell, x: Tensor, states: list[Tensor], weights: Tensor, valid: Tensor = None
) -> tuple[Tensor, Tensor]:
    """Run ``cell`` over all steps.

    Args:
        x: (T, B, D), with a column of ones last where the cell has a bias.
        states: first state and, where the cell has one, first carry: (B, U).
        weights: (D + U, L·U), as ``RecurrentCell.weights`` gives.
        valid: bool (T, B, 1); at other steps the states stay as they were.

    Returns:
        States of all steps (T, B, U) and the last carry, or else the last state (B, U).
    """
    import tensorflow as tf

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def run(x: Tensor, h: Tensor, c: Tensor, weights: Tensor) -> Any:
        result = _forward(cell, x, h, c, weights, valid)

        def grad(by_states: Tensor, by_carry: Tensor) -> tuple[Tensor, ...]:
            return _backward(cell, x, (h, c), weights, valid, result, (by_states, by_carry))

        return (result.states, result.carries[-1]), grad

    result: tuple[Tensor, Tensor] = run(x, states[0], states[-1], weights)
    return result


@dataclass(frozen=True)
class _ForwardResult:
    """Shapes: (T, B, U), (T, B, U) and (T, B, L·U)."""

    states: Tensor
    carries: Tensor
    lanes: Tensor


def _forward(
    cell: RecurrentCell, x: Tensor, h: Tensor, c: Tensor, weights: Tensor, valid: Tensor
) -> _ForwardResult:
    import tensorflow as tf

    steps, units = _steps(x), h.shape[-1]
    widths = [units, units, cell.lanes * units] if cell.carries else [units, cell.lanes * units]
    arrays = [tf.TensorArray(x.dtype, steps, element_shape=[None, width]) for width in widths]

    def body(t: Tensor, h: Tensor, c: Tensor, *arrays: Any) -> Any:
        z = tf.split(tf.matmul(join_lanes([x[t], h]), weights), cell.lanes, 1)
        lanes, new, carry = cell.step(z, h, c)
        if valid is not None:
            new, carry = tf.where(valid[t], new, h), tf.where(valid[t], carry, c)
        values = [new, carry, join_lanes(lanes)] if cell.carries else [new, join_lanes(lanes)]
        written = [array.write(t, value) for array, value in zip(arrays, values, strict=True)]
        return (t + 1, new, carry, *written)

    _, _, _, *arrays = tf.while_loop(
        lambda t, *_: t < steps, body, (0, h, c, *arrays), parallel_iterations=1
    )
    stacked = [array.stack() for array in arrays]
    return _ForwardResult(stacked[0], stacked[-2], stacked[-1])


def _backward(
    cell: RecurrentCell,
    x: Tensor,
    begin: tuple[Tensor, Tensor],
    weights: Tensor,
    valid: Tensor,
    result: _ForwardResult,
    states: tuple[Tensor, Tensor],
) -> tuple[Tensor, ...]:
    """Return gradients by input, first state and carry, and weights."""
    import tensorflow as tf

    steps, inputs, units = _steps(x), x.shape[-1], begin[0].shape[-1]
    width = cell.lanes * units
    before = tf.concat([begin[0][None], result.states[:-1]], 0)
    carry_before = tf.concat([begin[1][None], result.carries[:-1]], 0)
    slopes = cell.slopes(
        tf.split(result.lanes, cell.lanes, 2),
        (result.states, before),
        (result.carries, carry_before),
    )
    if valid is not None:
        slopes = _masked(slopes, valid)
    by_states, by_carry = states
    if not cell.carries:
        # What is given as the last carry is the last state there.
        by_states = tf.concat([by_states[:-1], by_states[-1:] + by_carry[None]], 0)
    back = tf.transpose(weights[inputs:])

    def body(t: Tensor, dh: Tensor, dc: Tensor, gradients: Any) -> Any:
        dh = dh + by_states[t]
        past = 0 if slopes.keep is None else dh * slopes.keep[t]
        if cell.carries:
            dc = dc + dh * slopes.carry[t]
            wide = join_lanes([dc] * (cell.lanes - 1) + [dh])
            dc = dc * slopes.forget[t]
        else:
            wide = join_lanes([dh] * cell.lanes)
        dz = wide * slopes.lanes[t]
        return t - 1, tf.matmul(dz, back) + past, dc, gradients.write(t, dz)

    gradients = tf.TensorArray(x.dtype, steps, element_shape=[None, width])
    dc = by_carry if cell.carries else tf.zeros_like(by_carry)
    _, dh, dc, gradients = tf.while_loop(
        lambda t, *_: t >= 0,
        body,
        (steps - 1, tf.zeros_like(begin[0]), dc, gradients),
        parallel_iterations=1,
    )
    dz = tf.reshape(gradients.stack(), [-1, width])
    rows = tf.reshape(join_lanes([x, before]), [-1, inputs + units])
    dx = tf.reshape(tf.matmul(dz, weights[:inputs], transpose_b=True), tf.shape(x))
    return dx, dh, dc, tf.matmul(rows, dz, transpose_a=True)


def _masked(slopes: Slopes, valid: Tensor) -> Slopes:
    import tensorflow as tf

    full = tf.ones([], slopes.lanes.dtype)
    live = tf.cast(valid, slopes.lanes.dtype)
    return Slopes(
        slopes.lanes * live,
        None if slopes.carry is None else slopes.carry * live,
        None if slopes.forget is None else tf.where(valid, slopes.forget, full),
        1 - live if slopes.keep is None else tf.where(valid, slopes.keep, full),
    )


def _steps(x: Tensor) -> Tensor:
    import tensorflow as tf

    return tf.shape(x)[0] if x.shape[0] is None else x.shape[0]
