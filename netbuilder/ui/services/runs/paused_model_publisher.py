"""A run that pauses: its network can be asked, judged and saved as it stands.

While it goes on it can be asked where somebody looks at the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from netbuilder.ui.services.runs.runner import Runner, RunState
from netbuilder.ui.services.workbench import Workbench

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.evaluate import Evaluation

#: A run that stands no longer than this goes on by steps: to copy its network would slow the hand.
_STANDS_MS = 400
#: So long has a run gone on before its network is copied for who looks at its answers.
_GOES_ON_MS = 1_000


class PausedModelPublisher(QObject):
    """Puts the network of a run that pauses in the place of the trained one.

    Evaluate, Predict and *Save .h5* have it from there as they have that of a run that is over.
    What comes later, the end of the run above all, takes its place.

    Attributes:
        asked: whether somebody would ask a network that goes on learning: then it is shown once
            as it stood, and the run's probes say what it has learned since.
    """

    def __init__(self, workbench: Workbench, runner: Runner, parent: QObject) -> None:
        super().__init__(parent)
        self._workbench, self._runner = workbench, runner
        self._before: tuple[TrainedModel | None, Evaluation | None, bool] = (None, None, True)
        self._soon = QTimer(self, singleShot=True, interval=_STANDS_MS)
        self._soon.timeout.connect(runner.ask_standing)
        self.asked: Callable[[], bool] = lambda: False
        self._watch = QTimer(self, interval=_GOES_ON_MS)
        self._watch.timeout.connect(self._look)
        runner.state_changed.connect(self._state_changed)
        runner.halted.connect(self._soon.start)
        runner.stood.connect(self._stood)
        runner.ended.connect(self._ended)

    @property
    def idle(self) -> bool:
        """Whether none is waited for."""
        return not self._soon.isActive()

    def _state_changed(self) -> None:
        bench = self._workbench
        if self._runner.state is not RunState.RUNNING or bench.standing or bench.passing:
            self._watch.stop()
        elif not self._watch.isActive():
            self._watch.start()

    def _look(self) -> None:
        if self.asked():
            self._watch.stop()
            self._runner.ask_standing()

    def _stood(self, found: TrainedModel) -> None:
        bench = self._workbench
        if not self._runner.paused:
            if self._runner.running and not bench.standing:
                bench.set_passing(found)
            return
        if not bench.standing:
            self._before = bench.trained, bench.evaluation, bench.in_runs
        bench.set_trained(found, in_runs=False, standing=True)

    def _ended(self) -> None:
        """A run that was stopped before its first step leaves what was there before."""
        if self._workbench.passing is not None:
            self._workbench.set_passing(None)
        if self._workbench.standing:
            trained, evaluation, in_runs = self._before
            self._workbench.set_trained(trained, evaluation, in_runs=in_runs)
