"""Widgets that are operated by Enter and the arrow keys: cards and dialogs."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QFrame,
    QPushButton,
    QScrollArea,
    QToolButton,
    QWidget,
)

from netbuilder.ui.widgets.accessible_roles import Role, set_accessible_role

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
#: The (right, down) direction of arrow keys.
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


def press_focused_button(event: QKeyEvent) -> bool:
    """Press the focused button on Enter, which Qt ignores; return whether there was one."""
    button = QApplication.focusWidget()
    if event.key() not in _ENTER or not isinstance(button, QPushButton | QToolButton):
        return False
    if not event.isAutoRepeat():
        button.click()
    return True


class Dialog(QDialog):
    """A dialog in which Enter presses the focused button, not the default button."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not press_focused_button(event):
            super().keyPressEvent(event)


class ClickableCard(QFrame):
    """A card that emits ``chosen`` on a click, Enter or Space."""

    chosen = Signal()

    def __init__(self, title: str, description: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setProperty("chosen", False)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(title)
        self.setAccessibleDescription(description)
        set_accessible_role(self, Role.Button, self.choose)

    def choose(self) -> None:
        self.chosen.emit()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        inside = self.rect().contains(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and inside:
            self.choose()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (*_ENTER, Qt.Key.Key_Space):
            self.choose()
        elif event.key() in _ARROWS:
            self._go(*_ARROWS[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def _go(self, right: int, down: int) -> None:
        page = self.parentWidget()
        if page is None:
            return
        center, candidates = self.geometry().center(), []
        for card in page.findChildren(ClickableCard):
            away: QPoint = card.mapTo(page, card.rect().center()) - center
            along = away.x() * right + away.y() * down
            across = abs(away.x() * down) + abs(away.y() * right)
            beside = across < (card.width() + self.width() if down else card.height()) // 2
            if card.isVisible() and along > 0 and beside:
                candidates.append((along, across, card))
        if not candidates:
            return
        card = min(candidates, key=lambda candidate: candidate[:2])[2]
        card.setFocus(Qt.FocusReason.OtherFocusReason)
        above = card.parentWidget()
        while above is not None:
            if isinstance(above, QScrollArea):
                above.ensureWidgetVisible(card, 0, 40)
            above = above.parentWidget()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._mark(True)
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._mark(False)
        super().focusOutEvent(event)

    def _mark(self, on: bool) -> None:
        self.setProperty("chosen", on)
        self.style().unpolish(self)
        self.style().polish(self)
