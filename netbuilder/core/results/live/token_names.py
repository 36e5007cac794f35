"""Names of the steps of a text, and nearest words in an embedding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
PADDING = "·"


def token_names(ids: Array, vocabulary: Sequence[str]) -> tuple[str, ...]:
    """Return the word of each number; a dot for padding."""
    return tuple(
        (vocabulary[number] or PADDING) if 0 < number < len(vocabulary) else PADDING
        for number in map(int, np.asarray(ids).reshape(-1))
    )


def step_names(
    values: Mapping[str, Array], words: Mapping[str, Sequence[str]], steps: int
) -> tuple[str, ...]:
    """Return the words of the ``steps`` steps of a layer if a text of that length comes in; else
    ()."""
    for name, vocabulary in words.items():
        ids = values.get(name)
        if ids is not None and np.ndim(ids) == 1 and len(ids) == steps and vocabulary:
            return token_names(ids, vocabulary)
    return ()


def nearest_words(
    matrix: Array, number: int, vocabulary: Sequence[str], most: int = 5
) -> tuple[tuple[str, float], ...]:
    """Return the words with the most similar vectors, with their cosine, nearest first."""
    rows = np.asarray(matrix, np.float64)
    known = [
        index for index in range(min(len(rows), len(vocabulary))) if index and vocabulary[index]
    ]
    others = np.array([index for index in known if index != number], np.int64)
    if not 0 <= number < len(rows) or not len(others):
        return ()
    lengths = np.linalg.norm(rows[others], axis=1) * np.linalg.norm(rows[number])
    cosines = rows[others] @ rows[number] / np.where(lengths == 0, 1.0, lengths)
    order = np.argsort(-cosines, kind="stable")[:most]
    return tuple((str(vocabulary[others[place]]), float(cosines[place])) for place in order)
