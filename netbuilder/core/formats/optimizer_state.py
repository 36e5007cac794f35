"""Copy an optimizer's state between models, and restore it from a ``.h5``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from netbuilder.core.formats.model_weights import listed_names
from netbuilder.core.hdf5.sandboxed_open import open_hdf5

if TYPE_CHECKING:
    import keras

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
