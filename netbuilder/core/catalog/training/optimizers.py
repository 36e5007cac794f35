"""Rows: optimizers with all their arguments, and learning-rate schedules."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Final

from netbuilder.core.catalog.params import REQUIRED, flag, integer, number, numbers, rate
from netbuilder.core.catalog.spec import ObjectSpec, Param
from netbuilder.core.catalog.training.weight_objects import table
from netbuilder.core.i18n import gettext as _, noop as N_


def _learning_rate(default: float) -> Param:
    return number(
        "learning_rate", default,
        N_("Size of each training step. Too large: the loss jumps; too small: training is slow."),
        minimum=0.0,
        schedule=True,
    )  # fmt: skip


def _rate(name: str, default: float, text: str, minimum: float = 0.0) -> Param:
    return number(name, default, text, minimum=minimum, maximum=1.0, more=True)


def _number(name: str, default: Any, text: str, minimum: float | None = 0.0) -> Param:
    return number(name, default, text, minimum=minimum, more=True)


def _flag(name: str, default: bool, text: str) -> Param:
    return flag(name, default, text, more=True)


def _beta_1(default: float = 0.9) -> Param:
    return _rate(
        "beta_1",
        default,
        N_("How slowly the average of past gradients (the direction) changes."),
        0.001,
    )


def _beta_2(default: float = 0.999) -> Param:
    return _rate(
        "beta_2",
        default,
        N_("How slowly the average of past squared gradients (the size) changes."),
    )


def _epsilon(default: float = 1e-07) -> Param:
    return _number("epsilon", default, N_("A tiny number that prevents division by 0."))


def _decay(default: float | None = None) -> Param:
    return _number("weight_decay", default, N_("Shrinks all weights slightly at each step."))


_NESTEROV_HELP: Final = N_("Use Nesterov momentum, which looks one step ahead.")
_ACCUMULATOR: Final = _number(
    "initial_accumulator_value", 0.1, N_("Initial value of the sum of squared gradients.")
)
_SHARED: Final = (
    _number("clipnorm", None,
        N_("Limits the norm of the gradient of each weight array to this value.")),
    _number("clipvalue", None, N_("Limits each value of the gradient to this size.")),
    _number("global_clipnorm", None,
        N_("Limits the norm of the gradient of all weights together.")),
    _flag("use_ema", False,
        N_("Also keep a moving average of the weights, which is used at the end.")),
    _rate("ema_momentum", 0.99, N_("How slowly the average of the weights changes.")),
    integer(
        "ema_overwrite_frequency", None,
        N_("Replace the weights with their average every this many steps."),
        more=True,
    ),
    _number("loss_scale_factor", None, N_("Factor applied to the loss, for half precision.")),
    integer(
        "gradient_accumulation_steps", None,
        N_("Number of batches whose gradients are accumulated before each update."),
        minimum=2, more=True,
    ),
)  # fmt: skip


def _optimizer(
    name: str, text: str, *params: Param, learning_rate: float = 0.001, decay: float | None = None
) -> ObjectSpec:
    rows = (_learning_rate(learning_rate), *params, _decay(decay), *_SHARED)
    return ObjectSpec(name, name, "keras.optimizers", text, rows)


# Left out: Adafactor and Lamb (Keras 3.15.1 cannot open a .h5 compiled with them);
# LossScaleOptimizer, MultiOptimizer and OptimizerMap, which wrap other optimizers (mixed precision
# makes the first by itself); Muon's exclude_layers, a list of layers.
OPTIMIZERS: Final = table(
    _optimizer("Adam", N_("Adapts the step of each weight: the usual first choice."),
               _beta_1(), _beta_2(), _epsilon(),
               _flag("amsgrad", False,
                   N_("Use AMSGrad, which keeps the largest squared gradient."))),
    _optimizer("SGD",
        N_("Gradient descent: steps down the slope; with momentum, past steps carry on."),
               rate("momentum", 0.0,
                   N_("Share of the previous step that is kept, for example 0.9.")),
               flag("nesterov", False, _NESTEROV_HELP), learning_rate=0.01),
    _optimizer("RMSprop",
        N_("Divides each gradient by its recent size: good for recurrent networks."),
               _rate("rho", 0.9, N_("How slowly the average of squared gradients changes.")),
               _rate("momentum", 0.0, N_("Share of the previous step that is kept.")), _epsilon(),
               _flag("centered", False, N_("Subtract the mean of the gradients first."))),
    _optimizer("AdamW", N_("Adam with weight decay, which reduces overfitting."), _beta_1(),
               _beta_2(), _epsilon(),
               _flag("amsgrad", False,
                   N_("Use AMSGrad, which keeps the largest squared gradient.")), decay=0.004),
    _optimizer("Nadam", N_("Adam with Nesterov momentum."), _beta_1(), _beta_2(), _epsilon()),
    _optimizer("Adamax", N_("Adam based on the largest recent gradient."), _beta_1(), _beta_2(),
               _epsilon()),
    _optimizer("Adagrad", N_("Takes smaller steps for weights that have changed a lot."),
        _ACCUMULATOR,
               _epsilon()),
    _optimizer("Adadelta", N_("Adagrad that uses only recent gradients."),
               _rate("rho", 0.95, N_("How slowly past gradients are forgotten.")), _epsilon()),
    _optimizer("Lion", N_("Takes steps of equal size: only the sign of the gradient counts."),
        _beta_1(),
               _beta_2(0.99)),
    _optimizer("Ftrl", N_("For a very large number of sparse inputs."),
               _number("learning_rate_power", -0.5, N_("How fast the steps shrink: 0 or below."),
                   None),
               _ACCUMULATOR,
               _number("l1_regularization_strength", 0.0, N_("Pushes weights to exactly 0.")),
               _number("l2_regularization_strength", 0.0, N_("Keeps the weights small.")),
               _number("l2_shrinkage_regularization_strength", 0.0,
                       N_("Keeps the weights small, by a penalty on the gradient only.")),
               _number("beta", 0.0, N_("Stabilises the first steps."))),
    _optimizer("Muon", N_("Orthogonal steps for weight matrices, Adam for all other weights."),
               _rate("momentum", 0.95, N_("Share of the previous step that is kept.")),
               _flag("nesterov", True, _NESTEROV_HELP),
               integer("ns_steps", 5, N_("Number of iterations used to make each step orthogonal."),
                   more=True),
               _rate("adam_beta_1", 0.9, N_("beta_1 of Adam.")),
               _rate("adam_beta_2", 0.999, N_("beta_2 of Adam.")),
               _number("adam_weight_decay", 0.004, N_("Weight decay of Adam.")),
               _number("adam_lr_ratio", 1, N_("Learning rate of Adam, as a factor.")),
               _flag("exclude_embeddings", True, N_("Use Adam for embeddings.")),
               _number("muon_a", 3.4445, N_("First coefficient of the iteration."), None),
               _number("muon_b", -4.775, N_("Second coefficient of the iteration."), None),
               _number("muon_c", 2.0315, N_("Third coefficient of the iteration."), None),
               _number("rms_rate", 0.2, N_("Scales the steps to the size of Adam's steps.")),
               _epsilon(), decay=0.004),
    _optimizer("ScheduleFreeAdamW", N_("AdamW that needs no learning-rate schedule."), _beta_1(),
        _beta_2(),
               _epsilon(1e-08),
               integer("warmup_steps", 0, N_("Number of warm-up steps."), minimum=0),
               learning_rate=0.0025),
)  # fmt: skip

_INITIAL: Final = number(
    "initial_learning_rate",
    REQUIRED,
    N_("The learning rate at the start."),
    minimum=0.0,
    start=0.001,
)
_DECAY_STEPS: Final = integer(
    "decay_steps", REQUIRED,
    N_("Number of steps (batches) over which the learning rate changes by the decay rate."),
    start=1000,
)  # fmt: skip
_STAIRCASE: Final = flag("staircase", False, N_("Change in steps instead of smoothly."))


def _decay_rate() -> Param:
    return number(
        "decay_rate", REQUIRED, N_("How strongly the learning rate decays."), minimum=0.0, start=0.9
    )


def _schedule(name: str, text: str, *params: Param) -> ObjectSpec:
    return ObjectSpec(name, name, "keras.optimizers.schedules", text, params)


SCHEDULES: Final = table(
    _schedule("ExponentialDecay",
        N_("The learning rate decays by the same factor again and again."), _INITIAL,
              _DECAY_STEPS, _decay_rate(), _STAIRCASE),
    _schedule("CosineDecay",
        N_("The learning rate decays along a cosine curve, slowly at both ends."), _INITIAL,
              _DECAY_STEPS,
              rate("alpha", 0.0, N_("The lowest learning rate, as a share of the initial one.")),
              number("warmup_target", None, N_("The learning rate to warm up to first."),
                  minimum=0.0, more=True),
              integer("warmup_steps", 0, N_("Number of warm-up steps."), minimum=0, more=True)),
    _schedule("CosineDecayRestarts",
        N_("The learning rate decays along a cosine curve and then restarts."), _INITIAL,
              integer("first_decay_steps", REQUIRED, N_("Number of steps of the first cycle."),
                  start=1000),
              number("t_mul", 2.0, N_("Factor by which each cycle is longer than the one before."),
                  minimum=0.0),
              number("m_mul", 1.0, N_(
                  "Factor by which the learning rate at the start of each cycle is lower."
              ), minimum=0.0),
              rate("alpha", 0.0, N_("The lowest learning rate, as a share of the initial one."))),
    _schedule("PiecewiseConstantDecay", N_("A list of learning rates, each for a range of steps."),
              numbers("boundaries", REQUIRED, N_("The steps at which the learning rate changes."),
                      start=(1000, 2000), minimum=0),
              numbers("values", REQUIRED, N_("The learning rates: one more than boundaries."),
                      start=(0.001, 0.0005, 0.0001), minimum=0.0)),
    _schedule("PolynomialDecay",
        N_("The learning rate decays to a final value along a straight line or a curve."),
              _INITIAL, _DECAY_STEPS,
              number("end_learning_rate", 0.0001, N_("The final learning rate."), minimum=0.0),
              number("power", 1.0, N_("1 is a straight line; larger values are curved."),
                  minimum=0.0),
              flag("cycle", False, N_("Start again after the end."), more=True)),
    _schedule("InverseTimeDecay",
        N_("The learning rate decays in inverse proportion to the number of steps."), _INITIAL,
              _DECAY_STEPS, _decay_rate(), _STAIRCASE),
)  # fmt: skip


Params = Mapping[str, Any]


def rate_at(name: str, params: Params, step: float) -> float:
    """Return the rate of the schedule ``name`` at ``step`` (batches since the start, from 0).

    Raise ValueError if the arguments give no rate (one is missing or does not fit the others).
    """
    trouble = argument_mismatch(name, params)
    if trouble:
        raise ValueError(trouble)
    spec = SCHEDULES[name]
    values = {row.name: params.get(row.name, row.default) for row in spec.params}
    try:
        return float(_FORMULAS[name](values, step))
    except (ArithmeticError, TypeError, ValueError) as error:
        raise ValueError(f"{name} gives no rate with these numbers.") from error


def argument_mismatch(name: str, params: Params) -> str | None:
    """Return what is wrong between arguments that are each valid; None: nothing."""
    if name != "PiecewiseConstantDecay":
        return None
    bounds, values = _several(params.get("boundaries")), _several(params.get("values"))
    if len(values) != len(bounds) + 1:
        return _(
            "values must contain one number more than boundaries: {count}, not {value}.",
            count=len(bounds) + 1, value=len(values),
        )  # fmt: skip
    if any(later <= earlier for earlier, later in pairwise(bounds)):
        return _("Each number in boundaries must be larger than the one before.")
    return None


def initial_arguments(name: str, rate: float, steps: int) -> dict[str, Any]:
    """Return arguments of the schedule ``name`` that fill ``steps``, starting at ``rate``."""
    params = SCHEDULES[name].start_params()
    third = max(steps // 3, 1)
    fitting = {
        "initial_learning_rate": rate,
        "decay_steps": max(steps, 1),
        # With waves that double, the second one ends with the plan.
        "first_decay_steps": third,
        "boundaries": [third, 2 * third],
        "values": [rate, _short(rate / 2), _short(rate / 10)],
    }
    if name in ("ExponentialDecay", "InverseTimeDecay"):
        fitting["decay_steps"] = max(steps // 10, 1)  # they fall by the rate again and again
    return params | {key: value for key, value in fitting.items() if key in params}


def initial_rate(name: str, params: Params) -> float | None:
    """Return the first rate of a schedule; None where its arguments do not say."""
    rate = params.get("initial_learning_rate")
    if rate is None and name == "PiecewiseConstantDecay":
        rate = next(iter(_several(params.get("values"))), None)
    return float(rate) if isinstance(rate, int | float) else None


def _several(value: Any) -> list[float]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _short(value: float) -> float:
    return float(f"{value:.6g}")


def _parts(values: Params, step: float) -> float:
    part = step / float(values["decay_steps"])
    return float(math.floor(part)) if values["staircase"] else part


def _exponential(values: Params, step: float) -> float:
    return float(values["initial_learning_rate"] * values["decay_rate"] ** _parts(values, step))


def _inverse_time(values: Params, step: float) -> float:
    below = 1 + values["decay_rate"] * _parts(values, step)
    return float(values["initial_learning_rate"] / below)


def _piecewise(values: Params, step: float) -> float:
    bounds, rates = _several(values["boundaries"]), _several(values["values"])
    return rates[sum(step > bound for bound in bounds)]


def _polynomial(values: Params, step: float) -> float:
    start, end = values["initial_learning_rate"], values["end_learning_rate"]
    length = values["decay_steps"]
    if values["cycle"]:
        length *= max(math.ceil(step / length), 1)
    part = min(step, length) / length
    return float((start - end) * (1 - part) ** values["power"] + end)


def _cosine(values: Params, step: float) -> float:
    start, length = values["initial_learning_rate"], values["decay_steps"]
    target, rise = values["warmup_target"], values["warmup_steps"]
    if target is not None:
        if step < rise:
            return float(start + (target - start) * step / rise)
        start, step = target, step - rise
    return float(start * _wave(min(step, length) / length, values["alpha"], 1.0))


def _restarts(values: Params, step: float) -> float:
    part, longer, number = step / values["first_decay_steps"], values["t_mul"], 0
    if longer == 1.0:
        number = math.floor(part)
        part -= number
    else:
        number = math.floor(math.log(1 - part * (1 - longer)) / math.log(longer))
        before = (1 - longer**number) / (1 - longer)
        part = (part - before) / longer**number
    lower = values["m_mul"] ** number
    return float(values["initial_learning_rate"] * _wave(part, values["alpha"], lower))


def _wave(part: float, alpha: float, height: float) -> float:
    """Return a half cosine from ``height`` down to ``alpha``, as shares of the first rate."""
    return (1 - alpha) * 0.5 * height * (1 + math.cos(math.pi * part)) + alpha


_FORMULAS: Final[Mapping[str, Callable[[Params, float], float]]] = MappingProxyType(
    {
        "ExponentialDecay": _exponential,
        "CosineDecay": _cosine,
        "CosineDecayRestarts": _restarts,
        "PiecewiseConstantDecay": _piecewise,
        "PolynomialDecay": _polynomial,
        "InverseTimeDecay": _inverse_time,
    }
)
