"""A ``keras.Model`` of a config that has been checked. Nothing else is given to Keras."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras


def build_model(config: Mapping[str, Any]) -> keras.Model:
    """The model of a config (``{"class_name": ..., "config": {...}}``) of Keras 2 or 3.

    The config must come from ``safety.inspect_file`` or from this program. Its weights are random.

    Raises:
        whatever Keras raises at a config that it does not understand.
    """
    import keras

    # Keras takes configs apart while it reads them.
    inner = _readable(copy.deepcopy(config["config"]))
    if config["class_name"] == "Sequential":
        if isinstance(inner, list):  # as Keras wrote it up to 2.2
            inner = {"layers": inner}
        inner.setdefault("name", "sequential")
        _say_input(inner["layers"])
        return keras.Sequential.from_config(inner)
    return keras.Model.from_config(inner)


def _readable(value: Any) -> Any:
    """Keras 3.15.1 takes ``score_mode="dot"`` of an Attention out of a ``.h5`` for its function
    of that name. It is the default, and can stay unsaid (as ``make_savable`` leaves it)."""
    if isinstance(value, list):
        return [_readable(one) for one in value]
    if not isinstance(value, dict):
        return value
    inner = value.get("config")
    if value.get("class_name") == "Attention" and isinstance(inner, dict):
        value["config"] = {k: one for k, one in inner.items() if (k, one) != ("score_mode", "dot")}
    return {key: _readable(one) for key, one in value.items()}


def _say_input(layers: list[dict[str, Any]]) -> None:
    """Keras 2 wrote the input's shape into the first layer, batch axis included; Keras 3.15.1
    takes that for the shape of one sample. As an InputLayer it is understood."""
    first = layers[0].get("config")
    if layers[0].get("class_name") == "InputLayer" or not isinstance(first, dict):
        return
    shape = first.pop("batch_input_shape", None)
    if shape is not None:
        config = {"batch_shape": shape, "dtype": first.get("dtype", "float32"), "name": "input"}
        if not isinstance(config["dtype"], str):
            config["dtype"] = "float32"
        layers.insert(0, {"class_name": "InputLayer", "config": config})
