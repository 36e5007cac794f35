"""An earlier run on the canvas again: its project, its curves and the network that was kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from netbuilder.core.formats.paths import rebased
from netbuilder.core.project.model import Project
from netbuilder.ui.services import jobs
from netbuilder.ui.services.project_store import ProjectStore
from netbuilder.ui.services.runs.last_run_restorer import load_run_network
from netbuilder.ui.services.runs.runner import Runner
from netbuilder.ui.services.workbench import Workbench

if TYPE_CHECKING:
    from netbuilder.core.engine.runs.run_store import Run
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.ui.plots.run_curves import RunCurves


def restore_run(
    run: Run,
    name: str,
    store: ProjectStore,
    workbench: Workbench,
    runner: Runner,
    told: Callable[[str], object],
    owner: QObject,
) -> None:
    """Put a run on the canvas; ``told`` is called with how it went, unless ``owner`` is gone.

    One undo takes the project back. The network can be asked, saved and trained on. A run of
    another project leaves the file that is open as it is: Save asks where this one goes.
    """
    if run.project.name != store.project.name:
        workbench.leave_file()
    old, base = Path(run.base) if run.base else workbench.base, workbench.base

    def here(project: Project) -> Project:
        return rebased(project, old, base)

    store.apply(f"Bring back {name}", lambda _project: here(run.project))
    project = store.project

    def loaded(found: tuple[TrainedModel | None, RunCurves]) -> None:
        trained, curves = found
        if runner.active or store.project is not project:
            return
        workbench.set_trained(None)
        runner.show_recorded(project, run, curves)
        workbench.set_trained(
            replace(trained, project=here(trained.project)) if trained is not None else None
        )
        kept = "with its weights" if trained is not None else "without weights: none were kept"
        told(f"{name} is back, {kept}.")

    def read() -> object:
        from netbuilder.ui.services.runs.recorded_curves import curves_of  # needs NumPy

        return load_run_network(run), curves_of(run)

    jobs.run_job(
        read,
        loaded,
        lambda error: told(str(error)),
        name="bring back",
        owner=owner,
    )
