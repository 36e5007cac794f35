"""Choices of columns hold everywhere: roles, types, and how the rows are split."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.model_selection import train_test_split

from netbuilder.core.data.data_report import make_report
from netbuilder.core.data.load import load_dataset, load_facts
from netbuilder.core.data.prepare.inference_data import raw_of_table, read_split
from netbuilder.core.data.prepare.splits import split_rows
from netbuilder.core.data.preprocessing.cells import dates_as_days
from netbuilder.core.data.readers import large_csv
from netbuilder.core.errors import DataError
from netbuilder.core.project.edits import set_data
from netbuilder.core.project.edits_data import set_columns
from netbuilder.core.project.model import ColumnChoice, Data, Graph, Node, Project
from tests.core.data.stream_batches import stream_batches

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


def project_of(kind, target=(), **options: object):
    own = {key: options.pop(key) for key in ("columns", "scaling") if key in options}
    data = Data(kind, path="d.csv", target=target, options=options, **own)
    return Project(data=data)


def roles(one, folder):
    return {column.name: column.role for column in make_report(one, folder).columns}


# -- series


def shops():
    """Two shops, one below the other, newest first; what each day brings is its number."""
    days = pd.date_range("2024-01-01", periods=30).strftime("%Y-%m-%d")[::-1]
    one = pd.DataFrame({"day": days, "shop": "A", "open": "yes", "sold": np.arange(30)[::-1]})
    other = one.assign(shop="B", sold=one["sold"] + 100, open="no")
    return pd.concat([one, other])


def test_a_series_shows_what_orders_and_what_groups_it(tmp_path):
    shops().to_csv(tmp_path / "d.csv", index=False)
    concluded = project_of("series", ("sold",), window=3)
    assert roles(concluded, tmp_path) == {
        "day": "order", "shop": "group", "open": "ignore", "sold": "target",
    }  # fmt: skip
    decided = set_columns(set_columns(concluded, ["day"], role="order"), ["shop"], role="group")
    for one in (concluded, decided):
        x = load_dataset(one, tmp_path).train.raw_x["input"][..., 0]
        # A reader that took the rows as they stand would see the series run backwards.
        assert (np.diff(x, axis=1) == 1).all()
        assert {bool(window[0] >= 100) for window in x} == {True, False}


def test_a_role_of_a_series_takes_the_place_of_its_option(tmp_path):
    table = shops().assign(number=np.tile(np.arange(30), 2))
    table.to_csv(tmp_path / "d.csv", index=False)
    one = project_of("series", ("sold",), window=3, order_by="day", group="shop")
    other = set_columns(one, ["number"], role="order")
    assert "order_by" not in other.data.options
    assert other.data.options["group"] == "shop"
    x = load_dataset(other, tmp_path).train.raw_x["input"][..., 0]
    assert (np.diff(x, axis=1) == -1).all(), "'number' counts from the newest day on"


def test_types_of_a_series(tmp_path):
    shops().to_csv(tmp_path / "d.csv", index=False)
    one = project_of("series", ("sold",), window=3, scaling="none")
    assert load_dataset(one, tmp_path).facts.column_names == ("sold",)
    yes_no = set_columns(one, ["open"], type="boolean")
    found = load_dataset(yes_no, tmp_path)
    assert found.facts.column_names == ("open", "sold")
    x = found.train.raw_x["input"]
    assert set(x[..., 0][x[..., 1] < 100]) == {1.0}
    assert set(x[..., 0][x[..., 1] >= 100]) == {0.0}
    left = set_columns(yes_no, ["open"], role="ignore")
    assert load_dataset(left, tmp_path).facts.column_names == ("sold",)


def test_weights_and_parts_of_a_series_are_those_of_the_predicted_row(tmp_path):
    rows = np.arange(40)
    table = pd.DataFrame(
        {
            "sure": 1 + rows % 4,
            "part": np.where(rows < 24, "train", np.where(rows < 32, "val", "test")),
            "sold": rows,
        }
    )
    table.to_csv(tmp_path / "d.csv", index=False)
    one = project_of("series", ("sold",), window=3, scaling="none", columns={
        "sure": ColumnChoice("weight"), "part": ColumnChoice("split"),
    })  # fmt: skip
    found = load_dataset(one, tmp_path)
    assert found.validation is not None and found.test is not None
    assert found.facts.column_names == ("sold",)
    answers = found.train.raw_y["output"][:, 0]
    assert sorted(answers) == list(range(3, 24))
    assert found.validation.raw_y["output"][:, 0].tolist() == list(range(24, 32))
    assert found.test.raw_y["output"][:, 0].tolist() == list(range(32, 40))
    assert found.train.sample_weight is not None
    np.testing.assert_array_equal(found.train.sample_weight, 1 + answers % 4)


# -- texts


def texts():
    return pd.DataFrame(
        {
            "title": [f"a title {n}" for n in range(40)],
            "review": [f"a much longer text about film {n}, good or bad" for n in range(40)],
            "sure": 1 + np.arange(40) % 3,
            "part": ["test" if n % 4 == 0 else "train" for n in range(40)],
            "mood": [("good", "bad")[n % 2] for n in range(40)],
        }
    )


def test_columns_of_texts_have_roles_and_types(tmp_path):
    texts().to_csv(tmp_path / "d.csv", index=False)
    one = project_of("text")
    assert roles(one, tmp_path) == {
        "title": "ignore", "review": "feature", "sure": "ignore", "part": "ignore",
        "mood": "target",
    }  # fmt: skip
    told = [n for n in load_facts(one, tmp_path).findings if n.code == "other-texts"]
    assert [n.column for n in told] == ["title", "part"]
    assert told[0].message == "The column 'title' is not used: the texts are read from 'review'."
    assert roles(told[0].fixes[0].edit(one), tmp_path)["title"] == "feature"
    typed = set_columns(one, ["title"], type="text")
    assert "title" in load_dataset(typed, tmp_path).facts.vocabulary
    assert "longer" not in load_dataset(typed, tmp_path).facts.vocabulary


def test_weights_parts_and_labels_of_texts(tmp_path):
    table = texts()
    table.loc[3, "mood"] = None
    table.to_csv(tmp_path / "d.csv", index=False)
    one = project_of("text", columns={
        "sure": ColumnChoice("weight"), "part": ColumnChoice("split"),
    })  # fmt: skip
    one = set_data(one, None, validation_split=0.0)
    found = load_dataset(one, tmp_path)
    kept = table[(table["part"] == "train") & table["mood"].notna()]
    assert found.facts.rows == len(kept) == 29
    assert found.facts.test_rows == 10
    assert found.train.sample_weight is not None
    np.testing.assert_array_equal(found.train.sample_weight, kept["sure"])
    assert "1 row with missing values was left out." in found.facts.notes
    other = set_columns(one, ["title"], role="target")
    assert roles(set_columns(other, ["mood"], role="ignore"), tmp_path)["title"] == "target"


def test_what_of_texts_is_lost_is_said(tmp_path):
    table = pd.DataFrame({"text": ["one two three four", "one two", "one five"] * 10,
                          "y": [0, 1, 0] * 10})  # fmt: skip
    table.to_csv(tmp_path / "d.csv", index=False)
    one = Project(data=Data("text", path="d.csv", target=("y",), test_split=0.0,
                            validation_split=0.0,
                            options={"sequence_length": 3, "max_words": 4}))  # fmt: skip
    notes = load_facts(one, tmp_path).notes
    assert "10 of 30 texts have more than 3 words and are cut off there." in notes
    # Known are 'one' and 'two': 'three', 'four' and 'five' are 30 of 80 words.
    assert "37.5% of the words are rare and count as unknown." in notes


# -- pictures that a table names


def test_columns_of_named_pictures(tmp_path):
    (tmp_path / "p").mkdir()
    rows = []
    for n in range(20):
        Image.new("L", (8, 8), 40 if n % 2 else 210).save(tmp_path / "p" / f"{n}.png")
        rows.append(f"Foto;{1 + n % 2};p/{n}.png;{n / 10:.1f}".replace(".", ",", 0))
    text = "Kamera;sicher;bild;größe\n" + "\n".join(rows).replace(".png", "@").replace(".", ",")
    (tmp_path / "d.csv").write_text(text.replace("@", ".png"), encoding="cp1252")
    one = project_of("images", color_mode="grayscale", columns={"sicher": ColumnChoice("weight")})
    found = load_dataset(one, tmp_path)
    assert found.facts.task == "regression"
    assert found.train.sample_weight is not None
    grey = found.train.raw_x["input"][:, 0, 0, 0]
    np.testing.assert_array_equal(found.train.sample_weight, np.where(grey < 100, 2, 1))
    # A script with pandas' defaults would meet one column, and no 'größe'.
    assert found.facts.read_as == {"sep": ";", "decimal": ",", "encoding": "cp1252"}
    assert found.preprocessing.hints["like_decimal"] == ","
    assert roles(one, tmp_path) == {
        "Kamera": "ignore", "sicher": "weight", "bild": "feature", "größe": "target",
    }  # fmt: skip


# -- groups stay together


@pytest.mark.parametrize("large", [False, True])
def test_rows_of_a_group_are_never_divided_among_parts(tmp_path, home, monkeypatch, large):
    monkeypatch.setattr(large_csv, "CHUNK_ROWS", 100)
    patients = np.arange(600) // 4
    random = np.random.default_rng(0)
    table = pd.DataFrame({"who": [f"p{n}" for n in patients], "code": patients,
                          "x": random.normal(size=600), "y": random.normal(size=600)})  # fmt: skip
    table.to_csv(tmp_path / "d.csv", index=False)
    limit = {"memory_limit_mb": 0.001} if large else {}
    one = project_of("csv", ("y",), scaling="none", columns={"who": ColumnChoice("group")}, **limit)
    found = load_dataset(one, tmp_path)
    assert found.validation is not None and found.test is not None
    train = found.train.raw_x["input"]
    if large:
        assert found.stream is not None
        train = np.concatenate([b[0]["input"] for b in stream_batches(found.stream, 64, False, 0)])
    parts = [set(part[:, 0].astype(int)) for part in (
        train, found.validation.raw_x["input"], found.test.raw_x["input"],
    )]  # fmt: skip
    assert found.facts.column_names == ("code", "x")
    assert sum(map(len, parts)) == len(set.union(*parts)) == 150
    assert len(parts[0]) > 80 and len(parts[1]) > 3 and len(parts[2]) > 15
    # A draw row by row would divide nearly all of them.
    apart = load_dataset(set_columns(one, ["who"], role="ignore"), tmp_path)
    assert apart.test is not None
    if not large:
        known = set(apart.train.raw_x["input"][:, 0].astype(int))
        assert len(known & set(apart.test.raw_x["input"][:, 0].astype(int))) > 50


def test_one_group_cannot_be_divided(tmp_path):
    pd.DataFrame({"who": "p", "x": range(20), "y": range(20)}).to_csv(tmp_path / "d.csv")
    one = project_of("csv", ("y",), columns={"who": ColumnChoice("group")})
    with pytest.raises(DataError, match="same value in every row"):
        load_dataset(one, tmp_path)


@pytest.mark.parametrize("count", [10, 61, 1000])
@pytest.mark.parametrize("seed", [0, 1, 12345])
@pytest.mark.parametrize("classed", [False, True])
def test_the_rows_are_those_of_train_test_split(count, seed, classed):
    classes = np.arange(count) % 2 if classed else None
    cut = split_rows(count, validation=0.25, test=0.3, seed=seed, classes=classes, ordered=False)
    rest, test = train_test_split(
        np.arange(count), test_size=round(count * 0.3), random_state=seed, stratify=classes
    )
    rest = np.sort(rest)
    train, watched = train_test_split(
        rest, test_size=round(len(rest) * 0.25), random_state=seed,
        stratify=None if classes is None else classes[rest],
    )  # fmt: skip
    assert cut.test.tolist() == sorted(test)
    assert cut.validation.tolist() == sorted(watched)
    assert cut.train.tolist() == sorted(train)


@pytest.mark.parametrize("rows", [40, 120])
def test_a_class_of_one_row_is_learned_and_the_others_keep_their_shares(rows):
    classes = np.arange(rows) % 4
    classes[rows // 2] = 4
    cut = split_rows(rows, validation=0.2, test=0.25, seed=3, classes=classes, ordered=False)
    assert 4 in classes[cut.train]
    for part, share in ((cut.validation, 0.15), (cut.test, 0.25)):
        counts = np.bincount(classes[part], minlength=5)
        assert np.ptp(counts[:4]) <= 1, "each other class has its share"
        assert counts[4] == 0
        assert abs(len(part) - share * rows) <= 1
