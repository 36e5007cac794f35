"""The Surface tab moves while the network learns, and shows afterwards what it learned."""

import itertools
import re

import numpy as np
import pytest

from netbuilder.core.project import edits
from netbuilder.core.results.live.view_data import HistogramPicture, MapPicture, SurfacePicture
from netbuilder.ui.plots.colour_bar import class_sign
from netbuilder.ui.plots.live.surface_plot import PART_SIGNS, paint_surface
from netbuilder.ui.services.runs.run_record import RunState


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
