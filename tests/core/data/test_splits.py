"""The cut of the rows is scikit-learn's, which exported scripts call with the same seed."""

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from netbuilder.core.data.prepare.splits import split_rows


@pytest.mark.parametrize("count", [10, 61, 1000])
@pytest.mark.parametrize("seed", [0, 1, 12345])
@pytest.mark.parametrize("classed", [False, True])
def test_the_rows_are_those_of_train_test_split(count, seed, classed):
    classes = np.arange(count) % 2 if classed else None
    cut = split_rows(count, validation=0.25, test=0.3, seed=seed, classes=classes, ordered=False)
    rest, test = train_test_split(
        np.arange(count), test_size=round(count * 0.3), random_state=seed, stratify=classes
    )
    rest = np.sort(rest)
    train, watched = train_test_split(
        rest, test_size=round(len(rest) * 0.25), random_state=seed,
        stratify=None if classes is None else classes[rest],
    )  # fmt: skip
    assert cut.test.tolist() == sorted(test)
    assert cut.validation.tolist() == sorted(watched)
    assert cut.train.tolist() == sorted(train)


@pytest.mark.parametrize("rows", [40, 120])
def test_a_class_of_one_row_is_learned_and_the_others_keep_their_shares(rows):
    classes = np.arange(rows) % 4
    classes[rows // 2] = 4
    cut = split_rows(rows, validation=0.2, test=0.25, seed=3, classes=classes, ordered=False)
    assert 4 in classes[cut.train]
    for part, share in ((cut.validation, 0.15), (cut.test, 0.25)):
        counts = np.bincount(classes[part], minlength=5)
        assert np.ptp(counts[:4]) <= 1, "each other class has its share"
        assert counts[4] == 0
        assert abs(len(part) - share * rows) <= 1
