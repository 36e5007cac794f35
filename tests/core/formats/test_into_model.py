"""What was done to the data is inside the file: a row as it stands in the data has one answer.

In the window's core, on the command line, in a ``.keras`` that plain Keras opens, in a SavedModel
that TensorFlow opens, and in the script: each time the same.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from netbuilder.core.data.dataset import Dataset
from netbuilder.core.data.defaults import resolve
from netbuilder.core.data.load import load
from netbuilder.core.engine.build.assembly import assemble, assemble_for_files
from netbuilder.core.engine.build.graph_to_keras import build_core
from netbuilder.core.engine.session import Session
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.formats import registry
from netbuilder.core.project.model import Choice, ColumnChoice, Data, Graph, Node, Project, Training
from netbuilder.core.results import predict

# What the child gives to the models is made by plain Python out of the very files.
CHILD = """
import sys
sys.modules["netbuilder"] = None
import json, pathlib
import keras, numpy as np, tensorflow as tf
row = json.loads(pathlib.Path("row.json").read_text())
given = tf.constant(row["array"]) if "array" in row else {
    name: tf.constant(one, tf.int64 if isinstance(one[0][0], int) else None)
    for name, one in row.items()
}
opened = keras.models.load_model("m.keras")
served = tf.saved_model.load("saved")
found = [opened.predict(given, verbose=0), served.serve(given).numpy()]
print(json.dumps([one.tolist() for one in found]))
"""


def chain(data: Data, *layers: tuple[str, dict[str, Any]]) -> Project:
    nodes = [Node("input", "Input"), *(Node(f"l{i}", *one) for i, one in enumerate(layers))]
    edges = tuple(pairwise(node.id for node in nodes))
    plan = Training(optimizer=Choice("Adam", {"learning_rate": 0.02}), epochs=2, seed=3)
    return Project("Row", Graph(tuple(nodes), edges), data, plan)


@dataclass(frozen=True)
class Case:
    """``project`` on files in a folder; ``row`` as plain Keras gets it (one array, or cells by
    column), ``ask`` as the window does, ``file`` as the command line reads it (one row)."""

    project: Project
    row: dict[str, Any]
    ask: Callable[[TrainedModel, Path], predict.Predictions]
    file: str


COLUMNS = {
    "size": ColumnChoice(missing="median"),
    "colour": ColumnChoice(missing="most_frequent"),
    "floor": ColumnChoice(type="category"),
    "lift": ColumnChoice(type="boolean"),
}
ROWS = {"size": 31.5, "colour": "grün", "floor": 2, "lift": "yes", "town": "Ulm / Donau"}


def table(folder: Path) -> Case:
    """Numbers with gaps, words with gaps, whole numbers that are names, yes and no."""
    steps = np.arange(90)
    colours = np.array(["rot", "blau", "grün", None], object)
    frame = pd.DataFrame(
        {
            "size": np.where(steps % 11 == 5, np.nan, 20 + steps % 40 * 1.5),
            "colour": colours[steps % 9 % 4],
            "floor": steps % 4,
            "lift": np.where(steps % 3, "yes", "no"),
            "town": np.array(["Bonn", "Ulm / Donau"], object)[steps // 2 % 2],
            "price": 100 + steps % 40 * 30 + (steps % 4) * 50.0,
        }
    )
    frame.to_csv(folder / "d.csv", index=False)
    pd.DataFrame([{**ROWS, "price": 0}]).to_csv(folder / "row.csv", index=False)
    data = Data(
        "csv", path="d.csv", target=("price",), columns=COLUMNS, scaling="standard",
        test_path="row.csv", options={"task": "regression"},
    )  # fmt: skip
    project = chain(data, ("Dense", {"units": 6, "activation": "relu"}), ("Dense", {"units": 1}))
    row = {name.replace("/", "_"): [[value]] for name, value in ROWS.items()}
    return Case(project, row, lambda trained, _: predict.predict_rows(trained, ROWS), "row.csv")


TEXT = "Ärgerlich: ein SCHLECHTER Film, (wirklich)  langweilig!"


def text(folder: Path) -> Case:
    good = ["Ein guter Film", "wirklich schön und gut", "große Kunst, gut", "sehr unterhaltsam"]
    bad = ["ein schlechter Film", "ärgerlich und langweilig", "öde, schlecht", "lange Stunden"]
    rows = [(one, "gut") for one in good] + [(one, "schlecht") for one in bad]
    pd.DataFrame(rows * 6, columns=["text", "mood"]).to_csv(folder / "d.csv", index=False)
    pd.DataFrame([(TEXT, "gut")], columns=["text", "mood"]).to_csv(folder / "row.csv", index=False)
    data = Data("text", path="d.csv", target=("mood",), test_path="row.csv")
    project = chain(
        data,
        ("Embedding", {"input_dim": 60, "output_dim": 4}),
        ("GlobalAveragePooling1D", {}),
        ("Dense", {"units": 1, "activation": "sigmoid"}),
    )
    row = {"array": [[TEXT]]}
    return Case(project, row, lambda trained, _: predict.predict_texts(trained, [TEXT]), "row.csv")


def pictures(folder: Path) -> Case:
    random = np.random.default_rng(0)
    for part, count in (("train", 16), ("test", 2)):
        for label, bright in (("dark", 60), ("light", 190)):
            (folder / "p" / part / label).mkdir(parents=True)
            for index in range(count):
                pixels = np.clip(random.normal(bright, 30, (12, 10, 3)), 0, 255).astype("uint8")
                Image.fromarray(pixels).save(folder / "p" / part / label / f"{index}.png")
    data = Data("images", path="p")
    project = chain(
        data,
        ("Conv2D", {"filters": 3, "kernel_size": 3, "activation": "relu"}),
        ("GlobalAveragePooling2D", {}),
        ("Dense", {"units": 1, "activation": "sigmoid"}),
    )
    file = folder / "p" / "test" / "dark" / "0.png"
    row = {"array": [np.asarray(Image.open(file), float).tolist()]}
    return Case(project, row, lambda trained, _: predict.predict_files(trained, [file]),
                "p/test/dark/0.png")  # fmt: skip


def series(folder: Path) -> Case:
    steps = np.arange(120)
    values = 50 + 20 * np.sin(steps / 5) + steps % 3
    pd.DataFrame({"t": values}).to_csv(folder / "d.csv", index=False)
    pd.DataFrame({"t": values[-6:]}).to_csv(folder / "row.csv", index=False)
    data = Data("series", path="d.csv", target=("t",), options={"window": 6})
    project = chain(data, ("LSTM", {"units": 4}), ("Dense", {"units": 1}))
    window = values[-6:].reshape(1, 6, 1)

    def ask(trained: TrainedModel, _: Path) -> predict.Predictions:
        return predict.predict_raw(trained, {"input": window})

    return Case(project, {"array": window.tolist()}, ask, "row.csv")


CASES = {"table": table, "text": text, "pictures": pictures, "series": series}


def run(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-X", "utf8", *arguments], check=False, cwd=folder, capture_output=True,
        encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.parametrize("name", CASES)
def test_one_row_has_one_answer_everywhere(tmp_path: Path, name: str) -> None:
    case = CASES[name](tmp_path)
    project = case.project
    dataset = load(project, tmp_path)
    trained = Session(project, dataset, on_event=lambda _event: None).run()
    asked = case.ask(trained, tmp_path).first
    expected = np.asarray(asked.values, np.float64).reshape(-1)
    assert expected.shape == (1,) and np.isfinite(expected).all()

    registry.save(trained, tmp_path / "m.keras", tmp_path)
    registry.save(trained, tmp_path / "saved", tmp_path)
    (tmp_path / "row.json").write_text(json.dumps(case.row), "utf-8")
    found = json.loads(run(tmp_path, "-c", CHILD).splitlines()[-1])
    for answer in found:
        np.testing.assert_allclose(np.ravel(answer), expected, rtol=1e-5)

    # NetBuilder opens what it wrote, with the same weights, and so does its command line.
    again = registry.load(tmp_path / "m.keras")
    np.testing.assert_allclose(case.ask(again, tmp_path).first.values.reshape(-1), expected, 1e-5)
    run(tmp_path, "-m", "netbuilder", "predict", "m.keras", case.file, "-o", "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        line = list(csv.DictReader(file))[-1]
    probability = [one for key, one in line.items() if key.startswith("probability")]
    said = float(probability[-1]) if probability else float(next(
        one for key, one in line.items() if key.startswith("predicted")))  # fmt: skip
    np.testing.assert_allclose(said, expected[0], rtol=1e-5)


def untrained(project: Project, folder: Path) -> tuple[TrainedModel, Dataset]:
    """With the weights that a run begins with: these tests are about what stands in front."""
    dataset = load(project, folder)
    project = resolve(project, dataset.facts)
    core = build_core(project, dataset.facts)
    model = assemble(core, project, dataset.pre, dataset.facts)
    return TrainedModel(project, core, model, dataset.pre, dataset.facts), dataset


def cells_of(frame: pd.DataFrame, **types: str) -> dict[str, Any]:
    import tensorflow as tf

    return {name: tf.constant(frame[[name]].to_numpy(), types.get(name)) for name in frame}


def test_two_inputs_of_a_table_share_a_column_and_a_stranger_is_refused(tmp_path: Path) -> None:
    steps = np.arange(60)
    frame = pd.DataFrame(
        {
            "kind": np.array(["a", "b", "c"], object)[steps % 3],
            "left": steps * 1.5,
            "y": steps * 2.0,
        }
    )
    frame.to_csv(tmp_path / "d.csv", index=False)
    nodes = (
        Node("left", "Input"), Node("right", "Input"), Node("both", "Concatenate"),
        Node("out", "Dense", {"units": 1}),
    )  # fmt: skip
    edges = (("left", "both"), ("right", "both"), ("both", "out"))
    data = Data(
        "csv", path="d.csv", target=("y",), inputs={"left": ("left",), "right": ("kind", "left")}
    )
    trained, _ = untrained(Project(graph=Graph(nodes, edges), data=data), tmp_path)
    made = assemble_for_files(trained.core, trained.project, trained.pre, trained.facts)
    assert made is not None
    # The Input "left" takes its numbers as ever; the column of that name is another input.
    assert list(made.names.values()) == ["left", "kind", "left_2"]
    rows = frame.iloc[:5]
    given = cells_of(rows[["kind"]]) | {
        "left": rows[["left"]].to_numpy("float32"), "left_2": rows[["left"]].to_numpy("float32")
    }  # fmt: skip
    one_hot = np.equal.outer(rows["kind"].to_numpy(), np.array(["a", "b", "c"])).astype("float32")
    raw = np.concatenate([one_hot, rows[["left"]]], axis=1).astype("float32")
    expected = trained.model([rows[["left"]].to_numpy("float32"), raw])
    given = {key: keras.ops.convert_to_tensor(one) for key, one in given.items()}
    np.testing.assert_allclose(made.model(given), expected, rtol=1e-5)
    strange = given | {"kind": cells_of(pd.DataFrame({"kind": ["d"] * 5}))["kind"]}
    with pytest.raises(Exception, match="found OOV values"):
        made.model(strange)


@pytest.mark.parametrize("level", ["character", "word"])
def test_a_text_to_go_on_from(tmp_path: Path, level: str) -> None:
    """The last characters count, a short beginning is padded in front, capitals are none."""
    text = "Über dem Öl-See\nsingt ein Vogel. " * 8
    (tmp_path / "t.txt").write_text(text, "utf-8")
    options = {"task": "next_token", "window": 9, "level": level}
    layers = (("Embedding", {"input_dim": 40, "output_dim": 5}), ("Flatten", {}),
              ("Dense", {"units": 24, "activation": "softmax"}))  # fmt: skip
    project = chain(Data("text", path="t.txt", options=options), *layers)
    trained, _ = untrained(project, tmp_path)
    registry.save(trained, tmp_path / "m.keras")
    opened = keras.models.load_model(tmp_path / "m.keras")
    if level == "word":  # cut apart by a rule that no layer knows: numbers go in, as ever
        assert opened.input_shape == (None, 9)
        return
    texts = ["ÜBER DEM ÖL-SEE", "See", "ein\nVog", "z\u00fcgig und x"]
    found = opened.predict(keras.ops.convert_to_tensor([[one] for one in texts]), verbose=0)
    expected = predict.predict_texts(trained, texts).first.values
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert not np.allclose(found[0], found[1])


def test_texts_without_blanks(tmp_path: Path) -> None:
    rows = [("这部电影很好", "好"), ("这部电影很差", "差")] * 10
    pd.DataFrame(rows, columns=["text", "mood"]).to_csv(tmp_path / "d.csv", index=False)
    layers = (("Embedding", {"input_dim": 20, "output_dim": 3}), ("Flatten", {}),
              ("Dense", {"units": 1, "activation": "sigmoid"}))  # fmt: skip
    trained, _ = untrained(chain(Data("text", path="d.csv", target=("mood",)), *layers), tmp_path)
    notes = registry.save(trained, tmp_path / "m.keras")
    assert notes == ("It takes texts as strings, of the shape (texts, 1).",)
    opened = keras.models.load_model(tmp_path / "m.keras")
    texts = ["电影很好!", "很差 X"]
    found = opened.predict(keras.ops.convert_to_tensor([[one] for one in texts]), verbose=0)
    expected = predict.predict_texts(trained, texts).first.values
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_picture_of_another_size_is_brought_to_size_in_the_file(tmp_path: Path) -> None:
    """Nearly: Pillow rounds to whole steps of grey behind a resize, Keras does not."""
    case = pictures(tmp_path)
    trained, _ = untrained(case.project, tmp_path)
    registry.save(trained, tmp_path / "m.keras")
    opened = keras.models.load_model(tmp_path / "m.keras")
    random = np.random.default_rng(5)
    pixels = random.integers(0, 256, (33, 27, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "large.png")
    expected = predict.predict_files(trained, [tmp_path / "large.png"]).first.values
    found = opened.predict(pixels[None].astype("float32"), verbose=0)
    np.testing.assert_allclose(found, expected, atol=2e-3)
