"""Where a run is, in words. No Qt here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from netbuilder.core.wording import format_count, format_number, format_percent

if TYPE_CHECKING:
    from netbuilder.core.engine.runs.run_store import Run


@dataclass(frozen=True)
class RunProgress:
    """``words`` ("Epoch 32 of 50 · 4,180 steps/s"), ``left`` ("2 s left"), ``part`` done of 1.

    ``part`` is None while it is not known how long it takes.
    """

    words: str
    left: str = ""
    part: float | None = None


def format_duration(seconds: float) -> str:
    """Seconds as people say them: "2.3 s", "3 min 20 s", "1 h 05 min"."""
    if 0 < seconds < 0.05:
        return "less than 0.1 s"  # nothing that was done took no time
    if 0 < seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = max(round(seconds), 0)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def duration_sentence(epochs: int, seconds: float, *, slowed: bool = False) -> str:
    """What was done, and how long one waited for it: "50 epochs in 2.3 s"."""
    watched = ", slowly enough to follow" if slowed else ""
    if epochs:
        return f"{format_count(epochs, 'epoch')} in {format_duration(seconds)}{watched}"
    return f"less than one epoch ({format_duration(seconds)}{watched})" if seconds else "elsewhere"


def format_rate(steps_per_second: float) -> str:
    """A speed: "4,180 steps/s", "2.4 steps/s", "12 s a step"."""
    if steps_per_second >= 10:
        return f"{steps_per_second:,.0f} steps/s"
    if steps_per_second >= 0.5:
        return f"{steps_per_second:.1f} steps/s"
    return f"{format_duration(1 / steps_per_second)} a step" if steps_per_second > 0 else ""


_PARTS_OF_ONE = ("accuracy", "precision", "recall", "f1_score", "auc")


def format_metric(name: str, value: float) -> str:
    """A number of a metric: "accuracy 97.7 %", "mean absolute error 0.027"."""
    plain = name.replace("_", " ")
    if any(part in name for part in _PARTS_OF_ONE) and 0 <= value <= 1:
        return f"{plain} {format_percent(value, 1)}".replace(".0%", "%").replace("%", " %")
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
    today = began.date() == datetime.now(began.tzinfo).date()
    return began.strftime("%H:%M" if today else "%d %b")
