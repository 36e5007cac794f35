"""What cannot be written or opened for want of room is told in words, whoever says it."""

from pathlib import Path

import pytest

from netbuilder.core.errors import FormatError, UserError
from netbuilder.core.formats import registry
from netbuilder.core.project.atomic import translate_disk_full


@pytest.fixture
def no_room():
    """A disk that takes no file of more than some bytes."""
    resource = pytest.importorskip("resource", reason="limits of a process are POSIX's")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("name", [row.name for row in registry.FORMATS])
def test_each_format_says_it_in_the_same_words(diabetes, tmp_path, no_room, name):
    row = next(one for one in registry.FORMATS if one.name == name)
    if not row.available:
        pytest.skip("its package is not installed")
    path = tmp_path / f"net{row.endings[0] if row.endings else ''}"
    before = path if row.endings else path / "saved_model.pb"
    before.parent.mkdir(exist_ok=True)
    before.write_bytes(b"what was there")
    with pytest.raises(UserError, match="the file would be larger than this disk allows") as told:
        registry.save_network(diabetes if row.trained else diabetes.project, path)
    assert (told.value.code, told.value.path) == ("file_not_written", str(path))
    assert before.read_bytes() == b"what was there"
    left = {one for one in tmp_path.rglob("*") if one.is_file()}
    assert left == {before}, "nothing half written is left"


def test_a_full_disk_of_temporary_files_is_named(tmp_path):
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("only Linux has a disk that is always full")
    with (
        pytest.raises(UserError, match="the disk is full"),
        translate_disk_full(tmp_path / "net.h5"),
    ):
        try:
            full.write_bytes(b"x")
        except OSError as error:
            raise FormatError(f"It cannot be converted: {error}") from error


def test_other_errors_stay_what_they_are(tmp_path):
    with pytest.raises(FormatError, match="no layer"), translate_disk_full(tmp_path / "net.h5"):
        raise FormatError("There is no layer.")


def test_what_lies_beside_a_saved_model_is_left_alone(diabetes, tmp_path):
    path = tmp_path / "served"
    registry.save_network(diabetes, path)
    first = (path / "saved_model.pb").stat().st_mtime_ns
    registry.save_network(diabetes, path)
    assert (path / "saved_model.pb").stat().st_mtime_ns > first
    assert [one.name for one in tmp_path.iterdir()] == ["served"]
    (path / "notes.txt").write_text("mine")
    with pytest.raises(FormatError, match="not part of a SavedModel"):
        registry.save_network(diabetes, path)
    assert (path / "notes.txt").read_text() == "mine"
