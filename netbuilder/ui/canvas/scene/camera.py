"""What part of the canvas is seen, and how large. Pure values and functions."""

from __future__ import annotations

from dataclasses import dataclass, replace

from netbuilder.core.project.model import Point
from netbuilder.ui.canvas.scene.spatial_index import Box

SMALLEST, LARGEST = 0.05, 4.0
_LEAST_WHOLE = 0.6  # a network that would have to be smaller to be seen whole is not shown whole
_LEAST_WIDE = 0.4  # nor is one that is too wide, though no card is cut off down to this scale
_MARGIN = 27.0
MARGIN = 28.0  # around what is fitted in
STEP = 1.2  # one notch of the wheel, one press of Ctrl +


@dataclass(frozen=True)
class Camera:
    """``screen = world * scale + (x, y)``, in device-independent pixels of the viewport."""

    scale: float = 1.0
    x: float = 0.0
    y: float = 0.0

    def to_world(self, x: float, y: float) -> Point:
        """A place on the canvas of a place on the screen."""
        return ((x - self.x) / self.scale, (y - self.y) / self.scale)

    def to_screen(self, x: float, y: float) -> Point:
        """A place on the screen of a place on the canvas."""
        return (x * self.scale + self.x, y * self.scale + self.y)

    def seen(self, width: float, height: float, margin: float = 0.0) -> Box:
        """The part of the canvas that a viewport shows, and ``margin`` pixels around it."""
        left, top = self.to_world(-margin, -margin)
        right, bottom = self.to_world(width + margin, height + margin)
        return (left, top, right, bottom)

    def moved(self, dx: float, dy: float) -> Camera:
        """Moved by pixels on the screen."""
        return replace(self, x=self.x + dx, y=self.y + dy)

    def zoomed(self, scale: float, x: float, y: float) -> Camera:
        """At another scale, with the place under the screen's ``(x, y)`` kept there."""
        scale = max(SMALLEST, min(LARGEST, scale))
        wx, wy = self.to_world(x, y)
        return Camera(scale, x - wx * scale, y - wy * scale)


def camera_to_fit(
    box: Box, width: float, height: float, margin: float = MARGIN, largest: float = 1.0
) -> Camera:
    """The camera that shows a part of the canvas whole, centred, not larger than ``largest``."""
    left, top, right, bottom = box
    scale = min(
        largest,
        max(width - 2 * margin, 40.0) / max(right - left, 1.0),
        max(height - 2 * margin, 40.0) / max(bottom - top, 1.0),
    )
    scale = max(SMALLEST, scale)
    return Camera(
        scale,
        (width - (left + right) * scale) / 2,
        (height - (top + bottom) * scale) / 2,
    )


def camera_to_open(
    box: Box,
    width: float,
    height: float,
    horizontal: bool,
    readable: float,
    largest: float = 1.0,
) -> Camera:
    """The camera for a network that was just opened.

    What fits is shown whole, from the top and somewhat to the left, since problems and pictures
    stand on the right. What does not is shown from its beginning, at the scale ``readable``, or
    smaller where cards would be cut off at the sides.
    """
    left, top, right, bottom = box
    whole = camera_to_fit(box, width, height, largest=largest)
    if whole.scale >= _LEAST_WHOLE * largest:
        if horizontal:
            return whole
        aside = max(0.0, whole.x + left * whole.scale - _MARGIN)
        spare = height - (bottom - top) * whole.scale
        y = min(_MARGIN, spare / 2) - top * whole.scale
        return Camera(whole.scale, whole.x - min(60.0, aside), y)
    if horizontal:
        beside = (height - 2 * _MARGIN) / max(bottom - top, 1.0)
    else:
        beside = (width - 2 * _MARGIN) / max(right - left, 1.0)
    readable = max(min(readable, beside), min(_LEAST_WIDE, readable))
    if horizontal:
        return Camera(
            readable, _MARGIN - left * readable, height / 2 - (top + bottom) / 2 * readable
        )
    return Camera(readable, width / 2 - (left + right) / 2 * readable, _MARGIN - top * readable)


def camera_to_show(
    camera: Camera, box: Box, width: float, height: float, margin: float = 24.0
) -> Camera:
    """Moved no further than needed to bring a part of the canvas into view."""
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
