"""How fast a run goes on: as fast as it can, slowly enough to follow, or step by step."""

from __future__ import annotations

import time
from typing import Literal

Unit = Literal["epochs", "steps"]

# Of a slow run a chunk is as many steps as this holds, so that the curve moves evenly.
_CHUNK_SECONDS = 0.04
# A run that is spread over a time makes up for a delay of at most so many seconds.
_SLACK_SECONDS = 1.0


class Stopwatch:
    """Seconds by the clock while it goes: what a person waited."""

    def __init__(self) -> None:
        self._before = 0.0
        self._since: float | None = None

    @property
    def seconds(self) -> float:
        """How long it has gone."""
        return self._before + (0.0 if self._since is None else time.monotonic() - self._since)

    def set(self, seconds: float) -> None:
        """Let it show this now, whether it goes or stands."""
        self._before = seconds
        self._since = None if self._since is None else time.monotonic()

    def go(self) -> None:
        """Go on; nothing where it goes already."""
        if self._since is None:
            self._since = time.monotonic()

    def stand(self) -> None:
        """Stand still."""
        self._before, self._since = self.seconds, None


class SpeedLimiter:
    """Belongs to the session's thread. ``slowed``: the run has waited for its chosen speed."""

    def __init__(self) -> None:
        self.slowed = False
        self._rate: float | None = None
        self._unit: Unit = "epochs"
        self._slack = _CHUNK_SECONDS
        self._due = 0.0
        self._until: int | None = None

    def set(self, rate: float | None, unit: Unit) -> None:
        """Go on with so many epochs or steps a second; None: as fast as it goes."""
        self._rate, self._unit, self._slack = rate, unit, _CHUNK_SECONDS
        self._due = time.monotonic()

    def pace(self, epochs_a_second: float) -> None:
        """Go on with another rate, with no wait or rush where it changes; make up for delays."""
        self._rate, self._unit, self._slack = epochs_a_second, "epochs", _SLACK_SECONDS

    def allow(self, position: int) -> None:
        """While the run stands still, let it go on until so many steps are done."""
        self._until = position

    def shift(self, steps: int) -> None:
        """Positions are others by so many steps."""
        self._until = None if self._until is None else self._until + steps

    def forbid(self) -> None:
        """Nothing is allowed any more while the run stands still."""
        self._until = None

    def allowed(self, position: int, unfinished: bool) -> bool:
        """Whether a run that stands still may do something at ``position``.

        ``unfinished``: the epoch's steps are done and its validation is not, which belongs to it.
        """
        return self._until is not None and (position < self._until or unfinished)

    def most(self, position: int, steps_per_epoch: int) -> int | None:
        """Steps that the next chunk may have; None: any number."""
        if self._until is not None and position < self._until:
            return self._until - position
        speed = self._steps_a_second(steps_per_epoch)
        return None if speed is None else max(1, int(speed * _CHUNK_SECONDS))

    def rest(self, steps: int, steps_per_epoch: int) -> float:
        """Seconds to wait behind a chunk of ``steps``."""
        speed = self._steps_a_second(steps_per_epoch)
        if speed is None or self._until is not None:
            return 0.0
        now = time.monotonic()
        # A run that cannot keep up neither hurries afterwards nor waits.
        wanted = steps / speed
        self._due = max(self._due, now - max(self._slack, wanted)) + wanted
        self.slowed = self.slowed or self._due > now
        return self._due - now

    def left(self) -> float:
        """Seconds of the rest that are left."""
        return self._due - time.monotonic()

    def _steps_a_second(self, steps_per_epoch: int) -> float | None:
        if self._rate is None:
            return None
        return self._rate * (steps_per_epoch if self._unit == "epochs" else 1)
