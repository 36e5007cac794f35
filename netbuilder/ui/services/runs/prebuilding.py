"""Build and trace the network on the canvas in advance, so that training starts at once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from netbuilder.core.errors import UserError
from netbuilder.core.folders import resource_json
from netbuilder.core.project.graph_ends import same_training
from netbuilder.core.project.model import Project
from netbuilder.ui.services.derived import Derived, Rank, wanted
from netbuilder.ui.services.project_store import ProjectStore
from netbuilder.ui.services.runs.runner import Runner
from netbuilder.ui.services.workbench import Workbench

if TYPE_CHECKING:
    from netbuilder.core.data.dataset import Dataset
    from netbuilder.core.engine.monitor.observer import Probe

#: Returns the probes that a view will use in a run.
Foresee = Callable[[Project, "Dataset"], "Iterable[Probe]"]

log = logging.getLogger(__name__)
#: Modules that a run imports, without Qt; see ``gradual_imports``.
_MODULES: list[str] = resource_json("modules.json")["run"]
#: Delay after the last edit.
CALM_MS = 500
#: Networks with more parameters, trainable or in all, take seconds and gigabytes.
MOST_TRAINABLE, MOST_PARAMETERS = 2_000_000, 10_000_000


def _build(project: Project, base: Path, probe_sources: Sequence[Foresee]) -> None:
    for name in _MODULES:
        import_module(name)
    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.engine.prepared_networks import prebuild, prewarm

    dataset = load_dataset(project, base)
    prebuild(project, dataset, base=base, needed=wanted)
    probes = [probe for source in probe_sources for probe in source(project, dataset)]
    prewarm(project, dataset, probes, base=base)


class NetworkPrebuilder(QObject):
    """Builds the project's network once it is valid and not edited for a moment.

    ``built``: a network is ready to train, and the code that draws its curves is imported.
    """

    built = Signal()

    def __init__(
        self, store: ProjectStore, workbench: Workbench, runner: Runner, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._store, self._workbench, self._runner = store, workbench, runner
        self._built: tuple[Project, Path] | None = None
        self._build_timer = QTimer(self, singleShot=True, interval=CALM_MS)
        self._build_timer.timeout.connect(self._build_if_idle)
        self._probe_sources: list[Foresee] = []
        self._worker = Derived(
            self, _build, lambda _none: self._report(), self._failed, rank=Rank.BACKGROUND
        )
        workbench.imports.done.connect(self._report)
        for signal in (workbench.problems_changed, workbench.shapes_changed, runner.ended):
            signal.connect(self._build_timer.start)
        store.changed.connect(lambda _old, _new: self._build_timer.start())

    @property
    def ready(self) -> bool:
        built = self._worker.idle and self._is_built(self._store.project)
        return built and self._workbench.imports.finished

    def foresee(self, ask: Foresee) -> None:
        """Also trace the probes returned by ``ask``, which is called on another thread."""
        self._probe_sources.append(ask)

    def again(self) -> None:
        self._built = None
        self._build_timer.start()

    def close(self) -> None:
        self._build_timer.stop()
        self._worker.stop()

    def _is_built(self, project: Project) -> bool:
        built = self._built
        return (
            built is not None
            and built[1] == self._workbench.base
            and same_training(built[0], project)
        )

    def _build_if_idle(self) -> None:
        workbench, project = self._workbench, self._store.project
        if self._runner.state.active or workbench.facts is None or workbench.shapes is None:
            return
        if not workbench.settled:
            self._build_timer.start()
            return
        shapes = workbench.shapes
        small = shapes.trainable_parameters <= MOST_TRAINABLE
        small = small and shapes.total_parameters <= MOST_PARAMETERS
        valid = not any(problem.blocks for problem in workbench.problems)
        if small and valid and not self._is_built(project):
            self._built = (project, workbench.base)
            self._worker.ask(*self._built, tuple(self._probe_sources))

    def _report(self) -> None:
        if self.ready:
            self.built.emit()

    def _failed(self, error: UserError) -> None:
        # Training reports the error.
        if self._worker.idle:
            self._built = None
        log.info("not built beforehand: %s", error)
