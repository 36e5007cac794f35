"""The wheel scrolls a page of results, also over its plots."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from netbuilder.ui.kinds.sounds import SoundPlot
from netbuilder.ui.plots.live.surface_plot import SurfacePlot
from netbuilder.ui.plots.themed_plot import NoWheelPlot
from netbuilder.ui.plots.training_curves import TrainingCurvePlot
from netbuilder.ui.plots.window_curve import WindowCurve
from netbuilder.ui.results.evaluation_views.residuals_view import ResidualsView
from netbuilder.ui.results.threshold_view import ThresholdView
from netbuilder.ui.style import theme


def _held(view):
    """A view's plot, which would go with the view."""
    view.plot.setParent(None)
    return view.plot


PLOTS: dict[str, Callable[[], QWidget]] = {
    "surface": SurfacePlot,
    "curves": TrainingCurvePlot,
    "series": WindowCurve,
    "sound": SoundPlot,
    "residuals": lambda: _held(ResidualsView()),
    "ROC": lambda: _held(ThresholdView()),
    "variants": lambda: NoWheelPlot("variants", 170),
}


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_leaves_the_wheel_to_the_page_around_it(name, qtbot):
    plot = PLOTS[name]()
    qtbot.addWidget(plot.window())
    at = QPointF(60, 40)
    turned = QWheelEvent(
        at, plot.mapToGlobal(at), QPoint(), QPoint(0, -240), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(plot.viewport(), turned)
    assert not turned.isAccepted(), "what is not taken, Qt hands on to the page"


def test_a_plot_has_the_scheme_s_colours_before_anything_is_drawn(qtbot):
    plot = NoWheelPlot("variants", 170)
    qtbot.addWidget(plot)
    assert plot.backgroundBrush().color() == QColor(theme.colors().panel)
