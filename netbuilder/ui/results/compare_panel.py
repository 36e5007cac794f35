"""The page Compare: runs and trials, and in Full the search for better settings."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QWidget

from netbuilder.core.project.model import Project
from netbuilder.ui.results.experiments_panel import ExperimentsPanel
from netbuilder.ui.results.runs_panel import RunsPanel
from netbuilder.ui.services.runs.experiment_runner import ExperimentRunner
from netbuilder.ui.services.runs.runner import Runner
from netbuilder.ui.services.settings import level
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.widgets.connections import connect_while


class ComparePanel(QSplitter):
    """``runs`` above, ``search`` below."""

    def __init__(
        self,
        workbench: Workbench,
        runner: Runner,
        experiments: ExperimentRunner,
        may_restore: Callable[[Project], bool],
        parent: QWidget,
    ) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self.runs = RunsPanel(workbench.store, workbench, runner, may_restore, self)
        self.search = ExperimentsPanel(experiments, workbench, runner, self.runs, self)
        self.setChildrenCollapsible(False)
        self.setHandleWidth(1)
        self.setSizes([200, 320])  # shares
        connect_while(self, level().changed, self._follow_level)
        self._follow_level()

    def _follow_level(self) -> None:
        self.search.setHidden(level().basic and "variants" not in level().lent)
