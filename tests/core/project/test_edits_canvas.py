"""Edits that a gesture makes in one step."""

import pytest

from netbuilder.core.errors import EditError
from netbuilder.core.project import edits, edits_canvas, groups
from netbuilder.core.project.model import Choice, Graph, Node, OutputSettings, Project, Training


@pytest.fixture
def chain():
    nodes = (
        Node("in", "Input", {"shape": [4]}),
        Node("a", "Dense", {"units": 4}),
        Node("b", "Dropout", {"rate": 0.1}),
        Node("c", "Dense", {"units": 1}),
    )
    return Project("x", Graph(nodes, (("in", "a"), ("a", "b"), ("b", "c"))))


def test_add_connected_on_either_side(chain):
    after = edits_canvas.add_connected(chain, "Dense", source="b", position=(9.0, 8.0))
    assert after.graph.nodes[-1].position == (9.0, 8.0)
    assert after.graph.edges[-1] == ("b", "dense")
    before = edits_canvas.add_connected(chain, "Input", target="a")
    assert before.graph.sources["a"] == ("input",)
    with pytest.raises(EditError) as caught:
        edits_canvas.add_connected(chain, "Dense", target="in")
    assert caught.value.code == "connection_not_allowed"


def test_move_to_end_heals_and_takes_the_goal_along(chain):
    goal = OutputSettings(loss=Choice("mean_squared_error"))
    chain = edits.set_training(chain, outputs={"c": goal})
    moved = edits_canvas.move_to_end(chain, "b", "c")
    assert moved.graph.edges == (("in", "a"), ("a", "c"), ("c", "b"))
    assert moved.training == Training(outputs={"b": goal})
    with pytest.raises(EditError):
        edits_canvas.move_to_end(chain, "c", "c")
    with pytest.raises(EditError) as caught:
        edits_canvas.move_to_end(chain, "gone", "c")
    assert caught.value.code == "move_not_possible"


def test_move_to_end_goes_behind_a_placed_layer_in_the_reading_direction(chain):
    placed = edits.move_nodes(chain, {"c": (100.0, 500.0)})
    assert edits_canvas.move_to_end(placed, "b", "c").graph.by_id["b"].position == (100.0, 580.0)
    wide = edits_canvas.set_horizontal(chain, True)
    wide = edits.move_nodes(wide, {"c": (100.0, 500.0)})
    assert edits_canvas.move_to_end(wide, "b", "c").graph.by_id["b"].position == (488.0, 500.0)


def test_earlier_and_later_are_each_others_undo(chain):
    earlier = edits_canvas.move_earlier(chain, "b")
    assert earlier.graph.order == ("in", "b", "a", "c")
    assert edits_canvas.move_later(earlier, "b").graph.order == chain.graph.order
    last = edits_canvas.move_later(chain, "b")
    assert last.graph.outputs == ("b",)
    with pytest.raises(EditError) as caught:
        edits_canvas.move_later(last, "b")
    assert caught.value.code == "move_not_possible"
    with pytest.raises(EditError) as caught:
        edits_canvas.move_earlier(chain, "a")
    assert caught.value.code == "move_not_possible"


def test_a_layer_joins_the_group_that_its_new_wire_lies_in(chain):
    project = groups.group_nodes(chain, ["in", "a"])
    inside = edits_canvas.move_to_edge(project, "b", ("in", "a"))
    assert inside.graph.by_id["b"].group == "group_1"
    out = edits_canvas.move_to_edge(inside, "b", ("a", "c"))
    assert out.graph.by_id["b"].group is None


def test_moving_a_closed_group_takes_placed_members_along(chain):
    project = groups.group_nodes(edits.move_nodes(chain, {"a": (10.0, 20.0)}), ["a", "b"])
    moved = edits_canvas.move_cards(project, {"group_1": (110.0, 40.0)}, (100.0, 20.0))
    assert moved.graph.group_by_id["group_1"].position == (110.0, 40.0)
    assert moved.graph.by_id["a"].position == (110.0, 40.0)
    assert moved.graph.by_id["b"].position is None


def test_tidy_gives_everything_back_and_direction_is_kept_in_the_value(chain):
    placed = edits.move_nodes(chain, {"a": (10.0, 20.0)})
    assert edits_canvas.reset_layout(placed) == chain
    wide = edits_canvas.set_horizontal(placed, True)
    assert wide.graph.extra == {"horizontal": True}
    assert edits_canvas.set_horizontal(wide, False) == chain


def test_the_ends_of_a_closed_group(chain):
    graph = groups.group_nodes(chain, ["a", "b"]).graph
    assert edits_canvas.entry_node(graph, "group_1") == "a"
    assert edits_canvas.exit_node(graph, "group_1") == "b"
    assert edits_canvas.entry_node(graph, "c") == edits_canvas.exit_node(graph, "c") == "c"
    loose = Graph((Node("a", "Dense"), Node("b", "Dense")), (("a", "b"),))
    loose = groups.group_nodes(Project("x", loose), ["a", "b"]).graph
    assert edits_canvas.entry_node(loose, "group_1") == "a"
    assert edits_canvas.exit_node(loose, "group_1") == "b"
