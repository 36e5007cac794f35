"""Values that the live views draw."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.engine.events import ProbeAnswered
from netbuilder.core.engine.monitor.observer import Probe, ProbeResult

Array = NDArray[Any]
#: An answer to a probe: of a trained network, or of a run.
Found = ProbeResult | ProbeAnswered
#: Names of the parts of the data, by number.
PARTS = ("training", "validation", "test")


@dataclass(frozen=True, eq=False)
class SamplePoints:
    """Samples of the three parts.

    ``at`` float (n, 2), or (n, 1); ``value`` (n,): class number, or number in own units; ``part``
    (n,): index of ``PARTS``; ``right`` (n,): correct prediction (True for numbers); ``filled``
    (n,): whether a column of the axes was empty in the file, or None.
    """

    at: Array
    value: Array
    part: NDArray[np.int64]
    right: NDArray[np.bool_]
    filled: NDArray[np.bool_] | None = None


@dataclass(frozen=True, eq=False)
class SurfacePicture:
    """Predictions over two columns, if there is a network.

    ``values``: numbers in own units (size, size), lowest ``up`` first, or ``shares``: probabilities
    (size, size, classes). ``box``: left, bottom, right, top in the columns' units. ``epoch``: how
    long the network was trained.
    """

    across: str
    up: str
    box: tuple[float, float, float, float]
    points: SamplePoints
    values: Array | None = None
    shares: Array | None = None
    classes: tuple[str, ...] = ()
    target: str = ""
    epoch: int | None = None

    @property
    def answered(self) -> bool:
        """Whether there are predictions."""
        return self.values is not None or self.shares is not None


@dataclass(frozen=True, eq=False)
class CurvePicture:
    """Predictions over one column: ``x`` (n,), ``y`` (n,) in own units or probabilities (n,
    classes), or empty; ``epoch``: how long the network was trained."""

    across: str
    x: Array
    y: Array
    points: SamplePoints
    classes: tuple[str, ...] = ()
    target: str = ""
    epoch: int | None = None

    @property
    def answered(self) -> bool:
        """Whether there are predictions."""
        return self.y.size > 0


@dataclass(frozen=True, eq=False)
class ForecastPicture:
    """Forecast and truth of a series in own units, (n,) by time; ``days`` since 1970, if dated."""

    truth: Array
    forecast: Array
    target: str
    days: Array | None = None


@dataclass(frozen=True, eq=False)
class WallPicture:
    """Raw pictures (n, height, width, channels), their predictions, and their ``rows`` (n,).

    ``sure``: confidences, NaN without one. ``captions``: shown instead of the predictions.
    """

    images: Array
    answers: tuple[str, ...]
    truth: tuple[str, ...]
    right: NDArray[np.bool_]
    sure: Array
    rows: NDArray[np.int64]
    captions: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class MapPicture:
    """Samples on a plane, ``at`` (n, 2), from ``hidden`` (n, units) by ``way`` ("PCA", "t-SNE");
    ``rows`` (n,)."""

    node: str
    at: Array
    value: Array
    rows: NDArray[np.int64]
    explained: float
    classes: tuple[str, ...] = ()
    right: NDArray[np.bool_] | None = None
    hidden: Array | None = None
    way: str = "PCA"


@dataclass(frozen=True, eq=False)
class HistogramPicture:
    """Histograms by node: shares (moments, bins) and edges (bins + 1,); ``epochs`` (moments,)."""

    what: str
    layers: Mapping[str, tuple[Array, Array]]
    epochs: Array


Picture = (
    SurfacePicture | CurvePicture | ForecastPicture | WallPicture | MapPicture | HistogramPicture
)


@dataclass(frozen=True, eq=False)
class ViewRequest:
    """A view's probe, and how its result becomes a picture. ``grows``: a picture continues the one
    before, so each result is read once."""

    probe: Probe
    read: Callable[[Found], Picture]
    grows: bool = False
