"""Generated points with what a person did to them: moved, taken away, put in."""

from __future__ import annotations

from dataclasses import replace

from netbuilder.core.data.readers.samples import Made, Samples
from netbuilder.core.project.points import PointEdits
from netbuilder.core.python_text import literal


def edited(made: Samples, edits: PointEdits) -> Samples:
    """The samples of a set of points, changed by hand.

    The points as they are made are cut in parts as if nothing had been done, so that those that
    were left alone stay in their part; points that were put in are for training. Numbers of
    points that are not made any more are passed over.
    """
    import numpy as np
    import pandas as pd

    assert made.table is not None
    table, labels = made.table.to_numpy(copy=True), made.targets.iloc[:, 0].to_numpy()
    for row, place in edits.moved.items():
        if row < len(table):
            table[row] = place
    rows = np.setdiff1d(np.arange(len(table)), list(edits.removed))
    places = np.array([one[:2] for one in edits.added], float).reshape(-1, 2)
    names = np.array([one[2] for one in edits.added], dtype=object)
    origin = np.concatenate([rows, -1 - np.arange(len(edits.added))]).astype(np.int64)
    columns = made.targets.columns
    return replace(
        made,
        table=pd.DataFrame(np.concatenate([table[rows], places]), columns=made.table.columns),
        targets=pd.DataFrame({columns[0]: np.concatenate([labels[rows], names])}),
        made=Made(labels, origin),
    )


def edit_lines(edits: PointEdits) -> list[str]:
    """Lines of a script that do the same to ``points`` and ``colours``; the cut drops ``gone``."""
    lines = ["made = len(points)", f"gone = {literal(sorted(edits.removed))}  # points taken away"]
    if edits.moved:
        moved = [[row, *place] for row, place in sorted(edits.moved.items())]
        lines += [
            f"for row, across, up in {literal(moved)}:  # points moved by hand",
            "    points[row] = across, up",
        ]
    if edits.added:
        added = [list(one) for one in edits.added]
        lines += [
            f"added = {literal(added)}  # points put in by hand",
            "points = np.concatenate([points, [one[:2] for one in added]])",
            "colours = np.concatenate([colours, [one[2] for one in added]])",
        ]
    return lines
