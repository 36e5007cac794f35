"""From the canvas to Keras: layers, objects, whole models, and the model that is taken away."""

import random

import keras
import numpy as np
import pytest

from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.data.preprocessing.fitted_preprocessing import (
    InputPreprocessing,
    OutputPreprocessing,
    Preprocessing,
)
from netbuilder.core.engine.networks.assembly import assemble
from netbuilder.core.engine.networks.graph_to_keras import build_training_model, make_layer
from netbuilder.core.engine.networks.keras_objects import make_metrics
from netbuilder.core.errors import BuildError
from netbuilder.core.project.keras_names import keras_name
from netbuilder.core.project.model import Choice, Graph, Node, Project, Training
from tests.few import few

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
