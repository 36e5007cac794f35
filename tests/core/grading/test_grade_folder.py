"""A folder of submissions, judged by real worker processes, and a class that is followed."""

import os
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from netbuilder.core.data.examples import find_example
from netbuilder.core.data.load import load_dataset
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import UserError
from netbuilder.core.formats import registry
from netbuilder.core.grading import class_progress, submission as submission_info, submission_writer
from netbuilder.core.grading.class_progress import Progress
from netbuilder.core.grading.grade import (
    common_failure,
    grade_folder,
    graded_on_sentence,
    skipped_files_sentence,
)
from netbuilder.core.grading.rubric import DEFAULT_RUBRIC, Override
from netbuilder.core.grading.submission import FAILED, GRADED, Submission
from netbuilder.core.lessons.lesson_record import LessonRecord, with_record
from netbuilder.core.process.worker_process import ResourceLimits
from netbuilder.core.project import edits, files
from netbuilder.core.project.model import Data, Project
from netbuilder.core.results.evaluate import evaluate
from tests.sessions import graph_session

#: ``found`` is judged by as many processes as there are processors; each imports TensorFlow.
grade_by_one = partial(grade_folder, workers=1)


#: Of the ten steps of the first lesson two ask for a look at a page, which no file shows.
SHOWN = 8


def _trained(epochs: int, seed: int, name: str = "iris") -> TrainedModel:
    project = files.read(find_example(name).path)
    training = replace(project.training, epochs=epochs, seed=seed)
    project = replace(project, training=training)
    return graph_session(project, load_dataset(project, Path())).run()


@pytest.fixture(scope="module")
def hidden(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from sklearn.datasets import load_iris

    table = load_iris(as_frame=True).frame
    names = dict(enumerate(load_iris().target_names))
    table["target"] = table["target"].map(names)
    path = tmp_path_factory.mktemp("hidden") / "hidden.csv"
    table.rename(columns={"target": "species"}).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Submitted work, a copy of it, a hardly trained network, and files that are no work."""
    place = tmp_path_factory.mktemp("in")
    good = _trained(40, 1)
    given = submission_info.SubmissionInfo("Ada", "first", (True, True))
    submission_writer.write_submission(good, place, given).rename(place / "ada.h5")
    shutil.copy(place / "ada.h5", place / "zoe.h5")
    registry.save_network(_trained(1, 5), place / "bob.keras")
    (place / "broken.h5").write_bytes((place / "ada.h5").read_bytes()[:3000])
    (place / "empty.h5").touch()
    files.write(good.project, place / "project.netbuilder")
    return place


@pytest.fixture(scope="module")
def found(folder: Path, hidden: Path) -> dict[str, Submission]:
    told: list[str] = []
    rules = replace(DEFAULT_RUBRIC, overrides={"bob.keras": Override(comment="Train longer.")})
    result = grade_folder(
        folder, hidden, rubric=rules, on_progress=lambda one: told.append(one.file)
    )
    assert sorted(told) == sorted(one.file for one in result)
    assert [one.score is None for one in result] == sorted(one.score is None for one in result)
    return {one.file: one for one in result}


@pytest.mark.slow
def test_each_file_is_a_row(found):
    assert {name: one.status for name, one in found.items()} == {
        "ada.h5": GRADED, "zoe.h5": GRADED, "bob.keras": GRADED,
        "broken.h5": FAILED, "empty.h5": FAILED, "project.netbuilder": FAILED,
    }  # fmt: skip
    assert "empty" in found["empty.h5"].message
    assert "nothing was trained" in found["project.netbuilder"].message
    assert found["broken.h5"].message


def test_the_better_network_has_more_points(found):
    ada, bob = found["ada.h5"], found["bob.keras"]
    assert ada.score is not None
    assert bob.score is not None
    assert ada.score > 85
    assert ada.score > bob.score
    assert ada.score == pytest.approx(100 * ada.metrics["accuracy"])
    assert bob.comment == "Train longer."
    assert (ada.student, ada.steps_done, bob.student) == ("Ada", 0, "bob")
    assert ada.parameters == 131
    assert "<svg" in ada.svg
    assert len(ada.history["loss"]) == 40


def test_a_copy_is_found(found):
    assert found["zoe.h5"].same_as == ("ada.h5",)
    assert found["zoe.h5"].exact_copy and "byte-for-byte" in found["zoe.h5"].message
    assert not found["bob.keras"].same_as


@pytest.mark.slow
def test_hostile_foreign_and_broken_files_are_rows_with_a_sentence(
    folder, hidden, symlink, tmp_path
):
    """Whatever thirty pupils send: each file has its row and its own sentence, and all go on."""
    import h5py
    import keras

    whole = (folder / "ada.h5").read_bytes()
    (tmp_path / "half.h5").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.h5").write_text("hello", encoding="utf-8")
    (tmp_path / "text.keras").write_text("hello", encoding="utf-8")
    (tmp_path / "list.netbuilder").write_text("[1, 2]", encoding="utf-8")
    (tmp_path / "deep.netbuilder").write_text("[" * 100_000, encoding="utf-8")
    code = keras.layers.Lambda(lambda x: x * 2)
    keras.Sequential([keras.Input((4,)), code]).save(tmp_path / "code.h5")
    keras.Sequential([keras.Input((7,)), keras.layers.Dense(3)]).save(tmp_path / "foreign.h5")
    (tmp_path / "folder.h5").mkdir()
    symlink(tmp_path / "nowhere.h5", tmp_path / "gone_away.h5")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.keras")
    with h5py.File(tmp_path / "link.h5", "w") as file:
        file["x"] = h5py.ExternalLink("/etc/passwd", "/")
    shutil.copy(folder / "ada.h5", tmp_path / "huge.h5")
    with h5py.File(tmp_path / "huge.h5", "r+") as file:
        said = str(file.attrs["model_config"])
        file.attrs["model_config"] = said.replace('"units": 16', '"units": 2000000000')
    shutil.copy(folder / "ada.h5", tmp_path / "gone.h5")
    with h5py.File(tmp_path / "gone.h5", "r+") as file:
        kernel = next(one for one in _datasets(file["model_weights"]) if one.ndim == 2)
        kernel[...] = float("nan")
    # What Windows writes is a hand-in like any other; what is none is said, not judged.
    shutil.copy(folder / "ada.h5", tmp_path / "Zoë – 9b.H5")
    (tmp_path / "essay.docx").write_bytes(b"no network")
    told = {one.file: one for one in grade_by_one(tmp_path, hidden)}
    assert [name for name, one in told.items() if one.status == GRADED] == ["Zoë – 9b.H5"]
    words = {
        "half.h5": "incomplete", "text.h5": "not a model file", "text.keras": "not a model file",
        "list.netbuilder": "not a NetBuilder project", "deep.netbuilder": "nested too deeply",
        "code.h5": "contains Python code", "foreign.h5": "not made with NetBuilder",
        "link.h5": "a link to another file", "huge.h5": "more weights than the file",
        "gone.h5": "not numbers (NaN)", "folder.h5": "a folder, not a file",
        "nowhere.h5": "a link to a file that does not exist", "pipe.keras": "a pipe, not a file",
    }  # fmt: skip
    if not hasattr(os, "mkfifo"):
        del words["pipe.keras"]
    for name, sentence in words.items():
        assert told[name].status == FAILED, name
        assert told[name].score is None, name
        assert sentence in told[name].message, (name, told[name].message)
    assert set(told) == {*words, "Zoë – 9b.H5"}
    assert "essay.docx" in skipped_files_sentence(tmp_path)


@pytest.mark.slow
def test_without_hidden_data_the_rows_that_a_built_in_set_keeps_aside_count(folder, tmp_path):
    import keras

    for name in ("ada.h5", "bob.keras", "project.netbuilder"):
        shutil.copy(folder / name, tmp_path)
    registry.save_network(_trained(1, 3, "moons"), tmp_path / "moons.h5")
    keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]).save(tmp_path / "foreign.h5")
    result = grade_by_one(tmp_path, None)
    found = {one.file: one for one in result}
    trained = registry.load_network(folder / "bob.keras")
    test = load_dataset(trained.project, Path()).test
    right = evaluate(trained, test).metrics["accuracy"]
    bob = found["bob.keras"]
    assert (bob.status, bob.score) == (GRADED, pytest.approx(100 * right))
    assert bob.basis == f"{len(test)} test rows of Iris"
    # With another seed, and with other data, other rows were kept aside.
    others = [name for name, one in found.items() if "other rows than most" in one.message]
    assert len(others) == 2
    # Ada's lesson is not among those here: her ticks are a claim, and her result counts.
    ada = found["ada.h5"]
    assert (ada.status, ada.steps, ada.points_by) == (GRADED, 0, "accuracy")
    assert ada.score == pytest.approx(100 * ada.metrics["accuracy"])
    for name, words in (
        ("foreign.h5", "no information about its data"),
        ("project.netbuilder", "trained"),
    ):
        assert (found[name].status, words in found[name].message) == (FAILED, True)
    assert f"{len(test)} test rows of Iris" in graded_on_sentence(result)


@pytest.mark.slow
def test_without_hidden_data_the_steps_of_the_lesson_that_is_named_in_the_work_count(
    folder, tmp_path
):
    """What a file says of its steps is not believed where the lesson is here to check it."""
    trained = registry.load_network(folder / "ada.h5")
    given = submission_info.SubmissionInfo("Cy", "first_model", (True,) * 10)
    submission_writer.write_submission(trained, tmp_path, given)
    (found,) = grade_by_one(tmp_path, None)
    assert (found.student, found.status, found.steps) == ("Cy", GRADED, 10)
    assert 0 < found.steps_done < 10
    assert found.score == pytest.approx(100 / SHOWN * found.steps_done)


@pytest.mark.slow
def test_work_that_was_saved_in_a_lesson_and_not_handed_in_has_its_steps(folder, tmp_path):
    """ "Save model" instead of "Hand in…": the file tells its lesson and its ticks all the same."""
    trained = registry.load_network(folder / "ada.h5")
    plain = replace(
        trained.project,
        extra={
            key: one for key, one in trained.project.extra.items() if key != submission_info.KEY
        },
    )
    record = LessonRecord(
        "first_model", frozenset({1, 2}), events=frozenset({"predicted"}), work="ab12"
    )
    for name, kept in (
        ("dan.h5", record),
        ("copy.h5", record),
        ("own.h5", replace(record, name="of_another_school", work="")),
    ):
        registry.save_network(replace(trained, project=with_record(plain, kept)), tmp_path / name)
    found = {one.file: one for one in grade_by_one(tmp_path, None)}
    dan = found["dan.h5"]
    assert (dan.student, dan.steps, dan.points_by) == ("dan", 10, "steps")
    assert 2 <= dan.steps_done < 10
    assert dan.score == pytest.approx(100 / SHOWN * dan.steps_done)
    # What was begun by one is told of its copy, handed in or not.
    assert dan.same_as[0] == "copy.h5"
    assert dan.exact_copy, "byte for byte, and the same ID"
    own = found["own.h5"]
    assert (own.status, own.steps, own.points_by) == (GRADED, 0, "accuracy")
    assert "'of_another_school'" in own.message


@pytest.mark.slow
def test_a_network_of_plain_keras_takes_the_columns_in_their_order(hidden, tmp_path):
    import keras
    import numpy as np
    import pandas as pd

    table = pd.read_csv(hidden)
    rows = table.iloc[:, :4].to_numpy()
    keras.utils.set_random_seed(1)
    species = pd.Categorical(table["species"]).codes
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(3, "softmax")]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(rows, species, epochs=30, verbose=0)
    model.save(tmp_path / "plain.h5")
    right = float((model.predict(rows, verbose=0).argmax(axis=1) == species).mean())
    (found,) = grade_by_one(tmp_path, hidden)
    assert (found.status, found.metrics["accuracy"]) == (GRADED, pytest.approx(right))
    assert found.score == pytest.approx(100 * right)
    assert "not made with NetBuilder" in found.message
    assert "species is the target" in found.message
    assert "setosa, versicolor and virginica" in found.message
    # What does not fit is told, with both numbers.
    table.drop(columns="sepal width (cm)").to_csv(tmp_path / "narrow.csv", index=False)
    (found,) = grade_by_one(tmp_path, tmp_path / "narrow.csv")
    assert found.status == FAILED
    assert "4 numbers per row, but narrow.csv has 4 columns" in found.message
    np.testing.assert_equal(found.metrics, {})


def _datasets(group: Any) -> list[Any]:
    import h5py

    found: list[Any] = []
    group.visititems(
        lambda _name, one: found.append(one) if isinstance(one, h5py.Dataset) else None
    )
    return found


@pytest.mark.slow
def test_bounds_of_time_and_memory(folder, hidden, tmp_path):
    shutil.copy(folder / "ada.h5", tmp_path / "slow.h5")
    (slow,) = grade_by_one(tmp_path, hidden, bounds=ResourceLimits(seconds=0.0))
    assert slow.status == FAILED
    assert "Stopped after 0 seconds" in slow.message
    (large,) = grade_by_one(tmp_path, hidden, bounds=ResourceLimits(memory_mb=200))
    assert "200 MB" in large.message


def test_what_cannot_be_graded_at_all_says_so(tmp_path, hidden, folder):
    with pytest.raises(UserError, match="nothing to grade") as nothing:
        grade_by_one(tmp_path, hidden)
    assert nothing.value.code == "grading_nothing"
    with pytest.raises(UserError, match="no folder"):
        grade_by_one(tmp_path / "none", hidden)
    with pytest.raises(UserError, match="hidden data"):
        grade_by_one(folder, tmp_path / "none.csv")


LESSON = """---
title: Two layers
level: beginner
minutes: 5
start: empty
---
## A layer
```check
layer: Dense
units: ">= 10"
```
## A layer that it does not have
```check
layer: LSTM
```
"""


@pytest.mark.slow
def test_the_steps_of_a_lesson_are_checked_anew(folder, hidden, tmp_path):
    lesson = tmp_path / "two.md"
    lesson.write_text(LESSON, encoding="utf-8")
    place = tmp_path / "in"
    place.mkdir()
    shutil.copy(folder / "ada.h5", place)
    shutil.copy(folder / "project.netbuilder", place)
    found = {one.file: one for one in grade_by_one(place, hidden, str(lesson))}
    # Ada's file says of itself that both steps of her lesson were done.
    assert (found["ada.h5"].steps_done, found["ada.h5"].steps) == (1, 2)
    project = found["project.netbuilder"]
    assert (project.status, project.score, project.steps_done) == (GRADED, 50, 1)
    with pytest.raises(UserError, match="no lesson"):
        grade_by_one(place, hidden, "no_such_lesson")


@pytest.mark.slow
def test_a_network_that_the_hidden_data_does_not_fit_is_told_on_its_row(folder, hidden, tmp_path):
    """One pupil learned something else: said on that row, and the rest of the row stays."""
    registry.save_network(_trained(1, 3, "moons"), tmp_path / "moons.h5")
    shutil.copy(tmp_path / "moons.h5", tmp_path / "copy.h5")
    for name in ("ada.h5", "bob.keras", "broken.h5"):
        shutil.copy(folder / name, tmp_path)
    result = grade_by_one(tmp_path, hidden)
    found = {one.file: one for one in result}
    assert {name: one.status for name, one in found.items()} == {
        "ada.h5": GRADED, "bob.keras": GRADED,
        "broken.h5": FAILED, "moons.h5": FAILED, "copy.h5": FAILED,
    }  # fmt: skip
    moons = found["moons.h5"]
    assert "hidden.csv lacks the target column colour" in moons.message
    assert moons.score is None
    assert moons.metrics == {}
    # What could be seen of it is there all the same: picture, curves, and that it is a copy.
    assert "<svg" in moons.svg
    assert moons.history["loss"]
    assert (moons.same_as, moons.expected_same) == (("copy.h5",), ())
    assert (moons.answers, found["ada.h5"].answers) == (("colour",), ("species",))
    # Two of four networks: that is worth a word; one of three is that pupil's own affair.
    assert "2 of 4 networks do not fit the hidden data" in common_failure(result)
    assert common_failure([one for one in result if one.file != "copy.h5"]) == ""


@pytest.mark.slow
def test_a_network_that_answers_another_column_is_not_compared(folder, hidden, tmp_path):
    """The hidden rows hold the petal's length too: predicting it is another, easier task."""
    table = tmp_path / "iris.csv"
    shutil.copy(hidden, table)
    project = Project("Other", data=Data("csv", path=str(table), target=("petal length (cm)",)))
    project = edits.append_layer(edits.add_node(project, "Input"), "Dense", params={"units": 1})
    project = replace(project, training=replace(project.training, epochs=2))
    place = tmp_path / "in"
    place.mkdir()
    other = graph_session(project, load_dataset(project, tmp_path)).run()
    registry.save_network(other, place / "other.h5")
    for name in ("ada.h5", "bob.keras"):
        shutil.copy(folder / name, place)
    found = {one.file: one for one in grade_by_one(place, hidden)}
    assert found["other.h5"].status == GRADED
    assert (
        "This network predicts petal length (cm), the others predict species"
        in found["other.h5"].message
    )
    assert "the others" not in found["ada.h5"].message


ADA = Progress("Ada", "A first network", (1, 2), 5, 3, 40.0, "accuracy", 0.9)


@pytest.fixture
def class_folder(tmp_path: Path) -> Path:
    return class_progress.start_class(tmp_path, "8b")


def test_a_class_is_found_until_it_ends(tmp_path):
    assert class_progress.find_class(tmp_path) is None
    class_folder = class_progress.start_class(tmp_path, "8b")
    assert class_progress.find_class(tmp_path) == (class_folder, "8b")
    class_progress.end_class(class_folder)
    assert class_progress.find_class(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_a_class_that_was_left_behind_is_none(class_folder):
    old = (class_folder / "class.json").stat().st_mtime - class_progress.ABANDONED_SECONDS - 60
    os.utime(class_folder / "class.json", (old, old))
    assert class_progress.find_class(class_folder.parent) is None
    class_progress.touch_class(class_folder)
    assert class_progress.find_class(class_folder.parent) is not None


def test_what_is_written_is_read(class_folder):
    assert class_progress.write_progress(class_folder, class_progress.new_pupil(), ADA)
    (pupil,) = class_progress.read_class(class_folder)
    assert pupil.progress == ADA and pupil.age < 5
    assert not (pupil.finished or pupil.stuck or pupil.silent)


def test_states(class_folder):
    ada = class_progress.new_pupil()
    for progress, state in (
        (Progress("a", "x", (1, 2), 2, 2, 900.0), "finished"),
        (Progress("a", "x", (1,), 2, 2, 301.0), "stuck"),
    ):
        class_progress.write_progress(class_folder, ada, progress)
        (pupil,) = class_progress.read_class(class_folder)
        assert [name for name in ("finished", "stuck", "silent") if getattr(pupil, name)] == [state]
    old = (class_folder / f"{ada}.json").stat().st_mtime - 60
    os.utime(class_folder / f"{ada}.json", (old, old))
    (pupil,) = class_progress.read_class(class_folder)
    assert pupil.silent and not pupil.stuck


def test_names_that_stand_twice_are_numbered(class_folder):
    for _window in range(3):
        class_progress.write_progress(class_folder, class_progress.new_pupil(), ADA)
    names = [pupil.progress.name for pupil in class_progress.read_class(class_folder)]
    assert names == ["Ada", "Ada (2)", "Ada (3)"]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 10_000, b'{"name": "' + b"x" * 30_000 + b'"}'],
)
def test_what_is_no_record_is_left_out(class_folder, content):
    (class_folder / f"{class_progress.new_pupil()}.json").write_bytes(content)
    class_progress.write_progress(class_folder, class_progress.new_pupil(), ADA)
    assert len(class_progress.read_class(class_folder)) == 1


def test_a_record_of_nonsense_shows_what_fits(class_folder):
    path = class_folder / f"{class_progress.new_pupil()}.json"
    path.write_text(
        '{"name": "A\\u202e\\nda", "lesson": 7, "done": {"a": 1}, "steps": 1e300, "step": -4,'
        ' "seconds": NaN, "best": "1", "metric": []}'
    )
    pupils = class_progress.read_class(class_folder)
    assert [pupil.progress for pupil in pupils] in ([Progress("Ada", steps=200)], [])


def test_other_files_are_neither_read_nor_deleted(class_folder):
    (class_folder / "homework.json").write_text('{"name": "Eve"}')
    class_progress.write_progress(class_folder, class_progress.new_pupil(), ADA)
    assert len(class_progress.read_class(class_folder)) == 1
    class_progress.end_class(class_folder)
    assert [path.name for path in class_folder.iterdir()] == ["homework.json"]


def test_nothing_is_written_after_the_end(class_folder):
    class_progress.end_class(class_folder)
    assert not class_progress.write_progress(class_folder, class_progress.new_pupil(), ADA)
    assert not class_folder.exists()


def test_a_full_disk_is_an_error_of_ours_and_keeps_the_last_record(class_folder, limit_file_size):
    ada = class_progress.new_pupil()
    class_progress.write_progress(class_folder, ada, ADA)
    limit_file_size(10)
    with pytest.raises(UserError):
        class_progress.write_progress(class_folder, ada, ADA)
    limit_file_size(None)
    (pupil,) = class_progress.read_class(class_folder)
    assert pupil.progress == ADA


def test_a_network_is_shown_when_it_was_asked_for(class_folder):
    ada = class_progress.new_pupil()
    assert class_progress.received_project(class_folder, ada) is None
    class_progress.ask_for_project(class_folder, ada)
    assert class_progress.is_asked(class_folder, ada)
    class_progress.answer(class_folder, ada, Project("mine"))
    project = class_progress.received_project(class_folder, ada)
    assert project is not None and project.name == "mine"
    assert not class_progress.is_asked(class_folder, ada)


def test_who_is_stuck_longest_goes_first_and_who_is_done_last(class_folder):
    for name, done, seconds in (("a", 5, 900), ("b", 1, 10), ("c", 1, 400), ("d", 1, 800)):
        progress = Progress(name, "x", tuple(range(1, done + 1)), 5, 2, seconds)
        class_progress.write_progress(class_folder, class_progress.new_pupil(), progress)
    order = class_progress.sorted_by_need(class_progress.read_class(class_folder))
    assert [pupil.progress.name for pupil in order] == ["d", "c", "b", "a"]


def test_a_histogram():
    assert class_progress.histogram([0.0, 0.5, 1.0, 1.0], 4) == [1, 0, 1, 2]
    assert class_progress.histogram([3.0], 4) == [0, 0, 1, 0]
