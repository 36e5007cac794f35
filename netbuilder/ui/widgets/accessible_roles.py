"""What a widget is to a screen reader, where Qt cannot know: a card that is pressed, a drawing."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from PySide6 import QtGui
from PySide6.QtCore import QObject, QPoint
from PySide6.QtGui import QAccessible, QAccessibleActionInterface, QAccessibleInterface, QCursor
from PySide6.QtWidgets import QAccessibleWidget, QFrame, QScrollArea, QToolTip, QWidget


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


Role = QAccessible.Role
_PRESS = QAccessibleActionInterface.pressAction


class _RoleInterface(QAccessibleWidget):
    """The interface of a widget in a role; what presses it is an action of it."""

    def __init__(
        self, widget: QWidget, role: QAccessible.Role, press: weakref.WeakMethod[Any] | None
    ) -> None:
        super().__init__(widget, role, "")
        self._press = press

    def actionNames(self) -> list[str]:
        return [_PRESS()] if self._press is not None else []

    def doAction(self, name: str) -> None:
        press = self._press() if self._press is not None else None
        if name == _PRESS() and press is not None:
            press()


# Qt owns the interfaces and ends them with their widgets; Python must hold them until then.
_roles: weakref.WeakKeyDictionary[Any, tuple[QAccessible.Role, weakref.WeakMethod[Any] | None]] = (
    weakref.WeakKeyDictionary()
)
_made: weakref.WeakKeyDictionary[Any, QAccessibleInterface] = weakref.WeakKeyDictionary()
_installed: list[bool] = []


def set_accessible_role(
    widget: QWidget, role: QAccessible.Role, press: Callable[[], object] | None = None
) -> None:
    """Let the widget be ``role`` to assistive technology, which may press it by a method of it."""
    _roles[widget] = (role, weakref.WeakMethod(press) if press is not None else None)
    if not _installed:
        _installed.append(True)
        QAccessible.installFactory(_make)
    if QAccessible.isActive():
        # Qt may have made one of its own when the widget got its name: it is asked for anew.
        before = QAccessible.queryAccessibleInterface(widget)
        if before is not None and not isinstance(before, _RoleInterface):
            QAccessible.deleteAccessibleInterface(QAccessible.uniqueId(before))


def make_scroll_area_accessible(widget: QWidget, name: str) -> None:
    """A part of a panel that scrolls by keys, under its name."""
    widget.setAccessibleName(name)
    set_accessible_role(widget, Role.Grouping)


def _make(_key: str, thing: QObject) -> QAccessibleInterface | None:
    if thing not in _roles:
        return None
    widget: Any = thing
    role, press = _roles[thing]
    interface = _made[thing] = _RoleInterface(widget, role, press)
    return interface


def scrolled_page(page: QWidget, name: str, parent: QWidget) -> QScrollArea:
    """Return an area in which a page scrolls where large letters need more room than there is."""
    scroll = QScrollArea(parent)
    make_scroll_area_accessible(scroll, name)
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setWidget(page)
    return scroll
