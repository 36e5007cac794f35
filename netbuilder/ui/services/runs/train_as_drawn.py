"""Train as I draw: a small network starts again by itself at each edit."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from netbuilder.core.project.model import Project
from netbuilder.core.project.same import trains_alike
from netbuilder.core.wording import counted
from netbuilder.ui.services.runs.runner import Runner
from netbuilder.ui.services.store import ProjectStore
from netbuilder.ui.services.workbench import Workbench

#: Larger ones take so long that a start at each edit would be in the way.
MOST_PARAMETERS = 50_000
_CALM_MS, _AGAIN_MS = 250, 60


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

    def switch(self) -> None:
        """On, and the network on the canvas begins to learn; or off."""
        self.on = not self.on
        self._waits = False
        if self.on:
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
            runner.start()

    def _run_ended(self) -> None:
        if self._waits:
            self._waits = False
            # The run tells others first that it has ended.
            self._soon.start(0)
