"""A variant that was tried."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Trial:
    """One variant and how far it came.

    Attributes:
        values: by path.
        score: the validation loss of its best epoch, without penalties of regularizers (the
            training loss where nothing is validated), or what ``StudyPlan.measure`` says; None
            where it could not train.
        epochs: epochs done.
        pruned: ended early, since others had been better at that epoch.
        seconds: of the training.
        failed: why it could not train; "" where it could.
        curve: the score's quantity after each epoch.
        held: validation rows that gave the score, 0 where nothing is validated; None where that
            is not known.
        rows: of each of these rows, or of groups of them, what the score is the mean of; empty
            where that is not known.
        measured: what people ask of the validation rows: "accuracy", or "mean_absolute_error" in
            ``unit``.
        judged: the epoch, counted from 1, whose weights were judged; 0 where that is not known.
    """

    values: Mapping[str, Any]
    score: float | None
    epochs: int
    pruned: bool = False
    seconds: float = 0.0
    failed: str = ""
    curve: tuple[float, ...] = ()
    held: int | None = None
    rows: tuple[float, ...] = ()
    measured: Mapping[str, float] = field(default_factory=dict)
    unit: str = ""
    judged: int = 0

    @property
    def best_epoch(self) -> int:
        """The epoch, counted from 1, that has the score; 0 where none has."""
        if self.judged:
            return self.judged
        return self.curve.index(self.score) + 1 if self.score in self.curve else 0

    def kept(self) -> dict[str, Any]:
        """All of it, as the file of a study and a worker's answer say it."""
        lists = {"curve": list(self.curve), "rows": list(self.rows)}
        return {
            **self.__dict__,
            **lists,
            "values": dict(self.values),
            "measured": dict(self.measured),
        }

    def to_json(self) -> dict[str, Any]:
        """As ``netbuilder tune --json`` says it."""
        found: dict[str, Any] = {
            "values": dict(self.values),
            "score": self.score,
            "epochs": self.epochs,
            "best_epoch": self.best_epoch,
            "pruned": self.pruned,
            "seconds": round(self.seconds, 3),
        }
        if self.measured:
            found["validation"] = dict(self.measured)
        if self.failed:
            found["failed"] = self.failed
        return found


def trial_from_json(entry: Mapping[str, Any]) -> Trial:
    """The reverse of ``Trial.kept``.

    Raises:
        TypeError: it is something else.
    """
    lists = {name: tuple(entry.get(name, ())) for name in ("curve", "rows")}
    return Trial(**{**entry, **lists})


def lowest_value(curve: Sequence[float]) -> float | None:
    """The lowest finite value; None where there is none."""
    finite = [value for value in curve if math.isfinite(value)]
    return min(finite) if finite else None
