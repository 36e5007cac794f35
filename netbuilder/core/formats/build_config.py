"""Build a ``keras.Model`` from a checked config."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras


def build_model(config: Mapping[str, Any]) -> keras.Model:
    """Build a model with random weights from a config of Keras 2 or 3.

    The config must come from ``safety.inspect_file`` or from NetBuilder. Whatever Keras raises for
    an invalid config is passed on.
    """
    import keras

    # Keras modifies configs while it reads them.
    inner = _readable(copy.deepcopy(config["config"]))
    if config["class_name"] == "Sequential":
        if isinstance(inner, list):  # up to Keras 2.2
            inner = {"layers": inner}
        inner.setdefault("name", "sequential")
        _say_input(inner["layers"])
        return keras.Sequential.from_config(inner)
    return keras.Model.from_config(inner)


def _readable(value: Any) -> Any:
    """Remove an Attention's default ``score_mode="dot"``: Keras 3.15.1 reads it as a function."""
    if isinstance(value, list):
        return [_readable(item) for item in value]
    if not isinstance(value, dict):
        return value
    inner = value.get("config")
    if value.get("class_name") == "Attention" and isinstance(inner, dict):
        value["config"] = {k: v for k, v in inner.items() if (k, v) != ("score_mode", "dot")}
    return {key: _readable(item) for key, item in value.items()}


def _say_input(layers: list[dict[str, Any]]) -> None:
    """Move the first layer's input shape to an InputLayer; Keras 3.15.1 misreads its batch axis."""
    first = layers[0].get("config")
    if layers[0].get("class_name") == "InputLayer" or not isinstance(first, dict):
        return
    shape = first.pop("batch_input_shape", None)
    if shape is not None:
        config = {"batch_shape": shape, "dtype": first.get("dtype", "float32"), "name": "input"}
        if not isinstance(config["dtype"], str):
            config["dtype"] = "float32"
        layers.insert(0, {"class_name": "InputLayer", "config": config})
