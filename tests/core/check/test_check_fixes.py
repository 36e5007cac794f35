"""Fixes that wire a layer up, and that bring branches to one shape: what each makes is known."""

from typing import Any

import pytest
from rule_examples.building import ExampleBuilder

from netbuilder.core.check.diagnostics import diagnose, primary_problems
from netbuilder.core.check.shapes.shapes import ShapeCache

Layer = tuple[str, str, dict[str, Any]]
OUT: Layer = ("out", "Dense", {"units": 3, "activation": "softmax"})


def dense(name, units=8):
    return (name, "Dense", {"units": units, "activation": "relu"})


def conv(name, filters, strides=1):
    more = {"kernel_size": 3, "padding": "same", "strides": strides, "activation": "relu"}
    return (name, "Conv2D", {"filters": filters, **more})


@pytest.fixture(scope="module")
def cache():
    return ShapeCache()


def problems_of(cache, project):
    return primary_problems(diagnose(project, None, cache.compute(project.graph)))


def the_one(cache, project, code):
    (problem,) = [one for one in problems_of(cache, project) if one.code == code]
    return problem


def errors_of(cache, project):
    return [one.code for one in problems_of(cache, project) if one.blocks]


INPUT: Layer = ("input", "Input", {"shape": [4]})


def test_an_add_with_one_wire_gets_the_other_end_of_the_network(cache):
    made = ExampleBuilder().chain(INPUT, dense("left"), ("add", "Add", {}), OUT)
    made.chain(dense("right"), start="input")
    problem = the_one(cache, made.project(), "input-count")
    assert problem.node == "add"
    assert problem.fix is not None and problem.fix.label == "Connect 'right' to this layer"
    mended = problem.fix.edit(made.project())
    assert mended.graph.sources["add"] == ("left", "right")
    assert errors_of(cache, mended) == []
    assert cache.compute(mended.graph).by_node["add"].output == (None, 8)


def test_without_another_end_it_gets_a_skip_connection_from_the_same_shape(cache):
    # "wide" stands nearer, but gives 16 numbers: Add could not take it.
    made = ExampleBuilder().chain(
        INPUT, dense("one"), dense("wide", 16), dense("two"), ("add", "Add", {}), OUT
    )
    problem = the_one(cache, made.project(), "input-count")
    assert problem.fix is not None and problem.fix.label == "Connect 'one' to this layer"
    mended = problem.fix.edit(made.project())
    assert mended.graph.sources["add"] == ("two", "one")
    assert errors_of(cache, mended) == []


def test_with_nothing_to_join_the_layer_goes(cache):
    made = ExampleBuilder().chain(INPUT, dense("only"), ("add", "Add", {}), OUT)
    problem = the_one(cache, made.project(), "input-count")
    assert problem.fix is not None and problem.fix.label == "Remove 'add'"
    mended = problem.fix.edit(made.project())
    assert mended.graph.sources["out"] == ("only",)
    assert errors_of(cache, mended) == []


def test_what_nothing_is_wired_to_gets_the_one_open_end(cache):
    made = ExampleBuilder().chain(INPUT, dense("hidden")).chain(OUT)
    problem = the_one(cache, made.project(), "unconnected")
    assert problem.node == "out"
    assert problem.fix is not None and problem.fix.label == "Connect 'hidden' to this layer"
    assert problem.fix.edit(made.project()).graph.sources["out"] == ("hidden",)


def test_an_input_that_feeds_nothing_feeds_what_has_none(cache):
    # Only "other" can be meant by "out": "input" leads somewhere already.
    made = ExampleBuilder().chain(INPUT, dense("hidden"), ("join", "Concatenate", {}), OUT)
    made.chain(("other", "Input", {"shape": [2]})).chain(dense("side")).wire(("side", "join"))
    found = [one for one in problems_of(cache, made.project()) if one.code == "unconnected"]
    labels = {one.node: one.fix.label for one in found if one.fix is not None}
    assert labels == {"side": "Connect 'other' to this layer", "other": "Connect to 'side'"}
    for one in found:
        mended = one.fix.edit(made.project())
        assert mended.graph.sources["side"] == ("other",)
        assert errors_of(cache, mended) == []


PICTURE: Layer = ("input", "Input", {"shape": [8, 8, 1]})
SEQUENCE: Layer = ("input", "Input", {"shape": [10, 2]})
LSTM = {"units": 4, "return_sequences": True}
BRANCHES = {
    # More channels: a 1 × 1 convolution, onto the shape that comes first of the smallest.
    "channels": (
        PICTURE, [[conv("left", 4)], [conv("right", 6)]], "Add",
        "Insert Conv2D on the other branch", (None, 8, 8, 4),
    ),
    # A smaller picture: the same with strides, as in a residual network.
    "strides": (
        PICTURE, [[conv("left", 4)], [conv("right", 6, 2)]], "Add",
        "Insert Conv2D on the other branch", (None, 4, 4, 6),
    ),
    "three": (
        PICTURE, [[conv("left", 4)], [conv("middle", 6, 4)], [conv("right", 5)]], "Average",
        "Insert Conv2D on the other branch", (None, 2, 2, 6),
    ),
    "rows of numbers": (
        INPUT, [[dense("left", 5)], [dense("right", 7)]], "Multiply",
        "Insert Dense on the other branch", (None, 5),
    ),
    "a sequence and a row": (
        SEQUENCE, [[("left", "LSTM", LSTM)], [("right", "LSTM", {"units": 3})]], "Add",
        "Insert Flatten and Dense on the other branch", (None, 3),
    ),
    "concatenate a sequence and a row": (
        SEQUENCE, [[("left", "LSTM", LSTM)], [("right", "LSTM", {"units": 3})]], "Concatenate",
        "Insert Flatten before it", (None, 43),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BRANCHES)
def test_branches_are_brought_to_one_shape(cache, name):
    entrance, branches, merge, label, wanted = BRANCHES[name]
    made = ExampleBuilder().chain(entrance)
    for branch in branches:
        made.chain(*branch, start="input")
    made.chain(("join", merge, {})).wire(*((branch[-1][0], "join") for branch in branches))
    project = made.project()
    problem = the_one(cache, project, "merge-mismatch")
    assert problem.node == "join"
    assert problem.fix is not None and problem.fix.label == label
    mended = problem.fix.edit(project)
    assert cache.compute(mended.graph).by_node["join"].output == wanted
    assert "merge-mismatch" not in errors_of(cache, mended)
    kept = {node.id: node.params for node in mended.graph.nodes}
    assert all(kept[node.id] == node.params for node in project.graph.nodes), "none was changed"


def test_where_no_layer_helps_none_is_offered(cache):
    """No stride makes 5 of 8: ceil(8 / 2) is 4, ceil(8 / 1) is 8."""
    made = ExampleBuilder().chain(PICTURE, conv("left", 4))
    cropped = {"filters": 4, "kernel_size": 4}
    made.chain(("right", "Conv2D", cropped), start="input")
    made.chain(("join", "Add", {})).wire(("left", "join"), ("right", "join"))
    assert the_one(cache, made.project(), "merge-mismatch").fix is None
