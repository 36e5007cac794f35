"""Rows: layers that change the shape and nothing else."""

from __future__ import annotations

from typing import Any, Final

from netbuilder.core.catalog.params import (
    DATA_FORMAT,
    REQUIRED,
    choice,
    common_params,
    integer,
    integers,
    shape,
    size,
)
from netbuilder.core.catalog.spec import Category, LayerSpec

_WHAT: Final = {1: "sequence", 2: "picture", 3: "volume"}
_CROPPING: Final[dict[int, Any]] = {1: (1, 1), 2: ((0, 0), (0, 0)), 3: ((1, 1),) * 3}
_PADDING: Final[dict[int, Any]] = {1: 1, 2: (1, 1), 3: ((1, 1),) * 3}


def _upsampling(axes: int) -> LayerSpec:
    interpolation = choice(
        "interpolation", "nearest", ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"),
        "How new points are filled in.", more=True,
    )  # fmt: skip
    return LayerSpec(
        f"UpSampling{axes}D",
        Category.SHAPE,
        f"Makes the {_WHAT[axes]} larger by repeating its points.",
        (
            size(
                "size", 2 if axes == 1 else (2,) * axes, axes, "How many times larger.", start=2
            ),
            *((interpolation,) if axes == 2 else ()),
            *((DATA_FORMAT,) if axes > 1 else ()),
            *common_params(trainable=False),
        ),
        telling=("size",),
        ranks=(axes + 2,),
        keywords=("larger", "upscale", "decoder", "resize"),
    )  # fmt: skip


def _cropping(axes: int) -> LayerSpec:
    return LayerSpec(
        f"Cropping{axes}D",
        Category.SHAPE,
        f"Cuts the border of the {_WHAT[axes]} off.",
        (
            size(
                "cropping", _CROPPING[axes], axes,
                "How much is cut off at each side, or [before, after] for each axis.",
                minimum=0, pairs=True, start=1,
            ),
            *((DATA_FORMAT,) if axes > 1 else ()),
            *common_params(trainable=False),
        ),
        telling=("cropping",),
        ranks=(axes + 2,),
        keywords=("cut", "border", "smaller"),
    )  # fmt: skip


def _zero_padding(axes: int) -> LayerSpec:
    return LayerSpec(
        f"ZeroPadding{axes}D",
        Category.SHAPE,
        f"Puts zeros around the {_WHAT[axes]}.",
        (
            size(
                "padding", _PADDING[axes], axes,
                "How many zeros at each side, or [before, after] for each axis.",
                minimum=0, pairs=True, start=1,
            ),
            DATA_FORMAT,
            *common_params(trainable=False),
        ),
        telling=("padding",),
        ranks=(axes + 2,),
        keywords=("border", "zeros", "larger"),
    )  # fmt: skip


ROWS: Final = (
    LayerSpec(
        "Flatten",
        Category.SHAPE,
        "Lays all numbers of a sample out in one row.",
        (DATA_FORMAT, *common_params(trainable=False)),
        teaching=True,
        keywords=("vector", "row", "1d"),
        arranges=True,
        keeps_units=True,
    ),
    LayerSpec(
        "Reshape",
        Category.SHAPE,
        "Arranges the same numbers in another shape.",
        (
            shape(
                "target_shape", REQUIRED,
                "The new shape of one sample; one -1 is worked out for you.",
                start=(-1,), minimum=-1,
            ),
            *common_params(trainable=False),
        ),
        telling=("target_shape",),
        teaching=True,
        keywords=("arrange", "view"),
        arranges=True,
    ),
    LayerSpec(
        "Permute",
        Category.SHAPE,
        "Swaps the axes of a sample.",
        (
            integers(
                "dims", REQUIRED, "New order of the axes, counted from 1: 2, 1 swaps two.",
                start=(2, 1), minimum=1,
            ),
            *common_params(trainable=False),
        ),
        telling=("dims",),
        keywords=("transpose", "swap", "axes"),
        arranges=True,
    ),
    LayerSpec(
        "RepeatVector",
        Category.SHAPE,
        "Repeats a row of numbers, so that it becomes a sequence.",
        (
            integer("n", REQUIRED, "How many times it is repeated.", start=4),
            *common_params(trainable=False),
        ),
        telling=("n",),
        ranks=(2,),
        keywords=("sequence", "copy", "decoder"),
    ),
    *(make(axes) for make in (_upsampling, _cropping, _zero_padding) for axes in (2, 1, 3)),
)  # fmt: skip
