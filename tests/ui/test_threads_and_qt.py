"""Nothing of Qt is imported, made or let go on another thread than the window's.

Qt asks a widget for its class without Python's lock. On Python before 3.12 PySide keeps classes in
one table; while another thread adds one, the program ends in ``MetaObjectBuilder::update``.
"""

import gc
import os
import threading

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QLabel

from netbuilder.core.process import garbage_collection
from netbuilder.ui.services import jobs
from netbuilder.ui.services.derived import Derived
from tests.processes import run_python

LIFE = """
import os, sys, threading
from PySide6.QtCore import QEventLoop, QTimer
from netbuilder.core.project import edits, files
from netbuilder.core.folders import resource
from netbuilder.ui import app
from netbuilder.ui.main_window import MainWindow

wrong = []
QT = ("PySide6", "shiboken6", "pyqtgraph", "qtawesome", "netbuilder.ui")

class Watch:
    def find_spec(self, name, path, target=None):
        if name.startswith(QT) and threading.current_thread() is not threading.main_thread():
            wrong.append(f"{name} on {threading.current_thread().name}")

sys.meta_path.insert(0, Watch())
MAY = ("SignalInstance.emit", "QLockFile.setStaleLockTime", "QLockFile.tryLock", "QLockFile.unlock")

def profile(frame, event, called):
    if event == "c_call":
        of = getattr(called, "__objclass__", None) or type(getattr(called, "__self__", None))
        name = getattr(called, "__qualname__", "")
        told = name == "SignalInstance.emit" and not frame.f_code.co_filename.endswith("jobs.py")
        if of.__module__.startswith("PySide6") and (told or name not in MAY):
            wrong.append(f"{name} on {threading.current_thread().name}")

threading.setprofile(profile)
application = app.make_application(["netbuilder"])
project = files.read(resource("examples", "moons.netbuilder"))
window = MainWindow(edits.set_training(project, epochs=300), remember=False)
window.show()
window.workbench.start()

def until(done):
    loop, timer = QEventLoop(), QTimer()
    timer.timeout.connect(lambda: loop.quit() if done() else None)
    timer.start(5)
    loop.exec()

until(lambda: window.prebuilding.ready)
assert "netbuilder.ui.plots.training_curves" in sys.modules and "pyqtgraph" in sys.modules
window.runner.start()
until(lambda: window.runner.state.running)
for name in window.docks.pages:
    window.docks.show_panel(name)
    application.processEvents()
until(lambda: not window.runner.state.active)
for name in window.docks.pages:
    window.docks.show_panel(name)
    until(lambda: window.workbench.settled)
node = next(one.id for one in project.graph.nodes if one.layer == "Dense")
window.store.apply("Units", lambda p: edits.set_params(p, node, units=7))
until(lambda: window.prebuilding.ready)
print("wrong:", *wrong)
sys.stdout.flush()
os._exit(0)
"""


@pytest.mark.slow
def test_a_window_s_whole_life_imports_nothing_of_qt_on_other_threads(home):
    done = run_python(LIFE, env={**os.environ, "NETBUILDER_HOME": str(home)})
    assert done.stdout.strip() == "wrong:", done.stdout + done.stderr


IN_BETWEEN = """
import sys
from netbuilder.ui.services.gradual_imports import _PiecewiseImporter
import PySide6.QtWidgets
steps = _PiecewiseImporter("pyqtgraph").steps()
for _ in range(60):
    next(steps)
assert "pyqtgraph" not in sys.modules and "pyqtgraph.Qt" in sys.modules
import pyqtgraph as pg
assert pg.PlotWidget.__name__ == "PlotWidget" and pg.mkPen and pg.__version__
assert list(steps) == [] and sys.modules["pyqtgraph"] is pg
from pyqtgraph import ViewBox
print("whole")
"""


def test_who_needs_it_before_it_is_imported_to_the_end_has_all_of_it():
    done = run_python(IN_BETWEEN, timeout=60)
    assert done.stdout.strip() == "whole", done.stderr


def _end_seen(things, owner):
    """Note on which thread ``owner`` goes."""
    import weakref

    weakref.finalize(owner, lambda: things.append(threading.current_thread().name))


def test_garbage_goes_on_the_window_s_thread_alone(qapp, qtbot):
    """A thread that makes thousands of objects has Python collect; a network let go asks for it."""
    gone: list[str] = []

    def circle():
        label = QLabel("a circle with a widget in it")
        label.itself = label
        _end_seen(gone, label)

    def many_objects():
        kept = [[number] for number in range(200_000)]
        assert kept

    assert not gc.isenabled()
    gc.collect()
    circle()
    thread = threading.Thread(target=many_objects)
    thread.start()
    thread.join()
    assert gone == []
    asked = threading.Thread(target=garbage_collection.collect)
    asked.start()
    qtbot.waitUntil(lambda: bool(gone))
    asked.join()
    assert gone == [threading.main_thread().name]


def test_garbage_is_found_though_nobody_asks(qapp, qtbot):
    gone: list[str] = []

    class Thing:
        pass

    thing = Thing()
    thing.itself = thing
    _end_seen(gone, thing)
    del thing
    kept = [[number] for number in range(2_000)]
    qtbot.waitUntil(lambda: bool(gone))
    assert kept
    assert gone == [threading.main_thread().name]


@pytest.mark.parametrize("kind", ["job", "derived"])
def test_what_a_thread_was_given_goes_on_the_window_s_thread(kind, qapp, qtbot):
    """The work has the last hold on a widget, and ends on its thread."""
    gone: list[str] = []
    go, owner = threading.Event(), QObject()

    def work_on(label):
        _end_seen(gone, label)

        def work(_question=None):
            go.wait(20)
            return label.objectName()

        return work

    told: list[object] = []
    if kind == "job":
        jobs.run_job(work_on(QLabel()), told.append, name="holds", owner=owner)
    else:
        value = Derived(owner, work_on(QLabel()))
        value.ask(1)
        value.stop()
    go.set()
    qtbot.waitUntil(lambda: bool(gone))
    assert gone == [threading.main_thread().name]
