"""Show earlier weights and paused networks, and edit weights by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.ui.services.derived import Derived, Rank
from netbuilder.ui.services.model_store import ModelState, ModelStore, Source
from netbuilder.ui.services.runs.run_record import RunState
from netbuilder.ui.services.runs.runner import Runner
from netbuilder.ui.services.workbench import Workbench

if TYPE_CHECKING:
    from netbuilder.core.engine.manual_weights import WeightIndex
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.engine.weight_history import WeightHistory


#: Number of networks in the cache.
_MOST = 8


def _network(trained: TrainedModel, epoch: float, history: WeightHistory) -> TrainedModel | None:
    from netbuilder.core.engine.weight_history import model_at

    try:
        return model_at(trained, epoch, history.weights(epoch))
    except KeyError:  # the run went on meanwhile
        return None


class EpochViewer(QObject):
    """Shows the network with the weights of an earlier epoch."""

    def __init__(self, models: ModelStore, runner: Runner, parent: QObject) -> None:
        super().__init__(parent)
        self._models, self._runner = models, runner
        self._built: dict[float, TrainedModel] = {}
        self._worker = Derived(self, _network, self._found, rank=Rank.QUICK)
        runner.state_changed.connect(self.withdraw)
        models.changed.connect(self._model_changed)

    @property
    def epoch(self) -> int | None:
        """The epoch on show; None: the end of the run."""
        state = self._models.state
        return state.model.epochs if state.source is Source.HISTORY and state.model else None

    def show(self, epoch: float) -> None:
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
        self._worker.cancel()
        if self._models.state.source is Source.HISTORY:
            self._models.withdraw_snapshot()

    def _model_changed(self, old: ModelState, new: ModelState) -> None:
        if old.settled.model is not new.settled.model:
            self._built.clear()

    def _found(self, model: TrainedModel | None) -> None:
        trained, epoch, _history = self._worker.inputs
        if model is None or trained is not self._models.trained or self._runner.state.active:
            return
        self._built[epoch] = model
        while len(self._built) > _MOST:
            self._built.pop(next(iter(self._built)))
        self._submit(model)

    def _submit(self, model: TrainedModel) -> None:
        if model is not self._models.prediction_model:
            self._models.submit_over(model, Source.HISTORY)


#: Pauses shorter than this are single steps: copying the network would slow them down.
_STANDS_MS = 400
#: Interval of checking whether the predictions of a running network are on show.
_GOES_ON_MS = 1_000


class PausedModelPublisher(QObject):
    """Submits the network of a paused run, so that it can be evaluated and saved.

    A running network is submitted once if its predictions are on show; later changes come from the
    run's probes.

    ``models``: receives the network; ``runner``: the run; ``watched``: returns whether predictions
    of a running network are on show; ``parent``: owner.
    """

    def __init__(
        self, models: ModelStore, runner: Runner, watched: Callable[[], bool], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._models, self._runner, self.watched = models, runner, watched
        self._pause_timer = QTimer(self, singleShot=True, interval=_STANDS_MS)
        self._pause_timer.timeout.connect(runner.observation.request_snapshot)
        self._watch_timer = QTimer(self, interval=_GOES_ON_MS)
        self._watch_timer.timeout.connect(self._request_if_watched)
        runner.state_changed.connect(self._state_changed)
        runner.observation.halted.connect(self._pause_timer.start)
        runner.observation.snapshot.connect(self._publish)

    def _state_changed(self) -> None:
        snapshot = self._models.state.source in (Source.PAUSED, Source.LIVE)
        if self._runner.state is not RunState.RUNNING or snapshot:
            self._watch_timer.stop()
        elif not self._watch_timer.isActive():
            self._watch_timer.start()

    def _request_if_watched(self) -> None:
        if self.watched():
            self._watch_timer.stop()
            self._runner.observation.request_snapshot()

    def _publish(self, model: TrainedModel) -> None:
        if self._runner.state.paused:
            self._models.submit_over(model, Source.PAUSED)
        elif self._runner.state.running and self._models.paused_snapshot is None:
            self._models.submit_over(model, Source.LIVE)


def _edit(model: TrainedModel, values: Mapping[WeightIndex, float]) -> TrainedModel:
    from netbuilder.core.engine.manual_weights import with_weights

    return with_weights(model, values)


class ManualWeightEditor(QObject):
    """Sets weights, each as an undo step.

    Without a run, a new network replaces the trained one. In a paused run, its own network is
    changed; once it has continued, undo is refused.

    Signals:
        told(words): what could not be done.
        availability_changed: ``may`` changed.
    """

    told = Signal(str)
    availability_changed = Signal()

    def __init__(self, workbench: Workbench, runner: Runner, parent: QObject) -> None:
        super().__init__(parent)
        self._store, self._models, self._runner = workbench.store, workbench.models, runner
        self._values: Mapping[WeightIndex, float] = {}
        self._of_run = False  # the network on show is that of the paused run
        self._awaiting_run = False  # the run has not yet set the weights
        self._worker = Derived(self, _edit, self._found, self._failed, of=lambda: self._base.model)
        self._models.changed.connect(self._model_changed)
        runner.began.connect(self._forget)
        runner.observation.halted.connect(self._run_resumed)
        runner.state_changed.connect(self._run_changed)

    @property
    def may(self) -> bool:
        trained = self._models.trained
        if trained is None or not self._runner.state.active:
            return trained is not None
        # With EMA, the network on show holds averages of the trained weights.
        return self._of_run and not trained.project.training.optimizer.params.get("use_ema")

    @property
    def idle(self) -> bool:
        return self._worker.idle and not self._awaiting_run

    def pause(self) -> None:
        """Pause a run, for a weight to be set."""
        if self._runner.state.running and not self._runner.state.paused:
            self._runner.toggle_pause()

    def set(self, node: str, name: str, index: tuple[int, ...], value: float) -> None:
        """Set one weight as an undo step; edits of the same weight merge."""
        from netbuilder.core.engine.manual_weights import WeightIndex

        if not self.may:
            return
        before = self._values
        after = {**before, WeightIndex(node, name, index): value}
        self._store.note(
            _("Set a weight of '{node}'", node=node),
            partial(self._apply, before),
            partial(self._apply, after),
            f"weight {node} {name} {index}",
        )
        self._apply(after)

    @property
    def _base(self) -> ModelState:
        """The network that the weights are set in, without a run."""
        state = self._models.state
        return state.base if state.source in (Source.MANUAL, Source.HISTORY) else state

    def _apply(self, values: Mapping[WeightIndex, float]) -> None:
        base = self._base
        if base.model is None or not self.may:
            return
        self._values = values
        if self._of_run:
            self._awaiting_run = True
            self._runner.changes.set_weights(values)
        elif values:
            self._worker.ask(base.model, values)
        else:
            self._models.submit(base)

    def _found(self, model: TrainedModel) -> None:
        if self._worker.inputs[1] is self._values and self.may:
            self._models.submit_over(model, Source.MANUAL)

    def _failed(self, error: UserError) -> None:
        self.told.emit(_("The weight could not be set: {error}", error=error))

    def _run_resumed(self) -> None:
        self._set_of_run(False)
        self._forget()

    def _set_of_run(self, stands: bool) -> None:
        if stands != self._of_run:
            self._of_run = stands
            self.availability_changed.emit()

    def _run_changed(self) -> None:
        if self._runner.state.active and not self._runner.state.paused:
            self._run_resumed()

    def _model_changed(self, old: ModelState, new: ModelState) -> None:
        if old.model is new.model or Source.HISTORY in (old.source, new.source):
            return  # an earlier epoch is only viewed
        self._set_of_run(new.source is Source.PAUSED and self._runner.state.paused)
        if self._of_run and _progress(old.model) == _progress(new.model):
            assert new.model is not None
            self._awaiting_run = new.model.set_by_hand < len(self._values)
        elif new.source is not Source.MANUAL and new is not old.before:
            self._forget()

    def _forget(self) -> None:
        self._values = {}
        self._awaiting_run = False
        self._store.expire_notes(self._refuse)

    def _refuse(self) -> None:
        self.told.emit(
            _("The weights were not changed: the network has changed since you set them.")
        )


def _progress(trained: TrainedModel | None) -> tuple[object, ...]:
    if trained is None:
        return ()
    changes = trained.changes_before_hand
    others = tuple(change for change in changes if change.what != "learning_rate")
    return trained.epochs, trained.step, others
