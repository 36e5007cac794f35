"""Rows: pooling with a window, over everything, and to a wanted size."""

from __future__ import annotations

from typing import Any, Final

from netbuilder.core.catalog.layers.conv import padding
from netbuilder.core.catalog.params import DATA_FORMAT, REQUIRED, common_params, flag, size
from netbuilder.core.catalog.spec import Category, LayerSpec

_WHAT: Final = {1: "sequence", 2: "picture", 3: "volume"}
_HOW: Final = {"Max": "the largest value", "Average": "the average"}


def _pool_size(name: str, axes: int) -> Any:
    if name == "Average":
        return REQUIRED
    return 2 if axes == 1 else (2,) * axes


def _window(name: str, axes: int) -> LayerSpec:
    return LayerSpec(
        f"{name}Pooling{axes}D",
        Category.CONVOLUTION,
        f"Makes the {_WHAT[axes]} smaller: keeps {_HOW[name]} of each window.",
        (
            size("pool_size", _pool_size(name, axes), axes, "Size of the window.", start=2),
            size(
                "strides", None, axes,
                "How far the window moves each time. Empty: by its own size.", more=True,
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
        f"Keeps one number for each channel: {_HOW[name]} over the whole {_WHAT[axes]}.",
        (
            flag("keepdims", False, "Keeps the pooled axes, with size 1.", more=True),
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
        f"Pools the {_WHAT[axes]} to the size that you want, whatever its own size: "
        f"keeps {_HOW[name]} of each part.",
        (
            size("output_size", REQUIRED, axes, "Size of the result.", start=2),
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
