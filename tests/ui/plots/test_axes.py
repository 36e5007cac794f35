"""Numbers on axes are written as they are, also after the colours changed under them."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from netbuilder.core.results.live.view_data import MapPicture, SamplePoints, SurfacePicture
from netbuilder.ui.plots.live.surface_plot import SurfacePlot
from netbuilder.ui.plots.run_curves import RunCurves
from netbuilder.ui.plots.training_curves import TrainingCurvePlot
from netbuilder.ui.style import font_scale, theme


@pytest.mark.usefixtures("qapp")
def test_small_numbers_have_no_factor_that_stands_nowhere(qtbot: QtBot) -> None:
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


def test_a_loss_below_one_is_written_as_it_is(qtbot: QtBot) -> None:
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
def test_the_title_of_an_axis_is_whole(qtbot: QtBot, scale: float) -> None:
    font_scale.set_font_scale(scale)
    try:
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
    finally:
        font_scale.set_font_scale(1.0)
