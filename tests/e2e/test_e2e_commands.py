"""Commands as other programs use them: lessons, explain, tune, import, grade and the rest."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from netbuilder.cli import main
from netbuilder.core.formats import registry
from netbuilder.core.lessons import library
from netbuilder.core.lessons.lesson_record import LessonRecord, with_record
from netbuilder.core.project import edits, files
from netbuilder.core.project.model import Data, Project, Training
from netbuilder.core.results.explain.methods import explain
from tests.core.results.conftest import chain, digits_model, house_folder, house_model, houses
from tests.processes import run_python


def test_help_and_version(run):
    done = run("--help")
    assert done.code == 0
    for verb in ("train", "check", "predict", "evaluate", "import", "export", "screenshot"):
        assert verb in done.out
    assert run("--version").out.startswith("NetBuilder ")
    assert run("train", "--help").code == 0


@pytest.mark.parametrize(
    "words",
    [
        ["train"],
        ["trian", "x.netbuilder"],
        ["train", "p", "--epochs", "0"],
        ["train", "p", "--epochs", "many"],
        ["train", "p", "--learning-rate", "-1"],
        ["train", "p", "--nonsense"],
        ["import", "m.h5"],
        ["screenshot", "-o", "x.png", "--size", "big"],
        ["completion", "cmd"],
    ],
)
def test_wrong_usage(run, words):
    done = run(*words)
    assert done.code == 2
    assert done.err.strip()
    assert done.out == ""


def test_a_verb_that_is_meant(run):
    assert "'train'" in run("trian").err


def test_nothing_heavy_is_loaded_before_it_is_needed(root, tmp_path):
    broken = tmp_path / "b.netbuilder"
    broken.write_text('{"format": "netbuilder-project", "version": 99}')
    script = (
        "import sys\n"
        "from netbuilder.cli import main\n"
        f"codes = [main(['--help']), main(['check', {str(broken)!r}]), main(['examples'])]\n"
        "heavy = {'tensorflow', 'keras', 'pandas', 'sklearn', 'PySide6'} & set(sys.modules)\n"
        "print(codes, sorted(heavy))\n"
    )
    done = run_python(script, cwd=root)
    assert done.stdout.splitlines()[-1] == "[0, 1, 0] []"


def test_examples(run, tmp_path):
    listed = run("examples", "--json").json["examples"]
    assert {"digits", "iris", "diabetes"} <= {one["name"] for one in listed}
    path = tmp_path / "iris.netbuilder"
    done = run("examples", "iris", "-o", path, "--json")
    assert done.json == {"name": "iris", "project": str(path)}
    assert json.loads(path.read_text(encoding="utf-8"))["format"] == "netbuilder-project"
    done = run("examples", "irsi")
    assert done.code == 1
    assert "iris" in done.err


def test_check(run, diabetes_job):
    done = run("check", diabetes_job.project, "--json")
    assert done.code == 0, done.out
    found = done.json
    assert found["parameters"] == 550 + 5100 + 5050 + 51
    assert found["shapes"]["input"] == [None, 10]
    assert found["shapes"]["dense3"] == [None, 1]
    assert isinstance(found["problems"], list)


def test_check_prints_the_network_as_a_table(run, diabetes_job):
    done = run("check", diabetes_job.project, "--table")
    lines = [line.split() for line in done.out.splitlines()]
    assert ["dense0", "Dense", "50", "550", "500", "550"] in lines
    assert lines[[line[0] for line in lines if line].index("dense3") + 1][-3] == "10,751", "all"
    rows = run("check", diabetes_job.project, "--table", "--json").json["table"]
    assert rows[0]["name"] == "input"
    assert sum(row["parameters"] for row in rows) == 550 + 5100 + 5050 + 51
    assert set(rows[0]) == {
        "name", "layer", "output", "parameters", "multiply_adds", "trainable"
    }  # fmt: skip


def test_check_of_what_cannot_train(run, diabetes_job, tmp_path):
    project = json.loads(diabetes_job.project.read_text(encoding="utf-8"))
    project["graph"]["nodes"].insert(2, {"id": "c", "layer": "Conv2D", "params": {"filters": 2}})
    project["graph"]["nodes"][2]["params"]["kernel_size"] = 3
    project["graph"]["edges"][1:2] = [["dense0", "c"], ["c", "dense1"]]
    path = tmp_path / "conv.netbuilder"
    path.write_text(json.dumps(project), encoding="utf-8")
    done = run("check", path, "--json")
    assert done.code == 1
    errors = [one for one in done.json["problems"] if one["severity"] == "error"]
    assert errors[0]["node"] == "c"
    assert set(errors[0]) == {"code", "severity", "node", "message", "fix"}
    done = run("train", path, "--json")
    assert done.code == 1
    assert "'c'" in done.err
    assert done.json["node"] == "c"
    assert not path.with_suffix(".h5").exists()


def test_check_of_a_broken_graph_needs_no_tensorflow(root, tmp_path):
    project = {
        "format": "netbuilder-project", "version": 1,
        "graph": {"nodes": [{"id": "i", "layer": "Input"}, {"id": "a", "layer": "Dense"}],
                  "edges": [["i", "a"], ["a", "gone"]]},
        "data": {"kind": "csv"},
    }  # fmt: skip
    path = tmp_path / "p.netbuilder"
    path.write_text(json.dumps(project))
    script = (
        "import sys\n"
        "from netbuilder.cli import main\n"
        f"code = main(['check', {str(path)!r}, '--json'])\n"
        "print(code, {'tensorflow', 'keras'} & set(sys.modules))\n"
    )
    done = run_python(script, cwd=root)
    *_, found, last = done.stdout.splitlines()
    assert last == "1 set()", done.stderr
    answer = json.loads(found)
    assert (answer["parameters"], answer["shapes"]) == (None, {})
    codes = [one["code"] for one in answer["problems"]]
    assert "dangling-edge" in codes
    assert [code for code in codes if "data" in code] == ["no-data"]


def test_options_of_train(run, diabetes_job, tmp_path):
    path = tmp_path / "m.keras"
    words = ["--epochs", "2", "--batch-size", "100", "--learning-rate", "0.01", "--seed", "7"]
    done = run("train", diabetes_job.project, "-o", path, *words, "--json")
    assert done.code == 0, done.err
    assert done.json["epochs"] == 2
    project = tmp_path / "p.netbuilder"
    assert run("import", path, "-o", project).code == 0
    training = json.loads(project.read_text(encoding="utf-8"))["training"]
    assert (training["epochs"], training["batch_size"], training["seed"]) == (2, 100, 7)
    assert training["optimizer"]["params"] == {"learning_rate": 0.01}


def test_a_table_where_a_model_or_project_is_needed(run, tmp_path):
    table = tmp_path / "two.csv"
    table.write_text("x,y\n1,2\n2,4\n", "utf-8")
    for words, code, fix in (
        (("predict", table), "model_missing", "netbuilder predict model.h5"),
        (("predict", tmp_path / "m.h5"), "rows_missing", "rows.csv"),
        (("predict", table, tmp_path), "not_a_model", ".h5"),
        (("evaluate", table), "not_a_model", ".h5"),
        (("train", table), "project_is_table", "netbuilder new two.csv"),
    ):
        answer = run(*words, "--json").json
        assert (answer["code"], fix in answer["mend"]) == (code, True), answer


def test_a_project_without_a_name_is_called_as_its_file(run, tmp_path):
    path = tmp_path / "mine.netbuilder"
    for name, title in (("Untitled", "'mine'"), ("Flowers", "'Flowers'")):
        files.write(edits.rename_project(Project(), name), path)
        assert title in run("train", path).err


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_a_shell_completes_commands_options_and_files(run, tmp_path):
    (tmp_path / "iris.h5").touch()
    script = run("completion", "bash").out
    script += """
    try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _shtab_netbuilder; echo "${COMPREPLY[@]}"; }
    try netbuilder tra; try netbuilder predict --mis; try netbuilder predict --missing me; try netbuilder predict ir
    """  # noqa: E501
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.stdout.splitlines() == ["train", "--missing", "mean median", "iris.h5"]
    for shell in ("zsh", "fish", "powershell"):
        assert "--missing" in run("completion", shell).out or shell == "fish"


def test_rows_from_standard_input_and_predictions_to_standard_output(
    run, diabetes_job, tmp_path, monkeypatch
):
    from sklearn.datasets import load_diabetes

    table = load_diabetes(scaled=False, as_frame=True).data.head(3).to_csv(index=False)
    (tmp_path / "rows.csv").write_text(table, "utf-8")
    assert (
        run("predict", diabetes_job.model, tmp_path / "rows.csv", "-o", tmp_path / "out.csv").code
        == 0
    )
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(table.encode())))
    done = run("predict", diabetes_job.model, "-", "-o", "-")
    assert (done.code, done.out) == (0, (tmp_path / "out.csv").read_text("utf-8"))


def test_a_project_on_standard_output(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("net.py").write_text("import keras\nm = keras.Sequential([keras.layers.Dense(3)])\n")
    for words in (("examples", "iris"), ("import", "net.py")):
        done = run(*words, "-o", "-")
        assert done.code == 0, done.err
        assert json.loads(done.out)["format"] == "netbuilder-project"
    assert [path.name for path in tmp_path.iterdir()] == ["net.py"]


def test_predict_to_the_screen(run, diabetes_job, tmp_path):
    from sklearn.datasets import load_diabetes

    frame = load_diabetes(scaled=False, as_frame=True).data.head(3)
    rows = tmp_path / "rows.csv"
    frame.to_csv(rows, index=False)
    done = run("predict", diabetes_job.model, rows)
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[0] == "source,predicted progression"
    assert len(lines) == 4
    done = run("predict", diabetes_job.model, rows, "--json")
    assert len(done.json["predictions"]) == 3
    frame.drop(columns="bmi").to_csv(rows, index=False)
    done = run("predict", diabetes_job.model, rows)
    assert done.code == 1
    assert "bmi" in done.err


def test_import_of_its_own(run, diabetes_job, tmp_path):
    path = tmp_path / "back.netbuilder"
    done = run("import", diabetes_job.model, "-o", path, "--json")
    assert done.code == 0
    assert done.json["placeholders"] == []
    before = json.loads(diabetes_job.project.read_text(encoding="utf-8"))
    after = json.loads(path.read_text(encoding="utf-8"))
    assert after["graph"] == before["graph"]
    assert after["data"] == before["data"]


def test_export(run, diabetes_job, tmp_path):
    for name in ("m.keras", "m.py", "m.ipynb", "m.svg", "m.png", "m.pdf", "again.h5"):
        path = tmp_path / name
        done = run("export", diabetes_job.model, "-o", path, "--json")
        assert done.code == 0, done.err
        assert done.json == {"output": str(path), "notes": [], "errors": []}
        assert path.stat().st_size > 500
    assert (tmp_path / "m.png").read_bytes().startswith(b"\x89PNG")
    numbers = [
        run("evaluate", model, "--json").json["metrics"]
        for model in (diabetes_job.model, tmp_path / "m.keras", tmp_path / "again.h5")
    ]
    assert numbers[0] == numbers[1] == numbers[2]
    done = run("export", diabetes_job.project, "-o", tmp_path / "x.h5")
    assert done.code == 1
    assert "train" in done.err
    assert run("export", diabetes_job.model, "-o", tmp_path / "x.docx").code == 1
    for kind, shown in (("numbers", ">10<"), ("blank", ">_____<")):
        sheet = tmp_path / f"{kind}.svg"
        assert run("export", diabetes_job.project, "-o", sheet, "--worksheet", kind).code == 0
        assert shown in sheet.read_text(encoding="utf-8")
    assert run("export", diabetes_job.project, "-o", "x.py", "--worksheet", "blank").code == 2
    assert run("export", diabetes_job.model, "-o", diabetes_job.model).code == 1

    # A project with errors is written, which is said at the top, on the terminal and by the code.
    project = files.read(diabetes_job.project)
    units = project.graph.outputs[0]
    files.write(edits.set_params(project, units, units=-1), tmp_path / "wrong.netbuilder")
    done = run("export", tmp_path / "wrong.netbuilder", "-o", tmp_path / "wrong.py", "--json")
    checked = run("check", tmp_path / "wrong.netbuilder", "--json").json["problems"]
    wrong = [one["message"] for one in checked if one["severity"] == "error"]
    assert done.code == 1
    assert len(done.json["errors"]) == len(wrong) == 1
    assert done.json["errors"][0].endswith(wrong[0])
    assert done.json["errors"][0] in done.err
    assert "# - " in (tmp_path / "wrong.py").read_text(encoding="utf-8").partition("import ")[0]


@pytest.mark.slow
def test_screenshot(fresh, tmp_path):
    path = tmp_path / "w.png"
    done = fresh("screenshot", "-o", path, "--size", "1000x700", "--panel", "TRAINING", "--json")
    assert done.code == 0, done.err
    assert done.json["size"] == [1000, 700]
    assert done.err.splitlines() == [f"Wrote {path}."]
    assert path.read_bytes().startswith(b"\x89PNG")


def test_a_screenshot_is_a_png(run, tmp_path):
    for name in ("a.jpg", "a"):
        done = run("screenshot", "-o", tmp_path / name)
        assert done.code == 1
        assert "a.png" in done.err
        assert not (tmp_path / name).exists()
    (tmp_path / "cut.netbuilder").write_text('{"netbuilder": 1, "na')
    done = run("screenshot", tmp_path / "cut.netbuilder", "-o", tmp_path / "c.png")
    assert done.code == 1
    assert "'cut.netbuilder' ends unexpectedly at line 1" in done.err
    assert not (tmp_path / "c.png").exists()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT for one process there")
@pytest.mark.parametrize("seconds", [0.2, 1.0, 4.0])
def test_ctrl_c_before_the_first_epoch_ends_at_once(root, diabetes_job, tmp_path, seconds):
    process = subprocess.Popen(
        [sys.executable, "-m", "netbuilder", "train", str(diabetes_job.project), "-o",
         str(tmp_path / "m.h5"), "--epochs", "100000000"],
        stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    time.sleep(seconds)
    begin = time.monotonic()
    process.send_signal(signal.SIGINT)
    try:
        _out, err = process.communicate(timeout=60)
    finally:
        process.kill()  # it must not train on beside the other tests
    assert time.monotonic() - begin < 10  # 1 s on a machine that does nothing else
    assert process.returncode
    # While Python itself starts, on a busy machine for more than a second, it prints its own.
    assert "Traceback" not in err or "in main" not in err


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT for one process there")
def test_ctrl_c_that_python_dropped_is_heard_when_the_run_begins(root):
    code = """
import os, signal
from netbuilder.cli.stop_signals import interruptible, remember_interrupts
remember_interrupts()
class Dropped:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        sum(range(1000))  # the signal is heard here, where Python drops what is raised
Dropped()
print("goes on")
with interruptible(lambda: None):
    print("runs")
"""
    done = run_python(code, env={**os.environ, "PYTHONPATH": str(root)}, timeout=60)
    assert done.stdout.split("\n")[0] == "goes on"
    assert "runs" not in done.stdout
    assert done.returncode != 0


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT for one process there")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_told_to_stop_is_saved_and_resumes(root, run, diabetes_job, tmp_path, number):
    model = tmp_path / "m.h5"
    command = [sys.executable, "-m", "netbuilder", "train", str(diabetes_job.project)]
    command += ["-o", str(model), "--epochs", "100000000", "--json"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    checkpoint = tmp_path / "m.h5.checkpoint"
    deadline = time.monotonic() + 100
    while not (checkpoint / "checkpoint.npz").exists() and time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    begin = time.monotonic()
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert time.monotonic() - begin < 30
    assert "--resume" in err
    assert "Traceback" not in err
    found = json.loads(out.splitlines()[-1])
    assert 0 < found["epochs"] < 100_000_000
    assert model.exists()
    more = found["epochs"] + 5
    done = run("train", diabetes_job.project, "-o", model, "--epochs", more, "--resume", "--json")
    assert done.code == 0, done.err
    assert done.json["epochs"] == len(done.json["history"]["loss"]) == more
    # On a busy machine the first run was stopped before epoch 20.
    kept = found["history"]["loss"][:20]
    assert len(kept) == min(20, found["epochs"])
    assert done.json["history"]["loss"][: len(kept)] == pytest.approx(kept)
    assert not checkpoint.exists(), "a whole run leaves nothing to resume"


def test_a_folder_that_cannot_be_written(run, diabetes_job, tmp_path):
    done = run("train", diabetes_job.project, "-o", tmp_path / "no" / "m.h5")
    assert done.code == 1
    assert "does not exist" in done.err
    if os.name == "posix" and os.geteuid() != 0:
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o500)
        done = run("train", diabetes_job.project, "-o", closed / "m.h5")
        assert done.code == 1
        assert "not allowed" in done.err
    done = run("train", diabetes_job.project, "-o", tmp_path / "m.docx")
    assert done.code == 1
    done = run("train", diabetes_job.project, "-o", tmp_path / "m.svg")
    assert done.code == 1


def test_workers_are_checked(run, diabetes_job):
    for words, told in (
        (["--workers", "here"], "HOST:PORT"),
        (["--workers", "a:1"], "Add --worker-index 0."),
        (["--workers", "a:1,b:2"], "Add --worker-index 0 to 1"),
        (["--workers", "a:1,b:2", "--worker-index", "2"], "2 machines"),
        (["--worker-index", "0"], "--workers"),
    ):
        done = run("train", diabetes_job.project, *words)
        assert done.code == 2, words
        assert told in done.err
        assert "None" not in done.err


def test_answers_of_classes_are_labels(run, tmp_path):
    rows = [f"{i % 2 * 5 + i % 3},{i % 7},{'yes' if i % 2 else 'no'}" for i in range(200)]
    data = tmp_path / "votes.csv"
    data.write_text("a,b,vote\n" + "\n".join(rows) + "\n")
    project = {
        "format": "netbuilder-project", "version": 1, "name": "Votes",
        "graph": {
            "nodes": [{"id": "in", "layer": "Input", "params": {}},
                      {"id": "d", "layer": "Dense", "params": {"units": 8, "activation": "relu"}},
                      {"id": "out", "layer": "Dense",
                       "params": {"units": 1, "activation": "sigmoid"}}],
            "edges": [["in", "d"], ["d", "out"]],
        },
        "data": {"kind": "csv", "path": "votes.csv", "target": ["vote"]},
        "training": {
            "optimizer": {"name": "Adam", "params": {"learning_rate": 0.05}}, "epochs": 30,
        },
    }  # fmt: skip
    path = tmp_path / "votes.netbuilder"
    path.write_text(json.dumps(project))
    (tmp_path / "out").mkdir()
    model = tmp_path / "out" / "votes.h5"
    done = run("train", path, "-o", model, "--json")
    assert done.code == 0, done.err
    assert done.json["test"]["accuracy"] > 0.95
    out = tmp_path / "answers.csv"
    assert run("predict", model, data, "-o", out).code == 0
    table = pd.read_csv(out)
    assert (table["predicted vote"] == table["vote"]).mean() > 0.95
    # The project inside finds its data from where the model lies now.
    assert run("evaluate", model, "--json").json["labels"] == ["no", "yes"]


__all__ = ["digits_model", "house_folder", "house_model"]


@pytest.mark.slow
def test_a_row_of_a_table(house_model, tmp_path, capsys):
    registry.save_network(house_model[0], tmp_path / "m.h5")
    houses(60, 5).to_csv(tmp_path / "new.csv", index=False)
    houses(60, 5)[["size", "town"]].to_csv(tmp_path / "bare.csv", index=False)
    for name in ("new.csv", "bare.csv"):
        words = ["explain", str(tmp_path / "m.h5"), str(tmp_path / name), "--row", "2", "--json"]
        assert main([*words, "-o", str(tmp_path / "why.png")]) == 0
        found = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert found["method"] == "importance"
        assert found["answer"].startswith("price: ")
        assert list(found["importance"]) == ["size", "town"]
        assert found["importance"]["size"] > found["importance"]["town"] > 0
    assert (tmp_path / "why.png").stat().st_size > 1000
    assert main([*words[:3], "--row", "60"]) == 1
    assert "There is no row 60. Rows are numbered from 0 to 59." in capsys.readouterr().err
    assert main([*words[:3], "--method", "grad_cam"]) == 1
    assert "The method 'grad_cam' does not fit this network." in capsys.readouterr().err
    assert main(["explain", str(tmp_path / "m.h5"), "absent.csv"]) == 1
    assert "There is no file 'absent.csv'." in capsys.readouterr().err


@pytest.mark.slow
def test_the_command_says_what_the_window_says(digits_model, tmp_path, capsys):
    """Each way for a picture, also where Grad-CAM is black: the very heat map and sentence."""
    trained, data = digits_model
    raw = data.test.raw_x["input"][:12]
    np.savez(tmp_path / "p.npz", x=raw)
    registry.save_network(trained, tmp_path / "m.h5")
    for row in range(4):
        for method in ("grad_cam", "integrated_gradients", "occlusion"):
            words = ["explain", str(tmp_path / "m.h5"), str(tmp_path / "p.npz"), "--row", str(row)]
            assert main([*words, "--method", method, "--json"]) == 0
            said = json.loads(capsys.readouterr().out.splitlines()[-1])
            shown = explain(trained, {"input": raw[row]}, method)
            assert said["sentence"] == shown.sentence
            assert said["method"] == shown.method
            assert np.allclose(said["heatmap"], shown.heatmap, atol=1e-4)


@pytest.mark.slow
def test_variants_are_tried(house_folder, tmp_path, capsys):
    graph = chain(("hidden", "Dense", {"units": 4}), ("out", "Dense", {"units": 1}))
    recipe = Data("csv", path="houses.csv", target=("price",), scaling="standard")
    project = Project("Houses", graph, recipe, Training(epochs=2))
    files.write(project, house_folder / "p.netbuilder")
    out = tmp_path / "best.netbuilder"
    words = ["tune", str(house_folder / "p.netbuilder"), "--vary", "hidden.units=2,16"]
    words += ["--vary", "training.optimizer.learning_rate=log:1e-4:1e-1", "--trials", "3"]
    assert main([*words, "--json", "-o", str(out)]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert len(found["trials"]) == 3
    assert set(found["trials"][0]) >= {"values", "score", "epochs", "pruned"}
    assert set(found["importance"]) == set(found["best"])
    best = registry.read_project(out)
    assert best.graph.by_id["hidden"].params["units"] == found["best"]["hidden.units"]
    assert (out.parent / best.data.path).resolve() == (house_folder / "houses.csv").resolve()
    assert main(["tune", str(out), "--vary", "hidden.unit=1"]) == 1
    assert "Did you mean 'units'?" in capsys.readouterr().err


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


OWN = """---
title: My own
level: advanced
minutes: 5
start: begin.netbuilder
---
## Train it
```check
trained: true
metric: accuracy >= 0.6
```
## Say yes
```question
ask: Yes?
choices: yes | no
answer: yes
```
"""


def test_the_list_and_one_lesson(run, tmp_path):
    listed = run("lessons", "--json").json["lessons"]
    assert len(listed) >= 12
    assert {"name", "title", "level", "minutes"} <= set(listed[0])
    one = run("lessons", "first_model", "-o", tmp_path / "out", "--json")
    assert one.json["lesson"] == "first_model"
    assert len(one.json["steps"]) == 10
    assert (tmp_path / "out" / "first_model.md").is_file()
    assert files.read(tmp_path / "out" / "first_model.netbuilder").graph.inputs == ("input",)
    wrong = run("lessons", "first_modle")
    assert wrong.code == 1
    assert "Did you mean 'first_model'" in wrong.err
    assert run("lessons", "--check", "x.netbuilder").code == 2


def test_a_lesson_is_written_with_its_data(run, tmp_path):
    """The start project's data come along, and are found from the new folder."""
    place = tmp_path / "teacher"
    (place / "data").mkdir(parents=True)
    (place / "data" / "rows.csv").write_text("a,b\n1,2\n3,4\n", encoding="utf-8")
    (place / "own.md").write_text(OWN, encoding="utf-8")
    begin = Project("Begin", data=Data("csv", path="data/rows.csv", target=("b",)))
    files.write(edits.add_node(begin, "Input"), place / "begin.netbuilder")
    written = run("lessons", place / "own.md", "-o", tmp_path / "out", "--json")
    out = tmp_path / "out"
    project = files.read(out / "own.netbuilder")
    assert project.data.path == "rows.csv"
    assert (out / "rows.csv").read_bytes() == (place / "data" / "rows.csv").read_bytes()
    assert str(out / "rows.csv") in written.json["files"]
    # Once more into its own folder: nothing is copied onto itself.
    assert run("lessons", out / "own.md", "-o", out).code == 0
    assert (out / "rows.csv").is_file()


@pytest.mark.slow
def test_a_project_is_checked_and_a_solution_proves_a_lesson(run, tmp_path):
    start = library.start_project(library.find_lesson("first_model"))
    half = edits.set_data(start, Data(kind="builtin", name="iris"))
    half = edits.append_layer(half, "Dense", params={"units": 16, "activation": "relu"})
    files.write(half, tmp_path / "half.netbuilder")
    done = run("lessons", "first_model", "--check", tmp_path / "half.netbuilder", "--json")
    assert done.code == 0
    steps = done.json["steps"]
    assert [step["done"] for step in steps[:3]] == [True, True, False]
    assert not any(step["done"] for step in steps[3:])
    assert steps[2]["hint"]

    own = tmp_path / "own.md"
    own.write_text(OWN)
    files.write(edits.append_layer(half, "Dense", params={"units": 3, "activation": "softmax"}),
                tmp_path / "begin.netbuilder")  # fmt: skip
    begin = files.read(tmp_path / "begin.netbuilder")
    solved = with_record(begin, LessonRecord("own", answers={2: "yes"}))
    files.write(solved, tmp_path / "solved.netbuilder")
    model = tmp_path / "solved.h5"
    trained = run("train", tmp_path / "solved.netbuilder", "-o", model, "--learning-rate", "0.05",
                  "--epochs", "30")  # fmt: skip
    assert trained.code == 0
    proof = run("lessons", own, "--check", model, "--json").json
    assert proof["complete"]
    assert proof["done_at_start"] == []
    before = run("lessons", own, "--check", tmp_path / "begin.netbuilder", "--json").json
    assert [step["done"] for step in before["steps"]] == [False, False]

    own.write_text(OWN.replace("trained:", "trianed:"))
    broken = run("lessons", own)
    assert broken.code == 1
    assert "'own.md', line 9" in broken.err
    assert "Did you mean 'trained'" in broken.err


@pytest.mark.slow
def test_broken_files_are_rows_and_the_same_fault_is_said_once(run, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.h5").write_bytes(b"nothing")
    (folder / "b.h5").touch()
    hidden = tmp_path / "hidden.csv"
    hidden.write_text("x,y\n1,2\n", encoding="utf-8")
    table = tmp_path / "grades.csv"
    done = run("grade", folder, "--data", hidden, "-o", table, "--json")
    assert done.code == 0
    rows = done.json["submissions"]
    assert {row["status"] for row in rows} == {"failed"}
    assert {row["file"] for row in rows} == {"a.h5", "b.h5"}
    assert "b.h5" in table.read_text(encoding="utf-8-sig")
    (folder / "a.h5").write_bytes(b"")
    done = run("grade", folder, "--data", hidden)
    assert done.code == 1
    assert "same reason" in done.err


def test_a_wrong_ending_is_told_before_anything_is_graded(run, tmp_path):
    (tmp_path / "a.h5").touch()
    (tmp_path / "h.csv").write_text("x,y\n1,2\n", encoding="utf-8")
    done = run("grade", tmp_path, "--data", tmp_path / "h.csv", "-o", tmp_path / "out.pdf")
    assert done.code == 1
    assert ".pdf" in done.err
    assert run("grade", "--json").code == 2


@pytest.mark.slow
def test_without_hidden_data_built_in_sets_are_judged_on_their_own_test_rows(run, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    assert run("examples", "iris", "-o", tmp_path / "iris.netbuilder").code == 0
    done = run("train", tmp_path / "iris.netbuilder", "-o", folder / "ada.h5", "--json")
    page = tmp_path / "grades.html"
    done_again = run("grade", folder, "--html", page, "--json")
    assert done_again.code == 0, done_again.err
    (row,) = done_again.json["submissions"]
    assert row["status"] == "graded"
    assert abs(row["metrics"]["accuracy"] - done.json["test"]["accuracy"]) < 1e-6
    assert "test rows of Iris" in done_again.err
    told = "Points are 100 × the accuracy (the share of correct predictions)."
    assert told in done_again.err
    assert f"Wrote {page}." in done_again.err
    assert told in page.read_text(encoding="utf-8")


def test_an_unknown_loss_is_noted(run, tmp_path):
    import h5py
    import keras
    import numpy as np

    path = tmp_path / "m.h5"
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save(path)
    plan = {
        "optimizer_config": {"class_name": "Custom>RMSprop", "config": {"learning_rate": 0.01}},
        "loss": "my_own_loss",
    }
    with h5py.File(path, "r+") as file:
        file.attrs["training_config"] = json.dumps(plan)
    project, rows = tmp_path / "p.netbuilder", tmp_path / "r.npz"
    np.savez(rows, x=np.zeros((2, 3), "float32"))
    done = run("import", path, "-o", project, "--json")
    assert done.code == 0, done.err
    assert "my_own_loss" in done.json["notes"][0]
    training = json.loads(project.read_text(encoding="utf-8"))["training"]
    assert training["optimizer"] == {"name": "RMSprop", "params": {"learning_rate": 0.01}}
    assert "loss" not in training
    for words in (
        ("check", path),
        ("predict", path, rows),
        ("export", path, "-o", tmp_path / "x.keras"),
    ):
        done = run(*words)
        assert "my_own_loss" in done.err
        assert "Do not open" not in done.err
        assert done.code == (1 if words[0] == "check" else 0), done.err


def test_an_operation_that_is_no_layer_is_told(run, tmp_path):
    import keras

    start = keras.Input((4, 3))
    path = tmp_path / "m.keras"
    keras.Model(start, keras.ops.mean(start, axis=1) * 2).save(path)
    done = run("import", path, "-o", tmp_path / "p.netbuilder", "--json")
    assert done.code == 0, done.err
    assert len(done.json["placeholders"]) == 1
    assert "operation 'Mean'" in done.err
    assert "not dangerous" in done.err
    assert "GlobalAveragePooling1D" in done.err
