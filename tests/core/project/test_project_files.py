"""Project files: what is written comes back, and what is wrong is named."""

import json
import os
import stat
from pathlib import Path

import pytest

from netbuilder.core.errors import ProjectFileError, UserError
from netbuilder.core.project import files
from netbuilder.core.project.atomic import replace_atomically, write_bytes
from netbuilder.core.project.model import Choice, Group, Node, Project

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
