"""The learning rate of an optimizer that trains: a number, or a schedule until a hand takes over.

Keras refuses to set the rate of an optimizer that was made with a schedule, and its ``train_step``
has the schedule compiled in. So such an optimizer also reads a variable: while it is below 0 the
schedule rules, from 0 on the variable does. It is no weight of the optimizer and in no file: a
saved model has the schedule, as the project says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

_HAND = "netbuilder_hand"
_OFF = -1.0


class _Hand:
    """Holds the variable, out of sight of Keras, which makes every variable it sees a weight."""

    def __init__(self, variable: Any) -> None:
        self.variable = variable


def make_adjustable(optimizer: keras.Optimizer) -> keras.Optimizer:
    """Make the rate of a new optimizer one that ``set_rate`` can change; returns it."""
    import keras

    schedule = optimizer._learning_rate
    if not isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule):
        return optimizer
    hand = keras.Variable(_OFF, dtype="float32", trainable=False, name="rate_by_hand")

    def current() -> Any:
        planned = keras.ops.cast(schedule(optimizer.iterations), "float32")
        return keras.ops.where(hand.value < 0, planned, hand.value)

    setattr(optimizer, _HAND, _Hand(hand))
    optimizer._get_current_learning_rate = current
    return optimizer


def _inner(optimizer: keras.Optimizer) -> keras.Optimizer:
    """The optimizer that has the rate: half precision wraps another around it."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def is_scheduled(optimizer: keras.Optimizer) -> bool:
    """Whether the optimizer was made with a schedule, switched off or not."""
    return hasattr(_inner(optimizer), _HAND)


def manual_rate(optimizer: keras.Optimizer) -> list[Any]:
    """The variable of a scheduled optimizer that a hand sets; no variable of another one."""
    return [getattr(_inner(optimizer), _HAND).variable] if is_scheduled(optimizer) else []


def rate_variable(optimizer: keras.Optimizer) -> Any:
    """The variable that ``set_rate`` sets: the rate, or what overrules the schedule."""
    held = manual_rate(optimizer)
    return held[0] if held else _inner(optimizer)._learning_rate


def next_rate(optimizer: keras.Optimizer) -> float:
    """The rate of the next step."""
    return float(optimizer.learning_rate)


def set_rate(optimizer: keras.Optimizer, rate: float) -> None:
    """Use ``rate`` from the next step on; a schedule is off from there."""
    rate_variable(optimizer).assign(rate)


def resume_schedule(optimizer: keras.Optimizer) -> None:
    """Let the schedule, where there is one, rule again."""
    for one in manual_rate(optimizer):
        one.assign(_OFF)
