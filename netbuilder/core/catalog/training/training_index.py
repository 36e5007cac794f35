"""All that training can use, by name, and the other names that Keras knows it by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from netbuilder.core.catalog.spec import ObjectSpec
from netbuilder.core.catalog.training.callbacks import CALLBACKS
from netbuilder.core.catalog.training.losses import LOSSES
from netbuilder.core.catalog.training.metrics import ACCURACY_BY_TASK, METRICS
from netbuilder.core.catalog.training.optimizers import OPTIMIZERS, SCHEDULES
from netbuilder.core.catalog.training.weight_objects import (
    ACTIVATIONS,
    CONSTRAINTS,
    INITIALIZERS,
    REGULARIZERS,
)

__all__ = [
    "ACCURACY_BY_TASK",
    "ACTIVATIONS",
    "CALLBACKS",
    "CONSTRAINTS",
    "INITIALIZERS",
    "LOSSES",
    "METRICS",
    "OPTIMIZERS",
    "REGULARIZERS",
    "SCHEDULES",
    "canonical",
]

_SHORT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "mse": "mean_squared_error",
        "mae": "mean_absolute_error",
        "rmse": "root_mean_squared_error",
        "mape": "mean_absolute_percentage_error",
        "msle": "mean_squared_logarithmic_error",
        "bce": "binary_crossentropy",
        "acc": "accuracy",
        "r2": "r2_score",
        "f1": "f1_score",
        "kld": "kl_divergence",
        "kullback_leibler_divergence": "kl_divergence",
        "huber_loss": "huber",
        "logcosh": "log_cosh",
        "log_cosh": "log_cosh_error",
        "zero": "Zeros",
        "one": "Ones",
        "eye": "Identity",
        "normal": "RandomNormal",
        "uniform": "RandomUniform",
        "IdentityInitializer": "Identity",
        "OrthogonalInitializer": "Orthogonal",
        "sgdr_decay": "CosineDecayRestarts",
        "piecewise_constant": "PiecewiseConstantDecay",
    }
)


def canonical(table: Mapping[str, ObjectSpec], name: str) -> str | None:
    """The name under which ``table`` holds what Keras (or a person) calls ``name``.

    Knows short names ("mse"), class names ("MeanSquaredError") and any mixture of cases and
    underscores ("adam", "he_normal"). None when the table has nothing of that name.
    """
    names = [name]
    while (short := _SHORT.get(names[-1]) or _SHORT.get(names[-1].lower())) is not None:
        names.append(short)
    for candidate in names:
        if candidate in table:
            return candidate
    for plain in filter(None, map(_plain, names)):
        for spec in table.values():
            if plain in (_plain(spec.name), _plain(spec.keras_class)):
                return spec.name
    return None


@lru_cache(maxsize=4096)
def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
