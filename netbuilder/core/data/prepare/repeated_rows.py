"""Find samples that occur twice: rows, pictures and sounds, also in the test set."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.dataset import SplitIndices
from netbuilder.core.data.findings import (
    INFO,
    WARNING,
    DataEdit,
    Finding,
    column_finding,
    data_fix,
    option_fix,
)
from netbuilder.core.data.prepare.own_test_file import HOLD_OUT
from netbuilder.core.data.preprocessing.cells import is_numeric, labels_of
from netbuilder.core.data.readers.excluded_files import OPTION
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.data.registry import MODALITIES
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.wording import format_number, join_sentences

_SEEN_ROWS, _SEEN_FILES = 200_000, 30_000
_COPIED, _SHUFFLES, _FEW_CELLS, _COMPARED = 50, 5, 1_000_000, 20_000_000
_CHANCE = N_("This may be a coincidence, because only a few different rows are possible.")
_TOO_GOOD = N_("The evaluation therefore looks better than it is.")


def _hashes(
    samples: Samples, like: Samples | None = None, *, targets: bool = True, shuffles: int = 0
) -> NDArray[np.uint64]:
    """Return a hash of each row, of the columns of ``like`` where it is given.

    Of shape ``(1 + shuffles, rows)``: after the first also those of rows whose columns are
    shuffled, each on its own.
    """
    columns = _column_hashes(samples, like, targets=targets)
    source = np.random.default_rng(0)
    if sum(map(len, columns)) > _FEW_CELLS:
        shuffles = min(shuffles, 1)
    hashes = np.zeros((1 + shuffles, len(columns[0]) if columns else 0), np.uint64)
    for column in columns:
        hashes = hashes * np.uint64(6364136223846793005)  # Knuth's for 64 bits; overflow is meant
        hashes += np.stack([column, *(source.permutation(column) for _shuffle in range(shuffles))])
    return hashes


def _column_hashes(
    samples: Samples, like: Samples | None = None, *, targets: bool = True
) -> list[NDArray[np.uint64]]:
    import pandas as pd

    assert samples.table is not None
    frame = samples.table
    if targets:
        frame = pd.concat([frame, samples.targets.drop(columns=[
            name for name in samples.targets.columns if name in frame.columns
        ])], axis=1)  # fmt: skip
    if like is not None:
        assert like.table is not None
        names = (*like.table.columns, *(like.targets.columns if targets else ()))
        frame = frame[[name for name in names if name in frame]]
        frame = frame.loc[:, ~frame.columns.duplicated()]
    frame = frame.head(_SEEN_ROWS)
    return [
        np.asarray(
            pd.util.hash_pandas_object(
                frame[name].astype("float64")
                if is_numeric(frame[name])
                else labels_of(frame[name]),
                index=False,
            ),
            np.uint64,
        )
        for name in sorted(frame.columns, key=str)
    ]


def _like_neighbours(columns: Sequence[NDArray[np.uint64]]) -> bool:
    """Return whether pairs of equal rows are as frequent as pairs that nearly agree suggest.

    Answers of a survey that go together agree in all columns by chance. Of pairs that differ in
    one other column, some agree in a column and some do not: so do pairs that differ in no other.
    """
    rows = min(len(columns[0]), round((_COMPARED / len(columns)) ** 0.5))
    chosen = np.random.default_rng(0).permutation(len(columns[0]))[:rows]
    table = np.stack([column[chosen] for column in columns])
    differ = sum((column[:, None] != column).astype(np.int16) for column in table)
    first, second = np.nonzero(np.triu(differ <= 2, 1))
    apart = table[:, first] != table[:, second]
    count = apart.sum(0)
    alone, with_another = apart[:, count == 1].sum(1), apart[:, count == 2].sum(1)
    expected = float(np.mean(alone * (alone.sum() - alone) / np.maximum(with_another, 1)))
    return bool((count == 0).sum() <= 5 * expected + 4 * expected**0.5)


def _by_chance(counts: Sequence[int]) -> bool:
    """Return whether a number of equal rows is one of chance: like those of shuffled columns.

    Columns that go together repeat more often than shuffled ones: three times as often is chance.
    """
    expected = float(np.mean(counts[1:]))
    return bool(counts[0] <= 3 * expected + 4 * expected**0.5)


def _few_features(counts: Sequence[int], same_features: Sequence[int]) -> bool:
    """Return whether features repeat by chance, most with different targets: equal ones are too.

    So are those where the features decide the target, as marks do their sum.
    """
    expected = float(np.mean(same_features[1:]))
    decided = counts[0] == same_features[0] <= expected + 4 * expected**0.5
    return decided or (counts[0] <= same_features[0] / 2 and _by_chance(same_features))


def _repeats(hashes: NDArray[np.uint64]) -> int:
    return len(hashes) - len(np.unique(hashes))


def _spread(hashes: NDArray[np.uint64]) -> float:
    """Return how unequally often rows occur; about 1 by chance, 0 where each is copied as often."""
    counts = np.unique(hashes, return_counts=True)[1]
    return float(counts.var() / counts.mean())


def repeated_rows(samples: Samples, rows: SplitIndices) -> Iterator[Finding]:
    """Report repeated rows, and whether held-out rows are among them."""
    hashes = _hashes(samples)[0]
    repeats = _repeats(hashes)
    if repeats < max(2, 0.005 * len(hashes)):
        return
    place, other = _example(hashes)
    index = samples.targets.index
    message = ngettext(
        "{file} contains {count} duplicate row, for example in lines {first} and {second}.",
        "{file} contains {count} duplicate rows, for example in lines {first} and {second}.",
        repeats, file=samples.source, first=index[place], second=index[other],
    )  # fmt: skip
    # The rows, then those of shuffled columns; with targets, then features alone.
    drawn, features = (_hashes(samples, targets=use, shuffles=_SHUFFLES) for use in (True, False))
    counts = [_repeats(part) for part in drawn]
    same_features = [_repeats(part) for part in features]
    # Chance repeats rows unequally often.
    alike = len(hashes) - repeats >= _COPIED and (
        _spread(hashes) < 0.5 * np.mean([_spread(part) for part in drawn[1:]])
    )
    chance = not alike and (
        _by_chance(counts)
        or _few_features(counts, same_features)
        or _like_neighbours(_column_hashes(samples))
    )
    held_out = _held_out(hashes, rows)
    message = join_sentences(
        (message, held_out, _(_CHANCE) if chance else _(_TOO_GOOD) if held_out else "")
    )
    yield Finding(
        "rows-twice", INFO if chance else WARNING, message,
        fixes=() if chance else (data_fix(_("Remove duplicate rows"), duplicates="drop"),),
    )  # fmt: skip


def _example(hashes: NDArray[np.uint64]) -> tuple[int, int]:
    """Return the places of two equal samples, which must exist."""
    _values, first, counts = np.unique(hashes, return_index=True, return_counts=True)
    place = int(first[counts > 1].min())
    return place, int(np.flatnonzero(hashes == hashes[place])[1])


def _held_out(hashes: NDArray[np.uint64], rows: SplitIndices) -> str:
    """Return the sentence about held-out samples that equal training samples, or ""."""
    part = np.zeros(max((len(hashes), *(places.max() + 1 for places in (rows.validation, rows.test)
                                        if len(places)))), np.int8)  # fmt: skip
    part[rows.validation], part[rows.test] = 1, 2
    part = part[: len(hashes)]
    count = int(np.isin(hashes[part > 0], hashes[part == 0]).sum())
    if not count:
        return ""
    return ngettext(
        "{count} sample of the validation or test set also occurs in the training set.",
        "{count} samples of the validation or test set also occur in the training set.",
        count,
    ) if len(rows.test) else ngettext(
        "{count} sample of the validation set also occurs in the training set.",
        "{count} samples of the validation set also occur in the training set.",
        count,
    )  # fmt: skip


def repeated_samples(
    samples: Samples, test: Samples | None, rows: SplitIndices
) -> Iterator[Finding]:
    """Report equal files or pictures, within a set or between training and test set."""
    hashes, theirs = _contents(samples, test)
    if not len(hashes):
        return
    repeats = len(hashes) - len(np.unique(hashes))
    if repeats:
        place, other = _example(hashes)
        message = ngettext(
            "{file} contains {count} duplicate, for example {first} and {second}.",
            "{file} contains {count} duplicates, for example {first} and {second}.",
            repeats, file=samples.source, first=_name(samples, place), second=_name(samples, other),
        )  # fmt: skip
        split = _held_out(hashes, rows)
        copies = np.setdiff1d(np.arange(len(hashes)), np.unique(hashes, return_index=True)[1])
        yield Finding(
            "rows-twice", WARNING, join_sentences((message, split, _(_TOO_GOOD) if split else "")),
            fixes=_without(samples, copies),
        )  # fmt: skip
    known = np.flatnonzero(np.isin(theirs, hashes))
    if test is None or not len(known):
        return
    if len(known) == len(theirs):
        yield _test_is_training(samples, test, len(known))
    else:
        yield _known(samples, test, len(known), "" if len(known) < 2 else _(_TOO_GOOD),
                     _without(test, known))  # fmt: skip


def _contents(
    samples: Samples, test: Samples | None
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return a hash of each sample; empty where samples are neither files nor pixels."""
    parts = [part for part in (samples, test) if part is not None]
    values: list[Any] = [next(iter(part.arrays.values()), np.empty(0)) for part in parts]
    nothing = np.empty(0, np.uint64)
    if sum(map(len, values)) > _SEEN_FILES or not all(len(array) for array in values):
        return nothing, nothing
    hashes = []
    if all(isinstance(array[0], Path) for array in values):
        sizes = [[_size(path) for path in part] for part in values]
        often = Counter(size for part in sizes for size in part)
        for paths, part in zip(values, sizes, strict=True):
            hashes.append([_digest(path.read_bytes()) if often[size] > 1 and size >= 0
                           else hash((path, size)) % 2**64
                           for path, size in zip(paths, part, strict=True)])  # fmt: skip
    elif MODALITIES[samples.role].endings and values[0].ndim > 2:  # pictures in one array
        hashes = [[_digest(np.ascontiguousarray(sample).tobytes()) for sample in part]
                  for part in values]  # fmt: skip
    else:
        return nothing, nothing
    ours, *theirs = (np.array(part, np.uint64) for part in hashes)
    return ours, theirs[0] if theirs else nothing


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _digest(content: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest())


def _name(samples: Samples, place: int) -> str:
    sample = next(iter(samples.arrays.values()))[place]
    return samples.home.inside(sample) if samples.home is not None else str(place)


def _without(samples: Samples, places: NDArray[np.int64]) -> tuple[DataEdit, ...]:
    """Return the fix that excludes samples that are files."""
    home = samples.home
    if home is None:
        return ()
    paths = next(iter(samples.arrays.values()))[places]
    label = ngettext("Leave the duplicate out", "Leave the {count} duplicates out", len(paths))
    return (option_fix(label, OPTION, [home.name(path) for path in paths]),)


def known_test_rows(samples: Samples, test: Samples | None) -> Iterator[Finding]:
    """Report how many rows of the test file are training rows."""
    if test is None or test.table is None or not len(test):
        return
    assert samples.table is not None
    if any(name not in test.table.columns for name in samples.table.columns):
        return  # other columns: no row can be compared
    # The training rows, then those of shuffled columns; with targets, then features alone.
    ours, our_features = (
        _hashes(samples, targets=use, shuffles=_SHUFFLES) for use in (True, False)
    )
    theirs, their_features = (_hashes(test, samples, targets=use)[0] for use in (True, False))
    counts = [int(np.isin(theirs, part).sum()) for part in ours]
    same_features = [int(np.isin(their_features, part).sum()) for part in our_features]
    known = counts[0]
    pairs = zip(_column_hashes(samples), _column_hashes(test, samples), strict=True)
    chance = (
        _by_chance(counts)
        or _few_features(counts, same_features)
        or (bool(known) and _like_neighbours([np.concatenate(pair) for pair in pairs]))
    )
    whole = np.array_equal(np.sort(theirs), np.sort(ours[0]))
    if known == len(theirs) and known >= min(len(ours[0]), 10) and (whole or not chance):
        yield _test_is_training(samples, test, known)
    elif known:
        many = known > max(1, 0.05 * len(theirs)) and not chance
        yield _known(
            samples, test, known, _(_CHANCE) if chance else _(_TOO_GOOD) if many else "",
            severity=WARNING if many else INFO,
        )  # fmt: skip


def _test_is_training(samples: Samples, test: Samples, known: int) -> Finding:
    return column_finding(
        "test-is-training",
        "",
        data_fix(_(HOLD_OUT), test_path=""),
        count=format_number(known, ","),
        file=test.source,
        other=samples.source,
    )


def _known(
    samples: Samples, test: Samples, known: int, meaning: str, fixes: tuple[DataEdit, ...] = (),
    severity: str = WARNING,
) -> Finding:  # fmt: skip
    message = ngettext(
        "{count} of {total} samples of the test set {file} also occurs in {other}.",
        "{count} of {total} samples of the test set {file} also occur in {other}.",
        known, total=format_number(len(test), ","), file=test.source, other=samples.source,
    )  # fmt: skip
    return Finding("test-rows-known", severity, join_sentences((message, meaning)), fixes=fixes)
