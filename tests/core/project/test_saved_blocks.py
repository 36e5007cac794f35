"""Groups saved for later, and put into another network."""

from netbuilder.core.project import edits, fragments, groups
from netbuilder.core.project.model import Project


def _project(name):
    project = Project()
    for layer in ("Input", "Dense", "Dropout"):
        project = edits.append_layer(project, layer)
    return groups.group_nodes(project, ["dense", "dropout"], name)


def test_a_block_is_kept_and_put_into_another_network(home):
    graph = _project("My block").graph
    block = fragments.save_block(graph, graph.groups[0].id)
    assert [b.name for b in fragments.list_blocks()] == ["My block"]
    project, ids = fragments.paste_fragment(Project(), fragments.list_blocks()[0].graph)
    assert ids == ("dense", "dropout")
    assert project.graph.edges == (("dense", "dropout"),)
    assert project.graph.groups[0].name == "My block"
    fragments.delete_block(block)
    assert fragments.list_blocks() == []


def test_a_name_is_replaced_and_like_names_are_kept_apart(home):
    for name in ("a/b", "a:b", "a/b"):
        graph = _project(name).graph
        fragments.save_block(graph, graph.groups[0].id)
    assert [b.name for b in fragments.list_blocks()] == ["a/b", "a:b"]


def test_a_damaged_block_does_not_hide_the_others(home):
    graph = _project("good").graph
    block = fragments.save_block(graph, graph.groups[0].id)
    (block.path.parent / "bad.netbuilder").write_text("{")
    assert [b.name for b in fragments.list_blocks()] == ["good"]
