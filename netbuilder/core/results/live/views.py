"""The live views, as a table: which data each fits, and what it asks of the network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from netbuilder.core.data.dataset import Dataset
from netbuilder.core.project.model import Project
from netbuilder.core.results.live import others, plane, weights
from netbuilder.core.results.live.pictures import Asked


@dataclass(frozen=True)
class Axes:
    """Columns that a person chose; "" lets the view choose."""

    across: str = ""
    up: str = ""


@dataclass(frozen=True)
class View:
    """A view. ``axes``: how many columns can be chosen."""

    name: str
    title: str
    help: str
    fits: Callable[[Dataset, Project], bool]
    ask: Callable[[Dataset, Project, Axes], Asked]
    axes: int = 0


VIEWS: tuple[View, ...] = (
    View(
        "surface",
        "Surface",
        "What the network answers all over two columns",
        lambda data, project: len(plane.number_columns(data)) > 1,
        lambda data, project, axes: plane.surface(data, project, axes.across, axes.up),
        axes=2,
    ),
    View(
        "curve",
        "Curve",
        "What it answers along one column",
        lambda data, project: len(plane.number_columns(data)) > 0,
        lambda data, project, axes: plane.curve(data, project, axes.across),
        axes=1,
    ),
    View(
        "forecast",
        "Forecast",
        "Forecast against truth",
        lambda data, project: others.is_series(data),
        lambda data, project, axes: others.forecast(data, project),
    ),
    View(
        "wall",
        "Pictures",
        "What test pictures are taken for",
        lambda data, project: others.is_pictures(data),
        lambda data, project, axes: others.wall(data, project),
    ),
    View(
        "map",
        "Hidden layer",
        "Where the last hidden layer puts each sample (PCA)",
        others.has_hidden,
        lambda data, project, axes: others.hidden_map(data, project),
    ),
    View(
        "weights",
        "Weights",
        "How the weights of each layer spread, from the start (back) to now (front)",
        lambda data, project: bool(weights.learning_nodes(project)),
        lambda data, project, axes: weights.histograms(data, project),
    ),
)


def views_for(dataset: Dataset, project: Project) -> tuple[View, ...]:
    """The views that suit data and network, the one that tells most first."""
    return tuple(view for view in VIEWS if view.fits(dataset, project))
