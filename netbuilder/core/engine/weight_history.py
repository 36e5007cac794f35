"""The weights of a run at earlier epochs, bounded in number and memory."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.engine.networks.assembly import assemble
from netbuilder.core.engine.networks.graph_to_keras import build_training_model, frozen_bodies
from netbuilder.core.engine.networks.network_copies import changing_weights
from netbuilder.core.engine.trained import TrainedModel

if TYPE_CHECKING:
    import keras

MOST, MOST_BYTES = 100, 64_000_000
_FIRST = 12  # snapshots that are taken at once: a short run has not many


class WeightHistory:
    """Keep the weights at evenly spaced epochs of a run, at most ``most_bytes`` in total.

    When it is full every second snapshot goes, and later ones are taken half as often. ``rest``:
    pause before the next snapshot, as a multiple of its duration; 0: none.
    """

    def __init__(self, most: int = MOST, most_bytes: int = MOST_BYTES, rest: float = 0.0) -> None:
        self._most, self._most_bytes, self._rest = most, most_bytes, rest
        self._networks: dict[float, list[NDArray[Any]]] = {}
        self._spacing, self._free = 1, 0.0

    @property
    def epochs(self) -> tuple[float, ...]:
        """Return the epochs with weights, in order; 2.5 is the middle of the third."""
        return tuple(self._networks)

    def clear(self) -> None:
        """Drop all weights, as the run restarts."""
        self._networks, self._spacing, self._free = {}, 1, 0.0

    def add(self, epoch: float, training_model: keras.Model) -> None:
        """Keep the weights of a network, unless a recent snapshot suffices."""
        networks, begin = dict(self._networks), time.perf_counter()
        if begin < self._free or (
            networks and int(epoch) < int(next(reversed(networks))) + self._spacing
        ):
            return
        weights = changing_weights(training_model)
        size = sum(int(np.prod(weight.shape)) * 4 for weight in weights)
        most = min(self._most, self._most_bytes // max(size, 1))
        if most < 2:
            return
        networks[epoch] = [np.array(weight) for weight in weights]
        if len(networks) > most:
            self._spacing *= 2
            networks = dict(list(networks.items())[::2])
        if len(networks) >= _FIRST:
            time_now = time.perf_counter()
            self._free = time_now + self._rest * (time_now - begin)
        self._networks = networks  # another thread may look at it: it is replaced and never changed

    def nearest(self, epoch: float) -> float | None:
        """Return the epoch nearest to ``epoch`` that has weights."""
        return min(self._networks, key=lambda other: abs(other - epoch), default=None)

    def weights(self, epoch: float) -> Sequence[NDArray[Any]]:
        """Return the weights of one of ``epochs``, in the order of ``changing_weights``."""
        return self._networks[epoch]


def model_at(trained: TrainedModel, epoch: float, weights: Sequence[NDArray[Any]]) -> TrainedModel:
    """Return a copy of ``trained`` with the weights of an epoch of its run."""
    bodies = frozen_bodies(trained.training_model)
    training_model = build_training_model(
        trained.project, trained.facts, learned=False, bodies=bodies
    )
    for place, value in zip(changing_weights(training_model), weights, strict=True):
        place.assign(value)
    model = assemble(training_model, trained.project, trained.preprocessing, trained.facts)
    return replace(
        trained, training_model=training_model, model=model, epochs=round(epoch), step=0,
        test={}, changes=(), kept_epoch=0, novelty=None,
    )  # fmt: skip
