"""Edits, one by one: of the graph, of columns, of data, of groups."""

import json

import pytest

from netbuilder.core.errors import EditError, ProjectFileError
from netbuilder.core.project import edits, edits_canvas, files, fragments, graph_ends, groups
from netbuilder.core.project.edits_data import (
    input_columns,
    output_columns,
    set_columns,
    set_input_columns,
    set_output_columns,
)
from netbuilder.core.project.fragments import repeat_group
from netbuilder.core.project.graph_ends import connect, training_relevant
from netbuilder.core.project.model import (
    Choice,
    ColumnChoice,
    Data,
    Graph,
    Node,
    OutputSettings,
    Project,
    Training,
)
from netbuilder.core.project.repeats import group_repeats


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


@pytest.fixture
def small_chain():
    nodes = (
        Node("in", "Input", {"shape": [4]}),
        Node("a", "Dense", {"units": 4}),
        Node("b", "Dropout", {"rate": 0.1}),
        Node("c", "Dense", {"units": 1}),
    )
    return Project("x", Graph(nodes, (("in", "a"), ("a", "b"), ("b", "c"))))


def test_add_connected_on_either_side(small_chain):
    after = edits_canvas.add_connected(small_chain, "Dense", source="b", position=(9.0, 8.0))
    assert after.graph.nodes[-1].position == (9.0, 8.0)
    assert after.graph.edges[-1] == ("b", "dense")
    before = edits_canvas.add_connected(small_chain, "Input", target="a")
    assert before.graph.sources["a"] == ("input",)
    with pytest.raises(EditError) as caught:
        edits_canvas.add_connected(small_chain, "Dense", target="in")
    assert caught.value.code == "connection_not_allowed"


def test_move_to_end_heals_and_takes_the_goal_along(small_chain):
    goal = OutputSettings(loss=Choice("mean_squared_error"))
    small_chain = edits.set_training(small_chain, outputs={"c": goal})
    moved = edits_canvas.move_to_end(small_chain, "b", "c")
    assert moved.graph.edges == (("in", "a"), ("a", "c"), ("c", "b"))
    assert moved.training == Training(outputs={"b": goal})
    with pytest.raises(EditError):
        edits_canvas.move_to_end(small_chain, "c", "c")
    with pytest.raises(EditError) as caught:
        edits_canvas.move_to_end(small_chain, "gone", "c")
    assert caught.value.code == "move_not_possible"


def test_move_to_end_goes_behind_a_placed_layer_in_the_reading_direction(small_chain):
    placed = edits.move_nodes(small_chain, {"c": (100.0, 500.0)})
    assert edits_canvas.move_to_end(placed, "b", "c").graph.by_id["b"].position == (100.0, 580.0)
    wide = edits_canvas.set_horizontal(small_chain, True)
    wide = edits.move_nodes(wide, {"c": (100.0, 500.0)})
    assert edits_canvas.move_to_end(wide, "b", "c").graph.by_id["b"].position == (488.0, 500.0)


def test_earlier_and_later_are_each_others_undo(small_chain):
    earlier = edits_canvas.move_earlier(small_chain, "b")
    assert earlier.graph.order == ("in", "b", "a", "c")
    assert edits_canvas.move_later(earlier, "b").graph.order == small_chain.graph.order
    last = edits_canvas.move_later(small_chain, "b")
    assert last.graph.outputs == ("b",)
    with pytest.raises(EditError) as caught:
        edits_canvas.move_later(last, "b")
    assert caught.value.code == "move_not_possible"
    with pytest.raises(EditError) as caught:
        edits_canvas.move_earlier(small_chain, "a")
    assert caught.value.code == "move_not_possible"


def test_a_layer_joins_the_group_that_its_new_wire_lies_in(small_chain):
    project = groups.group_nodes(small_chain, ["in", "a"])
    inside = edits_canvas.move_to_edge(project, "b", ("in", "a"))
    assert inside.graph.by_id["b"].group == "group_1"
    out = edits_canvas.move_to_edge(inside, "b", ("a", "c"))
    assert out.graph.by_id["b"].group is None


def test_moving_a_closed_group_takes_placed_members_along(small_chain):
    project = groups.group_nodes(edits.move_nodes(small_chain, {"a": (10.0, 20.0)}), ["a", "b"])
    moved = edits_canvas.move_cards(project, {"group_1": (110.0, 40.0)}, (100.0, 20.0))
    assert moved.graph.group_by_id["group_1"].position == (110.0, 40.0)
    assert moved.graph.by_id["a"].position == (110.0, 40.0)
    assert moved.graph.by_id["b"].position is None


def test_tidy_gives_everything_back_and_direction_is_kept_in_the_value(small_chain):
    placed = edits.move_nodes(small_chain, {"a": (10.0, 20.0)})
    assert edits_canvas.reset_layout(placed) == small_chain
    wide = edits_canvas.set_horizontal(placed, True)
    assert wide.graph.extra == {"horizontal": True}
    assert edits_canvas.set_horizontal(wide, False) == small_chain


def test_the_ends_of_a_closed_group(small_chain):
    graph = groups.group_nodes(small_chain, ["a", "b"]).graph
    assert edits_canvas.entry_node(graph, "group_1") == "a"
    assert edits_canvas.exit_node(graph, "group_1") == "b"
    assert edits_canvas.entry_node(graph, "c") == edits_canvas.exit_node(graph, "c") == "c"
    loose = Graph((Node("a", "Dense"), Node("b", "Dense")), (("a", "b"),))
    loose = groups.group_nodes(Project("x", loose), ["a", "b"]).graph
    assert edits_canvas.entry_node(loose, "group_1") == "a"
    assert edits_canvas.exit_node(loose, "group_1") == "b"


ONE = Graph((Node("input", "Input"), Node("out", "Dense", {"units": 1})), (("input", "out"),))
TWO = Graph(
    (
        Node("left", "Input"), Node("right", "Input"), Node("both", "Concatenate"),
        Node("price", "Dense", {"units": 1}), Node("sold", "Dense", {"units": 1}),
    ),
    (("left", "both"), ("right", "both"), ("both", "price"), ("both", "sold")),
)  # fmt: skip
FEATURES = ("a", "b", "c")


def test_a_column_for_the_only_input_becomes_a_feature():
    project = Project("t", ONE, Data("csv", path="t.csv", target=("d",)))
    assert set_input_columns(project, ["a"], "input", FEATURES) == project, "it is one already"
    again = set_input_columns(project, ["d"], "input", FEATURES)
    assert again.data.columns["d"].role == "feature"
    assert again.data.target == ()
    assert again.data.inputs == {}


def test_a_column_feeds_the_input_that_it_was_dropped_on_and_no_other():
    project = Project("t", TWO, Data("csv", path="t.csv", target=("d", "e")))
    assert input_columns(project, FEATURES) == {"left": FEATURES, "right": FEATURES}
    project = set_input_columns(project, ["c", "a"], "left", FEATURES)
    assert project.data.inputs == {"left": FEATURES, "right": ("b",)}
    project = set_input_columns(project, ["a"], "right", FEATURES)
    assert project.data.inputs == {"left": ("b", "c"), "right": ("a", "b")}
    with pytest.raises(EditError) as caught:
        set_input_columns(project, ["b", "c"], "right", FEATURES)
    assert caught.value.code == "columns_missing"
    assert "'left'" in caught.value.what
    with pytest.raises(EditError) as caught:
        set_input_columns(project, ["a"], "both", FEATURES)
    assert caught.value.code == "no_such_end"
    assert "'both'" in caught.value.what


def test_the_only_goal_learns_what_was_dropped_on_it_instead():
    project = Project("t", ONE, Data("csv", path="t.csv", target=("d",)))
    project = set_output_columns(project, ["b"], "out", ("d",))
    assert project.data.target == ("b",)
    assert project.data.targets == {}
    assert set_output_columns(project, ["b", "c"], "out", ("b",)).data.target == ("b", "c")


def test_of_two_goals_each_has_its_own_columns():
    project = Project("t", TWO, Data("csv", path="t.csv", target=("d", "e")))
    assert output_columns(project, ("d", "e")) == {"price": ("d",), "sold": ("e",)}
    project = set_output_columns(project, ["c"], "price", ("d", "e"))
    assert project.data.targets == {"price": ("c",), "sold": ("e",)}
    assert project.data.target == ("c", "e"), "d is a feature again"
    with pytest.raises(EditError) as caught:
        set_output_columns(project, ["e"], "price", ("c", "e"))
    assert caught.value.code == "columns_missing"
    assert "'sold'" in caught.value.what


def test_a_feature_that_becomes_a_target_leaves_its_input():
    data = Data(
        "csv", path="t.csv", target=("d", "e"), inputs={"left": ("a", "b"), "right": ("c",)}
    )
    project = set_output_columns(Project("t", TWO, data), ["a"], "sold", ("d", "e"))
    assert project.data.inputs == {"left": ("b",), "right": ("c",)}
    assert project.data.targets == {"price": ("d",), "sold": ("a",)}


RAW = {
    "format": "netbuilder-project",
    "version": 1,
    "name": "P",
    "data": {
        "kind": "csv",
        "path": "d.csv",
        "columns": {
            "price": {"role": "feature", "type": "number", "missing": "median"},
            "day": {"role": "order", "later": [1]},
        },
    },
}


def project(**data: object):
    return Project(data=Data("csv", path="d.csv", **data))


def test_what_was_decided_stands_in_the_file_and_comes_back():
    read = files.from_json(RAW)
    assert read.data.columns == {
        "price": ColumnChoice("feature", "number", "median"),
        "day": ColumnChoice("order", extra={"later": [1]}),
    }
    assert files.to_json(read)["data"]["columns"] == RAW["data"]["columns"]
    assert files.loads(files.dumps(read)) == read


def test_nothing_decided_writes_nothing():
    assert "columns" not in files.to_json(project())["data"]


@pytest.mark.parametrize(("key", "value"), [("role", "boss"), ("type", 3), ("missing", "guess")])
def test_a_word_that_does_not_exist_names_the_column(key, value):
    raw = json.loads(json.dumps(RAW))
    raw["data"]["columns"]["price"][key] = value
    with pytest.raises(ProjectFileError) as caught:
        files.from_json(raw)
    assert caught.value.code == "project_value_invalid"
    assert "'price'" in caught.value.what and f"'{key}'" in caught.value.what


def test_many_columns_at_once_and_back_again():
    before = project()
    after = set_columns(before, ["a", "b"], type="category", missing="most_frequent")
    assert after.data.columns["a"] == after.data.columns["b"]
    assert after.data.columns["a"] == ColumnChoice("", "category", "most_frequent")
    assert before.data.columns == {}
    assert set_columns(after, ["a", "b"], type="", missing="").data == before.data


def test_a_target_joins_the_targets_and_leaves_them():
    one = set_columns(project(target=("y",), inputs={"in": ("a", "b")}), ["a"], role="target")
    assert one.data.target == ("y", "a")
    assert one.data.inputs == {"in": ("b",)}
    other = set_columns(one, ["y"], role="ignore")
    assert other.data.target == ("a",)
    assert other.data.columns == {"y": ColumnChoice("ignore")}


def test_a_role_takes_the_column_off_the_lists_of_before():
    old = project(options={"ignore": ["a", "b"], "sample_weight": "w"})
    new = set_columns(old, ["a"], role="feature")
    assert new.data.options["ignore"] == ["b"]
    assert "sample_weight" not in set_columns(old, ["b"], role="weight").data.options


def test_one_column_only_orders_the_rows():
    one = set_columns(project(), ["day"], role="order")
    two = set_columns(one, ["hour"], role="order")
    assert two.data.columns == {"hour": ColumnChoice("order")}


def test_an_edit_knows_its_words():
    with pytest.raises(EditError) as caught:
        set_columns(project(), ["a"], role="ignor")
    assert caught.value.code == "column_choice_invalid"
    assert "'ignore'?" in caught.value.fix


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
