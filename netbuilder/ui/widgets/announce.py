"""What happened, said to who does not see it, and beside the widget that it is about."""

from __future__ import annotations

from PySide6 import QtGui
from PySide6.QtCore import QPoint
from PySide6.QtGui import QAccessible, QCursor
from PySide6.QtWidgets import QToolTip, QWidget


def announce(widget: QWidget, words: str) -> None:
    """Let a screen reader say it, where one runs."""
    if not words or not QAccessible.isActive():
        return
    # Announcements came with Qt 6.8; before, names and descriptions are all there is.
    announcement = getattr(QtGui, "QAccessibleAnnouncementEvent", None)
    if announcement is not None:
        QAccessible.updateAccessibility(announcement(widget, words))


def show_hint_beside(widget: QWidget, words: str) -> None:
    """Show for a moment what was done: at the mouse, or on the widget where the mouse is not."""
    place = QCursor.pos()
    if not widget.rect().contains(widget.mapFromGlobal(place)):
        place = widget.mapToGlobal(QPoint(widget.width() // 3, 4))
    QToolTip.showText(place, words, widget)
    announce(widget, words)
