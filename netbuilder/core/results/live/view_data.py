"""What the live views give: values to draw."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.engine.events import ProbeAnswered
from netbuilder.core.engine.probes import Probe, ProbeResult

Array = NDArray[Any]
#: An answer to a probe: of a trained network, or of a run.
Found = ProbeResult | ProbeAnswered
#: Names of the parts of the data, by number.
PARTS = ("training", "validation", "test")


@dataclass(frozen=True, eq=False)
class SamplePoints:
    """Samples of the three parts.

    ``at`` float (n, 2), or (n, 1) for one column; ``value`` (n,): class number, or number in own
    units; ``part`` (n,): index of ``PARTS``; ``right`` (n,): whether the network answers it
    rightly (True for numbers); ``filled`` (n,): whether a column of the axes was empty in the
    file, so that the place says what was filled in; None: nowhere.
    """

    at: Array
    value: Array
    part: NDArray[np.int64]
    right: NDArray[np.bool_]
    filled: NDArray[np.bool_] | None = None


@dataclass(frozen=True, eq=False)
class SurfacePicture:
    """Answers over a plane of two columns.

    ``values``: numbers in own units (size, size), row 0 at the lowest ``up``; ``shares``:
    probabilities (size, size, classes) instead where there are classes; neither before there is a
    network. ``box``: left, bottom, right, top in the columns' units.
    """

    across: str
    up: str
    box: tuple[float, float, float, float]
    points: SamplePoints
    values: Array | None = None
    shares: Array | None = None
    classes: tuple[str, ...] = ()
    target: str = ""

    @property
    def answered(self) -> bool:
        """Whether there is a network that answers."""
        return self.values is not None or self.shares is not None


@dataclass(frozen=True, eq=False)
class CurvePicture:
    """Answers over one column: ``x`` (n,), ``y`` (n,) in own units, or a probability each class
    (n, classes); ``y`` is empty before there is a network."""

    across: str
    x: Array
    y: Array
    points: SamplePoints
    classes: tuple[str, ...] = ()
    target: str = ""

    @property
    def answered(self) -> bool:
        """Whether there is a network that answers."""
        return self.y.size > 0


@dataclass(frozen=True, eq=False)
class ForecastPicture:
    """Forecast and truth of a series in own units, both (n,), in the order of time; ``days`` since
    1970-01-01, (n,), where it is dated."""

    truth: Array
    forecast: Array
    target: str
    days: Array | None = None


@dataclass(frozen=True, eq=False)
class WallPicture:
    """Pictures, float raw (n, height, width, channels), and what the network takes them for.

    ``rows`` (n,): which of the rows they are that samples are chosen of.
    """

    images: Array
    answers: tuple[str, ...]
    truth: tuple[str, ...]
    right: NDArray[np.bool_]
    sure: Array
    rows: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class MapPicture:
    """Samples as a layer sees them, drawn on a plane: ``at`` (n, 2).

    ``hidden`` (n, units) is what was brought onto the plane, ``way`` how: "PCA" or "t-SNE";
    ``rows`` (n,): which of the rows the samples are that one is chosen of.
    """

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
    """How numbers of the layers spread: by node, shares (moments, bins) and the bins' edges
    (bins + 1,).

    ``what``: "weights", "gradients" or "activations"; ``epochs`` (moments,): epochs done at each.
    """

    what: str
    layers: Mapping[str, tuple[Array, Array]]
    epochs: Array


Picture = (
    SurfacePicture | CurvePicture | ForecastPicture | WallPicture | MapPicture | HistogramPicture
)


@dataclass(frozen=True, eq=False)
class ViewRequest:
    """What a view wants of the network, and how the answer becomes a picture.

    ``grows``: each picture goes on from the one before, so that an answer is read but once.
    """

    probe: Probe
    read: Callable[[Found], Picture]
    grows: bool = False
