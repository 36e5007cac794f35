"""A model's weights and its optimizer's state, as Keras stores them in files."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.core.formats.safety.model_file import ModelFile
from netbuilder.core.hdf5.sandboxed_open import open_hdf5

if TYPE_CHECKING:
    import keras


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


# Keras 3.15.1 builds the optimizer of a functional ``.h5`` without variables, and ``fit`` fails
# ("Unknown variable"). Keras does not look for this name: it begins with a fresh optimizer.
OPTIMIZER = "netbuilder_optimizer"


def copy_optimizer_state(source: keras.Model, target: keras.Model) -> bool:
    """Copy the optimizer's state if it fits, and return whether it does.

    Both must train the same variables in the same order: state is stored by position.
    """
    ours, theirs = source.trainable_variables, target.trainable_variables
    if len(ours) != len(theirs) or any(a is not b for a, b in zip(ours, theirs, strict=True)):
        return False
    values, places = source.optimizer.variables, target.optimizer.variables
    if [tuple(v.shape) for v in values] != [tuple(v.shape) for v in places]:
        return False
    for value, place in zip(values, places, strict=True):
        place.assign(value)
    return True


def restore_optimizer(path: Path, model: keras.Model) -> bool:
    """Restore the optimizer's state from a ``.h5`` if it fits; return whether it does."""
    import h5py
    import numpy as np

    with open_hdf5(path) as file:
        group = file.get(OPTIMIZER)
        if not isinstance(group, h5py.Group):
            return False
        arrays = [group.get(name) for name in listed_names(group, "weight_names")]
        variables = model.optimizer.variables
        fitting = len(arrays) == len(variables) and all(
            isinstance(array, h5py.Dataset) and tuple(array.shape) == tuple(variable.shape)
            for array, variable in zip(arrays, variables, strict=False)
        )
        if fitting:
            for array, variable in zip(arrays, variables, strict=True):
                variable.assign(np.asarray(array))
        return fitting
