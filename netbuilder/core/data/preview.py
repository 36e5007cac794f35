"""What the Data panel shows: first rows, column statistics, thumbnails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.preprocessing.cells import as_label, is_numeric, number_summary
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.data.registry import MODALITIES
from netbuilder.core.wording import join_sentences

if TYPE_CHECKING:
    import pandas as pd

MAX_BARS = 30


@dataclass(frozen=True)
class ColumnStats:
    """Statistics of one column; the three numbers are None for text."""

    name: str
    kind: str
    missing: int
    distinct: int
    minimum: float | None = None
    maximum: float | None = None
    mean: float | None = None
    target: bool = False


@dataclass(frozen=True)
class Preview:
    """What the Data panel shows.

    Attributes:
        columns: headers of ``rows``.
        rows: cells as text; of pictures the labels only.
        images: uint8 (n, height, width, 1 or 3) thumbnails of the first rows, or None.
        note: sentences about the data, or "".
        class_counts: rows of each class or of each value of a target with few values.
        sequences: float (n, steps, features) of the first rows of a sequence set, or None.
    """

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    images: NDArray[np.uint8] | None = None
    note: str = ""
    stats: tuple[ColumnStats, ...] = ()
    class_counts: tuple[tuple[str, int], ...] = ()
    sequences: NDArray[Any] | None = None


def preview_of(samples: Samples, rows: int = 100) -> Preview:
    """Return the preview of samples."""
    import pandas as pd

    samples_shown = MODALITIES[samples.role].show(samples, rows)
    frame = samples.targets
    cells = {
        # Where only the first ones are worth describing, the others stay empty.
        name: [*values, *[""] * (len(frame) - len(values))] if len(values) < len(frame) else values
        for name, values in samples_shown.cells.items()
        if name not in set(frame.columns)
    }
    if cells:
        frame = pd.concat([pd.DataFrame(cells, index=frame.index), frame], axis=1)
    return preview_of_table(
        frame,
        tuple(str(name) for name in samples.targets.columns),
        rows,
        note=join_sentences(samples.notes),
        images=samples_shown.images,
        sequences=samples_shown.sequences,
    )


def preview_of_table(
    frame: pd.DataFrame,
    targets: tuple[str, ...],
    rows: int,
    *,
    note: str = "",
    images: NDArray[np.uint8] | None = None,
    sequences: NDArray[Any] | None = None,
) -> Preview:
    """Return the preview of a table as stored, missing values included."""
    head = frame.head(rows)
    cells = [_cell_texts(head[name]) for name in head.columns]
    counts: tuple[tuple[str, int], ...] = ()
    known = [name for name in targets if name in frame.columns]
    if known:
        tally = frame[known[0]].dropna().map(as_label).value_counts(sort=False)
        if len(tally) <= MAX_BARS:
            counts = tuple(sorted(((str(k), int(v)) for k, v in tally.items()), key=_by_value))
    return Preview(
        columns=tuple(str(name) for name in frame.columns),
        rows=tuple(zip(*cells, strict=True)),
        images=images,
        note=note,
        stats=tuple(_stats(frame[name], str(name) in targets) for name in frame.columns),
        class_counts=counts,
        sequences=sequences,
    )


def _by_value(entry: tuple[str, int]) -> tuple[float, str]:
    try:
        return float(entry[0]), ""
    except ValueError:
        return float("inf"), entry[0]


def _cell_texts(column: pd.Series) -> list[str]:
    cells = column.tolist()
    if column.dtype.kind == "f":
        return ["" if np.isnan(value) else f"{value:.6g}" for value in cells]
    return [*map(str if column.dtype.kind in "iu" else cell_text, cells)]


def cell_text(value: object) -> str:
    """Return a cell as the table shows it; "" where the value is missing."""
    if value is None or (isinstance(value, (float, np.floating)) and np.isnan(value)):
        return ""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (float, np.floating)):
        return f"{value:.6g}"
    return str(value)


def _stats(series: pd.Series, target: bool) -> ColumnStats:
    missing, name = int(series.isna().sum()), str(series.name)
    known = number_summary(series) if is_numeric(series) else None
    if known is None:
        return ColumnStats(name, "text", missing, int(series.nunique()), target=target)
    ends = known.low, known.high, known.mean
    return ColumnStats(name, "number", missing, known.distinct, *ends, target)
