"""A test file of its own must have what the training file has."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.findings import Finding, column_finding, data_fix, exclude_columns_fix
from netbuilder.core.data.preprocessing.fitted_preprocessing import InputPreprocessing
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.errors import DataError, DataFix
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.wording import format_list

HOLD_OUT = N_("Hold out samples of the training data as the test set")
#: Above this probability, empty cells in all test rows are chance.
_CHANCE = 0.01


def add_test_fix(error: DataError) -> None:
    """Offer to do without a test file that cannot be used."""
    error.fixes = (*error.fixes, DataFix(_(HOLD_OUT), {"test_path": ""}))


def empty_test_columns(
    samples: Samples, test: Samples | None, used: Collection[str]
) -> Iterator[Finding]:
    """Find features without any value in the test file; ``used`` are the model's columns."""
    if samples.table is None or test is None or test.table is None:
        return
    for name in map(str, samples.table.columns):
        if name not in used or name not in test.table or test.table[name].notna().any():
            continue
        if float(samples.table[name].isna().mean()) ** len(test) > _CHANCE:
            continue
        yield column_finding(
            "test-column-empty",
            name,
            exclude_columns_fix(name),
            data_fix(_(HOLD_OUT), test_path=""),
            file=test.source,
        )


def checked_test(
    samples: Samples, test: Samples, inputs: Mapping[str, InputPreprocessing]
) -> tuple[Samples, tuple[str, ...]]:
    """Return the test samples with the columns of the training samples, and notes.

    Raise DataError if a column is missing, or samples have another shape.
    """
    if not set(samples.targets.columns) <= set(test.targets.columns):
        if len(samples.targets.columns) != len(test.targets.columns):
            raise data_error(
                "test_targets_differ",
                count=len(test.targets.columns),
                file=test.source,
                other=samples.source,
                expected=len(samples.targets.columns),
            )
        test = replace(test, targets=test.targets.set_axis(samples.targets.columns, axis=1))
    if samples.table is not None and test.table is not None:
        names = {column.name for entry in inputs.values() for column in entry.columns}
        have = [str(name) for name in test.table.columns]
        _need([n for n in samples.table.columns if n in names], have, samples, test)
        more = [name for name in have if name not in samples.table]
        return test, (
            ngettext(
                "Column {columns} of {file} is not used.",
                "Columns {columns} of {file} are not used.",
                len(more),
                columns=format_list(more),
                file=test.source,
            ),
        ) if more else ()
    if samples.columns and samples.columns != test.columns:
        _need(list(samples.columns), list(test.columns), samples, test)
        order = [test.columns.index(name) for name in samples.columns]
        arrays = {key: values[..., order] for key, values in test.arrays.items()}
        return replace(test, arrays=arrays, columns=samples.columns), ()
    for name, values in samples.arrays.items():
        other = test.arrays.get(name, next(iter(test.arrays.values())))
        if values.shape[1:] != other.shape[1:]:
            raise data_error(
                "test_shape_differs",
                file=test.source,
                shape=other.shape[1:],
                other=samples.source,
                expected=values.shape[1:],
            )
    return test, ()


def _need(names: list[str], have: list[str], samples: Samples, test: Samples) -> None:
    lost = [name for name in names if name not in have]
    if lost:
        raise data_error(
            "test_lacks_columns",
            count=len(lost),
            file=test.source,
            columns=format_list(lost),
            other=samples.source,
            known=format_list(have, 12),
            fixes=(
                DataFix(
                    _("Leave '{name}' out", name=lost[0])
                    if len(lost) == 1
                    else _("Leave these columns out"),
                    columns={name: {"role": "ignore"} for name in lost},
                ),
                DataFix(_(HOLD_OUT), {"test_path": ""}),
            ),
        )
