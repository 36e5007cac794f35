"""What a person decides of single columns: in the file, and as pure edits."""

import json

import pytest

from netbuilder.core.errors import EditError, ProjectFileError
from netbuilder.core.project import files
from netbuilder.core.project.edits_data import set_columns
from netbuilder.core.project.model import ColumnChoice, Data, Project

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
