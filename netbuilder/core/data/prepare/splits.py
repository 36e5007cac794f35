"""Split rows into training, validation and test."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.dataset import Rows, SplitIndices


def split_rows(
    count: int,
    *,
    validation: float,
    test: float,
    seed: int,
    classes: NDArray[Any] | None,
    ordered: bool,
    groups: NDArray[Any] | None = None,
) -> SplitIndices:
    """Split ``count`` rows in three.

    Args:
        validation: share of the rows that are not for testing.
        test: share of all rows.
        classes: class number of each row, to stratify by.
        ordered: keep the order of time: training first, then validation, then test.
        groups: group number of each row: a group stays in one part, and the shares are those of
            the groups; ignored where ``ordered``.

    Raises:
        DataError: a share is not between 0 and 1, or no training row remains.
    """
    for share, key in ((validation, "split_invalid"), (test, "split_invalid:2")):
        if not 0 <= share < 1:
            raise data_error(key, share=share)
    if groups is not None and not ordered:
        return _of_groups(groups, validation, test, seed)
    rows = np.arange(count)
    rest, tested = _cut(rows, test, seed, classes, ordered)
    train, validated = _cut(rest, validation, seed, classes, ordered)
    if len(train) < 1:
        raise data_error("no_training_rows:3", count=count)
    return SplitIndices(train, validated, tested)


def _of_groups(groups: NDArray[Any], validation: float, test: float, seed: int) -> SplitIndices:
    names = np.unique(groups)
    if len(names) < 2:
        raise data_error("single_group")
    rest, tested = _cut(names, test, seed, None, ordered=False)
    train, validated = _cut(rest, validation, seed, None, ordered=False)
    parts = [np.flatnonzero(np.isin(groups, part)) for part in (train, validated, tested)]
    return SplitIndices(*parts)


def rows_of_edited(cut: SplitIndices, origin: NDArray[np.int64]) -> SplitIndices:
    """Update the split of a set after its points were edited by hand.

    ``cut``: of the unedited set; ``origin``: for each current row its number in the unedited set,
    or below 0 if it was added (these are for training). Raise DataError if no training row remains.
    """
    parts = [
        np.flatnonzero(np.isin(origin, part)) for part in (cut.train, cut.validation, cut.test)
    ]
    train = np.union1d(parts[0], np.flatnonzero(origin < 0))
    if not len(train):
        raise data_error("no_training_points")
    return SplitIndices(train, parts[1], parts[2])


def rows_of_parts(parts: NDArray[Any], *, validation: float, seed: int) -> SplitIndices:
    """Return the split that a column gives: 0 training, 1 validation, 2 test.

    Without validation rows, ``validation`` is their share of the training rows. Raise DataError if
    no row is for training.
    """
    train, validated, tested = (np.flatnonzero(parts == part) for part in range(3))
    if not len(train):
        raise data_error("no_training_rows")
    if not len(validated):
        train, validated = _cut(train, validation, seed, None, ordered=False)
    return SplitIndices(train, validated, tested)


def _cut(
    rows: Rows, share: float, seed: int, classes: NDArray[Any] | None, ordered: bool
) -> tuple[Rows, Rows]:
    count = round(len(rows) * share)
    if count == 0 or count >= len(rows):
        return rows, rows[:0]
    if ordered:
        return rows[: len(rows) - count], rows[len(rows) - count :]
    if classes is None:
        # What scikit-learn's train_test_split does, without the second that loading it takes:
        # exported scripts call that one with the same seed.
        mixed = rows[np.random.RandomState(seed).permutation(len(rows))]
        return np.sort(mixed[count:]), np.sort(mixed[:count])
    from sklearn.model_selection import train_test_split

    # A class of one row cannot be on both sides: it stays to be learned from.
    labels, places, sizes = np.unique(classes[rows], return_inverse=True, return_counts=True)
    alone = sizes[places] < 2
    rest, several = rows[~alone], int((sizes > 1).sum())
    stratify: NDArray[Any] | None = classes[rest]
    # Nor can more classes than rows be on one side.
    if not len(labels) or count < several or len(rest) - count < several:
        rest, alone, stratify = rows, np.zeros(len(rows), bool), None
    rows_left, cut = train_test_split(rest, test_size=count, random_state=seed, stratify=stratify)
    rows_left = np.concatenate([rows_left, rows[alone]])
    return np.sort(rows_left), np.sort(cut)
