"""Shows the network of a run that pauses, and of one that goes on where somebody looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from netbuilder.ui.services.model_store import ModelStore, Source
from netbuilder.ui.services.runs.runner import Runner, RunState

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel

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
