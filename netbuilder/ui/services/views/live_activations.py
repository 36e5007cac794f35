"""What the layers make of the chosen sample while a run goes on, and how healthy they are."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from netbuilder.core.check.problems import Problem
from netbuilder.core.project.model import Project
from netbuilder.ui.services.runs.runner import Runner
from netbuilder.ui.services.runs.training_thread import RunState
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
    from netbuilder.core.engine.probes import Probe
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.live.histograms import HistogramHistory

log = logging.getLogger(__name__)
#: Seconds between two moments: of the first few of a run, which may be over soon, and later.
SOON, EVERY = 0.2, 1.0
_FEW = 12

_SAMPLE, _HEALTH, _SURFACE = "canvas.sample", "canvas.health", "canvas.surface"
_HEALTH_ROWS = 256
_SLOWEST = 1.0  # seconds between two pictures, where the window has much to do
_MOST_WEIGHTS = 200_000  # of a layer: larger ones are looked at when the run is over


@dataclass(frozen=True, eq=False)
class _Sample:
    """The row that is asked for: ``blank`` is all that is known before a run answers."""

    probe: Probe
    preprocessing: Preprocessing
    blank: SampleActivations


class LiveActivationsService(QObject):
    """Asks a run for what the canvas shows.

    Signals:
        changed: ``look`` is another; None when the run is over and its model can be asked.
    """

    changed = Signal()

    def __init__(
        self, runner: Runner, activations_service: ActivationService, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._runner, self._activations_service = runner, activations_service
        self._asked: tuple[object, int, object] | None = None
        self._sample: _Sample | None = None
        self._surfaces: Mapping[str, Any] = {}
        self.look: SampleActivations | None = None
        self.recorded = RunHistograms()
        self._sick: tuple[Problem, ...] = ()
        self._reached: frozenset[str] = frozenset()  # layers that a gradient came to in this run
        runner.began.connect(self._began)
        runner.state_changed.connect(self._ask)
        runner.probed.connect(self._answered)
        runner.ended.connect(self._ended)
        activations_service.row_chosen.connect(self._ask)

    def _began(self) -> None:
        self._asked = None
        self._surfaces = {}
        self._reached = frozenset()
        self.look = None
        if self._runner.project is not None:
            self._tell_health(self._runner.project, ())
            self.recorded.begin(self._runner.project)
        self.changed.emit()

    def _ask(self) -> None:
        """Ask for the chosen sample, once the run has read its data."""
        dataset, project = self._runner.dataset, self._runner.project
        going = self._runner.state in (RunState.RUNNING, RunState.PAUSED)
        if dataset is None or project is None or not going:
            return
        own = self._activations_service.look if self._activations_service.own is not None else None
        asked = (dataset, self._activations_service.index, own)
        if self._asked is not None and self._asked[0] is dataset and self._asked == asked:
            return
        first = self._asked is None or self._asked[0] is not dataset
        self._asked = asked
        from netbuilder.core.results.live.sample_summary import filled_columns, input_summary

        split = sample_rows(dataset)
        if not len(split):
            return
        self._activations_service.know_rows(len(split))
        at = self._activations_service.index
        self._asked = (dataset, at, own)
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
        told = input_summary(dataset.preprocessing.inputs, raw, filled)
        blank = SampleActivations(
            project, {}, index=at, rows=len(split), truth=truth, large=large, told=told, own=words,
            raw=raw, days=days, **names_of(dataset.preprocessing, dataset.facts, project),
        )  # fmt: skip
        self._sample = _Sample(probe, dataset.preprocessing, blank)
        self._runner.watch(probe)
        if not first:
            return
        self._runner.watch(_health_probe(project, dataset.train, small))
        self._runner.unwatch(_SURFACE)
        surfaces = _surface_probe(project, dataset.train)
        if surfaces is not None:
            self._runner.watch(surfaces)

    def foreseen(self, project: Project, dataset: Dataset) -> list[Probe]:
        """What will be asked of a run of a project, for any row."""
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
        """Layers with weights that can be followed, and with too many for that."""
        counts = {node: self._parameters(node) for node in project.graph.order}
        small = tuple(node for node, count in counts.items() if 0 < count <= _MOST_WEIGHTS)
        return small, frozenset(node for node, count in counts.items() if count > _MOST_WEIGHTS)

    def _parameters(self, node_id: str) -> int:
        shapes = self._activations_service.workbench.shapes
        found = shapes.by_node.get(node_id) if shapes is not None else None
        return found.parameters or 0 if found is not None else 0

    def _answered(self, answer: ProbeAnswered) -> None:
        if answer.problem is not None:
            log.info("a probe could not be answered: %s", answer.problem)
            return
        project = self._runner.project
        if project is None or not self._runner.active:
            return
        if answer.key == _SURFACE:
            targets = self._sample.preprocessing.outputs if self._sample is not None else {}
            self._surfaces = as_surfaces(answer.outputs, project, targets)
            if self._runner.paused and self.look is not None:
                # No other answer comes that would bring them along.
                self.look = replace(self.look, surfaces=self._surfaces)
                self.changed.emit()
        elif answer.key == _SAMPLE:
            sample = self._sample
            if sample is None or answer.probe is not sample.probe:
                return  # of the row that was chosen before
            from netbuilder.core.results.live.connection_weights import connection_weights
            from netbuilder.core.results.live.sample_summary import predictions_in_units

            own = predictions_in_units(answer.outputs, project, sample.preprocessing.outputs)
            self.look = replace(
                sample.blank,
                values={node: values[0] for node, values in answer.outputs.items()},
                weights=answer.weights,
                surfaces=self._surfaces,
                epoch=answer.epoch,
                wires=connection_weights(project.graph, lambda node: answer.weights.get(node, {})),
                answers={name: value[0] for name, value in own.items()},
            )
            self.recorded.weigh(answer)
            self.changed.emit()
        elif answer.key == _HEALTH:
            self.recorded.examine(answer)
            self._examine(project, answer)
            every = self.recorded.every("gradients")
            if every != answer.probe.every:
                self._runner.watch(replace(answer.probe, every=every))

    def _examine(self, project: Project, answer: ProbeAnswered) -> None:
        from netbuilder.core.check.health import network_problems, reached_layers

        self._reached |= reached_layers(answer.gradients)
        found = network_problems(project, answer.outputs, answer.gradients, self._reached)
        # The numbers in the words change with every step: told anew is what is wrong elsewhere.
        if [(p.code, p.node) for p in found] != [(p.code, p.node) for p in self._sick]:
            self._tell_health(project, found)

    def _tell_health(self, project: Project, found: tuple[Problem, ...]) -> None:
        self._sick = found
        self._activations_service.workbench.set_inner_problems(project, found)

    def forget(self) -> None:
        """The model that came of the run is looked at from now on."""
        if not self._runner.active:
            self.look = None

    def _ended(self) -> None:
        for key in (_SAMPLE, _HEALTH, _SURFACE):
            self._runner.unwatch(key)
        self._asked = None
        self.recorded.end(self._activations_service.workbench.models.trained)


class RunHistograms:
    """Moments of the newest run by the name of their view. No Qt here; of one thread."""

    def __init__(self) -> None:
        self._moments: dict[str, HistogramHistory] = {}
        self._project: Project | None = None
        self._trained: TrainedModel | None = None
        self._large: frozenset[str] = frozenset()
        self._weighed = 0.0

    def begin(self, project: Project) -> None:
        from netbuilder.core.results.live import histograms

        nodes = histograms.learning_nodes(project)
        kinds = (histograms.WEIGHTS, histograms.GRADIENTS, histograms.ACTIVATIONS)
        self._moments = {what: histograms.HistogramHistory(what, nodes) for what in kinds}
        self._project, self._trained, self._weighed = project, None, 0.0

    def weigh(self, answer: ProbeAnswered) -> None:
        """Take the weights of a moment, unless the last ones are of just now."""
        now = time.monotonic()
        if now - self._weighed >= self.every("weights"):
            self._weighed = now
            self._add("weights", answer)

    def every(self, what: str) -> float:
        """Seconds until the next moment is wanted."""
        moments = self._moments.get(what)
        return SOON if moments is not None and len(moments) < _FEW else EVERY

    def examine(self, answer: ProbeAnswered) -> None:
        """Take gradients and outputs of a moment."""
        self._add("gradients", answer)
        self._add("activations", answer)

    def _add(self, what: str, answer: ProbeAnswered) -> None:
        moments = self._moments.get(what)
        if moments is None:
            return
        # Layers that are not followed would have fewer moments than the others.
        if what == "activations" or not self._large.intersection(moments.nodes):
            moments.add(answer)

    def leave_out(self, large: frozenset[str]) -> None:
        """Layers of whose weights nothing is asked while it trains."""
        self._large = large

    def end(self, trained: TrainedModel | None) -> None:
        self._trained = trained

    def of(self, project: Project, trained: TrainedModel | None) -> dict[str, HistogramHistory]:
        """Copies of what is known of the run that trains ``project`` now (``trained`` None), or
        that ``trained`` came of; {} of other runs."""
        same = self._project is not None and self._project.graph == project.graph
        if not same or trained is not self._trained:
            return {}
        return {what: moments.copy() for what, moments in self._moments.items() if len(moments)}


def _takes(project: Project, like: Mapping[str, Any], own: SampleActivations) -> bool:
    """Whether a sample of a person's own is one for this network too."""
    sizes = {name: value.shape for name, value in like.items()}
    given = {name: value.shape for name, value in own.raw.items()}
    return bool(own.own) and own.project.data == project.data and given == sizes


def _sample_probe(project: Project, x: Mapping[str, Any], small: tuple[str, ...]) -> Probe:
    from netbuilder.core.engine.probes import Probe

    # Painting all of it takes the window's thread some milliseconds.
    order = tuple(project.graph.order)
    return Probe(_SAMPLE, outputs=order, x=x, weights=small, every=0.15, slowest=_SLOWEST)


def _health_probe(project: Project, train: Split, small: tuple[str, ...]) -> Probe:
    from netbuilder.core.engine.probes import Probe

    graph = project.graph
    return Probe(
        _HEALTH,
        outputs=tuple(one for one in graph.order if graph.by_id[one].layer != "Input"),
        x={name: values[:_HEALTH_ROWS] for name, values in train.x.items()},
        y={name: values[:_HEALTH_ROWS] for name, values in train.y.items()},
        gradients=small,
        every=SOON,
        slowest=2.0,
    )


def _surface_probe(project: Project, train: Split) -> Probe | None:
    """Of the small surface of each Dense unit; None where there are not two numbers."""
    from netbuilder.core.engine.probes import Probe

    grid = two_number_grid(train)
    if grid is None:
        return None
    graph = project.graph
    dense = tuple(one for one in graph.order if graph.by_id[one].layer == "Dense")
    return Probe(_SURFACE, outputs=dense, x=grid, every=0.15, slowest=_SLOWEST)
