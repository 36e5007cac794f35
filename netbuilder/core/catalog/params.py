"""Short ways to write a ``Param``, and the rows that many layers share."""

from __future__ import annotations

from typing import Any, Final

from netbuilder.core.catalog.spec import Kind, Param

REQUIRED: Final = object()
"""Stands for the default of an argument that has none."""


def param(name: str, kind: Kind, default: Any, help: str, **options: Any) -> Param:
    """A row: ``default=REQUIRED`` makes it required, ``default=None`` optional."""
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
    """A word or a sentence."""
    return param(name, Kind.TEXT, default, text, **more)


def activation(default: str | None = None, start: str | None = None, **more: Any) -> Param:
    """The function applied to the layer's result."""
    return param(
        "activation", Kind.ACTIVATION, default, "Bends the result, so that layers learn curves.",
        start=start, **more,
    )  # fmt: skip


def recurrent_activation() -> Param:
    """The function of a recurrent layer's gates."""
    return param(
        "recurrent_activation", Kind.ACTIVATION, "sigmoid",
        "Opens and closes the gates that decide what is remembered.", more=True,
    )  # fmt: skip


def rate(name: str, default: Any, text: str, **more: Any) -> Param:
    """A share between 0 and 1."""
    return number(name, default, text, minimum=0.0, maximum=1.0, **more)


def initializer(what: str, default: str) -> Param:
    """``{what}_initializer``: the values with which weights begin."""
    return param(
        f"{what}_initializer", Kind.INITIALIZER, default,
        f"Values that the {_WORDS.get(what, what)} start with, before any training.", more=True,
    )  # fmt: skip


def regularizer(what: str) -> Param:
    """``{what}_regularizer``: a penalty that is added to the loss.

    OrthogonalRegularizer cannot be used on outputs: it needs to know how many rows there are.
    """
    choices = ("L1", "L2", "L1L2") if what == "activity" else ()
    return param(
        f"{what}_regularizer", Kind.REGULARIZER, None,
        f"Adds a penalty to the loss when the {_WORDS.get(what, what)} grow large.", more=True,
        choices=choices,
    )  # fmt: skip


def constraint(what: str) -> Param:
    """``{what}_constraint``: a limit that is held after each step."""
    return param(
        f"{what}_constraint", Kind.CONSTRAINT, None,
        f"A limit that the {_WORDS.get(what, what)} must keep after each training step.",
        more=True,
    )  # fmt: skip


_WORDS: Final = {
    "kernel": "weights",
    "bias": "biases",
    "recurrent": "weights of the memory",
    "activity": "outputs",
    "depthwise": "weights of each channel's filter",
    "pointwise": "weights that mix the channels",
    "embeddings": "vectors of the words",
    "beta": "learned shifts (beta)",
    "gamma": "learned scales (gamma)",
    "moving_mean": "remembered averages",
    "moving_variance": "remembered variances",
    "alpha": "learned slopes (alpha)",
}

USE_BIAS: Final = flag("use_bias", True, "Adds a learned number to each output.", more=True)

SEED: Final = integer(
    "seed", None, "Start of the random numbers; the same seed gives the same ones.",
    minimum=0, more=True,
)  # fmt: skip

VALUE_RANGE: Final = numbers(
    "value_range", (0, 255),
    "Smallest and largest value of a pixel: 0, 255, or 0, 1 after Rescaling.", more=True,
    length=2, listed=True,
)  # fmt: skip

DATA_FORMAT: Final = choice(
    "data_format", None, ("channels_last", "channels_first"),
    "Where the channels stand in the shape. Leave it empty: last, as pictures are loaded.",
    more=True,
)  # fmt: skip

DTYPES: Final = ("float32", "float16", "bfloat16", "float64", "mixed_float16", "mixed_bfloat16")
INT_DTYPES: Final = ("int64", "int32", "float32")

TRAINABLE: Final = flag(
    "trainable", True, "Off: the weights of this layer are frozen and do not learn.", more=True
)


def dtype_param(choices: tuple[str, ...] = DTYPES) -> Param:
    """The precision in which a layer counts."""
    return choice(
        "dtype", None, choices, "Precision of the numbers. Leave it empty: as the whole network.",
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

    ``activity`` adds the penalty on outputs. ``defaults`` overrides Keras's usual
    initializers (kernel: glorot_uniform, recurrent: orthogonal, bias: zeros).
    """  # fmt: skip
    first = _INITIALIZERS | (defaults or {})
    rows = [initializer(what, first[what]) for what in whats]
    rows += [regularizer(what) for what in whats]
    if activity:
        rows.append(regularizer("activity"))
    rows += [constraint(what) for what in whats]
    return tuple(rows)


_INITIALIZERS: Final = {
    "kernel": "glorot_uniform",
    "recurrent": "orthogonal",
    "bias": "zeros",
    "depthwise": "glorot_uniform",
    "pointwise": "glorot_uniform",
}
