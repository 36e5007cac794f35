"""From the canvas to Keras: layers, names, bins, word vectors, and the model taken away."""

import random
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

from netbuilder.core.check.diagnostics import diagnose
from netbuilder.core.check.problems import Severity
from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.data.defaults import fit_output_to_data
from netbuilder.core.data.load import load_dataset, load_facts
from netbuilder.core.data.preprocessing.fitted_preprocessing import (
    InputPreprocessing,
    OutputPreprocessing,
    Preprocessing,
)
from netbuilder.core.data.preprocessing.scaling import bin_edges, bin_weights
from netbuilder.core.engine.networks.assembly import assemble
from netbuilder.core.engine.networks.graph_to_keras import build_training_model, make_layer
from netbuilder.core.engine.networks.keras_objects import make_metrics
from netbuilder.core.engine.networks.word_weights import count_known, included_words
from netbuilder.core.engine.reporting import explain_error
from netbuilder.core.engine.session import RunStorage, Session
from netbuilder.core.errors import BuildError, EditError
from netbuilder.core.formats import registry
from netbuilder.core.formats.registry import import_model, load_network, save_network
from netbuilder.core.formats.script.python import Style, script_source
from netbuilder.core.project import files
from netbuilder.core.project.edits import rename_node
from netbuilder.core.project.keras_names import keras_name
from netbuilder.core.project.model import Choice, Data, Graph, Node, Project, Training
from netbuilder.core.results.layer_values import node_outputs
from netbuilder.core.results.own_units import predict_values
from netbuilder.core.results.suggestion.selection import suggest
from netbuilder.core.results.word_vectors import TokenTable, WordVectors
from tests.few import few
from tests.sessions import graph_session

FACTS = DataFacts(rows=10, input_shapes={"input": (4,)}, tasks={"out": "regression"})
NET = [("a", "Dense", {"units": 8, "activation": "tanh"}), ("out", "Dense", {"units": 2})]


def test_layers_take_objects_lists_and_other_layers():
    he = {"name": "HeNormal", "params": {"seed": 3}}
    graph = Graph(
        (Node("x/1", "Dense", {"units": 2, "kernel_initializer": he, "bias_constraint": "NonNeg"}),)
    )
    dense = make_layer(graph.nodes[0], graph)
    assert dense.name == keras_name("x/1")
    assert dense.kernel_initializer.get_config()["seed"] == 3
    assert isinstance(dense.bias_constraint, keras.constraints.NonNeg)
    inner = {"layer": "LSTM", "params": {"units": 3, "recurrent_regularizer": "L2"}}
    graph = Graph((Node("both", "Bidirectional", {"layer": inner}),))
    both = make_layer(graph.nodes[0], graph)
    assert isinstance(both.forward_layer, keras.layers.LSTM)
    assert both.compute_output_shape((None, 5, 2)) == (None, 6)
    graph = Graph((Node("c", "Conv2D", {"filters": 1, "kernel_size": [3, 2], "padding": "same"}),))
    assert make_layer(graph.nodes[0], graph).kernel_size == (3, 2)


@pytest.mark.parametrize(
    ("node", "code", "named"),
    [
        (Node("a", "Dens", {}), "layer_unknown", "'Dens'"),
        (Node("a", "Dense", {"units": 0}), "layer_values_invalid", "units"),
        (Node("a", "Dense", {"units": 3, "nonsense": 1}), "layer_values_invalid", "nonsense"),
        (
            Node("a", "Dense", {"units": 3, "kernel_initializer": "Best"}),
            "choice_unknown",
            "'Best'",
        ),
        (Node("a", "Dense", shared="b"), "shared_layer_missing", "'b'"),
    ],
)
def test_a_layer_that_cannot_be_made_says_why(node, code, named):
    with pytest.raises(BuildError) as caught:
        make_layer(node, Graph((node,)))
    assert caught.value.code == code
    assert named in caught.value.what
    assert caught.value.node == "a"


def test_same_seed_same_weights_whatever_else_draws_random_numbers(chain):
    layers = [("a", "Dense", {"units": 8}), ("b", "Dense", {"units": 8}),
              ("drop", "Dropout", {"rate": 0.5}), ("out", "Dense", {"units": 1})]  # fmt: skip
    one = build_training_model(chain(layers, seed=4), FACTS)
    random.random()
    before = random.getstate()
    two = build_training_model(chain(layers, seed=4), FACTS)
    assert random.getstate() == before
    for first, second in zip(one.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)
    other = build_training_model(chain(layers, seed=5), FACTS)
    assert not np.array_equal(one.get_weights()[0], other.get_weights()[0])
    assert not np.array_equal(one.get_weights()[2], one.get_weights()[0])
    assert one.get_layer("a").get_config()["kernel_initializer"]["config"]["seed"] is None


def test_a_graph_that_is_no_network_says_where(chain):
    circle = Graph(
        (
            Node("input", "Input"),
            Node("a", "Dense", {"units": 2}),
            Node("b", "Dense", {"units": 2}),
        ),
        (("input", "a"), ("a", "b"), ("b", "a")),
    )
    with pytest.raises(BuildError) as caught:
        build_training_model(Project(graph=circle), FACTS)
    assert caught.value.code == "cycle"
    with pytest.raises(BuildError) as caught:
        build_training_model(Project(), FACTS)
    assert caught.value.code == "no_input"
    two = Graph(
        (Node("input", "Input"), Node("a", "Dense", {"units": 2}), Node("b", "Dense", {"units": 3}),
         Node("sum", "Add")),
        (("input", "a"), ("input", "b"), ("a", "sum"), ("b", "sum")),
    )  # fmt: skip
    with pytest.raises(BuildError) as caught:
        build_training_model(Project(graph=two), FACTS)
    assert caught.value.node == "sum"


def test_attention_takes_one_wire_or_query_and_value():
    facts = DataFacts(rows=4, input_shapes={"q": (5, 4), "v": (7, 4)}, tasks={"out": "regression"})
    for kind, params in (("MultiHeadAttention", {"num_heads": 2, "key_dim": 4}), ("Attention", {})):
        nodes = (Node("q", "Input"), Node("v", "Input"), Node("at", kind, params),
                 Node("self", kind, params), Node("out", "Flatten"))  # fmt: skip
        edges = (("q", "at"), ("v", "at"), ("at", "self"), ("self", "out"))
        training_model = build_training_model(Project(graph=Graph(nodes, edges)), facts)
        assert training_model.output_shape == (None, 20)


@pytest.mark.slow
def test_pretrained_body_is_one_frozen_layer(chain, tmp_path):
    facts = DataFacts(rows=4, input_shapes={"input": (64, 64, 3)}, tasks={"out": "regression"})
    params = {"weights": "none", "pooling": "avg", "alpha": 0.35}
    layers = [("body", "MobileNetV2", params), ("out", "Dense", {"units": 1})]
    training_model = build_training_model(chain(layers), facts)
    assert [layer.name for layer in training_model.layers] == ["input", "body", "out"]
    assert len(training_model.trainable_weights) == 2
    body = training_model.get_layer("body")
    path = tmp_path / "body.weights.h5"
    inner = next(layer for layer in body.layers if layer.name.endswith("_body"))
    inner.save_weights(path)
    loaded = {**params, "weights": "file", "weights_file": path.name, "trainable": True}
    again = build_training_model(
        chain([("body", "MobileNetV2", loaded), layers[1]], seed=9), facts, base=tmp_path
    )
    assert len(again.trainable_weights) > 100
    for one, two in zip(body.get_weights(), again.get_layer("body").get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    wrong = {**params, "weights": "file", "weights_file": "missing.h5"}
    with pytest.raises(BuildError) as caught:
        build_training_model(
            chain([("body", "MobileNetV2", wrong), layers[1]]), facts, base=tmp_path
        )
    assert caught.value.code == "weights_do_not_fit"
    assert "missing.h5" in caught.value.what
    assert caught.value.node == "body"


@pytest.mark.parametrize("name", few(["VGG16", "DenseNet121"], "VGG16"))
def test_bodies_scale_pixels_as_their_family_does(name):
    node = Node("body", name, {"weights": "none"})
    body = make_layer(node, Graph((node,)))
    scaled = keras.Model(body.inputs[0], body.layers[1].output)
    pixels = np.random.default_rng(0).uniform(0, 255, (1, 4, 4, 3)).astype(np.float32)
    mode = {"VGG16": "caffe", "DenseNet121": "torch"}[name]
    expected = keras.applications.imagenet_utils.preprocess_input(pixels.copy(), mode=mode)
    np.testing.assert_allclose(scaled(pixels), expected, atol=1e-3)


def test_the_assembled_model_takes_raw_rows_and_answers_in_their_units(chain, tmp_path):
    project = chain(NET, metrics=(Choice("mean_absolute_error"),))
    training_model = build_training_model(project, FACTS)
    preprocessing = Preprocessing(
        {"input": InputPreprocessing(offset=(1.0, 2.0, 3.0, 4.0), scale=(2.0, 4.0, 0.5, 100.0))},
        {"out": OutputPreprocessing(offset=(5.0, -3.0), scale=(10.0, 0.1))},
    )
    model = assemble(training_model, project, preprocessing, FACTS)
    raw = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
    answers = training_model.predict(preprocessing.apply_inputs({"input": raw})["input"], verbose=0)
    expected = preprocessing.outputs["out"].undo(answers)
    np.testing.assert_allclose(model.predict(raw, verbose=0), expected, rtol=1e-5, atol=1e-5)
    training_model.get_layer("a").set_weights([np.zeros((4, 8)), np.ones(8)])
    assert np.ptp(model.predict(raw, verbose=0), axis=0).max() == 0
    model.save(tmp_path / "m.h5")
    loaded = keras.models.load_model(tmp_path / "m.h5")
    np.testing.assert_array_equal(loaded.predict(raw, verbose=0), model.predict(raw, verbose=0))
    assert loaded.loss is not None


def test_metrics_have_the_names_of_the_project():
    choices = [Choice("auc"), Choice("recall", {"class_id": 0}), Choice("recall", {"class_id": 1})]
    for _ in range(2):
        made = make_metrics(choices, None, "classes")
        assert [metric.name for metric in made] == ["auc", "recall", "recall_1"]
    (accuracy,) = make_metrics([Choice("accuracy")], Choice("categorical_crossentropy"), "classes")
    assert isinstance(accuracy, keras.metrics.CategoricalAccuracy)
    (accuracy,) = make_metrics([Choice("acc")], Choice("mean_squared_error"), "one_hot")
    assert isinstance(accuracy, keras.metrics.CategoricalAccuracy) and accuracy.name == "accuracy"


def test_half_precision_keeps_the_answers_whole(chain):
    project = chain(NET, precision="mixed_float16")
    training_model = build_training_model(project, FACTS)
    assert training_model.get_layer("a").compute_dtype == "float16"
    assert training_model.get_layer("a").dtype_policy.variable_dtype == "float32"
    assert training_model.get_layer("out").compute_dtype == "float32"
    assert isinstance(training_model.optimizer, keras.optimizers.LossScaleOptimizer)
    training = Training(precision="mixed_bfloat16", optimizer=Choice("SGD"))
    graph = project.graph
    other = build_training_model(Project(graph=graph, training=training), FACTS)
    assert isinstance(other.optimizer, keras.optimizers.SGD)


#: Among them names that differ in case, or that are equal once made safe.
ODD = (
    "größe", "hidden layer", "hidden_layer", "hidden/layer", "a:b", "1st", "_start", "😀",
    "x" * 400, "x" * 401, "Dense", "dense", "None", 'say "hi"', "it's", "a\\b", "隐藏", "../..",
    "{x} %s", "class", "-",
)  # fmt: skip
INPUT, OUTPUT = "Eingänge & mehr", "aus gabe"


def chain(names):
    nodes = [
        Node(INPUT, "Input"),
        *(Node(name, "Dense", {"units": 4, "activation": "relu"}) for name in names),
    ]
    nodes.append(Node(OUTPUT, "Dense", {"units": 1}))
    ids = [node.id for node in nodes]
    return Project(
        graph=Graph(tuple(nodes), tuple(pairwise(ids))),
        data=Data(kind="builtin", name="diabetes", scaling="minmax"),
        training=Training(epochs=1),
    )


@pytest.mark.slow
def test_odd_names_from_check_to_script(tmp_path, plain_python):
    import keras

    project = files.loads(files.dumps(chain(ODD)))
    assert [node.id for node in project.graph.nodes] == [INPUT, *ODD, OUTPUT]
    data = load_dataset(project, Path())
    assert not [one for one in diagnose(project, data.facts) if one.severity is Severity.ERROR]
    trained = graph_session(project, data).run()
    rows = data.train.raw_x[INPUT][:5]
    expected = np.asarray(trained.model(rows))
    path = tmp_path / "odd.h5"
    save_network(trained, path)
    save_network(project, tmp_path / "odd.py", style="exact")

    plain = keras.models.load_model(path, compile=False)
    np.testing.assert_allclose(plain.predict(rows, verbose=0), expected, rtol=1e-5)
    assert len({layer.name for layer in plain.layers}) == len(plain.layers)

    again = load_network(path)
    assert [node.id for node in again.project.graph.nodes] == [INPUT, *ODD, OUTPUT]
    np.testing.assert_allclose(np.asarray(again.model(rows)), expected, rtol=1e-5)
    assert import_model(path).graph.by_id.keys() == project.graph.by_id.keys()

    plain_python((tmp_path / "odd.py").read_text("utf-8"), tmp_path)


@pytest.mark.parametrize("ending", few([".keras", "", ".tflite"], ".keras"))
def test_odd_names_in_other_formats(tmp_path, ending):
    project = chain(ODD)
    data = load_dataset(project, Path())
    trained = graph_session(project, data).run()
    save_network(trained, tmp_path / f"odd{ending}")


def test_names_stay_as_they_are_where_keras_takes_them():
    plain = ("dense_1", "Dense", "block.conv-2", "x" * 200, "None", "1st")
    assert tuple(map(keras_name, plain)) == plain
    safe = [keras_name(name) for name in (INPUT, *ODD, ".", "..")]
    assert len({name.lower() for name in safe} - {"dense"}) == len(safe) - 2
    assert all(name.isascii() and "/" not in name and len(name) <= 200 for name in safe)
    assert keras_name("größe").startswith("grosse_")


def test_messages_of_keras_speak_of_the_persons_name():
    project = chain(("hidden layer",))
    told = explain_error(ValueError(f"bad shape at '{keras_name('hidden layer')}'"), project.graph)
    assert told.node == "hidden layer"
    assert keras_name("hidden layer") not in str(told)
    nodes = (
        Node("ein gabe", "Input", {"shape": [4]}),
        Node("zwei Ebenen", "Conv2D", {"filters": 2, "kernel_size": 3}),
    )
    wrong = Project(graph=Graph(nodes, (("ein gabe", "zwei Ebenen"),)))
    with pytest.raises(BuildError) as failed:
        build_training_model(wrong, None)
    assert failed.value.node == "zwei Ebenen"
    assert keras_name("zwei Ebenen") not in str(failed.value)


def test_a_layer_can_be_renamed_to_anything_but_nothing():
    project = chain(("dense",))
    for name in ODD:
        if name != "dense":
            assert name in rename_node(project, "dense", name).graph.by_id
    for name in ("", "   ", OUTPUT):
        with pytest.raises(EditError):
            rename_node(project, "dense", name)


def test_values_by_hand():
    """Two bins, 0 to 1 and 1 to 3, of a column; a yes or no is itself."""
    kernel, bias = bin_weights([(0.0, 1.0, 3.0), (0.0, 1.0)])
    rows = np.array([[-1.0, 0.0], [0.5, 1.0], [2.0, 0.0], [5.0, 1.0]])
    values = np.clip(rows @ kernel + bias, 0, 1)
    assert values.tolist() == [[0, 0, 0], [0.5, 0, 1], [1, 0.5, 0], [1, 1, 1]]


def test_edges_hold_equally_many_values():
    values = np.random.default_rng(0).exponential(size=1_600)
    edges = bin_edges(values, 16)
    np.testing.assert_allclose(np.histogram(values, edges)[0], 100, atol=1)
    assert bin_edges(np.array([0.0, 1.0, 1.0]), 16) == (0, 1)
    assert bin_edges(np.array([2.0, 2.0]), 16) == (2, 3), "never divided by zero"
    rain = np.concatenate([np.zeros(300), np.arange(1, 701) / 10])
    assert bin_edges(rain, 16)[:2] == (0, 0.1), "without rain is nothing like a little of it"
    assert bin_edges(rain[150:], 16)[1] > 0.1, "less than three bins of one value"
    close = bin_edges(np.array([0.0, 1e-7, 1.0, 2.0, 3.0]), 4)
    assert np.diff(close).min() > 1e-4


@pytest.fixture
def trained(tmp_path):
    random = np.random.default_rng(1)
    frame = pd.DataFrame({"a": random.normal(5, 2, 150), "b": random.choice(["u", "v"], 150)})
    frame["y"] = np.floor(frame["a"]) + 3 * (frame["b"] == "u") + 0.5
    frame.round(3).to_csv(tmp_path / "t.csv", index=False)
    data = Data("csv", path="t.csv", target=("y",), scaling="bins", options={"task": "regression"})
    nodes = (
        Node("input", "Input"),
        Node("dense", "Dense", {"units": 4}),
        Node("concatenate", "Concatenate"),
        Node("output", "Dense", {"units": 1}),
    )
    edges = (("input", "dense"), ("dense", "concatenate"), ("input", "concatenate"),
             ("concatenate", "output"))  # fmt: skip
    project = Project("bins", Graph(nodes, edges), data, Training(epochs=2))
    project = fit_output_to_data(project, load_facts(project, tmp_path))
    return Session(
        project, load_dataset(project, tmp_path), storage=RunStorage(record=False)
    ).run(), tmp_path


@pytest.mark.slow
def test_the_network_its_file_and_its_script_have_the_same_bins(trained, plain_python):
    network, folder = trained
    dataset = load_dataset(network.project, folder)
    (edges,) = network.facts.bins.values()
    assert [len(one) for one in edges] == [17, 2, 2]
    layer = network.training_model.get_layer("input_bins")
    assert not layer.trainable
    np.testing.assert_array_equal(layer.get_weights()[0], bin_weights(edges)[0], "untouched")
    model, nodes = node_outputs(network)
    binned = np.asarray(model(dataset.train.x["input"])[nodes.index("input")])
    assert binned.shape == (108, 18) and binned.min() == 0 and binned.max() == 1

    raw = dataset.test.raw_x["input"]
    expected = predict_values(network, dataset.test.x)["output"]
    registry.save_network(network, folder / "m.h5")
    np.save(folder / "raw.npy", raw.astype("float32"))
    for library in ("keras", "tf_keras"):
        code = (
            f"import {library} as keras, numpy as np; m = keras.models.load_model('m.h5', "
            "compile=False); np.save('out.npy', m.predict(np.load('raw.npy'), verbose=0))"
        )
        plain_python(code, folder)
        np.testing.assert_allclose(np.load(folder / "out.npy"), expected, atol=1e-4)
    again = registry.load_network(folder / "m.h5")
    assert again.facts.bins == network.facts.bins
    np.testing.assert_allclose(again.model.predict(raw, verbose=0), expected, atol=1e-4)
    for style in Style:
        plain_python(script_source(network.project, network.facts, style), folder)


TEXTS = ("the king met his doctor", "a queen and zzyzzx in paris")


@pytest.fixture
def project(tmp_path):
    rows = [f"{text},{label}" for label, text in enumerate(TEXTS) for _ in range(20)]
    (tmp_path / "t.csv").write_text("text,label\n" + "\n".join(rows), "utf-8")
    nodes = (
        Node("input", "Input"),
        Node("words", "Embedding", {"input_dim": 14, "output_dim": 50, "weights": "included"}),
        Node("average", "GlobalAveragePooling1D"),
        Node("output", "Dense", {"units": 1, "activation": "sigmoid"}),
    )
    edges = (("input", "words"), ("words", "average"), ("average", "output"))
    return Project("t", data=Data("text", path="t.csv"), graph=Graph(nodes, edges))


def test_they_know_what_words_mean():
    words, vectors = included_words()
    assert (len(words), vectors.shape) == (20_000, (20_000, 50))
    table = TokenTable(tuple(words), np.arange(len(words)))
    known = WordVectors.of(vectors, table)
    assert words[known.analogy("king", "man", "woman")[0][0]] == "queen"
    assert "nurse" in {words[place] for place, _cosine in known.analogy("doctor", "he", "she")}
    assert "london" in {words[place] for place, _cosine in known.neighbours("paris")}
    assert count_known(("king", "zzyzzx")) == 1


def test_an_embedding_begins_with_the_vectors_of_its_vocabulary(project, tmp_path):
    facts = load_facts(project, tmp_path)
    (matrix,) = build_training_model(project, facts, seed=1).get_layer("words").get_weights()
    words, vectors = included_words()
    for word in ("king", "paris"):
        np.testing.assert_array_equal(
            matrix[facts.vocabulary.index(word)], vectors[words.index(word)]
        )
    # What is not known, padding and unknown words begin at random.
    for row in (0, 1, facts.vocabulary.index("zzyzzx")):
        assert np.abs(matrix[row]).max() <= 0.05
    graph = project.graph.by_id["words"]
    small = replace(graph, params={**graph.params, "output_dim": 8})
    nodes = tuple(small if node.id == "words" else node for node in project.graph.nodes)
    with pytest.raises(BuildError) as failure:
        build_training_model(replace(project, graph=Graph(nodes, project.graph.edges)), facts)
    assert failure.value.code == "word_vectors_do_not_fit"


def test_a_script_reads_them_from_a_file(project, tmp_path):
    source = script_source(project, load_facts(project, tmp_path))
    compile(source, "script.py", "exec")
    assert "english_words.npz" in source
    assert 'weights="included"' not in source


@pytest.mark.slow
def test_a_table_of_texts_becomes_a_network_that_reads_them(tmp_path):
    """Words that never occur in training tell the classes apart, since the vectors know them."""
    rows = [f"this is {word} number {n},{label}" for n in range(15) for label, word in
            (("animal", "a dog"), ("city", "paris"))]  # fmt: skip
    (tmp_path / "t.csv").write_text("text,label\n" + "\n".join(rows), "utf-8")
    suggestion = suggest(tmp_path / "t.csv", seconds=1)
    assert suggestion.project.data.kind == "text"
    assert suggestion.task == "binary"
