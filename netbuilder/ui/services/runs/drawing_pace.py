"""How often what a run says is drawn: less often than it is heard. No Qt here.

Painting takes processor time that the training needs, and words want to be read. After some
seconds another part of a second changes little in a curve.
"""

from __future__ import annotations

CURVES_SECONDS = 0.1
LATER_CURVES_SECONDS = 0.25
LATER_SECONDS = 4.0
WORDS_SECONDS = 0.25


class DrawingPace:
    """Says when curves that have grown, and words about them, are due. Times in seconds."""

    def __init__(self) -> None:
        self.grown = False
        self._began = self._drawn = self._worded = 0.0

    def begin(self, now: float) -> None:
        """A run takes its first step."""
        self._began = now

    def curves_due(self, now: float) -> bool:
        """Whether to draw the curves now; counts as drawn."""
        later = now - self._began > LATER_SECONDS
        wait = LATER_CURVES_SECONDS if later else CURVES_SECONDS
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
