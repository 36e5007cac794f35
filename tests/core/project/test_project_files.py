"""Project files: what is written comes back, what is wrong is named, and where data lies."""

import errno
import json
import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from netbuilder.cli import main
from netbuilder.core.data.data_report import make_report
from netbuilder.core.data.load import load_facts, load_preview
from netbuilder.core.data.readers.sample_collection import SampleCollection
from netbuilder.core.data.registry import recipe_for
from netbuilder.core.errors import DataError, ProjectFileError, UserError
from netbuilder.core.formats import registry
from netbuilder.core.lessons.lesson import LessonError
from netbuilder.core.lessons.library import start_project
from netbuilder.core.lessons.parse import read_lesson
from netbuilder.core.project import atomic, files, network_data
from netbuilder.core.project.atomic import replace_atomically, write_bytes
from netbuilder.core.project.edits_data import relocate_data
from netbuilder.core.project.model import Choice, Data, Graph, Group, Node, Project

DESIGN_EXAMPLE = """{
  "format": "netbuilder-project", "version": 1, "name": "Sales",
  "graph": {
    "nodes": [
      {"id": "input", "layer": "Input", "params": {}},
      {"id": "dense", "layer": "Dense", "params": {"units": 50, "activation": "relu"},
       "position": [220, 0]},
      {"id": "out", "layer": "Dense", "params": {"units": 1}}
    ],
    "edges": [["input", "dense"], ["dense", "out"]]
  },
  "data": {"kind": "csv", "path": "sales_training.csv", "target": ["total_earnings"],
           "test_path": "sales_test.csv", "scaling": "minmax", "validation_split": 0.1},
  "training": {"loss": "mean_squared_error",
               "optimizer": {"name": "Adam", "params": {"learning_rate": 0.001}},
               "metrics": ["mean_absolute_error"], "epochs": 50, "batch_size": 32, "seed": 1}
}"""


def test_reads_the_contracts_example():
    project = files.loads(DESIGN_EXAMPLE)
    assert [n.layer for n in project.graph.nodes] == ["Input", "Dense", "Dense"]
    assert project.graph.by_id["dense"].position == (220, 0)
    assert project.graph.edges == (("input", "dense"), ("dense", "out"))
    assert project.data.target == ("total_earnings",)
    assert project.data.scaling == "minmax"
    assert project.training.loss == Choice("mean_squared_error")
    assert project.training.optimizer == Choice("Adam", {"learning_rate": 0.001})
    assert project.training.metrics == (Choice("mean_absolute_error"),)
    assert (project.training.epochs, project.training.batch_size, project.training.seed) == (
        50,
        32,
        1,
    )


def test_round_trip_keeps_everything_also_unknown_keys():
    raw = json.loads(DESIGN_EXAMPLE)
    raw["author"] = {"school": "Nº 5"}
    raw["graph"]["zoom"] = 2
    raw["graph"]["nodes"][1]["color"] = "red"
    raw["graph"]["groups"] = [{"id": "g", "name": "Block", "collapsed": False, "note": "mine"}]
    raw["graph"]["nodes"][1]["group"] = "g"
    raw["data"]["separator"] = ";"
    raw["training"]["note"] = "x"
    project = files.from_json(raw)
    again = files.loads(files.dumps(project))
    assert again == project
    out = json.loads(files.dumps(project))
    assert out["author"] == {"school": "Nº 5"}
    assert out["graph"]["zoom"] == 2
    assert out["graph"]["nodes"][1]["color"] == "red"
    assert out["graph"]["groups"][0]["note"] == "mine"
    assert out["data"]["separator"] == ";"
    assert out["training"]["note"] == "x"


def test_text_is_one_line_a_node_so_that_versions_can_be_compared():
    lines = files.dumps(files.loads(DESIGN_EXAMPLE)).splitlines()
    assert sum('"layer"' in line for line in lines) == 3
    assert any(line.strip() == '["input", "dense"],' for line in lines)


def test_a_name_like_a_mark_survives():
    project = Project(name="@@nodes@@")
    assert files.loads(files.dumps(project)).name == "@@nodes@@"


WRONG = "project_value_invalid"


@pytest.mark.parametrize(
    ("change", "code", "named"),
    [
        (lambda raw: raw.update(version=99), "project_newer", "99"),
        (lambda raw: raw.update(version=True), "project_version_invalid", "True"),
        (lambda raw: raw.update(format="other"), "not_a_project", "other"),
        (lambda raw: raw["graph"]["nodes"][1].pop("layer"), "project_key_missing", "'layer'"),
        (lambda raw: raw["graph"]["nodes"][1].update(id="input"), "project_id_twice", "'input'"),
        (lambda raw: raw["graph"]["edges"].append(["a"]), "project_edge_invalid", "3"),
        (lambda raw: raw["graph"]["nodes"][0].update(position=[1]), WRONG, "'input': 'position'"),
        (lambda raw: raw["training"].update(epochs=0), WRONG, "'training': 'epochs'"),
        (lambda raw: raw["training"].update(epochs=True), WRONG, "'training': 'epochs'"),
        (lambda raw: raw["training"].update(batch_size="big"), WRONG, "'training': 'batch_size'"),
        (lambda raw: raw["data"].update(validation_split=1.5), WRONG, "'validation_split'"),
        (lambda raw: raw["data"].update(target=[3]), WRONG, "'data': 'target'"),
        (lambda raw: raw.update(graph=[]), WRONG, "'graph'"),
    ],
)
def test_wrong_parts_are_named(change, code, named):
    raw = json.loads(DESIGN_EXAMPLE)
    change(raw)
    with pytest.raises(ProjectFileError) as caught:
        files.from_json(raw)
    assert caught.value.code == code
    assert named in caught.value.what
    assert caught.value.fix


@pytest.mark.parametrize("cut", [10, 30, 200, 443, 700, -1])
def test_a_file_that_is_cut_off_says_so(tmp_path, cut):
    path = tmp_path / "cut.netbuilder"
    path.write_text(DESIGN_EXAMPLE[:cut])
    with pytest.raises(ProjectFileError) as caught:
        files.read(path)
    assert caught.value.code == "project_json_invalid"
    assert caught.value.what.startswith("'cut.netbuilder'")


def test_other_files_are_refused_in_words(tmp_path):
    binary = tmp_path / "a.netbuilder"
    binary.write_bytes(b"\x89HDF\r\n\x1a\n\xff\xfe")
    empty = tmp_path / "b.netbuilder"
    empty.write_text("")
    deep = tmp_path / "c.netbuilder"
    deep.write_text("[" * 200_000)
    for path, code in [
        (binary, "project_not_text"),
        (empty, "project_empty"),
        (deep, "project_nested_too_deeply"),
        (tmp_path / "none.netbuilder", "file_not_found"),
        (tmp_path, "file_is_folder"),
    ]:
        with pytest.raises(ProjectFileError) as caught:
            files.read(path)
        assert caught.value.code == code


def test_a_byte_order_mark_is_no_obstacle(tmp_path):
    path = tmp_path / "bom.netbuilder"
    path.write_bytes(b"\xef\xbb\xbf" + DESIGN_EXAMPLE.encode())
    assert files.read(path).name == "Sales"


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "p.netbuilder"
    files.write(Project("old"), path)
    with pytest.raises(RuntimeError), replace_atomically(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert files.read(path).name == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["p.netbuilder"]


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(UserError, match="folder does not exist"):
        files.write(Project(), tmp_path / "no" / "p.netbuilder")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_named_and_the_old_file_stays(tmp_path):
    path = tmp_path / "p.netbuilder"
    files.write(Project("old"), path)
    # The real error of a real full device, raised while the new file is being written.
    with (
        pytest.raises(UserError, match="the disk is full"),
        replace_atomically(path),
        Path("/dev/full").open("wb", buffering=0) as full,
    ):
        full.write(b"x")
    assert files.read(path).name == "old"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_named(tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(UserError, match="not allowed to write"):
        write_bytes(locked / "p.netbuilder", b"")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no rights of this kind")
def test_rights_of_the_old_file_are_kept(tmp_path):
    path = tmp_path / "p.netbuilder"
    files.write(Project(), path)
    path.chmod(0o640)
    files.write(Project("new"), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_defaults_are_not_shared_between_values():
    assert Node("a", "Dense").params is not Node("b", "Dense").params
    assert Group("g", "Block").collapsed


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


def project_of(path, test_path=""):
    return Project(data=Data(kind="csv", path=path, test_path=test_path, target=("y",)))


@pytest.mark.parametrize(
    "gone", ["/home/anna/course/sales.csv", "C:\\Users\\anna\\sales.csv", "//server/anna/sales.csv"]
)
def test_a_file_that_was_moved_along_is_found(tmp_path, gone):
    (tmp_path / "sales.csv").write_text("x,y\n1,2\n")
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "test.csv").write_text("x,y\n1,2\n")
    found = relocate_data(project_of(gone, "/home/anna/parts/test.csv"), tmp_path).data
    assert (found.path, found.test_path, found.target) == ("sales.csv", "parts/test.csv", ("y",))


def test_what_is_there_or_nowhere_stays_as_it_is_written(tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    for folder in (tmp_path, other):
        (folder / "sales.csv").write_text("x,y\n1,2\n")
    there = project_of(str(other / "sales.csv"), "/home/anna/test.csv")
    assert relocate_data(there, tmp_path) is there
    relative = project_of("gone/sales.csv")
    assert relocate_data(relative, tmp_path) is relative


def test_a_project_file_is_read_so(tmp_path):
    files.write(project_of("/nowhere/at/all/sales.csv"), tmp_path / "p.netbuilder")
    (tmp_path / "sales.csv").write_text("x,y\n1,2\n")
    assert files.read(tmp_path / "p.netbuilder").data.path == "sales.csv"


def test_a_script_beside_its_data_names_it_bare(tmp_path):
    table = tmp_path / "sales.csv"
    table.write_text("x,y\n" + "\n".join(f"{n},{2 * n}" for n in range(40)))
    nodes = (Node("input", "Input"), Node("out", "Dense", {"units": 1}))
    graph = Graph(nodes=nodes, edges=(("input", "out"),))
    project = replace(project_of(str(table)), graph=graph)
    registry.save_network(project, tmp_path / "sales.py", tmp_path)
    assert '"sales.csv"' in (tmp_path / "sales.py").read_text()
    away = tmp_path / "away"
    away.mkdir()
    registry.save_network(project, away / "sales.py", tmp_path)
    assert table.as_posix() in (away / "sales.py").read_text()


PATHS = ["//Evil/share/t.csv", r"\\evil\share\t.csv", "//?/UNC/evil/share/t.csv"]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The files on the other computer that were looked at or opened."""
    seen: list[str] = []
    for name in ("stat", "open"):

        def record(*values: object, real: object = getattr(os, name), **more: object) -> object:
            if "evil" in str(values[0]).lower():
                seen.append(str(values[0]))
            return real(*values, **more)

        monkeypatch.setattr(os, name, record)
    monkeypatch.setattr(network_data, "TRUSTED", {""})
    yield seen


@pytest.mark.parametrize(
    ("path", "host"),
    [
        *((path, "evil") for path in PATHS), ("file://evil/share/t.csv", "evil"),
        ("file:////evil/t.csv", "evil"), ("file:///home/t.csv", ""), ("//?/C:/t.csv", ""),
        ("//./pipe/x", ""), ("C:/data/t.csv", ""), ("/data//t.csv", ""), ("t.csv", ""), ("", ""),
    ],
)  # fmt: skip
def test_hosts(path, host):
    assert network_data.host_of(path) == host


@pytest.mark.parametrize("path", PATHS)
def test_a_command_says_it_and_opens_nothing(opened, tmp_path, path, capsys):
    graph = Graph((Node("input", "Input"), Node("out", "Dense", {"units": 1})), (("input", "out"),))
    files.write(Project(graph=graph, data=Data("csv", path=path)), tmp_path / "p.netbuilder")
    project = files.read(tmp_path / "p.netbuilder")
    for read in (load_facts, load_preview):
        with pytest.raises(DataError) as caught:
            read(project, tmp_path)
        assert caught.value.code == "data_on_untrusted_host" and "evil" in str(caught.value)
    for verb in ("train", "data", "check"):
        main([verb, str(tmp_path / "p.netbuilder")])
        assert "evil" in "".join(capsys.readouterr()), verb
    assert opened == []


def test_a_trusted_computer_and_the_project_s_own_are_asked(opened):
    data = Data("csv", path=PATHS[0])
    assert network_data.untrusted_host(data, Path("//evil/home")) == ""
    assert network_data.untrusted_host(data, Path("//other/home")) == "evil"
    network_data.trust_host_of("//EVIL/x")
    network_data.check_trusted(data, Path("/home"))
    with pytest.raises(DataError) as caught:
        load_facts(Project(data=data), Path("/home"))
    assert caught.value.code != "data_on_untrusted_host" and opened


def test_pictures_that_a_table_names_elsewhere_are_not_asked_for(opened, tmp_path):
    rows = [f"//evil/share/{n}.png,{'ab'[n % 2]}" for n in range(20)]
    (tmp_path / "p.csv").write_text("image,label\n" + "\n".join(rows))
    assert recipe_for(tmp_path / "p.csv", "p.csv").kind == "images"
    project = Project(data=Data("images", path="p.csv"))
    with pytest.raises(DataError) as caught:
        load_facts(project, tmp_path)
    assert caught.value.code == "data_on_untrusted_host"
    assert [note.severity for note in make_report(project, tmp_path).notes] == ["error"]
    assert opened == []


@pytest.mark.parametrize("start", ["//evil/share/x.netbuilder", "//evil/x"])
def test_a_lesson_starts_with_no_project_elsewhere(opened, tmp_path, start):
    path = tmp_path / "l.md"
    head = f"title: T\nlevel: beginner\nminutes: 5\nstart: {start}"
    path.write_text(f"---\n{head}\n---\nWelcome.\n\n## Step\nRead.\n")
    with pytest.raises(LessonError) as caught:
        start_project(read_lesson(path))
    assert caught.value.code == "lesson_start_unreadable" and "evil" in str(caught.value)
    assert opened == []
