"""Create layouts in one expression.

An item is a widget, a layout, a number of pixels, ``STRETCH``, ``(item, stretch)`` or
``(item, stretch, alignment)``, see ``QBoxLayout.addWidget``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, TypeVar

from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLayout, QVBoxLayout, QWidget

from netbuilder.ui.widgets.flow_layout import FlowLayout

STRETCH: Final = "stretch"
_Box = TypeVar("_Box", bound=QBoxLayout)
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


def flow(*widgets: QWidget, parent: QWidget | None = None, spacing: int = 6) -> FlowLayout:
    """Lay out widgets from left to right in wrapping lines."""
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
