"""Bars, and the matrix: what they say stays readable."""

import itertools

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from netbuilder.ui.kinds.tables import CorrelationMap
from netbuilder.ui.plots.bars import BarList
from netbuilder.ui.plots.confusion_matrix import HeatMap
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.corner_menu import CornerMenu


def test_the_menu_lies_over_no_number(qtbot):
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


def test_a_tab_gives_the_keyboard_to_no_corner_menu(open_window, qtbot):
    window = open_window(keras=False)
    for name in window.docks.pages:
        window.docks.show_panel(name)
        assert not isinstance(window.focusWidget(), CornerMenu), name


def test_names_of_columns_stand_upright_where_there_is_no_room(qtbot):
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


def _contrasts(image, spot):
    """Of the letters on a cell with what is around them."""
    area = spot.toRect().adjusted(2, 2, -2, -2)
    ground = image.pixelColor(area.topLeft())
    places = (
        (x, y) for x in range(area.left(), area.right()) for y in range(area.top(), area.bottom())
    )
    return max(theme.contrast(image.pixelColor(x, y), ground) for x, y in places)


@pytest.mark.parametrize("count", [2, 3, 10])
def test_a_matrix_grows_with_its_room(qtbot, count):
    page = QWidget()
    qtbot.addWidget(page)
    page.resize(1366, 768)
    heat = HeatMap(page)
    heat.show_matrix(np.eye(count), tuple(map(str, range(count))))
    heat.resize(392, heat.sizeHint().height())
    narrow = heat.sizeHint().height()
    heat.resize(980, narrow)
    heat.resize(980, heat.sizeHint().height())
    assert narrow * (1.05 if count > 8 else 1.5) < heat.height() < 540, "it is seen whole"
    _left, _top, wide, high = heat.grid()
    assert 1.7 * high < wide < 2 * high and count * wide > 0.5 * heat.width() * (count > 8)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_numbers_are_readable_on_every_shade(qtbot, dark):
    theme.theme().force(dark)
    heat = HeatMap()
    qtbot.addWidget(heat)
    for right in (True, False):
        counts = np.diag(np.arange(1, 11) * 10)
        heat.resize(640, 640)
        heat.show_matrix(counts if right else counts[::-1], tuple("abcdefghij"))
        image, (left, top, wide, high) = heat.grab().toImage(), heat.grid()
        for row, column in np.argwhere(heat.counts):
            cell = QRectF(left + column * wide, top + row * high, wide - 1, high - 1)
            assert _contrasts(image, cell) >= 4.5, (right, row)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_bars_that_are_not_marked_stand_out_too(qtbot, dark):
    theme.theme().force(dark)
    bars = BarList()
    qtbot.addWidget(bars)
    bars.resize(300, 60)
    bars.show_rows([("a", 0.6, "60%"), ("b", 0.4, "40%")], marked="a", top=1.0)
    image, line = bars.grab().toImage(), bars.sizeHint().height() // 2
    colors = [image.pixelColor(40, line // 2 + number * line) for number in range(2)]
    panel = QColor(theme.colors().panel)
    assert min(theme.contrast(color, panel) for color in colors) >= 3.0, colors
    assert colors[0] != colors[1]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_each_correlation_is_written_where_there_is_room(qtbot, dark):
    theme.theme().force(dark)
    shown = CorrelationMap()
    qtbot.addWidget(shown)
    values = np.linspace(-1, 1, 100).reshape(10, 10)
    for width, digits in ((460, ".2f"), (340, ".1f"), (240, "")):
        shown.resize(width, 460)
        shown.show_matrix(values, tuple(f"is_one_of_many_{one}" for one in range(10)))
        numbers, (left, top, side) = shown.numbers(), shown._grid()
        assert (numbers[1] if numbers else "") == digits
        image = shown.grab().toImage()
        for row, column in np.ndindex(10, 10):
            cell = QRectF(left + column * side, top + row * side, side - 1, side - 1)
            # Small letters are painted paler than their ink.
            assert (_contrasts(image, cell) >= 2.5) == bool(digits), (row, column)
    heads = [image.copy(int(left + n * side), 0, int(side), int(top) - 4) for n in range(10)]
    assert all(one != other for one, other in itertools.combinations(heads, 2))
