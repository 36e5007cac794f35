"""Offsets and scales, fitted on training rows only.

``StandardScaler`` and ``MinMaxScaler`` of scikit-learn compute the same numbers; here they are
kept as two plain rows so that they can stand in a file and become a Keras layer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netbuilder.core.data.recipe_options import require_choice
from netbuilder.core.i18n import noop as N_

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SCALINGS = ("auto", "standard", "minmax", "none")
Affine = tuple[tuple[float, ...], tuple[float, ...]]
NO_SCALING: Affine = ((), ())


def check_scaling(name: str) -> None:
    """Raise ``DataError`` unless ``name`` is a scaling that exists."""
    require_choice(name, SCALINGS, N_("There is no scaling '{name}'."), "scaling_unknown")


def fit_columns(
    values: NDArray[Any], scaling: str, keep: NDArray[np.bool_] | None = None
) -> Affine:
    """Offset and scale of each entry of the last axis.

    Args:
        values: training samples, (n, ..., features).
        scaling: "standard" (mean 0, standard deviation 1; also "auto"), "minmax" (0 to 1) or
            "none".
        keep: features that stay as they are (0/1 features of a category), or None.

    A feature that never changes has scale 1, as in scikit-learn.
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


def to_bytes(offset: tuple[float, ...], scale: tuple[float, ...]) -> Affine:
    """A scaling to 0 to 1 made one to 0 to 255; none where the values are bytes already."""
    if not scale:
        return NO_SCALING
    low, high = offset[0], offset[0] + scale[0]
    return NO_SCALING if (low, high) == (0.0, 255.0) else ((low,), (scale[0] / 255.0,))


def fit_whole(
    values: NDArray[Any], scaling: str, value_range: tuple[float, float] | None
) -> Affine:
    """One offset and scale for all values of a picture.

    "auto" and "minmax" bring ``value_range`` (or the smallest and largest training value) to
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
