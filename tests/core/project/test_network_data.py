"""Data on another computer is not opened because somebody's project names it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from netbuilder.cli import main
from netbuilder.core.data.data_report import make_report
from netbuilder.core.data.load import load_facts, load_preview
from netbuilder.core.data.registry import recipe_for
from netbuilder.core.errors import DataError
from netbuilder.core.lessons.lesson import LessonError
from netbuilder.core.lessons.library import start_project
from netbuilder.core.lessons.parse import read_lesson
from netbuilder.core.project import files, network_data
from netbuilder.core.project.model import Data, Graph, Node, Project

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
