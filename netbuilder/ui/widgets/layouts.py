"""Create layouts, and widgets with properties, in one expression.

An item of a layout is a widget, a layout, a number of pixels, ``STRETCH``, ``(item, stretch)`` or
``(item, stretch, alignment)``, see ``QBoxLayout.addWidget``.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from typing import Any, Final, TypeVar

from PySide6.QtCore import QObject, QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import (
    QBoxLayout,
    QGridLayout,
    QHBoxLayout,
    QLayout,
    QLayoutItem,
    QVBoxLayout,
    QWidget,
)

from netbuilder.ui.style import theme

STRETCH: Final = "stretch"
_Box = TypeVar("_Box", bound=QBoxLayout)
_Object = TypeVar("_Object", bound=QObject)
Margins = int | tuple[int, int, int, int]  # all sides, or left, top, right, bottom


def hbox(
    *items: Any,
    parent: QWidget | None = None,
    margins: Margins | None = None,
    spacing: int | None = None,
) -> QHBoxLayout:
    """Lay out items from left to right, in ``parent`` if given."""
    return _filled(QHBoxLayout(), items, parent, margins, spacing)


def vbox(
    *items: Any,
    parent: QWidget | None = None,
    margins: Margins | None = None,
    spacing: int | None = None,
) -> QVBoxLayout:
    """Lay out items from top to bottom, in ``parent`` if given."""
    return _filled(QVBoxLayout(), items, parent, margins, spacing)


def grid_of(parent: QWidget | None = None, labels: int | None = None) -> QGridLayout:
    """Return an empty grid; ``labels``: of a form, the least width of its first column."""
    grid = QGridLayout(parent)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setSpacing(theme.ROW_GAP)
    if labels is not None:
        grid.setColumnMinimumWidth(0, labels)
        grid.setColumnStretch(1, 1)
    return grid


def flow(
    *widgets: QWidget, parent: QWidget | None = None, spacing: int = theme.ROW_GAP
) -> FlowLayout:
    """Lay out widgets from left to right in wrapping lines."""
    layout = FlowLayout(parent, spacing)
    for widget in widgets:
        layout.addWidget(widget)
    return layout


#: Properties that only the stylesheet reads.
_STYLED = frozenset({"close", "marked", "opened", "quiet", "role", "small"})


def prepared(item: _Object, **properties: Any) -> _Object:
    """Set properties of a widget or action: Qt's, such as ``toolTip``, or the stylesheet's."""
    for name, value in properties.items():
        known = item.setProperty(name, value)
        assert known or name in _STYLED, name
    return item


def dispose(widget: QWidget) -> None:
    """Hide a widget now, and delete it after the current event."""
    widget.hide()
    widget.deleteLater()


def polish_again(widget: QWidget) -> None:
    """Apply the stylesheet's rules for a changed property."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def _filled(
    box: _Box,
    items: Iterable[Any],
    parent: QWidget | None,
    margins: Margins | None,
    spacing: int | None,
) -> _Box:
    if parent is not None:
        parent.setLayout(box)
        margins = theme.PAGE_MARGIN if margins is None else margins
    sides = (margins or 0,) * 4 if isinstance(margins, int | None) else margins
    gap = theme.ROW_GAP if spacing is None else spacing
    assert {*sides, gap}.issubset(theme.GRID), (sides, gap)
    box.setContentsMargins(*sides)
    box.setSpacing(gap)
    for item in items:
        content, *options = item if isinstance(item, tuple) else (item,)
        if content is STRETCH:
            box.addStretch(*(options or [1]))
        elif isinstance(content, int):
            box.addSpacing(content)
        elif isinstance(content, QLayout):
            box.addLayout(content, *options)
        else:
            box.addWidget(content, *options)
    return box


class FlowLayout(QLayout):
    """Lays out widgets like words in a paragraph."""

    def __init__(self, parent: QWidget | None = None, spacing: int = theme.ROW_GAP) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self._heights: dict[int, int] = {}  # by width, until invalidated
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(spacing)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def invalidate(self) -> None:
        self._heights.clear()
        super().invalidate()

    def heightForWidth(self, width: int) -> int:
        height = self._heights.get(width)
        if height is None:
            height = self._heights[width] = self._arrange(QRect(0, 0, width, 0), move=False)
        return height

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._arrange(rect, move=True)

    def sizeHint(self) -> QSize:
        sizes = [item.sizeHint() for item in self._visible()]
        width = sum(size.width() for size in sizes) + self.spacing() * max(len(sizes) - 1, 0)
        return QSize(width, max((size.height() for size in sizes), default=0))

    def minimumSize(self) -> QSize:
        sizes = (item.minimumSize() for item in self._visible())
        return reduce(QSize.expandedTo, sizes, QSize(0, 0))

    def _visible(self) -> list[QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]

    def _arrange(self, rect: QRect, *, move: bool) -> int:
        """Compute the height and, with ``move``, place the items."""
        x, y = 0, 0
        line: list[tuple[QLayoutItem, int, QSize]] = []

        def end_line() -> int:
            height = max((size.height() for _item, _x, size in line), default=0)
            if move:
                for item, left, size in line:
                    middle = (height - size.height()) // 2
                    item.setGeometry(QRect(rect.topLeft() + QPoint(left, y + middle), size))
            line.clear()
            return height

        for item in self._visible():
            size = item.sizeHint().boundedTo(item.maximumSize())
            size.setWidth(min(size.width(), max(rect.width(), item.minimumSize().width())))
            if item.hasHeightForWidth():
                size.setHeight(item.heightForWidth(size.width()))
            if line and x + size.width() > rect.width():
                y += end_line() + self.spacing()
                x = 0
            line.append((item, x, size))
            x += size.width() + self.spacing()
        return y + end_line()
