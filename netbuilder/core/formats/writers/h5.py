"""The trained ``.h5``: raw rows in, answers in the data's own units out, opens anywhere.

``keras.models.load_model(path)`` opens it with no other argument, compiled. What NetBuilder
needs to show canvas, curves and weights again stands in its attributes (see ``beside``).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import FormatError
from netbuilder.core.formats.importing.import_keras import beside_of, check_h5
from netbuilder.core.formats.importing.rebuild import copy_optimizer_state, with_weights
from netbuilder.core.formats.safety.inspect import inspect
from netbuilder.core.formats.safety.model_file import ModelFile
from netbuilder.core.formats.writers.hdf5_write import OPTIMIZER, write_model
from netbuilder.core.formats.writers.same_answers import must_open

if TYPE_CHECKING:
    import keras

ENDINGS = (".h5", ".hdf5")


def save(trained: TrainedModel, path: Path) -> tuple[str, ...]:
    """Write the assembled model and all that stands beside it, whole or not at all.

    Args:
        trained: from a session or ``load``.
        path: ends in .h5 or .hdf5.

    Returns:
        Why Keras 2 cannot open it, where that is so.

    Raises:
        FormatError: Keras could not open it again, or it answers something else.
        UserError: the place cannot be written; what was there before is unchanged.
    """
    check_h5(trained, Path(path))
    copy_optimizer_state(trained.core, trained.model)

    def check(written: Path) -> None:
        verify(trained, written)

    return write_model(trained.model, path, beside_of(trained), check)


def verify(trained: TrainedModel, path: Path) -> None:
    """Open the file at ``path`` with plain Keras and ask it the same rows.

    Raises:
        FormatError: Keras cannot open it, or it answers something else.
    """
    must_open(trained, path, ".h5")


def load(path: Path) -> TrainedModel:
    """A trained network out of a ``.h5`` that NetBuilder wrote.

    The network is built from the project in the file, and only numbers are taken from the rest:
    nothing of the file's config reaches Keras.

    Raises:
        FormatError: damaged, unsafe, made elsewhere, or the weights do not fit the project.
    """
    path = Path(path)
    file = inspect(path, placeholders=True)
    if not file.is_ours:
        raise FormatError(
            f"'{path.name}' was not made by NetBuilder: there is no project in it.",
            "Import it: netbuilder import " + path.name + " -o project.netbuilder",
            path=str(path),
        )
    return load_checked(file)


def load_checked(file: ModelFile) -> TrainedModel:
    """The trained network of a checked ``.h5`` of ours. Raises as ``load`` does."""
    trained = with_weights(file)
    if restore_optimizer(file.path, trained.model):
        copy_optimizer_state(trained.model, trained.core)
    return trained


def restore_optimizer(path: Path, model: keras.Model) -> bool:
    """Give the optimizer of ``model`` the state that stands in a ``.h5``; whether it fitted."""
    import h5py
    import numpy as np

    with h5py.File(path, "r") as file:
        group = file.get(OPTIMIZER)
        if not isinstance(group, h5py.Group):
            return False
        names = _names(group)
        found = [group.get(name) for name in names]
        variables = model.optimizer.variables
        fitting = len(found) == len(variables) and all(
            isinstance(one, h5py.Dataset) and tuple(one.shape) == tuple(variable.shape)
            for one, variable in zip(found, variables, strict=False)
        )
        if fitting:
            for one, variable in zip(found, variables, strict=True):
                variable.assign(np.asarray(one))
        return fitting


def _names(group: object) -> list[str]:
    """Keras splits a list of names that is too long over numbered attributes."""
    attributes = group.attrs  # type: ignore[attr-defined]
    if "weight_names" in attributes:
        parts = [attributes["weight_names"]]
    else:
        parts = []
        while f"weight_names{len(parts)}" in attributes:
            parts.append(attributes[f"weight_names{len(parts)}"])
    return [n.decode() if isinstance(n, bytes) else str(n) for part in parts for n in part]
