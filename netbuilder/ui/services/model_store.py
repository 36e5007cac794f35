"""The network on show: the one that is evaluated, predicts and is saved."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from netbuilder.core.project.model import Project

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.evaluate import Evaluation


class Source(StrEnum):
    """Where the weights of a network come from."""

    RUN = "run"  # a finished run
    FILE = "file"
    PAUSED = "paused"  # the active run at its last pause
    LIVE = "live"  # a snapshot of the active run
    HISTORY = "history"  # an earlier epoch of the finished run
    MANUAL = "manual"  # some weights set by hand


@dataclass(frozen=True, eq=False)
class ModelState:
    """A network on show.

    Attributes:
        model: None before anything was trained or opened.
        source: None without a network.
        evaluation: on the test set; None until it is computed.
        run_id: the record in Runs with exactly these weights; "" for none.
        before: the state that a snapshot or manual weights replaced.
    """

    model: TrainedModel | None = None
    source: Source | None = None
    evaluation: Evaluation | None = None
    run_id: str = ""
    before: ModelState | None = None

    @property
    def project(self) -> Project | None:
        return self.model.project if self.model is not None else None

    @property
    def settled(self) -> ModelState:
        """The state to evaluate and save: not a live snapshot or an earlier epoch."""
        return self.base if self.source in (Source.LIVE, Source.HISTORY) else self

    @property
    def base(self) -> ModelState:
        """The state before snapshots or manual weights."""
        return self.before or self


#: Sources that replace the network on show only temporarily.
_SNAPSHOTS = (Source.PAUSED, Source.LIVE, Source.HISTORY)


class ModelStore(QObject):
    """Holds the network on show. Runs, files and editors submit states; views subscribe.

    Signals:
        changed: (old state, new state); compare by identity.
    """

    changed = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = ModelState()

    @property
    def trained(self) -> TrainedModel | None:
        return self.state.settled.model

    @property
    def prediction_model(self) -> TrainedModel | None:
        """The network that predicts: the snapshot if there is one, else ``trained``."""
        return self.state.model

    @property
    def paused_snapshot(self) -> TrainedModel | None:
        return self.state.model if self.state.source is Source.PAUSED else None

    def submit(self, state: ModelState) -> None:
        old, self.state = self.state, state
        self.changed.emit(old, state)

    def submit_over(self, model: TrainedModel, source: Source) -> None:
        """Show a network temporarily, in place of the current one."""
        state = self.state
        replaces = state.source in _SNAPSHOTS or state.source is source
        self.submit(ModelState(model, source, before=state.base if replaces else state))

    def withdraw_snapshot(self) -> None:
        if self.state.source in _SNAPSHOTS:
            self.submit(self.state.base)

    def add_evaluation(self, model: TrainedModel, evaluation: Evaluation) -> None:
        """Store the evaluation of ``trained``; ignore those of other networks."""
        state, settled = self.state, self.state.settled
        if settled.model is model:
            evaluated = replace(settled, evaluation=evaluation)
            self.submit(evaluated if settled is state else replace(state, before=evaluated))
