"""Where the random numbers of a network come from: from one seed, whatever else runs.

Keras draws the seed of every initializer and of every Dropout from Python's global ``random``.
Another thread that makes layers at the same moment (the one that computes shapes) would change
what a network begins with, so building holds ``KERAS_LOCK`` and seeds what it makes by itself.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras

KERAS_LOCK = threading.RLock()
"""Held while layers are made whose random numbers matter."""


@contextmanager
def seeded_random(seed: int) -> Iterator[None]:
    """Within, Keras's random numbers follow from ``seed``; Python's go on afterwards."""
    with KERAS_LOCK:
        state = random.getstate()
        random.seed(seed)
        try:
            yield
        finally:
            random.setstate(state)


def derive_seed(seed: int, *place: int) -> int:
    """A seed of 31 bits that follows from ``seed`` and a place (numbers of a layer, say)."""
    words = np.random.SeedSequence([seed & 0xFFFFFFFF, *place]).generate_state(1)
    return int(words[0]) & 0x7FFFFFFF


def seed_layers(layers: Iterable[keras.Layer], seed: int) -> None:
    """Give every initializer and random generator without a seed of its own one from ``seed``.

    The configuration stays as it was: the seeds are not the user's choice.
    """
    import keras

    for number, layer in enumerate(layers):
        count = 0
        for part in _parts(layer):
            for value in list(vars(part).values()):
                count += 1
                place = derive_seed(seed, number, count)
                if isinstance(value, keras.random.SeedGenerator):
                    _seed_generator(value, place)
                elif (
                    isinstance(value, keras.Initializer) and getattr(value, "_init_seed", 0) is None
                ):
                    value.seed = place


def seed_generators(model: keras.Model) -> list[Any]:
    """The state variables of all random generators of ``model``, each once, in order."""
    import keras

    found: dict[int, Any] = {}
    for part in _parts(model):
        for value in vars(part).values():
            if isinstance(value, keras.random.SeedGenerator):
                found[id(value.state)] = value.state
    return list(found.values())


def _seed_generator(generator: Any, seed: int) -> None:
    if getattr(generator, "_initial_seed", None) is None:
        generator.state.assign(np.array([seed, 0], generator.state.dtype))


def _parts(layer: keras.Layer) -> list[Any]:
    return list(layer._flatten_layers(include_self=True, recursive=True))
