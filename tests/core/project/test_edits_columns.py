"""Columns are given to Inputs and outputs, and nothing else changes."""

import pytest

from netbuilder.core.errors import EditError
from netbuilder.core.project.edits_data import (
    input_columns,
    output_columns,
    set_input_columns,
    set_output_columns,
)
from netbuilder.core.project.model import Data, Graph, Node, Project

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
