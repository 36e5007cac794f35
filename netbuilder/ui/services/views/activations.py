"""What the network sees in one row: found off the GUI thread, shared by canvas and Inside tab."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from netbuilder.core.errors import UserError
from netbuilder.core.project.model import Project
from netbuilder.ui.services import jobs
from netbuilder.ui.services.workbench import Workbench

if TYPE_CHECKING:
    from netbuilder.core.data.dataset import Split
    from netbuilder.core.data.preprocessing.preprocess import OutputPre, Preprocessing
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.live.told import Lines
    from netbuilder.core.results.live.wires import WireWeight

log = logging.getLogger(__name__)

SIDE = 24  # points of a unit's surface along each axis


@dataclass(frozen=True)
class ActivationsLook:
    """One row on its way through the network.

    ``values``: an array by node id; ``raw``: the row as given, by Input id; ``truth``: the right
    answer in words; ``index`` of ``rows``; ``surfaces``: what each Dense unit makes
    of a plane of two numbers, (side, side, units) by node id; ``wires``: how strong they are, by
    (source, target); ``told``: what goes in, in words, by Input id; ``answers``: by output id, in
    own units or as probabilities.
    """

    trained: TrainedModel
    values: Mapping[str, Any]
    raw: Mapping[str, Any]
    truth: str
    index: int
    rows: int
    surfaces: Mapping[str, Any] = field(default_factory=dict)
    wires: Mapping[tuple[str, str], WireWeight] = field(default_factory=dict)
    told: Mapping[str, Lines] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)

    @property
    def project(self) -> Project:
        """What the model was built from."""
        return self.trained.project

    def weights_of(self, node_id: str) -> Mapping[str, Any]:
        """The weights of a layer by name; {} where it has none."""
        from netbuilder.core.results.inside import weights_of

        return weights_of(self.trained, node_id)

    def too_large(self, node_id: str) -> bool:
        """Whether a layer has weights that ``weights_of`` leaves out."""
        return False

    def frozen(self, node_id: str) -> frozenset[str]:
        """Names of a layer's weights that training does not change."""
        from netbuilder.core.results.inside import frozen_of

        return frozen_of(self.trained, node_id)

    @property
    def words(self) -> Mapping[str, tuple[str, ...]]:
        """The vocabulary by id of the Inputs that take text."""
        return {key: one.vocabulary for key, one in self.trained.pre.inputs.items()}

    @property
    def features(self) -> Mapping[str, tuple[str, ...]]:
        """Names of the numbers by id of the Inputs that take rows of a table."""
        from netbuilder.core.results.live.told import features_of

        return features_of(self.trained.pre.inputs)

    @property
    def targets(self) -> Mapping[str, tuple[str, ...]]:
        """Names of the target's columns by output id."""
        return {name: one.columns for name, one in self.trained.pre.outputs.items()}

    @property
    def classes(self) -> Mapping[str, tuple[str, ...]]:
        """Names of the classes by output id."""
        facts = self.trained.facts
        graph = self.trained.project.graph
        return {
            one: tuple(facts.output_classes.get(one) or facts.classes or ())
            for one in graph.outputs
        }


def _look(question: tuple[TrainedModel, Path, int]) -> ActivationsLook | None:
    from netbuilder.core.data.load import load
    from netbuilder.core.results.answers import preprocessing_of
    from netbuilder.core.results.inside import look, sample_of, weights_of
    from netbuilder.core.results.live.told import own_answers, told_inputs
    from netbuilder.core.results.live.wires import wire_weights

    trained, base, index = question
    dataset = load(trained.project, base)
    split = dataset.test if dataset.test is not None and len(dataset.test) else dataset.train
    if not len(split):
        return None
    index %= len(split)
    raw = sample_of(split, index)
    values = look(trained, raw)
    surfaces = unit_surfaces(trained, dataset.train)
    wires = wire_weights(trained.project.graph, lambda node: weights_of(trained, node))
    pre = preprocessing_of(trained)
    truth = truth_of(split, pre, index)
    given = own_answers({k: v[None] for k, v in values.items()}, trained.project, pre.outputs)
    answers = {name: value[0] for name, value in given.items()}
    told = told_inputs(pre.inputs, raw)
    return ActivationsLook(
        trained, values, raw, truth, index, len(split), surfaces, wires, told, answers
    )


def truth_of(split: Split, pre: Preprocessing, index: int) -> str:
    """The right answer of the first output for a row, in words: the class, or the number in the
    data's own units; "" where it is more than one."""
    import numpy as np

    from netbuilder.core.wording import number

    for name, column in split.raw_y.items():
        target, given = pre.outputs.get(name), np.reshape(column[index], -1)
        if target is None or given.size != 1 or not np.isfinite(float(given[0])):
            return ""
        if not target.classes:
            return number(float(given[0]))
        known = 0 <= int(given[0]) < len(target.classes)
        return str(target.classes[int(given[0])]) if known else ""
    return ""


def unit_surfaces(trained: TrainedModel, train: Split) -> Mapping[str, Any]:
    """What each Dense unit makes of a plane of two numbers; {} for other networks."""
    from netbuilder.core.engine.probes import Probe, evaluate_probe
    from netbuilder.core.results.answers import preprocessing_of

    grid = two_number_grid(train)
    if grid is None:
        return {}
    graph = trained.project.graph
    dense = tuple(one for one in graph.order if graph.by_id[one].layer == "Dense")
    found = evaluate_probe(trained, Probe("surfaces", outputs=dense, x=grid))
    return as_surfaces(found.outputs, trained.project, preprocessing_of(trained).outputs)


def as_surfaces(
    outputs: Mapping[str, Any], project: Project, targets: Mapping[str, OutputPre]
) -> dict[str, Any]:
    """Answers to the points of a grid as (side, side, units) by node id; of classes their
    probabilities, also where the last layer gives raw scores."""
    from netbuilder.core.results.live.told import own_answers

    named = {name: one for name, one in targets.items() if one.classes}
    known = {**outputs, **own_answers(outputs, project, named)}
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


class Looking(QObject):
    """Looks at a row with the model trained last.

    ``changed``: ``look`` is another. ``row_chosen``: ``index`` is another.
    """

    changed = Signal()
    row_chosen = Signal()

    def __init__(self, workbench: Workbench, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self.look: ActivationsLook | None = None
        self.index = 0
        self.rows = 0  # that a sample can be chosen of; 0: not known yet
        self.trouble = ""
        self._worker = jobs.Latest(_look, "look", self)
        self._worker.answered.connect(self._found)
        self._worker.failed.connect(self._failed)
        workbench.trained_changed.connect(self._trained_changed)

    def show_row(self, index: int) -> None:
        """Look at another row of the test data; behind the last one comes the first."""
        if self.rows:
            index %= self.rows
        if index != self.index:
            self.index = index
            self.row_chosen.emit()
        trained = self._workbench.trained
        if trained is not None:
            self._worker.ask((trained, self._workbench.base, index))

    def know_rows(self, rows: int) -> None:
        """There are so many rows to choose a sample of."""
        self.rows = rows
        if rows:
            self.index %= rows

    @property
    def look_now(self) -> ActivationsLook | None:
        """The look, where it is at the network trained last and no other is being trained."""
        bench = self._workbench
        current = self.look is not None and self.look.trained is bench.trained
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

    def _trained_changed(self) -> None:
        if self._workbench.trained is None:
            self.look = None
            self.changed.emit()
        else:
            self.show_row(self.index)

    def _found(
        self, question: tuple[TrainedModel, Path, int], look: ActivationsLook | None
    ) -> None:
        if question[0] is self._workbench.trained:
            self.look, self.trouble = look, ""
            self.know_rows(look.rows if look is not None else 0)
            self.changed.emit()

    def _failed(self, question: tuple[TrainedModel, Path, int], error: Exception) -> None:
        if question[0] is not self._workbench.trained:
            return
        if not isinstance(error, UserError):
            log.error("looking inside failed", exc_info=error)
        self.look, self.trouble = None, str(error)
        self.changed.emit()
