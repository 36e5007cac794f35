"""The tab order by position, since Qt's depends on the order of creation."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMainWindow, QStatusBar, QToolBar, QWidget

_CHILDREN = Qt.FindChildOption.FindDirectChildrenOnly


def tab_stops(window: QMainWindow) -> list[QWidget]:
    """Return the widgets that take the keyboard by Tab: the bar, then columns left to right."""
    return [stop for part in _parts(window) for stop in _within(part)]


def neighbour_stop(window: QMainWindow, now: QWidget, *, forward: bool) -> QWidget | None:
    """Return the stop after or before ``now``; None if ``now`` is not a stop."""
    stops = tab_stops(window)
    index = next(
        (n for n, stop in enumerate(stops) if stop is now or stop.focusProxy() is now), None
    )
    if index is None:
        return None
    return stops[(index + (1 if forward else -1)) % len(stops)]


def _parts(window: QMainWindow) -> list[QWidget]:
    bars = window.findChildren(QToolBar, options=_CHILDREN)
    status = window.findChildren(QStatusBar, options=_CHILDREN)
    return [part for part in (*bars, window.centralWidget(), *status) if part and _is_shown(part)]


def _is_shown(widget: QWidget) -> bool:
    return widget.isVisible() and not widget.isWindow()


def _within(widget: QWidget) -> Iterator[QWidget]:
    tab = Qt.FocusPolicy.TabFocus
    takes = (widget.focusPolicy() & tab) == tab and widget.focusProxy() is None
    if takes and widget.isEnabled():
        yield widget
    for child in _as_read(
        [child for child in widget.findChildren(QWidget, options=_CHILDREN) if _is_shown(child)]
    ):
        yield from _within(child)


def _as_read(widgets: list[QWidget]) -> list[QWidget]:
    """Sort siblings into rows from top to bottom, each from left to right."""
    rows: list[list[QWidget]] = []
    for widget in sorted(widgets, key=lambda child: (child.y(), child.x())):
        last = rows[-1] if rows else None
        if last is not None and any(_same_row(widget, other) for other in last):
            last.append(widget)
        else:
            rows.append([widget])
    return [widget for row in rows for widget in sorted(row, key=lambda child: child.x())]


def _same_row(widget: QWidget, other: QWidget) -> bool:
    shared = min(widget.geometry().bottom(), other.geometry().bottom()) - max(widget.y(), other.y())
    return shared > min(widget.height(), other.height()) / 2
