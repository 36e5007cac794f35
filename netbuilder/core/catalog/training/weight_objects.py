"""Rows for single weights: initializers, regularizers, constraints; and the activations."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from netbuilder.core.catalog.params import SEED, choice, integers, number
from netbuilder.core.catalog.spec import ObjectSpec, Param


def table(*rows: ObjectSpec) -> Mapping[str, ObjectSpec]:
    """Rows by name, in their order."""
    return MappingProxyType({row.name: row for row in rows})


def _row(module: str, name: str, text: str, *params: Param) -> ObjectSpec:
    return ObjectSpec(name, name, module, text, params)


def _initializer(name: str, text: str, *params: Param) -> ObjectSpec:
    return _row("keras.initializers", name, text, *params)


_INPUT_AXES: Final = (
    integers("input_axes", None, "Axes of the weights that count as inputs.", more=True),
    integers("output_axes", None, "Axes of the weights that count as outputs.", more=True),
)

# STFT is left out: it fills the weights of spectrogram layers and nothing else.
INITIALIZERS: Final = table(
    _initializer("GlorotUniform", "Random, as wide as suits tanh and sigmoid.", SEED,
                 *_INPUT_AXES),
    _initializer("GlorotNormal", "Random around 0, as wide as suits tanh and sigmoid.", SEED,
                 *_INPUT_AXES),
    _initializer("HeUniform", "Random, as wide as suits relu.", SEED, *_INPUT_AXES),
    _initializer("HeNormal", "Random around 0, as wide as suits relu.", SEED, *_INPUT_AXES),
    _initializer("LecunUniform", "Random, as wide as suits selu.", SEED, *_INPUT_AXES),
    _initializer("LecunNormal", "Random around 0, as wide as suits selu.", SEED, *_INPUT_AXES),
    _initializer("Zeros", "All 0."),
    _initializer("Ones", "All 1."),
    _initializer("Constant", "All the same number.",
                 number("value", 0.0, "The number.")),
    _initializer("RandomNormal", "Random around a mean.",
                 number("mean", 0.0, "The middle of the numbers."),
                 number("stddev", 0.05, "How far they spread.", minimum=0.0), SEED),
    _initializer("RandomUniform", "Random between two numbers.",
                 number("minval", -0.05, "The smallest number."),
                 number("maxval", 0.05, "The largest number."), SEED),
    _initializer("TruncatedNormal", "Random around a mean, without far outliers.",
                 number("mean", 0.0, "The middle of the numbers."),
                 number("stddev", 0.05, "How far they spread.", minimum=0.0), SEED),
    _initializer("VarianceScaling", "Random, as wide as the number of inputs asks for.",
                 number("scale", 1.0, "Factor of the variance.", minimum=0.001),
                 choice("mode", "fan_in", ("fan_in", "fan_out", "fan_avg"),
                        "What is counted: inputs, outputs or both."),
                 choice("distribution", "truncated_normal",
                        ("truncated_normal", "untruncated_normal", "uniform"),
                        "How the numbers spread."), SEED, *_INPUT_AXES),
    _initializer("Orthogonal", "Random directions at right angles: suits memories.",
                 number("gain", 1.0, "Factor of the numbers."), SEED),
    _initializer("Identity", "Passes its input on at first (square weights only).",
                 number("gain", 1.0, "Factor of the numbers.")),
)  # fmt: skip


def _regularizer(name: str, text: str, *params: Param) -> ObjectSpec:
    return _row("keras.regularizers", name, text, *params)


REGULARIZERS: Final = table(
    _regularizer("L2", "Keeps weights small: adds their squares to the loss.",
                 number("l2", 0.01, "How strong the penalty is.", minimum=0.0)),
    _regularizer("L1", "Pushes weights to exactly 0: adds their sizes to the loss.",
                 number("l1", 0.01, "How strong the penalty is.", minimum=0.0)),
    _regularizer("L1L2", "Both penalties.",
                 number("l1", 0.0, "Penalty on the size.", minimum=0.0),
                 number("l2", 0.0, "Penalty on the square.", minimum=0.0)),
    _regularizer("OrthogonalRegularizer", "Keeps the rows or columns at right angles.",
                 number("factor", 0.01, "How strong the penalty is.", minimum=0.0),
                 choice("mode", "rows", ("rows", "columns"), "What is kept at right angles.")),
)  # fmt: skip

_AXIS: Final = integers("axis", 0, "Axis along which the length is measured.", more=True)


def _constraint(name: str, text: str, *params: Param) -> ObjectSpec:
    return _row("keras.constraints", name, text, *params)


CONSTRAINTS: Final = table(
    _constraint("MaxNorm", "The weights into a unit are never longer than this.",
                number("max_value", 2, "The greatest length.", minimum=0.0), _AXIS),
    _constraint("MinMaxNorm", "The weights into a unit stay between two lengths.",
                number("min_value", 0.0, "The smallest length.", minimum=0.0),
                number("max_value", 1.0, "The greatest length.", minimum=0.0),
                number("rate", 1.0, "How firmly it is held: 1 is exactly.", minimum=0.0,
                       maximum=1.0, more=True), _AXIS),
    _constraint("NonNeg", "No weight is below 0."),
    _constraint("UnitNorm", "The weights into a unit have length 1.", _AXIS),
)  # fmt: skip

ACTIVATIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "linear": "No change: for numbers at the output.",
        "relu": "Negative numbers become 0: the usual choice inside a network.",
        "sigmoid": "Squeezes between 0 and 1: for yes or no at the output.",
        "softmax": "Probabilities that add up to 1: for classes at the output.",
        "tanh": "Squeezes between -1 and 1.",
        "leaky_relu": "Like relu, but a little of a negative number passes.",
        "elu": "Like relu, bending smoothly towards -1.",
        "selu": "Like elu, scaled so that deep networks keep their balance.",
        "gelu": "A smooth relu: the choice of transformers.",
        "silu": "The number times its sigmoid: smooth, for deep networks.",
        "swish": "Another name for silu.",
        "mish": "Smooth like silu, a little steeper.",
        "softplus": "A smooth relu that is always above 0.",
        "softsign": "Squeezes between -1 and 1, gently.",
        "exponential": "e to the power of the number: always above 0.",
        "relu6": "relu that stops at 6: for small devices.",
        "hard_sigmoid": "sigmoid made of straight lines: faster.",
        "hard_silu": "silu made of straight lines: faster.",
        "hard_swish": "Another name for hard_silu.",
        "hard_tanh": "tanh made of straight lines: faster.",
        "hard_shrink": "Small numbers become 0, others stay.",
        "soft_shrink": "Small numbers become 0, others move towards it.",
        "tanh_shrink": "The number minus its tanh.",
        "log_sigmoid": "Logarithm of the sigmoid.",
        "log_softmax": "Logarithm of softmax.",
        "celu": "Like elu, smooth everywhere.",
        "squareplus": "A smooth relu without an exponential.",
        "sparse_plus": "Like softplus, exactly 0 below -1.",
        "sparse_sigmoid": "Like sigmoid, exactly 0 and 1 at the ends.",
        "sparsemax": "Like softmax, with exact zeros.",
    }
)
"""Functions of ``keras.activations`` by name, with one line about each, the usual ones first.

Left out: ``threshold``, which needs arguments that a name cannot give, and ``glu``, which halves
the channels, while layers count on an activation to keep the shape.
"""
