"""What a script does with its table: targets, features, splits and scaling, read from the text."""

from __future__ import annotations

from pathlib import Path

import pytest

from netbuilder.core.formats.importing.import_file import import_file
from netbuilder.core.formats.importing.report import LEFT_OUT, Imported
from netbuilder.core.project.model import Data

HEAD = """import keras, numpy as np, pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import *
df = pd.read_csv("houses.csv")
"""
TAIL = """
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
model.compile("adam", "mse")
"""
FIT = "model.fit(X, y, epochs=2)\n"


def read(folder: Path, text: str, fit: str = FIT) -> Imported:
    (folder / "houses.csv").write_text("area,rooms,id,price\n" + "1.5,2,3,4\n2.5,3,4,5\n" * 9)
    (folder / "net.py").write_text(HEAD + text + TAIL + fit, encoding="utf-8")
    return import_file(folder / "net.py")


def sides(data: Data) -> tuple[tuple[str, ...], set[str]]:
    return data.target, {name for name, one in data.columns.items() if one.role == "ignore"}


@pytest.mark.parametrize(
    ("text", "target", "ignored"),
    [
        ('y = df["area"]\nX = df.drop(columns=["area"])', "area", ""),
        ('y = df.pop("rooms").values\nX = df.to_numpy()', "rooms", ""),
        ('y = df[["price", "area"]].to_numpy("float32")\nX = df[["rooms"]]', "price area", "id"),
        ('y = df["area"].values\nX = df.drop("area", axis=1).drop(["id"], axis=1).values',
         "area", "id"),
        ('df.drop("id", axis=1, inplace=True)\ny = df.area\ndel df["area"]\nX = df', "area", "id"),
        ('targets = ["rooms"]\nfeatures = ["area", "price"]\nX = df[features]\ny = df[targets]',
         "rooms", "id"),
        ("X = df.iloc[:, 1:].values\ny = df.iloc[:, 0].values", "area", ""),
        ("rows = df.values\nX, y = rows[:, :2], rows[:, -1]", "price", "id"),
        ('X = df.drop(columns="area")\ny = df[df["id"] > 3]["area"].map({1: 2}).astype(int)',
         "area", ""),
        ('def parts(t):\n    return t.drop("area", axis=1), t.area\nX, y = parts(df)', "area", ""),
    ],
)  # fmt: skip
def test_targets_and_features_are_those_of_the_code(
    tmp_path: Path, text: str, target: str, ignored: str
) -> None:
    found = read(tmp_path, text)
    assert sides(found.project.data) == (tuple(target.split()), set(ignored.split()))
    assert found.changes == ()


def test_without_fit_the_usual_names_tell(tmp_path: Path) -> None:
    text = 'y_train = df.pop("rooms")\nX_train = df.drop(columns="id")'
    assert sides(read(tmp_path, text, "").project.data) == (("rooms",), {"id"})


@pytest.mark.parametrize("text", ["", "X = df\ny = other(df)", 'y = df["no such column"]'])
def test_a_target_that_is_not_seen_is_said(tmp_path: Path, text: str) -> None:
    found = read(tmp_path, text)
    told = [(one.item, one.taken) for one in found.changes]
    assert told == [("target", LEFT_OUT)]
    assert "4" in found.changes[0].message.partition(":")[0]
    assert sides(found.project.data) == ((), set())


SPLIT = """y, X = df["price"], df[["area", "rooms"]]
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=7)
"""


def test_the_shares_of_splits_and_the_scaling_are_taken_over(tmp_path: Path) -> None:
    scaled = SPLIT + "s = MinMaxScaler()\nX_train = s.fit_transform(X_train)\n"
    fit = "model.fit(X_train, y_train, validation_split=0.3)\n"
    found = read(tmp_path, scaled, fit)
    data = found.project.data
    assert (data.test_split, data.validation_split, data.scaling) == (0.25, 0.3, "minmax")
    assert (sides(data), found.changes) == ((("price",), {"id"}), ())

    again = SPLIT.replace("test_size=0.25", "train_size=0.6") + (
        "X_train, X_val, y_train, y_val = train_test_split(X_train, y_train, test_size=0.2)\n"
        "X_train = StandardScaler().fit_transform(X_train)\n"
    )
    found = read(tmp_path, again, "model.fit(X_train, y_train, validation_data=(X_val, y_val))\n")
    data = found.project.data
    assert (data.test_split, data.validation_split, data.scaling) == (0.4, 0.2, "standard")
    assert found.changes == ()

    halves = SPLIT + "X_val, X_test, y_val, y_test = train_test_split(X_test, y_test, test_size=.4)"
    data = read(tmp_path, halves, fit.replace(", validation_split=0.3", "")).project.data
    # Of 100 rows 75 train, 15 validate and 10 test; validation is a share of the 90 without test.
    assert (data.test_split, data.validation_split) == (0.1, pytest.approx(15 / 90, abs=1e-6))


def test_what_is_done_otherwise_is_said_with_its_line(tmp_path: Path) -> None:
    text = """y = df["price"] / 1000
df["each"] = df["area"] / df["rooms"]
X = df[["area", "each"]]
X, X_test, y, y_test = train_test_split(X, y, test_size=5)
X = RobustScaler().fit_transform(X)
"""
    found = read(tmp_path, text, "model.fit(X, y, validation_data=(X_test, y_test))\n")
    told = {one.item: one for one in found.changes}
    lines = {item: one.message.partition(":")[0][-2:].strip() for item, one in told.items()}
    assert lines == {"target": "5", "each": "6", "train_test_split": "8", "scaling": "9",
                     "validation_data": "13"}  # fmt: skip
    assert {one.taken for one in found.changes} == {LEFT_OUT}
    data = found.project.data
    assert (sides(data), data.test_split) == ((("price",), {"rooms", "id"}), 0.2)
    assert data.scaling == "auto"


def test_columns_go_to_the_input_that_takes_them(tmp_path: Path) -> None:
    fit = """
a, b = keras.Input((1,), name="size"), keras.Input((2,), name="rest")
model = keras.Model([a, b], keras.layers.Dense(1)(keras.layers.concatenate([a, b])))
model.compile("adam", "mse")
model.fit([df[["area"]], df[["rooms", "id"]].values], df["price"])
"""
    data = read(tmp_path, "", fit).project.data
    assert data.inputs == {"size": ("area",), "rest": ("rooms", "id")}
    assert data.target == ("price",)


def test_a_loop_that_cannot_be_counted_and_a_misspelt_argument(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("""import keras
start = x = keras.Input((9,))
while x.shape[1] > 8:
    x = keras.layers.Dense(5)(x)
model = keras.Model(start, keras.layers.Dense(1, activaton="relu")(x))
""")
    found = import_file(tmp_path / "net.py")
    told = {one.item: one for one in found.changes}
    assert set(told) == {"loop", "activaton"}
    assert {one.taken for one in told.values()} == {LEFT_OUT}
    assert "'activation'" in told["activaton"].message
    assert "3" in told["loop"].message
    assert "while" not in told["loop"].message
    graph = found.project.graph
    assert [node.layer for node in graph.nodes] == ["Input", "loop", "Dense"]
    from netbuilder.core.check.diagnostics import diagnose

    said = {one.message for one in diagnose(found.project) if one.node == "loop"}
    assert told["loop"].message in said
