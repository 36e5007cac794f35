"""Rows: dropout, noise, penalties and normalisation."""

from __future__ import annotations

from typing import Final

from netbuilder.core.catalog.params import (
    DATA_FORMAT,
    REQUIRED,
    SEED,
    common_params,
    constraint,
    flag,
    initializer,
    integer,
    integers,
    number,
    param,
    rate,
    regularizer,
    shape,
)
from netbuilder.core.catalog.spec import Category, Kind, LayerSpec, Param

_AXIS = integer("axis", -1, "The axis that is normalised: the last one, the channels, usually.",
                minimum=None, more=True)  # fmt: skip
_AXES = integers("axis", -1, "The axis or axes that are normalised.", more=True)
_CENTER = flag("center", True, "Learns a shift (beta) for each channel.", more=True)
_SCALE = flag("scale", True, "Learns a scale (gamma) for each channel.", more=True)
_SCALE_AND_SHIFT: Final = (
    initializer("beta", "zeros"),
    initializer("gamma", "ones"),
    regularizer("beta"),
    regularizer("gamma"),
    constraint("beta"),
    constraint("gamma"),
)
_KEYS: Final = ("regularise", "regularize", "overfitting")
_NORM_KEYS: Final = ("normalise", "normalize", "norm")


def _epsilon(default: float) -> Param:
    return number(
        "epsilon", default, "A tiny number that keeps it from dividing by 0.", minimum=0.0,
        more=True,
    )  # fmt: skip


def _drop(text: str) -> Param:
    return rate("rate", REQUIRED, text, start=0.3)


_SPATIAL_HELP: Final = {1: "a sequence", 2: "pictures", 3: "volumes"}


def _spatial(axes: int) -> LayerSpec:
    return LayerSpec(
        f"SpatialDropout{axes}D",
        Category.REGULARIZE,
        f"Dropout for {_SPATIAL_HELP[axes]}: switches whole channels off while training.",
        (
            _drop("Share of the channels that is switched off."),
            *((DATA_FORMAT,) if axes > 1 else ()),
            SEED,
            *common_params(trainable=False),
        ),
        telling=("rate",),
        ranks=(axes + 2,),
        keywords=(*_KEYS, "dropout"),
        noise=True,
        training_only=True,
        keeps_units=True,
    )


_DROPOUT: Final = (
    LayerSpec(
        "Dropout",
        Category.REGULARIZE,
        "Switches random inputs off while training, so that none becomes too important.",
        (
            _drop("Share of the inputs that is switched off: 0.3 is 30 %."),
            shape(
                "noise_shape", None, "Shape of the random mask: 1 where an axis shares it.",
                more=True,
            ),
            SEED,
            *common_params(trainable=False),
        ),
        telling=("rate",),
        teaching=True,
        keywords=_KEYS,
        noise=True,
        training_only=True,
        keeps_units=True,

    ),
    _spatial(2),
    _spatial(1),
    _spatial(3),
    LayerSpec(
        "AlphaDropout",
        Category.REGULARIZE,
        "Dropout that keeps mean and spread: made for the selu activation.",
        (
            _drop("Share of the inputs that is switched off."),
            shape(
                "noise_shape", None, "Shape of the random mask: 1 where an axis shares it.",
                more=True,
            ),
            SEED,
            *common_params(trainable=False),
        ),
        telling=("rate",),
        keywords=(*_KEYS, "selu", "dropout"),
        noise=True,
        training_only=True,
        keeps_units=True,
    ),
    LayerSpec(
        "GaussianDropout",
        Category.REGULARIZE,
        "Multiplies by random numbers around 1 while training.",
        (
            _drop("How strong the noise is, as a dropout rate."),
            SEED,
            *common_params(trainable=False),
        ),
        telling=("rate",),
        keywords=(*_KEYS, "noise", "dropout"),
        noise=True,
        training_only=True,
        keeps_units=True,
    ),
    LayerSpec(
        "GaussianNoise",
        Category.REGULARIZE,
        "Adds random noise while training, so that the network learns not to mind it.",
        (
            number(
                "stddev", REQUIRED, "How strong the noise is.", minimum=0.0, start=0.1
            ),
            SEED,
            *common_params(trainable=False),
        ),
        telling=("stddev",),
        keywords=(*_KEYS, "noise"),
        noise=True,
        training_only=True,
        keeps_units=True,
    ),
    LayerSpec(
        "ActivityRegularization",
        Category.REGULARIZE,
        "Passes its input on, and adds a penalty to the loss when the numbers are large.",
        (
            number("l1", 0.0, "Penalty on the size of each number.", minimum=0.0, start=0.01),
            number("l2", 0.0, "Penalty on its square.", minimum=0.0),
            *common_params(trainable=False),
        ),
        telling=("l1", "l2"),
        keywords=(*_KEYS, "penalty", "l1", "l2"),
        training_only=True,
        keeps_units=True,
    ),
)  # fmt: skip

_NORMALISATION: Final = (
    LayerSpec(
        "BatchNormalization",
        Category.REGULARIZE,
        "Keeps each channel around 0 with spread 1, measured over the batch: faster learning.",
        (
            rate("momentum", 0.99, "How slowly the remembered averages change.", more=True),
            _epsilon(0.001),
            _AXIS,
            _CENTER,
            _SCALE,
            initializer("moving_mean", "zeros"),
            initializer("moving_variance", "ones"),
            *_SCALE_AND_SHIFT,
            flag(
                "renorm", False, "Corrects for small batches (batch renormalisation).", more=True
            ),
            rate("renorm_momentum", 0.99, "How slowly that correction changes.", more=True),
            flag(
                "synchronized", False, "Measures over all devices when several train together.",
                more=True,
            ),
            *common_params(),
        ),
        ranks=(2, 3, 4, 5),
        teaching=True,
        keywords=(*_NORM_KEYS, "batch norm"),
        keeps_units=True,
        scales=True,
    ),
    LayerSpec(
        "LayerNormalization",
        Category.REGULARIZE,
        "Keeps each sample around 0 with spread 1, whatever else is in the batch.",
        (_epsilon(0.001), _AXES, _CENTER, _SCALE, *_SCALE_AND_SHIFT, *common_params()),
        keywords=(*_NORM_KEYS, "transformer"),
        keeps_units=True,
        scales=True,
    ),
    LayerSpec(
        "GroupNormalization",
        Category.REGULARIZE,
        "Normalises the channels in groups: good for small batches.",
        (
            integer(
                "groups", 32, "How many groups the channels form; -1: each its own.", minimum=-1,
                start=8,
            ),
            _epsilon(0.001),
            _AXIS,
            _CENTER,
            _SCALE,
            *_SCALE_AND_SHIFT,
            *common_params(),
        ),
        telling=("groups",),
        keywords=(*_NORM_KEYS, "instance norm"),
    ),
    LayerSpec(
        "RMSNormalization",
        Category.REGULARIZE,
        "Divides each sample by the size of its numbers, and learns a scale.",
        (_epsilon(1e-6), _AXIS, *common_params()),
        keywords=(*_NORM_KEYS, "transformer", "root mean square"),
    ),
    LayerSpec(
        "UnitNormalization",
        Category.REGULARIZE,
        "Scales each sample so that its length is 1.",
        (_AXES, *common_params(trainable=False)),
        keywords=(*_NORM_KEYS, "length"),
        scales=True,
    ),
    LayerSpec(
        "SpectralNormalization",
        Category.REGULARIZE,
        "Wraps a layer and keeps its weights from growing: steadies generative networks.",
        (
            param(
                "layer", Kind.LAYER, REQUIRED, "The layer whose weights are kept in check.",
                start={"layer": "Dense", "params": {"units": 32, "activation": "relu"}},
                choices=(
                    "Dense", "Conv1D", "Conv2D", "Conv3D", "Embedding", "Conv1DTranspose",
                    "Conv2DTranspose", "Conv3DTranspose", "EinsumDense",
                ),
            ),
            integer("power_iterations", 1, "How exactly the size is measured.", more=True),
            *common_params(),
        ),
        telling=("layer",),
        keywords=(*_NORM_KEYS, "wrapper", "gan", "lipschitz"),
    ),
)  # fmt: skip

ROWS: Final = (*_DROPOUT, *_NORMALISATION)
