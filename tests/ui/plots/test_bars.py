"""Bars, and the matrix: what they say stays readable."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.plots.bars import BarList
from netbuilder.ui.plots.confusion_matrix import HeatMap
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.corner_menu import CornerMenu


def test_the_menu_lies_over_no_number(qtbot: QtBot) -> None:
    bars = BarList()
    qtbot.addWidget(bars)
    bars.resize(300, 60)
    bars.show_rows([("setosa", 1.0, ">99.99%"), ("other", 0.0, "0%")], top=1.0)
    bars.show()
    qtbot.waitExposed(bars)
    image, panel = bars.grab().toImage(), QColor(theme.colors().panel)
    menu = bars.menu.geometry()
    seen = {
        image.pixelColor(x, y).name()
        for x in range(menu.left(), menu.right())
        for y in range(menu.top(), min(menu.bottom(), bars.height()))
    }
    assert len(seen) == 1, (seen, panel.name())


def test_a_tab_gives_the_keyboard_to_no_corner_menu(
    open_window: Callable[..., MainWindow], qtbot: QtBot
) -> None:
    window = open_window(keras=False)
    for name in window.docks.pages:
        window.docks.show_panel(name)
        assert not isinstance(window.focusWidget(), CornerMenu), name


def test_names_of_columns_stand_upright_where_there_is_no_room(qtbot: QtBot) -> None:
    heat = HeatMap()
    qtbot.addWidget(heat)
    names = tuple(f"kind number {one}" for one in range(31))
    heat.resize(440, 10)
    heat.show_matrix(np.eye(31, dtype=int) * 3, names)
    heat.resize(440, heat.sizeHint().height())
    _left, top, wide, high = heat.grid()
    assert high >= heat.fontMetrics().height() - 1, "names of rows lie over each other"
    assert wide < heat.fontMetrics().horizontalAdvance(names[0])
    image = heat.grab().toImage()
    below = heat.fontMetrics().height() + 6
    ink = {
        image.pixelColor(x, y).name() for x in range(200, 430) for y in range(below, int(top) - 6)
    }
    assert len(ink) > 1, "no name stands above the columns"
    heat.resize(4400, heat.height())
    assert not heat.upright
