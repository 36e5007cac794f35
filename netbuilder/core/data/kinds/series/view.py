"""Views of a whole series, and of sequences side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.dataset import TEST, PreparedData
from netbuilder.core.data.kinds.series.windows import targets_behind
from netbuilder.core.data.preprocessing.cells import as_label, is_numeric
from netbuilder.core.data.readers.csv_reader import read_csv
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.data.readers.series_rows import DEFAULT_WINDOW, SeriesRows, segments_of
from netbuilder.core.data.recipe_options import integer_option, reading_options
from netbuilder.core.project.model import Data

#: Of rows that no window predicts: the first ones of a stretch are only looked back at.
LOOKED_BACK_AT = 3
_EXAMPLES = 6
_MOST_CLASSES = 10


@dataclass(frozen=True, eq=False)
class ContiguousRows:
    """Rows that follow each other without a gap.

    ``times`` float64 (rows,); ``values`` float64 (rows,) by column; ``parts`` int8 (rows,): 0
    training, 1 validation, 2 test where a row is predicted, 3 where it is only looked back at.
    """

    times: NDArray[np.float64]
    values: Mapping[str, NDArray[np.float64]]
    parts: NDArray[np.int8]


@dataclass(frozen=True)
class SeriesDataView:
    """A series in its gapless segments.

    ``columns``: of numbers, the targets first; ``stretches``: segments between gaps, or several
    series; ``order``: the column of time, or ""; ``dates``: times are days since 1970; ``window``,
    ``horizon``: rows of input and of prediction.
    """

    columns: tuple[str, ...]
    stretches: tuple[ContiguousRows, ...]
    order: str = ""
    dates: bool = False
    window: int = DEFAULT_WINDOW
    horizon: int = 1
    units: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class SequencesDataView:
    """Some sequences of each class: ``values`` float64 (n, steps, features), a label each."""

    values: NDArray[np.float64]
    labels: tuple[str, ...]
    features: tuple[str, ...]
    count: int


def series_data_view(plan: PreparedData, data: Data, base: Path) -> SeriesDataView | None:
    """Return a series' rows by time, None for other data; raise DataError if it cannot be read."""
    samples = plan.samples
    if not (samples.ordered and samples.columns):
        return None
    window = next(iter(samples.arrays.values())).shape[1]
    horizon = integer_option(data.options, "horizon", 1)
    targets = targets_behind([str(name) for name in samples.targets.columns], horizon)
    if data.kind != "series":
        return _from_windows(plan, targets, window, horizon)
    table = read_csv(base / data.path, reading_options(data))
    rows = segments_of(table, targets, data, samples.source)
    stretches = _stretches(rows, samples, plan.parts, horizon)
    if plan.test is not None and data.test_path:
        own_table = read_csv(base / data.test_path, reading_options(data))
        more = segments_of(own_table, targets, data, plan.test.source)
        own = np.full(len(plan.test), TEST, np.int8)
        stretches += _stretches(more, plan.test, own, horizon)
    numbered = bool(rows.order) and is_numeric(table[rows.order])
    columns = (*targets, *(name for name in rows.names if name not in targets))
    return SeriesDataView(
        columns, tuple(stretches), rows.order, bool(rows.order) and not numbered, window, horizon,
        samples.reading.units,
    )  # fmt: skip


def _stretches(
    rows: SeriesRows, samples: Samples, parts: NDArray[np.int8], horizon: int
) -> list[ContiguousRows]:
    part_of = dict(zip(samples.targets.index.tolist(), parts.tolist(), strict=True))
    stretches = []
    for part in rows.parts:
        frame = rows.frame.iloc[part]
        mine = [part_of.get(line, LOOKED_BACK_AT) for line in frame.index.tolist()]
        values = {str(name): frame[name].to_numpy(np.float64) for name in frame.columns}
        predicted = _predicted_rows(np.array(mine, np.int8), horizon)
        stretches.append(ContiguousRows(rows.times[part], values, predicted))
    return stretches


def _predicted_rows(ends: NDArray[np.int8], horizon: int) -> NDArray[np.int8]:
    """Return the part of each row: that of the sample whose last step it is."""
    predicted_by = ends.copy()
    for step in range(1, min(horizon, len(ends))):
        here = (predicted_by[:-step] == LOOKED_BACK_AT) & (ends[step:] != LOOKED_BACK_AT)
        predicted_by[:-step][here] = ends[step:][here]
    return predicted_by


def _from_windows(
    plan: PreparedData, targets: tuple[str, ...], window: int, horizon: int
) -> SeriesDataView:
    samples, parts = plan.samples, plan.parts
    cut = next(iter(samples.arrays.values()))
    whole_series = np.concatenate([cut[0], cut[1:, -1]])
    mine = np.full(len(whole_series), LOOKED_BACK_AT, np.int8)
    # The last row that a window predicts lies so far behind the window's first.
    ends = np.arange(len(parts)) + window + horizon - 1
    inside = ends < len(mine)
    mine[ends[inside]] = parts[inside]
    values = {name: whole_series[:, place] for place, name in enumerate(samples.columns)}
    columns = (*targets, *(name for name in samples.columns if name not in targets))
    times = np.arange(len(whole_series), dtype=np.float64)
    stretch = ContiguousRows(
        times,
        {name: values[name] for name in columns if name in values},
        _predicted_rows(mine, horizon),
    )
    return SeriesDataView(tuple(stretch.values), (stretch,), window=window, horizon=horizon)


def sequences_data_view(plan: PreparedData) -> SequencesDataView | None:
    """Return some sequences of each class; None for other samples or targets."""
    samples = plan.samples
    if samples.ordered:
        return None
    values = next(iter(samples.arrays.values()))
    if values.ndim == 2:
        values = values[..., None]
    if values.ndim != 3 or values.shape[1] < 2:
        return None
    first = next(iter(plan.preprocessing.outputs.values()))
    labels = samples.targets.iloc[:, 0].map(as_label).to_numpy(object)
    chosen: list[int] = []
    for name in first.classes[:_MOST_CLASSES]:
        chosen += np.flatnonzero(labels == name)[:_EXAMPLES].tolist()
    chosen = chosen or list(range(min(_EXAMPLES, len(values))))
    features = samples.columns or tuple(f"{place}" for place in range(values.shape[2]))
    return SequencesDataView(
        np.asarray(values[chosen], np.float64),
        tuple(str(labels[row]) if first.classes else "" for row in chosen),
        features,
        len(values),
    )
