"""Rows of the catalog: search, names, values that are wrong, and layers as people type them."""

import json
import math
import subprocess
import sys

import pytest

from netbuilder.core.catalog.layer_parser import describe_params, parse_layers
from netbuilder.core.catalog.layers.layer_index import LAYERS, canonical_layer, search_layers
from netbuilder.core.catalog.spec import Category, Kind, Param
from netbuilder.core.catalog.training.training_index import (
    CALLBACKS,
    INITIALIZERS,
    LOSSES,
    METRICS,
    OPTIMIZERS,
    REGULARIZERS,
    canonical,
)
from netbuilder.core.catalog.validate import problem_with, problems_with, unknown_param


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


def of(layer, name):
    return LAYERS[layer].by_name[name]


UNITS = of("Dense", "units")
RATE = of("Dropout", "rate")
KERNEL = of("Conv2D", "kernel_size")
PADDING = of("Conv2D", "padding")
ACTIVATION = of("Dense", "activation")
INITIALIZER = of("Dense", "kernel_initializer")
REGULARIZER = of("Dense", "kernel_regularizer")
CONSTRAINT = of("Dense", "kernel_constraint")
LEARNING_RATE = OPTIMIZERS["Adam"].by_name["learning_rate"]
WRAPPED = of("Bidirectional", "layer")
TARGET_SHAPE = of("Reshape", "target_shape")
CROPPING = of("Cropping2D", "cropping")

FITS = [
    (UNITS, 1),
    (RATE, 0),
    (RATE, 0.5),
    (RATE, 1),
    (KERNEL, 3),
    (KERNEL, [3, 5]),
    (KERNEL, (3, 5)),
    (PADDING, "same"),
    (ACTIVATION, "relu"),
    (ACTIVATION, None),
    (INITIALIZER, "he_normal"),
    (INITIALIZER, "HeNormal"),
    (INITIALIZER, {"name": "RandomNormal", "params": {"stddev": 0.1}}),
    (REGULARIZER, None),
    (REGULARIZER, {"name": "L2", "params": {"l2": 0.01}}),
    (REGULARIZER, {"name": "l2"}),
    (CONSTRAINT, {"name": "MaxNorm", "params": {"max_value": 3}}),
    (LEARNING_RATE, 0.001),
    (
        LEARNING_RATE,
        {
            "name": "ExponentialDecay",
            "params": {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.9},
        },
    ),
    (WRAPPED, {"layer": "LSTM", "params": {"units": 3, "return_sequences": True}}),
    (TARGET_SHAPE, [4, -1]),
    (of("Input", "shape"), [None, 3]),
    (of("Input", "shape"), []),
    (CROPPING, 2),
    (CROPPING, [1, 2]),
    (CROPPING, [[1, 2], [0, 3]]),
    (of("Cropping1D", "cropping"), [1, 2]),
    (of("Rescaling", "scale"), [0.5, 2]),
    (of("Permute", "dims"), [2, 1]),
    (of("StringLookup", "vocabulary"), ["a", "b"]),
    (of("Dense", "trainable"), False),
]

WRONG = [
    (UNITS, None, "not empty"),
    (UNITS, True, "not true"),
    (UNITS, 3.0, "a whole number, not 3.0"),
    (UNITS, "3", "a whole number, not '3'"),
    (UNITS, 0, "at least 1, not 0"),
    (UNITS, -5, "at least 1"),
    (RATE, 1.5, "between 0 and 1, not 1.5"),
    (RATE, math.nan, "must be a number"),
    (RATE, math.inf, "must be a number"),
    (RATE, False, "not false"),
    (KERNEL, [3], "one whole number or 2 of them, not [3]"),
    (KERNEL, [3, True], "not true"),
    (KERNEL, [3, 0], "at least 1"),
    (KERNEL, [[1, 1], [1, 1]], "a whole number"),
    (KERNEL, 2.5, "not 2.5"),
    (PADDING, "smae", "Did you mean 'same'?"),
    (PADDING, 3, "one of valid, same"),
    (ACTIVATION, "rleu", "Did you mean 'relu'?"),
    (ACTIVATION, 1, "name of an activation"),
    (INITIALIZER, "HeNormall", "Did you mean 'HeNormal'?"),
    (INITIALIZER, 5, "an initializer"),
    (INITIALIZER, {"name": "Zeros", "class": 1}, "'class'"),
    (INITIALIZER, {"params": {}}, "an initializer"),
    (INITIALIZER, {"name": "RandomNormal", "params": {"sdtdev": 1.0}}, "Did you mean 'stddev'?"),
    (REGULARIZER, {"name": "L2", "params": {"l2": -1}}, "l2 must be at least 0"),
    (REGULARIZER, {"name": "L2", "params": [1]}, "a regularizer"),
    (of("Dense", "activity_regularizer"), "OrthogonalRegularizer", "one of L1, L2, L1L2"),
    (CONSTRAINT, "MaxNrom", "Did you mean 'MaxNorm'?"),
    (LEARNING_RATE, -0.1, "at least 0"),
    (LEARNING_RATE, {"name": "ExponentialDecay"}, "a value for initial_learning_rate"),
    (LEARNING_RATE, {"name": "Cosine"}, "learning-rate schedule 'Cosine'"),
    (RATE, {"name": "ExponentialDecay"}, "must be a number"),
    (WRAPPED, "LSTM", "a layer"),
    (WRAPPED, {"layer": "LSMT", "params": {}}, "Did you mean 'LSTM'?"),
    (WRAPPED, {"layer": "Dense", "params": {"units": 3}}, "must be one of LSTM"),
    (WRAPPED, {"layer": "LSTM", "params": {}}, "LSTM needs a value for units"),
    (WRAPPED, {"layer": "LSTM", "params": {"units": 0}}, "units must be at least 1"),
    (WRAPPED, {"layer": "LSTM", "params": {"units": 1}, "name": "x"}, "'name'"),
    (of("TimeDistributed", "layer"), {"layer": "Add", "params": {}}, "cannot be wrapped"),
    (of("TimeDistributed", "layer"), {"layer": "Attention", "params": {}}, "cannot be wrapped"),
    (of("TimeDistributed", "layer"), {"layer": "VGG16", "params": {}}, "cannot be wrapped"),
    (TARGET_SHAPE, [-1, -1], "only once"),
    (TARGET_SHAPE, [0], "at least 1"),
    (TARGET_SHAPE, 4, "a list of whole numbers"),
    (TARGET_SHAPE, [2.0], "not 2.0"),
    (of("Input", "shape"), [-1, 3], "at least 1"),
    (CROPPING, [[1, 2], [0, -3]], "at least 0"),
    (CROPPING, [[1, 2]], "or 2 of them"),
    (of("Rescaling", "scale"), [], "an empty list"),
    (of("Rescaling", "scale"), ["a"], "a number or a list"),
    (of("RandomContrast", "value_range"), [0], "2 numbers, not 1"),
    (of("RandomShear", "x_factor"), 0.1, "a list of 2 numbers"),
    (of("Permute", "dims"), [0, 1], "at least 1"),
    (of("StringLookup", "vocabulary"), ["a", 1], "a list of words"),
    (of("Dense", "trainable"), 1, "true or false"),
    (CALLBACKS["CSVLogger"].by_name["filename"], " ", "name of a file"),
    (of("EinsumDense", "equation"), 1, "text"),
]


@pytest.mark.parametrize(("param", "value"), FITS, ids=repr)
def test_fits(param, value):
    assert problem_with(param, value) is None


@pytest.mark.parametrize(("param", "value", "words"), WRONG, ids=repr)
def test_says_what_is_wrong(param, value, words):
    problem = problem_with(param, value)
    assert words in problem
    assert problem.startswith(param.name)
    assert problem[-1] in ".?"


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("value", [object(), {}, {"a": 1}, [[]], [{}], b"x", 1j, "", [None]])
def test_never_fails_whatever_it_is_given(kind, value):
    param = Param("p", kind, choices=("a",) if kind is Kind.CHOICE else (), size=2)
    problem = problem_with(param, value)
    assert problem is None or isinstance(problem, str)


def test_a_nested_layer_deep_inside_is_looked_at():
    inner = {"layer": "LSTM", "params": {"units": 0}}
    outer = {"layer": "Bidirectional", "params": {"layer": inner}}
    assert problem_with(of("TimeDistributed", "layer"), outer) == (
        "layer: layer: units must be at least 1, not 0."
    )


def test_a_name_that_is_none_of_the_layer():
    assert unknown_param(LAYERS["Dense"], "units") is None
    assert unknown_param(LAYERS["Dense"], "unit") == (
        "Dense has no parameter 'unit'. Did you mean 'units'?"
    )
    assert unknown_param(LAYERS["Dense"], "zzz") == "Dense has no parameter 'zzz'."
    assert "'delta'" in unknown_param(LOSSES["huber"], "detla")


def test_all_that_is_wrong_with_a_node():
    assert problems_with(LAYERS["Conv2D"], {"filters": 3, "kernel_size": 3}) == {}
    found = problems_with(LAYERS["Conv2D"], {"filters": 0, "strdes": 2})
    assert set(found) == {"filters", "strdes", "kernel_size"}
    assert found["kernel_size"].startswith("Conv2D needs a value for kernel_size")


@pytest.mark.parametrize(
    ("text", "layer", "params"),
    [
        ("dense 50 relu", "Dense", {"units": 50, "activation": "relu"}),
        ("dense relu 50", "Dense", {"units": 50, "activation": "relu"}),
        ("conv2d 32 5x5 relu", "Conv2D", {"filters": 32, "kernel_size": 5, "activation": "relu"}),
        ("conv2d 8 3x1", "Conv2D", {"filters": 8, "kernel_size": [3, 1]}),
        ("dropout 0,25", "Dropout", {"rate": 0.25}),
        ("lstm 16 return_sequences", "LSTM", {"units": 16, "return_sequences": True}),
        ("dense 4 use_bias=no", "Dense", {"units": 4, "use_bias": False}),
    ],
)
def test_values_after_a_name_are_its_parameters(text, layer, params):
    first = parse_layers(text)[0]
    assert (first.spec.name, first.params) == (layer, params)


@pytest.mark.parametrize("text", ["max pool", "dropout 3", "dense -5", "dense 5 nonsense"])
def test_what_is_no_value_is_searched_for(text):
    found = parse_layers(text)
    assert [one.spec for one in found] == search_layers(text)
    assert not any(one.params for one in found)
