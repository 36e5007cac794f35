"""The answer, pinned above everything that is asked with: always in sight, never moving."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from netbuilder.core.wording import format_percent
from netbuilder.ui.plots.bars import BarList
from netbuilder.ui.style.font_scale import initial_font_scale
from netbuilder.ui.widgets.clamped_label import ClampedLabel

if TYPE_CHECKING:
    from netbuilder.core.results.predict import Predictions

#: So many of the likeliest classes stand in the head; all of them below.
TOP = 3


class PredictionHeader(QFrame):
    """The answer, how sure it is, and the likeliest classes. Its height never changes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 10, 14, 4)
        layout.setSpacing(2)
        self.answer = ClampedLabel("", self, lines=2)
        self.answer.setProperty("role", "answer")
        self.sure = ClampedLabel("", self, lines=3)
        self._place = QWidget(self)
        inner = QVBoxLayout(self._place)
        inner.setContentsMargins(0, 0, 0, 0)
        self.bars = BarList(self._place)
        inner.addWidget(self.bars)
        for widget in (self.answer, self.sure, self._place):
            layout.addWidget(widget)

    def begin(self, classes: int, explains: bool, columns: int = 1) -> None:
        """Keep room for a network of so many classes (0: numbers, of so many ``columns``), and
        for a sentence."""
        self.ensurePolished()
        self.answer.ensurePolished()
        # A class's name and its probability in large letters take two lines of a narrow dock, and
        # several numbers with their names take them everywhere.
        rows = 2 if initial_font_scale() > 1.3 or columns > 1 else 1
        self.answer.setFixedHeight(self.answer.fontMetrics().lineSpacing() * rows + 2)
        lines = 0 if not explains else 2 if classes else 3
        self.sure.setFixedHeight(self.sure.fontMetrics().lineSpacing() * lines)
        self._place.setVisible(classes > 0)
        line = self.bars.fontMetrics().height() + 4
        self._place.setFixedHeight(min(classes, TOP) * line + 2)
        self.clear()

    def clear(self) -> None:
        """Show no answer; its place stays."""
        self.answer.setText("")
        self.sure.setText("")
        self.bars.show_rows([])

    def show_answer(self, found: Predictions) -> None:
        """Show the answer about one sample."""
        self.answer.setText(found.text(0))
        self.bars.show_rows(class_rows(found)[:TOP], marked=most_likely(found), top=1.0)


def class_rows(found: Predictions) -> list[tuple[str, float, str]]:
    """Label, probability and its words of each class, the likeliest first."""
    first = found.first
    if first.probabilities is None or not np.isfinite(first.probabilities[0]).all():
        return []
    rows = [
        (label, float(part), format_percent(float(part), 1))
        for label, part in zip(first.classes, first.probabilities[0], strict=False)
    ]
    return sorted(rows, key=lambda row: -row[1])


def most_likely(found: Predictions) -> str | None:
    """The label of the likeliest class."""
    rows = class_rows(found)
    return rows[0][0] if rows else None
