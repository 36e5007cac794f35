"""Files that another program holds: tried for a moment, then told in the right words."""

import errno
import sys
from pathlib import Path

import pytest

from netbuilder.core.data.readers.sample_collection import SampleCollection
from netbuilder.core.errors import UserError
from netbuilder.core.project import atomic
from netbuilder.core.project.atomic import write_bytes


class Holder:
    """Another program on Windows: it holds files for so many tries, by what the system says."""

    def __init__(self, monkeypatch, name, tries, code):
        self.tries, self.calls, self.pauses = tries, 0, 0.0
        real = getattr(Path, name)

        def act(path, *arguments: object, **more: object):
            self.calls += 1
            if self.calls <= self.tries:
                error = PermissionError(errno.EACCES, "Access is denied", str(path))
                error.winerror = code
                raise error
            return real(path, *arguments, **more)

        def pause(seconds):
            self.pauses += seconds

        monkeypatch.setattr(Path, name, act)
        monkeypatch.setattr(atomic.time, "sleep", pause)


@pytest.mark.parametrize("code", [5, 32, 33])
def test_a_virus_scanner_that_lets_go_is_waited_for(tmp_path, monkeypatch, code):
    path = tmp_path / "net.h5"
    write_bytes(path, b"old")
    holder = Holder(monkeypatch, "replace", 3, code)
    write_bytes(path, b"new")
    assert holder.calls == 4
    assert path.read_bytes() == b"new"


def test_a_table_that_excel_has_open_is_named(tmp_path, monkeypatch):
    path = tmp_path / "grades.xlsx"
    write_bytes(path, b"old")
    holder = Holder(monkeypatch, "replace", 99, 5)
    with pytest.raises(UserError) as told:
        write_bytes(path, b"new")
    assert told.value.code == "file_in_use"
    assert "grades.xlsx" in told.value.what
    assert "Documents" not in told.value.fix, "the folder is not at fault"
    assert 0.5 < holder.pauses < 1, "nobody waits for long"
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["grades.xlsx"]


def test_what_is_forbidden_is_not_tried_again(tmp_path, monkeypatch):
    calls = []

    def refuse(path, _target):
        calls.append(path)
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(UserError) as told:
        write_bytes(tmp_path / "a", b"")
    assert told.value.code == "file_not_written"
    assert len(calls) == 1


def test_a_sample_that_is_held_stays_and_is_named(tmp_path, monkeypatch):
    sample = tmp_path / "cat" / "0001.png"
    sample.parent.mkdir()
    sample.write_bytes(b"x")
    Holder(monkeypatch, "unlink", 99, 32)
    with pytest.raises(UserError) as told:
        SampleCollection(tmp_path, ".png").remove(sample)
    assert told.value.code == "file_in_use"
    assert sample.exists()


def test_a_folder_is_deleted_when_it_is_let_go(tmp_path, monkeypatch):
    folder = tmp_path / "run"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "steps.npy").write_bytes(b"x")
    real, calls = atomic.shutil.rmtree, []

    def tree(path):
        calls.append(path)
        if len(calls) < 3:
            raise OSError(errno.EBUSY, "Device or resource busy")
        real(path)

    monkeypatch.setattr(atomic.shutil, "rmtree", tree)
    monkeypatch.setattr(atomic.time, "sleep", lambda _seconds: None)
    atomic.delete(folder)
    assert not folder.exists()
    atomic.delete(folder)  # what is gone is deleted


def test_what_nobody_misses_may_stay(tmp_path, monkeypatch):
    path = tmp_path / "recovery.json"
    path.write_bytes(b"x")
    Holder(monkeypatch, "unlink", 99, 32)
    atomic.discard(path)
    assert path.exists()


@pytest.mark.parametrize("name", ["a:b.h5", "con.h5", "what?.h5"])
def test_windows_is_not_given_a_name_that_it_cannot_have(tmp_path, monkeypatch, name):
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(UserError) as told:
        write_bytes(tmp_path / name, b"")
    assert "name" in told.value.what
    assert not list(tmp_path.iterdir())


def test_a_symbolic_link_stays_and_the_file_that_it_leads_to_is_replaced(symlink, tmp_path):
    (tmp_path / "share").mkdir()
    target, link, lost = tmp_path / "share" / "a.txt", tmp_path / "a.txt", tmp_path / "lost.txt"
    target.write_bytes(b"old")
    symlink(link, target)
    symlink(lost, tmp_path / "share" / "new.txt")
    write_bytes(link, b"new")
    write_bytes(lost, b"first")
    assert link.is_symlink()
    assert lost.is_symlink()
    assert target.read_bytes() == b"new"
    assert (tmp_path / "share" / "new.txt").read_bytes() == b"first"
    assert sorted(path.name for path in (tmp_path / "share").iterdir()) == ["a.txt", "new.txt"]
