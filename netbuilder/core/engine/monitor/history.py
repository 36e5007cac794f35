"""The numbers of a run, a step and an epoch at a time, in compact arrays."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.engine.history_columns import history_lists
from netbuilder.core.engine.trained import Changed

Floats = NDArray[np.float32]

# Changes of the learning rate within this time are one drag of a slider.
_DRAG_SECONDS = 1.5


class FloatTable:
    """A float32 table that rows are appended to, with named columns."""

    def __init__(self, names: Sequence[str] = ()) -> None:
        self.names = tuple(names)
        self._values: Floats = np.empty((256, len(self.names)), np.float32)
        self._rows = 0

    def __len__(self) -> int:
        return self._rows

    @property
    def values(self) -> Floats:
        """Return all rows, (rows, names): a view that appending may outdate."""
        return self._values[: self._rows]

    def append(self, rows: Floats) -> None:
        """Add rows (n, names)."""
        needed = self._rows + len(rows)
        if needed > len(self._values):
            grown = np.empty((max(needed, 2 * len(self._values)), len(self.names)), np.float32)
            grown[: self._rows] = self.values
            self._values = grown
        self._values[self._rows : needed] = rows
        self._rows = needed

    def cut(self, rows: int) -> None:
        """Keep the first ``rows`` rows."""
        self._rows = min(self._rows, rows)

    def columns(self, first: int = 0) -> dict[str, Floats]:
        """Return copies of the columns from row ``first`` on, by name."""
        return {name: self.values[first:, i].copy() for i, name in enumerate(self.names)}

    def row(self, number: int) -> dict[str, float]:
        """Return one row as plain numbers by name."""
        return {n: float(v) for n, v in zip(self.names, self.values[number], strict=True)}


class History:
    """Steps and epochs of a run, and the best epoch so far.

    ``names`` are those of a step's numbers, "loss" first, ``validation_names`` further ones of an
    epoch. ``monitor`` decides what is best: ``sign`` 1 the smaller, -1 the larger. ``cuts`` counts
    removals of rows, each of which outdates copies.
    """

    def __init__(
        self,
        names: Sequence[str] = ("loss",),
        validation_names: Sequence[str] = (),
        monitor: str = "loss",
        sign: float = 1.0,
    ) -> None:
        self.steps = FloatTable(names)
        self.epochs = FloatTable((*names, *validation_names))
        self.monitor = monitor
        self.sign = sign
        self.rates: list[float] = []
        self.changes: list[Changed] = []
        self._changed_at = -_DRAG_SECONDS
        self.cuts = 0
        self.best_epoch = 0
        self.best_value = float("inf")

    def add_steps(self, rows: Floats) -> None:
        """Add steps (n, names)."""
        self.steps.append(rows)

    def add_epochs(self, rows: Floats, learning_rate: float) -> None:
        """Add epochs (n, names and validation names); a best one is strictly better."""
        values = rows[:, self.epochs.names.index(self.monitor)] * np.float32(self.sign)
        for number, value in enumerate(values, len(self.epochs) + 1):
            if value < self.best_value:
                self.best_epoch, self.best_value = number, float(value)
        self.epochs.append(rows)
        self.rates += [learning_rate] * len(rows)

    def add_change(self, change: Changed) -> None:
        """Add a change by hand; a drag, or weights set at the same step, replace the last one."""
        if change.what == "weights":
            place = (change.what, change.epoch, change.step)
            self.changes = [c for c in self.changes if (c.what, c.epoch, c.step) != place]
            if change.value:
                self.changes.append(change)
            return
        time_now = time.monotonic()
        soon = time_now - self._changed_at < _DRAG_SECONDS
        dragged = soon and change.what in ("learning_rate", "data")
        self._changed_at = time_now
        if dragged and self.changes and self.changes[-1].what == change.what:
            begun = self.changes[-1]
            self.changes[-1] = replace(change, epoch=begun.epoch, step=begun.step)
        else:
            self.changes.append(change)

    def forget_steps(self) -> None:
        """Drop the steps, whose places in their epochs changed."""
        self.cuts += 1
        self.steps.cut(0)

    def clear(self) -> None:
        """Drop everything, as the run restarts."""
        self.changes.clear()
        self.forget_steps()
        self.epochs.cut(0)
        self.rates.clear()
        self.best_epoch, self.best_value = 0, float("inf")

    def by_epoch(self) -> dict[str, list[float]]:
        """Return Keras's ``History.history``, a list a name, thinned in very long runs."""
        gone_back_to = (int(change.value) for change in self.changes if change.what == "best")
        return history_lists(self.epochs.columns(), (self.best_epoch, *gone_back_to))
