"""Search, second names, what stands on a node, starting values, and no Keras anywhere."""

import json
import subprocess
import sys

import pytest

from netbuilder.core.catalog.layer_parser import describe_params
from netbuilder.core.catalog.layers.layer_index import LAYERS, canonical_layer, search_layers
from netbuilder.core.catalog.spec import Category
from netbuilder.core.catalog.training.training_index import (
    INITIALIZERS,
    LOSSES,
    METRICS,
    OPTIMIZERS,
    REGULARIZERS,
    canonical,
)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("dense", "Dense"),
        ("conv", "Conv2D"),
        ("max pool", "MaxPooling2D"),
        ("lstm", "LSTM"),
        ("dropot", "Dropout"),
        ("maxpool2d", "MaxPooling2D"),
        ("gap", "GlobalAveragePooling2D"),
        ("BN", "BatchNormalization"),
        ("residual", "Add"),
        ("words", "Embedding"),
        ("softmax", "Softmax"),
        ("mirror", "RandomFlip"),
        ("bidir", "Bidirectional"),
    ],
)
def test_search_finds_what_people_mean(text, first):
    assert search_layers(text)[0].name == first


def test_search_of_nothing_is_everything_and_of_nonsense_nothing():
    assert [spec.name for spec in search_layers(" ")[:2]] == ["Input", "Dense"]
    assert len(search_layers("")) == len(LAYERS)
    assert search_layers("qqqqxx") == []


def test_every_layer_is_found_by_its_name():
    for name in LAYERS:
        assert search_layers(name)[0].name == name


def test_every_category_has_layers_and_the_teaching_set_is_short():
    assert {spec.category for spec in LAYERS.values()} == set(Category)
    teaching = [spec.name for spec in LAYERS.values() if spec.teaching]
    assert len(teaching) <= 32
    assert {
        "Input", "Dense", "Activation", "Embedding", "Conv2D", "Conv1D", "MaxPooling2D",
        "GlobalAveragePooling2D", "LSTM", "GRU", "Bidirectional", "Dropout",
        "BatchNormalization", "Flatten", "Reshape", "Rescaling", "Add", "Concatenate",
    } <= set(teaching)  # fmt: skip


@pytest.mark.parametrize(
    ("layer", "params", "words"),
    [
        ("Conv2D", {"filters": 32, "kernel_size": 3, "activation": "relu"}, "32 · 3×3 · relu"),
        ("Conv2D", {"filters": 32, "kernel_size": [3, 5]}, "32 · 3×5"),
        ("Conv1D", {"filters": 8, "kernel_size": [7]}, "8 · 7"),
        ("MaxPooling2D", {}, "2×2"),
        ("Dense", {"units": 64, "activation": "relu"}, "64 · relu"),
        ("Dense", {"units": 1, "activation": "linear"}, "1"),
        ("Dense", {}, ""),
        ("Dropout", {"rate": 0.3}, "0.3"),
        ("LSTM", {"units": 32, "return_sequences": True}, "32 · return_sequences"),
        ("Input", {"shape": [None, 8]}, "?×8"),
        ("Reshape", {"target_shape": [7, 7, 1]}, "7×7×1"),
        ("Flatten", {}, ""),
        ("Rescaling", {"scale": 1 / 255}, "0.003922"),
        ("ZeroPadding2D", {"padding": [[1, 2], [0, 3]]}, "1+2×0+3"),
        ("Bidirectional", {"layer": {"layer": "LSTM", "params": {"units": 8}}}, "LSTM 8 · concat"),
        ("Bidirectional", {"layer": "rubbish"}, "rubbish · concat"),
        ("Bidirectional", {"layer": {"layer": "Gone", "params": 3}}, "Gone · concat"),
        ("Concatenate", {}, ""),
    ],
)
def test_what_stands_on_a_node(layer, params, words):
    assert describe_params(params, LAYERS[layer]) == words


def test_starting_values_are_json_and_belong_to_the_node_alone():
    for spec in LAYERS.values():
        start = spec.start_params()
        assert json.loads(json.dumps(start)) == start
    first = LAYERS["Bidirectional"].start_params()
    first["layer"]["params"]["units"] = 999
    assert LAYERS["Bidirectional"].start_params()["layer"]["params"]["units"] == 32


def test_rows_have_a_hash():
    assert len({*LAYERS.values(), *LOSSES.values(), *OPTIMIZERS.values()}) == (
        len(LAYERS) + len(LOSSES) + len(OPTIMIZERS)
    )


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("Dense", "Dense"),
        ("Convolution2D", "Conv2D"),
        ("SeparableConvolution1D", "SeparableConv1D"),
        ("MaxPool3D", "MaxPooling3D"),
        ("AvgPool2D", "AveragePooling2D"),
        ("GlobalAvgPool1D", "GlobalAveragePooling1D"),
        ("GlobalMaxPool2D", "GlobalMaxPooling2D"),
        ("InputLayer", "Input"),
        ("Lambda", None),
        ("", None),
    ],
)
def test_second_names_of_layers(name, known):
    assert canonical_layer(name) == known


@pytest.mark.parametrize(
    ("table", "name", "known"),
    [
        (LOSSES, "mse", "mean_squared_error"),
        (LOSSES, "MSE", "mean_squared_error"),
        (LOSSES, "MeanSquaredError", "mean_squared_error"),
        (LOSSES, "huber_loss", "huber"),
        (LOSSES, "kullback_leibler_divergence", "kl_divergence"),
        (METRICS, "acc", "accuracy"),
        (METRICS, "AUC", "auc"),
        (METRICS, "rmse", "root_mean_squared_error"),
        (METRICS, "logcosh", "log_cosh_error"),
        (OPTIMIZERS, "adam", "Adam"),
        (OPTIMIZERS, "rmsprop", "RMSprop"),
        (INITIALIZERS, "glorot_uniform", "GlorotUniform"),
        (INITIALIZERS, "uniform", "RandomUniform"),
        (INITIALIZERS, "zeros", "Zeros"),
        (INITIALIZERS, "OrthogonalInitializer", "Orthogonal"),
        (REGULARIZERS, "l1_l2", "L1L2"),
        (OPTIMIZERS, "adamm", None),
        (OPTIMIZERS, "", None),
        (METRICS, "", None),
    ],
)
def test_second_names_of_objects(table, name, known):
    assert canonical(table, name) == known


def test_the_catalog_needs_no_keras():
    code = (
        "import sys, netbuilder.core.catalog.training.training_index\n"
        "import netbuilder.core.catalog.layers.layer_index, netbuilder.core.catalog.validate\n"
        "import netbuilder.core.catalog.layer_parser\n"
        "heavy = {'keras', 'tensorflow', 'numpy', 'PySide6'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
