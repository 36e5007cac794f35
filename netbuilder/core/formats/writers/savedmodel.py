"""A SavedModel folder: TensorFlow's own format, for Serving and for programs without Keras."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from netbuilder.core.engine.build.assembly import FileInputModel
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import FormatError
from netbuilder.core.formats.writers.inference import (
    file_input_model,
    inference_model,
    input_sentences,
)
from netbuilder.core.formats.writers.roundtrip_check import check_agreement, random_samples
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.atomic import replace, write_error
from netbuilder.core.tensorflow_output import mute_output

_PARTS = {
    "saved_model.pb", "saved_model.pbtxt", "variables", "assets", "assets.extra",
    "fingerprint.pb", "keras_metadata.pb",
}  # fmt: skip


def save(trained: TrainedModel, path: Path) -> tuple[str, ...]:
    """Write the assembled model as a SavedModel with the endpoint "serve".

    Look-ups of words, text vectorisation and resizing are in it.

    Args:
        trained: from a session or a file.
        path: the folder; one that is there already must be empty or a SavedModel.

    Returns:
        What it takes, where that is more than raw numbers.

    Raises:
        FormatError: there is something else at ``path``.
        UserError: the place cannot be written.
    """
    path = Path(path)
    if path.exists() and not _replaceable(path):
        raise FormatError(
            _(
                "'{path}' contains files that are not part of a SavedModel; it was not changed.",
                path=path,
            ),
            _("Choose the name of a new folder."),
            code="folder_not_a_savedmodel",
            path=str(path),
        )
    made = file_input_model(trained)
    # TensorFlow cannot track the random generators of layers that only act while training.
    model = inference_model(trained.model if made is None else made.model)
    try:
        with tempfile.TemporaryDirectory(prefix=".netbuilder-", dir=path.parent) as folder:
            written = Path(folder) / "model"
            with mute_output():
                model.export(written, verbose=False)
            verify(trained, written, made)
            _put(written, path, Path(folder) / "before")
    except OSError as error:
        raise write_error(error, path) from error
    return input_sentences(trained, made)


def verify(trained: TrainedModel, path: Path, made: FileInputModel | None = None) -> None:
    """Load the folder at ``path`` with TensorFlow alone and ask it the same rows.

    Args:
        trained: the network.
        path: the folder.
        made: the model that was written; None: it is made again.

    Raises:
        FormatError: it cannot be loaded, or answers something else.
    """
    import tensorflow as tf

    given, expected = random_samples(trained, made or file_input_model(trained))
    try:
        with mute_output():
            served = tf.saved_model.load(str(path))
            found = [np.asarray(one) for one in tf.nest.flatten(served.serve(given))]
    # Whatever TensorFlow says, it is about this folder.
    except Exception as error:
        raise FormatError(
            _(
                "The SavedModel was written, but TensorFlow cannot load it: {reason}",
                reason=str(error)[:200],
            ),
            _("Save it as .h5 or .keras."),
            code="written_file_not_readable",
        ) from error
    check_agreement(found, expected, _("a SavedModel"))


def _put(written: Path, path: Path, before: Path) -> None:
    """Put a folder in the place of another one, which comes back where that fails."""
    if path.exists():
        replace(path, before)
    try:
        replace(written, path)
    except OSError:
        if before.exists():
            replace(before, path)
        raise


def _replaceable(path: Path) -> bool:
    """Whether there is nothing in it but what a SavedModel is made of."""
    return path.is_dir() and {one.name for one in path.iterdir()} <= _PARTS
