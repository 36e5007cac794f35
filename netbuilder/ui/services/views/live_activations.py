"""What the layers make of the chosen sample while a run goes on, and how healthy they are."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from netbuilder.core.check.problems import Problem
from netbuilder.core.project.model import Project
from netbuilder.ui.services.runs.runner import Runner, RunState
from netbuilder.ui.services.views.run_histograms import SOON, RunHistograms
from netbuilder.ui.services.views.sample_activations import (
    ActivationsService,
    SampleActivations,
    as_surfaces,
    label_of,
    label_sentence,
    sample_rows,
    two_number_grid,
)

if TYPE_CHECKING:
    from netbuilder.core.data.dataset import Dataset, Split
    from netbuilder.core.data.preprocessing.fitted_preprocessing import Preprocessing
    from netbuilder.core.engine.events import ProbeAnswered
    from netbuilder.core.engine.probes import Probe
    from netbuilder.core.results.live.connection_weights import ConnectionWeight
    from netbuilder.core.results.live.sample_summary import Lines

log = logging.getLogger(__name__)

_SAMPLE, _HEALTH, _SURFACE = "canvas.sample", "canvas.health", "canvas.surface"
_HEALTH_ROWS = 256
_SLOWEST = 0.3  # seconds between two pictures, where the window has much to do
_MOST_WEIGHTS = 200_000  # of a layer: larger ones are looked at when the run is over


@dataclass(frozen=True, eq=False)
class LiveActivations:
    """One moment of a run.

    Attributes:
        project: as it is trained.
        values: what each node gives for the sample, by id, without a batch axis.
        weights: by node id, by name; of layers that are not too large.
        surfaces: (side, side, units) by node id, for networks of two numbers; else empty.
        classes: names of the classes by output id.
        epoch: epochs done.
        words: the vocabulary by id of the Inputs that take text.
        wires: how strong the wires are, by (source, target).
        index: which row the sample is, of ``rows``.
        truth: its right answer in words, where it is a class.
        large: layers with too many weights to follow.
        told: what goes in, in words, by Input id.
        answers: by output id, in own units or as probabilities.
        features: names of the numbers by id of the Inputs that take rows of a table.
        targets: names of the target's columns by output id.
        own: what the sample is, where it is a person's own and no row of the data.
        units: what stands beside the numbers of the target's columns, by output id.
        raw: the sample as given, by Input id, without a batch axis.
    """

    project: Project
    values: Mapping[str, Any]
    weights: Mapping[str, Mapping[str, Any]]
    surfaces: Mapping[str, Any]
    classes: Mapping[str, tuple[str, ...]]
    epoch: int
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    wires: Mapping[tuple[str, str], ConnectionWeight] = field(default_factory=dict)
    index: int = 0
    rows: int = 0
    truth: str = ""
    large: frozenset[str] = frozenset()
    told: Mapping[str, Lines] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)
    features: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    targets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    own: str = ""
    units: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict)

    @property
    def truth_words(self) -> str:
        """The right answer in a sentence, see ``label_sentence``."""
        first = next(iter(self.targets), "")
        return label_sentence(self.truth, self.targets.get(first, ()), self.classes.get(first, ()))

    def weights_of(self, node_id: str) -> Mapping[str, Any]:
        """The weights of a layer by name; {} where it has none, or too many to follow."""
        return self.weights.get(node_id, {})

    def too_large(self, node_id: str) -> bool:
        """Whether a layer has weights that ``weights_of`` leaves out."""
        return node_id in self.large

    def frozen(self, node_id: str) -> frozenset[str]:
        """Names of a layer's weights that training does not change; not asked of a run."""
        return frozenset()


@dataclass(frozen=True, eq=False)
class _Sample:
    """The row that is asked for, and its right answer."""

    probe: Probe
    index: int
    rows: int
    truth: str
    large: frozenset[str]
    told: Mapping[str, Lines]
    preprocessing: Preprocessing
    own: str
    raw: Mapping[str, Any]


class LiveActivationsService(QObject):
    """Asks a run for what the canvas shows.

    Signals:
        changed: ``look`` is another; None when the run is over and its model can be asked.
    """

    changed = Signal()

    def __init__(
        self, runner: Runner, activations_service: ActivationsService, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._runner, self._activations_service = runner, activations_service
        self._asked: tuple[object, int, object] | None = None
        self._sample: _Sample | None = None
        self._surfaces: Mapping[str, Any] = {}
        self._classes: Mapping[str, tuple[str, ...]] = {}
        self._words: Mapping[str, tuple[str, ...]] = {}
        self.look: LiveActivations | None = None
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
        graph = project.graph
        self._activations_service.know_rows(len(split))
        at = self._activations_service.index
        self._asked = (dataset, at, own)
        small, large = self._by_size(project)
        self.recorded.leave_out(large)
        raw = {name: values[at] for name, values in split.raw_x.items()}
        truth, words = label_of(split, dataset.preprocessing, at), ""
        filled = filled_columns(dataset.preprocessing.inputs, split.filled_in(at))
        if own is not None and _takes(project, raw, own):
            raw, truth, words, filled = dict(own.raw), "", own.own, ()
            x = dataset.preprocessing.apply_inputs(
                {name: value[None] for name, value in raw.items()}
            )
        else:
            x = {name: values[at : at + 1] for name, values in split.x.items()}
        probe = _sample_probe(project, x, small)
        told = input_summary(dataset.preprocessing.inputs, raw, filled)
        self._sample = _Sample(
            probe, at, len(split), truth, large, told, dataset.preprocessing, words, raw
        )
        self._runner.watch(probe)
        if not first:
            return
        self._words = {key: one.vocabulary for key, one in dataset.preprocessing.inputs.items()}
        facts = dataset.facts
        self._classes = {
            output: tuple(facts.output_classes.get(output) or facts.classes or ())
            for output in graph.outputs
        }
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
            from netbuilder.core.results.live.sample_summary import (
                features_of,
                predictions_in_units,
            )

            own = predictions_in_units(answer.outputs, project, sample.preprocessing.outputs)
            self.look = LiveActivations(
                project,
                {node: values[0] for node, values in answer.outputs.items()},
                answer.weights,
                self._surfaces,
                self._classes,
                answer.epoch,
                self._words,
                connection_weights(project.graph, lambda node: answer.weights.get(node, {})),
                sample.index,
                sample.rows,
                sample.truth,
                sample.large,
                sample.told,
                {name: value[0] for name, value in own.items()},
                features_of(sample.preprocessing.inputs),
                {name: one.columns for name, one in sample.preprocessing.outputs.items()},
                sample.own,
                {name: one.column_units for name, one in sample.preprocessing.outputs.items()},
                sample.raw,
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
        self.recorded.end(self._activations_service.workbench.trained)


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
