"""A trained network with weights set by the user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from netbuilder.core.engine.build.assembly import assemble
from netbuilder.core.engine.build.network_copies import copy_network
from netbuilder.core.engine.manual_weights import WeightIndex, set_weights
from netbuilder.core.engine.trained import BEST_FROM_HERE, Changed, TrainedModel


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
