"""Weights that a person sets where nothing learns, to see what they do."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from netbuilder.core.errors import UserError
from netbuilder.ui.services import jobs
from netbuilder.ui.services.project_store import ProjectStore
from netbuilder.ui.services.runs.runner import Runner
from netbuilder.ui.services.workbench import Workbench

if TYPE_CHECKING:
    from netbuilder.core.engine.manual_weights import WeightIndex
    from netbuilder.core.engine.trained import TrainedModel

log = logging.getLogger(__name__)
_Question = tuple["TrainedModel", "Mapping[WeightIndex, float]"]


def _make(question: _Question) -> TrainedModel:
    from netbuilder.core.results.manual_weights import with_weights

    return with_weights(*question)


class ManualWeightEditor(QObject):
    """Sets weights, each a step of undo.

    In the place of a trained network comes another, and after undo it is there again. A run that
    pauses has them set in the network that it goes on with; where it has gone on nothing is taken
    back any more.

    Signals:
        told(words): what could not be done.
        may_changed: whether any can be set is not as it was.
    """

    told = Signal(str)
    availability_changed = Signal()

    def __init__(
        self, store: ProjectStore, workbench: Workbench, runner: Runner, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._store, self._workbench, self._runner = store, workbench, runner
        self._base: TrainedModel | None = None
        self._judged: tuple[Any, bool] = (None, True)  # of it: its evaluation, whether it is kept
        self._values: Mapping[WeightIndex, float] = {}
        self._made: TrainedModel | None = None
        self._stands = False  # what is shown is the network of a run where that pauses now
        self._asked = False  # of the run, and it has not answered yet
        self._worker = jobs.LatestJob.for_widget(self, _make, "weights", self._found, self._failed)
        workbench.trained_changed.connect(self._trained_changed)
        runner.began.connect(self._forget)
        runner.halted.connect(self._goes_on)
        runner.state_changed.connect(self._run_changed)

    @property
    def may(self) -> bool:
        """Whether there is a network at rest."""
        trained = self._workbench.trained
        if trained is None or not self._runner.active:
            return trained is not None
        # What stands there is an average of what learns, with such an optimizer.
        return self._stands and not trained.project.training.optimizer.params.get("use_ema")

    @property
    def idle(self) -> bool:
        """Whether all that was set is in the network that is shown."""
        return self._worker.idle and not self._asked

    def set(self, node: str, name: str, index: tuple[int, ...], value: float) -> None:
        """Set one weight, as a step of undo; several of the same weight are one step."""
        from netbuilder.core.engine.manual_weights import WeightIndex

        if not self.may:
            return
        bench = self._workbench
        if self._base is None:
            self._base, self._judged = bench.trained, (bench.evaluation, bench.in_runs)
        before = self._values
        after = {**before, WeightIndex(node, name, index): value}
        self._store.note(
            f"Set a weight of '{node}'",
            partial(self._take, before),
            partial(self._take, after),
            f"weight {node} {name} {index}",
        )
        self._take(after)

    def _take(self, values: Mapping[WeightIndex, float]) -> None:
        if self._base is None or not self.may:
            return
        self._values = values
        if self._stands:
            self._asked = True
            self._runner.set_weights(values)
        elif values:
            self._worker.ask((self._base, values))
        else:
            evaluation, kept = self._judged
            self._workbench.set_trained(self._base, evaluation, in_runs=kept)

    def _found(self, question: _Question, made: TrainedModel) -> None:
        if question[0] is self._base and question[1] is self._values and self.may:
            self._made = made
            self._workbench.set_trained(made, in_runs=False)

    def _failed(self, question: _Question, error: Exception) -> None:
        if not isinstance(error, UserError):
            log.error("a weight could not be set", exc_info=error)
        self.told.emit(f"The weight could not be set: {error}")

    def _goes_on(self) -> None:
        """The run stands no more where it stood."""
        self._set_stands(False)
        self._forget()

    def _set_stands(self, stands: bool) -> None:
        if stands != self._stands:
            self._stands = stands
            self.availability_changed.emit()

    def _run_changed(self) -> None:
        if self._runner.active and not self._runner.paused:
            self._goes_on()

    def _trained_changed(self) -> None:
        trained, base = self._workbench.trained, self._base
        self._set_stands(self._workbench.standing and self._runner.paused)
        if trained is None or base is None:
            self._forget()
            return
        if self._stands and _apart_from_hand(trained) == _apart_from_hand(base):
            self._made = trained
            self._asked = trained.set_by_hand < len(self._values)
        if trained is not self._made and trained is not base:
            self._forget()

    def _forget(self) -> None:
        """Another network is trained, or shown: what was set is of the one before."""
        if self._base is not None:
            self._base = self._made = None
            self._values = {}
            self._asked = False
            self._store.forget_notes()


def _apart_from_hand(trained: TrainedModel) -> tuple[object, ...]:
    """How far a network has come, whichever of its weights are set there."""
    changes = trained.changes_before_hand
    rest = tuple(one for one in changes if one.what != "learning_rate")
    return trained.epochs, trained.step, rest
