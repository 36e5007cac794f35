"""Fit the preprocessing of one Input node, and read its raw values: as the sort of sample says."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.preprocessing.preprocess import InputPre
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.data.registry import MODALITIES
from netbuilder.core.project.model import Project

Array = NDArray[Any]


def fit_input(
    project: Project, key: str, samples: Samples, train: NDArray[np.int64]
) -> tuple[InputPre, tuple[str, ...]]:
    """The preprocessing of Input node ``key``, fitted on the rows ``train``, and notes."""
    return MODALITIES[samples.role].fit(project, key, samples, train)


def read_raw(samples: Samples, pre: InputPre, rows: NDArray[np.int64] | slice) -> Array:
    """Raw values of some rows, (rows, *pre.shape), as the trained model takes them."""
    sort = "table" if samples.table is not None else pre.kind
    return MODALITIES[sort].read(samples, pre, rows)
