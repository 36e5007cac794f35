"""The Surface tab moves while the network learns; its maps lead to samples; runs stand beside."""

import itertools
import re
from functools import partial

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from netbuilder.core.engine.events import ProbeAnswered
from netbuilder.core.engine.monitor.observer import ProbeResult
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import edits
from netbuilder.core.project.model import Choice, Data, Graph, Node, Project
from netbuilder.core.results.live import histograms
from netbuilder.core.results.live.view_data import (
    HistogramPicture,
    MapPicture,
    SurfacePicture,
    WallPicture,
)
from netbuilder.ui.plots.colour_bar import class_sign
from netbuilder.ui.plots.live.histogram_maps import HistogramMaps, over_epochs
from netbuilder.ui.plots.live.surface_plot import PART_SIGNS, paint_surface
from netbuilder.ui.plots.training_curves import overlay_color
from netbuilder.ui.services.runs.run_record import RunState
from netbuilder.ui.services.views.live_activations import EVERY, SOON, RunHistograms


def near_share(picture):
    """How many samples lie beside one that is among their ten nearest in the layer itself."""

    def nearest(values):
        return np.argsort(np.linalg.norm(values[:, None] - values[None], axis=2), axis=1)[:, 1:11]

    there, here = nearest(picture.hidden), nearest(picture.at)[:, 0]
    return float(np.mean([one in row for one, row in zip(here, there, strict=True)]))


@pytest.mark.slow
def test_the_surface_moves_while_it_learns(open_window, example, qtbot):
    window = open_window(edits.set_training(example("moons"), epochs=1_000_000))
    panel = window.docks.show_panel("surface")
    qtbot.waitUntil(lambda: panel.picture is not None)
    assert "Press Train" in panel.note.text()
    assert not panel.picture.answered, "the points are there before the network is"
    seen: list[SurfacePicture] = []
    panel.live.picture_ready.connect(seen.append)
    window.runner.start()
    assert panel.note.text().startswith("Training is running"), "nobody need press Train now"
    qtbot.waitUntil(lambda: len(seen) > 5)
    losses = re.compile(r"Loss 0\.\d+, validation 0\.\d+\. \d+ of \d+ points are inc")
    qtbot.waitUntil(lambda: losses.match(panel.note.text()) is not None)
    assert window.runner.state.active
    assert panel.live.live
    assert not np.array_equal(seen[0].shares, seen[-1].shares)
    # When it has ended, and the network is asked, but before its answer can have come.
    window.runner.ended.connect(seen.clear)
    window.runner.stop()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    qtbot.waitUntil(lambda: bool(seen) and panel.live.idle)
    assert seen[-1].points.right.mean() > 0.8
    assert not losses.match(panel.note.text()), "it is the best epoch's surface now"
    assert not window.runner.probes.all()
    sure, clear = (paint_surface(seen[-1], discrete=one) for one in (False, True))
    assert len(np.unique(clear.reshape(-1, 3), axis=0)) == 2
    assert len(np.unique(sure.reshape(-1, 3), axis=0)) > 20
    panel.view.setCurrentIndex(panel.view.findData("map"))
    panel.view.activated.emit(panel.view.currentIndex())
    qtbot.waitUntil(lambda: isinstance(panel.picture, MapPicture))
    assert "PCA" in panel.note.text()
    panel.grab()
    before = panel.picture
    panel.neighbours.click()
    qtbot.waitUntil(lambda: "t-SNE" in panel.note.text())
    assert panel.picture.at.shape == before.at.shape
    assert not np.allclose(panel.picture.at, before.at)
    # How the run was stopped decides the layer: of points laid out by chance few would agree.
    assert near_share(panel.picture) > 0.6, "neighbours on the map are neighbours in the layer"
    panel.live.choose("weights")
    qtbot.waitUntil(lambda: isinstance(panel.picture, HistogramPicture))
    window.runner.train_more(300)
    qtbot.waitUntil(lambda: window.runner.state.active)
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    qtbot.waitUntil(lambda: panel.live.idle)
    shares, _ = next(iter(panel.picture.layers.values()))
    assert len(shares) > 1, "what the run showed stays in view after its end"


def test_classes_and_parts_are_told_apart_without_colours(open_window, example, qtbot):
    window = open_window(example("moons"))
    panel = window.docks.show_panel("surface")
    qtbot.waitUntil(lambda: panel.picture is not None)
    for part in panel.parts:
        part.setChecked(True)
    drawn, points = panel.plot.points.data, panel.picture.points
    assert len(drawn) == len(points.value)
    shapes = {number: set(drawn["symbol"][points.value == number]) for number in (0, 1)}
    assert [len(one) for one in shapes.values()] == [1, 1]
    assert shapes[0] != shapes[1], "a shape for each class"
    signs = [class_sign(number) for number in (0, 1)]
    assert all(sign in panel.legend.text() for sign in signs)
    # The parts differ in how light they are filled or in their edge, whatever the class.
    looks: list[set[tuple[str, float]]] = []
    for part in sorted(set(points.part)):
        rows = drawn[points.part == part]
        pairs = zip(rows["brush"], rows["pen"], strict=True)
        looks.append({(brush.color().name(), pen.widthF()) for brush, pen in pairs})
    assert len(looks) > 1
    assert all(one.isdisjoint(other) for one, other in itertools.combinations(looks, 2))
    assert [one.text()[0] for one in panel.parts] == list(PART_SIGNS)


def test_at_1024_by_700_all_that_is_said_has_room(open_window, example, qtbot):
    """Legend and words below the surface."""
    window = open_window(edits.set_training(example("moons"), epochs=2))
    window.resize(1024, 700)
    panel = window.docks.show_panel("surface")
    window.runner.start()
    qtbot.waitUntil(lambda: window.workbench.models.trained is not None)
    qtbot.waitUntil(lambda: "After 2 epochs" in window.inspector.summary.words()["result"])
    qtbot.waitUntil(lambda: window.evaluation_service.idle and panel.live.idle)
    parts = (panel.across, panel.up, panel.legend, panel.note, panel.points.edit)

    def cut_off():
        return [str(part) for part in parts if part.visibleRegion().boundingRect() != part.rect()]

    qtbot.waitUntil(lambda: not cut_off(), timeout=10_000)


def test_colours_and_what_is_held(open_window, qtbot, tmp_path):
    rows = [
        f"{40 + n},{n % 4},{('Faro', 'Porto', 'Porto')[n % 3]},${200 + 3 * n}" for n in range(60)
    ]
    (tmp_path / "d.csv").write_text("size,rooms,city,price\n" + "\n".join(rows) + "\n", "utf-8")
    graph = Graph((Node("input", "Input"), Node("out", "Dense", {"units": 1})), (("input", "out"),))
    project = Project(graph=graph, data=Data("csv", path="d.csv", target=("price",)))
    window = open_window(edits.set_training(project, epochs=2), tmp_path / "own.netbuilder")
    qtbot.train(window)
    panel = window.docks.show_panel("surface")
    qtbot.waitUntil(lambda: "city Porto" in panel.note.text())
    assert "city Porto" in panel.note.text()
    assert panel.colours.isVisible()
    assert panel.colours.accessibleName() == _(
        "Colours from “{low}” to “{high}”", low="price $200", high="$377"
    )
    panel.view.setCurrentIndex(panel.view.findData("curve"))
    panel.view.activated.emit(panel.view.currentIndex())
    qtbot.waitUntil(lambda: "rooms 1" in panel.note.text())
    assert "size" not in panel.note.text()
    assert not panel.colours.isVisible(), "a curve has an axis for it"


def train(window, qtbot, epochs):
    """What the network answers everywhere after so many epochs."""
    window.store.apply("Epochs", lambda p: edits.set_training(p, epochs=epochs))
    qtbot.train(window)
    panel = window.docks.show_panel("surface")
    trained = window.workbench.models.trained
    qtbot.waitUntil(
        lambda: (
            panel.live.idle
            and panel.live.shown is not None
            and panel.live.shown.question.trained is trained
        )
    )
    return panel.picture.shares


@pytest.mark.slow
def test_two_runs_stand_side_by_side(open_window, qtbot, example):
    window = open_window(example("moons"))
    early = train(window, qtbot, 1)
    late = train(window, qtbot, 60)
    assert not np.allclose(early, late, atol=0.1)
    runs = window.docks.show_panel("compare").runs
    qtbot.waitUntil(lambda: runs.model.rowCount() == 2)
    older = next(n for n, run in enumerate(runs.model.runs) if run.epochs == 1)
    name = runs.model.index(older, 0)
    runs.model.setData(name, Qt.CheckState.Checked.value, Qt.ItemDataRole.CheckStateRole)
    panel = window.docks.show_panel("surface")
    beside = panel.beside
    qtbot.waitUntil(lambda: bool(beside.plots) and beside.idle)
    (picture,) = beside.pictures.values()
    # Its grid is coarser than that of the large surface.
    at = np.linspace(0, len(early) - 1, len(picture.shares)).round().astype(int)
    apart = [np.abs(picture.shares - run[np.ix_(at, at)]).mean() for run in (early, late)]
    assert apart[0] < 0.01 < apart[1], "the run of before, not the one of now"
    assert picture.box == panel.picture.box
    assert picture.classes == panel.picture.classes
    colours = [
        {tuple(row) for row in paint_surface(one, discrete=True).reshape(-1, 3)}
        for one in (picture, panel.picture)
    ]
    assert colours[1] >= colours[0] > set()
    titles = [label.text() for label in beside.findChildren(type(panel.legend)) if label.text()]
    assert any(overlay_color(0) in text for text in titles)
    assert beside.isVisible()

    runs.model.setData(name, Qt.CheckState.Unchecked.value, Qt.ItemDataRole.CheckStateRole)
    qtbot.waitUntil(lambda: not beside.isVisible())


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
    for _time in range(20):  # as many answers as come in the first seconds
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


@pytest.mark.slow
def test_two_optimizers_on_one_landscape(open_window, example, qtbot):
    window = open_window(edits.set_training(example("moons"), epochs=6))
    panel = window.docks.show_panel("landscape")
    store, models = window.store, window.workbench.models
    for name in ("SGD", "Adam"):
        before = models.trained
        chosen = partial(edits.set_training, optimizer=Choice(name))
        store.apply(name, chosen)
        window.commands.train()
        qtbot.waitUntil(lambda before=before: models.trained not in (None, before))
        qtbot.waitUntil(lambda: not window.runner.state.active)
        window.docks.show_panel("training")  # the paths are kept while the page is hidden
        window.docks.show_panel("landscape")
    qtbot.waitUntil(lambda: panel.plot.landscape is not None)
    paths = panel.plot.landscape.paths
    assert len(paths) == len(panel.plot.landscape.explained) == 2
    assert min(panel.plot.landscape.explained) > 0.5, "the plane holds both ways"
    np.testing.assert_allclose(paths[0][-1], 0, atol=1e-6)
    assert np.linalg.norm(paths[1][-1]) > 0.1, "another end than Adam's"
    note = panel.note.text()
    assert note.index("Adam") < note.index("SGD")
