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
from netbuilder.core.i18n import noop as N_

_INPUT = LayerSpec(
    "Input",
    Category.INPUT,
    N_("Where the data enters the network. Its shape is the shape of one sample."),
    (
        shape(
            "shape", None,
            N_(
                "Shape of one sample, for example (8, 8, 1) for an 8×8 picture. Empty: taken "
                "from the data."
            ),
        ),
        choice(
            "dtype", None,
            ("float32", "int32", "int64", "uint8", "bool", "string", "float16", "float64"),
            N_("Data type of the input. Empty: float32, or the type of the data."),
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
        N_("Fully connected layer: each unit computes a weighted sum of all inputs."),
        (
            integer("units", REQUIRED,
                N_("Number of units, which is also the number of output values."), start=32),
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
        N_("A Dense layer in which an einsum equation says which axes are multiplied."),
        (
            text_param(
                "equation", REQUIRED, N_("Einsum equation, for example 'ab,bc->ac'."),
                start="ab,bc->ac"
            ),
            shape(
                "output_shape", REQUIRED,
                N_("Shape of the output for one sample, without the batch axis."), start=(32,)
            ),
            activation(),
            text_param("bias_axes", None, N_("Axes that have a bias, for example 'c'."), more=True),
            *weight_rows(activity=False),
            *common_params(),
        ),
        telling=("equation", "activation"),
        keywords=("einsum", "tensor"),
    ),
    LayerSpec(
        "Activation",
        Category.CORE,
        N_("Applies an activation function such as relu or softmax."),
        (
            param(
                "activation", Kind.ACTIVATION, REQUIRED, N_("The activation function."),
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
        N_("Turns each word index into a vector of numbers that is learned."),
        (
            integer(
                "input_dim", REQUIRED,
                N_("Size of the vocabulary: the largest word index plus one."),
                start=10000,
            ),
            integer("output_dim", REQUIRED, N_("Length of the vector for each word."), start=32),
            flag(
                "mask_zero", False,
                N_("Treat index 0 as padding, which later layers skip."),
            ),
            choice(
                "weights", None, ("included",),
                N_(
                    "included: begin with vectors of 50 numbers that know 20,000 English words. "
                    "Empty: random weights."
                ),
            ),
            initializer("embeddings", "uniform"),
            regularizer("embeddings"),
            constraint("embeddings"),
            *common_params(),
        ),
        telling=("input_dim", "output_dim", "weights"),
        teaching=True,
        keywords=("words", "text", "tokens", "vocabulary", "vectors"),
        scales=True,
    ),
    LayerSpec(
        "ReversibleEmbedding",
        Category.CORE,
        N_("An Embedding whose weights can also turn vectors back into scores for each word."),
        (
            integer(
                "input_dim", REQUIRED,
                N_("Size of the vocabulary: the largest word index plus one."),
                start=10000,
            ),
            integer("output_dim", REQUIRED, N_("Length of the vector for each word."), start=32),
            flag("tie_weights", True,
                N_("Use the same weights to turn vectors back into word scores."), more=True),
            flag(
                "mask_zero", False, N_("Treat index 0 as padding, which later layers skip."),
                more=True,
            ),
            number(
                "logit_soft_cap", None, N_("Keeps word scores below this value."),
                minimum=0.0, more=True,
            ),
            choice(
                "reverse_dtype", None, ("float32", "float16", "bfloat16", "float64"),
                N_("Precision of the step that turns vectors back into word scores."), more=True,
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
        N_("Returns its input unchanged."),
        common_params(trainable=False),
        keywords=("nothing", "pass"),
        arranges=True,
        keeps_units=True,
    ),
    LayerSpec(
        "Masking",
        Category.CORE,
        N_("Marks time steps that hold only one value, so that later layers skip them."),
        (
            number("mask_value", 0.0, N_("The value that marks padding.")),
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
        N_("Keeps positive numbers and sets negative numbers to 0."),
        (
            number("max_value", None, N_("Largest output value. Empty: no limit."), minimum=0.0),
            number(
                "negative_slope", 0.0, N_("Factor applied to negative numbers."), minimum=0.0,
                more=True,
            ),
            number("threshold", 0.0, N_("Numbers below this value are treated as negative."),
                minimum=0.0,
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
        N_(
            "Like ReLU, but negative numbers are made small instead of 0, so that no unit stops "
            "learning."
        ),
        (
            number(
                "negative_slope", 0.3, N_("Factor applied to negative numbers."), minimum=0.0
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
        N_("Like LeakyReLU, but the factor for negative numbers is learned."),
        (
            integers(
                "shared_axes", None,
                N_("Axes along which one slope is shared, for example 1, 2 for pictures."),
                more=True,
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
        N_("Like ReLU, but negative numbers approach -alpha smoothly."),
        (
            number("alpha", 1.0, N_(
                "The limit that negative numbers approach, without its minus sign."
            ), minimum=0.0),
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
        N_("Turns scores into probabilities that add up to 1."),
        (
            integers("axis", -1, N_("Axis along which the probabilities add up to 1."), more=True),
            *common_params(trainable=False),
        ),
        keywords=("activation", "probability", "classes"),
        keeps_units=True,
        activation="softmax",

    ),
)  # fmt: skip

ROWS: Final = (_INPUT, *_CORE, *_ACTIVATIONS)
