"""Margins and spacings of the pages are of one grid, and letters of one scale."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLayout, QLayoutItem, QStackedWidget, QWidget
from pytestqt.qtbot import QtBot

from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.style import theme

PAGES = ("training", "surface", "runs", "evaluate", "inside", "explain")


def layouts(item: QLayoutItem | QLayout | None) -> list[QLayout]:
    """Return a layout with those inside it."""
    if not isinstance(item, QLayout):
        return []
    return [item, *(one for n in range(item.count()) for one in layouts(item.itemAt(n)))]


@pytest.mark.parametrize("name", PAGES)
def test_the_layouts_of_a_page_are_of_the_grid(
    name: str, open_window: Callable[..., MainWindow], qtbot: QtBot
) -> None:
    window = open_window(keras=False)
    panel = window.docks.show_panel(name)
    widgets = [panel, *panel.findChildren(QWidget)]
    off = []
    for widget in widgets:
        inner = isinstance(widget, QStackedWidget) or widget.property("role") == "tasks"
        if inner or not type(widget).__module__.startswith("netbuilder"):
            continue
        for layout in layouts(widget.layout()):
            margins = layout.contentsMargins()
            sides = (margins.left(), margins.top(), margins.right(), margins.bottom())
            if {*sides, max(layout.spacing(), 0)} - set(theme.GRID):
                off.append((type(widget).__name__, sides, layout.spacing()))
    assert not off
    letters = {
        label.fontInfo().pixelSize()
        for label in panel.findChildren(QLabel)
        if label.property("role") and label.textFormat() is not Qt.TextFormat.RichText
    }
    body = window.fontInfo().pixelSize()
    allowed = [body * part for part in (1, theme.SMALL, theme.LARGE, theme.HEADLINE)]
    assert all(min(abs(size - one) for one in allowed) <= 1 for size in letters), letters
