"""A ``keras.Model`` of a config that has been checked. Nothing else is given to Keras."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras


def build_model(config: Mapping[str, Any]) -> keras.Model:
    """The model of a config (``{"class_name": ..., "config": {...}}``) of Keras 2 or 3.

    The config must come from ``safety.inspect`` or from this program. Its weights are random.

    Raises:
        whatever Keras raises at a config that it does not understand.
    """
    import keras

    # Keras takes configs apart while it reads them.
    inner = copy.deepcopy(config["config"])
    if config["class_name"] == "Sequential":
        if isinstance(inner, list):
            inner = {"layers": inner}
        return keras.Sequential.from_config(inner)
    return keras.Model.from_config(inner)
