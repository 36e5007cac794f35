"""A run that could not begin takes nothing away from the one that was trained before."""

from netbuilder.core.project import edits
from netbuilder.core.project.model import Data
from netbuilder.ui.services.runs.run_record import RunState


def test_unreadable_data_leaves_the_trained_display(open_window, example, qtbot, tmp_path):
    window = open_window(edits.set_training(example("iris"), epochs=5))
    runner, bench = window.runner, window.workbench
    runner.start()
    qtbot.waitUntil(lambda: runner.state is RunState.IDLE)
    assert bench.run_error is None
    panel = window.docks.show_panel("training")
    curves, progress, held = runner.record.curves, runner.record.progress, runner.record.project
    path = tmp_path / "empty.csv"
    path.write_text("a,b\n", encoding="utf-8")
    window.store.apply("x", lambda p: edits.set_data(p, Data(kind="csv", path=str(path))))
    qtbot.waitUntil(lambda: bench.data_error is not None)

    runner.start()
    assert runner.state.active
    qtbot.waitUntil(lambda: runner.state is RunState.IDLE)
    assert bench.run_error is not None
    assert runner.record.curves is curves
    assert panel.curves.plot.run is curves
    assert len(curves.epochs["loss"]) == 5
    assert runner.record.progress == progress
    assert runner.record.project is held
    assert runner.may_go_on
    assert runner.record.tracker.best_epoch == 5 and runner.keeps_best
    assert panel.messages.shown.key == "error"
    assert "empty.csv" in panel.messages.shown.words
    assert "result" in [one.key for one in panel.messages.messages]
