"""Offsets and scales, fitted on training rows only.

They equal those of scikit-learn's ``StandardScaler`` and ``MinMaxScaler``, as plain rows for files
and Keras layers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netbuilder.core.data.recipe_options import require_choice
from netbuilder.core.i18n import noop as N_

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

SCALINGS = ("auto", "standard", "minmax", "bins", "none")
Affine = tuple[tuple[float, ...], tuple[float, ...]]
NO_SCALING: Affine = ((), ())
#: The edges of the bins of each feature, ascending, in scaled units.
Bins = tuple[tuple[float, ...], ...]
_MOST_BINS, _MOST_WIDTH = 16, 2_048


def check_scaling(name: str) -> None:
    """Raise ``DataError`` unless the scaling exists."""
    require_choice(name, SCALINGS, N_("There is no scaling '{name}'."), "scaling_unknown")


def fit_columns(
    values: NDArray[Any], scaling: str, keep: NDArray[np.bool_] | None = None
) -> Affine:
    """Return offset and scale of each entry of the last axis; scale 1 for constant features.

    ``values``: training samples, (n, ..., features); ``scaling``: "standard" (mean 0, standard
    deviation 1; also for "auto" and "bins"), "minmax" (0 to 1) or "none"; ``keep``: features that
    are not scaled (one-hot), or None.
    """
    import numpy as np

    check_scaling(scaling)
    if scaling == "none" or values.shape[-1] == 0:
        return NO_SCALING
    flat = np.asarray(values, np.float64).reshape(-1, values.shape[-1])
    if scaling == "minmax":
        offset = np.nanmin(flat, axis=0)
        scale = np.nanmax(flat, axis=0) - offset
    else:
        offset = np.nanmean(flat, axis=0)
        scale = np.nanstd(flat, axis=0)
    scale = np.where(scale > 10 * np.finfo(np.float64).eps * np.maximum(1, abs(offset)), scale, 1.0)
    if keep is not None:
        offset = np.where(keep, 0.0, offset)
        scale = np.where(keep, 1.0, scale)
    return tuple(offset.tolist()), tuple(scale.tolist())


def fit_bins(values: NDArray[Any], offset: tuple[float, ...], scale: tuple[float, ...]) -> Bins:
    """Return edges of bins that hold equally many training values of each feature.

    ``values``: training samples, (n, features), before scaling. Returns 17 edges a feature or
    fewer, and some more around frequent values; for two values or fewer the edges 0 and 1.
    """
    import numpy as np

    scaled = (np.asarray(values, np.float64) - np.asarray(offset)) / np.asarray(scale)
    return tuple(
        bin_edges(column[np.isfinite(column)], most_bins(values.shape[-1])) for column in scaled.T
    )


def most_bins(features: int) -> int:
    """Return the largest number of bins of a feature, by the number of features."""
    return max(1, min(_MOST_BINS, _MOST_WIDTH // max(1, features)))


# Scripts carry these two functions; closer edges than 1e-4 would make slopes in which float32
# loses the number.
def bin_edges(values: NDArray[Any], most: int) -> tuple[float, ...]:
    """Edges of bins with equally many values, and around a value that fills three of them; of two
    values or fewer the lowest and highest."""
    import numpy as np

    if not len(values):
        return (0.0, 1.0)
    edges = np.unique(np.quantile(values, np.linspace(0, 1, most + 1), method="lower"))
    edges = edges[np.concatenate([[True], np.diff(edges) > 1e-4])]
    if len(edges) < 3:
        low, high = float(np.min(values)), float(np.max(values))
        return (low, high if high - low > 1e-4 else low + 1.0)
    # A value so frequent (no rain, no wait) may mean something of its own: edges beside it set it
    # apart from its neighbours.
    distinct, counts = np.unique(values, return_counts=True)
    frequent = np.flatnonzero(counts * most >= 3 * len(values))
    beside = np.concatenate([frequent - 1, frequent, frequent + 1]).clip(0, len(distinct) - 1)
    edges = np.union1d(edges, distinct[beside])
    return tuple(edges[np.concatenate([[True], np.diff(edges) > 1e-4])].tolist())


def bin_weights(edges: Sequence[Sequence[float]]) -> list[NDArray[Any]]:
    """Kernel (columns, bins) and bias (bins,) of a layer that says how far a number is through
    each of its bins."""
    import numpy as np

    kernel = np.zeros((len(edges), sum(len(marks) - 1 for marks in edges)), "float32")
    bias = np.zeros(kernel.shape[1], "float32")
    at = 0
    for column, marks in enumerate(edges):
        slopes = 1 / np.diff(marks)
        kernel[column, at : at + len(slopes)] = slopes
        bias[at : at + len(slopes)] = -np.asarray(marks[:-1]) * slopes
        at += len(slopes)
    return [kernel, bias]


def bin_count(bins: Bins) -> int:
    """Return the number of bins of all features."""
    return sum(len(edges) - 1 for edges in bins)


def to_bytes(offset: tuple[float, ...], scale: tuple[float, ...]) -> Affine:
    """Convert a scaling to 0 to 1 to one to 0 to 255; none where the values are bytes."""
    if not scale:
        return NO_SCALING
    low, high = offset[0], offset[0] + scale[0]
    return NO_SCALING if (low, high) == (0.0, 255.0) else ((low,), (scale[0] / 255.0,))


def fit_whole(
    values: NDArray[Any], scaling: str, value_range: tuple[float, float] | None
) -> Affine:
    """Return one offset and scale for all values of a picture.

    "auto" and "minmax" scale ``value_range`` (or the smallest and largest training value) to
    0 to 1; "standard" gives mean 0 and standard deviation 1.
    """
    import numpy as np

    check_scaling(scaling)
    if scaling == "none":
        return NO_SCALING
    if scaling == "standard":
        mean, deviation = float(np.mean(values)), float(np.std(values))
        return (mean,), (deviation or 1.0,)
    low, high = value_range or (float(np.min(values)), float(np.max(values)))
    return (low,), (high - low or 1.0,)
