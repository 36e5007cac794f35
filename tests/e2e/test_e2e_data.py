"""``netbuilder data``: what a file or a project was understood as, in words and as JSON."""

import json
from dataclasses import asdict

import numpy as np
import pytest

from netbuilder.cli import main
from netbuilder.cli.output import report_error
from netbuilder.core.data import load
from netbuilder.core.data.data_report import make_report
from netbuilder.core.errors import DataError
from netbuilder.core.project import files
from netbuilder.core.project.model import ColumnChoice, Data, Graph, Node, Project


def told(capsys, *words: str):
    code = main(["data", *words, "--json"])
    return code, json.loads(capsys.readouterr().out.splitlines()[-1])


def test_a_file(tmp_path, capsys):
    rows = "\n".join(f"{n},{n % 2},{'ab'[n % 2]}" for n in range(50))
    (tmp_path / "d.csv").write_text(f"x,bit,letter\n{rows}\n")
    code, found = told(capsys, str(tmp_path / "d.csv"))
    assert code == 0
    assert (found["kind"], sum(found["rows"].values())) == ("csv", 50)
    x, _, letter = found["columns"]
    assert {key: x[key] for key in ("name", "role", "type", "missing", "unique", "min", "max",
                                    "mean", "examples")} == {
        "name": "x", "role": "feature", "type": "number", "missing": 0, "unique": 50,
        "min": 0.0, "max": 49.0, "mean": 24.5, "examples": ["0", "1", "2"],
    }  # fmt: skip
    assert (letter["role"], letter["type"]) == ("target", "category")
    assert found["classes"] == {"a": 25, "b": 25}
    told_of = {(note["severity"], note["fix"]) for note in found["notes"]}
    assert ("warning", "Leave 'bit' out") in told_of


def test_a_unit_is_written_once_behind_the_span(tmp_path, capsys):
    rows = "\n".join(f"{n} in,{'ab'[n % 2]}" for n in range(60, 84))
    (tmp_path / "d.csv").write_text(f"height,letter\n{rows}\n")
    assert main(["data", str(tmp_path / "d.csv")]) == 0
    height = capsys.readouterr().out.splitlines()[1]
    assert "60" in height and "83 in" in height and height.count(" in") == 1


def test_a_project(tmp_path, capsys):
    assert main(["examples", "iris", "-o", str(tmp_path / "iris.netbuilder")]) == 0
    capsys.readouterr()
    code, found = told(capsys, str(tmp_path / "iris.netbuilder"))
    assert code == 0
    assert found["classes"] == {"setosa": 50, "versicolor": 50, "virginica": 50}
    assert len(found["columns"]) == 5


def test_arrays(tmp_path, capsys):
    np.savez(tmp_path / "d.npz", x=np.zeros((40, 5, 5)), y=np.arange(40) % 2)
    code, found = told(capsys, str(tmp_path / "d.npz"))
    assert (code, found["kind"], found["columns"]) == (0, "arrays", [])
    assert found["classes"] == {"0": 20, "1": 20}


def test_what_is_not_there(tmp_path, capsys):
    assert main(["data", str(tmp_path / "none.csv")]) == 1
    assert "none.csv" in capsys.readouterr().err


def test_what_keeps_it_from_training_is_told_and_the_exit_is_1(tmp_path, capsys):
    rows = "\n".join(f"{n};{n:,}" for n in range(950, 1200, 5))
    (tmp_path / "d.csv").write_text(f"y;price\n{rows}\n")
    code, found = told(capsys, str(tmp_path / "d.csv"))
    assert code == 1
    (asked,) = [one for one in found["notes"] if one["severity"] == "error"]
    assert asked["column"] == "price"
    assert asked["fixes"] == [
        "Read as 1000", "Read as 1.000",
    ]  # fmt: skip
    (tmp_path / "d.csv").write_text("a,b\n1,\n2,3\n,4\n")
    assert told(capsys, str(tmp_path / "d.csv"))[0] == 1


def test_a_built_in_set_by_its_name(capsys):
    code, found = told(capsys, "iris")
    assert (code, found["kind"]) == (0, "builtin")
    assert found["classes"] == {"setosa": 50, "versicolor": 50, "virginica": 50}
    assert main(["data", "irs"]) == 1
    assert "Did you mean 'iris'?" in capsys.readouterr().err


@pytest.mark.parametrize("ending", [".h5", ".keras"])
def test_a_network_is_no_data(ending, tmp_path, capsys):
    import keras

    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save(tmp_path / f"m{ending}")
    capsys.readouterr()
    assert main(["data", str(tmp_path / f"m{ending}")]) == 1
    said = capsys.readouterr().err
    assert f"'m{ending}' is a" in said
    assert f"netbuilder check m{ending}" in said


def test_the_json_is_the_table_of_the_panel(tmp_path, capsys):
    """Each fact of each column that the Data panel shows stands in the JSON, with its value."""
    rows = "\n".join(f"{n},{n % 3 or ''},{'ab'[n % 2]}" for n in range(60))
    project = Project(
        data=Data("csv", path="d.csv", columns={"gap": ColumnChoice(missing="median")})
    )
    (tmp_path / "d.csv").write_text(f"x,gap,letter\n{rows}\n")
    files.write(project, tmp_path / "p.netbuilder")
    code, found = told(capsys, str(tmp_path / "p.netbuilder"))
    assert code == 0
    short = {"min": "minimum", "max": "maximum"}
    for said, shown in zip(found["columns"], make_report(project, tmp_path).columns, strict=True):
        facts = asdict(shown)
        facts |= {key: facts.pop(name) for key, name in short.items()}
        facts["decided"] = sorted(facts["decided"])
        facts["common"] = dict(facts["common"])
        assert said == json.loads(json.dumps(facts))
    assert found["columns"][1]["missing_rule"] == "median"
    assert found["columns"][1]["missing"] == 20
    assert found["columns"][0]["histogram"]["counts"] == {"a": [2, 1] * 10, "b": [1, 2] * 10}


def test_what_a_button_mends_is_told_in_the_words_of_the_command(tmp_path, capsys):
    rows = "\n".join(f"{'' if n % 5 == 0 else 'ab'[n % 2]},{n}" for n in range(50))
    (tmp_path / "d.csv").write_text(f"w,y\n{rows}\n")
    graph = Graph((Node("i", "Input"), Node("o", "Dense", {"units": 1})), (("i", "o"),))
    project = Project(graph=graph, data=Data("csv", path="d.csv"))
    files.write(project, tmp_path / "p.netbuilder")
    assert main(["train", str(tmp_path / "p.netbuilder")]) == 1
    said = capsys.readouterr().err
    assert 'Leave those rows out: in the project file, under "data": "missing": "drop"' in said
    # What is written there is what the button does.
    line = next(one for one in said.splitlines() if "a separate category" in one)
    told = json.loads("{" + line.split('"data": ', 1)[1] + "}")
    held = json.loads((tmp_path / "p.netbuilder").read_text())
    held["data"] |= told
    (tmp_path / "p.netbuilder").write_text(json.dumps(held))
    assert make_report(files.read(tmp_path / "p.netbuilder"), tmp_path).facts is not None
    with pytest.raises(DataError) as error:
        load.load_facts(project, tmp_path)
    report_error(error.value, False, ("model", "missing"))
    said = capsys.readouterr().err
    assert "Fill with the most frequent value: add --missing most_frequent" in said


def test_check_offers_what_the_data_panel_does(tmp_path, capsys):
    (tmp_path / "d.csv").write_text("x,y\n" + "\n".join(f"{n or ''},{n}" for n in range(50)))
    files.write(Project(data=Data("csv", path="d.csv")), tmp_path / "p.netbuilder")
    assert main(["check", str(tmp_path / "p.netbuilder"), "--json"]) == 1
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    (problem,) = (one for one in found["problems"] if one["code"] == "data-error")
    assert problem["fix"] == "Leave those rows out"


WEATHER = "\n".join(
    ["day,temp,rain", *(f"{20240101 + n % 28},{-999 if n == 7 else n},{n % 5}" for n in range(60))]
)


def test_fixes_are_done_by_their_number_or_their_words(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    table, project = tmp_path / "in" / "d.csv", tmp_path / "p.netbuilder"
    table.write_text(WEATHER.replace("-999", "dry"))
    code, found = told(capsys, str(table))
    (error,) = (one for one in found["notes"] if one["severity"] == "error")
    assert (code, error["fix"]) == (1, "Treat 'dry' as missing")

    code, found = told(capsys, str(table), "--fix", "1", "-o", str(project))
    assert "1 value is missing" in str(found["notes"])
    assert (files.read(project).name, files.read(project).data.path) == ("p", "in/d.csv")
    code, found = told(capsys, str(project), "--fix", "Leave those rows out")
    assert (code, sum(found["rows"].values())) == (0, 59)
    day = files.read(project)
    assert main(["data", str(project), "--fix", "Use 'day' as a date"]) == 0
    assert files.read(project).data.columns["day"].type == "date"
    assert files.read(project).graph == day.graph


def test_what_is_fixed_never_stands_in_the_place_of_something_else(tmp_path, capsys):
    table, project = tmp_path / "d.csv", tmp_path / "p.netbuilder"
    table.write_text(WEATHER)
    files.write(Project(name="mine"), project)
    for words, answer in (
        (["--fix", "1"], "is never changed"),
        (["--fix", "1", "-o", str(project)], "already exists"),
        (["--fix", "99", "-o", str(tmp_path / "q.netbuilder")], "There is no fix '99'"),
        (["--fix", "1", "-o", str(tmp_path / "q.csv")], "not a project file name"),
    ):
        assert main(["data", str(table), *words]) == 1
        assert answer in capsys.readouterr().err
    assert files.read(project).name == "mine"
    assert table.read_text() == WEATHER
    assert not (tmp_path / "q.netbuilder").exists()


def test_damaged_pictures_are_named_and_left_out(tmp_path, capsys):
    from PIL import Image

    for label in ("cat", "dog"):
        (tmp_path / "pics" / label).mkdir(parents=True)
        for n in range(5):
            Image.new("L", (8, 8), 20 * n).save(tmp_path / "pics" / label / f"{n}.png")
    (tmp_path / "pics" / "dog" / "cut.png").write_bytes(b"\x89PNG")
    project = tmp_path / "p.netbuilder"
    code, found = told(capsys, str(tmp_path / "pics"))
    assert code == 1
    assert "'dog/cut.png'" in str(found["notes"])
    code, found = told(capsys, str(tmp_path / "pics"), "--fix", "1", "-o", str(project))
    assert (code, found["classes"]) == (0, {"cat": 5, "dog": 5})
    assert main(["data", str(project)]) == 0
