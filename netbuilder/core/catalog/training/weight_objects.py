"""Rows for single weights: initializers, regularizers, constraints; and the activations."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from netbuilder.core.catalog.params import SEED, choice, integers, number
from netbuilder.core.catalog.spec import ObjectSpec, Param
from netbuilder.core.i18n import noop as N_


def table(*rows: ObjectSpec) -> Mapping[str, ObjectSpec]:
    """Rows by name, in their order."""
    return MappingProxyType({row.name: row for row in rows})


def _row(module: str, name: str, text: str, *params: Param) -> ObjectSpec:
    return ObjectSpec(name, name, module, text, params)


def _initializer(name: str, text: str, *params: Param) -> ObjectSpec:
    return _row("keras.initializers", name, text, *params)


_INPUT_AXES: Final = (
    integers("input_axes", None, N_("Axes of the weights that belong to the inputs."), more=True),
    integers("output_axes", None, N_("Axes of the weights that belong to the outputs."), more=True),
)

# STFT is left out: it fills the weights of spectrogram layers and nothing else.
INITIALIZERS: Final = table(
    _initializer("GlorotUniform", N_("Uniform random numbers, scaled for tanh and sigmoid."), SEED,
                 *_INPUT_AXES),
    _initializer("GlorotNormal",
        N_("Normally distributed random numbers, scaled for tanh and sigmoid."), SEED,
                 *_INPUT_AXES),
    _initializer("HeUniform", N_("Uniform random numbers, scaled for relu."), SEED, *_INPUT_AXES),
    _initializer("HeNormal", N_("Normally distributed random numbers, scaled for relu."), SEED,
        *_INPUT_AXES),
    _initializer("LecunUniform", N_("Uniform random numbers, scaled for selu."), SEED,
        *_INPUT_AXES),
    _initializer("LecunNormal", N_("Normally distributed random numbers, scaled for selu."), SEED,
        *_INPUT_AXES),
    _initializer("Zeros", N_("All 0.")),
    _initializer("Ones", N_("All 1.")),
    _initializer("Constant", N_("All the same number."),
                 number("value", 0.0, N_("The number."))),
    _initializer("RandomNormal", N_("Normally distributed random numbers."),
                 number("mean", 0.0, N_("Mean of the numbers.")),
                 number("stddev", 0.05, N_("Standard deviation of the numbers."), minimum=0.0),
                 SEED),
    _initializer("RandomUniform", N_("Uniform random numbers between two values."),
                 number("minval", -0.05, N_("The smallest number.")),
                 number("maxval", 0.05, N_("The largest number.")), SEED),
    _initializer("TruncatedNormal", N_("Normally distributed random numbers without outliers."),
                 number("mean", 0.0, N_("Mean of the numbers.")),
                 number("stddev", 0.05, N_("Standard deviation of the numbers."), minimum=0.0),
                 SEED),
    _initializer("VarianceScaling",
        N_("Random numbers, scaled by the number of inputs or outputs."),
                 number("scale", 1.0, N_("Factor of the variance."), minimum=0.001),
                 choice("mode", "fan_in", ("fan_in", "fan_out", "fan_avg"),
                        N_("What the scale depends on: inputs, outputs or both.")),
                 choice("distribution", "truncated_normal",
                        ("truncated_normal", "untruncated_normal", "uniform"),
                        N_("Distribution of the numbers.")), SEED, *_INPUT_AXES),
    _initializer("Orthogonal", N_("Random orthogonal matrix: suits recurrent layers."),
                 number("gain", 1.0, N_("Factor applied to the numbers.")), SEED),
    _initializer("Identity", N_(
        "Identity matrix: the layer returns its input unchanged at first (square weights only)."
    ),
                 number("gain", 1.0, N_("Factor applied to the numbers."))),
)  # fmt: skip


def _regularizer(name: str, text: str, *params: Param) -> ObjectSpec:
    return _row("keras.regularizers", name, text, *params)


REGULARIZERS: Final = table(
    _regularizer("L2", N_("Keeps weights small: adds their squares to the loss."),
                 number("l2", 0.01, N_("How strong the penalty is."), minimum=0.0)),
    _regularizer("L1", N_("Pushes weights to exactly 0: adds their absolute values to the loss."),
                 number("l1", 0.01, N_("How strong the penalty is."), minimum=0.0)),
    _regularizer("L1L2", N_("Both penalties, L1 and L2."),
                 number("l1", 0.0, N_("Penalty on the absolute values."), minimum=0.0),
                 number("l2", 0.0, N_("Penalty on the squares."), minimum=0.0)),
    _regularizer("OrthogonalRegularizer", N_("Keeps the rows or columns orthogonal."),
                 number("factor", 0.01, N_("How strong the penalty is."), minimum=0.0),
                 choice("mode", "rows", ("rows", "columns"),
                     N_("Whether the rows or the columns are kept orthogonal."))),
)  # fmt: skip

_AXIS: Final = integers("axis", 0, N_("Axis along which the norm is calculated."), more=True)


def _constraint(name: str, text: str, *params: Param) -> ObjectSpec:
    return _row("keras.constraints", name, text, *params)


CONSTRAINTS: Final = table(
    _constraint("MaxNorm", N_("Limits the norm of the weights into each unit."),
                number("max_value", 2, N_("The largest norm."), minimum=0.0), _AXIS),
    _constraint("MinMaxNorm",
        N_("Keeps the norm of the weights into each unit between two values."),
                number("min_value", 0.0, N_("The smallest norm."), minimum=0.0),
                number("max_value", 1.0, N_("The largest norm."), minimum=0.0),
                number("rate", 1.0,
                       N_("How strictly the limits are enforced: 1 enforces them exactly."),
                       minimum=0.0, maximum=1.0, more=True), _AXIS),
    _constraint("NonNeg", N_("Keeps all weights at 0 or above.")),
    _constraint("UnitNorm", N_("Scales the weights into each unit to norm 1."), _AXIS),
)  # fmt: skip

ACTIVATIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "linear": N_("No change: for predicting numbers at the output."),
        "relu": N_("Negative numbers become 0: the usual choice inside a network."),
        "sigmoid": N_("Maps numbers to between 0 and 1: for yes or no at the output."),
        "softmax": N_("Probabilities that add up to 1: for classes at the output."),
        "tanh": N_("Maps numbers to between −1 and 1."),
        "leaky_relu": N_("Like relu, but negative numbers are made small instead of 0."),
        "elu": N_("Like relu, but negative numbers approach −1 smoothly."),
        "selu": N_("Like elu, scaled so that deep networks stay stable."),
        "gelu": N_("A smooth relu: the usual choice in transformers."),
        "silu": N_("The number times its sigmoid: smooth, for deep networks."),
        "swish": N_("Another name for silu."),
        "mish": N_("Smooth like silu, a little steeper."),
        "softplus": N_("A smooth relu that is always above 0."),
        "softsign": N_("Maps numbers to between −1 and 1 more gradually than tanh."),
        "exponential": N_("e to the power of the number: always above 0."),
        "relu6": N_("relu limited to 6: for small devices."),
        "hard_sigmoid": N_("sigmoid approximated by straight lines: faster."),
        "hard_silu": N_("silu based on hard_sigmoid: faster."),
        "hard_swish": N_("Another name for hard_silu."),
        "hard_tanh": N_("tanh approximated by straight lines: faster."),
        "hard_shrink": N_("Numbers close to 0 become 0, others stay."),
        "soft_shrink": N_("Numbers close to 0 become 0, others move towards 0."),
        "tanh_shrink": N_("The number minus its tanh."),
        "log_sigmoid": N_("Logarithm of the sigmoid."),
        "log_softmax": N_("Logarithm of softmax."),
        "celu": N_("Like elu, smooth everywhere."),
        "squareplus": N_("A smooth relu without an exponential."),
        "sparse_plus": N_("Like softplus, exactly 0 below −1."),
        "sparse_sigmoid": N_("Like sigmoid, exactly 0 and 1 at the ends."),
        "sparsemax": N_("Like softmax, with exact zeros."),
    }
)
"""Functions of ``keras.activations`` by name, with one line about each, the usual ones first.

Left out: ``threshold``, which needs arguments that a name cannot give, and ``glu``, which halves
the channels, while layers count on an activation to keep the shape.
"""
