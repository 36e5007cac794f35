"""The Code tab: the same network, data and training as a Python script."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.errors import UserError
from netbuilder.core.project.model import Project
from netbuilder.ui.code.highlight import PythonColors
from netbuilder.ui.services import jobs
from netbuilder.ui.services.project_store import ProjectStore
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.labels import note_label

log = logging.getLogger(__name__)
_SOON_MS = 120


@dataclass(frozen=True, eq=False)
class _ScriptRequest:
    """``facts``: of the project's data, once they are known: the script says more then."""

    project: Project
    facts: DataFacts | None

    def same(self, other: _ScriptRequest | None) -> bool:
        """Whether the other has the same answer."""
        return other is not None and other.project is self.project and other.facts is self.facts


def _facts_for(project: Project, facts: DataFacts | None) -> DataFacts | None:
    """The facts, unless they are still of a network with other ends."""
    graph = project.graph
    if facts is None or set(facts.input_shapes) != set(graph.inputs):
        return None
    return facts if set(facts.tasks) == set(graph.outputs) else None


def _source(question: _ScriptRequest) -> str:
    from netbuilder.core.formats.script.python import script_source

    return script_source(question.project, question.facts)


class CodePanel(QWidget):
    """Follows the project while it is looked at."""

    def __init__(
        self,
        store: ProjectStore,
        workbench: Workbench,
        save: Callable[[Callable[[str], object]], object],
        parent: QWidget | None = None,
    ) -> None:
        """``save(told)``: asks for a file name and writes there; ``told`` hears of it when it is
        done."""
        super().__init__(parent)
        self._store, self._workbench, self._write = store, workbench, save
        self._shown: _ScriptRequest | None = None
        self._worker = jobs.LatestJob.for_widget(self, _source, "code", self._found, self._failed)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SOON_MS)
        self._soon.timeout.connect(self._ask)
        self.text = QPlainTextEdit(self)
        self.text.setTabChangesFocus(True)
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setAccessibleName("Python code")
        self.colors = PythonColors(self.text.document())
        self.about = note_label("This script builds and trains the same network with Keras.", self)
        self.copy = QPushButton("Copy", self)
        self.save = QPushButton("Save…", self)
        row = QHBoxLayout()
        row.addWidget(self.about, 1)
        for button in (self.copy, self.save):
            button.setProperty("small", True)
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 10, 14, 10)
        layout.setSpacing(8)
        layout.addLayout(row)
        layout.addWidget(self.text, 1)
        self.copy.clicked.connect(self._copy)
        self.save.clicked.connect(self._save)
        store.changed.connect(lambda _old, _new: self._soon.start())
        workbench.facts_changed.connect(self._soon.start)
        theme.theme().changed.connect(self._restyle)
        self._restyle()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ask()

    def _restyle(self) -> None:
        # A stylesheet's font would win over setFont, so the font goes into one of its own.
        font = theme.fixed_font(0.9)
        self.text.setStyleSheet(
            f"font-family: '{font.family()}'; font-size: {font.pointSizeF():.1f}pt;"
        )

    def _ask(self) -> None:
        project = self._store.project
        question = _ScriptRequest(project, _facts_for(project, self._workbench.facts))
        if self.isVisible() and not question.same(self._shown):
            self._worker.ask(question)

    def _found(self, question: _ScriptRequest, text: str) -> None:
        self._shown = question
        if text == self.text.toPlainText():
            return
        place = self.text.verticalScrollBar().value()
        self.colors.show_text(text)
        self.text.setPlainText(text)
        self.text.verticalScrollBar().setValue(place)

    def _failed(self, question: _ScriptRequest, error: Exception) -> None:
        self._shown = question
        if not isinstance(error, UserError):
            log.error("code failed", exc_info=error)
        self.colors.show_text("")
        self.text.setPlainText(str(error))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())
        self.about.setText("Copied.")

    def _save(self) -> None:
        self._write(self.about.setText)
