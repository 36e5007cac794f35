"""``netbuilder lessons``: the list, one lesson, and how far a project or a model is in it."""

import pytest

from netbuilder.core.lessons import library
from netbuilder.core.lessons.lesson_record import LessonRecord, with_record
from netbuilder.core.project import edits, files
from netbuilder.core.project.model import Data, Project

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
