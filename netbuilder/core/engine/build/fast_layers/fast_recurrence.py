"""The recurrences of LSTM, GRU and SimpleRNN in a form that trains faster, with the same meaning.

Keras runs the cell step by step and lets automatic differentiation walk back through every
operation of every step. Here the whole recurrence is one operation with a gradient of its own:

* input, bias and state of a step go through one matrix product;
* the walk back multiplies by slopes worked out beforehand for all steps at once, and the gradient
  of the weights is one matrix product over all steps (backpropagation through time, P. J.
  Werbos, Proc. IEEE 78(10), 1990; the slopes follow from the formulas of the cells as Keras
  has them, see ``cells``).

Only training goes this way. Layers with a setting that the formulas here do not cover, and
machines with a GPU (where Keras has cuDNN's recurrences), stay with Keras's own.

Shapes below: B samples, T steps, D inputs, U units, L lanes of U columns (the gates).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from netbuilder.core.engine.build.fast_layers.recurrent_cells import (
    RecurrentCell,
    Slopes,
    cell_of,
    join_lanes,
)

if TYPE_CHECKING:
    import keras

Tensor = Any


def optimize_recurrent(model: keras.Model) -> None:
    """Let the recurrent layers of ``model`` train by the formulas here, where they can."""
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
    """In the place of ``layer.inner_loop``: last output, all outputs, last states."""
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
        seen = valid if layer.zero_output_for_mask else tf.cumsum(tf.cast(valid, tf.int32)) > 0
        outputs = tf.where(seen, hs, tf.zeros_like(hs))
    ends = [hs[-1], last] if cell.carries else [hs[-1]]
    return outputs[-1], tf.transpose(outputs, [1, 0, 2]), ends


def recurrence(
    cell: RecurrentCell, x: Tensor, states: list[Tensor], weights: Tensor, valid: Tensor = None
) -> tuple[Tensor, Tensor]:
    """Run ``cell`` over all steps.

    Args:
        cell: the formulas.
        x: (T, B, D), with a column of ones last where the cell has a bias.
        states: state and, where the cell has one, carry to begin with: (B, U).
        weights: (D + U, L·U), as ``script_cell.weights`` gives.
        valid: bool (T, B, 1); at steps that are not, the states stay as they were.

    Returns:
        States of all steps (T, B, U) and the last carry (B, U), which is the last state where
        the cell has no carry.
    """
    import tensorflow as tf

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def run(x: Tensor, h: Tensor, c: Tensor, weights: Tensor) -> Any:
        found = _forward(cell, x, h, c, weights, valid)

        def grad(by_states: Tensor, by_carry: Tensor) -> tuple[Tensor, ...]:
            return _backward(cell, x, (h, c), weights, valid, found, (by_states, by_carry))

        return (found.states, found.carries[-1]), grad

    result: tuple[Tensor, Tensor] = run(x, states[0], states[-1], weights)
    return result


@dataclass(frozen=True)
class _ForwardResult:
    """What the way forward found: (T, B, U), (T, B, U) and (T, B, L·U)."""

    states: Tensor
    carries: Tensor
    lanes: Tensor


def _forward(
    cell: RecurrentCell, x: Tensor, h: Tensor, c: Tensor, weights: Tensor, valid: Tensor
) -> _ForwardResult:
    import tensorflow as tf

    steps, units = _steps(x), h.shape[-1]
    widths = [units, units, cell.lanes * units] if cell.carries else [units, cell.lanes * units]
    kept = [tf.TensorArray(x.dtype, steps, element_shape=[None, width]) for width in widths]

    def body(t: Tensor, h: Tensor, c: Tensor, *kept: Any) -> Any:
        z = tf.split(tf.matmul(join_lanes([x[t], h]), weights), cell.lanes, 1)
        lanes, new, carry = cell.step(z, h, c)
        if valid is not None:
            new, carry = tf.where(valid[t], new, h), tf.where(valid[t], carry, c)
        told = [new, carry, join_lanes(lanes)] if cell.carries else [new, join_lanes(lanes)]
        written = [array.write(t, value) for array, value in zip(kept, told, strict=True)]
        return (t + 1, new, carry, *written)

    _, _, _, *kept = tf.while_loop(
        lambda t, *_: t < steps, body, (0, h, c, *kept), parallel_iterations=1
    )
    stacked = [array.stack() for array in kept]
    return _ForwardResult(stacked[0], stacked[-2], stacked[-1])


def _backward(
    cell: RecurrentCell,
    x: Tensor,
    begin: tuple[Tensor, Tensor],
    weights: Tensor,
    valid: Tensor,
    found: _ForwardResult,
    given: tuple[Tensor, Tensor],
) -> tuple[Tensor, ...]:
    """Gradients by input, state and carry to begin with, and weights."""
    import tensorflow as tf

    steps, inputs, units = _steps(x), x.shape[-1], begin[0].shape[-1]
    width = cell.lanes * units
    before = tf.concat([begin[0][None], found.states[:-1]], 0)
    carry_before = tf.concat([begin[1][None], found.carries[:-1]], 0)
    slopes = cell.slopes(
        tf.split(found.lanes, cell.lanes, 2),
        (found.states, before),
        (found.carries, carry_before),
    )
    if valid is not None:
        slopes = _masked(slopes, valid)
    by_states, by_carry = given
    if not cell.carries:
        # What is given as the last carry is the last state there.
        by_states = tf.concat([by_states[:-1], by_states[-1:] + by_carry[None]], 0)
    back = tf.transpose(weights[inputs:])

    def body(t: Tensor, dh: Tensor, dc: Tensor, kept: Any) -> Any:
        dh = dh + by_states[t]
        past = 0 if slopes.keep is None else dh * slopes.keep[t]
        if cell.carries:
            dc = dc + dh * slopes.carry[t]
            wide = join_lanes([dc] * (cell.lanes - 1) + [dh])
            dc = dc * slopes.forget[t]
        else:
            wide = join_lanes([dh] * cell.lanes)
        dz = wide * slopes.lanes[t]
        return t - 1, tf.matmul(dz, back) + past, dc, kept.write(t, dz)

    kept = tf.TensorArray(x.dtype, steps, element_shape=[None, width])
    dc = by_carry if cell.carries else tf.zeros_like(by_carry)
    _, dh, dc, kept = tf.while_loop(
        lambda t, *_: t >= 0,
        body,
        (steps - 1, tf.zeros_like(begin[0]), dc, kept),
        parallel_iterations=1,
    )
    dz = tf.reshape(kept.stack(), [-1, width])
    rows = tf.reshape(join_lanes([x, before]), [-1, inputs + units])
    dx = tf.reshape(tf.matmul(dz, weights[:inputs], transpose_b=True), tf.shape(x))
    return dx, dh, dc, tf.matmul(rows, dz, transpose_a=True)


def _masked(slopes: Slopes, valid: Tensor) -> Slopes:
    """At steps that are not valid everything goes past the lanes."""
    import tensorflow as tf

    one = tf.ones([], slopes.lanes.dtype)
    live = tf.cast(valid, slopes.lanes.dtype)
    return Slopes(
        slopes.lanes * live,
        None if slopes.carry is None else slopes.carry * live,
        None if slopes.forget is None else tf.where(valid, slopes.forget, one),
        1 - live if slopes.keep is None else tf.where(valid, slopes.keep, one),
    )


def _steps(x: Tensor) -> Tensor:
    import tensorflow as tf

    return tf.shape(x)[0] if x.shape[0] is None else x.shape[0]
