"""A SavedModel folder: TensorFlow's own format, for Serving and for programs without Keras."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import FormatError
from netbuilder.core.formats.writers.silence import muted
from netbuilder.core.project.atomic import write_error


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
            if path.exists():
                shutil.rmtree(path)
            made.rename(path)
    except OSError as error:
        raise write_error(error, path) from error


def _replaceable(path: Path) -> bool:
    if not path.is_dir():
        return False
    return (path / "saved_model.pb").exists() or not any(path.iterdir())
