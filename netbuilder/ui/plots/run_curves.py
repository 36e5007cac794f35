"""Curves as growing arrays, and what of them is worth drawing. No Qt here."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netbuilder.core import history_columns

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel

Floats = NDArray[np.float64]


#: Points of a curve of steps that are held. A run of small steps makes a hundred thousand a second,
#: and a plot is some thousand pixels wide.
MOST_POINTS = 1 << 17

#: The same of epochs, which a tiny network makes fifty thousand a second of.
MOST_EPOCHS = 1 << 18

#: Points that may wait until a curve is looked at, and the lock of those that wait.
MOST_WAITING = 1 << 17
_waiting_lock = threading.Lock()


class Series:
    """Points whose x never falls, in arrays that double as they grow.

    ``low`` and ``high`` are the smallest and largest finite value of y so far, ``last`` the
    newest one. The running sum makes a moving average at any point one subtraction.

    A small network says hundreds of times a second what a few more steps came to, and is drawn four
    times a second: what is put in waits, and is worked in all at once when someone looks.

    Args:
        most: points to hold; None: all. Of more, the smallest and the largest of each so many that
            follow each other stay, everywhere of as many, so that no spike is lost.
    """

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self._x = np.empty(256)
        self._y = np.empty(256)
        # Of all points up to each that is held, itself included: what they come to, and how many.
        self._sum = np.zeros(257)
        self._seen = np.zeros(257)
        self._size = 0
        # Of the points before this one two stand for twice as many as ``_share``.
        self._thinned, self._share = 0, 1
        self._low, self._high = np.inf, -np.inf
        self._waiting: list[tuple[Floats, Floats]] = []
        self._points_waiting = 0

    def __len__(self) -> int:
        self._catch_up()
        return self._size

    @property
    def low(self) -> float:
        """The smallest finite value of y."""
        self._catch_up()
        return self._low

    @property
    def high(self) -> float:
        """The largest finite value of y."""
        self._catch_up()
        return self._high

    @property
    def count(self) -> int:
        """How many points there were, those that are not held any more included."""
        self._catch_up()
        return int(self._seen[self._size])

    @property
    def x(self) -> Floats:
        self._catch_up()
        return self._x[: self._size]

    @property
    def y(self) -> Floats:
        self._catch_up()
        return self._y[: self._size]

    @property
    def last(self) -> float | None:
        self._catch_up()
        return float(self._y[self._size - 1]) if self._size else None

    def extend(self, x: ArrayLike, y: ArrayLike) -> None:
        """Put points at the end; x must not be smaller than the last one.

        Arrays are kept as they are until someone looks: they belong to the series from now on.
        """
        new_x, new_y = np.atleast_1d(x), np.atleast_1d(y)
        count = min(len(new_x), len(new_y))
        if count == 0:
            return
        with _waiting_lock:
            self._waiting.append((new_x[:count], new_y[:count]))
            self._points_waiting += count
            if self._points_waiting >= MOST_WAITING:
                self._work_in()

    def _catch_up(self) -> None:
        """Have all in that waits: of a run that is over two threads may look at once."""
        if self._points_waiting:
            with _waiting_lock:
                self._work_in()

    def _work_in(self) -> None:
        waiting = self._waiting
        if not waiting:
            return
        if len(waiting) == 1:
            self._put(*(np.asarray(part, float) for part in waiting[0]))
        else:
            xs, ys = zip(*waiting, strict=True)
            self._put(np.concatenate(xs, dtype=float), np.concatenate(ys, dtype=float))
        self._waiting = []
        self._points_waiting = 0

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
        whole = bool(finite.all())
        sums = self._sum[start + 1 : end + 1]
        np.cumsum(new_y if whole else np.where(finite, new_y, 0.0), out=sums)
        sums += self._sum[start]
        seen = self._seen[start]
        self._seen[start + 1 : end + 1] = np.arange(seen + 1, seen + count + 1)
        self._size = end
        real = new_y if whole else new_y[finite]
        if len(real):
            self._low = min(self._low, float(real.min()))
            self._high = max(self._high, float(real.max()))
        if self._most is not None and end > self._most:
            self._thin(self._most)

    def _grow(self, room: int) -> None:
        def grown(values: Floats, first: int) -> Floats:
            held = np.empty(first + room)
            held[: first + self._size] = values[: first + self._size]
            return held

        self._x, self._y = grown(self._x, 0), grown(self._y, 0)
        self._sum, self._seen = grown(self._sum, 1), grown(self._seen, 1)

    def _thin(self, most: int) -> None:
        """Let points go until about half of ``most`` are left; the newest ones stay.

        The arrays stay too: new ones cost more than all the rest.
        """
        if not self._size:
            return
        y, first = self._y[: self._size], self._thinned
        self._share = max(self._share, 2)
        whole = first + (self._size - 1 - first) // (2 * self._share) * 2 * self._share
        kept = np.concatenate([np.arange(first), first + peaks(y[first:whole], 2 * self._share)])
        while len(kept) > most // 2:
            kept = kept[peaks(y[kept], 4)]
            self._share *= 2
        self._thinned = len(kept)
        kept = np.concatenate([kept, np.arange(whole, self._size)])
        self._size = len(kept)
        self._x[: self._size], self._y[: self._size] = self._x[kept], self._y[kept]
        for sums in (self._sum, self._seen):
            sums[1 : self._size + 1] = sums[1:][kept]

    def mean_around(self, index: NDArray[np.intp], window: int) -> Floats:
        """The mean of up to ``window`` points that end at each index."""
        self._catch_up()
        seen = self._seen[: self._size + 1]
        first = np.searchsorted(seen, seen[index + 1] - window, side="right") - 1
        first = np.maximum(first, 0)
        return (self._sum[index + 1] - self._sum[first]) / (seen[index + 1] - seen[first])

    def at(self, x: float) -> float | None:
        """The value of the last point at or before ``x``."""
        place = int(np.searchsorted(self.x, x, side="right")) - 1
        return float(self._y[place]) if 0 <= place < self._size else None


def peaks(y: Floats, block: int) -> NDArray[np.intp]:
    """Where the smallest and the largest of each ``block`` values stand, and all of the rest."""
    whole = len(y) // block * block
    blocks = y[:whole].reshape(-1, block)
    low, high = blocks.argmin(axis=1), blocks.argmax(axis=1)
    high = np.where(low == high, block - 1, high)  # all are equal
    pairs = np.sort(np.stack([low, high], axis=1), axis=1)
    pairs += np.arange(0, whole, block)[:, None]
    return np.concatenate([pairs.ravel(), np.arange(whole, len(y))])


def visible(
    series: Series, left: float, right: float, pixels: int, window: int = 1
) -> tuple[Floats, Floats]:
    """What to draw of a series between ``left`` and ``right`` on so many pixels.

    Of more points than two a pixel the smallest and the largest of each pixel's share are kept
    ("peak"), so that no spike is lost. ``window`` > 1 gives the moving average instead.

    Returns:
        x and y, at most about two points a pixel; copies, since points that are held may go.
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
    whole = count // share * share
    blocks = y[first : first + whole].reshape(-1, share)
    drawn_x = np.repeat(x[first : first + whole : share], 2)
    drawn_y = np.empty(2 * len(blocks))
    drawn_y[0::2] = blocks.min(axis=1)
    drawn_y[1::2] = blocks.max(axis=1)
    rest = slice(first + whole, last)
    return np.concatenate([drawn_x, x[rest]]), np.concatenate([drawn_y, y[rest]])


class RunCurves:
    """All curves of one run: per step and per epoch, by the name that Keras gives them.

    ``kept_epoch``: the earlier epoch whose weights the run was left with; 0: those of its end.
    ``kept``: that epoch's numbers by name, where they are known. ``loss``: what its loss is, in
    words; "" where unknown.
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
        """Add values of epochs that ended; validation's names begin with ``val_``."""
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
        """Add what was kept of a run of ``done`` epochs, of ``per_epoch`` steps each.

        A file keeps the epochs of a network and not its steps, so the steps of a run that went
        on from one begin later: they stand where they were done, and until there a point for each
        epoch stands for them.
        """
        count = max((np.size(values) for values in steps.values()), default=0)
        before = max(int(done) - int(count / per_epoch), 0) if per_epoch else 0
        if not per_epoch:
            per_epoch = max(count / max(done, 1), 1)
        for name, values in steps.items():
            known = np.atleast_1d(np.asarray(epochs.get(name, ()), float))[:before]
            self.add_steps(np.arange(1, len(known) + 1), {name: known})
            self.add_steps(before + np.arange(1, np.size(values) + 1) / per_epoch, {name: values})
        for name, values in epochs.items():
            self.add_epochs(name, np.arange(1, np.size(values) + 1), values)

    def mark(self, x: float, words: str, *, instead: bool = False) -> None:
        """Mark a change by hand; marks at one place become one.

        Of those that say the same one after the other only the last says it.

        ``instead`` puts the words into the last mark's place, as of a slider that moves.
        """
        if self.marks and (instead or x - self.marks[-1][0] < 0.25):
            self.marks[-1] = (self.marks[-1][0], words)
        else:
            if self.marks and self.marks[-1][1] == words:
                self.marks[-1] = (self.marks[-1][0], "")
            self.marks.append((x, words))

    def clear(self) -> None:
        """Forget all points: the run begins anew."""
        self.steps.clear()
        self.epochs.clear()
        self.marks.clear()
        self.kept_epoch = 0

    @property
    def quantities(self) -> list[str]:
        """Names without ``val_``, the loss first."""
        names: list[str] = []
        for name in (*self.steps, *self.epochs):
            plain = name.removeprefix("val_")
            if plain not in names:
                names.append(plain)
        return sorted(names, key=lambda name: (name != "loss", name == "learning_rate"))

    def training(self, quantity: str, per_step: bool) -> Series:
        series = self.steps.get(quantity) if per_step else None
        return series or self.epochs.get(quantity) or self.steps.get(quantity) or Series()

    def validation(self, quantity: str) -> Series:
        return self.epochs.get(f"val_{quantity}") or Series()

    def told(self, name: str) -> float | None:
        """What the network that the run was left with had by a name of ``epochs``."""
        series = self.epochs.get(name) or Series()
        if not self.kept_epoch:
            return series.last
        known = self.kept.get(name)
        return series.at(self.kept_epoch) if known is None else known

    @classmethod
    def of_model(cls, trained: TrainedModel) -> RunCurves:
        """Return the curves of the run that made a network, as its file holds them."""
        curves = cls.from_history(trained.project.name, trained.history)
        curves.kept_epoch = trained.kept_epoch
        curves.kept = history_columns.epoch_row(trained.history, trained.kept_epoch)
        return curves

    @classmethod
    def from_history(cls, name: str, history: dict[str, list[float]]) -> RunCurves:
        curves = cls(name)
        known = history_columns.epoch_numbers(history)
        for key, values in history_columns.metric_curves(history).items():
            curves.add_epochs(key, known, values)
        return curves
