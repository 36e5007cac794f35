"""Weights of samples: given with the data, or from the sizes of the classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.data.dataset import Dataset


def sample_weights(
    dataset: Dataset, class_weight: str, outputs: Sequence[str]
) -> NDArray[np.float32] | None:
    """Weights (n,) of the training samples, or None where all count the same.

    ``class_weight="balanced"`` gives every class of the first output the same weight together,
    ``n / (classes * count)``, as scikit-learn's ``compute_class_weight`` does.
    """
    given = dataset.train.sample_weight
    if class_weight != "balanced" or not outputs:
        return None if given is None else np.asarray(given, np.float32)
    numbers = class_numbers(dataset.train.y[outputs[0]])
    if numbers is None:
        return None if given is None else np.asarray(given, np.float32)
    result = balanced_weights(np.bincount(numbers))[numbers]
    return result if given is None else result * np.asarray(given, np.float32)


def balanced_weights(counts: NDArray[Any]) -> NDArray[np.float32]:
    """Weight of each class from the number of its rows; 0 for a class without any."""
    present = counts > 0
    weight = np.zeros(len(counts), np.float32)
    weight[present] = counts.sum() / (present.sum() * counts[present])
    return weight


def class_table(facts: DataFacts, class_weight: str) -> NDArray[np.float32] | None:
    """Weight of each class of the first output, for a stream; None where all count the same."""
    if class_weight != "balanced" or not facts.class_counts or facts.one_hot:
        return None
    return balanced_weights(np.asarray(facts.class_counts))


def class_numbers(targets: NDArray[Any]) -> NDArray[np.int64] | None:
    """The class number of each target, or None where the targets are no classes."""
    values = np.asarray(targets)
    if values.ndim > 1 and values.shape[-1] > 1:
        one_hot = np.isin(values, (0, 1)).all() and (values.sum(axis=-1) == 1).all()
        return values.reshape(len(values), -1).argmax(axis=1) if one_hot else None
    flat = values.reshape(len(values), -1)[:, 0]
    whole = flat.astype(np.int64)
    return whole if (whole == flat).all() and (whole >= 0).all() else None
