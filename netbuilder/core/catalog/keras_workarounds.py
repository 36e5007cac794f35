"""What has to be done to a layer before Keras 3.15.1 can save it to ``.h5`` and open it again."""

from __future__ import annotations

from typing import Any


def make_savable(layer: Any) -> None:
    """Make ``layer``, a ``keras.layers.Layer``, fit to be saved. Does no harm when done twice.

    Two faults of Keras, both silent until somebody saves or opens the file:

    - RandomBrightness, RandomSaturation, RandomSharpness, RandomColorDegeneration,
      RandomPosterization and Solarization keep ``value_range`` in a list that Keras tracks, and
      ``Model.get_config`` for ``.h5`` cannot copy such a list ("cannot pickle 'module' object").
      A tuple is not tracked.
    - Reading ``.h5``, Keras takes every string that is also the name of a function of
      ``keras.layers`` for that function: ``score_mode="dot"`` of Attention becomes
      ``keras.layers.dot`` and is refused. It is Attention's default and can stay unwritten.
    """
    value_range = getattr(layer, "value_range", None)
    if isinstance(value_range, list):
        layer.value_range = tuple(value_range)
    if type(layer).__name__ == "Attention" and layer.score_mode == "dot":
        _leave_out(layer, "score_mode")


def _leave_out(layer: Any, key: str) -> None:
    get_config = type(layer).get_config

    def shorter() -> dict[str, Any]:
        config: dict[str, Any] = dict(get_config(layer))
        config.pop(key, None)
        return config

    layer.get_config = shorter
