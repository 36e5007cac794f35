"""Shows the network of a run that has ended as it was at an earlier epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from netbuilder.ui.services.derived import Derived, Rank
from netbuilder.ui.services.model_store import ModelState, ModelStore, Source
from netbuilder.ui.services.runs.runner import Runner

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.engine.weight_history import WeightHistory

#: Networks that are built are kept: who moves to and fro sees them again at once.
_MOST = 8


def _network(trained: TrainedModel, epoch: float, history: WeightHistory) -> TrainedModel | None:
    from netbuilder.core.engine.weight_history import model_at

    try:
        return model_at(trained, epoch, history.weights(epoch))
    except KeyError:  # the run went on meanwhile
        return None


class EpochViewer(QObject):
    """Submits the weights of an epoch to the model store, until they are withdrawn."""

    def __init__(self, models: ModelStore, runner: Runner, parent: QObject) -> None:
        super().__init__(parent)
        self._models, self._runner = models, runner
        self._built: dict[float, TrainedModel] = {}
        self._worker = Derived(self, _network, self._found, rank=Rank.QUICK)
        runner.state_changed.connect(self.withdraw)
        models.changed.connect(self._model_changed)

    @property
    def epoch(self) -> int | None:
        """The epoch on show; None: the network as the run left it."""
        state = self._models.state
        return state.model.epochs if state.source is Source.HISTORY and state.model else None

    def show(self, epoch: float) -> None:
        """Show the network as it was nearest to an epoch, where its weights are kept."""
        trained, history = self._models.trained, self._runner.weight_history
        nearest = history.nearest(epoch) if history is not None else None
        if trained is None or history is None or nearest is None:
            return
        if abs(trained.epochs - epoch) <= abs(nearest - epoch):
            self.withdraw()
            return
        built = self._built.get(nearest)
        if built is not None:
            self._worker.cancel()
            self._submit(built)
        else:
            self._worker.follow(trained, nearest, history)

    def withdraw(self) -> None:
        """Show the network again as the run left it."""
        self._worker.cancel()
        if self._models.state.source is Source.HISTORY:
            self._models.withdraw_snapshot()

    def _model_changed(self, old: ModelState, new: ModelState) -> None:
        if old.settled.model is not new.settled.model:
            self._built.clear()

    def _found(self, found: TrainedModel | None) -> None:
        trained, epoch, _history = self._worker.inputs
        if found is None or trained is not self._models.trained or self._runner.active:
            return
        self._built[epoch] = found
        while len(self._built) > _MOST:
            self._built.pop(next(iter(self._built)))
        self._submit(found)

    def _submit(self, found: TrainedModel) -> None:
        if found is not self._models.prediction_model:
            self._models.submit_over(found, Source.HISTORY)
