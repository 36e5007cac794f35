"""A training that is killed, breaks off or cannot begin takes nothing away."""

import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from netbuilder.core.data.load import load_dataset
from netbuilder.core.engine import checkpoint
from netbuilder.core.engine.events import Started
from netbuilder.core.engine.runs import run_store as runs
from netbuilder.core.formats.registry import load_network
from netbuilder.core.project import edits, files
from netbuilder.core.project.edits_data import move_point
from netbuilder.core.project.model import Choice, Data
from netbuilder.ui.services.crash_detector import acquire_lock, state_folder
from netbuilder.ui.services.runs import interrupted_runs, training_thread
from netbuilder.ui.services.runs.run_record import RunRecord, RunState
from netbuilder.ui.services.runs.training_thread import RunOrder, TrainingThread
from netbuilder.ui.window import dialogs

CODE = """
from netbuilder.core.project import edits, files
from netbuilder.core.folders import resource
from netbuilder.ui import app
from netbuilder.ui.main_window import MainWindow
application = app.make_application(["netbuilder"])
project = files.read(resource("examples", "iris.netbuilder"))
window = MainWindow(edits.set_training(project, epochs=1_000_000))
window.show()
window.runner.start()
application.exec()
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="kill -9 is a signal of POSIX systems")
def test_a_killed_run_goes_on(open_window, home, qtbot):
    env = {**os.environ, "NETBUILDER_HOME": str(home)}
    process = subprocess.Popen([sys.executable, "-c", CODE], env=env, stderr=subprocess.DEVNULL)
    folder, end = home / "state" / "training", time.monotonic() + 150
    while time.monotonic() < end:
        if any(folder.glob("*/checkpoints/checkpoint.npz")):
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()

    found = interrupted_runs.find_interrupted()
    assert len(found) == 1
    run = found[0]
    left = checkpoint.read_checkpoint(run.checkpoints)
    assert left.epoch >= 1, "a second of training, one epoch of it on a busy machine"
    window = open_window(run.project)
    window.runner.start(interrupted=run)
    qtbot.waitUntil(lambda: window.runner.state is RunState.RUNNING)
    curves, done = window.runner.record.curves, len(left.rows["steps"])
    qtbot.waitUntil(lambda: len(curves.steps["loss"]) > done)
    window.runner.stop()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    assert window.workbench.models.trained.epochs >= left.epoch
    # The curves have the whole run: what was before the crash, and what came then, with no gap.
    assert curves.steps["loss"].y[:done].tolist() == left.rows["steps"][:, 0].tolist()
    x = curves.steps["loss"].x
    assert np.allclose(np.diff(x), x[0])
    names = left.facts["names"]
    for name, rows in zip(names, left.rows["epochs"].T, strict=False):
        assert curves.epochs[name].y[: left.epoch].tolist() == rows.tolist()
    epochs = curves.epochs["loss"].x
    assert epochs.tolist() == list(range(1, len(epochs) + 1))
    assert window.workbench.models.trained.history["loss"] == curves.epochs["loss"].y.tolist()
    assert interrupted_runs.find_interrupted() == [], "a run that ended leaves nothing behind"


def test_a_run_that_ends_leaves_nothing(open_window, example, qtbot):
    window = open_window(edits.set_training(example("iris"), epochs=2))
    qtbot.train(window)
    assert not any(state_folder("training").iterdir())


def test_a_folder_without_checkpoint_is_removed(home, example):
    run = interrupted_runs.begin_run(example("iris"), home)
    assert interrupted_runs.find_interrupted() == []
    assert run.folder.exists(), "its process lives"
    run.lock.unlock()
    assert interrupted_runs.find_interrupted() == []
    assert not run.folder.exists()


def test_a_checkpoint_has_its_project_beside_it_before_the_window_hears_of_it(home, example):
    project = edits.set_training(example("moons"), epochs=5_000_000)
    moved = move_point(project, number=0, x=2.0, y=1.0)
    dataset = load_dataset(moved, home)
    work, end = TrainingThread(), time.monotonic() + 60
    record = RunRecord(project)
    work.begin(record, RunOrder(project, home), lambda _session: None)
    try:
        while not any(isinstance(event, Started) for event in list(work.events)):
            assert time.monotonic() < end
            time.sleep(0.01)
        record.session.set_data(moved, dataset)
        (kept,) = state_folder("training").glob("*/project.netbuilder")
        while files.read(kept).data != moved.data:
            assert time.monotonic() < end
            time.sleep(0.01)
    finally:
        work.stop()
        assert work.join(60)


def test_a_project_that_could_not_be_kept_is_kept_with_the_next_checkpoint(home, example):
    project = example("moons")
    moved = move_point(project, number=0, x=2.0, y=1.0)
    run = interrupted_runs.begin_run(project, home)
    file = run.folder / "project.netbuilder"
    file.unlink()
    file.mkdir()
    assert interrupted_runs.continue_run(run, moved) == run, "it is not taken for written"
    file.rmdir()
    assert interrupted_runs.continue_run(run, moved).project == moved
    assert files.read(file).data == moved.data
    interrupted_runs.end_run(run)


def test_a_run_that_another_window_has_just_taken_is_left_to_it(home, example):
    run = interrupted_runs.begin_run(example("iris"), home)
    run.lock.unlock()
    other = acquire_lock(run.folder / "lock")
    assert interrupted_runs.take_over_run(run) is None
    assert [one.name for one in state_folder("training").iterdir()] == [run.folder.name]
    other.unlock()
    taken = interrupted_runs.take_over_run(run)
    assert taken.lock.isLocked() and taken.folder.exists()
    interrupted_runs.end_run(taken)


@pytest.mark.slow
def test_a_stick_that_is_pulled_out_takes_no_weights_away(open_window, example, qtbot, tmp_path):
    nets = Choice("ModelCheckpoint", {"filepath": "nets/last.keras", "save_best_only": False})
    project = edits.set_training(example("iris"), epochs=100_000, callbacks=(nets,))
    path = tmp_path / "mine.netbuilder"
    files.write(project, path)
    window = open_window(project, path)
    runner = window.runner
    runner.start()
    qtbot.waitUntil(lambda: len(runner.record.curves.epochs.get("loss", ())) > 5)
    (tmp_path / "nets").rename(tmp_path / "gone")
    (tmp_path / "nets").write_text("a file where the folder was")
    qtbot.waitUntil(lambda: runner.state is RunState.IDLE)
    trained = window.workbench.models.trained
    assert trained.epochs > 5
    title = window.banner.cards[0].title.text()
    assert f" {trained.epochs} " in title
    assert runner.record.progress.words.startswith(f"Failed at epoch {trained.epochs}")
    (run,) = runs.list_runs()
    qtbot.waitUntil(lambda: not window.documents.unsaved)  # Runs has it
    assert run.reason == "failed"
    assert load_network(runs.network_path(run.id)).epochs == trained.epochs
    assert window.documents.export_to(tmp_path / "mine.h5").finish()
    assert load_network(tmp_path / "mine.h5").epochs == trained.epochs


@pytest.mark.slow
def test_a_window_that_is_closed_waits_for_the_end_of_its_run(
    open_window, example, qtbot, tmp_path, answer, monkeypatch
):
    gate, judged = threading.Event(), training_thread.evaluate_run

    def slowly(*given: Any):
        gate.wait(60)
        return judged(*given)

    monkeypatch.setattr(training_thread, "evaluate_run", slowly)
    monkeypatch.setattr(dialogs, "PATIENCE_MS", 100)
    project = edits.set_training(example("iris"), epochs=1_000_000)
    path = tmp_path / "mine.netbuilder"
    files.write(project, path)
    window = open_window(project, path)
    window.runner.start()
    qtbot.waitUntil(lambda: window.runner.state is RunState.RUNNING)
    pressed = answer(dialogs.STOP, dialogs.STAY)
    assert not window.close()
    assert pressed == [dialogs.STOP, dialogs.STAY]
    assert window.isVisible()

    seen: list[str] = []

    def let_go():
        box = QApplication.activeModalWidget()
        if box is None or "still stopping" not in box.windowTitle():
            QTimer.singleShot(30, let_go)
            return
        seen.append(box.windowTitle())
        gate.set()

    QTimer.singleShot(0, let_go)
    pressed = answer("Don't save")
    assert window.close()
    assert len(seen) == 1
    assert pressed == ["Don't save"], "what it learned can be saved, as the dialog said"
    assert window.workbench.models.trained is not None
    assert window.workbench.models.state.run_id


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
