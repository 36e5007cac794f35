"""How fast a run goes, as rows: as fast as it can, or so slow that a class can follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class SpeedLevel:
    """``rate`` epochs or steps a second; None is as fast as it goes."""

    id: str
    title: str
    rate: float | None = None
    unit: Literal["epochs", "steps"] = "epochs"


SPEEDS: tuple[SpeedLevel, ...] = (
    SpeedLevel("full", "Full speed"),
    SpeedLevel("epochs-5", "5 epochs a second", 5.0),
    SpeedLevel("epochs-1", "1 epoch a second", 1.0),
    SpeedLevel("steps-10", "10 steps a second", 10.0, "steps"),
    SpeedLevel("steps-2", "2 steps a second", 2.0, "steps"),
)
