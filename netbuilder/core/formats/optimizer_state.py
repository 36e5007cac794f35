"""The state of an optimizer: from one model to another, and where it stands in a ``.h5``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from netbuilder.core.hdf5.sandboxed_open import open_hdf5

if TYPE_CHECKING:
    import keras

# Keras 3.15.1 builds the optimizer of a ``.h5`` with no variables where the model is functional,
# and ``fit`` then fails ("Unknown variable"). Under a name that Keras does not look for, the
# state is kept, and ``load_model(path).fit(...)`` begins with a fresh optimizer.
OPTIMIZER = "netbuilder_optimizer"


def copy_optimizer_state(source: keras.Model, target: keras.Model) -> bool:
    """Give ``target``'s optimizer the state of ``source``'s; whether they fitted.

    Both must train the same variables in the same order, since state is kept by position.
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
    """Give the optimizer of ``model`` the state that stands in a ``.h5``; whether it fitted."""
    import h5py
    import numpy as np

    with open_hdf5(path) as file:
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
