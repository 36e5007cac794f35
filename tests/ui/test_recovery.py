"""After a kill the next start offers what was being edited, and nothing when nothing was lost."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from netbuilder.core.deployment.site_settings import site_settings
from netbuilder.core.project import edits, files
from netbuilder.core.project.model import Project
from netbuilder.ui.services import recovery
from netbuilder.ui.services.project_store import ProjectStore

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
