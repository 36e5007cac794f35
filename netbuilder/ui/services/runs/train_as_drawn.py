"""Train as I draw: a small network starts again by itself at each edit.

Where only points were put in, moved or taken away it goes on from what it has learned, so that its
border is seen to follow them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from netbuilder.core.data.points import same_points
from netbuilder.core.project.model import Project
from netbuilder.core.project.same import trains_alike
from netbuilder.core.wording import counted
from netbuilder.ui.services.runs.runner import Runner
from netbuilder.ui.services.store import ProjectStore
from netbuilder.ui.services.workbench import Workbench

if TYPE_CHECKING:
    from netbuilder.core.data.data_facts import DataFacts
    from netbuilder.core.engine.trained import TrainedModel

#: Larger ones take so long that a start at each edit would be in the way.
MOST_PARAMETERS = 50_000
_CALM_MS, _AGAIN_MS = 250, 60


def follows(project: Project, facts: DataFacts | None, trained: TrainedModel | None) -> bool:
    """Whether a network can go on learning as ``project``: of it, only points were edited."""
    from netbuilder.core.data.defaults import resolve

    if facts is None or trained is None or not same_points(project, trained.project):
        return False
    known = trained.facts
    if (facts.input_shapes, facts.output_classes) != (known.input_shapes, known.output_classes):
        return False
    project = resolve(project, facts)
    return trains_alike(replace(project, data=trained.project.data), trained.project)


class TrainAsDrawn(QObject):
    """Follows the store while it is on. ``changed``: it was switched on or off.

    ``told(words)``: why a network is not trained by itself.
    """

    changed = Signal()
    told = Signal(str)

    def __init__(
        self, store: ProjectStore, workbench: Workbench, runner: Runner, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._store, self._workbench, self._runner = store, workbench, runner
        self.on = False
        self._soon = QTimer(self, singleShot=True)
        self._soon.timeout.connect(self._start)
        store.changed.connect(self._project_changed)
        runner.ended.connect(self._run_ended)
        self._waits = False
        self._anew = False  # whatever has been learned

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
        if self.on and not trains_alike(old, new):
            # A slider that is dragged is many edits: the last of them is trained.
            self._soon.start(_CALM_MS)

    def _start(self) -> None:
        bench, runner = self._workbench, self._runner
        if not bench.settled:
            self._soon.start(_AGAIN_MS)
            return
        if not self._store.project.data.kind or any(p.blocks for p in bench.problems):
            return
        size = bench.shapes.total_parameters if bench.shapes is not None else 0
        if size > MOST_PARAMETERS:
            self.told.emit(
                f"{counted(size, 'parameter')} are too many to train at each edit: press Train."
            )
            return
        if runner.active:
            self._waits = True
            runner.give_way()
        else:
            trained = bench.trained
            anew, self._anew = self._anew, False
            if anew or not follows(self._store.project, bench.facts, trained):
                runner.start()
            else:
                epochs = self._store.project.training.epochs
                runner.start(on_from=trained, more=epochs, other_data=True)

    def _run_ended(self) -> None:
        if self._waits:
            self._waits = False
            # The run tells others first that it has ended.
            self._soon.start(0)
