"""The Evaluate tab opens what lies behind its numbers: tables, other methods, the model card."""

import csv
from dataclasses import replace

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPicture
from PySide6.QtWidgets import QPlainTextEdit
from sklearn import metrics

from netbuilder.core.data.defaults import fit_output_to_data
from netbuilder.core.data.load import load_facts
from netbuilder.core.project import card_answers, edits
from netbuilder.core.project.model import Data, Graph, Node, Project, Training
from netbuilder.core.results.evaluate import Evaluation
from netbuilder.core.results.headline import headline, metric_text
from netbuilder.core.results.statistics import by_group, group_values
from netbuilder.ui.plots.live.surface_plot import MOST_RINGED
from netbuilder.ui.plots.picture_menu import TableMenu
from netbuilder.ui.plots.training_curves import overlay_color
from netbuilder.ui.results.method_comparison import MethodComparisonDialog
from netbuilder.ui.results.model_card_dialog import ModelCardDialog
from netbuilder.ui.results.threshold_view import ThresholdView
from netbuilder.ui.services.runs.run_record import RunState
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


MINUTE = 60_000


@pytest.fixture
def panel(open_window, example, qtbot):
    window = open_window(edits.set_training(example("iris"), epochs=3, seed=1))
    window.runner.start()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE, timeout=3 * MINUTE)
    found = window.docks.show_panel("evaluate")
    qtbot.waitUntil(lambda: found.behind.behind is not None, timeout=3 * MINUTE)
    return found


@pytest.mark.slow
def test_other_methods_stand_beside_the_network(panel, qtbot):
    told: list[str] = []
    panel.workbench.happened.connect(told.append)
    window = panel.window()
    window.activations_service.show_row(4)
    qtbot.mouseClick(panel.methods_button, Qt.MouseButton.LeftButton)
    dialog = panel.findChild(MethodComparisonDialog, "method_comparison")
    qtbot.waitUntil(lambda: dialog.found is not None, timeout=3 * MINUTE)
    assert dialog.row.value() == 5, "the sample of the canvas, counted from 1"
    window.activations_service.show_row(7)
    qtbot.mouseClick(panel.methods_button, Qt.MouseButton.LeftButton)
    assert dialog.row.value() == 8, "also where the window is open already"
    assert dialog.found is not None and panel.evaluation is not None
    assert told == ["compared:iris"]
    names = [one.name for one in dialog.found.candidates]
    assert names == ["network", "knn", "tree", "linear", "forest", "boosting"]
    assert dialog.table.rows.rowCount() == 6 and dialog.details.count() == 6
    assert dialog.table.rows.index(0, 1).data() == panel.figure.text()
    drawn = dialog.surfaces
    qtbot.waitUntil(lambda: drawn.idle and all(one.answered for one in drawn.plots.values()))
    assert list(drawn.plots) == names
    for name, plot in drawn.plots.items():
        said = dialog.found.by_name[name].evaluation
        assert len(plot.drawn_at) == said.samples, "the points are those of the table"
        wrong = int((said.predictions != said.truth).sum())
        # Many incorrect points have no rings: the correct ones fade instead.
        ringed = wrong <= MOST_RINGED * said.samples
        assert len(plot.wrong.data) == (wrong if ringed else 0)
        assert ringed or int(plot.points.data["visible"].sum()) == wrong
    chosen = [box.currentText() for box in drawn.axes]
    assert all(name.startswith("petal") for name in chosen), "the columns that tell them apart"
    for name in dialog.found.candidates[0].evaluation.labels:
        assert name in drawn.legend.text()
        assert name in dialog.views["linear"].toPlainText().splitlines()[2]
    tree, near = (dialog.views[name] for name in ("tree", "knn"))
    dialog.row.setValue(1)
    before = tree.toPlainText(), near.toPlainText()
    assert "petal" in before[0] and "→ petal" in before[0]
    said = dialog.found.by_name["tree"].evaluation
    other = int(np.flatnonzero(said.predictions != said.predictions[0])[0])
    dialog.row.setValue(other + 1)
    assert tree.toPlainText() != before[0] and near.toPlainText() != before[1]
    name = said.labels[int(said.predictions[other])]
    arrows = [line for line in tree.toPlainText().splitlines() if line.startswith("→")]
    assert name in arrows[-1]
    dialog.close()


def test_the_model_card_takes_answers_and_is_saved(panel, qtbot, tmp_path):
    store, told = panel.workbench.store, list[str]()
    panel.workbench.happened.connect(told.append)
    qtbot.mouseClick(panel.card_button, Qt.MouseButton.LeftButton)
    dialog = panel.findChild(ModelCardDialog, "model_card")
    field = dialog.findChild(QPlainTextEdit, "card_purpose")
    field.setPlainText("To name flowers in a garden.")
    assert card_answers.answers_of(store.project)["purpose"] == "To name flowers in a garden."
    qtbot.waitUntil(dialog.save.isEnabled, timeout=3 * MINUTE)
    for ending, begins in ((".md", b"# "), (".html", b"<!DOCTYPE"), (".pdf", b"%PDF")):
        path = tmp_path / f"card{ending}"
        dialog.write_to(path)
        qtbot.waitUntil(lambda path=path: dialog.save.isEnabled() and path.is_file())
        assert path.read_bytes().startswith(begins)
    assert told == ["saved:.md", "saved:.html", "saved:.pdf"]
    assert "To name flowers" in (tmp_path / "card.md").read_text(encoding="utf-8")
    # A lesson asks about the card: the window stays usable beside it, and both say the same.
    assert not dialog.isModal()
    store.undo()
    assert card_answers.answers_of(store.project)["purpose"] == "" == field.toPlainText()
    field.setPlainText("To name ")
    assert field.toPlainText() == "To name ", "a blank at the end may go on"
    dialog.close()


@pytest.mark.slow
def test_a_button_that_is_pressed_again_brings_its_window_back(panel, qtbot):
    for button, kind in (
        (panel.card_button, ModelCardDialog),
        (panel.methods_button, MethodComparisonDialog),
    ):
        for _press in range(2):
            qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        [shown] = panel.findChildren(kind)
        assert shown.isVisible() and shown.trained is panel.workbench.models.trained
        shown.close()
        qtbot.waitUntil(lambda kind=kind: panel.findChild(kind) is None)
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert len(panel.findChildren(kind)) == 1
        panel.findChild(kind).close()


@pytest.mark.slow
def test_results_by_the_groups_of_a_column(panel, qtbot):
    groups, behind = panel.groups, panel.behind.behind
    told: list[str] = []
    panel.workbench.happened.connect(told.append)
    assert behind is not None and groups.column.count() > 4
    place = next(
        index for index in range(groups.column.count())
        if groups.column.itemText(index).startswith("petal width")
    )  # fmt: skip
    groups.column.setCurrentIndex(place)
    groups.column.activated.emit(place)
    qtbot.waitUntil(lambda: groups.words.isVisibleTo(groups))
    values = group_values(behind.trained, behind.split, groups.column.currentText())
    wanted = by_group(behind.evaluation, values)
    assert groups.table.rows.rowCount() == len(wanted) > 1
    assert groups.table.rows.index(0, 0).data() == wanted[0].value
    assert groups.table.rows.index(0, 1).data() == str(wanted[0].samples)
    assert told == [f"grouped:{groups.column.currentText()}"]
    # What helps is measured where a group differs by more than chance, for the worst of these.
    apart = [one for one in wanted if one.apart]
    assert groups.remedies.isVisibleTo(groups) == bool(apart)
    groups.offer_remedies((replace(wanted[0], apart=True), *wanted[1:]), rises=True)
    assert groups.remedies.isVisibleTo(groups)
    qtbot.mouseClick(groups.remedies, Qt.MouseButton.LeftButton)
    assert groups._stop is not None
    qtbot.waitUntil(lambda: groups._stop is None, timeout=3 * MINUTE)
    assert len(groups.measured.text().splitlines()) == 3, groups.measured.text()
    assert groups.worst in groups.measured.text()


@pytest.mark.slow
def test_a_better_method_stands_in_the_first_result(open_window, qtbot, tmp_path):
    """Of the cells of a chessboard a tree sees the edges; one linear unit sees none."""
    random = np.random.default_rng(2)
    cells = random.uniform(0, 4, (400, 2)).round(2)
    rule = (np.floor(cells).sum(axis=1) % 2).astype(int)
    lines = [f"{a},{b},{'odd' if odd else 'even'}" for (a, b), odd in zip(cells, rule, strict=True)]
    (tmp_path / "t.csv").write_text("\n".join(["a,b,cell", *lines]), encoding="utf-8")
    data = Data("csv", path=str(tmp_path / "t.csv"), target=("cell",))
    graph = Graph((Node("input", "Input"), Node("output", "Dense", {"units": 1})),
                  (("input", "output"),))  # fmt: skip
    project = Project("cells", graph, data, Training(epochs=2))
    window = open_window(fit_output_to_data(project, load_facts(project, tmp_path)))
    window.runner.start()
    panel = window.docks.show_panel("evaluate")
    qtbot.waitUntil(lambda: bool(panel.better.cards), timeout=5 * MINUTE)
    assert panel.better.table is not None and panel.better.table.rows.rowCount() == 6
    page = window.docks.show_panel("data")
    panel.better.cards[0].buttons[0].click()
    assert page.builder.building
    before = window.store.project
    page.builder.cancel()
    qtbot.waitUntil(lambda: not page.builder.building, timeout=5 * MINUTE)
    assert window.store.project is before, "cancelled: nothing is changed"


def train(window, qtbot, **training: object):
    before = window.workbench.models.trained
    window.store.apply("Plan", lambda project: edits.set_training(project, **training))
    qtbot.waitUntil(lambda: window.workbench.settled)
    window.runner.start()
    qtbot.waitUntil(lambda: window.workbench.models.trained is not before)
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)


@pytest.mark.parametrize(
    ("labels", "rest"), [(("fall", "no fall"), "no fall"), (("a", "b", "c"), "not a")]
)
def test_of_two_classes_the_rest_is_the_other_one(labels, rest, qtbot):
    truth = np.arange(30) % len(labels)
    view = ThresholdView()
    qtbot.addWidget(view)
    view.show_evaluation(
        Evaluation("classes", 30, {}, "", truth, truth, labels,
                   probabilities=np.eye(len(labels))[truth])
    )  # fmt: skip
    view.label.setCurrentIndex(0)
    view.heat.menu.copy_numbers()
    head, *_rows = QGuiApplication.clipboard().text().splitlines()
    assert head.split("\t")[1:] == [rest, labels[0]]


@pytest.mark.slow
def test_runs_stand_side_by_side_in_their_colours(open_window, example, qtbot):
    window = open_window(example("iris"))
    train(window, qtbot, epochs=1)
    early = window.workbench.models.trained
    train(window, qtbot, epochs=40)
    evaluate = window.docks.show_panel("evaluate")
    qtbot.waitUntil(lambda: evaluate.evaluation is not None)
    assert "Compare" in evaluate.compare.words.text()
    runs = window.docks.show_panel("compare").runs
    qtbot.waitUntil(lambda: len(runs.model.runs) == 2)
    older = runs.model.index(1, 0)
    assert runs.model.data(older, Qt.ItemDataRole.DecorationRole) is None
    checked = Qt.CheckState.Checked.value
    # The network is kept beside the record once the window has time.
    qtbot.waitUntil(lambda: _kept(runs.model.runs[1].id))
    runs.model.setData(older, checked, Qt.ItemDataRole.CheckStateRole)
    color = runs.model.data(older, Qt.ItemDataRole.DecorationRole)
    assert color == QColor(overlay_color(0))
    view = evaluate.compare
    qtbot.waitUntil(lambda: len(view.all) == 2 and view.runs.idle)
    assert view.all[1].evaluation is not None, view.all[1].trouble
    measures = [
        view.table.model().index(row, 0).data() for row in range(view.table.model().rowCount())
    ]
    assert "test" in view.title.text() and not any("test" in one for one in measures), "said once"
    from netbuilder.core.results.compare import evaluate_own_data

    right = evaluate_own_data(early, window.workbench.base).metrics["accuracy"]
    assert view.all[1].evaluation.metrics["accuracy"] == pytest.approx(right)
    assert overlay_color(0) in view.legend.text()
    assert "same rows" not in view.words.text()
    rows = view.table.rows
    line = [rows.index(0, column).data() for column in range(3)]
    assert line[0] == "accuracy"
    assert "★" in line[1]
    assert "★" not in line[2]
    assert len(view.heats) == 2
    for index in range(view.which.count()):
        view.which.setCurrentIndex(index)
    runs.model.setData(older, Qt.CheckState.Unchecked.value, Qt.ItemDataRole.CheckStateRole)
    assert view.table.isHidden()


def _kept(run_id):
    from netbuilder.core.engine.runs.run_store import network_path

    return network_path(run_id).is_file()


@pytest.mark.slow
def test_residuals_and_less_data(open_window, example, qtbot):
    window = open_window(example("diabetes"))
    train(window, qtbot, epochs=2)
    panel = window.docks.show_panel("evaluate")
    qtbot.waitUntil(lambda: panel.evaluation is not None)
    view = panel.residuals
    found = panel.evaluation
    assert view.found.values == pytest.approx((found.truth - found.predictions)[:, 0])
    for index in range(view.which.count()):
        view.which.setCurrentIndex(index)
        assert view.plot.accessibleName().startswith(view.which.currentText())

    learning = panel.learning
    learning.seeds.setValue(1)
    learning.button.click()
    assert learning.running
    qtbot.waitUntil(lambda: not learning.running, timeout=3 * MINUTE)
    assert len(learning.found.points) == learning.found.total == learning.table.rows.rowCount()
    assert learning.words.text() == learning.found.sentence
    learning.seeds.setValue(10)
    learning.button.click()
    learning.button.click()
    assert not learning.running, "stopped by the same button"


@pytest.mark.slow
def test_tables_are_copied_and_saved(open_window, example, qtbot, tmp_path):
    window = open_window(example("iris"))
    train(window, qtbot, epochs=1)
    panel = window.docks.show_panel("evaluate")
    qtbot.waitUntil(lambda: panel.behind.behind is not None)
    assert "95%" in panel.comparison.text().splitlines()[0], "it belongs to the figure above"
    table = panel.parts
    menu = table.findChild(TableMenu)
    table.clearSelection()
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0].split("\t")[0] == "metric" and len(lines[0].split("\t")) == 5
    assert lines[1].split("\t")[0] == "accuracy"
    table.setCurrentIndex(table.rows.index(0, 1))
    menu.copy()
    assert QGuiApplication.clipboard().text() == table.rows.index(0, 1).data()
    path = menu.save(tmp_path / "numbers")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert path.name == "numbers.csv"
    assert len(rows) == 1 + table.rows.rowCount()
    # Where there is little room the interval stands below the test's number; in the file it has
    # its own column.
    shown = [table.rows.index(0, column).data() or "" for column in range(1, 5)]
    assert rows[1][1:] == [part for cell in shown if cell for part in cell.split("\n")]
    names = ("parts", "classes")
    assert all(getattr(panel, name).findChild(TableMenu) for name in names)
    assert panel.samples.table.findChild(TableMenu)
    assert np.isfinite(panel.evaluation.metrics["accuracy"])
