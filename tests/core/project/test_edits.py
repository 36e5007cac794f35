"""Edits, one by one: what a gesture makes of the project."""

import pytest

from netbuilder.core.errors import EditError
from netbuilder.core.project import edits, fragments, graph_ends, groups
from netbuilder.core.project.model import Choice, OutputSettings, Project


def chain(*layers: str):
    project = Project()
    for layer in layers:
        project = edits.append_layer(project, layer)
    return project


def test_append_makes_a_chain_with_keras_names():
    project = chain("Input", "Dense", "Dense", "MaxPooling2D")
    assert [n.id for n in project.graph.nodes] == ["input", "dense", "dense_1", "max_pooling2d"]
    assert project.graph.order == ("input", "dense", "dense_1", "max_pooling2d")
    assert project.graph.by_id["dense"].params["units"] > 0


def test_insert_on_edge_keeps_the_order_of_other_inputs():
    project = chain("Input", "Dense")
    project = edits.add_node(project, "Dense", node_id="side")
    project = edits.add_node(project, "Add", node_id="sum")
    for source in ("dense", "side", "input"):
        project = graph_ends.connect(project, source, "sum")
    project = edits.insert_on_edge(project, ("side", "sum"), "Dropout")
    assert project.graph.sources["sum"] == ("dense", "dropout", "input")
    assert project.graph.sources["dropout"] == ("side",)


def test_delete_heals_the_chain():
    project = edits.remove_nodes(chain("Input", "Dense", "Dropout", "Dense"), ["dense", "dropout"])
    assert project.graph.edges == (("input", "dense_1"),)


def test_delete_without_healing_leaves_a_gap():
    project = edits.remove_nodes(chain("Input", "Dense", "Dense"), ["dense"], heal=False)
    assert project.graph.edges == ()


def test_move_to_edge_changes_the_order():
    project = edits.move_to_edge(
        chain("Input", "Dense", "Dropout", "Dense"), "dropout", ("input", "dense")
    )
    assert project.graph.order == ("input", "dropout", "dense", "dense_1")


def test_a_single_input_lets_go_of_its_old_wire():
    project = edits.add_node(chain("Input", "Dense", "Dense"), "Dense", node_id="other")
    project = graph_ends.connect(project, "other", "dense_1")
    assert project.graph.sources["dense_1"] == ("other",)


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ("dense_1", "dense", "cycle"),
        ("dense", "dense", "to itself"),
        ("dense", "input", "takes no connection"),
        ("input", "dense", "already connected"),
        ("gone", "dense", "'gone'"),
    ],
)
def test_illegal_wires_say_why(source, target, said):
    project = chain("Input", "Dense", "Dense")
    with pytest.raises(EditError, match=said):
        graph_ends.connect(project, source, target)


def test_rename_follows_everywhere():
    project = chain("Input", "Dense", "Dense")
    project = edits.set_training(project, outputs={"dense_1": OutputSettings(Choice("hinge"))})
    project = edits.set_data(project, inputs={"input": ("a",)}, targets={"dense_1": ("y",)})
    project = edits.rename_node(edits.rename_node(project, "dense_1", "answer"), "input", "rows")
    assert project.graph.edges == (("rows", "dense"), ("dense", "answer"))
    assert set(project.training.outputs) == {"answer"}
    assert project.data.inputs == {"rows": ("a",)}
    assert project.data.targets == {"answer": ("y",)}


def test_replace_keeps_what_both_have():
    project = edits.set_params(chain("Input", "LSTM"), "lstm", units=7, unit_forget_bias=False)
    node = edits.replace_layer(project, "lstm", "GRU").graph.nodes[1]
    assert (node.id, node.params["units"]) == ("gru", 7)
    assert "unit_forget_bias" not in node.params


def test_replace_lets_go_of_wires_that_find_no_room():
    project = edits.add_node(chain("Input", "Dense", "Add"), "Dense", node_id="side")
    project = graph_ends.connect(project, "side", "add")
    project = edits.replace_layer(project, "add", "LSTM")
    assert project.graph.sources["lstm"] == ("dense",)
    project = edits.replace_layer(project, "lstm", "Input")
    assert project.graph.sources["input_1"] == ()


def test_sharing_hands_on_when_the_owner_goes():
    project = chain("Input", "Dense", "Dense", "Dense")
    project = edits.set_params(project, "dense", units=9)
    project = edits.share_layer(project, "dense_1", "dense")
    project = edits.share_layer(project, "dense_2", "dense_1")
    assert project.graph.by_id["dense_2"].shared == "dense"
    project = edits.remove_nodes(project, ["dense"])
    assert project.graph.by_id["dense_1"].params == {"units": 9} | {
        k: v for k, v in project.graph.by_id["dense_1"].params.items() if k != "units"
    }
    assert project.graph.by_id["dense_2"].shared == "dense_1"
    with pytest.raises(EditError) as caught:
        edits.share_layer(project, "input", "dense_1")
    assert caught.value.code == "shared_other_type"


def test_setting_a_parameter_of_a_shared_node_changes_its_owner():
    project = edits.share_layer(chain("Input", "Dense", "Dense"), "dense_1", "dense")
    project = edits.set_params(project, "dense_1", units=3)
    assert project.graph.by_id["dense"].params["units"] == 3
    assert project.graph.by_id["dense_1"].params == {}


def test_groups_nest_close_and_dissolve():
    project = chain("Input", "Dense", "Dropout", "Dense")
    project = groups.group_nodes(project, ["dense", "dropout"], "Block")
    inner = project.graph.groups[-1].id
    project = groups.group_nodes(project, [inner, "dense_1"], "Outer")
    outer = project.graph.groups[-1].id
    assert groups.visible_as(project.graph, "dense") == outer
    assert groups.members(project.graph, outer) == ("dense", "dropout", "dense_1")
    project = groups.set_collapsed(project, outer, False)
    assert groups.visible_as(project.graph, "dense") == inner
    assert groups.visible_as(project.graph, "dense_1") == "dense_1"
    project = groups.ungroup(project, outer)
    assert project.graph.group_by_id[inner].parent is None
    project = edits.remove_nodes(project, ["dense", "dropout"])
    assert project.graph.groups == ()


def test_copies_are_free_of_the_original():
    project = groups.group_nodes(chain("Input", "Dense", "Dropout", "Dense"), ["dense", "dropout"])
    text = fragments.copy_fragment(project.graph, [project.graph.groups[0].id])
    project, ids = fragments.paste_fragment(project, fragments.read_fragment(text))
    assert ids == ("dense_2", "dropout_1")
    assert ("dense_2", "dropout_1") in project.graph.edges
    assert len(project.graph.groups) == 2
    _other, ids = fragments.paste_fragment(Project(), fragments.read_fragment(text))
    assert ids == ("dense", "dropout")
    with pytest.raises(EditError) as caught:
        fragments.read_fragment("hello")
    assert caught.value.code == "clipboard_without_layers"


def test_a_chain_laid_out_by_hand_makes_room():
    project = edits.move_nodes(
        chain("Input", "Dense", "Dense"), {"input": (0, 0), "dense": (0, 80), "dense_1": (0, 160)}
    )
    project = edits.insert_on_edge(project, ("input", "dense"), "Dropout")
    places = {n.id: n.position for n in project.graph.nodes}
    assert places == {"input": (0, 0), "dropout": (0, 80), "dense": (0, 160), "dense_1": (0, 240)}


def test_data_options_take_names_that_the_recipe_does_not_know():
    project = edits.set_data(Project(), kind="csv", separator=";")
    assert project.data.options == {"separator": ";"}
    assert edits.set_data(project, separator=...).data.options == {}


def test_a_layer_behind_an_unconnected_input_leaves_its_columns_to_it():
    project = edits.add_node(edits.add_node(Project(), "Input"), "Input")
    columns = {"input": ("age",), "input_1": ("height",)}
    project = edits.set_data(project, kind="csv", inputs=columns)
    assert edits.append_layer(project, "Dense").data.inputs == columns
    assert edits.insert_after(project, "input", "Dense").data.inputs == columns
