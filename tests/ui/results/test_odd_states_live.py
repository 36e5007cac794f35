"""Empty and odd states of the canvas, Surface and Inside: each says what to do next."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PySide6.QtWidgets import QLabel

from netbuilder.core.formats import registry
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import edits
from netbuilder.core.project.model import ColumnChoice, Data, Graph, Node, Project, Training
from netbuilder.ui.canvas.layer_popup import TRAIN_FIRST
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.services.runs.run_record import RunState
from netbuilder.ui.window.dialogs import result_sentences

Open = Callable[..., MainWindow]
VIEWS = ("surface", "curve", "map", "weights", "gradients", "activations")


def dense(units, activation="linear"):
    nodes = (
        Node("input", "Input"),
        Node("hidden", "Dense", {"units": 4, "activation": "tanh"}),
        Node("out", "Dense", {"units": units, "activation": activation}),
    )
    return Graph(nodes, (("input", "hidden"), ("hidden", "out")))


def table(folder, rows=60, **data: object):
    x = np.random.default_rng(1).normal(size=rows).round(3)
    pd.DataFrame({"a": x, "b": -x, "y": 3 * x}).to_csv(folder / "t.csv", index=False)
    recipe = Data("csv", path="t.csv", target=("y",), test_split=0.2)
    return Project("T", dense(1), replace(recipe, **data), Training(epochs=1))


def trained(open_window, project, qtbot, path):
    window = open_window(project, path)
    qtbot.train(window)
    qtbot.waitUntil(
        lambda: window.activations_service.idle and window.activations_service.look is not None
    )
    return window


def choose(panel, view, qtbot):
    qtbot.waitUntil(lambda: panel.live.watched)
    panel.live.choose(view)
    qtbot.waitUntil(
        lambda: (
            panel.live.idle
            and (panel.live.error or (panel.live.shown and panel.live.shown.view.name == view))
        )
    )


def text_at_cell(window, node, told):
    told.clear()
    assert not window.canvas.open_layer_popup(node)
    return told[-1]


def test_data_without_a_model_and_a_model_without_data(open_window, qtbot, tmp_path):
    project = table(tmp_path)
    window = open_window(project, tmp_path / "t.netbuilder", keras=False)
    told: list[str] = []
    window.canvas.message.connect(told.append)
    panels = [window.docks.show_panel(name) for name in ("surface", "inside")]
    assert all(panel.waiting.words.text().startswith("Press Train") for panel in panels)
    assert _(TRAIN_FIRST) in text_at_cell(window, "hidden", told)
    window.store.apply("No data", lambda p: edits.set_data(p, Data()))
    qtbot.waitUntil(lambda: all("data" in panel.waiting.words.text() for panel in panels))
    assert all(panel.waiting.words.text().startswith("Choose data") for panel in panels)
    window.store.apply("No layers", lambda p: replace(p, graph=Graph()))
    window.store.apply("Data", lambda p: edits.set_data(p, project.data))
    qtbot.waitUntil(lambda: all("layer" in panel.waiting.words.text() for panel in panels))


@pytest.mark.slow
def test_a_file_opened_without_its_data(open_window, qtbot, tmp_path):
    window = trained(open_window, table(tmp_path), qtbot, tmp_path / "t.netbuilder")
    # What is trained is not still to be trained, while the first picture is on its way.
    words = window.docks.show_panel("surface").waiting.words
    assert words.text() == _("Computing the predictions…")
    assert result_sentences(window.workbench.models.trained)[0].startswith("Trained 1 epoch in ")
    registry.save_network(window.workbench.models.trained, tmp_path / "m.h5")
    (tmp_path / "t.csv").unlink()
    window.store.mark_saved()
    again = open_window()
    told: list[str] = []
    again.canvas.message.connect(told.append)
    again.documents.open_path(tmp_path / "m.h5")
    qtbot.waitUntil(lambda: again.workbench.models.trained is not None)
    surface, inside = (again.docks.show_panel(name) for name in ("surface", "inside"))
    qtbot.waitUntil(lambda: "t.csv" in inside.truth.text())
    # No row goes through it, and what the file holds is seen all the same.
    assert inside.waiting.currentIndex() == 1 and inside.number.isHidden()
    texts = [one.text() for one in inside.parts if isinstance(one, QLabel)]
    assert any("hidden" in text for text in texts) and any("kernel (2 × 4" in t for t in texts)
    again.canvas.select(("out",))
    texts = [one.text() for one in inside.parts if isinstance(one, QLabel)]
    assert any("kernel (4 × 1" in text for text in texts)
    again.docks.show_panel("surface")
    qtbot.waitUntil(lambda: "t.csv" in surface.waiting.words.text())
    assert surface.waiting.currentIndex() == 0
    said = text_at_cell(again, "hidden", told)
    assert "t.csv" in said and _(TRAIN_FIRST) not in said


@pytest.mark.slow
def test_a_network_changed_since_and_a_second_run(open_window, qtbot, tmp_path):
    window = trained(open_window, table(tmp_path), qtbot, tmp_path / "t.netbuilder")
    panels = {name: window.docks.show_panel(name) for name in ("surface", "inside", "predict")}
    assert all(panel.stale.isHidden() for panel in panels.values())
    assert window.canvas.open_layer_popup("hidden")
    window.store.apply("Units", lambda p: edits.set_params(p, "hidden", units=5))
    assert all("has changed" in panel.stale.text() for panel in panels.values())
    window.store.undo()
    window.store.apply("Epochs", lambda p: edits.set_training(p, epochs=100_000))
    window.runner.start()
    assert "previous run" in panels["predict"].stale.text()
    assert panels["surface"].stale.isHidden(), "it follows the run"
    closer = window.canvas.closer
    if window.sample_view.look is None:
        assert closer.row.text() == _("from the previous run") and closer.picture.past
    qtbot.waitUntil(lambda: closer.row.text().startswith("row 1 of"))
    assert not closer.picture.past
    window.runner.stop()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    assert panels["predict"].stale.isHidden()


@pytest.mark.slow
def test_numbers_that_are_none(open_window, qtbot, tmp_path):
    window = trained(open_window, table(tmp_path), qtbot, tmp_path / "t.netbuilder")
    layer = window.workbench.models.trained.training_model.get_layer("hidden")
    layer.set_weights([np.full((2, 4), np.nan), np.zeros(4)])
    before = window.activations_service.look
    window.activations_service.show_row(1)
    qtbot.waitUntil(lambda: window.activations_service.look is not before)
    assert np.isnan(window.activations_service.look.answers["out"]).all()
    panel = window.docks.show_panel("surface")
    feed = window.network_views.feed
    qtbot.waitUntil(lambda: feed.idle and feed.surface() is not None)
    assert (feed.surface() == 0.5).all(), "neither high nor low"
    for view in VIEWS:
        choose(panel, view, qtbot)
        assert panel.waiting.currentIndex() == 1, (view, panel.live.error)
        panel.grab()
    choose(panel, "surface", qtbot)
    qtbot.waitUntil(lambda: "NaN" in panel.note.text())
    assert "smaller learning rate" in panel.note.text()
    assert window.canvas.open_layer_popup("hidden")
    window.canvas.closer.choose((0,))
    assert "nan" in window.canvas.closer.words.text()
    window.grab()


@pytest.mark.slow
@pytest.mark.parametrize("classes", [1000, 3])
def test_many_classes_one_that_never_occurs_and_one_sample(open_window, qtbot, tmp_path, classes):
    number = np.arange(2 * classes if classes > 10 else 60) % classes
    split = np.where(np.arange(len(number)) < len(number) // 2, "train", "test")
    if classes == 3:  # the third is learned, and nothing but one row of the first is tested
        split = np.where(np.arange(len(number)) == 30, "test", "train")
    noise = np.random.default_rng(0).normal(0, 0.1, (2, len(number)))
    frame = {"x": number + noise[0], "z": noise[1], "part": split}
    frame["y"] = [f"class {one:04d}" for one in number]
    pd.DataFrame(frame).to_csv(tmp_path / "c.csv", index=False)
    columns = {"part": ColumnChoice(role="split")}
    data = Data("csv", path="c.csv", target=("y",), columns=columns)
    project = Project("C", dense(classes, "softmax"), data, Training(epochs=1))
    window = trained(open_window, project, qtbot, tmp_path / "c.netbuilder")
    panel = window.docks.show_panel("surface")
    for view in VIEWS:
        choose(panel, view, qtbot)
        assert panel.waiting.currentIndex() == 1 and panel.live.error is None
        panel.grab()
    many = classes > 12
    assert ("988 more" in panel.legend.text()) is many
    assert "out" in window.canvas.previews.ids
    assert window.canvas.open_layer_popup("out")
    picture = window.canvas.closer.picture
    likeliest = list(np.argsort(-window.activations_service.look.values["out"], kind="stable")[:16])
    assert picture.units == (likeliest if many else [0, 1, 2]), "with a map above of each"
    assert picture.parts.count == (63 if many else 1)
    assert window.activations_service.rows == (1000 if many else 1)
