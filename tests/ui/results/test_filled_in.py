"""A value that was filled in for an empty cell says so wherever it is shown."""

import numpy as np
import pytest

from netbuilder.core.data.load import load_dataset
from netbuilder.core.project import edits
from netbuilder.core.project.model import Data, Graph, Node, Project
from netbuilder.core.results.live.plane import points_picture
from netbuilder.core.results.live.sample_summary import filled_words
from netbuilder.ui.plots.live.surface_plot import FAINT


def _project(folder):
    """Each fifth row, the first test row among them, has no size."""
    rows = [f"{'' if n % 5 == 0 else 40 + n},{n % 4},{100 + 3 * n}" for n in range(50)]
    (folder / "d.csv").write_text("size,rooms,price\n" + "\n".join(rows) + "\n", encoding="utf-8")
    graph = Graph((Node("input", "Input"), Node("out", "Dense", {"units": 1})), (("input", "out"),))
    data = Data("csv", path="d.csv", target=("price",), options={"missing": "median"})
    return edits.set_training(Project(graph=graph, data=data), epochs=2)


def test_only_cells_that_were_empty_count_as_filled(tmp_path):
    data = load_dataset(_project(tmp_path), tmp_path)
    fill = data.preprocessing.inputs["input"].columns[0].fill
    count = 0
    for split in (data.train, data.validation, data.test):
        cells = split.filled.get("input", np.zeros((len(split), 2), bool))
        assert (split.raw_x["input"][cells[:, 0], 0] == fill).all()
        assert not cells[:, 1].any()
        count += int(cells.sum())
    assert count == 10
    points = points_picture(data, "size", "rooms").points
    assert points.filled.sum() == 10
    assert points_picture(data, "rooms", "size").points.filled is not None


@pytest.mark.slow
def test_canvas_predict_and_surface_say_it(open_window, qtbot, tmp_path):
    project = _project(tmp_path)
    test = load_dataset(project, tmp_path).test
    row = int(np.flatnonzero(test.filled["input"][:, 0])[0])
    other = int(np.flatnonzero(~test.filled["input"][:, 0])[0])
    window = open_window(project, tmp_path / "own.netbuilder")
    qtbot.train(window)
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: window.activations_service.look is not None)
    for at, said in ((row, True), (other, False)):
        window.activations_service.show_row(at)
        qtbot.waitUntil(lambda at=at: window.activations_service.look_now.index == at)
        told = dict(window.activations_service.look_now.told["input"])
        assert told["size"].endswith("(filled in)") is said
        assert not told["rooms"].endswith("(filled in)")
        words = filled_words(["size"])
        assert (words in panel.about.text()) is said
        caution = panel.form.rows["size"].caution
        qtbot.waitUntil(lambda caution=caution, said=said: bool(caution.text()) is said)
    surface = window.docks.show_panel("surface")
    qtbot.waitUntil(lambda: "10 faint points" in surface.note.text())
    faint = [p for p in surface.plot.points.points() if p.brush().color().alphaF() < 2 * FAINT]
    shown = np.isin(surface.picture.points.part, sorted(surface.plot.shown_parts))
    assert len(faint) == int((surface.picture.points.filled & shown).sum()) > 0
