"""The live views as a table: suitable data and their requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.dataset import Dataset
from netbuilder.core.i18n import noop as N_
from netbuilder.core.project.model import Project
from netbuilder.core.results.live import forecast_and_wall, histograms, maps, plane
from netbuilder.core.results.live.table_rows import table_rows
from netbuilder.core.results.live.view_data import Picture, ViewRequest

Array = NDArray[Any]


@dataclass(frozen=True)
class Axes:
    """The user's choices.

    Attributes:
        across, up: columns; "": the view's choice.
        row: of ``forecast_and_wall.sample_split``, at which other columns are held; None: the mean.
        drawn: data whose points are drawn if they were edited since; None: its own.
        moments: of the run so far, by view.
        own: the user's row, raw by Input id, to hold other columns at instead.
        size: rows and columns of a surface.
    """

    across: str = ""
    up: str = ""
    row: int | None = None
    drawn: Dataset | None = None
    moments: Mapping[str, histograms.HistogramHistory] = field(default_factory=dict)
    own: Mapping[str, Array] | None = None
    size: int = plane.SIZE


def _row(dataset: Dataset, axes: Axes) -> Array | None:
    """Return the raw row at which other columns are held; None: the mean."""
    table, part = table_rows(dataset), forecast_and_wall.sample_split(dataset)
    if table is None or (axes.row is None and axes.own is None):
        return None
    if axes.own is not None:
        alone = {key: np.asarray(value)[None] for key, value in axes.own.items()}
        return np.asarray(table.joined(alone)[0])
    if axes.row is None or not len(part):
        return None
    at = axes.row % len(part)
    return np.asarray(table.joined({k: rows[at : at + 1] for k, rows in part.raw_x.items()})[0])


def _histograms(kind: str, dataset: Dataset, project: Project, axes: Axes) -> ViewRequest:
    return histograms.histogram_request(dataset, project, kind, axes.moments.get(kind))


@dataclass(frozen=True)
class View:
    """A view. ``axes``: number of columns to choose; ``alone``: draws points without a network."""

    name: str
    title: str
    help: str
    fits: Callable[[Dataset, Project], bool]
    ask: Callable[[Dataset, Project, Axes], ViewRequest]
    axes: int = 0
    alone: Callable[[Dataset, str, str], Picture] | None = None


VIEWS: tuple[View, ...] = (
    View(
        "surface",
        "Surface",
        N_("The prediction for every combination of two columns"),
        lambda data, project: len(plane.number_columns(data)) > 1,
        lambda data, project, axes: plane.surface_request(
            data, project, axes.across, axes.up, axes.size, _row(data, axes), axes.drawn
        ),
        axes=2,
        alone=plane.points_picture,
    ),
    View(
        "curve",
        "Curve",
        N_("The prediction along one column"),
        lambda data, project: len(plane.number_columns(data)) > 0,
        lambda data, project, axes: plane.curve_request(
            data, project, axes.across, at=_row(data, axes), drawn=axes.drawn
        ),
        axes=1,
        alone=plane.curve_points_picture,
    ),
    View(
        "forecast",
        "Forecast",
        N_("Forecast and true values"),
        lambda data, project: forecast_and_wall.is_series(data),
        lambda data, project, axes: forecast_and_wall.forecast_request(data, project),
    ),
    View(
        "wall",
        "Pictures",
        N_("Predictions for test pictures"),
        lambda data, project: forecast_and_wall.is_pictures(data),
        lambda data, project, axes: forecast_and_wall.wall_request(data, project),
    ),
    View(
        "map",
        N_("Hidden layer"),
        N_("The last hidden layer's output for each sample, as a map (PCA)"),
        maps.has_hidden,
        lambda data, project, axes: maps.hidden_map_request(data, project),
    ),
    *(
        View(
            kind,
            title,
            words,
            lambda data, project: bool(histograms.learning_nodes(project)),
            partial(_histograms, kind),
        )
        for kind, title, words in (
            (histograms.WEIGHTS, N_("Weights"), N_("Distribution of each layer's weights")),
            (
                histograms.GRADIENTS,
                N_("Gradients"),
                N_("Distribution of the loss gradient at each layer's weights"),
            ),
            (histograms.ACTIVATIONS, N_("Activations"), N_("Distribution of each layer's outputs")),
        )
    ),
)


def views_for(dataset: Dataset, project: Project) -> tuple[View, ...]:
    """Return the views that suit data and network, most informative first."""
    return tuple(view for view in VIEWS if view.fits(dataset, project))
