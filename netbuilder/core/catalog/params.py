"""Short constructors for ``Param``, and the rows that many layers share."""

from __future__ import annotations

from typing import Any, Final

from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.i18n import noop as N_

REQUIRED: Final = object()
"""Stands for the default of an argument that has none."""


def param(name: str, kind: Kind, default: Any, help: str, **options: Any) -> Param:
    """Return a row: ``default=REQUIRED`` makes it required, ``default=None`` optional."""
    if default is REQUIRED:
        return Param(name, kind, None, help, required=True, **options)
    options.setdefault("optional", default is None)
    return Param(name, kind, default, help, **options)


def integer(name: str, default: Any, text: str, minimum: float | None = 1, **more: Any) -> Param:
    """A whole number."""
    return param(name, Kind.INT, default, text, minimum=minimum, **more)


def number(name: str, default: Any, text: str, **more: Any) -> Param:
    """A number with or without decimals."""
    return param(name, Kind.FLOAT, default, text, **more)


def flag(name: str, default: Any, text: str, **more: Any) -> Param:
    """Yes or no."""
    return param(name, Kind.BOOL, default, text, **more)


def choice(name: str, default: Any, choices: tuple[str, ...], text: str, **more: Any) -> Param:
    """One of a few words."""
    return param(name, Kind.CHOICE, default, text, choices=choices, **more)


def numbers(name: str, default: Any, text: str, **more: Any) -> Param:
    """A number, or a list of numbers."""
    return param(name, Kind.FLOATS, default, text, **more)


def integers(name: str, default: Any, text: str, **more: Any) -> Param:
    """A whole number, or a list of them."""
    return param(name, Kind.INTS, default, text, **more)


def size(name: str, default: Any, axes: int, text: str, minimum: int = 1, **more: Any) -> Param:
    """A whole number, or one for each axis."""
    return param(name, Kind.SIZE, default, text, size=axes, minimum=minimum, **more)


def shape(name: str, default: Any, text: str, **more: Any) -> Param:
    """A list of whole numbers."""
    return param(name, Kind.SHAPE, default, text, **more)


def text_param(name: str, default: Any, text: str, **more: Any) -> Param:
    """A string."""
    return param(name, Kind.TEXT, default, text, **more)


def activation(default: str | None = None, start: str | None = None, **more: Any) -> Param:
    """The function applied to the layer's result."""
    return param(
        "activation", Kind.ACTIVATION, default, N_(
            "Function applied to the output. Without one, stacked layers can only learn straight "
            "lines."
        ),
        start=start, **more,
    )  # fmt: skip


def recurrent_activation() -> Param:
    """The function of a recurrent layer's gates."""
    return param(
        "recurrent_activation", Kind.ACTIVATION, "sigmoid",
        N_("Activation function of the gates that decide what is remembered."), more=True,
    )  # fmt: skip


def rate(name: str, default: Any, text: str, **more: Any) -> Param:
    """A share between 0 and 1."""
    return number(name, default, text, minimum=0.0, maximum=1.0, **more)


def initializer(weight: str, default: str) -> Param:
    """``{what}_initializer``: the values with which weights begin."""
    return param(
        f"{weight}_initializer", Kind.INITIALIZER, default,
        _INITIALIZER_HELP[weight], more=True,
    )  # fmt: skip


def regularizer(weight: str) -> Param:
    """``{what}_regularizer``: a penalty that is added to the loss."""
    # OrthogonalRegularizer needs a fixed number of rows, which outputs do not have.
    choices = ("L1", "L2", "L1L2") if weight == "activity" else ()
    return param(
        f"{weight}_regularizer", Kind.REGULARIZER, None,
        _REGULARIZER_HELP[weight], more=True,
        choices=choices,
    )  # fmt: skip


def constraint(weight: str) -> Param:
    """``{what}_constraint``: a limit that is held after each step."""
    return param(
        f"{weight}_constraint", Kind.CONSTRAINT, None,
        _CONSTRAINT_HELP[weight],
        more=True,
    )  # fmt: skip


_INITIALIZER_HELP: Final = {
    "kernel": N_("Initial values of the weights, before training."),
    "bias": N_("Initial values of the biases, before training."),
    "recurrent": N_("Initial values of the weights of the recurrent state, before training."),
    "depthwise": N_("Initial values of the weights of each channel's filters, before training."),
    "pointwise": N_("Initial values of the weights that combine the channels, before training."),
    "embeddings": N_("Initial values of the word vectors, before training."),
    "beta": N_("Initial values of the learned shifts (beta), before training."),
    "gamma": N_("Initial values of the learned scales (gamma), before training."),
    "moving_mean": N_("Initial values of the moving averages, before training."),
    "moving_variance": N_("Initial values of the moving variances, before training."),
    "alpha": N_("Initial values of the learned slopes (alpha), before training."),
}
_REGULARIZER_HELP: Final = {
    "kernel": N_("Adds a penalty to the loss when the weights become large."),
    "bias": N_("Adds a penalty to the loss when the biases become large."),
    "recurrent": N_(
        "Adds a penalty to the loss when the weights of the recurrent state become large."
    ),
    "activity": N_("Adds a penalty to the loss when the outputs become large."),
    "depthwise": N_(
        "Adds a penalty to the loss when the weights of each channel's filters become large."
    ),
    "pointwise": N_(
        "Adds a penalty to the loss when the weights that combine the channels become large."
    ),
    "embeddings": N_("Adds a penalty to the loss when the word vectors become large."),
    "beta": N_("Adds a penalty to the loss when the learned shifts (beta) become large."),
    "gamma": N_("Adds a penalty to the loss when the learned scales (gamma) become large."),
    "alpha": N_("Adds a penalty to the loss when the learned slopes (alpha) become large."),
}
_CONSTRAINT_HELP: Final = {
    "kernel": N_("A limit on the weights, applied after each training step."),
    "bias": N_("A limit on the biases, applied after each training step."),
    "recurrent": N_(
        "A limit on the weights of the recurrent state, applied after each training step."
    ),
    "depthwise": N_(
        "A limit on the weights of each channel's filters, applied after each training step."
    ),
    "pointwise": N_(
        "A limit on the weights that combine the channels, applied after each training step."
    ),
    "embeddings": N_("A limit on the word vectors, applied after each training step."),
    "beta": N_("A limit on the learned shifts (beta), applied after each training step."),
    "gamma": N_("A limit on the learned scales (gamma), applied after each training step."),
    "alpha": N_("A limit on the learned slopes (alpha), applied after each training step."),
}

USE_BIAS: Final = flag(
    "use_bias", True, N_("Add a learned number (bias) to each output."), more=True
)

SEED: Final = integer(
    "seed", None, N_("Seed of the random numbers: the same seed gives the same numbers."),
    minimum=0, more=True,
)  # fmt: skip

VALUE_RANGE: Final = numbers(
    "value_range", (0, 255),
    N_("Smallest and largest value of a pixel: 0, 255, or 0, 1 after Rescaling."), more=True,
    length=2, listed=True,
)  # fmt: skip

DATA_FORMAT: Final = choice(
    "data_format", None, ("channels_last", "channels_first"),
    N_("Position of the channels in the shape. Empty: last, as in loaded pictures."),
    more=True,
)  # fmt: skip

DTYPES: Final = ("float32", "float16", "bfloat16", "float64", "mixed_float16", "mixed_bfloat16")

TRAINABLE: Final = flag(
    "trainable",
    True,
    N_("Off: the weights of this layer are frozen and are not trained."),
    more=True,
)


def dtype_param(choices: tuple[str, ...] = DTYPES) -> Param:
    """The precision in which a layer computes."""
    return choice(
        "dtype", None, choices,
        N_("Precision of the numbers. Empty: the same as the whole network."),
        more=True,
    )  # fmt: skip


DTYPE: Final = dtype_param()


def common_params(trainable: bool = True) -> tuple[Param, ...]:
    """The arguments of ``keras.layers.Layer`` that every layer takes."""
    return (TRAINABLE, DTYPE) if trainable else (DTYPE,)


def weight_rows(
    whats: tuple[str, ...] = ("kernel", "bias"),
    defaults: dict[str, str] | None = None,
    activity: bool = True,
) -> tuple[Param, ...]:
    """Initializers, regularizers and constraints of the named weights.

    ``activity`` adds the penalty on outputs; ``defaults`` overrides Keras's usual initializers.
    """  # fmt: skip
    first = _INITIALIZERS | (defaults or {})
    rows = [initializer(weight, first[weight]) for weight in whats]
    rows += [regularizer(weight) for weight in whats]
    if activity:
        rows.append(regularizer("activity"))
    rows += [constraint(weight) for weight in whats]
    return tuple(rows)


_INITIALIZERS: Final = {
    "kernel": "glorot_uniform",
    "recurrent": "orthogonal",
    "bias": "zeros",
    "depthwise": "glorot_uniform",
    "pointwise": "glorot_uniform",
}
