"""A class followed through a shared folder: hostile files, names twice, a full disk, its end."""

import os
import resource
from pathlib import Path

import pytest

from netbuilder.core.errors import UserError
from netbuilder.core.grading import class_progress
from netbuilder.core.grading.class_progress import Progress
from netbuilder.core.project.model import Project

ADA = Progress("Ada", "A first network", (1, 2), 5, 3, 40.0, "accuracy", 0.9)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return class_progress.start_class(tmp_path, "8b")


def test_a_class_is_found_until_it_ends(tmp_path):
    assert class_progress.find_class(tmp_path) is None
    folder = class_progress.start_class(tmp_path, "8b")
    assert class_progress.find_class(tmp_path) == (folder, "8b")
    class_progress.end_class(folder)
    assert class_progress.find_class(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_a_class_that_was_left_behind_is_none(folder):
    old = (folder / "class.json").stat().st_mtime - class_progress.ABANDONED_SECONDS - 60
    os.utime(folder / "class.json", (old, old))
    assert class_progress.find_class(folder.parent) is None
    class_progress.touch_class(folder)
    assert class_progress.find_class(folder.parent) is not None


def test_what_is_written_is_read(folder):
    assert class_progress.write_progress(folder, class_progress.new_pupil(), ADA)
    (pupil,) = class_progress.read_class(folder)
    assert pupil.progress == ADA and pupil.age < 5
    assert not (pupil.finished or pupil.stuck or pupil.silent)


def test_states(folder):
    ada = class_progress.new_pupil()
    for progress, state in (
        (Progress("a", "x", (1, 2), 2, 2, 900.0), "finished"),
        (Progress("a", "x", (1,), 2, 2, 301.0), "stuck"),
    ):
        class_progress.write_progress(folder, ada, progress)
        (pupil,) = class_progress.read_class(folder)
        assert [name for name in ("finished", "stuck", "silent") if getattr(pupil, name)] == [state]
    old = (folder / f"{ada}.json").stat().st_mtime - 60
    os.utime(folder / f"{ada}.json", (old, old))
    (pupil,) = class_progress.read_class(folder)
    assert pupil.silent and not pupil.stuck


def test_names_that_stand_twice_are_numbered(folder):
    for _window in range(3):
        class_progress.write_progress(folder, class_progress.new_pupil(), ADA)
    names = [pupil.progress.name for pupil in class_progress.read_class(folder)]
    assert names == ["Ada", "Ada (2)", "Ada (3)"]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 10_000, b'{"name": "' + b"x" * 30_000 + b'"}'],
)
def test_what_is_no_record_is_left_out(folder, content):
    (folder / f"{class_progress.new_pupil()}.json").write_bytes(content)
    class_progress.write_progress(folder, class_progress.new_pupil(), ADA)
    assert len(class_progress.read_class(folder)) == 1


def test_a_record_of_nonsense_shows_what_fits(folder):
    path = folder / f"{class_progress.new_pupil()}.json"
    path.write_text(
        '{"name": "A\\u202e\\nda", "lesson": 7, "done": {"a": 1}, "steps": 1e300, "step": -4,'
        ' "seconds": NaN, "best": "1", "metric": []}'
    )
    pupils = class_progress.read_class(folder)
    assert [pupil.progress for pupil in pupils] in ([Progress("Ada", steps=200)], [])


def test_other_files_are_neither_read_nor_deleted(folder):
    (folder / "homework.json").write_text('{"name": "Eve"}')
    class_progress.write_progress(folder, class_progress.new_pupil(), ADA)
    assert len(class_progress.read_class(folder)) == 1
    class_progress.end_class(folder)
    assert [path.name for path in folder.iterdir()] == ["homework.json"]


def test_nothing_is_written_after_the_end(folder):
    class_progress.end_class(folder)
    assert not class_progress.write_progress(folder, class_progress.new_pupil(), ADA)
    assert not folder.exists()


def test_a_full_disk_is_an_error_of_ours_and_keeps_the_last_record(folder):
    ada = class_progress.new_pupil()
    class_progress.write_progress(folder, ada, ADA)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        with pytest.raises(UserError):
            class_progress.write_progress(folder, ada, ADA)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    (pupil,) = class_progress.read_class(folder)
    assert pupil.progress == ADA


def test_a_network_is_shown_when_it_was_asked_for(folder):
    ada = class_progress.new_pupil()
    assert class_progress.received_project(folder, ada) is None
    class_progress.ask_for_project(folder, ada)
    assert class_progress.is_asked(folder, ada)
    class_progress.answer(folder, ada, Project("mine"))
    project = class_progress.received_project(folder, ada)
    assert project is not None and project.name == "mine"
    assert not class_progress.is_asked(folder, ada)


def test_who_is_stuck_longest_goes_first_and_who_is_done_last(folder):
    for name, done, seconds in (("a", 5, 900), ("b", 1, 10), ("c", 1, 400), ("d", 1, 800)):
        progress = Progress(name, "x", tuple(range(1, done + 1)), 5, 2, seconds)
        class_progress.write_progress(folder, class_progress.new_pupil(), progress)
    order = class_progress.sorted_by_need(class_progress.read_class(folder))
    assert [pupil.progress.name for pupil in order] == ["d", "c", "b", "a"]


def test_a_histogram():
    assert class_progress.histogram([0.0, 0.5, 1.0, 1.0], 4) == [1, 0, 1, 2]
    assert class_progress.histogram([3.0], 4) == [0, 0, 1, 0]
