"""Where they were: with a project its last run comes back, curves and trained network.

The record of every run is in the user's data folder. A project that is opened from a file gets
the newest one of exactly this project; there may be none, and then nothing is shown.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from netbuilder.core.project.model import Project
from netbuilder.ui.services import jobs
from netbuilder.ui.services.project_store import ProjectStore
from netbuilder.ui.services.runs.runner import Runner
from netbuilder.ui.services.workbench import Workbench

if TYPE_CHECKING:
    from netbuilder.core.engine.runs.run_store import Run
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.ui.plots.run_curves import RunCurves

log = logging.getLogger(__name__)


def _find(project: Project, base: Path) -> tuple[Run, RunCurves] | None:
    from netbuilder.core.engine.runs.run_store import newest_run
    from netbuilder.ui.services.runs.recorded_curves import curves_of

    run = newest_run(project, base)
    return None if run is None else (run, curves_of(run))


def load_run_network(run: Run) -> TrainedModel | None:
    """The trained network that was kept with a run; None where it was too large.

    Raises:
        UserError: it cannot be read.
    """
    from netbuilder.core.engine.runs.run_store import network_path
    from netbuilder.core.formats.registry import load

    path = network_path(run.id)
    return load(path) if path.is_file() else None


class LastRunRestorer(QObject):
    """Finds, off the GUI thread, the last run of each project that is opened, and shows it.

    ``keep_model`` is told that the network came from a file and need not be saved.
    """

    def __init__(
        self,
        store: ProjectStore,
        workbench: Workbench,
        runner: Runner,
        keep_model: Callable[[], object],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._store, self._workbench, self._runner = store, workbench, runner
        self._keep_model = keep_model
        self._wanted: tuple[Project, Run] | None = None
        workbench.keras_changed.connect(self._bring_network)

    def look(self) -> None:
        """Look for the last run of the project that was opened from a file."""
        self._wanted = None
        project, path = self._store.project, self._workbench.path
        if path is None:
            return

        def found(answer: tuple[Run, RunCurves] | None) -> None:
            if answer is not None and self._waiting_for(project, path):
                self._runner.show_recorded(project, *answer)
                self._wanted = (project, answer[0])
                self._bring_network()

        jobs.run_job(
            lambda: _find(project, path.parent),
            found,
            lambda error: log.info("the last run cannot be shown: %s", error),
            name="recall",
            owner=self,
        )

    def _bring_network(self) -> None:
        """Load the trained network that was kept with the run, once Keras is there."""
        if self._wanted is None or self._workbench.keras_state != "ready":
            return
        (project, run), self._wanted = self._wanted, None

        def loaded(trained: TrainedModel | None) -> None:
            runner = self._runner
            wanted = self._store.project is project and runner.recalled is run
            if trained is not None and wanted and not runner.active:
                self._workbench.set_trained(trained)
                self._keep_model()

        jobs.run_job(
            lambda: load_run_network(run),
            loaded,
            lambda error: log.info("the network of the last run cannot be loaded: %s", error),
            name="recall network",
            owner=self,
        )

    def _waiting_for(self, project: Project, path: Path) -> bool:
        """Whether nothing else has come to show meanwhile: another project, a model, a run."""
        runner = self._runner
        return (
            self._store.project is project
            and self._workbench.path == path
            and self._workbench.trained is None
            and not runner.active
            and runner.project is None
        )
