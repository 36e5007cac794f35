"""Where a run is, in words. No Qt here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """``words`` ("Epoch 32 of 50 · 4,180 steps/s"), ``left`` ("2 s left"), ``part`` done of 1.

    ``part`` is None while it is not known how long it takes.
    """

    words: str
    left: str = ""
    part: float | None = None


def duration(seconds: float) -> str:
    """Seconds as people say them: "2 s", "3 min 20 s", "1 h 05 min"."""
    whole = max(round(seconds), 0)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def rate(steps_per_second: float) -> str:
    """A speed: "4,180 steps/s", "2.4 steps/s", "12 s a step"."""
    if steps_per_second >= 10:
        return f"{steps_per_second:,.0f} steps/s"
    if steps_per_second >= 0.5:
        return f"{steps_per_second:.1f} steps/s"
    return f"{duration(1 / steps_per_second)} a step" if steps_per_second > 0 else ""
