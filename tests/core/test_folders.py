"""The user's folders: where they cannot be written one works all the same, and is told."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from netbuilder.core import folders


@pytest.fixture(autouse=True)
def forget(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folders.NOT_WRITTEN.clear()
    folders.passing_folder.cache_clear()
    yield
    folders.NOT_WRITTEN.clear()
    folders.passing_folder.cache_clear()


def test_of_a_home_that_can_be_written_there_is_nothing_to_say(home):
    assert folders.data() == home / "data"
    assert folders.problem() is None


def test_a_passing_folder_stands_in_for_a_home_that_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "taken").write_text("a file where the folder should be")
    monkeypatch.setenv(folders.VARIABLE, str(tmp_path / "taken" / "home"))
    places = [place() for place in (folders.data, folders.cache, folders.state)]
    for place in places:
        (place / "kept").write_text("for now")
    assert len(set(places)) == 3
    assert len({place.parent for place in places}) == 1, "one for all"
    assert folders.data() == places[0], "the same whenever it is asked for"
    told = folders.problem()
    assert str(tmp_path / "taken" / "home" / "data") in told.what
    assert "--data-dir" in told.fix


def test_a_folder_that_only_seems_writable_is_not_taken(home, monkeypatch):
    """``os.access`` ignores the ACLs of Windows: only a file that is made shows the truth."""
    home.mkdir()
    real = os.open

    def refuse(path, *arguments: Any, **more: Any):
        if str(path).startswith(str(home)):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path, *arguments, **more)

    monkeypatch.setattr("os.open", refuse)
    assert os.access(home, os.W_OK), "as Windows answers"
    place = folders.data()
    assert not place.is_relative_to(home)
    assert (place / "kept").write_text("for now")
    told = folders.problem()
    assert told.code == "data_folder_not_writable"


def test_a_folder_that_cannot_be_made_is_not_taken(home, monkeypatch):
    real = Path.mkdir

    def refuse(path, *arguments: Any, **more: Any):
        if path.is_relative_to(home):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        real(path, *arguments, **more)

    monkeypatch.setattr(Path, "mkdir", refuse)
    assert not folders.state().is_relative_to(home)
    assert folders.problem() is not None


def test_a_folder_that_is_written_is_asked_once(home, monkeypatch):
    folders.data()
    monkeypatch.setattr("tempfile.TemporaryFile", lambda **_more: pytest.fail("asked again"))
    assert folders.data() == home / "data"
    assert not list(folders.data().iterdir()), "the probe leaves nothing"
