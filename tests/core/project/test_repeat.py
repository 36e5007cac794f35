"""A group that stands several times in a row."""

import pytest

from netbuilder.core.errors import EditError
from netbuilder.core.project import edits, groups
from netbuilder.core.project.fragments import repeat_group
from netbuilder.core.project.graph_ends import connect, training_relevant
from netbuilder.core.project.model import Project
from netbuilder.core.project.repeats import group_repeats


def _network():
    project = Project()
    for layer in ("Input", "Conv2D", "ReLU", "Flatten"):
        project = edits.append_layer(project, layer)
    return groups.group_nodes(project, ["conv2d", "re_lu"], "Block")


def way_ids(graph):
    return [node.id for node in graph.nodes if node.layer in {"Conv2D", "ReLU"}]


@pytest.mark.parametrize(("layers", "skips"), [(["Dense", "ReLU"], False), (["Dense"] * 2, True)])
def test_equal_blocks_in_a_row_become_one_card(layers, skips):
    project = edits.append_layer(edits.append_layer(Project(), "Input"), "Dropout")
    for _unused in range(28):
        start = project.graph.outputs[-1]
        for layer in layers:
            project = edits.append_layer(project, layer)
        if skips:
            project = edits.append_layer(project, "Add")
            project = connect(project, start, project.graph.outputs[-1])
    project = edits.append_layer(project, "Dense", params={"units": 3})
    grouped = group_repeats(project)
    assert [group.name for group in grouped.graph.groups] == ["Block ×28"]
    assert training_relevant(grouped) == training_relevant(project)
    cards = {groups.visible_as(grouped.graph, node.id) for node in grouped.graph.nodes}
    assert len(cards) == 4, "Input, Dropout, the blocks and the last Dense"
    assert group_repeats(grouped) is grouped


def test_copies_stand_behind_each_other_and_feed_what_the_group_fed():
    project = repeat_group(_network(), "group_1", 3)
    graph = project.graph
    way, here = [], "input"
    while graph.targets[here]:
        (here,) = graph.targets[here]
        way.append(graph.by_id[here].layer)
    assert way == ["Conv2D", "ReLU"] * 3 + ["Flatten"]
    assert [g.name for g in graph.groups] == ["Block", "Block 2", "Block 3", "Block ×3"]
    assert [len(groups.members(graph, g.id)) for g in graph.groups] == [2, 2, 2, 6]
    assert {groups.visible_as(graph, name) for name in way_ids(graph)} == {graph.groups[-1].id}
    assert not any(node.shared for node in graph.nodes)


def test_a_residual_block_keeps_its_skip_in_each_copy():
    project = Project()
    for layer in ("Input", "Dense", "ReLU", "Dense", "Add", "Dense"):
        project = edits.append_layer(project, layer)
    project = connect(project, "dense", "add")
    project = groups.group_nodes(project, ["dense", "re_lu", "dense_1", "add"])
    graph = repeat_group(project, "group_1", 2).graph
    adds = [node.id for node in graph.nodes if node.layer == "Add"]
    assert [len(graph.sources[one]) for one in adds] == [2, 2]


def test_once_changes_nothing_and_two_ways_out_are_refused():
    project = _network()
    assert repeat_group(project, "group_1", 1).graph == project.graph
    with pytest.raises(EditError) as caught:
        repeat_group(project, "group_1", 51)
    assert caught.value.code == "repeat_out_of_range"
    assert "50" in caught.value.what
    project = edits.add_node(project, "Flatten")
    project = connect(project, "conv2d", "flatten_1")
    with pytest.raises(EditError) as caught:
        repeat_group(project, "group_1", 2)
    assert caught.value.code == "group_not_a_chain"
    assert "2" in caught.value.what
