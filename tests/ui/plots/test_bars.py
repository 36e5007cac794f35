"""Bars, matrix, strips and heat: what they say stays readable, in colours that differ."""

import itertools
import re
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from netbuilder.core.wording import format_probability
from netbuilder.ui.kinds.tables import CorrelationMap
from netbuilder.ui.plots.activation_strips import (
    MOST_SURFACES,
    activation_strip,
    answer_strip,
    surface_strip,
)
from netbuilder.ui.plots.bars import BarList
from netbuilder.ui.plots.colour_bar import class_color
from netbuilder.ui.plots.confusion_matrix import HeatMap
from netbuilder.ui.plots.live.layer_strips import lines_strip
from netbuilder.ui.plots.token_heat import TokenHeat
from netbuilder.ui.results.prediction_views import ClassBars
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


#: Machado, Oliveira and Fernandes (2009), deuteranopia, linear RGB.
_DEUTERANOPIA = np.array(
    [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]
)
_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)


def _seen(number: int) -> np.ndarray:
    """A class's colour in CIELAB, as a deuteranope sees it."""
    srgb = np.array(class_color(number).getRgbF()[:3])
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    xyz = _TO_XYZ @ np.clip(_DEUTERANOPIA @ linear, 0, 1) / np.array([0.95047, 1, 1.08883])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_the_first_seven_classes_differ_without_green():
    seen = [_seen(number) for number in range(7)]
    for number, one in enumerate(seen):
        for other in seen[:number]:
            assert np.linalg.norm(one - other) > 15


def test_a_sign_says_how_many_units_are_not_shown(qtbot):
    planes = np.random.default_rng(1).normal(size=(8, 8, 12))
    whole, part = surface_strip(planes[..., :MOST_SURFACES]), surface_strip(planes)
    assert part.width() > whole.width()
    behind = part.copy(whole.width(), 0, part.width() - whole.width(), part.height())
    clear = Qt.GlobalColor.transparent
    assert any(
        behind.pixelColor(x, y) != clear and behind.pixelColor(x, y).alpha() > 0
        for x in range(behind.width())
        for y in range(behind.height())
    )


def test_one_number_a_step_is_a_curve(qtbot):
    steps = np.linspace(0, 1, 40)[:, None]  # from the lower left to the upper right
    image = activation_strip(steps, 160, 40)

    def heights(x):
        return [y for y in range(image.height()) if image.pixelColor(x, y).alpha() > 200]

    left, right = heights(8), heights(image.width() - 8)
    assert min(left) > image.height() * 0.7
    assert max(right) < image.height() * 0.3


def _first_ink(image):
    """The column of pixels in which something is drawn first."""
    return next(
        x
        for x in range(image.width())
        if any(image.pixelColor(x, y).alpha() > 80 for y in range(image.height()))
    )


def test_short_names_begin_with_the_strip(qtbot):
    assert _first_ink(answer_strip(np.array([0.9, 0.1]), ("1", "2"))) < 10
    assert _first_ink(lines_strip([("x", "1.5"), ("y", "-0.3")])) < 10


def test_a_strip_is_as_wide_whichever_class_is_likeliest(qtbot):
    names = ("a", "a very long name", "b", "c", "d")
    shares = np.array([0.5, 0.2, 0.1, 0.1, 0.1])
    widths = {
        answer_strip(np.roll(shares, by), names).deviceIndependentSize().width() for by in range(5)
    }
    assert len(widths) == 1
    assert widths.pop() <= 230


def test_a_strip_has_more_dots_than_pixels(qtbot):
    """Before a class the canvas stands enlarged: letters and maps stay sharp."""
    maps = np.random.default_rng(0).normal(size=(8, 8, 4))
    for image in (
        lines_strip([("x", "1")]),
        activation_strip(maps),
        activation_strip(np.ones(9)),
        activation_strip(maps[0]),
    ):
        assert image.width() == 2 * image.deviceIndependentSize().width()


def test_a_unit_that_is_zero_everywhere_has_an_edge(qtbot):
    """White on a light canvas would be nothing; and all of eight units are shown."""
    image = surface_strip(np.zeros((5, 5, 8)))
    ratio = image.devicePixelRatio()
    side, high = image.width() / ratio / 8, image.height() / ratio
    for unit in range(8):
        x, y = round((unit + 0.5) * side * ratio), round(high / 2 * ratio)
        assert image.pixelColor(x, y).name() == "#ffffff"
        edge = image.pixelColor(x, 0)
        assert edge.alpha() > 0 and edge.name() != "#ffffff"


def test_bars_of_classes_keep_their_order_and_write_a_probability_as_the_heading_does(qtbot):
    page = QWidget()
    qtbot.addWidget(page)
    bars = ClassBars(page)
    bars.begin(("a", "b"), 12)
    height = bars.sizeHint().height()
    assert height >= 2 * 20 and [name for name, _part, _text in bars.rows] == ["a", "b"]
    for share in (0.685, 0.149, 0.0123, 0.9967, 0.9999999, 1.0, 0.0):
        shares = np.array([[share, 1 - share]])
        one = SimpleNamespace(probabilities=shares, classes=("a", "b"))
        bars.show_prediction(SimpleNamespace(first=one))
        assert [name for name, _part, _text in bars.rows] == ["a", "b"]
        assert bars.rows[0][2] == format_probability(share)
        assert bars.sizeHint().height() == height


@pytest.mark.parametrize("dark", [False, True])
def test_what_speaks_for_an_answer_is_blue_and_what_speaks_against_it_orange(dark, qtbot):
    theme.theme().force(dark)
    words = TokenHeat()
    qtbot.addWidget(words)
    words.show_tokens([("beautiful", 1.0), ("bad", -1.0)])
    good, bad = map(QColor, re.findall(r"background-color:(#\w+)", words.text()))
    assert good.blue() > good.red() and bad.red() > bad.blue()
    against, _middle, favour = words.colours((QColor("#D55E00"), QColor(), QColor("#0072B2")))
    assert favour.blue() > favour.red() and against.red() > against.blue()
    theme.theme().force(None)
