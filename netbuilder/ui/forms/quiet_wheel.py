"""The wheel scrolls a page, and changes nothing that lies under the pointer on its way."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QAbstractSlider, QAbstractSpinBox, QComboBox, QScrollBar, QWidget


class QuietWheel(QObject):
    """Lets lists, sliders and number fields turn only where they have the focus."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.Wheel:
            return False
        if isinstance(watched, QWidget) and watched.hasFocus():
            return False
        event.ignore()  # so that it goes on to what scrolls
        return True


def quieten(page: QWidget) -> None:
    """Have the wheel change nothing on a page unless it was chosen."""
    quiet = QuietWheel(page)
    for kind in (QComboBox, QAbstractSpinBox, QAbstractSlider):
        for one in page.findChildren(kind):
            if not isinstance(one, QScrollBar):
                # Else the wheel itself would give it the focus.
                one.setFocusPolicy(_without_wheel(one.focusPolicy()))
                one.installEventFilter(quiet)


def _without_wheel(policy: Qt.FocusPolicy) -> Qt.FocusPolicy:
    return Qt.FocusPolicy.StrongFocus if policy == Qt.FocusPolicy.WheelFocus else policy
