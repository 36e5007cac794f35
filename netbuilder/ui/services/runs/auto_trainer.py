"""Train as I draw: a small network starts again by itself at each edit.

Where only points were put in, moved or taken away it goes on from what it has learned, so that its
border is seen to follow them: a run that is under way learns from them with its next epoch, and
never stops while one drags.
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
from netbuilder.ui.services.runs.runner import Runner
from netbuilder.ui.services.runs.training_thread import RunState
from netbuilder.ui.services.workbench import Workbench

if TYPE_CHECKING:
    from pathlib import Path

    from netbuilder.core.data.data_facts import DataFacts
    from netbuilder.core.data.dataset import Dataset
    from netbuilder.core.engine.trained import TrainedModel

#: Larger ones take so long that a start at each edit would be in the way.
MOST_PARAMETERS = 50_000
_CALM_MS, _AGAIN_MS, _BEGINS_MS = 250, 60, 20


def only_points_differ(project: Project, other: Project | None) -> bool:
    """Whether of a project only points were edited to come to another."""
    if other is None or not same_points(project, other):
        return False
    return same_training(replace(project, data=other.data), other)


def _load(project: Project, base: Path) -> tuple[Project, Dataset]:
    from netbuilder.core.data.load import load_dataset

    return project, load_dataset(project, base)


def can_continue_as(
    project: Project, facts: DataFacts | None, trained: TrainedModel | None
) -> bool:
    """Whether a network can go on learning as ``project``: of it, only points were edited."""
    from netbuilder.core.data.defaults import resolve_defaults

    if facts is None or trained is None or not same_points(project, trained.project):
        return False
    known = trained.facts
    if (facts.input_shapes, facts.output_classes) != (known.input_shapes, known.output_classes):
        return False
    project = resolve_defaults(project, facts)
    return same_training(replace(project, data=trained.project.data), trained.project)


class AutoTrainer(QObject):
    """Follows the store while it is on. ``changed``: it was switched on or off.

    ``told(words)``: why a network is not trained by itself.
    """

    changed = Signal()
    told = Signal(str)

    def __init__(self, workbench: Workbench, runner: Runner, parent: QObject) -> None:
        super().__init__(parent)
        self._store, self._workbench, self._runner = workbench.store, workbench, runner
        self.on = False
        self._soon = QTimer(self, singleShot=True)
        self._soon.timeout.connect(self._start)
        self._store.changed.connect(self._project_changed)
        runner.ended.connect(self._run_ended)
        self._waits = False
        self._anew = False  # whatever has been learned
        #: Points for a run that is being prepared: the newest, as older ones would be learned last.
        self._read: tuple[Project, Dataset] | None = None
        self._begins = QTimer(self, singleShot=True, interval=_BEGINS_MS)
        self._begins.timeout.connect(self._hand_over)
        self._worker = Derived(  # why there is nothing to learn from, the window says by itself
            self, _load, self.loaded, lambda _error: self._soon.start(_CALM_MS), rank=Rank.QUICK
        )

    def switch(self) -> None:
        """On, and the network on the canvas begins to learn; or off."""
        self.on = not self.on
        self._waits = False
        if self.on:
            self._anew = True
            self._soon.start(0)
        else:
            self._soon.stop()
        self.changed.emit()

    def _project_changed(self, old: Project, new: Project) -> None:
        if not self.on or same_training(old, new):
            return
        if self._runner.active and only_points_differ(new, self._runner.project):
            self._soon.stop()
            self._worker.ask(new, self._workbench.base)
        else:
            # A slider that is dragged is many edits: the last of them is trained. To go on from
            # what is learned takes no such time.
            self._soon.start(0 if only_points_differ(old, new) else _CALM_MS)

    @property
    def idle(self) -> bool:
        """Whether a run has been told of all points, or none can be."""
        waiting = self._soon.isActive() or self._begins.isActive()
        return self._worker.idle and not waiting

    def loaded(self, read: tuple[Project, Dataset]) -> None:
        self._read = read
        self._hand_over()

    def _hand_over(self) -> None:
        """Have the run learn from what was read last; later where it is being prepared yet."""
        if self._read is None:
            return
        (project, dataset), runner = self._read, self._runner
        if self.on and runner.state is RunState.PREPARING:
            self._begins.start()
            return
        self._read = None
        if not self.on or not only_points_differ(self._store.project, project):
            return
        if not runner.take_data(project, dataset):
            self._soon.start(0)

    def _start(self) -> None:
        bench, runner = self._workbench, self._runner
        if not bench.settled:
            self._soon.start(_AGAIN_MS)
            return
        if not self._store.project.data.kind or any(p.blocks for p in bench.problems):
            return
        if bench.data_error is not None:  # no reason to end a run that goes on
            return
        size = bench.shapes.total_parameters if bench.shapes is not None else 0
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
        if runner.active:
            self._waits = True
            runner.stop(discard=True)
        else:
            trained = bench.models.trained
            anew, self._anew = self._anew, False
            if anew or not can_continue_as(self._store.project, bench.facts, trained):
                runner.start(spread=False)
            else:
                epochs = self._store.project.training.epochs
                runner.start(on_from=trained, more=epochs, other_data=True, spread=False)

    def _run_ended(self) -> None:
        if self._waits:
            self._waits = False
            # The run tells others first that it has ended.
            self._soon.start(0)
