"""Samples that are so many files that the first look passed over most of them."""

from __future__ import annotations

from pathlib import Path

from netbuilder.core.data.prepare.prepared_data import read_samples
from netbuilder.core.data.progress import ReadingCancelledError
from netbuilder.core.data.readers.cache import RecentValues, data_stamp
from netbuilder.core.data.registry import MODALITIES
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import Data

_LOOKED_AT: RecentValues[DataError | None] = RecentValues(4)


def verify_files(data: Data, base: Path) -> None:
    """Look at every file of a recipe and of its test set, and not only at some.

    What was found is remembered while neither recipe nor files change.

    Raises:
        DataError: some are damaged; all of them are named.
        CancelledError: whoever listens (``data.progress``) wants it to stop.
    """
    error = _LOOKED_AT.get(data_stamp(data, base), lambda: _damage(data, base))
    if error is not None:
        raise error


def _damage(data: Data, base: Path) -> DataError | None:
    for samples in read_samples(data, base):
        look = MODALITIES[samples.role].check_all if samples is not None else None
        if look is None or samples is None or samples.home is None:
            continue
        files = [one for one in next(iter(samples.arrays.values())) if isinstance(one, Path)]
        try:
            look(files, samples.home)
        except ReadingCancelledError:
            raise
        except DataError as error:
            return error
    return None
