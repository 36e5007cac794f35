"""The file that holds a model's numbers, where Keras reads it from."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from netbuilder.core.formats.safety.model_file import ModelFile

_ENDINGS = (".h5", ".hdf5")
_ENTRY = "model.weights.h5"


@contextmanager
def weights_file(file: ModelFile) -> Iterator[Path]:
    """Path of a file for ``Model.load_weights``: of a ``.keras`` the entry in it, unpacked.

    Keras goes by the ending, so a ``.h5`` of another name is copied under one that it takes.
    """
    if file.kind == "h5" and file.path.suffix in _ENDINGS:  # in small letters, or Keras objects
        yield file.path
        return
    with tempfile.TemporaryDirectory(prefix="netbuilder-") as folder:
        if file.kind == "h5":
            copy = Path(folder) / "model.h5"
            shutil.copyfile(file.path, copy)
        else:
            copy = Path(folder) / _ENTRY
            with (
                zipfile.ZipFile(file.path) as archive,
                archive.open(_ENTRY) as source,
                copy.open("wb") as target,
            ):
                shutil.copyfileobj(source, target, 2**20)
        yield copy
