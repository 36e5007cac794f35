"""Finds words that a window cuts off: what large letters break first."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QRadioButton,
    QStackedWidget,
    QTabBar,
    QTextEdit,
    QWidget,
)

from netbuilder.ui.widgets.clamped import ClampedLabel

#: Pixels that nobody misses: roundings, side bearings.
_SLACK = 3


def cut_off(top: QWidget) -> list[str]:
    """A line for each widget in ``top`` whose words are not all to be seen, or cannot be reached.

    What lies further down in a page that scrolls is reached; what sticks out at its side is not:
    nobody scrolls a form sideways. Texts that end in "…" on purpose count as cut.
    """
    found = []
    for widget in top.findChildren(QWidget):
        if not widget.isVisibleTo(top) or widget.window() is not top.window():
            continue
        for why in _complaints(widget, top):
            words = _words(widget)
            where = type(widget.parentWidget()).__name__
            found.append(f"{type(widget).__name__} in {where}: “{words[:60]}” {why}")
    return found


def _words(widget: QWidget) -> str:
    if isinstance(widget, QComboBox):
        return widget.currentText()
    if isinstance(widget, QAbstractButton | QLabel):
        return widget.text().replace("&", "").replace("\n", " ")
    return ""


def _complaints(widget: QWidget, top: QWidget) -> Iterator[str]:
    words = _words(widget)
    if not words or _of_an_editor(widget):
        return
    metrics = widget.fontMetrics()
    if isinstance(widget, QLabel) and not isinstance(widget, ClampedLabel):
        if widget.wordWrap():
            needed = widget.heightForWidth(widget.width())
            if widget.height() < needed - _SLACK:
                yield f"is {widget.height()} high and needs {needed}"
            longest = max(metrics.horizontalAdvance(word) for word in words.split())
            if longest > widget.contentsRect().width() + _SLACK:
                yield f"has a word of {longest} in {widget.width()}"
        elif "<" not in words and widget.pixmap().isNull():
            needed = metrics.horizontalAdvance(max(widget.text().split("\n"), key=len))
            if needed > widget.contentsRect().width() + _SLACK:
                yield f"is {widget.width()} wide and needs {needed}"
    if isinstance(widget, QComboBox):
        needed = metrics.horizontalAdvance(words) + 20
        if widget.width() < needed - _SLACK:
            yield f"is {widget.width()} wide and needs {needed}"
    elif isinstance(widget, QCheckBox | QRadioButton):
        if widget.width() < widget.minimumSizeHint().width() - _SLACK:
            yield f"is {widget.width()} wide and needs {widget.minimumSizeHint().width()}"
    elif isinstance(widget, QAbstractButton):
        needed = metrics.horizontalAdvance(words)
        if widget.width() < needed - _SLACK:
            yield f"is {widget.width()} wide and needs {needed}"
        if widget.height() < metrics.height() - _SLACK:
            yield f"is {widget.height()} high and needs {metrics.height()}"
    yield from _outside(widget, top)


def _of_an_editor(widget: QWidget) -> bool:
    """Whether it is a part of something that shows its own words, and scrolls them."""
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(
            parent,
            QAbstractItemView | QPlainTextEdit | QTextEdit | QLineEdit | QAbstractSpinBox | QTabBar,
        ):
            return True
        parent = parent.parentWidget()
    return False


def _outside(widget: QWidget, top: QWidget) -> Iterator[str]:
    """Complaints about a widget that sticks out of what shows it."""
    parent = widget.parentWidget()
    while parent is not None and parent is not top.parentWidget():
        at = QRect(widget.mapTo(parent, QPoint(0, 0)), widget.size())
        scrolls = isinstance(parent.parentWidget(), QAbstractScrollArea) and not isinstance(
            parent, QStackedWidget
        )
        if at.right() > parent.width() + _SLACK or at.left() < -_SLACK:
            yield f"sticks out of {type(parent).__name__} by {at.right() - parent.width()}"
            return
        if not scrolls and at.bottom() > parent.height() + _SLACK:
            yield f"sticks out below {type(parent).__name__} by {at.bottom() - parent.height()}"
            return
        if scrolls:
            return  # the area itself is looked at where its own words are
        parent = parent.parentWidget()
