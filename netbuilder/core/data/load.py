"""What is asked of a recipe: its facts, first samples, arrays, and whether its files are whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.data.dataset import Dataset, PreparedData, Split
from netbuilder.core.data.kinds.builtin.edited_points import point_places
from netbuilder.core.data.prepare import target_encoding
from netbuilder.core.data.prepare.fit_inputs import filled_cells, read_raw
from netbuilder.core.data.prepare.prepared_data import facts_of, prepare_data, read_samples
from netbuilder.core.data.preprocessing.fitted_preprocessing import Preprocessing
from netbuilder.core.data.preprocessing.missing import empty_cells, missing_fixes
from netbuilder.core.data.preview import Preview, preview_of, preview_of_table
from netbuilder.core.data.progress import ReadingCancelledError
from netbuilder.core.data.readers.cache import RecentValues, data_stamp
from netbuilder.core.data.readers.large_csv import sampled_row_count
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.data.registry import MODALITIES, has_points, kind_of
from netbuilder.core.data.streaming import csv_stream, sample_stream, samples_in_memory, whole_split
from netbuilder.core.errors import DataError
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project.model import Data, Project
from netbuilder.core.wording import format_number, sample_place


def load_facts(project: Project, base: Path) -> DataFacts:
    """What the data is, as this project's graph meets it.

    Args:
        project: graph and recipe.
        base: folder that relative paths of the recipe start from.

    Raises:
        DataError: the data cannot be read, or does not fit the recipe.
    """
    return facts_of(project, base)


def load_dataset(project: Project, base: Path) -> Dataset:
    """Arrays that are ready to train on. Arguments and errors as for ``load_facts``.

    What does not fit the recipe's "memory_limit_mb" (1,024) comes with a ``stream``.
    """
    plan = prepare_data(project, base)
    rows = plan.rows
    test_source = plan.samples if plan.test is None else plan.test
    test_rows = rows.test if plan.test is None else np.arange(len(plan.test))

    def transform(samples: Samples, chosen: NDArray[np.int64]) -> Split:
        return make_split(plan, samples, chosen)

    train, stream = rows.train, None
    whole: Split | None = None
    if plan.scan is not None and plan.facts.streamed:
        stream = csv_stream(plan.scan, transform, plan.preprocessing)
    elif plan.scan is not None:
        whole = whole_split(plan.scan, transform)
    else:
        room = samples_in_memory(
            project.data, plan.samples, next(iter(plan.preprocessing.inputs.values()))
        )
        if room is not None:
            stream = sample_stream(plan.samples, rows.train, transform, plan.preprocessing)
            train = np.random.default_rng(0).permutation(rows.train)[:room]
    return Dataset(
        facts=plan.facts if stream is None else replace(plan.facts, streamed=True),
        train=transform(plan.samples, train) if whole is None else whole,
        validation=transform(plan.samples, rows.validation) if len(rows.validation) else None,
        test=transform(test_source, test_rows) if len(test_rows) else None,
        preprocessing=plan.preprocessing,
        stream=stream,
    )


def make_split(plan: PreparedData, samples: Samples, rows: NDArray[np.int64]) -> Split:
    """Some rows of the samples, transformed as the plan says."""
    raw_x = {
        key: read_raw(samples, preprocessing, rows)
        for key, preprocessing in plan.preprocessing.inputs.items()
    }
    chosen = samples.targets.iloc[rows]
    raw_y = {
        key: target_encoding.encode_targets(chosen, preprocessing, samples.source)
        for key, preprocessing in plan.preprocessing.outputs.items()
    }
    weights = None if samples.weights is None else samples.weights[rows]
    x, y = plan.preprocessing.apply_inputs(raw_x), plan.preprocessing.apply_targets(raw_y)
    check_finite(x, y, plan.preprocessing, chosen.index, samples.source)
    filled = filled_cells(samples, plan.preprocessing.inputs, rows)
    return Split(x, y, raw_x, weights, raw_y, filled, chosen.index.to_numpy())


def load_preview(project: Project, base: Path, rows: int = 100) -> Preview:
    """The first ``rows`` samples as people read them. Arguments and errors as for ``load_facts``.

    A table is shown as it stands in the file, also where its recipe does not fit yet: that is
    how a person sees which column to choose and what is missing.
    """
    data = project.data
    kind = kind_of(data)
    if kind.table is not None and data.path:
        most = sampled_row_count(base / data.path)
        table = kind.table(data, base / data.path, most)
        note = (
            ""
            if most is None or len(table) < most
            else _("Only the first {count} rows are shown.", count=format_number(most, ","))
        )
        return preview_of_table(table, data.target, rows, note=note)
    # The test file has no say in it: it may be wrong, or still to be chosen.
    return preview_of(read_samples(replace(data, test_path=""), base)[0], rows)


def point_number(project: Project, base: Path, place: tuple[float, float]) -> int:
    """The number of the point nearest to a place, for edits by hand (``core/project/points``).

    Raises:
        DataError: the set has no points that could be edited, or cannot be read.
    """
    samples = read_samples(project.data, base)[0]
    if not has_points(project.data):
        raise DataError(
            _("The points of this data set cannot be edited."),
            _("Choose a generated data set."),
            code="points_not_editable",
        )
    away = np.linalg.norm(point_places(samples) - np.asarray(place), axis=1)
    nearest = int(away.argmin())
    return nearest if samples.made is None else int(samples.made.origin[nearest])


Arrays = Mapping[str, NDArray[Any]]


def check_finite(
    x: Arrays, y: Arrays, preprocessing: Preprocessing, index: Any, source: str
) -> None:
    """Raise ``DataError`` where a value that the network gets is missing or infinite.

    Args:
        x: model-ready values by Input id, (n, ...).
        y: what the losses compare with, by output id, (n, ...).
        pre: names of the columns.
        index: places of the n samples in the source.
        source: name of the file, for messages.
    """
    for key, values in x.items():
        entry = preprocessing.inputs.get(key)
        _check(values, entry.features if entry is not None else (), index, source, key)
    for key, values in y.items():
        target = preprocessing.outputs.get(key)
        _check(values, target.columns if target is not None else (), index, source, key)


def _check(values: NDArray[Any], names: Sequence[str], index: Any, source: str, key: str) -> None:
    if values.dtype.kind != "f":
        return
    # The sum is finite where all values are: no array of truth values for pictures.
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(values.sum(dtype=np.float64)):
            return
    flat = values.reshape(len(values), -1)
    bad = ~np.isfinite(flat)
    rows = np.flatnonzero(bad.any(axis=1))
    if not len(rows):
        return
    row = int(rows[0])
    which = int(np.flatnonzero(bad[row])[0])
    by_column = names and values.ndim > 1 and values.shape[-1] == len(names)
    what = names[which % len(names)] if by_column else key
    missing = bool(np.isnan(flat[row, which]))
    place = sample_place(index, index[row])
    said = (
        _("'{name}' in {file} has an empty cell in {place}.",
          name=what, file=source, place=place)
        if missing
        else _("'{name}' in {file} has an infinite number in {place}.",
               name=what, file=source, place=place)
    )  # fmt: skip
    if len(rows) > 1:
        said += " " + ngettext(
            "{count} more row has the same problem.",
            "{count} more rows have the same problem.",
            len(rows) - 1,
        )
    raise DataError(
        said,
        _('Fill in the cell, set "Missing values" to "drop" or "mean", or leave the column out.')
        if missing
        else _("Correct the number, or leave the row or the column out."),
        fixes=missing_fixes() if missing else (),
        code="value_missing" if missing else "value_infinite",
        short=empty_cells(int(np.isnan(flat).sum())) if missing else _("a number is infinite"),
    )


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
        if samples is None or samples.home is None:
            continue
        files = [one for one in next(iter(samples.arrays.values())) if isinstance(one, Path)]
        try:
            MODALITIES[samples.role].check_all(files, samples.home)
        except ReadingCancelledError:
            raise
        except DataError as error:
            return error
    return None
