"""A test set of its own: does it have what the training set has?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from netbuilder.core.data.preprocessing.fitted_preprocessing import InputPreprocessing
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.errors import DataError
from netbuilder.core.wording import format_count, format_list


def checked_test(
    samples: Samples, test: Samples, inputs: Mapping[str, InputPreprocessing]
) -> tuple[Samples, tuple[str, ...]]:
    """The test samples with the columns of the training samples, and notes.

    Raises:
        DataError: a column is missing, or samples have another shape.
    """
    if not set(samples.targets.columns) <= set(test.targets.columns):
        if len(samples.targets.columns) != len(test.targets.columns):
            raise DataError(
                f"{test.source} has {format_count(len(test.targets.columns), 'target column')}, "
                f"{samples.source} has {len(samples.targets.columns)}.",
                "Choose a test set with the same targets.",
            )
        test = replace(test, targets=test.targets.set_axis(samples.targets.columns, axis=1))
    if samples.table is not None and test.table is not None:
        names = {column.name for entry in inputs.values() for column in entry.columns}
        have = [str(name) for name in test.table.columns]
        _need([n for n in samples.table.columns if n in names], have, samples, test)
        more = [name for name in have if name not in samples.table]
        return test, (f"Column {format_list(more)} of {test.source} is not used.",) if more else ()
    if samples.columns and samples.columns != test.columns:
        _need(list(samples.columns), list(test.columns), samples, test)
        order = [test.columns.index(name) for name in samples.columns]
        arrays = {key: values[..., order] for key, values in test.arrays.items()}
        return replace(test, arrays=arrays, columns=samples.columns), ()
    for name, values in samples.arrays.items():
        other = test.arrays.get(name, next(iter(test.arrays.values())))
        if values.shape[1:] != other.shape[1:]:
            raise DataError(
                f"The samples of {test.source} have the shape {other.shape[1:]}, those of "
                f"{samples.source} {values.shape[1:]}.",
                "Choose a test set of the same shape.",
            )
    return test, ()


def _need(wanted: list[str], have: list[str], samples: Samples, test: Samples) -> None:
    lost = [name for name in wanted if name not in have]
    if lost:
        raise DataError(
            f"The test file {test.source} lacks column {format_list(lost)} of {samples.source}.",
            f"It has {format_list(have, 12)}. Choose a test file with the same columns.",
        )
