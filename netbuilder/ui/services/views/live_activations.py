"""Activations of the chosen sample during a run, and the health of the layers."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from netbuilder.core.check.problems import Problem
from netbuilder.core.project.model import Project
from netbuilder.ui.services.language import language
from netbuilder.ui.services.runs.runner import Runner
from netbuilder.ui.services.views.sample_activations import (
    ActivationService,
    SampleActivations,
    as_surfaces,
    label_of,
    names_of,
    sample_rows,
    two_number_grid,
)

if TYPE_CHECKING:
    from netbuilder.core.data.dataset import Dataset, Split
    from netbuilder.core.data.preprocessing.fitted_preprocessing import Preprocessing
    from netbuilder.core.engine.events import ProbeAnswered
    from netbuilder.core.engine.monitor.observer import Probe
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.live.histograms import HistogramHistory

log = logging.getLogger(__name__)
#: Seconds between two histograms: for the first few of a run, and later.
SOON, EVERY = 0.2, 1.0
_FEW = 12

_SAMPLE, _HEALTH, _SURFACE = "canvas.sample", "canvas.health", "canvas.surface"
_HEALTH_ROWS = 256
_SLOWEST = 1.0  # seconds between two pictures under load
_MOST_WEIGHTS = 200_000  # larger layers are shown after the run


@dataclass(frozen=True, eq=False)
class _Sample:
    """The requested sample; ``blank`` is what is known before the run answers."""

    probe: Probe
    preprocessing: Preprocessing
    blank: SampleActivations


class LiveActivationsService(QObject):
    """Requests from a run what the canvas shows; ``changed`` emits ``look``, at the end None."""

    changed = Signal()

    def __init__(
        self, runner: Runner, activations_service: ActivationService, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._runner, self._activations_service = runner, activations_service
        self._key: tuple[object, int, object] | None = None
        self._sample: _Sample | None = None
        self._surfaces: Mapping[str, Any] = {}
        self._canvas_shown = True
        self.look: SampleActivations | None = None
        self.recorded = RunHistograms()
        self._problems: tuple[Problem, ...] = ()
        self._reached: frozenset[str] = frozenset()  # layers that a gradient has reached
        runner.began.connect(self._began)
        runner.state_changed.connect(self._ask)
        runner.probes.answered.connect(self._on_answer)
        runner.ended.connect(self._ended)
        activations_service.row_chosen.connect(self._ask)
        language().changed.connect(self._render_again)

    def _began(self) -> None:
        self._key = None
        self._surfaces = {}
        self._reached = frozenset()
        self.look = None
        if self._runner.record.project is not None:
            self._report_health(self._runner.record.project, ())
            self.recorded.begin(self._runner.record.project)
        self.changed.emit()

    def _render_again(self) -> None:
        self._key = None  # labels are texts
        self._ask()

    def _ask(self) -> None:
        dataset, project = self._runner.record.dataset, self._runner.record.project
        active = self._runner.state.running
        if dataset is None or project is None or not active:
            return
        own = self._activations_service.look if self._activations_service.own is not None else None
        key = (dataset, self._activations_service.index, own)
        if self._key is not None and self._key[0] is dataset and self._key == key:
            return
        first = self._key is None or self._key[0] is not dataset
        self._key = key
        from netbuilder.core.results.live.sample_summary import filled_columns, input_summary

        split = sample_rows(dataset)
        if not len(split):
            return
        self._activations_service.know_rows(len(split))
        at = self._activations_service.index
        self._key = (dataset, at, own)
        small, large = self._by_size(project)
        self.recorded.leave_out(large)
        raw = {name: values[at] for name, values in split.raw_x.items()}
        truth, words = label_of(split, dataset.preprocessing, at), ""
        days = None if split.days is None else split.days[at]
        filled = filled_columns(dataset.preprocessing.inputs, split.filled_in(at))
        if own is not None and _takes(project, raw, own):
            raw, truth, words, filled, days = dict(own.raw), "", own.own, (), None
            x = dataset.preprocessing.apply_inputs(
                {name: value[None] for name, value in raw.items()}
            )
        else:
            x = {name: values[at : at + 1] for name, values in split.x.items()}
        probe = _sample_probe(project, x, small)
        summary = input_summary(dataset.preprocessing.inputs, raw, filled)
        blank = SampleActivations(
            project, {}, index=at, rows=len(split), truth=truth, large=large, told=summary,
            own=words, raw=raw, days=days,
            **names_of(dataset.preprocessing, dataset.facts, project),
        )  # fmt: skip
        self._sample = _Sample(probe, dataset.preprocessing, blank)
        self._runner.probes.watch(probe)
        if not first:
            return
        self._runner.probes.watch(_health_probe(project, dataset.train, small))
        self.show_surfaces(self._canvas_shown)

    def show_surfaces(self, on: bool) -> None:
        """Compute the units' surfaces during a run only while the canvas draws them."""
        self._canvas_shown = on
        self._runner.probes.unwatch(_SURFACE)
        dataset, project = self._runner.record.dataset, self._runner.record.project
        if on and self._runner.state.running and dataset is not None and project is not None:
            surfaces = _surface_probe(project, dataset.train)
            if surfaces is not None:
                self._runner.probes.watch(surfaces)

    @property
    def inputs(self) -> Mapping[str, Any]:
        """The chosen sample of a run, model-ready and by Input; {} before it begins."""
        return self._sample.probe.x if self._sample is not None else {}

    def foreseen(self, project: Project, dataset: Dataset) -> list[Probe]:
        """Return the probes of a run of a project, for any row."""
        split = sample_rows(dataset)
        if not len(split):
            return []
        small, _ = self._by_size(project)
        surfaces = _surface_probe(project, dataset.train)
        return [
            _sample_probe(project, {key: rows[:1] for key, rows in split.x.items()}, small),
            *([surfaces] if surfaces is not None else []),
            _health_probe(project, dataset.train, small),
        ]

    def _by_size(self, project: Project) -> tuple[tuple[str, ...], frozenset[str]]:
        """Return the layers with weights that are followed, and those with too many."""
        counts = {node: self._parameters(node) for node in project.graph.order}
        small = tuple(node for node, count in counts.items() if 0 < count <= _MOST_WEIGHTS)
        return small, frozenset(node for node, count in counts.items() if count > _MOST_WEIGHTS)

    def _parameters(self, node_id: str) -> int:
        shapes = self._activations_service.workbench.shapes
        shape = shapes.by_node.get(node_id) if shapes is not None else None
        return shape.parameters or 0 if shape is not None else 0

    def _on_answer(self, answer: ProbeAnswered) -> None:
        if answer.problem is not None:
            log.info("a probe could not be answered: %s", answer.problem)
            return
        project = self._runner.record.project
        if project is None or not self._runner.state.active:
            return
        if answer.key == _SURFACE:
            targets = self._sample.preprocessing.outputs if self._sample is not None else {}
            self._surfaces = as_surfaces(answer.outputs, project, targets)
            if self._runner.state.paused and self.look is not None:
                # In a pause, no other answer follows.
                self.look = replace(self.look, surfaces=self._surfaces)
                self.changed.emit()
        elif answer.key == _SAMPLE:
            sample = self._sample
            if sample is None or answer.probe is not sample.probe:
                return  # of the previous sample
            from netbuilder.core.results.live.connection_weights import connection_weights
            from netbuilder.core.results.live.sample_summary import predictions_in_units

            answers = predictions_in_units(answer.outputs, project, sample.preprocessing.outputs)
            self.look = replace(
                sample.blank,
                values={node: values[0] for node, values in answer.outputs.items()},
                weights=answer.weights,
                surfaces=self._surfaces,
                epoch=answer.epoch,
                wires=connection_weights(project.graph, lambda node: answer.weights.get(node, {})),
                answers={name: value[0] for name, value in answers.items()},
            )
            self.recorded.weigh(answer)
            self.changed.emit()
        elif answer.key == _HEALTH:
            self.recorded.examine(answer)
            self._examine(project, answer)
            every = self.recorded.every("gradients")
            if every != answer.probe.every:
                self._runner.probes.watch(replace(answer.probe, every=every))

    def _examine(self, project: Project, answer: ProbeAnswered) -> None:
        from netbuilder.core.check.health import network_problems, reached_layers

        self._reached |= reached_layers(answer.gradients)
        problems = network_problems(project, answer.outputs, answer.gradients, self._reached)
        # The values in the messages change with every step: compare codes and layers.
        if [(p.code, p.node) for p in problems] != [(p.code, p.node) for p in self._problems]:
            self._report_health(project, problems)

    def _report_health(self, project: Project, problems: tuple[Problem, ...]) -> None:
        self._problems = problems
        self._activations_service.workbench.set_inner_problems(project, problems)

    def forget(self) -> None:
        if not self._runner.state.active:
            self.look = None

    def _ended(self) -> None:
        for key in (_SAMPLE, _HEALTH, _SURFACE):
            self._runner.probes.unwatch(key)
        self._key = None
        self.recorded.end(self._activations_service.workbench.models.trained)


class RunHistograms:
    """Histograms of the newest run by view; no Qt, for one thread."""

    def __init__(self) -> None:
        self._histories: dict[str, HistogramHistory] = {}
        self._project: Project | None = None
        self._trained: TrainedModel | None = None
        self._large_layers: frozenset[str] = frozenset()
        self._weights_time = 0.0

    def begin(self, project: Project) -> None:
        from netbuilder.core.results.live import histograms

        nodes = histograms.learning_nodes(project)
        kinds = (histograms.WEIGHTS, histograms.GRADIENTS, histograms.ACTIVATIONS)
        self._histories = {kind: histograms.HistogramHistory(kind, nodes) for kind in kinds}
        self._project, self._trained, self._weights_time = project, None, 0.0

    def weigh(self, answer: ProbeAnswered) -> None:
        """Add the weights' histograms, unless the last are recent."""
        time_now = time.monotonic()
        if time_now - self._weights_time >= self.every("weights"):
            self._weights_time = time_now
            self._add("weights", answer)

    def every(self, kind: str) -> float:
        history = self._histories.get(kind)
        return SOON if history is not None and len(history) < _FEW else EVERY

    def examine(self, answer: ProbeAnswered) -> None:
        self._add("gradients", answer)
        self._add("activations", answer)

    def _add(self, kind: str, answer: ProbeAnswered) -> None:
        history = self._histories.get(kind)
        if history is None:
            return
        # With layers that are not followed, histories would differ in length.
        if kind == "activations" or not self._large_layers.intersection(history.nodes):
            history.add(answer)

    def leave_out(self, large: frozenset[str]) -> None:
        """Set the layers whose weights are not followed."""
        self._large_layers = large

    def end(self, trained: TrainedModel | None) -> None:
        self._trained = trained

    def of(self, project: Project, trained: TrainedModel | None) -> dict[str, HistogramHistory]:
        """Return copies of the histograms of ``trained``, or of the active run of ``project``."""
        same = self._project is not None and self._project.graph == project.graph
        if not same or trained is not self._trained:
            return {}
        return {kind: history.copy() for kind, history in self._histories.items() if len(history)}


def _takes(project: Project, example: Mapping[str, Any], own: SampleActivations) -> bool:
    """Return whether the user's own sample fits this network."""
    sizes = {name: value.shape for name, value in example.items()}
    own_sizes = {name: value.shape for name, value in own.raw.items()}
    return bool(own.own) and own.project.data == project.data and own_sizes == sizes


def _sample_probe(project: Project, x: Mapping[str, Any], small: tuple[str, ...]) -> Probe:
    from netbuilder.core.engine.monitor.observer import Probe

    order = tuple(project.graph.order)
    return Probe(_SAMPLE, outputs=order, x=x, weights=small, every=0.15, slowest=_SLOWEST)


def _health_probe(project: Project, train: Split, small: tuple[str, ...]) -> Probe:
    from netbuilder.core.engine.monitor.observer import Probe

    graph = project.graph
    return Probe(
        _HEALTH,
        outputs=tuple(node for node in graph.order if graph.by_id[node].layer != "Input"),
        x={name: values[:_HEALTH_ROWS] for name, values in train.x.items()},
        y={name: values[:_HEALTH_ROWS] for name, values in train.y.items()},
        gradients=small,
        every=SOON,
        slowest=2.0,
    )


def _surface_probe(project: Project, train: Split) -> Probe | None:
    """Return the probe of each Dense unit's surface; None unless there are two inputs."""
    from netbuilder.core.engine.monitor.observer import Probe

    grid = two_number_grid(train)
    if grid is None:
        return None
    graph = project.graph
    dense = tuple(node for node in graph.order if graph.by_id[node].layer == "Dense")
    return Probe(_SURFACE, outputs=dense, x=grid, every=0.15, slowest=_SLOWEST)
