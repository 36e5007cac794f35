"""A SavedModel folder: TensorFlow's own format, for Serving and for programs without Keras."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import numpy as np

from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import FormatError
from netbuilder.core.formats.writers.same_answers import answers_of, must_agree, rows_for
from netbuilder.core.project.atomic import write_error
from netbuilder.core.quiet import muted


def save(trained: TrainedModel, path: Path) -> None:
    """Write the assembled model as a SavedModel with the endpoint "serve".

    Args:
        trained: from a session or a file.
        path: the folder; one that is there already must be empty or a SavedModel.

    Raises:
        FormatError: there is something else at ``path``.
        UserError: the place cannot be written.
    """
    path = Path(path)
    if path.exists() and not _replaceable(path):
        raise FormatError(
            f"There is something at '{path}' that is no SavedModel; it is left as it is.",
            "Choose the name of a new folder.",
            path=str(path),
        )
    try:
        with tempfile.TemporaryDirectory(prefix=".netbuilder-", dir=path.parent) as folder:
            made = Path(folder) / "model"
            with muted():
                trained.model.export(made, verbose=False)
            verify(trained, made)
            if path.exists():
                shutil.rmtree(path)
            made.rename(path)
    except OSError as error:
        raise write_error(error, path) from error


def verify(trained: TrainedModel, path: Path) -> None:
    """Load the folder at ``path`` with TensorFlow alone and ask it the same rows.

    Raises:
        FormatError: it cannot be loaded, or answers something else.
    """
    import keras
    import tensorflow as tf

    rows = rows_for(trained)
    expected = answers_of(trained.model, rows)
    single = isinstance(trained.model, keras.Sequential)
    try:
        with muted():
            served = tf.saved_model.load(str(path))
            given = rows[0] if single else keras.tree.pack_sequence_as(trained.model.input, rows)
            found = [np.asarray(one) for one in tf.nest.flatten(served.serve(given))]
    # Whatever TensorFlow says, it is about this folder.
    except Exception as error:
        raise FormatError(
            f"The SavedModel was written, but TensorFlow cannot load it: {str(error)[:200]}",
            "Save it as .h5 or .keras.",
        ) from error
    must_agree(found, expected, "a SavedModel")


def _replaceable(path: Path) -> bool:
    if not path.is_dir():
        return False
    return (path / "saved_model.pb").exists() or not any(path.iterdir())
