"""k-means in single steps, on two columns of the data or on a network's last hidden layer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.dataset import Dataset
from netbuilder.core.engine.monitor.observer import evaluate_probe
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.results.live.maps import hidden_map_request
from netbuilder.core.results.live.plane import points_picture

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class PlaneSamples:
    """Samples ``at`` (n, 2); ``scale`` (2,): units of each axis in a distance of 1.

    ``names`` of the axes, () for principal components, which show the share ``explained`` of the
    variance; ``class_of`` (n,): numbers of the ``classes``, which are () without any.
    """

    at: Array
    scale: Array
    names: tuple[str, ...]
    classes: tuple[str, ...]
    class_of: NDArray[np.int64]
    explained: float = 1.0


def column_samples(dataset: Dataset, across: str = "", up: str = "") -> PlaneSamples:
    """Return two columns (by default the first); a distance of 1 is a standard deviation of each.

    Raise DataError if there are no two numeric columns.
    """
    picture = points_picture(dataset, across, up)
    at, scale = picture.points.at, picture.points.at.std(axis=0)
    names, class_of = (picture.across, picture.up), picture.points.value.astype(np.int64)
    return PlaneSamples(at, np.where(scale > 0, scale, 1.0), names, picture.classes, class_of)


def hidden_samples(dataset: Dataset, trained: TrainedModel) -> PlaneSamples:
    """Return the test samples on two principal components, with one scale, of the last hidden
    layer. Raise DataError if there is none."""
    request = hidden_map_request(dataset, trained.project)
    picture: Any = request.read(evaluate_probe(trained, request.probe))
    scale = np.full(2, float(picture.at[:, 0].std()) or 1.0)
    classes = () if picture.right is None else picture.classes
    class_of = picture.value.astype(np.int64)
    return PlaneSamples(picture.at, scale, (), classes, class_of, picture.explained)


@dataclass(frozen=True, eq=False)
class Step:
    """An action ("start", "assign", "move" or "drag"), and after it the centroids (k, 2) and the
    cluster of each sample (n,), -1: none."""

    action: str
    centroids: Array
    cluster_of: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class KMeans:
    """Samples (n, 2), the units of each axis in a distance of 1, and all steps so far.

    An action returns a new history, or this one if nothing changes.
    """

    samples: Array
    scale: Array
    steps: tuple[Step, ...]

    @classmethod
    def start(cls, samples: Array, scale: Array, centroids: Array) -> KMeans:
        """Place the centroids (k, 2)."""
        unassigned = np.full(len(samples), -1, np.int64)
        return cls(samples, scale, (Step("start", np.array(centroids, np.float64), unassigned),))

    @classmethod
    def random(cls, samples: Array, scale: Array, k: int, seed: int) -> KMeans:
        """Place the centroids on ``k`` random samples at different places, or on all of them."""
        places = np.unique(samples, axis=0)
        chosen = np.random.default_rng(seed).permutation(len(places))[:k]
        return cls.start(samples, scale, places[chosen])

    @property
    def current(self) -> Step:
        """The last step."""
        return self.steps[-1]

    @property
    def assigned(self) -> bool:
        """Whether the samples have clusters."""
        return bool((self.current.cluster_of >= 0).any())

    @property
    def inertia(self) -> float:
        """The sum of squared distances between samples and the centroids of their clusters."""
        differences = self.samples - self.current.centroids[self.current.cluster_of]
        return float(((differences / self.scale) ** 2).sum())

    @property
    def settled(self) -> bool:
        """Whether no step changes anything."""
        return self.assigned and self.assign() is self and self.move() is self

    def assign(self) -> KMeans:
        """Give each sample to the nearest centroid, the first of several at the same distance."""
        differences = (self.samples[:, None, :] - self.current.centroids[None]) / self.scale
        nearest = (differences**2).sum(axis=2).argmin(axis=1)
        return self._with_step("assign", cluster_of=nearest)

    def move(self) -> KMeans:
        """Move each centroid to the mean of its samples; one without samples stays."""
        centroids = self.current.centroids.copy()
        for number in np.unique(self.current.cluster_of[self.current.cluster_of >= 0]):
            centroids[number] = self.samples[self.current.cluster_of == number].mean(axis=0)
        return self._with_step("move", centroids=centroids)

    def drag(self, number: int, place: tuple[float, float]) -> KMeans:
        """Place a centroid by hand."""
        centroids = self.current.centroids.copy()
        centroids[number] = place
        return self._with_step("drag", centroids=centroids)

    def back(self) -> KMeans:
        """Undo the last step."""
        return replace(self, steps=self.steps[:-1] or self.steps)

    def run(self) -> KMeans:
        """Assign and move until nothing changes."""
        history = self.assign()
        for _round in range(300):  # as scikit-learn
            if (following := history.move().assign()) is history:
                break
            history = following
        return history

    def classes_in_clusters(self, class_of: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
        """Return how many samples of each cluster belong to each class, (k, classes)."""
        counts = np.zeros((len(self.current.centroids), classes), np.int64)
        np.add.at(counts, (self.current.cluster_of, class_of), 1)
        return counts

    def _with_step(self, action: str, **changed: Any) -> KMeans:
        if all(np.array_equal(value, getattr(self.current, key)) for key, value in changed.items()):
            return self
        return replace(self, steps=(*self.steps, replace(self.current, action=action, **changed)))
