"""Empty and odd states of the canvas and the pages of results: each says what to do next."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PySide6.QtWidgets import QLabel, QPushButton

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
    evaluate = again.docks.show_panel("evaluate")
    qtbot.waitUntil(lambda: bool(evaluate.cards.cards))
    card = evaluate.cards.cards[0]
    assert "t.csv" in card.title.text()
    assert card.words.text(), "how to mend it"
    assert evaluate.file_button.isVisibleTo(evaluate)
    evaluate.learning.button.click()
    qtbot.waitUntil(lambda: not evaluate.learning.running)
    assert "t.csv" in evaluate.learning.words.text()

    predict = again.docks.show_panel("predict")
    qtbot.waitUntil(lambda: predict.answer.text() != "" and predict.idle)
    assert predict.head.sure.text() == "", "no rows to compare with"
    predict.why.button.click()
    # The row that it begins with is the typical one, but for rounding.
    qtbot.waitUntil(lambda: not predict.why.sentence.isHidden())
    assert "all its values are typical" in predict.why.sentence.text()
    predict.rows.edit("a", 1.5)
    qtbot.waitUntil(lambda: not predict.why.bars.isHidden())
    assert "With a typical" in predict.why.sentence.text()
    predict.another.click()
    qtbot.waitUntil(lambda: "t.csv" in predict.about.text())


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
    evaluate, predict = (window.docks.show_panel(name) for name in ("evaluate", "predict"))
    window.evaluation_service.evaluate()
    qtbot.waitUntil(lambda: window.evaluation_service.error is not None)
    assert "(NaN) for 12 of 12 rows" in evaluate.cards.cards[0].title.text()
    assert "smaller learning rate" in evaluate.cards.cards[0].words.text()
    predict.rows.edit("a", 1.0)
    qtbot.waitUntil(lambda: "not a number" in predict.answer.text())
    assert "smaller learning rate" in predict.cards.cards[0].words.text()


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


def test_an_empty_page_trains_by_its_own_button(open_window, qtbot, tmp_path):
    window = open_window(table(tmp_path), tmp_path / "t.netbuilder")
    pages = ("evaluate", "surface", "inside", "explain", "predict", "runs", "training")
    panels = [window.docks.show_panel(name) for name in pages]
    panels[5] = panels[5].runs
    qtbot.waitUntil(lambda: window.workbench.settled)
    found = [panel.findChild(QPushButton, "train_here") for panel in panels]
    assert not any(button.isHidden() for button in found)
    window.store.apply("No data", lambda project: edits.set_data(project, Data()))
    qtbot.waitUntil(lambda: all(button.isHidden() for button in found[:5]))
    window.store.undo()
    qtbot.waitUntil(lambda: not any(button.isHidden() for button in found))
    window.docks.show_panel("predict")
    found[4].click()
    qtbot.waitUntil(lambda: window.workbench.models.trained is not None)
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    assert panels[4].waiting.currentIndex() == 1


@pytest.mark.slow
def test_a_file_of_another_shape_and_a_changed_network(open_window, qtbot, tmp_path):
    window = trained(open_window, table(tmp_path), qtbot, tmp_path / "t.netbuilder")
    predict = window.docks.show_panel("predict")
    pd.DataFrame({"a": [1.0], "c": [2.0]}).to_csv(tmp_path / "other.csv", index=False)
    predict.answer_file(tmp_path / "other.csv")
    qtbot.waitUntil(lambda: bool(predict.file_answers.cards.cards))
    card = predict.file_answers.cards.cards[0]
    assert "'b'" in f"{card.title.text()} {card.words.text()}" or "b" in card.title.text()
    assert predict.answer.text() == ""

    evaluate = window.docks.show_panel("evaluate")
    assert predict.stale.isHidden()
    assert evaluate.stale.isHidden()
    window.store.apply("More", lambda one: edits.set_params(one, "out", use_bias=False))
    for panel in (predict, evaluate):
        assert "network has changed" in panel.stale.text()
    window.store.undo()
    assert predict.stale.isHidden()
    window.store.apply("Plan", lambda one: edits.set_training(one, epochs=7))
    assert predict.stale.isHidden(), "another plan is no other network"


@pytest.mark.slow
@pytest.mark.parametrize("classes", [1000, 3])
def test_a_thousand_classes_and_one_that_never_occurs(open_window, qtbot, tmp_path, classes):
    random = np.random.default_rng(0)
    number = np.arange(2 * classes if classes > 10 else 60) % classes
    split = np.where(np.arange(len(number)) < len(number) // 2, "train", "test")
    if classes == 3:
        # The first class is learned and never tested.
        split = np.where(number == 0, "train", split)
    frame = pd.DataFrame({
        "x": number + random.normal(0, 0.1, len(number)),
        "part": split,
        "y": [f"class {one:04d}" for one in number],
    })  # fmt: skip
    frame.to_csv(tmp_path / "c.csv", index=False)
    data = Data(
        "csv", path="c.csv", target=("y",), columns={"part": ColumnChoice(role="split")}
    )  # fmt: skip
    end = Node("out", "Dense", {"units": classes, "activation": "softmax"})
    graph = Graph((Node("input", "Input"), end), (("input", "out"),))
    project = Project("C", graph, data, Training(epochs=1))
    window = trained(open_window, project, qtbot, tmp_path / "c.netbuilder")
    evaluate = window.docks.show_panel("evaluate")
    qtbot.waitUntil(lambda: evaluate.evaluation is not None)
    qtbot.waitUntil(lambda: evaluate.behind.idle)
    found = evaluate.evaluation
    assert len(found.labels) == classes
    if classes == 3:
        cells = [[evaluate.classes.model().index(y, x).data() for x in range(5)] for y in range(2)]
        assert cells[0] == ["class 0000", "–", "–", "–", "0"], "nothing was there to be found"
        assert cells[1][1][0] in "01"
        assert evaluate.threshold.label.currentText() == "class 0001", "the first with a curve"
        assert "No row is" not in evaluate.threshold.words.text()
        evaluate.threshold.label.setCurrentIndex(0)
        assert "No row is “class 0000”" in evaluate.threshold.words.text()
        return
    assert "30 of 1,000" in evaluate.heat_title.text()
    assert evaluate.heat.sizeHint().height() < 700
    matrix = evaluate.matrix
    assert matrix.counts.sum() == found.samples, "no row is left out"
    wrong = matrix.counts - np.diag(np.diag(matrix.counts))
    assert wrong[:-1, :-1].any(), "the mistakes are seen"
    first, second = (int(one) for one in np.argwhere(wrong[:-1, :-1])[0])
    for cell in ((first, second), (first, 30), (30, 30)):
        evaluate.heat.chosen.emit(*cell)
        words = evaluate.samples.words.text()
        assert words.startswith(f"{matrix.counts[cell]:,} ")
        assert f"“{matrix.labels[cell[0]]}”" in words
    predict = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: predict.answer.text() != "")
    assert predict.head.height() < 200


@pytest.mark.slow
def test_one_test_row(open_window, qtbot, tmp_path):
    project = table(tmp_path, rows=20)
    project = edits.set_data(project, test_split=0.05)
    window = trained(open_window, project, qtbot, tmp_path / "t.netbuilder")
    evaluate = window.docks.show_panel("evaluate")
    qtbot.waitUntil(lambda: evaluate.evaluation is not None)
    assert evaluate.evaluation.samples == 1
    assert "1 test sample" in evaluate.sentence.text()
    assert "Too few samples to say" in evaluate.residuals.words.text()
    for index in range(3):
        evaluate.residuals.which.setCurrentIndex(index)
    evaluate.grab()
