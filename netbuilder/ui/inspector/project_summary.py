"""The project at a glance, where nothing is selected."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from netbuilder.core import wording
from netbuilder.core.data.registry import KINDS
from netbuilder.core.project.equivalence import changed_since
from netbuilder.core.wording import format_count
from netbuilder.ui.services.project_store import ProjectStore
from netbuilder.ui.services.runs.run_progress import format_results
from netbuilder.ui.services.views.evaluation_service import EvaluationService
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.widgets.labels import note_label

_ROWS = ("data", "network", "size", "plan", "result")


class ProjectSummary(QWidget):
    """Data, network, size, plan and last result, a line each."""

    def __init__(
        self,
        store: ProjectStore,
        workbench: Workbench,
        evaluation_service: EvaluationService,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._store, self._workbench, self._evaluation_service = (
            store,
            workbench,
            evaluation_service,
        )
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 4, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        self.lines: dict[str, QLabel] = {}
        for number, name in enumerate(_ROWS):
            label = QLabel(name, self)
            label.setProperty("role", "field")
            self.lines[name] = note_label("", self, role="body")
            # Beside words of several lines the name stands at the first.
            for column, part in enumerate((label, self.lines[name])):
                grid.addWidget(part, number, column, Qt.AlignmentFlag.AlignTop)
        for signal in (
            workbench.facts_changed,
            workbench.shapes_changed,
            workbench.trained_changed,
            workbench.keras_changed,
            workbench.training_changed,
            workbench.speed_changed,
            evaluation_service.changed,
        ):
            signal.connect(lambda *_: self.refresh())

    def refresh(self) -> None:
        """Say it anew."""
        if self.isHidden():
            return
        said = self.words()
        if all(self.lines[name].text() == words for name, words in said.items()):
            return
        for name, words in said.items():
            self.lines[name].setText(words)
        # Now, and not when the events are done: until then more lines would be squeezed into the
        # room of fewer.
        for widget in (self, self.parentWidget()):
            layout = widget.layout() if widget is not None else None
            if layout is not None:
                layout.activate()

    def words(self) -> dict[str, str]:
        """Each line's words."""
        project, bench = self._store.project, self._workbench
        graph, plan = project.graph, project.training
        layers = sum(node.layer != "Input" for node in graph.nodes)
        network = f"{layers} layer{'s' if layers != 1 else ''}"
        if len(graph.inputs) > 1 or len(graph.outputs) > 1:
            ends = (
                format_count(len(graph.inputs), "input"),
                format_count(len(graph.outputs), "output"),
            )
            network += f", {', '.join(ends)}"
        size = "not known yet"
        if bench.keras_state in ("off", "loading"):
            size = "loading…"
        if not layers:
            size = "no layers yet"
        elif bench.data_error is not None:
            size = "not known yet: see the data"
        elif bench.shapes is not None:
            shapes = bench.shapes
            size = (
                f"{shapes.total_parameters:,} parameters, {wording.format_bytes(shapes.memory)}, "
                f"{wording.format_operations(shapes.multiply_adds)} multiply-adds a sample"
            )
        return {
            "data": self._data_words(),
            "network": network,
            "size": size,
            "plan": f"{format_count(plan.epochs, 'epoch')}, {plan.batch_size} rows a step,"
            f" {plan.optimizer.name}",
            "result": self._result_words(),
        }

    def _data_words(self) -> str:
        data, facts = self._store.project.data, self._workbench.facts
        if not data.kind:
            return "none yet: choose some in the tab Data"
        row = KINDS.get(data.kind)
        name = row.chosen(data) if row is not None else data.kind
        if facts is None:
            told = ", see the tab Data" if self._workbench.data_error is not None else ""
            return f"{name}: {self._workbench.data_words}{told}"
        names = facts.target_names
        goal = f"{len(facts.classes)} classes" if facts.classes else "a number"
        if not facts.classes and len(names) > 1:
            goal = f"{len(names):,} numbers"
        target = wording.format_list(names, 2)
        rows = f"{facts.rows:,} rows to train on"
        whole = facts.rows + facts.validation_rows + facts.test_rows
        if whole != facts.rows:
            rows += f", of {whole:,}"
        return f"{name}: {rows}; {target} ({goal})"

    def _result_words(self) -> str:
        trained = self._workbench.trained
        if self._workbench.run_words:
            return self._workbench.run_words
        if trained is None:
            return "not trained yet"
        words = (
            self._evaluation_service.sentence
            or format_results(trained.test)
            or "Not judged on test rows."
        )
        # A file from elsewhere does not say how long it was trained.
        after = f" After {format_count(trained.epochs, 'epoch')}." if trained.epochs else ""
        if trained.kept_epoch:
            after = f" Epoch {trained.kept_epoch:,} of {trained.epochs:,} was kept."
        what = changed_since(trained.project, self._store.project)
        return f"{f'Before the {what} was changed: ' if what else ''}{words}{after}"
