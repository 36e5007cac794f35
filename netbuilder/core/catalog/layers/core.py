"""Rows: input, dense layers, embeddings and activation layers."""

from __future__ import annotations

from typing import Final

from netbuilder.core.catalog.params import (
    REQUIRED,
    USE_BIAS,
    activation,
    choice,
    common_params,
    constraint,
    flag,
    initializer,
    integer,
    integers,
    number,
    param,
    regularizer,
    shape,
    text_param,
    weight_rows,
)
from netbuilder.core.catalog.spec import Category, Kind, LayerSpec

_INPUT = LayerSpec(
    "Input",
    Category.INPUT,
    "Where the data comes in. Its shape is that of one sample.",
    (
        shape(
            "shape", None,
            "Size of one sample, as (8, 8, 1) for an 8×8 picture. Empty: taken from the data.",
        ),
        choice(
            "dtype", None,
            ("float32", "int32", "int64", "uint8", "bool", "string", "float16", "float64"),
            "Kind of the numbers that come in. Empty: decimal numbers, or as the data says.",
            more=True,
        ),
    ),
    telling=("shape",),
    min_inputs=0,
    max_inputs=0,
    teaching=True,
    keywords=("data", "start", "InputLayer", "features"),
)  # fmt: skip

_CORE = (
    LayerSpec(
        "Dense",
        Category.CORE,
        "Every unit looks at all inputs, weighs them and adds them up.",
        (
            integer("units", REQUIRED, "How many units: numbers that it gives.", start=32),
            activation(start="relu"),
            USE_BIAS,
            *weight_rows(),
            *common_params(),
        ),
        telling=("units", "activation"),
        ranks=(2, 3, 4, 5, 6),
        teaching=True,
        keywords=("fully connected", "linear", "perceptron", "hidden", "output", "neurons", "mlp"),
    ),
    LayerSpec(
        "EinsumDense",
        Category.CORE,
        "A Dense layer in which a formula says which axes are multiplied.",
        (
            text_param(
                "equation", REQUIRED, "Formula of the axes, as 'ab,bc->ac'.", start="ab,bc->ac"
            ),
            shape(
                "output_shape", REQUIRED, "Shape of one result, without the batch.", start=(32,)
            ),
            activation(),
            text_param("bias_axes", None, "Axes that get a bias, as 'c'.", more=True),
            *weight_rows(activity=False),
            *common_params(),
        ),
        telling=("equation", "activation"),
        keywords=("einsum", "tensor"),
    ),
    LayerSpec(
        "Activation",
        Category.CORE,
        "Applies a function such as relu or softmax to every number.",
        (
            param(
                "activation", Kind.ACTIVATION, REQUIRED, "The function that is applied.",
                start="relu",
            ),
            *common_params(trainable=False),
        ),
        telling=("activation",),
        teaching=True,
        keywords=("relu", "sigmoid", "tanh", "softmax", "nonlinearity"),
        keeps_units=True,
    ),
    LayerSpec(
        "Embedding",
        Category.CORE,
        "Turns each word number into a list of numbers that is learned.",
        (
            integer(
                "input_dim", REQUIRED, "Size of the vocabulary: biggest word number plus one.",
                start=10000,
            ),
            integer("output_dim", REQUIRED, "How many numbers stand for a word.", start=32),
            flag(
                "mask_zero", False,
                "Number 0 means 'nothing here', and later layers skip it.",
            ),
            initializer("embeddings", "uniform"),
            regularizer("embeddings"),
            constraint("embeddings"),
            *common_params(),
        ),
        telling=("input_dim", "output_dim"),
        teaching=True,
        keywords=("words", "text", "tokens", "vocabulary", "vectors"),
        scales=True,
    ),
    LayerSpec(
        "ReversibleEmbedding",
        Category.CORE,
        "An Embedding whose table can also turn vectors back into scores of words.",
        (
            integer(
                "input_dim", REQUIRED, "Size of the vocabulary: biggest word number plus one.",
                start=10000,
            ),
            integer("output_dim", REQUIRED, "How many numbers stand for a word.", start=32),
            flag("tie_weights", True, "The way back uses the same table.", more=True),
            flag(
                "mask_zero", False, "Number 0 means 'nothing here', and later layers skip it.",
                more=True,
            ),
            number(
                "logit_soft_cap", None, "Keeps the scores of words below this value.",
                minimum=0.0, more=True,
            ),
            choice(
                "reverse_dtype", None, ("float32", "float16", "bfloat16", "float64"),
                "Precision of the way back.", more=True,
            ),
            initializer("embeddings", "uniform"),
            regularizer("embeddings"),
            constraint("embeddings"),
            *common_params(),
        ),
        telling=("input_dim", "output_dim"),
        keywords=("words", "tied", "language model"),
    ),
    LayerSpec(
        "Identity",
        Category.CORE,
        "Passes its input on unchanged.",
        common_params(trainable=False),
        keywords=("nothing", "pass"),
        arranges=True,
        keeps_units=True,
    ),
    LayerSpec(
        "Masking",
        Category.CORE,
        "Tells later layers to skip the time steps that hold only this value.",
        (
            number("mask_value", 0.0, "The value that means 'nothing here'."),
            *common_params(trainable=False),
        ),
        telling=("mask_value",),
        keywords=("skip", "padding", "sequence"),
    ),
)  # fmt: skip

_ACTIVATIONS = (
    LayerSpec(
        "ReLU",
        Category.CORE,
        "Lets positive numbers through and makes negative ones 0.",
        (
            number("max_value", None, "No result is above this. Empty: no limit.", minimum=0.0),
            number(
                "negative_slope", 0.0, "Share of a negative number that passes.", minimum=0.0,
                more=True,
            ),
            number("threshold", 0.0, "Numbers below this count as negative.", minimum=0.0,
                   more=True),
            *common_params(trainable=False),
        ),
        telling=("max_value",),
        teaching=False,
        keywords=("activation", "rectifier"),
        keeps_units=True,
        activation="relu",

    ),
    LayerSpec(
        "LeakyReLU",
        Category.CORE,
        "Like ReLU, but a little of a negative number passes, so no unit dies.",
        (
            number(
                "negative_slope", 0.3, "Share of a negative number that passes.", minimum=0.0
            ),
            *common_params(trainable=False),
        ),
        telling=("negative_slope",),
        keywords=("activation", "rectifier"),
        keeps_units=True,
        activation="leaky_relu",

    ),
    LayerSpec(
        "PReLU",
        Category.CORE,
        "Like LeakyReLU, but it learns how much of a negative number passes.",
        (
            integers(
                "shared_axes", None,
                "Axes along which one slope is shared, as 1, 2 for pictures.", more=True,
            ),
            initializer("alpha", "Zeros"),
            regularizer("alpha"),
            constraint("alpha"),
            *common_params(),
        ),
        keywords=("activation", "rectifier"),
        keeps_units=True,
        activation="prelu",

    ),
    LayerSpec(
        "ELU",
        Category.CORE,
        "Like ReLU, but negative numbers bend smoothly towards -alpha.",
        (
            number("alpha", 1.0, "How far negative numbers go down.", minimum=0.0),
            *common_params(trainable=False),
        ),
        telling=("alpha",),
        keywords=("activation", "exponential"),
        keeps_units=True,
        activation="elu",

    ),
    LayerSpec(
        "Softmax",
        Category.CORE,
        "Turns scores into probabilities that add up to 1.",
        (
            integers("axis", -1, "Axis along which they add up to 1.", more=True),
            *common_params(trainable=False),
        ),
        keywords=("activation", "probability", "classes"),
        keeps_units=True,
        activation="softmax",

    ),
)  # fmt: skip

ROWS: Final = (_INPUT, *_CORE, *_ACTIVATIONS)
