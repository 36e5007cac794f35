"""Rows: pooling with a window, over everything, and to a wanted size."""

from __future__ import annotations

from typing import Any, Final

from netbuilder.core.catalog.layers.conv import padding
from netbuilder.core.catalog.params import DATA_FORMAT, REQUIRED, common_params, flag, size
from netbuilder.core.catalog.spec import Category, LayerSpec
from netbuilder.core.i18n import noop as N_

_HELP: Final = {
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
        _HELP[name, axes],
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


ROWS: Final = tuple(
    make(name, axes)
    for make in (_window, _everything, _adaptive)
    for name in ("Max", "Average")
    for axes in (2, 1, 3)
)
