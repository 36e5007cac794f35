"""A variant that was tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Trial:
    """One variant and how far it came.

    Attributes:
        values: by path.
        score: the lowest validation loss (training loss where nothing is validated) of its
            epochs; None where it could not train.
        epochs: epochs done.
        pruned: ended early, since others had been better at that epoch.
        seconds: of the training.
        failed: why it could not train; "" where it could.
        curve: the score's quantity after each epoch.
        held: validation rows that gave the score, 0 where nothing is validated; None where that
            is not known.
    """

    values: Mapping[str, Any]
    score: float | None
    epochs: int
    pruned: bool = False
    seconds: float = 0.0
    failed: str = ""
    curve: tuple[float, ...] = ()
    held: int | None = None

    @property
    def best_epoch(self) -> int:
        """The epoch, counted from 1, that has the score; 0 where none has."""
        return self.curve.index(self.score) + 1 if self.score in self.curve else 0

    def kept(self) -> dict[str, Any]:
        """All of it, as the file of a study and a worker's answer say it."""
        return {**self.__dict__, "values": dict(self.values), "curve": list(self.curve)}

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
        if self.failed:
            found["failed"] = self.failed
        return found


def trial_of(entry: Mapping[str, Any]) -> Trial:
    """The reverse of ``Trial.kept``.

    Raises:
        TypeError: it is something else.
    """
    return Trial(**{**entry, "curve": tuple(entry.get("curve", ()))})
