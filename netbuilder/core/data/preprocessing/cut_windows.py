"""Cut a series into windows; exported scripts contain these functions.

They are self-contained and import NumPy only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


# Scripts carry this function.
def gaps(times: np.ndarray) -> np.ndarray:
    """Return for each time step whether it is a gap: longer than 1.5 usual steps; if many steps are
    that long (a stock exchange has no weekends), longer than 5."""
    import numpy as np

    steps = np.diff(times)
    usual = np.median(steps) if len(steps) > 2 else 0
    if usual <= 0:
        return np.zeros(len(steps), bool)
    longer: np.ndarray = steps > 1.5 * usual
    return longer if longer.mean() <= 0.05 else steps > 5 * usual


# Scripts carry this function.
def stretches(
    times: np.ndarray, groups: np.ndarray, out: np.ndarray, timed: bool = True
) -> list[np.ndarray]:
    """Return the rows of each part of a group that has no gaps, in order of time: a part ends at a
    gap in time (if rows are ``timed``) and at a row that is left ``out``."""
    import numpy as np

    rows_of_stretch = []
    for name in dict.fromkeys(groups):
        mine = np.flatnonzero(groups == name)
        rows = mine[np.argsort(times[mine], kind="stable")]
        jumps = gaps(times[rows]) if timed else np.zeros(len(rows) - 1, bool)
        stretch = np.cumsum([False, *jumps]) + np.cumsum(out[rows])
        rows_of_stretch += [rows[(stretch == number) & ~out[rows]] for number in np.unique(stretch)]
    return [rows for rows in rows_of_stretch if len(rows)]


# Scripts carry this function.
def cut_windows(
    rows: np.ndarray,
    ahead: np.ndarray,
    times: np.ndarray,
    parts: list[np.ndarray],
    window: int,
    horizon: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return windows of rows (n, window, columns), their targets (all steps), and the row where
    each target ends, in order of time."""
    import numpy as np

    views = np.lib.stride_tricks.sliding_window_view
    x, y, ends = [], [], []
    for part in parts:
        count = len(part) - window - horizon + 1
        if count > 0:
            x.append(views(rows[part], window, axis=0)[:count].transpose(0, 2, 1))
            y.append(views(ahead[part[window:]], horizon, axis=0).reshape(count, -1))
            ends.append(part[window + horizon - 1 :])
    end = np.concatenate(ends)
    order = np.argsort(times[end], kind="stable")
    return np.concatenate(x)[order], np.concatenate(y)[order], end[order]
