"""The history of a run as Keras has it: a list per name; very long runs are thinned.

A tiny network does 47,000 epochs a second. Of millions of epochs, every second, fourth, eighth ...
is kept, with the first, the last, and the best and worst; the column "epoch" has their numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

#: Longer histories are thinned.
MOST_EPOCHS = 1 << 18
#: Column with the epoch numbers (from 1) of a thinned history.
EPOCH = "epoch"

History = Mapping[str, Sequence[float]]


def history_lists(
    columns: Mapping[str, NDArray[np.float32]], keep: Iterable[int] = ()
) -> dict[str, list[float]]:
    """Return the columns as lists, thinned if longer than ``MOST_EPOCHS``.

    ``keep`` are epochs (from 1) that stay in any case.
    """
    count = max((len(values) for values in columns.values()), default=0)
    if count <= MOST_EPOCHS:
        return {name: [float(v) for v in values] for name, values in columns.items()}
    stride = 2
    while count > stride * MOST_EPOCHS:
        stride *= 2
    selected = np.zeros(count, bool)
    selected[::stride] = selected[-1] = True
    for values in columns.values():
        finite = np.flatnonzero(np.isfinite(values))
        if len(finite):
            selected[finite[values[finite].argmin()]] = selected[
                finite[values[finite].argmax()]
            ] = True
    for number in keep:
        if 0 < number <= count:
            selected[number - 1] = True
    indices = np.flatnonzero(selected)
    lists = {name: [float(v) for v in values[indices]] for name, values in columns.items()}
    return {EPOCH: [int(number) for number in indices + 1], **lists}


def epoch_numbers(history: History) -> NDArray[np.int64]:
    """Return the numbers of the epochs in a history, from 1."""
    if EPOCH in history:
        return np.asarray(history[EPOCH], np.int64)
    return np.arange(1, 1 + max((len(row) for row in history.values()), default=0))


def metric_curves(history: History) -> dict[str, Sequence[float]]:
    """Return the metrics by name, without the epoch numbers."""
    return {name: row for name, row in history.items() if name != EPOCH}


def epoch_count(history: History) -> int:
    """Return how many epochs the run had."""
    epochs = epoch_numbers(history)
    return int(epochs[-1]) if len(epochs) else 0


def epoch_row(history: History, epoch: int) -> dict[str, float]:
    """Return the metrics of one epoch by name; empty if it was thinned out."""
    epochs = epoch_numbers(history)
    index = int(np.searchsorted(epochs, epoch))
    if index >= len(epochs) or epochs[index] != epoch:
        return {}
    return {
        name: float(row[index]) for name, row in metric_curves(history).items() if index < len(row)
    }


def filled_metric(history: History, name: str) -> NDArray[np.float32]:
    """Return a metric with a value per epoch (n,), repeating the last known one."""
    values = np.asarray(history.get(name, ()), np.float32)
    if EPOCH not in history or not len(values):
        return values
    epochs = epoch_numbers(history)[: len(values)]
    all_epochs = np.arange(1, epochs[-1] + 1)
    return values[np.searchsorted(epochs, all_epochs, side="right") - 1]
