"""How large the window is at first: as designed, or what the screen has room for."""

from __future__ import annotations

from PySide6.QtCore import QMargins, QRect, QSize
from PySide6.QtWidgets import QMainWindow, QStyle

DESIGNED = QSize(1366, 768)


def fitting_rectangle(available: QRect, frame: QMargins, wanted: QSize = DESIGNED) -> QRect:
    """The window's own rectangle, without frame, in the middle of what is free of the screen.

    Args:
        available: the screen without task bars.
        frame: what title bar and borders add at each side.
        wanted: the size where there is room.
    """
    room = available.marginsRemoved(frame)
    size = wanted.boundedTo(room.size())
    place = QRect(room.topLeft(), size)
    place.moveCenter(room.center())
    # Of an even number of pixels the middle lies half a pixel off, beyond the room.
    place.moveLeft(max(place.left(), room.left()))
    place.moveTop(max(place.top(), room.top()))
    return place


def fit_window(window: QMainWindow) -> None:
    """Give a window that was never moved its first size and place."""
    screen = window.screen()
    if screen is None:
        window.resize(DESIGNED)
        return
    # A window that was not shown yet has no frame to measure: the style says how high titles are.
    title = window.style().pixelMetric(QStyle.PixelMetric.PM_TitleBarHeight, None, window)
    border = window.style().pixelMetric(QStyle.PixelMetric.PM_MdiSubWindowFrameWidth, None, window)
    window.setGeometry(
        fitting_rectangle(
            screen.availableGeometry(), QMargins(border, title + border, border, border)
        )
    )
