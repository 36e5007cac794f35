"""Copies what a network has learnt to another of the same build."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.engine.build.graph_to_keras import build_training_model
from netbuilder.core.engine.build.keras_objects import manual_rate, seed_generators
from netbuilder.core.errors import TrainingError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Project

if TYPE_CHECKING:
    import keras


def network_variables(training_model: keras.Model) -> list[Any]:
    """Return all variables that a training changes, without metrics, in order."""
    return [
        *training_model.weights,
        *training_model.optimizer.variables,
        *manual_rate(training_model.optimizer),
        *seed_generators(training_model),
    ]


def variable_values(training_model: keras.Model) -> list[NDArray[Any]]:
    """Return the values of ``network_variables``."""
    return [np.array(variable) for variable in network_variables(training_model)]


def assign_values(training_model: keras.Model, held: Sequence[Any]) -> None:
    """Assign ``variable_values`` of a network; TrainingError if it is not of the same build."""
    places = network_variables(training_model)
    if [tuple(one.shape) for one in places] != [tuple(one.shape) for one in held]:
        raise _another_network()
    for place, value in zip(places, held, strict=True):
        place.assign(value)


def copy_weights(training_model: keras.Model, source: keras.Model) -> None:
    """Copy the weights of ``source``, and its optimizer's state where that fits.

    Raises:
        TrainingError: the networks differ.
    """
    if [tuple(one.shape) for one in network_variables(training_model)] == [
        tuple(one.shape) for one in network_variables(source)
    ]:
        assign_values(training_model, network_variables(source))
        return
    if [tuple(one.shape) for one in training_model.weights] != [
        tuple(one.shape) for one in source.weights
    ]:
        raise _another_network()
    for place, value in zip(training_model.weights, source.weights, strict=True):
        place.assign(value)


def _another_network() -> TrainingError:
    return TrainingError(
        _("The trained weights are for a different network than the project's."),
        _("Train from the beginning, or undo the changes since the training."),
        code="weights_of_other_network",
    )


def copy_network(
    training_model: keras.Model, project: Project, facts: DataFacts | None
) -> keras.Model:
    """Return a copy of ``training_model``, built from ``project``, with all that it has learnt."""
    copy = build_training_model(project, facts, learned=False)
    assign_values(copy, network_variables(training_model))
    return copy
