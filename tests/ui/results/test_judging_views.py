"""Evaluate: residuals, runs side by side, less data on request, and tables that are copied."""

import csv

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication

from netbuilder.core.project import edits
from netbuilder.core.results.evaluate import Evaluation
from netbuilder.ui.plots.picture_menu import TableMenu
from netbuilder.ui.plots.training_curves import overlay_color
from netbuilder.ui.results.threshold_view import ThresholdView
from netbuilder.ui.services.runs.run_record import RunState

MINUTE = 60_000


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
