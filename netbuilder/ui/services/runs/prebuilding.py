"""The network on the canvas is built and traced while nothing else happens, so that Train begins
at once: building a small one takes longer than its first epochs.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from netbuilder.core.errors import UserError
from netbuilder.core.project.graph_ends import same_training
from netbuilder.core.project.model import Project
from netbuilder.ui.services.derived import Derived, Rank, wanted
from netbuilder.ui.services.project_store import ProjectStore
from netbuilder.ui.services.runs.runner import Runner
from netbuilder.ui.services.workbench import Workbench

if TYPE_CHECKING:
    from netbuilder.core.data.dataset import Dataset
    from netbuilder.core.engine.probes import Probe

#: What a view will ask of a run of a project on its data.
Foresee = Callable[[Project, "Dataset"], "Iterable[Probe]"]

log = logging.getLogger(__name__)
#: What a run imports: together as long as the network's own time, and on the thread of the window,
#: where the run has begun, a standstill. Nothing of Qt: see ``gradual_imports``.
_WANTED = (
    "netbuilder.core.check.health",
    "netbuilder.core.engine.session",
    "netbuilder.core.results.evaluate",
    "netbuilder.core.results.headline",
    "netbuilder.core.results.live.connection_weights",
    "netbuilder.core.results.live.token_names",
    "netbuilder.core.results.computation_trace.trace_value",
    "netbuilder.core.results.computation_trace.computed_value",
    "netbuilder.core.results.computation_trace.formula_text",
)
#: So long nothing was edited: who draws on is not disturbed.
CALM_MS = 500
#: Larger networks take seconds and gigabytes, which nobody asked for yet.
MOST_PARAMETERS = 2_000_000


def _build(project: Project, base: Path, foreseen: Sequence[Foresee]) -> None:
    for name in _WANTED:
        import_module(name)
    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.engine.prepared_networks import prebuild, prewarm

    dataset = load_dataset(project, base)
    prebuild(project, dataset, base=base, wanted=wanted)
    probes = [probe for ask in foreseen for probe in ask(project, dataset)]
    prewarm(project, dataset, probes, base=base)


class NetworkPrebuilder(QObject):
    """Follows the project; builds once it is legal and left alone for a moment.

    ``built``: a network is ready to train, and what draws its curves has been imported.
    """

    built = Signal()

    def __init__(
        self, store: ProjectStore, workbench: Workbench, runner: Runner, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._store, self._workbench, self._runner = store, workbench, runner
        self._built: tuple[Project, Path] | None = None
        self._soon = QTimer(self, singleShot=True, interval=CALM_MS)
        self._soon.timeout.connect(self._look)
        self._foreseen: list[Foresee] = []
        self._worker = Derived(
            self, _build, lambda _none: self._tell(), self._failed, rank=Rank.BACKGROUND
        )
        workbench.imports.done.connect(self._tell)
        for signal in (workbench.problems_changed, workbench.shapes_changed, runner.ended):
            signal.connect(self._soon.start)
        store.changed.connect(lambda _old, _new: self._soon.start())

    @property
    def ready(self) -> bool:
        """Whether the project as it stands has been built."""
        built = self._worker.idle and self._is_built(self._store.project)
        return built and self._workbench.imports.finished

    def foresee(self, ask: Foresee) -> None:
        """Trace, too, what a view will ask of a run; ``ask`` is called on another thread."""
        self._foreseen.append(ask)

    def again(self) -> None:
        """Build anew: what was built has been given away."""
        self._built = None
        self._soon.start()

    def close(self) -> None:
        """Build nothing any more."""
        self._soon.stop()
        self._worker.stop()

    def _is_built(self, project: Project) -> bool:
        built = self._built
        return (
            built is not None
            and built[1] == self._workbench.base
            and same_training(built[0], project)
        )

    def _look(self) -> None:
        bench, project = self._workbench, self._store.project
        if self._runner.active or bench.facts is None or bench.shapes is None:
            return
        if not bench.settled:
            self._soon.start()
            return
        small = bench.shapes.total_parameters <= MOST_PARAMETERS
        legal = not any(problem.blocks for problem in bench.problems)
        if small and legal and not self._is_built(project):
            self._built = (project, bench.base)
            self._worker.ask(*self._built, tuple(self._foreseen))

    def _tell(self) -> None:
        if self.ready:
            self.built.emit()

    def _failed(self, error: UserError) -> None:
        # Train says why; nobody asked for anything yet.
        if self._worker.idle:
            self._built = None
        log.info("not built beforehand: %s", error)
