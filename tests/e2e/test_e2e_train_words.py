"""What ``train`` says before and beside a run: what may be lost, warnings, places, all outputs."""

import json
import sys
from typing import Any

import pytest

from netbuilder.core.engine.runs.run_store import list_runs


def write_iris(path, **training: Any):
    project = {
        "format": "netbuilder-project", "version": 1, "name": "Iris",
        "graph": {
            "nodes": [{"id": "in", "layer": "Input"},
                      {"id": "out", "layer": "Dense",
                       "params": {"units": 3, "activation": "softmax"}}],
            "edges": [["in", "out"]],
        },
        "data": {"kind": "builtin", "name": "iris"},
        "training": {"epochs": 1, **training},
    }  # fmt: skip
    path.write_text(json.dumps(project), encoding="utf-8")
    return path


def test_resume_without_a_checkpoint_loses_nothing(run, tmp_path):
    project, model = write_iris(tmp_path / "p.netbuilder"), tmp_path / "m.h5"
    done = run("train", project, "-o", model, "--resume")
    assert done.code == 0, done.err
    assert "nothing to resume" in done.err
    assert "A new run starts" in done.err
    before = model.read_bytes()
    done = run("train", project, "-o", model, "--resume", "--epochs", "3", "--json")
    assert done.code == 1
    assert "nothing to resume" in done.json["error"]
    assert model.read_bytes() == before


def test_warnings_are_told_before_a_run(run, tmp_path):
    fast = {"name": "SGD", "params": {"learning_rate": 1e9}}
    done = run("train", write_iris(tmp_path / "p.netbuilder", optimizer=fast))
    assert done.code == 0, done.err
    first = done.err.splitlines()[0]
    assert first.startswith("warning: ")
    assert "1e+09" in first
    assert "warning" not in done.out


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is Linux's")
def test_a_place_that_takes_no_files_is_told_at_once(run, tmp_path):
    project = write_iris(tmp_path / "p.netbuilder", epochs=100_000)
    done = run("train", project, "-o", "/proc/m.h5")
    assert done.code == 1
    assert "not allowed to write" in done.err
    assert "epoch" not in done.err
    (tmp_path / "folder.h5").mkdir()
    done = run("train", project, "-o", tmp_path / "folder.h5")
    assert done.code == 1
    assert "a folder with that name" in done.err
    assert sorted(one.name for one in tmp_path.iterdir()) == ["folder.h5", "p.netbuilder"]


def test_errors_are_listed_with_the_mend_on_its_own_line(run, tmp_path):
    path = write_iris(tmp_path / "p.netbuilder")
    path.write_text(path.read_text().replace('"units": 3', '"units": -3'))
    done = run("train", path)
    assert done.code == 1
    assert "\nFix the project" in done.err
    assert done.err.count("'out'") == 1


def test_numbers_of_all_outputs(run, tmp_path):
    rows = [f"{i % 7},{i % 5},{i * 6.5},{'yes' if i % 5 > 2 else 'no'}" for i in range(100)]
    (tmp_path / "t.csv").write_text("a,b,price,kind\n" + "\n".join(rows) + "\n")
    path = write_iris(tmp_path / "p.netbuilder")
    project = json.loads(path.read_text())
    project["graph"]["nodes"][1] = {"id": "num", "layer": "Dense", "params": {"units": 1}}
    project["graph"]["nodes"].append(
        {"id": "cls", "layer": "Dense", "params": {"units": 2, "activation": "softmax"}}
    )
    project["graph"]["edges"] = [["in", "num"], ["in", "cls"]]
    project["data"] = {"kind": "csv", "path": "t.csv", "target": ["price", "kind"]}
    path.write_text(json.dumps(project))
    done = run("train", path, "--json")
    assert done.code == 0, done.err
    test = done.json["test"]
    # In the data's own units: prices run to 643.5.
    assert test["num.mean_absolute_error"] == test["mean_absolute_error"] > 10
    assert 0 <= test["cls.accuracy"] <= 1
    assert "num.loss" not in test
    recorded = max(list_runs(), key=lambda one: one.started)
    assert recorded.test == test
    # Keras's own name of it, first in Runs, is in the same units and not in scaled ones.
    assert test["num_mean_absolute_error"] == test["num.mean_absolute_error"]


def test_the_record_of_a_run_has_the_test_in_the_data_s_own_units(run, tmp_path):
    # Every price is about 5,000 or 15,000 and no feature says which: the error is 5,000, which is
    # 1 in the scaled units that Keras measures in.
    rows = [f"{i // 2 % 9},{5000 + 10000 * (i % 2) + i % 37}" for i in range(400)]
    (tmp_path / "t.csv").write_text("a,price\n" + "\n".join(rows) + "\n")
    path = write_iris(tmp_path / "p.netbuilder", epochs=3)
    project = json.loads(path.read_text())
    project["graph"]["nodes"][1]["params"] = {"units": 1}
    project["data"] = {"kind": "csv", "path": "t.csv", "target": "price"}
    path.write_text(json.dumps(project))
    done = run("train", path, "--json")
    assert done.code == 0, done.err
    recorded = max(list_runs(), key=lambda one: one.started)
    assert 4000 < recorded.test["mean_absolute_error"] < 9000  # hardly trained in 3 epochs
    assert recorded.test == done.json["test"]
    evaluated = run("evaluate", path.with_suffix(".h5"), "--json")
    assert evaluated.json["metrics"]["mean_absolute_error"] == pytest.approx(
        recorded.test["mean_absolute_error"], rel=1e-4
    )


@pytest.mark.slow
def test_libraries_say_nothing(fresh, tmp_path):
    import h5py
    import keras
    import numpy as np

    # As Keras 2 wrote a Sequential: the shape stands in the first layer too, which Keras 3 warns
    # of; saving as .h5 is what it gives advice about.
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    path = tmp_path / "old.h5"
    model.save(path)
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        config["config"]["layers"][1]["config"]["batch_input_shape"] = [None, 3]
        file.attrs["model_config"] = json.dumps(config)
    rows = tmp_path / "rows.npz"
    np.savez(rows, x=np.zeros((2, 3), "float32"))
    done = fresh("predict", path, rows)
    assert done.code == 0, done.err
    assert done.err == ""
    done = fresh("export", path, "-o", tmp_path / "new.h5")
    assert done.code == 0, done.err
    assert done.err.splitlines() == [f"Wrote {tmp_path / 'new.h5'}."]
