"""Prepare a CSV file that does not fit in memory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from netbuilder.core.data.data_facts import BINARY, CLASSES, REGRESSION
from netbuilder.core.data.dataset import SplitIndices
from netbuilder.core.data.kinds.csv.table import encode
from netbuilder.core.data.kinds.modality import wanted_shape
from netbuilder.core.data.preprocessing.cells import as_label
from netbuilder.core.data.preprocessing.fitted_preprocessing import (
    InputPreprocessing,
    OutputPreprocessing,
    Preprocessing,
)
from netbuilder.core.data.preprocessing.scaling import fit_bins
from netbuilder.core.data.readers import large_csv
from netbuilder.core.data.readers.large_csv import LargeTable
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.data.readers.table_samples import TEST, TRAIN, VALIDATION
from netbuilder.core.errors import DataError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.graph_ends import feeds_embedding, input_ids
from netbuilder.core.project.model import Project
from netbuilder.core.wording import format_number

if TYPE_CHECKING:
    import pandas as pd


def scan_project(project: Project, base: Path) -> LargeTable:
    """One pass over the project's file."""
    return large_csv.scan_table(project.data, base / project.data.path, project.training.seed)


def in_memory_samples(table: LargeTable) -> tuple[Samples, Samples | None, SplitIndices]:
    """Return the first rows as samples in memory: training and validation, and test.

    Validation and test use at most the first 50,000 of their rows.
    """
    import pandas as pd

    train, validation = table.held[TRAIN], table.held.get(VALIDATION)
    first = len(train)
    samples = train
    if validation is not None and validation.table is not None:
        assert train.table is not None
        weights = None
        if train.weights is not None and validation.weights is not None:
            weights = np.concatenate([train.weights, validation.weights])
        samples = replace(
            train,
            table=pd.concat([train.table, validation.table]),
            targets=pd.concat([train.targets, validation.targets]),
            weights=weights,
        )
    rows = SplitIndices(np.arange(first), np.arange(first, len(samples)), np.empty(0, np.int64))
    notes = [*table.notes]
    limit = format_number(large_csv.HELD_ROWS, ",")
    if table.totals[VALIDATION] > large_csv.HELD_ROWS:
        notes.append(_("Only the first {count} validation rows are used.", count=limit))
    if table.totals[TEST] > large_csv.HELD_ROWS:
        notes.append(_("Only the first {count} test rows are used.", count=limit))
    return replace(samples, notes=(*samples.notes, *notes)), table.held.get(TEST), rows


def reads_while_training(table: LargeTable, preprocessing: Preprocessing) -> bool:
    """Return whether the training rows, 4 bytes a value, exceed the recipe's limit."""
    values = sum(
        int(np.prod([size or 1 for size in entry.shape])) for entry in preprocessing.inputs.values()
    )
    values += sum(entry.units for entry in preprocessing.outputs.values())
    return table.rows * values * 8 > large_csv.limit_bytes(table.data)


def note_of_size(table: LargeTable) -> str:
    """Return the note about data that is read while training."""
    return _(
        "{file} is large: its {count} training rows are prepared once and then read from disk "
        "while training.",
        file=table.path.name,
        count=format_number(table.rows),
    )


def known_targets(table: LargeTable, samples: Samples) -> pd.DataFrame:
    """Return the target rows in memory, and a row for each value beyond them."""
    import pandas as pd

    frame = samples.targets
    if len(frame.columns) > 1:
        return frame
    name = str(frame.columns[0])
    more = pd.DataFrame({name: list(table.values[name])})
    return pd.concat([frame, more], ignore_index=True)


def fit_inputs(
    project: Project, table: LargeTable, samples: Samples
) -> tuple[dict[str, InputPreprocessing], tuple[str, ...]]:
    """Return the preprocessing of each Input node from the scan of the file."""
    assert samples.table is not None
    data = project.data
    inputs: dict[str, InputPreprocessing] = {}
    all_notes: list[str] = list(samples.notes)
    for key in input_ids(project.graph):
        columns_of_node = data.inputs.get(key) or samples.table.columns
        names = list(dict.fromkeys(str(name) for name in columns_of_node))
        columns, notes = large_csv.large_table_columns(table, names)
        all_notes += [note for note in notes if note not in all_notes]
        if not columns:
            raise DataError(
                " ".join(
                    [
                        _(
                            "No column of {file} can be used for '{input}'.",
                            file=samples.source,
                            input=key,
                        ),
                        *notes,
                    ]
                ),
                _("Choose columns of numbers, or text columns with few distinct values."),
                code="no_usable_column",
            )
        width = sum(len(column.features) for column in columns)
        shape = wanted_shape(project, key, (width,))
        if feeds_embedding(project.graph, key):
            inputs[key] = InputPreprocessing("table", (width,), "int32", columns)
            continue
        offset, scale = large_csv.feature_scaling(table, columns, data.scaling)
        if len(shape) > 1 and scale:
            # One scale for the whole picture: from its darkest to its lightest column.
            low = min(column.low or 0.0 for column in columns)
            high = max(column.high or 0.0 for column in columns)
            offset, scale = (low,), (high - low or 1.0,)
        entry = InputPreprocessing("table", shape, "float32", columns, offset, scale)
        if data.scaling == "bins" and len(shape) == 1:
            first = encode(samples.table, columns, samples.source)
            entry = replace(entry, bins=fit_bins(first, offset, scale))
        inputs[key] = entry
    return inputs, tuple(all_notes)


def scale_output(
    preprocessing: OutputPreprocessing, table: LargeTable, scaling: str
) -> OutputPreprocessing:
    """Return the target's scale and mean over all training rows."""
    if preprocessing.task != REGRESSION:
        counts = class_counts(table, preprocessing)
        return replace(preprocessing, mean=tuple(count / max(sum(counts), 1) for count in counts))
    offset, scale = large_csv.target_scaling(table, preprocessing.columns, scaling)
    mean, _scale = large_csv.target_scaling(table, preprocessing.columns, "standard")
    return replace(preprocessing, offset=offset, scale=scale, mean=mean)


def class_counts(table: LargeTable, preprocessing: OutputPreprocessing) -> tuple[int, ...]:
    """Return the rows of each class in the whole file, in the order of the classes."""
    if preprocessing.task not in {BINARY, CLASSES}:
        return ()
    counts = dict.fromkeys(preprocessing.classes, 0)
    for value, count in table.values[preprocessing.columns[0]].items():
        counts[as_label(value)] += count
    return tuple(counts.values())
