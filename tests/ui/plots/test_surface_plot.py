"""The surface: both axes have one scale, points do not bury it, and it says of when it is."""

import numpy as np
import pytest

from netbuilder.core.results.live.view_data import SamplePoints, SurfacePicture
from netbuilder.ui.plots.live.surface_plot import POINT_SIZE, SurfacePlot


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
