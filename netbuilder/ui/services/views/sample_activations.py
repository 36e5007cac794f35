"""Activations of one sample, computed off the GUI thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Project
from netbuilder.ui.services.derived import Derived, Rank
from netbuilder.ui.services.language import language
from netbuilder.ui.services.model_store import ModelState
from netbuilder.ui.services.workbench import Workbench

if TYPE_CHECKING:
    from netbuilder.core.data.data_facts import DataFacts
    from netbuilder.core.data.dataset import Dataset, Split
    from netbuilder.core.data.preprocessing.fitted_preprocessing import (
        OutputPreprocessing,
        Preprocessing,
    )
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.live.connection_weights import ConnectionWeight
    from netbuilder.core.results.live.sample_summary import Lines


SIDE = 24  # points of a unit's surface along each axis
#: The raw sample by Input id, without a batch axis, and its text.
Sample = tuple[Mapping[str, Any], str | None]


@dataclass(frozen=True, eq=False)
class SampleActivations:
    """The activations of one sample, during a run or of the network on show.

    Mappings have layer ids as keys; arrays have no batch axis.

    Attributes:
        values: the layers' outputs.
        weights: during a run, by layer and name; not of large layers.
        surfaces: outputs of Dense units over two inputs, (side, side, units).
        classes: class names of outputs.
        epoch: epochs done.
        words: vocabulary of text Inputs.
        wires: connection weights by (source, target).
        index, rows: the row of the sample, and the number of rows.
        truth: the label as text.
        large: layers with too many weights to follow in a run.
        told: a summary of the Inputs.
        answers: predictions, in the target's units or as probabilities.
        features: column names of table Inputs.
        targets, units: column names and units of outputs.
        own: what the user's own sample is, untranslated; "" for a row.
        raw: the unprocessed sample.
        filled: imputed columns.
        days: of a dated series, see ``Samples``.
        trained: the network; None during a run.
    """

    project: Project
    values: Mapping[str, Any]
    weights: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    surfaces: Mapping[str, Any] = field(default_factory=dict)
    classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    epoch: int = 0
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
    units: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    own: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)
    filled: tuple[str, ...] = ()
    days: Any = None
    trained: TrainedModel | None = None

    @property
    def own_words(self) -> str:
        return _(self.own)

    @property
    def truth_words(self) -> str:
        first = next(iter(self.targets), "")
        return label_sentence(self.truth, self.targets.get(first, ()), self.classes.get(first, ()))

    def weights_of(self, node_id: str) -> Mapping[str, Any]:
        """Return a layer's weights by name; {} without any, or too many to follow."""
        if self.trained is None:
            return self.weights.get(node_id, {})
        from netbuilder.core.results.layer_values import weights_of

        return weights_of(self.trained, node_id)

    def too_large(self, node_id: str) -> bool:
        return node_id in self.large

    def frozen(self, node_id: str) -> frozenset[str]:
        """Return the names of a layer's frozen weights; empty during a run."""
        if self.trained is None:
            return frozenset()
        from netbuilder.core.results.layer_values import frozen_of

        return frozen_of(self.trained, node_id)


def without_sample(trained: TrainedModel) -> SampleActivations:
    """Return what can be shown without a sample: the weights."""
    named = names_of(trained.preprocessing, trained.facts, trained.project)
    return SampleActivations(trained.project, {}, trained=trained, **named)


def names_of(preprocessing: Preprocessing, facts: DataFacts, project: Project) -> dict[str, Any]:
    """Return the names in ``SampleActivations``, which are the same for every sample."""
    from netbuilder.core.results.live.sample_summary import features_of

    return {
        "words": {key: fitted.vocabulary for key, fitted in preprocessing.inputs.items()},
        "features": features_of(preprocessing.inputs),
        "targets": {name: fitted.columns for name, fitted in preprocessing.outputs.items()},
        "units": {name: fitted.column_units for name, fitted in preprocessing.outputs.items()},
        "classes": {
            name: tuple(facts.output_classes.get(name) or facts.classes or ())
            for name in project.graph.outputs
        },
    }


@dataclass(frozen=True, eq=False)
class OwnSample:
    """The user's own sample: ``make`` returns it, off the GUI thread.

    ``words``: "your drawing", untranslated.
    """

    make: Callable[[TrainedModel], Sample]
    words: str


@dataclass(frozen=True, eq=False)
class _SampleRequest:
    """``own`` replaces row ``index``; ``before``: the previous result."""

    trained: TrainedModel
    base: Path
    index: int
    own: OwnSample | None = None
    before: SampleActivations | None = None


def _compute(request: _SampleRequest) -> SampleActivations | None:
    from netbuilder.core.results.layer_values import node_activations, raw_sample, weights_of
    from netbuilder.core.results.live.connection_weights import connection_weights
    from netbuilder.core.results.live.sample_summary import (
        filled_columns,
        input_summary,
        predictions_in_units,
    )
    from netbuilder.core.results.own_units import preprocessing_of

    trained, own, before = request.trained, request.own, request.before
    dataset = _data_of(request)
    split = sample_rows(dataset) if dataset is not None else None
    rows = len(split) if split is not None else 0
    if own is None and not rows:
        return None
    index = request.index % max(rows, 1)
    truth = ""
    filled: tuple[str, ...] = ()
    preprocessing = preprocessing_of(trained)
    if own is not None:
        raw = own.make(trained)[0]
    else:
        assert split is not None and dataset is not None
        raw, truth = raw_sample(split, index), label_of(split, preprocessing, index)
        filled = filled_columns(dataset.preprocessing.inputs, split.filled_in(index))
    values = node_activations(trained, raw)
    if before is not None and before.trained is trained:  # the same for every sample
        surfaces, wires = before.surfaces, before.wires
    else:
        surfaces = unit_surfaces(trained, dataset.train) if dataset is not None else {}
        wires = connection_weights(trained.project.graph, lambda node: weights_of(trained, node))
    predictions = predictions_in_units(
        {k: v[None] for k, v in values.items()}, trained.project, preprocessing.outputs
    )
    answers = {name: value[0] for name, value in predictions.items()}
    summary = input_summary(preprocessing.inputs, raw, filled)
    words = own.words if own is not None else ""
    days = split.days[index] if own is None and split and split.days is not None else None
    return replace(
        without_sample(trained), values=values, raw=raw, truth=truth, index=index, rows=rows,
        surfaces=surfaces, wires=wires, told=summary, answers=answers, own=words, filled=filled,
        days=days,
    )  # fmt: skip


def _data_of(request: _SampleRequest) -> Dataset | None:
    """Return the data set; None if only an own sample needs it and it cannot be read."""
    from netbuilder.core.data.load import load_dataset

    try:
        return load_dataset(request.trained.project, request.base)
    except UserError:
        if request.own is None:
            raise
        return None


def sample_rows(dataset: Dataset) -> Split:
    """Return the rows to choose a sample from: the test set, or the training set."""
    test = dataset.test
    return test if test is not None and len(test) else dataset.train


def label_of(split: Split, preprocessing: Preprocessing, index: int) -> str:
    """Return a row's label: the class, or the value in the target's units; "" for several
    values."""
    import numpy as np

    for name, column in split.raw_y.items():
        target, value = preprocessing.outputs.get(name), np.reshape(column[index], -1)
        if target is None or value.size != 1 or not np.isfinite(float(value[0])):
            return ""
        if not target.classes:
            return target.told(float(value[0]))
        valid = 0 <= int(value[0]) < len(target.classes)
        return str(target.classes[int(value[0])]) if valid else ""
    return ""


def label_sentence(truth: str, columns: Sequence[str], classes: Sequence[str]) -> str:
    """Return a label in a sentence: "it is “7”", "angle is -0.919"; "" if unknown."""
    if not truth:
        return ""
    if columns and not classes:
        return _("{column} is {value}", column=columns[0], value=truth)
    return _("it is “{label}”", label=truth)


def unit_surfaces(trained: TrainedModel, train: Split) -> Mapping[str, Any]:
    """Return each Dense unit's outputs over two inputs; {} for other networks."""
    from netbuilder.core.engine.monitor.observer import Probe, evaluate_probe
    from netbuilder.core.results.own_units import preprocessing_of

    grid = two_number_grid(train)
    if grid is None:
        return {}
    graph = trained.project.graph
    dense = tuple(node for node in graph.order if graph.by_id[node].layer == "Dense")
    answer = evaluate_probe(trained, Probe("surfaces", outputs=dense, x=grid))
    return as_surfaces(answer.outputs, trained.project, preprocessing_of(trained).outputs)


def as_surfaces(
    outputs: Mapping[str, Any], project: Project, targets: Mapping[str, OutputPreprocessing]
) -> dict[str, Any]:
    """Return outputs over a grid as (side, side, units) by layer; of classes as probabilities."""
    from netbuilder.core.results.live.sample_summary import predictions_in_units

    categorical = {name: target for name, target in targets.items() if target.classes}
    predictions = {**outputs, **predictions_in_units(outputs, project, categorical)}
    return {node: values.reshape(SIDE, SIDE, -1) for node, values in predictions.items()}


def two_number_grid(train: Split) -> dict[str, Any] | None:
    """Return SIDE² points over the plane of two inputs; None for other networks.

    The first is at the upper left; the second input grows upwards.
    """
    import numpy as np

    if len(train.x) != 1 or not len(train):
        return None
    name, values = next(iter(train.x.items()))
    if values.ndim != 2 or values.shape[1] != 2 or values.dtype.kind != "f":
        return None
    low, high = values.min(axis=0), values.max(axis=0)
    margin = (high - low) * 0.1
    across = np.linspace(low[0] - margin[0], high[0] + margin[0], SIDE)
    down = np.linspace(high[1] + margin[1], low[1] - margin[1], SIDE)
    x, y = np.meshgrid(across, down)
    return {name: np.stack([x.ravel(), y.ravel()], axis=1).astype(values.dtype)}


class ActivationService(QObject):
    """Computes the activations of a row or an own sample with the network on show.

    ``changed``: ``look`` changed. ``row_chosen``: ``index`` or ``own`` changed.
    """

    changed = Signal()
    row_chosen = Signal()

    def __init__(self, workbench: Workbench, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workbench, self._models = workbench, workbench.models
        self.look: SampleActivations | None = None
        self.own: OwnSample | None = None
        self.row_preferred = False  # to the own sample, which a form still holds
        self.index = 0
        self.rows = 0  # 0: not known yet
        self.trouble = ""
        self._worker = Derived(self, _compute, self._found, self._failed, rank=Rank.QUICK)
        self._models.changed.connect(self._model_changed)
        workbench.store.project_replaced.connect(self._begin_anew)
        language().changed.connect(self._ask)

    def show_row(self, index: int) -> None:
        """Choose a row; indices wrap around."""
        self.row_preferred = True
        self._show_row(index)

    def _show_row(self, index: int) -> None:
        if self.rows:
            index %= self.rows
        changed = index != self.index or self.own is not None
        self.index, self.own = index, None
        if changed:
            self.row_chosen.emit()
        self._ask()

    def show_own(self, make: Callable[[TrainedModel], Sample], words: str) -> None:
        """Show an own sample until a row is chosen; ``words`` describe it.

        ``make`` returns it by Input id with its text, off the GUI thread.
        """
        self.own, self.row_preferred = OwnSample(make, words), False
        self._ask()

    def _ask(self) -> None:
        trained = self._models.prediction_model
        if trained is not None:
            self._worker.ask(
                _SampleRequest(trained, self._workbench.base, self.index, self.own, self.look)
            )

    def know_rows(self, rows: int) -> None:
        self.rows = rows
        if rows:
            self.index %= rows

    @property
    def look_now(self) -> SampleActivations | None:
        """The activations, if they are those of the network on show and no run is active."""
        if self.look is None or self.look.trained is not self._models.prediction_model:
            return None
        return self.look if not self._workbench.training else None

    @property
    def workbench(self) -> Workbench:
        return self._workbench

    @property
    def idle(self) -> bool:
        return self._worker.idle

    def _begin_anew(self) -> None:
        self.index, self.own, self.row_preferred = 0, None, False

    def _model_changed(self, old: ModelState, new: ModelState) -> None:
        if new.model is None:
            self.look = self.own = None
            self.changed.emit()
        elif new.model is not old.model:
            # Own samples are requested again for the new network.
            self._show_row(self.index)

    def _is_current(self) -> bool:
        request: _SampleRequest = self._worker.inputs[0]
        return request.trained is self._models.prediction_model and request.own is self.own

    def _found(self, look: SampleActivations | None) -> None:
        if not self._is_current():
            return
        self.look, self.trouble = look, ""
        self.know_rows(look.rows if look is not None else 0)
        if self.own is not None:
            self.row_chosen.emit()  # its values are known now
        self.changed.emit()

    def _failed(self, error: UserError) -> None:
        if not self._is_current():
            return
        self.look, self.trouble = None, str(error)
        self.changed.emit()
