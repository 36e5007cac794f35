"""Single numbers far beyond all others of their column: mostly typing errors.

Skewed amounts, such as earnings or populations, are compared by their logarithms.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.findings import Finding, column_finding, option_fix
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_number

if TYPE_CHECKING:
    import pandas as pd

# So far beyond the quartiles, in distances between these, lies no value that belongs to the rest.
_FAR = 8.0
# Between a far value and the rest nothing lies for so many of these distances: a long tail has
# values all the way.
_GAP = 8.0
_LEAST_ROWS = 30
# More of them are a group, and no slip.
_MOST, _MOST_PART = 3, 0.02
# Farther from the median at one end than at the other by this: skewed.
_SKEWED = 2.0


def outliers(frame: pd.DataFrame) -> Iterator[Finding]:
    """Find outliers, each value with its line."""
    for name in frame.columns:
        series = frame[name]
        if series.dtype.kind not in "iuf":
            continue
        values = series.to_numpy(np.float64)
        known = np.isfinite(values)
        if known.sum() < _LEAST_ROWS:
            continue
        far = np.flatnonzero(known)[_far(values[known])]
        rest = np.delete(values, far)
        for place in far:
            value, line = float(values[place]), int(series.index[place])
            number = int(value) if value.is_integer() else value
            low, high = float(np.nanmin(rest)), float(np.nanmax(rest))
            yield column_finding(
                "outlier",
                str(name),
                option_fix(_("Leave line {line} out", line=line), "skip_lines", [line]),
                option_fix(
                    _("Treat {value} as missing", value=number),
                    "missing_values",
                    {str(name): [number]},
                ),
                value=format_number(value),
                line=line,
                low=format_number(low),
                high=format_number(high),
            )


def _far(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which values are outliers; none where the distribution may explain them."""
    far = _beyond(values)
    if not far.any():
        return far
    low, middle, high = np.percentile(values[~far], (5, 50, 95))
    ends = sorted((high - middle, middle - low))
    if ends[0] * _SKEWED < ends[1]:
        if values.min() <= 0:
            return np.zeros(len(values), bool)
        return far & _beyond(np.log(values))
    return far


def _beyond(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    far: NDArray[np.bool_]
    first, third = np.percentile(values, (25, 75))
    apart = third - first
    if apart <= 0:
        return np.zeros(len(values), bool)
    far = (values < first - _FAR * apart) | (values > third + _FAR * apart)
    few = far.sum() <= min(_MOST, max(1, _MOST_PART * len(values)))
    rest = values[~far]
    gaps = np.maximum(rest.min() - values[far], values[far] - rest.max())
    if not few or (gaps < _GAP * apart).any():
        return np.zeros(len(values), bool)
    return far
