"""A class of honest twins, copies and claims: what counts is what can be judged again."""

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from netbuilder.cli import main
from netbuilder.core.data.load import load_dataset
from netbuilder.core.engine.session import RunStart, RunStorage, Session
from netbuilder.core.engine.trained import Changed, TrainedModel
from netbuilder.core.errors import DataError
from netbuilder.core.formats import registry
from netbuilder.core.grading import rubric
from netbuilder.core.grading.grade import grade_folder
from netbuilder.core.grading.own_data import load_own_data
from netbuilder.core.grading.report import write_feedback
from netbuilder.core.grading.retraining import retrain
from netbuilder.core.grading.similarity import similarity_sentence
from netbuilder.core.grading.submission import (
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
