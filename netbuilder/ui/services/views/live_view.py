"""Data of a live view, from the active run or the trained network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.registry import has_points, point_view_name, same_points
from netbuilder.core.errors import UserError
from netbuilder.core.project.model import Project
from netbuilder.ui.services.derived import Derived, Rank
from netbuilder.ui.services.model_store import ModelState
from netbuilder.ui.services.project_store import ProjectStore
from netbuilder.ui.services.runs.runner import Runner
from netbuilder.ui.services.views.live_activations import RunHistograms
from netbuilder.ui.services.views.sample_activations import ActivationService
from netbuilder.ui.services.workbench import Workbench

if TYPE_CHECKING:
    from netbuilder.core.data.dataset import Dataset
    from netbuilder.core.engine.monitor.observer import Probe
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.live.histograms import HistogramHistory
    from netbuilder.core.results.live.view_data import Picture, ViewRequest
    from netbuilder.core.results.live.views import View

KEY = "surface"


@dataclass(frozen=True, eq=False)
class _ViewRequest:
    """A request for a view of ``project``, from ``trained`` or, if None, from the run.

    ``before``: the request to continue, for histograms. Other columns are fixed at ``row`` or
    ``own``. ``edited``: the project with edited points to draw. ``still``: show points without a
    network. ``moments``: the run's histograms.
    """

    project: Project
    base: Path
    view: str
    axes: tuple[str, str]
    trained: TrainedModel | None
    before: ViewRequest | None = None
    row: int | None = None
    own: Mapping[str, Any] | None = None
    edited: Project | None = None
    still: bool = False
    moments: Mapping[str, HistogramHistory] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class ViewState:
    """All views, the current one and its request (None: points only); ``first``: until a run."""

    question: _ViewRequest
    dataset: Dataset
    views: tuple[View, ...]
    view: View
    columns: tuple[str, ...]
    asked: ViewRequest | None
    picture: Picture | None
    first: Picture | None = None


def _load_view(request: _ViewRequest) -> ViewState:
    from netbuilder.core.data.defaults import resolve_defaults
    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.engine.monitor.observer import evaluate_probe
    from netbuilder.core.results.live.plane import FINE_SIZE, SIZE, number_columns
    from netbuilder.core.results.live.views import Axes, views_for

    dataset = load_dataset(request.project, request.base)
    project = resolve_defaults(request.project, dataset.facts)
    views = views_for(dataset, project)
    if not views:
        raise data_error("no_view")
    view = next((view for view in views if view.name == request.view), views[0])
    columns = number_columns(dataset)
    across, up = (name if name in columns else "" for name in request.axes)
    if request.still:
        view = next(view for view in views if view.name == point_view_name(request.project.data))
        points = view.alone(dataset, across, up) if view.alone is not None else None
        return ViewState(request, dataset, (view,), view, columns, None, points)
    edited = request.edited
    drawn = None if edited is None else load_dataset(edited, request.base)
    own, size = _fitting(request.own, dataset), SIZE if request.trained is None else FINE_SIZE
    view_request = request.before or view.ask(
        dataset, project, Axes(across, up, request.row, drawn, request.moments, own, size)
    )
    picture: Picture | None = None
    first: Picture | None = None
    if request.trained is not None:
        picture = view_request.read(evaluate_probe(request.trained, view_request.probe))
    elif view.alone is not None:
        first = view.alone(drawn or dataset, across, up)
    return ViewState(request, dataset, views, view, columns, view_request, picture, first)


def _fitting(own: Mapping[str, Any] | None, dataset: Dataset) -> Mapping[str, Any] | None:
    """Return the user's own sample if it fits this data set."""
    rows = dataset.train.raw_x
    if own is None or {key: value.shape for key, value in own.items()} != {
        key: values.shape[1:] for key, values in rows.items()
    }:
        return None
    return own


def _read_answer(state: ViewState, event: Any) -> Picture:
    assert state.asked is not None
    return state.asked.read(event)


def first_view_probe(project: Project, dataset: Dataset) -> list[Probe]:
    """Return the probes of the first view of a project."""
    from netbuilder.core.data.defaults import resolve_defaults
    from netbuilder.core.results.live.views import Axes, views_for

    project = resolve_defaults(project, dataset.facts)
    return [view.ask(dataset, project, Axes()).probe for view in views_for(dataset, project)[:1]]


class LiveView(QObject):
    """Requests data while it is ``watched``.

    Signals:
        changed: ``shown`` or ``error`` changed.
        picture_ready(picture): a newer picture.
    """

    changed = Signal()
    picture_ready = Signal(object)

    def __init__(
        self,
        store: ProjectStore,
        workbench: Workbench,
        runner: Runner,
        activations_service: ActivationService,
        parent: QObject | None = None,
        recorded: RunHistograms | None = None,
    ) -> None:
        super().__init__(parent)
        self._recorded = recorded
        self._store, self._workbench, self._runner = store, workbench, runner
        self._activations_service = activations_service
        self.shown: ViewState | None = None
        self.error: UserError | None = None
        self.watched = False
        self.view = ""
        self.axes = ("", "")
        self.at_sample = False  # fix other columns at the chosen sample, not at their mean
        self._worker = Derived(self, _load_view, self._found, self._failed, rank=Rank.QUICK)
        # A map of many units takes tens of milliseconds.
        self._reader = Derived(
            self, _read_answer, self.picture_ready.emit, self._failed,
            of=lambda: self.shown, rank=Rank.QUICK,
        )  # fmt: skip
        self._ask_timer = QTimer(self, singleShot=True, interval=0)
        self._ask_timer.timeout.connect(self.ask)
        self._was_active, self._fresh = runner.state.active, True
        runner.began.connect(self._began)
        runner.state_changed.connect(self._state_changed)
        runner.observation.data_changed.connect(self._ask_timer.start)
        runner.probes.answered.connect(self._probed)
        workbench.models.changed.connect(self._model_changed)
        activations_service.row_chosen.connect(self._row_chosen)
        store.changed.connect(self._project_changed)
        store.project_replaced.connect(self._reset)

    def _began(self) -> None:
        self._fresh = True
        self._ask_timer.start()

    def _state_changed(self) -> None:
        """Follow a run that continues after its end."""
        if self._runner.state.active != self._was_active:
            self._was_active = self._runner.state.active
            self._ask_timer.start()

    def _model_changed(self, old: ModelState, new: ModelState) -> None:
        # An active run answers by itself.
        if old.model is not new.model and not self._runner.state.active:
            self._ask_timer.start()

    def _reset(self) -> None:
        self.view, self.axes, self.at_sample = "", ("", ""), False

    def _row_chosen(self) -> None:
        if self.at_sample:
            self._ask_timer.start()

    def _project_changed(self, old: Project, new: Project) -> None:
        if old.data is not new.data and (has_points(old.data) or has_points(new.data)):
            self._ask_timer.start()

    @property
    def sample(self) -> int:
        return self._activations_service.index

    @property
    def idle(self) -> bool:
        return self._worker.idle and self._reader.idle and not self._ask_timer.isActive()

    @property
    def asking(self) -> bool:
        return self._workbench.models.trained is not None and not self.idle

    @property
    def live(self) -> bool:
        return self._runner.state.active

    @property
    def run_words(self) -> str:
        return self._workbench.run_words

    def watch(self, on: bool) -> None:
        if on == self.watched:
            return
        self.watched = on
        if on:
            self.ask()
        else:
            self._runner.probes.unwatch(KEY)

    def choose(
        self, view: str = "", axes: tuple[str, str] | None = None, at_sample: bool | None = None
    ) -> None:
        self.view = view or self.view
        self.axes = axes if axes is not None else self.axes
        self.at_sample = self.at_sample if at_sample is None else at_sample
        self.ask()

    def ask(self) -> None:
        if not self.watched:
            return
        trained = self._workbench.models.prediction_model
        active = self._runner.state.active
        settled = self._workbench.models.state.settled
        project = self._runner.record.project if active else settled.project
        current = self._store.project
        still = project is None and has_points(current.data)
        if project is None and not still:
            self._runner.probes.unwatch(KEY)
            self.shown = self.error = None
            self.changed.emit()
            return
        if self.shown is None:
            self.changed.emit()
        project = project or current
        edited = current if project.data != current.data and same_points(project, current) else None
        self._worker.ask(
            _ViewRequest(
                project,
                self._workbench.base,
                self.view,
                self.axes,
                None if active else trained,
                None if self._fresh else self._histograms(project),
                self._activations_service.index if self.at_sample else None,
                self._own(),
                edited,
                still,
                self._known(project, None if active else trained),
            )
        )

    def _own(self) -> Mapping[str, Any] | None:
        """Return the user's own sample if other columns are fixed at the sample."""
        look = self._activations_service.look
        own = (
            self.at_sample
            and self._activations_service.own is not None
            and look is not None
            and look.own
        )
        return look.raw if own and look is not None else None

    def _known(
        self, project: Project, trained: TrainedModel | None
    ) -> Mapping[str, HistogramHistory]:
        return self._recorded.of(project, trained) if self._recorded is not None else {}

    def _histograms(self, project: Project) -> ViewRequest | None:
        """Return the request with the run's histograms so far, to continue it."""
        state = self.shown
        if state is None or state.asked is None or state.view.name != self.view:
            return None
        if not state.asked.grows:
            return None
        same = state.question.project.graph == project.graph
        return state.asked if same else None

    def _found(self, state: ViewState) -> None:
        if not self.watched:
            return
        self._fresh = False
        self.shown, self.error = state, None
        if not state.question.still:
            self.view = state.view.name
        self.changed.emit()
        if state.asked is None or state.picture is not None:
            self._runner.probes.unwatch(KEY)
            self.picture_ready.emit(state.picture)
        else:
            self._runner.probes.watch(state.asked.probe)

    def _failed(self, error: UserError) -> None:
        self.shown, self.error = None, error
        self.changed.emit()

    def _probed(self, event: Any) -> None:
        state = self.shown
        if state is None or state.asked is None or event.probe is not state.asked.probe:
            return
        if event.problem is not None:
            self._failed(event.problem)
            return
        self._reader.ask(state, event)
