"""Rows that stand twice in a table, or in its test file too."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.dataset import SplitIndices
from netbuilder.core.data.findings import INFO, WARNING, Finding, data_fix
from netbuilder.core.data.preprocessing.cells import is_numeric, labels_of
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.wording import format_number, join_sentences

_SEEN_ROWS = 200_000
_CHANCE = N_("This may be a coincidence, because only a few different rows are possible.")
_TOO_GOOD = N_("The evaluation therefore looks better than it is.")


def _hashes(samples: Samples, like: Samples | None = None) -> NDArray[np.uint64]:
    import pandas as pd

    assert samples.table is not None
    frame = pd.concat(
        [samples.table, samples.targets.drop(columns=[
            name for name in samples.targets.columns if name in samples.table.columns
        ])], axis=1,
    )  # fmt: skip
    if like is not None:
        assert like.table is not None
        frame = frame[[n for n in (*like.table.columns, *like.targets.columns) if n in frame]]
        frame = frame.loc[:, ~frame.columns.duplicated()]
    frame = frame.head(_SEEN_ROWS)
    plain = {
        name: frame[name].astype("float64") if is_numeric(frame[name])
        else labels_of(frame[name])
        for name in frame.columns
    }  # fmt: skip
    return np.asarray(pd.util.hash_pandas_object(pd.DataFrame(plain), index=False), np.uint64)


def _by_chance(samples: Samples) -> bool:
    """Whether so few different rows are possible that some are equal by chance."""
    assert samples.table is not None
    possible = 1.0
    for name in samples.table.columns:
        possible *= max(1, samples.table[name].nunique())
        if possible >= 20 * len(samples):
            return False
    return True


def repeated_rows(samples: Samples, rows: SplitIndices) -> Iterator[Finding]:
    """Tell that rows stand twice, and whether held-out rows are among those."""
    hashes = _hashes(samples)
    _values, first, counts = np.unique(hashes, return_index=True, return_counts=True)
    again = len(hashes) - len(first)
    if again < max(2, 0.005 * len(hashes)):
        return
    one = int(first[counts > 1][0])
    other = int(np.flatnonzero(hashes == hashes[one])[1])
    index = samples.targets.index
    message = ngettext(
        "{file} contains {count} duplicate row, for example in lines {first} and {second}.",
        "{file} contains {count} duplicate rows, for example in lines {first} and {second}.",
        again, file=samples.source, first=index[one], second=index[other],
    )  # fmt: skip
    parts = np.zeros(len(samples), np.int8)
    parts[rows.validation], parts[rows.test] = 1, 2
    parts = parts[: len(hashes)]
    held = int(np.isin(hashes[parts > 0], hashes[parts == 0]).sum())
    chance = _by_chance(samples)
    told = "" if not held else ngettext(
        "{count} row of the validation or test set also occurs in the training set.",
        "{count} rows of the validation or test set also occur in the training set.",
        held,
    ) if len(rows.test) else ngettext(
        "{count} row of the validation set also occurs in the training set.",
        "{count} rows of the validation set also occur in the training set.",
        held,
    )  # fmt: skip
    meaning = _(_CHANCE) if chance else _(_TOO_GOOD) if held else ""
    message = join_sentences((message, told, meaning))
    yield Finding(
        "rows-twice", INFO if chance else WARNING, message,
        fixes=() if chance else (data_fix(_("Remove duplicate rows"), duplicates="drop"),),
    )  # fmt: skip


def known_test_rows(samples: Samples, test: Samples | None) -> Iterator[Finding]:
    """Tell how many rows of the test file are training rows, too."""
    if test is None or test.table is None or not len(test):
        return
    assert samples.table is not None
    if any(name not in test.table.columns for name in samples.table.columns):
        return  # other columns: no row can be compared
    ours, theirs = _hashes(samples), _hashes(test, samples)
    known = int(np.isin(theirs, ours).sum())
    chance = _by_chance(samples)
    whole = len(theirs) == len(ours) and np.array_equal(np.sort(theirs), np.sort(ours))
    if known == len(theirs) and known >= min(len(ours), 10) and (whole or not chance):
        yield Finding(
            "test-is-training",
            WARNING,
            _(
                "All {count} rows of the test file {file} also occur in {other}: they do not show "
                "how well the network predicts new data.",
                count=format_number(known, ","),
                file=test.source,
                other=samples.source,
            ),
            fixes=(
                data_fix(_("Hold out rows of the training file as the test set"), test_path=""),
            ),
        )
    elif known:
        many = known > max(1, 0.05 * len(theirs)) and not chance
        message = ngettext(
            "{count} of {total} rows of the test file {file} also occurs in {other}.",
            "{count} of {total} rows of the test file {file} also occur in {other}.",
            known, total=format_number(len(theirs), ","), file=test.source,
            other=samples.source,
        )  # fmt: skip
        meaning = _(_CHANCE) if chance else _(_TOO_GOOD) if many else ""
        message = join_sentences((message, meaning))
        yield Finding("test-rows-known", WARNING if many else INFO, message)
