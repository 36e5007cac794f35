"""The number of a step in the row above it, with its tick."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QToolButton, QWidget

from netbuilder.core.i18n import gettext as _


class StepButton(QToolButton):
    """Has room for its tick from the beginning: the step below would move with a new line."""

    def __init__(self, number: int, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._number, self._title = number, title
        self.setProperty("role", "step")
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolTip(title)
        self.show_state(done=False, undone=False)

    def show_state(self, *, done: bool, undone: bool) -> None:
        """Show whether the step is done, or came undone."""
        mark = "✓ " if done else "! " if undone else ""
        self.setText(f"{mark}{self._number}")
        state = "done" if done else _("no longer done") if undone else _("not done")
        self.setAccessibleName(
            _(
                "Step {number}, {title}: {state}",
                number=self._number,
                title=self._title,
                state=state,
            )
        )

    def sizeHint(self) -> QSize:
        self.ensurePolished()
        letters, usual = self.fontMetrics(), super().sizeHint()
        words, widest = (letters.size(0, one).width() for one in (self.text(), f"✓ {self._number}"))
        # Qt adds two spaces to what the style wants around the words: eight steps stand in one line
        # without them.
        around = usual.width() - words - 2 * letters.horizontalAdvance(" ")
        return QSize(widest + around, usual.height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()
