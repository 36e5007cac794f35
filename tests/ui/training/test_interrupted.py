"""A training that is killed goes on from its last checkpoint at the next start."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from netbuilder.core.data.load import load_dataset
from netbuilder.core.engine import checkpoint
from netbuilder.core.engine.events import Started
from netbuilder.core.project import edits, files
from netbuilder.core.project.edits_data import move_point
from netbuilder.ui.services.crash_detector import acquire_lock, state_folder
from netbuilder.ui.services.runs import interrupted_runs
from netbuilder.ui.services.runs.run_record import RunRecord, RunState
from netbuilder.ui.services.runs.training_thread import RunOrder, TrainingThread

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
