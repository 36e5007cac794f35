"""How the classes, or the ranges of a number, are shared out among the parts."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_facts import MULTI_LABEL, REGRESSION
from netbuilder.core.data.prepare.prepared_data import PreparedData
from netbuilder.core.data.prepare.target_encoding import encode_targets
from netbuilder.core.wording import format_number

PARTS = ("train", "validation", "test")
TRAIN, VALIDATION, TEST = range(3)
_BINS = 12
_MOST = 40


@dataclass(frozen=True)
class SplitDataView:
    """Rows of each class, label or range of the first target.

    Attributes:
        target: what is counted.
        names: of the classes or labels, or the ranges of a number.
        counts: int64 (names, 3): rows for training, validation and test.
        more: classes that are not among ``names``, the rarest.
    """

    target: str
    names: tuple[str, ...]
    counts: NDArray[np.int64]
    more: int = 0


def split_numbers(plan: PreparedData) -> NDArray[np.int8]:
    """The part of each sample of the training file; -1 for one that belongs to none."""
    found = np.full(len(plan.samples), -1, np.int8)
    for part, rows in enumerate((plan.rows.train, plan.rows.validation, plan.rows.test)):
        found[rows] = part
    return found


def split_data_view(plan: PreparedData) -> SplitDataView | None:
    """How the target is shared out; None where the rows stay in their file."""
    if plan.scan is not None:
        return None
    first = next(iter(plan.preprocessing.outputs.values()))
    values = encode_targets(plan.samples.targets, first, plan.samples.source)
    parts = split_numbers(plan)
    if plan.test is not None:
        own = encode_targets(plan.test.targets, first, plan.test.source)
        values = np.concatenate([values, own])
        parts = np.concatenate([parts, np.full(len(own), TEST, np.int8)])
    if first.task == MULTI_LABEL:
        found = [values[parts == part].sum(axis=0) for part in range(3)]
        return SplitDataView("label", first.columns, np.stack(found, axis=1).astype(np.int64))
    target = first.columns[0] if first.columns else ""
    if first.task == REGRESSION:
        return _ranges(target, values[:, 0], parts)
    size = len(first.classes)
    counts = np.stack([np.bincount(values[parts == p], minlength=size) for p in range(3)], axis=1)
    order = np.arange(size)
    if size > _MOST:
        order = np.sort(np.argsort(-counts.sum(axis=1), kind="stable")[:_MOST])
    names = tuple(first.classes[index] for index in order)
    return SplitDataView(target, names, counts[order], size - len(order))


def _ranges(target: str, values: NDArray[Any], parts: NDArray[np.int8]) -> SplitDataView | None:
    known = np.isfinite(values)
    if not known.any() or np.ptp(values[known]) == 0:
        return None
    edges = np.histogram_bin_edges(values[known], _BINS)
    counts = np.stack(
        [np.histogram(values[known & (parts == part)], edges)[0] for part in range(3)], axis=1
    )
    names = tuple(f"{_short(low)} to {_short(high)}" for low, high in pairwise(edges.tolist()))
    return SplitDataView(target, names, counts.astype(np.int64))


def _short(value: float) -> str:
    return format_number(float(f"{value:.3g}"))
