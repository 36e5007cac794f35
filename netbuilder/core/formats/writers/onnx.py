"""ONNX, by tf2onnx where it is installed."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import FormatError
from netbuilder.core.formats.writers.silence import muted
from netbuilder.core.project.atomic import replacing

PACKAGES = ("tf2onnx", "onnx")


def available() -> bool:
    """Whether the packages that write ONNX are installed."""
    return all(importlib.util.find_spec(name) is not None for name in PACKAGES)


def _example(inputs: Any) -> Any:
    """One sample of zeros in the structure of ``inputs``, symbolic tensors of Keras."""
    import keras
    import numpy as np

    def zeros(tensor: Any) -> Any:
        return np.zeros([size or 1 for size in tensor.shape], tensor.dtype)

    return keras.tree.map_structure(zeros, inputs)


def save(trained: TrainedModel, path: Path) -> None:
    """Write the assembled model as ``.onnx``: raw rows in, answers in their own units out.

    Raises:
        FormatError: tf2onnx is not installed, or cannot express the network.
        UserError: the place cannot be written.
    """
    if not available():
        raise FormatError(
            "Writing ONNX needs the packages tf2onnx and onnx, which are not installed.",
            "Install them: pip install tf2onnx onnx   Or save as .h5, .keras or .tflite.",
        )
    with replacing(Path(path)) as temporary:
        try:
            with muted():
                # Keras exports only what has been called, and building is no call to it.
                trained.model(_example(trained.model.input), training=False)
                trained.model.export(temporary, format="onnx", verbose=False)
        except OSError:
            raise
        # Whatever tf2onnx says, it is about this network.
        except Exception as error:
            lines = [line for line in str(error).splitlines() if line.strip()]
            raise FormatError(
                f"ONNX cannot express this network: {lines[0] if lines else error}",
                "Save it as .h5, .keras or .tflite.",
            ) from error
