"""Empty and odd states of the pages of results: each says what to do next."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QPushButton, QScrollBar, QSlider

import netbuilder
from netbuilder.core.data.preprocessing.fitted_preprocessing import InputPreprocessing
from netbuilder.core.formats import registry
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import edits
from netbuilder.core.project.model import ColumnChoice, Data, Graph, Node, Project, Training
from netbuilder.ui.canvas.layer_popup import TRAIN_FIRST
from netbuilder.ui.inspector.inspector_panel import GroupForm
from netbuilder.ui.kinds.several_inputs import CurveEditor
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
    closer = window.canvas.layer_popup
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
    window.canvas.layer_popup.choose((0,))
    assert "nan" in window.canvas.layer_popup.words.text()
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
    picture = window.canvas.layer_popup.picture
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


PANELS = ("surface", "evaluate", "predict", "inside")


def _said(window):
    """What the panels that wait say: one sentence where all say the same."""
    places = [window.docks.show_panel(name, focus=False).waiting for name in PANELS]
    # Surface does not wait where it shows the points already.
    return {place.words.text() for place in places if place.currentIndex() == 0}


def test_all_four_say_what_is_missing(open_window, example, qtbot, tmp_path):
    window = open_window(example("iris"))
    assert all(words.startswith("Press Train") for words in _said(window))
    whole = window.store.project
    window.store.apply("Empty", lambda p: edits.remove_nodes(p, [n.id for n in p.graph.nodes[1:]]))
    assert _said(window) == {_("Drag a layer onto the canvas first.")}
    window.store.apply("Back", lambda _p: edits.set_data(whole, Data()))
    assert _said(window) == {_("Choose data on the Data page first.")}
    window.store.apply("Wrong", lambda _p: edits.set_params(whole, "output", units=2))
    qtbot.waitUntil(lambda: any(one.blocks for one in window.workbench.problems))
    (words,) = _said(window)
    assert words.startswith("The network ends in Dense 'output' with 2 units")
    assert words.count("\n") == 1, "the problem, and where to fix it"
    gone = Data(kind="csv", path=str(tmp_path / "gone.csv"), target=("y",))
    window.store.apply("Other data", lambda p: edits.set_data(p, gone))
    qtbot.waitUntil(lambda: window.workbench.data_error is not None)
    (words,) = _said(window)
    assert "Data page" in words


@pytest.mark.slow
def test_a_run_that_broke_off_is_told_everywhere(open_window, example, qtbot):
    """The loss became infinite: "Press Train" would only let it break off again."""
    project = example("diabetes")
    plan = project.training
    wild = plan.optimizer.__class__("SGD", {"learning_rate": 1e6})
    window = open_window(edits.set_training(project, optimizer=wild, epochs=20))
    _said(window)
    qtbot.train(window)
    assert window.workbench.run_error is not None
    assert "instead of 1,000,000" in str(window.workbench.run_error)
    assert window.workbench.models.trained is None
    assert _said(window) == {
        _("The last training failed. The Curves page says why and what to do.")
    }


def _train(window, qtbot):
    qtbot.train(window)
    assert window.workbench.models.trained is not None
    qtbot.waitUntil(lambda: window.activations_service.look_now is not None)


@pytest.mark.slow
def test_inside_shows_the_network_that_was_trained_last_also_in_a_window_made_wider(
    open_window, example, qtbot
):
    window = open_window(edits.set_training(example("digits"), epochs=1))
    _train(window, qtbot)
    panel = window.docks.show_panel("inside")
    window.canvas.select(("flatten",))
    qtbot.waitUntil(lambda: panel.waiting.currentIndex() == 1)
    # What the canvas shows is of the digits: over other data it stands pale.
    previews = window.canvas.previews
    assert "flatten" in previews.ids and not previews.past
    window.store.apply("Data", lambda project: edits.set_data(project, example("waves").data))
    assert "flatten" in previews.past
    surface = window.docks.show_panel("surface")
    surface.live.choose("weights")
    qtbot.waitUntil(lambda: surface.live.view == "weights" and surface.live.idle)
    window.docks.show_panel("inside")
    window.documents.show_project(edits.set_training(example("waves"), epochs=1), None)
    qtbot.waitUntil(lambda: panel.waiting.currentIndex() == 0)
    assert surface.live.view == "", "the next project begins with its own first view"
    # The page behind the words is resized when it comes to the front again.
    window.resize(window.width() + 180, window.height())
    qtbot.waitUntil(lambda: window.workbench.settled)
    _train(window, qtbot)
    qtbot.waitUntil(lambda: panel.waiting.currentIndex() == 1)
    texts = [one.text() for one in panel.parts if isinstance(one, QLabel)]
    assert not any("flatten" in text for text in texts)
    layers = {node.layer for node in window.store.project.graph.nodes}
    assert any(text.startswith(tuple(layers - {"Input"})) for text in texts)


def test_new_results_are_those_of_the_project_that_is_open(open_window, example):
    window = open_window(keras=False)
    task = window.docks.side.buttons["understand"]
    window.docks.side.mark("understand")
    assert task.marked
    window.documents.show_project(example("moons"), None)
    assert not task.marked


@pytest.mark.slow
def test_what_was_set_for_one_project_does_not_stand_in_the_next(open_window, example, qtbot):
    window = open_window(edits.set_training(example("moons"), epochs=1))
    _train(window, qtbot)
    panels = {name: window.docks.show_panel(name) for name in ("surface", "inside", "evaluate")}
    threshold, surface = panels["evaluate"].threshold, panels["surface"]
    qtbot.waitUntil(lambda: threshold.label.count() > 0)
    buttons = window.docks.show_panel("training").buttons

    def found():
        return [
            threshold.slider.value(),
            threshold.which.currentText(),
            [part.isChecked() for part in surface.parts],
            surface.discrete.isChecked(),
            buttons.count.value(),
            window.activations_service.index,
        ]

    before = found()

    def set_all():
        threshold.slider.setValue(9)
        threshold.which.setCurrentIndex(2)
        for part in (*surface.parts, surface.discrete):
            part.toggle()
        buttons.count.setValue(300)
        window.activations_service.show_row(6)

    def nothing_stands():
        return not any(one == other for one, other in zip(found(), before, strict=True))

    evaluate = panels["evaluate"]
    qtbot.waitUntil(lambda: evaluate.behind.behind is not None)
    late = (evaluate.samples, evaluate.calibration, evaluate.groups)
    assert not any(one.isHidden() for one in late)
    evaluate.evaluation_service.changed.emit()
    assert not any(one.isHidden() for one in late), "judged anew, what was found has its place"

    set_all()
    assert nothing_stands()
    # The same rows with another network, another place in the disk: all stands as it was set.
    window.store.apply("Seed", lambda project: edits.set_training(project, seed=7))
    window.store.rewrite(lambda project: edits.rename_project(project, "Mine"))
    assert nothing_stands()
    window.store.apply("Data", lambda project: edits.set_data(project, example("spiral").data))
    assert found() == before
    set_all()
    window.documents.show_project(example("spiral"), None)
    assert found() == before
    assert all(one.isHidden() for one in late) and not evaluate.parts_note.text()
    assert threshold.label.count() == 0, "the class that is asked for is of the last project"


def turn(widget):
    place = QPointF(widget.rect().center())
    event = QWheelEvent(
        place, QPointF(widget.mapToGlobal(place.toPoint())), QPoint(), QPoint(0, -120),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase,
        False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


@pytest.mark.parametrize("name", ["evaluate", "surface", "predict"])
def test_the_wheel_scrolls_and_changes_nothing(open_window, example, qtbot, name):
    """The curve turned from ROC to calibration under the pointer that scrolled the page."""
    window = open_window(edits.set_training(example("diabetes"), epochs=2))
    qtbot.train(window)
    panel = window.docks.show_panel(name)
    boxes = [one for one in panel.findChildren(QComboBox) if one.count() > 1]
    sliders = [one for one in panel.findChildren(QSlider) if not isinstance(one, QScrollBar)]
    assert boxes
    for box in boxes:
        before = box.currentIndex()
        turn(box)
        assert box.currentIndex() == before
        assert not box.hasFocus()
    for slider in sliders:
        place = slider.value()
        turn(slider)
        assert slider.value() == place
    # What was chosen turns as ever.
    window.activateWindow()
    seen = [one for one in boxes if one.isVisible() and one.isEnabled()]
    assert seen or name == "surface"
    for box in seen[:1]:
        box.setFocus()
        qtbot.waitUntil(box.hasFocus)
        box.setCurrentIndex(0)
        turn(box)
        assert box.currentIndex() > 0


def test_what_comes_after_the_panel_turns_as_little(qtbot):
    """A filter that was put on what stood there when a panel was built missed the rest."""
    form = GroupForm()
    qtbot.addWidget(form)
    turn(form.times)
    assert form.times.value() == 2
    part = CurveEditor("wave", InputPreprocessing(dtype="float32", shape=(8, 2)), form)
    turn(part.column)
    assert part.column.currentIndex() == 0
    for one in (form.times, part.column):
        assert one.focusPolicy() == Qt.FocusPolicy.StrongFocus


def test_no_box_that_the_wheel_turns_stands_beside_these():
    kinds = r"(ComboBox|FontComboBox|Slider|Dial|SpinBox|DoubleSpinBox|(Date|Time)+Edit)"
    plain = re.compile(rf"\bQ{kinds}\(|class \w+\(.*\bQ{kinds}\b")
    root = Path(netbuilder.__file__).parent
    users = [path.name for path in root.rglob("*.py") if plain.search(path.read_text("utf-8"))]
    assert users == ["boxes.py"]
