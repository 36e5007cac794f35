"""Decision surfaces of the ticked runs beneath the newest one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from netbuilder.core.error_texts import sentences_of
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.wording import (
    as_sentence,
    capitalize_first,
    format_list,
    format_percent,
    join_sentences,
    join_values,
    labelled,
)
from netbuilder.ui.plots.live.surface_plot import SurfacePlot
from netbuilder.ui.plots.training_curves import overlay_color, short_number
from netbuilder.ui.results.empty_states import shows_forecast
from netbuilder.ui.services.derived import Derived
from netbuilder.ui.services.runs.last_run_restorer import load_run_network
from netbuilder.ui.services.runs.runner import Runner
from netbuilder.ui.services.views.live_view import LiveView
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import hbox, prepared, vbox

if TYPE_CHECKING:
    from netbuilder.core.engine.runs.run_store import Run
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.live.view_data import Picture
    from netbuilder.core.results.live.views import Axes
    from netbuilder.ui.plots.run_curves import RunCurves

_sentence = sentences_of("surfaces")

_NONE: Mapping[str, str] = MappingProxyType({})
NO_MODEL = N_("Press Train to watch the decision boundary change.")
NO_FORECAST = N_("Press Train to watch the forecast approach the true values.")
ASKING = N_("Computing the predictions…")
COMING = N_("the first view appears in a moment and is then updated continuously.")


NO_NUMBER = N_(
    "The network returns NaN (not a number) here. Train it again with a "
    "smaller learning rate, or look for missing values in the data."
)


def picture_note(
    picture: Any,
    live: LiveView,
    *,
    over_epochs: bool = False,
    resting: Mapping[str, str] = _NONE,
    losses: str = "",
    parts: Collection[int] = (0, 1, 2),
) -> str:
    """Return a sentence or two about a picture.

    Args:
        picture: of a view.
        live: the service that computes it.
        over_epochs: a histogram is drawn as a map.
        resting: values of columns without an axis, in words.
        losses: of the current run, said first.
        parts: whose points are drawn.
    """
    from netbuilder.core.results.live import view_data

    match picture:
        case view_data.SurfacePicture():
            return join_sentences((losses, _of_surface(picture, live, resting, parts)))
        case view_data.CurvePicture():
            if not picture.answered:
                return _unanswered(live)
            if not np.isfinite(picture.y).all():
                return _(NO_NUMBER)
            at_rest = _held(live, (picture.across,), resting)
            return join_sentences((losses, at_rest, _filled(picture)))
        case view_data.ForecastPicture():
            colours = _sentence("true_series")
            return join_sentences((losses, colours))
        case view_data.WallPicture():
            right = int(picture.right.sum())
            return _sentence("click_picture", correct=right, total=len(picture.right))
        case view_data.MapPicture():
            circled = _("incorrect ones are circled") if picture.right is not None else ""
            return _sentence(
                "points_of_layer",
                layer=picture.node,
                method=join_values(
                    filter(None, (_projection_text(picture), circled)), clauses=True
                ),
            )
        case view_data.HistogramPicture():
            way = (
                _("epochs from left to right, bright where many values are")
                if over_epochs
                else _("from the start (back) to now (front)")
            )
            if len(picture.epochs) < 2:
                way = _("a longer run shows how they change")
            return as_sentence(
                labelled(_(live.shown.view.help), way) if live.shown is not None else way
            )
    return as_sentence(_(live.shown.view.help)) if live.shown is not None else ""


def no_model_sentence(workbench: Workbench) -> str:
    """Return what Train will show on this page."""
    return _(NO_FORECAST if shows_forecast(workbench) else NO_MODEL)


def no_model_picture(workbench: Workbench) -> str:
    """Return the name of the picture of the invitation to train."""
    return "forecast" if shows_forecast(workbench) else "surface"


def loss_sentence(curves: RunCurves, epoch: int | None) -> str:
    """Return the losses of a run after an epoch (None: the newest); "" before its first one."""
    end = float("inf") if epoch is None else epoch
    loss, val_loss = (
        curves.epochs[name].at(end) if name in curves.epochs else None
        for name in ("loss", "val_loss")
    )
    if loss is None:
        return ""
    words = short_number(loss)
    if val_loss is None:
        return _("Loss {loss}.", loss=words)
    validation = short_number(val_loss)
    return _("Loss {loss}, validation {validation}.", loss=words, validation=validation)


def _unanswered(live: LiveView) -> str:
    if live.live:
        return labelled(capitalize_first(live.run_words), _(COMING))
    return _(ASKING if live.asking else NO_MODEL)


def _of_surface(
    picture: Any, live: LiveView, resting: Mapping[str, str], parts: Collection[int]
) -> str:
    if not picture.answered:
        return _unanswered(live)
    surface = picture.shares if picture.shares is not None else picture.values
    if not np.isfinite(surface).all():
        return _(NO_NUMBER)
    drawn = picture.points.right[np.isin(picture.points.part, sorted(parts))]
    wrong, count = int((~drawn).sum()), len(drawn)
    words = (
        ngettext(
            "{wrong} of {count} point is incorrect.",
            "{wrong} of {count} points are incorrect.",
            count,
            wrong=wrong,
        )
        if picture.classes
        else ""
    )
    at_rest = _held(live, (picture.across, picture.up), resting)
    return join_sentences((words, at_rest, _filled(picture)))


def _projection_text(picture: Any) -> str:
    share = _("{share} of the variance", share=format_percent(picture.explained))
    return labelled(picture.way, share) if picture.way == "PCA" else picture.way


def _filled(picture: Any) -> str:
    points = picture.points
    if points.filled is None:
        return ""
    count = int(points.filled.sum())
    return _sentence("empty_cells", count=count)


def _held(live: LiveView, axes: tuple[str, ...], resting: Mapping[str, str]) -> str:
    others = [f"{name} {words}" for name, words in resting.items() if name not in axes]
    if live.shown is None or not (others or len(live.shown.columns) > len(axes)):
        return ""
    if live.at_sample:
        return _("Other columns are as in row {number}.", number=live.sample + 1)
    if not others:
        return _("Other columns are at their mean.")
    return _sentence("others_typical", columns=format_list(others, 4))


#: Views that are drawn over axes, so that two of them can be compared by eye.
COMPARED = frozenset({"surface", "curve", "forecast", "map"})
MOST, HEIGHT = 3, 170


class _NetworkCache:
    """Networks of ticked runs, loaded once."""

    def __init__(self) -> None:
        self._networks: dict[str, TrainedModel | None] = {}

    def pictures(
        self, runs: tuple[tuple[str, Run], ...], view: str, axes: Axes
    ) -> list[Picture | str]:
        """Return a picture for each run, or why there is none."""
        ticked = {run.id for _, run in runs}
        self._networks = {key: network for key, network in self._networks.items() if key in ticked}
        return [self._picture(run, view, axes) for _, run in runs]

    def _picture(self, run: Run, view: str, axes: Axes) -> Picture | str:
        from netbuilder.core.data.load import load_dataset
        from netbuilder.core.engine.monitor.observer import evaluate_probe
        from netbuilder.core.results.live.plane import number_columns
        from netbuilder.core.results.live.views import views_for

        try:
            if run.id not in self._networks:
                self._networks[run.id] = load_run_network(run)
            trained = self._networks[run.id]
            if trained is None:
                return _(
                    "Its weights file was too large to save. Train the network again to compare."
                )
            dataset = load_dataset(trained.project, Path(run.base))
            fitting = {view.name: view for view in views_for(dataset, trained.project)}
            columns = number_columns(dataset)
            named = [name for name in (axes.across, axes.up) if name and name not in columns]
            if view not in fitting or named:
                return _("It was trained on other data.")
            request = fitting[view].ask(dataset, trained.project, axes)
            return request.read(evaluate_probe(trained, request.probe))
        except UserError as error:
            return str(error)


class ComparedSurfaces(QWidget):
    """A small plot for each ticked run; hidden without any."""

    def __init__(self, live: LiveView, runner: Runner, parent: QWidget) -> None:
        super().__init__(parent)
        self._live, self._runner = live, runner
        self.pictures: dict[str, Picture | str] = {}
        self._row = hbox(parent=self, margins=0)
        self._worker = Derived(self, _NetworkCache().pictures, self._found)
        self.plots: dict[str, SurfacePlot] = {}
        runner.overlays.changed.connect(self.ask)
        live.changed.connect(self.ask)
        self.hide()

    @property
    def idle(self) -> bool:
        return self._worker.idle

    def ask(self) -> None:
        """Request the shown view of the ticked runs."""
        visible = self._live.shown
        runs = tuple(self._runner.overlays.runs.items())[:MOST]
        if (
            not runs
            or visible is None
            or visible.view.name not in COMPARED
            or not self._live.watched
        ):
            self._show({})
            return
        from netbuilder.core.results.live.views import Axes

        row = self._live.sample if self._live.at_sample else None
        self._worker.ask(runs, visible.view.name, Axes(*self._live.axes, row=row))

    def _found(self, pictures: list[Picture | str]) -> None:
        names = [name for name, _ in self._worker.inputs[0]]
        if names == list(self._runner.overlays.runs)[:MOST]:
            self._show(dict(zip(names, pictures, strict=True)))

    def set_discrete(self, on: bool) -> None:
        for name, plot in self.plots.items():
            plot.discrete = on
            self._draw(plot, self.pictures[name])

    def _show(self, pictures: Mapping[str, Picture | str]) -> None:
        while self._row.count():
            item = self._row.takeAt(0)
            part = item.widget() if item is not None else None
            if part is not None:
                part.hide()
                part.deleteLater()
        self.plots, self.pictures = {}, dict(pictures)
        for number, (name, picture) in enumerate(pictures.items()):
            self._row.addWidget(self._column(number, name, picture), 1)
        self.setVisible(bool(pictures))

    def _column(self, number: int, name: str, picture: Picture | str) -> QWidget:
        from html import escape

        place = QWidget(self)
        # The colour that the run has in Training and in Runs.
        dot = f'<span style="color:{overlay_color(number)}">●</span> {escape(name)}'
        title = prepared(QLabel(dot, place), textFormat=Qt.TextFormat.RichText, wordWrap=True)
        column = vbox(title, parent=place, margins=0)
        if isinstance(picture, str):
            column.addWidget(note_label(picture, place))
            column.addStretch(1)
            return place
        plot = self.plots[name] = SurfacePlot(place)
        plot.setMinimumHeight(HEIGHT)
        plot.setMinimumWidth(80)
        column.addWidget(plot, 1)
        self._draw(plot, picture)
        plot.setAccessibleName(labelled(name, plot.accessibleName()))
        return place

    @staticmethod
    def _draw(plot: SurfacePlot, picture: Any) -> None:
        from netbuilder.core.results.live import view_data

        match picture:
            case view_data.SurfacePicture():
                plot.show_surface(picture)
            case view_data.CurvePicture():
                plot.show_curve(picture)
            case view_data.ForecastPicture():
                plot.show_forecast(picture)
            case view_data.MapPicture():
                plot.show_map(picture)
