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
from netbuilder.core.i18n import noop as N_

_KEYS: Final = ("recurrent", "sequence", "memory", "time series", "text", "rnn")
_WEIGHTS: Final = ("kernel", "recurrent", "bias")

_SEQUENCES = flag(
    "return_sequences", False,
    N_(
        "On: returns the output of every step (needed before another recurrent layer). Off: only "
        "the last output."
    ),
)  # fmt: skip
_DROPOUTS = (
    rate("dropout", 0.0, N_("Share of the inputs that is set to 0 during training."), more=True),
    rate(
        "recurrent_dropout",
        0.0,
        N_("Share of the recurrent state that is set to 0 during training."),
        more=True,
    ),
)
_BACKWARDS = flag("go_backwards", False, N_("Read the sequence from its end."), more=True)
_UNROLL = flag(
    "unroll",
    False,
    N_("Unroll the loop: faster for short sequences, but needs more memory."),
    more=True,
)
_FORGET = flag(
    "unit_forget_bias", True,
    N_("Start with a forget gate bias of 1, so that the layer remembers at first."),
    more=True,
)  # fmt: skip


def _units() -> Param:
    return integer(
        "units", REQUIRED, N_("Number of units: the size of the state and of the output."), start=32
    )


def _conv_lstm(axes: int) -> LayerSpec:
    return LayerSpec(
        f"ConvLSTM{axes}D",
        Category.RECURRENT,
        N_("An LSTM with convolutions: for videos and maps over time."),
        (
            integer("filters", REQUIRED,
                N_("Number of filters: how many patterns the layer can learn."), start=16),
            size(
                "kernel_size", REQUIRED, axes, N_("Size of the window that each filter covers."),
                start=3,
            ),
            activation("tanh", more=True),
            _SEQUENCES,
            padding(),
            size("strides", 1, axes, N_("Step size of the window."), more=True),
            size("dilation_rate", 1, axes, N_("Distance between the points that a filter covers."),
                more=True),
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
        N_("Reads a sequence step by step and learns what to keep in its long-term memory."),
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
        N_("Like LSTM with fewer weights: faster and often as accurate."),
        (
            _units(),
            _SEQUENCES,
            *_DROPOUTS,
            activation("tanh", more=True),
            recurrent_activation(),
            _BACKWARDS,
            _UNROLL,
            flag("reset_after", True,
                N_("Apply the reset gate after the multiplication by the weights."), more=True),
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
        N_(
            "The simplest recurrent layer: each step uses its input and the output of the step "
            "before."
        ),
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
        N_("Reads the sequence forwards and backwards and joins both outputs."),
        (
            param(
                "layer", Kind.LAYER, REQUIRED, N_("The recurrent layer that reads the sequence."),
                start=_LSTM_START, choices=("LSTM", "GRU", "SimpleRNN", "ConvLSTM1D",
                                            "ConvLSTM2D", "ConvLSTM3D"),
            ),
            choice(
                "merge_mode", "concat", ("concat", "sum", "mul", "ave"),
                N_("How both outputs are joined."),
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
        N_("Applies one layer, with the same weights, to every step of a sequence."),
        (
            param(
                "layer", Kind.LAYER, REQUIRED, N_("The layer that is applied to each step."),
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
