"""Rows: convolutions, and pooling with a window, over everything and to a given size."""

from __future__ import annotations

from typing import Any, Final

from netbuilder.core.catalog.params import (
    DATA_FORMAT,
    REQUIRED,
    USE_BIAS,
    activation,
    choice,
    common_params,
    flag,
    integer,
    size,
    weight_rows,
)
from netbuilder.core.catalog.spec import Category, LayerSpec, Param
from netbuilder.core.i18n import noop as N_

_HELP: Final = {
    1: N_("Slides small filters over the sequence. Each filter learns to detect one pattern."),
    2: N_("Slides small filters over the picture. Each filter learns to detect one pattern."),
    3: N_("Slides small filters over the volume. Each filter learns to detect one pattern."),
}
_HELP_TRANSPOSE: Final = {
    1: N_("The reverse of a convolution: enlarges the sequence with learned filters."),
    2: N_("The reverse of a convolution: enlarges the picture with learned filters."),
    3: N_("The reverse of a convolution: enlarges the volume with learned filters."),
}
_KEYS: Final = ("convolution", "filter", "kernel", "cnn", "feature")
_KEYS_BY_AXES: Final = {
    1: ("sequence", "time series", "text", "signal"),
    2: ("picture", "image", "photo"),
    3: ("volume", "video"),
}
_HELP_KERNEL: Final = N_("Size of the window that each filter covers.")


def _ones(axes: int) -> Any:
    return 1 if axes == 1 else (1,) * axes


def padding(causal: bool = False) -> Param:
    """The padding at the border."""
    words = ("valid", "same", "causal") if causal else ("valid", "same")
    return choice(
        "padding", "valid", words,
        N_(
            "valid: no padding, the output is smaller than the input; same: padded with zeros, "
            "the output keeps the size of the input."
        ),
    )  # fmt: skip


def _filters() -> Param:
    return integer(
        "filters",
        REQUIRED,
        N_("Number of filters: how many patterns the layer can learn."),
        start=32,
    )


def _kernel(axes: int) -> Param:
    return size("kernel_size", REQUIRED, axes, _HELP_KERNEL, start=3)


def _strides(axes: int, default: Any = None) -> Param:
    return size(
        "strides", _ones(axes) if default is None else default, axes,
        N_("Step size of the window; 2 halves the size of the output."), more=True,
    )  # fmt: skip


def _dilation(axes: int, default: Any = None) -> Param:
    return size(
        "dilation_rate", _ones(axes) if default is None else default, axes,
        N_("Distance between the points that a filter covers; 1 means no gaps."), more=True,
    )  # fmt: skip


def _multiplier() -> Param:
    return integer("depth_multiplier", 1, N_("Number of filters for each channel."), more=True)


def _conv(axes: int) -> LayerSpec:
    return LayerSpec(
        f"Conv{axes}D",
        Category.CONVOLUTION,
        _HELP[axes],
        (
            _filters(),
            _kernel(axes),
            activation(start="relu"),
            padding(causal=axes == 1),
            _strides(axes),
            _dilation(axes),
            integer(
                "groups",
                1,
                N_("Number of groups of channels that are convolved separately."),
                more=True,
            ),
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
        _HELP_TRANSPOSE[axes],
        (
            _filters(),
            _kernel(axes),
            activation(start="relu"),
            padding(),
            size(
                "strides", _ones(axes), axes,
                N_("Factor by which the output is larger than the input."), start=2
            ),
            size(
                "output_padding", None, axes, N_("Size added at the end of the output."), minimum=0,
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
        N_(
            "A convolution in two cheap steps: first each channel separately, then all channels "
            "combined."
        ),
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
        N_("A convolution that filters each channel separately."),
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


_POOLING_HELP: Final = {
    ("Max", 1): N_("Makes the sequence shorter: keeps the largest value of each window."),
    ("Max", 2): N_("Makes the picture smaller: keeps the largest value of each window."),
    ("Max", 3): N_("Makes the volume smaller: keeps the largest value of each window."),
    ("Average", 1): N_("Makes the sequence shorter: keeps the average of each window."),
    ("Average", 2): N_("Makes the picture smaller: keeps the average of each window."),
    ("Average", 3): N_("Makes the volume smaller: keeps the average of each window."),
}
_HELP_GLOBAL: Final = {
    "Max": N_("Keeps one number for each channel: its largest value."),
    "Average": N_("Keeps one number for each channel: its average."),
}
_HELP_ADAPTIVE: Final = {
    "Max": N_("Pools to a given output size, whatever the input size: keeps the largest values."),
    "Average": N_("Pools to a given output size, whatever the input size: keeps averages."),
}


def _pool_size(name: str, axes: int) -> Any:
    if name == "Average":
        return REQUIRED
    return 2 if axes == 1 else (2,) * axes


def _window(name: str, axes: int) -> LayerSpec:
    return LayerSpec(
        f"{name}Pooling{axes}D",
        Category.CONVOLUTION,
        _POOLING_HELP[name, axes],
        (
            size("pool_size", _pool_size(name, axes), axes, N_("Size of the window."), start=2),
            size(
                "strides", None, axes,
                N_("Step size of the window. Empty: the size of the window."), more=True,
            ),
            padding(),
            DATA_FORMAT,
            *common_params(trainable=False),
        ),
        telling=("pool_size",),
        ranks=(axes + 2,),
        teaching=name == "Max" and axes < 3,
        keywords=("pool", "downsample", "smaller", f"{name}Pool{axes}D", "subsampling"),
    )  # fmt: skip


def _everything(name: str, axes: int) -> LayerSpec:
    return LayerSpec(
        f"Global{name}Pooling{axes}D",
        Category.CONVOLUTION,
        _HELP_GLOBAL[name],
        (
            flag("keepdims", False, N_("Keep the pooled axes, with size 1."), more=True),
            DATA_FORMAT,
            *common_params(trainable=False),
        ),
        ranks=(axes + 2,),
        teaching=name == "Average" and axes < 3,
        keywords=("pool", "global", "flatten", f"Global{name}Pool{axes}D"),
    )


def _adaptive(name: str, axes: int) -> LayerSpec:
    return LayerSpec(
        f"Adaptive{name}Pooling{axes}D",
        Category.CONVOLUTION,
        _HELP_ADAPTIVE[name],
        (
            size("output_size", REQUIRED, axes, N_("Size of the output."), start=2),
            DATA_FORMAT,
            *common_params(trainable=False),
        ),
        telling=("output_size",),
        ranks=(axes + 2,),
        keywords=("pool", "adaptive", "resize"),
    )


_POOLING_ROWS: Final = tuple(
    make(name, axes)
    for make in (_window, _everything, _adaptive)
    for name in ("Max", "Average")
    for axes in (2, 1, 3)
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
    *_POOLING_ROWS,
)
