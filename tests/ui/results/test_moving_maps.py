"""Maps, walls and histograms of the Surface tab: a click leads to the sample."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from netbuilder.core.engine.events import ProbeAnswered
from netbuilder.core.engine.monitor.observer import ProbeResult
from netbuilder.core.project import edits
from netbuilder.core.results.live import histograms
from netbuilder.core.results.live.view_data import HistogramPicture, MapPicture, WallPicture
from netbuilder.ui.plots.live.histogram_maps import HistogramMaps, over_epochs
from netbuilder.ui.services.runs.run_record import RunState
from netbuilder.ui.services.views.live_activations import EVERY, SOON, RunHistograms


def trained_panel(window, qtbot, kind, view=""):
    panel = window.docks.show_panel("surface")
    qtbot.train(window)
    if view:
        panel.live.choose(view)
    qtbot.waitUntil(lambda: panel.live.idle and isinstance(panel.picture, kind))
    return panel


@pytest.fixture
def reviews(open_window, example):
    return open_window(edits.set_training(example("reviews"), epochs=3))


@pytest.mark.slow
def test_each_point_of_the_map_is_a_click_to_its_sample(reviews, qtbot, at_rest):
    panel = trained_panel(reviews, qtbot, MapPicture, "map")
    picture, plot = panel.picture, panel.plot
    # A point that lies alone: the click means no other one.
    away = np.linalg.norm(
        (picture.at[:, None] - picture.at[None]) / np.ptp(picture.at, axis=0), axis=2
    )
    np.fill_diagonal(away, 9)
    lonely = int(away.min(axis=1).argmax())

    def spot():
        place = plot.getPlotItem().vb.mapViewToScene(QPointF(*picture.at[lonely]))
        return plot.mapFromScene(place)

    at_rest(spot)
    QTest.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=spot())
    assert reviews.activations_service.index == picture.rows[lonely]
    ring = plot.ring.getData()
    assert (ring[0][0], ring[1][0]) == pytest.approx(tuple(picture.at[lonely]))
    qtbot.waitUntil(lambda: reviews.activations_service.idle)
    assert reviews.activations_service.look.index == picture.rows[lonely]
    # The keyboard's way: another row in Inside moves the ring.
    other = int(picture.rows[0])
    reviews.activations_service.show_row(other)
    assert plot.ring.getData()[0][0] == pytest.approx(picture.at[0, 0])


@pytest.mark.slow
def test_histograms_lie_over_their_epochs(reviews, qtbot):
    panel = trained_panel(reviews, qtbot, MapPicture, "map")
    for view in ("gradients", "activations"):
        panel.live.choose(view)
        qtbot.waitUntil(lambda: panel.live.idle and isinstance(panel.picture, HistogramPicture))
        qtbot.waitUntil(lambda view=view: panel.picture.what == view)
    assert panel.histograms.isVisible()
    panel.over_epochs.click()
    assert panel.maps.isVisible()
    assert not panel.histograms.isVisible()
    assert len(panel.maps.plots) == len(panel.picture.layers)


def test_a_click_on_the_wall_chooses_that_picture(open_window, example, qtbot):
    window = open_window(edits.set_training(example("digits_plain"), epochs=1))
    panel = trained_panel(window, qtbot, WallPicture)
    spot = panel.wall.box(7).center().toPoint()
    QTest.mouseClick(panel.wall, Qt.MouseButton.LeftButton, pos=spot)
    row = panel.picture.rows[7]
    assert window.activations_service.index == row
    qtbot.waitUntil(lambda: window.activations_service.idle)
    assert window.activations_service.look.truth == panel.picture.truth[7]
    seen = window.activations_service.look.raw["input"]
    assert np.allclose(seen.reshape(-1), panel.picture.images[7].reshape(-1))


def test_moments_stand_at_their_epochs_however_they_came():
    shares = np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]])
    cells, first, last = over_epochs(shares, np.array([0, 8, 10]), columns=11)
    assert (first, last) == (0.0, 10.0)
    assert cells[:, 0].tolist() == [1.0] * 8 + [0.5] * 2 + [0.0]


@pytest.mark.slow
def test_histograms_go_back_to_the_start_of_the_run_though_nobody_looked(
    open_window, example, qtbot
):
    window = open_window(edits.set_training(example("moons"), epochs=100_000))
    window.runner.start()
    recorded = window.sample_view.recorded
    known = lambda: recorded.of(window.runner.record.project, None)  # noqa: E731
    qtbot.waitUntil(lambda: len(known().get("gradients", ())) > 2)
    qtbot.waitUntil(lambda: len(known().get("weights", ())) > 2)
    window.runner.stop()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    trained = window.workbench.models.trained
    panel = window.docks.show_panel("surface")
    qtbot.waitUntil(lambda: panel.picture is not None)
    shown = {}
    for view in ("weights", "gradients", "activations"):
        panel.live.choose(view)
        qtbot.waitUntil(lambda view=view: getattr(panel.picture, "what", "") == view)
        shown[view] = epochs = panel.picture.epochs.tolist()
        assert len(epochs) > 3 and epochs == sorted(epochs)
        assert epochs[0] < epochs[-1] == trained.epochs
        rows = {len(shares) for shares, _ in panel.picture.layers.values()}
        assert rows == {len(epochs)}
    (again,) = [m for what, m in recorded.of(trained.project, trained).items() if what == "weights"]
    assert len(again) < len(shown["weights"]) + 1, "what was shown went on from a copy"
    assert recorded.of(edits.append_layer(trained.project, "Dense"), trained) == {}


def test_the_first_moments_of_a_run_come_soon_one_after_another(example):
    """A run of two seconds has histograms that change, one of an hour no more than it needs."""
    project = example("moons")
    layers = histograms.learning_nodes(project)
    kernels = {node: {"kernel": np.ones((2, 2))} for node in layers}
    found = ProbeResult({node: np.ones((4, 2)) for node in layers}, kernels, kernels, 1)
    recorded = RunHistograms()
    recorded.begin(project)
    assert SOON <= 0.2
    count = 0
    while recorded.every("gradients") == SOON:
        recorded.examine(found)
        count += 1
    assert 10 <= count <= 20 and recorded.every("gradients") == EVERY
    assert recorded.every("weights") == SOON, "each at its own pace"
    recorded.begin(project)
    assert recorded.every("gradients") == SOON


@pytest.mark.slow
def test_a_long_run_is_examined_a_second_apart(open_window, example, qtbot):
    window = open_window(edits.set_training(example("moons"), epochs=1_000_000))
    window.runner.start()
    qtbot.waitUntil(lambda: window.sample_view.look is not None)

    def asked():
        (found,) = [one for one in window.runner.probes.all() if one.gradients]
        return found

    first = asked()
    kernels = {node: {"kernel": np.ones((2, 2))} for node in first.gradients}
    outputs = {node: np.ones((4, 2)) for node in first.outputs}
    for _ in range(20):  # as many answers as come in the first seconds
        window.runner.probes.answered.emit(ProbeAnswered(asked(), 1, 1, outputs, {}, kernels))
    assert asked().every == EVERY
    assert (asked().gradients, asked().outputs) == (first.gradients, first.outputs)


def test_on_a_map_over_epochs_only_whole_epochs_have_a_number(qtbot):
    maps = HistogramMaps()
    qtbot.addWidget(maps)
    shares, edges = np.full((2, 4), 0.25), np.linspace(-1, 1, 5)
    numbered: dict[int, set[float]] = {}
    for last in (61, 100):
        maps.show_histograms(
            HistogramPicture("weights", {"dense": (shares, edges)}, np.array([60, last]))
        )
        axis = maps.plots[0][0].getAxis("bottom")
        found = axis.tickValues(60.0, float(last), 280.0)
        numbered[last] = {at for _, values in found for at in values}
    assert {round(at, 6) for at in numbered[61]} == {60.0, 61.0}
    assert len(numbered[100]) > 2
