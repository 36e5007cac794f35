"""Rows: convolutions in one, two and three dimensions."""

from __future__ import annotations

from typing import Any, Final

from netbuilder.core.catalog.params import (
    DATA_FORMAT,
    REQUIRED,
    USE_BIAS,
    activation,
    choice,
    common_params,
    integer,
    size,
    weight_rows,
)
from netbuilder.core.catalog.spec import Category, LayerSpec, Param

_WHAT: Final = {1: "sequence", 2: "picture", 3: "volume"}
_KEYS: Final = ("convolution", "filter", "kernel", "cnn", "feature")
_KEYS_BY_AXES: Final = {
    1: ("sequence", "time series", "text", "signal"),
    2: ("picture", "image", "photo"),
    3: ("volume", "video"),
}
_HELP_KERNEL: Final = "Size of the window that a filter looks through."


def _ones(axes: int) -> Any:
    return 1 if axes == 1 else (1,) * axes


def padding(causal: bool = False) -> Param:
    """What happens at the border."""
    words = ("valid", "same", "causal") if causal else ("valid", "same")
    return choice(
        "padding", "valid", words,
        "valid: stay inside, the result shrinks; same: zeros around it, the size stays.",
    )  # fmt: skip


def _filters() -> Param:
    return integer("filters", REQUIRED, "How many patterns to learn.", start=32)


def _kernel(axes: int) -> Param:
    return size("kernel_size", REQUIRED, axes, _HELP_KERNEL, start=3)


def _strides(axes: int, default: Any = None) -> Param:
    return size(
        "strides", _ones(axes) if default is None else default, axes,
        "How far the window moves each time; 2 halves the size.", more=True,
    )  # fmt: skip


def _dilation(axes: int, default: Any = None) -> Param:
    return size(
        "dilation_rate", _ones(axes) if default is None else default, axes,
        "Gap between the points that a filter looks at; 1 is no gap.", more=True,
    )  # fmt: skip


def _multiplier() -> Param:
    return integer("depth_multiplier", 1, "How many filters each channel gets.", more=True)


def _conv(axes: int) -> LayerSpec:
    return LayerSpec(
        f"Conv{axes}D",
        Category.CONVOLUTION,
        f"Slides small filters over the {_WHAT[axes]}. Each filter learns to see one pattern, "
        "wherever it is.",
        (
            _filters(),
            _kernel(axes),
            activation(start="relu"),
            padding(causal=axes == 1),
            _strides(axes),
            _dilation(axes),
            integer("groups", 1, "Splits the channels into groups that do not mix.", more=True),
            USE_BIAS,
            DATA_FORMAT,
            *weight_rows(),
            *common_params(),
        ),
        telling=("filters", "kernel_size", "activation"),
        ranks=(axes + 2,),
        teaching=axes < 3,
        keywords=_KEYS + _KEYS_BY_AXES[axes],
    )


def _transpose(axes: int) -> LayerSpec:
    return LayerSpec(
        f"Conv{axes}DTranspose",
        Category.CONVOLUTION,
        f"The way back of a convolution: makes the {_WHAT[axes]} larger with learned filters.",
        (
            _filters(),
            _kernel(axes),
            activation(start="relu"),
            padding(),
            size(
                "strides", _ones(axes), axes, "How many times larger the result gets.", start=2
            ),
            size(
                "output_padding", None, axes, "Rows added at the end of the result.", minimum=0,
                more=True,
            ),
            _dilation(axes),
            USE_BIAS,
            DATA_FORMAT,
            *weight_rows(),
            *common_params(),
        ),
        telling=("filters", "kernel_size", "strides", "activation"),
        ranks=(axes + 2,),
        keywords=(*_KEYS, "deconvolution", "upsampling", "decoder", *_KEYS_BY_AXES[axes]),
    )  # fmt: skip


def _separable(axes: int) -> LayerSpec:
    return LayerSpec(
        f"SeparableConv{axes}D",
        Category.CONVOLUTION,
        "A convolution in two cheap steps: first each channel by itself, then a mix of them.",
        (
            _filters(),
            _kernel(axes),
            activation(start="relu"),
            padding(),
            _strides(axes),
            _dilation(axes),
            _multiplier(),
            USE_BIAS,
            DATA_FORMAT,
            *weight_rows(("depthwise", "pointwise", "bias")),
            *common_params(),
        ),
        telling=("filters", "kernel_size", "activation"),
        ranks=(axes + 2,),
        keywords=(*_KEYS, "xception", "mobile", *_KEYS_BY_AXES[axes]),
    )


def _depthwise(axes: int) -> LayerSpec:
    return LayerSpec(
        f"DepthwiseConv{axes}D",
        Category.CONVOLUTION,
        "A convolution that filters each channel by itself and does not mix them.",
        (
            _kernel(axes),
            activation(start="relu"),
            padding(),
            _strides(axes),
            _dilation(axes),
            _multiplier(),
            USE_BIAS,
            DATA_FORMAT,
            *weight_rows(("depthwise", "bias")),
            *common_params(),
        ),
        telling=("kernel_size", "activation"),
        ranks=(axes + 2,),
        keywords=(*_KEYS, "mobile", *_KEYS_BY_AXES[axes]),
    )


ROWS: Final = (
    _conv(2),
    _conv(1),
    _conv(3),
    _transpose(2),
    _transpose(1),
    _transpose(3),
    _separable(2),
    _separable(1),
    _depthwise(2),
    _depthwise(1),
)
