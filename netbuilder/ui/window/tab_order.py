"""The way of the Tab key: as the eye goes, whenever and in whatever order widgets were made.

Qt walks through widgets as they were made; forms that are made when data or a layer is known would
come after what stands below them.
"""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMainWindow, QStatusBar, QToolBar, QWidget

_CHILDREN = Qt.FindChildOption.FindDirectChildrenOnly


def tab_stops(window: QMainWindow) -> list[QWidget]:
    """All that takes the keyboard by Tab: bar, then the columns from left to right."""
    return [stop for part in _parts(window) for stop in _within(part)]


def neighbour_stop(window: QMainWindow, now: QWidget, *, forward: bool) -> QWidget | None:
    """What comes after, or before, ``now``; None where ``now`` is none of the stops."""
    found = tab_stops(window)
    at = next((n for n, stop in enumerate(found) if stop is now or stop.focusProxy() is now), None)
    if at is None:
        return None
    return found[(at + (1 if forward else -1)) % len(found)]


def _parts(window: QMainWindow) -> list[QWidget]:
    bars = window.findChildren(QToolBar, options=_CHILDREN)
    status = window.findChildren(QStatusBar, options=_CHILDREN)
    return [one for one in (*bars, window.centralWidget(), *status) if one and _shown(one)]


def _shown(widget: QWidget) -> bool:
    return widget.isVisible() and not widget.isWindow()


def _within(widget: QWidget) -> Iterator[QWidget]:
    tab = Qt.FocusPolicy.TabFocus
    takes = (widget.focusPolicy() & tab) == tab and widget.focusProxy() is None
    if takes and widget.isEnabled():
        yield widget
    for child in _as_read(
        [one for one in widget.findChildren(QWidget, options=_CHILDREN) if _shown(one)]
    ):
        yield from _within(child)


def _as_read(widgets: list[QWidget]) -> list[QWidget]:
    """Siblings in rows from top to bottom, each row from left to right."""
    rows: list[list[QWidget]] = []
    for one in sorted(widgets, key=lambda widget: (widget.y(), widget.x())):
        last = rows[-1] if rows else None
        if last is not None and any(_same_row(one, other) for other in last):
            last.append(one)
        else:
            rows.append([one])
    return [one for row in rows for one in sorted(row, key=lambda widget: widget.x())]


def _same_row(one: QWidget, other: QWidget) -> bool:
    shared = min(one.geometry().bottom(), other.geometry().bottom()) - max(one.y(), other.y())
    return shared > min(one.height(), other.height()) / 2
