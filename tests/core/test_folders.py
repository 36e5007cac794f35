"""The user's folders: where they cannot be written one works all the same, and is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from netbuilder.core import folders


@pytest.fixture(autouse=True)
def forget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folders._NOT_WRITTEN.clear()
    folders._passing_folder.cache_clear()
    yield
    folders._NOT_WRITTEN.clear()
    folders._passing_folder.cache_clear()


def test_of_a_home_that_can_be_written_there_is_nothing_to_say(home: Path) -> None:
    assert folders.data() == home / "data"
    assert folders.problem() is None


def test_a_passing_folder_stands_in_for_a_home_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    monkeypatch.setenv(folders.VARIABLE, str(tmp_path / "taken" / "home"))
    places = [place() for place in (folders.data, folders.cache, folders.state)]
    for place in places:
        (place / "kept").write_text("for now")
    assert len(set(places)) == 3
    assert len({place.parent for place in places}) == 1, "one for all"
    assert folders.data() == places[0], "the same whenever it is asked for"
    told = folders.problem()
    assert told is not None
    assert str(tmp_path / "taken" / "home" / "data") in told.what
    assert "--data-dir" in told.fix
