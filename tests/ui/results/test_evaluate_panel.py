"""The Evaluate tab opens what lies behind its numbers."""

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPicture
from sklearn import metrics

from netbuilder.core.project import edits
from netbuilder.core.project.model import Data, Graph, Node, Project, Training
from netbuilder.core.results.headline import headline, metric_text
from tests.few import few


@pytest.mark.slow
def test_a_cell_opens_its_samples_and_a_threshold_moves_the_matrix(
    open_window, example, qtbot, at_rest
):
    window = open_window(edits.set_training(example("digits"), epochs=2))
    qtbot.train(window)
    panel = window.docks.show_panel("evaluate")
    qtbot.waitUntil(lambda: panel.behind.behind is not None)
    assert panel.samples.wall.count == min(12, len(panel.evaluation.mistakes))
    model = panel.parts.rows
    assert model.columnCount() + model.folded == 5, "training, validation, test and the interval"
    assert panel.figure.text() == metric_text(
        panel.evaluation, "accuracy", panel.evaluation.metrics["accuracy"]
    )
    assert panel.calibration.isVisibleTo(panel) and panel.calibration.found is not None
    labels = [
        one for one in panel.calibration.plot.getPlotItem().items if isinstance(one, pg.TextItem)
    ]
    assert sum(int(one.toPlainText()) for one in labels) == panel.shown.samples
    panel.waiting.see(panel.heat)
    qtbot.wait(50)
    panel.heat.chosen.emit(3, 3)
    at_rest(panel.waiting.scroll_area.verticalScrollBar().value)
    assert not panel.heat.visibleRegion().isEmpty(), "the next cell is in reach"
    assert not panel.samples.words.visibleRegion().isEmpty()
    assert panel.samples.wall.count == min(24, int(panel.evaluation.confusion_matrix[3, 3]))
    assert "“3”" in panel.samples.words.text() and "24" in panel.samples.words.text()
    # A click shows one of them everywhere.
    wall = panel.samples.wall
    assert 64 <= wall.box(0).width() + 6 <= 140
    spot = wall.box(1).center().toPoint()
    qtbot.mouseClick(wall, Qt.MouseButton.LeftButton, pos=spot)
    row = panel.matrix.rows_of(panel.evaluation, 3, 3)[1]
    assert window.activations_service.index == row
    qtbot.waitUntil(
        lambda: (
            window.activations_service.look is not None
            and window.activations_service.look.index == row
        )
    )
    assert window.activations_service.look.truth == "3"
    panel.heat.setFocus()
    qtbot.keyClick(panel.heat, Qt.Key.Key_Right)
    qtbot.keyClick(panel.heat, Qt.Key.Key_Return)
    assert "“0”" in panel.samples.words.text() and "“1”" in panel.samples.words.text()
    # The result of another run is seen from its beginning.
    bar = panel.waiting.scroll_area.verticalScrollBar()
    bar.setValue(bar.maximum())
    assert bar.value() > 0
    before = panel.evaluation
    window.runner.start()
    qtbot.waitUntil(lambda: panel.evaluation is not None and panel.evaluation is not before)
    assert bar.value() == 0
    panel.threshold.slider.setValue(0)
    matrix = panel.threshold.heat.counts
    assert matrix[:, 0].sum() == 0
    panel.threshold.slider.setValue(100)
    assert panel.threshold.heat.counts[:, 1].sum() < 359
    for index in range(3):
        panel.threshold.which.setCurrentIndex(index)
    assert "dotted line" in panel.threshold.words.text()
    panel.grab()

    # Judged anew, nothing jumps: what comes later has its place from the beginning.
    tops: list[dict[str, int]] = []

    def places():
        return {name: getattr(panel, name).y() for name in ("parts", "heat", "samples")}

    def note():
        tops.append(places())

    panel.heat.chosen.emit(3, 3)
    qtbot.waitUntil(lambda: panel.heat.isVisible() and panel.heat.y() > 0)
    at_rest(places)
    before = panel.behind.behind
    note()
    panel.evaluation_service.evaluate()
    panel.evaluation_service.changed.connect(note)
    panel.behind.changed.connect(note)
    qtbot.waitUntil(lambda: panel.behind.behind not in (None, before))
    at_rest(places)
    note()
    assert len(tops) >= 4
    assert all(one == tops[0] for one in tops), tops
    qtbot.waitUntil(panel.samples.isEnabled)


@pytest.mark.slow
def test_what_was_evaluated_behind_another_page_has_no_gap(open_window, example, qtbot):
    window = open_window(edits.set_training(example("iris"), epochs=3))
    panel = window.docks.show_panel("evaluate")
    window.docks.show_panel("data")
    qtbot.train(window)
    qtbot.waitUntil(lambda: panel.behind.behind is not None)
    window.docks.show_panel("evaluate")
    note = panel.parts_note
    qtbot.waitUntil(lambda: note.isVisible() and note.width() > 200)
    three_lines = 3 * note.fontMetrics().lineSpacing()
    assert note.minimumHeight() == three_lines


@pytest.mark.parametrize("name", few(["iris", "diabetes"], "iris"))
def test_nothing_moves_when_late_values_come(
    open_window, example, qtbot, at_rest, monkeypatch, name
):
    window = open_window(edits.set_training(example(name), epochs=3))
    window.resize(1024, 700)
    panel = window.docks.show_panel("evaluate")
    held: list[object] = []
    worker = panel.behind._worker
    found = worker._on_value
    monkeypatch.setattr(worker, "_on_value", held.append)
    window.runner.start()
    qtbot.waitUntil(lambda: bool(held))
    sections = [one for one in panel.result_widgets if one.isVisibleTo(panel)]
    sections += [panel.compare, panel.learning]

    def places():
        return [one.y() for one in sections]

    at_rest(places)
    before = places()
    found(held[-1])
    assert panel.samples.wall.count or panel.samples.table.rows.rowCount()
    at_rest(places)
    assert all(one.isVisibleTo(panel) for one in sections)
    assert [one for one in panel.result_widgets if one.isVisibleTo(panel)] == sections[:-2]
    assert places() == before
    assert panel.parts.horizontalScrollBar().maximum() == 0


@pytest.mark.slow
def test_each_of_several_outputs_is_looked_at(open_window, qtbot, tmp_path):
    random = np.random.default_rng(0)
    size = random.uniform(20, 100, 200)
    rows = [
        f"{one:.1f},{10 * one + other:.1f},{'large' if one > 60 else 'small'}"
        for one, other in zip(size, random.normal(0, 5, 200), strict=True)
    ]
    (tmp_path / "d.csv").write_text("\n".join(["size,rent,kind", *rows]), encoding="utf-8")
    graph = Graph(
        (Node("input", "Input"), Node("hidden", "Dense", {"units": 8, "activation": "relu"}),
         Node("rent", "Dense", {"units": 1}),
         Node("kind", "Dense", {"units": 2, "activation": "softmax"})),
        (("input", "hidden"), ("hidden", "rent"), ("hidden", "kind")),
    )  # fmt: skip
    data = Data(
        "csv", path="d.csv", inputs={"input": ("size",)},
        targets={"rent": ("rent",), "kind": ("kind",)},
    )  # fmt: skip
    window = open_window(Project("F", graph, data, Training(epochs=3)), tmp_path / "f.netbuilder")
    qtbot.train(window)
    panel = window.docks.show_panel("evaluate")
    qtbot.waitUntil(lambda: panel.behind.behind is not None)
    judged = panel.evaluation
    assert panel.output.isVisible() and panel.output.currentText() == "rent"
    assert not panel.residuals.isHidden() and panel.heat.isHidden()
    panel.output.setCurrentText("kind")
    panel.output.activated.emit(1)
    qtbot.waitUntil(lambda: panel.behind.behind is not None)
    kind = judged.others["kind"]
    assert panel.sentence.text() == headline(kind).words
    assert not panel.heat.isHidden() and panel.residuals.isHidden()
    assert panel.matrix.counts.sum() == kind.samples
    assert not panel.threshold.isHidden() and not panel.classes.isHidden()
    # From nothing to the whole: the axes are labelled to their ends.
    picture = QPicture()
    painter = QPainter(picture)
    axis = panel.threshold.plot.getPlotItem().getAxis("bottom")
    told = [words for _place, _flags, words in axis.generateDrawSpecs(painter)[2]]
    painter.end()
    assert (told[0], told[-1]) == ("0", "1.0")
    # What stands about each of two classes follows the threshold.
    truth = np.asarray(kind.truth).ravel()
    for percent in (30, 80, 50):
        panel.threshold.slider.setValue(percent)
        index = panel.threshold.label.currentIndex()
        said = np.where(kind.probabilities[:, index] >= percent / 100, index, 1 - index)
        wanted = metrics.precision_recall_fscore_support(
            truth, said, labels=[0, 1], zero_division=0
        )
        table = panel.classes.model()
        cells = [[table.index(r, c).data() for r in (0, 1)] for c in (1, 2, 3)]
        shown = [[float(cell.rstrip("%")) / 100 for cell in row] for row in cells]
        np.testing.assert_allclose(shown, wanted[:3], atol=6e-4)
        told = f"“{kind.labels[index]}” from {percent}%" in panel.classes_title.text()
        assert told, "the title names the threshold of the table below it"
        assert f"from {percent}%" in panel.threshold.words.text()
    parts = panel.behind.behind.parts
    model = panel.parts.model()
    cells = [model.index(0, column).data() for column in range(model.columnCount())]
    assert cells[0] == "accuracy"
    accuracy = parts["test"].others["kind"].metrics["accuracy"]
    assert cells[3].partition("\n")[0] == metric_text(kind, "accuracy", accuracy)
    wrong = len(kind.mistakes)
    assert panel.samples.isHidden() == (wrong == 0)
    # A network with one output has nothing to choose.
    window.documents.show_project(Project(), None)
    assert panel.waiting.currentIndex() == 0


def test_the_test_set_comes_back_after_a_file(open_window, example, qtbot, tmp_path):
    from sklearn.datasets import load_iris

    table = load_iris(as_frame=True).frame.head(10)
    names = dict(enumerate(load_iris().target_names))
    table = table.rename(columns={"target": "species"}).replace({"species": names})
    table.to_csv(tmp_path / "ten.csv", index=False)
    (tmp_path / "bad.csv").write_text("nothing\n")
    window = open_window(edits.set_training(example("iris"), epochs=1))
    panel = window.docks.show_panel("evaluate")
    window.runner.start()
    qtbot.waitUntil(lambda: panel.evaluation is not None)
    of_test_set, button = panel.evaluation, panel.test_set_button
    service = panel.evaluation_service
    assert button.isHidden()
    for name in ("ten.csv", "bad.csv"):
        service.evaluate(tmp_path / name)
        qtbot.waitUntil(lambda: service.idle and (service.error or service.file) is not None)
        assert not button.isHidden()
        button.click()
        qtbot.waitUntil(lambda: service.file is None and service.error is None)
        assert panel.evaluation is of_test_set
        assert button.isHidden()
