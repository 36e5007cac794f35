"""Earlier runs: kept, named, sorted, overlaid, compared, brought back, deleted."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from netbuilder.core.project import edits
from netbuilder.core.project.model import Project
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.results.runs import RunsPanel
from netbuilder.ui.services.runs.runner import RunState

MINUTE = 60_000


def train(window: MainWindow, qtbot: QtBot, epochs: int) -> None:
    window.store.apply("Epochs", lambda p: edits.set_training(p, epochs=epochs))
    window.runner.start()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE, timeout=MINUTE)


def test_runs_are_kept_and_compared(
    open_window: Callable[..., MainWindow], qtbot: QtBot, example: Callable[[str], Project]
) -> None:
    window = open_window(example("iris"))
    train(window, qtbot, 2)
    first = window.store.project
    node = first.graph.order[1]
    window.store.apply("Units", lambda p: edits.set_params(p, node, units=5))
    train(window, qtbot, 3)

    panel = window.docks.show_panel("runs")
    assert isinstance(panel, RunsPanel)
    qtbot.waitUntil(lambda: panel.model.rowCount() == 2, timeout=MINUTE)
    newest = panel.sorted.index(0, 2).data()
    assert newest == "3", "the newest stands first"

    panel.table.sortByColumn(2, Qt.SortOrder.AscendingOrder)
    assert panel.sorted.index(0, 2).data() == "2"
    panel.table.selectRow(0)
    assert "units" in panel.differs.text()
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
    assert window.runner.overlays == {}, "curves of other data cannot be compared"
    window.store.undo()
    assert list(window.runner.overlays) == ["small"], "its ticks are back with its data"

    panel.table.selectRow(0)
    panel.bring_back()
    assert window.store.project.graph.by_id[node].params["units"] != 5
    window.store.undo()
    assert window.store.project.graph.by_id[node].params["units"] == 5

    panel.table.selectAll()
    panel.refresh()
    qtbot.waitUntil(lambda: panel._worker.idle, timeout=MINUTE)
    assert len(panel.selected()) == 2, "a list that is read again leaves what is selected"
    # A key held meanwhile, as for the next click with Ctrl, changes nothing of it.
    panel.table.selectRow(0)
    QTest.mouseClick(panel.differs, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier)
    panel.refresh()
    qtbot.waitUntil(lambda: panel._worker.idle, timeout=MINUTE)
    assert [run.name for run in panel.selected()] == ["small"]
    QTest.keyRelease(panel.table, Qt.Key.Key_Control, Qt.KeyboardModifier.NoModifier)

    panel.delete_selected()
    assert panel.model.rowCount() == 1
    assert window.runner.overlays == {}
