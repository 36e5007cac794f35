"""Models from elsewhere: their graph on the canvas, their weights in it."""

import json

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from netbuilder.core.errors import FormatError
from netbuilder.core.formats import registry
from netbuilder.core.project.model import Choice


def save(model, path):
    model.save(path)
    return path


@pytest.mark.parametrize("ending", ["h5", "keras"])
def test_a_sequential_model(tmp_path, ending):
    model = keras.Sequential(
        [
            layers.Input((4,)),
            layers.Dense(8, activation="relu", kernel_initializer="he_normal"),
            layers.Dropout(0.3),
            layers.Dense(3, activation="softmax", kernel_regularizer=keras.regularizers.L2(0.02)),
        ],
        name="mine",
    )
    model.compile(
        keras.optimizers.SGD(0.05, momentum=0.9),
        keras.losses.SparseCategoricalCrossentropy(),
        metrics=[keras.metrics.SparseCategoricalAccuracy()],
    )
    rows = np.random.default_rng(0).random((5, 4)).astype("float32")
    trained = registry.load_network(save(model, tmp_path / f"m.{ending}"))
    project = trained.project
    kinds = [(node.layer, dict(node.params)) for node in project.graph.nodes]
    assert kinds[0] == ("Input", {"shape": [4]})
    assert kinds[1] == (
        "Dense",
        {"units": 8, "activation": "relu", "kernel_initializer": "HeNormal"},
    )
    assert kinds[2] == ("Dropout", {"rate": 0.3})
    assert kinds[3][1]["kernel_regularizer"] == {"name": "L2", "params": {"l2": 0.02}}
    assert project.training.optimizer == Choice("SGD", {"learning_rate": 0.05, "momentum": 0.9})
    assert project.training.loss == Choice("sparse_categorical_crossentropy")
    assert project.training.metrics == (Choice("sparse_categorical_accuracy"),)
    assert trained.training_model.name == "core", "the canvas can say all that the model is"
    assert np.allclose(
        trained.training_model.predict(rows, verbose=0), model.predict(rows, verbose=0)
    )
    assert trained.preprocessing.outputs[project.graph.outputs[0]].classes == ("0", "1", "2")


@pytest.mark.slow
def test_branches_shared_layers_groups_and_masks(tmp_path):
    words, numbers = keras.Input((6,), dtype="int32", name="words"), keras.Input((3,), name="nums")
    x = layers.Embedding(10, 4, mask_zero=True)(words)
    x = layers.Bidirectional(layers.LSTM(2))(x)
    head = keras.Sequential([layers.Input((4,)), layers.Dense(4, activation="relu")], name="block")
    twice = layers.Dense(4, name="twice")
    y = layers.Add(name="sum")([twice(head(x)), twice(layers.Dense(4)(numbers))])
    model = keras.Model([words, numbers], layers.Dense(1, name="answer")(y))
    model.compile("adam", "mean_squared_error")
    inputs = [np.array([[1, 2, 3, 0, 0, 0], [4, 5, 0, 0, 0, 0]]), np.ones((2, 3), "float32")]
    for ending in ("h5", "keras"):
        trained = registry.load_network(save(model, tmp_path / f"m.{ending}"))
        graph = trained.project.graph
        assert [node.id for node in graph.nodes if node.layer == "Input"] == ["words", "nums"]
        assert [node.shared for node in graph.nodes if node.shared] == ["twice"]
        assert [group.name for group in graph.groups] == ["block"]
        assert any(node.group == "block" and node.layer == "Dense" for node in graph.nodes)
        assert len(graph.sources["sum"]) == 2
        assert graph.outputs == ("answer",)
        assert not [node for node in graph.nodes if node.layer == "NotEqual"]
        assert trained.training_model.name == "core"
        expected = model.predict(inputs, verbose=0)
        assert np.allclose(trained.training_model.predict(inputs, verbose=0), expected, atol=1e-6)


def test_an_unknown_layer_becomes_a_placeholder(tmp_path):
    path = tmp_path / "custom.h5"
    config = {
        "class_name": "Sequential",
        "config": {
            "name": "s",
            "layers": [
                {"class_name": "InputLayer", "config": {"batch_shape": [None, 3], "name": "in"}},
                {"class_name": "Dense", "config": {"name": "dense", "units": 2}},
                {
                    "module": "lab",
                    "class_name": "Mystery",
                    "config": {"name": "odd"},
                    "registered_name": "lab>Mystery",
                },
            ],
        },
    }
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(config)
    project = registry.import_model(path)
    node = project.graph.by_id["odd"]
    assert node.layer == "Mystery"
    assert "lab>Mystery" in node.extra["explanation"]
    assert project.graph.sources["odd"] == ("dense",)
    with pytest.raises(FormatError, match="placeholder"):
        registry.load_network(path)


def test_what_the_canvas_cannot_say_is_told(tmp_path):
    start = keras.Input((5, 2))
    frozen = layers.Dense(3, name="frozen", trainable=False)(start)
    states = layers.Bidirectional(
        layers.LSTM(2),
        backward_layer=layers.LSTM(2, activation="relu", go_backwards=True),
        name="odd",
    )(frozen)
    states = layers.Concatenate()([states, layers.Bidirectional(layers.GRU(2))(start)])
    plain = layers.Conv1D(2, 3, padding="same", name="plain")(start)
    plain = layers.Flatten(name="flat")(layers.BatchNormalization(name="norm")(plain))
    model = keras.Model(start, layers.Concatenate(name="both")([states, plain]))
    project = registry.import_model(save(model, tmp_path / "m.h5"))
    told = {n.id: n.extra["explanation"] for n in project.graph.nodes if "explanation" in n.extra}
    assert set(told) == {"odd"}
    assert project.graph.by_id["frozen"].params == {"units": 3, "trainable": False}
    assert "backward_layer" in told["odd"]


# What Keras 2.0.5 wrote: no InputLayer, "lr", batch_input_shape in the first layer.
OLD = {
    "class_name": "Sequential",
    "config": [
        {
            "class_name": "Dense",
            "config": {
                "name": "dense_1",
                "trainable": True,
                "batch_input_shape": [None, 3],
                "dtype": "float32",
                "units": 4,
                "activation": "relu",
                "use_bias": True,
                "kernel_initializer": {
                    "class_name": "VarianceScaling",
                    "config": {
                        "scale": 1.0,
                        "mode": "fan_avg",
                        "distribution": "uniform",
                        "seed": None,
                    },
                },
                "bias_initializer": {"class_name": "Zeros", "config": {}},
                "kernel_regularizer": None,
                "bias_regularizer": None,
                "activity_regularizer": None,
                "kernel_constraint": None,
                "bias_constraint": None,
            },
        },
        {
            "class_name": "Dense",
            "config": {"name": "dense_2", "trainable": True, "units": 1, "activation": "linear"},
        },
    ],
}


def test_a_file_of_keras_2_0_5(tmp_path):
    random = np.random.default_rng(0)
    weights = {
        "dense_1": [random.random((3, 4)), random.random(4)],
        "dense_2": [random.random((4, 1)), random.random(1)],
    }
    path = tmp_path / "old.h5"
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = b"2.0.5"
        file.attrs["backend"] = b"tensorflow"
        file.attrs["model_config"] = json.dumps(OLD).encode()
        training = {
            "optimizer_config": {
                "class_name": "Adam",
                "config": {
                    "lr": 0.002,
                    "beta_1": 0.9,
                    "beta_2": 0.999,
                    "epsilon": 1e-8,
                    "decay": 0.0,
                },
            },
            "loss": "mse",
            "metrics": ["mae"],
            "sample_weight_mode": None,
            "loss_weights": None,
        }
        file.attrs["training_config"] = json.dumps(training).encode()
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [b"dense_1", b"dense_2"]
        group.attrs["keras_version"] = b"2.0.5"
        group.attrs["backend"] = b"tensorflow"
        for name, (kernel, bias) in weights.items():
            inner = group.create_group(name)
            inner.attrs["weight_names"] = [f"{name}/kernel:0".encode(), f"{name}/bias:0".encode()]
            inner[f"{name}/kernel:0"] = kernel.astype("float32")
            inner[f"{name}/bias:0"] = bias.astype("float32")
    trained = registry.load_network(path)
    project = trained.project
    assert project.graph.by_id["input"].params == {"shape": [3]}
    assert project.training.optimizer.params["learning_rate"] == 0.002
    assert project.training.loss == Choice("mean_squared_error")
    rows = np.ones((2, 3), "float32")
    hidden = np.maximum(rows @ weights["dense_1"][0] + weights["dense_1"][1], 0)
    expected = hidden @ weights["dense_2"][0] + weights["dense_2"][1]
    assert np.allclose(trained.training_model.predict(rows, verbose=0), expected, atol=1e-4)


def test_a_model_larger_than_its_file(tmp_path):
    model = keras.Sequential([layers.Input((4,)), layers.Dense(2, name="wide")])
    path = save(model, tmp_path / "m.h5")
    with h5py.File(path, "r+") as file:
        text = file.attrs["model_config"]
        config = json.loads(text)
        config["config"]["layers"][1]["config"]["units"] = 10**10
        file.attrs["model_config"] = json.dumps(config)
    with pytest.raises(FormatError, match="'wide' has units"):
        registry.load_network(path)


def test_a_graph_that_leads_nowhere(tmp_path):
    start = keras.Input((4,), name="start")
    model = keras.Model(start, layers.Dense(2, name="end")(start))
    path = save(model, tmp_path / "m.h5")
    with h5py.File(path, "r+") as file:
        file.attrs["model_config"] = str(file.attrs["model_config"]).replace(
            '"keras_history": ["start"', '"keras_history": ["elsewhere"'
        )
    with pytest.raises(FormatError, match="has no end"):
        registry.import_model(path)


# What Keras 2.11 to 2.15 and tf_keras write: their optimizers stand under "Custom".
KERAS_2_15 = {
    "loss": "sparse_categorical_crossentropy",
    "metrics": [
        [
            {
                "class_name": "MeanMetricWrapper",
                "config": {"name": "accuracy", "fn": "sparse_categorical_accuracy"},
            }
        ]
    ],
    "weighted_metrics": None,
    "loss_weights": None,
    "optimizer_config": {
        "class_name": "Custom>Adam",
        "config": {
            "name": "Adam",
            "weight_decay": None,
            "use_ema": False,
            "jit_compile": False,
            "is_legacy_optimizer": False,
            "learning_rate": 0.0020000000949949026,
            "beta_1": 0.9,
        },
    },
}


def with_plan(path, plan):
    model = keras.Sequential([layers.Input((4,)), layers.Dense(3, activation="softmax")])
    save(model, path)
    with h5py.File(path, "r+") as file:
        file.attrs["training_config"] = json.dumps(plan)
    return path, model


def test_a_compiled_file_of_keras_2_15(tmp_path):
    path, model = with_plan(tmp_path / "m.h5", KERAS_2_15)
    trained = registry.load_network(path)
    training = trained.project.training
    assert training.optimizer == Choice("Adam", {"learning_rate": 0.002})
    assert training.loss == Choice("sparse_categorical_crossentropy")
    assert training.metrics == (Choice("accuracy"),)
    rows = np.ones((2, 4), "float32")
    assert np.allclose(
        trained.training_model.predict(rows, verbose=0), model.predict(rows, verbose=0)
    )


def test_an_unknown_loss_keeps_nobody_from_the_network(tmp_path):
    path, model = with_plan(tmp_path / "m.h5", {**KERAS_2_15, "loss": "my_own_loss"})
    trained = registry.load_network(path)
    assert trained.project.training.loss is None
    assert trained.project.training.optimizer == Choice("Adam", {"learning_rate": 0.002})
    rows = np.ones((2, 4), "float32")
    assert np.allclose(
        trained.training_model.predict(rows, verbose=0), model.predict(rows, verbose=0)
    )
