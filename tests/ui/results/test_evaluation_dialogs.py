"""From Evaluate: other methods beside the network, the model card, and the results by group."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPlainTextEdit

from netbuilder.core.data.defaults import fit_output_to_data
from netbuilder.core.data.load import load_facts
from netbuilder.core.project import card_answers, edits
from netbuilder.core.project.model import Data, Graph, Node, Project, Training
from netbuilder.core.results.statistics import by_group, group_values
from netbuilder.ui.plots.live.surface_plot import MOST_RINGED
from netbuilder.ui.results.method_comparison import MethodComparisonDialog
from netbuilder.ui.results.model_card_dialog import ModelCardDialog
from netbuilder.ui.services.runs.run_record import RunState

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
