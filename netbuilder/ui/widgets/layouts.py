"""Widgets in a row or in a column, said in one expression: what stands there, in its order.

An item is a widget, a layout, a number of pixels, ``STRETCH`` or ``(item, stretch)``, which may
end in an alignment as in ``QBoxLayout.addWidget``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, TypeVar

from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLayout, QVBoxLayout, QWidget

from netbuilder.ui.widgets.flow_layout import FlowLayout

STRETCH: Final = "stretch"
_Box = TypeVar("_Box", bound=QBoxLayout)
Margins = int | tuple[int, int, int, int]  # one of all four sides, or left, top, right, bottom


def hbox(
    *items: Any,
    parent: QWidget | None = None,
    margins: Margins | None = None,
    spacing: int | None = None,
) -> QHBoxLayout:
    """Items from left to right; they fill ``parent`` where it is given."""
    return _filled(QHBoxLayout(), items, parent, margins, spacing)


def vbox(
    *items: Any,
    parent: QWidget | None = None,
    margins: Margins | None = None,
    spacing: int | None = None,
) -> QVBoxLayout:
    """Items from top to bottom; they fill ``parent`` where it is given."""
    return _filled(QVBoxLayout(), items, parent, margins, spacing)


def flow(*widgets: QWidget, parent: QWidget | None = None, spacing: int = 6) -> FlowLayout:
    """Widgets from left to right, which go on in the next line where the room ends."""
    layout = FlowLayout(parent, spacing)
    for widget in widgets:
        layout.addWidget(widget)
    return layout


def _filled(
    box: _Box,
    items: Iterable[Any],
    parent: QWidget | None,
    margins: Margins | None,
    spacing: int | None,
) -> _Box:
    if parent is not None:
        parent.setLayout(box)
    if margins is not None:
        box.setContentsMargins(*((margins,) * 4 if isinstance(margins, int) else margins))
    if spacing is not None:
        box.setSpacing(spacing)
    for item in items:
        thing, *how = item if isinstance(item, tuple) else (item,)
        if thing is STRETCH:
            box.addStretch(*(how or [1]))
        elif isinstance(thing, int):
            box.addSpacing(thing)
        elif isinstance(thing, QLayout):
            box.addLayout(thing, *how)
        else:
            box.addWidget(thing, *how)
    return box
