"""Makes Keras's objects from the values of a project, by the catalog's rows."""

from __future__ import annotations

import importlib
import inspect
import random
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from netbuilder.core.catalog.spec import Kind, ObjectSpec, Param
from netbuilder.core.catalog.training.training_index import (
    ACCURACY_BY_TASK,
    CONSTRAINTS,
    INITIALIZERS,
    METRICS,
    OPTIMIZERS,
    REGULARIZERS,
    SCHEDULES,
    canonical,
)
from netbuilder.core.error_texts import about_file
from netbuilder.core.errors import BuildError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Choice
from netbuilder.core.wording import join_values

if TYPE_CHECKING:
    import keras


KERAS_LOCK = threading.RLock()
"""Held while layers are made whose random numbers matter."""


@contextmanager
def seeded_random(seed: int) -> Iterator[None]:
    """Seed Keras's random numbers within; Python's go on afterwards."""
    with KERAS_LOCK:
        state = random.getstate()
        random.seed(seed)
        try:
            yield
        finally:
            random.setstate(state)


def derive_seed(seed: int, *place: int) -> int:
    """Return a seed of 31 bits that follows from ``seed`` and ``place`` (a layer's numbers)."""
    words = np.random.SeedSequence([seed & 0xFFFFFFFF, *place]).generate_state(1)
    return int(words[0]) & 0x7FFFFFFF


def seed_layers(layers: Iterable[keras.Layer], seed: int) -> None:
    """Seed every initializer and random generator without a seed, keeping the configuration."""
    import keras

    for number, layer in enumerate(layers):
        count = 0
        for part in _parts(layer):
            for value in list(vars(part).values()):
                count += 1
                if isinstance(value, keras.random.SeedGenerator):
                    _seed_generator(value, derive_seed(seed, number, count))
                elif (
                    isinstance(value, keras.Initializer) and getattr(value, "_init_seed", 0) is None
                ):
                    value.seed = derive_seed(seed, number, count)


def seed_generators(model: keras.Model) -> list[Any]:
    """Return the state variables of all random generators of ``model``, each once, in order."""
    import keras

    states: dict[int, Any] = {}
    for part in _parts(model):
        for value in vars(part).values():
            if isinstance(value, keras.random.SeedGenerator):
                states[id(value.state)] = value.state
    return list(states.values())


def _seed_generator(generator: Any, seed: int) -> None:
    if getattr(generator, "_initial_seed", None) is None:
        generator.state.assign(np.array([seed, 0], generator.state.dtype))


def _parts(layer: keras.Layer) -> list[Any]:
    return list(layer._flatten_layers(include_self=True, recursive=True))


def make_savable(layer: Any) -> None:
    """Make ``layer``, a ``keras.layers.Layer``, fit to be saved; may be called twice.

    Two faults of Keras, silent until the file is saved or opened:

    - RandomBrightness, RandomSaturation, Solarization and others keep ``value_range`` in a tracked
      list, which ``get_config`` cannot copy for ``.h5`` ("cannot pickle 'module' object").
    - Reading ``.h5``, Keras replaces strings by functions of ``keras.layers`` of that name:
      Attention's ``score_mode="dot"``, its default, is refused and must stay unwritten.
    """
    value_range = getattr(layer, "value_range", None)
    if isinstance(value_range, list):
        layer.value_range = tuple(value_range)
    if type(layer).__name__ == "Attention" and layer.score_mode == "dot":
        _leave_out(layer, "score_mode")


def _leave_out(layer: Any, key: str) -> None:
    get_config = type(layer).get_config

    def shorter() -> dict[str, Any]:
        config: dict[str, Any] = dict(get_config(layer))
        config.pop(key, None)
        return config

    layer.get_config = shorter


_HAND = "netbuilder_hand"
_OFF = -1.0


class _Hand:
    """Hides a variable from Keras, which would make it a weight.

    ``planned``: a step and the rate that the schedule has for it, which is slow to evaluate.
    """

    def __init__(self, variable: Any) -> None:
        self.variable = variable
        self.planned = (-1, 0.0)


def make_adjustable(optimizer: keras.Optimizer) -> keras.Optimizer:
    """Make the rate of a new optimizer one that ``set_rate`` can change; return the optimizer."""
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
    """Return the optimizer that has the rate, which half precision wraps."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def is_scheduled(optimizer: keras.Optimizer) -> bool:
    """Return whether the optimizer was made with a schedule, switched off or not."""
    return hasattr(_inner(optimizer), _HAND)


def manual_rate(optimizer: keras.Optimizer) -> list[Any]:
    """Return the variable that overrules a schedule; none of an optimizer without one."""
    return [getattr(_inner(optimizer), _HAND).variable] if is_scheduled(optimizer) else []


def rate_variable(optimizer: keras.Optimizer) -> Any:
    """Return the variable that ``set_rate`` sets: the rate, or what overrules the schedule."""
    rates = manual_rate(optimizer)
    return rates[0] if rates else _inner(optimizer)._learning_rate


def next_rate(optimizer: keras.Optimizer) -> float:
    """Return the rate of the next step."""
    inner = _inner(optimizer)
    hand = getattr(inner, _HAND, None)
    if hand is None or float(hand.variable) >= 0:
        return float(optimizer.learning_rate)
    step = int(inner.iterations)
    if hand.planned[0] != step:
        hand.planned = (step, float(optimizer.learning_rate))
    return float(hand.planned[1])


def set_rate(optimizer: keras.Optimizer, rate: float) -> None:
    """Use ``rate`` from the next step on, and switch a schedule off."""
    rate_variable(optimizer).assign(rate)


def resume_schedule(optimizer: keras.Optimizer) -> None:
    """Switch the schedule, where there is one, on again."""
    for rate in manual_rate(optimizer):
        rate.assign(_OFF)


OBJECTS_BY_KIND: Mapping[Kind, Mapping[str, ObjectSpec]] = {
    Kind.INITIALIZER: INITIALIZERS,
    Kind.REGULARIZER: REGULARIZERS,
    Kind.CONSTRAINT: CONSTRAINTS,
}
_TUPLES = {Kind.SIZE, Kind.SHAPE, Kind.INTS}


def make_object(choice: Choice, specs: Mapping[str, ObjectSpec], **more: Any) -> Any:
    """Return the Keras object that ``choice`` names in ``specs``; ``more`` are further arguments.

    Raise BuildError if the table has no such name, or Keras does not take the arguments.
    """
    name = canonical(specs, choice.name)
    if name is None or not specs[name].keras_class:
        known = join_values(list(specs)[:8])
        raise BuildError(
            _("'{name}' is unknown.", name=choice.name),
            _("Choose another one, such as {name}.", name=known),
            code="choice_unknown",
        )
    spec = specs[name]
    arguments = {
        key: value_for(spec.by_name.get(key), value) for key, value in choice.params.items()
    }
    try:
        kind = getattr(importlib.import_module(spec.module), spec.keras_class)
        return kind(**arguments, **more)
    except (TypeError, ValueError) as error:
        raise about_file(
            BuildError, "choice_values_invalid", "", name=spec.keras_class, reason=first_line(error)
        ) from error


def value_for(param: Param | None, value: Any) -> Any:
    """Return a project file's value as the Keras constructor takes it.

    Initializers, regularizers, constraints and schedules become objects (whose names work when a
    model is loaded elsewhere), lists tuples where Keras wants tuples.
    """
    if value is None or param is None:
        return value
    if param.kind in OBJECTS_BY_KIND:
        table = OBJECTS_BY_KIND[param.kind]
        if isinstance(value, str):
            return make_object(Choice(value), table) if value.lower() != "none" else None
        return make_object(Choice(value["name"], value.get("params", {})), table)
    if param.schedule and isinstance(value, Mapping):
        return make_object(Choice(value["name"], value.get("params", {})), SCHEDULES)
    if param.kind in _TUPLES:
        return _tuples(value)
    return value


def _tuples(value: Any) -> Any:
    return tuple(_tuples(entry) for entry in value) if isinstance(value, (list, tuple)) else value


def make_optimizer(choice: Choice, precision: str = "float32") -> keras.Optimizer:
    """Return the optimizer, its rate adjustable; with half precision one that scales the loss."""
    optimizer = make_adjustable(make_object(choice, OPTIMIZERS))
    if precision == "mixed_float16":
        import keras

        return keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer


def make_metrics(choices: Sequence[Choice], loss: Choice | None, task: str) -> list[keras.Metric]:
    """Return the metrics of an output under their names in the project.

    Keras would number names by how many it has made ("auc_4"); a second metric of a name gets
    "_1". "accuracy" becomes the one that fits ``loss``, or ``task`` for losses that do not tell.
    """
    metrics: list[keras.Metric] = []
    for choice in choices:
        known = canonical(METRICS, choice.name) or choice.name
        taken = {metric.name for metric in metrics}
        names = (known, *(f"{known}_{number}" for number in range(1, len(choices) + 1)))
        name = next(name for name in names if name not in taken)
        if known == "accuracy":
            known = ACCURACY_BY_TASK.get(_targets(loss, task), "binary_accuracy")
        params = {key: value for key, value in choice.params.items() if key != "name"}
        metrics.append(make_object(Choice(known, params), METRICS, name=name))
    return metrics


def _targets(loss: Choice | None, task: str) -> str:
    """Return how targets are written: "binary", "classes" (numbers) or "one_hot"."""
    name = loss.name if loss else ""
    if name.startswith("sparse_"):
        return "classes"
    if name.startswith(("categorical_", "kl_")):
        return "one_hot"
    return "binary" if name.startswith("binary_") else task


def arguments_of(kind: Any) -> set[str]:
    """Return the names of the arguments that a class takes by itself."""
    return set(inspect.signature(kind).parameters)


def as_list(value: Any) -> list[Any]:
    """Return a list or tuple as a list, another value as its only item."""
    return list(value) if isinstance(value, (list, tuple)) else [value]


def first_line(error: BaseException) -> str:
    """Return the first line of an error that says something."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


_MEMORY_WORDS = ("OOM when allocating", "out of memory", "failed to allocate", "bad_alloc")


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error, of Python or of TensorFlow, means that memory is used up."""
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return True
    return any(word in str(error) for word in _MEMORY_WORDS)
