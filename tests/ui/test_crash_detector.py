"""A library's fault ends the program: the next start has the work, says so, and has the stack."""

import faulthandler
import signal
import subprocess
import sys

import pytest
from PySide6.QtGui import QDesktopServices

from netbuilder.ui import app
from netbuilder.ui.services import crash_detector
from netbuilder.ui.services.unexpected_errors import UnexpectedErrors, log, log_path
from netbuilder.ui.window import dialogs

WATCHED = """
import faulthandler, os, sys
from netbuilder.ui import app
from netbuilder.core.project import edits
from netbuilder.ui.services import crash_detector
from PySide6.QtCore import QTimer

application = app.make_application(["netbuilder"])
watched = crash_detector.CrashDetector()
watched.watch()
window = app.open_window(None, remember=False)

def deep_in_a_library():
    faulthandler._sigsegv()

def go_on():
    if sys.argv[1] == "fault":
        deep_in_a_library()
    watched.close()
    os._exit(0)

window.documents.recovery.wrote.connect(go_on)
window.store.apply("Name", lambda p: edits.set_training(p, epochs=77))
application.exec()
"""


def _run(how):
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, how], check=False, capture_output=True, timeout=120
    )
    return done.returncode


@pytest.mark.skipif(sys.platform == "win32", reason="there a fault has another number")
def test_a_fault_leaves_work_and_stack_to_the_next_start(home, open_window, qtbot, monkeypatch):
    assert _run("fault") == -signal.SIGSEGV
    offered: list[int] = []

    def put_back(_parent, found):
        offered.append(found.project.training.epochs)
        return dialogs.BACK

    opened: list[str] = []
    monkeypatch.setattr(dialogs, "offer_recovery", put_back)
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    monkeypatch.setattr(log, "handlers", [])  # those of an earlier test write elsewhere
    failures = UnexpectedErrors()
    failures.install()
    try:
        window = open_window(keras=False)
        app.look_back(window)
    finally:
        failures.uninstall()
    assert offered == [77]
    assert window.store.project.training.epochs == 77
    (card,) = window.banner.cards
    assert "crashed" in card.title.text()
    assert [button.text() for button in card.buttons] == ["Open the log", "Close"]
    card.buttons[0].click()
    assert opened == [str(log_path())]
    written = log_path().read_text("utf-8")
    assert "Segmentation fault" in written
    assert "in deep_in_a_library" in written
    card.buttons[1].click()
    assert window.banner.cards == []
    assert crash_detector.take_crashes() == [], "it is told once"


def test_who_ends_by_itself_leaves_nothing(home):
    assert _run("end") == 0
    assert crash_detector.take_crashes() == []
    assert list((home / "state" / "faults").iterdir()) == []


def test_one_that_cannot_be_read_hides_no_other(home):
    folder = home / "state" / "faults"
    (folder / "0123-a.txt").mkdir(parents=True)
    (folder / "4567-b.txt").write_text("Segmentation fault")
    assert len(crash_detector.take_crashes()) == 1
    assert crash_detector.take_crashes() == [], "it is told once"


def test_of_a_process_that_goes_on_nothing_is_taken(home):
    was_on = faulthandler.is_enabled()
    watched = crash_detector.CrashDetector()
    watched.watch()
    try:
        assert crash_detector.take_crashes() == []
        assert list((home / "state" / "faults").glob("*.txt"))
    finally:
        watched.close()
        if was_on:
            faulthandler.enable(sys.__stderr__)
