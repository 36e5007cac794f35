"""What was done to the data is inside the file: a row as it stands in the data has one answer.

In the window's core, on the command line, in a ``.h5`` with what stands in its attributes, in a
``.keras`` that plain Keras opens, in a SavedModel that TensorFlow opens, and in the script: each
time the same.
"""

import csv
import json
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from netbuilder.cli import main
from netbuilder.core.data.defaults import resolve_defaults
from netbuilder.core.data.load import load_dataset, load_facts
from netbuilder.core.engine.networks.assembly import assemble, assemble_for_files
from netbuilder.core.engine.networks.graph_to_keras import build_training_model
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import DataError
from netbuilder.core.formats import registry
from netbuilder.core.formats.script.python import Style, script_source
from netbuilder.core.project.model import ColumnChoice, Data, Graph, Node, Project
from netbuilder.core.results import predict
from netbuilder.core.results.predict_file import predict_file
from tests.core.formats.raw_cases import CASES, chain, pictures
from tests.sessions import graph_session

source = partial(script_source, style=Style.EXACT)


@dataclass(frozen=True)
class Written:
    """A trained case: its folder, and what the window's core answers to its rows."""

    case: Any
    folder: Path
    trained: TrainedModel
    answers: list[np.ndarray]


#: The first is asked always, the others in the slow tests: they train for a minute.
FEW = ("table",)
REST = tuple(name for name in CASES if name not in FEW)
NAMES = [
    pytest.param(name, marks=() if name in FEW else pytest.mark.slow) for name in (*FEW, *REST)
]


#: Files that take numbers only, as a ``.h5``; written in the slow tests.
NUMBERED = ("m.tflite", "m.onnx")


class Cases(dict[str, Written]):
    """Cases by name, trained and written when they are first asked for."""

    def __init__(self, place):
        super().__init__()
        self._place = place

    def __missing__(self, name):
        folder = self._place / name
        folder.mkdir(exist_ok=True)
        case = CASES[name](folder)
        dataset = load_dataset(case.project, folder)
        trained = graph_session(case.project, dataset).run()
        for file in ("m.h5", "m.keras", "saved", *(NUMBERED if name in REST else ())):
            if registry.format_for(folder / file).available:
                registry.save_network(trained, folder / file, folder)
        known = load_facts(case.project, folder)
        (folder / "script.py").write_text(source(case.project, known), "utf-8")
        (folder / "script_alone.py").write_text(source(case.project), "utf-8")
        (folder / "cells.json").write_text(json.dumps(dict(case.cells)), "utf-8")
        said = predict_file(trained, folder / case.file)
        answers = [np.asarray(one.values, float) for one in said.outputs.values()]
        assert all(np.isfinite(one).all() and len(one) for one in answers)
        self[name] = made = Written(case, folder, trained, answers)
        return made


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return Cases(tmp_path_factory.mktemp("cases"))


def run(*arguments: str | Path):
    done = subprocess.run(
        [sys.executable, "-X", "utf8", *map(str, arguments)], check=False, capture_output=True,
        encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


class Plain(dict[str, dict[str, list[Any]]]):
    """Answers of plain Keras and TensorFlow, in a process where NetBuilder is not."""

    def __init__(self, written):
        super().__init__()
        self._written, self._failed = written, set[str]()

    def __missing__(self, name):
        assert name not in self._failed, "its process failed: see the first test that failed"
        # One process for all: it takes longer to begin than to answer.
        reader = Path(__file__).with_name("plain_reader.py")
        self._failed.update(CASES)
        output = run(reader, *(self._written[case].folder for case in CASES))
        self.update(json.loads(output.splitlines()[-1]))
        return self[name]


@pytest.fixture(scope="module")
def plain(written):
    return Plain(written)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("file", ["m.h5", "m.keras", "saved", "script.h5", "script_alone.h5"])
def test_plain_keras_answers_rows_as_they_stand_in_the_file(written, plain, name, file):
    one = written[name]
    found = [np.asarray(answer, float) for answer in plain[name][file]]
    assert [answer.shape for answer in found] == [answer.shape for answer in one.answers]
    for answer, expected in zip(found, one.answers, strict=True):
        size = np.abs(expected).max()
        np.testing.assert_allclose(answer, expected, atol=one.case.near * size)


@pytest.mark.slow
@pytest.mark.parametrize("name", REST)
@pytest.mark.parametrize("file", NUMBERED)
def test_plain_interpreters_answer_the_same(written, plain, name, file):
    one = written[name]
    if not registry.format_for(one.folder / file).available:
        pytest.skip("its packages are not installed")
    for found, expected in zip(plain[name][file], one.answers, strict=True):
        size = np.abs(expected).max()
        np.testing.assert_allclose(found, expected, atol=one.case.near * size)


@pytest.mark.slow
@pytest.mark.parametrize("file", ["script.keras", "script_alone.keras"])
@pytest.mark.parametrize(
    "name",
    ["table", "gaps", "dropped", "two_inputs", "texts", "pictures", "pictures_of_another_size"],
)
def test_a_script_saves_a_keras_that_takes_words_and_pictures(written, plain, name, file):
    one = written[name]
    size = np.abs(one.answers[0]).max()
    for found, expected in zip(plain[name][file], one.answers, strict=True):
        np.testing.assert_allclose(found, expected, atol=one.case.near * size)


@pytest.mark.parametrize("name", NAMES)
def test_the_command_line_answers_the_same(written, name, monkeypatch):
    one = written[name]
    monkeypatch.chdir(one.folder)
    for file in ("m.h5", "m.keras"):
        assert main(["predict", file, one.case.file, "-o", "out.csv"]) == 0
        with Path("out.csv").open(encoding="utf-8", newline="") as opened:
            lines = list(csv.DictReader(opened))
        said = {key: [line[key] for line in lines] for key in lines[0]}
        for answers, expected in zip(columns_of(said, one), one.answers, strict=True):
            np.testing.assert_allclose(answers, expected, rtol=1e-5, atol=1e-6)


def columns_of(said, one):
    """Of each output what stands in the written table: numbers, or the probability of classes."""
    for answers in predict_file(one.trained, one.folder / one.case.file).outputs.values():
        names = list(answers.to_columns())
        kept = [name for name in names if name.startswith("probability")] or names
        kept = kept[-answers.values.shape[1] :]
        # Each step of a series stands beside the row that it is for: others have no answer.
        yield np.array([[float(cell) for cell in said[name] if cell] for name in kept]).T


@pytest.mark.slow
def test_what_a_file_takes_is_said_and_stands_in_it(written):
    import zipfile

    wanted = {
        "table": ["colour, floor, lift, built and town; built as days", "is an error"],
        "texts": ["texts as strings"],
        "pictures": ["pictures of any size"],
        "series": ["sequences, with NaN where values are missing"],
        "sounds": ["waveforms from -1 to 1: 8,000 samples per second, 0.2 s"],
    }
    for name, words in wanted.items():
        with zipfile.ZipFile(written[name].folder / "m.keras") as archive:
            ours = json.loads(archive.read("netbuilder.json"))
        said = " ".join(ours["takes_in_words"])
        assert all(word in said for word in words), said


def test_a_word_that_the_training_did_not_hold_is_refused_by_each(written, capsys, monkeypatch):
    import tensorflow as tf

    one = written["table"]
    row = {name: cells[0] for name, cells in one.case.cells.items()} | {"colour": "lila"}
    with pytest.raises(DataError, match="lila"):
        predict.predict_rows(one.trained, row)
    monkeypatch.chdir(one.folder)
    pd.DataFrame([row]).to_csv("strange.csv", index=False)
    assert main(["predict", "m.h5", "strange.csv"]) == 1
    assert "lila" in capsys.readouterr().err
    given = {
        "size": [[31.5]], "colour": [["lila"]], "floor": [[2]], "lift": [["yes"]],
        "built": [[19000.0]], "town": [["Bonn"]],
    }  # fmt: skip
    opened = keras.models.load_model("m.keras")
    cells = {name: tf.constant(given[name], one.dtype) for name, one in opened.input.items()}
    loaded = tf.saved_model.load("saved")
    for ask in (opened, loaded.serve):
        with pytest.raises(tf.errors.InvalidArgumentError, match="OOV"):
            ask(cells)


def untrained(project, folder):
    """With the weights that a run begins with: these tests are about what stands in front."""
    dataset = load_dataset(project, folder)
    project = resolve_defaults(project, dataset.facts)
    training_model = build_training_model(project, dataset.facts)
    model = assemble(training_model, project, dataset.preprocessing, dataset.facts)
    return TrainedModel(
        project, training_model, model, dataset.preprocessing, dataset.facts
    ), dataset


def cells_of(frame, **types: str):
    import tensorflow as tf

    return {name: tf.constant(frame[[name]].to_numpy(), types.get(name)) for name in frame}


def test_a_code_is_the_same_column_everywhere(tmp_path, monkeypatch):
    """Postcodes, of which pandas makes numbers: the answer tells which column is 1."""
    codes = ["01067", "80331", "50667", "04109"]
    rows = [f"{codes[step % 7 % 4]},{step}" for step in range(60)]
    (tmp_path / "d.csv").write_text("\n".join(["code,y", *rows]))
    columns = {"code": ColumnChoice(type="category")}
    data = Data("csv", path="d.csv", target=("y",), columns=columns, scaling="none")
    trained, _ = untrained(chain(data, ("Dense", {"units": 1})), tmp_path)
    trained.training_model.layers[-1].set_weights(
        [np.array([[1.0], [2.0], [3.0], [4.0]]), np.zeros(1)]
    )
    truth = {"01067": 1, "1067": 1, "04109": 2, "50667": 3, "80331": 4}
    for code, place in truth.items():
        (answer,) = predict.predict_rows(trained, {"code": code}).first.values.ravel()
        assert answer == place
    # One cell that is no number leaves the zeros of all others.
    pd.DataFrame({"code": [*truth, "Bonn"]}).to_csv(tmp_path / "asked.csv", index=False)
    with_a_stranger = predict_file(trained, tmp_path / "asked.csv")
    assert with_a_stranger.first.values.ravel().tolist() == list(truth.values())
    assert any("'Bonn' in column 'code' (line 7)" in note for note in with_a_stranger.notes)
    pd.DataFrame({"code": list(truth)}).to_csv(tmp_path / "asked.csv", index=False)
    assert predict_file(trained, tmp_path / "asked.csv").first.values.ravel().tolist() == list(
        truth.values()
    )
    (note,) = registry.save_network(trained, tmp_path / "m.keras")
    assert "code as whole numbers" in note
    opened = keras.models.load_model(tmp_path / "m.keras")
    cells = pd.read_csv(tmp_path / "asked.csv")[["code"]].to_numpy("int64")
    assert opened.predict({"code": cells}, verbose=0).ravel().tolist() == list(truth.values())
    monkeypatch.chdir(tmp_path)
    space: dict[str, Any] = {}
    exec(
        source(trained.project, load_facts(trained.project, tmp_path)).split("# Build the")[0],
        space,
    )
    held = pd.read_csv("d.csv", dtype=str)["code"].to_numpy()[space["train_rows"]]
    assert [truth[code] for code in held] == (space["x_train"].argmax(axis=1) + 1).tolist()


def test_two_inputs_of_a_table_share_a_column_and_a_stranger_is_refused(tmp_path):
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
    made = assemble_for_files(
        trained.training_model, trained.project, trained.preprocessing, trained.facts
    )
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
def test_a_text_to_go_on_from(tmp_path, level):
    """The last characters count, a short beginning is padded in front, capitals are none."""
    text = "Über dem Öl-See\nsingt ein Vogel. " * 8
    (tmp_path / "t.txt").write_text(text, "utf-8")
    options = {"task": "next_token", "window": 9, "level": level}
    layers = (("Embedding", {"input_dim": 40, "output_dim": 5}), ("Flatten", {}),
              ("Dense", {"units": 24, "activation": "softmax"}))  # fmt: skip
    project = chain(Data("text", path="t.txt", options=options), *layers)
    trained, _ = untrained(project, tmp_path)
    registry.save_network(trained, tmp_path / "m.keras")
    opened = keras.models.load_model(tmp_path / "m.keras")
    if level == "word":  # cut apart by a rule that no layer knows: numbers go in, as ever
        assert opened.input_shape == (None, 9)
        return
    texts = ["ÜBER DEM ÖL-SEE", "See", "ein\nVog", "z\u00fcgig und x"]
    found = opened.predict(keras.ops.convert_to_tensor([[one] for one in texts]), verbose=0)
    expected = predict.predict_texts(trained, texts).first.values
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert not np.allclose(found[0], found[1])


def test_texts_without_blanks(tmp_path):
    rows = [("这部电影很好", "好"), ("这部电影很差", "差")] * 10
    pd.DataFrame(rows, columns=["text", "mood"]).to_csv(tmp_path / "d.csv", index=False)
    layers = (("Embedding", {"input_dim": 20, "output_dim": 3}), ("Flatten", {}),
              ("Dense", {"units": 1, "activation": "sigmoid"}))  # fmt: skip
    trained, _ = untrained(chain(Data("text", path="d.csv", target=("mood",)), *layers), tmp_path)
    notes = registry.save_network(trained, tmp_path / "m.keras")
    assert "texts as strings" in notes[0]
    opened = keras.models.load_model(tmp_path / "m.keras")
    texts = ["电影很好!", "很差 X"]
    found = opened.predict(keras.ops.convert_to_tensor([[one] for one in texts]), verbose=0)
    expected = predict.predict_texts(trained, texts).first.values
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_picture_of_another_size_is_brought_to_size_in_the_file(tmp_path):
    """Nearly: Pillow rounds to whole steps of grey behind a resize, Keras does not."""
    case = pictures(tmp_path)
    trained, _ = untrained(case.project, tmp_path)
    registry.save_network(trained, tmp_path / "m.keras")
    opened = keras.models.load_model(tmp_path / "m.keras")
    random = np.random.default_rng(5)
    pixels = random.integers(0, 256, (33, 27, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "large.png")
    expected = predict.predict_files(trained, [tmp_path / "large.png"]).first.values
    found = opened.predict(pixels[None].astype("float32"), verbose=0)
    np.testing.assert_allclose(found, expected, atol=2e-3)


def test_a_script_says_what_its_files_take(tmp_path):
    """Where layers do not do it, whoever asks the file has to."""
    wanted = {
        "sounds": "not waveforms of another rate or length",
        "series": "windows in which missing values are filled in",
        "stories": "The .h5 file takes the numbers of the characters",
        "table": "Both files take yes and no as 1 and 0 and dates as days since 1970-01-01",
        "classes": "",
    }
    for name, words in wanted.items():
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        saved = source(CASES[name](folder).project).split("# Save")[1].replace("\n# ", " ")
        assert words in saved, saved
        taker = any(
            one in saved for one in ("The model takes", "Both files take", "The .h5 file takes")
        )
        assert taker == bool(words)
