"""A training that is killed goes on from its last checkpoint at the next start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from netbuilder.core.engine.checkpoint import format
from netbuilder.core.project import edits
from netbuilder.core.project.model import Project
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.services.runs import interrupted_runs
from netbuilder.ui.services.runs.runner import RunState

MINUTE = 60_000
CODE = """
from netbuilder.core.project import edits, files
from netbuilder.core.resources import resource
from netbuilder.ui import app
from netbuilder.ui.main_window import MainWindow
application = app.make_application(["netbuilder"])
project = files.read(resource("examples", "iris.netbuilder"))
window = MainWindow(edits.set_training(project, epochs=1_000_000))
window.show()
window.runner.start()
application.exec()
"""


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is a signal of POSIX systems")
def test_a_killed_run_goes_on(
    open_window: Callable[..., MainWindow], home: Path, qtbot: QtBot
) -> None:
    env = {**os.environ, "NETBUILDER_HOME": str(home)}
    process = subprocess.Popen([sys.executable, "-c", CODE], env=env, stderr=subprocess.DEVNULL)
    folder, end = home / "state" / "training", time.monotonic() + 150
    while time.monotonic() < end:
        if any(folder.glob("*/checkpoints/checkpoint.npz")):
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()

    found = interrupted_runs.find()
    assert len(found) == 1
    run = found[0]
    left = format.read(run.checkpoints)
    assert left is not None
    assert left.epoch > 1
    window = open_window(run.project)
    window.runner.start(interrupted=run)
    qtbot.waitUntil(lambda: window.runner.state is RunState.RUNNING, timeout=MINUTE)
    curves, done = window.runner.curves, len(left.rows["steps"])
    qtbot.waitUntil(lambda: len(curves.steps["loss"]) > done, timeout=MINUTE)
    window.runner.stop()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE, timeout=MINUTE)
    assert window.workbench.trained.epochs >= left.epoch
    # The curves have the whole run: what was before the crash, and what came then, with no gap.
    assert curves.steps["loss"].y[:done].tolist() == left.rows["steps"][:, 0].tolist()
    x = curves.steps["loss"].x
    assert np.allclose(np.diff(x), x[0])
    names = left.facts["names"]
    for name, rows in zip(names, left.rows["epochs"].T, strict=False):
        assert curves.epochs[name].y[: left.epoch].tolist() == rows.tolist()
    epochs = curves.epochs["loss"].x
    assert epochs.tolist() == list(range(1, len(epochs) + 1))
    assert window.workbench.trained.history["loss"] == curves.epochs["loss"].y.tolist()
    assert interrupted_runs.find() == [], "a run that ended leaves nothing behind"


def test_a_run_that_ends_leaves_nothing(
    open_window: Callable[..., MainWindow], example: Callable[[str], Project], qtbot: QtBot
) -> None:
    window = open_window(edits.set_training(example("iris"), epochs=2))
    window.runner.start()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE, timeout=MINUTE)
    assert not any(interrupted_runs._root().iterdir())


def test_a_folder_without_checkpoint_is_removed(home: Path, example: Callable) -> None:
    run = interrupted_runs.begin(example("iris"), home)
    assert interrupted_runs.find() == []
    assert run.folder.exists(), "its process lives"
    run.lock.unlock()
    assert interrupted_runs.find() == []
    assert not run.folder.exists()
