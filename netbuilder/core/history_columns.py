"""The numbers of each epoch as Keras has them: a list a name; of very long runs not of every epoch.

A tiny network does 47,000 epochs a second. Of its millions every second, fourth, eighth ... epoch
is kept then, with the first, the last and those where something was best or worst, and their
numbers are beside them by the name "epoch".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

#: So many epochs are all kept.
MOST_EPOCHS = 1 << 18
#: Name of the epochs' numbers, counted from 1, in a history that has not all of them.
EPOCH = "epoch"

History = Mapping[str, Sequence[float]]


def history_lists(
    columns: Mapping[str, NDArray[np.float32]], keep: Iterable[int] = ()
) -> dict[str, list[float]]:
    """Numbers of all epochs as lists; of more than ``MOST_EPOCHS`` thinned.

    Args:
        columns: by name, from the first epoch on.
        keep: numbers of epochs that stay in any case, counted from 1.
    """
    count = max((len(values) for values in columns.values()), default=0)
    if count <= MOST_EPOCHS:
        return {name: [float(v) for v in values] for name, values in columns.items()}
    share = 2
    while count > share * MOST_EPOCHS:
        share *= 2
    kept = np.zeros(count, bool)
    kept[::share] = kept[-1] = True
    for values in columns.values():
        finite = np.flatnonzero(np.isfinite(values))
        if len(finite):
            kept[finite[values[finite].argmin()]] = kept[finite[values[finite].argmax()]] = True
    for number in keep:
        if 0 < number <= count:
            kept[number - 1] = True
    places = np.flatnonzero(kept)
    lists = {name: [float(v) for v in values[places]] for name, values in columns.items()}
    return {EPOCH: [int(number) for number in places + 1], **lists}


def epoch_numbers(history: History) -> NDArray[np.int64]:
    """The numbers of the epochs that are there, counted from 1."""
    if EPOCH in history:
        return np.asarray(history[EPOCH], np.int64)
    return np.arange(1, 1 + max((len(row) for row in history.values()), default=0))


def metric_curves(history: History) -> dict[str, Sequence[float]]:
    """What was measured, by name: all but the epochs' numbers."""
    return {name: row for name, row in history.items() if name != EPOCH}


def epoch_count(history: History) -> int:
    """How many epochs the run had."""
    known = epoch_numbers(history)
    return int(known[-1]) if len(known) else 0


def epoch_row(history: History, epoch: int) -> dict[str, float]:
    """The numbers of one epoch by name; empty where they were not kept."""
    known = epoch_numbers(history)
    place = int(np.searchsorted(known, epoch))
    if place >= len(known) or known[place] != epoch:
        return {}
    return {
        name: float(row[place]) for name, row in metric_curves(history).items() if place < len(row)
    }


def filled_metric(history: History, name: str) -> NDArray[np.float32]:
    """What was measured by a name, a number an epoch: one that is kept stands for those behind
    it that are not. Shorter than the run where the last epochs have none."""
    values = np.asarray(history.get(name, ()), np.float32)
    if EPOCH not in history or not len(values):
        return values
    known = epoch_numbers(history)[: len(values)]
    wanted = np.arange(1, known[-1] + 1)
    return values[np.searchsorted(known, wanted, side="right") - 1]
