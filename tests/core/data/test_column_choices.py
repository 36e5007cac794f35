"""What was decided of a column is what training, test, evaluation and prediction do."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from netbuilder.core.data.load import load_dataset, load_facts
from netbuilder.core.data.prepare.inference_data import raw_of_table, read_split
from netbuilder.core.data.preprocessing.cells import dates_as_days
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import ColumnChoice, Data, Graph, Node, Project

GRAPH = Graph((Node("input", "Input"), Node("out", "Dense", {"units": 1})), (("input", "out"),))


def choices(**given: str):
    """``price="feature number median"``: role, type and missing, "-" for what is not decided."""
    return {
        name: ColumnChoice(*("" if word == "-" else word for word in words.split()))
        for name, words in given.items()
    }


def loaded(folder, frame, **data: object):
    frame.to_csv(folder / "d.csv", index=False)
    return load_dataset(project(**data), folder)


def project(**data: object):
    settings = {"target": ("y",), "scaling": "none", "test_split": 0.0, "validation_split": 0.0}
    return Project(graph=GRAPH, data=Data("csv", path="d.csv", **{**settings, **data}))


def frame(rows=40):
    steps = np.arange(rows)
    return pd.DataFrame({"a": steps * 1.5, "b": steps % 4, "y": steps * 2.0 + 1})


def test_a_column_is_not_used(tmp_path):
    data = loaded(tmp_path, frame(), columns=choices(b="ignore"))
    assert data.facts.column_names == ("a",)


def test_the_target_is_what_was_decided(tmp_path):
    data = loaded(tmp_path, frame(), target=(), columns=choices(a="target"))
    assert data.facts.target_names == ("a",)
    assert data.facts.column_names == ("b", "y")


def test_a_decided_feature_is_not_taken_for_the_target_by_its_place(tmp_path):
    data = loaded(tmp_path, frame(), target=(), columns=choices(y="feature"))
    assert data.facts.target_names == ("b",)


def test_numbers_that_are_names_become_a_feature_each(tmp_path):
    data = loaded(tmp_path, frame(), columns=choices(b="- category"))
    assert data.facts.column_names == ("a", "b=0", "b=1", "b=2", "b=3")


def test_rows_weigh_what_their_column_says(tmp_path):
    table = frame().assign(w=np.arange(40) / 10)[["w", "a", "b", "y"]]
    data = loaded(tmp_path, table, columns=choices(w="weight"))
    assert data.facts.column_names == ("a", "b")
    np.testing.assert_allclose(data.train.sample_weight, np.arange(40) / 10, rtol=1e-6)


def test_the_parts_are_those_that_a_column_names(tmp_path):
    words = ["train", "Test", "val", "train"] * 10
    table = frame().assign(part=words)[["part", "a", "b", "y"]]
    data = loaded(tmp_path, table, columns=choices(part="split"), validation_split=0.5)
    np.testing.assert_array_equal(data.train.raw_x["input"][:, 0] / 1.5 % 4 // 3 * 3, [0, 3] * 10)
    assert len(data.validation) == len(data.test) == 10
    np.testing.assert_array_equal(data.test.raw_x["input"][:, 0] / 1.5 % 4, np.ones(10))


def test_a_part_that_does_not_exist_is_named_with_its_line(tmp_path):
    table = frame().assign(part=["train"] * 39 + ["elsewhere"])
    with pytest.raises(DataError, match=r"line 41 has 'elsewhere'.*'train', 'validation'"):
        loaded(tmp_path, table, columns=choices(part="split"))


def test_rows_follow_each_other_in_the_order_of_a_column(tmp_path):
    dates = pd.date_range("2024-01-28", periods=40).strftime("%d.%m.%Y")
    table = frame().assign(day=dates).sample(frac=1, random_state=3)[["day", "a", "b", "y"]]
    data = loaded(tmp_path, table, columns=choices(day="order"), test_split=0.25)
    np.testing.assert_array_equal(data.train.raw_x["input"][:, 0], np.arange(30) * 1.5)
    np.testing.assert_array_equal(data.test.raw_x["input"][:, 0], np.arange(30, 40) * 1.5)


def test_dates_are_days_and_the_day_comes_first_where_it_must(tmp_path):
    table = frame(30).assign(day=[f"{n + 1}/2/2024" for n in range(29)] + ["1/3/2024"])
    data = loaded(tmp_path, table[["day", "y"]], columns=choices(day="- date"))
    first = (pd.Timestamp("2024-02-01") - pd.Timestamp("1970-01-01")).days
    np.testing.assert_array_equal(data.train.raw_x["input"][:, 0], first + np.arange(30))


def test_a_day_that_begins_with_its_year_is_the_same_everywhere():
    """What the forms of the window write: pandas reads 2024-01-06 as the first of June where
    the day comes first."""
    days = pd.Series(["25/12/2023", "06/01/2024", "2024-01-06", "2024/1/6", "6.1.2024"])
    read = dates_as_days(days, "t", "dayfirst") - dates_as_days(days.iloc[:1], "t", "dayfirst")[0]
    assert read.tolist() == [0, 12, 12, 12, 12]


def test_yes_and_no_are_one_and_zero(tmp_path):
    table = frame().assign(b=["yes", "no", "Yes", "no"] * 10)
    data = loaded(tmp_path, table, columns=choices(b="- boolean"))
    assert data.facts.column_names == ("a", "b")
    np.testing.assert_array_equal(data.train.raw_x["input"][:, 1], [1, 0, 1, 0] * 10)


def test_what_is_neither_yes_nor_no_is_named(tmp_path):
    table = frame().assign(b=["yes", "no", "yes", "maybe"] * 10)
    with pytest.raises(DataError, match="must be true or false, but line 5 has 'maybe'"):
        loaded(tmp_path, table, columns=choices(b="- boolean"))


@pytest.mark.parametrize(
    ("rule", "value"), [("mean", 13.0), ("median", 3.0), ("most_frequent", 1.0)]
)
def test_each_column_is_filled_by_its_own_rule(tmp_path, rule, value):
    table = frame(5).assign(a=[1.0, None, 1.0, 5.0, 45.0], c=[7.0, 8.0, 9.0, 10.0, 11.0])
    data = loaded(tmp_path, table[["a", "c", "y"]], columns=choices(a=f"- - {rule}"))
    assert data.train.raw_x["input"][1].tolist() == [value, 8.0]


def test_only_rows_with_a_hole_in_that_column_are_dropped(tmp_path):
    table = frame(10)
    table.loc[3, "a"] = None
    table.loc[6, "b"] = None
    data = loaded(tmp_path, table, columns=choices(a="- - drop", b="- - mean"))
    assert len(data.train) == 9
    with pytest.raises(DataError, match="column 'b' in line 8"):
        loaded(tmp_path, table, columns=choices(a="- - drop"))


def test_missing_can_be_a_category_of_its_own(tmp_path):
    table = frame(10).assign(b=["x", "z", None, "x", "z"] * 2)
    data = loaded(tmp_path, table, columns=choices(b="- category category"))
    assert data.facts.column_names == ("a", "b=x", "b=z", "b=(missing)")
    assert data.train.raw_x["input"][2].tolist() == [3.0, 0.0, 0.0, 1.0]


def test_numbers_have_no_category_for_what_is_missing(tmp_path):
    table = frame(10)
    table.loc[3, "a"] = None
    with pytest.raises(DataError, match="'a'") as raised:
        loaded(tmp_path, table, columns=choices(a="- - category"))
    assert raised.value.code == "missing_category_not_possible"


def test_the_type_of_the_target_decides_the_task(tmp_path):
    table = frame(60).assign(y=np.arange(60) % 26)
    assert loaded(tmp_path, table).facts.task == "regression"
    as_classes = loaded(tmp_path, table, columns=choices(y="- category"))
    assert as_classes.facts.task == "classes"
    assert len(as_classes.facts.classes) == 26
    table["y"] = np.arange(60) % 3
    assert loaded(tmp_path, table).facts.task == "classes"
    assert loaded(tmp_path, table, columns=choices(y="- number")).facts.task == "regression"


def test_a_column_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"d\.csv has no column 'pirce'"):
        loaded(tmp_path, frame(), columns=choices(pirce="ignore"))


def test_test_file_evaluation_and_prediction_do_the_same(tmp_path):
    table = frame().assign(ok=["yes", "no"] * 20, note="long text")[["note", "ok", "a", "b", "y"]]
    table.loc[4, "a"] = None
    columns = choices(ok="- boolean", b="- category", a="- - median", note="ignore")
    table.drop(columns="note").to_csv(tmp_path / "t.csv", index=False)
    recipe = project(columns=columns, test_path="t.csv")
    data = loaded(tmp_path, table, columns=columns, test_path="t.csv")
    np.testing.assert_array_equal(data.test.raw_x["input"], data.train.raw_x["input"])
    assert data.train.raw_x["input"][4, 1] == 30.0  # the 20th of 39 values
    judged = read_split(recipe.data, data.preprocessing, tmp_path / "t.csv")
    np.testing.assert_array_equal(judged.raw_x["input"], data.train.raw_x["input"])
    asked = pd.read_csv(tmp_path / "t.csv").drop(columns="y")
    raw, _, _ = raw_of_table(asked, recipe.data, data.preprocessing, "t.csv")
    np.testing.assert_array_equal(raw["input"], data.train.raw_x["input"])


def test_facts_change_with_what_was_decided(tmp_path):
    frame().to_csv(tmp_path / "d.csv", index=False)
    before = load_facts(project(), tmp_path)
    after = load_facts(
        replace(project(), data=replace(project().data, columns=choices(b="ignore"))), tmp_path
    )
    assert (before.column_names, after.column_names) == (("a", "b"), ("a",))
