"""Plots are read and seen: numbers on axes, surfaces, points, and the curve on paper."""

import numpy as np
import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QWidget

from netbuilder.core import i18n
from netbuilder.core.results.live.view_data import (
    ForecastPicture,
    MapPicture,
    SamplePoints,
    SurfacePicture,
)
from netbuilder.ui.kinds.series import SeriesPlot
from netbuilder.ui.plots.colour_bar import class_color
from netbuilder.ui.plots.live.surface_plot import POINT_SIZE, SurfacePlot, _styled
from netbuilder.ui.plots.run_curves import RunCurves
from netbuilder.ui.plots.themed_plot import DateAxis, NoWheelPlot
from netbuilder.ui.plots.training_curves import TrainingCurvePlot, run_picture
from netbuilder.ui.plots.window_curve import WindowCurve
from netbuilder.ui.style import font_scale, theme


@pytest.mark.usefixtures("qapp")
def test_small_numbers_have_no_factor_that_stands_nowhere(qtbot):
    plot = SurfacePlot()
    qtbot.addWidget(plot)
    plot.resize(400, 300)
    plot.show()
    at = np.random.default_rng(1).uniform(-0.08, 0.08, (50, 2))
    number = np.arange(50) % 2
    picture = MapPicture("dense", at, number, np.arange(50), 0.9, ("a", "b"), None, at)
    dark = theme.colors().dark
    try:
        for _ in range(2):  # a system that turns dark in the evening
            plot.show_map(picture)
            QApplication.processEvents()
            theme.theme().force(not theme.colors().dark)
        axis = plot.getPlotItem().getAxis("left")
        low, high = plot.getPlotItem().viewRange()[1]
        _, values = axis.tickValues(low, high, 300)[0]
        told = axis.tickStrings(values, axis.autoSIPrefixScale * axis.scale, 0.05)
        assert [float(one.replace("−", "-")) for one in told] == pytest.approx(
            [float(one) for one in values]
        )
    finally:
        theme.theme().force(dark)


def test_a_loss_below_one_is_written_as_it_is(qtbot):
    plot = TrainingCurvePlot()
    qtbot.addWidget(plot)
    plot.resize(400, 300)
    plot.show()
    run = RunCurves()
    run.add_epochs("loss", np.arange(1, 9), 0.4 / np.arange(1, 9))
    plot.set_run(run, 8)
    plot.redraw()
    axis = plot.getPlotItem().getAxis("left")
    assert axis.labelUnitPrefix == "" and axis.autoSIPrefixScale == 1
    assert float(axis.tickStrings([0.2], axis.autoSIPrefixScale * axis.scale, 0.1)[0]) == 0.2


@pytest.mark.parametrize("scale", [1.0, 1.4])
def test_the_title_of_an_axis_is_whole(qtbot, scale):
    font_scale.set_font_scale(scale)
    plot = SurfacePlot()
    qtbot.addWidget(plot)
    plot.resize(400, 300)
    at = np.random.default_rng(1).uniform(0, 1, (50, 2))
    points = SamplePoints(at, np.ones(50), np.zeros(50, int), np.ones(50, bool), None)
    picture = SurfacePicture(
        "critic_rating<b>", "y", (0, 0, 1, 1), points, np.ones((2, 2)), None, (), "t"
    )
    plot.show()
    plot.show_surface(picture)
    QApplication.processEvents()
    label = plot.getPlotItem().getAxis("bottom").label
    assert label.toPlainText() == "critic_rating<b>"
    image = plot.grab().toImage()
    place = label.sceneBoundingRect().toRect()
    ground = image.pixelColor(place.left(), image.height() - 1)
    inked = [
        y
        for y in range(place.top(), image.height())
        if any(image.pixelColor(x, y) != ground for x in range(place.left(), place.right()))
    ]
    assert inked[-1] < image.height() - 1, "the line of the _ is cut"


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.5])
def test_the_first_picture_is_the_last_one(qtbot, scale):
    plot = NoWheelPlot("some", 200)
    qtbot.addWidget(plot)
    plot.resize(400, 200)
    plot.show()
    try:
        font_scale.set_font_scale(scale)
        theme.theme().changed.emit()
        QApplication.processEvents()
        item, axis = plot.getPlotItem(), plot.getPlotItem().getAxis("left")
        plot.menu.hide()  # it is seen below the mouse
        for top in (1.0, 1_234_567.0, 7.25):
            item.setLabel("left", "species")
            item.setRange(xRange=(0, 1), yRange=(-top, top), padding=0)
            first = plot.grab().toImage()
            QApplication.processEvents()
            assert plot.grab().toImage() == first, "the axis moves after it was seen"
            margin = axis.label.document().documentMargin()
            title_end = axis.label.pos().x() + axis.label.boundingRect().height() - margin
            numbers = axis.width() - axis.style["tickTextOffset"][0] - axis.textWidth
            assert title_end <= numbers, "numbers lie on the title"
    finally:
        font_scale.set_font_scale(1.0)
        theme.theme().changed.emit()


def test_another_window_of_a_series_moves_no_axis(qtbot):
    page = QWidget()
    qtbot.addWidget(page)
    curve = WindowCurve(page)
    curve.resize(500, 200)
    page.show()
    curve.show_window(np.sin(np.arange(14)), "degrees")
    curve.show_ahead(np.cos(np.arange(6)))
    QApplication.processEvents()
    box = curve.getPlotItem().vb
    before = box.viewRange()[0], box.geometry()
    curve.show_window(np.cos(np.arange(14)), "degrees")
    curve.show_ahead(np.zeros(0))  # the next forecast is being made
    curve.show_dates([f"{n} Apr 2019" for n in range(14 + curve.reach)])
    curve.grab()
    assert (box.viewRange()[0], box.geometry()) == before


@pytest.mark.parametrize(("language", "third"), [("en", "Mar"), ("de", "Mär")])
def test_dates_are_in_the_person_s_language_and_lie_apart(qtbot, language, third):
    plot = SurfacePlot()
    qtbot.addWidget(plot)
    plot.resize(560, 300)
    plot.show()
    days = np.datetime64("2024-02-01").astype(float) + np.arange(60.0)
    value = np.sin(np.arange(60) / 5)
    at = np.random.default_rng(1).random((50, 2))
    i18n.set_language(language)
    try:
        plot.show_forecast(ForecastPicture(value, value, "degrees", days))
        plot.grab()
        axis = plot.getPlotItem().getAxis("bottom")
        low, high = plot.getPlotItem().viewRange()[0]
        levels = axis.tickValues(low, high, axis.width())
        told = {
            place: text
            for spacing, places in levels
            for place, text in zip(places, axis.tickStrings(places, 1.0, spacing), strict=True)
        }
    finally:
        i18n.set_language("en")
    march = (np.datetime64("2024-03-01") - np.datetime64("1970-01-01")).astype(float) * 86_400
    assert told[march].rstrip(".") == third
    shown = sorted(place for place in told if low <= place <= high)
    assert min(np.diff(shown)) * axis.width() / (high - low) > 20, "a label lies on another"
    number = np.arange(50) % 2
    plot.show_map(MapPicture("dense", at, number, np.arange(50), 0.9, ("a", "b"), None, at))
    assert not isinstance(plot.getPlotItem().getAxis("bottom"), DateAxis)


def test_a_series_shown_again_keeps_its_dates(qtbot):
    """After another horizon the same rows stood from 00.250 to 00.750 seconds."""
    from netbuilder.core.data.kinds.series.view import ContiguousRows, SeriesDataView

    days, values = 15_000.0 + np.arange(40.0), np.sin(np.arange(40.0))
    rows = ContiguousRows(times=days, values={"v": values}, parts=np.zeros(40, int))
    plot = SeriesPlot()
    qtbot.addWidget(plot)
    plot.resize(400, 300)
    plot.show()
    for horizon in (1, 12):
        look = SeriesDataView(("v",), (rows,), order="day", dates=True, horizon=horizon)
        plot.show_series(look, "v")
        axis = plot.getPlotItem().getAxis("bottom")
        assert axis.range == pytest.approx(plot.getPlotItem().getViewBox().viewRange()[0])
        assert axis.range[0] > 14_000 * 86_400


def test_it_fills_its_place_with_letters_as_large_as_on_the_screen(qtbot):
    """A plot that was never shown was painted as 640 by 480, and made smaller with its letters."""
    losses = [1 / epoch for epoch in range(1, 51)]
    run = RunCurves.from_history("iris", {"loss": losses, "val_loss": losses})
    image = run_picture(run, QSize(330, 290)).convertToFormat(QImage.Format.Format_RGB32)
    assert (image.width(), image.height()) == (660, 580)
    dots = np.frombuffer(image.constBits(), np.uint8).reshape(580, 660, 4)[:, :, :3]
    ink = dots.min(axis=2) < 200
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    assert rows[-1] > 0.95 * 580, "the axis is at the bottom"
    # The letters of the axis below: from their highest dot to their lowest.
    gaps = np.flatnonzero(np.diff(rows) > 1)
    assert rows[-1] - rows[gaps[-1] + 1] >= 11
    assert columns[-1] < 658, "the last number is whole"


def picture(wrong=0.0, height=2.0):
    """Return a surface of two classes, 4 wide, of whose 100 points a share is wrong."""
    chance = np.random.default_rng(0)
    at = chance.random((100, 2)) * (4.0, height)
    points = SamplePoints(
        at, np.arange(100) % 2, np.zeros(100, np.int64), np.arange(100) >= 100 * wrong
    )
    shares = np.tile(np.linspace(0, 1, 50)[None, :, None], (50, 1, 2))
    box = (0.0, 0.0, 4.0, height)
    return SurfacePicture("x", "y", box, points, shares=shares, classes=("a", "b"), epoch=7)


@pytest.fixture
def plot(qtbot):
    plot = SurfacePlot()
    qtbot.addWidget(plot)
    plot.show()
    return plot


@pytest.mark.parametrize("size", [(300, 600), (800, 250), (500, 300)])
def test_both_axes_have_one_scale_whatever_the_shape_of_the_page(plot, size, qtbot):
    plot.resize(*size)
    plot.show_surface(picture())
    qtbot.waitExposed(plot)
    qtbot.wait(50)
    box = plot.getPlotItem().vb
    across, up = box.viewPixelSize()
    assert across == pytest.approx(up, rel=0.02)
    assert box.viewRange()[0] == pytest.approx([0, 4]), "and nothing else is in sight"
    needed = plot.height_for(size[0])
    assert needed is not None and needed - box.height() < size[1]
    # Columns in units of their own fill the page.
    plot.show_surface(picture(height=400.0))
    qtbot.wait(50)
    assert box.width() > 0.75 * size[0] and box.height() > 0.7 * size[1]


def test_a_page_that_becomes_lower_shows_the_whole_surface(plot, qtbot):
    plot.resize(420, 700)
    plot.show_surface(picture())
    qtbot.waitExposed(plot)
    qtbot.wait(50)
    plot.resize(420, 260)
    item = plot.getPlotItem()
    qtbot.waitUntil(lambda: item.boundingRect().height() <= plot.height() + 1, timeout=5000)
    assert item.vb.geometry().bottom() <= plot.height()


def test_incorrect_points_have_rings_while_they_are_few_and_the_others_fade_then(plot):
    plot.show_surface(picture(0.1))
    assert set(plot.points.data["size"]) == {POINT_SIZE} and POINT_SIZE <= 7
    assert plot.points.data["pen"][0].color().lightness() == 255
    assert len(plot.wrong.data) == 10 and not plot.faded.isVisible()
    assert plot.points.data["visible"].all()
    plot.show_surface(picture(0.4))
    assert len(plot.wrong.data) == 0 and plot.faded.isVisible() and plot.faded.opacity() < 0.5
    assert plot.points.data["visible"].tolist() == [number < 40 for number in range(100)]
    plot.show_surface(picture(0.1))
    assert plot.points.data["visible"].all() and not plot.faded.isVisible()


def test_its_epoch_is_written_on_it_and_goes_with_it(plot):
    plot.show_surface(picture())
    assert plot.epoch.isVisible() and "7" in plot.epoch.toPlainText()
    plot.clear_all()
    assert not plot.epoch.isVisible()


def light(color):
    """Relative luminance, as WCAG 2 defines it."""
    parts = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in color.getRgbF()[:3]
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


@pytest.mark.parametrize("dark", [False, True])
def test_the_edge_of_a_test_point_stands_out(qtbot, dark):
    theme.theme().force(dark)
    back = QColor(theme.colors().panel)
    for number in range(2):
        color = class_color(number)
        mixed = [
            0.62 * a + 0.38 * b
            for a, b in zip(color.getRgbF()[:3], back.getRgbF()[:3], strict=True)
        ]
        edge = light(_styled(2, color, 1.0)[1].color())
        for ground in (QColor.fromRgbF(*mixed), back):
            high, low = sorted((edge, light(ground)), reverse=True)
            assert (high + 0.05) / (low + 0.05) > 3
