"""What is wrong with a value, in words."""

import math

import pytest

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.catalog.training.training_index import CALLBACKS, LOSSES, OPTIMIZERS
from netbuilder.core.catalog.validate import problem_with, problems_with, unknown_param


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
