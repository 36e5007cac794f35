"""What looks wrong with a table is noticed, told with its numbers, and mended by one click."""

import numpy as np
import pandas as pd
import pytest

from netbuilder.core.data.data_report import make_report
from netbuilder.core.data.findings import INFO
from netbuilder.core.data.load import load_dataset
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import Data, Graph, Node, Project

GRAPH = Graph((Node("input", "Input"), Node("out", "Dense", {"units": 1})), (("input", "out"),))
RANDOM = np.random.default_rng(7)


def project(**data: object):
    return Project(graph=GRAPH, data=Data("csv", path="d.csv", **{"target": ("y",), **data}))


def frame(rows=60):
    return pd.DataFrame(
        {
            "a": np.random.default_rng(1).normal(size=rows),
            "b": np.random.default_rng(2).normal(size=rows),
            "y": np.random.default_rng(3).normal(10, 3, size=rows),
        }
    )


def noticed(folder, table, **data: object):
    table.to_csv(folder / "d.csv", index=False)
    found = make_report(project(**data), folder)
    return {one.code: one for one in found.notes}


def mended(folder, finding, which=0):
    return finding.fixes[which].edit(project())


def test_of_a_sound_table_nothing_is_said(tmp_path):
    assert noticed(tmp_path, frame()) == {}


def test_a_feature_that_equals_the_target(tmp_path):
    table = frame().assign(again=lambda t: t["y"])[["again", "a", "b", "y"]]
    one = noticed(tmp_path, table)["target-in-features"]
    assert "'again' equals the target 'y'" in one.message
    assert load_dataset(mended(tmp_path, one), tmp_path).facts.column_names == ("a", "b")


def test_a_feature_that_nearly_equals_the_target(tmp_path):
    table = frame().assign(near=lambda t: (t["y"] * 100).round() / 100)[["near", "a", "y"]]
    assert "'near' nearly equals" in noticed(tmp_path, table)["target-in-features"].message


def test_a_feature_that_goes_with_the_target_is_no_copy_of_it(tmp_path):
    table = frame().assign(with_it=lambda t: t["y"] * 2 + 1)[["with_it", "a", "y"]]
    assert "target-in-features" not in noticed(tmp_path, table)


def test_a_category_that_says_the_class(tmp_path):
    words = np.array(["low", "mid", "high"])[np.arange(60) % 3]
    table = frame().assign(level=words, y=np.arange(60) % 3)
    assert "corresponds to one class of" in noticed(tmp_path, table)["target-in-features"].message


@pytest.mark.parametrize("name", ["customer_id", "PassengerId", "employeeID", "S.No.", "Id"])
def test_a_column_that_only_names_the_row(tmp_path, name):
    table = frame().assign(**{name: RANDOM.permutation(60) + 1000})
    one = noticed(tmp_path, table)["id-column"]
    assert (one.column, one.severity) == (name, "warning")


@pytest.mark.parametrize("name", ["solid", "grid", "acid", "paid", "No2"])
def test_words_that_only_end_like_a_name_are_none(tmp_path, name):
    table = frame().assign(**{name: RANDOM.permutation(90)[:60] + 1000})
    assert "id-column" not in noticed(tmp_path, table)


def test_whole_numbers_that_all_differ_are_no_names_by_that(tmp_path):
    assert "id-column" not in noticed(tmp_path, frame().assign(year=np.arange(60) + 1960))


def test_a_stand_in_for_missing(tmp_path):
    ages = RANDOM.integers(18, 80, 60)
    ages[[3, 17, 40]] = -999
    table = frame().assign(age=ages)[["age", "a", "y"]]
    one = noticed(tmp_path, table)["stand-in"]
    assert "has -999 in 3 rows" in one.message
    after = mended(tmp_path, one)
    told = {entry.code for entry in make_report(after, tmp_path).notes}
    assert told == {"unreadable"}  # three values are missing now, and that is asked about
    filled = Project(
        graph=GRAPH, data=Data(**{**vars(after.data), "options": {
            **after.data.options, "missing": "median"}}),
    )  # fmt: skip
    data = load_dataset(filled, tmp_path)
    assert data.train.raw_x["input"][:, 0].min() >= 18


def test_negative_numbers_among_negative_numbers_are_just_numbers(tmp_path):
    values = RANDOM.normal(0, 400, 60).round()
    values[:3] = -999
    assert "stand-in" not in noticed(tmp_path, frame().assign(v=values))


def test_one_word_in_two_spellings(tmp_path):
    table = frame().assign(smoker=["Yes", "yes", "no", "Yes"] * 15)[["smoker", "a", "y"]]
    one = noticed(tmp_path, table)["same-word-twice"]
    assert "'Yes' and 'yes'" in one.message
    data = load_dataset(mended(tmp_path, one), tmp_path)
    assert data.facts.column_names == ("smoker=Yes", "smoker=no", "a")
    assert load_dataset(project(), tmp_path).facts.column_names[:3] == (
        "smoker=Yes", "smoker=no", "smoker=yes",
    )  # fmt: skip


def test_a_class_of_one_row_leaves_the_shares_of_the_others(tmp_path):
    table = frame(101).assign(y=["big"] * 80 + ["small"] * 20 + ["odd"])
    one = noticed(tmp_path, table)["class-of-one"]
    assert "'odd' of 'y' has only one row" in one.message
    data = load_dataset(project(validation_split=0.0), tmp_path)
    labels = [data.facts.classes[n] for n in data.test.raw_y["out"]]
    assert (labels.count("big"), labels.count("small")) == (16, 4)
    assert load_dataset(mended(tmp_path, one), tmp_path).facts.classes == ("big", "small")


def test_rows_that_stand_twice_and_in_two_parts(tmp_path):
    table = pd.concat([frame(), frame().head(12)], ignore_index=True)
    one = noticed(tmp_path, table)["rows-twice"]
    assert "d.csv contains 12 duplicate rows, for example in lines 2 and 62" in one.message
    assert "of the validation or test set also occur" in one.message
    data = load_dataset(mended(tmp_path, one), tmp_path)
    facts = data.facts
    assert facts.rows + facts.validation_rows + facts.test_rows == 60


def test_rows_that_stand_twice_beside_a_test_file(tmp_path):
    """What of the file is held back is validation rows alone."""
    frame().to_csv(tmp_path / "test.csv", index=False)
    table = pd.concat([frame(), frame().head(30)], ignore_index=True)
    one = noticed(tmp_path, table, test_path="test.csv")["rows-twice"]
    assert "of the validation set also occur" in one.message


def test_equal_rows_are_no_mistake_where_few_values_are_possible(tmp_path):
    table = pd.DataFrame({"a": [0, 0, 1, 1] * 20, "b": [0, 1, 0, 1] * 20, "y": [0, 1, 1, 0] * 20})
    (one,) = noticed(tmp_path, table).values()
    assert (one.code, one.severity, one.fixes) == ("rows-twice", INFO, ())
    assert "d.csv contains 76 duplicate rows" in one.message
    assert "coincidence" in one.message


def test_known_rows_of_a_test_file_are_counted_also_where_it_may_be_chance(tmp_path):
    table = pd.DataFrame({"a": np.arange(60) % 6, "b": np.arange(60) % 5, "y": np.arange(60) % 7})
    table.iloc[:10].to_csv(tmp_path / "t.csv", index=False)
    one = noticed(tmp_path, table.iloc[5:], test_path="t.csv")["test-rows-known"]
    assert one.severity == INFO
    assert "5 of 10 samples of the test set t.csv also occur in d.csv. This may be" in one.message


def test_the_test_file_is_the_training_file(tmp_path):
    frame().sample(frac=1, random_state=1).to_csv(tmp_path / "t.csv", index=False)
    one = noticed(tmp_path, frame(), test_path="t.csv")["test-is-training"]
    assert "All 60 samples of the test set t.csv also occur in d.csv" in one.message
    assert one.fixes[0].edit(project(test_path="t.csv")).data.test_path == ""


def test_some_rows_of_the_test_file_are_known(tmp_path):
    table = frame(100)
    table.iloc[50:].to_csv(tmp_path / "t.csv", index=False)
    found = noticed(tmp_path, table.head(70), test_path="t.csv")
    assert "20 of 50 samples of the test set" in found["test-rows-known"].message


def test_twenty_six_letters_are_offered_as_classes(tmp_path):
    table = frame(260).assign(y=np.arange(260) % 26)
    one = noticed(tmp_path, table)["whole-number-target"]
    assert "26 different whole numbers, from 0 to 25" in one.message
    facts = load_dataset(mended(tmp_path, one), tmp_path).facts
    assert (facts.task, len(facts.classes)) == ("classes", 26)


def test_columns_that_were_left_out_can_be_taken_in(tmp_path):
    days = pd.date_range("2024-01-01", periods=60).strftime("%Y-%m-%d")
    table = frame().assign(name=[f"n{i}" for i in range(60)])[["name", "a", "y"]]
    one = noticed(tmp_path, table)["column-left-out"]
    assert one.severity == "info"
    assert len(load_dataset(mended(tmp_path, one), tmp_path).facts.column_names) > 40
    table["name"] = days
    one = noticed(tmp_path, table)["column-left-out"]
    assert one.fixes[0].label == "Use 'name' as a date"
    assert load_dataset(mended(tmp_path, one), tmp_path).facts.column_names == ("name", "a")


def test_a_recipe_that_cannot_be_trained_on_shows_its_columns_all_the_same(tmp_path):
    table = frame()
    table.loc[4, "a"] = None
    table.to_csv(tmp_path / "d.csv", index=False)
    found = make_report(project(), tmp_path)
    assert [one.severity for one in found.notes] == ["error"]
    assert "column 'a' in line 6" in found.notes[0].message
    assert [(c.name, c.role, c.missing) for c in found.columns] == [
        ("a", "feature", 1), ("b", "feature", 0), ("y", "target", 0),
    ]  # fmt: skip
    after = found.notes[0].fixes[0].edit(project())
    assert load_dataset(after, tmp_path).facts.rows + 13 + 0 >= 42


def test_the_facts_of_a_column(tmp_path):
    table = pd.DataFrame(
        {
            "size": [1.0, 2.0, 3.0, 4.0, None] * 12,
            "town": ["Ulm", "Bonn", "Ulm", "Köln", "Ulm"] * 12,
            "kind": ["x", "y", "x", "y", "x"] * 12,
        }
    )
    table.to_csv(tmp_path / "d.csv", index=False)
    found = make_report(project(target=("kind",), options={"missing": "mean"}), tmp_path)
    size, town, kind = found.columns
    assert (size.type, size.missing, size.unique) == ("number", 12, 4)
    assert (size.minimum, size.maximum, size.mean) == (1.0, 4.0, 2.5)
    assert size.examples == ("1", "2", "3")
    assert {k: sum(v) for k, v in size.histogram.counts.items()} == {"x": 24, "y": 24}
    assert (town.type, town.common[0]) == ("category", ("Ulm", 36))
    assert (kind.role, kind.decided) == ("target", frozenset({"role"}))
    assert found.classes == {"x": 36, "y": 24}
    assert sum(found.rows.values()) == 60


def test_dates_that_are_left_out_are_asked_about_on_their_row(tmp_path):
    days = pd.date_range("2024-01-01", periods=60).strftime("%d/%m/%Y")
    one = noticed(tmp_path, frame().assign(ordered=days)[["ordered", "a", "y"]])["column-left-out"]
    assert one.message.startswith("Column 'ordered' contains dates ('")
    assert one.asked, "its row calls it a date, and asks whether it is to be used"
    first = load_dataset(mended(tmp_path, one), tmp_path)
    assert first.facts.column_names == ("ordered", "a")


def test_of_words_no_mean_is_offered(tmp_path):
    table = frame().assign(town=["Bath", "York", None] * 20)[["town", "a", "y"]]
    table.to_csv(tmp_path / "d.csv", index=False)
    with pytest.raises(DataError) as caught:
        load_dataset(project(), tmp_path)
    labels = [one.label for one in caught.value.fixes]
    assert "Fill with the most frequent value" in labels
    assert "Fill with the mean" not in labels
    assert '"most_frequent" (fills in the most frequent value)' in caught.value.fix
    table.assign(a=[None, *table["a"][1:]]).to_csv(tmp_path / "d.csv", index=False)
    with pytest.raises(DataError) as caught:
        load_dataset(project(), tmp_path)
    assert "Fill with the mean" in [one.label for one in caught.value.fixes]
