"""Contrasts by WCAG 2.2 AA, heights of controls, and one grid of margins and letters."""

import math
from itertools import product

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPointF
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QComboBox,
    QFormLayout,
    QGridLayout,
    QLabel,
    QLayout,
    QLineEdit,
    QPushButton,
    QSlider,
    QSpinBox,
    QStackedWidget,
    QStyle,
    QToolBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from netbuilder.core.results.live.view_data import SamplePoints, SurfacePicture
from netbuilder.ui.canvas.paint.paint_resources import NEAR, PaintResources
from netbuilder.ui.plots.live.surface_plot import SurfacePlot
from netbuilder.ui.plots.parallel_coordinates import ParallelCoordinatesPlot
from netbuilder.ui.style import font_scale, theme
from netbuilder.ui.style.theme import DARK, LIGHT
from netbuilder.ui.window.panels import PANELS

#: Text on its background: at least 4.5 to 1.
TEXT = (
    ("text", "panel"), ("text", "canvas"), ("text", "raised"), ("text", "selection"),
    ("text", "well"), ("secondary", "panel"), ("secondary", "canvas"), ("secondary", "raised"),
    ("secondary", "well"), ("secondary", "selection"), ("secondary", "info_back"),
    ("accent", "panel"), ("accent_text", "selection"), ("on_accent", "accent"),
    ("warning", "warning_back"), ("error", "error_back"), ("error", "panel"),
    ("on_warning", "warning"), ("on_error", "error"), ("text", "info_back"),
)  # fmt: skip
TOOL_ROLES = ("", "fold", "quiet", "corner", "step", "rail")
#: Lines that only lead the eye: at least 1.5 to 1.
LINES = (("grid", "panel"),)
#: What tells a control or a curve from what is beside it: at least 3 to 1.
GRAPHICS = (
    ("border", "panel"), ("accent", "panel"), ("accent", "canvas"), ("training", "panel"),
    ("validation", "panel"), ("train", "panel"), ("error", "panel"), ("warning", "panel"),
)  # fmt: skip


def luminance(color):
    def linear(part):
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(part) for part in color.getRgbF()[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    high, low = sorted((luminance(QColor(one)), luminance(QColor(other))), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_measure_is_right():
    assert contrast("#FFFFFF", "#000000") == pytest.approx(21)
    assert contrast("#FFFFFF", "#777777") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_words_and_edges_stand_out(scheme):
    for pairs, least in ((TEXT, 4.5), (GRAPHICS, 3.0), (LINES, 1.5)):
        for front, back in pairs:
            found = contrast(getattr(scheme, front), getattr(scheme, back))
            assert found >= least, f"{front} on {back}: {found:.2f}"
    assert contrast("#FFFFFF", scheme.train) >= 4.5


def _darkest_and_lightest(widget):
    image = widget.grab().toImage()
    colors = {
        image.pixel(x, y)
        for x in range(8, image.width() // 2)
        for y in range(6, image.height() - 6)
    }
    back = QColor(image.pixel(image.width() - 12, image.height() // 2))
    return max(contrast(QColor(one), back) for one in colors)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_placeholder_is_readable_as_painted(qtbot, dark):
    theme.theme().force(dark)
    try:
        line = QLineEdit()
        line.setPlaceholderText("Search layers")
        line.resize(240, 30)
        qtbot.addWidget(line)
        font_scale.set_font_scale(1.0)
        line.show()
        assert _darkest_and_lightest(line) >= 4.5
    finally:
        theme.theme().force(None)
        font_scale.apply_font_scale()


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_point_on_a_surface_of_its_own_colour_is_seen_as_painted(qtbot, dark, part):
    """Along each of twelve rays from its middle some pixel has 3 to 1 with the surface."""
    theme.theme().force(dark)
    for number in range(10):
        shares = np.zeros((2, 2, 10))
        shares[..., number] = 1.0
        points = SamplePoints(
            np.zeros((1, 2)), np.array([number]), np.array([part]), np.array([True]), None
        )
        plot = SurfacePlot()
        qtbot.addWidget(plot)
        plot.resize(240, 240)
        plot.shown_parts = {0, 1, 2}
        names = tuple("abcdefghij")
        plot.show_surface(
            SurfacePicture("x", "y", (-1, -1, 1, 1), points, None, shares, names, "t")
        )
        plot.show()
        image = plot.grab().toImage()
        spot = plot.mapFromScene(plot.getViewBox().mapViewToScene(QPointF(0, 0)))
        ground = image.pixelColor(spot.x() + 20, spot.y() + 20)
        seen = [
            max(
                contrast(
                    image.pixelColor(
                        round(spot.x() + far * math.cos(angle)),
                        round(spot.y() + far * math.sin(angle)),
                    ),
                    ground,
                )
                for far in np.arange(0, 10, 0.5)
            )
            for angle in (math.pi * step / 6 for step in range(12))
        ]
        assert min(seen) >= 3.0, f"class {number}: {min(seen):.2f}"


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_trials_are_drawn_in_the_colours_of_the_scheme_as_it_changes(qtbot, scheme):
    theme.theme().force(not scheme.dark)
    plot = ParallelCoordinatesPlot()
    qtbot.addWidget(plot)
    plot.resize(320, 190)
    plot._axes = [("a", "0", "1"), ("b", "0", "1")]
    plot._lines = [([height, height], rank) for height, rank in ((0.2, 0), (0.5, 0.5), (0.8, 1))]
    plot.grab()
    theme.theme().force(scheme.dark)
    image = plot.grab().toImage()
    colors = [image.pixelColor(160, y) for y in range(40, 165)]
    assert QColor(scheme.training) in colors
    top, bottom = 2.0 * plot.fontMetrics().height() + 6, 190 - plot.fontMetrics().height() - 6.0
    for place in (0.2, 0.5, 0.8):
        middle = round(bottom - place * (bottom - top))
        near = [image.pixelColor(160, y) for y in range(middle - 2, middle + 3)]
        assert max(contrast(one, scheme.panel) for one in near) >= 3.0, place


def test_controls_are_24_28_or_32_pixels_high(qtbot):
    small, plain, train = QPushButton("a"), QPushButton("a"), QPushButton("a")
    tools = [QToolButton() for _role in TOOL_ROLES]
    for tool, role in zip(tools, TOOL_ROLES, strict=True):
        tool.setText("⋯")
        tool.setProperty("role", role)
    ticked, bar = QCheckBox("a"), QToolBar()
    bar.addAction("a")
    small.setProperty("small", True)
    train.setProperty("role", "train")
    field, choice, number, slider = QLineEdit(), QComboBox(), QSpinBox(), QSlider()
    page = QWidget()
    qtbot.addWidget(page)
    lines, heights = QVBoxLayout(page), []
    shown = (small, plain, train, field, choice, number, slider, ticked, bar, *tools)
    for widget in shown:
        lines.addWidget(widget)
    lines.addStretch(1)
    font_scale.set_font_scale(1.0)
    page.resize(300, 900)
    page.show()
    heights = [widget.height() for widget in shown]
    unit = font_scale._state["base"] / 9
    assert heights[:6] == [round(one * unit) for one in (24, 28, 32, 28, 28, 28)]
    high = bar.widgetForAction(bar.actions()[0]).height()
    assert [ticked.height(), high] == [round(one * unit) for one in (24, 32)]
    assert {tool.height() for tool in tools[:-1]} == {round(24 * unit)}
    assert tools[-1].height() == round(32 * unit)


def test_ticks_arrows_and_the_train_sign_grow_with_the_letters(qtbot):
    def sizes(factor):
        font_scale.set_font_scale(factor)
        train, tick = QPushButton("a"), QCheckBox("a")
        train.setProperty("role", "train")
        for widget in (train, tick):
            qtbot.addWidget(widget)
            font_scale.apply_font_scale()
            widget.ensurePolished()
        indicator = QStyle.PixelMetric.PM_IndicatorWidth
        return [train.iconSize().width(), tick.style().pixelMetric(indicator, None, tick)]

    usual, large = sizes(1.0), sizes(1.75)
    for before, after in zip(usual, large, strict=True):
        assert after == pytest.approx(1.75 * before, abs=2)


def test_another_size_polishes_each_widget_once_however_deep_it_is(qtbot):
    page = QWidget()
    qtbot.addWidget(page)
    deepest = page
    for _level in range(12):
        layout = QVBoxLayout(deepest)
        deepest = QWidget()
        layout.addWidget(deepest)
    font_scale.set_font_scale(1.0)
    page.show()
    restyled: list[QEvent] = []

    class Counter(QObject):
        def eventFilter(self, watched, event):
            if event.type() == QEvent.Type.StyleChange:
                restyled.append(event)
            return False

    counter = Counter()
    deepest.installEventFilter(counter)
    font_scale.set_font_scale(1.5)
    assert deepest.font().pointSizeF() == pytest.approx(font_scale._state["base"] * 1.5)
    assert 1 <= len(restyled) <= 2


def layouts(item):
    """Return a layout with those inside it."""
    if not isinstance(item, QLayout):
        return []
    return [item, *(one for n in range(item.count()) for one in layouts(item.itemAt(n)))]


def off_the_grid(page):
    """Return the layouts of a page with a margin or spacing that is not of the grid."""
    off = []
    for widget in [page, *page.findChildren(QWidget)]:
        if isinstance(widget, QStackedWidget) or not type(widget).__module__.startswith("netb"):
            continue
        for layout in layouts(widget.layout()):
            margins = layout.contentsMargins()
            values = [margins.left(), margins.top(), margins.right(), margins.bottom()]
            if isinstance(layout, QGridLayout | QFormLayout):
                values += [layout.horizontalSpacing(), layout.verticalSpacing()]
            elif layout.count() > 1:
                values.append(layout.spacing())
            if {*values} - {*theme.GRID}:
                off.append((type(widget).__name__, tuple(values)))
    return off


def sizes_of_letters(page):
    """Return the pixels of the letters of a page's labels and buttons."""
    return {
        widget.fontInfo().pixelSize()
        for widget in page.findChildren(QWidget)
        if isinstance(widget, QLabel | QAbstractButton) and widget.isVisible() and widget.text()
    }


def test_layouts_are_of_the_grid_and_letters_of_the_scale(open_window, qtbot):
    window = open_window(keras=False)
    body = window.fontInfo().pixelSize()
    scale = {round(body * part) for part in (1, theme.SMALL, theme.LARGE, theme.HEADLINE)}
    window.welcome.show_page()
    pages = {"start": window.welcome.page}
    pages |= {row.id: window.docks.show_panel(row.id) for row in PANELS}
    for name, page in {**pages, "top": window.top_bar, "side": window.docks.side}.items():
        assert not off_the_grid(page), name
        assert sizes_of_letters(page) <= scale, name
    window.docks.side.offer(row.id for row in PANELS)
    window.docks.show_panel("evaluate")
    tabs = window.docks.side.left.tabs
    tabs.resize(304, tabs.height())
    assert tabs.count() == 6
    assert tabs.tabRect(5).right() < 304
    assert tabs.fontInfo().pixelSize() >= 11


def test_letters_of_cards_and_links_are_never_small_on_the_screen(qtbot):
    look = PaintResources()
    for role, (scale, most) in product(
        ("title", "detail", "fixed"), ((1, 13), (0.7, 16), (NEAR, 20))
    ):
        pixels = look.letters(role, scale).font.pixelSize()
        assert pixels * scale + 0.01 >= 11 and pixels <= most
    for color in (look.wire, look.secondary):
        assert theme.contrast(color, look.canvas) >= 3
    assert theme.contrast(look.wire, look.card) >= 3
