"""Margins and spacings of the pages are of one grid, and letters of one scale."""

from itertools import product

from PySide6.QtWidgets import (
    QAbstractButton,
    QFormLayout,
    QGridLayout,
    QLabel,
    QLayout,
    QStackedWidget,
    QWidget,
)

from netbuilder.ui.canvas.paint.paint_resources import NEAR, PaintResources
from netbuilder.ui.style import theme
from netbuilder.ui.window.panels import PANELS


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
