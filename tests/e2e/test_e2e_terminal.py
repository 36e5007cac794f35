"""What the libraries say to programmers never reaches the terminal of a person."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

# The window opens, loads TensorFlow, trains, is given another network, and trains again, watched
# and judged as usual.
_WINDOW = """
import os, sys, time
from dataclasses import replace
from PySide6.QtCore import QEventLoop, QTimer
from netbuilder.core.project import edits, files
from netbuilder.core.folders import resource
from netbuilder.ui import app
from netbuilder.ui.main_window import MainWindow

application = app.make_application(["netbuilder"])
project = files.read(resource("examples", "iris.netbuilder"))
window = MainWindow(edits.set_training(project, epochs=3), remember=False)
window.show()

def until(done):
    loop, timer, end = QEventLoop(), QTimer(), time.monotonic() + 90
    timer.timeout.connect(lambda: (done() or time.monotonic() > end) and loop.quit())
    timer.start(5)
    loop.exec()
    timer.stop()
    assert done()

window.workbench.start()
until(lambda: window.workbench.settled)
first = next(node for node in project.graph.nodes if "units" in node.params)
for units in (7, 9):
    edited = edits.set_params(window.store.project, first.id, units=units)
    window.store.apply("units", lambda _: edited)
    until(lambda: window.workbench.settled)
    window.runner.start()
    until(lambda: window.runner.state.active)
    until(lambda: not window.runner.state.active)
    later = time.monotonic() + 1.0
    until(lambda: time.monotonic() > later)
    assert window.runner.record.tracker.best_epoch > 0
print("trained", flush=True)
os._exit(0)
"""


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_window_says_nothing_in_the_terminal(tmp_path):
    hidden = {"TF_CPP_MIN_LOG_LEVEL", "TF_ENABLE_ONEDNN_OPTS"}
    environment = {key: value for key, value in os.environ.items() if key not in hidden}
    environment |= {"QT_QPA_PLATFORM": "offscreen", "NETBUILDER_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", _WINDOW],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["trained"]
    assert done.stderr.splitlines() == []
