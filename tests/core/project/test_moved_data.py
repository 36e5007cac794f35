"""A project and its data that were moved together find each other again."""

from dataclasses import replace

import pytest

from netbuilder.core.formats import registry
from netbuilder.core.project import files
from netbuilder.core.project.edits_data import relocate_data
from netbuilder.core.project.model import Data, Graph, Node, Project


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
