"""Find the season of a series: after how many rows its values recur."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from netbuilder.core.folders import resource_json

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Days between rows, at least and at most, and the rows of their season: hours, days, weeks, ….
CALENDAR: list[tuple[float, float, int]] = resource_json("tables.json")["calendar"]
_FEWEST_SEASONS, _STRONG = 3, 0.3


def calendar_season(days_apart: NDArray[np.float64]) -> int:
    """Return the season in rows by the distance of dates (12 for months); 0: unknown."""
    for low, high, rows in CALENDAR:
        # Where the clock changes, one hour is none.
        if days_apart.size and ((days_apart > low) & (days_apart < high)).mean() > 0.95:
            return rows
    return 0


def find_season(
    values: NDArray[np.float64], calendar: int = 0, most: int = 400
) -> tuple[int, float]:
    """Return the season of a series in rows (1: none) and its autocorrelation there.

    The trend is removed first. ``calendar`` rows are taken where their autocorrelation is
    significant (the test of Makridakis, Spiliotis and Assimakopoulos, "The M4 Competition", 2020,
    at 5 %); without dates, the lag where it is largest after it was negative.

    Args:
        values: in time order, without gaps, (rows,).
        calendar: the season that the dates name, see ``calendar_season``; 0: none.
        most: longest season in rows.
    """
    series = np.asarray(values, np.float64)
    rows = len(series)
    most = min(most, rows // _FEWEST_SEASONS)
    if most < 2 or np.ptp(series) == 0 or calendar > most:
        return 1, 0.0
    rest = _without_trend(series, calendar)
    if rest.std() <= 1e-9 * float(np.abs(series).max()):
        return 1, 0.0
    correlations = np.correlate(rest, rest, "full")[rows - 1 : rows + most]
    correlations = correlations / correlations[0]
    spread = np.sqrt((1 + 2 * np.concatenate([[0], np.cumsum(correlations[1:-1] ** 2)])) / rows)
    clear = correlations[1:] > 1.645 * spread
    if calendar:
        season = calendar if clear[calendar - 1] else 1
        return season, float(correlations[calendar])
    below = np.flatnonzero(correlations < 0)
    if not len(below) or below[0] >= most:
        return 1, 0.0
    lag = int(below[0] + correlations[below[0] :].argmax())
    is_peak = lag < most and correlations[lag] > _STRONG and clear[lag - 1]
    return lag if is_peak else 1, float(correlations[lag])


def _without_trend(series: NDArray[np.float64], season: int) -> NDArray[np.float64]:
    """Subtract a straight line, or the moving mean over a known season."""
    places = np.arange(len(series))
    if season < 2:
        rest: NDArray[np.float64] = series - np.polyval(np.polyfit(places, series, 1), places)
        return rest
    width = season + 1 - season % 2
    padded = np.pad(series, width // 2, mode="edge")
    rest = series - np.convolve(padded, np.full(width, 1 / width), "valid")
    return np.asarray(rest - rest.mean())
