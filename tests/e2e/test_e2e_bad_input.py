"""Bad input at the command line: one message that names the place and the mend."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import pytest

from netbuilder.cli.app import missing_library_error
from netbuilder.cli.output import report_unexpected, to_json_value
from netbuilder.core import folders
from tests.processes import run_python

GOOD: dict[str, Any] = {
    "format": "netbuilder-project",
    "version": 1,
    "name": "Bad",
    "graph": {
        "nodes": [
            {"id": "input", "layer": "Input", "params": {}},
            {"id": "dense", "layer": "Dense", "params": {"units": 4, "activation": "relu"}},
            {"id": "out", "layer": "Dense", "params": {"units": 1}},
        ],
        "edges": [["input", "dense"], ["dense", "out"]],
    },
    "data": {"kind": "csv", "path": "rows.csv", "target": ["price"]},
    "training": {"epochs": 1},
}
ROWS = "size,rooms,price\n" + "".join(f"{i},{i % 4},{3 * i}\n" for i in range(40))


def changed(**graph: Any):
    return json.dumps({**GOOD, "graph": {**GOOD["graph"], **graph}})


PROJECTS = {
    "cut off": (json.dumps(GOOD)[:200], "ends unexpectedly"),
    "a table": (ROWS, "table with 3 columns. A table is data. To inspect it, run: netbuilder data"),
    "a text": ("Dear all: see you\n", "starts with “Dear all: see you”."),
    "a web page": ("<html a, b>\n", "starts with “<html a, b>”."),
    "empty": ("", "empty"),
    "newer": (json.dumps({**GOOD, "version": 7}), "newer"),
    "another format": ('{"hello": 1}', "not a NetBuilder project"),
    "binary": ("\udc80\udcff", ""),
    "cycle": (changed(edges=[["input", "dense"], ["dense", "out"], ["out", "dense"]]), "cycle"),
    "dangling edge": (changed(edges=[["input", "dense"], ["dense", "nobody"]]), "nobody"),
    "unknown layer": (
        changed(nodes=[*GOOD["graph"]["nodes"][:2], {"id": "out", "layer": "Denes", "params": {}}]),
        "Denes",
    ),
    "wrong type": (
        changed(
            nodes=[
                GOOD["graph"]["nodes"][0],
                {"id": "dense", "layer": "Dense", "params": {"units": "many"}},
                GOOD["graph"]["nodes"][2],
            ]
        ),
        "units",
    ),
    "no nodes": (changed(nodes=[], edges=[]), ""),
}


@pytest.mark.parametrize("case", PROJECTS, ids=str)
def test_bad_projects(run, tmp_path, case):
    text, word = PROJECTS[case]
    path = tmp_path / "bad.netbuilder"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    before = path.read_bytes()
    (tmp_path / "rows.csv").write_text(ROWS)
    for verb in ("check", "train"):
        done = run(verb, path, "--json")
        assert done.code == 1, (verb, done.out)
        assert word in done.out + done.err
        assert "unexpected error" not in done.err
        json.loads(done.out.splitlines()[-1])
    assert path.read_bytes() == before
    assert not (tmp_path / "bad.h5").exists()


TABLES = {
    "missing values": (ROWS.replace("7,3,21", "7,,21"), "rooms"),
    "text in a number column": (ROWS.replace("7,3,21", "7,3,lots"), "lots"),
    "no rows": ("size,rooms,price\n", "rows"),
    "target of one value": ("size,rooms,price\n" + "1,2,5\n2,3,5\n" * 20, "price"),
    "no such column": (ROWS.replace("price", "cost"), "price"),
    "empty": ("", "rows.csv"),
}


@pytest.mark.parametrize("case", TABLES, ids=str)
def test_bad_tables(run, tmp_path, case):
    text, word = TABLES[case]
    path = tmp_path / "p.netbuilder"
    path.write_text(json.dumps(GOOD))
    (tmp_path / "rows.csv").write_text(text)
    done = run("train", path)
    assert done.code == 1, done.err
    assert word in done.err
    assert "unexpected error" not in done.err
    done = run("check", path, "--json")
    assert done.code == 1
    assert any(word in one["message"] for one in done.json["problems"])


def test_tables_that_are_odd_but_good(run, tmp_path):
    path = tmp_path / "p.netbuilder"
    path.write_text(json.dumps(GOOD))
    for text in (ROWS.replace(",", ";"), "\ufeff" + ROWS, ROWS.replace("\n", "\r\n")):
        (tmp_path / "rows.csv").write_bytes(text.encode())
        done = run("check", path, "--json")
        assert done.code == 0, done.out
        assert done.json["shapes"]["input"] == [None, 2]


def test_files_that_are_no_models(run, tmp_path):
    text = tmp_path / "m.h5"
    text.write_text("no model at all")
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "rows.csv").write_text(ROWS)
    for model in (text, tmp_path / "nothing.h5", folder):
        for words in (
            ("evaluate", model, "--data", tmp_path / "rows.csv"),
            ("predict", model, tmp_path / "rows.csv"),
            ("import", model, "-o", tmp_path / "x.netbuilder"),
            ("export", model, "-o", tmp_path / "x.py"),
            ("check", model),
        ):
            done = run(*words)
            assert done.code == 1, words
            assert model.name in done.err
            assert "unexpected error" not in done.err, done.err
    assert not (tmp_path / "x.netbuilder").exists()


def test_an_evil_model(run, tmp_path):
    config = {
        "class_name": "Sequential",
        "config": {
            "name": "s",
            "layers": [
                {"class_name": "InputLayer", "config": {"batch_shape": [None, 3], "name": "in"}},
                {"class_name": "Lambda", "config": {"name": "evil", "function": ["4wEA", None]}},
            ],
        },
    }
    path = tmp_path / "evil.h5"
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(config)
    for words in (
        ("import", path, "-o", tmp_path / "x.netbuilder"),
        ("evaluate", path),
        ("check", path),
    ):
        done = run(*words)
        assert done.code == 1
        assert "'evil'" in done.err
        assert "Python code" in done.err


@pytest.mark.parametrize(
    ("library", "debian", "fedora"),
    [
        ("libEGL.so.1", "libegl1", "mesa-libEGL"),
        ("libxcb-cursor.so.0", "libxcb-cursor0", "xcb-util-cursor"),
        ("libxkbcommon.so.0", "libxkbcommon0", "libxkbcommon"),
    ],
)
def test_a_missing_library_says_what_to_install(library, debian, fedora):
    text = f"{library}: cannot open shared object file: No such file or directory"
    told = missing_library_error(text)
    assert library.split(".so", maxsplit=1)[0] in told.what
    assert debian in told.fix
    assert fedora in told.fix
    assert missing_library_error("No module named 'PySide6'") is None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have a screen")
def test_without_a_screen(root):
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    env = {key: value for key, value in os.environ.items() if key not in hidden}
    done = subprocess.run(
        [sys.executable, "-m", "netbuilder"],
        check=False,
        capture_output=True,
        text=True,
        cwd=root,
        env=env,
        timeout=60,
    )
    assert done.returncode == 1
    assert "DISPLAY" in done.stderr


def test_a_fault_of_the_program(home, capsys):
    try:
        raise RuntimeError("the flux\nis off")
    except RuntimeError as error:
        assert report_unexpected(error, as_json=True) == 1
    out, err = capsys.readouterr()
    log = folders.state() / "netbuilder.log"
    assert str(log) in err
    assert "Traceback" not in out + err
    assert "the flux" in err
    assert "Traceback" in log.read_text(encoding="utf-8")


def test_numbers_that_are_none_become_null():
    import numpy as np

    value = {"a": float("nan"), "b": [np.float32("inf"), np.int64(3)], 1: np.array([1.5, np.nan])}
    assert to_json_value(value) == {"a": None, "b": [None, 3], "1": [1.5, None]}


@pytest.mark.slow
def test_no_chatter_of_tensorflow(root, diabetes_job):
    assert diabetes_job.done.code == 0
    for word in ("cudart", "oneDNN", "absl", "cuda", "I0000", "retracing", "XLA", "cpu_feature"):
        assert word not in diabetes_job.done.err


def test_quiet_stderr_keeps_what_others_say():
    script = (
        "import os, sys\n"
        "from netbuilder.core.process.tensorflow_output import filter_stderr\n"
        "with filter_stderr():\n"
        "    os.write(2, b'I0000 00:00:1.2 1 port.cc:153] oneDNN\\n')\n"
        "    sys.stderr.write('mine\\n')\n"
        "try:\n"
        "    with filter_stderr():\n"
        "        os.write(2, b'E0000 00:00:1.2 1 x.cc:1] reason\\n')\n"
        "        raise ImportError\n"
        "except ImportError:\n"
        "    pass\n"
    )
    done = run_python(script, check=True)
    assert done.stderr.splitlines() == ["mine", "E0000 00:00:1.2 1 x.cc:1] reason"]


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
    done = run_python(_WINDOW, env=environment, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["trained"]
    assert done.stderr.splitlines() == []
