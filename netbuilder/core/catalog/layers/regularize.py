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
from netbuilder.core.i18n import noop as N_

_AXIS = integer("axis", -1, N_("The axis that is normalised: usually the last one, the channels."),
                minimum=None, more=True)  # fmt: skip
_AXES = integers("axis", -1, N_("The axis or axes that are normalised."), more=True)
_CENTER = flag("center", True, N_("Learn a shift (beta) for each channel."), more=True)
_SCALE = flag("scale", True, N_("Learn a scale (gamma) for each channel."), more=True)
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
        "epsilon", default, N_("A tiny number that prevents division by 0."), minimum=0.0,
        more=True,
    )  # fmt: skip


def _drop(text: str) -> Param:
    return rate("rate", REQUIRED, text, start=0.3)


_SPATIAL_HELP: Final = {
    1: N_("Dropout for sequences: sets whole channels to 0 during training."),
    2: N_("Dropout for pictures: sets whole channels to 0 during training."),
    3: N_("Dropout for volumes: sets whole channels to 0 during training."),
}


def _spatial(axes: int) -> LayerSpec:
    return LayerSpec(
        f"SpatialDropout{axes}D",
        Category.REGULARIZE,
        _SPATIAL_HELP[axes],
        (
            _drop(N_("Share of the channels that is set to 0.")),
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
        N_("Sets random inputs to 0 during training, which reduces overfitting."),
        (
            _drop(N_("Share of the inputs that is set to 0: 0.3 is 30%.")),
            shape(
                "noise_shape", None,
                N_("Shape of the random mask: use 1 for each axis that shares the mask."),
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
        N_("Dropout that keeps the mean and the standard deviation: made for the selu activation."),
        (
            _drop(N_("Share of the inputs that is dropped.")),
            shape(
                "noise_shape", None,
                N_("Shape of the random mask: use 1 for each axis that shares the mask."),
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
        N_("Multiplies its input by random numbers around 1 during training."),
        (
            _drop(N_("Strength of the noise, given as a dropout rate.")),
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
        N_("Adds random noise during training, which reduces overfitting."),
        (
            number(
                "stddev", REQUIRED, N_("Standard deviation of the noise."), minimum=0.0, start=0.1
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
        N_("Returns its input unchanged and adds a penalty to the loss when the values are large."),
        (
            number("l1", 0.0, N_("Penalty on the absolute value of each number."), minimum=0.0,
                start=0.01),
            number("l2", 0.0, N_("Penalty on the square of each number."), minimum=0.0),
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
        N_(
            "Normalises each channel over the batch to mean 0 and standard deviation 1, which "
            "speeds up training."
        ),
        (
            rate("momentum", 0.99, N_("How slowly the moving averages change."), more=True),
            _epsilon(0.001),
            _AXIS,
            _CENTER,
            _SCALE,
            initializer("moving_mean", "zeros"),
            initializer("moving_variance", "ones"),
            *_SCALE_AND_SHIFT,
            flag(
                "renorm", False, N_("Correct for small batches (batch renormalisation)."), more=True
            ),
            rate("renorm_momentum", 0.99,
                N_("How slowly the correction for small batches changes."), more=True),
            flag(
                "synchronized", False,
                N_("Compute the statistics over all devices when several train together."),
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
        N_(
            "Normalises each sample to mean 0 and standard deviation 1, independently of the "
            "batch."
        ),
        (_epsilon(0.001), _AXES, _CENTER, _SCALE, *_SCALE_AND_SHIFT, *common_params()),
        keywords=(*_NORM_KEYS, "transformer"),
        keeps_units=True,
        scales=True,
    ),
    LayerSpec(
        "GroupNormalization",
        Category.REGULARIZE,
        N_("Normalises groups of channels within each sample: good for small batches."),
        (
            integer(
                "groups", 32, N_(
                    "Number of groups of channels; −1 puts each channel in its own group."
                ), minimum=-1,
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
        N_("Divides each sample by the root mean square of its values and learns a scale."),
        (_epsilon(1e-6), _AXIS, *common_params()),
        keywords=(*_NORM_KEYS, "transformer", "root mean square"),
    ),
    LayerSpec(
        "UnitNormalization",
        Category.REGULARIZE,
        N_("Scales each sample so that its length is 1."),
        (_AXES, *common_params(trainable=False)),
        keywords=(*_NORM_KEYS, "length"),
        scales=True,
    ),
    LayerSpec(
        "SpectralNormalization",
        Category.REGULARIZE,
        N_("Wraps a layer and limits the size of its weights: stabilises generative networks."),
        (
            param(
                "layer", Kind.LAYER, REQUIRED, N_("The layer whose weights are limited."),
                start={"layer": "Dense", "params": {"units": 32, "activation": "relu"}},
                choices=(
                    "Dense", "Conv1D", "Conv2D", "Conv3D", "Embedding", "Conv1DTranspose",
                    "Conv2DTranspose", "Conv3DTranspose", "EinsumDense",
                ),
            ),
            integer("power_iterations", 1, N_(
                "Iterations used to estimate the size of the weights: more are more precise."
            ), more=True),
            *common_params(),
        ),
        telling=("layer",),
        keywords=(*_NORM_KEYS, "wrapper", "gan", "lipschitz"),
    ),
)  # fmt: skip

ROWS: Final = (*_DROPOUT, *_NORMALISATION)
