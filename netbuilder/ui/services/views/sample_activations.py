"""What the network sees in one row: found off the GUI thread, shared by canvas and Inside tab."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from netbuilder.core.errors import UserError
from netbuilder.core.project.model import Project
from netbuilder.ui.services import jobs
from netbuilder.ui.services.workbench import Workbench

if TYPE_CHECKING:
    from netbuilder.core.data.dataset import Dataset, Split
    from netbuilder.core.data.preprocessing.fitted_preprocessing import (
        OutputPreprocessing,
        Preprocessing,
    )
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.live.connection_weights import ConnectionWeight
    from netbuilder.core.results.live.sample_summary import Lines

log = logging.getLogger(__name__)

SIDE = 24  # points of a unit's surface along each axis
#: The raw sample by Input id, without a batch axis, and the text it was made of.
Sample = tuple[Mapping[str, Any], str | None]


@dataclass(frozen=True, eq=False)
class SampleActivations:
    """One row on its way through the network.

    ``values``: an array by node id; ``raw``: the row as given, by Input id; ``truth``: the right
    answer in words; ``index`` of ``rows``; ``surfaces``: what each Dense unit makes
    of a plane of two numbers, (side, side, units) by node id; ``wires``: how strong they are, by
    (source, target); ``told``: what goes in, in words, by Input id; ``answers``: by output id, in
    own units or as probabilities; ``own``: what the sample is, where it is a person's own and no
    row of the data ("your drawing"); ``filled``: columns that are empty in the file.
    """

    trained: TrainedModel
    values: Mapping[str, Any]
    raw: Mapping[str, Any]
    truth: str
    index: int
    rows: int
    surfaces: Mapping[str, Any] = field(default_factory=dict)
    wires: Mapping[tuple[str, str], ConnectionWeight] = field(default_factory=dict)
    told: Mapping[str, Lines] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)
    own: str = ""
    filled: tuple[str, ...] = ()

    @property
    def truth_words(self) -> str:
        """The right answer in a sentence, see ``label_sentence``."""
        first = next(iter(self.trained.preprocessing.outputs.values()), None)
        return label_sentence(self.truth, *((first.columns, first.classes) if first else ((), ())))

    @property
    def project(self) -> Project:
        """What the model was built from."""
        return self.trained.project

    def weights_of(self, node_id: str) -> Mapping[str, Any]:
        """The weights of a layer by name; {} where it has none."""
        from netbuilder.core.results.layer_values import weights_of

        return weights_of(self.trained, node_id)

    def too_large(self, node_id: str) -> bool:
        """Whether a layer has weights that ``weights_of`` leaves out."""
        return False

    def frozen(self, node_id: str) -> frozenset[str]:
        """Names of a layer's weights that training does not change."""
        from netbuilder.core.results.layer_values import frozen_of

        return frozen_of(self.trained, node_id)

    @property
    def words(self) -> Mapping[str, tuple[str, ...]]:
        """The vocabulary by id of the Inputs that take text."""
        return {key: one.vocabulary for key, one in self.trained.preprocessing.inputs.items()}

    @property
    def features(self) -> Mapping[str, tuple[str, ...]]:
        """Names of the numbers by id of the Inputs that take rows of a table."""
        from netbuilder.core.results.live.sample_summary import features_of

        return features_of(self.trained.preprocessing.inputs)

    @property
    def targets(self) -> Mapping[str, tuple[str, ...]]:
        """Names of the target's columns by output id."""
        return {name: one.columns for name, one in self.trained.preprocessing.outputs.items()}

    @property
    def units(self) -> Mapping[str, tuple[str, ...]]:
        """What stands beside the numbers of the target's columns, by output id."""
        return {name: one.column_units for name, one in self.trained.preprocessing.outputs.items()}

    @property
    def classes(self) -> Mapping[str, tuple[str, ...]]:
        """Names of the classes by output id."""
        facts = self.trained.facts
        graph = self.trained.project.graph
        return {
            one: tuple(facts.output_classes.get(one) or facts.classes or ())
            for one in graph.outputs
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
    return SampleActivations(
        trained, values, raw, truth, index, rows, surfaces, wires, told, answers, words, filled
    )


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
    return f"{columns[0]} is {truth}" if columns and not classes else f"it is “{truth}”"


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


class ActivationsService(QObject):
    """Looks at a row, or at a sample of a person's own, with the model trained last.

    ``changed``: ``node_activations`` is another. ``row_chosen``: ``index``, or ``own``, is another.
    """

    changed = Signal()
    row_chosen = Signal()

    def __init__(self, workbench: Workbench, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self.look: SampleActivations | None = None
        self.own: OwnSample | None = None  # what is looked at instead of a row
        self.index = 0
        self.rows = 0  # that a sample can be chosen of; 0: not known yet
        self.trouble = ""
        self._worker = jobs.LatestJob(_look, "look", self)
        self._worker.answered.connect(self._found)
        self._worker.failed.connect(self._failed)
        workbench.asked_changed.connect(self._trained_changed)
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
        trained = self._workbench.asked
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
        bench = self._workbench
        current = self.look is not None and self.look.trained is bench.asked
        return self.look if current and not bench.training else None

    @property
    def workbench(self) -> Workbench:
        """What it looks at."""
        return self._workbench

    @property
    def idle(self) -> bool:
        """Whether nothing is being looked for."""
        return self._worker.idle

    def close(self) -> None:
        """End the thread."""
        self._worker.stop()

    def _begin_anew(self) -> None:
        """Of other data the first row is looked at."""
        self.index, self.own = 0, None

    def _trained_changed(self) -> None:
        if self._workbench.asked is None:
            self.look = self.own = None
            self.changed.emit()
        else:
            # Who asks about a sample of one's own says so again to the new network.
            self.show_row(self.index)

    def _found(self, question: _SampleRequest, look: SampleActivations | None) -> None:
        if question.trained is not self._workbench.asked or question.own is not self.own:
            return
        self.look, self.trouble = look, ""
        self.know_rows(look.rows if look is not None else 0)
        if question.own is not None:
            self.row_chosen.emit()  # only now are its values known
        self.changed.emit()

    def _failed(self, question: _SampleRequest, error: Exception) -> None:
        if question.trained is not self._workbench.asked or question.own is not self.own:
            return
        if not isinstance(error, UserError):
            log.error("looking inside failed", exc_info=error)
        self.look, self.trouble = None, str(error)
        self.changed.emit()
