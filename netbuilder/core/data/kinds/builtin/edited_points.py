"""Generated points edited by hand: moved, deleted, added."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from netbuilder.core.data.readers.samples import Samples, UneditedSamples
from netbuilder.core.escaping.python_text import format_literal
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.edits_data import PointEdits, check_labels

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def point_places(samples: Samples) -> NDArray[np.float64]:
    """Return the points, (n, 2): two feature columns, or feature and target of a curve."""
    import numpy as np

    assert samples.table is not None
    features = samples.table.to_numpy(np.float64, copy=True)
    if features.shape[1] > 1:
        return features
    return np.concatenate([features, samples.targets.to_numpy(np.float64)], axis=1)


def apply_point_edits(samples: Samples, edits: PointEdits) -> Samples:
    """Return the samples of a set of points, edited by hand.

    The unedited set is split first, so that untouched points stay in their part; added points are
    for training. Edits of points that no longer exist are ignored. Raise DataError if an added
    point has no class, or one of a curve has one.
    """
    if not edits:
        return samples
    import numpy as np
    import pandas as pd

    assert samples.table is not None
    on_curve = samples.table.shape[1] == 1
    check_labels(edits, classes=not on_curve)
    places, labels = point_places(samples), samples.targets.iloc[:, 0].to_numpy()
    for row, place in edits.moved.items():
        if row < len(places):
            places[row] = place
    rows = np.setdiff1d(np.arange(len(places)), list(edits.removed))
    added = np.array([point[:2] for point in edits.added], float).reshape(-1, 2)
    origin = np.concatenate([rows, -1 - np.arange(len(edits.added))]).astype(np.int64)
    places = np.concatenate([places[rows], added])
    names = np.array([point[2] for point in edits.added], dtype=object)
    return replace(
        samples,
        table=pd.DataFrame(places[:, : samples.table.shape[1]], columns=samples.table.columns),
        targets=pd.DataFrame(
            {samples.targets.columns[0]: places[:, 1] if on_curve else [*labels[rows], *names]}
        ),
        made=UneditedSamples(labels, origin),
    )


def edit_lines(edits: PointEdits) -> list[str]:
    """Return script lines that apply the edits to ``points`` and, where present, ``colours``."""
    if not edits:
        return []
    lines = [
        "made = len(points)",
        f"gone = {format_literal(sorted(edits.removed))}  # {_('points that were deleted')}",
    ]
    if edits.moved:
        moved = [[row, *place] for row, place in sorted(edits.moved.items())]
        lines += [
            f"for row, across, up in {format_literal(moved)}:  # {_('points that were moved')}",
            "    points[row] = across, up",
        ]
    if edits.added:
        added = [[x, y, label] if label else [x, y] for x, y, label in edits.added]
        lines += [
            f"added = {format_literal(added)}  # {_('points that were added')}",
            "points = np.concatenate([points, [one[:2] for one in added]])",
        ]
        if all(label for _x, _y, label in edits.added):
            lines.append("colours = np.concatenate([colours, [one[2] for one in added]])")
    return lines
