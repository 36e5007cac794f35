"""From a project to a trained .h5 by commands alone, wherever people work."""

import json
import os
import shutil
import subprocess
import sys
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes

Done = Any


@pytest.mark.slow
def test_diabetes(diabetes_job, plain_python):
    assert diabetes_job.done.code == 0, diabetes_job.done.err
    found = diabetes_job.done.json
    assert found["model"] == str(diabetes_job.model)
    assert found["epochs"] == 50
    assert len(found["history"]["loss"]) == len(found["history"]["val_loss"]) == 50
    assert found["history"]["loss"][-1] < found["history"]["loss"][0] / 2
    assert found["seconds"] > 0
    assert found["steps_per_second"] > 0
    # The mean alone is off by about 60; a straight line by about 44.
    assert 30 < found["test"]["mean_absolute_error"] < 52
    assert not list(diabetes_job.model.parent.glob("*checkpoint*"))
    bunch = load_diabetes(scaled=False)
    code = """import json, keras, sklearn.datasets
model = keras.models.load_model("out.h5")
assert model.compiled
rows = sklearn.datasets.load_diabetes(scaled=False).data
print(json.dumps(model.predict(rows, verbose=0).tolist()))
"""
    answers = np.array(json.loads(plain_python(code, diabetes_job.model.parent).splitlines()[-1]))
    assert np.abs(answers[:, 0] - bunch.target).mean() < 52


def test_sales(sales_job, sales):
    """The course's own script reached $1,300 to $1,600, and $260,000 to $264,000."""
    assert sales_job.done.code == 0, sales_job.done.err
    assert sales_job.model.exists(), "without -o the model lies beside its project"
    found = sales_job.done.json["test"]
    assert found["loss"] < 1.1e-4
    assert found["mean_absolute_error"] <= 1_700
    train = pd.read_csv(sales / "sales_training.csv")
    test = pd.read_csv(sales / "sales_test.csv")
    columns = [name for name in train.columns if name != "total_earnings"]
    low, high = train[columns].min(), train[columns].max()
    proposed = pd.read_csv(sales / "sales_proposed_scaled.csv")[columns] * (high - low) + low
    rows = np.concatenate([test[columns].to_numpy(), proposed.to_numpy()])
    answers = keras.models.load_model(sales_job.model).predict(rows, verbose=0)[:, 0]
    assert np.abs(answers[:-1] - test["total_earnings"]).mean() <= 1_700
    assert 255_000 < answers[-1] < 270_000


def test_sales_predict_writes_dollars(sales_job, sales, run, tmp_path):
    out = tmp_path / "answers.csv"
    done: Done = run("predict", sales_job.model, sales / "sales_test.csv", "-o", out, "--json")
    assert done.code == 0, done.err
    table = pd.read_csv(out)
    assert len(table) == done.json["samples"] == 400
    assert (table["predicted total_earnings"] - table["total_earnings"]).abs().mean() <= 1_700
    done = run("evaluate", sales_job.model, "--data", sales / "sales_test.csv", "--json")
    assert done.json["samples"] == 400
    assert done.json["metrics"]["mean_absolute_error"] <= 1_700


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "accuracy", "words"), [("digits", 0.97, []), ("waves", 0.85, ["--epochs", "15"])]
)
def test_classes(run, tmp_path, name, accuracy, words):
    project, model = tmp_path / f"{name}.netbuilder", tmp_path / f"{name}.h5"
    assert run("examples", name, "-o", project).code == 0
    done = run("train", project, "-o", model, *words, "--json")
    assert done.code == 0, done.err
    assert done.json["test"]["accuracy"] >= accuracy
    done = run("evaluate", model, "--json")
    found = done.json
    matrix = np.array(found["confusion_matrix"])
    assert matrix.shape == (len(found["labels"]),) * 2
    assert matrix.sum() == found["samples"]
    assert np.trace(matrix) / matrix.sum() == pytest.approx(found["metrics"]["accuracy"])
    assert "test rows correct" in done.out


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
