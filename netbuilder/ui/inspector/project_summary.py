"""A summary of the project, shown without a selection."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from netbuilder.core import wording
from netbuilder.core.data.registry import KINDS, target_words
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.project.graph_ends import changed_since
from netbuilder.core.wording import format_number, join_sentences
from netbuilder.ui.services.project_store import ProjectStore
from netbuilder.ui.services.runs.run_progress import format_results, restored_sentence
from netbuilder.ui.services.views.evaluation_service import EvaluationService
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import grid_of, prepared

_ROWS = {
    "data": N_("data"),
    "network": N_("network"),
    "size": N_("size"),
    "plan": N_("settings"),
    "result": N_("result"),
}


class ProjectSummary(QWidget):
    """Lines for data, network, size, settings and last result."""

    def __init__(
        self,
        store: ProjectStore,
        workbench: Workbench,
        evaluation_service: EvaluationService,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._workbench = workbench
        self._evaluation_service = evaluation_service
        grid = grid_of(self, 0)
        self.lines: dict[str, QLabel] = {}
        for number, (name, title) in enumerate(_ROWS.items()):
            label = prepared(QLabel(_(title), self), role="field")
            self.lines[name] = note_label("", self, role="body")
            for column, part in enumerate((label, self.lines[name])):
                grid.addWidget(part, number, column, Qt.AlignmentFlag.AlignTop)
        for signal in (
            workbench.facts_changed,
            workbench.shapes_changed,
            workbench.models.changed,
            workbench.keras_changed,
            workbench.training_changed,
            workbench.speed_changed,
            evaluation_service.changed,
        ):
            signal.connect(self.refresh)

    def refresh(self) -> None:
        if self.isHidden():
            return
        texts = self.words()
        if all(self.lines[name].text() == words for name, words in texts.items()):
            return
        for name, words in texts.items():
            self.lines[name].setText(words)
        # Lay out at once, or longer texts are squeezed until the next turn of the event loop.
        for widget in (self, self.parentWidget()):
            layout = widget.layout() if widget is not None else None
            if layout is not None:
                layout.activate()

    def words(self) -> dict[str, str]:
        project, bench = self._store.project, self._workbench
        graph, plan = project.graph, project.training
        layers = sum(node.layer != "Input" for node in graph.nodes)
        network = ngettext("{count} layer", "{count} layers", layers)
        if len(graph.inputs) > 1 or len(graph.outputs) > 1:
            ends = (
                ngettext("{count} input", "{count} inputs", len(graph.inputs)),
                ngettext("{count} output", "{count} outputs", len(graph.outputs)),
            )
            network = wording.format_list((network, *ends))
        size = _("unknown")
        if bench.keras_state in ("off", "loading"):
            size = _("loading…")
        if not layers:
            size = _("no layers")
        elif bench.data_error is not None:
            size = _("unknown: see the Data page")
        elif (shapes := bench.shapes) is not None and all(
            shape.output is not None for shape in shapes.by_node.values()
        ):
            size = _(
                "{parameters} parameters, {memory}, {operations} multiply-adds per sample",
                parameters=format_number(shapes.total_parameters),
                memory=wording.format_bytes(shapes.weight_bytes),
                operations=wording.format_operations(shapes.multiply_adds),
            )
        return {
            "data": self._data_words(),
            "network": network,
            "size": size,
            "plan": ngettext(
                "{count} epoch, batch size {batch}, {optimizer}",
                "{count} epochs, batch size {batch}, {optimizer}",
                plan.epochs,
                batch=plan.batch_size,
                optimizer=plan.optimizer.name,
            ),
            "result": self._result_words(),
        }

    def _data_words(self) -> str:
        data, facts = self._store.project.data, self._workbench.facts
        if not data.kind:
            return _("none: choose data on the Data page")
        row = KINDS.get(data.kind)
        name = row.chosen(data) if row is not None else data.kind
        if facts is None:
            words = wording.labelled(name, self._workbench.data_words)
            if self._workbench.data_error:
                return wording.join_sentences((wording.as_sentence(words), _("See the Data page.")))
            return words
        target, kind = target_words(facts, data, 2)
        rows = wording.format_number(facts.rows)
        total = facts.rows + facts.validation_rows + facts.test_rows
        if total == facts.rows:
            return _(
                "{name}: {rows} training samples; target {target} ({kind})",
                name=name, rows=rows, target=target, kind=kind,
            )  # fmt: skip
        return _(
            "{name}: {rows} training samples of {whole}; target {target} ({kind})",
            name=name, rows=rows, whole=wording.format_number(total), target=target, kind=kind,
        )  # fmt: skip

    def _result_words(self) -> str:
        trained = self._workbench.models.trained
        if self._workbench.run_words:
            return self._workbench.run_words
        if trained is None:
            return _("not trained")
        words = (
            self._evaluation_service.sentence
            or format_results(trained.test)
            or _("Not evaluated on a test set.")
        )
        parts = [words]
        if trained.kept_epoch:
            parts.append(restored_sentence(trained.kept_epoch, trained.epochs))
        elif trained.epochs:
            parts.append(ngettext("After {count} epoch.", "After {count} epochs.", trained.epochs))
        changed = changed_since(trained.project, self._store.project)
        if changed:
            before = {
                "network": _("Before you changed the network:"),
                "data": _("Before you changed the data:"),
            }
            parts.insert(0, before[changed])
        return join_sentences(parts)
