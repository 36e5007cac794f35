"""The three questions to a recipe: what are the facts, what does it look like, give me arrays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.data.dataset import Dataset, Split
from netbuilder.core.data.kinds.generators.edited_points import point_places
from netbuilder.core.data.point_data import has_points
from netbuilder.core.data.prepare import target_encoding
from netbuilder.core.data.prepare.check_finite import check_finite
from netbuilder.core.data.prepare.fit_inputs import filled_cells, read_raw
from netbuilder.core.data.prepare.prepared_data import PreparedData, prepare_data, read_samples
from netbuilder.core.data.preview import Preview, preview_of, preview_of_table
from netbuilder.core.data.readers.large_csv import sampled_row_count
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.data.registry import kind_of
from netbuilder.core.data.streaming import csv_stream, sample_stream, samples_in_memory, whole_split
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import Project


def load_facts(project: Project, base: Path) -> DataFacts:
    """What the data is, as this project's graph meets it.

    Args:
        project: graph and recipe.
        base: folder that relative paths of the recipe start from.

    Raises:
        DataError: the data cannot be read, or does not fit the recipe.
    """
    return prepare_data(project, base).facts


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
        note = "" if most is None or len(table) < most else f"The first {most:,} rows are shown."
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
        raise DataError("These are no points that could be edited.", "Choose a generated set.")
    away = np.linalg.norm(point_places(samples) - np.asarray(place), axis=1)
    nearest = int(away.argmin())
    return nearest if samples.made is None else int(samples.made.origin[nearest])
