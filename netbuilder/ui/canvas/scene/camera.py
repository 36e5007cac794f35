"""The camera: the visible part of the canvas and its scale. Pure values and functions."""

from __future__ import annotations

from dataclasses import dataclass, replace

from netbuilder.core.project.model import Point
from netbuilder.ui.canvas.scene.spatial_index import Box

SMALLEST, LARGEST = 0.05, 4.0
READABLE = 0.8  # the least automatic scale
_MARGIN = 30.0  # pixels before the first card
_ABOVE = 36.0  # on the canvas, for a preview above the first card
MARGIN = 28.0  # around a fitted box
STEP = 1.2  # one notch of the wheel, one press of Ctrl +


@dataclass(frozen=True)
class Camera:
    """``screen = world * scale + (x, y)``, in device-independent pixels of the viewport."""

    scale: float = 1.0
    x: float = 0.0
    y: float = 0.0

    def to_world(self, x: float, y: float) -> Point:
        return ((x - self.x) / self.scale, (y - self.y) / self.scale)

    def to_screen(self, x: float, y: float) -> Point:
        return (x * self.scale + self.x, y * self.scale + self.y)

    def seen(self, width: float, height: float, margin: float = 0.0) -> Box:
        """Return the box of the canvas that a viewport and ``margin`` pixels around it show."""
        left, top = self.to_world(-margin, -margin)
        right, bottom = self.to_world(width + margin, height + margin)
        return (left, top, right, bottom)

    def moved(self, dx: float, dy: float) -> Camera:
        return replace(self, x=self.x + dx, y=self.y + dy)

    def zoomed(self, scale: float, x: float, y: float) -> Camera:
        """Return the camera at another scale with the point ``(x, y)`` of the screen fixed."""
        scale = max(SMALLEST, min(LARGEST, scale))
        wx, wy = self.to_world(x, y)
        return Camera(scale, x - wx * scale, y - wy * scale)


def camera_to_fit(
    box: Box,
    width: float,
    height: float,
    margin: float = MARGIN,
    largest: float = 1.0,
    smallest: float = SMALLEST,
) -> Camera:
    """Return the camera that centres a box, or shows its beginning if too large at ``smallest``."""
    left, top, right, bottom = box
    scale = min(
        largest,
        max(width - 2 * margin, 40.0) / max(right - left, 1.0),
        max(height - 2 * margin, 40.0) / max(bottom - top, 1.0),
    )
    scale = max(smallest, scale)
    return Camera(
        scale, _start(left, right, scale, width, margin), _start(top, bottom, scale, height, margin)
    )


def _start(low: float, high: float, scale: float, length: float, margin: float) -> float:
    """Return the offset that centres a range, or shows its beginning if it does not fit."""
    if (high - low) * scale > length - margin:
        return margin - low * scale
    return (length - (low + high) * scale) / 2


def camera_to_open(
    box: Box, width: float, height: float, horizontal: bool, largest: float = 1.0
) -> Camera:
    """Return the camera for an opened network.

    A network that fits is shown at the top, left of the middle, with space for previews and
    problems on the right; a larger one from its beginning.
    """
    left, top, right, bottom = box
    readable = READABLE * largest
    fitted = camera_to_fit(box, width, height, largest=largest)
    if fitted.scale >= readable:
        if horizontal:
            return fitted
        aside = max(0.0, fitted.x + left * fitted.scale - _MARGIN)
        spare = height - (bottom - top) * fitted.scale
        above = max(_MARGIN, _ABOVE * fitted.scale)
        y = min(above, max(spare - MARGIN / 2, spare / 2)) - top * fitted.scale
        return Camera(fitted.scale, fitted.x - min(60.0, aside), y)
    if horizontal:
        y = _start(top, bottom, readable, height, _MARGIN)
        return Camera(readable, _MARGIN - left * readable, y)
    x = _start(left, right, readable, width, _MARGIN)
    return Camera(readable, x, max(_MARGIN, _ABOVE * readable) - top * readable)


def camera_to_show(
    camera: Camera, box: Box, width: float, height: float, margin: float = 24.0
) -> Camera:
    """Return the camera moved as little as needed to show a box."""
    left, top = camera.to_screen(box[0], box[1])
    right, bottom = camera.to_screen(box[2], box[3])
    dx = _inside(left, right, width, margin)
    dy = _inside(top, bottom, height, margin)
    return camera.moved(dx, dy) if dx or dy else camera


def _inside(start: float, end: float, length: float, margin: float) -> float:
    if end - start > length - 2 * margin:
        return margin - start
    if start < margin:
        return margin - start
    if end > length - margin:
        return length - margin - end
    return 0.0
