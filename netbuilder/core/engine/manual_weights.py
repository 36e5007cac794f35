"""Single weights that a person sets, in a network that is trained or one that is training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from netbuilder.core.engine.networks.assembly import assemble
from netbuilder.core.engine.networks.graph_to_keras import frozen_bodies, layer_of
from netbuilder.core.engine.networks.network_copies import copy_network
from netbuilder.core.engine.trained import (
    BEST_FROM_HERE,
    Changed,
    TrainedModel,
    manual_weight_change,
)
from netbuilder.core.error_texts import user_error
from netbuilder.core.project.model import Graph

if TYPE_CHECKING:
    import keras

    from netbuilder.core.engine.loop.trainer import Trainer


@dataclass(frozen=True)
class WeightIndex:
    """One weight: its node, its variable as named by ``layer_values.weights_of``, its index."""

    node: str
    name: str
    index: tuple[int, ...]


def set_weights(
    training_model: keras.Model, graph: Graph, values: Mapping[WeightIndex, float]
) -> dict[WeightIndex, float]:
    """Set weights and return their old values; UserError, with none set, for an unknown one."""
    variables = {weight: _variable(training_model, graph, weight) for weight in values}
    before: dict[WeightIndex, float] = {}
    for weight, value in values.items():
        array: Any = np.array(variables[weight].numpy())
        before[weight] = float(array[weight.index])
        array[weight.index] = value
        variables[weight].assign(array)
    return before


def _variable(training_model: keras.Model, graph: Graph, weight: WeightIndex) -> Any:
    layer = layer_of(training_model, graph, weight.node)
    if layer is not None and layer.name in frozen_bodies(training_model):
        raise user_error("weight_frozen", layer=weight.node)
    for variable in layer.weights if layer is not None else ():
        places = zip(weight.index, variable.shape, strict=False)
        if variable.name == weight.name and len(variable.shape) == len(weight.index):
            if all(0 <= at < size for at, size in places):
                return variable
            break
    raise user_error("weight_unknown", layer=weight.node, name=weight.name)


class ManualWeightLog:
    """Weights set while a run is paused, so that they can be undone there."""

    def __init__(self) -> None:
        self._place = (-1, -1)
        self._before: dict[WeightIndex, float] = {}
        self._earlier = 0

    def forget(self) -> None:
        """Clear the log after all weights were replaced."""
        self._place = (-1, -1)

    def set(self, trainer: Trainer, values: Mapping[WeightIndex, float]) -> int:
        """Replace the weights set at this step, return their number; UserError if one is
        unknown."""
        place = (trainer.epoch, trainer.step)
        if place != self._place:
            self._place, self._before = place, {}
            # A run may begin with weights set by hand.
            known = manual_weight_change(trainer.history.changes, *place)
            self._earlier = 0 if known is None else int(known.value)
        before = set_weights(
            trainer.training_model, trainer.project.graph, {**self._before, **values}
        )
        self._before = {**before, **self._before}
        return self._earlier + len(values)


def with_weights(trained: TrainedModel, values: Mapping[WeightIndex, float]) -> TrainedModel:
    """Return a copy of a network with other weights, without its test metrics."""
    training_model = copy_network(trained.training_model, trained.project, trained.facts)
    set_weights(training_model, trained.project.graph, values)
    count = trained.set_by_hand + len(values)
    change = Changed("weights", count, trained.epochs, trained.step, BEST_FROM_HERE)
    return replace(
        trained,
        training_model=training_model,
        model=assemble(training_model, trained.project, trained.preprocessing, trained.facts),
        test={},
        kept_epoch=0,
        novelty=None,
        changes=(*trained.changes_before_hand, change),
    )
