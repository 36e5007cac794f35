"""A class of honest twins, copies, cheats and claims: what counts can be judged again."""

import json
import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from netbuilder.cli import main
from netbuilder.core.data.load import load_dataset
from netbuilder.core.engine.session import RunStart, RunStorage, Session
from netbuilder.core.engine.trained import Changed, TrainedModel
from netbuilder.core.errors import DataError
from netbuilder.core.formats import registry
from netbuilder.core.grading import rubric
from netbuilder.core.grading.grade import grade_folder
from netbuilder.core.grading.lesson_steps import DONE, judge_steps
from netbuilder.core.grading.own_data import load_own_data
from netbuilder.core.grading.report import write_feedback
from netbuilder.core.grading.retraining import retrain
from netbuilder.core.grading.rubric import Rubric, Threshold
from netbuilder.core.grading.scoring import award_points
from netbuilder.core.grading.similarity import copy_word, similarity_sentence
from netbuilder.core.grading.submission import (
    FAILED,
    GRADED,
    LATE,
    Submission,
    SubmissionInfo,
    with_submission_info,
)
from netbuilder.core.lessons.lesson_record import LessonRecord, with_record
from netbuilder.core.lessons.library import find_lesson, start_project
from netbuilder.core.lessons.step_check import judged_at_the_end
from netbuilder.core.project import edits, files
from netbuilder.core.project.model import Choice, Data, Project
from netbuilder.core.results.evaluate import evaluate

LESSON = """---
title: Three species
level: beginner
minutes: 15
start: empty
---
## A layer
```check
layer: Dense
units: 8
```

## Train
```check
trained: true
metric: accuracy >= 0.6
```

## Long enough
```check
epochs_run: ">= 20"
```

## Ask it
```check
predicted: true
```

## A layer that nobody has
```check
layer: LSTM
```
"""
DUE = datetime(2026, 11, 20, 12, tzinfo=UTC)
ON_TIME, TOO_LATE = DUE.replace(hour=10), DUE.replace(hour=13)


def _project(seed: int, epochs: int = 20) -> Project:
    project = Project("Iris", data=Data("builtin", "iris"))
    project = edits.append_layer(edits.add_node(project, "Input"), "Dense",
                                 params={"units": 8, "activation": "relu"})  # fmt: skip
    project = edits.append_layer(project, "Dense", params={"units": 3, "activation": "softmax"})
    training = replace(
        project.training, epochs=epochs, seed=seed, batch_size=16,
        optimizer=Choice("Adam", {"learning_rate": 0.02}),
    )  # fmt: skip
    return replace(project, training=training)


def _train(project: Project, start: TrainedModel | None = None) -> TrainedModel:
    dataset = load_dataset(project, Path())
    return Session(project, dataset, storage=RunStorage(record=False), start=RunStart(start)).run()


def _submit(
    trained: TrainedModel, path: Path, *, lesson: str = "three", time: datetime = ON_TIME,
    work: str = "", claimed: tuple[bool, ...] = (True,) * 5,
) -> None:  # fmt: skip
    """Write what "Submit…" writes, with every step ticked and every event claimed."""
    record = LessonRecord(lesson, frozenset({1, 2, 3, 4, 5}), events=frozenset({"predicted"}))
    project = with_submission_info(
        with_record(trained.project, record), SubmissionInfo(path.stem, lesson, claimed, work, time)
    )
    registry.save_network(replace(trained, project=project), path)


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lessons") / "three.md"
    path.write_text(LESSON, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("class")
    one, other = _train(_project(1)), _train(_project(2))
    _submit(one, place / "twin_a.h5")
    _submit(one, place / "twin_b.h5")
    _submit(other, place / "honest.h5", time=TOO_LATE)
    _submit(other, place / "copy.h5", work="ab" * 16)
    _submit(other, place / "original.h5", work="ab" * 16)
    # Ada's weights 20 epochs on, said to have been trained from another seed.
    further = _train(_project(1, 40), one)
    reseeded = replace(further.project, training=replace(further.project.training, seed=7))
    further = replace(further, project=reseeded)
    _submit(further, place / "further.h5")
    # ... and with no history that would tell: as if it had been its first 20 epochs.
    bare = replace(further, history={"loss": further.history["loss"][20:]}, epochs=20)
    _submit(bare, place / "further_bare.h5")
    _submit(_train(_project(3)), place / "wrong_lesson.h5", lesson="another_one")
    # A text file with steps typed in.
    typed = with_record(
        Project("Typed"),
        LessonRecord("three", frozenset({1, 2, 3, 4, 5}), events=frozenset({"predicted"})),
    )
    files.write(with_submission_info(typed, SubmissionInfo("typed", "three", (True,) * 5)),
                place / "typed.netbuilder")  # fmt: skip
    # Saved with "Save model" and never submitted: no time but that of the file.
    registry.save_network(_train(_project(4)), place / "no_time.h5")
    os.utime(place / "no_time.h5", (TOO_LATE.timestamp(), TOO_LATE.timestamp()))
    return place


def _graded(folder: Path, lesson: Path, **more: object) -> dict[str, Submission]:
    rules = rubric.Rubric(points=100, steps_points=100, late_after=DUE)
    found = grade_folder(folder, None, str(lesson), rubric=rules, **more)
    return {Path(one.file).stem: one for one in found}


@pytest.fixture(scope="module")
def found(folder: Path, lesson: Path) -> dict[str, Submission]:
    return _graded(folder, lesson, workers=1)  # each imports TensorFlow for longer than it judges


@pytest.fixture(scope="module")
def retrained(folder: Path, lesson: Path) -> dict[str, Submission]:
    return _graded(folder, lesson, retrain=True)


@pytest.mark.slow
def test_steps_count_where_network_data_and_evaluation_show_them(found):
    twin = found["twin_a"]
    # The layer and the accuracy are seen; how long it was trained and that it was asked are not.
    assert (twin.status, twin.steps_done, twin.steps_unverified, twin.steps) == (GRADED, 2, 2, 5)
    assert twin.score == 50, "of the four steps that a file can show"
    assert [one.split("'")[1] for one in twin.steps_missing] == [
        "Long enough", "Ask it", "A layer that nobody has",
    ]  # fmt: skip
    typed = found["typed"]
    assert (typed.steps_done, typed.score) == (0, 0)
    assert all(one.verified is None for one in found.values())


@pytest.mark.slow
def test_training_again_confirms_what_was_recorded(retrained):
    verified = {name: one.verified for name, one in retrained.items()}
    assert verified == {
        "twin_a": True, "twin_b": True, "honest": True, "copy": True, "original": True,
        "wrong_lesson": True, "no_time": True, "further": False, "further_bare": False,
        "typed": None,
    }  # fmt: skip
    twin = retrained["twin_a"]
    # Twenty epochs are confirmed by training them again; that it was asked is still a claim.
    assert (twin.steps_done, twin.steps_unverified) == (3, 1)
    assert retrained["further"].steps_done == 2
    assert retrained["further"].verified_words
    assert retrained["typed"].verified_words


def test_points_are_shared_among_the_steps_that_a_finished_work_can_show():
    lesson = find_lesson("optimizers")
    counts = [judged_at_the_end(lesson, number) for number in range(1, 9)]
    # The networks of steps 1, 3, 5 and 6 are replaced by that of step 7.
    assert counts == [False, True, False, True, False, False, True, True]


@pytest.mark.slow
def test_all_of_optimizers_earns_all_points(tmp_path):
    lesson = find_lesson("optimizers")
    project = start_project(lesson)
    training = replace(project.training, optimizer=Choice("RMSprop", {"learning_rate": 0.001}))
    trained = _train(replace(project, training=training))
    answers = {
        number: step.question.answer or step.question.choices[0]
        for number, step in enumerate(lesson.steps, 1)
        if step.question is not None
    }
    for name, events in {"all": {"looked:runs"}, "not_looked": set()}.items():
        record = LessonRecord("optimizers", frozenset(range(1, 9)) if events else frozenset(),
                              answers, frozenset(events))  # fmt: skip
        given = SubmissionInfo(name, "optimizers", (True,) * 8, "", ON_TIME)
        kept = with_submission_info(with_record(trained.project, record), given)
        registry.save_network(replace(trained, project=kept), tmp_path / f"{name}.h5")
    rules = rubric.Rubric(points=8, steps_points=8)
    found = grade_folder(tmp_path, None, "optimizers", rubric=rules, retrain=True, workers=1)
    scores = {one.student: (one.verified, one.steps_done, one.score) for one in found}
    assert scores == {"all": (True, 4, 8), "not_looked": (True, 3, 6)}


@pytest.mark.slow
def test_suspicion_and_coincidence(found, retrained):
    for rows in (found, retrained):
        # Twins of one seed are equal and accused of nothing.
        assert rows["twin_a"].expected_same[0] == "twin_b.h5"
        assert "twin_b.h5" not in rows["twin_a"].same_as
        assert rows["copy"].same_as == ("original.h5",)
        assert "copy.h5" in rows["honest"].expected_same
        assert not rows["honest"].same_as
        assert not rows["no_time"].same_as
        assert not rows["wrong_lesson"].same_as
        # The history of a trained-on copy begins as that of its original.
        assert "twin_a.h5" in rows["further"].same_as
    # Without its history only training again finds it.
    assert "twin_a.h5" not in found["further_bare"].same_as
    assert "twin_a.h5" in retrained["further_bare"].same_as
    assert similarity_sentence(list(found.values()))


@pytest.mark.slow
def test_late_wrong_lesson_and_file_date(found):
    assert {name for name, one in found.items() if one.status == LATE} >= {"honest", "no_time"}
    assert found["twin_a"].status == GRADED
    assert found["no_time"].time_of_file
    assert not found["honest"].time_of_file
    assert (found["wrong_lesson"].claimed_lesson, found["wrong_lesson"].lesson) == (
        "another_one", "three",
    )  # fmt: skip
    assert "another_one" in found["wrong_lesson"].message
    assert "another_one" not in found["twin_a"].message


@pytest.mark.slow
def test_feedback_names_the_missing_steps(found, tmp_path):
    write_feedback([found["twin_a"]], tmp_path)
    page = (tmp_path / "twin_a.html").read_text(encoding="utf-8")
    assert "A layer that nobody has" in page
    assert "twin_b.h5" not in page


@pytest.mark.slow
def test_the_command_says_it_as_json(folder, lesson, tmp_path, capsys):
    (tmp_path / "further_bare.h5").write_bytes((folder / "further_bare.h5").read_bytes())
    assert main(["grade", str(tmp_path), "--lesson", str(lesson), "--retrain", "--json"]) == 0
    text = capsys.readouterr().out
    rows = json.loads(text[text.index('{"submissions"') :] if '{"submissions"' in text else text)
    (row,) = rows["submissions"]
    assert (row["file"], row["verified"]) == ("further_bare.h5", False)
    assert set(row) == {
        "file", "student", "status", "score", "metrics", "steps_done", "verified", "same_as",
        "message",
    }  # fmt: skip


@pytest.mark.slow
def test_what_cannot_be_repeated_is_not_verified_and_says_why(folder, tmp_path):
    """Honest work that no training again can give is never called false."""
    import keras

    twin = registry.load_network(folder / "twin_a.h5")
    elsewhere = replace(
        twin.project, data=Data("csv", path="/home/ada/rows.csv", target=("species",))
    )
    works = {
        "changed_by_hand": replace(twin, changes=(Changed(3, 0, "learning_rate", 0.1),)),
        "stopped_within_epoch": replace(twin, step=2),
        "grading_data_elsewhere": replace(twin, project=elsewhere),
    }
    for reason, work in works.items():
        path = tmp_path / f"{reason}.h5"
        registry.save_network(work, path)
        found = retrain(path, None)
        assert (found["verified"], found["reason"]) == (None, reason)
        assert found["words"]
    keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]).save(tmp_path / "foreign.h5")
    assert retrain(tmp_path / "foreign.h5", None)["reason"] == "no_record"


def test_a_data_file_is_read_beside_the_lesson_and_nowhere_else(tmp_path):
    (tmp_path / "teacher").mkdir()
    (tmp_path / "pupil").mkdir()
    rows = "a,b\n" + "".join(f"{n},{2 * n}\n" for n in range(40))
    (tmp_path / "teacher" / "rows.csv").write_text(rows, encoding="utf-8")
    (tmp_path / "pupil" / "rows.csv").write_text(rows.replace("1", "9"), encoding="utf-8")
    start = Project("Start", data=Data("csv", path="rows.csv", target=("b",)))
    start = edits.append_layer(edits.add_node(start, "Input"), "Dense", params={"units": 1})
    files.write(start, tmp_path / "teacher" / "begin.netbuilder")
    text = LESSON.replace("start: empty", "start: begin.netbuilder")
    (tmp_path / "teacher" / "own.md").write_text(text, encoding="utf-8")
    own = find_lesson(str(tmp_path / "teacher" / "own.md"))
    theirs = replace(start, data=replace(start.data, path=str(tmp_path / "pupil" / "rows.csv")))
    found = load_own_data(theirs, own)
    parts = [part for part in (found.train, found.validation, found.test) if part is not None]
    seen = sorted(float(v) for part in parts for one in part.raw_y.values() for v in one.ravel())
    assert seen == [2.0 * n for n in range(40)]
    other = replace(theirs, data=replace(theirs.data, path=str(tmp_path / "pupil" / "mine.csv")))
    for project, lesson in ((other, own), (theirs, None)):
        with pytest.raises(DataError) as caught:
            load_own_data(project, lesson)
        assert caught.value.code == "grading_data_elsewhere"


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


def _train_on(data: Data, seed: int = 1, units: int = 1, epochs: int = 15) -> TrainedModel:
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
    ada = _train_on(data)
    registry.save_network(ada, folder / "ada.h5")
    registry.save_network(_train_on(data, 2), folder / "bob.h5")
    registry.save_network(ada, folder / "twin.h5")
    shutil.copy(folder / "bob.h5", folder / "bobs_copy.h5")
    _with_weights(ada, folder / "weights.h5")
    elsewhere = replace(data, path=str(away / "elsewhere.csv"))
    registry.save_network(_train_on(elsewhere, 3), folder / "elsewhere.h5")
    registry.save_network(_train_on(replace(data, target=("c",)), 4), folder / "target.h5")
    leak = _train_on(Data("csv", path=str(away / "leak.csv"), target=("kind",)), 5)
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
    iris = _train_on(Data("builtin", "iris"), units=3, epochs=30)
    easy = _train_on(Data("builtin", "breast_cancer"), epochs=4)
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
