"""Words of a network that reads text: names of its steps, and what lies near in an embedding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
PADDING = "·"


def token_names(ids: Array, vocabulary: Sequence[str]) -> tuple[str, ...]:
    """The word of each number; a dot for padding."""
    return tuple(
        (vocabulary[one] or PADDING) if 0 < one < len(vocabulary) else PADDING
        for one in map(int, np.asarray(ids).reshape(-1))
    )


def step_names(
    values: Mapping[str, Array], words: Mapping[str, Sequence[str]], steps: int
) -> tuple[str, ...]:
    """Words of the steps that a layer gives, where a text of so many steps comes in; else ().

    Args:
        values: what each node gives for a sample, by id.
        words: the vocabulary by Input id.
        steps: how many steps the layer gives.
    """
    for name, vocabulary in words.items():
        ids = values.get(name)
        if ids is not None and np.ndim(ids) == 1 and len(ids) == steps and vocabulary:
            return token_names(ids, vocabulary)
    return ()


def nearest_words(
    matrix: Array, number: int, vocabulary: Sequence[str], most: int = 5
) -> tuple[tuple[str, float], ...]:
    """The words whose vectors point most alike, with the cosine of the angle, the nearest first.

    Args:
        matrix: of an Embedding, (words, size).
        number: of the word, which is not among them.
        vocabulary: names of the rows; padding and what has no name are left out.
    """
    rows = np.asarray(matrix, np.float64)
    known = [one for one in range(min(len(rows), len(vocabulary))) if one and vocabulary[one]]
    others = np.array([one for one in known if one != number], np.int64)
    if not 0 <= number < len(rows) or not len(others):
        return ()
    lengths = np.linalg.norm(rows[others], axis=1) * np.linalg.norm(rows[number])
    cosines = rows[others] @ rows[number] / np.where(lengths == 0, 1.0, lengths)
    order = np.argsort(-cosines, kind="stable")[:most]
    return tuple((str(vocabulary[others[one]]), float(cosines[one])) for one in order)
