"""Roles and types of columns are one mechanism: in tables, series, texts and named pictures."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from netbuilder.core.data.data_report import make_report
from netbuilder.core.data.load import load_dataset, load_facts
from netbuilder.core.data.readers import large_csv
from netbuilder.core.errors import DataError
from netbuilder.core.project.edits import set_data
from netbuilder.core.project.edits_data import set_columns
from netbuilder.core.project.model import ColumnChoice, Data, Project
from tests.core.data.stream_batches import stream_batches


def project(kind, target=(), **options: object):
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
    concluded = project("series", ("sold",), window=3)
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
    one = project("series", ("sold",), window=3, order_by="day", group="shop")
    other = set_columns(one, ["number"], role="order")
    assert "order_by" not in other.data.options
    assert other.data.options["group"] == "shop"
    x = load_dataset(other, tmp_path).train.raw_x["input"][..., 0]
    assert (np.diff(x, axis=1) == -1).all(), "'number' counts from the newest day on"


def test_types_of_a_series(tmp_path):
    shops().to_csv(tmp_path / "d.csv", index=False)
    one = project("series", ("sold",), window=3, scaling="none")
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
    one = project("series", ("sold",), window=3, scaling="none", columns={
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
    one = project("text")
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
    one = project("text", columns={
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
    one = project("images", color_mode="grayscale", columns={"sicher": ColumnChoice("weight")})
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
    one = project("csv", ("y",), scaling="none", columns={"who": ColumnChoice("group")}, **limit)
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
    one = project("csv", ("y",), columns={"who": ColumnChoice("group")})
    with pytest.raises(DataError, match="same value in every row"):
        load_dataset(one, tmp_path)
