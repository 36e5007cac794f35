"""What the program concluded by itself, a line each, with the choice to have it otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from netbuilder.core.data.findings import INFO, Finding
from netbuilder.core.wording import format_count
from netbuilder.ui.data.told import FindingsPreview
from netbuilder.ui.widgets.fix_buttons import Apply
from netbuilder.ui.widgets.labels import note_label

SHOWN = 2


class ConclusionRow(QWidget):
    """A sentence, and a button whose menu holds what can be done instead.

    The answers to a question about all of the data stand on buttons of their own.
    """

    def __init__(self, finding: Finding, apply: Apply, parent: QWidget) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.words = note_label(finding.message, self)
        row.addWidget(self.words, 1)
        self.menu = QMenu(self)
        answers = [fix for fix in finding.fixes if fix.short and not finding.column]
        for fix in answers:
            answer = QPushButton(fix.short.replace("&", "&&"), self)
            answer.setProperty("small", True)
            answer.setAccessibleName(f"{fix.label}: {finding.message}")
            answer.clicked.connect(partial(apply, fix.label, fix.edit))
            row.addWidget(answer)
        others = [fix for fix in finding.fixes if fix not in answers]
        for fix in others:
            self.menu.addAction(fix.label.replace("&", "&&"), partial(apply, fix.label, fix.edit))
        if others:
            button = QPushButton("Change", self)
            button.setProperty("small", True)
            button.setMenu(self.menu)
            button.setAccessibleName(f"Change: {finding.message}")
            row.addWidget(button)


class ConclusionsList(FindingsPreview):
    """What a person may want otherwise: about the whole file first, then about columns.

    What a column's row says already (its unit), and what was done on request, is none.
    """

    def __init__(self, apply: Apply, parent: QWidget | None = None) -> None:
        super().__init__(apply, parent)
        self._box = QWidget(self)
        self.put(self._box)
        self.lines: list[ConclusionRow] = []
        self._layout = QVBoxLayout(self._box)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(4)

    def wanted(self, findings: Sequence[Finding]) -> tuple[Finding, ...]:
        told = [one for one in findings if one.severity == INFO and one.code != "done"]
        whole = [one for one in told if not one.column]
        return (*whole, *(one for one in told if one.column and one.fixes))

    def at_first(self, findings: Sequence[Finding]) -> int:
        return SHOWN

    def fill(self, findings: Sequence[Finding]) -> None:
        for line in self.lines:
            self._layout.removeWidget(line)
            line.hide()
            line.deleteLater()
        self.lines = [ConclusionRow(one, self._apply, self._box) for one in findings]
        for line in self.lines:
            self._layout.addWidget(line)

    def rest_in_words(self, rest: Sequence[Finding], *, more: bool) -> str:
        return f"{format_count(len(rest), 'more thing')} concluded …"
