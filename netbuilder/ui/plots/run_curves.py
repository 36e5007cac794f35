"""Curves as growing arrays, downsampled for drawing. No Qt here."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netbuilder.core.engine import history_columns

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel

Floats = NDArray[np.float64]


#: Points stored per curve of steps (a run may do 100,000 steps per second) and of epochs.
MOST_POINTS = 1 << 17
MOST_EPOCHS = 1 << 18

#: Points that may be pending in all, and their lock.
MOST_WAITING = 1 << 17
_waiting_lock = threading.Lock()


class Series:
    """Points with ascending x, in growing arrays.

    ``low`` and ``high`` are the smallest and largest finite y, ``last`` the newest. A running sum
    makes moving averages cheap. New points are pending until the series is read, as runs add points
    much more often than plots draw them. Beyond ``most`` points, only the minimum and maximum of
    each block are kept, so that no spike is lost.
    """

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self._x = np.empty(256)
        self._y = np.empty(256)
        # Sum and count of all points up to each stored one, inclusive.
        self._sum = np.zeros(257)
        self._count = np.zeros(257)
        self._size = 0
        # Before ``_thinned``, two stored points stand for ``2 * _share`` points.
        self._thinned, self._share = 0, 1
        self._low, self._high = np.inf, -np.inf
        self._pending: list[tuple[Floats, Floats]] = []
        self._pending_count = 0

    def __len__(self) -> int:
        self._add_pending()
        return self._size

    @property
    def low(self) -> float:
        self._add_pending()
        return self._low

    @property
    def high(self) -> float:
        self._add_pending()
        return self._high

    @property
    def count(self) -> int:
        """The number of points, including those no longer stored."""
        self._add_pending()
        return int(self._count[self._size])

    @property
    def x(self) -> Floats:
        self._add_pending()
        return self._x[: self._size]

    @property
    def y(self) -> Floats:
        self._add_pending()
        return self._y[: self._size]

    @property
    def last(self) -> float | None:
        self._add_pending()
        return float(self._y[self._size - 1]) if self._size else None

    def extend(self, x: ArrayLike, y: ArrayLike) -> None:
        """Append points with x not below the last one. Arrays are kept; do not change them."""
        new_x, new_y = np.atleast_1d(x), np.atleast_1d(y)
        count = min(len(new_x), len(new_y))
        if count == 0:
            return
        with _waiting_lock:
            self._pending.append((new_x[:count], new_y[:count]))
            self._pending_count += count
            if self._pending_count >= MOST_WAITING:
                self._add_pending_locked()

    def _add_pending(self) -> None:
        """Append the pending points; two threads may read at once."""
        if self._pending_count:
            with _waiting_lock:
                self._add_pending_locked()

    def _add_pending_locked(self) -> None:
        pending = self._pending
        if not pending:
            return
        if len(pending) == 1:
            self._put(*(np.asarray(part, float) for part in pending[0]))
        else:
            xs, ys = zip(*pending, strict=True)
            self._put(np.concatenate(xs, dtype=float), np.concatenate(ys, dtype=float))
        self._pending = []
        self._pending_count = 0

    def _put(self, new_x: Floats, new_y: Floats) -> None:
        count = len(new_x)
        if self._most is not None and self._size + count > self._most:
            self._thin(self._most)
        start, end = self._size, self._size + count
        if end > len(self._x):
            self._grow(max(end, 2 * len(self._x)))
        self._x[start:end] = new_x
        self._y[start:end] = new_y
        finite = np.isfinite(new_y)
        all_finite = bool(finite.all())
        sums = self._sum[start + 1 : end + 1]
        np.cumsum(new_y if all_finite else np.where(finite, new_y, 0.0), out=sums)
        sums += self._sum[start]
        previous_count = self._count[start]
        self._count[start + 1 : end + 1] = np.arange(previous_count + 1, previous_count + count + 1)
        self._size = end
        finite_y = new_y if all_finite else new_y[finite]
        if len(finite_y):
            self._low = min(self._low, float(finite_y.min()))
            self._high = max(self._high, float(finite_y.max()))
        if self._most is not None and end > self._most:
            self._thin(self._most)

    def _grow(self, room: int) -> None:
        def grown(values: Floats, first: int) -> Floats:
            array = np.empty(first + room)
            array[: first + self._size] = values[: first + self._size]
            return array

        self._x, self._y = grown(self._x, 0), grown(self._y, 0)
        self._sum, self._count = grown(self._sum, 1), grown(self._count, 1)

    def _thin(self, most: int) -> None:
        """Drop points until about half of ``most`` are left, keeping the newest, in place."""
        if not self._size:
            return
        y, first = self._y[: self._size], self._thinned
        self._share = max(self._share, 2)
        end = first + (self._size - 1 - first) // (2 * self._share) * 2 * self._share
        indices = np.concatenate([np.arange(first), first + peaks(y[first:end], 2 * self._share)])
        while len(indices) > most // 2:
            indices = indices[peaks(y[indices], 4)]
            self._share *= 2
        self._thinned = len(indices)
        indices = np.concatenate([indices, np.arange(end, self._size)])
        self._size = len(indices)
        self._x[: self._size], self._y[: self._size] = self._x[indices], self._y[indices]
        for sums in (self._sum, self._count):
            sums[1 : self._size + 1] = sums[1:][indices]

    def mean_around(self, index: NDArray[np.intp], window: int) -> Floats:
        """Return the mean of up to ``window`` points ending at each index."""
        self._add_pending()
        counts = self._count[: self._size + 1]
        first = np.searchsorted(counts, counts[index + 1] - window, side="right") - 1
        first = np.maximum(first, 0)
        return (self._sum[index + 1] - self._sum[first]) / (counts[index + 1] - counts[first])

    def at(self, x: float) -> float | None:
        """Return the value of the last point at or before ``x``."""
        index = int(np.searchsorted(self.x, x, side="right")) - 1
        return float(self._y[index]) if 0 <= index < self._size else None


def peaks(y: Floats, block: int) -> NDArray[np.intp]:
    """Return the indices of the minimum and maximum of each ``block`` of values and the rest."""
    end = len(y) // block * block
    blocks = y[:end].reshape(-1, block)
    low, high = blocks.argmin(axis=1), blocks.argmax(axis=1)
    high = np.where(low == high, block - 1, high)  # all equal
    pairs = np.sort(np.stack([low, high], axis=1), axis=1)
    pairs += np.arange(0, end, block)[:, None]
    return np.concatenate([pairs.ravel(), np.arange(end, len(y))])


def visible(
    series: Series, left: float, right: float, pixels: int, window: int = 1
) -> tuple[Floats, Floats]:
    """Return x and y of a series between ``left`` and ``right``, about two points per pixel.

    Minimum and maximum per pixel are kept, so that no spike is lost; ``window`` > 1 gives the
    moving average instead.
    """
    x, y = series.x, series.y
    if not len(x):
        return x, y
    first = max(int(np.searchsorted(x, left)) - 1, 0)
    last = min(int(np.searchsorted(x, right, side="right")) + 1, len(x))
    count = last - first
    if window > 1:
        points = np.unique(
            np.linspace(first, last - 1, min(count, 2 * max(pixels, 2))).astype(np.intp)
        )
        return x[points], series.mean_around(points, window)
    share = count // max(pixels, 1)
    if share <= 2:
        return x[first:last].copy(), y[first:last].copy()
    end = count // share * share
    blocks = y[first : first + end].reshape(-1, share)
    drawn_x = np.repeat(x[first : first + end : share], 2)
    drawn_y = np.empty(2 * len(blocks))
    drawn_y[0::2] = blocks.min(axis=1)
    drawn_y[1::2] = blocks.max(axis=1)
    rest = slice(first + end, last)
    return np.concatenate([drawn_x, x[rest]]), np.concatenate([drawn_y, y[rest]])


class RunCurves:
    """All curves of a run, per step and per epoch, by Keras's name.

    ``kept_epoch``: the epoch whose weights the run restored; 0: the last. ``kept``: that epoch's
    metrics. ``loss``: the title of the loss, or "".
    """

    def __init__(self, name: str = "", loss: str = "") -> None:
        self.name, self.loss = name, loss
        self.kept_epoch = 0
        self.kept: Mapping[str, float] = {}
        self.steps: dict[str, Series] = {}
        self.epochs: dict[str, Series] = {}
        self.marks: list[tuple[float, str]] = []

    def add_steps(self, x: ArrayLike, values: Mapping[str, ArrayLike]) -> None:
        """Add values of steps; x in epochs (2.5: half of the third epoch is done)."""
        self.kept_epoch = 0
        for name, y in values.items():
            series = self.steps.get(name)
            if series is None:
                series = self.steps[name] = Series(MOST_POINTS)
            series.extend(x, y)

    def add_epochs(self, name: str, epochs: ArrayLike, values: ArrayLike) -> None:
        """Add values of completed epochs; validation metrics begin with ``val_``."""
        series = self.epochs.get(name)
        if series is None:
            series = self.epochs[name] = Series(MOST_EPOCHS)
        series.extend(epochs, values)

    def add_kept(
        self,
        epochs: Mapping[str, ArrayLike],
        steps: Mapping[str, ArrayLike],
        done: float,
        per_epoch: float,
    ) -> None:
        """Add the stored values of a run of ``done`` epochs, with ``per_epoch`` steps each.

        Files store a network's epochs but not its steps, so the steps of a run that continued one
        begin later; before, one point per epoch stands for them.
        """
        count = max((np.size(values) for values in steps.values()), default=0)
        before = max(int(done) - int(count / per_epoch), 0) if per_epoch else 0
        if not per_epoch:
            per_epoch = max(count / max(done, 1), 1)
        for name, values in steps.items():
            epoch_values = np.atleast_1d(np.asarray(epochs.get(name, ()), float))[:before]
            self.add_steps(np.arange(1, len(epoch_values) + 1), {name: epoch_values})
            self.add_steps(before + np.arange(1, np.size(values) + 1) / per_epoch, {name: values})
        for name, values in epochs.items():
            self.add_epochs(name, np.arange(1, np.size(values) + 1), values)

    def mark(self, x: float, words: str, *, instead: bool = False) -> None:
        """Mark a manual change; nearby marks are merged.

        Of equal consecutive marks, only the last has a label. ``instead`` replaces the last mark.
        """
        if self.marks and (instead or x - self.marks[-1][0] < 0.25):
            self.marks[-1] = (self.marks[-1][0], words)
        else:
            if self.marks and self.marks[-1][1] == words:
                self.marks[-1] = (self.marks[-1][0], "")
            self.marks.append((x, words))

    def clear(self) -> None:
        self.steps.clear()
        self.epochs.clear()
        self.marks.clear()
        self.kept_epoch = 0

    @property
    def quantities(self) -> list[str]:
        """Names without ``val_``, the loss first."""
        names: list[str] = []
        for name in (*self.steps, *self.epochs):
            quantity = name.removeprefix("val_")
            if quantity not in names:
                names.append(quantity)
        return sorted(names, key=lambda name: (name != "loss", name == "learning_rate"))

    def training(self, quantity: str, per_step: bool) -> Series:
        series = self.steps.get(quantity) if per_step else None
        return series or self.epochs.get(quantity) or self.steps.get(quantity) or Series()

    def validation(self, quantity: str) -> Series:
        return self.epochs.get(f"val_{quantity}") or Series()

    def told(self, name: str) -> float | None:
        """Return a metric of the network that the run ended with."""
        series = self.epochs.get(name) or Series()
        if not self.kept_epoch:
            return series.last
        value = self.kept.get(name)
        return series.at(self.kept_epoch) if value is None else value

    @classmethod
    def of_model(cls, trained: TrainedModel) -> RunCurves:
        curves = cls.from_history(trained.project.name, trained.history)
        curves.kept_epoch = trained.kept_epoch
        curves.kept = history_columns.epoch_row(trained.history, trained.kept_epoch)
        return curves

    @classmethod
    def from_history(cls, name: str, history: dict[str, list[float]]) -> RunCurves:
        curves = cls(name)
        epochs = history_columns.epoch_numbers(history)
        for key, values in history_columns.metric_curves(history).items():
            curves.add_epochs(key, epochs, values)
        return curves
