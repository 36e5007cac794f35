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
from netbuilder.core.i18n import noop as N_

_HELP_UPSAMPLING: Final = {
    1: N_("Makes the sequence longer by repeating its steps."),
    2: N_("Makes the picture larger by repeating its pixels."),
    3: N_("Makes the volume larger by repeating its points."),
}
_HELP_CROPPING: Final = {
    1: N_("Cuts off the ends of the sequence."),
    2: N_("Cuts off the border of the picture."),
    3: N_("Cuts off the border of the volume."),
}
_HELP_PADDING: Final = {
    1: N_("Adds zeros at the ends of the sequence."),
    2: N_("Adds zeros around the picture."),
    3: N_("Adds zeros around the volume."),
}
_CROPPING: Final[dict[int, Any]] = {1: (1, 1), 2: ((0, 0), (0, 0)), 3: ((1, 1),) * 3}
_PADDING: Final[dict[int, Any]] = {1: 1, 2: (1, 1), 3: ((1, 1),) * 3}


def _upsampling(axes: int) -> LayerSpec:
    interpolation = choice(
        "interpolation", "nearest", ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"),
        N_("How the values of new points are calculated."), more=True,
    )  # fmt: skip
    return LayerSpec(
        f"UpSampling{axes}D",
        Category.SHAPE,
        _HELP_UPSAMPLING[axes],
        (
            size(
                "size", 2 if axes == 1 else (2,) * axes, axes,
                N_("Factor by which the input is enlarged."), start=2
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
        _HELP_CROPPING[axes],
        (
            size(
                "cropping", _CROPPING[axes], axes,
                N_("How much is cut off on each side, or [before, after] for each axis."),
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
        _HELP_PADDING[axes],
        (
            size(
                "padding", _PADDING[axes], axes,
                N_("How many zeros are added on each side, or [before, after] for each axis."),
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
        N_("Flattens each sample into one row of numbers."),
        (DATA_FORMAT, *common_params(trainable=False)),
        teaching=True,
        keywords=("vector", "row", "1d"),
        arranges=True,
        keeps_units=True,
    ),
    LayerSpec(
        "Reshape",
        Category.SHAPE,
        N_("Changes the shape of each sample; its values stay the same."),
        (
            shape(
                "target_shape", REQUIRED,
                N_("New shape of one sample; one entry may be −1 and is calculated."),
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
        N_("Swaps the axes of a sample."),
        (
            integers(
                "dims", REQUIRED,
                N_("New order of the axes, counted from 1: 2, 1 swaps the first two."),
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
        N_("Repeats a vector, which makes a sequence."),
        (
            integer("n", REQUIRED, N_("How many times the vector is repeated."), start=4),
            *common_params(trainable=False),
        ),
        telling=("n",),
        ranks=(2,),
        keywords=("sequence", "copy", "decoder"),
    ),
    *(make(axes) for make in (_upsampling, _cropping, _zero_padding) for axes in (2, 1, 3)),
)  # fmt: skip
