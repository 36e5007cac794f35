"""Scroll positions and view options of a page, to restore in another page of the same structure."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QScrollBar,
    QSpinBox,
    QSplitter,
    QTabBar,
    QWidget,
)

#: The way to a widget: class names, each with its number among the siblings of that class.
WidgetPath = tuple[tuple[str, int], ...]
ViewOptions = dict[WidgetPath, Any]
_SECONDS = 5.0  # a page that is computed may take this long to become tall enough


def view_options(page: QWidget) -> ViewOptions:
    """Return the scroll positions, chosen tabs, options and sizes in a page."""
    values = ((path, _value(widget)) for path, widget in _descendants(page))
    return {path: value for path, value in values if value is not None}


def restore_view_options(page: QWidget, options: ViewOptions) -> None:
    """Restore the result of ``view_options``; widgets that do not exist are skipped."""
    for path, widget in list(_descendants(page)):
        value = options.get(path)
        if value is None or value == _value(widget):
            continue
        if isinstance(widget, QScrollBar):
            _scroll(widget, value)
        elif isinstance(widget, QComboBox | QTabBar):
            if value < widget.count():
                widget.setCurrentIndex(value)
        elif isinstance(widget, QAbstractButton):
            widget.setChecked(value)
        elif isinstance(widget, QSpinBox):
            widget.setValue(value)
        elif isinstance(widget, QSplitter):
            widget.setSizes(value)


def _value(widget: QWidget) -> Any:
    if isinstance(widget, QComboBox | QTabBar):
        return widget.currentIndex()
    if isinstance(widget, QAbstractButton):
        return widget.isChecked() if widget.isCheckable() else None
    if isinstance(widget, QScrollBar | QSpinBox):
        return widget.value()
    return widget.sizes() if isinstance(widget, QSplitter) else None


def _descendants(widget: QWidget, path: WidgetPath = ()) -> Iterator[tuple[WidgetPath, QWidget]]:
    numbers = Counter[str]()
    for child in widget.children():
        if isinstance(child, QWidget) and not child.isWindow():
            name = type(child).__name__
            numbers[name] += 1
            child_path = (*path, (name, numbers[name]))
            yield child_path, child
            yield from _descendants(child, child_path)


def _scroll(bar: QScrollBar, value: int) -> None:
    until = time.monotonic() + _SECONDS

    def reach() -> None:
        if bar.maximum() >= value or time.monotonic() > until:
            bar.rangeChanged.disconnect(connection)
            bar.setValue(value)

    connection = bar.rangeChanged.connect(reach)
    reach()
