"""Loading TensorFlow leaves the garbage collector as it was, with what came out of its way."""

import gc
import os
import sys

import pytest

from netbuilder.ui.services import gradual_imports
from tests.processes import run_python


def test_what_loads_is_not_looked_through_for_garbage():
    gc.unfreeze()
    before = gc.isenabled()
    assert gradual_imports.load_keras().count(".") == 2
    assert gc.isenabled() is before
    assert gc.get_freeze_count() > 50_000
    assert gc.get_threshold()[2] >= 100, "all that is left, seldom: the event loop waits for it"
    gc.unfreeze()


CODE = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from netbuilder.core.process import process_setup
from netbuilder.ui import app

process_setup.CPU_INFO = Path(sys.argv[1])
process_setup.prepare()
application = app.make_application(["netbuilder"])


def look():
    window = next(w for w in application.topLevelWidgets() if hasattr(w, "runner"))
    bench = window.workbench
    if bench.keras_state != "failed" or bench.facts is None:
        return
    timer.stop()
    print("code", bench.keras_error.code)
    print("cards", [card.title.text() for card in window.banner.cards if card.isVisible()])
    print("tip", window.status.keras.toolTip())
    print("train", window.actions_table["train"].isEnabled())
    window.canvas.append_layer("Dense")
    print("layers", len(window.store.project.graph.nodes))
    print("tensorflow", "tensorflow" in sys.modules)
    window.store.mark_saved()
    window.close()


timer = QTimer(interval=100)
timer.timeout.connect(look)
timer.start()
QTimer.singleShot(100_000, lambda: application.exit(3))
sys.exit(app.main(None))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="simulates what Linux says of the processor")
def test_a_processor_without_avx_is_told_and_the_window_works(tmp_path):
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nflags\t\t: fpu sse2 sse4_2\n")
    env = {**os.environ, "NETBUILDER_DATA_DIR": str(tmp_path / "home")}
    done = run_python(CODE, str(tmp_path / "cpuinfo"), env=env)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    told = dict(line.partition(" ")[::2] for line in done.stdout.splitlines())
    assert told["code"] == "processor_without_avx"
    assert "AVX" in told["cards"]
    assert "AVX" in told["tip"]
    assert told["train"] == "False"
    assert int(told["layers"]) > 2
    assert told["tensorflow"] == "False"
