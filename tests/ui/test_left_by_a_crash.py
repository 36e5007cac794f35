"""What a crash or a kill left is offered and asked about; whoever does not answer loses nothing."""

import faulthandler
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from netbuilder.core.data.load import load_dataset
from netbuilder.core.deployment.site_settings import site_settings
from netbuilder.core.engine.session import RunStorage, Session
from netbuilder.core.project import edits, files
from netbuilder.core.project.model import Project
from netbuilder.ui import app
from netbuilder.ui.services import crash_detector, jobs, recovery, suggested_paths
from netbuilder.ui.services.crash_detector import acquire_lock, new_process_name, of_one_process
from netbuilder.ui.services.project_store import ProjectStore
from netbuilder.ui.services.runs import interrupted_runs
from netbuilder.ui.services.runs.run_record import RunState
from netbuilder.ui.services.runs.training_thread import keep_network
from netbuilder.ui.services.unexpected_errors import UnexpectedErrors, log, log_path
from netbuilder.ui.window import dialogs


@pytest.fixture
def edited(example):
    return edits.rename_project(edits.set_training(example("iris"), epochs=77), "Edited")


@pytest.fixture
def left(home, edited):
    """The recovery file of a process that is gone."""
    file = home / "state" / "recovery" / "0123-a.json"
    file.parent.mkdir(parents=True)
    raw = {"time": time.time(), "path": "", "project": files.dumps(edited)}
    file.write_text(json.dumps(raw), "utf-8")
    return file


@pytest.mark.parametrize(
    "content",
    ["[]", "{}", '{"time": 1e999, "project": "{}"}', '{"project": ' + "[" * 100_000, "\x00"],
)
def test_a_damaged_recovery_file_does_not_hide_a_good_one(left, content):
    left.with_name("0000-bad.json").write_text(content, "utf-8")
    (left.with_name("0001-folder.json")).mkdir()
    assert [recovered.file for recovered in recovery.find_recovered()] == [left]


def test_work_left_on_another_computer_is_offered_once_that_one_is_silent(left):
    """A lock names its computer; whether a process lives there is only seen by its touches."""
    lock = left.with_suffix(".lock")
    lock.write_text("4711\nnetbuilder\nanother-computer\n")
    assert recovery.find_recovered() == [], "its lock was touched just now"
    long_ago = time.time() - 2 * crash_detector.SILENT_SECONDS
    os.utime(lock, (long_ago, long_ago))
    (recovered,) = recovery.find_recovered()
    assert recovered.file == left
    os.utime(lock, (long_ago, long_ago))
    crash_detector.touch_locks()
    assert time.time() - lock.stat().st_mtime < crash_detector.SILENT_SECONDS / 2


def run_left(name, project):
    """A run of a process that is gone, two epochs far."""
    run = interrupted_runs.begin_run(project, Path())
    short = edits.set_training(project, epochs=2)
    Session(
        short,
        load_dataset(short, Path()),
        storage=RunStorage(checkpoint_dir=run.checkpoints, record=False),
    ).run()
    assert any(run.checkpoints.iterdir())
    run.lock.unlock()
    return run.folder.rename(run.folder.with_name(name))


@pytest.mark.slow
def test_escape_throws_nothing_away(open_window, left, example):
    run = run_left("4567-b", example("iris"))
    window = open_window(keras=False)
    escaped: list[str] = []

    def escape():
        box = QApplication.activeModalWidget()
        if box is not None:
            escaped.append(box.windowTitle())
            QTest.keyClick(box, Qt.Key.Key_Escape)
        if len(escaped) < 2:
            QTimer.singleShot(30, escape)

    QTimer.singleShot(30, escape)
    app.offer_recovery(window)
    assert escaped == ["Unsaved work found", "Interrupted training"]
    assert [one.file for one in recovery.find_recovered()] == [left], (
        "it is found at the next start"
    )
    assert [one.folder for one in interrupted_runs.find_interrupted()] == [run]


def test_what_is_asked_about_later_stays_in_reach(open_window, left, edited, answer):
    window = open_window(keras=False)
    again = window.actions_table["restore-work"]
    assert not again.isEnabled()
    answer(dialogs.LATER)
    app.offer_recovery(window)
    assert again.isEnabled()
    answer(dialogs.BACK)
    again.trigger()
    assert window.store.project.graph == edited.graph
    assert not again.isEnabled()


def test_what_is_forgotten_is_gone(open_window, left, answer):
    window = open_window(keras=False)
    answer(dialogs.FORGET)
    app.offer_recovery(window)
    assert not left.exists()
    assert recovery.find_recovered() == []


@pytest.mark.parametrize("edited_since", [False, True])
def test_what_was_trained_comes_back_with_it(
    open_window, left, edited, answer, qtbot, edited_since
):
    """A project that was never saved: its run was recorded before the process was killed."""
    run = edits.set_training(edited, epochs=3)
    session = Session(run, load_dataset(run, Path()))
    assert keep_network(session.run(), session)
    project = edits.set_training(run, epochs=4) if edited_since else run
    raw = {"time": time.time(), "path": "", "project": files.dumps(project)}
    left.write_text(json.dumps(raw), "utf-8")
    window = open_window()
    answer(dialogs.BACK)
    app.offer_recovery(window)
    models = window.workbench.models
    if edited_since:
        qtbot.waitUntil(lambda: not jobs.RUNNING)
        assert models.trained is None, "that was another plan"
    else:
        qtbot.waitUntil(lambda: models.trained is not None)
        assert models.trained.epochs == 3


def test_what_is_put_back_is_on_disk_all_the_while(open_window, left, edited, answer, qtbot):
    window = open_window(keras=False)
    before = left.read_text("utf-8")
    answer(dialogs.BACK)
    app.offer_recovery(window)
    assert window.store.project.graph == edited.graph
    (kept,) = left.parent.glob("*.json")
    assert kept.read_text("utf-8") == before
    window.store.apply("Epochs", lambda p: edits.set_training(p, epochs=5))
    qtbot.waitUntil(lambda: kept.read_text("utf-8") != before)
    assert recovery.find_recovered() == [], "it is this window's now"
    window.store.mark_saved()
    assert not kept.exists()


@pytest.mark.slow
def test_a_second_crash_leaves_work_and_run_of_one_process_too(
    open_window, left, example, answer, qtbot
):
    """After the second one the run was passed over, as if it were another window's."""
    run_left("0123-b", edits.set_training(example("iris"), epochs=1_000_000))
    window = open_window()
    answer(dialogs.BACK, dialogs.GO_ON)
    app.offer_recovery(window)
    runner = window.runner
    qtbot.waitUntil(lambda: runner.state is RunState.RUNNING)
    assert not left.exists()
    works = [*left.parent.glob("[!.]*.json")]  # beside one that is being written
    (run,) = (left.parent.parent / "training").iterdir()
    assert works
    for one in (*works, run):
        assert of_one_process(one, Path(new_process_name())), "as a run is that begins now"


def test_a_run_that_goes_on_alone_belongs_to_no_file(open_window, example, answer, tmp_path):
    place = run_left("4567-b", edits.set_training(example("iris"), epochs=1_000_000))
    (place / "base.txt").write_text(str(tmp_path), "utf-8")
    window = open_window()
    answer(dialogs.GO_ON)
    app.offer_recovery(window)
    assert window.store.path is None
    assert Path(suggested_paths.suggested_path(window.workbench, ".h5")).stem == "Iris"
    assert window.store.document.base == tmp_path, "where its data lies"


def test_data_beside_a_project_of_no_file_is_found_again(
    open_window, left, edited, answer, tmp_path
):
    (tmp_path / "elsewhere").mkdir()
    raw = json.loads(left.read_text("utf-8"))
    left.write_text(json.dumps({**raw, "base": str(tmp_path / "elsewhere")}), "utf-8")
    window = open_window(keras=False)
    answer(dialogs.BACK)
    app.offer_recovery(window)
    assert window.store.path is None
    assert window.workbench.base == tmp_path / "elsewhere"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["0123-b", "4567-b"], ids=["its own run", "another window's"])
def test_what_is_put_back_does_not_give_way_to_a_run(
    open_window, left, edited, example, answer, qtbot, name
):
    project = edits.set_training(example("iris"), epochs=1_000_000)
    place = run_left(name, project)
    window = open_window()
    pressed = answer(dialogs.BACK, dialogs.GO_ON)
    app.offer_recovery(window)
    assert window.store.project.name == edited.name, "the edits stay"
    assert window.store.project.training.epochs == 77
    if name.startswith("0123"):
        assert pressed == [dialogs.BACK, dialogs.GO_ON]
        runner = window.runner
        qtbot.waitUntil(lambda: len(runner.record.curves.epochs.get("loss", ())) > 5)
        assert runner.record.project.training.epochs == 1_000_000
        runner.stop()
        qtbot.waitUntil(lambda: runner.state is RunState.IDLE)
    else:
        assert pressed == [dialogs.BACK]
        assert not window.runner.state.active
        assert [one.folder for one in interrupted_runs.find_interrupted()] == [place], (
            "for the next start"
        )


@pytest.mark.slow
def test_a_run_that_another_window_took_is_passed_over(
    open_window, example, answer, monkeypatch, qtbot
):
    """Between the question and the answer nobody holds it for a moment."""
    for name, project in (("0123-a", "iris"), ("4567-b", "moons")):
        run_left(name, edits.set_training(example(project), epochs=1_000_000))
    found = sorted(interrupted_runs.find_interrupted(), key=lambda one: one.folder)
    found[0].lock.unlock()
    other = acquire_lock(found[0].folder / "lock")
    monkeypatch.setattr(interrupted_runs, "find_interrupted", lambda: found)
    window = open_window()
    answer(dialogs.GO_ON, dialogs.GO_ON)
    app.offer_recovery(window)
    assert window.store.project.name == found[1].project.name
    qtbot.waitUntil(lambda: window.runner.state is RunState.RUNNING)
    assert window.runner.record.project.name == found[1].project.name
    assert found[0].folder.exists(), "it is the other's"
    assert "cannot continue" in window.banner.cards[0].title.text()
    other.unlock()


def test_that_changes_are_not_kept_is_told_once(open_window, example, qtbot, limit_file_size):
    window = open_window(example("iris"), keras=False)
    told: list[str] = []
    window.documents.failed.connect(lambda error: told.append(error.what))

    def edit(epochs):
        with qtbot.waitSignal(window.documents.recovery.wrote):
            window.store.apply("Epochs", lambda p: edits.set_training(p, epochs=epochs))

    limit_file_size(300)
    edit(3)
    edit(4)
    qtbot.waitUntil(lambda: bool(told))
    limit_file_size(None)
    assert len(told) == 1
    assert str(window.documents.recovery.file.parent) in window.banner.cards[0].title.text()
    edit(5)
    limit_file_size(300)
    edit(6)
    limit_file_size(None)
    qtbot.waitUntil(lambda: len(told) == 2)


def test_a_training_that_is_not_in_runs_is_asked_about(open_window, example, qtbot, home):
    window = open_window(edits.set_training(example("iris"), epochs=2))
    shutil.rmtree(home / "data" / "runs", ignore_errors=True)
    (home / "data" / "runs").write_text("a file where the folder should be")
    qtbot.train(window)
    assert window.workbench.models.trained is not None
    assert "not saved" in window.banner.cards[0].title.text()
    assert [one.what for one in window.documents.unsaved] == ["The trained network"]
    (home / "data" / "runs").unlink()
    qtbot.train(window)
    assert window.documents.unsaved == (), "an example that nobody edited, in Runs"


EDITOR = """
import sys, time
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from netbuilder.core.project import edits
from netbuilder.ui.services.recovery import Recovery
from netbuilder.ui.services.project_store import ProjectStore
app = QCoreApplication([])
store = ProjectStore(path=Path("/somewhere/mine.netbuilder"))
recovery = Recovery(store)
store.apply("Add", lambda p: edits.append_layer(p, "Input"))
store.apply("Add", lambda p: edits.append_layer(p, "Dense"))
print("edited", flush=True)
app.exec()
"""


@pytest.fixture
def editor(home, root):
    process = subprocess.Popen(
        [sys.executable, "-c", EDITOR], stdout=subprocess.PIPE, text=True, cwd=root
    )
    assert process.stdout.readline().strip() == "edited"
    yield process
    process.kill()
    process.wait()


def test_a_kill_after_an_edit_loses_nothing(editor, home):
    assert site_settings().autosave_seconds <= 1.0, "at once, and not when it is too late"
    end = time.monotonic() + 60
    while not list((home / "state" / "recovery").glob("*.json")) and time.monotonic() < end:
        time.sleep(0.05)
    assert recovery.find_recovered() == [], "a living process's file is not offered"
    editor.kill()
    editor.wait()
    (found,) = recovery.find_recovered()
    assert [n.layer for n in found.project.graph.nodes] == ["Input", "Dense"]
    assert found.original == Path("/somewhere/mine.netbuilder")
    recovery.discard_recovered(found)
    assert recovery.find_recovered() == []


def test_nothing_is_left_when_all_is_saved(qtbot, home):
    store = ProjectStore()
    saver = recovery.Recovery(store)
    folder = home / "state" / "recovery"
    store.apply("Add", lambda p: edits.append_layer(p, "Dense"))
    qtbot.waitUntil(lambda: len(list(folder.glob("*.json"))) == 1, timeout=30_000)
    store.mark_saved()
    assert list(folder.glob("*.json")) == []
    store.apply("Add", lambda p: edits.append_layer(p, "Dense"))
    qtbot.waitUntil(lambda: len(list(folder.glob("*.json"))) == 1, timeout=30_000)
    saver.close()
    assert list(folder.glob("*.json")) == []


def test_a_damaged_recovery_file_is_passed_over(home):
    folder = home / "state" / "recovery"
    folder.mkdir(parents=True)
    (folder / "x.json").write_text('{"pid": 1')
    assert recovery.find_recovered() == []


def test_an_autosave_under_way_does_not_come_over_what_is_put_back(qtbot, home, told, monkeypatch):
    store = ProjectStore()
    saver = recovery.Recovery(store)
    left = home / "state" / "recovery" / "0123-a.json"
    raw = {"time": 1.0, "project": files.dumps(edits.append_layer(Project(), "Dropout"))}
    left.write_text(json.dumps(raw))
    begun, go_on = threading.Event(), threading.Event()

    def slowly(project, dumps=files.dumps):
        begun.set()
        go_on.wait(60)
        return dumps(project)

    monkeypatch.setattr(files, "dumps", slowly)
    store.apply("Add", lambda p: edits.append_layer(p, "Dense"))
    qtbot.waitUntil(begun.is_set)
    (found,) = recovery.find_recovered()
    saver.take_over(found)
    go_on.set()
    told()
    (kept,) = left.parent.glob("*.json")
    assert json.loads(kept.read_text()) == raw
    saver.close()


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
