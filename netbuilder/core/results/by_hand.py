"""A trained network of which a person set some weights, to see what they do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from netbuilder.core.engine.build.assembly import assemble
from netbuilder.core.engine.build.copies import copy_of
from netbuilder.core.engine.changes import Changed
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import UserError
from netbuilder.core.results.inside import layer_of


@dataclass(frozen=True)
class Weight:
    """One weight: its layer's node, its name as in ``weights_of``, and its place."""

    node: str
    name: str
    index: tuple[int, ...]


def with_weights(trained: TrainedModel, values: Mapping[Weight, float]) -> TrainedModel:
    """A network of its own that is like another but for these weights.

    What was measured of the other is no longer so and is left out; its curve is how it got there.

    Raises:
        UserError: there is no such weight.
    """
    core = copy_of(trained.core, trained.project, trained.facts)
    made = replace(
        trained,
        core=core,
        model=assemble(core, trained.project, trained.pre, trained.facts),
        test={},
        changes=(*trained.changes, Changed("weights", len(values), trained.epochs, 0)),
    )
    for weight, value in values.items():
        variable = _variable(made, weight)
        held: Any = np.array(variable.numpy())
        held[weight.index] = value
        variable.assign(held)
    return made


def _variable(trained: TrainedModel, weight: Weight) -> Any:
    layer = layer_of(trained, weight.node)
    for one in layer.weights if layer is not None else ():
        if one.name == weight.name and len(one.shape) == len(weight.index):
            return one
    raise UserError(
        f"There is no weight '{weight.name}' in '{weight.node}'.", "Choose another one."
    )
