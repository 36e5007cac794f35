"""Train begins at once: the network was built and traced while nothing else happened."""

import os
import threading
import time

import pytest

from netbuilder.core.engine.loop.program import Program
from netbuilder.core.engine.loop.trainer import Trainer
from netbuilder.core.engine.monitor.observer import NetworkObserver
from netbuilder.core.project import edits
from netbuilder.core.results.live.view_data import MapPicture
from netbuilder.ui.services.runs.run_record import RunState
from tests.core.engine.conftest import forget_prepared
from tests.processes import run_python

pytestmark = pytest.mark.usefixtures("built_anew")


@pytest.mark.slow
def test_train_builds_nothing_that_was_built_before(open_window, example, qtbot, monkeypatch):
    built: list[Trainer] = []
    make = Trainer.__init__

    def count(self, *args: object, **options: object):
        built.append(self)
        make(self, *args, **options)

    forget_prepared()
    monkeypatch.setattr(Trainer, "__init__", count)
    window = open_window(edits.set_training(example("iris"), epochs=5))
    qtbot.waitUntil(lambda: window.prebuilding.ready)
    assert len(built) == 1
    qtbot.train(window)
    assert window.workbench.models.trained is not None
    assert len(built) == 1, "the run took what was there"
    node = next(n.id for n in window.store.project.graph.nodes if n.layer == "Dense")
    window.store.apply("Move", lambda p: edits.move_nodes(p, {node: (300.0, 0.0)}))
    qtbot.wait(800)
    assert len(built) == 1, "where a card stands makes no other network"
    window.store.apply("Units", lambda p: edits.set_params(p, node, units=7))
    qtbot.waitUntil(lambda: len(built) == 2)


@pytest.mark.slow
def test_what_is_seen_first_is_traced_before_train_is_pressed(
    open_window, example, qtbot, monkeypatch
):
    forget_prepared()
    window = open_window(edits.set_training(example("moons"), epochs=100_000))
    surface = window.docks.show_panel("surface", focus=False)
    window.network_views.choose("layers")  # behind the neurons they have no surfaces
    qtbot.waitUntil(lambda: surface.picture is not None)
    assert not surface.picture.answered, "the points alone"
    qtbot.waitUntil(lambda: window.prebuilding.ready)
    late: list[str] = []
    prepare = NetworkObserver.prepare

    def count(self, wish):
        late.append(wish.key)
        prepare(self, wish)

    monkeypatch.setattr(NetworkObserver, "prepare", count)
    window.runner.start()
    qtbot.waitUntil(lambda: surface.picture.answered and window.sample_view.look is not None)
    qtbot.waitUntil(lambda: bool(window.sample_view.look.surfaces))
    assert late == []
    # Another view was not foreseen: it is traced beside the training, and comes.
    surface.live.choose("map")
    qtbot.waitUntil(lambda: isinstance(surface.picture, MapPicture))
    assert late == ["surface"]
    window.runner.stop()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)


def test_train_takes_over_what_is_being_built_and_stop_ends_it(
    open_window, example, qtbot, monkeypatch
):
    """Train waited behind a lock until a deep network was built, and Stop for as long."""
    built: list[Trainer] = []
    traces = threading.Event()
    make, step = Trainer.__init__, Program._one_step

    def count(self, *args: object, **options: object):
        built.append(self)
        make(self, *args, **options)

    def one_step(self, *args: object):
        traces.set()
        return step(self, *args)

    forget_prepared()
    monkeypatch.setattr(Trainer, "__init__", count)
    monkeypatch.setattr(Program, "_one_step", one_step)
    project = example("iris")
    first = next(n.id for n in project.graph.nodes if n.layer == "Dense")
    for _ in range(60):
        project = edits.insert_after(project, first, "Dense")
    window = open_window(project)
    qtbot.waitUntil(traces.is_set)
    words: list[str] = []
    runner = window.runner
    runner.observation.progress_changed.connect(
        lambda: words.append(
            runner.record.progress.words if runner.record.progress is not None else ""
        )
    )
    runner.start()
    qtbot.waitUntil(lambda: any("Building" in one for one in words))
    assert len(built) == 1, "it is that network which is being built already"
    runner.stop()
    began = time.monotonic()
    qtbot.waitUntil(lambda: runner.state is RunState.IDLE)
    assert time.monotonic() - began < 5
    assert window.workbench.run_error is None
    assert window.workbench.models.trained is None


FIRST_RUN = """
import os, sys, threading
from PySide6.QtCore import QEventLoop, QTimer
from netbuilder.core.project import edits, files
from netbuilder.core.folders import resource
from netbuilder.ui import app
from netbuilder.ui.main_window import MainWindow
application = app.make_application(["netbuilder"])
project = files.read(resource("examples", "moons.netbuilder"))
window = MainWindow(edits.set_training(project, epochs=30000), remember=False)
window.show()
window.workbench.start()

def until(done):
    loop, timer = QEventLoop(), QTimer()
    timer.timeout.connect(lambda: loop.quit() if done() else None)
    timer.start(20)
    loop.exec()

until(lambda: window.prebuilding.ready)
for name in ("training", "surface"):
    window.docks.show_panel(name)
layer = next(one.id for one in project.graph.nodes if one.layer == "Dense")
looked = []

def look():
    if window.sample_view.look is not None and not looked:
        looked.append(window.canvas.open_layer_popup(layer))

window.sample_view.changed.connect(look)
names = []

class Watch:
    def find_spec(self, name, path, target=None):
        if threading.current_thread() is threading.main_thread() and "netbuilder" in name:
            names.append(name)

sys.meta_path.insert(0, Watch())
window.runner.start()
until(lambda: not window.runner.state.active)
assert looked
print("imported:", *names)
sys.stdout.flush()
os._exit(0)
"""


@pytest.mark.slow
def test_a_first_run_imports_nothing_on_the_window_s_thread(home):
    """It stood still for a tenth of a second when the first pictures came."""
    done = run_python(FIRST_RUN, env={**os.environ, "NETBUILDER_HOME": str(home)})
    assert done.stdout.strip() == "imported:", done.stderr
