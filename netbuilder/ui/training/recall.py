"""Where they were: with a project its last run comes back, curves and trained network.

The record of every run is in the user's data folder. A project that is opened from a file gets
the newest one of exactly this project; there may be none, and then nothing is shown.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from netbuilder.core.project.model import Project
from netbuilder.ui import jobs
from netbuilder.ui.documents import Documents
from netbuilder.ui.store import ProjectStore
from netbuilder.ui.training.runner import Runner
from netbuilder.ui.workbench import Workbench

if TYPE_CHECKING:
    from netbuilder.core.engine.runs import Run
    from netbuilder.ui.training.series import RunCurves

log = logging.getLogger(__name__)


def _find(project: Project, base: Path) -> tuple[Run, RunCurves] | None:
    from netbuilder.core.engine.runs import newest_of
    from netbuilder.ui.training.recorded import curves_of

    run = newest_of(project, base)
    return None if run is None else (run, curves_of(run))


class Recall(QObject):
    """Finds, off the GUI thread, the last run of each project that is opened, and shows it."""

    def __init__(
        self,
        store: ProjectStore,
        workbench: Workbench,
        runner: Runner,
        documents: Documents,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._store, self._workbench, self._runner = store, workbench, runner
        self._documents = documents
        documents.opened.connect(self.look)

    def look(self) -> None:
        """Look for the last run of the project that was opened from a file."""
        project, path = self._store.project, self._documents.path
        if path is None:
            return

        def found(answer: tuple[Run, RunCurves] | None) -> None:
            if answer is not None and self._waiting_for(project, path):
                self._runner.show_recorded(project, *answer)

        jobs.run(
            lambda: _find(project, path.parent),
            found,
            lambda error: log.info("the last run cannot be shown: %s", error),
            name="recall",
        )

    def _waiting_for(self, project: Project, path: Path) -> bool:
        """Whether nothing else has come to show meanwhile: another project, a model, a run."""
        runner = self._runner
        return (
            self._store.project is project
            and self._documents.path == path
            and self._workbench.trained is None
            and not runner.active
            and runner.project is None
        )
