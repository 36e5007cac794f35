"""Closing the window ends the process at once and well, whatever TensorFlow is at."""

import os
import subprocess
import sys

import pytest

CODE = """
import sys
from PySide6.QtCore import QTimer
from netbuilder.ui import app

application = app.make_application(["netbuilder"])


def close_soon():
    window = next(w for w in application.topLevelWidgets() if hasattr(w, "runner"))
    {body}


QTimer.singleShot(0, close_soon)
sys.exit(app.main(None))
"""
SOON = "QTimer.singleShot(300, window.close)"
TRAINING = """
    from PySide6.QtWidgets import QPushButton

    def begin():
        if window.workbench.keras_state != "ready" or not window.workbench.settled:
            QTimer.singleShot(50, begin)
            return
        window.commands.train()
        end()

    def end():
        if not window.runner.record.curves.steps:
            QTimer.singleShot(50, end)
            return
        assert window.runner.state.active, window.runner.state
        press("Stop training", "Don't save")
        window.close()

    def press(text, *later):
        box = application.activeModalWidget()
        buttons = box.findChildren(QPushButton) if box is not None else []
        button = next((b for b in buttons if b.text() == text), None)
        if button is None:
            QTimer.singleShot(50, lambda: press(text, *later))
            return
        button.click()
        if later:
            press(*later)

    begin()
"""


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(SOON, id="while Keras loads"),
        pytest.param(TRAINING, id="while it trains", marks=pytest.mark.slow),
    ],
)
def test_the_process_ends_with_zero(body, home):
    env = {**os.environ, "NETBUILDER_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(body=body)],
        check=False,
        env=env,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "FATAL" not in done.stderr
    assert "Traceback" not in done.stderr, done.stderr[-2000:]
    left = list((home / "state" / "recovery").glob("*.json")) if home.exists() else []
    assert left == [], "nothing was lost, so nothing is offered at the next start"
