"""Train while drawing: a small network restarts after each edit.

If only data points were edited, training continues from the current weights. An active run always
takes edited points in its next epoch.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from netbuilder.core.data.registry import same_points
from netbuilder.core.i18n import ngettext
from netbuilder.core.project.graph_ends import same_training
from netbuilder.core.project.model import Project
from netbuilder.core.wording import format_number
from netbuilder.ui.services.derived import Derived, Rank
from netbuilder.ui.services.runs.run_record import RunState
from netbuilder.ui.services.runs.runner import Runner, can_continue_as
from netbuilder.ui.services.workbench import Workbench

if TYPE_CHECKING:
    from pathlib import Path

    from netbuilder.core.data.dataset import Dataset

#: Larger networks take too long to train after each edit.
MOST_PARAMETERS = 50_000
_CALM_MS, _AGAIN_MS, _BEGINS_MS = 250, 60, 20


def only_points_differ(project: Project, other: Project | None) -> bool:
    """Return whether two projects differ only in their data points."""
    if other is None or not same_points(project, other):
        return False
    return same_training(replace(project, data=other.data), other)


def _load(project: Project, base: Path) -> tuple[Project, Dataset]:
    from netbuilder.core.data.load import load_dataset

    return project, load_dataset(project, base)


class AutoTrainer(QObject):
    """Trains after each edit while ``on``; ``changed`` is emitted when it is switched.

    ``told(words)``: why a network is not trained automatically.
    """

    changed = Signal()
    told = Signal(str)

    def __init__(self, workbench: Workbench, runner: Runner, parent: QObject) -> None:
        super().__init__(parent)
        self._store, self._workbench, self._runner = workbench.store, workbench, runner
        self.on = False
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._start)
        self._store.changed.connect(self._project_changed)
        runner.ended.connect(self._run_ended)
        self._restart_pending = False
        self._anew = False  # start with new weights
        #: The newest points, for a run that is being prepared.
        self._new_data: tuple[Project, Dataset] | None = None
        self._retry_timer = QTimer(self, singleShot=True, interval=_BEGINS_MS)
        self._retry_timer.timeout.connect(self._pass_data)
        self._worker = Derived(
            self, _load, self.loaded, lambda _error: self._timer.start(_CALM_MS), rank=Rank.QUICK
        )

    def switch(self) -> None:
        self.on = not self.on
        self._restart_pending = False
        if self.on:
            self._anew = True
            self._timer.start(0)
        else:
            self._timer.stop()
        self.changed.emit()

    def _project_changed(self, old: Project, new: Project) -> None:
        if same_training(old, new):
            return
        if self._runner.state.active and only_points_differ(new, self._runner.record.project):
            self._timer.stop()
            self._worker.ask(new, self._workbench.base)
        elif self.on:
            # Wait for the last edit of a dragged slider; moved points need no wait.
            self._timer.start(0 if only_points_differ(old, new) else _CALM_MS)

    @property
    def idle(self) -> bool:
        waiting = self._timer.isActive() or self._retry_timer.isActive()
        return self._worker.idle and not waiting

    def loaded(self, data: tuple[Project, Dataset]) -> None:
        self._new_data = data
        self._pass_data()

    def _pass_data(self) -> None:
        """Pass the newest data to the run; retry while it is being prepared."""
        if self._new_data is None:
            return
        (project, dataset), runner = self._new_data, self._runner
        if runner.state is RunState.PREPARING:
            self._retry_timer.start()
            return
        self._new_data = None
        if not only_points_differ(self._store.project, project):
            return
        if not runner.changes.take_data(project, dataset) and self.on:
            self._timer.start(0)

    def _start(self) -> None:
        workbench, runner = self._workbench, self._runner
        if not self.on:
            return
        if not workbench.settled:
            self._timer.start(_AGAIN_MS)
            return
        if not self._store.project.data.kind or any(p.blocks for p in workbench.problems):
            return
        if workbench.data_error is not None:  # keep an active run
            return
        size = workbench.shapes.total_parameters if workbench.shapes is not None else 0
        if size > MOST_PARAMETERS:
            self.told.emit(
                ngettext(
                    "{count} parameter is too many to train after each edit: press Train.",
                    "{count} parameters are too many to train after each edit: press Train.",
                    size,
                    count=format_number(size, ",.0f"),
                )
            )
            return
        if runner.state.active:
            self._restart_pending = True
            runner.stop(discard=True)
        else:
            trained = workbench.models.trained
            anew, self._anew = self._anew, False
            project = self._store.project
            points = trained is not None and same_points(project, trained.project)
            if anew or not points or not can_continue_as(project, workbench.facts, trained):
                runner.start(spread=False)
            else:
                runner.start(
                    on_from=trained, more=project.training.epochs, other_data=True, spread=False
                )

    def _run_ended(self) -> None:
        if self._restart_pending:
            self._restart_pending = False
            # Let the other listeners of the run's end go first.
            self._timer.start(0)
