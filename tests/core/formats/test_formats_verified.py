"""What was written is opened again, and asked, before anybody says that it was written."""

import importlib
import importlib.util
import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.data.defaults import resolve_defaults
from netbuilder.core.data.load import load_dataset
from netbuilder.core.data.preprocessing.fitted_preprocessing import (
    OutputPreprocessing,
    Preprocessing,
)
from netbuilder.core.engine.networks.assembly import assemble
from netbuilder.core.engine.networks.graph_to_keras import build_training_model
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import FormatError
from netbuilder.core.formats import registry
from netbuilder.core.formats.keras_prediction import predict_rows
from netbuilder.core.formats.writers import board, keras2_config, onnx, tflite
from netbuilder.core.formats.writers.roundtrip_check import check_agreement, random_rows
from netbuilder.core.project.model import Data, Graph, Node, Project, Training
from netbuilder.core.wording import format_bytes, format_number
from tests.few import few
from tests.sessions import graph_session


def trained_of(model, outputs=("out",)):
    """A trained network around a Keras model: these tests are about files."""
    nodes = tuple(Node(tensor.name, "Input") for tensor in model.inputs)
    nodes += tuple(Node(name, "Dense", {"units": 1}) for name in outputs)
    edges = tuple((nodes[0].id, name) for name in outputs)
    classes = {name: OutputPreprocessing("classes", ("y",), ("cat", "dög")) for name in outputs[:1]}
    model.compile(keras.optimizers.Adam(), keras.losses.MeanSquaredError())
    return TrainedModel(
        Project(name="Test", graph=Graph(nodes, edges)),
        model,
        model,
        Preprocessing({}, classes),
        DataFacts(),
        extra={"keras_own": True},
    )


def chain(*made: Any):
    return trained_of(keras.Sequential(list(made)))


NETWORKS: dict[str, Callable[[], TrainedModel]] = {
    "lstm": lambda: chain(layers.Input((6, 3), name="x"), layers.LSTM(4), layers.Dense(2)),
    "gru": lambda: chain(layers.Input((6, 3), name="x"), layers.GRU(4), layers.Dense(2)),
    "augmented": lambda: chain(
        layers.Input((8, 8, 4), name="x"),
        layers.RandomFlip(),
        layers.RandomRotation(0.1),
        layers.Conv2D(4, 3, groups=2, activation="relu"),
        layers.Dropout(0.2),
        layers.Flatten(),
        layers.Dense(2, activation="softmax"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "ending"),
    few(
        product(NETWORKS, [".tflite", ".int8.tflite"]),
        ("lstm", ".tflite"),
        ("augmented", ".int8.tflite"),
    ),
)
def test_tflite_of_recurrent_and_augmented_networks(tmp_path, name, ending):
    """With 8 bits a recurrent one once ended the whole program, with no exception."""
    import tensorflow as tf

    trained = NETWORKS[name]()
    path = tmp_path / f"m{ending}"
    notes = registry.save_network(trained, path)
    # Builtins only: a plain interpreter has no operations of TensorFlow.
    interpreter = tf.lite.Interpreter(model_path=str(path))
    row = random_rows(trained, 1 if ending == ".int8.tflite" else 3, seed=7)
    found = interpreter.get_signature_runner()(x=row[0])
    expected = predict_rows(trained.model, row)[0]
    close = {".tflite": 1e-5, ".int8.tflite": 0.1}[ending]
    assert np.allclose(next(iter(found.values())), expected, atol=close)
    recurrent = name in ("lstm", "gru")
    assert not any("one row at a time" in note for note in notes)
    assert any("computation uses 32" in note for note in notes) == (
        recurrent and ending == ".int8.tflite"
    )


def test_scalings_keep_32_bits_beside_8(tmp_path):
    """A target of six digits, and a column of 0 to 1 beside one of 0 to 1,000.

    The converter multiplies both scalings into the weights: 8 bits of 0 to 1,000 cannot tell
    0 from 4.
    """
    import tensorflow as tf

    random = np.random.default_rng(0)
    big, small = random.uniform(0, 1000, 300), random.uniform(0, 1, 300)
    answer = 300 * big + 40_000 * small + 100_000
    rows = [f"{a},{b},{y}" for a, b, y in zip(big, small, answer, strict=True)]
    (tmp_path / "far.csv").write_text("\n".join(["a,b,y", *rows]))
    trained, _ = linear(tmp_path, scaling="standard")
    path = tmp_path / "m.int8.tflite"
    (note,) = registry.save_network(trained, path)
    runner = tf.lite.Interpreter(model_path=str(path)).get_signature_runner()
    asked = np.stack([big, small], -1).astype("float32")[:100, None]
    found = [float(next(iter(runner(input=row).values()))[0, 0]) for row in asked]
    assert np.abs(np.array(found) - answer[:100]).max() < 2500, note


def linear(folder, scaling):
    """The best straight line through ``far.csv``, as a network of one layer."""
    project = Project(
        name="Far",
        graph=Graph(
            (Node("input", "Input"), Node("out", "Dense", {"units": 1})), (("input", "out"),)
        ),
        data=Data("csv", path="far.csv", target=("y",), scaling=scaling),
        training=Training(epochs=1),
    )
    dataset = load_dataset(project, folder)
    project = resolve_defaults(project, dataset.facts)
    training_model = build_training_model(project, dataset.facts)
    x = dataset.train.x["input"]
    x = np.concatenate([x, np.ones((len(x), 1))], -1)
    line = np.linalg.lstsq(x, np.asarray(dataset.train.y["out"]).reshape(-1, 1))[0]
    training_model.layers[-1].set_weights([line[:-1], line[-1]])
    model = assemble(training_model, project, dataset.preprocessing, dataset.facts)
    return TrainedModel(
        project, training_model, model, dataset.preprocessing, dataset.facts
    ), dataset


@pytest.mark.slow
def test_tflite_with_fewer_bits_tells_what_that_costs(tmp_path):
    wide = chain(
        layers.Input((16,), name="x"),
        layers.Dense(256, activation="relu"),
        layers.Dense(256, activation="relu"),
        layers.Dense(3, activation="softmax"),
    )
    sizes = {}
    for ending in (".tflite", ".int8.tflite"):
        path = tmp_path / f"m{ending}"
        notes = registry.save_network(wide, path)
        sizes[ending] = path.stat().st_size
        assert any("same class" in text for text in notes) == (ending != ".tflite")
    assert sizes[".int8.tflite"] < 0.4 * sizes[".tflite"]


def test_onnx_has_names_classes_and_a_batch_of_any_size(tmp_path):
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("tf2onnx")
    path = tmp_path / "m.onnx"
    trained = NETWORKS["augmented"]()
    registry.save_network(trained, path)
    session = runtime.InferenceSession(path)
    (given,), (answer,) = session.get_inputs(), session.get_outputs()
    assert (given.name, answer.name) == (trained.model.inputs[0].name, "out")
    assert (given.shape[0], answer.shape[0]) == ("batch", "batch")
    properties = session.get_modelmeta().custom_metadata_map
    assert json.loads(properties["classes"]) == {"out": ["cat", "dög"]}
    for count in (1, 5):
        rows = random_rows(trained, count, seed=3)
        (found,) = session.run(["out"], {given.name: rows[0]})
        assert np.allclose(found, predict_rows(trained.model, rows)[0], atol=1e-5)
    import onnx as package

    written = package.load(str(path))
    assert written.opset_import[0].version >= 18
    kinds = [node.op_type for node in written.graph.node]
    # Nothing is left of RandomFlip, RandomRotation and Dropout, and each group is a convolution.
    assert not any("Random" in kind or kind in ("Bernoulli", "Dropout") for kind in kinds)
    assert kinds.count("Conv") == 2


def test_onnx_of_several_inputs_and_outputs(tmp_path):
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("tf2onnx")
    b, a = keras.Input((3,), name="b"), keras.Input((4,), name="a")
    x = layers.Concatenate()([b, a])
    model = keras.Model([b, a], [layers.Dense(2)(x), layers.Dense(1)(x)])
    nodes = (*(Node(n, "Input") for n in "ba"), *(Node(n, "Dense", {"units": 1}) for n in "yz"))
    trained = trained_of(model, ("y", "z"))
    assert len(nodes) == len(trained.project.graph.nodes)
    registry.save_network(trained, tmp_path / "m.onnx")
    session = runtime.InferenceSession(tmp_path / "m.onnx")
    rows = random_rows(trained, 3)
    found = session.run(["y", "z"], {"b": rows[0], "a": rows[1]})
    for ours, theirs in zip(predict_rows(model, rows), found, strict=True):
        assert np.allclose(ours, theirs, atol=1e-5)


WEIGHTED = [row for row in registry.FORMATS if row.trained and row.available]


@pytest.mark.parametrize("row", WEIGHTED, ids=lambda row: row.name)
def test_a_file_that_answers_something_else_is_found_out(tmp_path, row):
    one = chain(layers.Input((4,), name="x"), layers.Dense(3), layers.Dense(2))
    path = tmp_path / f"m{row.endings[0] if row.endings else ''}"
    registry.save_network(one, path)
    module = importlib.import_module(f"netbuilder.core.formats.{row.module}")
    module.verify(one, path)
    one.model.layers[-1].bias.assign([100.0, -100.0])
    with pytest.raises(FormatError, match="opened again"):
        module.verify(one, path)


def test_tflite_keeps_the_names_of_inputs_and_outputs(tmp_path):
    """Named so that the alphabet and the project order them differently."""
    import tensorflow as tf

    b, a = layers.Input((2,), name="b"), layers.Input((3,), name="a")
    model = keras.Model([b, a], [layers.Dense(1)(b), layers.Dense(4)(a)])
    trained = trained_of(model, ("z", "größe"))
    registry.save_network(trained, tmp_path / "m.tflite")
    runner = tf.lite.Interpreter(str(tmp_path / "m.tflite")).get_signature_runner()
    rows = random_rows(trained, 1)
    predictions = runner(b=rows[0], a=rows[1])
    expected = predict_rows(model, rows)
    assert np.allclose(predictions.pop("z"), expected[0], atol=1e-5)
    (name,) = predictions
    assert name.startswith("grosse_")
    assert np.allclose(predictions[name], expected[1], atol=1e-5)
    if importlib.util.find_spec(board.PACKAGE):
        data = tflite.converted(trained, 1, 8)
        for ours, theirs in zip(board.run_micro(trained, data, rows), expected, strict=True):
            assert np.allclose(ours, theirs, atol=0.1)


def test_a_sketch_for_a_board_computes_as_the_network(tmp_path):
    """Digits: a class is a name in the sketch, whatever characters it has."""
    pytest.importorskip(board.PACKAGE)
    nodes = (
        Node("pixels", "Input"),
        Node("flat", "Flatten"),
        Node("hidden", "Dense", {"units": 32, "activation": "relu"}),
        Node("out", "Dense", {"units": 10, "activation": "softmax"}),
    )
    edges = (("pixels", "flat"), ("flat", "hidden"), ("hidden", "out"))
    project = Project(
        name="*/ digits\n",
        graph=Graph(nodes, edges),
        data=Data("builtin", name="digits"),
        training=Training(epochs=6),
    )
    dataset = load_dataset(project, tmp_path)
    trained = graph_session(project, dataset).run()
    target = trained.preprocessing.outputs["out"]
    names = ('a "1"', "b\\", "c\nint x;", *target.classes[3:])
    trained = replace(
        trained,
        preprocessing=replace(
            trained.preprocessing, outputs={"out": replace(target, classes=names)}
        ),
    )
    accuracy, memory = registry.save_network(trained, tmp_path / "2 digits.zip")
    with zipfile.ZipFile(tmp_path / "2 digits.zip") as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / "net_2_digits"
    data = (folder / "net_2_digits.tflite").read_bytes()
    sketch = (folder / "net_2_digits.ino").read_text("utf-8")
    assert "resolver.AddFullyConnected();" in sketch
    assert "{{" not in sketch
    rows = tflite.held_out_rows(trained, dataset, 10_000)
    truth = rows.y["out"]
    on_board = np.mean(board.run_micro(trained, data, rows.x)[0].argmax(-1) == truth)
    whole = np.mean(predict_rows(trained.model, rows.x)[0].argmax(-1) == truth)
    assert on_board > 0.8
    assert abs(on_board - whole) < 0.02
    assert "accuracy" in accuracy
    needed, is_measured = board.needed_memory(data)
    assert is_measured
    assert 2000 < needed < 8000
    assert format_bytes(needed) in memory
    assert needed / 1.5 < board._estimated_memory(data) < 1.5 * needed
    compiler = shutil.which("g++") or shutil.which("clang++")
    if compiler:
        printed = _run_sketch(compiler, folder, sketch)
        assert [printed[f"{name}:"] for name in ('a "1"', "b/", "c int x;", "3")] == [*"0123"]


# What a sketch sees of Arduino and TensorFlow Lite Micro; each output predicts its place.
_STUBS = {
    "Arduino.h": """
#include <cstdio>
#include <cstdint>
#include <cstddef>
struct {
  void begin(long) {}
  explicit operator bool() const { return true; }
  void print(const char* text) { printf("%s", text); }
  void println(const char* text) { printf("%s\\n", text); }
  void println(unsigned long number) { printf("%lu\\n", number); }
  void println(double number, int digits) { printf("%.*f\\n", digits, number); }
} Serial;
inline unsigned long millis() { return 0; }
inline unsigned long micros() { return 0; }
inline void delay(unsigned long) {}
""",
    "Chirale_TensorFlowLite.h": "",
    "tensorflow/lite/schema/schema_generated.h": """
namespace tflite {
struct Model {};
inline const Model* GetModel(const void*) { static Model model; return &model; }
}
""",
    "tensorflow/lite/micro/micro_mutable_op_resolver.h": """
namespace tflite {
struct MicroOpResolver {};
template <unsigned int count> struct MicroMutableOpResolver : MicroOpResolver {
  int AddDequantize() { return 0; }
  int AddFullyConnected() { return 0; }
  int AddMaximum() { return 0; }
  int AddMul() { return 0; }
  int AddQuantize() { return 0; }
  int AddReshape() { return 0; }
  int AddSoftmax() { return 0; }
};
}
""",
    "tensorflow/lite/micro/micro_interpreter.h": """
#include "micro_mutable_op_resolver.h"
#include "../schema/schema_generated.h"
enum TfLiteStatus { kTfLiteOk, kTfLiteError };
struct TfLiteTensor { union { float* f; int32_t* i32; uint8_t* uint8; int8_t* int8; } data; };
namespace tflite {
struct MicroInterpreter {
  MicroInterpreter(const Model*, const MicroOpResolver&, uint8_t*, size_t) {}
  TfLiteStatus AllocateTensors() { return kTfLiteOk; }
  TfLiteStatus Invoke() {
    for (int i = 0; i < 10; i++) numbers[i] = i;
    return kTfLiteOk;
  }
  TfLiteTensor* input(size_t) { return &tensor; }
  TfLiteTensor* output(size_t) { return &tensor; }
  float numbers[4096];
  TfLiteTensor tensor = {{numbers}};
};
}
""",
}


def _run_sketch(compiler, folder, sketch):
    """Compile a sketch as the Arduino IDE does; return what it prints, by label."""
    for name, text in _STUBS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"#pragma once\n{text}")
    main = f"#include <Arduino.h>\n{sketch}\nint main() {{ setup(); loop(); }}\n"
    (folder / "main.cpp").write_text(main, "utf-8")
    options = ["-std=c++17", "-Wall", "-Werror", "-I.", "main.cpp", "-o", "sketch"]
    built = subprocess.run([compiler, *options], cwd=folder, capture_output=True, text=True,
                           check=False)  # fmt: skip
    assert built.returncode == 0, built.stderr
    lines = subprocess.run([folder / "sketch"], capture_output=True, text=True, check=True).stdout
    return dict(re.findall(r"(.+:) (\d+)", lines))


@pytest.mark.parametrize("name", ["lstm", "erf"])
def test_what_a_board_cannot_run_is_refused(tmp_path, name):
    erf = layers.Dense(4, activation="gelu")
    trained = NETWORKS[name]() if name == "lstm" else chain(layers.Input((3,), name="x"), erf)
    with pytest.raises(FormatError) as caught:
        registry.save_network(trained, tmp_path / "m.zip")
    assert caught.value.code == "board_not_supported"
    assert not (tmp_path / "m.zip").exists()


def test_what_answers_otherwise_is_not_kept(tmp_path, monkeypatch):
    """The exporter is made to write another network, as a faulty converter does."""
    one = chain(layers.Input((4,), name="x"), layers.Dense(2))
    other = chain(layers.Input((4,), name="x"), layers.Dense(2))
    path = tmp_path / "m.tflite"
    path.write_bytes(b"what was there before")
    made = tflite.converted(other, None, 32)
    monkeypatch.setattr(tflite, "converted", lambda *_: made)
    with pytest.raises(FormatError, match="not saved"):
        registry.save_network(one, path)
    assert path.read_bytes() == b"what was there before"


def test_scripts_that_are_no_python_are_not_kept(tmp_path):
    from netbuilder.core.formats.script import notebook, python
    from netbuilder.core.formats.writers import svg

    bad = tmp_path / "bad"
    bad.write_text("<def (:")
    for module in (python, notebook, svg):
        with pytest.raises(FormatError):
            module.verify(Project(), bad)


def test_answers_are_compared_with_care():
    ours = [np.array([[1.0, 2.0], [np.nan, 4.0]])]
    check_agreement([ours[0] + 1e-6], ours, "it")
    for wrong in (ours[0] + 0.1, ours[0][:1], np.full((2, 2), np.nan)):
        with pytest.raises(FormatError):
            check_agreement([wrong], ours, "it")


def test_an_h5_says_what_keras_2_cannot_use(tmp_path):
    def notes(*made: Any):
        return " ".join(
            registry.save_network(chain(layers.Input((4,), name="x"), *made), tmp_path / "m.h5")
        )

    assert notes(layers.Dense(2, activation="relu")) == ""
    assert "RMSNormalization" in notes(layers.RMSNormalization())
    assert "hard_sigmoid differently" in notes(layers.Dense(2, activation="hard_sigmoid"))
    assert "sparsemax" in notes(layers.Dense(2, activation="sparsemax"))
    words = layers.Input((4, 2))
    attended = layers.MultiHeadAttention(1, 2, name="seen")(words, words)
    keras.Model(words, attended).save(tmp_path / "m.keras")
    trained = registry.load_network(tmp_path / "m.keras")
    assert "'seen' (MultiHeadAttention)" in registry.save_network(trained, tmp_path / "m.h5")[0]


def test_what_keras_2_lacks_is_what_it_lacks():
    tk = pytest.importorskip("tf_keras")
    from netbuilder.core.catalog.layers.layer_index import LAYERS

    lacking = {n for n, s in LAYERS.items() if s.module == "keras.layers"} - set(dir(tk.layers))
    assert lacking <= keras2_config.NEW_CLASSES
    assert not any(hasattr(tk.layers, name) for name in keras2_config.NEW_CLASSES)
    assert not any(hasattr(tk.activations, name) for name in keras2_config.NEW_ACTIVATIONS)
    assert onnx.OPSET >= 18


def test_eight_bits_are_measured_and_judged_on_the_real_rows(tmp_path):
    """Made-up rows lie between -3 and 3; ranges measured on them cut the real ones off."""
    import tensorflow as tf

    x = np.arange(0, 1000, 2.5)
    lines = ["x,y", *(f"{one},{3 * one + 5 + (200 if one % 3 else 0)}" for one in x)]
    (tmp_path / "far.csv").write_text("\n".join(lines))
    trained, dataset = linear(tmp_path, scaling="none")
    trained.training_model.layers[-1].set_weights([np.array([[3.0]]), np.array([5.0])])
    path = tmp_path / "far.int8.tflite"
    (note,) = registry.save_network(trained, path)
    rows = dataset.test.raw_x["input"]
    runner = tf.lite.Interpreter(model_path=str(path)).get_signature_runner()
    (name,) = runner.get_input_details()
    asked = (runner(**{name: row[None]}) for row in rows)
    answers = [np.asarray(next(iter(one.values()))).item() for one in asked]
    errors = np.abs(np.array(answers) - dataset.test.raw_y["out"].ravel())
    whole = np.abs(3 * rows.ravel() + 5 - dataset.test.raw_y["out"].ravel()).mean()
    assert f"{len(rows)} rows of the test set" in note
    assert (
        f"mean absolute error {format_number(errors.mean())} instead of {format_number(whole)} "
        in note
    )
    assert abs(errors.mean() - whole) < 0.05 * whole
    # Measured on made-up rows the same network is lost, which is found out.
    (tmp_path / "far.csv").unlink()
    with pytest.raises(FormatError, match="predictions differ too much"):
        tflite.verify(trained, _written(tflite.converted(trained, None, 8), path), 8, dataset)


def _written(data, path):
    path.write_bytes(data)
    return path
