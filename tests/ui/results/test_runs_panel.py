"""Earlier runs: kept, named, sorted, overlaid, compared, brought back, deleted."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from netbuilder.core.engine.runs.run_store import Run
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import edits
from netbuilder.core.project.model import Choice, Project
from netbuilder.ui.plots.run_curves import RunCurves
from netbuilder.ui.plots.table_preview import BEHIND_ROLE
from netbuilder.ui.plots.training_curves import TrainingCurvePlot, short_number
from netbuilder.ui.results.runs_model import EPOCHS, SORT_ROLE, TEST, RunsModel
from netbuilder.ui.services.runs.run_progress import restored_sentence
from netbuilder.ui.services.runs.run_tracker import curves_of


def train(window, qtbot, epochs):
    window.store.apply("Epochs", lambda p: edits.set_training(p, epochs=epochs))
    qtbot.train(window)


@pytest.mark.slow
def test_runs_are_kept_and_compared(open_window, qtbot, example):
    window = open_window(example("iris"))
    train(window, qtbot, 2)
    first = window.store.project
    node = first.graph.order[1]
    window.store.apply("Units", lambda p: edits.set_params(p, node, units=5))
    train(window, qtbot, 3)

    panel = window.docks.show_panel("compare").runs
    qtbot.waitUntil(lambda: panel.model.rowCount() == 2)
    newest = panel.sorted.index(0, EPOCHS).data()
    assert newest == "3", "the newest stands first"

    panel.table.sortByColumn(EPOCHS, Qt.SortOrder.AscendingOrder)
    assert panel.sorted.index(0, EPOCHS).data() == "2"
    panel.table.selectRow(0)
    assert "units" in panel.differs.text()
    assert panel.since.isHidden(), "it is the first of its data"
    panel.table.selectRow(1)
    since = panel.since.text()
    assert since.startswith(f"Since “{first.name}”: ") and f"{node} units" in since
    assert since in panel.sorted.index(1, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert panel.sorted.index(1, 0).data() == f"{first.name} · run 2"
    panel.table.selectRow(0)
    # A loss that was chosen by itself is no difference to one that will be.
    assert "loss" not in panel.differs.text()
    assert "metrics" not in panel.differs.text()

    name = panel.sorted.index(0, 0)
    panel.sorted.setData(name, "small", Qt.ItemDataRole.EditRole)
    assert panel.sorted.index(0, 0).data() == "small"
    name = panel.sorted.index(0, 0)
    panel.sorted.setData(name, Qt.CheckState.Checked.value, Qt.ItemDataRole.CheckStateRole)
    curves = window.docks.show_panel("training").curves
    assert list(curves.plot.overlays) == ["small"]
    assert len(curves.plot.overlays["small"].validation("loss")) == 2
    window.store.apply("Other data", lambda p: edits.set_data(p, name="wine"))
    assert window.runner.overlays.curves == {}, "curves of other data cannot be compared"
    window.store.undo()
    assert list(window.runner.overlays.curves) == ["small"], "its ticks are back with its data"

    panel.table.selectRow(0)
    panel.bring_back()
    assert window.store.project.graph.by_id[node].params["units"] != 5
    window.store.undo()
    assert window.store.project.graph.by_id[node].params["units"] == 5

    panel.table.selectAll()
    panel.refresh()
    qtbot.waitUntil(lambda: panel.worker.idle)
    assert len(panel.selected()) == 2, "a list that is read again leaves what is selected"
    # A key held meanwhile, as for the next click with Ctrl, changes nothing of it.
    panel.table.selectRow(0)
    QTest.mouseClick(panel.differs, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier)
    panel.refresh()
    qtbot.waitUntil(lambda: panel.worker.idle)
    assert [run.name for run in panel.selected()] == ["small"]
    QTest.keyRelease(panel.table, Qt.Key.Key_Control, Qt.KeyboardModifier.NoModifier)

    panel.delete_selected()
    assert panel.model.rowCount() == 1
    assert window.runner.overlays.curves == {}


def test_what_differs_between_runs_is_shown(example):
    def run(name, project):
        return Run(name, name, project, "2026-01-01T10:00:00+00:00")

    adam = example("iris")
    sgd = replace(
        adam, training=replace(adam.training, optimizer=Choice("SGD", {"learning_rate": 0.1}))
    )
    both = [run("1", adam), run("2", sgd)]
    model = RunsModel()
    model.show_runs(both)
    last = model.columnCount() - 1
    assert model.index(1, last).data() == "SGD 0.1"
    assert model.index(1, last).data(Qt.ItemDataRole.ToolTipRole).endswith("SGD 0.1")
    even = run("4", edits.set_training(adam, class_weight="balanced"))
    model.show_runs([both[0], even])
    assert model.index(1, last).data() == "class weight balanced"
    model.show_runs([both[1], replace(both[1], id="3")])
    assert model.differing == {"2": "", "3": ""}


def test_losses_of_other_formulas_are_named(example):
    """A mean absolute error of 0.03 is no worse than a mean squared error of 0.002."""
    iris = example("iris")

    def run(number, project=iris, **test: float):
        when = f"2026-01-0{number}T10:00:00+00:00"
        loss = 0.0035 * number
        return Run(str(number), str(number), project, when, last={"val_loss": loss}, test=test)

    absolute, squared = (
        run(number, edits.set_training(iris, loss=Choice(f"mean_{name}_error")))
        for number, name in enumerate(("absolute", "squared"), 1)
    )
    model = RunsModel()
    model.show_runs([absolute, squared])
    cells = [[model.index(row, column).data() for column in (3, 7)] for row in range(2)]
    assert cells[0] == ["0.0035 (mean absolute error)", "mean absolute error"]
    assert cells[1] == ["0.007 (mean squared error)", "mean squared error"]
    other = replace(iris, data=replace(iris.data, name="wine"))
    model.show_runs([absolute, run(3, other)])
    assert model.index(0, 3).data() == "0.0035", "runs on other rows are not compared"
    # And so are units: each table's numbers stand at the right edge.
    large, small = run(1, mean_absolute_error=1794.0), run(2, other, mean_absolute_error=1.314)
    model.show_runs([large, small])
    assert [model.index(row, TEST).data() for row in (0, 1)] == ["± 1794", "± 1.314"]
    assert not any(model.index(row, TEST).data(BEHIND_ROLE) for row in (0, 1))
    # In Curves, too.
    view = TrainingCurvePlot()
    curves = [RunCurves(loss=loss) for loss in ("mean squared error", "mean absolute error")]
    view.set_run(curves[0])
    view.set_overlays({"before": curves[1]})
    assert view.named("before", curves[1]) == "before (mean absolute error)"
    view.show_quantity("accuracy")
    assert view.named("before", curves[1]) == "before"
    view.show_quantity("loss")
    view.set_overlays({"before": RunCurves(loss="mean squared error")})
    assert view.named("training", curves[0]) == "training"


def test_a_name_has_its_room_first(open_window, qtbot, example):
    window = open_window(example("iris"))
    panel = window.docks.show_panel("compare").runs
    when = "2026-01-01T10:00:00+00:00"
    panel._show([Run(n, f"sales of spring · run {n}", window.store.project, when) for n in "12"])
    header = panel.table.horizontalHeader()
    for width in range(620, 380, -20):
        panel.table.setFixedWidth(width)
        panel.layout().activate()
        panel._leave_names_room()
        assert header.sectionSize(0) >= panel.table.sizeHintForColumn(0), width


def test_columns_that_gave_way_stay_away_when_the_list_is_read_again(open_window, qtbot, example):
    window = open_window(example("iris"))
    panel = window.docks.show_panel("compare").runs
    runs = [Run(name, name, window.store.project, "2026-01-01T10:00:00+00:00") for name in "12"]
    header = panel.table.horizontalHeader()

    def hidden():
        panel._show(runs)
        return [number for number in range(header.count()) if header.isSectionHidden(number)]

    given_way = set()
    for width in range(620, 180, -10):
        panel.table.setFixedWidth(width)
        panel.layout().activate()
        first = hidden()
        given_way.update(first)
        assert hidden() == first, width
    assert len(given_way) > 1


def test_the_loss_is_that_of_the_epoch_that_was_kept():
    run = Run(
        "1", "One", Project(), "2026-01-01T10:00:00+00:00", epochs=100, best_epoch=48,
        last={"loss": 0.01, "val_loss": 0.0302},
    )  # fmt: skip
    model = RunsModel()
    kept = replace(run, id="2", kept_epoch=48, kept={"loss": 0.02, "val_loss": 0.00575})
    model.show_runs([run, kept])
    cells = [[model.index(row, column).data() for column in (EPOCHS, 3)] for row in range(2)]
    assert cells == [["100", "0.0302"], ["48 of 100", "0.00575"]], "as in Curves"
    right = [
        int(model.index(0, column).data(Qt.ItemDataRole.TextAlignmentRole) or 0)
        & Qt.AlignmentFlag.AlignRight.value
        for column in range(6)
    ]
    assert list(map(bool, right)) == [False, False, True, True, True, True]
    assert [model.index(row, 3).data(BEHIND_ROLE) for row in range(2)] == ["\u2007", ""]
    assert model.index(1, 3).data(SORT_ROLE) == 0.00575
    told = model.index(1, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert "val loss 0.00575 in epoch 48" in told and "0.0302" not in told


@pytest.mark.slow
def test_what_was_kept_is_what_all_speak_about(open_window, qtbot, example):
    keeps = edits.set_training(
        example("iris"), callbacks=(Choice("RestoreBestWeights"),),
        optimizer=Choice("Adam", {"learning_rate": 0.5}),
    )  # fmt: skip
    window = open_window(keeps)
    train(window, qtbot, 12)
    trained = window.workbench.models.trained
    kept, held = trained.kept_epoch, trained.history["val_loss"]
    assert 0 < kept < 12 and held[kept - 1] == min(held) < held[-1]
    legend = window.docks.show_panel("training").curves.legend
    qtbot.waitUntil(lambda: _("weights of epoch {number} restored", number=kept) in legend.text())
    assert f"validation {short_number(min(held))}" in legend.text()
    restored = restored_sentence(kept, 12)
    assert restored in window.inspector.summary.lines["result"].text()
    about = window.docks.show_panel("evaluate").about
    qtbot.waitUntil(lambda: restored in about.text())
    panel = window.docks.show_panel("compare").runs
    qtbot.waitUntil(lambda: panel.model.rowCount() == 1)
    assert panel.model.index(0, 3).data() == short_number(min(held))
    # And as it is found again when its project is opened another time.
    curves = curves_of(panel.model.runs[0])
    assert (curves.kept_epoch, short_number(curves.told("val_loss"))) == (
        kept,
        short_number(min(held)),
    )
