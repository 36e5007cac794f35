"""The one place that knows which network is on show: what is evaluated, asked and saved."""

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

    RUN = "run"  # a run that has ended
    FILE = "file"
    PAUSED = "paused"  # a run, as it stood in its last pause
    LIVE = "live"  # a run that goes on, as it was at one moment
    HISTORY = "history"  # the run that has ended, as it was at an earlier epoch
    MANUAL = "manual"  # a person set some of them while nothing was training


@dataclass(frozen=True, eq=False)
class ModelState:
    """A network on show.

    Attributes:
        model: the network; None before anything was trained or opened.
        source: where its weights come from; None without a network.
        evaluation: its evaluation on the test set; None while that is not known.
        run_id: the record in Runs that holds exactly these weights; "" for none.
        before: what a snapshot of a run, or weights set by hand, took the place of.
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
        """What is evaluated and saved: not a passing moment of a run, or an earlier one."""
        return self.base if self.source in (Source.LIVE, Source.HISTORY) else self

    @property
    def base(self) -> ModelState:
        """What was on show before a run's snapshots, or before weights were set by hand."""
        return self.before or self


#: What gives way again to the network that was on show before.
_SNAPSHOTS = (Source.PAUSED, Source.LIVE, Source.HISTORY)


class ModelStore(QObject):
    """Holds the network on show. Runs, files and hands submit states; views only subscribe.

    Signals:
        changed: (old state, new state); compare by identity.
    """

    changed = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = ModelState()

    @property
    def trained(self) -> TrainedModel | None:
        """The network that is evaluated, saved and trained on."""
        return self.state.settled.model

    @property
    def prediction_model(self) -> TrainedModel | None:
        """The network that predicts: a live snapshot where there is one, else ``trained``."""
        return self.state.model

    @property
    def live_snapshot(self) -> TrainedModel | None:
        """The network of a run that goes on, as it was at one moment."""
        return self.state.model if self.state.source is Source.LIVE else None

    @property
    def paused_snapshot(self) -> TrainedModel | None:
        """The network of the run under way, as it stood in its last pause."""
        return self.state.model if self.state.source is Source.PAUSED else None

    def submit(self, state: ModelState) -> None:
        """Show a network in the place of what is on show."""
        old, self.state = self.state, state
        self.changed.emit(old, state)

    def submit_over(self, model: TrainedModel, source: Source) -> None:
        """Show a network that gives way again to what was on show before."""
        state = self.state
        over = state.source in _SNAPSHOTS or state.source is source
        self.submit(ModelState(model, source, before=state.base if over else state))

    def withdraw_snapshot(self) -> None:
        """Show again what was on show before a snapshot of a run."""
        if self.state.source in _SNAPSHOTS:
            self.submit(self.state.base)

    def add_evaluation(self, model: TrainedModel, evaluation: Evaluation) -> None:
        """Keep the evaluation of ``trained``; of any other network it comes too late."""
        state, settled = self.state, self.state.settled
        if settled.model is model:
            found = replace(settled, evaluation=evaluation)
            self.submit(found if settled is state else replace(state, before=found))
