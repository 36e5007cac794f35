"""The number of a step in the row above it, with its tick."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QToolButton, QWidget

#: Pixels left and right of number and tick together: eight steps stand in one line.
_AROUND = 5


class StepButton(QToolButton):
    """Has room for its tick from the beginning: the step below would move with a new line."""

    def __init__(self, number: int, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._number, self._title = number, title
        self.setProperty("role", "quiet")
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolTip(title)
        self.show_state(done=False, undone=False)

    def show_state(self, *, done: bool, undone: bool) -> None:
        """Show whether the step is done, or came undone."""
        mark = "✓ " if done else "! " if undone else ""
        self.setText(f"{mark}{self._number}")
        state = "done" if done else "came undone" if undone else "not done yet"
        self.setAccessibleName(f"Step {self._number}, {self._title}: {state}")

    def sizeHint(self) -> QSize:
        self.ensurePolished()
        words = self.fontMetrics().horizontalAdvance(f"✓ {self._number}")
        return QSize(words + 2 * _AROUND, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()
