"""Which number of a layer stands at a place of a picture that ``activation_strips`` made."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from netbuilder.ui.plots.activation_strips import BARS_IN_STRIP, GAP, MAPS_IN_STRIP


def number_in_strip(
    values: NDArray[Any], size: tuple[int, int], spot: tuple[float, float], height: int, width: int
) -> tuple[int, ...] | None:
    """The number in a picture that ``strip(values, width, height)`` made; None beside them all.

    Args:
        values: what the layer gives.
        size: width and height of the picture.
        spot: a place in it.
        height, width: as they were given.
    """
    x, y = spot
    if not (0 <= x < size[0] and 0 <= y < size[1]) or values.ndim > 3:
        return None
    if values.ndim == 3:
        rows, columns, channels = values.shape
        if channels in (1, 3) and max(rows, columns) > 4:
            return _in_square((rows, columns), height, spot, 0)
        side = min(height, (width + GAP) // MAPS_IN_STRIP - GAP)
        return number_in_maps(values.shape, side, MAPS_IN_STRIP, spot)
    if values.ndim == 2:
        return _part(x, size[0], values.shape[0]), _part(y, size[1], values.shape[1])
    shown = values.size if values.size > BARS_IN_STRIP else min(values.size, BARS_IN_STRIP)
    place = _part(x, size[0], shown)
    return (place,) if values.ndim else ()


def number_in_maps(
    shape: tuple[int, ...], side: int, columns: int, spot: tuple[float, float]
) -> tuple[int, ...] | None:
    """The number in maps (height, width, maps) that ``montage`` laid side by side."""
    column, x = divmod(spot[0], side + GAP)
    row, y = divmod(spot[1], side + GAP)
    number = int(row) * columns + int(column)
    if number >= shape[2] or column >= columns or x >= side or y >= side:
        return None
    return _in_square((shape[0], shape[1]), side, (x, y), number)


def _in_square(
    shape: tuple[int, int], side: int, spot: tuple[float, float], channel: int
) -> tuple[int, ...] | None:
    """The pixel of a picture that was fitted into a square."""
    scale = min(side / shape[1], side / shape[0])
    across = (spot[0] - (side - shape[1] * scale) / 2) / scale
    down = (spot[1] - (side - shape[0] * scale) / 2) / scale
    if not (0 <= across < shape[1] and 0 <= down < shape[0]):
        return None
    return int(down), int(across), channel


def _part(at: float, whole: int, parts: int) -> int:
    return min(int(at / whole * parts), parts - 1)
