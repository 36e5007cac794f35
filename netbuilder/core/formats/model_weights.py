"""Provide a model's weights file to Keras."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from netbuilder.core.formats.safety.model_file import ModelFile

_ENDINGS = (".h5", ".hdf5")
_ENTRY = "model.weights.h5"


def listed_names(group: Any, key: str) -> list[str]:
    """Read a list of names, which Keras splits over numbered attributes if it is long."""
    parts = [group.attrs[key]] if key in group.attrs else []
    number = 0
    while f"{key}{number}" in group.attrs:
        parts.append(group.attrs[f"{key}{number}"])
        number += 1
    return [n.decode() if isinstance(n, bytes) else str(n) for names in parts for n in names]


@contextmanager
def weights_file(file: ModelFile) -> Iterator[Path]:
    """Yield a path for ``Model.load_weights``; the entry of a ``.keras`` is extracted.

    Keras requires a lower-case ending, so other files are copied.
    """
    if file.kind == "h5" and file.path.suffix in _ENDINGS:
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
