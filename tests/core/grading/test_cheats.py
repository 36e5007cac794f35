"""Each known cheat, tried with real files: it earns nothing, and its row says why."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from netbuilder.core.data.load import load_dataset
from netbuilder.core.engine.session import RunStorage, Session
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import DataError
from netbuilder.core.formats import registry
from netbuilder.core.grading.grade import grade_folder
from netbuilder.core.grading.lesson_steps import DONE, judge_steps
from netbuilder.core.grading.rubric import Rubric, Threshold
from netbuilder.core.grading.scoring import award_points
from netbuilder.core.grading.similarity import copy_word
from netbuilder.core.grading.submission import FAILED, GRADED, Submission
from netbuilder.core.lessons.lesson_record import LessonRecord, with_record
from netbuilder.core.lessons.library import find_lesson, start_project
from netbuilder.core.project import edits, files
from netbuilder.core.project.model import Choice, Data, Project
from netbuilder.core.results.evaluate import evaluate

THRESHOLDS = (Threshold("accuracy", 60, 0.6), Threshold("r2_score", 60, 0))
RULES = Rubric(points=100, thresholds=THRESHOLDS, steps_points=40)


def _table(path: Path, seed: int, columns: tuple[str, ...]) -> None:
    """Write rows whose class follows from a and b, with noise; c is 2 a; copy is the class."""
    numbers = np.random.default_rng(seed)
    lines = [",".join(columns)]
    for a, b, noise in zip(*numbers.normal(size=(3, 200)), strict=True):
        kind = "high" if a + b + noise > 0 else "low"
        row = {"a": a, "b": b, "c": 2 * a, "copy": 1.0 if kind == "high" else 0.0, "kind": kind}
        lines.append(",".join(str(row[name]) for name in columns))
    path.write_text("\n".join(lines), encoding="utf-8")


def _train(data: Data, seed: int = 1, units: int = 1, epochs: int = 15) -> TrainedModel:
    project = Project("Class", data=data)
    project = edits.append_layer(edits.add_node(project, "Input"), "Dense", params={"units": 4})
    activation = "linear" if data.target == ("c",) else "softmax" if units > 1 else "sigmoid"
    project = edits.append_layer(
        project, "Dense", params={"units": units, "activation": activation}
    )
    training = replace(project.training, epochs=epochs, seed=seed,
                       optimizer=Choice("Adam", {"learning_rate": 0.02}))  # fmt: skip
    project = replace(project, training=training)
    return Session(project, load_dataset(project, Path()), storage=RunStorage(record=False)).run()


def _with_weights(trained: TrainedModel, path: Path) -> None:
    """Save the network with other weights than its history belongs to."""
    model = trained.training_model
    honest = model.get_weights()
    model.set_weights([-weights for weights in honest])
    registry.save_network(trained, path)
    model.set_weights(honest)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("school")


@pytest.fixture(scope="module")
def rows(place: Path) -> dict[str, Submission]:
    """The class, graded on hidden data and trained again from the table beside the files."""
    folder, away = place / "class", place / "away"
    folder.mkdir()
    away.mkdir()
    columns = ("a", "b", "c", "kind")
    _table(folder / "rows.csv", 1, columns)
    _table(place / "hidden.csv", 2, columns)
    _table(away / "leak.csv", 1, ("a", "copy", "kind"))
    _table(away / "elsewhere.csv", 1, columns)
    data = Data("csv", path=str(folder / "rows.csv"), target=("kind",))
    ada = _train(data)
    registry.save_network(ada, folder / "ada.h5")
    registry.save_network(_train(data, 2), folder / "bob.h5")
    registry.save_network(ada, folder / "twin.h5")
    shutil.copy(folder / "bob.h5", folder / "bobs_copy.h5")
    _with_weights(ada, folder / "weights.h5")
    elsewhere = replace(data, path=str(away / "elsewhere.csv"))
    registry.save_network(_train(elsewhere, 3), folder / "elsewhere.h5")
    registry.save_network(_train(replace(data, target=("c",)), 4), folder / "target.h5")
    leak = _train(Data("csv", path=str(away / "leak.csv"), target=("kind",)), 5)
    ((name, entry),) = leak.preprocessing.inputs.items()
    named = [replace(column, name={"copy": "kind"}.get(column.name, column.name))
             for column in entry.columns]  # fmt: skip
    inputs = {name: replace(entry, columns=tuple(named))}
    registry.save_network(leak, place / "leak.h5")
    registry.save_network(
        replace(leak, preprocessing=replace(leak.preprocessing, inputs=inputs)), folder / "leak.h5"
    )
    # The twin was saved at another time: same network, other bytes.
    with (folder / "twin.h5").open("ab") as file:
        file.write(b"\0")
    found = grade_folder(folder, place / "hidden.csv", rubric=RULES, retrain=True, workers=1)
    return {Path(row.file).stem: row for row in found}


@pytest.mark.slow
def test_the_answer_is_never_an_input(rows, place):
    row = rows["leak"]
    assert (row.status, row.score) == (FAILED, None)
    assert "kind" in row.message
    with pytest.raises(DataError) as caught:
        evaluate(registry.load_network(place / "class" / "leak.h5"), place / "hidden.csv")
    assert caught.value.code == "target_is_input"
    # The same network under the column's own name is only asked for what the rows have.
    with pytest.raises(DataError) as caught:
        evaluate(registry.load_network(place / "leak.h5"), place / "hidden.csv")
    assert caught.value.code == "columns_missing"


@pytest.mark.slow
def test_another_target_earns_no_points_for_its_result(rows):
    row = rows["target"]
    assert row.metrics["r2_score"] > 0
    assert (row.status, row.score) == (GRADED, 0)
    assert row.other_task and row.other_task in row.comment
    assert not rows["ada"].other_task
    assert rows["ada"].score == 60


@pytest.mark.slow
def test_the_data_beside_the_files_are_trained_again(rows):
    verified = {name: row.verified for name, row in rows.items() if name != "leak"}
    assert verified == {
        "ada": True, "bob": True, "twin": True, "bobs_copy": True, "target": True,
        "weights": False, "elsewhere": None,
    }  # fmt: skip
    # A file that nothing confirms is only unverified; a refuted one loses its points.
    assert (rows["elsewhere"].score, rows["weights"].score) == (60, 0)
    row = Submission("a.h5", "Ada", GRADED, metrics={"accuracy": 1.0})
    scores = [award_points(replace(row, verified=verified), RULES, 1.0).score
              for verified in (True, None, False)]  # fmt: skip
    assert scores == [60, 60, 0]


@pytest.mark.slow
def test_copies_and_other_weights(rows):
    assert (rows["bob"].same_as, rows["bob"].exact_copy) == (("bobs_copy.h5",), True)
    assert rows["ada"].expected_same == ("twin.h5",), "one seed gives one network"
    assert rows["ada"].same_as == ("weights.h5",)
    # Ada's network trained from another seed, without her ID, is not found: school.md says so.
    assert "ada.h5" not in (*rows["bob"].same_as, *rows["bob"].expected_same)
    assert len({copy_word(rows[name]) for name in ("bob", "ada", "elsewhere")}) == 3


@pytest.mark.slow
def test_other_data_than_the_lessons_earn_no_result(tmp_path):
    """Without hidden data the network's own test rows count: only of the lesson's data."""
    claimed = LessonRecord("first_model")
    iris = _train(Data("builtin", "iris"), units=3, epochs=30)
    easy = _train(Data("builtin", "breast_cancer"), epochs=4)
    for name, work, record in (
        ("ada", iris, claimed), ("bob", iris, claimed), ("easy", easy, claimed),
        ("renamed", easy, replace(claimed, name="my_own")),
    ):  # fmt: skip
        project = with_record(work.project, record)
        registry.save_network(replace(work, project=project), tmp_path / f"{name}.h5")
    for lesson in ("first_model", ""):
        found = grade_folder(tmp_path, None, lesson, rubric=RULES, workers=1)
        points = {row.student: row for row in found}
        for name in ("easy", "renamed"):
            assert points[name].metrics["accuracy"] > 0.6
            assert points[name].other_task and points[name].score < 40
        assert not points["ada"].other_task and points["ada"].score > 60


def test_typed_events_without_a_network_prove_nothing(tmp_path):
    lesson = find_lesson("optimizers")
    answers = {
        number: step.question.answer or step.question.choices[0]
        for number, step in enumerate(lesson.steps, 1)
        if step.question is not None
    }
    typed = frozenset({"predicted", "evaluated", "looked:runs", "looked:inside"})

    def done(project: Project, events: frozenset[str]) -> list[str]:
        path = tmp_path / "typed.netbuilder"
        record = LessonRecord("optimizers", frozenset(range(1, 9)), answers, events)
        files.write(with_record(project, record), path)
        steps = judge_steps(lesson, path, with_record(project, record))
        return [step.title for step in steps if step.status == DONE]

    assert not done(Project("Typed"), typed)
    # Answers are the pupil's work; pages are opened with a trained network.
    start = start_project(lesson)
    assert done(start, typed) == done(start, frozenset()) != []


def test_full_marks_list_no_missing_steps():
    row = Submission("a.h5", "Ada", GRADED, steps=3, steps_counted=2, steps_done=2,
                     steps_missing=("'Ask it': not verified.",))  # fmt: skip
    rules = Rubric(points=10, steps_points=10)
    assert "Ask it" not in award_points(row, rules, None).comment
    assert "Ask it" in award_points(replace(row, steps_done=1), rules, None).comment
