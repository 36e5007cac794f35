"""What the network sees in one row: found off the GUI thread, shared by canvas and Inside tab."""

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
#: The raw sample by Input id, without a batch axis, and the text it was made of.
Sample = tuple[Mapping[str, Any], str | None]


@dataclass(frozen=True, eq=False)
class SampleActivations:
    """What a network makes of one sample: one moment of a run, or the network on show.

    Attributes:
        project: what the network was built from.
        values: what each layer gives for the sample, by id, without a batch axis.
        weights: of a run, by layer id and name; of layers that are not too large.
        surfaces: what each Dense unit makes of a plane of two numbers, (side, side, units) by
            layer id; empty for other networks.
        classes: names of the classes by output id.
        epoch: of a run, epochs done.
        words: the vocabulary by id of the Inputs that take text.
        wires: how strong the connections are, by (source, target).
        index: which row the sample is, of ``rows``.
        truth: its label in words, where it is a class.
        large: layers with too many weights to follow in a run.
        told: what goes in, in words, by Input id.
        answers: predictions by output id, in own units or as probabilities.
        features: names of the numbers by id of the Inputs that take rows of a table.
        targets: names of the target's columns by output id.
        units: what stands beside the numbers of the target's columns, by output id.
        own: what the sample is, where it is a person's own and no row of the data.
        raw: the sample as given, by Input id, without a batch axis.
        filled: columns that are empty in the file.
        days: of a row of a dated series, see ``Samples``.
        trained: the network; None where a run answers.
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
    def truth_words(self) -> str:
        """The label in a sentence, see ``label_sentence``."""
        first = next(iter(self.targets), "")
        return label_sentence(self.truth, self.targets.get(first, ()), self.classes.get(first, ()))

    def weights_of(self, node_id: str) -> Mapping[str, Any]:
        """The weights of a layer by name; {} where it has none, or too many to follow."""
        if self.trained is None:
            return self.weights.get(node_id, {})
        from netbuilder.core.results.layer_values import weights_of

        return weights_of(self.trained, node_id)

    def too_large(self, node_id: str) -> bool:
        """Whether a layer has weights that ``weights_of`` leaves out."""
        return node_id in self.large

    def frozen(self, node_id: str) -> frozenset[str]:
        """Names of a layer's weights that training does not change; not asked of a run."""
        if self.trained is None:
            return frozenset()
        from netbuilder.core.results.layer_values import frozen_of

        return frozen_of(self.trained, node_id)


def without_sample(trained: TrainedModel) -> SampleActivations:
    """What there is to see of a network that no sample is shown to: its weights."""
    named = names_of(trained.preprocessing, trained.facts, trained.project)
    return SampleActivations(trained.project, {}, trained=trained, **named)


def names_of(preprocessing: Preprocessing, facts: DataFacts, project: Project) -> dict[str, Any]:
    """The names in ``SampleActivations`` that are those of every sample."""
    from netbuilder.core.results.live.sample_summary import features_of

    return {
        "words": {key: one.vocabulary for key, one in preprocessing.inputs.items()},
        "features": features_of(preprocessing.inputs),
        "targets": {name: one.columns for name, one in preprocessing.outputs.items()},
        "units": {name: one.column_units for name, one in preprocessing.outputs.items()},
        "classes": {
            one: tuple(facts.output_classes.get(one) or facts.classes or ())
            for one in project.graph.outputs
        },
    }


@dataclass(frozen=True, eq=False)
class OwnSample:
    """A sample that is in no data set. ``make`` finds its raw values, off the GUI thread;
    ``words`` say what it is: "your drawing"."""

    make: Callable[[TrainedModel], Sample]
    words: str


@dataclass(frozen=True, eq=False)
class _SampleRequest:
    """``own``: what is looked at instead of row ``index``. ``before``: the newest look."""

    trained: TrainedModel
    base: Path
    index: int
    own: OwnSample | None = None
    before: SampleActivations | None = None


def _look(question: _SampleRequest) -> SampleActivations | None:
    from netbuilder.core.results.layer_values import node_activations, raw_sample, weights_of
    from netbuilder.core.results.live.connection_weights import connection_weights
    from netbuilder.core.results.live.sample_summary import (
        filled_columns,
        input_summary,
        predictions_in_units,
    )
    from netbuilder.core.results.own_units import preprocessing_of

    trained, own, before = question.trained, question.own, question.before
    dataset = _data_of(question)
    split = sample_rows(dataset) if dataset is not None else None
    rows = len(split) if split is not None else 0
    if own is None and not rows:
        return None
    index = question.index % max(rows, 1)
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
    if before is not None and before.trained is trained:  # no other sample changes these
        surfaces, wires = before.surfaces, before.wires
    else:
        surfaces = unit_surfaces(trained, dataset.train) if dataset is not None else {}
        wires = connection_weights(trained.project.graph, lambda node: weights_of(trained, node))
    given = predictions_in_units(
        {k: v[None] for k, v in values.items()}, trained.project, preprocessing.outputs
    )
    answers = {name: value[0] for name, value in given.items()}
    told = input_summary(preprocessing.inputs, raw, filled)
    words = own.words if own is not None else ""
    days = split.days[index] if own is None and split and split.days is not None else None
    return replace(
        without_sample(trained), values=values, raw=raw, truth=truth, index=index, rows=rows,
        surfaces=surfaces, wires=wires, told=told, answers=answers, own=words, filled=filled,
        days=days,
    )  # fmt: skip


def _data_of(question: _SampleRequest) -> Dataset | None:
    """The data set; None where a sample of a person's own is looked at without it."""
    from netbuilder.core.data.load import load_dataset

    try:
        return load_dataset(question.trained.project, question.base)
    except UserError:
        if question.own is None:
            raise
        return None


def sample_rows(dataset: Dataset) -> Split:
    """The rows that a sample is chosen of: the test's, or the training's where there are none."""
    test = dataset.test
    return test if test is not None and len(test) else dataset.train


def label_of(split: Split, preprocessing: Preprocessing, index: int) -> str:
    """The right answer of the first output for a row, in words: the class, or the number in the
    data's own units; "" where it is more than one."""
    import numpy as np

    for name, column in split.raw_y.items():
        target, given = preprocessing.outputs.get(name), np.reshape(column[index], -1)
        if target is None or given.size != 1 or not np.isfinite(float(given[0])):
            return ""
        if not target.classes:
            return target.told(float(given[0]))
        known = 0 <= int(given[0]) < len(target.classes)
        return str(target.classes[int(given[0])]) if known else ""
    return ""


def label_sentence(truth: str, columns: Sequence[str], classes: Sequence[str]) -> str:
    """A right answer in a sentence: "it is “7”", "angle is -0.919"; "" where none is known."""
    if not truth:
        return ""
    return (
        _("{column} is {value}", column=columns[0], value=truth)
        if columns and not classes
        else _("it is “{label}”", label=truth)
    )


def unit_surfaces(trained: TrainedModel, train: Split) -> Mapping[str, Any]:
    """What each Dense unit makes of a plane of two numbers; {} for other networks."""
    from netbuilder.core.engine.probes import Probe, evaluate_probe
    from netbuilder.core.results.own_units import preprocessing_of

    grid = two_number_grid(train)
    if grid is None:
        return {}
    graph = trained.project.graph
    dense = tuple(one for one in graph.order if graph.by_id[one].layer == "Dense")
    found = evaluate_probe(trained, Probe("surfaces", outputs=dense, x=grid))
    return as_surfaces(found.outputs, trained.project, preprocessing_of(trained).outputs)


def as_surfaces(
    outputs: Mapping[str, Any], project: Project, targets: Mapping[str, OutputPreprocessing]
) -> dict[str, Any]:
    """Answers to the points of a grid as (side, side, units) by node id; of classes their
    probabilities, also where the last layer gives raw scores."""
    from netbuilder.core.results.live.sample_summary import predictions_in_units

    named = {name: one for name, one in targets.items() if one.classes}
    known = {**outputs, **predictions_in_units(outputs, project, named)}
    return {node: values.reshape(SIDE, SIDE, -1) for node, values in known.items()}


def two_number_grid(train: Split) -> dict[str, Any] | None:
    """Points over the plane of two inputs, as the network gets them; None for other networks.

    The first of the SIDE² rows is at the upper left; the second number grows upwards.
    """
    import numpy as np

    if len(train.x) != 1 or not len(train):
        return None
    name, values = next(iter(train.x.items()))
    if values.ndim != 2 or values.shape[1] != 2 or values.dtype.kind != "f":
        return None
    low, high = values.min(axis=0), values.max(axis=0)
    room = (high - low) * 0.1
    across = np.linspace(low[0] - room[0], high[0] + room[0], SIDE)
    down = np.linspace(high[1] + room[1], low[1] - room[1], SIDE)
    x, y = np.meshgrid(across, down)
    return {name: np.stack([x.ravel(), y.ravel()], axis=1).astype(values.dtype)}


class ActivationService(QObject):
    """Looks at a row, or at a sample of a person's own, with the model trained last.

    ``changed``: ``node_activations`` is another. ``row_chosen``: ``index``, or ``own``, is another.
    """

    changed = Signal()
    row_chosen = Signal()

    def __init__(self, workbench: Workbench, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workbench, self._models = workbench, workbench.models
        self.look: SampleActivations | None = None
        self.own: OwnSample | None = None  # what is looked at instead of a row
        self.index = 0
        self.rows = 0  # that a sample can be chosen of; 0: not known yet
        self.trouble = ""
        self._worker = Derived(self, _look, self._found, self._failed, rank=Rank.QUICK)
        self._models.changed.connect(self._model_changed)
        workbench.store.project_replaced.connect(self._begin_anew)

    def show_row(self, index: int) -> None:
        """Look at another row of the test data; behind the last one comes the first."""
        if self.rows:
            index %= self.rows
        another = index != self.index or self.own is not None
        self.index, self.own = index, None
        if another:
            self.row_chosen.emit()
        self._ask()

    def show_own(self, make: Callable[[TrainedModel], Sample], words: str) -> None:
        """Look at a sample of a person's own, until a row is chosen or there is another network.

        Args:
            make: its raw values by Input id, and its text; called off the GUI thread.
            words: what it is: "your drawing".
        """
        self.own = OwnSample(make, words)
        self._ask()

    def _ask(self) -> None:
        trained = self._models.prediction_model
        if trained is not None:
            self._worker.ask(
                _SampleRequest(trained, self._workbench.base, self.index, self.own, self.look)
            )

    def know_rows(self, rows: int) -> None:
        """There are so many rows to choose a sample of."""
        self.rows = rows
        if rows:
            self.index %= rows

    @property
    def look_now(self) -> SampleActivations | None:
        """The look, where it is at the network trained last and no other is being trained."""
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
        """Of other data the first row is looked at."""
        self.index, self.own = 0, None

    def _model_changed(self, old: ModelState, new: ModelState) -> None:
        if new.model is None:
            self.look = self.own = None
            self.changed.emit()
        elif new.model is not old.model:
            # Who asks about a sample of one's own says so again to the new network.
            self.show_row(self.index)

    def _is_current(self) -> bool:
        question: _SampleRequest = self._worker.inputs[0]
        return question.trained is self._models.prediction_model and question.own is self.own

    def _found(self, look: SampleActivations | None) -> None:
        if not self._is_current():
            return
        self.look, self.trouble = look, ""
        self.know_rows(look.rows if look is not None else 0)
        if self.own is not None:
            self.row_chosen.emit()  # only now are its values known
        self.changed.emit()

    def _failed(self, error: UserError) -> None:
        if not self._is_current():
            return
        self.look, self.trouble = None, str(error)
        self.changed.emit()
