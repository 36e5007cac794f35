"""``netbuilder import`` of code, and of code with weights into a model."""

import json
import os
from pathlib import Path

import pytest

CODE = """
import keras
m = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="relu")])
m.add(Own(1))
"""


def test_code_becomes_a_project_and_with_weights_a_model(run, tmp_path):
    import keras
    import numpy as np

    code, weights = tmp_path / "net.py", tmp_path / "net.weights.h5"
    code.write_text(CODE)
    done = run("import", code, "-o", tmp_path / "p.netbuilder", "--json")
    assert done.code == 0, done.err
    assert done.json["layers"] == ["Input", "Dense", "Own"]
    assert [one["taken"] for one in done.json["report"]] == ["as is", "as is", "left out"]
    assert done.json["report"][2]["message"].startswith("Line 4: ")
    assert json.loads((tmp_path / "p.netbuilder").read_text())["format"] == "netbuilder-project"
    code.write_text("\n".join(CODE.splitlines()[:-1]))
    done = run("import", code, "-o", tmp_path / "m.h5", "--json")
    assert (done.code, done.json["code"]) == (1, "import_without_weights")
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="relu")])
    model.save_weights(weights)
    done = run("import", code, "--weights", weights, "-o", tmp_path / "m.h5", "--json")
    assert done.code == 0, done.err
    rows = np.ones((2, 3), "float32")
    found = keras.models.load_model(tmp_path / "m.h5")(rows)
    assert np.allclose(found, model(rows))


def test_a_model_is_chosen_by_name_or_number(run, tmp_path):
    code, project = tmp_path / "net.py", tmp_path / "p.netbuilder"
    line = "{0} = keras.Sequential([keras.Input((3,)), keras.layers.Dense({1})])\n"
    code.write_text("import keras\n" + line.format("small", 2) + line.format("large", 9))
    units = {"small": 2, "1": 2, "large": 9, "2": 9}
    for model, count in units.items():
        done = run("import", code, "-o", project, "--model", model, "--json")
        assert (done.code, len(done.json["models"])) == (0, 2), done.err
        nodes = json.loads(project.read_text())["graph"]["nodes"]
        assert nodes[-1]["params"]["units"] == count
    done = run("import", code, "-o", project, "--model", "medium", "--json")
    assert (done.code, done.json["code"]) == (1, "code_model_unknown")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such pipes")
@pytest.mark.parametrize("verb", ["lessons", "grade", "import"])
def test_a_pipe_is_no_file(run, tmp_path, verb):
    """Reading it would wait for ever, and a device gives more than memory holds."""
    name = {"lessons": "l.md", "grade": "r.toml", "import": "m.py"}[verb]
    for path in (tmp_path / name, tmp_path / f"device{Path(name).suffix}"):
        if path.name == name:
            os.mkfifo(path)
        else:
            path.symlink_to("/dev/zero")
        words = {
            "lessons": ("lessons", path),
            "grade": ("grade", tmp_path, "--rubric", path),
            "import": ("import", path, "-o", tmp_path / "p.netbuilder"),
        }
        done = run(*words[verb], "--json")
        assert done.code == 1, done.err
        assert "Traceback" not in done.err
