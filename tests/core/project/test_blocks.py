"""Groups saved for later, and put into another network."""

from __future__ import annotations

from pathlib import Path

from netbuilder.core.project import blocks, edits, fragments, groups
from netbuilder.core.project.model import Project


def _project(name: str) -> Project:
    project = Project()
    for layer in ("Input", "Dense", "Dropout"):
        project = edits.append_layer(project, layer)
    return groups.group_nodes(project, ["dense", "dropout"], name)


def test_a_block_is_kept_and_put_into_another_network(home: Path) -> None:
    graph = _project("My block").graph
    block = blocks.save(graph, graph.groups[0].id)
    assert [b.name for b in blocks.saved()] == ["My block"]
    project, ids = fragments.paste(Project(), blocks.saved()[0].graph)
    assert ids == ("dense", "dropout")
    assert project.graph.edges == (("dense", "dropout"),)
    assert project.graph.groups[0].name == "My block"
    blocks.delete(block)
    assert blocks.saved() == []


def test_a_name_is_replaced_and_like_names_are_kept_apart(home: Path) -> None:
    for name in ("a/b", "a:b", "a/b"):
        graph = _project(name).graph
        blocks.save(graph, graph.groups[0].id)
    assert [b.name for b in blocks.saved()] == ["a/b", "a:b"]


def test_a_damaged_block_does_not_hide_the_others(home: Path) -> None:
    graph = _project("good").graph
    block = blocks.save(graph, graph.groups[0].id)
    (block.path.parent / "bad.netbuilder").write_text("{")
    assert [b.name for b in blocks.saved()] == ["good"]
