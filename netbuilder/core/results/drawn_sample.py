"""A drawing, prepared like the pictures of a data set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.data_facts import Shape

Array = NDArray[Any]


def prepare_drawing(
    ink: Array, shape: Shape, top: float, *, low: float = 0.0, dark_ink: bool = False
) -> Array:
    """Return a drawing as a raw sample, float32 ``shape``.

    8×8 as scikit-learn's digits (Alpaydin and Kaynak, 1998: fitted into 32×32, 4×4 blocks counted),
    28×28 as MNIST (LeCun et al., 1998: fitted into 20×20, centred by mass), else scaled as drawn.

    Args:
        ink: float (side, side), 1 where the pen was.
        shape: (height, width, channels).
        top: highest pixel value (16 in scikit-learn's digits, 255 in most files).
        low: lowest pixel value.
        dark_ink: whether the pictures are dark on bright.

    Raises:
        DataError: nothing was drawn.
    """
    ink = np.clip(np.asarray(ink, np.float64), 0.0, 1.0)
    if not (ink > 0.1).any():
        raise data_error("nothing_drawn")
    height, width = int(shape[0] or 1), int(shape[1] or 1)
    if (height, width) == (8, 8):
        page = (_fitted(ink, 32, 32) > 0.5).astype(np.float64)
        small = page.reshape(8, 4, 8, 4).sum(axis=(1, 3)) / 16.0
    elif (height, width) == (28, 28):
        small = _centred(_fitted(ink, 20, 20), 28)
    else:
        small = _resized(ink, height, width)
    if dark_ink:
        small = 1.0 - small
    channels = int(shape[2] or 1) if len(shape) > 2 else 1
    pixels = np.repeat((low + small * (top - low))[:, :, None], channels, axis=2)
    return np.asarray(pixels, np.float32).reshape([size or 1 for size in shape])


def _resized(ink: Array, height: int, width: int) -> Array:
    from PIL import Image

    picture = Image.fromarray((ink * 255).astype(np.uint8))
    small = picture.resize((max(width, 1), max(height, 1)), Image.Resampling.BOX)
    return np.asarray(small, np.float64) / 255.0


def _fitted(ink: Array, height: int, width: int) -> Array:
    """Return the ink as large as fits, centred, with its proportions."""
    rows, columns = np.flatnonzero(ink.max(axis=1) > 0.1), np.flatnonzero(ink.max(axis=0) > 0.1)
    cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = min(height / cut.shape[0], width / cut.shape[1])
    size = (max(1, round(cut.shape[0] * scale)), max(1, round(cut.shape[1] * scale)))
    small = _resized(cut, min(size[0], height), min(size[1], width))
    page = np.zeros((height, width))
    top, left = (height - small.shape[0]) // 2, (width - small.shape[1]) // 2
    page[top : top + small.shape[0], left : left + small.shape[1]] = small
    return page


def _centred(picture: Array, side: int) -> Array:
    height, width = picture.shape
    mass = picture.sum()
    y = float((picture.sum(axis=1) * (np.arange(height) + 0.5)).sum() / mass)
    x = float((picture.sum(axis=0) * (np.arange(width) + 0.5)).sum() / mass)
    top = int(np.clip(round(side / 2 - y), 0, side - height))
    left = int(np.clip(round(side / 2 - x), 0, side - width))
    page = np.zeros((side, side))
    page[top : top + height, left : left + width] = picture
    return page


def picture_style(picture: Array, value_range: Sequence[float] = ()) -> tuple[float, float, bool]:
    """Return lowest and highest pixel value, and whether ink is dark, judged by the edges of a
    sample. ``value_range``: of the set; empty: taken from the sample."""
    values = np.asarray(picture, np.float64)
    if len(value_range) == 2 and value_range[0] < value_range[1]:
        low, top = float(value_range[0]), float(value_range[1])
    else:
        most = float(values.max())
        low, top = 0.0, 1.0 if most <= 1 else 16.0 if most <= 16 else 255.0
    edge = np.concatenate([values[0].ravel(), values[-1].ravel()])
    return low, top, bool(np.median(edge) > (low + top) / 2)
