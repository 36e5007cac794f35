"""Write a SavedModel folder, for TensorFlow Serving and programs without Keras."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from netbuilder.core.engine.networks.assembly import FileInputModel
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.error_texts import format_error
from netbuilder.core.formats.writers.inference import (
    file_input_model,
    inference_model,
    input_sentences,
)
from netbuilder.core.formats.writers.roundtrip_check import check_agreement, random_samples
from netbuilder.core.i18n import gettext as _
from netbuilder.core.process.tensorflow_output import mute_output
from netbuilder.core.project.atomic import replace, write_error

_PARTS = {
    "saved_model.pb", "saved_model.pbtxt", "variables", "assets", "assets.extra",
    "fingerprint.pb", "keras_metadata.pb",
}  # fmt: skip


def save(trained: TrainedModel, path: Path) -> tuple[str, ...]:
    """Write the model with its preprocessing layers as a SavedModel with the endpoint "serve".

    ``path`` must be new, empty or a SavedModel. Returns a sentence on what it takes, if that is
    more
    than raw numbers.
    """
    path = Path(path)
    replaceable = path.is_dir() and {entry.name for entry in path.iterdir()} <= _PARTS
    if path.exists() and not replaceable:
        raise format_error("folder_not_a_savedmodel", path, path=path)
    file_model = file_input_model(trained)
    # TensorFlow cannot track the random generators of training-only layers.
    model = inference_model(trained.model if file_model is None else file_model.model)
    try:
        with tempfile.TemporaryDirectory(prefix=".netbuilder-", dir=path.parent) as folder:
            written = Path(folder) / "model"
            with mute_output():
                model.export(written, verbose=False)
            verify(trained, written, file_model)
            _put(written, path, Path(folder) / "before")
    except OSError as error:
        raise write_error(error, path) from error
    return input_sentences(trained, file_model)


def verify(trained: TrainedModel, path: Path, file_model: FileInputModel | None = None) -> None:
    """Load a folder with TensorFlow alone and compare its predictions with those of ``trained``."""
    import tensorflow as tf

    samples, expected = random_samples(trained, file_model or file_input_model(trained))
    try:
        with mute_output():
            served = tf.saved_model.load(str(path))
            predictions = [np.asarray(tensor) for tensor in tf.nest.flatten(served.serve(samples))]
    # Any error of TensorFlow is about this folder.
    except Exception as error:
        raise format_error("written_file_not_readable:4", reason=str(error)[:200]) from error
    check_agreement(predictions, expected, _("a SavedModel"))


def _put(written: Path, path: Path, before: Path) -> None:
    if path.exists():
        replace(path, before)
    try:
        replace(written, path)
    except OSError:
        if before.exists():
            replace(before, path)
        raise
