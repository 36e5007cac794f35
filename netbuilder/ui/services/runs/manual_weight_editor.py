"""Weights that a person sets while nothing is training, to see what they do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.ui.services.derived import Derived, Rank
from netbuilder.ui.services.model_store import ModelState, ModelStore, Source
from netbuilder.ui.services.runs.runner import Runner
from netbuilder.ui.services.runs.training_thread import RunState
from netbuilder.ui.services.workbench import Workbench

if TYPE_CHECKING:
    from netbuilder.core.engine.manual_weights import WeightIndex
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


#: A run that stands no longer than this goes on by steps: to copy its network would slow the hand.
_STANDS_MS = 400
#: So long has a run gone on before its network is copied for who looks at its answers.
_GOES_ON_MS = 1_000


class PausedModelPublisher(QObject):
    """Submits the network of a run that pauses, so that it is evaluated, asked and saved.

    While a run goes on its network is submitted once where somebody looks at its predictions:
    the run's probes say what it has learned since.

    Args:
        models: where it is shown.
        runner: the run.
        watched: whether somebody looks at the predictions of a network that goes on learning.
        parent: the owner.
    """

    def __init__(
        self, models: ModelStore, runner: Runner, watched: Callable[[], bool], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._models, self._runner, self.watched = models, runner, watched
        self._soon = QTimer(self, singleShot=True, interval=_STANDS_MS)
        self._soon.timeout.connect(runner.ask_standing)
        self._watch = QTimer(self, interval=_GOES_ON_MS)
        self._watch.timeout.connect(self._look)
        runner.state_changed.connect(self._state_changed)
        runner.halted.connect(self._soon.start)
        runner.stood.connect(self._stood)

    def _state_changed(self) -> None:
        snapshot = self._models.state.source in (Source.PAUSED, Source.LIVE)
        if self._runner.state is not RunState.RUNNING or snapshot:
            self._watch.stop()
        elif not self._watch.isActive():
            self._watch.start()

    def _look(self) -> None:
        if self.watched():
            self._watch.stop()
            self._runner.ask_standing()

    def _stood(self, found: TrainedModel) -> None:
        if self._runner.paused:
            self._models.submit_over(found, Source.PAUSED)
        elif self._runner.running and self._models.paused_snapshot is None:
            self._models.submit_over(found, Source.LIVE)


def _make(base: TrainedModel, values: Mapping[WeightIndex, float]) -> TrainedModel:
    from netbuilder.core.results.manual_weights import with_weights

    return with_weights(base, values)


class ManualWeightEditor(QObject):
    """Sets weights, each a step of undo.

    In the place of a trained network comes another, and after undo it is there again. A run that
    pauses has them set in the network that it goes on with; once it has gone on, undo is refused.

    Signals:
        told(words): what could not be done.
        may_changed: whether any can be set is not as it was.
    """

    told = Signal(str)
    availability_changed = Signal()

    def __init__(self, workbench: Workbench, runner: Runner, parent: QObject) -> None:
        super().__init__(parent)
        self._store, self._models, self._runner = workbench.store, workbench.models, runner
        self._values: Mapping[WeightIndex, float] = {}
        self._stands = False  # what is shown is the network of a run where that pauses now
        self._asked = False  # of the run, and it has not answered yet
        self._worker = Derived(self, _make, self._found, self._failed, of=lambda: self._base.model)
        self._models.changed.connect(self._model_changed)
        runner.began.connect(self._forget)
        runner.halted.connect(self._goes_on)
        runner.state_changed.connect(self._run_changed)

    @property
    def may(self) -> bool:
        trained = self._models.trained
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
        before = self._values
        after = {**before, WeightIndex(node, name, index): value}
        self._store.note(
            _("Set a weight of '{node}'", node=node),
            partial(self._take, before),
            partial(self._take, after),
            f"weight {node} {name} {index}",
        )
        self._take(after)

    @property
    def _base(self) -> ModelState:
        """What the weights are set in, where nothing is training."""
        state = self._models.state
        return state.base if state.source in (Source.MANUAL, Source.HISTORY) else state

    def _take(self, values: Mapping[WeightIndex, float]) -> None:
        base = self._base
        if base.model is None or not self.may:
            return
        self._values = values
        if self._stands:
            self._asked = True
            self._runner.set_weights(values)
        elif values:
            self._worker.ask(base.model, values)
        else:
            self._models.submit(base)

    def _found(self, made: TrainedModel) -> None:
        if self._worker.inputs[1] is self._values and self.may:
            self._models.submit_over(made, Source.MANUAL)

    def _failed(self, error: UserError) -> None:
        self.told.emit(_("The weight could not be set: {error}", error=error))

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

    def _model_changed(self, old: ModelState, new: ModelState) -> None:
        if old.model is new.model or Source.HISTORY in (old.source, new.source):
            return  # who looks at an earlier epoch comes back to the same weights
        self._set_stands(new.source is Source.PAUSED and self._runner.paused)
        if self._stands and _apart_from_hand(old.model) == _apart_from_hand(new.model):
            assert new.model is not None
            self._asked = new.model.set_by_hand < len(self._values)
        elif new.source is not Source.MANUAL and new is not old.before:
            self._forget()

    def _forget(self) -> None:
        """Another network is trained, or shown: what was set is of the one before."""
        self._values = {}
        self._asked = False
        self._store.expire_notes(self._refuse)

    def _refuse(self) -> None:
        self.told.emit(
            _("The weights were not changed: the network has changed since you set them.")
        )


def _apart_from_hand(trained: TrainedModel | None) -> tuple[object, ...]:
    """How far a network has come, whichever of its weights are set there."""
    if trained is None:
        return ()
    changes = trained.changes_before_hand
    rest = tuple(one for one in changes if one.what != "learning_rate")
    return trained.epochs, trained.step, rest
