"""Learning-rate schedules with their formulas."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Final

from netbuilder.core.catalog.training.training_index import SCHEDULES
from netbuilder.core.i18n import gettext as _

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
