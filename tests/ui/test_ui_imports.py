"""The window stands before TensorFlow: nothing heavy is imported with it."""

import json
import os

from tests.processes import run_python

HEAVY = (
    "tensorflow",
    "keras",
    "pandas",
    "sklearn",
    "h5py",
    "scipy",
    "numpy",
    "optuna",
    "pyqtgraph",
)


def run(code, home):
    env = {**os.environ, "NETBUILDER_HOME": str(home)}
    done = run_python(code, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_the_window_leaves_heavy_libraries_out(home):
    code = f"""
import json, sys
import netbuilder.ui, netbuilder.ui.app
print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))
"""
    assert json.loads(run(code, home)) == []


def test_the_first_window_is_painted_without_heavy_libraries(home):
    code = f"""
import json, os, sys
from netbuilder.ui import app
application = app.make_application(["netbuilder"])
window = app.open_window(None)
window.show()
application.processEvents()
names = [node.layer for node in window.store.project.graph.nodes]
print(json.dumps([[name for name in {HEAVY!r} if name in sys.modules], names]))
sys.stdout.flush()
os._exit(0)
"""
    heavy, layers = json.loads(run(code, home))
    assert heavy == []
    assert layers[0] == "Input"
    assert len(layers) > 2


def test_threads_take_short_turns(home):
    """Each of the hundreds of calls of Qt in a picture waits for one, while a network is traced."""
    code = """
import sys
from netbuilder.ui import app
app.make_application(["netbuilder"])
print(sys.getswitchinterval())
"""
    assert float(run(code, home)) <= 0.001
