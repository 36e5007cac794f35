"""How fast a run goes, and where it is, in words. No Qt here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from netbuilder.core.wording import (
    format_count,
    format_duration,
    format_number,
    format_percent,
    format_time_or_day,
)

if TYPE_CHECKING:
    from netbuilder.core.engine.runs.run_store import Run


@dataclass(frozen=True)
class Speed:
    """``format_rate`` epochs or steps a second, so slow that a class can follow; None: full
    speed."""

    id: str
    title: str
    rate: float | None = None
    unit: Literal["epochs", "steps"] = "epochs"


SPEEDS: tuple[Speed, ...] = (
    Speed("full", "Full speed"),
    Speed("epochs-5", "5 epochs a second", 5.0),
    Speed("epochs-1", "1 epoch a second", 1.0),
    Speed("steps-10", "10 steps a second", 10.0, "steps"),
    Speed("steps-2", "2 steps a second", 2.0, "steps"),
)


@dataclass(frozen=True)
class RunProgress:
    """``words`` ("Epoch 32 of 50 · 4,180 steps/s"), ``left`` ("2 s left"), ``part`` done of 1.

    ``part`` is None while it is not known how long it takes.
    """

    words: str
    left: str = ""
    part: float | None = None


def duration_sentence(epochs: int, seconds: float, *, slowed: bool = False) -> str:
    """What was done, and how long one waited for it: "50 epochs in 2.3 s"."""
    watched = ", slowly enough to follow" if slowed else ""
    if epochs:
        return f"{format_count(epochs, 'epoch')} in {format_duration(seconds)}{watched}"
    return f"less than one epoch ({format_duration(seconds)}{watched})" if seconds else "elsewhere"


def format_rate(steps_per_second: float) -> str:
    """A speed: "4,180 steps/s", "2.4 steps/s", "12 s a step"."""
    if steps_per_second >= 10:
        return f"{format_number(steps_per_second, ',.0f')} steps/s"
    if steps_per_second >= 0.5:
        return f"{format_number(steps_per_second, '.1f')} steps/s"
    return f"{format_duration(1 / steps_per_second)} a step" if steps_per_second > 0 else ""


_PARTS_OF_ONE = ("accuracy", "precision", "recall", "f1_score", "auc")


def format_metric(name: str, value: float) -> str:
    """A number of a metric: "accuracy 97.7%", "mean absolute error 0.027"."""
    plain = name.replace("_", " ")
    if any(part in name for part in _PARTS_OF_ONE) and 0 <= value <= 1:
        return f"{plain} {format_percent(value, 0 if value == 1 else 1)}"
    return f"{plain} {format_number(value)}"


def format_results(test: Mapping[str, float]) -> str:
    """The test's numbers in one line; the loss only where there is nothing else."""
    names = [name for name in test if name != "loss"] or list(test)
    shown = ", ".join(format_metric(name, test[name]) for name in names[:2])
    return f"{shown} on the test rows." if shown else ""


def format_start(run: Run) -> str:
    """When a recorded run began, shortly: the time of today, the day of others."""
    try:
        began = datetime.fromisoformat(run.started)
    except ValueError:
        return run.started
    return format_time_or_day(began)
