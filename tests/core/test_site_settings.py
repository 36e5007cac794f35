"""A school's settings, and where the user's folders lie."""

import errno
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from netbuilder.cli import main
from netbuilder.core import folders, i18n
from netbuilder.core.data.downloads import kept_off_the_network
from netbuilder.core.data.kinds.builtin import read_builtin
from netbuilder.core.deployment import site_settings as module
from netbuilder.core.deployment.site_settings import VARIABLE, SiteSettings, site_settings
from netbuilder.core.engine.networks import backbone_weights
from netbuilder.core.errors import DataError, UserError
from netbuilder.core.lessons import library


def _write(tmp_path, monkeypatch, text):
    path = tmp_path / "settings.toml"
    path.write_text(text, encoding="utf-8")
    monkeypatch.setenv(VARIABLE, str(path))
    return site_settings()


def test_without_a_file_everything_is_as_usual(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "none.toml"))
    assert site_settings() == SiteSettings()


def test_an_administrators_file_goes_before_a_students(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "system_folder", lambda: tmp_path / "system")
    assert _write(tmp_path, monkeypatch, "downloads = true\nhand_in = '/mine'").hand_in == "/mine"
    (tmp_path / "system").mkdir()
    (tmp_path / "system" / module.FILE).write_text("downloads = false\nhand_in = '$HOME/x'")
    assert site_settings() == SiteSettings(hand_in="$HOME/x", downloads=False)
    assert module.submission_folder() == Path.home() / "x"


def test_no_variable_moves_the_administrators_file(monkeypatch):
    before = module.system_folder()
    for name in ("XDG_CONFIG_DIRS", "ProgramData", "ALLUSERSPROFILE", "HOME"):
        monkeypatch.setenv(name, "/elsewhere")
    assert module.system_folder() == before


def test_a_mistake_is_reported_in_the_language_chosen_later(tmp_path, monkeypatch):
    monkeypatch.setenv(i18n.VARIABLE, "en")
    try:
        i18n.set_language("en")
        english = _write(tmp_path, monkeypatch, "download = false").problem
        i18n.set_language("qps")
        pseudo = site_settings().problem
        assert english != pseudo and pseudo.startswith("⟦")
    finally:
        i18n.set_language("en")


def test_settings_are_read(tmp_path, monkeypatch):
    found = _write(
        tmp_path, monkeypatch, 'lessons = ["/srv/lessons"]\ndownloads = false\nautosave_seconds = 5'
    )
    assert found == SiteSettings(("/srv/lessons",), downloads=False, autosave_seconds=5)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("downloads = ", "cannot be read"),
        ("download = false", "Did you mean 'downloads'"),
        ("downloads = 'no'\nhand_in = '/x'", "'downloads'.*'no'"),
        ("autosave_seconds = 0", "autosave_seconds"),
        ("lessons = '/srv'", "lessons"),
    ],
)
def test_a_wrong_file_is_told_and_stops_nobody(tmp_path, monkeypatch, text, told):
    import re

    found = _write(tmp_path, monkeypatch, text)
    assert re.search(told, found.problem)
    assert found.downloads
    if "hand_in" in text:
        assert found.hand_in == "/x"


def test_two_wrong_settings_are_both_named(tmp_path, monkeypatch):
    found = _write(
        tmp_path, monkeypatch, "autosave_seconds = 'soon'\ndownload = false\nhand_in = '/x'"
    )
    assert "'autosave_seconds'" in found.problem
    assert "'soon'" in found.problem
    assert "'download'" in found.problem
    assert (found.autosave_seconds, found.hand_in) == (SiteSettings().autosave_seconds, "/x")


def test_who_runs_a_command_hears_of_the_mistake(tmp_path, monkeypatch, capsys):
    _write(tmp_path, monkeypatch, "download = false")
    assert main(["examples"]) == 0
    assert "Did you mean 'downloads'" in capsys.readouterr().err


def test_the_schools_lessons_are_listed(tmp_path, monkeypatch):
    place = tmp_path / "lessons"
    place.mkdir()
    (place / "ours.md").write_text(
        "---\ntitle: Ours\nlevel: beginner\nminutes: 5\nstart: empty\n---\n## Step\nDo it.\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("SHARE", str(tmp_path))
    _write(tmp_path, monkeypatch, "lessons = ['$SHARE/lessons']")
    shelves = library.lesson_folders()
    assert [shelf.folder for shelf in shelves if "ours" in [x.name for x in shelf.lessons]] == [
        place
    ]
    assert place not in [shelf.folder for shelf in library.lesson_folders(machine=[])]


def test_data_dir_is_where_everything_goes(tmp_path, monkeypatch, capfd):
    monkeypatch.delenv("NETBUILDER_DATA_DIR", raising=False)
    monkeypatch.setenv("NETBUILDER_DATA_DIR", str(tmp_path / "before"))
    assert main(["--data-dir", str(tmp_path / "stick"), "lessons"]) == 0
    assert folders.data().parent == tmp_path / "stick"
    assert main(["lessons", f"--data-dir={tmp_path / 'other'}"]) == 0
    assert folders.state().parent == tmp_path / "other"
    assert main(["--data-dir"]) == 2
    assert "--data-dir has no value" in capfd.readouterr().err
    (tmp_path / "file").touch()
    assert main(["--data-dir", str(tmp_path / "file"), "lessons"]) == 2


def test_downloads_are_refused_where_the_school_says_so(tmp_path, monkeypatch):
    import keras

    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    _write(tmp_path, monkeypatch, "downloads = false")
    with (
        pytest.raises(UserError, match="downloads are disabled"),
        backbone_weights.report_download("The weights", None),
    ):
        keras.utils.get_file("weights.h5", "http://127.0.0.1:9/weights.h5", cache_dir=tmp_path)


@pytest.mark.parametrize("name", ["mnist", "imdb"])
def test_data_sets_are_not_fetched_where_the_school_says_so(tmp_path, monkeypatch, name):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    _write(tmp_path, monkeypatch, "downloads = false")
    with pytest.raises(DataError, match="downloads are disabled") as caught:
        read_builtin(name, {})
    assert str(tmp_path / "keras" / "datasets") in caught.value.fix


def test_two_threads_leave_the_way_to_the_network_as_it_was(tmp_path, monkeypatch):
    from keras.src.utils import file_utils

    _write(tmp_path, monkeypatch, "downloads = false")
    before = file_utils.urlretrieve
    entered, leave = threading.Event(), threading.Event()

    def other():
        with kept_off_the_network("The other", tmp_path):
            entered.set()
            leave.wait(20)

    thread = threading.Thread(target=other)
    with kept_off_the_network("The one", tmp_path):
        thread.start()
        entered.wait(0.2)  # it would be inside too
    leave.set()
    thread.join(20)
    assert file_utils.urlretrieve is before


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
