"""Models of plain Keras 3, also with operations: opened, asked, trained on, saved again."""

import importlib.util
import json
import os
import warnings
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.data.dataset import Dataset, Split
from netbuilder.core.data.preprocessing.fitted_preprocessing import (
    InputPreprocessing,
    OutputPreprocessing,
    Preprocessing,
)
from netbuilder.core.engine.session import RunStart
from netbuilder.core.errors import FormatError
from netbuilder.core.formats import registry
from netbuilder.core.formats.keras_prediction import predict_rows
from netbuilder.core.formats.safety import operations
from netbuilder.core.formats.safety.inspect_file import inspect_file
from netbuilder.core.project.model import Choice, OutputSettings
from tests.core.formats import model_kinds
from tests.sessions import graph_session

ONLY_KERAS_2 = {"thresholded relu"}
KINDS = {
    **{k: v for k, v in model_kinds.KINDS.items() if k not in ONLY_KERAS_2},
    **model_kinds.KERAS_3,
}
# What the cards cannot say all of: these answer, and are judged and saved, as they came.
AS_THEY_CAME = {"rnn of cells", "stacked cells", "one cell", "states handed on", "input is output"}
# The same, with operations that are no layers: Keras opens such a model from a .keras only.
WITH_OPERATIONS = {"operations of keras", "slices", "mean by operations"}
# Keras 3.15.1 itself fails on these as .h5: it writes none, ...
NEVER_WRITTEN = {"augmentation of colours"}
# ... or one that it cannot open again, where this program can.
NEVER_OPENED = {
    "attention",
    "attention of three",
    "operations",
    "reshaped by operations",
    "masked branches",
    "masking and attention",
    "mobilenet v3",
    "body of a picture network",
    *WITH_OPERATIONS,
}
QUICK = {"two inputs", "attention", "mean by operations", "string lookup", "splice"}


@pytest.fixture(autouse=True)
def _fresh_names():
    keras.utils.clear_session()


def largest(found, expected):
    assert [one.shape for one in found] == [one.shape for one in expected]
    pairs = zip(found, expected, strict=True)
    # Of a deep network's large answers float32 keeps as many digits as of small ones.
    return max(
        float(np.abs(a.astype("float64") - b).max() / max(1.0, float(np.abs(b).max())))
        for a, b in pairs
    )


def a_step_on(trained, rows):
    """One epoch of one step, by a session, on made-up targets."""
    graph = trained.project.graph
    x = dict(zip(graph.inputs, rows, strict=True))
    random = np.random.default_rng(5)
    y = {
        name: random.normal(size=one.shape).astype("float32")
        for name, one in zip(graph.outputs, predict_rows(trained.training_model, rows), strict=True)
    }
    goal = OutputSettings(Choice("mean_squared_error"), ())
    training = replace(
        trained.project.training,
        loss=goal.loss,
        metrics=(),
        outputs=dict.fromkeys(graph.outputs, goal) if len(graph.outputs) > 1 else {},
        optimizer=Choice("SGD", {"learning_rate": 1e-3}),
        epochs=1,
        batch_size=len(rows[0]),
    )
    facts = DataFacts(
        rows=len(rows[0]),
        task="regression",
        tasks=dict.fromkeys(y, "regression"),
        input_shapes={name: value.shape[1:] for name, value in x.items()},
        input_dtypes=dict(
            zip(x, (str(one.dtype) for one in trained.training_model.inputs), strict=True)
        ),
        output_units={name: value.shape[-1] for name, value in y.items()},
    )
    preprocessing = Preprocessing(
        {name: InputPreprocessing() for name in x},
        {name: OutputPreprocessing(task="regression") for name in y},
    )
    data = Dataset(facts, Split(x, y, x), None, None, preprocessing)
    project = replace(trained.project, training=training)
    start = replace(trained, project=project, epochs=0)
    return graph_session(project, data, start=RunStart(start)).run()


def asked():
    """Kinds and endings; of slow kinds the endings take turns, unless all are wanted."""
    every = bool(os.environ.get("NETBUILDER_ALL_KINDS"))
    found = []
    for number, name in enumerate(KINDS):
        for turn, ending in enumerate(("h5", "keras")):
            if name in QUICK:
                found.append(pytest.param(name, ending))
            elif every or number % 2 == turn:
                found.append(pytest.param(name, ending, marks=pytest.mark.slow))
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("name", "ending"), asked())
@pytest.mark.timeout(600)
def test_kinds_of_models_go_there_and_back(tmp_path, name, ending):
    if ending == "h5" and name in NEVER_WRITTEN:
        pytest.skip("Keras cannot write it")
    keras.utils.set_random_seed(7)
    model = KINDS[name](keras)
    model_kinds.shaken(model)
    rows = model_kinds.probe(model)
    expected = predict_rows(model, rows)
    path, again = tmp_path / f"model.{ending}", tmp_path / f"again.{ending}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.save(path)
    trained = registry.load_network(path)
    assert largest(predict_rows(trained.model, rows), expected) < 5e-4
    came = name in AS_THEY_CAME | WITH_OPERATIONS
    assert ("keras_own" in trained.extra) == came
    assert any("the original model" in text for text in trained.extra["notes"]) == came
    if ending == "h5" and name in WITH_OPERATIONS:
        with pytest.raises(FormatError, match=r"Save it as .*\.keras"):
            registry.save_network(trained, again)
        again = again.with_suffix(".keras")
    # A step of a network of a hundred layers takes half a minute to trace.
    deep = len(model.weights) > 40
    if not came and not deep and str(trained.training_model.inputs[0].dtype) != "string":
        trained = a_step_on(trained, rows)
        assert trained.epochs == 1
        # The step was one from the file's weights: far from what a new network would answer.
        # Colours that are changed at random make the step itself a large one.
        if "augmentation" not in name:
            assert largest(predict_rows(trained.model, rows), expected) < 2.0
        expected = predict_rows(trained.model, rows)
    registry.save_network(trained, again)
    # That this program opens it again with the same answers is looked at by "save_network".
    assert largest(predict_rows(keras.models.load_model(again), rows), expected) < 5e-4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "last", "side", "ending"),
    [("ResNet50", "conv2_block3_out", 32, "h5"), ("InceptionV3", "mixed1", 75, "keras")],
)
def test_merges_of_deep_networks_are_opened_again(tmp_path, name, last, side, ending):
    """They were once refused as damaged: sizes of all inputs were multiplied."""
    network = getattr(keras.applications, name)(weights=None, input_shape=(side, side, 3))
    maps = keras.layers.GlobalAveragePooling2D()(network.get_layer(last).output)
    model = keras.Model(network.input, keras.layers.Dense(2)(maps))
    rows = [np.random.default_rng(1).normal(size=(2, side, side, 3)).astype("float32")]
    expected, path = predict_rows(model, rows), tmp_path / f"m.{ending}"
    model.save(path)
    trained = registry.load_network(path)
    assert "keras_own" not in trained.extra
    again = tmp_path / f"again.{ending}"
    registry.save_network(trained, again)
    for one in (trained, registry.load_network(again)):
        assert largest(predict_rows(one.model, rows), expected) < 5e-4


@pytest.mark.parametrize("name", sorted(NEVER_OPENED & QUICK))
def test_keras_itself_cannot_open_some_that_it_wrote(tmp_path, name):
    """The day it can, the mends for them can go."""
    model = KINDS[name](keras)
    model.save(tmp_path / "m.h5")
    with pytest.raises((TypeError, ValueError)):
        keras.models.load_model(tmp_path / "m.h5")


def test_operations_are_where_keras_has_them():
    for name in operations.ALLOWED:
        module = importlib.import_module(operations.module_of(name))
        assert getattr(module, name).__module__ == module.__name__


def test_an_operation_that_is_no_known_one_stays_unknown(tmp_path):
    start = keras.Input((4,))
    out = keras.layers.Dense(2)(keras.ops.cumsum(start, axis=1))
    keras.Model(start, out).save(tmp_path / "m.h5")
    file = inspect_file(tmp_path / "m.h5", placeholders=True)
    assert [one.class_name for one in file.refused] == ["Cumsum"]


@keras.saving.register_keras_serializable("school")
class Doubled(keras.layers.Layer):
    """A layer that somebody wrote."""

    def call(self, x):
        return 2 * x


@keras.saving.register_keras_serializable("school")
class Written(keras.Model):
    """A model written as Python."""

    def __init__(self, **more: Any):
        super().__init__(**more)
        self.inside = keras.layers.Dense(2)

    def call(self, x):
        return self.inside(x)


@pytest.mark.parametrize("ending", ["h5", "keras"])
def test_python_code_is_refused_and_what_others_wrote_is_told(tmp_path, ending):
    path = tmp_path / f"m.{ending}"
    keras.Sequential([keras.Input((4,)), keras.layers.Lambda(lambda x: x + 1)]).save(path)
    for read in (registry.load_network, registry.import_model):
        with pytest.raises(FormatError, match="contains Python code"):
            read(path)
    keras.Sequential([keras.Input((4,)), Doubled(name="two"), keras.layers.Dense(1)]).save(path)
    with pytest.raises(FormatError, match=r"two.*Doubled"):
        registry.load_network(path)
    project = registry.import_model(path)
    kinds = [node.layer.removeprefix("school>") for node in project.graph.nodes]
    assert kinds == ["Input", "Doubled", "Dense"]
    if ending == "keras":  # Keras writes no such model as .h5
        model = Written()
        model(np.zeros((1, 4), "float32"))
        model.save(path)
        with pytest.raises(FormatError, match=r"a model class written in Python \(Written\)"):
            registry.load_network(path)


def test_words_that_were_learned_from_data_come_along(tmp_path):
    """Keras keeps them in files of their own inside a .keras."""
    import tensorflow as tf

    words = keras.layers.TextVectorization(output_sequence_length=3)
    words.adapt(np.array(["good film", "bad film"]))
    inputs = keras.Input((1,), dtype="string")
    model = keras.Model(inputs, keras.layers.Embedding(6, 2)(words(inputs)))
    model.save(tmp_path / "m.keras")
    trained = registry.load_network(tmp_path / "m.keras")
    rows = tf.constant([["film bad"], ["new"]])
    assert np.array_equal(trained.model(rows), model(rows))
    node = next(n for n in trained.project.graph.nodes if n.layer == "TextVectorization")
    assert set(node.params["vocabulary"]) >= {"good", "film", "bad"}


def test_a_layer_that_keeps_its_state_is_opened(tmp_path):
    layers = [keras.Input(batch_shape=(4, 5, 3)), keras.layers.LSTM(2, stateful=True)]
    model = keras.Sequential(layers)
    model.save(tmp_path / "m.keras")
    rows = np.ones((4, 5, 3), "float32")
    opened = registry.load_network(tmp_path / "m.keras")
    assert np.allclose(opened.model(rows), model(rows), atol=1e-6)


@pytest.fixture(autouse=True)
def fresh_names():
    """Keras counts its automatic names on through a process, whatever ran before."""
    keras.utils.clear_session()


def tensors(*names: str, shape=(4,)):
    return [keras.Input(shape, name=name) for name in names]


def imported(model, path):
    model.save(path)
    project = registry.import_model(path)
    return {node.id: (node.layer, dict(node.params)) for node in project.graph.nodes}


def test_operators_become_the_layers_that_mean_the_same(tmp_path):
    a, b = tensors("a", "b")
    x = a + b
    x = ops.maximum(x - b, a * b)
    x = 2 - (x * 3 + 0.5) / 4
    x = ops.reshape(ops.concatenate([x, a], axis=-1), (-1, 4, 2))
    x = ops.relu(ops.transpose(x, (0, 2, 1)))
    model = keras.Model([a, b], layers.Dense(1, name="out")(layers.Flatten(name="flat")(-x)))
    path = tmp_path / "m.keras"
    nodes = imported(model, path)
    assert [layer for layer, _ in nodes.values()] == [
        "Input", "Input", "Add", "Subtract", "Multiply", "Maximum", "Rescaling", "Rescaling",
        "Rescaling", "Rescaling", "Concatenate", "Reshape", "Permute", "Activation", "Rescaling",
        "Flatten", "Dense",
    ]  # fmt: skip
    assert nodes["reshape"][1] == {"target_shape": [4, 2]}
    trained = registry.load_network(path)
    assert trained.training_model.name == "core", "the canvas can say all that the model is"
    rows = [np.random.default_rng(n).normal(size=(6, 4)).astype("float32") for n in (0, 1)]
    expected = model.predict(rows, verbose=0)
    assert np.allclose(trained.training_model.predict(rows, verbose=0), expected, atol=1e-5)


def test_operations_that_are_no_layer_become_placeholders_and_still_answer(tmp_path):
    (a,) = tensors("a", shape=(5, 4))
    x = ops.mean(a, axis=1) + np.arange(4, dtype="float32")
    x = ops.reshape(x[:, :2], (-1, 1))
    model = keras.Model(a, x)
    path = tmp_path / "m.keras"
    nodes = imported(model, path)
    assert [layer for layer, _ in nodes.values()] == [
        "Input", "ops.Mean", "ops.Add", "ops.GetItem", "ops.Reshape",
    ]  # fmt: skip
    add = next(n for n in registry.import_model(path).graph.nodes if n.layer == "ops.Add")
    told = add.extra["explanation"]
    for word in ("operation 'Add'", "not dangerous", "keras.layers.Add()"):
        assert word in told
    rows = np.random.default_rng(0).normal(size=(3, 5, 4)).astype("float32")
    answers = registry.load_network(path).training_model.predict(rows, verbose=0)
    assert np.allclose(answers, model.predict(rows, verbose=0), atol=1e-6)


def test_a_mask_that_an_operation_forgets_stays_forgotten(tmp_path):
    words = keras.Input((6,), dtype="int32", name="words")
    seen = layers.Embedding(10, 4, mask_zero=True)(words)
    seen = seen + layers.Dense(4)(seen)
    model = keras.Model(words, layers.LSTM(3)(seen))
    path = tmp_path / "m.keras"
    assert "Add" in [layer for layer, _ in imported(model, path).values()]
    rows = np.array([[1, 2, 0, 0, 0, 0], [3, 4, 5, 6, 0, 0]])
    expected = model.predict(rows, verbose=0)
    trained = registry.load_network(path)
    assert np.allclose(trained.training_model.predict(rows, verbose=0), expected, atol=1e-6)
    # The canvas would answer something else, so a file of it must not be built from the canvas.
    again = tmp_path / "again.keras"
    registry.save_network(trained, again)
    assert np.allclose(
        registry.load_network(again).training_model.predict(rows, verbose=0), expected, atol=1e-6
    )
    opened = keras.models.load_model(again)
    assert np.allclose(opened.predict(rows, verbose=0), expected, atol=1e-6)
    with pytest.raises(FormatError, match=r"again\.keras"):
        registry.save_network(trained, tmp_path / "again.h5")
    assert not (tmp_path / "again.h5").exists()


@pytest.mark.parametrize("change", [{"class_name": "Map"}, {"module": "keras.src.ops.evil"}])
def test_other_operations_never_reach_keras(tmp_path, change):
    (a,) = tensors("a")
    path = tmp_path / "m.h5"
    config = json.loads(keras.Model(a, ops.exp(a)).to_json())
    config["config"]["layers"][1].update({"registered_name": None, **change})
    import h5py

    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(config)
    (refused,) = inspect_file(path, placeholders=True).refused
    assert "not dangerous" in refused.why
    with pytest.raises(FormatError, match="not a layer"):
        registry.load_network(path)
    assert registry.import_model(path).graph.nodes[1].layer.startswith("ops.")
