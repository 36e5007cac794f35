"""Pictures of the data, mixed or of one class and part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.dataset import TEST, PreparedData
from netbuilder.core.data.kinds.images.picture_files import pixels, thumbnails
from netbuilder.core.data.kinds.modality import Rows
from netbuilder.core.data.preprocessing.cells import as_label
from netbuilder.core.data.preprocessing.fitted_preprocessing import InputPreprocessing
from netbuilder.core.data.readers.samples import Samples

SHOWN = 48


@dataclass(frozen=True)
class PicturesDataView:
    """The labels in order; counts by label and part."""

    classes: tuple[str, ...]
    count: int


@dataclass(frozen=True)
class PictureQuery:
    """Which pictures: of a class ("" any) and a part (None any); ``draw`` is the seed."""

    label: str = ""
    part: int | None = None
    draw: int = 0
    count: int = SHOWN


@dataclass(frozen=True, eq=False)
class PictureSelection:
    """Pictures to show: uint8 (n, height, width, 1 or 3), with their labels and parts.

    ``rows`` are sample numbers, negative (-1 - row) for the separate test set.
    """

    images: NDArray[np.uint8]
    labels: tuple[str, ...]
    parts: tuple[int, ...]
    rows: NDArray[np.int64]
    matching: int


def pictures_data_view(plan: PreparedData) -> PicturesDataView:
    """Count the pictures by label and part."""
    first = next(iter(plan.preprocessing.outputs.values()))
    count = len(plan.samples) + (len(plan.test) if plan.test is not None else 0)
    return PicturesDataView(first.classes, count)


def select_pictures(plan: PreparedData, query: PictureQuery) -> PictureSelection:
    """Return pictures drawn by ``query.draw``, mixed ones by class; DataError if unreadable."""
    labels, parts, rows = _all(plan)
    fits = np.ones(len(rows), bool)
    if query.label:
        fits &= labels == query.label
    if query.part is not None:
        fits &= parts == query.part
    matching = np.flatnonzero(fits)
    generator = np.random.default_rng(query.draw)
    chosen = generator.permutation(matching)[: query.count]
    images = _gathered(plan, rows[chosen], thumbnails)
    return PictureSelection(
        images,
        tuple(str(label) for label in labels[chosen]),
        tuple(int(part) for part in parts[chosen]),
        rows[chosen],
        len(matching),
    )


def _all(plan: PreparedData) -> tuple[NDArray[Any], NDArray[np.int8], NDArray[np.int64]]:
    """Return label, part and row of every picture, those of a separate test set last."""
    labels, parts = _labels(plan.samples), plan.parts
    rows = np.arange(len(labels))
    if plan.test is None:
        return labels, parts, rows
    own = _labels(plan.test)
    return (
        np.concatenate([labels, own]),
        np.concatenate([parts, np.full(len(own), TEST, np.int8)]),
        np.concatenate([rows, -1 - np.arange(len(own))]),
    )


def _labels(samples: Samples) -> NDArray[Any]:
    return samples.targets.iloc[:, 0].map(as_label).to_numpy(object)


def raw_pictures(
    plan: PreparedData, preprocessing: InputPreprocessing, rows: NDArray[np.int64]
) -> NDArray[Any]:
    """Return the pictures of ``PictureSelection.rows``, before scaling."""
    return _gathered(plan, rows, lambda samples, chosen: pixels(samples, preprocessing, chosen))


def _gathered(
    plan: PreparedData, rows: NDArray[np.int64], read: Callable[[Samples, Rows], NDArray[Any]]
) -> NDArray[Any]:
    """Return rows of the training file and the separate test set, in the given order."""
    images: list[Any] = [None] * len(rows)
    for samples, mine in ((plan.samples, rows >= 0), (plan.test, rows < 0)):
        if samples is None or not mine.any():
            continue
        chosen = np.where(rows[mine] < 0, -1 - rows[mine], rows[mine])
        for place, image in zip(np.flatnonzero(mine), read(samples, chosen), strict=True):
            images[place] = image
    return np.stack(images) if images else np.zeros((0, 1, 1, 1), np.uint8)
