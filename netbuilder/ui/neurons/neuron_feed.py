"""The weights and outputs of each unit, from the run or the network on show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from netbuilder.core.errors import UserError
from netbuilder.core.project.model import Project
from netbuilder.ui.services.derived import Derived, Rank
from netbuilder.ui.services.runs.runner import Runner
from netbuilder.ui.services.views.live_activations import LiveActivationsService
from netbuilder.ui.services.views.sample_activations import ActivationService, SampleActivations
from netbuilder.ui.services.workbench import Workbench

if TYPE_CHECKING:
    from netbuilder.core.data.dataset import Dataset
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.live.neurons import NeuronColumn, NeuronPlane

#: The stages of a training step.
FORWARD, LOSS, BACKWARD, UPDATE = range(4)
_KEY, _MANY_UNITS = "neurons", 60
#: Seconds between two answers of the run: each chunk of a slow run, fewer at full speed under load.
_EVERY, _SLOWEST = 0.02, 0.2
_Arrays = dict[str, dict[str, Any]]


@dataclass(frozen=True, eq=False)
class _Prepared:
    """What is drawn beside the weights; ``weights`` are {} during a run."""

    plane: NeuronPlane | None
    weights: _Arrays


def _prepare(
    trained: TrainedModel | None,
    project: Project,
    base: Path,
    dataset: Dataset | None,
    columns: tuple[NeuronColumn, ...],
) -> _Prepared:
    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.results.layer_values import weights_of
    from netbuilder.core.results.live.neurons import COARSE_SIDE, SIDE, neuron_plane

    weights = {} if trained is None else {n: weights_of(trained, n) for n in _owners(columns)}
    side = COARSE_SIDE if sum(column.units for column in columns) > _MANY_UNITS else SIDE
    try:
        dataset = dataset or load_dataset(project, base)
    except UserError:
        return _Prepared(None, weights)
    return _Prepared(neuron_plane(project, dataset, side), weights)


def _owners(columns: tuple[NeuronColumn, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(column.owner for column in columns[1:] if column.owner))


def _layers(project: Project) -> object:
    graph = project.graph
    return [(n.id, n.layer, n.params, n.shared) for n in graph.nodes], graph.edges


class NeuronFeed(QObject):
    """Follows the network on show, or the run, while it is ``watched``.

    Signals:
        columns_changed: ``columns``, ``plane`` or ``reason`` changed.
        changed: ``outputs`` changed.
    """

    columns_changed = Signal()
    changed = Signal()

    def __init__(
        self,
        workbench: Workbench,
        runner: Runner,
        samples: ActivationService,
        live: LiveActivationsService,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._workbench, self._runner, self._samples, self._live = workbench, runner, samples, live
        self.columns: tuple[NeuronColumn, ...] = ()
        self.reason = ""
        self.plane: NeuronPlane | None = None
        self.weights: _Arrays = {}
        #: By column: (units, points of the plane), or the chosen sample's outputs (units, 1).
        self.outputs: list[Any] = []
        self.watched = False
        self._inputs: Mapping[str, Any] = {}
        self._named: SampleActivations | None = None  # the last look: names stay until the next
        self._worker = Derived(self, _prepare, self._prepared, rank=Rank.QUICK)
        for signal in (workbench.shapes_changed, workbench.store.changed):
            signal.connect(self._find_columns)
        runner.began.connect(self._ask)
        runner.state_changed.connect(self._state_changed)
        runner.observation.data_changed.connect(self._ask)
        runner.probes.answered.connect(self._probed)
        workbench.models.changed.connect(self._ask)
        for signal in (samples.changed, live.changed):
            signal.connect(self._sample_changed)
        self._was_active = False

    @property
    def look(self) -> SampleActivations | None:
        """The activations of the chosen sample."""
        return self._live.look or self._samples.look_now

    @property
    def active(self) -> bool:
        return self._runner.state.active

    @property
    def idle(self) -> bool:
        return self._worker.idle

    def watch(self, on: bool) -> None:
        if on is self.watched:
            return
        self.watched = on
        if on:
            self._ask()
        else:
            self._runner.probes.unwatch(_KEY)

    def _find_columns(self) -> None:
        from netbuilder.core.results.live.neurons import neuron_columns

        graph, shapes = self._workbench.store.project.graph, self._workbench.shapes
        known = shapes.still_true(graph).by_node if shapes is not None else {}
        sizes = {name: shape.output[1:] for name, shape in known.items() if shape.output}
        columns: tuple[NeuronColumn, ...] = ()
        reason = ""
        try:
            columns = neuron_columns(graph, sizes)
        except UserError as error:
            reason = error.what
        if (columns, reason) != (self.columns, self.reason):
            self.columns, self.reason = columns, reason
            self.outputs, self.weights, self._named = [], {}, None
            self._ask()
            self.columns_changed.emit()

    def _state_changed(self) -> None:
        if self._runner.state.active is not self._was_active:
            self._was_active = self._runner.state.active
            self._ask()

    @property
    def _project(self) -> Project | None:
        """The project of the weights, if it has the columns of the canvas."""
        trained = self._workbench.models.prediction_model
        project = None if trained is None else trained.project
        if self._runner.state.active:
            project = self._runner.record.project
        same = project is not None and _layers(project) == _layers(self._workbench.store.project)
        return project if same else None

    def _ask(self, *_changes: object) -> None:
        if not self.watched or not self.columns:
            self._runner.probes.unwatch(_KEY)
            return
        active, project = self._runner.state.active, self._project
        if active and project is not None:
            from netbuilder.core.engine.monitor.observer import Probe

            outputs = tuple(column.shown for column in self.columns) if self.maps else ()
            x = self._inputs = self._live.inputs if self.maps else {}
            owners = _owners(self.columns)
            probe = Probe(_KEY, outputs, x, weights=owners, every=_EVERY, slowest=_SLOWEST)
            self._runner.probes.watch(probe)
        else:
            self._runner.probes.unwatch(_KEY)
        trained = None if active else self._workbench.models.prediction_model
        if project is None:
            trained, self.weights, self.outputs = None, {}, []
            self.changed.emit()
        project = project or self._workbench.store.project
        dataset = self._runner.record.dataset if active else None
        self._worker.follow(trained, project, self._workbench.base, dataset, self.columns)

    def _prepared(self, prepared: _Prepared) -> None:
        trained = self._worker.inputs[0]
        self.plane = prepared.plane
        if trained is not None and not self._runner.state.active:
            self.weights = prepared.weights
        self.columns_changed.emit()
        self._compute()

    @property
    def maps(self) -> bool:
        """Whether units give maps: their outputs are Keras's, for the chosen sample."""
        return any(column.map for column in self.columns)

    def _probed(self, answer: Any) -> None:
        if answer.key == _KEY and self.watched and answer.problem is None:
            self.weights = {node: dict(arrays) for node, arrays in answer.weights.items()}
            self._compute({node: values[0] for node, values in answer.outputs.items()})

    def _sample_changed(self) -> None:
        if self.watched and self.maps and self._runner.state.active:
            if self._live.inputs is not self._inputs:
                self._ask()
        elif self.watched and self.plane is None:
            self._compute()

    def set_weight(self, owner: str, name: str, index: tuple[int, ...], value: float) -> None:
        """Show a weight at once that a person sets; the network follows."""
        arrays = self.weights.get(owner)
        if arrays is not None:
            arrays[name] = arrays[name].copy()
            arrays[name][index] = value
            self._compute()

    def _compute(self, live: Mapping[str, Any] | None = None) -> None:
        """Compute ``outputs``; ``live``: of each node, from the run."""
        from netbuilder.core.results.live import neurons

        look, first = self.look, self.columns[0].node if self.columns else ""
        values = live or (look.values if look is not None else {})
        outputs: list[Any] = []
        try:
            if self.maps and all(column.shown in values for column in self.columns):
                outputs = neurons.map_outputs(self.columns, values)
            elif not self.maps and self.weights and (self.plane is not None or first in values):
                x = values[first].reshape(1, -1) if self.plane is None else self.plane.grid
                outputs = [v.T for v in neurons.unit_outputs(self.columns, self.weights, x)]
        except (KeyError, ValueError):  # the network was edited since
            self.weights = {}
        self.outputs = outputs
        self.changed.emit()

    def layer(self, column: int) -> str:
        """Return the name of a column's Keras layer."""
        return self._workbench.store.project.graph.by_id[self.columns[column].node].layer

    def surface(self) -> Any:
        """Return the predictions over the plane, see ``NeuronPlane.surface``; None if unknown."""
        if self.plane is None or not self.outputs:
            return None
        try:
            return self.plane.surface(self.outputs[-1].T)
        except ValueError:
            return None

    def names(self, column: int) -> Mapping[int, str]:
        """Return the names of a column's units: features and classes; {} for hidden units."""
        look = self._named = self.look or self._named
        if look is None or not self.columns:
            return {}
        node = self.columns[column].node
        if column == 0:
            return dict(enumerate(look.features.get(node, ())))
        if column == len(self.columns) - 1:
            last = look.project.graph.outputs[0] if look.project.graph.outputs else node
            names = look.classes.get(last) or look.targets.get(last, ())
            return dict(enumerate(names)) if len(names) == self.columns[column].units else {}
        return {}
