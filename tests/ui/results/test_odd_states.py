"""Empty and odd states of Evaluate, Predict and Why: each says what to do next."""

import numpy as np
import pandas as pd
import pytest
from PySide6.QtWidgets import QPushButton

from netbuilder.core.formats import registry
from netbuilder.core.project import edits
from netbuilder.core.project.model import Data, Graph, Node, Project, Training
from netbuilder.ui.services.runs.run_record import RunState


def dense(units, activation=None):
    params = {"units": units, **({"activation": activation} if activation else {})}
    return Graph((Node("input", "Input"), Node("out", "Dense", params)), (("input", "out"),))


def trained(open_window, project, qtbot, path):
    window = open_window(project, path)
    qtbot.train(window)
    return window


def table(folder, rows=60):
    random = np.random.default_rng(1)
    x = random.normal(size=rows).round(3)
    pd.DataFrame({"a": x, "b": -x, "y": 3 * x}).to_csv(folder / "t.csv", index=False)
    data = Data("csv", path="t.csv", target=("y",), test_split=0.2)
    return Project("T", dense(1), data, Training(epochs=1))


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
def test_a_model_without_its_data(open_window, qtbot, tmp_path):
    window = trained(open_window, table(tmp_path), qtbot, tmp_path / "t.netbuilder")
    registry.save_network(window.workbench.models.trained, tmp_path / "m.h5")
    (tmp_path / "t.csv").unlink()
    window.store.mark_saved()
    again = open_window()
    again.documents.open_path(tmp_path / "m.h5")
    qtbot.waitUntil(lambda: again.workbench.models.trained is not None)
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


def test_a_network_that_gives_no_numbers(open_window, qtbot, tmp_path):
    window = trained(open_window, table(tmp_path), qtbot, tmp_path / "t.netbuilder")
    model = window.workbench.models.trained
    model.training_model.get_layer("out").set_weights([np.full((2, 1), np.nan), np.zeros(1)])
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
    from netbuilder.core.project.model import ColumnChoice

    data = Data(
        "csv", path="c.csv", target=("y",), columns={"part": ColumnChoice(role="split")}
    )  # fmt: skip
    project = Project("C", dense(classes, "softmax"), data, Training(epochs=1))
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
