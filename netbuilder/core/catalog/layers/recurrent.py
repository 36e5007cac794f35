"""Rows: layers that read a sequence step by step, and the wrappers for sequences."""

from __future__ import annotations

from typing import Any, Final

from netbuilder.core.catalog.layers.conv import padding
from netbuilder.core.catalog.params import (
    DATA_FORMAT,
    REQUIRED,
    SEED,
    USE_BIAS,
    activation,
    choice,
    common_params,
    flag,
    integer,
    param,
    rate,
    recurrent_activation,
    size,
    weight_rows,
)
from netbuilder.core.catalog.spec import Category, Kind, LayerSpec, Param

_KEYS: Final = ("recurrent", "sequence", "memory", "time series", "text", "rnn")
_WEIGHTS: Final = ("kernel", "recurrent", "bias")

_SEQUENCES = flag(
    "return_sequences", False,
    "On: gives a result for every step (needed before another recurrent layer). "
    "Off: only the last one.",
)  # fmt: skip
_DROPOUTS = (
    rate("dropout", 0.0, "Share of the inputs that is dropped in training.", more=True),
    rate("recurrent_dropout", 0.0, "Share of the memory that is dropped in training.", more=True),
)
_BACKWARDS = flag("go_backwards", False, "Reads the sequence from its end.", more=True)
_UNROLL = flag(
    "unroll", False, "Writes the loop out: faster for short sequences, more memory.", more=True
)
_FORGET = flag(
    "unit_forget_bias", True, "Starts by remembering: the forget gate's bias begins at 1.",
    more=True,
)  # fmt: skip


def _units() -> Param:
    return integer("units", REQUIRED, "How many numbers its memory holds.", start=32)


def _conv_lstm(axes: int) -> LayerSpec:
    return LayerSpec(
        f"ConvLSTM{axes}D",
        Category.RECURRENT,
        "An LSTM that looks through convolution filters: for films and maps over time.",
        (
            integer("filters", REQUIRED, "How many patterns to learn.", start=16),
            size(
                "kernel_size", REQUIRED, axes, "Size of the window that a filter looks through.",
                start=3,
            ),
            activation("tanh", more=True),
            _SEQUENCES,
            padding(),
            size("strides", 1, axes, "How far the window moves each time.", more=True),
            size("dilation_rate", 1, axes, "Gap between the points of a filter.", more=True),
            recurrent_activation(),
            *_DROPOUTS,
            _BACKWARDS,
            _FORGET,
            USE_BIAS,
            DATA_FORMAT,
            SEED,
            *weight_rows(_WEIGHTS),
            *common_params(),
        ),
        telling=("filters", "kernel_size"),
        ranks=(axes + 3,),
        keywords=(*_KEYS, "convolution", "video", "film"),
    )  # fmt: skip


_LSTM_START: Final[dict[str, Any]] = {"layer": "LSTM", "params": {"units": 32}}
_DENSE_START: Final[dict[str, Any]] = {
    "layer": "Dense",
    "params": {"units": 32, "activation": "relu"},
}

ROWS: Final = (
    LayerSpec(
        "LSTM",
        Category.RECURRENT,
        "Reads a sequence step by step with a long memory, and learns what to keep in it.",
        (
            _units(),
            _SEQUENCES,
            *_DROPOUTS,
            activation("tanh", more=True),
            recurrent_activation(),
            _BACKWARDS,
            _UNROLL,
            _FORGET,
            USE_BIAS,
            SEED,
            *weight_rows(_WEIGHTS),
            *common_params(),
        ),
        telling=("units", "return_sequences"),
        ranks=(3,),
        teaching=True,
        keywords=_KEYS,
    ),
    LayerSpec(
        "GRU",
        Category.RECURRENT,
        "Like LSTM with fewer weights: often as good, and faster.",
        (
            _units(),
            _SEQUENCES,
            *_DROPOUTS,
            activation("tanh", more=True),
            recurrent_activation(),
            _BACKWARDS,
            _UNROLL,
            flag("reset_after", True, "Applies the reset gate after the weights.", more=True),
            USE_BIAS,
            SEED,
            *weight_rows(_WEIGHTS),
            *common_params(),
        ),
        telling=("units", "return_sequences"),
        ranks=(3,),
        teaching=True,
        keywords=_KEYS,
    ),
    LayerSpec(
        "SimpleRNN",
        Category.RECURRENT,
        "The simplest memory: each step sees its input and the result of the step before.",
        (
            _units(),
            _SEQUENCES,
            *_DROPOUTS,
            activation("tanh", more=True),
            _BACKWARDS,
            _UNROLL,
            USE_BIAS,
            SEED,
            *weight_rows(_WEIGHTS),
            *common_params(),
        ),
        telling=("units", "return_sequences"),
        ranks=(3,),
        keywords=(*_KEYS, "elman"),
    ),
    LayerSpec(
        "Bidirectional",
        Category.RECURRENT,
        "Reads the sequence twice, forwards and backwards, and joins both results.",
        (
            param(
                "layer", Kind.LAYER, REQUIRED, "The recurrent layer that reads.",
                start=_LSTM_START, choices=("LSTM", "GRU", "SimpleRNN", "ConvLSTM1D",
                                            "ConvLSTM2D", "ConvLSTM3D"),
            ),
            choice(
                "merge_mode", "concat", ("concat", "sum", "mul", "ave"),
                "How both results are joined.",
            ),
            *common_params(),
        ),
        telling=("layer", "merge_mode"),
        ranks=(3, 4, 5, 6),
        teaching=True,
        keywords=(*_KEYS, "LSTM", "GRU", "both directions", "wrapper"),
    ),
    LayerSpec(
        "TimeDistributed",
        Category.RECURRENT,
        "Applies one layer, with the same weights, to every step of a sequence.",
        (
            param(
                "layer", Kind.LAYER, REQUIRED, "The layer that is applied to each step.",
                start=_DENSE_START,
            ),
            *common_params(),
        ),
        telling=("layer",),
        ranks=(3, 4, 5, 6),
        keywords=("sequence", "wrapper", "each step", "video"),
    ),
    _conv_lstm(2),
    _conv_lstm(1),
    _conv_lstm(3),
)  # fmt: skip
