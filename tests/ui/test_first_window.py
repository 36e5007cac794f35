"""Where a window opens and how large it is at first."""

import pytest
from PySide6.QtCore import QMargins, QRect

from netbuilder.ui.window.docks import fitting


@pytest.mark.parametrize(
    ("screen", "frame"),
    [
        (QRect(0, 0, 1366, 728), QMargins(1, 31, 1, 1)),
        (QRect(0, 25, 1280, 775), QMargins(0, 28, 0, 0)),
        (QRect(64, 0, 1024, 700), QMargins(8, 30, 8, 8)),
    ],
)
def test_the_first_window_fits_with_its_frame(screen, frame):
    place = fitting(screen, frame)
    assert screen.contains(place.marginsAdded(frame))
    assert place.height() > 600


def test_on_a_large_screen_the_window_opens_at_85_percent():
    place = fitting(QRect(0, 0, 2560, 1400), QMargins(1, 30, 1, 1))
    assert (place.width(), place.height()) == (2176, 1190)


def test_a_new_window_lies_within_its_screen(open_window):
    window = open_window(keras=False)
    screen, frame = window.screen().availableGeometry(), window.frameGeometry()
    # The offscreen screen is 800 pixels wide, which is about the least that the window takes.
    assert screen.top() <= frame.top()
    assert frame.bottom() <= screen.bottom()
