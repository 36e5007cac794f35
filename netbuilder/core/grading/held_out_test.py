"""The rows that a network's own data keeps aside: what it is judged on without hidden data."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from netbuilder.core.errors import DataError

if TYPE_CHECKING:
    from netbuilder.core.data.dataset import Split
    from netbuilder.core.engine.trained import TrainedModel


@dataclass(frozen=True)
class HeldOutTest:
    """``words`` name the rows; works of one ``mark`` were judged on the same ones."""

    split: Split
    words: str
    mark: str


def held_out_test_of(trained: TrainedModel) -> HeldOutTest:
    """The test rows of a set that comes with the program or is made by it.

    No file is read: what a hand-in calls its data may be anything, and lies elsewhere.

    Raises:
        DataError: its data is another, or keeps no rows aside.
    """
    from netbuilder.core.data.kinds.kind import DataLocation
    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.data.registry import kind_of
    from netbuilder.core.wording import format_count

    data = trained.project.data
    if not data.kind:
        raise DataError("Nothing in it says what data it is for.")
    kind = kind_of(data)
    if kind.place is not DataLocation.NOWHERE:
        raise DataError("Its data lies in files of its own, so there are no rows to judge it on.")
    name = kind.chosen(data)
    split = load_dataset(trained.project, Path()).test
    if split is None or not len(split):
        raise DataError(f"Its data, {name}, keeps no test rows aside.")
    # Which rows are kept aside follows from the seed; which there are, from the set's options.
    mark = hashlib.sha256(f"{name} {trained.project.training.seed}".encode())
    for param in kind.more_options(data):
        mark.update(repr((param.name, data.options.get(param.name))).encode())
    for answers in split.raw_y.values():
        mark.update(answers.tobytes())
    return HeldOutTest(split, f"{format_count(len(split), 'test row')} of {name}", mark.hexdigest())
