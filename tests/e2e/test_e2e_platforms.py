"""The main job where people really work: long paths with umlauts, a profile that may not be
written, a system whose output is in a code page."""

import json
import os
import shutil
import subprocess
import sys

import keras
import numpy as np
import pytest

#: A user's name as schools have them, with what a shell would take for its own.
USER = "Jürgen & Söhne"
#: A class that no western code page has letters for.
LODZ = "Łódź"
HOMES = ("NETBUILDER_HOME", "NETBUILDER_DATA_DIR", "XDG_DATA_HOME", "XDG_CACHE_HOME",
         "XDG_STATE_HOME", "XDG_CONFIG_HOME")  # fmt: skip


class Machine:
    """Commands in processes of their own, on a machine that is set up in ``environment``."""

    def __init__(self, root, before=(), **environment: str):
        plain = {key: value for key, value in os.environ.items() if key not in HOMES}
        self._env = {**plain, "PYTHONPATH": str(root), **environment}
        self._before = before

    def run(self, *words: object, cwd=None):
        done = subprocess.run(
            [*self._before, sys.executable, "-m", "netbuilder", *map(str, words)],
            env=self._env, cwd=cwd, capture_output=True, check=False, timeout=300,
        )  # fmt: skip
        out, err = done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
        assert done.returncode == 0, f"{words}: {out}{err}"
        assert "Traceback" not in out + err
        return out, err

    def json(self, *words: object, cwd=None):
        out, _err = self.run(*words, "--json", cwd=cwd)
        return dict(json.loads(out.splitlines()[-1]))


def _project(folder, name="Umsätze & mehr"):
    """A network that tells two cities apart by one number, and its table."""
    rows = "".join(f"{LODZ if i % 2 else 'Köln'},{i % 2 * 10 + i / 100}\n" for i in range(60))
    (folder / f"{name}.csv").write_text(f"Stadt,Größe\n{rows}", encoding="utf-8")
    layers = [
        {"id": "input", "layer": "Input", "params": {}},
        {"id": "dense", "layer": "Dense", "params": {"units": 8, "activation": "relu"}},
        {"id": "out", "layer": "Dense", "params": {"units": 2, "activation": "softmax"}},
    ]
    project = {
        "format": "netbuilder-project", "version": 1, "name": name,
        "graph": {"nodes": layers, "edges": [["input", "dense"], ["dense", "out"]]},
        "data": {"kind": "csv", "path": f"{name}.csv", "target": ["Stadt"], "scaling": "standard"},
        "training": {"epochs": 40, "batch_size": 8, "seed": 1,
                     "optimizer": {"name": "Adam", "params": {"learning_rate": 0.05}}},
    }  # fmt: skip
    path = folder / f"{name}.netbuilder"
    path.write_text(json.dumps(project), encoding="utf-8")
    return path


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_main_job_in_a_long_path_with_umlauts(root, tmp_path):
    home = tmp_path / USER
    folder = home / "Eigene Dokumente" / "Künstliche Intelligenz 10b"
    while len(str(folder)) < 120:
        folder /= "Übung ß"
    folder.mkdir(parents=True)
    machine = Machine(root, HOME=str(home))
    project = _project(folder)
    model = folder / "Größen & Städte.h5"
    assert machine.json("train", project, "-o", model)["model"] == str(model)
    found = keras.models.load_model(model).predict(np.array([[1.0], [11.0]]), verbose=0)
    assert found.argmax(1).tolist() == [0, 1]
    table = folder / "Umsätze & mehr.csv"
    # From within, by names alone, as a person in that folder types them.
    answers = folder / "Antworten für Łódź.csv"
    machine.run("predict", model.name, table.name, "-o", answers.name, cwd=folder)
    assert LODZ in answers.read_text("utf-8")
    machine.run("export", model, "-o", folder / "Außer Haus.tflite")
    picture = folder / "Bild.png"
    machine.run("screenshot", model, "-o", picture)
    assert picture.read_bytes()[:4] == b"\x89PNG"
    assert (home / ".local" / "share" / "NetBuilder" / "runs").is_dir(), "the user's own folder"


def _read_only(folder):
    """What has to stand before a command so that it may only read ``folder``."""
    if os.name != "posix":
        pytest.skip("needs rights as POSIX has them")
    if os.geteuid() != 0:
        for one in (folder, *folder.iterdir()):
            one.chmod(0o555)
        return ()
    script = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
    before = ("unshare", "-m", "sh", "-c", script, str(folder))
    if (
        shutil.which("unshare") is None
        or subprocess.run([*before, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("root may write anywhere, and may not mount here")
    return before


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_main_job_with_a_data_folder_that_is_only_read(root, tmp_path):
    home, work = tmp_path / "home", tmp_path / "work"
    work.mkdir()
    for own in ("data", "cache", "state"):
        (home / own).mkdir(parents=True)
    before = _read_only(home)
    machine = Machine(root, before, NETBUILDER_DATA_DIR=str(home), TMPDIR=str(work))
    try:
        model = work / "m.h5"
        _out, err = machine.run("train", _project(work), "-o", model)
        assert model.is_file()
        assert str(home) in err, "that nothing is kept there is told"
    finally:
        for one in (home, *home.iterdir()):
            one.chmod(0o755)
    assert [one.name for one in home.rglob("*") if one.is_file()] == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_main_job_with_output_in_a_code_page(root, tmp_path):
    machine = Machine(root, PYTHONIOENCODING="cp1252", HOME=str(tmp_path))
    project, model = _project(tmp_path), tmp_path / "m.h5"
    assert LODZ in machine.json("data", project)["classes"]
    machine.run("train", project, "-o", model)
    table = tmp_path / "Umsätze & mehr.csv"
    assert LODZ in machine.run("predict", model, table)[0]
