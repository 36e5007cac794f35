"""The best of a class in letters that the last row can read."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QWidget

from netbuilder.core.grading.submission import Submission
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_number
from netbuilder.ui.widgets.keyboard_widgets import Dialog
from netbuilder.ui.widgets.layouts import STRETCH, vbox

SHOWN = 10


class HighScores(Dialog):
    """Place, name and points of the best; names can be hidden before projecting."""

    def __init__(
        self, submissions: Sequence[Submission], title: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("High scores"))
        self.resize(760, 620)
        self._names = [(row.student, row.score) for row in submissions if row.score is not None]
        heading = QLabel(
            _("High scores: {title}", title=title) if title else _("High scores"), self
        )
        self._heading = heading
        heading.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.hide_names = QCheckBox(_("Hide names"), self)
        self.hide_names.setChecked(True)
        self.hide_names.toggled.connect(self._fill)
        self._grid = QGridLayout()
        self._grid.setColumnStretch(1, 1)
        self._grid.setSpacing(24)
        vbox(heading, self._grid, STRETCH, self.hide_names, parent=self, margins=24)
        self.labels: list[tuple[QLabel, QLabel, QLabel]] = []
        for row, (_name, score) in enumerate(self._names[:SHOWN]):
            place = 1 + sum(other > score for _name, other in self._names if other is not None)
            points = format_number(round(score or 0.0, 1))
            labels = (QLabel(f"{place}.", self), QLabel(self), QLabel(points, self))
            for column, label in enumerate(labels):
                self._grid.addWidget(label, row, column)
            labels[2].setAlignment(Qt.AlignmentFlag.AlignRight)
            self.labels.append(labels)
        self._fill()

    def _fill(self) -> None:
        hidden = self.hide_names.isChecked()
        for row, labels in enumerate(self.labels):
            labels[1].setText("•••" if hidden else self._names[row][0])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Enlarge the font so that ten lines fill the window."""
        super().resizeEvent(event)
        high = max(self.height() // 24, self.fontMetrics().height())
        for label, size in (
            (self._heading, round(1.2 * high)),
            *((label, high) for labels in self.labels for label in labels),
        ):
            # A stylesheet, since setFont is lost when the window's stylesheet changes.
            label.setStyleSheet(f"font-size: {size}px;")
