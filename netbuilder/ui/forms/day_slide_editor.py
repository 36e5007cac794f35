"""A date to try by sliding from day to day, with a field beside it to type it exactly."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from PySide6.QtWidgets import QWidget

from netbuilder.core.catalog.spec import Param
from netbuilder.ui.forms.slide_editor import SlideEditor
from netbuilder.ui.forms.text_editor import TextEditor

_FIRST = date(1970, 1, 1)


class DaySlideEditor(SlideEditor):
    """Its values are dates as ``2024-05-31``.

    ``read`` gives the days from 1970-01-01 to whatever else a person types, None where it is no
    date; once it is typed it stands there as all dates do.
    """

    field = 104

    def __init__(self, param: Param, parent: QWidget | None = None) -> None:
        super().__init__(param, parent)
        self.read = _days_of
        self.box.editingFinished.connect(self._settle)

    def _make_box(self) -> TextEditor:
        return TextEditor(self._param, self)

    def _typed(self, value: Any) -> None:
        super()._typed(self._plainly(value) or value)

    def _settle(self) -> None:
        plain = self._plainly(self.box.text())
        if plain is not None:
            self.box.show_value(plain)

    def _plainly(self, value: Any) -> str | None:
        """What was typed as a date like all; None where it is none, or has a time of day."""
        found = self.read(value) if isinstance(value, str) else None
        return self.words_of(found) if found is not None and found == int(found) else None

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
        return _days_of(str(value))


def _days_of(written: str) -> float | None:
    try:
        return float((date.fromisoformat(written) - _FIRST).days)
    except ValueError:
        return None
