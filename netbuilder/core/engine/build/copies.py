"""Two networks of the same build: what one has learnt becomes the other's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.engine.build.graph_to_keras import build_core
from netbuilder.core.engine.build.learning_rate import by_hand
from netbuilder.core.engine.build.seeds import seed_generators
from netbuilder.core.errors import TrainingError
from netbuilder.core.project.model import Project

if TYPE_CHECKING:
    import keras


def state(core: keras.Model) -> list[Any]:
    """All variables that a training of ``core`` changes, its metrics left out, in order."""
    return [
        *core.weights,
        *core.optimizer.variables,
        *by_hand(core.optimizer),
        *seed_generators(core),
    ]


def values(core: keras.Model) -> list[NDArray[Any]]:
    """What they hold now."""
    return [np.array(variable) for variable in state(core)]


def assign(core: keras.Model, held: Sequence[Any]) -> None:
    """Give ``core`` what ``values`` or ``state`` of a network of the same build gave.

    Raises:
        TrainingError: it is no network of the same build.
    """
    places = state(core)
    if [tuple(one.shape) for one in places] != [tuple(one.shape) for one in held]:
        raise _another_network()
    for place, value in zip(places, held, strict=True):
        place.assign(value)


def take_over(core: keras.Model, source: keras.Model) -> None:
    """Give ``core`` the weights of ``source``, and its optimizer's state where that fits.

    Raises:
        TrainingError: the networks differ.
    """
    if [tuple(one.shape) for one in state(core)] == [tuple(one.shape) for one in state(source)]:
        assign(core, state(source))
        return
    if [tuple(one.shape) for one in core.weights] != [tuple(one.shape) for one in source.weights]:
        raise _another_network()
    for place, value in zip(core.weights, source.weights, strict=True):
        place.assign(value)


def _another_network() -> TrainingError:
    return TrainingError(
        "The trained weights are of another network than the project now has.",
        "Train from the beginning, or undo what was changed since.",
    )


def copy_of(core: keras.Model, project: Project, facts: DataFacts | None) -> keras.Model:
    """A network of its own with all that ``core``, built from ``project``, has learnt."""
    copy = build_core(project, facts, learned=False)
    assign(copy, state(core))
    return copy
