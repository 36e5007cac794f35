"""Copies what a network has learnt to another of the same build."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.engine.networks.graph_to_keras import build_training_model, frozen_bodies
from netbuilder.core.engine.networks.keras_objects import manual_rate, seed_generators
from netbuilder.core.error_texts import training_error
from netbuilder.core.errors import TrainingError
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


def changing_weights(training_model: keras.Model) -> list[Any]:
    """Return the weights outside of ``frozen_bodies``, in order."""
    fixed = _fixed(training_model)
    return [weight for weight in training_model.weights if id(weight) not in fixed]


def _fixed(training_model: keras.Model) -> set[int]:
    bodies = frozen_bodies(training_model).values()
    return {id(weight) for body in bodies for weight in body.weights}


def has_bodies_of(training_model: keras.Model, source: keras.Model) -> bool:
    """Return whether ``source``'s layers hold the weights of the frozen bodies of the other."""
    layers = {layer.name: layer for layer in source.layers}
    for name, body in frozen_bodies(training_model).items():
        weights = layers[name].weights if name in layers else []
        if len(weights) != len(body.weights) or not all(
            ours is theirs or np.array_equal(ours, theirs)
            for ours, theirs in zip(body.weights, weights, strict=True)
        ):
            return False
    return True


def variable_values(training_model: keras.Model) -> list[Any]:
    """Return the values of ``network_variables``; of ``frozen_bodies`` the variables."""
    fixed = _fixed(training_model)
    return [
        variable if id(variable) in fixed else np.array(variable)
        for variable in network_variables(training_model)
    ]


def assign_values(training_model: keras.Model, values: Sequence[Any]) -> None:
    """Assign ``variable_values`` of a network; TrainingError if it is not of the same build."""
    places = network_variables(training_model)
    if [tuple(place.shape) for place in places] != [tuple(value.shape) for value in values]:
        raise _another_network()
    _assign(training_model, places, values)


def _assign(training_model: keras.Model, places: Sequence[Any], values: Sequence[Any]) -> None:
    fixed = _fixed(training_model)
    for place, value in zip(places, values, strict=True):
        if id(place) not in fixed:
            place.assign(value)


def copy_weights(training_model: keras.Model, source: keras.Model) -> None:
    """Copy the weights of ``source``, and its optimizer's state where that fits.

    Raises:
        TrainingError: the networks differ.
    """
    if [tuple(weight.shape) for weight in network_variables(training_model)] == [
        tuple(weight.shape) for weight in network_variables(source)
    ]:
        assign_values(training_model, network_variables(source))
        return
    if [tuple(weight.shape) for weight in training_model.weights] != [
        tuple(weight.shape) for weight in source.weights
    ]:
        raise _another_network()
    _assign(training_model, training_model.weights, source.weights)


def _another_network() -> TrainingError:
    return training_error("weights_of_other_network")


def copy_network(
    training_model: keras.Model, project: Project, facts: DataFacts | None
) -> keras.Model:
    """Return a copy of ``training_model``, built from ``project``, with all that it has learnt."""
    copy = build_training_model(project, facts, learned=False, bodies=frozen_bodies(training_model))
    assign_values(copy, network_variables(training_model))
    return copy
