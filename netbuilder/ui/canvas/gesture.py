"""What a gesture is: one small object, from press to release, that can be cancelled by Esc.

A gesture changes nothing but what the view shows until it is released; then it makes one edit.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from netbuilder.core.project.model import Point


class Gesture:
    """One interaction. ``where`` is on the canvas, ``screen`` in pixels of the viewport."""

    cursor: Qt.CursorShape | None = None
    reaches = False  # whether the view scrolls when it comes near an edge

    @property
    def hides_words(self) -> bool:
        """Whether problems are not told while it lasts: they would lie over what it shows."""
        return False

    def move(self, where: Point, screen: Point, modifiers: Qt.KeyboardModifier) -> None:
        """The pointer moved."""

    def release(self, where: Point, screen: Point, modifiers: Qt.KeyboardModifier) -> None:
        """The button went up: do it."""

    def cancel(self) -> None:
        """Leave everything as it was before."""

    def paint(self, p: QPainter) -> None:
        """Paint what only this gesture shows; the painter is in the canvas's coordinates."""
