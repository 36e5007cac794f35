"""A date to try by sliding from day to day, with a field beside it to type it exactly."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from netbuilder.ui.forms.slide import SlideEditor
from netbuilder.ui.forms.text_editor import TextEditor

_FIRST = date(1970, 1, 1)


class DaySlideEditor(SlideEditor):
    """Its values are dates as ``2024-05-31``, or what else a person types."""

    field = 104

    def _make_box(self) -> TextEditor:
        return TextEditor(self._param, self)

    def _count(self) -> int:
        return max(int(self._high) - int(self._low), 1)

    def words_of(self, value: float) -> str:
        """The day, so many days after 1970-01-01."""
        return (_FIRST + timedelta(days=int(value))).isoformat()

    def value_at(self, place: int) -> Any:
        """The day at a place of the slider."""
        return self.words_of(int(self._low) + place)

    def _place(self, value: float) -> int:
        return min(max(int(value) - int(self._low), 0), self._steps)

    def number_of(self, value: Any) -> float | None:
        """Days from 1970-01-01 to a date; None where it cannot be read."""
        try:
            return float((date.fromisoformat(str(value)) - _FIRST).days)
        except ValueError:
            return None
