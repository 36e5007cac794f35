"""How often what a run says is drawn: less often than it is heard. No Qt here.

Painting takes processor time that the training needs, and words want to be read. After some
seconds another part of a second changes little in a curve.
"""

from __future__ import annotations

CURVES_SECONDS = 0.1
LATER_CURVES_SECONDS = 0.25
LATER_SECONDS = 4.0
WORDS_SECONDS = 0.25

#: What of a core the window may take while a network trains, all views together, before those that
#: may wait are drawn more seldom; how often that is looked at; and how much more seldom at most.
WINDOW_SHARE = 0.04
LOOK_SECONDS = 0.5
MOST_STRETCH = 4.0


class RedrawThrottle:
    """Says when curves that have grown, and words about them, are due. Times in seconds."""

    def __init__(self) -> None:
        self.grown = False
        self._began = self._drawn = self._worded = 0.0

    def begin(self, now: float) -> None:
        """A run takes its first step."""
        self._began = now

    def curves_due(self, now: float, stretch: float = 1.0) -> bool:
        """Whether to draw the curves now; counts as drawn. ``stretch``: how many times more seldom
        than they would like views are drawn."""
        later = now - self._began > LATER_SECONDS
        wait = LATER_CURVES_SECONDS if later else CURVES_SECONDS
        wait = min(wait * stretch, LATER_CURVES_SECONDS)
        if not self.grown or now - self._drawn <= wait:
            return False
        self._drawn, self.grown = now, False
        return True

    def words_due(self, now: float) -> bool:
        """Whether to say anew where the run is; counts as said."""
        if now - self._worded <= WORDS_SECONDS:
            return False
        self._worded = now
        return True


class ViewThrottle:
    """How many times more seldom than they would like views are drawn.

    On a quick machine with one view open it stays 1. It is found by following: of what the window
    takes only a part goes with the views.
    """

    def __init__(self) -> None:
        self.times = 1.0
        self._since: tuple[float, float] | None = None

    def begin(self) -> None:
        """A run begins: what was found in the one before is a good guess."""
        self._since = None

    def look(self, now: float, busy: float) -> bool:
        """Whether ``times`` is another by now.

        Args:
            now: seconds, by the clock.
            busy: processor seconds that the window's thread has taken.
        """
        if self._since is None:
            self._since = now, busy
            return False
        passed = now - self._since[0]
        if passed < LOOK_SECONDS:
            return False
        share = (busy - self._since[1]) / passed / WINDOW_SHARE
        self._since = now, busy
        before = self.times
        self.times = min(max(before * min(max(share, 0.7), 1.5), 1.0), MOST_STRETCH)
        return self.times != before
