"""Points that look the same are the same to pyqtgraph, which paints each look once."""

import numpy as np
import pytest

from netbuilder.core.results.live.view_data import MapPicture, SamplePoints, SurfacePicture
from netbuilder.ui.plots.live.surface_plot import SurfacePlot
from netbuilder.ui.style import theme

COUNT = 300


@pytest.fixture
def plot(qtbot):
    made = SurfacePlot()
    # A plot that is closed has nothing left to take the colours of another scheme.
    qtbot.addWidget(
        made, before_close_func=lambda _w: theme.theme().changed.disconnect(made.restyle)
    )
    made.resize(400, 300)
    made.shown_parts = {0, 1, 2}
    made.show()
    return made


@pytest.mark.parametrize("classes", [("a", "b"), ()])
def test_hundreds_of_points_have_few_looks(plot, classes):
    source = np.random.default_rng(1)
    value = source.integers(0, 2, COUNT) if classes else source.random(COUNT)
    points = SamplePoints(
        source.random((COUNT, 2)), value, np.arange(COUNT) % 3, source.random(COUNT) < 0.9,
        source.random(COUNT) < 0.2,
    )  # fmt: skip
    for _ in range(3):
        plot.show_surface(SurfacePicture("x", "y", (0, 0, 1, 1), points, classes=classes))
        plot.drawn_points = None  # as when other parts are shown: all are styled anew
    looks = len(plot.points.fragmentAtlas)
    assert looks == 12 if classes else looks <= 3 * 65 * 2
    drawn = {(one.brush().color().name(), one.symbol()) for one in plot.points.points()[:30]}
    assert len(drawn) > 1


def test_a_map_that_moves_paints_no_sign_anew(plot):
    source = np.random.default_rng(2)
    number, right = np.arange(COUNT) % 3, np.arange(COUNT) % 7 > 0
    for _ in range(3):
        at = source.random((COUNT, 2))
        plot.show_map(
            MapPicture("dense", at, number, np.arange(COUNT), 0.9, ("a", "b", "c"), right, at)
        )
    assert len(plot.points.fragmentAtlas) == 6
