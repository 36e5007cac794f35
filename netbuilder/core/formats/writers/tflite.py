"""TensorFlow Lite: one small file for phones and boards."""

from __future__ import annotations

import tempfile
from pathlib import Path

from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import FormatError
from netbuilder.core.formats.writers.silence import muted
from netbuilder.core.project.atomic import write_bytes


def save(trained: TrainedModel, path: Path) -> None:
    """Write the assembled model as ``.tflite``: raw rows in, answers in their own units out.

    Raises:
        FormatError: this TensorFlow has no converter, or the network has an operation that
            TensorFlow Lite lacks.
        UserError: the place cannot be written.
    """
    import tensorflow as tf

    converter_of = getattr(getattr(tf, "lite", None), "TFLiteConverter", None)
    if converter_of is None:
        raise FormatError(
            f"TensorFlow {tf.__version__} has no converter to TensorFlow Lite.",
            "Install TensorFlow 2.20 or 2.21.",
        )
    with tempfile.TemporaryDirectory(prefix="netbuilder-") as folder, muted():
        trained.model.export(folder, verbose=False)
        converter = converter_of.from_saved_model(folder)
        # Recurrent layers need operations of TensorFlow itself.
        converter.target_spec.supported_ops = [
            tf.lite.OpsSet.TFLITE_BUILTINS,
            tf.lite.OpsSet.SELECT_TF_OPS,
        ]
        try:
            data = converter.convert()
        # Whatever the converter says, it is about this network.
        except Exception as error:
            lines = [line for line in str(error).splitlines() if line.strip()]
            raise FormatError(
                f"TensorFlow Lite cannot express this network: {lines[0] if lines else error}",
                "Save it as .h5, .keras or a SavedModel folder.",
            ) from error
    write_bytes(Path(path), data)
